/* lab-manners.c: tests of a client among peers with bad manners, or bad intentions. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#include <string.h>

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabNodeSpec leecher_spec = { 0 };

static gboolean
was_turned_away (LabPeer *peer)
{
  return peer->stream == NULL;
}

static gboolean
is_banned (LabNode *node, guint number)
{
  BtfwAddress address = lab_get_address (1000 + number);

  return btfw_candidates_is_banned (&node->swarm->candidates, &address);
}

/* --- Those who serve in their own way --- */

typedef struct
{
  const char *name;
  LabPeerSpec peer;
  gint64      time; /* in which a lone peer of this kind must have served 2 MiB */
} MannerCase;

static const MannerCase manner_cases[] = {
  { "at-once", { .answers = TRUE }, SECONDS (5) },
  { "slowly", { .answers = TRUE, .delay = SECONDS (3) }, SECONDS (120) },
  { "after-a-snub", { .answers = TRUE, .delay = SECONDS (14) }, SECONDS (3000) },
  { "chokes-now-and-then", { .answers = TRUE, .delay = MILLISECONDS (50), .choke_every = 17 }, SECONDS (60) },
  { "chokes-now-and-then-with-rejects", { .features = BTFW_FEATURE_FAST, .answers = TRUE, .delay = MILLISECONDS (50), .choke_every = 17 }, SECONDS (60) },
  { "rejects-without-choking", { .features = BTFW_FEATURE_FAST, .answers = TRUE, .reject_every = 5 }, SECONDS (60) },
  { "rejects-every-second-one", { .features = BTFW_FEATURE_FAST, .answers = TRUE, .delay = MILLISECONDS (20), .reject_every = 2 }, SECONDS (120) },
};

/* One peer alone, so nobody else can help out; nothing of this is a crime. */
static void
test_manner (gconstpointer data)
{
  const MannerCase *manner = data;
  g_autoptr (Lab)   lab = lab_new (1, 2 * MIB, 128 * KIB);
  LabNode          *node = lab_add (lab, &leecher_spec);
  LabPeer          *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &manner->peer);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, manner->time));
  g_test_message ("%.1f s, %u requests for 128 blocks", (double) node->completed / 1e6, peer->n_requests);
  lab_node_assert_content (node);
  g_assert_false (is_banned (node, 1));
  lab_peer_free (peer);
}

/* --- Liars --- */

static gint64
time_with_liars (guint n_liars)
{
  static const LabPeerSpec liar = { .features = BTFW_FEATURE_FAST };
  g_autoptr (Lab)          lab = lab_new (1, 24 * MIB, 256 * KIB);
  g_autoptr (GPtrArray)    liars = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
  const LabNodeSpec        seed = { .has_all = TRUE, .upload = MIB };
  LabNode                 *from = lab_add (lab, &seed);
  LabNode                 *node = lab_add (lab, &leecher_spec);

  lab_run (lab, MILLISECONDS (10));
  for (guint i = 0; i < n_liars; i++)
    g_ptr_array_add (liars, lab_peer_new (node, i, &liar));
  lab_dial (node, from);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (600)));
  lab_node_assert_content (node);
  return node->completed;
}

/* They claim to have everything, unchoke, and never deliver (CASES C16). */
static void
test_liars_cost_little (void)
{
  gint64 without = time_with_liars (0);
  gint64 with = time_with_liars (50);

  g_test_message ("%.1f s, with liars %.1f s", (double) without / 1e6, (double) with / 1e6);
  g_assert_cmpint (with, <, 2 * without);
}

/* --- Poisoners --- */

static void
test_sole_poisoner_is_banned (void)
{
  static const LabPeerSpec poisoner = { .answers = TRUE, .poisons = TRUE };
  g_autoptr (Lab)          lab = lab_new (1, 8 * MIB, 256 * KIB);
  const LabNodeSpec        seed = { .has_all = TRUE, .upload = MIB };
  LabNode                 *from = lab_add (lab, &seed);
  LabNode                 *node = lab_add (lab, &leecher_spec);
  LabPeer                 *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &poisoner);
  lab_dial (node, from);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  lab_node_assert_content (node);
  g_assert_true (was_turned_away (peer));
  g_assert_true (is_banned (node, 1));
  g_assert_false (btfw_candidates_is_banned (&node->swarm->candidates, &from->address));
  g_test_message ("%.2f MB wasted", (double) node->swarm->wasted / 1e6);
  g_assert_cmpuint (node->swarm->wasted, <, 2 * MIB);
  lab_peer_free (peer);
}

