/* message.c: the messages of BEP 9. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "message.h"

#include <btfw/btfw-bencode.h>

/* Three keys are usual; whoever sends more values plays with us. */
#define VALUES_MAX 50

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, text);
  return FALSE;
}

static gboolean
get_integer (BtfwBencodeDoc *document, const char *key, gint64 *value)
{
  return btfw_bencode_doc_get_integer (document, btfw_bencode_doc_lookup (document, BTFW_BENCODE_DOC_ROOT, key), value);
}

static gboolean
read_fields (MetadataMessage *self, BtfwBencodeDoc *document, GError **error)
{
  gint64 kind, block, total;

  if (!get_integer (document, "msg_type", &kind))
    return fail (error, "a metadata message without a type");
  if (kind < METADATA_REQUEST || kind > METADATA_REJECT)
    return TRUE;
  self->kind = (MetadataKind) kind;

  if (!get_integer (document, "piece", &block) || block < 0 || block >= METADATA_SIZE_MAX / METADATA_BLOCK_SIZE)
    return fail (error, "a metadata message for a block that there cannot be");
  self->block = (guint32) block;

  if (kind != METADATA_DATA || !get_integer (document, "total_size", &total))
    return TRUE;
  if (total <= 0 || total > METADATA_SIZE_MAX)
    return fail (error, "metadata of a size that is not taken");
  self->total = (guint32) total;
  return TRUE;
}

gboolean
metadata_message_read (MetadataMessage *self, const guint8 *data, gsize size, GError **error)
{
  g_autoptr (GBytes)         bytes = g_bytes_new_static (data, size);
  g_autoptr (BtfwBencodeDoc) document = NULL;
  gsize                      rest;

  *self = (MetadataMessage){ .kind = METADATA_UNKNOWN };
  document = btfw_bencode_doc_new_prefix (bytes, VALUES_MAX, &rest, error);
  if (document == NULL)
    return FALSE;
  if (!btfw_bencode_doc_is_dict (document, BTFW_BENCODE_DOC_ROOT))
    return fail (error, "a metadata message that is no dictionary");
  if (!read_fields (self, document, error))
    return FALSE;

  self->offset = size - rest;
  if (self->kind == METADATA_DATA ? rest > METADATA_BLOCK_SIZE : self->kind != METADATA_UNKNOWN && rest > 0)
    return fail (error, "a metadata message with too many bytes");
  return TRUE;
}

void
metadata_message_put (GByteArray *out, MetadataKind kind, guint32 block, guint32 total)
{
  btfw_bencode_open_dict (out);
  btfw_bencode_append_key (out, "msg_type");
  btfw_bencode_append_integer (out, kind);
  btfw_bencode_append_key (out, "piece");
  btfw_bencode_append_integer (out, block);
  if (kind == METADATA_DATA)
    {
      btfw_bencode_append_key (out, "total_size");
      btfw_bencode_append_integer (out, total);
    }
  btfw_bencode_close (out);
}
