/* lab-fast.c: tests of what the fast extension allows while somebody is choked, and of hints. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#include <string.h>

#define PIECE (32 * KIB)
#define BLOCK (16 * KIB)
#define N_PIECES 200u

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabNodeSpec slow_seed_spec = { .has_all = TRUE, .upload = 64 * KIB };
static const LabNodeSpec leecher_spec = { 0 };
static const LabPeerSpec asker = { .is_silent = TRUE, .features = BTFW_FEATURE_FAST };
static const LabPeerSpec old_asker = { .is_silent = TRUE };
static const LabPeerSpec server = { .is_silent = TRUE, .features = BTFW_FEATURE_FAST, .answers = TRUE };
static const LabPeerSpec rejecter = { .is_silent = TRUE, .features = BTFW_FEATURE_FAST, .answers = TRUE, .reject_every = 1 };
static const LabPeerSpec idler = { .is_silent = TRUE, .features = BTFW_FEATURE_FAST };

static Lab *
make_lab (const LabNodeSpec *spec, LabNode **node)
{
  Lab *lab = lab_new (1, (guint64) N_PIECES * PIECE, PIECE);

  *node = lab_add (lab, spec);
  lab_run (lab, MILLISECONDS (10));
  return lab;
}

static void
run (LabPeer *peer, gint64 time)
{
  lab_peer_flush (peer);
  lab_run (peer->node->lab, time);
}

static void
say (LabPeer *peer, BtfwWireId id)
{
  btfw_wire_put_bare (peer->out, id);
  run (peer, MILLISECONDS (100));
}

static void
say_piece (LabPeer *peer, BtfwWireId id, guint32 piece)
{
  btfw_wire_put_piece_index (peer->out, id, piece);
}

static void
say_first_pieces (LabPeer *peer, guint n)
{
  guint8 *bits = btfw_wire_put_bitfield (peer->out, BTFW_BITFIELD_WIRE_SIZE (N_PIECES));

  memset (bits, 0, BTFW_BITFIELD_WIRE_SIZE (N_PIECES));
  for (guint i = 0; i < n; i++)
    bits[i / 8] |= (guint8) (0x80 >> i % 8);
  run (peer, MILLISECONDS (100));
}

static void
ask (LabPeer *peer, guint32 piece)
{
  for (guint32 offset = 0; offset < PIECE; offset += BLOCK)
    btfw_wire_put_block (peer->out, BTFW_WIRE_REQUEST, &(BtfwBlock){ piece, offset, BLOCK });
}

static gboolean
contains (const GArray *pieces, guint32 piece)
{
  for (guint i = 0; i < pieces->len; i++)
    if (g_array_index (pieces, guint32, i) == piece)
      return TRUE;
  return FALSE;
}

static gboolean
has_begun (Lab *lab, gpointer node)
{
  return ((LabNode *) node)->swarm->map.have.n_set >= 20;
}

static gboolean
was_asked_enough (Lab *lab, gpointer peer)
{
  return ((LabPeer *) peer)->asked->len >= 50;
}

static BtfwPeer *
get_peer (LabNode *node, guint i)
{
  return g_ptr_array_index (node->swarm->peers, i);
}

/* --- We allow --- */

static void
test_starting_peer_gets_its_pieces_choked (void)
{
  LabNode               *node;
  g_autoptr (Lab)        lab = make_lab (&seed_spec, &node);
  LabPeer               *peer = lab_peer_new (node, 1, &asker);
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  BtfwAddress            address = lab_get_address (1001);
  guint8                 ip[16];
  guint32                pieces[BTFW_FAST_SET_MAX];

  say (peer, BTFW_WIRE_HAVE_NONE);
  btfw_address_get_ip (&address, ip);
  btfw_fast_set_make (ip, btfw_info_hash_get_short (node->swarm->info_hash), N_PIECES, BTFW_FAST_SET_MAX, pieces);
  g_assert_cmpmem (peer->allowed->data, peer->allowed->len * sizeof *pieces, pieces, sizeof pieces);

  for (guint i = 0; i < BTFW_FAST_SET_MAX; i++)
    {
      ask (peer, pieces[i]);
      g_byte_array_append (expected, lab->content + (gsize) pieces[i] * PIECE, PIECE);
    }
  run (peer, SECONDS (1));
  g_assert_cmpmem (peer->blocks->data, peer->blocks->len, expected->data, expected->len);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT], ==, 0);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_UNCHOKE], ==, 0);
  lab_peer_free (peer);
}

