/* lab-wishes.c: tests of wishes that cross one another: start, stop, check, and what is wanted. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab.h"

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabNodeSpec leecher_spec = { 0 };

/* A download that takes two seconds, in the middle of it. */
static Lab *
make_download (LabNode **to)
{
  Lab     *lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode *from;

  lab->link.rate = 2 * MIB;
  from = lab_add (lab, &seed_spec);
  *to = lab_add (lab, &leecher_spec);
  lab_dial (*to, from);
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint ((*to)->swarm->map.have.n_set, >, 10);
  g_assert_cmpint ((*to)->completed, <, 0);
  return lab;
}

static void
assert_completes (Lab *lab, LabNode *node)
{
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (120)));
  lab_node_assert_content (node);
}

/* It is not lost, and nobody hears that it stopped. */
static void
test_start_while_it_stops (void)
{
  LabNode        *to;
  g_autoptr (Lab) lab = make_download (&to);

  btfw_swarm_stop (to->swarm, 1000);
  btfw_swarm_start (to->swarm);
  assert_completes (lab, to);
  g_assert_cmpuint (to->n_stopped, ==, 0);
}

/* The last word counts. */
static void
test_stop_after_that_start (void)
{
  LabNode        *to;
  g_autoptr (Lab) lab = make_download (&to);

  btfw_swarm_stop (to->swarm, 1000);
  btfw_swarm_start (to->swarm);
  btfw_swarm_stop (to->swarm, 1000);
  lab_run (lab, SECONDS (10));
  g_assert_cmpint (to->swarm->state, ==, BTFW_TORRENT_STOPPED);
  g_assert_cmpuint (to->n_stopped, ==, 1);
}

/* Nobody is let in any more, though it begins only once all is written. */
static void
test_check_serves_nobody (void)
{
  LabNode        *to;
  g_autoptr (Lab) lab = make_download (&to);

  btfw_swarm_check (to->swarm);
  g_assert_false (btfw_swarm_serves (to->swarm));
  assert_completes (lab, to);
}

/* What was changed while it was stopped does not count as here because it did before. */
static void
test_what_changed_meanwhile_is_found (void)
{
  LabNode        *to;
  g_autoptr (Lab) lab = make_download (&to);
  guint32         piece = btfw_bitfield_next (&to->swarm->map.have, 0);

  lab_node_stop (to);
  g_assert_true (lab_run_until (lab, lab_node_is_stopped, to, SECONDS (10)));
  to->storage->bytes[(gsize) piece * lab->piece_size] ^= 1;
  btfw_swarm_start (to->swarm);
  assert_completes (lab, to);
}

/* Pieces that are begun, and no longer wanted, hold no memory. */
static void
test_unwanted_pieces_give_buffers_back (void)
{
  LabNode        *to;
  g_autoptr (Lab) lab = make_download (&to);

  btfw_swarm_set_file_priority (to->swarm, 0, BTFW_PRIORITY_SKIP);
  lab_run (lab, SECONDS (5));
  g_assert_cmpuint (btfw_actives_get_n (&to->swarm->actives), ==, 0);
  g_assert_cmpuint (to->swarm->n_blocks_active, ==, 0);
  g_assert_cmpuint (btfw_buffers_get_n_used (to->resources.buffers), ==, 0);

  to->completed = -1;
  btfw_swarm_set_file_priority (to->swarm, 0, BTFW_PRIORITY_NORMAL);
  assert_completes (lab, to);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/lab/wishes/start-while-it-stops", test_start_while_it_stops);
  g_test_add_func ("/lab/wishes/stop-after-that-start", test_stop_after_that_start);
  g_test_add_func ("/lab/wishes/check-serves-nobody", test_check_serves_nobody);
  g_test_add_func ("/lab/wishes/what-changed-meanwhile-is-found", test_what_changed_meanwhile_is_found);
  g_test_add_func ("/lab/wishes/unwanted-pieces-give-buffers-back", test_unwanted_pieces_give_buffers_back);
  return g_test_run ();
}
