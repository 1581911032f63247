/* state-lock.c: keeps two processes from the same record, and says who holds it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/state-files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <btfw/btfw-text.h>

/* A holder that lets go removes the file; who waited for that one tries again. */
#define LOCK_TRIES 16

#define HOLDER_MAX 512

/* The folder is nobody else's business already; a lock that root has left there is to
 * be opened by its owner, who may read it at least. */
#define LOCK_MODE 0644

/* The lock is the kernel's, and ends with its process; what stands in the file is
 * only for people: "PID HOST SECONDS COMMAND". */
struct _BtfwStateLock
{
  BtfwStateStore *store;
  char           *name;
  int             fd;
};

static void
write_holder (int fd)
{
  g_autofree char *text = g_strdup_printf ("%d %s %" G_GINT64_FORMAT " %s\n", (int) getpid (), g_get_host_name (),
                                           g_get_real_time () / G_USEC_PER_SEC,
                                           g_get_prgname () ? g_get_prgname () : "btfw");

  /* Of use, but not needed. */
  if (ftruncate (fd, 0) < 0 || pwrite (fd, text, strlen (text), 0) < 0)
    g_debug ("cannot note the holder of a lock: %s", g_strerror (errno));
}

static void
fail_busy (GError **error, int fd, const char *path)
{
  char             text[HOLDER_MAX + 1];
  gssize           n = pread (fd, text, HOLDER_MAX, 0);
  g_auto (GStrv)   words = NULL;
  g_autofree char *since = NULL;

  text[MAX (n, 0)] = '\0';
  words = g_strsplit (text, " ", 4);
  if (g_strv_length (words) == 4)
    {
      g_autofree char      *host = btfw_text_clean (words[1], -1);
      g_autofree char      *command = btfw_text_clean (g_strchomp (words[3]), -1);
      g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (g_ascii_strtoll (words[2], NULL, 10));

      since = time ? g_date_time_format (time, "%F %T") : NULL;
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_BUSY, _("process %d (%s) on %s holds it since %s"),
                   (int) g_ascii_strtoll (words[0], NULL, 10), command, host, since ? since : "?");
      return;
    }

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_BUSY, _("another process holds “%s”"), path);
}

static gboolean
fail_errno (GError **error, int errnum, const char *path)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, BTFW_ERROR, errnum == EACCES ? BTFW_ERROR_REFUSED : BTFW_ERROR_FAILED,
               _("cannot lock “%s”: %s"), shown, g_strerror (errnum));
  return FALSE;
}

/* FALSE when the file of that name is another one by now. */
static gboolean
is_current (int dir_fd, const char *name, int fd)
{
  struct stat named;
  struct stat opened;

  return fstatat (dir_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat (fd, &opened) == 0 &&
         named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

static int
open_lock (int dir_fd, const char *name, gboolean *is_theirs)
{
  const int flags = O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  int       fd = openat (dir_fd, name, O_RDWR | flags, LOCK_MODE);

  *is_theirs = fd < 0 && (errno == EACCES || errno == EPERM);
  if (*is_theirs)
    fd = openat (dir_fd, name, (O_RDONLY | flags) & ~O_CREAT);
  else if (fd >= 0 && fchmod (fd, LOCK_MODE) < 0)
    g_debug ("cannot let others read a lock: %s", g_strerror (errno));

  return fd;
}

/* -1 with @error set; -2 when it is worth another try. */
static int
try_lock (int dir_fd, const char *name, const char *path, GError **error)
{
  struct stat st;
  gboolean    is_theirs;
  gboolean    is_ours;
  int         fd = open_lock (dir_fd, name, &is_theirs);

  if (fd < 0 && errno == EINTR)
    return -2;
  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    {
      fail_errno (error, fd < 0 ? errno : EINVAL, path);
      if (fd >= 0)
        close (fd);
      return -1;
    }

  if (TEMP_FAILURE_RETRY (flock (fd, LOCK_EX | LOCK_NB)) < 0)
    {
      if (errno == EWOULDBLOCK)
        fail_busy (error, fd, path);
      else
        fail_errno (error, errno, path);
      close (fd);
      return -1;
    }

  is_ours = is_current (dir_fd, name, fd);
  if (is_ours && !is_theirs)
    return fd;
  /* Nobody holds it, but in a file of another account the holder could not be noted. */
  if (is_ours && unlinkat (dir_fd, name, 0) < 0)
    {
      fail_errno (error, errno, path);
      close (fd);
      return -1;
    }
  close (fd);
  return -2;
}

BtfwStateLock *
btfw_state_store_lock (BtfwStateStore *self, const char *key, GError **error)
{
  g_autofree char *name = g_strconcat (key, ".lock", NULL);
  g_autofree char *path = g_build_filename (btfw_state_store_get_path (self), name, NULL);
  BtfwStateLock   *lock;
  int              fd = -2;

  if (!btfw_state_check_key (key, error))
    return NULL;

  for (guint tries = 0; fd == -2 && tries < LOCK_TRIES; tries++)
    fd = try_lock (btfw_state_store_get_fd (self), name, path, error);
  if (fd == -2)
    fail_errno (error, EAGAIN, path);
  if (fd < 0)
    return NULL;

  write_holder (fd);
  lock = g_new (BtfwStateLock, 1);
  lock->store = btfw_state_store_ref (self);
  lock->name = g_steal_pointer (&name);
  lock->fd = fd;
  return lock;
}

/* Removed while it is still held, so nobody can have got it meanwhile. */
void
btfw_state_lock_free (BtfwStateLock *self)
{
  if (!self)
    return;

  unlinkat (btfw_state_store_get_fd (self->store), self->name, 0);
  close (self->fd);
  btfw_state_store_unref (self->store);
  g_free (self->name);
  g_free (self);
}
