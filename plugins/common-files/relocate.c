/* relocate.c: renames files where it can, copies where it must, and can take all of it back. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "relocate.h"

#include "transfer.h"

#include <btfw/btfw-info-hash.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the storage's state folder while a move is under way: the paths of the new
 * folder and of its stand-ins, a NUL behind each. With it the next start can take
 * a move back that was killed. */
#define JOURNAL_NAME "moving"
#define JOURNAL_SIZE_MAX 65536

typedef struct
{
  const char *path;   /* below its folder */
  gint64      size;
  gboolean    part;   /* a stand-in, which lies in the state folder */
  gboolean    moved;
  gboolean    copied; /* so the first one is still there */
} Item;

typedef struct
{
  BtfwLayout         *layout;
  BtfwDir            *from;
  BtfwDir            *to;
  BtfwDir            *parts_from; /* nullable */
  BtfwDir            *parts_to;   /* nullable */
  GArray             *items;
  GPtrArray          *names; /* of parts */
  char               *half;  /* what a file is called that is not copied to its end */
  GCancellable       *cancellable;
  BtfwStorageProgress progress;
  gpointer            user_data;
  guint64             n_done;
  guint64             n_total;
} Move;

static void
move_clear (Move *self)
{
  g_clear_pointer (&self->from, btfw_dir_unref);
  g_clear_pointer (&self->to, btfw_dir_unref);
  g_clear_pointer (&self->parts_from, btfw_dir_unref);
  g_clear_pointer (&self->parts_to, btfw_dir_unref);
  g_clear_pointer (&self->items, g_array_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->half, g_free);
}

/* Beside the file, and of this torrent alone, so that what a kill left is known again. */
static char *
make_half_path (Move *self, const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  return g_str_equal (folder, ".") ? g_strdup (self->half) : g_build_filename (folder, self->half, NULL);
}

static gboolean
is_gone (GError *error)
{
  return g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
}

static BtfwDir *
get_from (Move *self, const Item *item)
{
  return item->part ? self->parts_from : self->from;
}

static BtfwDir *
get_to (Move *self, const Item *item)
{
  return item->part ? self->parts_to : self->to;
}

static void
on_copied (gsize bytes, gpointer user_data)
{
  Move *self = user_data;

  self->n_done += bytes;
  if (self->progress)
    self->progress (self->n_done, self->n_total, self->user_data);
}

/* Fails when something of that name is at the new place already, also where there is
 * nothing to move yet: it would be taken for ours there, and be written over. */
static gboolean
add_item (Move *self, const char *path, gboolean part, GError **error)
{
  Item        item = { .path = path, .part = part };
  struct stat st;

  if (!get_from (self, &item))
    return TRUE;
  if (btfw_dir_stat_beneath (get_from (self, &item), path, &st, NULL) && S_ISREG (st.st_mode))
    {
      item.size = st.st_size;
      self->n_total += (guint64) st.st_size;
      g_array_append_val (self->items, item);
    }

  if (btfw_dir_stat_beneath (get_to (self, &item), path, &st, NULL))
    {
      g_autofree char *whole = g_build_filename (btfw_dir_get_path (get_to (self, &item)), path, NULL);
      g_autofree char *shown = g_filename_display_name (whole);

      g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED, _("“%s” is there already"), shown);
      return FALSE;
    }
  return TRUE;
}

static gboolean
collect (Move *self, BtfwPlaces *places, GError **error)
{
  guint32 n_files = btfw_layout_get_n_files (self->layout);

  for (guint32 file = 0; file < n_files; file++)
    {
      if (btfw_layout_get_file_flags (self->layout, file) & (BTFW_FILE_PAD | BTFW_FILE_SYMLINK))
        continue;
      if (!add_item (self, btfw_layout_get_file_path (self->layout, file), FALSE, error))
        return FALSE;
      if (btfw_places_has_part (places, file))
        {
          g_ptr_array_add (self->names, btfw_places_make_part_name (file));
          if (!add_item (self, self->names->pdata[self->names->len - 1], TRUE, error))
            return FALSE;
        }
    }
  return TRUE;
}

