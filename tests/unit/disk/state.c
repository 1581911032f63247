/* state.c: tests of the state store: damage, foreign things, generations and locks. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/state.h"

#include "sample.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  char           *root;
  char           *path;
  BtfwStateStore *store;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = g_dir_make_tmp ("btfw-state-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->root, "a", "state", NULL);
  fixture->store = btfw_state_store_new (fixture->path, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  btfw_state_store_unref (fixture->store);
  sample_remove_tree (fixture->root);
  g_free (fixture->root);
  g_free (fixture->path);
}

static char *
file_of (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->path, name, NULL);
}

static gboolean
exists (Fixture *fixture, const char *name)
{
  g_autofree char *path = file_of (fixture, name);

  return g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK);
}

static void
save (Fixture *fixture, const char *text, gboolean sync)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_state_store_write (fixture->store, "key", bytes, sync, &error));
  g_assert_no_error (error);
}

/* NULL when there is none; any other error fails the test. */
static char *
load (Fixture *fixture, char **notice)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = btfw_state_store_read (fixture->store, "key", notice, &error);
  const char        *text;
  gsize              size;

  if (!bytes)
    {
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
      return NULL;
    }
  text = g_bytes_get_data (bytes, &size);
  return g_strndup (size > 0 ? text : "", size);
}

static void
assert_loads (Fixture *fixture, const char *text, gboolean with_notice)
{
  g_autofree char *notice = NULL;
  g_autofree char *loaded = load (fixture, &notice);

  g_assert_cmpstr (loaded, ==, text);
  g_assert_true ((notice != NULL) == with_notice);
}

static void
test_reads_what_was_written (Fixture *fixture, gconstpointer data)
{
  assert_loads (fixture, NULL, FALSE);
  save (fixture, "one", TRUE);
  assert_loads (fixture, "one", FALSE);
  save (fixture, "", FALSE);
  assert_loads (fixture, "", FALSE);
}

