/* places.c: opens, makes, syncs and removes the files of a torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "places.h"

#include "root.h"
#include "transfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* What is known of a file. Atomic, as it is noted beside writes. */
enum
{
  FILE_SEEN = 1 << 0,  /* it was there: when it is not, it vanished */
  FILE_DIRTY = 1 << 1, /* written since the last flush */
  FILE_PART = 1 << 2,  /* a part file stands in for it */
};

struct _BtfwPlaces
{
  BtfwStorageContext *context;
  BtfwLayout         *layout;
  guint32             n_files;
  BtfwAllocate        allocate;
  guint8             *flags; /* one a file */
  BtfwDescriptors    *descriptors;

  pthread_mutex_t mutex; /* guards what follows, and is held over system calls */
  BtfwRoot        root;
  BtfwDir        *parts;       /* NULL when nothing stands in for anything */
  GHashTable     *new_folders; /* char *: with entries that are not synced; "." is the root */
  gboolean        parts_new;   /* the same for parts */
  gboolean        begun;
};

static guint8
get_flags (BtfwPlaces *self, guint32 file)
{
  return __atomic_load_n (&self->flags[file], __ATOMIC_RELAXED);
}

static void
set_flag (BtfwPlaces *self, guint32 file, guint8 flag)
{
  if (!(get_flags (self, file) & flag))
    __atomic_fetch_or (&self->flags[file], flag, __ATOMIC_RELAXED);
}

static void
unset_flag (BtfwPlaces *self, guint32 file, guint8 flag)
{
  __atomic_fetch_and (&self->flags[file], (guint8) ~flag, __ATOMIC_RELAXED);
}

static gboolean
is_error (GError *error, BtfwStorageError kind)
{
  return g_error_matches (error, BTFW_STORAGE_ERROR, (gint) kind);
}

static const char *
get_path (BtfwPlaces *self, guint32 file)
{
  return btfw_layout_get_file_path (self->layout, file);
}

static gboolean
is_pad (BtfwPlaces *self, guint32 file)
{
  return (btfw_layout_get_file_flags (self->layout, file) & (BTFW_FILE_PAD | BTFW_FILE_SYMLINK)) != 0;
}

/* Until the next flush: a file that was made is only safe once its name is, too. */
static void
note_new_name (BtfwPlaces *self, const char *path)
{
  g_autofree char *folder = g_strdup (path);
  char            *slash;

  while ((slash = strrchr (folder, '/')))
    {
      *slash = '\0';
      g_hash_table_add (self->new_folders, g_strdup (folder));
    }
  g_hash_table_add (self->new_folders, g_strdup ("."));
}

/* With the mutex held. */
static BtfwDir *
get_root (BtfwPlaces *self, gboolean create, GError **error)
{
  gboolean changed = FALSE;
  BtfwDir *dir = btfw_root_get (&self->root, create, &changed, error);

  if (changed)
    btfw_descriptors_clear (self->descriptors);

  return dir;
}

