/* kit-extension.c: what every extension must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#include <string.h>

#define KIB 1024u
#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)
/* A message of the extension protocol is no longer. */
#define MESSAGE_MAX (1024u * KIB)

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwExtensionInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_EXTENSION);

  return btfw_kit_needs (iface->get_message != NULL, "get_message");
}

static BtfwTestSwarm *
make_swarm (guint64 seed)
{
  const BtfwTestFile     file = { "torrent", 20 * 32 * KIB, 0 };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (32 * KIB, &file, 1);

  return btfw_test_swarm_new (layout, seed);
}

/* An instance that was started, or NULL. */
static BtfwExtension *
begin (BtfwKit *kit, BtfwTestSwarm *swarm)
{
  BtfwExtension *extension = btfw_kit_make (kit);

  if (extension == NULL)
    return NULL;
  btfw_kit_begin ("start");
  btfw_extension_start (extension, btfw_test_swarm_get_clock (swarm));
  btfw_kit_end ();
  return extension;
}

static void
add_torrent (BtfwExtension *extension, BtfwTestSwarm *swarm)
{
  btfw_kit_begin ("torrent_added");
  btfw_extension_torrent_added (extension, btfw_test_swarm_get_view (swarm));
  btfw_kit_end ();
}

static void
remove_torrent (BtfwExtension *extension, BtfwTestSwarm *swarm)
{
  btfw_kit_begin ("torrent_removed");
  btfw_extension_torrent_removed (extension, btfw_test_swarm_get_view (swarm));
  btfw_kit_end ();
}

static BtfwPeerView *
add_peer (BtfwTestSwarm *swarm, gboolean has_everything)
{
  guint peer = btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .has_everything = has_everything });

  return btfw_test_swarm_get_peer (swarm, peer);
}

/* --- Handshakes --- */

static void
greet (BtfwExtension *extension, BtfwTestSwarm *swarm, BtfwPeerView *peer)
{
  static const char *const handshakes[] = { "de", "d1:md11:ut_metadatai2e6:ut_pexi1ee13:metadata_sizei-5ee",
                                            "d1:mde13:metadata_sizei99999999999999ee", "d1:mi5e13:metadata_size3:abce",
                                            "d1:md0:i0eee" };
  BtfwSwarmView            *view = btfw_test_swarm_get_view (swarm);

  for (guint i = 0; i < G_N_ELEMENTS (handshakes); i++)
    {
      g_autoptr (BtfwExtensionHandshake) said = btfw_test_handshake_new ((const guint8 *) handshakes[i], strlen (handshakes[i]));
      g_autoptr (BtfwExtensionHandshake) ours = btfw_test_handshake_new (NULL, 0);

      btfw_kit_begin ("write_handshake");
      btfw_extension_write_handshake (extension, view, peer, ours);
      btfw_kit_end ();
      if (said == NULL)
        continue;
      btfw_kit_begin ("handshake");
      btfw_extension_handshake (extension, view, peer, said);
      btfw_kit_end ();
    }
}

/* --- Messages --- */

static gboolean
say (BtfwExtension *extension, BtfwTestSwarm *swarm, BtfwPeerView *peer, gconstpointer data, gsize size)
{
  g_autoptr (GError) error = NULL;
  gboolean           ok;

  btfw_kit_begin ("message");
  ok = btfw_extension_message (extension, btfw_test_swarm_get_view (swarm), peer, data, size, &error);
  btfw_kit_end ();
  btfw_kit_judge_error ("message", ok, error);
  return ok;
}

/* What a peer may say: nothing, nonsense, and too much. */
static void
say_things (BtfwExtension *extension, BtfwTestSwarm *swarm, BtfwPeerView *peer)
{
  static const char *const messages[] = { "", "d", "de", "i1e", "d8:msg_typei0e5:piecei0ee", "d8:msg_typei99e5:piecei-1ee",
                                          "d5:added3:abc5:dropi1ee", "d5:added6:\1\2\3\4\5\6e", "d1:a", "4:abc", "\377\377\377\377" };
  g_autofree char         *long_one = g_strnfill (300 * KIB, 'l');

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    say (extension, swarm, peer, messages[i], strlen (messages[i]));
  say (extension, swarm, peer, long_one, 300 * KIB);
}

