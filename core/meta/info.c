/* info.c: reads the info dictionary of a torrent: v1, v2 or both. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/info.h"

#include "meta/fields.h"
#include "meta/file-list.h"
#include "meta/file-tree.h"
#include "meta/layout.h"
#include "meta/piece-layers.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SHA1_SIZE BTFW_INFO_HASH_V1_SIZE
#define META_VERSION_V2 2

/* What all steps of reading one dictionary need. */
typedef struct
{
  BtfwInfo          *info; /* being filled */
  const BtfwBencode *document;
  guint32            torrent;
  guint32            dict;
  BtfwName           name; /* as its author chose it */
  guint32            piece_size;
  BtfwWarnings      *warnings;
} InfoReader;

/* Some old programs give the name twice: in whatever encoding their author's
 * system had, and as UTF-8. */
static gboolean
read_name (InfoReader *reader, GError **error)
{
  g_autoptr (GString) safe = g_string_new (NULL);
  BtfwName           *name = &reader->name;
  guint32             node;
  gsize               size;

  if (!btfw_bencode_lookup_string (reader->document, reader->dict, "name.utf-8", &name->bytes, &name->size) ||
      name->size == 0)
    {
      node = btfw_field_require (reader->document, reader->dict, "name", BTFW_BENCODE_STRING, error);
      if (node == BTFW_BENCODE_NONE)
        return FALSE;
      btfw_bencode_get_string (reader->document, node, &name->bytes, &name->size);
    }

  if (name->size == 0)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("name: this is empty"));

  btfw_name_append_safe (safe, name->bytes, name->size);
  size = safe->len + 1;
  reader->info->name = g_realloc (g_string_free (g_steal_pointer (&safe), FALSE), size);
  return TRUE;
}

/* Whatever is not plainly "no" is taken for yes: a torrent that should have been
 * private must not leak. */
static void
read_private (InfoReader *reader)
{
  gint64  value;
  guint32 node = btfw_bencode_lookup (reader->document, reader->dict, "private");

  reader->info->is_private = node != BTFW_BENCODE_NONE &&
                             !(btfw_bencode_get_integer (reader->document, node, &value) && value == 0);
}

static gboolean
has_v1_field (InfoReader *reader)
{
  static const char *const keys[] = { "pieces", "files", "length" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      if (btfw_bencode_lookup (reader->document, reader->dict, keys[i]) != BTFW_BENCODE_NONE)
        return TRUE;
    }

  return FALSE;
}

static gboolean
read_protocols (InfoReader *reader, GError **error)
{
  guint32 node;
  gint64  version = 1;

  if (!btfw_field_find (reader->document, reader->dict, "meta version", BTFW_BENCODE_INTEGER, &node, error))
    return FALSE;

  if (node != BTFW_BENCODE_NONE)
    btfw_bencode_get_integer (reader->document, node, &version);
  if (version < 1 || version > META_VERSION_V2)
    return btfw_field_fail (error, BTFW_ERROR_UNSUPPORTED,
                            _("meta version: btfw knows torrents of version 1 and %d, not of %lld"),
                            META_VERSION_V2, (long long) version);

  if (version == META_VERSION_V2)
    reader->info->protocols = BTFW_PROTOCOL_V2 | (has_v1_field (reader) ? BTFW_PROTOCOL_V1 : 0);
  else
    reader->info->protocols = BTFW_PROTOCOL_V1;
  return TRUE;
}

static gboolean
read_piece_size (InfoReader *reader, GError **error)
{
  guint32 node = btfw_field_require (reader->document, reader->dict, "piece length", BTFW_BENCODE_INTEGER, error);
  gint64  size;

  if (node == BTFW_BENCODE_NONE)
    return FALSE;

  btfw_bencode_get_integer (reader->document, node, &size);
  if (size < 1 || size > BTFW_PIECE_SIZE_MAX)
    return btfw_field_fail (error, size < 1 ? BTFW_ERROR_INVALID : BTFW_ERROR_LIMIT,
                            _("piece length %lld is not allowed (1 to %u bytes)"),
                            (long long) size, BTFW_PIECE_SIZE_MAX);

  if (reader->info->protocols & BTFW_PROTOCOL_V2 && (size < BTFW_BLOCK_SIZE || (size & (size - 1)) != 0))
    return btfw_field_fail (error, BTFW_ERROR_INVALID,
                            _("piece length %lld is not allowed in a v2 torrent (a power of two, at least %u bytes)"),
                            (long long) size, BTFW_BLOCK_SIZE);

  reader->piece_size = (guint32) size;
  return TRUE;
}