static gboolean
has_hot_pages (int fd)
{
  struct statfs fs;

  return fstatfs (fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* Takes @fd. */
static BtfwDescriptor *
make_descriptor (BtfwPlaces *self, guint32 file, int fd, gboolean writable, gboolean is_part)
{
  BtfwDescriptor *descriptor = btfw_descriptor_new (file, fd);
  struct stat     st;

  descriptor->writable = writable;
  descriptor->is_part = is_part;
  descriptor->is_hot = has_hot_pages (fd);
  descriptor->checked = btfw_root_get_time ();
  if (fstat (fd, &st) == 0)
    {
      descriptor->device = st.st_dev;
      descriptor->inode = st.st_ino;
      descriptor->size = st.st_size;
      if (!is_part)
        btfw_root_note_witness (&self->root, get_path (self, file), st.st_ino);
    }
  if (!is_part)
    set_flag (self, file, FILE_SEEN);

  return descriptor;
}

static gboolean
fail_vanished (BtfwPlaces *self, guint32 file, GError **error)
{
  g_autofree char *path = g_build_filename (btfw_dir_get_path (self->root.dir), get_path (self, file), NULL);
  g_autofree char *shown = g_filename_display_name (path);

  /* Told once; then it may be made anew. */
  unset_flag (self, file, FILE_SEEN);
  btfw_descriptors_remove (self->descriptors, file);
  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, _("“%s” vanished or was exchanged"), shown);
  return FALSE;
}

/* Makes the file itself. Nobody else has it before it is allocated. */
static int
create_file (BtfwPlaces *self, BtfwDir *root, guint32 file, GError **error)
{
  const char *path = get_path (self, file);
  int         fd = btfw_dir_open_beneath (root, path, O_RDWR | O_CREAT, 0666, error);

  if (fd >= 0)
    note_new_name (self, path);
  return fd;
}

static gboolean
allocate (BtfwPlaces *self, guint32 file, int fd, GError **error)
{
  g_autofree char *path = NULL;
  int              errnum = 0;

  if (self->allocate == BTFW_ALLOCATE_FULL)
    errnum = btfw_file_allocate (fd, (gint64) btfw_layout_get_file_length (self->layout, file));
  if (errnum == 0)
    return TRUE;

  path = g_build_filename (btfw_dir_get_path (self->root.dir), get_path (self, file), NULL);
  btfw_set_storage_error_from_errno (error, errnum, N_("allocate"), path);
  return FALSE;
}

/* The file itself, not its stand-in. */
static int
open_real (BtfwPlaces *self, guint32 file, gboolean write, gboolean create, GError **error)
{
  g_autoptr (GError) local = NULL;
  BtfwDir           *root = get_root (self, create, error);
  int                fd;

  if (!root)
    return -1;

  fd = btfw_dir_open_beneath (root, get_path (self, file), write ? O_RDWR : O_RDONLY, 0, &local);
  if (fd < 0 && is_error (local, BTFW_STORAGE_ERROR_GONE))
    {
      if (get_flags (self, file) & FILE_SEEN)
        {
          fail_vanished (self, file, error);
          return -1;
        }
      if (create)
        {
          g_clear_error (&local);
          fd = create_file (self, root, file, &local);
        }
    }
  if (fd >= 0 && write && !allocate (self, file, fd, &local))
    {
      close (fd);
      fd = -1;
    }
  if (fd < 0)
    g_propagate_error (error, g_steal_pointer (&local));

  return fd;
}

static gboolean
need_parts (BtfwPlaces *self, GError **error)
{
  if (!self->parts)
    self->parts = btfw_storage_context_get_state_dir (self->context, error);

  return self->parts != NULL;
}

static int
open_part (BtfwPlaces *self, guint32 file, gboolean create, GError **error)
{
  g_autofree char *name = btfw_places_make_part_name (file);
  int              fd;

  if (!need_parts (self, error))
    return -1;

  fd = btfw_dir_open_beneath (self->parts, name, O_RDWR | (create ? O_CREAT : 0), 0600, error);
  if (fd >= 0 && create)
    {
      set_flag (self, file, FILE_PART);
      self->parts_new = TRUE;
    }
  return fd;
}

/* What stood in for a file that is wanted by now goes to where it belongs. The
 * stand-in is there until that is safe, so a kill costs nothing. */
static gboolean
settle (BtfwPlaces *self, guint32 file, GError **error)
{
  g_autofree char *name = btfw_places_make_part_name (file);
  int              from = open_part (self, file, FALSE, error);
  int              to;
  int              errnum;

  if (from < 0)
    return FALSE;
  to = open_real (self, file, TRUE, TRUE, error);
  if (to < 0)
    {
      close (from);
      return FALSE;
    }

  errnum = btfw_file_copy (from, to, NULL, NULL, NULL);
  if (errnum == 0 && fdatasync (to) < 0)
    errnum = errno;
  close (from);
  close (to);
  if (errnum != 0)
    {
      btfw_set_storage_error_from_errno (error, errnum, N_("write"), get_path (self, file));
      return FALSE;
    }

  btfw_descriptors_remove (self->descriptors, file);
  unset_flag (self, file, FILE_PART);
  set_flag (self, file, FILE_SEEN);
  return btfw_dir_remove_beneath (self->parts, name, error);
}

static BtfwDescriptor *
open_file (BtfwPlaces *self, guint32 file, gboolean write, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean           wanted = btfw_storage_context_is_wanted (self->context, file);
  gboolean           is_part = FALSE;
  int                fd;

  if (wanted && (get_flags (self, file) & FILE_PART) && !settle (self, file, error))
    return NULL;

  if (get_flags (self, file) & FILE_PART)
    fd = open_part (self, file, FALSE, &local);
  else
    fd = open_real (self, file, write, write && wanted, &local);
  is_part = (get_flags (self, file) & FILE_PART) != 0;

  /* Not wanted, and not there: it is not made for the sake of its edges. */
  if (fd < 0 && write && !wanted && !is_part && is_error (local, BTFW_STORAGE_ERROR_GONE))
    {
      g_clear_error (&local);
      is_part = TRUE;
      fd = open_part (self, file, TRUE, &local);
    }
  if (fd < 0)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  return make_descriptor (self, file, fd, write || is_part, is_part);
}

/* Whether the name still leads to the open file; if not, what was read and written
 * since the last look may be lost. */
static gboolean
check_descriptor (BtfwPlaces *self, BtfwDescriptor *descriptor, GError **error)
{
  BtfwDir    *root = get_root (self, FALSE, error);
  struct stat st;

  if (!root)
    return FALSE;
  if (descriptor->is_part)
    return TRUE;
  if (!btfw_dir_stat_beneath (root, get_path (self, descriptor->file), &st, NULL) || st.st_ino != descriptor->inode ||
      st.st_dev != descriptor->device)
    return fail_vanished (self, descriptor->file, error);

  __atomic_store_n (&descriptor->size, st.st_size, __ATOMIC_RELAXED);
  return TRUE;
}

static gboolean
is_fresh (BtfwDescriptor *descriptor, gint64 now)
{
  return btfw_root_is_fresh (__atomic_load_n (&descriptor->checked, __ATOMIC_RELAXED), now);
}

static gboolean
serves (BtfwPlaces *self, BtfwDescriptor *descriptor, gboolean write)
{
  return (descriptor->writable || !write) &&
         (!descriptor->is_part || !btfw_storage_context_is_wanted (self->context, descriptor->file));
}

/* With the mutex held. */
static BtfwDescriptor *
open_or_check (BtfwPlaces *self, guint32 file, gboolean write, GError **error)
{
  g_autoptr (BtfwDescriptor) descriptor = btfw_descriptors_lookup (self->descriptors, file);
  gint64 now = btfw_root_get_time ();

  if (descriptor && !is_fresh (descriptor, now))
    {
      if (!check_descriptor (self, descriptor, error))
        return NULL;
      __atomic_store_n (&descriptor->checked, now, __ATOMIC_RELAXED);
    }
  if (descriptor && serves (self, descriptor, write))
    return g_steal_pointer (&descriptor);

  g_clear_pointer (&descriptor, btfw_descriptor_unref);
  descriptor = open_file (self, file, write, error);
  if (descriptor)
    btfw_descriptors_insert (self->descriptors, descriptor);

  return g_steal_pointer (&descriptor);
}

static void
find_part_files (BtfwPlaces *self)
{
  struct dirent *entry;
  DIR           *dir;
  int            fd;

  self->parts = btfw_storage_context_find_state_dir (self->context, NULL);
  if (!self->parts)
    return;

  fd = btfw_dir_open_beneath (self->parts, ".", O_RDONLY | O_DIRECTORY, 0, NULL);
  dir = fd >= 0 ? fdopendir (fd) : NULL;
  while (dir && (entry = readdir (dir)))
    {
      guint file;
      char  end;

      if (sscanf (entry->d_name, "part-%u%c", &file, &end) == 1 && file < self->n_files)
        set_flag (self, file, FILE_PART);
    }
  if (dir)
    closedir (dir);
  else if (fd >= 0)
    close (fd);
}

/* They have no bytes to be written, so they are made when the first of others are. */
static gboolean
make_empty_files (BtfwPlaces *self, GError **error)
{
  for (guint32 file = 0; file < self->n_files; file++)
    {
      int fd;

      if (btfw_layout_get_file_length (self->layout, file) > 0 || is_pad (self, file) ||
          !btfw_storage_context_is_wanted (self->context, file))
        continue;

      unset_flag (self, file, FILE_SEEN);
      fd = open_real (self, file, TRUE, TRUE, error);
      if (fd < 0)
        return FALSE;
      close (fd);
    }
  return TRUE;
}

static gboolean
begin (BtfwPlaces *self, GError **error)
{
  if (!self->begun)
    self->begun = make_empty_files (self, error);

  return self->begun;
}

static gboolean
sync_file (BtfwPlaces *self, guint32 file, GError **error)
{
  g_autoptr (BtfwDescriptor) descriptor = NULL;

  /* Before the bytes: what is written meanwhile is for the next time. */
  unset_flag (self, file, FILE_DIRTY);
  descriptor = btfw_places_open (self, file, FALSE, error);
  if (descriptor && (fdatasync (descriptor->fd) == 0 || errno == EINVAL))
    return TRUE;

  set_flag (self, file, FILE_DIRTY);
  if (descriptor)
    btfw_set_storage_error_from_errno (error, errno, N_("sync"), get_path (self, file));
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

  synced = fsync (fd) == 0 || errno == EINVAL || errno == EBADF;
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

static gboolean
sync_folders (BtfwPlaces *self, GError **error)
{
  BtfwDir       *root;
  GHashTableIter iter;
  gpointer       path;

  if (self->parts_new && !sync_folder (self->parts, ".", error))
    return FALSE;
  self->parts_new = FALSE;

  if (g_hash_table_size (self->new_folders) == 0)
    return TRUE;
  root = get_root (self, FALSE, error);
  if (!root)
    return FALSE;
  if (self->root.created && !sync_root_name (self, error))
    return FALSE;
  self->root.created = FALSE;

  g_hash_table_iter_init (&iter, self->new_folders);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      if (!sync_folder (root, path, error))
        return FALSE;
      g_hash_table_iter_remove (&iter);
    }
  return TRUE;
}

BtfwPlaces *
btfw_places_new (BtfwStorageContext *context, BtfwAllocate allocation, guint max_open, GError **error)
{
  BtfwLayout *layout = btfw_storage_context_get_layout (context);
  guint32     n_files = btfw_layout_get_n_files (layout);
  guint8     *flags = g_try_malloc0 (MAX (n_files, 1));
  BtfwPlaces *self;

  if (!flags)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED, _("not enough memory for so many files"));
      return NULL;
    }

  self = g_new0 (BtfwPlaces, 1);
  self->context = btfw_storage_context_ref (context);
  self->layout = layout;
  self->n_files = n_files;
  self->allocate = allocation;
  self->flags = flags;
  self->descriptors = btfw_descriptors_new (max_open);
  self->root.context = context;
  self->new_folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  pthread_mutex_init (&self->mutex, NULL);

  find_part_files (self);
  /* When it is there, it is known from now on; when it is not, it may come. */
  btfw_root_get (&self->root, FALSE, NULL, NULL);
  return self;
}

