/* upkeep.c: syncs, looks at and removes the files of a torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "places-inside.h"

#include "claims.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
sync_file (BtfwPlaces *self, guint32 file, GError **propagated)
{
  g_autoptr (GError) local = NULL;
  GError **error = &local;
  g_autoptr (BtfwDescriptor) descriptor = NULL;

  /* Before the bytes: what is written meanwhile is for the next time. */
  btfw_places_unset_flag (self, file, FILE_DIRTY);
  descriptor = btfw_places_open (self, file, FALSE, error);
  if (descriptor && (fdatasync (descriptor->fd) == 0 || errno == EINVAL || errno == EROFS))
    return TRUE;
  /* What is not there any more is not claimed either, and needs no sync. */
  if (!descriptor && btfw_places_is_error (*error, BTFW_STORAGE_ERROR_GONE))
    {
      g_clear_error (error);
      return TRUE;
    }

  btfw_places_set_flag (self, file, FILE_DIRTY);
  if (descriptor)
    btfw_set_storage_error_from_errno (error, errno, N_("sync"), btfw_places_get_path (self, file));
  g_propagate_error (propagated, g_steal_pointer (&local));
  return FALSE;
}

/* Some file systems cannot sync a folder, and say so in this way. */
static gboolean
sync_folder (BtfwDir *dir, const char *path, GError **error)
{
  gboolean synced;
  int      fd = btfw_dir_open_beneath (dir, path, O_RDONLY | O_DIRECTORY, 0, error);

  if (fd < 0)
    return FALSE;

  synced = fsync (fd) == 0 || errno == EINVAL || errno == EBADF || errno == EROFS;
  if (!synced)
    btfw_set_storage_error_from_errno (error, errno, N_("sync"), path);
  close (fd);

  return synced;
}

static gboolean
sync_root_name (BtfwPlaces *self, GError **error)
{
  g_autofree char    *parent = g_path_get_dirname (btfw_dir_get_path (self->root.dir));
  g_autoptr (BtfwDir) dir = btfw_dir_open (parent, FALSE, error);

  return dir && sync_folder (dir, ".", error);
}

gboolean
btfw_places_sync_folders (BtfwPlaces *self, GError **error)
{
  BtfwDir       *root;
  GHashTableIter iter;
  gpointer       path;

  if (self->parts_new && !sync_folder (self->parts, ".", error))
    return FALSE;
  self->parts_new = FALSE;

  if (!self->new_folders || g_hash_table_size (self->new_folders) == 0)
    return TRUE;
  root = btfw_places_find_root (self, FALSE, error);
  if (!root)
    return FALSE;
  if (self->root.created && !sync_root_name (self, error))
    return FALSE;
  self->root.created = FALSE;

  g_hash_table_iter_init (&iter, self->new_folders);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      g_autoptr (GError) local = NULL;

      if (!sync_folder (root, path, &local) && !btfw_places_is_error (local, BTFW_STORAGE_ERROR_GONE))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      g_hash_table_iter_remove (&iter);
    }
  return TRUE;
}

/* When the process has no descriptors left, those kept open here are given up. */
static gboolean
sync_names (BtfwPlaces *self, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean           synced;

  pthread_mutex_lock (&self->mutex);
  synced = btfw_places_sync_folders (self, &local);
  if (!synced && btfw_places_is_error (local, BTFW_STORAGE_ERROR_FULL))
    {
      btfw_descriptors_clear (self->descriptors);
      g_clear_error (&local);
      synced = btfw_places_sync_folders (self, &local);
    }
  pthread_mutex_unlock (&self->mutex);

  if (!synced)
    g_propagate_error (error, g_steal_pointer (&local));
  return synced;
}

/* With the mutex held. */
static gboolean
settle_wanted (BtfwPlaces *self, GError **error)
{
  gboolean settled = TRUE;

  for (guint32 file = 0; file < self->n_files; file++)
    if ((btfw_places_get_flags (self, file) & FILE_PART) && btfw_storage_context_is_wanted (self->context, file))
      settled = btfw_places_settle (self, file, settled ? error : NULL) && settled;
  return settled;
}

