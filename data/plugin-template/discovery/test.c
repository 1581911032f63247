/* test-@name@.c: the discovery plugin, in a network that ends at this machine. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <glib/gstdio.h>
#include <string.h>

GType btfw_plugin_discovery_@name@_get_type (void);

#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)

static void
test_lives_with_and_without_a_file (gconstpointer with_file)
{
  const BtfwTestFile        file = { "film.mkv", 1000000, 0 };
  g_autoptr (BtfwLayout)    layout = btfw_test_layout_new (65536, &file, 1);
  g_autoptr (BtfwTestSwarm) swarm = btfw_test_swarm_new (layout, 1);
  g_autoptr (BtfwNet)       net = btfw_test_net_new_offline ();
  g_autofree char          *path = g_build_filename (g_get_tmp_dir (), "@name@-peers.txt", NULL);
  g_autoptr (BtfwDiscovery) discovery = NULL;
  g_autoptr (GError)        error = NULL;
  BtfwSwarmView            *view = btfw_test_swarm_get_view (swarm);

  if (with_file != NULL)
    g_assert_true (g_file_set_contents (path, "192.0.2.1:6881\nno address\n\n[2001:db8::1]:6881\n", -1, NULL));
  discovery = g_object_new (btfw_plugin_discovery_@name@_get_type (), "path", path, NULL);
  g_assert_true (btfw_discovery_start (discovery, net, btfw_test_swarm_get_clock (swarm), NULL, &error));
  g_assert_no_error (error);
  btfw_discovery_torrent_added (discovery, view);
  btfw_discovery_peers_wanted (discovery, view);
  btfw_test_swarm_run (swarm, SECONDS (300));
  btfw_discovery_torrent_removed (discovery, view);
  btfw_test_swarm_run (swarm, SECONDS (300));
  btfw_discovery_stop (discovery);
  btfw_test_swarm_run (swarm, SECONDS (300));
  g_assert_null (btfw_test_swarm_get_fault (swarm, 0, NULL));
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/@name@/lives-without-a-file", NULL, test_lives_with_and_without_a_file);
  g_test_add_data_func ("/@name@/lives-with-a-file", "", test_lives_with_and_without_a_file);
  return g_test_run ();
}