/* What a record is called, with the folder of the torrent's name before it
 * where files lie in one. */
static guint
name_record (const InfoReader *reader, const BtfwFileRecord *record, BtfwName *names)
{
  guint n_names = 0;

  if (reader->info->is_multi_file)
    names[n_names++] = reader->name;
  for (guint i = 0; i < record->n_elements; i++)
    names[n_names++] = record->elements[i];

  return n_names;
}

/* Makes a path and warns where it differs from the author's. */
static gboolean
make_path (InfoReader *reader, BtfwNames *taken, const BtfwFileRecord *record, GString *path, GError **error)
{
  BtfwName         names[BTFW_PATH_DEPTH_MAX + 1];
  guint            n_names = name_record (reader, record, names);
  g_autofree char *shown = NULL;

  if (!btfw_names_add (taken, names, n_names, path, error))
    return FALSE;
  if (btfw_names_match (names, n_names, path->str) || !btfw_warnings_want (reader->warnings))
    return TRUE;

  shown = btfw_names_show (names, n_names);
  btfw_warnings_add (reader->warnings, _("the file “%s” is saved as “%s”"), shown, path->str);
  return TRUE;
}

typedef BtfwFileResult (*NextFile) (gpointer list, BtfwFileRecord *record, GError **error);

/* Lays all files of a list out; @next reads from @list. */
static BtfwLayout *
read_layout (InfoReader *reader, BtfwLayoutKind kind, NextFile next, gpointer list, GError **error)
{
  g_autoptr (BtfwLayoutBuilder) builder = btfw_layout_builder_new (kind, reader->piece_size);
  g_autoptr (BtfwNames)         taken = btfw_names_new ();
  g_autoptr (GString)           path = g_string_new (NULL);
  BtfwFileRecord                record;
  BtfwFileResult                result;
  guint32                       n_files = 0;

  for (result = next (list, &record, error); result == BTFW_FILE_READ; result = next (list, &record, error))
    {
      gboolean is_pad = (record.flags & BTFW_FILE_PAD) != 0;

      if ((!is_pad && !make_path (reader, taken, &record, path, error)) ||
          !btfw_layout_builder_add (builder, path->str, record.length, record.flags, error))
        {
          g_prefix_error (error, kind == BTFW_LAYOUT_PACKED ? "files[%u]: " : "file tree, file %u: ", n_files);
          return NULL;
        }
      n_files++;
    }

  if (result == BTFW_FILE_ERROR)
    return NULL;

  return btfw_layout_builder_finish (g_steal_pointer (&builder));
}

static BtfwFileResult
next_of_list (gpointer list, BtfwFileRecord *record, GError **error)
{
  return btfw_file_list_next (list, record, error);
}

static BtfwFileResult
next_of_tree (gpointer tree, BtfwFileRecord *record, GError **error)
{
  return btfw_file_tree_next (tree, record, error);
}

static gboolean
has_content (const BtfwLayout *layout)
{
  guint32 n_files = btfw_layout_get_n_files (layout);

  for (guint32 i = 0; i < n_files; i++)
    {
      if (btfw_layout_get_file_length (layout, i) > 0 && !(btfw_layout_get_file_flags (layout, i) & BTFW_FILE_PAD))
        return TRUE;
    }

  return FALSE;
}

static gboolean
read_v1_layout (InfoReader *reader, GError **error)
{
  BtfwFileList list;

  if (!btfw_file_list_init (&list, reader->document, reader->dict, reader->name, error))
    return FALSE;

  reader->info->is_multi_file = list.files != BTFW_BENCODE_NONE;
  reader->info->layout = read_layout (reader, BTFW_LAYOUT_PACKED, next_of_list, &list, error);
  if (reader->info->layout == NULL)
    return FALSE;

  if (!has_content (reader->info->layout))
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s: its files are all empty, there is nothing to download"),
                            reader->info->is_multi_file ? "files" : "length");
  return TRUE;
}

