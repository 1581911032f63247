/* file-tree.c: reads the files of a v2 torrent, one by one (BEP 52). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/file-tree.h"

#include "meta/fields.h"
#include "meta/layout.h"

#include <glib/gi18n-lib.h>

void
btfw_file_tree_init (BtfwFileTree *self, const BtfwBencode *document, guint32 tree)
{
  self->document = document;
  self->dicts[0] = tree;
  self->keys[0] = btfw_bencode_first (document, tree);
  self->depth = 1;
  self->n_files = 0;
}

static BtfwName
btfw_file_tree_get_name (const BtfwFileTree *self, guint level)
{
  BtfwName name = { "", 0 };

  btfw_bencode_get_string (self->document, self->keys[level], &name.bytes, &name.size);
  return name;
}

/* Puts the path of where it stands before the message. */
static BtfwFileResult
btfw_file_tree_fail (const BtfwFileTree *self, GError **error)
{
  BtfwName         names[BTFW_PATH_DEPTH_MAX];
  g_autofree char *shown = NULL;

  for (guint i = 0; i < self->depth; i++)
    names[i] = btfw_file_tree_get_name (self, i);

  shown = btfw_names_show (names, self->depth);
  g_prefix_error (error, "file tree “%s”: ", shown);
  return BTFW_FILE_ERROR;
}

static gboolean
read_pieces_root (const BtfwBencode *document, guint32 dict, BtfwFileRecord *record, GError **error)
{
  const char *root;
  gsize       size;
  guint32     node;

  record->pieces_root = NULL;
  if (record->length == 0)
    return TRUE;

  node = btfw_field_require (document, dict, "pieces root", BTFW_BENCODE_STRING, error);
  if (node == BTFW_BENCODE_NONE)
    return FALSE;

  btfw_bencode_get_string (document, node, &root, &size);
  if (size != BTFW_PIECES_ROOT_SIZE)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("pieces root: this has %zu bytes instead of %u"),
                            size, BTFW_PIECES_ROOT_SIZE);

  record->pieces_root = (const guint8 *) root;
  return TRUE;
}

/* @node: what the empty key of a file's dictionary has. */
static gboolean
btfw_file_tree_read_file (BtfwFileTree *self, guint32 node, BtfwFileRecord *record, GError **error)
{
  guint32 file = self->dicts[self->depth - 1];

  if (btfw_bencode_get_n_members (self->document, file) != 1)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("this is both a file and a folder"));
  if (btfw_bencode_get_type (self->document, node) != BTFW_BENCODE_DICT)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("the properties of a file must be a dictionary"));
  if (++self->n_files > BTFW_FILES_MAX)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT, _("there are too many files (%u at most)"), BTFW_FILES_MAX);

  record->n_elements = self->depth - 1;
  for (guint i = 0; i < record->n_elements; i++)
    record->elements[i] = btfw_file_tree_get_name (self, i);

  return btfw_file_record_read (record, self->document, node, error) &&
         read_pieces_root (self->document, node, record, error);
}

/* Steps into the value of the key that it stands on. */
static gboolean
btfw_file_tree_enter (BtfwFileTree *self, guint32 value, GError **error)
{
  if (btfw_bencode_get_type (self->document, value) != BTFW_BENCODE_DICT)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("this must be a dictionary"));
  if (btfw_bencode_get_n_members (self->document, value) == 0)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("this is neither a file nor a folder with files"));
  if (self->depth == BTFW_PATH_DEPTH_MAX)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT, _("the path has too many elements (%u at most)"), BTFW_PATH_DEPTH_MAX);

  self->dicts[self->depth] = value;
  self->keys[self->depth] = btfw_bencode_first (self->document, value);
  self->depth++;
  return TRUE;
}

/* Moves on to the next key, leaving what has no more. */
static void
btfw_file_tree_advance (BtfwFileTree *self)
{
  while (self->depth > 0)
    {
      guint level = self->depth - 1;

      self->keys[level] = btfw_bencode_next (self->document, self->dicts[level], self->keys[level]);
      if (self->keys[level] != BTFW_BENCODE_NONE)
        return;

      self->depth--;
    }
}

BtfwFileResult
btfw_file_tree_next (BtfwFileTree *self, BtfwFileRecord *record, GError **error)
{
  while (self->depth > 0 && self->keys[self->depth - 1] != BTFW_BENCODE_NONE)
    {
      guint32  value = btfw_bencode_get_value (self->document, self->keys[self->depth - 1]);
      gboolean is_file = btfw_file_tree_get_name (self, self->depth - 1).size == 0;

      if (!is_file)
        {
          if (!btfw_file_tree_enter (self, value, error))
            return btfw_file_tree_fail (self, error);
          continue;
        }

      if (self->depth == 1)
        {
          btfw_field_fail (error, BTFW_ERROR_INVALID, _("file tree: a file without a name"));
          return BTFW_FILE_ERROR;
        }
      if (!btfw_file_tree_read_file (self, value, record, error))
        return btfw_file_tree_fail (self, error);

      btfw_file_tree_advance (self);
      return BTFW_FILE_READ;
    }

  return BTFW_FILE_END;
}
