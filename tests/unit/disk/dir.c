/* dir.c: tests that nothing leads out of a folder. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/beneath.h"

#include "sample.h"

#include <btfw/btfw-dir.h>
#include <btfw/btfw-error.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct
{
  char    *root;
  char    *canary; /* outside of the folder */
  char    *path;
  BtfwDir *dir;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer walk)
{
  g_autoptr (GError) error = NULL;

  btfw_beneath_set_walk (walk != NULL);
  fixture->root = g_dir_make_tmp ("btfw-dir-XXXXXX", NULL);
  fixture->canary = g_build_filename (fixture->root, "canary", NULL);
  fixture->path = g_build_filename (fixture->root, "save", NULL);
  g_assert_true (g_file_set_contents (fixture->canary, "sings", 5, NULL));
  fixture->dir = btfw_dir_open (fixture->path, TRUE, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer walk)
{
  g_autofree char *song = NULL;

  g_assert_true (g_file_get_contents (fixture->canary, &song, NULL, NULL));
  g_assert_cmpstr (song, ==, "sings");
  btfw_dir_unref (fixture->dir);
  sample_remove_tree (fixture->root);
  g_free (fixture->root);
  g_free (fixture->canary);
  g_free (fixture->path);
  btfw_beneath_set_walk (FALSE);
}

static char *
below (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->path, name, NULL);
}

static void
make_file (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  int                fd = btfw_dir_open_beneath (fixture->dir, name, O_WRONLY | O_CREAT, 0600, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
  close (fd);
}

static void
assert_refused (Fixture *fixture, const char *name, int flags)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (btfw_dir_open_beneath (fixture->dir, name, flags, 0600, &error), ==, -1);
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED);
}