/* Over and over it is served once; and who only asks for that is closed in the end (CASES C23). */
static void
test_each_piece_once (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&seed_spec, &node);
  LabPeer        *peer = lab_peer_new (node, 1, &asker);
  guint           n = 0;

  say (peer, BTFW_WIRE_HAVE_NONE);
  for (n = 0; n < 1000 && peer->stream != NULL; n++)
    {
      ask (peer, g_array_index (peer->allowed, guint32, 3));
      run (peer, MILLISECONDS (10));
    }
  g_assert_cmpuint (peer->blocks->len, ==, PIECE);
  g_assert_cmpuint (n, <, 200);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT], >=, 2 * (n - 2));
  lab_peer_free (peer);
}

/* The budget is its host's: to come back, or to come twice, brings nothing. */
static void
test_coming_back_brings_nothing (void)
{
  static const LabPeerSpec short_lived = { .is_silent = TRUE, .features = BTFW_FEATURE_FAST };
  LabNode                 *node;
  g_autoptr (Lab)          lab = make_lab (&seed_spec, &node);
  guint32                  piece = 0;

  for (guint life = 0; life < 5; life++)
    {
      LabPeer *peer = lab_peer_new (node, 1, &short_lived);

      say (peer, BTFW_WIRE_HAVE_NONE);
      g_assert_cmpuint (peer->allowed->len, ==, life == 0 ? BTFW_FAST_SET_MAX : BTFW_FAST_SET_MAX - 1);
      if (life == 0)
        piece = g_array_index (peer->allowed, guint32, 0);
      g_assert_true (life == 0 || !contains (peer->allowed, piece));
      ask (peer, piece);
      run (peer, SECONDS (1));
      g_assert_cmpuint (peer->blocks->len, ==, life == 0 ? PIECE : 0);
      g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT], ==, life == 0 ? 0 : 2);
      lab_peer_free (peer);
      lab_run (lab, SECONDS (1));
    }
}

/* The set of another network (CASES C23), and a piece of none. */
static void
test_other_pieces_are_rejected (void)
{
  static const guint8 foreign_ip[4] = { 21, 0, 3, 1 };
  LabNode            *node;
  g_autoptr (Lab)     lab = make_lab (&seed_spec, &node);
  LabPeer            *peer = lab_peer_new (node, 1, &asker);
  guint32             pieces[BTFW_FAST_SET_MAX];
  guint               n_asked = 0;

  say (peer, BTFW_WIRE_HAVE_NONE);
  btfw_fast_set_make (foreign_ip, btfw_info_hash_get_short (node->swarm->info_hash), N_PIECES, BTFW_FAST_SET_MAX, pieces);
  for (guint i = 0; i < BTFW_FAST_SET_MAX; i++)
    if (!contains (peer->allowed, pieces[i]))
      {
        ask (peer, pieces[i]);
        n_asked += 2;
      }
  g_assert_cmpuint (n_asked, >, 10);
  run (peer, SECONDS (1));
  g_assert_cmpuint (peer->blocks->len, ==, 0);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT], ==, n_asked);
  lab_peer_free (peer);
}

typedef struct
{
  const char        *name;
  const LabPeerSpec *spec;
  guint              number;
  guint              n_pieces; /* that it has */
  guint              n_allowed;
} OfferCase;

static const OfferCase offer_cases[] = {
  { "few-pieces", &asker, 1, 9, BTFW_FAST_SET_MAX },
  { "enough-pieces", &asker, 1, 10, 0 },
  { "ipv6", &asker, LAB_FIRST_V6, 1, 0 },
  { "no-fast-extension", &old_asker, 1, 1, 0 },
};

static void
test_offer (gconstpointer data)
{
  const OfferCase *offer = data;
  LabNode         *node;
  g_autoptr (Lab)  lab = make_lab (&seed_spec, &node);
  LabPeer         *peer = lab_peer_new (node, offer->number, offer->spec);

  say_first_pieces (peer, offer->n_pieces);
  g_assert_nonnull (peer->stream);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_ALLOWED_FAST], ==, offer->n_allowed);
  lab_peer_free (peer);
}

