/* piece-map.c: tests that the map of pieces agrees with what was told to it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/piece-map.h"

#include "meta/layout.h"

#define PIECE 100u
#define SIZE 1030u
#define N_PIECES 11u

enum
{
  FILE_FIRST, /* pieces 0 to 2 */
  FILE_EMPTY,
  FILE_PAD,   /* piece 2 */
  FILE_LAST,  /* pieces 2 to 10, of which the last is short */
  N_FILES
};

typedef struct
{
  BtfwLayout  *layout;
  BtfwPieceMap map;
} Fixture;

static BtfwLayout *
make_layout (void)
{
  BtfwLayoutBuilder *builder = btfw_layout_builder_new (BTFW_LAYOUT_PACKED, PIECE);

  btfw_layout_builder_add (builder, "first", 250, 0, NULL);
  btfw_layout_builder_add (builder, "empty", 0, 0, NULL);
  btfw_layout_builder_add (builder, "pad", 10, BTFW_FILE_PAD, NULL);
  btfw_layout_builder_add (builder, "last", SIZE - 260, 0, NULL);
  return btfw_layout_builder_finish (builder);
}

static void
setup (Fixture *f, gconstpointer data)
{
  f->layout = make_layout ();
  g_assert_true (btfw_piece_map_init (&f->map, f->layout));
}

static void
teardown (Fixture *f, gconstpointer data)
{
  btfw_piece_map_clear (&f->map);
  btfw_layout_unref (f->layout);
}

/* What follows from have and priorities, counted the slow way. */
static void
assert_consistent (const BtfwPieceMap *map)
{
  guint64 wanted = 0;
  guint64 done = 0;

  for (guint32 piece = 0; piece < map->n_pieces; piece++)
    {
      gboolean is_wanted = btfw_piece_map_get_priority (map, piece) != BTFW_PRIORITY_SKIP;
      gboolean is_here = btfw_bitfield_get (&map->have, piece);
      guint32  length = btfw_layout_get_piece_length (map->layout, piece);

      wanted += is_wanted ? length : 0;
      done += is_wanted && is_here ? length : 0;
      g_assert_cmpint (btfw_bitfield_get (&map->missing, piece), ==, is_wanted && !is_here);
    }
  g_assert_cmpuint (map->wanted_bytes, ==, wanted);
  g_assert_cmpuint (map->done_bytes, ==, done);
}

static void
test_begins_with_nothing (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (f->map.n_pieces, ==, N_PIECES);
  g_assert_cmpuint (f->map.missing.n_set, ==, N_PIECES);
  g_assert_cmpuint (f->map.wanted_bytes, ==, SIZE);
  g_assert_cmpuint (f->map.done_bytes, ==, 0);
  g_assert_cmpint (btfw_piece_map_get_priority (&f->map, 0), ==, BTFW_PRIORITY_NORMAL);
  g_assert_cmpint (btfw_piece_map_get_priority (&f->map, N_PIECES), ==, BTFW_PRIORITY_SKIP);
  assert_consistent (&f->map);
}

static void
test_pieces_come_and_go_once (Fixture *f, gconstpointer data)
{
  guint64 serial = f->map.serial;

  g_assert_true (btfw_piece_map_set_have (&f->map, 10));
  g_assert_false (btfw_piece_map_set_have (&f->map, 10));
  g_assert_cmpuint (f->map.done_bytes, ==, 30);
  g_assert_cmpuint (f->map.serial, >, serial);
  assert_consistent (&f->map);

  serial = f->map.serial;
  g_assert_true (btfw_piece_map_unset_have (&f->map, 10));
  g_assert_false (btfw_piece_map_unset_have (&f->map, 10));
  g_assert_cmpuint (f->map.done_bytes, ==, 0);
  g_assert_cmpuint (f->map.serial, >, serial);
  assert_consistent (&f->map);
}

static void
test_there_is_no_piece_past_the_end (Fixture *f, gconstpointer data)
{
  g_assert_false (btfw_piece_map_set_have (&f->map, N_PIECES));
  g_assert_false (btfw_piece_map_unset_have (&f->map, G_MAXUINT32));
  g_assert_cmpuint (btfw_piece_map_get_count (&f->map, N_PIECES), ==, 0);
  assert_consistent (&f->map);
}

typedef struct
{
  const char *name;
  guint8      priorities[N_FILES];
  guint8      pieces[N_PIECES];
} PriorityCase;

