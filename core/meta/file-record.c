/* file-record.c: what a torrent says of one file, in either of its lists. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/file-record.h"

#include "meta/fields.h"
#include "meta/layout.h"

#include <glib/gi18n-lib.h>

/* Letters that mean nothing to us are for others. */
static BtfwFileFlags
read_attributes (const BtfwBencode *document, guint32 dict)
{
  BtfwFileFlags flags = 0;
  const char   *letters;
  gsize         n_letters;

  if (!btfw_bencode_lookup_string (document, dict, "attr", &letters, &n_letters))
    return 0;

  for (gsize i = 0; i < n_letters; i++)
    {
      switch (letters[i])
        {
        case 'p':
          flags |= BTFW_FILE_PAD;
          break;
        case 'x':
          flags |= BTFW_FILE_EXECUTABLE;
          break;
        case 'h':
          flags |= BTFW_FILE_HIDDEN;
          break;
        case 'l':
          flags |= BTFW_FILE_SYMLINK;
          break;
        default:
          break;
        }
    }

  return flags;
}

static gboolean
read_length (const BtfwBencode *document, guint32 dict, guint64 *length, GError **error)
{
  gint64  value;
  guint32 node = btfw_field_require (document, dict, "length", BTFW_BENCODE_INTEGER, error);

  if (node == BTFW_BENCODE_NONE)
    return FALSE;

  btfw_bencode_get_integer (document, node, &value);
  if (value < 0 || (guint64) value > BTFW_TORRENT_SIZE_MAX)
    return btfw_field_fail (error, value < 0 ? BTFW_ERROR_INVALID : BTFW_ERROR_LIMIT,
                            _("length: %lld is not allowed (0 to %llu bytes)"),
                            (long long) value, (unsigned long long) BTFW_TORRENT_SIZE_MAX);

  *length = (guint64) value;
  return TRUE;
}

gboolean
btfw_file_record_read (BtfwFileRecord *self, const BtfwBencode *document, guint32 dict, GError **error)
{
  self->flags = read_attributes (document, dict);
  self->length = 0;

  /* A link has no bytes of its own; some programs leave its length out. */
  return self->flags & BTFW_FILE_SYMLINK || read_length (document, dict, &self->length, error);
}
