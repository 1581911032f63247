/* record.c: seals and opens headers and records. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "record.h"

#include "sectors.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define MAGIC "btfwcry\1"
#define MAGIC_SIZE 8
#define MAGIC_NAME_SIZE 7 /* without the version */
#define KEY_ID_TEXT "btfw-crypt key id"

/* Where things are in a header. */
enum
{
  AT_CIPHER = 8,
  AT_SECTOR_SIZE = 12,
  AT_KEY_ID = 16,
  AT_SALT = 32,
  AT_FILE = 64,
  AT_LENGTH = 68,
  AT_MAC = 96,
};

#define SALT_SIZE 32
#define MAC_SIZE 32

#define TAG_SIZE 16
#define NONCE_SIZE 12
#define MARK_WHOLE 1

/* What is authenticated beside a sector. */
#define BESIDE_SIZE 12

struct _BtfwSealer
{
  gnutls_aead_cipher_hd_t handle;
};

static void
put_u32 (guint8 *to, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (to, &value, sizeof value);
}

static void
put_u64 (guint8 *to, guint64 value)
{
  value = GUINT64_TO_BE (value);
  memcpy (to, &value, sizeof value);
}

static guint32
get_u32 (const guint8 *from)
{
  guint32 value;

  memcpy (&value, from, sizeof value);
  return GUINT32_FROM_BE (value);
}

static gboolean
is_zero (const guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (bytes[i] != 0)
      return FALSE;
  return TRUE;
}

/* --- Keys --- */

/* Both steps of HKDF; fails only when GnuTLS has no SHA-256. */
static gboolean
derive (const guint8 *salt,
        guint         salt_size,
        const guint8 *key,
        const guint8 *info,
        guint         info_size,
        guint8       *out,
        gsize         out_size)
{
  guint8         extracted[32];
  gnutls_datum_t secret = { (guint8 *) key, BTFW_CRYPT_KEY_SIZE };
  gnutls_datum_t with = { (guint8 *) salt, salt_size };
  gnutls_datum_t middle = { extracted, sizeof extracted };
  gnutls_datum_t what = { (guint8 *) info, info_size };
  gboolean       done = gnutls_hkdf_extract (GNUTLS_MAC_SHA256, &secret, &with, extracted) == 0 &&
                  gnutls_hkdf_expand (GNUTLS_MAC_SHA256, &middle, &what, out, out_size) == 0;

  gnutls_memset (extracted, 0, sizeof extracted);
  return done;
}

void
btfw_crypt_get_key_id (const guint8 *key, guint8 *id)
{
  if (!derive ((const guint8 *) KEY_ID_TEXT, strlen (KEY_ID_TEXT), key, (const guint8 *) "", 0, id, BTFW_CRYPT_ID_SIZE))
    memset (id, 0, BTFW_CRYPT_ID_SIZE);
}

static gboolean
derive_for_file (char            use,
                 BtfwCryptCipher cipher,
                 const guint8   *salt,
                 const guint8   *key,
                 BtfwInfoHash   *info_hash,
                 guint32         file,
                 guint8         *out)
{
  const guint8 *v2 = btfw_info_hash_get_v2 (info_hash);
  const guint8 *hash = v2 != NULL ? v2 : btfw_info_hash_get_v1 (info_hash);
  guint         hash_size = v2 != NULL ? BTFW_INFO_HASH_V2_SIZE : BTFW_INFO_HASH_V1_SIZE;
  guint8        info[3 + BTFW_INFO_HASH_V2_SIZE + 4];

  info[0] = (guint8) use;
  info[1] = (guint8) cipher;
  info[2] = v2 != NULL ? 2 : 1;
  memcpy (info + 3, hash, hash_size);
  put_u32 (info + 3 + hash_size, file);
  return derive (salt, SALT_SIZE, key, info, 3 + hash_size + 4, out, BTFW_CRYPT_KEY_SIZE);
}

/* --- Headers --- */

static gboolean
make_mac (const guint8 *header, const guint8 *key, BtfwInfoHash *info_hash, guint32 file, guint8 *mac)
{
  guint8   mac_key[BTFW_CRYPT_KEY_SIZE];
  gboolean made = derive_for_file ('h', header[AT_CIPHER], header + AT_SALT, key, info_hash, file, mac_key) &&
                  gnutls_hmac_fast (GNUTLS_MAC_SHA256, mac_key, sizeof mac_key, header, AT_MAC, mac) == 0;

  gnutls_memset (mac_key, 0, sizeof mac_key);
  return made;
}

gboolean
btfw_header_make (guint8         *header,
                  BtfwCryptCipher cipher,
                  const guint8   *key,
                  BtfwInfoHash   *info_hash,
                  guint32         file,
                  guint64         length,
                  BtfwFileKey    *file_key)
{
  memset (header, 0, BTFW_CRYPT_HEADER_SIZE);
  memcpy (header, MAGIC, MAGIC_SIZE);
  header[AT_CIPHER] = (guint8) cipher;
  put_u32 (header + AT_SECTOR_SIZE, BTFW_SECTOR_SIZE);
  btfw_crypt_get_key_id (key, header + AT_KEY_ID);
  put_u32 (header + AT_FILE, file);
  put_u64 (header + AT_LENGTH, length);

  file_key->cipher = cipher;
  return gnutls_rnd (GNUTLS_RND_KEY, header + AT_SALT, SALT_SIZE) == 0 &&
         make_mac (header, key, info_hash, file, header + AT_MAC) &&
         derive_for_file ('d', cipher, header + AT_SALT, key, info_hash, file, file_key->key);
}

