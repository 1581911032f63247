/* lab-metadata.c: tests of torrents that begin as a magnet link, and of the moment when they know more. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#include <string.h>

GType btfw_plugin_extension_metadata_get_type (void);
GType btfw_plugin_extension_donthave_get_type (void);

static void
add_extensions (BtfwExtensionSet *set)
{
  g_assert_true (btfw_extension_set_add (set, g_object_new (btfw_plugin_extension_metadata_get_type (), NULL), 0, NULL));
  g_assert_true (btfw_extension_set_add (set, g_object_new (btfw_plugin_extension_donthave_get_type (), NULL), 0, NULL));
}

static const LabNodeSpec seed_spec = { .has_all = TRUE, .add_extensions = add_extensions };
static const LabNodeSpec link_spec = { .has_link = TRUE, .add_extensions = add_extensions };
static const LabNodeSpec hold_spec = { .has_link = TRUE, .holds = TRUE, .add_extensions = add_extensions };

static void
assert_completes (Lab *lab, LabNode *node)
{
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (120)));
  lab_node_assert_content (node);
}

/* A client with the link that has found out that it knows no more than that. */
static LabNode *
add_asking (Lab *lab)
{
  LabNode *node = lab_add (lab, &link_spec);

  lab_run (lab, MILLISECONDS (10));
  g_assert_true (btfw_swarm_admits (node->swarm));
  return node;
}

static gboolean
is_named (Lab *lab, gpointer node)
{
  return ((LabNode *) node)->swarm->metainfo != NULL;
}

/* --- From a link to a torrent --- */

static void
test_goes_on_by_itself (void)
{
  g_autoptr (Lab) lab = lab_new (1, 8 * MIB, 16 * KIB);
  LabNode        *from = lab_add (lab, &seed_spec);
  LabNode        *to = lab_add (lab, &link_spec);

  g_assert_cmpint (to->swarm->state, ==, BTFW_TORRENT_METADATA);
  g_assert_null (to->swarm->metainfo);
  lab_dial (to, from);
  assert_completes (lab, to);
  g_assert_cmpuint (to->n_named, ==, 1);
  /* By the one connection that there was before. */
  g_assert_cmpuint (to->n_attempts, ==, 1);
  g_assert_cmpuint (to->n_notices, ==, 0);
}

/* Those with links only tell one another as soon as one of them knows. */
static void
test_tell_one_another (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 16 * KIB);
  LabNode        *from;
  LabNode        *nodes[4];

  lab->link.rate = MIB;
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    nodes[i] = lab_add (lab, &link_spec);
  lab_dial_all (lab);
  lab_run (lab, SECONDS (3));
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    g_assert_null (nodes[i]->swarm->metainfo);

  /* Only the first one knows the one who has it. */
  from = lab_add (lab, &seed_spec);
  lab_dial (nodes[0], from);
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    assert_completes (lab, nodes[i]);
}

/* What peers said of their pieces before is not forgotten: they say it once. */
static void
test_keeps_what_peers_have (gconstpointer fast)
{
  const BtfwFeatures features = BTFW_FEATURE_EXTENSION | (fast != NULL ? BTFW_FEATURE_FAST : 0);
  const LabPeerSpec  early = { .features = features, .answers = TRUE };
  const LabPeerSpec  partial = { .features = features, .answers = TRUE, .has_one = TRUE };
  g_autoptr (Lab)    lab = lab_new (1, 256 * KIB, 64 * KIB);
  LabNode           *to = add_asking (lab);
  LabNode           *from;
  LabPeer           *peers[2];

  lab->link.rate = 200 * KIB;
  peers[0] = lab_peer_new (to, 1, &early);
  peers[1] = lab_peer_new (to, 2, &partial);
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (to->swarm->peers->len, ==, 2);
  g_assert_cmpuint (to->swarm->map.n_pieces, ==, 0);

  from = lab_add (lab, &seed_spec);
  lab_dial (to, from);
  g_assert_true (lab_run_until (lab, is_named, to, SECONDS (5)));
  g_assert_cmpuint (to->swarm->map.n_pieces, ==, 4);
  g_assert_cmpuint (to->swarm->map.n_seeds, ==, 2);
  g_assert_cmpuint (btfw_piece_map_get_count (&to->swarm->map, 2), ==, 1);
  assert_completes (lab, to);
  /* They were asked for blocks, and were told of pieces. */
  g_assert_cmpuint (peers[0]->n_requests, >, 0);
  g_assert_cmpuint (peers[1]->n_heard[BTFW_WIRE_HAVE], >, 0);
  lab_peer_free (peers[0]);
  lab_peer_free (peers[1]);
}

