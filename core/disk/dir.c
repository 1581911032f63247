/* dir.c: a folder that nothing can lead out of. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-dir.h>
#include <btfw/btfw-error.h>
#include <btfw/btfw-text.h>

#include "disk/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct _BtfwDir
{
  gint  ref_count;
  int   fd;
  char *path;
};

G_DEFINE_BOXED_TYPE (BtfwDir, btfw_dir, btfw_dir_ref, btfw_dir_unref)

/* Paths may hold bytes of any kind; messages are UTF-8. */
static char *
make_display_path (BtfwDir *self, const char *path)
{
  g_autofree char *whole = g_build_filename (self->path, path, NULL);

  return btfw_text_clean (whole, -1);
}

static void
set_path_error (GError **error, const char *path, const char *doing, int errnum)
{
  g_autofree char *name = btfw_text_clean (path, -1);

  if (errnum == ELOOP)
    g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                 _("refused to %s “%s”: a symbolic link is in the way"), _(doing), name);
  else if (errnum == ENOTDIR || errnum == EISDIR || errnum == EEXIST || errnum == ENAMETOOLONG || errnum == ENXIO)
    g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                 _("cannot %s “%s”: %s"), _(doing), name, g_strerror (errnum));
  else if (errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM)
    /* It passes, as a full disk does. */
    g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_FULL,
                 _("cannot %s “%s”: %s"), _(doing), name, g_strerror (errnum));
  else
    btfw_set_storage_error_from_errno (error, errnum, doing, path);
}

static void
set_error (GError **error, BtfwDir *self, const char *path, const char *doing, int errnum)
{
  g_autofree char *whole = g_build_filename (self->path, path, NULL);

  set_path_error (error, whole, doing, errnum);
}

static gboolean
check_path (BtfwDir *self, const char *path, GError **error)
{
  g_autofree char *name = NULL;

  if (btfw_beneath_check_path (path))
    return TRUE;

  name = make_display_path (self, path);
  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
               _("refused to use “%s”: not a plain path below its folder"), name);
  return FALSE;
}

/* Devices, pipes and sockets are not files that bytes of a torrent could live
 * in, and some of them would wait or act when used. */
static gboolean
check_kind (BtfwDir *self, const char *path, int fd, gboolean directory, GError **error)
{
  g_autofree char *name = NULL;
  struct stat      st;

  if (fstat (fd, &st) < 0)
    {
      set_error (error, self, path, N_("look at"), errno);
      return FALSE;
    }
  if (directory ? S_ISDIR (st.st_mode) : S_ISREG (st.st_mode))
    return TRUE;

  name = make_display_path (self, path);
  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
               _("refused to open “%s”: not a regular file"), name);
  return FALSE;
}

/* Opens the parent of what @path names, for calls that work on a name. */
static int
open_parent (BtfwDir *self, const char *path, gboolean create, const char *doing, const char **name, GError **error)
{
  int fd;

  if (!check_path (self, path, error))
    return -1;

  fd = btfw_beneath_open_parent (self->fd, path, create, name);
  if (fd < 0)
    set_error (error, self, path, doing, errno);

  return fd;
}

static int
open_creating (BtfwDir *self, const char *path, int flags, guint mode)
{
  const char *name;
  int         parent = btfw_beneath_open_parent (self->fd, path, TRUE, &name);
  int         fd;
  int         saved;

  if (parent < 0)
    return -1;

  fd = btfw_beneath_open (parent, name, flags, mode);
  saved = errno;
  close (parent);
  errno = saved;

  return fd;
}

/* Folders that somebody else uses, or that were never empty, stay; so failures
 * are none. */
static void
remove_empty_parents (BtfwDir *self, const char *path)
{
  g_autofree char *parent = g_strdup (path);
  char            *slash;

  while ((slash = strrchr (parent, '/')))
    {
      const char *name;
      int         fd;
      int         result;

      *slash = '\0';
      fd = btfw_beneath_open_parent (self->fd, parent, FALSE, &name);
      if (fd < 0)
        return;
      result = unlinkat (fd, name, AT_REMOVEDIR);
      close (fd);
      if (result < 0)
        return;
    }
}

static gboolean
unlink_regular (BtfwDir *self, const char *path, int parent, const char *name, GError **error)
{
  g_autofree char *shown = NULL;
  struct stat      st;

  if (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    {
      set_error (error, self, path, N_("remove"), errno);
      return FALSE;
    }
  if (!S_ISREG (st.st_mode))
    {
      shown = make_display_path (self, path);
      g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                   _("refused to remove “%s”: not a regular file"), shown);
      return FALSE;
    }
  if (unlinkat (parent, name, 0) < 0)
    {
      set_error (error, self, path, N_("remove"), errno);
      return FALSE;
    }
  return TRUE;
}

/* Never onto something: file systems without RENAME_NOREPLACE have a link that
 * fails in the same way, or at worst a look before. */
