/* test-@name@.c: the extension, with a peer that is not there. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <string.h>

GType btfw_plugin_extension_@name@_get_type (void);

static void
test_takes_a_greeting_and_no_speech (void)
{
  const BtfwTestFile        file = { "film.mkv", 1000000, 0 };
  g_autoptr (BtfwLayout)    layout = btfw_test_layout_new (65536, &file, 1);
  g_autoptr (BtfwTestSwarm) swarm = btfw_test_swarm_new (layout, 1);
  g_autoptr (BtfwExtension) extension = g_object_new (btfw_plugin_extension_@name@_get_type (), NULL);
  BtfwSwarmView            *view = btfw_test_swarm_get_view (swarm);
  guint                     number = btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .has_everything = TRUE });
  BtfwPeerView             *peer = btfw_test_swarm_get_peer (swarm, number);
  g_autofree char          *speech = g_strnfill (1000, 'x');
  g_autoptr (GError)        error = NULL;

  g_assert_cmpstr (btfw_extension_get_message (extension), ==, "xx_@name@");
  btfw_extension_start (extension, btfw_test_swarm_get_clock (swarm));
  btfw_extension_torrent_added (extension, view);
  g_assert_true (btfw_extension_message (extension, view, peer, (const guint8 *) "Ahoy", 4, &error));
  g_assert_no_error (error);
  g_assert_false (btfw_extension_message (extension, view, peer, (const guint8 *) speech, strlen (speech), &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
  btfw_extension_torrent_removed (extension, view);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/@name@/takes-a-greeting-and-no-speech", test_takes_a_greeting_and_no_speech);
  return g_test_run ();
}
