/* storage-file.c: tests of the storage in ordinary files. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/storage-context.h"

#include "sample.h"

#include <btfw/btfw-plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

GType btfw_plugin_storage_file_get_type (void);
void  btfw_root_set_fresh_time (gint64 fresh_time);

#define PIECE 16384u

static const SampleFile several[] = {
  { .path = "a.bin", .length = 40000 },
  { .path = "empty", .length = 0 },
  { .path = "sub/b.bin", .length = 10000 },
  { .path = "sub/deep/c.bin", .length = 30000 },
  { NULL },
};

static const SampleFile many[] = {
  { .path = "1", .length = 1000 }, { .path = "2", .length = 1000 }, { .path = "3", .length = 1000 },
  { .path = "4", .length = 1000 }, { .path = "5", .length = 1000 }, { .path = "6", .length = 1000 },
  { .path = "7", .length = 1000 }, { .path = "8", .length = 1000 }, { .path = "9", .length = 1000 },
  { NULL },
};

static const SampleFile padded[] = {
  { .path = "a.bin", .length = 10000 },
  { .path = ".pad/6384", .length = 6384, .pad = TRUE },
  { .path = "b.bin", .length = 20000 },
  { NULL },
};

typedef struct
{
  Sample              sample;
  GPtrArray          *stack;
  BtfwStorage        *storage;
  BtfwStorageContext *context;
} Fixture;

static void
drop_storage (Fixture *fixture)
{
  if (fixture->stack == NULL)
    return;
  btfw_storage_close (fixture->storage);
  g_clear_pointer (&fixture->context, btfw_storage_context_unref);
  g_clear_pointer (&fixture->stack, g_ptr_array_unref);
}

/* In place of the one that there is. */
static void
make_storage (Fixture *fixture, const char *property, gpointer value)
{
  drop_storage (fixture);
  fixture->stack = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (fixture->stack, g_object_new (btfw_plugin_storage_file_get_type (), property, value, NULL));
  fixture->storage = g_ptr_array_index (fixture->stack, 0);
  fixture->context = btfw_storage_context_new (btfw_metainfo_get_info_hash (fixture->sample.metainfo),
                                               fixture->sample.layout, fixture->stack, fixture->sample.dir,
                                               fixture->sample.state);
}

