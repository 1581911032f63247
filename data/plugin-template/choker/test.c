/* test-@name@.c: the choker, in a swarm without a network. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

GType btfw_plugin_choker_@name@_get_type (void);

#define PEERS 5

static BtfwTestSwarm *
make_swarm (guint slots)
{
  const BtfwTestFile     file = { "film.mkv", 1000000, 0 };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (65536, &file, 1);
  g_autoptr (BtfwChoker) choker = g_object_new (btfw_plugin_choker_@name@_get_type (), "turn", 20, NULL);
  BtfwTestSwarm         *swarm = btfw_test_swarm_new (layout, 1);

  btfw_test_swarm_set_choker (swarm, choker, slots);
  for (guint i = 0; i < PEERS; i++)
    btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .takes = 100000 });
  return swarm;
}

static void
test_slots_are_used (void)
{
  g_autoptr (BtfwTestSwarm) swarm = make_swarm (2);

  g_assert_cmpuint (btfw_test_swarm_rechoke (swarm, TRUE), ==, 2);
}

static void
test_everybody_has_a_turn (void)
{
  g_autoptr (BtfwTestSwarm) swarm = make_swarm (1);
  gboolean                  had_turn[PEERS] = { FALSE };

  for (guint i = 0; i < 5 * PEERS; i++)
    {
      btfw_test_swarm_run (swarm, 10 * G_USEC_PER_SEC);
      for (guint k = 0; k < PEERS; k++)
        had_turn[k] |= btfw_test_swarm_is_served (swarm, k);
    }
  for (guint k = 0; k < PEERS; k++)
    g_assert_true (had_turn[k]);
  g_assert_null (btfw_test_swarm_get_fault (swarm, 0, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/@name@/slots-are-used", test_slots_are_used);
  g_test_add_func ("/@name@/everybody-has-a-turn", test_everybody_has_a_turn);
  return g_test_run ();
}