static int
rename_without_replacing (int old_parent, const char *old_name, int new_parent, const char *new_name)
{
  struct stat st;

  if (renameat2 (old_parent, old_name, new_parent, new_name, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;

  if (fstatat (new_parent, new_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
    {
      errno = EEXIST;
      return -1;
    }
  return renameat (old_parent, old_name, new_parent, new_name);
}

BtfwDir *
btfw_dir_open (const char *path, gboolean create, GError **error)
{
  g_autofree char *absolute = NULL;
  BtfwDir         *self;
  int              fd;

  g_return_val_if_fail (path, NULL);

  absolute = g_canonicalize_filename (path, NULL);
  if (create && g_mkdir_with_parents (absolute, 0777) < 0)
    {
      set_path_error (error, absolute, N_("create"), errno);
      return NULL;
    }

  do
    fd = open (absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  /* A folder that may be passed through but not listed will do. */
  if (fd < 0 && errno == EACCES)
    fd = TEMP_FAILURE_RETRY (open (absolute, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd < 0)
    {
      set_path_error (error, absolute, N_("open"), errno);
      return NULL;
    }

  self = g_new0 (BtfwDir, 1);
  self->ref_count = 1;
  self->fd = fd;
  self->path = g_steal_pointer (&absolute);
  return self;
}

BtfwDir *
btfw_dir_ref (BtfwDir *self)
{
  g_return_val_if_fail (self, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
btfw_dir_unref (BtfwDir *self)
{
  g_return_if_fail (self);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  close (self->fd);
  g_free (self->path);
  g_free (self);
}

const char *
btfw_dir_get_path (const BtfwDir *self)
{
  g_return_val_if_fail (self, NULL);

  return self->path;
}

int
btfw_dir_open_beneath (BtfwDir *self, const char *path, int flags, guint mode, GError **error)
{
  int fd;

  g_return_val_if_fail (self && path, -1);

  if (g_str_equal (path, ".") && (flags & O_DIRECTORY))
    fd = TEMP_FAILURE_RETRY (openat (self->fd, ".", flags | O_CLOEXEC | O_NONBLOCK));
  else if (!check_path (self, path, error))
    return -1;
  else
    fd = btfw_beneath_open (self->fd, path, flags | O_NONBLOCK, mode);

  if (fd < 0 && errno == ENOENT && (flags & O_CREAT))
    fd = open_creating (self, path, flags | O_NONBLOCK, mode);
  if (fd < 0)
    {
      set_error (error, self, path, N_("open"), errno);
      return -1;
    }

  if (!check_kind (self, path, fd, (flags & O_DIRECTORY) != 0, error))
    {
      close (fd);
      return -1;
    }
  return fd;
}

gboolean
btfw_dir_stat_beneath (BtfwDir *self, const char *path, struct stat *st, GError **error)
{
  const char *name;
  struct stat result;
  int         parent;
  int         errnum = 0;

  g_return_val_if_fail (self && path && st, FALSE);

  if (g_str_equal (path, "."))
    errnum = fstat (self->fd, &result) < 0 ? errno : 0;
  else
    {
      parent = open_parent (self, path, FALSE, N_("look at"), &name, error);
      if (parent < 0)
        return FALSE;
      if (fstatat (parent, name, &result, AT_SYMLINK_NOFOLLOW) < 0)
        errnum = errno;
      close (parent);
    }

  if (errnum != 0)
    {
      set_error (error, self, path, N_("look at"), errnum);
      return FALSE;
    }
  *st = result;
  return TRUE;
}

gboolean
btfw_dir_make_beneath (BtfwDir *self, const char *path, GError **error)
{
  const char *name;
  int         parent;
  int         fd;
  int         saved;

  g_return_val_if_fail (self && path, FALSE);

  parent = open_parent (self, path, TRUE, N_("create"), &name, error);
  if (parent < 0)
    return FALSE;

  fd = mkdirat (parent, name, 0777);
  if (fd < 0 && errno == EEXIST)
    {
      /* There already: fine when it is a folder. */
      fd = btfw_beneath_open (parent, name, O_PATH | O_DIRECTORY, 0);
      if (fd >= 0)
        close (fd);
    }
  saved = errno;
  close (parent);

  if (fd < 0)
    set_error (error, self, path, N_("create"), saved);
  return fd >= 0;
}

gboolean
btfw_dir_remove_beneath (BtfwDir *self, const char *path, GError **error)
{
  const char *name;
  gboolean    removed;
  int         parent;

  g_return_val_if_fail (self && path, FALSE);

  parent = open_parent (self, path, FALSE, N_("remove"), &name, error);
  if (parent < 0)
    return FALSE;

  removed = unlink_regular (self, path, parent, name, error);
  close (parent);
  if (removed)
    remove_empty_parents (self, path);

  return removed;
}

/* Folders that the file leaves empty go, as when it is removed. */
gboolean
btfw_dir_rename_beneath (BtfwDir *self, const char *path, BtfwDir *new_dir, const char *new_path, GError **error)
{
  const char *old_name;
  const char *new_name;
  int         old_parent;
  int         new_parent;
  int         errnum = 0;

  g_return_val_if_fail (self && path && new_dir && new_path, FALSE);

  old_parent = open_parent (self, path, FALSE, N_("move"), &old_name, error);
  if (old_parent < 0)
    return FALSE;

  new_parent = open_parent (new_dir, new_path, TRUE, N_("create"), &new_name, error);
  if (new_parent < 0)
    {
      close (old_parent);
      return FALSE;
    }

  if (rename_without_replacing (old_parent, old_name, new_parent, new_name) < 0)
    errnum = errno;
  close (new_parent);
  close (old_parent);

  if (errnum == EEXIST)
    set_error (error, new_dir, new_path, N_("create"), errnum);
  else if (errnum != 0)
    set_error (error, self, path, N_("move"), errnum);
  else
    remove_empty_parents (self, path);

  return errnum == 0;
}
