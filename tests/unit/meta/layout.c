/* layout.c: tests of where the files of a torrent lie. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "meta/layout.h"

#include <btfw/btfw-error.h>

/* Three files with an empty one between them, and one at each end:
 * a: 0..9, empty, b: 10..14, c: 15..34; pieces of 8. */
static BtfwLayout *
new_packed (void)
{
  static const struct
  {
    const char *path;
    guint64     length;
  } files[] = { { "t/first-empty", 0 }, { "t/a", 10 }, { "t/empty", 0 }, { "t/b", 5 }, { "t/c", 20 }, { "t/last-empty", 0 } };
  BtfwLayoutBuilder *builder = btfw_layout_builder_new (BTFW_LAYOUT_PACKED, 8);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_assert_true (btfw_layout_builder_add (builder, files[i].path, files[i].length, 0, NULL));

  return btfw_layout_builder_finish (builder);
}

static BtfwLayout *
new_aligned (void)
{
  static const guint64 lengths[] = { 20, 0, 16, 5 };
  BtfwLayoutBuilder   *builder = btfw_layout_builder_new (BTFW_LAYOUT_ALIGNED, 16);

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *path = g_strdup_printf ("t/%u", i);
      g_assert_true (btfw_layout_builder_add (builder, path, lengths[i], BTFW_FILE_EXECUTABLE, NULL));
    }

  return btfw_layout_builder_finish (builder);
}

static void
test_pieces_of_packed_files (void)
{
  g_autoptr (BtfwLayout) layout = new_packed ();

  g_assert_cmpuint (btfw_layout_get_size (layout), ==, 35);
  g_assert_cmpuint (btfw_layout_get_n_pieces (layout), ==, 5);
  g_assert_cmpuint (btfw_layout_get_piece_size (layout), ==, 8);
  g_assert_cmpuint (btfw_layout_get_piece_length (layout, 0), ==, 8);
  g_assert_cmpuint (btfw_layout_get_piece_length (layout, 4), ==, 3);
  g_assert_cmpuint (btfw_layout_get_piece_offset (layout, 4), ==, 32);
}

static void
test_every_byte_has_its_file (void)
{
  g_autoptr (BtfwLayout) layout = new_packed ();

  for (guint64 offset = 0; offset < 35; offset++)
    {
      guint32 file = btfw_layout_find_file (layout, offset);

      g_assert_cmpuint (file, ==, offset < 10 ? 1 : offset < 15 ? 3 : 4);
      g_assert_cmpuint (btfw_layout_get_file_offset (layout, file), <=, offset);
      g_assert_cmpuint (offset - btfw_layout_get_file_offset (layout, file), <, btfw_layout_get_file_length (layout, file));
    }
}

static void
test_files_know_their_pieces (void)
{
  static const struct
  {
    gboolean has_pieces;
    guint32  first, last;
  } expected[] = { { FALSE, 0, 0 }, { TRUE, 0, 1 }, { FALSE, 0, 0 }, { TRUE, 1, 1 }, { TRUE, 1, 4 }, { FALSE, 0, 0 } };
  g_autoptr (BtfwLayout) layout = new_packed ();

  for (guint32 i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      guint32 first = 0, last = 0;

      g_assert_cmpint (btfw_layout_get_file_pieces (layout, i, &first, &last), ==, expected[i].has_pieces);
      g_assert_cmpuint (first, ==, expected[i].first);
      g_assert_cmpuint (last, ==, expected[i].last);
    }
}

static void
test_files_know_what_is_here (void)
{
  g_autoptr (BtfwLayout) layout = new_packed ();
  g_autoptr (BtfwLayout) aligned = new_aligned ();
  static const guint8 second_and_last[] = { 0x48 };
  static const guint8 all[] = { 0xff };
  g_autoptr (GBytes) some = g_bytes_new_static (second_and_last, 1);
  g_autoptr (GBytes) every = g_bytes_new_static (all, 1);
  g_autoptr (GBytes) none = g_bytes_new_static ("", 0);

  /* Pieces 8..15 and 32..34 are here. */
  g_assert_cmpuint (btfw_layout_get_file_done (layout, 0, some), ==, 0);
  g_assert_cmpuint (btfw_layout_get_file_done (layout, 1, some), ==, 2);
  g_assert_cmpuint (btfw_layout_get_file_done (layout, 3, some), ==, 5);
  g_assert_cmpuint (btfw_layout_get_file_done (layout, 4, some), ==, 1 + 3);
  for (guint32 file = 0; file < btfw_layout_get_n_files (layout); file++)
    {
      g_assert_cmpuint (btfw_layout_get_file_done (layout, file, every), ==, btfw_layout_get_file_length (layout, file));
      g_assert_cmpuint (btfw_layout_get_file_done (layout, file, none), ==, 0);
      g_assert_cmpuint (btfw_layout_get_file_done (layout, file, NULL), ==, 0);
    }
  for (guint32 file = 0; file < btfw_layout_get_n_files (aligned); file++)
    g_assert_cmpuint (btfw_layout_get_file_done (aligned, file, every), ==,
                      btfw_layout_get_file_flags (aligned, file) & BTFW_FILE_PAD ? 0 : btfw_layout_get_file_length (aligned, file));
}

