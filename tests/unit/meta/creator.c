/* creator.c: tests of making torrents. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/file-walk.h"
#include "meta/piece-hasher.h"
#include "meta/torrent-draft.h"

#include <btfw/btfw-creator.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notation.h"

/* A folder of its own for each test. */
typedef struct
{
  char *dir;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("btfw-creator-XXXXXX", NULL);
  g_assert_nonnull (fixture->dir);
}

static void
remove_tree (const char *path)
{
  const char      *name;
  g_autoptr (GDir) dir = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    dir = g_dir_open (path, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }

  g_remove (path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  remove_tree (fixture->dir);
  g_free (fixture->dir);
}

static guint8
byte_at (guint32 seed, gsize place)
{
  return (guint8) ((seed + place) * 2654435761u >> 13);
}

/* Makes a file, and the folders that it lies in. Its bytes come from its size. */
static void
make_file (Fixture *fixture, const char *path, gsize size)
{
  g_autofree char *full = g_build_filename (fixture->dir, path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);
  g_autofree char *content = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    content[i] = (char) byte_at ((guint32) size, i);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (full, content, (gssize) size, NULL));
}

static BtfwCreator *
new_creator (Fixture *fixture, const char *path)
{
  g_autofree char *full = g_build_filename (fixture->dir, path, NULL);

  return btfw_creator_new (full);
}

static void
on_done (GObject *object, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GBytes *
run_with (BtfwCreator *creator, BtfwCreatorProgress progress, gpointer data, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  btfw_creator_run_async (creator, progress, data, NULL, cancellable, on_done, &result);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return btfw_creator_run_finish (creator, result, error);
}

static GBytes *
run (BtfwCreator *creator)
{
  g_autoptr (GError) error = NULL;
  GBytes            *bytes = run_with (creator, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  return bytes;
}

static void
assert_fails (BtfwCreator *creator, BtfwError code, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (run_with (creator, NULL, NULL, NULL, &error));
  g_assert_error (error, BTFW_ERROR, (int) code);
  if (strstr (error->message, message) == NULL)
    g_error ("“%s” lacks “%s”", error->message, message);
}

static BtfwMetainfo *
parse (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  BtfwMetainfo      *metainfo = btfw_metainfo_new_from_bytes (bytes, &error);

  g_assert_no_error (error);
  g_assert_null (btfw_metainfo_get_warnings (metainfo)[0]);
  return metainfo;
}

/* All bytes of a torrent in their order, read again in the simplest way. */
static GByteArray *
read_all (Fixture *fixture, BtfwLayout *layout)
{
  GByteArray *all = g_byte_array_new ();

  for (guint32 i = 0; i < btfw_layout_get_n_files (layout); i++)
    {
      g_autofree char *path = g_build_filename (fixture->dir, btfw_layout_get_file_path (layout, i), NULL);
      g_autofree char *content = NULL;
      gsize            size;

      g_assert_true (g_file_get_contents (path, &content, &size, NULL));
      g_assert_cmpuint (size, ==, btfw_layout_get_file_length (layout, i));
      g_byte_array_append (all, (guint8 *) content, (guint) size);
    }

  return all;
}

static void
assert_pieces_are_right (Fixture *fixture, BtfwMetainfo *metainfo)
{
  BtfwLayout            *layout = btfw_metainfo_get_layout (metainfo);
  g_autoptr (GByteArray) all = read_all (fixture, layout);

  g_assert_cmpuint (all->len, ==, btfw_layout_get_size (layout));
  for (guint32 i = 0; i < btfw_layout_get_n_pieces (layout); i++)
    {
      g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
      guint8                digest[20];
      gsize                 size = sizeof digest;

      g_checksum_update (sum, all->data + btfw_layout_get_piece_offset (layout, i), btfw_layout_get_piece_length (layout, i));
      g_checksum_get_digest (sum, digest, &size);
      g_assert_cmpmem (btfw_metainfo_get_piece_hash (metainfo, i), 20, digest, 20);
    }
}

static void
test_single_file_is_written_exactly (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwCreator) creator = NULL;
  g_autoptr (GBytes)      bytes = NULL, expected = NULL;
  g_autofree char        *path = g_build_filename (fixture->dir, "hello.txt", NULL);

  g_assert_true (g_file_set_contents (path, "hello", 5, NULL));
  creator = btfw_creator_new (path);
  btfw_creator_add_tracker (creator, "http://second/a", 7);
  btfw_creator_add_tracker (creator, "http://first/a", 2);
  btfw_creator_add_tracker (creator, "udp://first/b", 2);
  btfw_creator_add_tracker (creator, "http://first/a", 9);
  btfw_creator_add_web_seed (creator, "http://seed/x");
  btfw_creator_set_comment (creator, "hi");
  btfw_creator_set_creation_date (creator, 1700000000);
  btfw_creator_set_private (creator, TRUE);
  bytes = run (creator);

  expected = notation_to_bytes ("d 'announce' 'http://first/a'"
                                " 'announce-list' l l 'http://first/a' 'udp://first/b' e l 'http://second/a' e e"
                                " 'comment' 'hi' 'created by' 'btfw " BTFW_VERSION "' 'creation date' i1700000000e"
                                " 'info' d 'length' i5e 'name' 'hello.txt' 'piece length' i16384e 'pieces'"
                                " '\xaa\xf4\xc6\x1d\xdc\xc5\xe8\xa2\xda\xbe\xde\x0f\x3b\x48\x2c\xd9\xae\xa9\x43\x4d'"
                                " 'private' i1e e 'url-list' l 'http://seed/x' e e");
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
}

static void
test_info_hash_is_that_of_the_written_bytes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwCreator)  creator = NULL;
  g_autoptr (GBytes)       bytes = NULL;
  g_autoptr (BtfwMetainfo) metainfo = NULL;
  g_autofree char         *sum = NULL, *hash = NULL;
  const char              *torrent, *info;
  gsize                    size;

  make_file (fixture, "data", 100000);
  creator = new_creator (fixture, "data");
  bytes = run (creator);
  metainfo = parse (bytes);

  /* The info dictionary is the last thing in this torrent but for one "e". */
  torrent = g_bytes_get_data (bytes, &size);
  info = memmem (torrent, size, "4:info", 6);
  g_assert_nonnull (info);
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, (const guchar *) info + 6, (gsize) (torrent + size - 1 - info - 6));
  hash = btfw_info_hash_to_string (btfw_metainfo_get_info_hash (metainfo));
  g_assert_cmpstr (hash, ==, sum);
}

