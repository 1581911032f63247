/* trust.c: opens a file only when nobody but root and the user could have written it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LINKS_MAX 40
#define COMPONENTS_MAX 1024
#define ACCOUNT_BUFFER (64 * 1024)

/* The way to a file. Each folder is opened relative to the one before it, so
 * what was checked is what is used. */
typedef struct
{
  int        folder;     /* opened with O_PATH */
  GString   *where;      /* the path of folder, without links */
  GPtrArray *components; /* what is still to be walked, the next one last */
  guint      n_links;
} Walk;

static gboolean
fail_errno (const char *path,
            GError    **error)
{
  int errnum = errno;

  g_set_error (error, BTFW_ERROR,
               errnum == ENOENT || errnum == ENOTDIR ? BTFW_ERROR_NOT_FOUND : BTFW_ERROR_REFUSED,
               _("cannot open “%s”: %s"), path, g_strerror (errnum));
  return FALSE;
}

/* A group of the name of a user who is its only member, as most systems make
 * one for each account. */
static gboolean
is_private_group (gid_t gid,
                  uid_t uid)
{
  g_autofree char *user_buffer = g_malloc (ACCOUNT_BUFFER);
  g_autofree char *group_buffer = g_malloc (ACCOUNT_BUFFER);
  struct passwd    user, *found_user = NULL;
  struct group     group, *found_group = NULL;

  if (getpwuid_r (uid, &user, user_buffer, ACCOUNT_BUFFER, &found_user) != 0 || found_user == NULL ||
      getgrgid_r (gid, &group, group_buffer, ACCOUNT_BUFFER, &found_group) != 0 || found_group == NULL)
    return FALSE;

  if (user.pw_gid != gid || strcmp (user.pw_name, group.gr_name) != 0)
    return FALSE;

  for (char **member = group.gr_mem; *member != NULL; member++)
    if (strcmp (*member, user.pw_name) != 0)
      return FALSE;

  return TRUE;
}

/* With an access control list the group's bits are only the upper bound of
 * what further users and groups may do. */
static gboolean
has_access_list (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);

  return getxattr (path, "system.posix_acl_access", NULL, 0) > 0;
}

static gboolean
group_may_write (int                fd,
                 const struct stat *st)
{
  if ((st->st_mode & S_IWGRP) == 0)
    return FALSE;

  return has_access_list (fd) ||
         (!is_private_group (st->st_gid, geteuid ()) && !is_private_group (st->st_gid, 0));
}

static char *
name_user (uid_t uid)
{
  g_autofree char *buffer = g_malloc (ACCOUNT_BUFFER);
  struct passwd    user, *found = NULL;

  if (getpwuid_r (uid, &user, buffer, ACCOUNT_BUFFER, &found) == 0 && found != NULL)
    return g_strdup (user.pw_name);

  return g_strdup_printf ("%lu", (unsigned long) uid);
}

static gboolean
check_owner (const struct stat *st,
             const char        *path,
             GError           **error)
{
  g_autofree char *quoted = NULL;
  g_autofree char *owner = NULL;
  g_autofree char *user = NULL;

  if (st->st_uid == 0 || st->st_uid == geteuid ())
    return TRUE;

  quoted = g_shell_quote (path);
  owner = name_user (st->st_uid);
  user = name_user (geteuid ());
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED,
               _("“%s” belongs to the user “%s”, who could change it; if you trust what is in it: chown -h %s %s"),
               path, owner, user, quoted);
  return FALSE;
}

/* @sticky_is_fine: in a sticky folder nobody can replace what belongs to others. */
static gboolean
check_writers (int                fd,
               const struct stat *st,
               const char        *path,
               gboolean           sticky_is_fine,
               GError           **error)
{
  g_autofree char *quoted = NULL;
  gboolean         others, group;
  const char      *mode;

  if (sticky_is_fine && (st->st_mode & S_ISVTX) != 0)
    return TRUE;

  others = (st->st_mode & S_IWOTH) != 0;
  group = group_may_write (fd, st);
  if (!others && !group)
    return TRUE;

  mode = !others ? "g-w" : group ? "go-w" : "o-w";
  quoted = g_shell_quote (path);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED,
               others ? _("everyone may write to “%s”; mend it with: chmod %s %s")
                      : _("other users, by their group, may write to “%s”; mend it with: chmod %s %s"),
               path, mode, quoted);
  return FALSE;
}

static gboolean
check_folder (int         fd,
              const char *path,
              gboolean    sticky_is_fine,
              GError    **error)
{
  struct stat st;

  if (fstat (fd, &st) != 0)
    return fail_errno (path, error);

  return check_owner (&st, path, error) && check_writers (fd, &st, path, sticky_is_fine, error);
}

