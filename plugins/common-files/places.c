/* places.c: opens the files of a torrent, and makes them where they are missing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "places-inside.h"

#include "claims.h"
#include "transfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Until the next flush: a file that was made is only safe once its name is, too. */
static void
note_new_name (BtfwPlaces *self, const char *path)
{
  g_autofree char *folder = g_strdup (path);
  char            *slash;

  if (!self->new_folders)
    self->new_folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  while ((slash = strrchr (folder, '/')))
    {
      *slash = '\0';
      g_hash_table_add (self->new_folders, g_strdup (folder));
    }
  g_hash_table_add (self->new_folders, g_strdup ("."));
}

/* With the mutex held. */
BtfwDir *
btfw_places_find_root (BtfwPlaces *self, gboolean create, GError **error)
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
        btfw_root_note_witness (&self->root, btfw_places_get_path (self, file), st.st_ino);
    }
  if (!is_part)
    btfw_places_set_flag (self, file, FILE_SEEN);

  return descriptor;
}

static char *
make_path (BtfwPlaces *self, guint32 file)
{
  const char *path = btfw_places_get_path (self, file);

  return self->root.dir ? g_build_filename (btfw_dir_get_path (self->root.dir), path, NULL) : g_strdup (path);
}

static gboolean
fail_vanished (BtfwPlaces *self, guint32 file, GError **error)
{
  g_autofree char *path = make_path (self, file);
  g_autofree char *shown = g_filename_display_name (path);

  /* Told once; then it may be made anew. */
  btfw_places_unset_flag (self, file, FILE_SEEN);
  btfw_descriptors_remove (self->descriptors, file);
  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, _("“%s” vanished or was exchanged"), shown);
  return FALSE;
}

/* Makes the file itself. Nobody else has it before it is allocated. */
static int
create_file (BtfwPlaces *self, BtfwDir *root, guint32 file, GError **error)
{
  const char *path = btfw_places_get_path (self, file);
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

  path = make_path (self, file);
  btfw_set_storage_error_from_errno (error, errnum, N_("allocate"), path);
  return FALSE;
}

/* What was there before may be longer than the torrent's file. */
static gboolean
cut_to_length (BtfwPlaces *self, guint32 file, int fd, GError **error)
{
  gint64           length = (gint64) btfw_layout_get_file_length (self->layout, file);
  g_autofree char *path = NULL;
  struct stat      st;

  if (fstat (fd, &st) == 0 && (st.st_size <= length || ftruncate (fd, length) == 0))
    return TRUE;

  path = make_path (self, file);
  btfw_set_storage_error_from_errno (error, errno, N_("write"), path);
  return FALSE;
}

static gboolean
fail_shared (BtfwPlaces *self, guint32 file, GError **error)
{
  g_autofree char *path = make_path (self, file);
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
               _("“%s” belongs to another torrent too, and writing to it could destroy that one's data;"
                 " save this one to another folder, or take the other one out"),
               shown);
  return FALSE;
}

/* Fails where writing to the file would destroy another one of the torrent, or
 * one of another torrent. */
static gboolean
check_is_alone (BtfwPlaces *self, BtfwDir *root, guint32 file, int fd, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) != 0)
    return TRUE;
  if (!btfw_twins_check (self->twins, root, file, &st, error))
    return FALSE;
  /* Who came first goes on, also when another one looks at its files meanwhile. */
  btfw_claims_add (&st, self);
  return !btfw_claims_is_second (&st, self) || btfw_layout_get_file_length (self->layout, file) == 0 ||
         fail_shared (self, file, error);
}

/* Nothing is cut before it is known to be this file alone. */
static gboolean
prepare_to_write (BtfwPlaces *self, BtfwDir *root, guint32 file, int fd, GError **error)
{
  return check_is_alone (self, root, file, fd, error) && cut_to_length (self, file, fd, error) &&
         allocate (self, file, fd, error);
}