static gboolean
read_piece_hashes (InfoReader *reader, GError **error)
{
  guint64     size = btfw_layout_get_size (reader->info->layout);
  guint64     n_pieces = btfw_count_pieces (size, reader->piece_size);
  guint32     node = btfw_field_require (reader->document, reader->dict, "pieces", BTFW_BENCODE_STRING, error);
  const char *hashes;
  gsize       hashes_size;

  if (node == BTFW_BENCODE_NONE)
    return FALSE;

  btfw_bencode_get_string (reader->document, node, &hashes, &hashes_size);
  if (hashes_size % SHA1_SIZE != 0)
    return btfw_field_fail (error, BTFW_ERROR_INVALID,
                            _("pieces: its %zu bytes are not a multiple of %u"), hashes_size, SHA1_SIZE);
  if (n_pieces > BTFW_PIECES_MAX || hashes_size / SHA1_SIZE > BTFW_PIECES_MAX)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT, _("pieces: %llu are too many (%u at most)"),
                            (unsigned long long) MAX (n_pieces, hashes_size / SHA1_SIZE), BTFW_PIECES_MAX);
  if (hashes_size / SHA1_SIZE != n_pieces)
    return btfw_field_fail (error, BTFW_ERROR_INVALID,
                            _("pieces: there are %zu hashes, but %llu"
                              " bytes in pieces of %u need %llu"),
                            hashes_size / SHA1_SIZE, (unsigned long long) size, reader->piece_size, (unsigned long long) n_pieces);

  reader->info->piece_hashes = (const guint8 *) hashes;
  return TRUE;
}

static guint32
find_tree (InfoReader *reader, GError **error)
{
  guint32 tree = btfw_field_require (reader->document, reader->dict, "file tree", BTFW_BENCODE_DICT, error);

  if (tree != BTFW_BENCODE_NONE && btfw_bencode_get_n_members (reader->document, tree) == 0)
    {
      btfw_field_fail (error, BTFW_ERROR_INVALID, _("file tree: this is empty"));
      return BTFW_BENCODE_NONE;
    }

  return tree;
}

static gboolean
have_same_path (const BtfwFileRecord *a, const BtfwFileRecord *b)
{
  if (a->n_elements != b->n_elements)
    return FALSE;

  for (guint i = 0; i < a->n_elements; i++)
    {
      if (a->elements[i].size != b->elements[i].size ||
          memcmp (a->elements[i].bytes, b->elements[i].bytes, a->elements[i].size) != 0)
        return FALSE;
    }

  return TRUE;
}

static gboolean
fail_difference (const BtfwFileRecord *v1, const BtfwFileRecord *v2, GError **error)
{
  g_autofree char *v1_path = btfw_names_show (v1->elements, v1->n_elements);
  g_autofree char *v2_path = btfw_names_show (v2->elements, v2->n_elements);

  return btfw_field_fail (error, BTFW_ERROR_INVALID,
                          _("file tree: “%s” of %llu bytes stands where the v1 list has “%s” of %llu"),
                          v2_path, (unsigned long long) v2->length, v1_path, (unsigned long long) v1->length);
}

/* The next v1 file that is no filler; adds the lengths to @offset. */
static BtfwFileResult
next_real_file (BtfwFileList *list, BtfwFileRecord *record, guint64 *offset)
{
  BtfwFileResult result;

  *offset += record->length;
  while ((result = btfw_file_list_next (list, record, NULL)) == BTFW_FILE_READ && record->flags & BTFW_FILE_PAD)
    *offset += record->length;

  return result;
}

/* Both halves of a hybrid must mean the same bytes in the same places (BEP 52);
 * the v1 list was read before, and is in order. */