/* Who has more by now does not need it. */
static void
test_not_for_who_is_past_the_start (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&seed_spec, &node);
  LabPeer        *peer = lab_peer_new (node, 1, &asker);

  say (peer, BTFW_WIRE_HAVE_NONE);
  for (guint32 piece = 0; piece < BTFW_FAST_SET_MAX + 1; piece++)
    say_piece (peer, BTFW_WIRE_HAVE, piece);
  ask (peer, g_array_index (peer->allowed, guint32, 0));
  run (peer, SECONDS (1));
  g_assert_cmpuint (peer->blocks->len, ==, 0);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT], ==, 2);
  lab_peer_free (peer);
}

/* A choke rejects what waits, but not what is allowed. */
static void
test_choke_spares_what_is_allowed (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&slow_seed_spec, &node);
  LabPeer        *peer = lab_peer_new (node, 1, &asker);
  guint           n_others = 0;

  say (peer, BTFW_WIRE_HAVE_NONE);
  say (peer, BTFW_WIRE_INTERESTED);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_UNCHOKE], ==, 1);
  for (guint32 piece = 0; piece < N_PIECES && n_others < 20; piece++)
    if (!contains (peer->allowed, piece))
      {
        ask (peer, piece);
        n_others += 2;
      }
  for (guint i = 0; i < 3; i++)
    ask (peer, g_array_index (peer->allowed, guint32, i));
  run (peer, MILLISECONDS (100));
  btfw_peer_set_choked (get_peer (node, 0), TRUE);
  run (peer, MILLISECONDS (200));
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_CHOKE], ==, 1);
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT], >, 10);
  run (peer, SECONDS (5));
  g_assert_cmpuint (peer->n_heard[BTFW_WIRE_REJECT] + peer->n_heard[BTFW_WIRE_PIECE], ==, n_others + 6);
  for (guint i = 0; i < 3; i++)
    g_assert_nonnull (memmem (peer->blocks->data, peer->blocks->len,
                              lab->content + (gsize) g_array_index (peer->allowed, guint32, i) * PIECE, BLOCK));
  lab_peer_free (peer);
}

/* --- We are allowed --- */

static void
test_only_allowed_pieces_are_asked_for (void)
{
  static const guint32 allowed[] = { 17, 170, 3 };
  LabNode             *node;
  g_autoptr (Lab)      lab = make_lab (&leecher_spec, &node);
  LabPeer             *peer = lab_peer_new (node, 1, &server);

  say (peer, BTFW_WIRE_HAVE_ALL);
  run (peer, SECONDS (1));
  g_assert_cmpuint (peer->n_requests, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (allowed); i++)
    say_piece (peer, BTFW_WIRE_ALLOWED_FAST, allowed[i]);
  run (peer, SECONDS (5));
  g_assert_cmpuint (node->swarm->map.have.n_set, ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (allowed); i++)
    g_assert_true (btfw_bitfield_get (&node->swarm->map.have, allowed[i]));
  g_assert_cmpuint (peer->n_requests, ==, 6);

  say (peer, BTFW_WIRE_UNCHOKE);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  lab_node_assert_content (node);
  g_assert_cmpuint (node->swarm->wasted, ==, 0);
  lab_peer_free (peer);
}

/* What is allowed need not be there. */
static void
test_allowed_piece_may_come_later (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&leecher_spec, &node);
  LabPeer        *peer = lab_peer_new (node, LAB_FIRST_V6, &server);

  say (peer, BTFW_WIRE_HAVE_NONE);
  say_piece (peer, BTFW_WIRE_ALLOWED_FAST, 5);
  say_piece (peer, BTFW_WIRE_HAVE, 4);
  run (peer, SECONDS (2));
  g_assert_cmpuint (peer->n_requests, ==, 0);
  say_piece (peer, BTFW_WIRE_HAVE, 5);
  run (peer, SECONDS (2));
  g_assert_cmpuint (peer->n_requests, ==, 2);
  g_assert_true (btfw_bitfield_get (&node->swarm->map.have, 5));
  lab_peer_free (peer);
}

/* Whoever takes it back is not asked again and again. */
static void
test_rejected_is_not_asked_again (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&leecher_spec, &node);
  LabPeer        *peer = lab_peer_new (node, 1, &rejecter);

  say (peer, BTFW_WIRE_HAVE_ALL);
  for (guint32 piece = 0; piece < 10; piece++)
    say_piece (peer, BTFW_WIRE_ALLOWED_FAST, piece);
  run (peer, SECONDS (20));
  g_assert_nonnull (peer->stream);
  g_assert_cmpuint (peer->n_requests, >=, 10);
  g_assert_cmpuint (peer->n_requests, <=, 20);
  lab_peer_free (peer);
}