static void
test_aligned_files_begin_pieces (void)
{
  /* 0: 20 bytes, pad 12, 1: empty, 2: 16 bytes, 3: 5 bytes. */
  static const guint32   piece_lengths[] = { 16, 4, 16, 5 };
  g_autoptr (BtfwLayout) layout = new_aligned ();

  g_assert_cmpuint (btfw_layout_get_size (layout), ==, 53);
  g_assert_cmpuint (btfw_layout_get_n_pieces (layout), ==, G_N_ELEMENTS (piece_lengths));
  for (guint32 i = 0; i < G_N_ELEMENTS (piece_lengths); i++)
    g_assert_cmpuint (btfw_layout_get_piece_length (layout, i), ==, piece_lengths[i]);
}

static void
test_gaps_of_aligned_files_are_pads (void)
{
  g_autoptr (BtfwLayout) layout = new_aligned ();
  guint32                gap = btfw_layout_find_file (layout, 20);

  g_assert_cmpuint (btfw_layout_get_file_flags (layout, gap), ==, BTFW_FILE_PAD);
  g_assert_cmpstr (btfw_layout_get_file_path (layout, gap), ==, BTFW_PAD_PATH);
  g_assert_cmpuint (btfw_layout_get_file_length (layout, gap), ==, 12);
  g_assert_cmpstr (btfw_layout_get_file_path (layout, btfw_layout_find_file (layout, 32)), ==, "t/2");
  g_assert_cmpuint (btfw_layout_get_file_flags (layout, 0), ==, BTFW_FILE_EXECUTABLE);
}

static void
test_sums_never_wrap (void)
{
  g_autoptr (GError)            error = NULL;
  g_autoptr (BtfwLayoutBuilder) builder = btfw_layout_builder_new (BTFW_LAYOUT_PACKED, 1);

  g_assert_false (btfw_layout_builder_add (builder, "a", G_MAXUINT64, 0, NULL));
  g_assert_true (btfw_layout_builder_add (builder, "a", BTFW_TORRENT_SIZE_MAX, 0, NULL));
  g_assert_false (btfw_layout_builder_add (builder, "b", 1, 0, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
  g_assert_cmpuint (btfw_layout_builder_get_size (builder), ==, BTFW_TORRENT_SIZE_MAX);
}

static void
test_single_file (void)
{
  g_autoptr (BtfwLayout) layout = btfw_layout_new_single ("x", 33, 16);

  g_assert_cmpuint (btfw_layout_get_n_files (layout), ==, 1);
  g_assert_cmpstr (btfw_layout_get_file_path (layout, 0), ==, "x");
  g_assert_cmpuint (btfw_layout_get_n_pieces (layout), ==, 3);
  g_assert_cmpuint (btfw_layout_get_piece_length (layout, 2), ==, 1);
}

static void
test_derived_keeps_names_and_outlives_origin (void)
{
  static const guint64   lengths[] = { 1, 12, 0, 6, 22, 0 };
  g_autoptr (BtfwLayout) origin = new_packed ();
  g_autoptr (BtfwLayout) derived = btfw_layout_new_derived (origin, lengths, G_N_ELEMENTS (lengths), 16);
  g_autoptr (BtfwLayout) again = btfw_layout_new_derived (derived, lengths, G_N_ELEMENTS (lengths), 4);

  g_clear_pointer (&origin, btfw_layout_unref);
  g_clear_pointer (&derived, btfw_layout_unref);
  g_assert_cmpstr (btfw_layout_get_file_path (again, 4), ==, "t/c");
  g_assert_cmpuint (btfw_layout_get_size (again), ==, 41);
  g_assert_cmpuint (btfw_layout_get_n_pieces (again), ==, 11);
  g_assert_cmpuint (btfw_layout_get_file_offset (again, 4), ==, 19);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/layout/pieces-of-packed-files", test_pieces_of_packed_files);
  g_test_add_func ("/layout/every-byte-has-its-file", test_every_byte_has_its_file);
  g_test_add_func ("/layout/files-know-their-pieces", test_files_know_their_pieces);
  g_test_add_func ("/layout/files-know-what-is-here", test_files_know_what_is_here);
  g_test_add_func ("/layout/aligned-files-begin-pieces", test_aligned_files_begin_pieces);
  g_test_add_func ("/layout/gaps-of-aligned-files-are-pads", test_gaps_of_aligned_files_are_pads);
  g_test_add_func ("/layout/sums-never-wrap", test_sums_never_wrap);
  g_test_add_func ("/layout/single-file", test_single_file);
  g_test_add_func ("/layout/derived-keeps-names-and-outlives-origin", test_derived_keeps_names_and_outlives_origin);

  return g_test_run ();
}
