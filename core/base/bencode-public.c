/* bencode-public.c: the bencode of core, for plugins and applications. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/bencode.h"

#include <btfw/btfw-bencode.h>
#include <btfw/btfw-text.h>
#include <string.h>

struct _BtfwBencodeDoc
{
  gatomicrefcount references;
  GBytes         *bytes;
  BtfwBencode    *bencode; /* points into bytes */
};

G_DEFINE_BOXED_TYPE (BtfwBencodeDoc, btfw_bencode_doc, btfw_bencode_doc_ref, btfw_bencode_doc_unref);

G_STATIC_ASSERT (BTFW_BENCODE_DOC_NONE == BTFW_BENCODE_NONE);

static BtfwBencodeDoc *
btfw_bencode_doc_parse (GBytes *bytes, guint32 max_values, gsize *rest, GError **error)
{
  BtfwBencodeDoc *self;
  BtfwBencode    *bencode;
  const guint8   *data;
  gsize           size;

  data = g_bytes_get_data (bytes, &size);
  bencode = btfw_bencode_parse (data, size, max_values, rest, error);
  if (bencode == NULL)
    return NULL;

  self = g_new0 (BtfwBencodeDoc, 1);
  g_atomic_ref_count_init (&self->references);
  self->bytes = g_bytes_ref (bytes);
  self->bencode = bencode;
  return self;
}

BtfwBencodeDoc *
btfw_bencode_doc_new (GBytes *bytes, guint32 max_values, GError **error)
{
  g_return_val_if_fail (bytes != NULL, NULL);

  return btfw_bencode_doc_parse (bytes, max_values, NULL, error);
}

BtfwBencodeDoc *
btfw_bencode_doc_new_prefix (GBytes *bytes, guint32 max_values, gsize *rest, GError **error)
{
  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (rest != NULL, NULL);

  return btfw_bencode_doc_parse (bytes, max_values, rest, error);
}

BtfwBencodeDoc *
btfw_bencode_doc_ref (BtfwBencodeDoc *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
btfw_bencode_doc_unref (BtfwBencodeDoc *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;

  btfw_bencode_free (self->bencode);
  g_bytes_unref (self->bytes);
  g_free (self);
}

static gboolean
btfw_bencode_doc_is (BtfwBencodeDoc *self, guint32 node, BtfwBencodeType type)
{
  return node != BTFW_BENCODE_DOC_NONE && btfw_bencode_get_type (self->bencode, node) == type;
}

gboolean
btfw_bencode_doc_is_dict (BtfwBencodeDoc *self, guint32 node)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return btfw_bencode_doc_is (self, node, BTFW_BENCODE_DICT);
}

gboolean
btfw_bencode_doc_is_list (BtfwBencodeDoc *self, guint32 node)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return btfw_bencode_doc_is (self, node, BTFW_BENCODE_LIST);
}

gboolean
btfw_bencode_doc_get_integer (BtfwBencodeDoc *self, guint32 node, gint64 *value)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  return btfw_bencode_get_integer (self->bencode, node, value);
}

const guint8 *
btfw_bencode_doc_get_string (BtfwBencodeDoc *self, guint32 node, gsize *size)
{
  const char *string;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (size != NULL, NULL);

  if (!btfw_bencode_get_string (self->bencode, node, &string, size))
    return NULL;

  return (const guint8 *) string;
}

char *
btfw_bencode_doc_dup_text (BtfwBencodeDoc *self, guint32 node)
{
  const guint8 *string;
  gsize         size;

  g_return_val_if_fail (self != NULL, NULL);

  string = btfw_bencode_doc_get_string (self, node, &size);
  return string != NULL ? btfw_text_clean ((const char *) string, (gssize) size) : NULL;
}

guint32
btfw_bencode_doc_lookup (BtfwBencodeDoc *self, guint32 dict, const char *key)
{
  g_return_val_if_fail (key != NULL, BTFW_BENCODE_DOC_NONE);

  return btfw_bencode_doc_lookup_bytes (self, dict, (const guint8 *) key, strlen (key));
}

guint32
btfw_bencode_doc_lookup_bytes (BtfwBencodeDoc *self, guint32 dict, const guint8 *key, gsize size)
{
  g_return_val_if_fail (self != NULL, BTFW_BENCODE_DOC_NONE);
  g_return_val_if_fail (key != NULL, BTFW_BENCODE_DOC_NONE);

  if (!btfw_bencode_doc_is_dict (self, dict))
    return BTFW_BENCODE_DOC_NONE;

  for (guint32 node = btfw_bencode_first (self->bencode, dict);
       node != BTFW_BENCODE_NONE;
       node = btfw_bencode_next (self->bencode, dict, node))
    {
      const char *found;
      gsize       found_size;

      if (btfw_bencode_get_string (self->bencode, node, &found, &found_size) &&
          found_size == size && memcmp (found, key, size) == 0)
        return btfw_bencode_get_value (self->bencode, node);
    }

  return BTFW_BENCODE_DOC_NONE;
}

guint32
btfw_bencode_doc_first (BtfwBencodeDoc *self, guint32 list)
{
  g_return_val_if_fail (self != NULL, BTFW_BENCODE_DOC_NONE);

  return btfw_bencode_doc_is_list (self, list) ? btfw_bencode_first (self->bencode, list) : BTFW_BENCODE_DOC_NONE;
}

guint32
btfw_bencode_doc_next (BtfwBencodeDoc *self, guint32 list, guint32 member)
{
  g_return_val_if_fail (self != NULL, BTFW_BENCODE_DOC_NONE);

  if (!btfw_bencode_doc_is_list (self, list) || member == BTFW_BENCODE_DOC_NONE)
    return BTFW_BENCODE_DOC_NONE;

  return btfw_bencode_next (self->bencode, list, member);
}

void
btfw_bencode_append_integer (GByteArray *out, gint64 value)
{
  g_return_if_fail (out != NULL);

  btfw_bencode_put_integer (out, value);
}

void
btfw_bencode_append_string (GByteArray *out, const guint8 *data, gsize size)
{
  g_return_if_fail (out != NULL);
  g_return_if_fail (data != NULL || size == 0);

  btfw_bencode_put_string (out, data != NULL ? (const char *) data : "", (gssize) size);
}

void
btfw_bencode_append_key (GByteArray *out, const char *key)
{
  g_return_if_fail (out != NULL);
  g_return_if_fail (key != NULL);

  btfw_bencode_put_string (out, key, -1);
}

void
btfw_bencode_open_list (GByteArray *out)
{
  g_return_if_fail (out != NULL);

  btfw_bencode_begin_list (out);
}

void
btfw_bencode_open_dict (GByteArray *out)
{
  g_return_if_fail (out != NULL);

  btfw_bencode_begin_dict (out);
}

void
btfw_bencode_close (GByteArray *out)
{
  g_return_if_fail (out != NULL);

  btfw_bencode_end (out);
}
