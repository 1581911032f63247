/* lab-exchange.c: pickers, chokers and shadows that come and go while blocks move. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabPeerSpec honest = { .answers = TRUE, .delay = MILLISECONDS (40) };

static void
exchange (LabNode *node, guint number)
{
  btfw_swarm_set_picker (node->swarm, lab_make_picker (number % 2 == 0 ? "rarest" : "sequential"));
  btfw_swarm_set_choker (node->swarm, lab_make_choker ());
}

static gboolean
is_through (Lab *lab, gpointer node)
{
  return ((LabNode *) node)->swarm->map.missing.n_set == 0;
}

/* A hundred times in the course of a download from one peer, which counts. */
static void
test_no_block_is_asked_twice (void)
{
  g_autoptr (Lab) lab = lab_new (1, 8 * MIB, 128 * KIB);
  LabNodeSpec     spec = { 0 };
  LabNode        *node = lab_add (lab, &spec);
  LabPeer        *peer;
  guint           n = 0;

  lab_run (lab, SECONDS (1));
  lab->link.rate = MIB;
  peer = lab_peer_new (node, 1, &honest);
  for (; n < 100; n++)
    {
      lab_run (lab, MILLISECONDS (60));
      g_assert_false (is_through (lab, node));
      exchange (node, n);
    }
  g_assert_true (lab_run_until (lab, is_through, node, SECONDS (60)));
  lab_node_assert_content (node);
  g_assert_cmpuint (peer->n_requests, ==, 8 * MIB / BTFW_BLOCK_SIZE);
  g_assert_cmpuint (peer->n_sent, ==, 8 * MIB / BTFW_BLOCK_SIZE);
  g_assert_cmpuint (peer->n_cancels, ==, 0);
  g_assert_cmpuint (node->swarm->wasted, ==, 0);
  lab_peer_free (peer);
}

/* CASES P09: a thousand instances are made, attached, detached and destroyed while
 * blocks go both ways; under a checker nothing is left and nothing is touched late. */
static void
test_a_thousand_lives (void)
{
  g_autoptr (Lab) lab = lab_new (2, 16 * MIB, 128 * KIB);
  LabNodeSpec     spec = { 0 };
  LabNode        *node, *other;
  GWeakRef        picker, shadow;

  lab->link.rate = 2 * MIB;
  lab_add (lab, &seed_spec);
  node = lab_add (lab, &spec);
  other = lab_add (lab, &spec);
  lab_dial_all (lab);
  g_weak_ref_init (&picker, NULL);
  g_weak_ref_init (&shadow, NULL);
  for (guint n = 0; n < 1000; n++)
    {
      lab_run (lab, MILLISECONDS (5));
      exchange (node, n);
      exchange (other, n + 1);
      /* Who was exchanged is gone at once, and so is its shadow. */
      g_assert_null (g_weak_ref_get (&picker));
      g_clear_pointer (&node->swarm->shadow, btfw_shadow_free);
      g_assert_null (g_weak_ref_get (&shadow));
      node->swarm->shadow = btfw_shadow_new (node->swarm, lab_make_picker ("sequential"), "sequential");
      g_weak_ref_set (&picker, node->swarm->picker);
      g_weak_ref_set (&shadow, node->swarm->shadow->picker);
    }
  g_assert_true (node->swarm->downloaded > 0 && other->swarm->downloaded > 0);
  g_assert_true (lab_run_until (lab, lab_all_are_complete, NULL, SECONDS (120)));
  lab_node_assert_content (node);
  lab_node_assert_content (other);
  g_weak_ref_clear (&picker);
  g_weak_ref_clear (&shadow);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lab/exchange/no-block-is-asked-twice", test_no_block_is_asked_twice);
  g_test_add_func ("/lab/exchange/a-thousand-lives", test_a_thousand_lives);
  return g_test_run ();
}
