/* file-walk.c: finds the files that a new torrent is made from. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/file-walk.h"

#include "meta/fields.h"
#include "meta/layout.h"
#include "meta/names.h"
#include "meta/torrent-file.h"

#include <btfw/btfw-text.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Folders that wait to be read, as paths below the root. */
typedef struct
{
  BtfwFileWalk *walk;
  GPtrArray    *folders;
  GCancellable *cancellable;
} Walker;

static gboolean
fail_errno (const char *path, int errnum, GError **error)
{
  g_autofree char *shown = btfw_text_clean (path, -1);
  BtfwError        code = BTFW_ERROR_FAILED;

  if (errnum == ENOENT)
    code = BTFW_ERROR_NOT_FOUND;
  else if (errnum == EACCES || errnum == EPERM)
    code = BTFW_ERROR_REFUSED;

  return btfw_field_fail (error, code, _("cannot read “%s”: %s"), shown, g_strerror (errnum));
}

static void
clear_file (gpointer data)
{
  g_free (((BtfwWalkFile *) data)->path);
}

static gboolean
is_same_file (const BtfwWalkFile *file, const struct stat *st)
{
  return S_ISREG (st->st_mode) && (guint64) st->st_size == file->size &&
         st->st_dev == file->device && st->st_ino == file->inode &&
         st->st_mtim.tv_sec == file->mtime.tv_sec && st->st_mtim.tv_nsec == file->mtime.tv_nsec;
}

static guint
count_elements (const char *path)
{
  guint n = 1;

  for (; *path != '\0'; path++)
    n += *path == '/';

  return n;
}

/* Takes the path over. */
static gboolean
btfw_file_walk_add (BtfwFileWalk *self, char *path, const struct stat *st, GError **error)
{
  BtfwWalkFile     file = { path, (guint64) st->st_size, st->st_mtim, st->st_dev, st->st_ino };
  g_autofree char *shown = btfw_text_clean (path, -1);

  g_array_append_val (self->files, file);
  self->paths_size += strlen (path);
  if (self->files->len > BTFW_FILES_MAX || self->paths_size > BTFW_TORRENT_FILE_SIZE_MAX)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT,
                            _("“%s” is one file too many: a torrent may have %u, with %u bytes in all paths"),
                            shown, BTFW_FILES_MAX, BTFW_TORRENT_FILE_SIZE_MAX);
  if (file.size > BTFW_TORRENT_SIZE_MAX - self->size)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT,
                            _("“%s” with its %llu bytes is too much: a torrent may have %llu"),
                            shown, (unsigned long long) file.size, (unsigned long long) BTFW_TORRENT_SIZE_MAX);
  if (count_elements (path) > BTFW_PATH_DEPTH_MAX)
    return btfw_field_fail (error, BTFW_ERROR_LIMIT, _("“%s” lies too deep: a path may have %u elements"),
                            shown, BTFW_PATH_DEPTH_MAX);

  self->size += file.size;
  return TRUE;
}

static gboolean
walker_fail_errno (Walker *self, const char *folder, int errnum, GError **error)
{
  return fail_errno (*folder == '\0' ? self->walk->name : folder, errnum, error);
}

