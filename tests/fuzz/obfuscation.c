/* obfuscation.c: the handshake of encrypted peers, from either side, against whoever
 * keeps to the arithmetic of it and to nothing else. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "base/reader.h"
#include "net/obfuscation.h"

#include <string.h>

#define HASH_SIZE 20u

static const guint8 info_hash[HASH_SIZE] = "abcdefghijklmnopqrst";
static const guint8 payload[] = "a handshake and what follows";

/* The stranger, as the input has it. */
typedef struct
{
  BtfwObfuscation *tested;
  gboolean         is_incoming;
  BtfwEncryption   encryption;
  guint8           cut;  /* how its bytes are cut */
  gsize            n_fed;
  guint8           shared[BTFW_KEY_SIZE];
  BtfwRc4          cipher; /* of what the stranger says */
  gboolean         has_failed;
} Meeting;

static gboolean
find (const guint8 *wanted, guint8 *found, gpointer user_data)
{
  guint8 ours[HASH_SIZE];

  btfw_obfuscation_hash_torrent (info_hash, ours);
  memcpy (found, info_hash, sizeof info_hash);
  return memcmp (wanted, ours, sizeof ours) == 0;
}

static void
hash (const char *word, const guint8 *shared, gboolean with_torrent, guint8 *result)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  gsize                 size = HASH_SIZE;

  g_checksum_update (sum, (const guchar *) word, 4);
  g_checksum_update (sum, shared, BTFW_KEY_SIZE);
  if (with_torrent)
    g_checksum_update (sum, info_hash, sizeof info_hash);
  g_checksum_get_digest (sum, result, &size);
}

/* In portions, and never a byte after it had enough. */
static void
feed (Meeting *self, const guint8 *data, gsize size)
{
  while (size > 0 && !self->has_failed && !btfw_obfuscation_is_done (self->tested))
    {
      g_autoptr (GError) error = NULL;
      gsize              n = self->cut == 0 ? size : MIN (size, self->cut);
      g_autofree guint8 *part = g_memdup2 (data, n);

      self->has_failed = !fuzz_check (btfw_obfuscation_feed (self->tested, part, n, &error), &error);
      self->n_fed += n;
      data += n;
      size -= n;
      /* It waits for no more than the protocol allows, whatever is said. */
      g_assert_true (self->has_failed || btfw_obfuscation_is_done (self->tested) ||
                     self->n_fed <= BTFW_KEY_SIZE + 3 * (BTFW_OBFUSCATION_PAD_MAX + 64) + BTFW_OBFUSCATION_PAYLOAD_MAX + n);
    }
}

/* --- Words that are right, around those of the input --- */

static void
begin (Meeting *self)
{
  guint8      secret[BTFW_SECRET_SIZE];
  guint8      ours[BTFW_KEY_SIZE];
  guint8      key[HASH_SIZE];
  GByteArray *out = btfw_obfuscation_get_out (self->tested);

  g_assert_true (btfw_key_exchange_begin (secret, ours));
  if (self->is_incoming)
    feed (self, ours, sizeof ours);
  if (self->has_failed)
    return;
  /* Its key, and as much padding as it likes. */
  g_assert_cmpuint (out->len, >=, BTFW_KEY_SIZE);
  g_assert_cmpuint (out->len, <=, BTFW_KEY_SIZE + BTFW_OBFUSCATION_PAD_MAX);
  g_assert_true (btfw_key_exchange_finish (secret, out->data, self->shared));
  g_byte_array_set_size (out, 0);
  if (!self->is_incoming)
    feed (self, ours, sizeof ours);
  hash (self->is_incoming ? "keyA" : "keyB", self->shared, TRUE, key);
  btfw_rc4_init (&self->cipher, key, sizeof key);
  btfw_rc4_skip (&self->cipher, 1024);
}

static void
say_torrent (Meeting *self)
{
  guint8 bytes[2 * HASH_SIZE];
  guint8 torrent[HASH_SIZE];

  hash ("req1", self->shared, FALSE, bytes);
  hash ("req3", self->shared, FALSE, bytes + HASH_SIZE);
  btfw_obfuscation_hash_torrent (info_hash, torrent);
  for (guint i = 0; i < HASH_SIZE; i++)
    bytes[HASH_SIZE + i] ^= torrent[i];
  feed (self, bytes, sizeof bytes);
}

static void
say_encrypted (Meeting *self, const guint8 *data, gsize size)
{
  g_autofree guint8 *bytes = g_malloc (size + 1);

  btfw_rc4_apply (&self->cipher, data, bytes, size);
  feed (self, bytes, size);
}

/* --- What must hold --- */

static void
check_end (Meeting *self)
{
  g_autoptr (GByteArray) rest = NULL;
  BtfwMethod             method = btfw_obfuscation_get_method (self->tested);
  BtfwRc4                in, out;

  g_assert_true (method == BTFW_METHOD_PLAIN || method == BTFW_METHOD_RC4);
  g_assert_true (method == BTFW_METHOD_RC4 || self->encryption != BTFW_ENCRYPTION_REQUIRE);
  btfw_obfuscation_get_ciphers (self->tested, &in, &out);
  rest = btfw_obfuscation_take_rest (self->tested);
  g_assert_cmpuint (rest->len, <, self->n_fed);
}

static BtfwObfuscation *
make (const Meeting *self)
{
  if (self->is_incoming)
    return btfw_obfuscation_new_incoming (self->encryption, find, NULL);
  return btfw_obfuscation_new_outgoing (info_hash, self->encryption, payload, sizeof payload);
}

/* Four bytes say who is tested and how far the stranger keeps to the rules, then
 * come lengths of padding and the words themselves. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Meeting    self = { 0 };
  BtfwReader reader = BTFW_READER (data, size);
  guint8     how = 0;
  guint8     manners = 0;
  guint16    pad = 0;

  if (!btfw_key_exchange_is_available () || !btfw_reader_get_u8 (&reader, &how) || !btfw_reader_get_u8 (&reader, &self.cut) ||
      !btfw_reader_get_u8 (&reader, &manners) || !btfw_reader_get_u16 (&reader, &pad))
    return 0;

  self.is_incoming = how & 1;
  self.encryption = BTFW_ENCRYPTION_ALLOW + (how >> 1) % 3;
  self.tested = make (&self);
  g_assert_nonnull (self.tested);

  /* Nothing of it, the keys, the mark, or all of it in the right place. */
  if (manners % 4 > 0)
    begin (&self);
  if (manners % 4 > 1)
    {
      g_autofree guint8 *noise = g_malloc0 (pad + 1u);

      memset (noise, 0xa5, pad);
      feed (&self, noise, pad);
      if (self.is_incoming && manners % 4 > 2)
        say_torrent (&self);
      say_encrypted (&self, reader.data, reader.left);
    }
  else
    feed (&self, reader.data, reader.left);

  if (!self.has_failed && btfw_obfuscation_is_done (self.tested))
    check_end (&self);
  btfw_obfuscation_free (self.tested);
  return 0;
}
