/* kit-extension.c: what every extension must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#include <string.h>

#define KIB 1024u
#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwExtensionInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_EXTENSION);

  return btfw_kit_needs (iface->get_message != NULL, "get_message");
}

static BtfwTestSwarm *
make_swarm (void)
{
  const BtfwTestFile     file = { "torrent", 20 * 32 * KIB, 0 };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (32 * KIB, &file, 1);

  return btfw_test_swarm_new (layout, 7);
}

/* What a peer may say: nothing, nonsense, and too much. */
static void
say_things (BtfwExtension *extension, BtfwSwarmView *view, BtfwPeerView *peer)
{
  static const char *const messages[] = { "", "d", "de", "i1e", "d8:msg_typei0e5:piecei0ee", "d8:msg_typei99e5:piecei-1ee",
                                          "d5:added3:abc5:dropi1ee", "d5:added6:\1\2\3\4\5\6e", "d1:a", "4:abc", "\377\377\377\377" };
  g_autofree char         *long_one = g_strnfill (300 * KIB, 'l');

  btfw_kit_at ("message()");
  for (guint i = 0; i <= G_N_ELEMENTS (messages); i++)
    {
      const char        *text = i < G_N_ELEMENTS (messages) ? messages[i] : long_one;
      g_autoptr (GError) error = NULL;
      gboolean           ok = btfw_extension_message (extension, view, peer, (const guint8 *) text, strlen (text), &error);

      btfw_kit_judge_error ("message", ok, error);
    }
}

static void
greet (BtfwExtension *extension, BtfwSwarmView *view, BtfwPeerView *peer)
{
  static const char *const handshakes[] = { "de", "d1:md11:ut_metadatai2e6:ut_pexi1ee13:metadata_sizei-5ee",
                                            "d1:mde13:metadata_sizei99999999999999ee" };

  for (guint i = 0; i < G_N_ELEMENTS (handshakes); i++)
    {
      g_autoptr (BtfwExtensionHandshake) said = btfw_test_handshake_new ((const guint8 *) handshakes[i], strlen (handshakes[i]));
      g_autoptr (BtfwExtensionHandshake) ours = btfw_test_handshake_new (NULL, 0);

      btfw_kit_at ("write_handshake()");
      btfw_extension_write_handshake (extension, view, peer, ours);
      btfw_kit_at ("handshake()");
      if (said != NULL)
        btfw_extension_handshake (extension, view, peer, said);
    }
}

static void
check_name (BtfwExtension *extension)
{
  const char *name = btfw_extension_get_message (extension);

  if (name != NULL && (name[0] == '\0' || strlen (name) > 100))
    btfw_kit_find ("message-name", "get_message() gives a name of %zu bytes", strlen (name));
  if (g_strcmp0 (name, btfw_extension_get_message (extension)) != 0)
    btfw_kit_find ("message-name", "get_message() gives another name the second time");
}

static void
live_once (BtfwKit *kit)
{
  BtfwTestSwarm *swarm = make_swarm ();
  BtfwSwarmView *view = btfw_test_swarm_get_view (swarm);
  BtfwExtension *extension = btfw_kit_make (kit);

  if (extension != NULL)
    {
      btfw_kit_at ("start()");
      btfw_extension_start (extension, btfw_test_swarm_get_clock (swarm));
      check_name (extension);
      btfw_kit_at ("torrent_added()");
      btfw_extension_torrent_added (extension, view);
      for (guint i = 0; i < 5; i++)
        {
          guint peer = btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .has_everything = i % 2 == 0 });

          greet (extension, view, btfw_test_swarm_get_peer (swarm, peer));
          say_things (extension, view, btfw_test_swarm_get_peer (swarm, peer));
          btfw_kit_at ("timers");
          btfw_test_swarm_run (swarm, SECONDS (30));
          btfw_kit_at ("piece_lost(), metadata_checked(), peer_gone()");
          btfw_extension_piece_lost (extension, view, i);
          btfw_extension_metadata_checked (extension, view, FALSE);
          if (i < 3)
            btfw_extension_peer_gone (extension, view, btfw_test_swarm_get_peer (swarm, peer));
        }
      btfw_kit_at ("torrent_removed()");
      btfw_extension_torrent_removed (extension, view);
      btfw_test_swarm_run (swarm, SECONDS (300));
      btfw_kit_take_faults (swarm, "an extension and five peers");
      btfw_kit_drop (extension);
    }
  btfw_test_swarm_free (swarm);
}

static void
check_life (BtfwKit *kit)
{
  if (!is_complete_interface (kit))
    return;
  live_once (kit);
  btfw_kit_watch_growth (kit, live_once, 50);
}

const BtfwKitCheck btfw_kit_extension_checks[] = {
  { "extension-life", "extension", 60, FALSE, check_life },
  { NULL, NULL, 0, FALSE, NULL },
};
