/* kit-picker.c: what every picker must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#define KIB 1024u
#define MIB (1024u * 1024u)
#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)
/* Virtual time in which any of these torrents is long complete. */
#define PATIENCE SECONDS (900)

static const BtfwTestPeerSpec seed = { .has_everything = TRUE, .gives = 4 * MIB };

static BtfwTestSwarm *
make_swarm (guint64 size, guint32 piece_size)
{
  const BtfwTestFile     file = { "torrent", size, 0 };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (piece_size, &file, 1);

  return btfw_test_swarm_new (layout, 7);
}

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwPickerInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_PICKER);

  return btfw_kit_needs (iface->attach != NULL, "attach") & btfw_kit_needs (iface->detach != NULL, "detach") &
         btfw_kit_needs (iface->pick != NULL, "pick");
}

/* A swarm with a picker of its own, or NULL. */
static BtfwTestSwarm *
begin (BtfwKit *kit, guint64 size, guint32 piece_size)
{
  BtfwTestSwarm         *swarm;
  g_autoptr (BtfwPicker) picker = NULL;

  if (!is_complete_interface (kit) || (picker = btfw_kit_make (kit)) == NULL)
    return NULL;

  swarm = make_swarm (size, piece_size);
  btfw_kit_at ("attach()");
  btfw_test_swarm_set_picker (swarm, picker);
  btfw_kit_at ("pick(), pieces_changed(), peer_changed()");
  return swarm;
}

static void
end (BtfwTestSwarm *swarm, const char *situation)
{
  btfw_kit_at ("detach()");
  btfw_test_swarm_set_picker (swarm, NULL);
  btfw_kit_take_faults (swarm, situation);
  btfw_test_swarm_free (swarm);
}

static void
finish (BtfwTestSwarm *swarm, const char *id, const char *situation)
{
  if (!btfw_test_swarm_run (swarm, PATIENCE))
    {
      BtfwSwarmView *view = btfw_test_swarm_get_view (swarm);

      btfw_kit_find (id, "%s: %u of %u pieces never came, though connected peers have them and serve us",
                     situation, btfw_swarm_view_get_n_wanted (view), btfw_swarm_view_get_n_pieces (view));
    }
  end (swarm, situation);
}

