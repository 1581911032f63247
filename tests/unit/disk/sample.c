/* sample.c: makes torrents for tests of the disk. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sample.h"

#include "base/bencode.h"
#include "base/hash.h"

#include <glib/gstdio.h>
#include <string.h>

static void
fill (guint8 *bytes, gsize size, guint seed)
{
  guint64 state = 0x9e3779b97f4a7c15u * (seed + 1);

  for (gsize i = 0; i < size; i++)
    {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bytes[i] = (guint8) (state >> 56);
    }
}

static void
put_file (GByteArray *out, const SampleFile *file)
{
  g_auto (GStrv) elements = g_strsplit (file->path, "/", -1);

  btfw_bencode_begin_dict (out);
  if (file->pad)
    {
      btfw_bencode_put_string (out, "attr", -1);
      btfw_bencode_put_string (out, "p", -1);
    }
  btfw_bencode_put_string (out, "length", -1);
  btfw_bencode_put_integer (out, (gint64) file->length);
  btfw_bencode_put_string (out, "path", -1);
  btfw_bencode_begin_list (out);
  for (guint i = 0; elements[i]; i++)
    btfw_bencode_put_string (out, elements[i], -1);
  btfw_bencode_end (out);
  btfw_bencode_end (out);
}

static void
put_pieces (GByteArray *out, Sample *self, guint32 piece_size)
{
  GByteArray *hashes = g_byte_array_new ();
  guint8      digest[BTFW_HASH_SIZE_MAX];

  for (gsize offset = 0; offset < self->size; offset += piece_size)
    {
      btfw_hash_once (BTFW_HASH_SHA1, self->content + offset, MIN (piece_size, self->size - offset), digest);
      g_byte_array_append (hashes, digest, 20);
    }
  btfw_bencode_put_string (out, "pieces", -1);
  btfw_bencode_put_string (out, (const char *) hashes->data, (gssize) hashes->len);
  g_byte_array_unref (hashes);
}

void
sample_init (Sample *self, const SampleFile *files, guint32 piece_size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GByteArray        *out = g_byte_array_new ();
  gsize              offset = 0;

  memset (self, 0, sizeof *self);
  for (guint i = 0; files[i].path; i++)
    self->size += files[i].length;
  self->content = g_malloc0 (MAX (self->size, 1));

  btfw_bencode_begin_dict (out);
  btfw_bencode_put_string (out, "info", -1);
  btfw_bencode_begin_dict (out);
  btfw_bencode_put_string (out, "files", -1);
  btfw_bencode_begin_list (out);
  for (guint i = 0; files[i].path; offset += files[i].length, i++)
    {
      put_file (out, &files[i]);
      if (!files[i].pad)
        fill (self->content + offset, files[i].length, i);
    }
  btfw_bencode_end (out);
  btfw_bencode_put_string (out, "name", -1);
  btfw_bencode_put_string (out, "sample", -1);
  btfw_bencode_put_string (out, "piece length", -1);
  btfw_bencode_put_integer (out, piece_size);
  put_pieces (out, self, piece_size);
  btfw_bencode_end (out);
  btfw_bencode_end (out);

  bytes = g_byte_array_free_to_bytes (out);
  self->metainfo = btfw_metainfo_new_from_bytes (bytes, &error);
  g_assert_no_error (error);
  self->layout = btfw_metainfo_get_layout (self->metainfo);

  self->root = g_dir_make_tmp ("btfw-disk-XXXXXX", NULL);
  self->dir = g_build_filename (self->root, "save", NULL);
  self->state = g_build_filename (self->root, "state", NULL);
}

void
sample_remove_tree (const char *path)
{
  const char *name;
  GDir       *dir;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK) && (dir = g_dir_open (path, 0, NULL)))
    {
      while ((name = g_dir_read_name (dir)))
        {
          g_autofree char *child = g_build_filename (path, name, NULL);

          sample_remove_tree (child);
        }
      g_dir_close (dir);
    }
  g_remove (path);
}

void
sample_clear (Sample *self)
{
  sample_remove_tree (self->root);
  btfw_metainfo_unref (self->metainfo);
  g_free (self->content);
  g_free (self->root);
  g_free (self->dir);
  g_free (self->state);
}

char *
sample_path (Sample *self, const char *file)
{
  return g_build_filename (self->dir, "sample", file, NULL);
}

void
sample_write_files (Sample *self)
{
  for (guint32 i = 0; i < btfw_layout_get_n_files (self->layout); i++)
    {
      g_autofree char *path = g_build_filename (self->dir, btfw_layout_get_file_path (self->layout, i), NULL);
      g_autofree char *folder = g_path_get_dirname (path);

      if (btfw_layout_get_file_flags (self->layout, i) & BTFW_FILE_PAD)
        continue;
      g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
      g_assert_true (g_file_set_contents (path, (char *) self->content + btfw_layout_get_file_offset (self->layout, i),
                                          (gssize) btfw_layout_get_file_length (self->layout, i), NULL));
    }
}