/* Times too, as resume data tells by them whether files are as they were. */
static int
finish_copy (int from, int to)
{
  struct stat st;

  if (fstat (from, &st) < 0 || ftruncate (to, st.st_size) < 0)
    return errno;
  if (fchmod (to, st.st_mode & 0777) < 0)
    g_debug ("cannot keep the permissions of a file: %s", g_strerror (errno));
  if (fsync (to) < 0)
    return errno;

  const struct timespec times[2] = { st.st_atim, st.st_mtim };

  return futimens (to, times) < 0 ? errno : 0;
}

static int
copy_half (Move *self, BtfwDir *from_dir, BtfwDir *to_dir, const char *path, const char *half, GError **error)
{
  int from = btfw_dir_open_beneath (from_dir, path, O_RDONLY, 0, error);
  int to;
  int errnum;

  if (from < 0)
    return -1;
  to = btfw_dir_open_beneath (to_dir, half, O_WRONLY | O_CREAT | O_EXCL, 0666, error);
  if (to < 0)
    {
      close (from);
      return -1;
    }

  errnum = btfw_file_copy (from, to, self->cancellable, on_copied, self);
  if (errnum == 0)
    errnum = finish_copy (from, to);
  close (from);
  close (to);
  if (errnum == ECANCELED)
    g_cancellable_set_error_if_cancelled (self->cancellable, error);
  else if (errnum != 0)
    btfw_set_storage_error_from_errno (error, errnum, N_("move"), path);
  return errnum == 0 ? 0 : -1;
}

/* The name appears with the whole file: who finds it at both places after a kill may
 * take either. */
static gboolean
copy_between (Move *self, BtfwDir *from_dir, BtfwDir *to_dir, const char *path, GError **error)
{
  g_autofree char *half = make_half_path (self, path);

  if (copy_half (self, from_dir, to_dir, path, half, error) == 0 &&
      btfw_dir_rename_beneath (to_dir, half, to_dir, path, error))
    return TRUE;

  btfw_dir_remove_beneath (to_dir, half, NULL);
  return FALSE;
}

static gboolean
move_item (Move *self, Item *item, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;

  if (btfw_dir_rename_beneath (get_from (self, item), item->path, get_to (self, item), item->path, &local))
    {
      on_copied ((gsize) item->size, self);
      return item->moved = TRUE;
    }

  /* Another file system, most likely; if it is something else, copying says so. */
  if (!g_error_matches (local, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  item->copied = copy_between (self, get_from (self, item), get_to (self, item), item->path, error);
  return item->moved = item->copied;
}

static gboolean
take_item_back (Move *self, const Item *item)
{
  if (item->copied)
    return btfw_dir_remove_beneath (get_to (self, item), item->path, NULL);
  if (item->moved)
    return btfw_dir_rename_beneath (get_to (self, item), item->path, get_from (self, item), item->path, NULL);

  return TRUE;
}

/* FALSE when not all could be. */
static gboolean
take_back (Move *self)
{
  gboolean all = TRUE;

  for (guint i = self->items->len; i > 0; i--)
    all = take_item_back (self, &g_array_index (self->items, Item, i - 1)) && all;

  return all;
}

static gboolean
sync_folder (BtfwDir *dir, const char *folder, GError **error)
{
  int      fd = btfw_dir_open_beneath (dir, folder, O_RDONLY | O_DIRECTORY, 0, error);
  gboolean done;

  if (fd < 0)
    return FALSE;
  done = fsync (fd) == 0 || errno == EINVAL;
  if (!done)
    btfw_set_storage_error_from_errno (error, errno, N_("sync"), folder);
  close (fd);

  return done;
}

/* The names of what was copied must be safe before the other copy goes. */
static gboolean
sync_parents (BtfwDir *dir, const char *path, GHashTable *synced, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (!g_hash_table_add (synced, g_strdup (folder)))
    return TRUE;

  return sync_folder (dir, folder, error) &&
         (g_str_equal (folder, ".") || sync_parents (dir, folder, synced, error));
}

static gboolean
sync_copied (Move *self, GError **error)
{
  g_autoptr (GHashTable) files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) parts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = &g_array_index (self->items, Item, i);

      if (item->copied && !sync_parents (get_to (self, item), item->path, item->part ? parts : files, error))
        return FALSE;
    }
  return TRUE;
}