static void
walk_set_folder (Walk *walk,
                 int   folder)
{
  if (walk->folder >= 0)
    close (walk->folder);
  walk->folder = folder;
}

static gboolean
walk_to_root (Walk    *walk,
              GError **error)
{
  int root = TEMP_FAILURE_RETRY (open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC));

  if (root < 0)
    return fail_errno ("/", error);

  walk_set_folder (walk, root);
  g_string_assign (walk->where, "/");
  return check_folder (root, "/", TRUE, error);
}

static void
walk_push (Walk       *walk,
           const char *path)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);

  for (guint i = g_strv_length (components); i > 0; i--)
    if (components[i - 1][0] != '\0' && strcmp (components[i - 1], ".") != 0)
      g_ptr_array_add (walk->components, g_strdup (components[i - 1]));
}

static char *
walk_get_path (const Walk *walk,
               const char *component)
{
  if (strcmp (component, "..") == 0)
    return g_path_get_dirname (walk->where->str);

  return g_build_filename (walk->where->str, component, NULL);
}

static gboolean
walk_follow (Walk       *walk,
             int         link,
             const char *path,
             GError    **error)
{
  char   target[PATH_MAX];
  gssize length = readlinkat (link, "", target, sizeof target - 1);

  if (length < 0)
    return fail_errno (path, error);

  target[length] = '\0';
  walk_push (walk, target);
  if (++walk->n_links > LINKS_MAX || walk->components->len > COMPONENTS_MAX)
    {
      errno = ELOOP;
      return fail_errno (path, error);
    }

  return target[0] != '/' || walk_to_root (walk, error);
}

/* Opens the file for real; it sits in walk->folder. */
static int
walk_open_file (Walk       *walk,
                const char *component,
                const char *path,
                GError    **error)
{
  struct stat st;
  int         fd;

  if (!check_folder (walk->folder, walk->where->str, FALSE, error))
    return -1;

  /* O_NONBLOCK: should it be a pipe, nobody has to be at its other end. */
  fd = openat (walk->folder, component, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) != 0)
    {
      fail_errno (path, error);
      if (fd >= 0)
        close (fd);
      return -1;
    }

  if (!S_ISREG (st.st_mode))
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED, _("“%s” is not a file"), path);
  else if (check_owner (&st, path, error) && check_writers (fd, &st, path, FALSE, error))
    return fd;

  close (fd);
  return -1;
}

/* Goes one component further. @fd stays -1 until the file is reached. */
static gboolean
walk_step (Walk    *walk,
           int     *fd,
           GError **error)
{
  g_autofree char *component = g_ptr_array_steal_index (walk->components, walk->components->len - 1);
  g_autofree char *path = walk_get_path (walk, component);
  struct stat      st;
  int              next = openat (walk->folder, component, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  gboolean         ok;

  if (next < 0 || fstat (next, &st) != 0)
    {
      fail_errno (path, error);
      if (next >= 0)
        close (next);
      return FALSE;
    }

  if (S_ISLNK (st.st_mode))
    {
      ok = check_owner (&st, path, error) && walk_follow (walk, next, path, error);
      close (next);
      return ok;
    }

  if (S_ISDIR (st.st_mode) && walk->components->len > 0)
    {
      walk_set_folder (walk, next);
      g_string_assign (walk->where, path);
      return check_folder (next, path, TRUE, error);
    }

  close (next);
  if (walk->components->len > 0)
    {
      errno = ENOTDIR;
      return fail_errno (path, error);
    }

  *fd = walk_open_file (walk, component, path, error);
  g_string_assign (walk->where, path);
  return *fd >= 0;
}

int
btfw_trust_open (const char *path,
                 char      **real_path,
                 GError    **error)
{
  Walk walk = { .folder = -1 };
  int  fd = -1;

  if (!g_path_is_absolute (path))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED,
                   _("“%s” is a relative path; plugins are only loaded from absolute ones"), path);
      return -1;
    }

  walk.where = g_string_new (NULL);
  walk.components = g_ptr_array_new_with_free_func (g_free);
  walk_push (&walk, path);

  if (walk_to_root (&walk, error))
    while (fd < 0 && walk.components->len > 0)
      if (!walk_step (&walk, &fd, error))
        break;
  if (fd < 0 && error != NULL && *error == NULL)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED, _("“%s” is not a file"), path);

  if (fd >= 0)
    *real_path = g_strdup (walk.where->str);
  walk_set_folder (&walk, -1);
  g_string_free (walk.where, TRUE);
  g_ptr_array_unref (walk.components);
  return fd;
}

gboolean
btfw_trust_environment (void)
{
  return getauxval (AT_SECURE) == 0;
}