static const PriorityCase priority_cases[] = {
  { "all-normal", { 2, 2, 2, 2 }, { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 } },
  { "shared-piece-takes-the-higher", { 1, 2, 2, 3 }, { 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3 } },
  { "skipped-neighbour-wants-the-edge", { 0, 2, 2, 2 }, { 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2 } },
  { "last-skipped", { 2, 0, 0, 0 }, { 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0 } },
  { "pad-and-empty-want-nothing", { 0, 3, 3, 0 }, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
};

static void
test_priorities (Fixture *f, gconstpointer data)
{
  const PriorityCase *priorities = data;

  btfw_piece_map_set_have (&f->map, 1);
  btfw_piece_map_set_have (&f->map, 7);
  btfw_piece_map_set_file_priorities (&f->map, priorities->priorities);
  for (guint32 piece = 0; piece < N_PIECES; piece++)
    g_assert_cmpint (btfw_piece_map_get_priority (&f->map, piece), ==, priorities->pieces[piece]);
  assert_consistent (&f->map);

  btfw_piece_map_set_file_priorities (&f->map, NULL);
  g_assert_cmpint (btfw_piece_map_get_priority (&f->map, 0), ==, BTFW_PRIORITY_NORMAL);
  g_assert_cmpuint (f->map.wanted_bytes, ==, SIZE);
  assert_consistent (&f->map);
}

/* A piece of a skipped file may be here all the same, and go again. */
static void
test_unwanted_pieces_count_for_nothing (Fixture *f, gconstpointer data)
{
  static const guint8 priorities[N_FILES] = { 2, 2, 2, 0 };

  btfw_piece_map_set_file_priorities (&f->map, priorities);
  g_assert_true (btfw_piece_map_set_have (&f->map, 5));
  g_assert_cmpuint (f->map.done_bytes, ==, 0);
  assert_consistent (&f->map);
  g_assert_true (btfw_piece_map_unset_have (&f->map, 5));
  assert_consistent (&f->map);
}

static void
test_counts (Fixture *f, gconstpointer data)
{
  BtfwBitfield pieces;

  g_assert_cmpuint (btfw_piece_map_get_count (&f->map, 3), ==, 0);
  btfw_bitfield_init (&pieces, N_PIECES);
  btfw_bitfield_set (&pieces, 3);
  btfw_bitfield_set (&pieces, 10);
  btfw_piece_map_count_all (&f->map, &pieces, 1);
  btfw_piece_map_count (&f->map, 3, 1);
  g_assert_cmpuint (btfw_piece_map_get_count (&f->map, 3), ==, 2);
  g_assert_cmpuint (btfw_piece_map_get_count (&f->map, 10), ==, 1);
  g_assert_cmpuint (btfw_piece_map_get_count (&f->map, 4), ==, 0);
  btfw_piece_map_count_all (&f->map, &pieces, -1);
  g_assert_cmpuint (btfw_piece_map_get_count (&f->map, 3), ==, 1);
  g_assert_cmpuint (btfw_piece_map_get_count (&f->map, 10), ==, 0);
  btfw_bitfield_clear (&pieces);
}

static void
test_random_changes (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 5000; i++)
    {
      guint32 piece = (guint32) g_test_rand_int_range (0, N_PIECES + 2);
      guint8  priorities[N_FILES];

      switch (g_test_rand_int_range (0, 3))
        {
        case 0:
          btfw_piece_map_set_have (&f->map, piece);
          break;
        case 1:
          btfw_piece_map_unset_have (&f->map, piece);
          break;
        default:
          for (guint file = 0; file < N_FILES; file++)
            priorities[file] = (guint8) g_test_rand_int_range (BTFW_PRIORITY_SKIP, BTFW_PRIORITY_HIGH + 1);
          btfw_piece_map_set_file_priorities (&f->map, priorities);
        }
      assert_consistent (&f->map);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/piece-map/begins-with-nothing", Fixture, NULL, setup, test_begins_with_nothing, teardown);
  g_test_add ("/piece-map/pieces-come-and-go-once", Fixture, NULL, setup, test_pieces_come_and_go_once, teardown);
  g_test_add ("/piece-map/there-is-no-piece-past-the-end", Fixture, NULL, setup, test_there_is_no_piece_past_the_end, teardown);
  for (gsize i = 0; i < G_N_ELEMENTS (priority_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/piece-map/priorities/%s", priority_cases[i].name);

      g_test_add (path, Fixture, &priority_cases[i], setup, test_priorities, teardown);
    }
  g_test_add ("/piece-map/unwanted-pieces-count-for-nothing", Fixture, NULL, setup, test_unwanted_pieces_count_for_nothing, teardown);
  g_test_add ("/piece-map/counts", Fixture, NULL, setup, test_counts, teardown);
  g_test_add ("/piece-map/random-changes", Fixture, NULL, setup, test_random_changes, teardown);
  return g_test_run ();
}
