/* active.c: tests of the pieces that are on their way, block by block. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/active.h"

#define BLOCK BTFW_BLOCK_SIZE
#define PIECE (4u * BLOCK)
/* The last piece has two blocks, of which the second is one byte long. */
#define N_PIECES 200u
#define SIZE ((guint64) (N_PIECES - 1) * PIECE + BLOCK + 1)

typedef struct
{
  BtfwLayout *layout;
  BtfwActives actives;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->layout = btfw_layout_new_single ("a", SIZE, PIECE);
  btfw_actives_init (&f->actives, f->layout);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  btfw_actives_clear (&f->actives);
  btfw_layout_unref (f->layout);
}

static void
test_finds_what_was_begun (Fixture *f, gconstpointer data)
{
  BtfwActivePiece *active;

  g_assert_null (btfw_actives_find (&f->actives, 5));
  active = btfw_actives_begin (&f->actives, 5);
  g_assert_true (btfw_actives_find (&f->actives, 5) == active);
  g_assert_null (btfw_actives_find (&f->actives, 6));
  g_assert_null (btfw_actives_find (&f->actives, N_PIECES));
  g_assert_null (btfw_actives_find (&f->actives, G_MAXUINT32));
  g_assert_cmpuint (active->n_blocks, ==, 4);
  g_assert_cmpuint (active->n_free, ==, 4);
  btfw_actives_end (&f->actives, active);
  g_assert_null (btfw_actives_find (&f->actives, 5));
}

/* Any order of beginning and ending, against a plain array. */
static void
test_table_in_any_order (Fixture *f, gconstpointer data)
{
  gboolean begun[N_PIECES] = { FALSE };
  guint    n = 0;

  for (guint i = 0; i < 20000; i++)
    {
      guint32          piece = (guint32) g_test_rand_int_range (0, N_PIECES);
      BtfwActivePiece *active = btfw_actives_find (&f->actives, piece);

      g_assert_cmpint (active != NULL, ==, begun[piece]);
      if (begun[piece])
        {
          g_assert_cmpuint (active->piece, ==, piece);
          btfw_actives_end (&f->actives, active);
        }
      else
        g_assert_nonnull (btfw_actives_begin (&f->actives, piece));
      begun[piece] = !begun[piece];
      n += begun[piece] ? 1u : -1u;
      g_assert_cmpuint (btfw_actives_get_n (&f->actives), ==, n);
    }
}

typedef struct
{
  const char *name;
  BtfwBlock   block;
  guint32     number; /* G_MAXUINT32 for none */
} BlockCase;

static const BlockCase block_cases[] = {
  { "first", { N_PIECES - 2, 0, BLOCK }, 0 },
  { "last", { N_PIECES - 2, 3 * BLOCK, BLOCK }, 3 },
  { "behind-the-last", { N_PIECES - 2, 4 * BLOCK, BLOCK }, G_MAXUINT32 },
  { "far-behind", { N_PIECES - 2, 0xffffc000, BLOCK }, G_MAXUINT32 },
  { "off-by-one", { N_PIECES - 2, 1, BLOCK }, G_MAXUINT32 },
  { "too-short", { N_PIECES - 2, 0, BLOCK - 1 }, G_MAXUINT32 },
  { "too-long", { N_PIECES - 2, 0, BLOCK + 1 }, G_MAXUINT32 },
  { "two-blocks", { N_PIECES - 2, 0, 2 * BLOCK }, G_MAXUINT32 },
  { "short-one-at-the-end", { N_PIECES - 1, BLOCK, 1 }, 1 },
  { "long-one-at-the-end", { N_PIECES - 1, BLOCK, BLOCK }, G_MAXUINT32 },
};

static void
test_block (Fixture *f, gconstpointer data)
{
  const BlockCase *row = data;
  BtfwActivePiece *active = btfw_actives_begin (&f->actives, row->block.piece);
  BtfwBlock        back;

  g_assert_cmpuint (btfw_active_find_block (active, &row->block), ==, row->number);
  if (row->number == G_MAXUINT32)
    return;
  back = btfw_active_get_block (active, row->number);
  g_assert_true (btfw_block_equal (&back, &row->block));
}