/* What does not fit once the number of pieces is known ends the peer, and it alone. */
static void
test_early_nonsense_is_found_later (void)
{
  static const guint8 have_far[] = { 0, 0, 0, 5, BTFW_WIRE_HAVE, 0, 0, 0, 200 };
  static const guint8 bitfield[] = { 0, 0, 0, 4, BTFW_WIRE_BITFIELD, 0xff, 0xff, 0xff };
  static const guint8 spare_bits[] = { 0, 0, 0, 2, BTFW_WIRE_BITFIELD, 0x1f };
  static const guint8 have_huge[] = { 0, 0, 0, 5, BTFW_WIRE_HAVE, 0xff, 0xff, 0xff, 0xff };
  const LabPeerSpec   silent = { .is_silent = TRUE };
  g_autoptr (Lab)     lab = lab_new (1, 256 * KIB, 64 * KIB);
  LabNode            *to = add_asking (lab);
  LabPeer            *peers[4];

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = lab_peer_new (to, i + 1, &silent);
  g_byte_array_append (peers[0]->out, have_far, sizeof have_far);
  g_byte_array_append (peers[1]->out, bitfield, sizeof bitfield);
  g_byte_array_append (peers[2]->out, spare_bits, sizeof spare_bits);
  g_byte_array_append (peers[3]->out, have_huge, sizeof have_huge);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    lab_peer_flush (peers[i]);
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (to->swarm->peers->len, ==, 3);
  g_assert_null (peers[3]->stream);

  lab_dial (to, lab_add (lab, &seed_spec));
  assert_completes (lab, to);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      g_assert_null (peers[i]->stream);
      lab_peer_free (peers[i]);
    }
}

/* More than can be kept: whoever says it may say it anew. */
static void
test_says_too_much (void)
{
  const LabPeerSpec silent = { .is_silent = TRUE };
  g_autoptr (Lab)   lab = lab_new (1, 256 * KIB, 64 * KIB);
  LabNode          *to = add_asking (lab);
  LabPeer          *peer = lab_peer_new (to, 1, &silent);

  for (guint i = 0; i < 50000; i++)
    btfw_wire_put_piece_index (peer->out, BTFW_WIRE_HAVE, i % 4);
  lab_peer_flush (peer);
  lab_run (lab, SECONDS (2));
  g_assert_cmpuint (to->swarm->peers->len, ==, 1);
  lab_dial (to, lab_add (lab, &seed_spec));
  assert_completes (lab, to);
  g_assert_null (peer->stream);
  lab_peer_free (peer);
}

/* --- Waiting for what people choose --- */

static void
test_holds_until_it_is_started (void)
{
  g_autoptr (Lab) lab = lab_new (1, MIB, 64 * KIB);
  LabNode        *to = lab_add (lab, &hold_spec);

  lab_dial (to, lab_add (lab, &seed_spec));
  g_assert_true (lab_run_until (lab, is_named, to, SECONDS (5)));
  lab_run (lab, SECONDS (5));
  g_assert_cmpint (to->swarm->state, ==, BTFW_TORRENT_METADATA);
  g_assert_cmpuint (to->swarm->map.have.n_set, ==, 0);
  g_assert_cmpuint (to->swarm->peers->len, ==, 1);

  btfw_swarm_start (to->swarm);
  assert_completes (lab, to);
  g_assert_cmpuint (to->n_attempts, ==, 1);
}

static void
test_wishes_before_files_are_known (void)
{
  g_autoptr (Lab) lab = lab_new (1, MIB, 64 * KIB);
  LabNode        *to = lab_add (lab, &link_spec);

  btfw_swarm_set_file_priority (to->swarm, 0, BTFW_PRIORITY_SKIP);
  btfw_swarm_set_file_priority (to->swarm, 77, BTFW_PRIORITY_HIGH);
  lab_dial (to, lab_add (lab, &seed_spec));
  g_assert_true (lab_run_until (lab, is_named, to, SECONDS (5)));
  lab_run (lab, SECONDS (5));
  g_assert_cmpuint (to->swarm->map.have.n_set, ==, 0);
  g_assert_cmpuint (to->swarm->map.wanted_bytes, ==, 0);

  to->completed = -1;
  btfw_swarm_set_file_priority (to->swarm, 0, BTFW_PRIORITY_NORMAL);
  assert_completes (lab, to);
}

/* --- Private torrents --- */

static BtfwAddress
add_candidate (LabNode *node, guint number, BtfwCandidateSource source)
{
  BtfwAddress address = lab_get_address (number);

  btfw_swarm_add_address (node->swarm, &address, source);
  return address;
}