gboolean
btfw_places_flush (BtfwPlaces *self, GError **error)
{
  gboolean synced;

  /* A file that an earlier run did not want may have all its bytes in what stands in
   * for it, so that nobody opens it any more. */
  pthread_mutex_lock (&self->mutex);
  synced = settle_wanted (self, error);
  pthread_mutex_unlock (&self->mutex);

  /* With nothing but empty files, nobody ever writes. */
  if (btfw_layout_get_size (self->layout) == 0 && !btfw_places_begin (self, synced ? error : NULL))
    return FALSE;

  for (guint32 file = 0; file < self->n_files; file++)
    if (btfw_places_get_flags (self, file) & FILE_DIRTY)
      synced = sync_file (self, file, synced ? error : NULL) && synced;

  return sync_names (self, synced ? error : NULL) && synced;
}

static void
note_seen (BtfwPlaces *self, guint32 file, const struct stat *st)
{
  btfw_places_set_flag (self, file, FILE_SEEN);
  btfw_claims_add (st, self);
  pthread_mutex_lock (&self->mutex);
  btfw_twins_note (self->twins, file, st);
  pthread_mutex_unlock (&self->mutex);
}

gboolean
btfw_places_stat (BtfwPlaces *self, guint32 file, BtfwFileStat *result, GError **error)
{
  g_autoptr (GError) local = NULL;
  struct stat        st;
  BtfwDir           *root;

  *result = (BtfwFileStat){ 0 };
  if (btfw_places_is_pad (self, file))
    return TRUE;

  pthread_mutex_lock (&self->mutex);
  root = btfw_places_find_root (self, FALSE, &local);
  pthread_mutex_unlock (&self->mutex);

  if (root && btfw_dir_stat_beneath (root, btfw_places_get_path (self, file), &st, &local))
    {
      /* Whatever else has that name, it is not the file. */
      result->exists = S_ISREG (st.st_mode);
      result->size = result->exists ? (guint64) st.st_size : 0;
      result->mtime = result->exists ? (gint64) st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec : 0;
      if (result->exists)
        note_seen (self, file, &st);
      return TRUE;
    }
  if (btfw_places_is_error (local, BTFW_STORAGE_ERROR_GONE))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* A file that another torrent has too stays with it. */
static gboolean
is_of_another (BtfwPlaces *self, BtfwDir *root, guint32 file)
{
  struct stat st;

  return btfw_dir_stat_beneath (root, btfw_places_get_path (self, file), &st, NULL) &&
         btfw_claims_is_shared (&st, self);
}

static gboolean
remove_file (BtfwPlaces *self, BtfwDir *root, guint32 file, GError **error)
{
  BtfwFileStat st;

  if (btfw_places_is_pad (self, file) || !btfw_places_stat (self, file, &st, NULL) || !st.exists ||
      is_of_another (self, root, file))
    return TRUE;

  return btfw_dir_remove_beneath (root, btfw_places_get_path (self, file), error);
}

static void
remove_parts (BtfwPlaces *self)
{
  for (guint32 file = 0; self->parts && file < self->n_files; file++)
    if (btfw_places_get_flags (self, file) & FILE_PART)
      {
        g_autofree char *name = btfw_places_make_part_name (file);

        btfw_dir_remove_beneath (self->parts, name, NULL);
        btfw_places_unset_flag (self, file, FILE_PART);
      }
}

gboolean
btfw_places_remove (BtfwPlaces *self, GError **error)
{
  g_autoptr (GError) local = NULL;
  BtfwDir           *root = btfw_places_get_root (self, FALSE, &local);
  gboolean           removed = TRUE;

  btfw_descriptors_clear (self->descriptors);
  remove_parts (self);

  /* One that cannot be removed does not keep the others. */
  for (guint32 file = 0; root && file < self->n_files; file++)
    {
      removed = remove_file (self, root, file, removed ? error : NULL) && removed;
      btfw_places_unset_flag (self, file, FILE_SEEN | FILE_DIRTY);
    }
  self->begun = FALSE;

  if (root || btfw_places_is_error (local, BTFW_STORAGE_ERROR_GONE))
    return removed;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
btfw_places_update_wanted (BtfwPlaces *self, GError **error)
{
  gboolean settled;

  pthread_mutex_lock (&self->mutex);
  settled = settle_wanted (self, error);
  if (self->begun)
    settled = btfw_places_make_empty_files (self, settled ? error : NULL) && settled;
  pthread_mutex_unlock (&self->mutex);

  return settled;
}