/* Nothing but poison: nothing is ever taken for good, and the poisoner is gone. */
static void
test_poison_alone (void)
{
  static const LabPeerSpec poisoner = { .answers = TRUE, .poisons = TRUE };
  g_autoptr (Lab)          lab = lab_new (1, MIB, 64 * KIB);
  LabNode                 *node = lab_add (lab, &leecher_spec);
  LabPeer                 *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &poisoner);
  lab_run (lab, SECONDS (30));
  g_assert_cmpuint (node->swarm->map.have.n_set, ==, 0);
  g_assert_true (was_turned_away (peer));
  lab_peer_free (peer);
}

/* --- Words out of place (CASES C07, C09, C12, C24) --- */

typedef struct
{
  const char *name;
  gboolean    fast; /* whether both sides speak the fast extension */
  gboolean    is_closed;
  const char *bytes;
  gsize       size;
} WordCase;

#define BYTES(text) text, sizeof (text) - 1
#define HAVE_ALL "\0\0\0\1\x0e"
#define HAVE_NONE "\0\0\0\1\x0f"
#define UNCHOKE "\0\0\0\1\1"
/* The torrent has 20 pieces of 32 KiB: a bitfield of 3 bytes, with 4 spare bits. */
#define BITFIELD "\0\0\0\4\5\xff\xff\xf0"

static const WordCase word_cases[] = {
  { "nothing", FALSE, FALSE, BYTES ("") },
  { "keep-alives", FALSE, FALSE, BYTES ("\0\0\0\0\0\0\0\0") },
  { "unknown-message", FALSE, FALSE, BYTES ("\0\0\0\5\x63" "abcd") },
  { "bitfield", FALSE, FALSE, BYTES (BITFIELD) },
  { "bitfield-short", FALSE, TRUE, BYTES ("\0\0\0\3\5\xff\xff") },
  { "bitfield-long", FALSE, TRUE, BYTES ("\0\0\0\5\5\xff\xff\xf0\0") },
  { "bitfield-spare-bits", FALSE, TRUE, BYTES ("\0\0\0\4\5\xff\xff\xf8") },
  { "have-all-and-bitfield", TRUE, TRUE, BYTES (HAVE_ALL BITFIELD) },
  { "have-all-twice", TRUE, TRUE, BYTES (HAVE_ALL HAVE_ALL) },
  { "have-none-and-all", TRUE, FALSE, BYTES (HAVE_NONE HAVE_ALL) },
  { "have-last", FALSE, FALSE, BYTES ("\0\0\0\5\4\0\0\0\x13") },
  { "have-out-of-range", FALSE, TRUE, BYTES ("\0\0\0\5\4\0\0\0\x14") },
  { "have-far-out-of-range", FALSE, TRUE, BYTES ("\0\0\0\5\4\xff\xff\xff\xff") },
  { "have-short", FALSE, TRUE, BYTES ("\0\0\0\4\4\0\0\0") },
  { "choke-with-a-body", FALSE, TRUE, BYTES ("\0\0\0\2\0\0") },
  { "have-all-without-fast", FALSE, TRUE, BYTES (HAVE_ALL) },
  { "have-none-without-fast", FALSE, TRUE, BYTES (HAVE_NONE) },
  { "reject-without-fast", FALSE, TRUE, BYTES ("\0\0\0\x0d\x10\0\0\0\0\0\0\0\0\0\0\x40\0") },
  { "reject-of-what-was-not-asked", TRUE, FALSE, BYTES ("\0\0\0\x0d\x10\0\0\0\0\0\0\0\0\0\0\x40\0") },
  { "suggest", TRUE, FALSE, BYTES ("\0\0\0\5\x0d\0\0\0\x13") },
  { "suggest-out-of-range", TRUE, TRUE, BYTES ("\0\0\0\5\x0d\0\0\0\x14") },
  { "suggest-short", TRUE, TRUE, BYTES ("\0\0\0\4\x0d\0\0\0") },
  { "allowed-fast", TRUE, FALSE, BYTES ("\0\0\0\5\x11\0\0\0\x13") },
  { "allowed-fast-out-of-range", TRUE, TRUE, BYTES ("\0\0\0\5\x11\xff\xff\xff\xff") },
  { "allowed-fast-without-fast", FALSE, TRUE, BYTES ("\0\0\0\5\x11\0\0\0\0") },
  { "suggest-without-fast", FALSE, TRUE, BYTES ("\0\0\0\5\x0d\0\0\0\0") },
  { "extended-without-extension", FALSE, TRUE, BYTES ("\0\0\0\4\x14\0de") },
  { "request-while-choked", FALSE, FALSE, BYTES ("\0\0\0\x0d\6\0\0\0\0\0\0\0\0\0\0\x40\0") },
  { "request-of-nothing", FALSE, TRUE, BYTES ("\0\0\0\x0d\6\0\0\0\0\0\0\0\0\0\0\0\0") },
  { "request-too-large", FALSE, TRUE, BYTES ("\0\0\0\x0d\6\0\0\0\0\0\0\0\0\0\2\0\1") },
  { "request-past-the-end", FALSE, TRUE, BYTES ("\0\0\0\x0d\6\0\0\0\0\0\0\x40\1\0\0\x40\0") },
  { "request-far-past-the-end", FALSE, TRUE, BYTES ("\0\0\0\x0d\6\0\0\0\0\xff\xff\xff\xff\0\0\x40\0") },
  { "request-of-no-piece", FALSE, TRUE, BYTES ("\0\0\0\x0d\6\0\0\0\x14\0\0\0\0\0\0\x40\0") },
  { "message-far-too-large", FALSE, TRUE, BYTES ("\xff\xff\xff\xff\x09") },
  { "block-too-large", FALSE, TRUE, BYTES ("\0\3\0\0\7") },
  { "block-empty", FALSE, TRUE, BYTES ("\0\0\0\x09\7\0\0\0\0\0\0\0\0") },
  { "cancel-of-what-was-not-asked", FALSE, FALSE, BYTES ("\0\0\0\x0d\x08\0\0\0\0\0\0\0\0\0\0\x40\0") },
};