/* At the very end of readable memory: who reads on crashes under a checker, and
 * believes what is none of the message here. */
static void
check_sizes (BtfwKit *kit)
{
  g_autofree guint8        *bytes = g_malloc (MESSAGE_MAX);
  g_autoptr (BtfwTestSwarm) swarm = make_swarm (5);
  BtfwExtension            *extension = is_complete_interface (kit) ? begin (kit, swarm) : NULL;
  BtfwPeerView             *peer;

  if (extension == NULL)
    return;
  for (guint i = 0; i < MESSAGE_MAX; i++)
    bytes[i] = (guint8) (i * 7 + (i >> 8));
  add_torrent (extension, swarm);
  peer = add_peer (swarm, TRUE);
  greet (extension, swarm, peer);
  for (gsize size = 0; size <= 64; size++)
    {
      g_autofree guint8 *exact = g_memdup2 (bytes, MAX (size, 1));

      say (extension, swarm, peer, exact, size);
    }
  for (gsize size = 128; size <= MESSAGE_MAX; size *= 2)
    say (extension, swarm, peer, bytes, size);
  remove_torrent (extension, swarm);
  btfw_kit_take_faults (swarm, "messages of all sizes");
  btfw_kit_drop (extension);
}

/* Random bytes and nested depths: sooner or later whoever looks at what comes
 * finds something wrong with it. */
static void
check_nonsense (BtfwKit *kit)
{
  g_autoptr (BtfwTestSwarm) swarm = make_swarm (6);
  g_autoptr (GRand)         dice = g_rand_new_with_seed (1);
  BtfwExtension            *extension = is_complete_interface (kit) ? begin (kit, swarm) : NULL;
  g_autofree char          *deep = g_strnfill (64 * KIB, 'l');
  gboolean                  has_message;
  gboolean                  believes = TRUE;
  BtfwPeerView             *peer;

  if (extension == NULL)
    return;
  has_message = btfw_extension_get_message (extension) != NULL &&
                ((BtfwExtensionInterface *) g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_EXTENSION))->message != NULL;
  add_torrent (extension, swarm);
  peer = add_peer (swarm, FALSE);
  greet (extension, swarm, peer);
  for (guint i = 0; i < 2000; i++)
    {
      guint8 bytes[600];
      gsize  size = (gsize) g_rand_int_range (dice, 0, sizeof bytes);

      for (gsize n = 0; n < size; n++)
        bytes[n] = (guint8) g_rand_int_range (dice, 0, 256);
      believes = say (extension, swarm, peer, bytes, size) && believes;
    }
  believes = say (extension, swarm, peer, deep, 64 * KIB) && believes;
  if (has_message && believes)
    btfw_kit_find ("believes-anything", "2,001 messages of random bytes, and message() took all of them for good");
  remove_torrent (extension, swarm);
  btfw_kit_take_faults (swarm, "random messages");
  btfw_kit_drop (extension);
}

/* --- A name --- */

static void
check_name (BtfwExtension *extension)
{
  const char *name = btfw_extension_get_message (extension);

  if (name != NULL && (name[0] == '\0' || strlen (name) > 100))
    btfw_kit_find ("message-name", "get_message() gives a name of %zu bytes", strlen (name));
  if (name != NULL && !g_utf8_validate (name, -1, NULL))
    btfw_kit_find ("message-name", "get_message() gives a name that is not UTF-8");
  if (g_strcmp0 (name, btfw_extension_get_message (extension)) != 0)
    btfw_kit_find ("message-name", "get_message() gives another name the second time");
}

/* --- A life --- */