static void
open_storage (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_storage_open (fixture->storage, fixture->context, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer files)
{
  memset (fixture, 0, sizeof *fixture);
  sample_init (&fixture->sample, files, PIECE);
  make_storage (fixture, NULL, NULL);
  open_storage (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer files)
{
  btfw_root_set_fresh_time (1000);
  drop_storage (fixture);
  sample_clear (&fixture->sample);
}

static gboolean
write_range (Fixture *fixture, gsize offset, gsize size, GError **error)
{
  GOutputVector vector = { .buffer = fixture->sample.content + offset, .size = size };

  return btfw_storage_writev (fixture->storage, offset, &vector, 1, error);
}

static void
write_all (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  for (gsize offset = 0; offset < fixture->sample.size; offset += PIECE)
    g_assert_true (write_range (fixture, offset, MIN (PIECE, fixture->sample.size - offset), &error));
  g_assert_no_error (error);
}

static gboolean
read_matches (Fixture *fixture, gsize offset, gsize size, GError **error)
{
  g_autofree guint8 *bytes = g_malloc (MAX (size, 1));
  GInputVector       vector = { .buffer = bytes, .size = size };

  memset (bytes, 0xee, size);
  if (!btfw_storage_readv (fixture->storage, offset, &vector, 1, error))
    return FALSE;

  g_assert_cmpmem (bytes, size, fixture->sample.content + offset, size);
  return TRUE;
}

static void
assert_file (Fixture *fixture, const char *name, gsize offset, gsize size)
{
  g_autofree char *path = sample_path (&fixture->sample, name);
  g_autofree char *bytes = NULL;
  gsize            length;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_assert_cmpmem (bytes, length, fixture->sample.content + offset, size);
}

static gboolean
file_exists (Fixture *fixture, const char *name)
{
  g_autofree char *path = sample_path (&fixture->sample, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
assert_kind (GError *error, BtfwStorageError kind)
{
  g_assert_error (error, BTFW_STORAGE_ERROR, (gint) kind);
}

static void
test_writes_what_it_reads (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  write_all (fixture);
  g_assert_true (btfw_storage_flush (fixture->storage, &error));
  for (gsize offset = 0; offset < fixture->sample.size; offset += 7919)
    g_assert_true (read_matches (fixture, offset, MIN (20011, fixture->sample.size - offset), &error));
  g_assert_no_error (error);
}

static void
assert_all_files (Fixture *fixture)
{
  assert_file (fixture, "a.bin", 0, 40000);
  assert_file (fixture, "empty", 0, 0);
  assert_file (fixture, "sub/b.bin", 40000, 10000);
  assert_file (fixture, "sub/deep/c.bin", 50000, 30000);
}

static void
test_files_have_their_bytes (Fixture *fixture, gconstpointer files)
{
  write_all (fixture);
  assert_all_files (fixture);
}

static void
test_scatters_and_gathers (Fixture *fixture, gconstpointer files)
{
  guint8             bytes[3000];
  GOutputVector      out[100];
  GInputVector       in[] = { { bytes, 1 }, { bytes + 1, 0 }, { bytes + 1, 1999 }, { bytes + 2000, 1000 } };
  g_autoptr (GError) error = NULL;

  /* More than go in one system call, over the border of files. */
  for (guint i = 0; i < 100; i++)
    out[i] = (GOutputVector){ fixture->sample.content + 38000 + i * 50, 50 };
  g_assert_true (btfw_storage_writev (fixture->storage, 38000, out, 100, &error));
  g_assert_true (btfw_storage_readv (fixture->storage, 39000, in, 4, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (bytes, 3000, fixture->sample.content + 39000, 3000);
}

static void
test_opening_makes_nothing (Fixture *fixture, gconstpointer files)
{
  BtfwFileStat       stat;
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_storage_stat (fixture->storage, 0, &stat, &error));
  g_assert_false (stat.exists);
  g_assert_false (read_matches (fixture, 0, 10, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_GONE);
  g_assert_false (g_file_test (fixture->sample.dir, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (fixture->sample.state, G_FILE_TEST_EXISTS));
}

static void
test_short_files_are_gone (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (write_range (fixture, 0, 1000, &error));
  g_assert_true (read_matches (fixture, 0, 1000, &error));
  g_assert_false (read_matches (fixture, 0, 1001, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_GONE);
  g_clear_error (&error);
  g_assert_false (read_matches (fixture, 79999, 1, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_GONE);
}

static void
test_nothing_behind_the_end (Fixture *fixture, gconstpointer files)
{
  guint8             byte = 0;
  GOutputVector      vector = { .buffer = &byte, .size = 1 };
  g_autoptr (GError) error = NULL;

  g_assert_false (btfw_storage_writev (fixture->storage, 80000, &vector, 1, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_GONE);
  g_clear_error (&error);
  g_assert_false (btfw_storage_writev (fixture->storage, G_MAXUINT64, &vector, 1, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_GONE);
}

static void
test_pads_are_never_written (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  write_all (fixture);
  g_assert_true (read_matches (fixture, 9000, 9000, &error));
  g_assert_no_error (error);
  g_assert_false (file_exists (fixture, ".pad"));
}

static void
test_longer_files_are_cut (Fixture *fixture, gconstpointer files)
{
  g_autofree char *path = sample_path (&fixture->sample, "a.bin");
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *zeros = g_malloc0 (50000);
  struct stat      st;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, zeros, 50000, NULL));
  write_all (fixture);
  g_assert_cmpint (stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_size, ==, 40000);
}

static void
test_allocates_in_full (Fixture *fixture, gconstpointer files)
{
  g_autofree char   *path = sample_path (&fixture->sample, "a.bin");
  g_autoptr (GError) error = NULL;
  struct stat        st;

  make_storage (fixture, "allocate", GINT_TO_POINTER (1));
  open_storage (fixture);
  g_assert_true (write_range (fixture, 100, 10, &error));
  g_assert_cmpint (stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_size, ==, 40000);
  g_assert_cmpint (st.st_blocks * 512, >=, 40000);
  g_assert_false (file_exists (fixture, "sub"));
}

static void
test_few_descriptors_serve_many_files (Fixture *fixture, gconstpointer files)
{
  make_storage (fixture, "max-open", GUINT_TO_POINTER (1));
  open_storage (fixture);
  test_writes_what_it_reads (fixture, files);
}

/* The process may have fewer than the storage would like to keep open. */
static void
test_descriptors_that_run_out (Fixture *fixture, gconstpointer files)
{
  struct rlimit      before;
  struct rlimit      few;
  g_autoptr (GError) error = NULL;
  int                next = dup (0);

  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  few = before;
  few.rlim_cur = (rlim_t) next + 4;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
  for (gsize offset = 0; offset < fixture->sample.size; offset += 1000)
    g_assert_true (write_range (fixture, offset, 1000, &error));
  g_assert_true (btfw_storage_flush (fixture->storage, &error));
  g_assert_true (read_matches (fixture, 0, fixture->sample.size, &error));
  g_assert_no_error (error);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
}

static void
test_lease_shows_the_bytes (Fixture *fixture, gconstpointer files)
{
  g_autoptr (BtfwLease) lease = NULL;
  guint8                bytes[100];

  write_all (fixture);
  lease = btfw_storage_lease (fixture->storage, 39900, 1000);
  g_assert_nonnull (lease);
  /* Up to the end of the file. */
  g_assert_cmpuint (btfw_lease_get_length (lease), ==, 100);

  /* It outlives the storage. */
  btfw_storage_close (fixture->storage);
  g_assert_cmpint (pread (btfw_lease_get_fd (lease), bytes, 100, btfw_lease_get_offset (lease)), ==, 100);
  g_assert_cmpmem (bytes, 100, fixture->sample.content + 39900, 100);
  g_assert_null (btfw_storage_lease (fixture->storage, 0, 10));
}

static void
test_no_lease_without_bytes (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (btfw_storage_lease (fixture->storage, 0, 10));
  g_assert_true (write_range (fixture, 0, 1000, &error));
  g_assert_null (btfw_storage_lease (fixture->storage, 500, 1000));
  g_assert_null (btfw_storage_lease (fixture->storage, 80000, 1));
}

/* Only the second file is not wanted; pieces at its edges are shared. */
static void
want_all_but_b (Fixture *fixture)
{
  btfw_storage_context_set_wanted (fixture->context, (const guint8[]){ 1, 1, 0, 1 }, 4);
}

static void
write_edges (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  want_all_but_b (fixture);
  g_assert_true (write_range (fixture, 2 * PIECE, PIECE, &error));
  g_assert_no_error (error);
}

static void
test_unwanted_files_are_not_made (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;
  BtfwFileStat       stat;

  write_edges (fixture);
  g_assert_false (file_exists (fixture, "sub"));
  g_assert_true (btfw_storage_stat (fixture->storage, 2, &stat, &error));
  g_assert_false (stat.exists);
  g_assert_true (read_matches (fixture, 2 * PIECE, PIECE, &error));
  g_assert_no_error (error);
  g_assert_true (btfw_storage_flush (fixture->storage, &error));
}

static void
test_edges_survive_closing (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  write_edges (fixture);
  btfw_storage_close (fixture->storage);
  open_storage (fixture);
  g_assert_true (read_matches (fixture, 2 * PIECE, PIECE, &error));
  g_assert_no_error (error);
}

static void
test_unwritten_parts_of_edges_are_gone (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  want_all_but_b (fixture);
  g_assert_true (write_range (fixture, 45000, 5000, &error));
  g_assert_false (read_matches (fixture, 40000, 100, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_GONE);
}

static void
test_edges_move_when_wanted (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  write_edges (fixture);
  btfw_storage_context_set_wanted (fixture->context, (const guint8[]){ 1, 1, 1, 1 }, 4);
  g_assert_true (btfw_storage_wanted_changed (fixture->storage, &error));
  g_assert_true (file_exists (fixture, "sub/b.bin"));
  g_assert_true (read_matches (fixture, 2 * PIECE, PIECE, &error));
  write_all (fixture);
  assert_file (fixture, "sub/b.bin", 40000, 10000);
}

/* All bytes of a small file may be there before it is wanted: nobody writes to it
 * again, nor reads. */
static void
test_edges_move_with_a_flush (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  write_edges (fixture);
  btfw_storage_close (fixture->storage);
  btfw_storage_context_set_wanted (fixture->context, (const guint8[]){ 1, 1, 1, 1 }, 4);
  open_storage (fixture);
  g_assert_false (file_exists (fixture, "sub/b.bin"));
  g_assert_true (btfw_storage_flush (fixture->storage, &error));
  g_assert_no_error (error);
  g_assert_true (file_exists (fixture, "sub/b.bin"));
  g_assert_true (read_matches (fixture, 2 * PIECE, PIECE, &error));
}

static void
test_edges_move_without_being_told (Fixture *fixture, gconstpointer files)
{
  write_edges (fixture);
  btfw_storage_close (fixture->storage);
  btfw_storage_context_set_wanted (fixture->context, (const guint8[]){ 1, 1, 1, 1 }, 4);
  open_storage (fixture);
  write_all (fixture);
  assert_file (fixture, "sub/b.bin", 40000, 10000);
}

static void
test_existing_unwanted_files_are_used (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  write_all (fixture);
  want_all_but_b (fixture);
  g_assert_true (btfw_storage_wanted_changed (fixture->storage, &error));
  write_all (fixture);
  assert_file (fixture, "sub/b.bin", 40000, 10000);
  g_assert_false (g_file_test (fixture->sample.state, G_FILE_TEST_EXISTS));
}

static void
test_only_empty_files_are_made_by_flush (Fixture *fixture, gconstpointer files)
{
  g_autofree char   *name = NULL;
  g_autofree char   *path = NULL;
  g_autoptr (GError) error = NULL;
  BtfwLayout        *layout = btfw_layout_new_single ("lonely", 0, PIECE);

  btfw_storage_context_unref (fixture->context);
  fixture->context = btfw_storage_context_new (btfw_metainfo_get_info_hash (fixture->sample.metainfo), layout,
                                               fixture->stack, fixture->sample.dir, NULL);
  btfw_layout_unref (layout);
  open_storage (fixture);
  g_assert_true (btfw_storage_flush (fixture->storage, &error));
  path = g_build_filename (fixture->sample.dir, "lonely", NULL);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

static void
test_remove_takes_only_its_files (Fixture *fixture, gconstpointer files)
{
  g_autofree char   *foreign = sample_path (&fixture->sample, "sub/foreign");
  g_autoptr (GError) error = NULL;

  write_all (fixture);
  g_assert_true (g_file_set_contents (foreign, "x", 1, NULL));
  g_assert_true (btfw_storage_remove (fixture->storage, &error));
  g_assert_no_error (error);
  g_assert_false (file_exists (fixture, "a.bin"));
  g_assert_false (file_exists (fixture, "sub/deep"));
  g_assert_true (file_exists (fixture, "sub/foreign"));
}

static void
test_remove_takes_empty_folders (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  write_all (fixture);
  g_assert_true (btfw_storage_remove (fixture->storage, &error));
  g_assert_false (file_exists (fixture, ""));
  g_assert_true (g_file_test (fixture->sample.dir, G_FILE_TEST_IS_DIR));
}

static BtfwStorageContext *
make_context_elsewhere (Fixture *fixture, char **dir)
{
  *dir = g_build_filename (fixture->sample.root, "elsewhere", NULL);
  return btfw_storage_context_new_at (fixture->context, *dir);
}

static void
use_context (Fixture *fixture, BtfwStorageContext *context, const char *dir)
{
  btfw_storage_context_unref (fixture->context);
  fixture->context = btfw_storage_context_ref (context);
  g_free (fixture->sample.dir);
  fixture->sample.dir = g_strdup (dir);
}

static void
note_progress (guint64 done, guint64 total, gpointer user_data)
{
  g_assert_cmpuint (done, <=, total);
  *(guint64 *) user_data = done;
}

static void
test_move_takes_all_along (Fixture *fixture, gconstpointer files)
{
  g_autoptr (BtfwStorageContext) context = NULL;
  g_autofree char   *dir = NULL;
  g_autoptr (GError) error = NULL;
  guint64            moved = 0;

  write_edges (fixture);
  g_assert_true (write_range (fixture, 0, 2 * PIECE, &error));
  context = make_context_elsewhere (fixture, &dir);
  g_assert_true (btfw_storage_move (fixture->storage, context, note_progress, &moved, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (moved, >, 0);
  g_assert_false (file_exists (fixture, ""));

  use_context (fixture, context, dir);
  g_assert_true (file_exists (fixture, "a.bin"));
  g_assert_true (read_matches (fixture, 0, 3 * PIECE, &error));
  g_assert_no_error (error);
}

static void
test_move_never_replaces (Fixture *fixture, gconstpointer files)
{
  g_autoptr (BtfwStorageContext) context = NULL;
  g_autofree char   *dir = NULL;
  g_autofree char   *folder = NULL;
  g_autofree char   *path = NULL;
  g_autofree char   *content = NULL;
  g_autoptr (GError) error = NULL;

  write_all (fixture);
  context = make_context_elsewhere (fixture, &dir);
  folder = g_build_filename (dir, "sample", "sub", "deep", NULL);
  path = g_build_filename (folder, "c.bin", NULL);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "mine", 4, NULL));

  g_assert_false (btfw_storage_move (fixture->storage, context, NULL, NULL, NULL, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_REFUSED);
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "mine");
  assert_all_files (fixture);
}

static void
test_cancelled_move_changes_nothing (Fixture *fixture, gconstpointer files)
{
  g_autoptr (BtfwStorageContext) context = NULL;
  g_autoptr (GCancellable)       cancellable = g_cancellable_new ();
  g_autofree char   *dir = NULL;
  g_autofree char   *moved = NULL;
  g_autoptr (GError) error = NULL;

  write_all (fixture);
  context = make_context_elsewhere (fixture, &dir);
  g_cancellable_cancel (cancellable);
  g_assert_false (btfw_storage_move (fixture->storage, context, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  moved = g_build_filename (dir, "sample", NULL);
  g_assert_false (g_file_test (moved, G_FILE_TEST_EXISTS));
  assert_all_files (fixture);
}

/* What a process leaves that is killed when the first file was moved. */
static void
test_half_a_move_is_taken_back (Fixture *fixture, gconstpointer files)
{
  g_autoptr (BtfwDir) state = NULL;
  g_autofree char    *dir = g_build_filename (fixture->sample.root, "elsewhere", NULL);
  g_autofree char    *folder = g_build_filename (dir, "sample", NULL);
  g_autofree char    *to = g_build_filename (folder, "a.bin", NULL);
  g_autofree char    *from = sample_path (&fixture->sample, "a.bin");
  g_autofree char    *journal = NULL;
  g_autofree char    *text = g_strconcat (dir, "!", NULL);

  write_all (fixture);
  btfw_storage_close (fixture->storage);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_cmpint (rename (from, to), ==, 0);
  state = btfw_storage_context_get_state_dir (fixture->context, NULL);
  journal = g_build_filename (btfw_dir_get_path (state), "moving", NULL);
  text[strlen (dir)] = '\0';
  g_assert_true (g_file_set_contents (journal, text, (gssize) strlen (dir) + 1, NULL));
  /* Cut short, it was never in force. */
  open_storage (fixture);
  g_assert_false (file_exists (fixture, "a.bin"));
  btfw_storage_close (fixture->storage);

  {
    g_autofree char *whole = g_malloc0 (strlen (dir) + 2);

    memcpy (whole, dir, strlen (dir));
    g_assert_true (g_file_set_contents (journal, whole, (gssize) strlen (dir) + 2, NULL));
  }
  open_storage (fixture);
  assert_all_files (fixture);
  g_assert_false (g_file_test (journal, G_FILE_TEST_EXISTS));
}

/* What may stand where a file was. */
typedef struct
{
  const char *name;
  void (*replace) (const char *path);
} Replacement;

static void
replace_with_nothing (const char *path)
{
}

static void
replace_with_folder (const char *path)
{
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
replace_with_fifo (const char *path)
{
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static void
replace_with_link (const char *path)
{
  g_assert_cmpint (symlink ("/etc/passwd", path), ==, 0);
}

static void
replace_with_short_file (const char *path)
{
  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
}

static const Replacement replacements[] = {
  { "nothing", replace_with_nothing },
  { "folder", replace_with_folder },
  { "fifo", replace_with_fifo },
  { "link", replace_with_link },
  { "short-file", replace_with_short_file },
};

static void
test_replaced (gconstpointer data)
{
  const Replacement *replacement = data;
  Fixture            fixture;
  g_autofree char   *path = NULL;
  g_autoptr (GError) error = NULL;
  BtfwFileStat       stat;

  set_up (&fixture, several);
  write_all (&fixture);
  path = sample_path (&fixture.sample, "a.bin");
  btfw_storage_close (fixture.storage);
  open_storage (&fixture);
  g_assert_cmpint (g_unlink (path), ==, 0);
  replacement->replace (path);

  g_assert_false (read_matches (&fixture, 0, 100, &error));
  g_assert_true (g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE) ||
                 g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED));
  g_clear_error (&error);
  g_assert_true (btfw_storage_stat (fixture.storage, 0, &stat, &error));
  g_assert_true (!stat.exists || stat.size == 1);
  g_assert_true (read_matches (&fixture, 50000, 100, &error));
  g_assert_no_error (error);
  tear_down (&fixture, NULL);
}

/* A file that was there and is not is not begun anew in silence. */
static void
test_vanished_file_is_told_once (Fixture *fixture, gconstpointer files)
{
  g_autofree char   *path = sample_path (&fixture->sample, "a.bin");
  g_autoptr (GError) error = NULL;
  BtfwFileStat       stat;

  write_all (fixture);
  btfw_storage_close (fixture->storage);
  open_storage (fixture);
  g_assert_true (btfw_storage_stat (fixture->storage, 0, &stat, &error));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_false (write_range (fixture, 0, 100, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_GONE);
  g_clear_error (&error);
  g_assert_true (write_range (fixture, 0, 100, &error));
  g_assert_no_error (error);
}

/* To a file system that does not tell cases apart, two names are one file: here
 * a hard link stands in for that. */
static const SampleFile twins[] = {
  { .path = "README", .length = 20000 },
  { .path = "ReadMe", .length = 20000 },
  { .path = "readme", .length = 0 },
  { .path = "Empty", .length = 0 },
  { .path = "empty", .length = 0 },
  { NULL },
};

static void
link_twins (Fixture *fixture, const char *name, const char *twin)
{
  g_autofree char *path = sample_path (&fixture->sample, name);
  g_autofree char *twin_path = sample_path (&fixture->sample, twin);

  g_assert_true (g_unlink (twin_path) == 0 || errno == ENOENT);
  g_assert_cmpint (link (path, twin_path), ==, 0);
}

static void
assert_twin_is_refused (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (write_range (fixture, 20000, 100, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "README"));
  g_assert_nonnull (strstr (error->message, "ReadMe"));
  assert_file (fixture, "README", 0, 20000);
}

static void
test_twins_are_not_written (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (write_range (fixture, 0, 20000, &error));
  g_assert_no_error (error);
  link_twins (fixture, "README", "ReadMe");
  assert_twin_is_refused (fixture);
  g_assert_true (write_range (fixture, 0, 100, &error));
  g_assert_no_error (error);
}

/* Also where one of them was complete long ago, and is only looked at now. */
static void
test_twins_are_not_written_later (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;
  BtfwFileStat       stat;

  g_assert_true (write_range (fixture, 0, 20000, &error));
  btfw_storage_close (fixture->storage);
  link_twins (fixture, "README", "ReadMe");
  open_storage (fixture);
  for (guint32 file = 0; file < 5; file++)
    g_assert_true (btfw_storage_stat (fixture->storage, file, &stat, &error));
  g_assert_no_error (error);
  assert_twin_is_refused (fixture);
}

/* An inode that is used again makes no twin. */
static void
test_former_twins_are_written (Fixture *fixture, gconstpointer files)
{
  g_autofree char   *one = sample_path (&fixture->sample, "README");
  g_autofree char   *other = sample_path (&fixture->sample, "ReadMe");
  g_autoptr (GError) error = NULL;

  g_assert_true (write_range (fixture, 0, 20000, &error));
  g_assert_cmpint (rename (one, other), ==, 0);
  g_assert_true (write_range (fixture, 20000, 20000, &error));
  g_assert_no_error (error);
  assert_file (fixture, "ReadMe", 20000, 20000);
}

static void
test_empty_twin_does_not_cut (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;
  BtfwFileStat       stat;

  g_assert_true (write_range (fixture, 0, 20000, &error));
  btfw_storage_close (fixture->storage);
  link_twins (fixture, "README", "readme");
  open_storage (fixture);
  g_assert_true (btfw_storage_stat (fixture->storage, 0, &stat, &error));
  g_assert_no_error (error);
  g_assert_false (write_range (fixture, 20000, 100, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_REFUSED);
  assert_file (fixture, "README", 0, 20000);
}

static void
test_empty_twins_do_no_harm (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (write_range (fixture, 0, 100, &error));
  btfw_storage_close (fixture->storage);
  link_twins (fixture, "Empty", "empty");
  open_storage (fixture);
  g_assert_true (write_range (fixture, 0, 20000, &error));
  g_assert_no_error (error);
}

static void
test_vanished_folder_is_absent (Fixture *fixture, gconstpointer files)
{
  g_autofree char   *away = g_build_filename (fixture->sample.root, "away", NULL);
  g_autoptr (GError) error = NULL;
  BtfwFileStat       stat;

  btfw_root_set_fresh_time (0);
  write_all (fixture);
  btfw_storage_close (fixture->storage);
  open_storage (fixture);
  g_assert_cmpint (rename (fixture->sample.dir, away), ==, 0);
  g_assert_false (btfw_storage_stat (fixture->storage, 0, &stat, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_ABSENT);
  g_clear_error (&error);

  /* An empty folder of that name is not it. */
  g_assert_cmpint (g_mkdir (fixture->sample.dir, 0700), ==, 0);
  g_assert_false (write_range (fixture, 0, 100, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_ABSENT);
  g_clear_error (&error);
  g_assert_false (file_exists (fixture, ""));

  /* And when it is back, all goes on. */
  g_assert_cmpint (g_rmdir (fixture->sample.dir), ==, 0);
  g_assert_cmpint (rename (away, fixture->sample.dir), ==, 0);
  g_assert_true (write_range (fixture, 0, 100, &error));
  g_assert_true (read_matches (fixture, 0, fixture->sample.size, &error));
  g_assert_no_error (error);
}

/* A small file system of its own in a private namespace of mounts, which ends
 * with the test's process. */
static gboolean
mount_small (const char *path, const char *options)
{
  if (unshare (CLONE_NEWNS) < 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
      mount ("tmpfs", path, "tmpfs", 0, options) < 0)
    {
      g_test_skip (g_strerror (errno));
      return FALSE;
    }
  return TRUE;
}

static void
test_full_disk_is_full (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *filler = g_build_filename (fixture->sample.dir, "filler", NULL);
  g_autofree char   *zeros = g_malloc0 (48 * 1024);

  g_assert_cmpint (g_mkdir (fixture->sample.dir, 0700), ==, 0);
  if (!mount_small (fixture->sample.dir, "size=96k"))
    return;
  g_assert_true (g_file_set_contents (filler, zeros, 48 * 1024, NULL));
  g_assert_false (write_range (fixture, 0, 80000, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_FULL);
  g_clear_error (&error);

  /* Freed, it goes on without being opened again. */
  g_assert_cmpint (g_unlink (filler), ==, 0);
  write_all (fixture);
  g_assert_true (read_matches (fixture, 0, 80000, &error));
  btfw_storage_close (fixture->storage);
  g_assert_cmpint (umount2 (fixture->sample.dir, MNT_DETACH), ==, 0);
}

static void
test_full_allocation_leaves_no_length (Fixture *fixture, gconstpointer files)
{
  g_autofree char   *path = sample_path (&fixture->sample, "a.bin");
  g_autoptr (GError) error = NULL;
  struct stat        st;

  g_assert_cmpint (g_mkdir (fixture->sample.dir, 0700), ==, 0);
  if (!mount_small (fixture->sample.dir, "size=32k"))
    return;
  make_storage (fixture, "allocate", GINT_TO_POINTER (1));
  open_storage (fixture);
  g_assert_false (write_range (fixture, 0, 100, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_FULL);
  g_assert_true (stat (path, &st) < 0 || st.st_size == 0);
  btfw_storage_close (fixture->storage);
  g_assert_cmpint (umount2 (fixture->sample.dir, MNT_DETACH), ==, 0);
}

static void
test_read_only_is_refused (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (fixture->sample.dir, 0700), ==, 0);
  if (!mount_small (fixture->sample.dir, "size=1m"))
    return;
  write_all (fixture);
  btfw_storage_close (fixture->storage);
  g_assert_cmpint (mount (NULL, fixture->sample.dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
  open_storage (fixture);
  g_assert_true (read_matches (fixture, 0, 80000, &error));
  g_assert_no_error (error);
  g_assert_false (write_range (fixture, 0, 100, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_REFUSED);
  btfw_storage_close (fixture->storage);
  g_assert_cmpint (umount2 (fixture->sample.dir, MNT_DETACH), ==, 0);
}

static void
test_unmounted_folder_is_absent (Fixture *fixture, gconstpointer files)
{
  g_autoptr (GError) error = NULL;

  btfw_root_set_fresh_time (0);
  g_assert_cmpint (g_mkdir (fixture->sample.dir, 0700), ==, 0);
  if (!mount_small (fixture->sample.dir, "size=1m"))
    return;
  btfw_storage_close (fixture->storage);
  open_storage (fixture);
  g_assert_true (write_range (fixture, 0, 100, &error));
  g_assert_cmpint (umount2 (fixture->sample.dir, MNT_DETACH), ==, 0);
  g_assert_false (write_range (fixture, 50000, 100, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_ABSENT);
  g_assert_false (file_exists (fixture, ""));
}

static void
test_move_between_file_systems (Fixture *fixture, gconstpointer files)
{
  g_autoptr (BtfwStorageContext) context = NULL;
  g_autofree char   *dir = NULL;
  g_autoptr (GError) error = NULL;
  BtfwFileStat       before;
  BtfwFileStat       after;

  write_all (fixture);
  g_assert_true (btfw_storage_stat (fixture->storage, 0, &before, &error));
  context = make_context_elsewhere (fixture, &dir);
  g_assert_cmpint (g_mkdir (dir, 0700), ==, 0);
  if (!mount_small (dir, "size=1m"))
    return;

  g_assert_true (btfw_storage_move (fixture->storage, context, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (file_exists (fixture, ""));
  use_context (fixture, context, dir);
  g_assert_true (btfw_storage_stat (fixture->storage, 0, &after, &error));
  g_assert_cmpint (before.mtime, ==, after.mtime);
  assert_file (fixture, "sub/deep/c.bin", 50000, 30000);
  assert_file (fixture, "empty", 0, 0);
  g_assert_true (read_matches (fixture, 0, fixture->sample.size, &error));
  g_assert_no_error (error);
  btfw_storage_close (fixture->storage);
  g_assert_cmpint (umount2 (dir, MNT_DETACH), ==, 0);
}

static void
test_failed_move_is_taken_back (Fixture *fixture, gconstpointer files)
{
  g_autoptr (BtfwStorageContext) context = NULL;
  g_autofree char   *dir = NULL;
  g_autofree char   *moved = NULL;
  g_autoptr (GError) error = NULL;

  write_all (fixture);
  context = make_context_elsewhere (fixture, &dir);
  g_assert_cmpint (g_mkdir (dir, 0700), ==, 0);
  if (!mount_small (dir, "size=64k"))
    return;

  g_assert_false (btfw_storage_move (fixture->storage, context, NULL, NULL, NULL, &error));
  assert_kind (error, BTFW_STORAGE_ERROR_FULL);
  moved = g_build_filename (dir, "sample", NULL);
  g_assert_false (g_file_test (moved, G_FILE_TEST_EXISTS));
  assert_all_files (fixture);
  g_assert_cmpint (umount2 (dir, MNT_DETACH), ==, 0);
}

#define ADD(path, files, test) g_test_add ("/storage-file/" path, Fixture, files, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("writes-what-it-reads", several, test_writes_what_it_reads);
  ADD ("files-have-their-bytes", several, test_files_have_their_bytes);
  ADD ("scatters-and-gathers", several, test_scatters_and_gathers);
  ADD ("opening-makes-nothing", several, test_opening_makes_nothing);
  ADD ("short-files-are-gone", several, test_short_files_are_gone);
  ADD ("nothing-behind-the-end", several, test_nothing_behind_the_end);
  ADD ("pads-are-never-written", padded, test_pads_are_never_written);
  ADD ("longer-files-are-cut", several, test_longer_files_are_cut);
  ADD ("allocates-in-full", several, test_allocates_in_full);
  ADD ("few-descriptors-serve-many-files", several, test_few_descriptors_serve_many_files);
  ADD ("descriptors-that-run-out", many, test_descriptors_that_run_out);
  ADD ("lease/shows-the-bytes", several, test_lease_shows_the_bytes);
  ADD ("lease/none-without-bytes", several, test_no_lease_without_bytes);
  ADD ("unwanted/files-are-not-made", several, test_unwanted_files_are_not_made);
  ADD ("unwanted/edges-survive-closing", several, test_edges_survive_closing);
  ADD ("unwanted/unwritten-parts-are-gone", several, test_unwritten_parts_of_edges_are_gone);
  ADD ("unwanted/edges-move-when-wanted", several, test_edges_move_when_wanted);
  ADD ("unwanted/edges-move-with-a-flush", several, test_edges_move_with_a_flush);
  ADD ("unwanted/edges-move-without-being-told", several, test_edges_move_without_being_told);
  ADD ("unwanted/existing-files-are-used", several, test_existing_unwanted_files_are_used);
  ADD ("empty/made-by-flush", several, test_only_empty_files_are_made_by_flush);
  ADD ("remove/takes-only-its-files", several, test_remove_takes_only_its_files);
  ADD ("remove/takes-empty-folders", several, test_remove_takes_empty_folders);
  ADD ("move/takes-all-along", several, test_move_takes_all_along);
  ADD ("move/never-replaces", several, test_move_never_replaces);
  ADD ("move/cancelled-changes-nothing", several, test_cancelled_move_changes_nothing);
  ADD ("move/half-of-it-is-taken-back", several, test_half_a_move_is_taken_back);
  ADD ("move/between-file-systems", several, test_move_between_file_systems);
  ADD ("move/failed-is-taken-back", several, test_failed_move_is_taken_back);
  ADD ("twins/are-not-written", twins, test_twins_are_not_written);
  ADD ("twins/are-not-written-later", twins, test_twins_are_not_written_later);
  ADD ("twins/of-the-past-are-written", twins, test_former_twins_are_written);
  ADD ("twins/an-empty-one-does-not-cut", twins, test_empty_twin_does_not_cut);
  ADD ("twins/empty-ones-do-no-harm", twins, test_empty_twins_do_no_harm);
  ADD ("vanished/file-is-told-once", several, test_vanished_file_is_told_once);
  ADD ("vanished/folder-is-absent", several, test_vanished_folder_is_absent);
  ADD ("mount/full-is-full", several, test_full_disk_is_full);
  ADD ("mount/full-allocation-leaves-no-length", several, test_full_allocation_leaves_no_length);
  ADD ("mount/read-only-is-refused", several, test_read_only_is_refused);
  ADD ("mount/unmounted-is-absent", several, test_unmounted_folder_is_absent);
  for (guint i = 0; i < G_N_ELEMENTS (replacements); i++)
    {
      g_autofree char *path = g_strconcat ("/storage-file/replaced/", replacements[i].name, NULL);

      g_test_add_data_func (path, &replacements[i], test_replaced);
    }
  return g_test_run ();
}