gboolean
btfw_header_is_ours (const guint8 *header)
{
  return memcmp (header, MAGIC, MAGIC_NAME_SIZE) == 0;
}

static gboolean
is_known (const guint8 *header)
{
  return header[MAGIC_NAME_SIZE] == MAGIC[MAGIC_NAME_SIZE] && get_u32 (header + AT_SECTOR_SIZE) == BTFW_SECTOR_SIZE &&
         (header[AT_CIPHER] == BTFW_CIPHER_AES_256_GCM || header[AT_CIPHER] == BTFW_CIPHER_CHACHA20_POLY1305);
}

/* It is written in one go, so what lacks its end was cut short. */
static gboolean
is_cut_short (const guint8 *header)
{
  return (btfw_header_is_ours (header) && is_zero (header + AT_MAC, MAC_SIZE)) || is_zero (header, BTFW_CRYPT_HEADER_SIZE);
}

BtfwHeaderVerdict
btfw_header_read (const guint8 *header, const guint8 *key, BtfwInfoHash *info_hash, guint32 file, BtfwFileKey *file_key)
{
  guint8 id[BTFW_CRYPT_ID_SIZE];
  guint8 mac[MAC_SIZE];

  if (is_cut_short (header))
    return BTFW_HEADER_ABSENT;
  if (!btfw_header_is_ours (header))
    return BTFW_HEADER_FOREIGN;
  if (!is_known (header))
    return BTFW_HEADER_NEWER;

  btfw_crypt_get_key_id (key, id);
  if (memcmp (id, header + AT_KEY_ID, sizeof id) != 0)
    return BTFW_HEADER_OTHER_KEY;

  file_key->cipher = header[AT_CIPHER];
  if (!make_mac (header, key, info_hash, file, mac) || gnutls_memcmp (mac, header + AT_MAC, sizeof mac) != 0 ||
      !derive_for_file ('d', file_key->cipher, header + AT_SALT, key, info_hash, file, file_key->key))
    return BTFW_HEADER_MISPLACED;
  return BTFW_HEADER_VALID;
}

/* --- Records --- */

BtfwSealer *
btfw_sealer_new (const BtfwFileKey *key)
{
  gnutls_cipher_algorithm_t cipher = key->cipher == BTFW_CIPHER_AES_256_GCM ? GNUTLS_CIPHER_AES_256_GCM : GNUTLS_CIPHER_CHACHA20_POLY1305;
  gnutls_datum_t            datum = { (guint8 *) key->key, sizeof key->key };
  BtfwSealer               *self = g_new0 (BtfwSealer, 1);

  if (gnutls_aead_cipher_init (&self->handle, cipher, &datum) == 0)
    return self;

  g_free (self);
  return NULL;
}

void
btfw_sealer_free (BtfwSealer *self)
{
  gnutls_aead_cipher_deinit (self->handle);
  g_free (self);
}

static void
put_beside (guint8 *beside, guint64 number, guint32 length)
{
  put_u64 (beside, number);
  put_u32 (beside + 8, length);
}

gboolean
btfw_sealer_seal (BtfwSealer *self, guint64 number, const guint8 *plain, guint32 length, guint8 *record)
{
  guint8 *end = record + length + TAG_SIZE;
  guint8  beside[BESIDE_SIZE];
  gsize   size = length + TAG_SIZE;

  put_beside (beside, number, length);
  memset (end, 0, BTFW_RECORD_END_SIZE - TAG_SIZE);
  if (gnutls_rnd (GNUTLS_RND_NONCE, end, NONCE_SIZE) != 0 ||
      gnutls_aead_cipher_encrypt (self->handle, end, NONCE_SIZE, beside, sizeof beside, TAG_SIZE, plain, length, record, &size) != 0)
    return FALSE;

  record[length + BTFW_RECORD_END_SIZE - 1] = MARK_WHOLE;
  return size == length + TAG_SIZE;
}

BtfwRecordVerdict
btfw_sealer_open (BtfwSealer *self, guint64 number, const guint8 *record, guint32 length, guint8 *plain)
{
  const guint8 *nonce = record + length + TAG_SIZE;
  const guint8 *mark = record + length + BTFW_RECORD_END_SIZE - 1;
  guint8        beside[BESIDE_SIZE];
  gsize         size = length;

  put_beside (beside, number, length);
  if (*mark == MARK_WHOLE && is_zero (nonce + NONCE_SIZE, mark - (nonce + NONCE_SIZE)) &&
      gnutls_aead_cipher_decrypt (self->handle, nonce, NONCE_SIZE, beside, sizeof beside, TAG_SIZE, record, length + TAG_SIZE,
                                  plain, &size) == 0 &&
      size == length)
    return BTFW_RECORD_WHOLE;

  memset (plain, 0, length);
  return *mark == 0 ? BTFW_RECORD_ABSENT : BTFW_RECORD_TAMPERED;
}