static void
test_folder_comes_in_the_order_of_its_paths (Fixture *fixture, gconstpointer data)
{
  static const char *const paths[] = { "t/Y", "t/a b", "t/a.b", "t/a/c", "t/a/d/e", "t/empty", "t/z", "t/\xc3\xa9" };
  g_autoptr (BtfwCreator)  creator = NULL;
  g_autoptr (GBytes)       bytes = NULL;
  g_autoptr (BtfwMetainfo) metainfo = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    make_file (fixture, paths[G_N_ELEMENTS (paths) - 1 - i], strstr (paths[G_N_ELEMENTS (paths) - 1 - i], "empty") ? 0 : 1000 + i);
  creator = new_creator (fixture, "t");
  bytes = run (creator);
  metainfo = parse (bytes);

  g_assert_true (btfw_metainfo_is_multi_file (metainfo));
  g_assert_cmpuint (btfw_layout_get_n_files (btfw_metainfo_get_layout (metainfo)), ==, G_N_ELEMENTS (paths));
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    g_assert_cmpstr (btfw_layout_get_file_path (btfw_metainfo_get_layout (metainfo), i), ==, paths[i]);
  assert_pieces_are_right (fixture, metainfo);
}

static void
test_links_and_special_files_are_left_out (Fixture *fixture, gconstpointer data)
{
  g_autofree char         *link = g_build_filename (fixture->dir, "t", "link", NULL);
  g_autofree char         *folder_link = g_build_filename (fixture->dir, "t", "loop", NULL);
  g_autofree char         *fifo = g_build_filename (fixture->dir, "t", "fifo", NULL);
  g_autoptr (BtfwCreator)  creator = NULL;
  g_autoptr (GBytes)       bytes = NULL;
  g_autoptr (BtfwMetainfo) metainfo = NULL;

  make_file (fixture, "t/file", 10);
  make_file (fixture, "outside", 10);
  g_assert_cmpint (symlink ("../outside", link), ==, 0);
  g_assert_cmpint (symlink ("..", folder_link), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  creator = new_creator (fixture, "t");
  bytes = run (creator);
  metainfo = parse (bytes);

  g_assert_cmpuint (btfw_layout_get_n_files (btfw_metainfo_get_layout (metainfo)), ==, 1);
  g_assert_cmpstr (btfw_layout_get_file_path (btfw_metainfo_get_layout (metainfo), 0), ==, "t/file");
}

/* Sizes around those of pieces, stripes and groups of lanes. */
typedef struct
{
  const char *name;
  guint32     piece_size;
  gsize       sizes[6];
} HashCase;

#define KIB 1024u

static const HashCase hash_cases[] = {
  { "one-byte", 16 * KIB, { 1 } },
  { "one-piece", 16 * KIB, { 16 * KIB } },
  { "one-byte-more", 16 * KIB, { 16 * KIB + 1 } },
  { "files-across-pieces", 16 * KIB, { 5, 40000, 16 * KIB, 1, 70000, 3 } },
  { "many-small-pieces", 16 * KIB, { 16 * KIB * 100 + 77 } },
  { "pieces-of-many-stripes", 1024 * KIB, { 3000 * KIB, 1, 2100 * KIB } },
  { "piece-larger-than-all", 4096 * KIB, { 300 * KIB, 200 * KIB + 1 } },
  { "whole-groups", 64 * KIB, { 64 * KIB * 32 } },
  { "a-short-last-group", 64 * KIB, { 64 * KIB * 37 + 5 } },
};

static void
test_hashes (Fixture *fixture, gconstpointer data)
{
  const HashCase          *row = data;
  g_autoptr (BtfwCreator)  creator = NULL;
  g_autoptr (GBytes)       bytes = NULL, again = NULL;
  g_autoptr (BtfwMetainfo) metainfo = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (row->sizes) && row->sizes[i] > 0; i++)
    {
      g_autofree char *path = g_strdup_printf ("t/%u", i);

      make_file (fixture, path, row->sizes[i]);
    }

  creator = new_creator (fixture, "t");
  g_assert_true (btfw_creator_set_piece_size (creator, row->piece_size, NULL));
  bytes = run (creator);
  again = run (creator);
  metainfo = parse (bytes);

  g_assert_true (g_bytes_equal (bytes, again));
  g_assert_cmpuint (btfw_layout_get_piece_size (btfw_metainfo_get_layout (metainfo)), ==, row->piece_size);
  assert_pieces_are_right (fixture, metainfo);
}

