/* lab-blame.c: tests of who is banned for bad pieces, and who is not. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#define N_RUNS 100

static const LabNodeSpec leecher_spec = { 0 };

static gboolean
is_banned (LabNode *node, guint number)
{
  BtfwAddress address = lab_get_address (1000 + number);

  return btfw_candidates_is_banned (&node->swarm->candidates, &address);
}

static gboolean
is_node_banned (LabNode *node, const LabNode *other)
{
  return btfw_candidates_is_banned (&node->swarm->candidates, &other->address);
}

/* --- Many runs --- */

typedef struct
{
  guint n_poisoned; /* blocks */
  guint n_poisoners;
  guint n_convicted;
  guint64 wasted;
  guint64 size;
} Tally;

static guint32
pick (GRand *rand, guint32 from, guint32 to)
{
  return (guint32) g_rand_int_range (rand, (gint32) from, (gint32) to + 1);
}

/* A poisoner of some kind: now and then, once in a while, only once, or one that
 * does not stay. */
static LabPeerSpec
make_poisoner (GRand *rand)
{
  LabPeerSpec spec = {
    .features = g_rand_boolean (rand) ? BTFW_FEATURE_FAST : 0,
    .answers = TRUE,
    .delay = MILLISECONDS (pick (rand, 1, 60)),
    .poison_every = pick (rand, 1, 40),
    .poison_max = g_rand_boolean (rand) ? 0 : pick (rand, 1, 3),
    .leaves = pick (rand, 0, 3) == 0,
  };

  return spec;
}

static void
assert_verdicts (LabNode *node, GPtrArray *peers, guint n_honest, Tally *tally)
{
  for (guint i = 0; i < peers->len; i++)
    {
      const LabPeer *peer = g_ptr_array_index (peers, i);

      if (i < n_honest)
        g_assert_false (is_banned (node, peer->number));
      else
        {
          tally->n_poisoners += peer->n_poisoned > 0;
          tally->n_convicted += is_banned (node, peer->number);
        }
      tally->n_poisoned += peer->n_poisoned;
    }
}

/* Honest ones share pieces with poisoners who choose their blocks. */
static void
run_once (guint seed, Tally *tally)
{
  g_autoptr (GRand)     rand = g_rand_new_with_seed (seed);
  g_autoptr (Lab)       lab = lab_new (seed, 6 * MIB + pick (rand, 0, 100000), (32 * KIB) << pick (rand, 0, 5));
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
  const LabNodeSpec     seed_spec = { .has_all = TRUE, .upload = pick (rand, 1, 4) * MIB / 2 };
  const LabPeerSpec     honest = { .answers = TRUE, .delay = MILLISECONDS (pick (rand, 1, 60)) };
  guint                 n_honest = pick (rand, 0, 3);
  guint                 n_poisoners = pick (rand, 1, 6);
  LabPeerSpec           poisoners[6];
  LabNode              *from;
  LabNode              *node;

  lab->link.rate = MIB;
  from = lab_add (lab, &seed_spec);
  node = lab_add (lab, &leecher_spec);
  lab_run (lab, MILLISECONDS (10));
  lab_dial (node, from);
  for (guint i = 0; i < n_honest + n_poisoners; i++)
    {
      if (i >= n_honest)
        poisoners[i - n_honest] = make_poisoner (rand);
      g_ptr_array_add (peers, lab_peer_new (node, i, i < n_honest ? &honest : &poisoners[i - n_honest]));
    }
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (300)));
  lab_node_assert_content (node);
  g_assert_false (is_node_banned (node, from));
  assert_verdicts (node, peers, n_honest, tally);
  g_assert_true (node->swarm->blame.attempts == NULL || node->swarm->blame.attempts->len == 0);
  g_assert_cmpuint (node->swarm->blame.n_sums, ==, 0);
  tally->wasted += node->swarm->wasted;
  tally->size += lab->size;
}

static void
test_selective_poisoners (void)
{
  Tally tally = { 0 };

  for (guint i = 0; i < N_RUNS; i++)
    run_once (i, &tally);
  g_test_message ("%u runs: %u blocks poisoned by %u, %u of them banned, %.1f %% wasted", N_RUNS, tally.n_poisoned,
                  tally.n_poisoners, tally.n_convicted, 100.0 * (double) tally.wasted / (double) tally.size);
  g_assert_cmpuint (tally.n_convicted, ==, tally.n_poisoners);
}

/* --- One thing each --- */

/* Each of many spoils one block that it shares with the same honest peer, which
 * so had a part in all that failed. */
