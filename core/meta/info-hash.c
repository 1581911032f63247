/* info-hash.c: the name of a torrent among peers and trackers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/ref-count.h"

#include <btfw/btfw-error.h>
#include <btfw/btfw-info-hash.h>
#include <btfw/btfw-text.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define V1_HEX_DIGITS (2 * BTFW_INFO_HASH_V1_SIZE)
#define V1_BASE32_DIGITS (BTFW_INFO_HASH_V1_SIZE * 8 / 5)
#define V2_HEX_DIGITS (2 * BTFW_INFO_HASH_V2_SIZE)

/* How much of a wrong text an error message repeats, in bytes. */
#define TEXT_SHOWN_MAX 80

struct _BtfwInfoHash
{
  BtfwRefCount ref_count;
  gboolean     has_v1;
  gboolean     has_v2;
  guint8       v1[BTFW_INFO_HASH_V1_SIZE]; /* zeros without one, so that equal hashes are equal bytes */
  guint8       v2[BTFW_INFO_HASH_V2_SIZE];
};

G_DEFINE_BOXED_TYPE (BtfwInfoHash, btfw_info_hash, btfw_info_hash_ref, btfw_info_hash_unref)

static gboolean
decode_hex (const char *text, guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      int high = g_ascii_xdigit_value (text[2 * i]);
      int low = g_ascii_xdigit_value (text[2 * i + 1]);

      if (high < 0 || low < 0)
        return FALSE;

      bytes[i] = (guint8) (high << 4 | low);
    }

  return TRUE;
}

static int
base32_digit_value (char digit)
{
  if (g_ascii_isalpha (digit))
    return g_ascii_toupper (digit) - 'A';

  return digit >= '2' && digit <= '7' ? digit - '2' + 26 : -1;
}

/* Takes eight digits for each five bytes; @size is a multiple of five. */
static gboolean
decode_base32 (const char *text, guint8 *bytes, gsize size)
{
  guint32 bits = 0;
  guint   n_bits = 0;

  for (gsize filled = 0; filled < size; text++)
    {
      int value = base32_digit_value (*text);

      if (value < 0)
        return FALSE;

      bits = bits << 5 | (guint32) value;
      n_bits += 5;
      if (n_bits < 8)
        continue;

      n_bits -= 8;
      bytes[filled++] = (guint8) (bits >> n_bits);
    }

  return TRUE;
}

static char *
encode_hex (const guint8 *bytes, gsize size)
{
  static const char digits[] = "0123456789abcdef";
  char             *text = g_malloc (2 * size + 1);

  for (gsize i = 0; i < size; i++)
    {
      text[2 * i] = digits[bytes[i] >> 4];
      text[2 * i + 1] = digits[bytes[i] & 15];
    }

  text[2 * size] = '\0';
  return text;
}

BtfwInfoHash *
btfw_info_hash_new (const guint8 *v1, const guint8 *v2)
{
  BtfwInfoHash *self;

  g_return_val_if_fail (v1 != NULL || v2 != NULL, NULL);

  self = g_new0 (BtfwInfoHash, 1);
  btfw_ref_count_init (&self->ref_count);
  self->has_v1 = v1 != NULL;
  self->has_v2 = v2 != NULL;
  if (v1 != NULL)
    memcpy (self->v1, v1, sizeof self->v1);
  if (v2 != NULL)
    memcpy (self->v2, v2, sizeof self->v2);

  return self;
}

BtfwInfoHash *
btfw_info_hash_parse (const char *text, GError **error)
{
  guint8 bytes[BTFW_INFO_HASH_V2_SIZE];
  gsize  length;

  g_return_val_if_fail (text != NULL, NULL);

  length = strlen (text);
  if (length == V1_HEX_DIGITS && decode_hex (text, bytes, BTFW_INFO_HASH_V1_SIZE))
    return btfw_info_hash_new (bytes, NULL);
  if (length == V1_BASE32_DIGITS && decode_base32 (text, bytes, BTFW_INFO_HASH_V1_SIZE))
    return btfw_info_hash_new (bytes, NULL);
  if (length == V2_HEX_DIGITS && decode_hex (text, bytes, BTFW_INFO_HASH_V2_SIZE))
    return btfw_info_hash_new (NULL, bytes);

  g_autofree char *shown = btfw_text_clean (text, (gssize) MIN (length, TEXT_SHOWN_MAX));
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
               _("“%s” is not an info-hash: that is 40 hexadecimal digits, 32 digits of base 32, "
                 "or 64 hexadecimal digits for a v2 torrent"),
               shown);
  return NULL;
}

BtfwInfoHash *
btfw_info_hash_ref (BtfwInfoHash *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  btfw_ref_count_inc (&self->ref_count);
  return self;
}

void
btfw_info_hash_unref (BtfwInfoHash *self)
{
  g_return_if_fail (self != NULL);

  if (btfw_ref_count_dec (&self->ref_count))
    g_free (self);
}

const guint8 *
btfw_info_hash_get_v1 (const BtfwInfoHash *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->has_v1 ? self->v1 : NULL;
}

const guint8 *
btfw_info_hash_get_v2 (const BtfwInfoHash *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->has_v2 ? self->v2 : NULL;
}

const guint8 *
btfw_info_hash_get_short (const BtfwInfoHash *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->has_v1 ? self->v1 : self->v2;
}

char *
btfw_info_hash_to_string (const BtfwInfoHash *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->has_v1 ? encode_hex (self->v1, sizeof self->v1) : encode_hex (self->v2, sizeof self->v2);
}

guint
btfw_info_hash_hash (gconstpointer self)
{
  guint bits;

  g_return_val_if_fail (self != NULL, 0);

  /* The bytes are the result of a hash already. */
  memcpy (&bits, btfw_info_hash_get_short (self), sizeof bits);
  return bits;
}

gboolean
btfw_info_hash_equal (gconstpointer a, gconstpointer b)
{
  const BtfwInfoHash *left = a;
  const BtfwInfoHash *right = b;

  g_return_val_if_fail (left != NULL && right != NULL, FALSE);

  return left->has_v1 == right->has_v1 && left->has_v2 == right->has_v2 &&
         memcmp (left->v1, right->v1, sizeof left->v1) == 0 &&
         memcmp (left->v2, right->v2, sizeof left->v2) == 0;
}