static const LabPeerSpec silent_peer = { .is_silent = TRUE };
static const LabPeerSpec silent_fast_peer = { .is_silent = TRUE, .features = BTFW_FEATURE_FAST };

static void
say (LabPeer *peer, const char *bytes, gsize size)
{
  g_byte_array_append (peer->out, (const guint8 *) bytes, (guint) size);
  lab_peer_flush (peer);
}

static void
test_word (gconstpointer data)
{
  const WordCase *word = data;

  for (guint seeds = 0; seeds < 2; seeds++)
    {
      g_autoptr (Lab) lab = lab_new (1, 20 * 32 * KIB, 32 * KIB);
      LabNode        *node = lab_add (lab, seeds ? &seed_spec : &leecher_spec);
      LabPeer        *peer;

      lab_run (lab, MILLISECONDS (10));
      peer = lab_peer_new (node, 1, word->fast ? &silent_fast_peer : &silent_peer);
      say (peer, word->bytes, word->size);
      lab_run (lab, SECONDS (1));
      /* Two that have everything part in peace. */
      if (!seeds || word->is_closed)
        g_assert_cmpint (was_turned_away (peer), ==, word->is_closed);
      g_assert_cmpuint (peer->blocks->len, ==, 0);
      g_assert_false (is_banned (node, 1));
      lab_peer_free (peer);
    }
}

/* How many such blocks it takes until it is turned away. */
static guint
count_unasked (LabPeer *peer)
{
  guint n = 0;

  while (n < 20 && !was_turned_away (peer))
    {
      /* All of the same piece, which nobody needs any more, or yet. */
      BtfwBlock block = { 0, 0, 16 * KIB };

      lab_peer_send_block (peer, &block, FALSE);
      lab_peer_flush (peer);
      lab_run (peer->node->lab, MILLISECONDS (200));
      n++;
    }
  return n;
}

/* Of whom nothing was asked it can only be an attack. None is written, nor even read. */
static void
test_unasked_blocks_end_in_a_ban (void)
{
  g_autoptr (Lab) lab = lab_new (1, 20 * 32 * KIB, 32 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);
  LabPeer        *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &silent_peer);
  g_assert_cmpuint (count_unasked (peer), ==, 1);
  g_assert_true (is_banned (node, 1));
  g_assert_cmpuint (node->storage->n_written, ==, 0);
  g_assert_cmpuint (node->swarm->wasted, ==, 0);
  lab_peer_free (peer);
}