/* Who does not keep the promise loses it, and is asked as any other once it unchokes. */
static void
test_broken_promise_is_no_snub (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&leecher_spec, &node);
  LabPeer        *peer = lab_peer_new (node, 1, &idler);
  guint           n;

  say (peer, BTFW_WIRE_HAVE_ALL);
  say_piece (peer, BTFW_WIRE_ALLOWED_FAST, 5);
  run (peer, SECONDS (30));
  g_assert_cmpuint (peer->n_requests, ==, 2);
  g_assert_cmpuint (get_peer (node, 0)->requests.n, ==, 0);
  g_assert_false (get_peer (node, 0)->is_snubbed);

  /* To promise anew holds up nothing once more. */
  for (guint32 piece = 0; piece < 20; piece++)
    say_piece (peer, BTFW_WIRE_ALLOWED_FAST, piece);
  run (peer, SECONDS (5));
  g_assert_cmpuint (peer->n_requests, ==, 2);
  n = peer->n_requests;
  say (peer, BTFW_WIRE_UNCHOKE);
  g_assert_cmpuint (peer->n_requests, >, n);
  lab_peer_free (peer);
}

/* Nothing grows with what is said. */
static void
test_floods_of_hints_are_bounded (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&leecher_spec, &node);
  LabPeer        *peer = lab_peer_new (node, 1, &idler);

  for (guint i = 0; i < 100000; i++)
    {
      say_piece (peer, BTFW_WIRE_ALLOWED_FAST, i % N_PIECES);
      say_piece (peer, BTFW_WIRE_SUGGEST, i % N_PIECES);
      if (i % 100 == 0)
        run (peer, MILLISECONDS (1));
    }
  run (peer, SECONDS (1));
  g_assert_nonnull (peer->stream);
  g_assert_cmpuint (get_peer (node, 0)->hints->n_allowed, ==, BTFW_HINTS_ALLOWED_MAX);
  g_assert_cmpuint (get_peer (node, 0)->hints->n_suggested, ==, BTFW_HINTS_SUGGESTED_MAX);
  lab_peer_free (peer);
}

/* A reject of what was never asked changes no count (CASES C24). */
static void
test_unasked_rejects_change_nothing (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&leecher_spec, &node);
  LabPeer        *peer = lab_peer_new (node, 1, &server);
  BtfwPeer       *inside;

  say (peer, BTFW_WIRE_HAVE_ALL);
  for (guint i = 0; i < 1000; i++)
    btfw_wire_put_block (peer->out, BTFW_WIRE_REJECT, &(BtfwBlock){ i % N_PIECES, 0, BLOCK });
  run (peer, SECONDS (1));
  g_assert_nonnull (peer->stream);
  inside = get_peer (node, 0);
  g_assert_cmpuint (inside->n_forgiven, ==, 0);
  g_assert_cmpuint (inside->requests.n, ==, 0);
  g_assert_cmpuint (btfw_actives_get_n (&node->swarm->actives), ==, 0);
  say (peer, BTFW_WIRE_UNCHOKE);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  lab_peer_free (peer);
}

/* --- Suggestions --- */

/* What was read from the disk for one is suggested to the next: a few, which it lacks. */
static void
test_hot_pieces_are_suggested (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&seed_spec, &node);
  LabPeer        *first = lab_peer_new (node, 1, &asker);
  LabPeer        *second = lab_peer_new (node, 2, &asker);

  say (first, BTFW_WIRE_HAVE_NONE);
  say (first, BTFW_WIRE_INTERESTED);
  g_assert_cmpuint (first->suggested->len, ==, 0);
  for (guint32 piece = 100; piece < 150; piece += 10)
    {
      ask (first, piece);
      run (first, SECONDS (1));
    }
  g_assert_cmpuint (first->n_heard[BTFW_WIRE_PIECE], ==, 10);

  say (second, BTFW_WIRE_HAVE_NONE);
  say_piece (second, BTFW_WIRE_HAVE, 130);
  say (second, BTFW_WIRE_INTERESTED);
  g_assert_cmpuint (second->n_heard[BTFW_WIRE_UNCHOKE], ==, 1);
  g_assert_cmpuint (second->suggested->len, ==, 4);
  g_assert_cmpuint (g_array_index (second->suggested, guint32, 0), ==, 140);
  g_assert_cmpuint (g_array_index (second->suggested, guint32, 1), ==, 120);
  g_assert_cmpuint (first->suggested->len, ==, 0);
  lab_peer_free (first);
  lab_peer_free (second);
}