static void
test_everything_comes_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwCreator)  creator = NULL;
  g_autoptr (GBytes)       bytes = NULL;
  g_autoptr (BtfwMetainfo) metainfo = NULL;

  make_file (fixture, "t/a", 10);
  creator = new_creator (fixture, "t");
  btfw_creator_set_name (creator, "Another name");
  btfw_creator_set_comment (creator, "\xe2\x82\xac comment");
  btfw_creator_add_tracker (creator, "http://a/", 0);
  btfw_creator_add_tracker (creator, "http://b/", 1);
  btfw_creator_add_web_seed (creator, "http://s/");
  bytes = run (creator);
  metainfo = parse (bytes);

  g_assert_cmpstr (btfw_metainfo_get_name (metainfo), ==, "Another name");
  g_assert_cmpstr (btfw_layout_get_file_path (btfw_metainfo_get_layout (metainfo), 0), ==, "Another name/a");
  g_assert_cmpstr (btfw_metainfo_get_comment (metainfo), ==, "\xe2\x82\xac comment");
  g_assert_cmpstr (btfw_metainfo_get_created_by (metainfo), ==, "btfw " BTFW_VERSION);
  g_assert_cmpint (btfw_metainfo_get_creation_date (metainfo), ==, 0);
  g_assert_false (btfw_metainfo_is_private (metainfo));
  g_assert_cmpuint (btfw_metainfo_get_n_tiers (metainfo), ==, 2);
  g_assert_cmpstr (btfw_metainfo_get_tier (metainfo, 1)[0], ==, "http://b/");
  g_assert_cmpstr (btfw_metainfo_get_web_seeds (metainfo)[0], ==, "http://s/");
}