/* Of whoever brought something good a few may be a misunderstanding. */
static void
test_a_few_unasked_blocks_are_forgiven (void)
{
  static const LabPeerSpec server = { .answers = TRUE };
  g_autoptr (Lab)          lab = lab_new (1, 20 * 32 * KIB, 32 * KIB);
  LabNode                 *node = lab_add (lab, &leecher_spec);
  LabPeer                 *peer;

  lab->link.rate = 128 * KIB;
  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &server);
  lab_run (lab, SECONDS (2));
  g_assert_cmpuint (node->swarm->map.have.n_set, >, 0);
  g_assert_cmpuint (count_unasked (peer), >, 4);
  g_assert_true (was_turned_away (peer));
  g_assert_true (is_banned (node, 1));
  lab_peer_free (peer);
}

/* --- Those who ask --- */

static void
ask (LabPeer *peer, guint32 piece, guint32 offset, guint32 length)
{
  btfw_wire_put_block (peer->out, BTFW_WIRE_REQUEST, &(BtfwBlock){ piece, offset, length });
  lab_peer_flush (peer);
}

static void
become_interested (LabPeer *peer)
{
  btfw_wire_put_bare (peer->out, BTFW_WIRE_INTERESTED);
  lab_peer_flush (peer);
  lab_run (peer->node->lab, MILLISECONDS (100));
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_UNCHOKE], ==, 1);
}

static const gboolean lease_choices[] = { FALSE, TRUE };

/* Any block of up to 128 KiB inside a piece, wherever it begins. */
static void
test_served_exactly (gconstpointer data)
{
  const gboolean   *leases = data;
  const LabNodeSpec spec = { .has_all = TRUE, .has_leases = *leases };
  g_autoptr (Lab)   lab = lab_new (1, 3 * MIB + 1000, MIB);
  LabNode          *node = lab_add (lab, &spec);
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  LabPeer          *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &silent_fast_peer);
  become_interested (peer);
  for (guint i = 0; i < 200; i++)
    {
      guint32 piece = (guint32) g_test_rand_int_range (0, 4);
      guint32 length = piece == 3 ? (guint32) g_test_rand_int_range (1, 1000) : (guint32) g_test_rand_int_range (1, 128 * KIB + 1);
      guint32 offset = (guint32) g_test_rand_int_range (0, (gint32) ((piece == 3 ? 1000 : MIB) - length + 1));

      ask (peer, piece, offset, length);
      g_byte_array_append (expected, lab->content + (guint64) piece * MIB + offset, length);
    }
  lab_run (lab, SECONDS (5));
  g_assert_cmpmem (peer->blocks->data, peer->blocks->len, expected->data, expected->len);
  lab_peer_free (peer);
}

/* A hundred thousand requests for one block: what waits is bounded (CASES C10). */
static void
test_flood_of_requests_is_bounded (void)
{
  const LabNodeSpec spec = { .has_all = TRUE, .upload = 100 * KIB };
  g_autoptr (Lab)   lab = lab_new (1, MIB, 256 * KIB);
  LabNode          *node = lab_add (lab, &spec);
  LabPeer          *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &silent_fast_peer);
  become_interested (peer);
  for (guint i = 0; i < 1000 && !was_turned_away (peer); i++)
    {
      for (guint n = 0; n < 100; n++)
        ask (peer, 0, 0, 16 * KIB);
      lab_run (lab, MILLISECONDS (1));
      for (guint n = 0; n < node->swarm->peers->len; n++)
        g_assert_cmpuint (((BtfwPeer *) g_ptr_array_index (node->swarm->peers, n))->uploads.n, <=, 2000);
    }
  g_assert_true (was_turned_away (peer));
  lab_peer_free (peer);
}

/* What is cancelled is not sent; with the fast extension a reject says so. */
static void
test_cancelled_is_not_sent (void)
{
  const LabNodeSpec spec = { .has_all = TRUE, .upload = 64 * KIB };
  g_autoptr (Lab)   lab = lab_new (1, MIB, 256 * KIB);
  LabNode          *node = lab_add (lab, &spec);
  LabPeer          *peer;

  lab_run (lab, MILLISECONDS (10));
  peer = lab_peer_new (node, 1, &silent_fast_peer);
  become_interested (peer);
  for (guint i = 0; i < 16; i++)
    ask (peer, 1, i * 16 * KIB, 16 * KIB);
  for (guint i = 8; i < 16; i++)
    btfw_wire_put_block (peer->out, BTFW_WIRE_CANCEL, &(BtfwBlock){ 1, i * 16 * KIB, 16 * KIB });
  lab_peer_flush (peer);
  lab_run (lab, SECONDS (10));
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_PIECE], ==, 8);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT], ==, 8);
  g_assert_cmpmem (peer->blocks->data, peer->blocks->len, lab->content + 256 * KIB, 8 * 16 * KIB);
  lab_peer_free (peer);
}

