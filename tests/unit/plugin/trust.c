/* trust.c: tests that files which others could have written are not opened. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The tests run as root: what belongs to somebody else is made so with chown. */

#include "plugin/trust.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define STRANGER 12345
#define CONTENT "what is in it"

/* Makes the program say whether it may trust its environment, and end. */
#define ASK_ENVIRONMENT "--ask-environment"
#define EXIT_TRUSTED    40
#define EXIT_UNTRUSTED  41

/* A file "folder/inner/file" that everybody trusts, until a row changes it. */
typedef struct
{
  char *root;
  char *folder;
  char *inner;
  char *file;
} Fixture;

typedef struct
{
  const char *name;
  const char *target; /* which of them to change, below root */
  int         mode;   /* -1 leaves it */
  int         user;   /* -1 leaves it */
  int         group;  /* -1 leaves it */
  gboolean    trusted;
  const char *message; /* a part of it */
  const char *mends;   /* the command, its path left out */
} Case;

static const Case cases[] = {
  { "as-it-should-be", "folder/inner/file", 0644, -1, -1, TRUE, NULL, NULL },
  { "executable", "folder/inner/file", 0755, -1, -1, TRUE, NULL, NULL },
  { "file/others-write", "folder/inner/file", 0646, -1, -1, FALSE, "everyone may write", "chmod o-w " },
  { "file/group-writes", "folder/inner/file", 0664, -1, STRANGER, FALSE, "by their group", "chmod g-w " },
  { "file/all-write", "folder/inner/file", 0666, -1, STRANGER, FALSE, "everyone may write", "chmod go-w " },
  { "file/private-group-writes", "folder/inner/file", 0664, -1, 0, TRUE, NULL, NULL },
  { "file/sticky-helps-not", "folder/inner/file", 01646, -1, -1, FALSE, "everyone may write", "chmod o-w " },
  { "file/of-a-stranger", "folder/inner/file", 0644, STRANGER, -1, FALSE, "belongs to the user “12345”", "chown -h root " },
  { "file/of-a-stranger-read-only", "folder/inner/file", 0444, STRANGER, -1, FALSE, "belongs to", "chown -h root " },
  { "folder/others-write", "folder/inner", 0757, -1, -1, FALSE, "everyone may write", "chmod o-w " },
  { "folder/group-writes", "folder/inner", 0775, -1, STRANGER, FALSE, "by their group", "chmod g-w " },
  { "folder/private-group-writes", "folder/inner", 0775, -1, 0, TRUE, NULL, NULL },
  { "folder/sticky-is-not-enough", "folder/inner", 01777, -1, -1, FALSE, "everyone may write", "chmod o-w " },
  { "folder/of-a-stranger", "folder/inner", 0755, STRANGER, -1, FALSE, "belongs to", "chown -h root " },
  { "parent/others-write", "folder", 0757, -1, -1, FALSE, "everyone may write", "chmod o-w " },
  { "parent/group-writes", "folder", 0775, -1, STRANGER, FALSE, "by their group", "chmod g-w " },
  { "parent/sticky-is-fine", "folder", 01777, -1, -1, TRUE, NULL, NULL },
  { "parent/sticky-of-a-stranger", "folder", 01777, STRANGER, -1, FALSE, "belongs to", "chown -h root " },
  { "parent/of-a-stranger", "folder", 0755, STRANGER, -1, FALSE, "belongs to", "chown -h root " },
};