static void
test_nobody_is_framed (void)
{
  static const LabPeerSpec framer = { .answers = TRUE, .delay = MILLISECONDS (5), .poison_every = 3, .poison_max = 1 };
  g_autoptr (Lab)          lab = lab_new (7, 16 * MIB, 512 * KIB);
  g_autoptr (GPtrArray)    peers = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
  const LabNodeSpec        seed = { .has_all = TRUE };
  LabNode                 *from;
  LabNode                 *node;

  lab->link.rate = MIB / 2;
  from = lab_add (lab, &seed);
  node = lab_add (lab, &leecher_spec);
  lab_run (lab, MILLISECONDS (10));
  lab_dial (node, from);
  for (guint i = 0; i < 30; i++)
    g_ptr_array_add (peers, lab_peer_new (node, i, &framer));
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (300)));
  lab_node_assert_content (node);
  g_assert_false (is_node_banned (node, from));
  g_test_message ("%.1f MB wasted", (double) node->swarm->wasted / 1e6);
}

/* Who sends a bad block and goes is convicted all the same, and not let in again. */
static void
test_who_leaves_is_convicted (void)
{
  static const LabPeerSpec leaver = { .answers = TRUE, .delay = MILLISECONDS (5), .poison_every = 5, .leaves = TRUE };
  g_autoptr (Lab)          lab = lab_new (3, 8 * MIB, 256 * KIB);
  const LabNodeSpec        seed = { .has_all = TRUE, .upload = MIB };
  LabNode                 *from = lab_add (lab, &seed);
  LabNode                 *node = lab_add (lab, &leecher_spec);
  LabPeer                 *peer;

  lab_run (lab, MILLISECONDS (10));
  lab_dial (node, from);
  peer = lab_peer_new (node, 1, &leaver);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (120)));
  lab_node_assert_content (node);
  g_assert_cmpuint (peer->n_lives, >, 1);
  g_assert_true (is_banned (node, 1));
  g_assert_null (peer->stream);
  g_assert_false (is_node_banned (node, from));
  lab_peer_free (peer);
}

/* --- Nobody waits for what will not come --- */

/* Each of many has another piece only, and one among them poisons: all of the
 * others are strangers, and each of them is needed. */
static void
test_strangers_are_needed (void)
{
  static const LabPeerSpec honest = { .answers = TRUE, .has_one = TRUE, .delay = MILLISECONDS (20) };
  static const LabPeerSpec poisoner = { .answers = TRUE, .poisons = TRUE, .delay = MILLISECONDS (5) };
  g_autoptr (Lab)          lab = lab_new (1, 40 * 256 * KIB, 256 * KIB);
  g_autoptr (GPtrArray)    peers = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
  LabNode                 *node = lab_add (lab, &leecher_spec);

  lab->link.rate = MIB;
  lab_run (lab, MILLISECONDS (10));
  g_ptr_array_add (peers, lab_peer_new (node, 40, &poisoner));
  for (guint i = 0; i < 40; i++)
    g_ptr_array_add (peers, lab_peer_new (node, i, &honest));
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  lab_node_assert_content (node);
  g_test_message ("%.1f s, %.1f MB wasted", (double) node->completed / 1e6, (double) node->swarm->wasted / 1e6);
  g_assert_true (is_banned (node, 40));
  g_assert_cmpuint (btfw_candidates_count_banned (&node->swarm->candidates), ==, 1);
}

/* Strangers bring parts of pieces and go: whoever is left completes them. */
static void
test_orphans_are_completed (void)
{
  static const LabPeerSpec passer = { .answers = TRUE, .delay = MILLISECONDS (200) };
  static const LabPeerSpec stayer = { .answers = TRUE, .delay = MILLISECONDS (20) };
  g_autoptr (Lab)          lab = lab_new (1, 16 * MIB, 4 * MIB);
  LabNode                 *node = lab_add (lab, &leecher_spec);
  LabPeer                 *last;

  lab->link.rate = MIB;
  lab_run (lab, MILLISECONDS (10));
  for (guint i = 0; i < 100; i++)
    {
      LabPeer *peer = lab_peer_new (node, i, &passer);

      lab_run (lab, MILLISECONDS (300));
      lab_peer_free (peer);
    }
  last = lab_peer_new (node, 200, &stayer);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  lab_node_assert_content (node);
  lab_peer_free (last);
}

/* One that answers slowly, and no better than that, does not keep out those whom
 * nobody knows yet: not even when much failed before. */