/* The file itself, not its stand-in. */
static int
open_real (BtfwPlaces *self, guint32 file, gboolean write, gboolean create, GError **error)
{
  g_autoptr (GError) local = NULL;
  BtfwDir           *root = btfw_places_find_root (self, create, error);
  struct stat        st;
  int                fd;

  if (!root)
    return -1;

  fd = btfw_dir_open_beneath (root, btfw_places_get_path (self, file), write ? O_RDWR : O_RDONLY, 0, &local);
  if (fd < 0 && btfw_places_is_error (local, BTFW_STORAGE_ERROR_GONE))
    {
      if (btfw_places_get_flags (self, file) & FILE_SEEN)
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
  /* Whatever has the name now, the bytes are not here. */
  if (fd < 0 && !write && btfw_places_is_error (local, BTFW_STORAGE_ERROR_REFUSED) &&
      btfw_dir_stat_beneath (root, btfw_places_get_path (self, file), &st, NULL) && !S_ISREG (st.st_mode))
    local->code = BTFW_STORAGE_ERROR_GONE;
  if (fd >= 0 && write && !prepare_to_write (self, root, file, fd, &local))
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
      btfw_places_set_flag (self, file, FILE_PART);
      self->parts_new = TRUE;
    }
  return fd;
}

/* What stood in for a file that is wanted by now goes to where it belongs. The
 * stand-in is there until that is safe, so a kill costs nothing. */
gboolean
btfw_places_settle (BtfwPlaces *self, guint32 file, GError **error)
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
      btfw_set_storage_error_from_errno (error, errnum, N_("write"), btfw_places_get_path (self, file));
      return FALSE;
    }
  if (!btfw_places_sync_folders (self, error))
    return FALSE;

  btfw_descriptors_remove (self->descriptors, file);
  btfw_places_unset_flag (self, file, FILE_PART);
  btfw_places_set_flag (self, file, FILE_SEEN);
  return btfw_dir_remove_beneath (self->parts, name, error);
}

static BtfwDescriptor *
open_file (BtfwPlaces *self, guint32 file, gboolean write, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean           wanted = btfw_storage_context_is_wanted (self->context, file);
  gboolean           is_part = FALSE;
  int                fd;

  if (wanted && (btfw_places_get_flags (self, file) & FILE_PART) && !btfw_places_settle (self, file, error))
    return NULL;

  if (btfw_places_get_flags (self, file) & FILE_PART)
    fd = open_part (self, file, FALSE, &local);
  else
    fd = open_real (self, file, write, write && wanted, &local);
  is_part = (btfw_places_get_flags (self, file) & FILE_PART) != 0;

  /* Not wanted, and not there: it is not made for the sake of its edges. */
  if (fd < 0 && write && !wanted && !is_part && btfw_places_is_error (local, BTFW_STORAGE_ERROR_GONE))
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

/* When the process has no descriptors left, those kept open here are given up. */
static BtfwDescriptor *
open_file_making_room (BtfwPlaces *self, guint32 file, gboolean write, GError **error)
{
  g_autoptr (GError) local = NULL;
  BtfwDescriptor    *descriptor = open_file (self, file, write, &local);

  if (!descriptor && btfw_places_is_error (local, BTFW_STORAGE_ERROR_FULL))
    {
      btfw_descriptors_clear (self->descriptors);
      g_clear_error (&local);
      descriptor = open_file (self, file, write, &local);
    }
  if (!descriptor)
    g_propagate_error (error, g_steal_pointer (&local));

  return descriptor;
}

/* Whether the name still leads to the open file; if not, what was read and written
 * since the last look may be lost. */
static gboolean
check_descriptor (BtfwPlaces *self, BtfwDescriptor *descriptor, GError **error)
{
  g_autoptr (GError) local = NULL;
  BtfwDir           *root = btfw_places_find_root (self, FALSE, error);
  struct stat        st = { 0 };

  if (!root)
    return FALSE;
  if (descriptor->is_part)
    return TRUE;
  btfw_dir_stat_beneath (root, btfw_places_get_path (self, descriptor->file), &st, &local);
  if (btfw_places_is_error (local, BTFW_STORAGE_ERROR_FULL) || btfw_places_is_error (local, BTFW_STORAGE_ERROR_BROKEN))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (local || st.st_ino != descriptor->inode || st.st_dev != descriptor->device)
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
  descriptor = open_file_making_room (self, file, write, error);
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
        btfw_places_set_flag (self, file, FILE_PART);
    }
  if (dir)
    closedir (dir);
  else if (fd >= 0)
    close (fd);
}