/* --- Who is who (CASES C29) --- */

static void
test_two_who_dial_each_other_keep_one (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *from;
  LabNode        *to;

  lab->link.rate = MIB;
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_dial (to, from);
  lab_dial (from, to);
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (from->swarm->peers->len, ==, 1);
  g_assert_cmpuint (to->swarm->peers->len, ==, 1);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (60)));
}

static void
test_nobody_is_his_own_peer (void)
{
  g_autoptr (Lab) lab = lab_new (1, MIB, 64 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);
  BtfwHandshake   handshake = { 0 };
  BtfwAddress     address = lab_get_address (77);
  BtfwStream     *ends[2];

  lab_run (lab, MILLISECONDS (10));
  btfw_swarm_fill_handshake (node->swarm, &handshake);
  lab_pipe_new (lab->loop, 99, &lab->link, NULL, NULL, ends);
  btfw_swarm_accept (node->swarm, ends[0], &address, &handshake);
  lab_run (lab, MILLISECONDS (10));
  g_assert_cmpuint (node->swarm->peers->len, ==, 0);
  btfw_stream_close (ends[1]);
}

static void
test_few_from_one_address (void)
{
  g_autoptr (Lab) lab = lab_new (1, MIB, 64 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);
  BtfwAddress     address = lab_get_address (77);
  BtfwStream     *others[10];

  lab_run (lab, MILLISECONDS (10));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      BtfwHandshake handshake = { .peer_id = { (guint8) (i + 1) } };
      BtfwStream   *ends[2];

      address.port = (guint16) (1000 + i);
      lab_pipe_new (lab->loop, 99, &lab->link, NULL, NULL, ends);
      btfw_swarm_accept (node->swarm, ends[0], &address, &handshake);
      others[i] = ends[1];
    }
  lab_run (lab, MILLISECONDS (10));
  g_assert_cmpuint (node->swarm->peers->len, ==, 2);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    btfw_stream_close (others[i]);
}

/* A thousand addresses where nobody is: also after a long rest not many a second. */
static void
test_dials_with_measure (void)
{
  g_autoptr (Lab) lab = lab_new (1, MIB, 64 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);

  lab_run (lab, SECONDS (60));
  for (guint i = 0; i < 1000; i++)
    {
      BtfwAddress address = lab_get_address (2000 + i);

      btfw_swarm_add_address (node->swarm, &address, BTFW_SOURCE_TRACKER);
    }
  lab_run (lab, SECONDS (10));
  g_assert_cmpuint (node->n_attempts, >, 250);
  /* The first one of a torrent has a measure of its own. */
  g_assert_cmpuint (node->n_attempts, <=, 312);
}

static void
add_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (manner_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/served-by-one-who/%s", manner_cases[i].name);

      g_test_add_data_func (path, &manner_cases[i], test_manner);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (word_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/word/%s", word_cases[i].name);

      g_test_add_data_func (path, &word_cases[i], test_word);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_cases ();
  g_test_add_func ("/lab/liars-cost-little", test_liars_cost_little);
  g_test_add_func ("/lab/poison/sole-poisoner-is-banned", test_sole_poisoner_is_banned);
  g_test_add_func ("/lab/poison/alone", test_poison_alone);
  g_test_add_func ("/lab/unasked-blocks-end-in-a-ban", test_unasked_blocks_end_in_a_ban);
  g_test_add_func ("/lab/a-few-unasked-blocks-are-forgiven", test_a_few_unasked_blocks_are_forgiven);
  g_test_add_data_func ("/lab/served/exactly/from-memory", &lease_choices[0], test_served_exactly);
  g_test_add_data_func ("/lab/served/exactly/from-leases", &lease_choices[1], test_served_exactly);
  g_test_add_func ("/lab/served/flood-of-requests-is-bounded", test_flood_of_requests_is_bounded);
  g_test_add_func ("/lab/served/cancelled-is-not-sent", test_cancelled_is_not_sent);
  g_test_add_func ("/lab/who/two-who-dial-each-other-keep-one", test_two_who_dial_each_other_keep_one);
  g_test_add_func ("/lab/who/nobody-is-his-own-peer", test_nobody_is_his_own_peer);
  g_test_add_func ("/lab/who/dials-with-measure", test_dials_with_measure);
  g_test_add_func ("/lab/who/few-from-one-address", test_few_from_one_address);
  return g_test_run ();
}