/* From here on the new place is the right one; what cannot be removed at the old
 * one stays as a copy. */
static void
remove_copied (Move *self)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = &g_array_index (self->items, Item, i);

      if (item->copied)
        btfw_dir_remove_beneath (get_from (self, item), item->path, NULL);
    }
}

static gboolean
write_journal (Move *self, BtfwDir *state, GError **error)
{
  const char    *path = btfw_dir_get_path (self->to);
  const char    *parts = self->parts_to ? btfw_dir_get_path (self->parts_to) : "";
  GOutputVector  vectors[2] = { { path, strlen (path) + 1 }, { parts, strlen (parts) + 1 } };
  BtfwFileCursor cursor = { .vectors = vectors, .n_vectors = 2 };
  int            fd = btfw_dir_open_beneath (state, JOURNAL_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600, error);
  int            errnum;

  if (fd < 0)
    return FALSE;

  errnum = btfw_file_write (fd, 0, vectors[0].size + vectors[1].size, &cursor);
  if (errnum == 0 && fsync (fd) < 0)
    errnum = errno;
  close (fd);
  if (errnum != 0)
    btfw_set_storage_error_from_errno (error, errnum, N_("write"), JOURNAL_NAME);

  return errnum == 0 && sync_folder (state, ".", error);
}

/* FALSE when there is none, or one that was not finished: then nothing was moved. */
static gboolean
read_journal (BtfwDir *state, char **path, char **parts)
{
  g_autofree char *text = NULL;
  gssize           n;
  int              fd = btfw_dir_open_beneath (state, JOURNAL_NAME, O_RDONLY, 0, NULL);

  if (fd < 0)
    return FALSE;

  text = g_malloc0 (JOURNAL_SIZE_MAX + 1);
  do
    n = pread (fd, text, JOURNAL_SIZE_MAX, 0);
  while (n < 0 && errno == EINTR);
  close (fd);

  if (n < 2 || text[0] != '/' || text[n - 1] != '\0' || strlen (text) + 1 >= (gsize) n)
    return FALSE;

  *path = g_strdup (text);
  *parts = g_strdup (text + strlen (text) + 1);
  return TRUE;
}

static gboolean
open_folders (Move *self, BtfwPlaces *places, BtfwStorageContext *context, GError **error)
{
  BtfwDir *from = btfw_places_get_root (places, FALSE, error);

  if (!from)
    return FALSE;

  self->from = btfw_dir_ref (from);
  if (btfw_places_get_parts (places))
    self->parts_from = btfw_dir_ref (btfw_places_get_parts (places));

  self->to = btfw_storage_context_get_dir (context, error);
  if (self->to && self->parts_from)
    self->parts_to = btfw_storage_context_get_state_dir (context, error);

  return self->to && (self->parts_to || !self->parts_from);
}

static gboolean
move_items (Move *self, GError **error)
{
  for (guint i = 0; i < self->items->len; i++)
    if (!move_item (self, &g_array_index (self->items, Item, i), error))
      return FALSE;

  return sync_copied (self, error);
}

static gboolean
move_with_journal (Move *self, BtfwStorageContext *context, GError **error)
{
  g_autoptr (BtfwDir) state = btfw_storage_context_get_state_dir (context, error);
  gboolean            moved;

  if (!state || !write_journal (self, state, error))
    return FALSE;

  moved = move_items (self, error);
  if (moved)
    remove_copied (self);
  /* What cannot be taken back now may be at the next start. */
  else if (!take_back (self))
    return FALSE;

  btfw_dir_remove_beneath (state, JOURNAL_NAME, NULL);
  return moved;
}