static void
count_progress (BtfwCreator *creator, guint64 done, guint64 total, gpointer user_data)
{
  guint64 *last = user_data;

  g_assert_true (BTFW_IS_CREATOR (creator));
  g_assert_cmpuint (done, >=, *last);
  g_assert_cmpuint (done, <=, total);
  g_assert_cmpuint (total, ==, 3000000);
  *last = done;
}

static void
test_progress_ends_at_the_total (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwCreator) creator = NULL;
  g_autoptr (GBytes)      bytes = NULL;
  g_autoptr (GError)      error = NULL;
  guint64                 last = 0;

  make_file (fixture, "data", 3000000);
  creator = new_creator (fixture, "data");
  bytes = run_with (creator, count_progress, &last, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (last, ==, 3000000);
}

static void
test_cancelled_run_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (BtfwCreator)  creator = NULL;
  g_autoptr (GError)       error = NULL;

  make_file (fixture, "t/a", 100000);
  creator = new_creator (fixture, "t");
  g_cancellable_cancel (cancellable);

  g_assert_null (run_with (creator, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* More than is hashed in a moment, and takes no room on the disk. */
#define SPARSE_SIZE (G_GUINT64_CONSTANT (64) << 30)

static void
cancel_at_once (BtfwCreator *creator, guint64 done, guint64 total, gpointer user_data)
{
  g_assert_cmpuint (done, <, total / 2);
  g_cancellable_cancel (user_data);
}

static void
test_running_threads_are_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (BtfwCreator)  creator = NULL;
  g_autoptr (GError)       error = NULL;
  g_autofree char         *path = g_build_filename (fixture->dir, "sparse", NULL);

  make_file (fixture, "sparse", 0);
  g_assert_cmpint (truncate (path, (off_t) SPARSE_SIZE), ==, 0);
  creator = new_creator (fixture, "sparse");

  /* Without an end of all threads at once, progress would come to the other half. */
  g_assert_null (run_with (creator, cancel_at_once, cancellable, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_wrong_inputs_are_named (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwCreator) absent = new_creator (fixture, "absent");
  g_autoptr (BtfwCreator) empty = new_creator (fixture, "empty");
  g_autoptr (BtfwCreator) bad_url = new_creator (fixture, "full");
  g_autoptr (BtfwCreator) bad_name = new_creator (fixture, "full");

  make_file (fixture, "empty/nothing", 0);
  make_file (fixture, "full/a", 1);
  btfw_creator_add_tracker (bad_url, "tracker.example", 0);
  btfw_creator_set_name (bad_name, "../x");

  assert_fails (absent, BTFW_ERROR_NOT_FOUND, "absent");
  assert_fails (empty, BTFW_ERROR_INVALID, "“empty”");
  assert_fails (bad_url, BTFW_ERROR_INVALID, "tracker.example");
  assert_fails (bad_name, BTFW_ERROR_INVALID, "../x");
}

/* What the rule for names would change, in this order. */
typedef struct
{
  const char *name;
  const char *file;
  const char *message;
} NameCase;

static const NameCase name_cases[] = {
  { "backslash", "t/a\\b", "t/a%5Cb" },
  { "newline", "t/a\nb", "t/a%0Ab" },
  { "only-dots", "t/.../b", "t/..%2E/b" },
  { "invalid-utf-8", "t/\xff", "t/%FF" },
};

static void
test_names_that_cannot_be_kept (Fixture *fixture, gconstpointer data)
{
  const NameCase         *row = data;
  g_autoptr (BtfwCreator) creator = new_creator (fixture, "t");

  make_file (fixture, row->file, 10);
  assert_fails (creator, BTFW_ERROR_INVALID, row->message);
}

static void
test_names_that_only_others_refuse_are_kept (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "12:30.log", "CON", "R.E.M./x ", "README", "ReadMe", "aux.c", "e\xcc\x81", "\xc3\xa9" };
  g_autoptr (BtfwCreator)  creator = new_creator (fixture, "t");
  g_autoptr (BtfwMetainfo) metainfo = NULL;
  g_autoptr (GBytes)       bytes = NULL;
  BtfwLayout              *layout;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("t/", names[i], NULL);

      make_file (fixture, path, 10);
    }

  bytes = run (creator);
  metainfo = parse (bytes);
  layout = btfw_metainfo_get_layout (metainfo);
  g_assert_cmpuint (btfw_layout_get_n_files (layout), ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpstr (btfw_layout_get_file_path (layout, i) + strlen ("t/"), ==, names[i]);
}

static void
test_piece_sizes_are_checked (void)
{
  static const struct
  {
    guint32  piece_size;
    gboolean is_good;
  } rows[] = { { 0, TRUE }, { 16 * KIB, TRUE }, { 64 * KIB * KIB, TRUE }, { 1, FALSE }, { 8 * KIB, FALSE },
               { 48 * KIB, FALSE }, { 128 * KIB * KIB, FALSE }, { G_MAXUINT32, FALSE } };
  g_autoptr (BtfwCreator) creator = btfw_creator_new ("/nowhere");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (btfw_creator_set_piece_size (creator, rows[i].piece_size, &error), ==, rows[i].is_good);
      g_assert_cmpint (error != NULL, ==, !rows[i].is_good);
    }
}

static void
test_chosen_piece_sizes_give_1000_to_2000_pieces (void)
{
  BtfwTorrentDraft draft;

  btfw_torrent_draft_init (&draft);
  g_assert_cmpuint (btfw_torrent_draft_get_piece_size (&draft, 1, NULL), ==, 16 * KIB);
  for (guint64 size = 20u << 20; size < G_GUINT64_CONSTANT (30) << 30; size += size / 3)
    {
      guint64 n_pieces = size / btfw_torrent_draft_get_piece_size (&draft, size, NULL);

      g_assert_cmpuint (n_pieces, >=, 999);
      g_assert_cmpuint (n_pieces, <=, 2000);
    }

  g_assert_cmpuint (btfw_torrent_draft_get_piece_size (&draft, G_GUINT64_CONSTANT (1) << 40, NULL), ==, 16u << 20);
  g_assert_cmpuint (btfw_torrent_draft_get_piece_size (&draft, G_GUINT64_CONSTANT (1) << 45, NULL), ==, 32u << 20);
  draft.piece_size = 16 * KIB;
  g_assert_cmpuint (btfw_torrent_draft_get_piece_size (&draft, G_GUINT64_CONSTANT (1) << 40, NULL), ==, 0);
  btfw_torrent_draft_clear (&draft);
}

/* A walk over one file, after which that file becomes something else. */
static BtfwFileWalk *
walk_one (Fixture *fixture)
{
  g_autofree char   *folder = g_build_filename (fixture->dir, "t", NULL);
  g_autoptr (GError) error = NULL;
  BtfwFileWalk      *walk;

  make_file (fixture, "t/file", 1000);
  walk = btfw_file_walk_new (folder, NULL, &error);
  g_assert_no_error (error);
  return walk;
}

static void
assert_has_changed (BtfwFileWalk *walk)
{
  g_autoptr (GError)     open_error = NULL, check_error = NULL, hash_error = NULL;
  g_autoptr (BtfwLayout) layout = btfw_layout_new_single ("file", 1000, 16 * KIB);
  atomic_ullong          n_bytes;
  guint8                 hash[BTFW_PIECE_HASH_SIZE];

  atomic_init (&n_bytes, 0);
  g_assert_cmpint (btfw_file_walk_open (walk, 0, &open_error), ==, -1);
  g_assert_nonnull (strstr (open_error->message, "“file”"));
  g_assert_false (btfw_file_walk_check (walk, &check_error));
  g_assert_error (check_error, BTFW_ERROR, BTFW_ERROR_BUSY);
  g_assert_false (btfw_piece_hasher_run (walk, layout, hash, &n_bytes, NULL, &hash_error));
  g_assert_nonnull (hash_error);
}

static void
test_unchanged_file_passes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwFileWalk) walk = walk_one (fixture);
  int                      fd = btfw_file_walk_open (walk, 0, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_true (btfw_file_walk_check (walk, NULL));
}