static void
test_makes_folders_on_the_way (Fixture *fixture, gconstpointer walk)
{
  g_autofree char *path = below (fixture, "a/b/c/file");

  make_file (fixture, "a/b/c/file");
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

static void
test_missing_is_gone (Fixture *fixture, gconstpointer walk)
{
  g_autoptr (GError) error = NULL;
  struct stat        st;

  g_assert_cmpint (btfw_dir_open_beneath (fixture->dir, "a/b", O_RDONLY, 0, &error), ==, -1);
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
  g_assert_nonnull (strstr (error->message, "save/a/b"));
  g_clear_error (&error);
  g_assert_false (btfw_dir_stat_beneath (fixture->dir, "a/b", &st, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
  g_clear_error (&error);
  g_assert_false (btfw_dir_remove_beneath (fixture->dir, "a", &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
}

static const char *const wrong_paths[] = {
  "", "/", "/etc/passwd", "..", "../canary", "a/../../canary", ".", "./a", "a/.", "a//b", "a/", "/a", "a/..",
};

static void
test_wrong_paths_are_refused (Fixture *fixture, gconstpointer walk)
{
  g_autofree char *name = g_strnfill (256, 'n');

  make_file (fixture, "a/b");
  for (guint i = 0; i < G_N_ELEMENTS (wrong_paths); i++)
    {
      g_autoptr (GError) error = NULL;
      struct stat        st;

      assert_refused (fixture, wrong_paths[i], O_RDONLY);
      assert_refused (fixture, wrong_paths[i], O_RDWR | O_CREAT);
      g_assert_false (btfw_dir_remove_beneath (fixture->dir, wrong_paths[i], NULL));
      g_assert_false (btfw_dir_make_beneath (fixture->dir, wrong_paths[i], NULL));
      g_assert_false (btfw_dir_rename_beneath (fixture->dir, "a/b", fixture->dir, wrong_paths[i], NULL));
      if (!g_str_equal (wrong_paths[i], "."))
        g_assert_false (btfw_dir_stat_beneath (fixture->dir, wrong_paths[i], &st, &error));
    }
  assert_refused (fixture, name, O_RDWR | O_CREAT);
}

static void
test_links_are_not_followed (Fixture *fixture, gconstpointer walk)
{
  g_autofree char *file_link = below (fixture, "file");
  g_autofree char *dir_link = below (fixture, "dir");
  g_autofree char *inner_link = below (fixture, "inner");
  g_autofree char *dangling = below (fixture, "dangling");
  g_autofree char *loop = below (fixture, "loop");
  struct stat      st;

  make_file (fixture, "real/file");
  g_assert_cmpint (symlink ("../canary", file_link), ==, 0);
  g_assert_cmpint (symlink ("..", dir_link), ==, 0);
  g_assert_cmpint (symlink ("real", inner_link), ==, 0);
  g_assert_cmpint (symlink ("../new", dangling), ==, 0);
  g_assert_cmpint (symlink ("loop", loop), ==, 0);

  assert_refused (fixture, "file", O_RDONLY);
  assert_refused (fixture, "file", O_RDWR | O_CREAT | O_TRUNC);
  assert_refused (fixture, "dir/canary", O_RDWR | O_CREAT | O_TRUNC);
  assert_refused (fixture, "dir/new", O_RDWR | O_CREAT);
  assert_refused (fixture, "inner/file", O_RDONLY);
  assert_refused (fixture, "dangling", O_RDWR | O_CREAT);
  assert_refused (fixture, "loop/x", O_RDWR | O_CREAT);
  g_assert_false (btfw_dir_make_beneath (fixture->dir, "dir/made", NULL));
  g_assert_false (btfw_dir_remove_beneath (fixture->dir, "dir/canary", NULL));
  g_assert_false (btfw_dir_remove_beneath (fixture->dir, "file", NULL));
  g_assert_false (btfw_dir_rename_beneath (fixture->dir, "real/file", fixture->dir, "dir/moved", NULL));
  g_assert_false (btfw_dir_rename_beneath (fixture->dir, "dir/canary", fixture->dir, "moved", NULL));

  g_assert_true (btfw_dir_stat_beneath (fixture->dir, "file", &st, NULL));
  g_assert_true (S_ISLNK (st.st_mode));
}

static void
test_only_regular_files_open (Fixture *fixture, gconstpointer walk)
{
  g_autofree char   *fifo = below (fixture, "fifo");
  g_autofree char   *folder = below (fixture, "folder");
  g_autofree char   *sock = below (fixture, "sock");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int                fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_strlcpy (address.sun_path, sock, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  close (fd);

  /* None of these waits for the other end. */
  assert_refused (fixture, "fifo", O_RDONLY);
  assert_refused (fixture, "fifo", O_WRONLY);
  assert_refused (fixture, "fifo", O_RDWR | O_CREAT);
  assert_refused (fixture, "folder", O_RDONLY);
  assert_refused (fixture, "folder", O_RDWR);
  assert_refused (fixture, "sock", O_RDWR);
  g_assert_false (btfw_dir_remove_beneath (fixture->dir, "folder", NULL));
  g_assert_false (btfw_dir_remove_beneath (fixture->dir, "fifo", NULL));
}

static void
test_folders_open_as_folders (Fixture *fixture, gconstpointer walk)
{
  g_autoptr (GError) error = NULL;
  struct stat        st;
  int                fd;

  make_file (fixture, "a/b");
  fd = btfw_dir_open_beneath (fixture->dir, "a", O_RDONLY | O_DIRECTORY, 0, &error);
  g_assert_no_error (error);
  close (fd);
  fd = btfw_dir_open_beneath (fixture->dir, ".", O_RDONLY | O_DIRECTORY, 0, &error);
  g_assert_no_error (error);
  close (fd);
  g_assert_true (btfw_dir_stat_beneath (fixture->dir, ".", &st, &error));
  assert_refused (fixture, "a/b", O_RDONLY | O_DIRECTORY);
}

static void
test_remove_takes_empty_parents (Fixture *fixture, gconstpointer walk)
{
  g_autofree char *kept = below (fixture, "a/kept");
  g_autofree char *gone = below (fixture, "a/b");

  make_file (fixture, "a/b/c/file");
  make_file (fixture, "a/kept");
  g_assert_true (btfw_dir_remove_beneath (fixture->dir, "a/b/c/file", NULL));
  g_assert_false (g_file_test (gone, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
  g_assert_true (btfw_dir_remove_beneath (fixture->dir, "a/kept", NULL));
  g_assert_true (g_file_test (fixture->path, G_FILE_TEST_IS_DIR));
}

static void
test_rename_never_replaces (Fixture *fixture, gconstpointer walk)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *moved = below (fixture, "x/y/moved");
  g_autofree char   *emptied = below (fixture, "from");

  make_file (fixture, "from/here");
  make_file (fixture, "other");
  g_assert_false (btfw_dir_rename_beneath (fixture->dir, "from/here", fixture->dir, "other", &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_true (btfw_dir_rename_beneath (fixture->dir, "from/here", fixture->dir, "x/y/moved", &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (moved, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (emptied, G_FILE_TEST_EXISTS));
}

static void
test_make_accepts_what_is_there (Fixture *fixture, gconstpointer walk)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_dir_make_beneath (fixture->dir, "a/b/c", &error));
  g_assert_true (btfw_dir_make_beneath (fixture->dir, "a/b/c", &error));
  g_assert_no_error (error);
  make_file (fixture, "a/file");
  g_assert_false (btfw_dir_make_beneath (fixture->dir, "a/file", &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED);
}

/* The root may be reached by a link, and have a name of any bytes. */
static void
test_root_may_be_strange (Fixture *fixture, gconstpointer walk)
{
  g_autofree char    *strange = g_build_filename (fixture->root, "li\xffne\nfeed", NULL);
  g_autofree char    *link = g_build_filename (fixture->root, "link", NULL);
  g_autoptr (BtfwDir) dir = btfw_dir_open (strange, TRUE, NULL);
  g_autoptr (BtfwDir) linked = NULL;
  g_autoptr (GError)  error = NULL;
  int                 fd;

  g_assert_nonnull (dir);
  g_assert_cmpint (symlink (strange, link), ==, 0);
  linked = btfw_dir_open (link, FALSE, &error);
  g_assert_no_error (error);
  fd = btfw_dir_open_beneath (linked, "file", O_RDWR | O_CREAT, 0600, &error);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_cmpint (btfw_dir_open_beneath (dir, "none", O_RDONLY, 0, &error), ==, -1);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strchr (error->message, '\n'));
}

static void
test_deep_paths_work (Fixture *fixture, gconstpointer walk)
{
  g_autoptr (GError) error = NULL;
  GString           *path = g_string_new (NULL);
  g_autofree char   *element = g_strnfill (200, 'd');
  int                fd;

  /* Longer than one system call takes. */
  for (guint i = 0; i < 30; i++)
    g_string_append_printf (path, "%s/", element);
  g_string_append (path, "file");
  fd = btfw_dir_open_beneath (fixture->dir, path->str, O_RDWR | O_CREAT, 0600, &error);
  g_assert_no_error (error);
  close (fd);
  g_assert_true (btfw_dir_remove_beneath (fixture->dir, path->str, &error));
  g_assert_no_error (error);
  g_string_free (path, TRUE);
}

static const struct
{
  const char *name;
  void (*test) (Fixture *fixture, gconstpointer walk);
} tests[] = {
  { "makes-folders-on-the-way", test_makes_folders_on_the_way },
  { "missing-is-gone", test_missing_is_gone },
  { "wrong-paths-are-refused", test_wrong_paths_are_refused },
  { "links-are-not-followed", test_links_are_not_followed },
  { "only-regular-files-open", test_only_regular_files_open },
  { "folders-open-as-folders", test_folders_open_as_folders },
  { "remove-takes-empty-parents", test_remove_takes_empty_parents },
  { "rename-never-replaces", test_rename_never_replaces },
  { "make-accepts-what-is-there", test_make_accepts_what_is_there },
  { "root-may-be-strange", test_root_may_be_strange },
  { "deep-paths-work", test_deep_paths_work },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *one_call = g_strconcat ("/dir/openat2/", tests[i].name, NULL);
      g_autofree char *walk = g_strconcat ("/dir/walk/", tests[i].name, NULL);

      g_test_add (one_call, Fixture, NULL, set_up, tests[i].test, tear_down);
      g_test_add (walk, Fixture, "walk", set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