static void
test_is_nobody_elses_business (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = file_of (fixture, "key");
  struct stat      st;

  save (fixture, "one", TRUE);
  g_assert_cmpint (stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
  g_assert_cmpint (stat (fixture->path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0700);

  g_assert_cmpint (chmod (fixture->path, 0777), ==, 0);
  btfw_state_store_unref (fixture->store);
  fixture->store = btfw_state_store_new (fixture->path, NULL);
  g_assert_cmpint (stat (fixture->path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0700);
}

/* Each byte in turn is changed, and the file is cut before it. */
static void
test_damage_at_every_byte_is_found (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = file_of (fixture, "key");
  g_autofree char *content = NULL;
  gsize            size;

  save (fixture, "the first", TRUE);
  save (fixture, "the second", TRUE);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpuint (size, >, 10);

  for (gsize i = 0; i < 2 * size; i++)
    {
      g_autofree char *damaged = g_memdup2 (content, size);
      gsize            left = i < size ? size : i - size;
      int              fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

      if (i < size)
        damaged[i] ^= (char) (1 << i % 8);
      g_assert_cmpint (write (fd, damaged, left), ==, left);
      close (fd);
      assert_loads (fixture, "the first", TRUE);
      g_assert_false (exists (fixture, "key"));
    }

  /* What was set aside is there, and there is an end to it. */
  g_assert_true (exists (fixture, "key.damaged-1"));
  g_assert_true (exists (fixture, "key.damaged-8"));
  g_assert_false (exists (fixture, "key.damaged-10"));
}

static void
test_both_generations_damaged (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = file_of (fixture, "key");
  g_autofree char *old = file_of (fixture, "key.old");

  save (fixture, "one", TRUE);
  save (fixture, "two", TRUE);
  g_assert_true (g_file_set_contents (path, "?", 1, NULL));
  g_assert_true (g_file_set_contents (old, "", 0, NULL));
  assert_loads (fixture, NULL, TRUE);
  save (fixture, "three", TRUE);
  assert_loads (fixture, "three", FALSE);
}

static void
test_missing_newest_generation (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = file_of (fixture, "key");

  save (fixture, "one", TRUE);
  save (fixture, "two", TRUE);
  g_assert_cmpint (g_unlink (path), ==, 0);
  assert_loads (fixture, "one", TRUE);
}

/* What is not synced does not drive out what is. */
static void
test_unsynced_keeps_the_synced (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = file_of (fixture, "key");

  save (fixture, "synced", TRUE);
  save (fixture, "soon", FALSE);
  save (fixture, "later", FALSE);
  g_assert_true (g_file_set_contents (path, "torn", 4, NULL));
  assert_loads (fixture, "synced", TRUE);
}

/* Things that are no records. */
typedef struct
{
  const char *name;
  void (*make) (const char *path);
} Foreign;

static void
make_folder (const char *path)
{
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
make_fifo (const char *path)
{
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static void
make_link (const char *path)
{
  g_assert_cmpint (symlink ("/etc/passwd", path), ==, 0);
}

static void
make_huge (const char *path)
{
  int fd = g_open (path, O_WRONLY | O_CREAT, 0600);

  g_assert_cmpint (ftruncate (fd, 1 << 30), ==, 0);
  close (fd);
}

static void
make_empty (const char *path)
{
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static const Foreign foreign[] = {
  { "folder", make_folder }, { "fifo", make_fifo },   { "link", make_link },
  { "huge", make_huge },     { "empty", make_empty },
};

static void
test_foreign (gconstpointer data)
{
  const Foreign   *thing = data;
  Fixture          fixture;
  g_autofree char *path = NULL;

  set_up (&fixture, NULL);
  path = file_of (&fixture, "key");
  save (&fixture, "one", TRUE);
  save (&fixture, "two", TRUE);
  g_assert_cmpint (g_unlink (path), ==, 0);
  thing->make (path);
  assert_loads (&fixture, "one", TRUE);
  g_assert_true (exists (&fixture, "key.damaged-1"));

  /* Written over without having been read, it goes aside as well. */
  thing->make (path);
  save (&fixture, "three", TRUE);
  assert_loads (&fixture, "three", FALSE);
  tear_down (&fixture, NULL);
}

static void
test_remove_takes_all_generations (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  save (fixture, "one", TRUE);
  save (fixture, "two", TRUE);
  g_assert_true (btfw_state_store_remove (fixture->store, "key", &error));
  assert_loads (fixture, NULL, FALSE);
  g_assert_true (btfw_state_store_remove (fixture->store, "key", &error));
  g_assert_no_error (error);
}

static void
test_set_aside_is_kept (Fixture *fixture, gconstpointer data)
{
  g_autofree char *notice = NULL;

  save (fixture, "of a later time", TRUE);
  g_assert_true (btfw_state_store_set_aside (fixture->store, "key", "newer", &notice, NULL));
  g_assert_nonnull (notice);
  save (fixture, "now", TRUE);
  save (fixture, "now", TRUE);
  g_assert_true (exists (fixture, "key.newer-1"));
}

static void
test_keys_are_plain_names (Fixture *fixture, gconstpointer data)
{
  static const char *const wrong[] = { "", ".", "..", "../x", "a/b", ".hidden" };
  g_autoptr (GBytes)       bytes = g_bytes_new ("x", 1);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_assert_false (btfw_state_store_write (fixture->store, wrong[i], bytes, FALSE, NULL));
      g_assert_null (btfw_state_store_read (fixture->store, wrong[i], NULL, NULL));
      g_assert_null (btfw_state_store_lock (fixture->store, wrong[i], NULL));
    }
}

static void
test_leftovers_are_removed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dead = file_of (fixture, "key.999999999-3.tmp");
  g_autofree char *mine = g_strdup_printf ("%s/key.%d-3.tmp", fixture->path, (int) getpid ());

  make_empty (dead);
  make_empty (mine);
  btfw_state_store_unref (fixture->store);
  fixture->store = btfw_state_store_new (fixture->path, NULL);
  g_assert_false (g_file_test (dead, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (mine, G_FILE_TEST_EXISTS));
}

static void
set_age (Fixture *fixture, const char *name, gint64 days)
{
  g_autofree char *path = file_of (fixture, name);
  struct timespec  times[2] = { 0 };

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    make_empty (path);
  times[0].tv_sec = times[1].tv_sec = g_get_real_time () / G_USEC_PER_SEC - days * 24 * 3600;
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static void
test_what_nobody_came_back_to_is_removed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *gone = file_of (fixture, "gone");
  g_autofree char *kept = file_of (fixture, "kept");
  g_autofree char *lock = file_of (fixture, "gone.lock");

  set_age (fixture, "gone", 401);
  set_age (fixture, "gone.lock", 401);
  set_age (fixture, "kept", 399);
  btfw_state_store_unref (fixture->store);
  fixture->store = btfw_state_store_new (fixture->path, NULL);
  g_assert_false (g_file_test (gone, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (lock, G_FILE_TEST_EXISTS));
}

static void
test_lock_names_its_holder (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *pid = g_strdup_printf ("%d", (int) getpid ());
  BtfwStateLock     *lock = btfw_state_store_lock (fixture->store, "key", &error);
  BtfwStateLock     *other;

  g_assert_no_error (error);
  g_assert_null (btfw_state_store_lock (fixture->store, "key", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, pid));
  g_clear_error (&error);

  other = btfw_state_store_lock (fixture->store, "other", &error);
  g_assert_no_error (error);
  btfw_state_lock_free (other);
  btfw_state_lock_free (lock);

  lock = btfw_state_store_lock (fixture->store, "key", &error);
  g_assert_no_error (error);
  btfw_state_lock_free (lock);
  g_assert_false (exists (fixture, "key.lock"));
}

/* The file of a process that was killed is no lock. */
static void
test_stale_lock_is_taken (Fixture *fixture, gconstpointer data)
{
  g_autofree char   *path = file_of (fixture, "key.lock");
  g_autoptr (GError) error = NULL;
  BtfwStateLock     *lock;

  g_assert_true (g_file_set_contents (path, "999999999 host 0 btfw\n", -1, NULL));
  lock = btfw_state_store_lock (fixture->store, "key", &error);
  g_assert_no_error (error);
  btfw_state_lock_free (lock);
}

static void
test_lock_ends_with_its_process (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BtfwStateLock     *lock;
  int                ready[2];
  char               byte;
  int                status;
  pid_t              child;

  g_assert_cmpint (pipe (ready), ==, 0);
  child = fork ();
  if (child == 0)
    {
      btfw_state_store_lock (fixture->store, "key", NULL);
      if (write (ready[1], "x", 1) == 1)
        pause ();
      _exit (1);
    }
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  g_assert_null (btfw_state_store_lock (fixture->store, "key", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_BUSY);
  g_clear_error (&error);

  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  lock = btfw_state_store_lock (fixture->store, "key", &error);
  g_assert_no_error (error);
  btfw_state_lock_free (lock);
  close (ready[0]);
  close (ready[1]);
}

#define ADD(path, test) g_test_add ("/state/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("reads-what-was-written", test_reads_what_was_written);
  ADD ("is-nobody-elses-business", test_is_nobody_elses_business);
  ADD ("damage-at-every-byte-is-found", test_damage_at_every_byte_is_found);
  ADD ("both-generations-damaged", test_both_generations_damaged);
  ADD ("missing-newest-generation", test_missing_newest_generation);
  ADD ("unsynced-keeps-the-synced", test_unsynced_keeps_the_synced);
  ADD ("remove-takes-all-generations", test_remove_takes_all_generations);
  ADD ("set-aside-is-kept", test_set_aside_is_kept);
  ADD ("keys-are-plain-names", test_keys_are_plain_names);
  ADD ("leftovers-are-removed", test_leftovers_are_removed);
  ADD ("what-nobody-came-back-to-is-removed", test_what_nobody_came_back_to_is_removed);
  ADD ("lock/names-its-holder", test_lock_names_its_holder);
  ADD ("lock/stale-is-taken", test_stale_lock_is_taken);
  ADD ("lock/ends-with-its-process", test_lock_ends_with_its_process);
  for (guint i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_autofree char *path = g_strconcat ("/state/foreign/", foreign[i].name, NULL);

      g_test_add_data_func (path, &foreign[i], test_foreign);
    }
  return g_test_run ();
}