static void
test_suggested_piece_comes_first (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&leecher_spec, &node);
  LabPeer        *peer = lab_peer_new (node, 1, &server);

  say (peer, BTFW_WIRE_HAVE_ALL);
  say_piece (peer, BTFW_WIRE_SUGGEST, 150);
  say_piece (peer, BTFW_WIRE_SUGGEST, 77);
  say (peer, BTFW_WIRE_UNCHOKE);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  g_assert_cmpuint (g_array_index (peer->asked, guint32, 0), ==, 77);
  g_assert_cmpuint (g_array_index (peer->asked, guint32, 2), ==, 150);
  lab_peer_free (peer);
}

/* It decides among equals: a piece that others have, too, waits for the rare ones. */
static void
test_suggestion_of_a_common_piece_waits (void)
{
  LabNode        *node;
  g_autoptr (Lab) lab = make_lab (&leecher_spec, &node);
  LabPeer        *common;
  LabPeer        *peer;

  lab->link.rate = MIB;
  common = lab_peer_new (node, 2, &idler);
  peer = lab_peer_new (node, 1, &server);
  say_first_pieces (common, 100);
  say (peer, BTFW_WIRE_HAVE_ALL);
  say (peer, BTFW_WIRE_UNCHOKE);
  g_assert_true (lab_run_until (lab, has_begun, node, SECONDS (5)));
  for (guint32 piece = 0; piece < 5; piece++)
    say_piece (peer, BTFW_WIRE_SUGGEST, piece);
  run (peer, MILLISECONDS (200));
  g_array_set_size (peer->asked, 0);
  g_assert_true (lab_run_until (lab, was_asked_enough, peer, SECONDS (5)));
  for (guint i = 0; i < 50; i++)
    g_assert_cmpuint (g_array_index (peer->asked, guint32, i), >=, 100);
  lab_peer_free (common);
  lab_peer_free (peer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (offer_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/fast/offer/%s", offer_cases[i].name);

      g_test_add_data_func (path, &offer_cases[i], test_offer);
    }
  g_test_add_func ("/lab/fast/offer/not-past-the-start", test_not_for_who_is_past_the_start);
  g_test_add_func ("/lab/fast/starting-peer-gets-its-pieces-choked", test_starting_peer_gets_its_pieces_choked);
  g_test_add_func ("/lab/fast/each-piece-once", test_each_piece_once);
  g_test_add_func ("/lab/fast/coming-back-brings-nothing", test_coming_back_brings_nothing);
  g_test_add_func ("/lab/fast/other-pieces-are-rejected", test_other_pieces_are_rejected);
  g_test_add_func ("/lab/fast/choke-spares-what-is-allowed", test_choke_spares_what_is_allowed);
  g_test_add_func ("/lab/fast/only-allowed-pieces-are-asked-for", test_only_allowed_pieces_are_asked_for);
  g_test_add_func ("/lab/fast/allowed-piece-may-come-later", test_allowed_piece_may_come_later);
  g_test_add_func ("/lab/fast/rejected-is-not-asked-again", test_rejected_is_not_asked_again);
  g_test_add_func ("/lab/fast/broken-promise-is-no-snub", test_broken_promise_is_no_snub);
  g_test_add_func ("/lab/fast/floods-of-hints-are-bounded", test_floods_of_hints_are_bounded);
  g_test_add_func ("/lab/fast/unasked-rejects-change-nothing", test_unasked_rejects_change_nothing);
  g_test_add_func ("/lab/fast/hot-pieces-are-suggested", test_hot_pieces_are_suggested);
  g_test_add_func ("/lab/fast/suggested-piece-comes-first", test_suggested_piece_comes_first);
  g_test_add_func ("/lab/fast/suggestion-of-a-common-piece-waits", test_suggestion_of_a_common_piece_waits);
  return g_test_run ();
}