static void
live_once (BtfwKit *kit)
{
  g_autoptr (BtfwTestSwarm) swarm = make_swarm (7);
  BtfwSwarmView            *view = btfw_test_swarm_get_view (swarm);
  BtfwExtension            *extension = begin (kit, swarm);

  if (extension == NULL)
    return;
  check_name (extension);
  add_torrent (extension, swarm);
  for (guint i = 0; i < 5; i++)
    {
      BtfwPeerView *peer = add_peer (swarm, i % 2 == 0);

      greet (extension, swarm, peer);
      say_things (extension, swarm, peer);
      btfw_kit_at ("timers");
      btfw_test_swarm_run (swarm, SECONDS (30));
      btfw_kit_begin ("piece_lost, metadata_checked, peer_gone");
      btfw_extension_piece_lost (extension, view, i);
      btfw_extension_metadata_checked (extension, view, FALSE);
      if (i < 3)
        btfw_extension_peer_gone (extension, view, peer);
      btfw_kit_end ();
    }
  remove_torrent (extension, swarm);
  btfw_test_swarm_run (swarm, SECONDS (300));
  btfw_kit_take_faults (swarm, "an extension and five peers");
  btfw_kit_drop (extension);
}

static void
check_life (BtfwKit *kit)
{
  if (!is_complete_interface (kit))
    return;
  live_once (kit);
}

static void
check_leaks (BtfwKit *kit)
{
  if (is_complete_interface (kit))
    btfw_kit_watch_growth (kit, live_once, 50);
}

/* Three torrents side by side, one of which goes, comes back and goes while the
 * others have peers; their views die one after another, and nobody asks for more. */
static void
check_torrents (BtfwKit *kit)
{
  BtfwTestSwarm *swarms[3];
  BtfwPeerView  *peers[3];
  BtfwExtension *extension;

  if (!is_complete_interface (kit))
    return;
  for (guint i = 0; i < 3; i++)
    swarms[i] = make_swarm (10 + i);
  extension = begin (kit, swarms[0]);
  for (guint i = 0; extension != NULL && i < 3; i++)
    {
      add_torrent (extension, swarms[i]);
      peers[i] = add_peer (swarms[i], TRUE);
      greet (extension, swarms[i], peers[i]);
    }
  for (guint i = 0; extension != NULL && i < 3; i++)
    {
      guint other = (i + 1) % 3;

      remove_torrent (extension, swarms[other]);
      say_things (extension, swarms[i], peers[i]);
      btfw_test_swarm_run (swarms[0], SECONDS (120));
      add_torrent (extension, swarms[other]);
      greet (extension, swarms[other], peers[other]);
      say_things (extension, swarms[other], peers[other]);
    }
  for (guint i = 3; extension != NULL && i > 0; i--)
    remove_torrent (extension, swarms[i - 1]);
  for (guint i = 1; i < 3; i++)
    btfw_test_swarm_free (swarms[i]);
  /* Timers of torrents that are gone still fall due. */
  btfw_kit_at ("timers after all torrents are gone");
  btfw_test_swarm_run (swarms[0], SECONDS (600));
  btfw_kit_take_faults (swarms[0], "three torrents");
  if (extension != NULL)
    btfw_kit_drop (extension);
  btfw_test_swarm_free (swarms[0]);
}

/* A session that never had a torrent, and one whose torrent has no peers. */
static void
check_nothing (BtfwKit *kit)
{
  g_autoptr (BtfwTestSwarm) swarm = make_swarm (8);
  BtfwExtension            *extension;

  if (!is_complete_interface (kit))
    return;
  for (guint i = 0; i < 2; i++)
    {
      extension = begin (kit, swarm);
      if (extension == NULL)
        return;
      if (i == 1)
        {
          add_torrent (extension, swarm);
          btfw_test_swarm_run (swarm, SECONDS (120));
          btfw_kit_at ("metadata_checked(TRUE)");
          btfw_extension_metadata_checked (extension, btfw_test_swarm_get_view (swarm), TRUE);
          remove_torrent (extension, swarm);
        }
      btfw_test_swarm_run (swarm, SECONDS (60));
      btfw_kit_drop (extension);
    }
  btfw_kit_take_faults (swarm, "nobody to speak with");
}

const BtfwKitCheck btfw_kit_extension_checks[] = {
  { "extension-life", "extension", 60, FALSE, check_life, NULL },
  { "extension-nothing", "extension", 30, FALSE, check_nothing, NULL },
  { "extension-sizes", "extension", 60, FALSE, check_sizes, NULL },
  { "extension-nonsense", "extension", 60, FALSE, check_nonsense, NULL },
  { "extension-torrents", "extension", 60, FALSE, check_torrents, NULL },
  { "extension-leaks", "extension", 60, FALSE, check_leaks, NULL },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