static void
test_asked_by_many_free_when_all_gave_up (Fixture *f, gconstpointer data)
{
  BtfwActivePiece *active = btfw_actives_begin (&f->actives, 0);

  btfw_active_ask (active, 1);
  btfw_active_ask (active, 1);
  g_assert_cmpuint (active->n_free, ==, 3);
  g_assert_false (btfw_active_unask (active, 1));
  g_assert_cmpuint (active->n_free, ==, 3);
  g_assert_true (btfw_active_unask (active, 1));
  g_assert_cmpuint (active->n_free, ==, 4);
  g_assert_cmpint (active->blocks[1].state, ==, BTFW_BLOCK_FREE);
}

static void
test_received_once (Fixture *f, gconstpointer data)
{
  BtfwActivePiece *active = btfw_actives_begin (&f->actives, 0);
  guint8           first, second;

  btfw_active_ask (active, 1);
  btfw_active_ask (active, 1);
  g_assert_true (btfw_active_receive (active, 1, &first, 7));
  g_assert_false (btfw_active_receive (active, 1, &second, 8));
  g_assert_true (active->blocks[1].data == &first);
  g_assert_cmpuint (active->blocks[1].source, ==, 7);
  g_assert_cmpuint (active->n_received, ==, 1);
  /* Both of those who were asked for it leave: it stays. */
  g_assert_false (btfw_active_unask (active, 1));
  g_assert_false (btfw_active_unask (active, 1));
  g_assert_cmpuint (active->n_free, ==, 3);
  active->blocks[1].data = NULL;
}

/* A late one that nobody owes any more. */
static void
test_received_unasked (Fixture *f, gconstpointer data)
{
  BtfwActivePiece *active = btfw_actives_begin (&f->actives, 0);
  guint8           late;

  g_assert_true (btfw_active_receive (active, 2, &late, 7));
  g_assert_cmpuint (active->n_free, ==, 3);
  active->blocks[2].data = NULL;
}

static void
test_restart_keeps_what_is_asked (Fixture *f, gconstpointer data)
{
  BtfwActivePiece *active = btfw_actives_begin (&f->actives, 0);
  guint8           bytes;

  btfw_active_ask (active, 0);
  btfw_active_receive (active, 1, &bytes, 7);
  active->blocks[1].data = NULL;
  active->blocks[1].state = BTFW_BLOCK_DONE;
  active->front = 2;
  btfw_active_restart (active);

  g_assert_cmpint (active->blocks[0].state, ==, BTFW_BLOCK_ASKED);
  g_assert_cmpint (active->blocks[1].state, ==, BTFW_BLOCK_FREE);
  g_assert_cmpuint (active->n_free, ==, 3);
  g_assert_cmpuint (active->n_received, ==, 0);
  g_assert_cmpuint (active->front, ==, 0);
  g_assert_cmpuint (active->blocks[1].source, ==, 0);
}

static void
test_there_is_an_end (void)
{
  g_autoptr (BtfwLayout) layout = btfw_layout_new_single ("a", (guint64) 70000 * BLOCK, BLOCK);
  BtfwActives            actives;

  btfw_actives_init (&actives, layout);
  for (guint32 piece = 0; piece < BTFW_ACTIVES_MAX; piece++)
    g_assert_nonnull (btfw_actives_begin (&actives, piece));
  g_assert_null (btfw_actives_begin (&actives, BTFW_ACTIVES_MAX));
  g_assert_cmpuint (btfw_actives_find (&actives, BTFW_ACTIVES_MAX - 1)->piece, ==, BTFW_ACTIVES_MAX - 1);
  btfw_actives_clear (&actives);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/actives/finds-what-was-begun", Fixture, NULL, setup, test_finds_what_was_begun, teardown);
  g_test_add ("/actives/table-in-any-order", Fixture, NULL, setup, test_table_in_any_order, teardown);
  g_test_add_func ("/actives/there-is-an-end", test_there_is_an_end);
  for (gsize i = 0; i < G_N_ELEMENTS (block_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/active/block/%s", block_cases[i].name);

      g_test_add (path, Fixture, &block_cases[i], setup, test_block, teardown);
    }
  g_test_add ("/active/asked-by-many-free-when-all-gave-up", Fixture, NULL, setup, test_asked_by_many_free_when_all_gave_up, teardown);
  g_test_add ("/active/received-once", Fixture, NULL, setup, test_received_once, teardown);
  g_test_add ("/active/received-unasked", Fixture, NULL, setup, test_received_unasked, teardown);
  g_test_add ("/active/restart-keeps-what-is-asked", Fixture, NULL, setup, test_restart_keeps_what_is_asked, teardown);
  return g_test_run ();
}