static void
test_grown_file_is_noticed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwFileWalk) walk = walk_one (fixture);
  g_autofree char         *path = g_build_filename (fixture->dir, "t", "file", NULL);

  g_assert_cmpint (truncate (path, 1001), ==, 0);
  assert_has_changed (walk);
}

static void
test_rewritten_file_is_noticed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwFileWalk) walk = walk_one (fixture);
  g_autofree char         *path = g_build_filename (fixture->dir, "t", "file", NULL);
  const struct timespec    times[2] = { { 0, UTIME_OMIT }, { 1, 1 } };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
  assert_has_changed (walk);
}

static void
test_file_that_became_a_link_is_noticed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwFileWalk) walk = walk_one (fixture);
  g_autofree char         *path = g_build_filename (fixture->dir, "t", "file", NULL);
  g_autofree char         *moved = g_build_filename (fixture->dir, "moved", NULL);

  g_assert_cmpint (g_rename (path, moved), ==, 0);
  g_assert_cmpint (symlink (moved, path), ==, 0);
  assert_has_changed (walk);
}

static void
test_file_that_became_a_pipe_is_not_waited_for (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwFileWalk) walk = walk_one (fixture);
  g_autofree char         *path = g_build_filename (fixture->dir, "t", "file", NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  assert_has_changed (walk);
}

