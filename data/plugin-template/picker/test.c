/* test-@name@.c: the picker, in a swarm without a network. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

GType btfw_plugin_picker_@name@_get_type (void);

#define PIECE (64u * 1024)

/* One file of ten pieces; its edges are a piece each. */
static BtfwTestSwarm *
make_swarm (void)
{
  const BtfwTestFile     file = { "film.mkv", 10 * PIECE, 0 };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (PIECE, &file, 1);
  g_autoptr (BtfwPicker) picker = g_object_new (btfw_plugin_picker_@name@_get_type (), "edge-size", (guint64) PIECE, NULL);
  BtfwTestSwarm         *swarm = btfw_test_swarm_new (layout, 1);

  btfw_test_swarm_set_picker (swarm, picker);
  return swarm;
}

static void
test_both_ends_come_first (void)
{
  g_autoptr (BtfwTestSwarm) swarm = make_swarm ();
  const BtfwTestPeerSpec    seed = { .has_everything = TRUE, .gives = 1000000 };
  guint                     peer = btfw_test_swarm_add_peer (swarm, &seed);
  guint                     n;
  g_autofree guint32       *pieces = btfw_test_swarm_pick (swarm, peer, 8, &n);

  /* Eight blocks are two pieces. */
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (pieces[0], ==, 0);
  g_assert_cmpuint (pieces[1], ==, 9);
}

static void
test_everything_comes (void)
{
  g_autoptr (BtfwTestSwarm) swarm = make_swarm ();
  const BtfwTestPeerSpec    seed = { .has_everything = TRUE, .gives = 1000000 };

  btfw_test_swarm_add_peer (swarm, &seed);
  btfw_test_swarm_add_peer (swarm, &seed);
  g_assert_true (btfw_test_swarm_run (swarm, 60 * G_USEC_PER_SEC));
  g_assert_null (btfw_test_swarm_get_fault (swarm, 0, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/@name@/both-ends-come-first", test_both_ends_come_first);
  g_test_add_func ("/@name@/everything-comes", test_everything_comes);
  return g_test_run ();
}