static gboolean
check_halves (InfoReader *reader, guint32 tree_node, GError **error)
{
  BtfwFileList   list;
  BtfwFileTree   tree;
  BtfwFileRecord v1 = { .length = 0 }, v2;
  BtfwFileResult v1_result, v2_result;
  guint64        offset = 0;

  if (!btfw_file_list_init (&list, reader->document, reader->dict, reader->name, error))
    return FALSE;

  btfw_file_tree_init (&tree, reader->document, tree_node);
  for (;;)
    {
      v1_result = next_real_file (&list, &v1, &offset);
      v2_result = btfw_file_tree_next (&tree, &v2, error);
      if (v2_result == BTFW_FILE_ERROR)
        return FALSE;
      if (v1_result != v2_result)
        return btfw_field_fail (error, BTFW_ERROR_INVALID,
                                _("file tree: it has not as many files as the v1 list"));
      if (v1_result == BTFW_FILE_END)
        return TRUE;

      if (v1.length != v2.length || !have_same_path (&v1, &v2))
        return fail_difference (&v1, &v2, error);
      if (v1.length > 0 && offset % reader->piece_size != 0)
        return btfw_field_fail (error, BTFW_ERROR_INVALID,
                                _("files: in a hybrid torrent each file must begin a piece, but one begins at byte %llu with pieces of %u"),
                                (unsigned long long) offset, reader->piece_size);
    }
}

/* Files of a v2 torrent lie in a folder of its name unless there is only one,
 * of that same name. */
static gboolean
is_single_tree (InfoReader *reader, guint32 tree)
{
  guint32     key = btfw_bencode_first (reader->document, tree);
  guint32     value = btfw_bencode_get_value (reader->document, key);
  const char *bytes;
  gsize       size;

  return btfw_bencode_get_n_members (reader->document, tree) == 1 &&
         btfw_bencode_get_string (reader->document, key, &bytes, &size) &&
         size == reader->name.size && memcmp (bytes, reader->name.bytes, size) == 0 &&
         btfw_bencode_lookup (reader->document, value, "") != BTFW_BENCODE_NONE;
}

static gboolean
read_v2_layout (InfoReader *reader, guint32 tree_node, GError **error)
{
  BtfwFileTree tree;
  guint64      size, n_pieces;

  reader->info->is_multi_file = !is_single_tree (reader, tree_node);
  btfw_file_tree_init (&tree, reader->document, tree_node);
  reader->info->layout = read_layout (reader, BTFW_LAYOUT_ALIGNED, next_of_tree, &tree, error);
  if (reader->info->layout == NULL)
    return FALSE;

  size = btfw_layout_get_size (reader->info->layout);
  n_pieces = btfw_count_pieces (size, reader->piece_size);
  if (n_pieces > BTFW_PIECES_MAX)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT, _("file tree: %llu pieces are too many (%u at most)"),
                            (unsigned long long) n_pieces, BTFW_PIECES_MAX);
  return TRUE;
}

static gboolean
read_v2 (InfoReader *reader, GError **error)
{
  guint32 tree = find_tree (reader, error);

  if (tree == BTFW_BENCODE_NONE)
    return FALSE;

  return reader->info->protocols & BTFW_PROTOCOL_V1 ? check_halves (reader, tree, error)
                                                    : read_v2_layout (reader, tree, error);
}

static gboolean
read_fields (InfoReader *reader, GError **error)
{
  if (!read_name (reader, error) || !read_protocols (reader, error) || !read_piece_size (reader, error))
    return FALSE;

  read_private (reader);
  if (reader->info->protocols & BTFW_PROTOCOL_V1 &&
      (!read_v1_layout (reader, error) || !read_piece_hashes (reader, error)))
    return FALSE;

  return !(reader->info->protocols & BTFW_PROTOCOL_V2) || read_v2 (reader, error);
}

gboolean
btfw_info_read (BtfwInfo          *self,
                const BtfwBencode *document,
                guint32            torrent,
                guint32            info,
                BtfwWarnings      *warnings,
                GError           **error)
{
  InfoReader reader = {
    .info = self,
    .document = document,
    .torrent = torrent,
    .dict = info,
    .warnings = warnings,
  };

  *self = (BtfwInfo){ .name = NULL };
  if (!read_fields (&reader, error))
    {
      g_prefix_error (error, "info.");
      btfw_info_clear (self);
      return FALSE;
    }

  if (self->protocols & BTFW_PROTOCOL_V2 && torrent != BTFW_BENCODE_NONE &&
      !btfw_piece_layers_check (document, torrent, info, reader.piece_size, error))
    {
      btfw_info_clear (self);
      return FALSE;
    }

  return TRUE;
}

void
btfw_info_clear (BtfwInfo *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->layout, btfw_layout_unref);
}