/* They have no bytes to be written, so they are made when the first of others are. */
gboolean
btfw_places_make_empty_files (BtfwPlaces *self, GError **error)
{
  for (guint32 file = 0; file < self->n_files; file++)
    {
      int fd;

      if (btfw_layout_get_file_length (self->layout, file) > 0 || btfw_places_is_pad (self, file) ||
          !btfw_storage_context_is_wanted (self->context, file))
        continue;

      btfw_places_unset_flag (self, file, FILE_SEEN);
      fd = open_real (self, file, TRUE, TRUE, error);
      if (fd < 0)
        return FALSE;
      close (fd);
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
  self->twins = btfw_twins_new (layout);
  pthread_mutex_init (&self->mutex, NULL);

  find_part_files (self);
  /* When it is there, it is known from now on; when it is not, it may come. */
  btfw_root_get (&self->root, FALSE, NULL, NULL);
  return self;
}

void
btfw_places_free (BtfwPlaces *self)
{
  btfw_claims_drop (self);
  btfw_descriptors_free (self->descriptors);
  btfw_root_clear (&self->root);
  btfw_twins_free (self->twins);
  g_clear_pointer (&self->parts, btfw_dir_unref);
  g_clear_pointer (&self->new_folders, g_hash_table_unref);
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
  gboolean begun = __atomic_load_n (&self->begun, __ATOMIC_ACQUIRE);

  if (begun)
    return TRUE;

  pthread_mutex_lock (&self->mutex);
  begun = self->begun || btfw_places_make_empty_files (self, error);
  __atomic_store_n (&self->begun, begun, __ATOMIC_RELEASE);
  pthread_mutex_unlock (&self->mutex);

  return begun;
}

void
btfw_places_note_written (BtfwPlaces *self, guint32 file)
{
  btfw_places_set_flag (self, file, FILE_DIRTY);
}

void
btfw_places_note_read (BtfwPlaces *self, guint32 file)
{
  if (btfw_places_get_flags (self, file) & FILE_KNOWN)
    return;

  pthread_mutex_lock (&self->mutex);
  note_new_name (self, btfw_places_get_path (self, file));
  pthread_mutex_unlock (&self->mutex);
  btfw_places_set_flag (self, file, FILE_KNOWN | FILE_DIRTY);
}

BtfwDir *
btfw_places_get_root (BtfwPlaces *self, gboolean create, GError **error)
{
  BtfwDir *root;

  pthread_mutex_lock (&self->mutex);
  root = btfw_places_find_root (self, create, error);
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
  return (btfw_places_get_flags (self, file) & FILE_PART) != 0;
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
  if (!btfw_root_check_now (&self->root, &absent) && btfw_places_is_error (absent, BTFW_STORAGE_ERROR_ABSENT))
    {
      g_clear_error (error);
      g_propagate_error (error, g_steal_pointer (&absent));
    }
  pthread_mutex_unlock (&self->mutex);
}

char *
btfw_places_make_whole_path (BtfwPlaces *self, guint32 file)
{
  char *path;

  pthread_mutex_lock (&self->mutex);
  path = make_path (self, file);
  pthread_mutex_unlock (&self->mutex);

  return path;
}