static gboolean
walker_take (Walker *self, int folder_fd, const char *folder, const char *name, GError **error)
{
  g_autofree char *path = *folder == '\0' ? g_strdup (name) : g_strconcat (folder, "/", name, NULL);
  struct stat      st;

  if (fstatat (folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno (path, errno, error);

  if (S_ISREG (st.st_mode))
    return btfw_file_walk_add (self->walk, g_steal_pointer (&path), &st, error);

  if (S_ISDIR (st.st_mode))
    g_ptr_array_add (self->folders, g_steal_pointer (&path));
  return TRUE;
}

static gboolean
is_dot_or_dot_dot (const char *name)
{
  return strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
}

static gboolean
walker_read_entries (Walker *self, DIR *dir, const char *folder, GError **error)
{
  for (;;)
    {
      struct dirent *entry;

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;

      errno = 0;
      entry = readdir (dir);
      if (entry == NULL)
        return errno == 0 || walker_fail_errno (self, folder, errno, error);
      if (!is_dot_or_dot_dot (entry->d_name) && !walker_take (self, dirfd (dir), folder, entry->d_name, error))
        return FALSE;
    }
}

static gboolean
walker_read_folder (Walker *self, const char *folder, GError **error)
{
  DIR     *dir;
  gboolean is_read;
  int      fd = openat (self->walk->root, *folder == '\0' ? "." : folder,
                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0)
    return walker_fail_errno (self, folder, errno, error);

  dir = fdopendir (fd);
  if (dir == NULL)
    {
      int errnum = errno;

      close (fd);
      return walker_fail_errno (self, folder, errnum, error);
    }

  is_read = walker_read_entries (self, dir, folder, error);
  closedir (dir);
  return is_read;
}

static int
compare_files (gconstpointer a, gconstpointer b)
{
  return strcmp (((const BtfwWalkFile *) a)->path, ((const BtfwWalkFile *) b)->path);
}

static gboolean
btfw_file_walk_read_folders (BtfwFileWalk *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  Walker                walker = { self, folders, cancellable };

  g_ptr_array_add (folders, g_strdup (""));
  while (folders->len > 0)
    {
      g_autofree char *folder = g_ptr_array_steal_index (folders, folders->len - 1);

      if (!walker_read_folder (&walker, folder, error))
        return FALSE;
    }

  g_array_sort (self->files, compare_files);
  return TRUE;
}

static gboolean
btfw_file_walk_open_root (BtfwFileWalk *self, const char *path, GError **error)
{
  self->root = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  return self->root >= 0 || fail_errno (path, errno, error);
}

static gboolean
btfw_file_walk_take_single (BtfwFileWalk *self, const char *path, const struct stat *st, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  self->is_file = TRUE;
  return btfw_file_walk_open_root (self, folder, error) &&
         btfw_file_walk_add (self, g_strdup (self->name), st, error);
}

static gboolean
btfw_file_walk_start (BtfwFileWalk *self, const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *shown = NULL;
  struct stat      st;

  if (stat (path, &st) != 0)
    return fail_errno (path, errno, error);
  if (S_ISREG (st.st_mode))
    return btfw_file_walk_take_single (self, path, &st, error);
  if (S_ISDIR (st.st_mode))
    return btfw_file_walk_open_root (self, path, error) &&
           btfw_file_walk_read_folders (self, cancellable, error);

  shown = btfw_text_clean (path, -1);
  return btfw_field_fail (error, BTFW_ERROR_INVALID, _("“%s” is neither a file nor a folder"), shown);
}

BtfwFileWalk *
btfw_file_walk_new (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (BtfwFileWalk) self = g_new0 (BtfwFileWalk, 1);
  char                    *resolved = realpath (path, NULL);
  gboolean                 is_walked;

  self->root = -1;
  self->files = g_array_new (FALSE, FALSE, sizeof (BtfwWalkFile));
  g_array_set_clear_func (self->files, clear_file);
  if (resolved == NULL)
    {
      fail_errno (path, errno, error);
      return NULL;
    }

  self->name = g_path_get_basename (resolved);
  is_walked = btfw_file_walk_start (self, resolved, cancellable, error);
  free (resolved);
  return is_walked ? g_steal_pointer (&self) : NULL;
}

void
btfw_file_walk_free (BtfwFileWalk *self)
{
  if (self->root >= 0)
    close (self->root);
  g_array_unref (self->files);
  g_free (self->name);
  g_free (self);
}

gboolean
btfw_file_walk_fail_changed (const BtfwFileWalk *self, guint32 file, GError **error)
{
  g_autofree char *shown = btfw_text_clean (g_array_index (self->files, BtfwWalkFile, file).path, -1);

  return btfw_field_fail (error, BTFW_ERROR_BUSY, _("“%s” has changed meanwhile; try again when nothing writes to it"), shown);
}

gboolean
btfw_file_walk_fail_read (const BtfwFileWalk *self, guint32 file, int errnum, GError **error)
{
  return fail_errno (g_array_index (self->files, BtfwWalkFile, file).path, errnum, error);
}

int
btfw_file_walk_open (const BtfwFileWalk *self, guint32 file, GError **error)
{
  const BtfwWalkFile *found = &g_array_index (self->files, BtfwWalkFile, file);
  struct stat         st;
  int                 fd;

  /* Not blocking, as a pipe may have taken its place. */
  fd = openat (self->root, found->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    {
      btfw_file_walk_fail_read (self, file, errno, error);
      return -1;
    }
  if (fstat (fd, &st) == 0 && is_same_file (found, &st))
    return fd;

  btfw_file_walk_fail_changed (self, file, error);
  close (fd);
  return -1;
}

gboolean
btfw_file_walk_check (const BtfwFileWalk *self, GError **error)
{
  for (guint32 i = 0; i < self->files->len; i++)
    {
      const BtfwWalkFile *file = &g_array_index (self->files, BtfwWalkFile, i);
      struct stat         st;

      if (fstatat (self->root, file->path, &st, AT_SYMLINK_NOFOLLOW) != 0 || !is_same_file (file, &st))
        return btfw_file_walk_fail_changed (self, i, error);
    }

  return TRUE;
}