static void
set_up (Fixture      *f,
        gconstpointer data)
{
  g_assert_cmpint (geteuid (), ==, 0);

  f->root = g_dir_make_tmp ("btfw-trust-XXXXXX", NULL);
  f->folder = g_build_filename (f->root, "folder", NULL);
  f->inner = g_build_filename (f->folder, "inner", NULL);
  f->file = g_build_filename (f->inner, "file", NULL);
  g_assert_cmpint (g_mkdir_with_parents (f->inner, 0755), ==, 0);
  g_assert_true (g_file_set_contents (f->file, CONTENT, -1, NULL));
  g_assert_cmpint (chmod (f->file, 0644), ==, 0);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (!g_file_test (child, G_FILE_TEST_IS_SYMLINK) && g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

static void
tear_down (Fixture      *f,
           gconstpointer data)
{
  remove_tree (f->root);
  g_free (f->root);
  g_free (f->folder);
  g_free (f->inner);
  g_free (f->file);
}

static void
assert_opens (const char *path,
              const char *real)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *real_path = NULL;
  char             content[64] = "";
  int              fd = btfw_trust_open (path, &real_path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpstr (real_path, ==, real);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_assert_cmpint (read (fd, content, sizeof content - 1), ==, strlen (CONTENT));
  g_assert_cmpstr (content, ==, CONTENT);
  close (fd);
}

static void
assert_refuses (const char *path,
                BtfwError   code,
                const char *message,
                const char *command)
{
  g_autoptr (GError) error = NULL;
  char *real_path = NULL;

  g_assert_cmpint (btfw_trust_open (path, &real_path, &error), ==, -1);
  g_assert_null (real_path);
  g_assert_error (error, BTFW_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, message));
  if (command != NULL)
    g_assert_nonnull (strstr (error->message, command));

  /* Callers may not care why. */
  g_assert_cmpint (btfw_trust_open (path, &real_path, NULL), ==, -1);
}

static void
test_permissions (Fixture      *f,
                  gconstpointer data)
{
  const Case      *row = data;
  g_autofree char *target = g_build_filename (f->root, row->target, NULL);
  g_autofree char *quoted = g_shell_quote (target);
  g_autofree char *command = g_strconcat (row->mends != NULL ? row->mends : "", quoted, NULL);

  g_assert_cmpint (chown (target, row->user, row->group), ==, 0);
  if (row->mode >= 0)
    g_assert_cmpint (chmod (target, row->mode), ==, 0);

  if (row->trusted)
    assert_opens (f->file, f->file);
  else
    assert_refuses (f->file, BTFW_ERROR_REFUSED, row->message, command);
}

static void
test_access_list (Fixture      *f,
                  gconstpointer data)
{
  /* user::rw- user:12345:rw- group::r-- mask::rw- other::r-- */
  static const char list[] =
    "\2\0\0\0"
    "\1\0\6\0\xff\xff\xff\xff"
    "\2\0\6\0\x39\x30\0\0"
    "\4\0\4\0\xff\xff\xff\xff"
    "\20\0\6\0\xff\xff\xff\xff"
    "\40\0\4\0\xff\xff\xff\xff";

  if (setxattr (f->file, "system.posix_acl_access", list, sizeof list - 1, 0) != 0)
    {
      g_test_skip ("no access control lists on this file system");
      return;
    }

  assert_refuses (f->file, BTFW_ERROR_REFUSED, "by their group", "chmod g-w ");
}

static void
test_relative (Fixture      *f,
               gconstpointer data)
{
  assert_refuses ("folder/inner/file", BTFW_ERROR_REFUSED, "relative path", NULL);
}

static void
test_missing (Fixture      *f,
              gconstpointer data)
{
  g_autofree char *missing = g_build_filename (f->inner, "nothing", NULL);
  g_autofree char *below_file = g_build_filename (f->file, "x", NULL);

  assert_refuses (missing, BTFW_ERROR_NOT_FOUND, missing, NULL);
  assert_refuses (below_file, BTFW_ERROR_NOT_FOUND, f->file, NULL);
}

static void
test_no_file (Fixture      *f,
              gconstpointer data)
{
  g_autofree char *pipe = g_build_filename (f->inner, "pipe", NULL);

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  assert_refuses (pipe, BTFW_ERROR_REFUSED, "is not a file", NULL);
  assert_refuses (f->inner, BTFW_ERROR_REFUSED, "is not a file", NULL);
  assert_refuses ("/", BTFW_ERROR_REFUSED, "is not a file", NULL);
}

static void
test_links (Fixture      *f,
            gconstpointer data)
{
  g_autofree char *absolute = g_build_filename (f->root, "absolute", NULL);
  g_autofree char *relative = g_build_filename (f->folder, "relative", NULL);
  g_autofree char *through = g_build_filename (relative, "..", "inner", ".", "file", NULL);

  g_assert_cmpint (symlink (f->file, absolute), ==, 0);
  g_assert_cmpint (symlink ("inner/../inner", relative), ==, 0);
  assert_opens (absolute, f->file);
  assert_opens (through, f->file);
}

static void
test_link_of_a_stranger (Fixture      *f,
                         gconstpointer data)
{
  g_autofree char *link = g_build_filename (f->root, "link", NULL);

  g_assert_cmpint (symlink (f->file, link), ==, 0);
  g_assert_cmpint (lchown (link, STRANGER, STRANGER), ==, 0);
  assert_refuses (link, BTFW_ERROR_REFUSED, "belongs to", "chown -h root ");
}

static void
test_link_into_loose_folder (Fixture      *f,
                             gconstpointer data)
{
  g_autofree char *link = g_build_filename (f->root, "link", NULL);

  g_assert_cmpint (symlink (f->file, link), ==, 0);
  g_assert_cmpint (chmod (f->inner, 0777), ==, 0);
  assert_refuses (link, BTFW_ERROR_REFUSED, f->inner, "chmod o-w ");
}

static void
test_link_circle (Fixture      *f,
                  gconstpointer data)
{
  g_autofree char *one = g_build_filename (f->root, "one", NULL);
  g_autofree char *other = g_build_filename (f->root, "other", NULL);

  g_assert_cmpint (symlink ("other/x", one), ==, 0);
  g_assert_cmpint (symlink ("one/x", other), ==, 0);
  assert_refuses (one, BTFW_ERROR_REFUSED, f->root, NULL);
}

static void
test_environment (void)
{
  g_assert_true (btfw_trust_environment ());
}

/* Runs this program again as one that has the rights of somebody else. */
static void
test_environment_of_set_id (Fixture      *f,
                            gconstpointer data)
{
  g_autofree char *program = NULL;
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  const char      *arguments[] = { f->file, ASK_ENVIRONMENT, NULL };
  gsize            size;
  struct statvfs   mount;
  int              status;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (statvfs (f->root, &mount), ==, 0);
  if ((mount.f_flag & ST_NOSUID) != 0)
    {
      g_test_skip ("the temporary folder allows no set-id programs");
      return;
    }

  g_assert_true (g_file_get_contents (self, &program, &size, NULL));
  g_assert_true (g_file_set_contents (f->file, program, size, NULL));
  g_assert_cmpint (chmod (f->root, 0755), ==, 0);
  g_assert_cmpint (chown (f->file, STRANGER, -1), ==, 0);
  g_assert_cmpint (chmod (f->file, 04755), ==, 0);
  g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, EXIT_UNTRUSTED);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 2 && strcmp (argv[1], ASK_ENVIRONMENT) == 0)
    _exit (btfw_trust_environment () ? EXIT_TRUSTED : EXIT_UNTRUSTED); /* a leak checker could not look into it */

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  umask (022);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/trust/permissions/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], set_up, test_permissions, tear_down);
    }
  g_test_add ("/trust/access-list-counts", Fixture, NULL, set_up, test_access_list, tear_down);
  g_test_add ("/trust/relative-path-is-refused", Fixture, NULL, set_up, test_relative, tear_down);
  g_test_add ("/trust/missing-is-told-from-refused", Fixture, NULL, set_up, test_missing, tear_down);
  g_test_add ("/trust/only-files", Fixture, NULL, set_up, test_no_file, tear_down);
  g_test_add ("/trust/link/followed", Fixture, NULL, set_up, test_links, tear_down);
  g_test_add ("/trust/link/of-a-stranger", Fixture, NULL, set_up, test_link_of_a_stranger, tear_down);
  g_test_add ("/trust/link/target-is-checked", Fixture, NULL, set_up, test_link_into_loose_folder, tear_down);
  g_test_add ("/trust/link/circle-ends", Fixture, NULL, set_up, test_link_circle, tear_down);
  g_test_add_func ("/trust/environment/of-a-plain-program", test_environment);
  g_test_add ("/trust/environment/of-a-set-id-program", Fixture, NULL, set_up, test_environment_of_set_id, tear_down);

  return g_test_run ();
}