/* Torrents of odd sizes, from one seed. */
static void
check_sizes (BtfwKit *kit)
{
  static const struct
  {
    guint64     size;
    guint32     piece_size;
    const char *situation;
  } rows[] = {
    { 1, 16 * KIB, "a torrent of one byte" },
    { 16 * KIB, 16 * KIB, "a torrent of one block" },
    { 2 * MIB + 1, 16 * KIB, "pieces of one block, the last of one byte" },
    { MIB, 100 * KIB, "pieces of an odd size" },
    { 9 * MIB, 4 * MIB, "few large pieces" },
    { 65 * 32 * KIB, 32 * KIB, "65 pieces" },
    { 3000 * 16 * KIB, 16 * KIB, "3,000 pieces" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      BtfwTestSwarm *swarm = begin (kit, rows[i].size, rows[i].piece_size);

      if (swarm == NULL)
        return;
      btfw_test_swarm_add_peer (swarm, &seed);
      finish (swarm, "stalls", rows[i].situation);
    }
}

/* Each piece is with another peer, each peer has one. */
static void
check_scattered (BtfwKit *kit)
{
  BtfwTestSwarm *swarm = begin (kit, 40 * 32 * KIB, 32 * KIB);

  for (guint32 i = 0; swarm != NULL && i < 40; i++)
    {
      const BtfwTestPeerSpec one = { .pieces = &i, .n_pieces = 1, .gives = MIB };

      btfw_test_swarm_add_peer (swarm, &one);
    }
  if (swarm != NULL)
    finish (swarm, "stalls", "forty peers with one piece each");
}

/* A torrent that is half there, whose peers are connected already. */
static void
check_attached_late (BtfwKit *kit)
{
  g_autoptr (BtfwPicker) picker = NULL;
  BtfwTestSwarm         *swarm;

  if (!is_complete_interface (kit) || (picker = btfw_kit_make (kit)) == NULL)
    return;

  swarm = make_swarm (64 * 32 * KIB, 32 * KIB);
  for (guint32 piece = 0; piece < 64; piece += 2)
    btfw_test_swarm_set_have (swarm, piece, TRUE);
  btfw_test_swarm_add_peer (swarm, &seed);
  for (guint32 i = 1; i < 20; i += 3)
    {
      const BtfwTestPeerSpec one = { .pieces = &i, .n_pieces = 1, .gives = MIB };

      btfw_test_swarm_add_peer (swarm, &one);
    }
  btfw_kit_at ("attach() to a torrent with pieces and peers");
  btfw_test_swarm_set_picker (swarm, picker);
  btfw_kit_at ("pick() after attach() to a torrent with pieces and peers");
  g_clear_object (&picker);
  finish (swarm, "ignores-who-was-there", "attached to a torrent that has pieces and peers already");
}

/* The same instance, for one torrent after the other. */
static void
check_attached_again (BtfwKit *kit)
{
  static const guint64 sizes[] = { 50, 3, 120, 1 };
  BtfwPicker          *picker = is_complete_interface (kit) ? btfw_kit_make (kit) : NULL;

  for (guint i = 0; picker != NULL && i < G_N_ELEMENTS (sizes); i++)
    {
      BtfwTestSwarm *swarm = make_swarm (sizes[i] * 32 * KIB, 32 * KIB);

      btfw_kit_at ("attach() to another torrent");
      btfw_test_swarm_set_picker (swarm, picker);
      btfw_kit_at ("pick() after attach() to another torrent");
      btfw_test_swarm_add_peer (swarm, &seed);
      finish (swarm, i == 0 ? "stalls" : "not-attached-again", "detached from one torrent and attached to another");
    }
  if (picker != NULL)
    btfw_kit_drop (picker);
}

/* Nothing unwanted is offered; what becomes wanted again comes. */
static void
check_priorities (BtfwKit *kit)
{
  BtfwTestSwarm *swarm = begin (kit, 32 * 32 * KIB, 32 * KIB);

  if (swarm == NULL)
    return;
  for (guint32 piece = 0; piece < 32; piece++)
    btfw_test_swarm_set_priority (swarm, piece, piece % 4);
  btfw_test_swarm_add_peer (swarm, &seed);
  if (!btfw_test_swarm_run (swarm, PATIENCE))
    btfw_kit_find ("stalls", "some pieces are not wanted: others never came");
  for (guint32 piece = 0; piece < 32; piece++)
    btfw_test_swarm_set_priority (swarm, piece, 3 - piece % 4 == 0 ? BTFW_PRIORITY_LOW : 3 - piece % 4);
  finish (swarm, "stalls", "what was not wanted became wanted");
}

/* Peers come, go, choke and unchoke; a piece is lost. */
static void
check_changes (BtfwKit *kit)
{
  const BtfwTestPeerSpec slow = { .has_everything = TRUE, .gives = 64 * KIB };
  BtfwTestSwarm         *swarm = begin (kit, 100 * 64 * KIB, 64 * KIB);
  guint                  peers[6];

  if (swarm == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = btfw_test_swarm_add_peer (swarm, &slow);
  for (guint i = 0; i < 60; i++)
    {
      guint who = i % G_N_ELEMENTS (peers);

      btfw_test_swarm_run (swarm, SECONDS (1) / 3);
      btfw_test_swarm_set_choking (swarm, peers[(i + 2) % G_N_ELEMENTS (peers)], i % 3 != 0);
      btfw_test_swarm_remove_peer (swarm, peers[who]);
      peers[who] = btfw_test_swarm_add_peer (swarm, i % 2 == 0 ? &slow : &(BtfwTestPeerSpec){ .gives = 64 * KIB });
      for (guint32 piece = i; piece < 100; piece += 7)
        btfw_test_swarm_add_piece (swarm, peers[who], piece);
      if (i % 10 == 9)
        btfw_test_swarm_set_have (swarm, i, FALSE);
    }
  btfw_test_swarm_add_peer (swarm, &seed);
  finish (swarm, "stalls", "peers that come, go, choke and unchoke");
}

/* Asked for little, and with nothing to offer. */
static void
check_small_questions (BtfwKit *kit)
{
  const guint32          first = 0;
  const BtfwTestPeerSpec choking = { .has_everything = TRUE, .chokes_us = TRUE, .gives = MIB };
  const BtfwTestPeerSpec useless = { .pieces = &first, .n_pieces = 1, .gives = MIB };
  BtfwTestSwarm         *swarm = begin (kit, 20 * 64 * KIB, 64 * KIB);
  guint                  n, peer;

  if (swarm == NULL)
    return;
  btfw_test_swarm_set_have (swarm, 0, TRUE);
  peer = btfw_test_swarm_add_peer (swarm, &useless);
  g_free (btfw_test_swarm_pick (swarm, peer, 16, &n));
  peer = btfw_test_swarm_add_peer (swarm, &choking);
  g_free (btfw_test_swarm_pick (swarm, peer, 16, &n));
  peer = btfw_test_swarm_add_peer (swarm, &seed);
  for (guint i = 1; i < 40; i++)
    g_free (btfw_test_swarm_pick (swarm, peer, 1, &n));
  finish (swarm, "stalls", "asked for one block at a time");
}

static guint64
run_once (BtfwKit *kit)
{
  BtfwTestSwarm *swarm = begin (kit, 200 * 32 * KIB, 32 * KIB);
  guint64        trace;

  if (swarm == NULL)
    return 0;
  for (guint32 i = 0; i < 10; i++)
    {
      guint32                pieces[40];
      const BtfwTestPeerSpec some = { .pieces = pieces, .n_pieces = 40, .gives = (i + 1) * 100 * KIB };

      for (guint32 k = 0; k < 40; k++)
        pieces[k] = (i * 17 + k * 5) % 200;
      btfw_test_swarm_add_peer (swarm, &some);
    }
  btfw_test_swarm_add_peer (swarm, &seed);
  btfw_test_swarm_run (swarm, PATIENCE);
  trace = btfw_test_swarm_get_trace (swarm);
  btfw_test_swarm_free (swarm);
  return trace;
}

static void
check_repeats (BtfwKit *kit)
{
  guint64 first = run_once (kit);

  g_usleep (2000);
  if (run_once (kit) != first || run_once (kit) != first)
    btfw_kit_find ("not-repeatable", "with the same seed, another run chose other pieces: it uses a clock, dice or an "
                                     "order of its own");
}

static void
live_once (BtfwKit *kit)
{
  BtfwTestSwarm *swarm = begin (kit, 20 * 32 * KIB, 32 * KIB);

  if (swarm == NULL)
    return;
  btfw_test_swarm_add_peer (swarm, &seed);
  btfw_test_swarm_run (swarm, SECONDS (1));
  end (swarm, "attached and detached many times");
}

static void
check_leaks (BtfwKit *kit)
{
  gpointer picker = btfw_kit_make (kit);
  BtfwTestSwarm *swarm;

  if (picker == NULL)
    return;
  btfw_kit_watch_growth (kit, live_once, 200);
  swarm = make_swarm (20 * 32 * KIB, 32 * KIB);
  if (is_complete_interface (kit))
    {
      btfw_test_swarm_set_picker (swarm, picker);
      btfw_test_swarm_add_peer (swarm, &seed);
      btfw_test_swarm_run (swarm, SECONDS (10));
      btfw_test_swarm_set_picker (swarm, NULL);
    }
  btfw_test_swarm_free (swarm);
  btfw_kit_drop (picker);
}

const BtfwKitCheck btfw_kit_picker_checks[] = {
  { "picker-sizes", "picker", 30, FALSE, check_sizes, NULL },
  { "picker-scattered", "picker", 20, FALSE, check_scattered, NULL },
  { "picker-attached-late", "picker", 20, FALSE, check_attached_late, NULL },
  { "picker-attached-again", "picker", 20, FALSE, check_attached_again, NULL },
  { "picker-priorities", "picker", 20, FALSE, check_priorities, NULL },
  { "picker-changes", "picker", 30, FALSE, check_changes, NULL },
  { "picker-small-questions", "picker", 20, FALSE, check_small_questions, NULL },
  { "picker-repeats", "picker", 30, FALSE, check_repeats, NULL },
  { "picker-leaks", "picker", 30, FALSE, check_leaks, NULL },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