/* Whom no tracker named goes, and is forgotten. */
static void
test_private_drops_what_others_named (void)
{
  const LabPeerSpec silent = { .features = BTFW_FEATURE_FAST };
  g_autoptr (Lab)   lab = lab_new (1, MIB, 64 * KIB);
  LabNode          *to;
  LabNode          *from;
  LabPeer          *stranger;
  BtfwAddress       exchanged;

  lab_make_private (lab);
  to = add_asking (lab);
  stranger = lab_peer_new (to, 1, &silent);
  exchanged = add_candidate (to, 500, BTFW_SOURCE_EXCHANGE);
  add_candidate (to, 501, BTFW_SOURCE_DISCOVERY);
  lab_run (lab, SECONDS (1));
  g_assert_nonnull (stranger->stream);
  g_assert_nonnull (btfw_candidates_find (&to->swarm->candidates, &exchanged));

  from = lab_add (lab, &seed_spec);
  lab_dial (to, from);
  g_assert_true (lab_run_until (lab, is_named, to, SECONDS (5)));
  lab_run (lab, SECONDS (1));
  g_assert_null (stranger->stream);
  g_assert_null (btfw_candidates_find (&to->swarm->candidates, &exchanged));
  g_assert_cmpuint (to->swarm->candidates.list->len, ==, 1);
  assert_completes (lab, to);
  lab_peer_free (stranger);
}

/* --- Lost pieces (BEP 54) --- */

static void
test_lost_pieces_are_told (void)
{
  const LabNodeSpec slow_spec = { .has_all = TRUE, .upload = 50 * KIB, .add_extensions = add_extensions };
  g_autoptr (Lab) lab = lab_new (1, MIB, 64 * KIB);
  LabNode        *from = lab_add (lab, &slow_spec);
  LabNode        *to;
  BtfwPeer       *seen;

  to = lab_add (lab, &link_spec);
  lab_dial (to, from);
  g_assert_true (lab_run_until (lab, is_named, to, SECONDS (5)));
  lab_run (lab, SECONDS (1));
  seen = g_ptr_array_index (to->swarm->peers, 0);
  g_assert_true (btfw_peer_is_seed (seen));
  g_assert_cmpuint (to->swarm->map.n_seeds, ==, 1);

  btfw_swarm_lose_piece (from->swarm, 15);
  lab_run (lab, SECONDS (1));
  g_assert_false (btfw_peer_has_piece (seen, 15));
  g_assert_true (btfw_peer_has_piece (seen, 14));
  g_assert_cmpuint (to->swarm->map.n_seeds, ==, 0);
  g_assert_cmpuint (btfw_piece_map_get_count (&to->swarm->map, 15), ==, 0);
  g_assert_cmpuint (btfw_piece_map_get_count (&to->swarm->map, 14), ==, 1);
  /* All but that one comes. */
  lab_run (lab, SECONDS (120));
  g_assert_cmpuint (to->swarm->map.have.n_set, ==, 15);
  g_assert_false (btfw_bitfield_get (&to->swarm->map.have, 15));
}

/* --- Whatever may happen at each moment (CASES C28) --- */

typedef enum
{
  STOP,
  STOP_AND_START,
  REMOVE,
  CUT,
  CHECK,
  N_EVENTS
} Event;

static const char *const event_names[] = { "stop", "stop-and-start", "remove", "cut", "check" };

static void
happen (Event event, LabNode *to)
{
  switch (event)
    {
    case STOP:
    case REMOVE:
      lab_node_stop (to);
      break;
    case STOP_AND_START:
      btfw_swarm_stop (to->swarm, 1000);
      btfw_swarm_start (to->swarm);
      break;
    case CUT:
      for (guint i = 0; i < to->swarm->peers->len; i++)
        lab_pipe_cut (((BtfwPeer *) g_ptr_array_index (to->swarm->peers, i))->stream);
      break;
    case CHECK:
      btfw_swarm_check (to->swarm);
      break;
    case N_EVENTS:
      break;
    }
}

static void
test_at_every_millisecond (gconstpointer data)
{
  const Event event = (Event) GPOINTER_TO_UINT (data);
  gboolean    was_through = FALSE;

  for (gint64 time = 0; !was_through; time += MILLISECONDS (1))
    {
      g_autoptr (Lab) lab = lab_new (1, 256 * KIB, 16 * KIB);
      LabNode        *from;
      LabNode        *to;

      lab->link = (LabLink){ .rate = 8 * MIB, .delay = MILLISECONDS (2) };
      from = lab_add (lab, &seed_spec);
      to = lab_add (lab, &link_spec);
      lab_dial (to, from);
      btfw_loop_advance (lab->loop, lab->start + time);
      was_through = to->completed >= 0;
      happen (event, to);
      if (event == REMOVE || event == STOP)
        g_assert_true (lab_run_until (lab, lab_node_is_stopped, to, SECONDS (10)));
      if (event == REMOVE)
        lab_node_remove (to);
      else
        {
          btfw_swarm_start (to->swarm);
          assert_completes (lab, to);
        }
      g_assert_cmpint (time, <, SECONDS (2));
    }
}