void
btfw_places_free (BtfwPlaces *self)
{
  btfw_descriptors_free (self->descriptors);
  btfw_root_clear (&self->root);
  g_clear_pointer (&self->parts, btfw_dir_unref);
  g_hash_table_unref (self->new_folders);
  pthread_mutex_destroy (&self->mutex);
  g_free (self->flags);
  btfw_storage_context_unref (self->context);
  g_free (self);
}

BtfwStorageContext *
btfw_places_get_context (BtfwPlaces *self)
{
  return self->context;
}

BtfwLayout *
btfw_places_get_layout (BtfwPlaces *self)
{
  return self->layout;
}

BtfwDescriptor *
btfw_places_open (BtfwPlaces *self, guint32 file, gboolean write, GError **error)
{
  BtfwDescriptor *descriptor = btfw_descriptors_lookup (self->descriptors, file);

  if (descriptor && is_fresh (descriptor, btfw_root_get_time ()) && serves (self, descriptor, write))
    return descriptor;
  if (descriptor)
    btfw_descriptor_unref (descriptor);

  pthread_mutex_lock (&self->mutex);
  descriptor = open_or_check (self, file, write, error);
  pthread_mutex_unlock (&self->mutex);

  return descriptor;
}

BtfwDescriptor *
btfw_places_lookup (BtfwPlaces *self, guint32 file)
{
  BtfwDescriptor *descriptor = btfw_descriptors_lookup (self->descriptors, file);

  if (!descriptor || (!descriptor->is_part && is_fresh (descriptor, btfw_root_get_time ())))
    return descriptor;

  btfw_descriptor_unref (descriptor);
  return NULL;
}