static void
test_vanished_file_is_noticed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BtfwFileWalk) walk = walk_one (fixture);
  g_autofree char         *path = g_build_filename (fixture->dir, "t", "file", NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
  assert_has_changed (walk);
}

static void
add_test (const char *path, void (*test) (Fixture *, gconstpointer), gconstpointer data)
{
  g_test_add (path, Fixture, data, set_up, test, tear_down);
}

static void
add_tables (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (hash_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/creator/hashes/", hash_cases[i].name, NULL);
      add_test (path, test_hashes, &hash_cases[i]);
    }
  add_test ("/creator/names-that-only-others-refuse-are-kept", test_names_that_only_others_refuse_are_kept, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (name_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/creator/names-that-cannot-be-kept/", name_cases[i].name, NULL);
      add_test (path, test_names_that_cannot_be_kept, &name_cases[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_tables ();
  add_test ("/creator/single-file-is-written-exactly", test_single_file_is_written_exactly, NULL);
  add_test ("/creator/info-hash-is-that-of-the-written-bytes", test_info_hash_is_that_of_the_written_bytes, NULL);
  add_test ("/creator/folder-comes-in-the-order-of-its-paths", test_folder_comes_in_the_order_of_its_paths, NULL);
  add_test ("/creator/links-and-special-files-are-left-out", test_links_and_special_files_are_left_out, NULL);
  add_test ("/creator/everything-comes-back", test_everything_comes_back, NULL);
  add_test ("/creator/progress-ends-at-the-total", test_progress_ends_at_the_total, NULL);
  add_test ("/creator/cancelled-run-fails", test_cancelled_run_fails, NULL);
  add_test ("/creator/running-threads-are-cancelled", test_running_threads_are_cancelled, NULL);
  add_test ("/creator/wrong-inputs-are-named", test_wrong_inputs_are_named, NULL);
  g_test_add_func ("/creator/piece-size/is-checked", test_piece_sizes_are_checked);
  g_test_add_func ("/creator/piece-size/chosen-gives-1000-to-2000-pieces", test_chosen_piece_sizes_give_1000_to_2000_pieces);
  add_test ("/creator/changes/unchanged-file-passes", test_unchanged_file_passes, NULL);
  add_test ("/creator/changes/grown-file", test_grown_file_is_noticed, NULL);
  add_test ("/creator/changes/rewritten-file", test_rewritten_file_is_noticed, NULL);
  add_test ("/creator/changes/file-that-became-a-link", test_file_that_became_a_link_is_noticed, NULL);
  add_test ("/creator/changes/pipe-is-not-waited-for", test_file_that_became_a_pipe_is_not_waited_for, NULL);
  add_test ("/creator/changes/vanished-file", test_vanished_file_is_noticed, NULL);

  return g_test_run ();
}