/* Any order of anything, many times; the same seed, the same order. */
static void
do_anything (Lab *lab, LabNode *to, BtfwRandom *dice, GPtrArray *peers)
{
  static const LabPeerSpec specs[] = {
    { .features = BTFW_FEATURE_FAST | BTFW_FEATURE_EXTENSION, .answers = TRUE },
    { .features = BTFW_FEATURE_EXTENSION, .answers = TRUE, .has_one = TRUE },
    { .features = BTFW_FEATURE_FAST, .answers = TRUE, .poisons = TRUE },
    { .is_silent = TRUE },
  };
  guint what = btfw_random_below (dice, 12);

  if (what < N_EVENTS && what != REMOVE)
    happen ((Event) what, to);
  else if (what < 7 && btfw_swarm_admits (to->swarm))
    g_ptr_array_add (peers, lab_peer_new (to, peers->len + 1, &specs[btfw_random_below (dice, G_N_ELEMENTS (specs))]));
  else if (what == 7)
    btfw_swarm_set_picker (to->swarm, lab_make_picker (btfw_random_below (dice, 2) ? "rarest" : "sequential"));
  else if (what == 8)
    btfw_swarm_set_file_priority (to->swarm, 0, (BtfwPriority) btfw_random_below (dice, 4));
  else if (what == 9)
    btfw_swarm_set_choker (to->swarm, lab_make_choker ());
  else if (what == 10 && to->swarm->peers->len > 0)
    btfw_swarm_ban (to->swarm, &((BtfwPeer *) g_ptr_array_index (to->swarm->peers, 0))->address, "for no reason");
  else
    btfw_swarm_start (to->swarm);
}

static void
test_in_any_order (void)
{
  for (guint seed = 1; seed <= 300; seed++)
    {
      g_autoptr (Lab)       lab = lab_new (seed, 192 * KIB, 16 * KIB);
      g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
      LabNode              *from = lab_add (lab, &seed_spec);
      LabNode              *to = lab_add (lab, seed % 3 == 0 ? &hold_spec : &link_spec);
      BtfwRandom            dice;

      lab->link = (LabLink){ .rate = 4 * MIB, .delay = MILLISECONDS (1) };
      btfw_loop_fork_random (lab->loop, "test", &dice);
      lab_dial (to, from);
      for (guint turn = 0; turn < 12; turn++)
        {
          lab_run (lab, MILLISECONDS (btfw_random_below (&dice, 30)));
          do_anything (lab, to, &dice, peers);
        }
      /* In the end it must still be able to become complete. */
      btfw_swarm_set_file_priority (to->swarm, 0, BTFW_PRIORITY_NORMAL);
      g_clear_pointer (&to->swarm->candidates.bans, g_hash_table_unref);
      for (guint i = 0; i < to->swarm->candidates.list->len; i++)
        ((BtfwCandidate *) g_ptr_array_index (to->swarm->candidates.list, i))->is_banned = FALSE;
      lab_run (lab, SECONDS (1));
      btfw_swarm_start (to->swarm);
      lab_dial (to, from);
      lab_run (lab, SECONDS (10));
      btfw_swarm_start (to->swarm);
      to->completed = btfw_swarm_is_seeding (to->swarm) ? 0 : -1;
      lab_run_until (lab, lab_node_is_complete, to, SECONDS (200));
      if (!btfw_swarm_is_seeding (to->swarm))
        g_error ("seed %u: state %d, %u pieces", seed, to->swarm->state, to->swarm->map.have.n_set);
      lab_node_assert_content (to);
      g_ptr_array_set_size (peers, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/lab/metadata/goes-on-by-itself", test_goes_on_by_itself);
  g_test_add_func ("/lab/metadata/tell-one-another", test_tell_one_another);
  g_test_add_data_func ("/lab/metadata/keeps-what-peers-have/fast", GUINT_TO_POINTER (1), test_keeps_what_peers_have);
  g_test_add_data_func ("/lab/metadata/keeps-what-peers-have/plain", NULL, test_keeps_what_peers_have);
  g_test_add_func ("/lab/metadata/early-nonsense-is-found-later", test_early_nonsense_is_found_later);
  g_test_add_func ("/lab/metadata/says-too-much", test_says_too_much);
  g_test_add_func ("/lab/metadata/holds-until-it-is-started", test_holds_until_it_is_started);
  g_test_add_func ("/lab/metadata/wishes-before-files-are-known", test_wishes_before_files_are_known);
  g_test_add_func ("/lab/metadata/private-drops-what-others-named", test_private_drops_what_others_named);
  g_test_add_func ("/lab/metadata/lost-pieces-are-told", test_lost_pieces_are_told);
  for (guint i = 0; i < N_EVENTS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/metadata/at-every-millisecond/%s", event_names[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_at_every_millisecond);
    }
  g_test_add_func ("/lab/metadata/in-any-order", test_in_any_order);
  return g_test_run ();
}
