/* twins.c: a table from inodes to the files of a torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "twins.h"

#include <glib/gi18n-lib.h>

struct _BtfwTwins
{
  BtfwLayout *layout;
  GHashTable *files; /* inode -> the file that was first found to have it; NULL while there is none */
};

BtfwTwins *
btfw_twins_new (BtfwLayout *layout)
{
  BtfwTwins *self = g_new0 (BtfwTwins, 1);

  self->layout = layout;
  return self;
}

void
btfw_twins_free (BtfwTwins *self)
{
  g_clear_pointer (&self->files, g_hash_table_unref);
  g_free (self);
}

static gboolean
btfw_twins_lookup (BtfwTwins *self, const struct stat *st, guint32 *file)
{
  gpointer value;

  if (self->files == NULL || !g_hash_table_lookup_extended (self->files, GSIZE_TO_POINTER (st->st_ino), NULL, &value))
    return FALSE;

  *file = GPOINTER_TO_UINT (value);
  return TRUE;
}

static void
btfw_twins_insert (BtfwTwins *self, guint32 file, const struct stat *st)
{
  /* A file that is alone has no twin. */
  if (btfw_layout_get_n_files (self->layout) == 1)
    return;
  if (self->files == NULL)
    self->files = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (self->files, GSIZE_TO_POINTER (st->st_ino), GUINT_TO_POINTER (file));
}

/* The table may be of the past: inodes are used again, and devices change. */
static gboolean
is_still (BtfwTwins *self, BtfwDir *root, guint32 file, const struct stat *st)
{
  struct stat now;

  return btfw_dir_stat_beneath (root, btfw_layout_get_file_path (self->layout, file), &now, NULL) &&
         now.st_ino == st->st_ino && now.st_dev == st->st_dev;
}

static gboolean
fail_same (BtfwTwins *self, guint32 file, guint32 other, GError **error)
{
  g_autofree char *shown = g_filename_display_name (btfw_layout_get_file_path (self->layout, file));
  g_autofree char *other_shown = g_filename_display_name (btfw_layout_get_file_path (self->layout, other));

  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
               _("“%s” and “%s” are one file on this disk, and writing one would destroy the other;"
                 " leave one of them out, or save to a disk that tells such names apart"),
               other_shown, shown);
  return FALSE;
}

/* Two empty files have nothing to lose. */
static gboolean
are_empty (BtfwTwins *self, guint32 file, guint32 other)
{
  return btfw_layout_get_file_length (self->layout, file) == 0 &&
         btfw_layout_get_file_length (self->layout, other) == 0;
}

void
btfw_twins_note (BtfwTwins *self, guint32 file, const struct stat *st)
{
  guint32 other;

  if (!btfw_twins_lookup (self, st, &other))
    btfw_twins_insert (self, file, st);
}

gboolean
btfw_twins_check (BtfwTwins *self, BtfwDir *root, guint32 file, const struct stat *st, GError **error)
{
  guint32 other;

  if (btfw_twins_lookup (self, st, &other) && other != file && !are_empty (self, file, other) &&
      is_still (self, root, other, st))
    return fail_same (self, file, other, error);

  btfw_twins_insert (self, file, st);
  return TRUE;
}