/* Of a copy that was not finished, in either direction. */
static void
remove_half (Move *self, BtfwDir *dir, const char *path)
{
  g_autofree char *half = make_half_path (self, path);

  btfw_dir_remove_beneath (dir, half, NULL);
}

/* Back to the old place, which counts: what is there is whole. FALSE when it is still
 * at the new one. */
static gboolean
recover_file (Move *self, const char *path, gboolean part)
{
  g_autoptr (GHashTable) synced = NULL;
  Item                   item = { .path = path, .part = part };
  struct stat            st;

  if (!get_from (self, &item) || !get_to (self, &item))
    return TRUE;
  remove_half (self, get_from (self, &item), path);
  remove_half (self, get_to (self, &item), path);
  if (!btfw_dir_stat_beneath (get_from (self, &item), path, &st, NULL))
    return TRUE;

  if (btfw_dir_stat_beneath (get_to (self, &item), path, &st, NULL))
    return btfw_dir_remove_beneath (get_from (self, &item), path, NULL);

  if (!move_item (self, &item, NULL))
    return FALSE;
  synced = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return !item.copied || (sync_parents (get_to (self, &item), path, synced, NULL) &&
                          btfw_dir_remove_beneath (get_from (self, &item), path, NULL));
}

static gboolean
recover_files (Move *self)
{
  guint32  n_files = btfw_layout_get_n_files (self->layout);
  gboolean all = TRUE;

  for (guint32 file = 0; file < n_files; file++)
    {
      g_autofree char *name = btfw_places_make_part_name (file);

      if (!(btfw_layout_get_file_flags (self->layout, file) & (BTFW_FILE_PAD | BTFW_FILE_SYMLINK)))
        all = recover_file (self, btfw_layout_get_file_path (self->layout, file), FALSE) && all;
      all = recover_file (self, name, TRUE) && all;
    }
  return all;
}

static char *
make_half_name (BtfwStorageContext *context)
{
  g_autofree char *hash = btfw_info_hash_to_string (btfw_storage_context_get_info_hash (context));

  return g_strdup_printf (".btfw-%.16s.moving", hash);
}

gboolean
btfw_relocate (BtfwPlaces         *places,
               BtfwStorageContext *context,
               BtfwStorageProgress progress,
               gpointer            user_data,
               GCancellable       *cancellable,
               GError            **error)
{
  g_autoptr (GError) local = NULL;
  Move               self = { .progress = progress, .user_data = user_data, .cancellable = cancellable };
  gboolean           moved;

  self.layout = btfw_places_get_layout (places);
  self.half = make_half_name (context);
  self.items = g_array_new (FALSE, FALSE, sizeof (Item));
  self.names = g_ptr_array_new_with_free_func (g_free);

  moved = open_folders (&self, places, context, &local) && collect (&self, places, &local) &&
          (self.items->len == 0 || move_with_journal (&self, btfw_places_get_context (places), &local));
  move_clear (&self);

  /* With nothing at the old place there is nothing to move. */
  if (moved || is_gone (local))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

void
btfw_relocate_recover (BtfwStorageContext *context)
{
  g_autoptr (BtfwDir) state = btfw_storage_context_find_state_dir (context, NULL);
  g_autofree char    *path = NULL;
  g_autofree char    *parts = NULL;
  Move                self = { 0 };

  if (!state || !read_journal (state, &path, &parts))
    return;

  self.layout = btfw_storage_context_get_layout (context);
  self.half = make_half_name (context);
  self.from = btfw_dir_open (path, FALSE, NULL);
  self.to = btfw_storage_context_get_dir (context, NULL);
  self.parts_from = parts[0] ? btfw_dir_open (parts, FALSE, NULL) : NULL;
  self.parts_to = btfw_dir_ref (state);

  /* What could not be taken back now may be at the next start. */
  if (self.from && self.to && recover_files (&self))
    btfw_dir_remove_beneath (state, JOURNAL_NAME, NULL);
  move_clear (&self);
}