gboolean
btfw_places_begin (BtfwPlaces *self, GError **error)
{
  gboolean begun;

  pthread_mutex_lock (&self->mutex);
  begun = begin (self, error);
  pthread_mutex_unlock (&self->mutex);

  return begun;
}

void
btfw_places_note_written (BtfwPlaces *self, guint32 file)
{
  set_flag (self, file, FILE_DIRTY);
}

gboolean
btfw_places_flush (BtfwPlaces *self, GError **error)
{
  gboolean synced = TRUE;

  /* With nothing but empty files, nobody ever writes. */
  if (btfw_layout_get_size (self->layout) == 0 && !btfw_places_begin (self, error))
    return FALSE;

  for (guint32 file = 0; file < self->n_files; file++)
    if (get_flags (self, file) & FILE_DIRTY)
      synced = sync_file (self, file, synced ? error : NULL) && synced;

  pthread_mutex_lock (&self->mutex);
  synced = sync_folders (self, synced ? error : NULL) && synced;
  pthread_mutex_unlock (&self->mutex);

  return synced;
}

gboolean
btfw_places_stat (BtfwPlaces *self, guint32 file, BtfwFileStat *result, GError **error)
{
  g_autoptr (GError) local = NULL;
  struct stat        st;
  BtfwDir           *root;

  *result = (BtfwFileStat){ 0 };
  if (is_pad (self, file))
    return TRUE;

  pthread_mutex_lock (&self->mutex);
  root = get_root (self, FALSE, &local);
  pthread_mutex_unlock (&self->mutex);

  if (root && btfw_dir_stat_beneath (root, get_path (self, file), &st, &local))
    {
      /* Whatever else has that name, it is not the file. */
      result->exists = S_ISREG (st.st_mode);
      result->size = result->exists ? (guint64) st.st_size : 0;
      result->mtime = result->exists ? (gint64) st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec : 0;
      if (result->exists)
        set_flag (self, file, FILE_SEEN);
      return TRUE;
    }
  if (is_error (local, BTFW_STORAGE_ERROR_GONE))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
remove_file (BtfwPlaces *self, BtfwDir *root, guint32 file, GError **error)
{
  BtfwFileStat st;

  if (is_pad (self, file) || !btfw_places_stat (self, file, &st, NULL) || !st.exists)
    return TRUE;

  return btfw_dir_remove_beneath (root, get_path (self, file), error);
}

static void
remove_parts (BtfwPlaces *self)
{
  for (guint32 file = 0; self->parts && file < self->n_files; file++)
    if (get_flags (self, file) & FILE_PART)
      {
        g_autofree char *name = btfw_places_make_part_name (file);

        btfw_dir_remove_beneath (self->parts, name, NULL);
        unset_flag (self, file, FILE_PART);
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
      unset_flag (self, file, FILE_SEEN | FILE_DIRTY);
    }
  self->begun = FALSE;

  if (root || is_error (local, BTFW_STORAGE_ERROR_GONE))
    return removed;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
btfw_places_update_wanted (BtfwPlaces *self, GError **error)
{
  gboolean settled = TRUE;

  pthread_mutex_lock (&self->mutex);
  for (guint32 file = 0; file < self->n_files; file++)
    if ((get_flags (self, file) & FILE_PART) && btfw_storage_context_is_wanted (self->context, file))
      settled = settle (self, file, settled ? error : NULL) && settled;
  if (self->begun)
    settled = make_empty_files (self, settled ? error : NULL) && settled;
  pthread_mutex_unlock (&self->mutex);

  return settled;
}

BtfwDir *
btfw_places_get_root (BtfwPlaces *self, gboolean create, GError **error)
{
  BtfwDir *root;

  pthread_mutex_lock (&self->mutex);
  root = get_root (self, create, error);
  pthread_mutex_unlock (&self->mutex);

  return root;
}

BtfwDir *
btfw_places_get_parts (BtfwPlaces *self)
{
  return self->parts;
}

gboolean
btfw_places_has_part (BtfwPlaces *self, guint32 file)
{
  return (get_flags (self, file) & FILE_PART) != 0;
}

char *
btfw_places_make_part_name (guint32 file)
{
  return g_strdup_printf ("part-%u", file);
}

void
btfw_places_explain (BtfwPlaces *self, GError **error)
{
  g_autoptr (GError) absent = NULL;

  if (!error || !*error)
    return;

  pthread_mutex_lock (&self->mutex);
  if (!btfw_root_check_now (&self->root, &absent))
    {
      g_clear_error (error);
      g_propagate_error (error, g_steal_pointer (&absent));
    }
  pthread_mutex_unlock (&self->mutex);
}
