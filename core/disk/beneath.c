/* beneath.c: openat2(2) where the kernel has it, else a walk that follows no link. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A rename on the way makes openat2(2) answer EAGAIN, as it could not be sure. */
#define BENEATH_RETRIES 16

/* TRUE once openat2(2) was found missing or forbidden; set from any thread. */
static int walks;

static int
retry_openat (int dir_fd, const char *path, int flags, guint mode)
{
  int fd;

  do
    fd = openat (dir_fd, path, flags, mode);
  while (fd < 0 && errno == EINTR);

  return fd;
}

/* One element, which may be a folder on the way. */
static int
open_element (int dir_fd, const char *path, gsize length)
{
  char name[NAME_MAX + 1];

  memcpy (name, path, length);
  name[length] = '\0';

  return retry_openat (dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

static int
make_element (int dir_fd, const char *path, gsize length)
{
  char name[NAME_MAX + 1];

  memcpy (name, path, length);
  name[length] = '\0';

  /* Another thread may have been first. */
  if (mkdirat (dir_fd, name, 0777) < 0 && errno != EEXIST)
    return -1;

  return open_element (dir_fd, path, length);
}

static void
close_keeping_errno (int fd)
{
  int saved = errno;

  close (fd);
  errno = saved;
}

static int
walk_to_parent (int dir_fd, const char *path, gboolean create, const char **name)
{
  int         fd = fcntl (dir_fd, F_DUPFD_CLOEXEC, 3);
  const char *slash;

  for (; fd >= 0 && (slash = strchr (path, '/')); path = slash + 1)
    {
      int next = open_element (fd, path, (gsize) (slash - path));

      if (next < 0 && errno == ENOENT && create)
        next = make_element (fd, path, (gsize) (slash - path));
      close_keeping_errno (fd);
      fd = next;
    }

  *name = path;
  return fd;
}

static int
walk_and_open (int dir_fd, const char *path, int flags, guint mode)
{
  const char *name;
  int         parent = walk_to_parent (dir_fd, path, FALSE, &name);
  int         fd;

  if (parent < 0)
    return -1;

  fd = retry_openat (parent, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
  close_keeping_errno (parent);

  return fd;
}

/* ENOSYS: an old kernel. EPERM: a sandbox that does not know the call; openat(2)
 * then says what is really forbidden. */
static gboolean
is_unavailable (int errnum)
{
  return errnum == ENOSYS || errnum == EPERM;
}

static gboolean
probe_openat2 (int dir_fd)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH };
  int             fd = (int) syscall (SYS_openat2, dir_fd, ".", &how, sizeof how);

  if (fd >= 0)
    close (fd);

  return fd >= 0 || !is_unavailable (errno);
}

static int
try_openat2 (int dir_fd, const char *path, int flags, guint mode)
{
  struct open_how how = {
    .flags = (guint64) (guint) (flags | O_NOFOLLOW | O_CLOEXEC),
    .mode = flags & O_CREAT ? mode : 0,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  int fd;
  int tries = 0;

  do
    fd = (int) syscall (SYS_openat2, dir_fd, path, &how, sizeof how);
  while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < BENEATH_RETRIES)));

  return fd;
}

gboolean
btfw_beneath_check_path (const char *path)
{
  gsize length;

  for (;; path += length + 1)
    {
      length = strcspn (path, "/");
      if (length == 0 || length > NAME_MAX)
        return FALSE;
      if (path[0] == '.' && (length == 1 || (length == 2 && path[1] == '.')))
        return FALSE;
      if (path[length] == '\0')
        return TRUE;
    }
}

int
btfw_beneath_open (int dir_fd, const char *path, int flags, guint mode)
{
  int fd;

  if (__atomic_load_n (&walks, __ATOMIC_RELAXED) || strlen (path) >= PATH_MAX)
    return walk_and_open (dir_fd, path, flags, mode);

  fd = try_openat2 (dir_fd, path, flags, mode);
  if (fd >= 0 || !is_unavailable (errno))
    return fd;

  if (!probe_openat2 (dir_fd))
    __atomic_store_n (&walks, TRUE, __ATOMIC_RELAXED);

  return walk_and_open (dir_fd, path, flags, mode);
}

int
btfw_beneath_open_parent (int dir_fd, const char *path, gboolean create, const char **name)
{
  const char *slash = strrchr (path, '/');
  char       *parent;
  int         fd;

  if (!slash || create)
    return walk_to_parent (dir_fd, path, create, name);

  parent = g_strndup (path, (gsize) (slash - path));
  fd = btfw_beneath_open (dir_fd, parent, O_PATH | O_DIRECTORY, 0);
  g_free (parent);

  *name = slash + 1;
  return fd;
}

void
btfw_beneath_set_walk (gboolean walk)
{
  __atomic_store_n (&walks, walk, __ATOMIC_RELAXED);
}
