/* lab-limits.c: tests of what one peer may have of us at most: our time, and our patience. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#define BLOCK BTFW_BLOCK_SIZE
/* As in the table of limits: an idle peer, and requests that are rejected. */
#define IDLE_LEAST SECONDS (120)
#define IDLE_MOST SECONDS (135)
#define REJECTED 300

static const LabNodeSpec leecher_spec = { 0 };
static const LabPeerSpec silent = { .is_silent = TRUE };
static const LabPeerSpec silent_fast = { .is_silent = TRUE, .features = BTFW_FEATURE_FAST };

static void
ask (LabPeer *peer, guint n)
{
  for (guint i = 0; i < n; i++)
    btfw_wire_put_block (peer->out, BTFW_WIRE_REQUEST, &(BtfwBlock){ 0, 0, BLOCK });
  lab_peer_flush (peer);
  lab_run (peer->node->lab, MILLISECONDS (100));
}

static void
test_silence_ends (void)
{
  g_autoptr (Lab) lab = lab_new (1, 8 * MIB, 64 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);
  LabPeer        *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &silent);
  lab_run (lab, IDLE_LEAST);
  g_assert_nonnull (peer->stream);
  lab_run (lab, IDLE_MOST - IDLE_LEAST);
  g_assert_null (peer->stream);
  lab_peer_free (peer);
}

/* A keep-alive every two minutes is enough. */
static void
test_a_keep_alive_is_a_sign_of_life (void)
{
  g_autoptr (Lab) lab = lab_new (1, 8 * MIB, 64 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);
  LabPeer        *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &silent);
  for (guint i = 0; i < 4; i++)
    {
      lab_run (lab, IDLE_LEAST);
      g_assert_nonnull (peer->stream);
      btfw_wire_put_keep_alive (peer->out);
      lab_peer_flush (peer);
    }
  lab_peer_free (peer);
}

/* It is choked, and asks all the same. */
static void
test_so_many_are_rejected (void)
{
  const LabNodeSpec no_slots = { .has_all = TRUE, .upload_slots = 1 };
  g_autoptr (Lab)   lab = lab_new (1, 8 * MIB, 64 * KIB);
  LabNode          *node = lab_add (lab, &no_slots);
  LabPeer          *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &silent_fast);
  lab_run (lab, MILLISECONDS (10));
  ask (peer, REJECTED);
  g_assert_nonnull (peer->stream);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT], ==, REJECTED);
  ask (peer, 1);
  g_assert_null (peer->stream);
  g_assert_cmpuint (peer->blocks->len, ==, 0);
  lab_peer_free (peer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/lab/limits/silence-ends", test_silence_ends);
  g_test_add_func ("/lab/limits/a-keep-alive-is-a-sign-of-life", test_a_keep_alive_is_a_sign_of_life);
  g_test_add_func ("/lab/limits/so-many-are-rejected", test_so_many_are_rejected);
  return g_test_run ();
}
