/* file-list.c: reads the files of a v1 torrent, one by one (BEP 3). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/file-list.h"

#include "meta/fields.h"
#include "meta/layout.h"

#include <glib/gi18n-lib.h>

gboolean
btfw_file_list_init (BtfwFileList      *self,
                     const BtfwBencode *document,
                     guint32            info,
                     BtfwName           name,
                     GError           **error)
{
  guint32 n_files;
  guint32 length = btfw_bencode_lookup (document, info, "length");

  *self = (BtfwFileList){ .document = document, .info = info, .name = name };
  if (!btfw_field_find (document, info, "files", BTFW_BENCODE_LIST, &self->files, error))
    return FALSE;

  if (self->files == BTFW_BENCODE_NONE)
    {
      self->next = info;
      return TRUE;
    }

  if (length != BTFW_BENCODE_NONE)
    return btfw_field_fail (error, BTFW_ERROR_INVALID,
                            _("files: there must be either this or “length”, not both"));

  n_files = btfw_bencode_get_n_members (document, self->files);
  if (n_files == 0)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("files: there are none"));
  if (n_files > BTFW_FILES_MAX)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT,
                            _("files: %u are too many (%u at most)"), n_files, BTFW_FILES_MAX);

  self->next = btfw_bencode_first (document, self->files);
  return TRUE;
}

/* Some old programs give the path twice: in whatever encoding their author's
 * system had, and as UTF-8. */
static gboolean
btfw_file_list_find_path (BtfwFileList *self, guint32 file, const char **key, guint32 *path, GError **error)
{
  *key = "path.utf-8";
  *path = btfw_bencode_lookup_type (self->document, file, *key, BTFW_BENCODE_LIST);
  if (*path != BTFW_BENCODE_NONE && btfw_bencode_get_n_members (self->document, *path) > 0)
    return TRUE;

  *key = "path";
  *path = btfw_field_require (self->document, file, *key, BTFW_BENCODE_LIST, error);
  return *path != BTFW_BENCODE_NONE;
}

static gboolean
btfw_file_list_read_path (BtfwFileList *self, guint32 file, BtfwFileRecord *record, GError **error)
{
  const char *key;
  guint32     path, element, n_elements;

  if (!btfw_file_list_find_path (self, file, &key, &path, error))
    return FALSE;

  n_elements = btfw_bencode_get_n_members (self->document, path);
  if (n_elements == 0)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s: this is empty"), key);
  if (n_elements > BTFW_PATH_DEPTH_MAX)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT, _("%s: %u elements are too many (%u at most)"),
                            key, n_elements, BTFW_PATH_DEPTH_MAX);

  element = btfw_bencode_first (self->document, path);
  for (guint i = 0; i < n_elements; i++)
    {
      BtfwName *name = &record->elements[i];

      if (!btfw_bencode_get_string (self->document, element, &name->bytes, &name->size))
        return btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s[%u]: this must be a text"), key, i);
      if (name->size == 0)
        return btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s[%u]: this is empty"), key, i);

      element = btfw_bencode_next (self->document, path, element);
    }

  record->n_elements = n_elements;
  return TRUE;
}

static gboolean
btfw_file_list_read_member (BtfwFileList *self, BtfwFileRecord *record, GError **error)
{
  if (btfw_bencode_get_type (self->document, self->next) != BTFW_BENCODE_DICT)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("files[%u]: this must be a dictionary"), self->index);
      return FALSE;
    }

  if (!btfw_file_record_read (record, self->document, self->next, error) ||
      !btfw_file_list_read_path (self, self->next, record, error))
    {
      g_prefix_error (error, "files[%u].", self->index);
      return FALSE;
    }

  return TRUE;
}

/* The dictionary of a single file is the info dictionary itself. Fillers and
 * links make no sense as the only file. */
static gboolean
btfw_file_list_read_single (BtfwFileList *self, BtfwFileRecord *record, GError **error)
{
  if (!btfw_file_record_read (record, self->document, self->info, error))
    return FALSE;

  record->flags &= ~(BTFW_FILE_PAD | BTFW_FILE_SYMLINK);
  record->elements[0] = self->name;
  record->n_elements = 1;
  return TRUE;
}

BtfwFileResult
btfw_file_list_next (BtfwFileList *self, BtfwFileRecord *record, GError **error)
{
  if (self->next == BTFW_BENCODE_NONE)
    return BTFW_FILE_END;

  record->pieces_root = NULL;
  if (self->files == BTFW_BENCODE_NONE)
    {
      self->next = BTFW_BENCODE_NONE;
      return btfw_file_list_read_single (self, record, error) ? BTFW_FILE_READ : BTFW_FILE_ERROR;
    }

  if (!btfw_file_list_read_member (self, record, error))
    return BTFW_FILE_ERROR;

  self->next = btfw_bencode_next (self->document, self->files, self->next);
  self->index++;
  return BTFW_FILE_READ;
}