static void
test_slow_ones_keep_nobody_out (void)
{
  static const LabPeerSpec slow = { .answers = TRUE, .delay = SECONDS (4) };
  static const LabPeerSpec poisoner = { .answers = TRUE, .poisons = TRUE, .delay = MILLISECONDS (5) };
  static const LabPeerSpec honest = { .answers = TRUE, .delay = MILLISECONDS (20) };
  g_autoptr (Lab)          lab = lab_new (1, 32 * MIB, 256 * KIB);
  g_autoptr (GPtrArray)    peers = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
  LabNode                 *node = lab_add (lab, &leecher_spec);

  lab_run (lab, MILLISECONDS (10));
  for (guint i = 0; i < 4; i++)
    g_ptr_array_add (peers, lab_peer_new (node, i, &slow));
  lab_run (lab, SECONDS (60));
  for (guint i = 4; i < 40; i++)
    g_ptr_array_add (peers, lab_peer_new (node, i, &poisoner));
  lab_run (lab, SECONDS (20));
  g_ptr_array_add (peers, lab_peer_new (node, 40, &honest));
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  lab_node_assert_content (node);
  g_assert_false (is_banned (node, 40));
}

/* --- Our own faults --- */

/* A slow peer brings the beginning of a piece. What a fast one brings meanwhile is
 * written early, and read back to be hashed: other bytes than it was. */
static void
test_a_lying_disk_is_not_their_fault (void)
{
  static const LabPeerSpec slow = { .answers = TRUE, .delay = SECONDS (4) };
  static const LabPeerSpec fast = { .answers = TRUE, .delay = MILLISECONDS (5) };
  const LabNodeSpec        spec = { .memory = 4 * MIB };
  g_autoptr (Lab)          lab = lab_new (1, 32 * MIB, 16 * MIB);
  LabNode                 *node;
  LabPeer                 *peers[2];

  node = lab_add (lab, &spec);
  node->storage->lies = TRUE;
  lab_run (lab, MILLISECONDS (10));
  peers[0] = lab_peer_new (node, 0, &slow);
  lab_run (lab, MILLISECONDS (100));
  peers[1] = lab_peer_new (node, 1, &fast);
  lab_run (lab, SECONDS (30));
  g_test_message ("%u reads of the disk were wrong", node->storage->n_lies);
  g_assert_cmpuint (node->storage->n_lies, >, 0);
  g_assert_false (is_banned (node, 0));
  g_assert_false (is_banned (node, 1));
  g_assert_cmpuint (node->n_notices, ==, 1);

  node->storage->lies = FALSE;
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (600)));
  lab_node_assert_content (node);
  lab_peer_free (peers[0]);
  lab_peer_free (peers[1]);
}

/* Nothing can be proved with such a disk; the honest one goes free, the bytes are right. */
static void
test_a_lying_disk_proves_nothing (void)
{
  static const LabPeerSpec poisoner = { .answers = TRUE, .delay = MILLISECONDS (5), .poison_every = 7 };
  g_autoptr (Lab)          lab = lab_new (5, 8 * MIB, MIB);
  const LabNodeSpec        seed = { .has_all = TRUE, .upload = MIB };
  LabNode                 *from = lab_add (lab, &seed);
  LabNode                 *node = lab_add (lab, &leecher_spec);
  LabPeer                 *peer;

  lab_run (lab, MILLISECONDS (10));
  node->storage->lies = TRUE;
  lab_dial (node, from);
  peer = lab_peer_new (node, 1, &poisoner);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (120)));
  lab_node_assert_content (node);
  g_assert_cmpuint (node->storage->n_lies, >, 0);
  g_assert_false (is_node_banned (node, from));
  lab_peer_free (peer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/lab/blame/selective-poisoners", test_selective_poisoners);
  g_test_add_func ("/lab/blame/nobody-is-framed", test_nobody_is_framed);
  g_test_add_func ("/lab/blame/who-leaves-is-convicted", test_who_leaves_is_convicted);
  g_test_add_func ("/lab/blame/strangers-are-needed", test_strangers_are_needed);
  g_test_add_func ("/lab/blame/orphans-are-completed", test_orphans_are_completed);
  g_test_add_func ("/lab/blame/slow-ones-keep-nobody-out", test_slow_ones_keep_nobody_out);
  g_test_add_func ("/lab/blame/a-lying-disk-is-not-their-fault", test_a_lying_disk_is_not_their_fault);
  g_test_add_func ("/lab/blame/a-lying-disk-proves-nothing", test_a_lying_disk_proves_nothing);
  return g_test_run ();
}
