/* lab-download.c: tests of whole swarms of honest clients. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab.h"

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabNodeSpec leecher_spec = { 0 };

/* --- Sizes --- */

typedef struct
{
  const char *name;
  guint64     size;
  guint32     piece_size;
} SizeCase;

static const SizeCase size_cases[] = {
  { "a-byte", 1, 16 * KIB },
  { "a-block", 16 * KIB, 16 * KIB },
  { "a-block-and-a-byte", 16 * KIB + 1, 16 * KIB },
  { "a-piece-of-many-blocks", MIB, MIB },
  { "small-pieces", 3 * MIB + 5, 16 * KIB },
  { "pieces-of-an-odd-size", 2 * MIB + 5, 100 * KIB },
  { "large-pieces", 33 * MIB, 16 * MIB },
};

static void
test_size (gconstpointer data)
{
  const SizeCase *size = data;

  for (guint leases = 0; leases < 2; leases++)
    {
      g_autoptr (Lab)   lab = lab_new (1, size->size, size->piece_size);
      const LabNodeSpec seed = { .has_all = TRUE, .has_leases = leases > 0 };
      LabNode          *from = lab_add (lab, &seed);
      LabNode          *to = lab_add (lab, &leecher_spec);

      lab_dial (to, from);
      g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (60)));
      lab_node_assert_content (to);
      g_assert_cmpuint (to->swarm->downloaded, ==, lab->size);
      g_assert_cmpuint (to->swarm->wasted, ==, 0);
      g_assert_cmpuint (to->storage->n_written, ==, lab->size);
      g_assert_cmpuint (from->swarm->uploaded, ==, lab->size);
    }
}

/* --- Pickers that look only a little ahead --- */

/* Such a picker has nothing to offer until a piece of its window is here; then
 * it must be asked at once, not at the next tick. */
static void
test_narrow_window_does_not_wait (void)
{
  g_autoptr (Lab) lab = lab_new (1, 2 * MIB, 16 * KIB);
  LabNode        *from = lab_add (lab, &seed_spec);
  LabNode        *to = lab_add (lab, &leecher_spec);
  BtfwPicker     *picker = lab_make_picker ("sequential");

  g_object_set (picker, "window", 3, NULL);
  btfw_swarm_set_picker (to->swarm, picker);
  lab_dial (to, from);
  /* 128 pieces, three at a time: one a tick would take longer than this. */
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (10)));
  lab_node_assert_content (to);
}

/* --- The same seed, the same run --- */

static guint64
run_for_trace (guint64 seed)
{
  g_autoptr (Lab) lab = lab_new (seed, 4 * MIB, 64 * KIB);

  lab->link.rate = 4 * MIB;
  lab_add (lab, &seed_spec);
  for (guint i = 0; i < 5; i++)
    lab_add (lab, &leecher_spec);
  lab_dial_all (lab);
  g_assert_true (lab_run_until (lab, lab_all_are_complete, NULL, SECONDS (120)));
  return lab->trace;
}

static void
test_same_seed_same_run (void)
{
  g_assert_cmphex (run_for_trace (7), ==, run_for_trace (7));
  g_assert_cmphex (run_for_trace (7), !=, run_for_trace (8));
}

/* --- Speed --- */

/* As of a swarm that shares out what its uploads allow: all are through in
 * little more than the ideal time. */
static void
test_eight_leechers_share (void)
{
  const LabNodeSpec seed = { .has_all = TRUE, .upload = 20000000 };
  const LabNodeSpec leecher = { .upload = 10000000 };
  g_autoptr (Lab)   lab = lab_new (1, 64 * MIB, 256 * KIB);
  const double      ideal = MAX (64.0 * MIB / 20e6, 8 * 64.0 * MIB / 100e6);
  gint64            last = 0;

  lab_add (lab, &seed);
  for (guint i = 0; i < 8; i++)
    lab_add (lab, &leecher);
  lab_dial_all (lab);
  g_assert_true (lab_run_until (lab, lab_all_are_complete, NULL, SECONDS (60)));
  for (guint i = 0; i < lab->nodes->len; i++)
    {
      LabNode *node = g_ptr_array_index (lab->nodes, i);

      last = MAX (last, node->completed);
      lab_node_assert_content (node);
      g_test_message ("node %u: %.2f s, %.2f MB wasted", i, (double) node->completed / 1e6, (double) node->swarm->wasted / 1e6);
      if (i > 0)
        g_assert_cmpuint (node->swarm->wasted, <, lab->size / 50);
    }
  g_test_message ("%.2f s, %.3f of the ideal", (double) last / 1e6, (double) last / 1e6 / ideal);
  g_assert_cmpfloat ((double) last / 1e6, <, 1.2 * ideal);
}

/* The last blocks are asked of several, and few of them come twice. */
static void
test_endgame_wastes_little (void)
{
  const LabNodeSpec seed = { .has_all = TRUE, .upload = MIB };
  const LabNodeSpec slow_seed = { .has_all = TRUE, .upload = 20 * KIB };
  g_autoptr (Lab)   lab = lab_new (1, 8 * MIB, 256 * KIB);
  LabNode          *to;

  for (guint i = 0; i < 4; i++)
    lab_add (lab, i == 0 ? &slow_seed : &seed);
  to = lab_add (lab, &leecher_spec);
  lab_dial_all (lab);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (60)));
  g_test_message ("%.2f s, %.2f MB wasted", (double) to->completed / 1e6, (double) to->swarm->wasted / 1e6);
  /* The slow one holds nobody up. */
  g_assert_cmpint (to->completed, <, MILLISECONDS (3600));
  g_assert_cmpuint (to->swarm->wasted, <, lab->size / 50);
}

/* A long fat line: the queue of requests must grow to fill it. */
static void
test_fills_a_long_line (void)
{
  g_autoptr (Lab) lab = lab_new (1, 48 * MIB, 256 * KIB);
  LabNode        *from;
  LabNode        *to;
  const double    ideal = 48.0 * MIB / 8e6;

  lab->link = (LabLink){ .rate = 8000000, .delay = MILLISECONDS (50) };
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_dial (to, from);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (60)));
  g_test_message ("%.2f s, ideal %.2f s", (double) to->completed / 1e6, ideal);
  g_assert_cmpfloat ((double) to->completed / 1e6, <, 1.15 * ideal + 1.0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (size_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/download/%s", size_cases[i].name);

      g_test_add_data_func (path, &size_cases[i], test_size);
    }
  g_test_add_func ("/lab/narrow-window-does-not-wait", test_narrow_window_does_not_wait);
  g_test_add_func ("/lab/same-seed-same-run", test_same_seed_same_run);
  g_test_add_func ("/lab/speed/eight-leechers-share", test_eight_leechers_share);
  g_test_add_func ("/lab/speed/endgame-wastes-little", test_endgame_wastes_little);
  g_test_add_func ("/lab/speed/fills-a-long-line", test_fills_a_long_line);
  return g_test_run ();
}
