/* views.c: what plugins hold of a swarm and of its peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/views.h"

#include "swarm/requests.h"
#include "swarm/swarm.h"
#include "swarm/test-swarm.h"

struct _BtfwSwarmView
{
  gatomicrefcount n_refs;
  BtfwSwarm      *swarm; /* NULL when dead */
  BtfwTestSwarm  *test;  /* what is behind it instead, in tests of plugins */
  BtfwRandom      random;
};

struct _BtfwPeerView
{
  gatomicrefcount n_refs;
  BtfwPeer       *peer; /* NULL when dead */
  BtfwTestPeer   *test;
};

struct _BtfwPeerGroup
{
  gatomicrefcount n_refs;
  BtfwSwarm      *swarm; /* NULL when dead */
  BtfwTestSwarm  *test;
  BtfwRandom     *random;
  guint           slots;
  guint           n_chosen;
  guint64         capacity;
  guint8         *chosen;
};

/* What a view without a swarm answers: 0, unless a test is behind it. */
#define OF_TEST(value, otherwise) BTFW_TEST_ANSWER (self->test, value, otherwise)
#define OF_TEST_PEER(value, otherwise) \
  BTFW_TEST_ANSWER (self->test != NULL ? self->test->swarm : NULL, value, otherwise)

G_DEFINE_BOXED_TYPE (BtfwSwarmView, btfw_swarm_view, btfw_swarm_view_ref, btfw_swarm_view_unref)
G_DEFINE_BOXED_TYPE (BtfwPeerView, btfw_peer_view, btfw_peer_view_ref, btfw_peer_view_unref)
G_DEFINE_BOXED_TYPE (BtfwPeerGroup, btfw_peer_group, btfw_peer_group_ref, btfw_peer_group_unref)

/* --- What a picker offers --- */

G_DEFINE_BOXED_TYPE (BtfwPicks, btfw_picks, btfw_picks_ref, btfw_picks_unref)

BtfwPicks *
btfw_picks_new (void)
{
  BtfwPicks *self = g_new0 (BtfwPicks, 1);

  g_atomic_ref_count_init (&self->n_refs);
  return self;
}

BtfwPicks *
btfw_picks_renew (BtfwPicks *self)
{
  if (G_LIKELY (g_atomic_ref_count_compare (&self->n_refs, 1)))
    return self;

  btfw_picks_unref (self);
  return btfw_picks_new ();
}

BtfwPicks *
btfw_picks_ref (BtfwPicks *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_picks_unref (BtfwPicks *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->n_refs))
    g_free (self);
}

/* --- The swarm --- */

BtfwSwarmView *
btfw_swarm_view_new (BtfwSwarm *swarm, const char *name)
{
  BtfwSwarmView *self = g_new0 (BtfwSwarmView, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->swarm = swarm;
  btfw_loop_fork_random (swarm->resources->loop, name, &self->random);
  return self;
}

void
btfw_swarm_view_kill (BtfwSwarmView *self)
{
  self->swarm = NULL;
  btfw_swarm_view_unref (self);
}

BtfwSwarmView *
btfw_swarm_view_ref (BtfwSwarmView *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_swarm_view_unref (BtfwSwarmView *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->n_refs))
    g_free (self);
}

BtfwSwarm *
btfw_swarm_view_peek (BtfwSwarmView *self)
{
  return self->swarm;
}

BtfwInfoHash *
btfw_swarm_view_get_info_hash (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (self->test->info_hash, NULL) : self->swarm->info_hash;
}

gboolean
btfw_swarm_view_is_private (BtfwSwarmView *self)
{
  return self->swarm != NULL && btfw_swarm_is_private (self->swarm);
}

gboolean
btfw_swarm_view_is_running (BtfwSwarmView *self)
{
  return self->swarm != NULL ? btfw_swarm_admits (self->swarm) : OF_TEST (TRUE, FALSE);
}

GBytes *
btfw_swarm_view_get_metadata (BtfwSwarmView *self)
{
  return self->swarm == NULL || self->swarm->metainfo == NULL ? OF_TEST (self->test->metadata, NULL) : btfw_metainfo_get_info (self->swarm->metainfo);
}

guint
btfw_swarm_view_get_n_peers (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (self->test->present->len, 0) : self->swarm->peers->len;
}

BtfwPeerView *
btfw_swarm_view_get_peer (BtfwSwarmView *self, guint i)
{
  if (i >= btfw_swarm_view_get_n_peers (self))
    return NULL;
  if (self->swarm == NULL)
    return OF_TEST (((BtfwTestPeer *) g_ptr_array_index (self->test->present, i))->view, NULL);
  return btfw_peer_get_view (g_ptr_array_index (self->swarm->peers, i));
}

BtfwLayout *
btfw_swarm_view_get_layout (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (self->test->layout, NULL) : self->swarm->map.layout;
}

guint32
btfw_swarm_view_get_n_pieces (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (self->test->n_pieces, 0) : self->swarm->map.n_pieces;
}

guint32
btfw_swarm_view_get_n_have (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (self->test->have.n_set, 0) : self->swarm->map.have.n_set;
}

guint32
btfw_swarm_view_get_n_wanted (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (self->test->missing.n_set, 0) : self->swarm->map.missing.n_set;
}

guint64
btfw_swarm_view_get_n_blocks_left (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (btfw_test_swarm_get_n_blocks_left (self->test), 0) : btfw_swarm_get_n_blocks_left (self->swarm);
}

BtfwPieceState
btfw_swarm_view_get_state (BtfwSwarmView *self, guint32 piece)
{
  return self->swarm == NULL ? OF_TEST (btfw_test_swarm_get_state (self->test, piece), BTFW_PIECE_MISSING) : btfw_requests_get_state (self->swarm, piece);
}

BtfwPriority
btfw_swarm_view_get_priority (BtfwSwarmView *self, guint32 piece)
{
  return self->swarm == NULL ? OF_TEST (piece < self->test->n_pieces ? self->test->priorities[piece] : BTFW_PRIORITY_SKIP, BTFW_PRIORITY_SKIP) : btfw_piece_map_get_priority (&self->swarm->map, piece);
}

guint
btfw_swarm_view_get_availability (BtfwSwarmView *self, guint32 piece)
{
  return self->swarm == NULL ? OF_TEST (piece < self->test->n_pieces ? self->test->counts[piece] : 0, 0) : btfw_piece_map_get_count (&self->swarm->map, piece);
}

guint
btfw_swarm_view_get_n_seeds (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (self->test->n_seeds, 0) : self->swarm->map.n_seeds;
}

gint64
btfw_swarm_view_get_deadline (BtfwSwarmView *self, guint32 piece)
{
  return 0;
}

guint32
btfw_swarm_view_next_wanted (BtfwSwarmView *self, guint32 after)
{
  return self->swarm == NULL ? OF_TEST (btfw_bitfield_next (&self->test->missing, after + 1), BTFW_PIECE_NONE) : btfw_bitfield_next (&self->swarm->map.missing, after + 1);
}

gint64
btfw_swarm_view_get_time (BtfwSwarmView *self)
{
  return self->swarm == NULL ? OF_TEST (btfw_loop_get_time (self->test->loop), 0) : btfw_loop_get_time (self->swarm->resources->loop);
}

guint32
btfw_swarm_view_random (BtfwSwarmView *self, guint32 n)
{
  g_return_val_if_fail (n > 0, 0);

  return btfw_random_below (&self->random, n);
}

/* --- A peer --- */

BtfwPeerView *
btfw_peer_view_new (BtfwPeer *peer)
{
  BtfwPeerView *self = g_new0 (BtfwPeerView, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->peer = peer;
  return self;
}

void
btfw_peer_view_kill (BtfwPeerView *self)
{
  self->peer = NULL;
  btfw_peer_view_unref (self);
}

BtfwPeerView *
btfw_peer_view_ref (BtfwPeerView *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_peer_view_unref (BtfwPeerView *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->n_refs))
    g_free (self);
}

static gint64
get_now (const BtfwPeer *peer)
{
  return btfw_loop_get_time (peer->swarm->resources->loop);
}

guint64
btfw_peer_view_get_id (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER (self->test->id, 0) : self->peer->id;
}

gboolean
btfw_peer_view_has_piece (BtfwPeerView *self, guint32 piece)
{
  if (self->peer == NULL)
    return OF_TEST_PEER (btfw_test_peer_has (self->test, piece), FALSE);
  return piece < self->peer->swarm->map.n_pieces && btfw_peer_has_piece (self->peer, piece);
}

gboolean
btfw_peer_view_has_everything (BtfwPeerView *self)
{
  return self->peer != NULL ? btfw_peer_is_seed (self->peer) : OF_TEST_PEER (self->test->is_seed, FALSE);
}

guint32
btfw_peer_view_get_n_interesting (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER (btfw_bitfield_count_and (&self->test->has, &self->test->swarm->missing), 0) : self->peer->n_interesting;
}

guint32
btfw_peer_view_next_interesting (BtfwPeerView *self, guint32 after)
{
  return self->peer == NULL ? OF_TEST_PEER (btfw_bitfield_next_and (&self->test->has, &self->test->swarm->missing, after + 1), BTFW_PIECE_NONE) : btfw_peer_next_interesting (self->peer, after + 1);
}

gboolean
btfw_peer_view_can_request (BtfwPeerView *self, guint32 piece)
{
  if (self->peer == NULL)
    return OF_TEST_PEER (btfw_test_peer_can_request (self->test, piece), FALSE);
  return btfw_hints_serves (self->peer, piece) && btfw_bitfield_get (&self->peer->swarm->map.missing, piece) &&
         btfw_peer_has_piece (self->peer, piece);
}

guint32
btfw_peer_view_get_allowed_fast (BtfwPeerView *self, guint i)
{
  return self->peer == NULL ? BTFW_PIECE_NONE : btfw_hints_get_allowed (self->peer, i);
}

guint32
btfw_peer_view_get_suggestion (BtfwPeerView *self, guint i)
{
  return self->peer == NULL ? BTFW_PIECE_NONE : btfw_hints_get_suggested (self->peer, i);
}

BtfwPeerFlags
btfw_peer_view_get_flags (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER (btfw_test_peer_get_flags (self->test), 0) : btfw_peer_get_flags (self->peer);
}

guint64
btfw_peer_view_get_download_rate (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER ((guint64) self->test->download_rate, 0) : btfw_rate_get (&self->peer->download, get_now (self->peer));
}

guint64
btfw_peer_view_get_upload_rate (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER ((guint64) self->test->upload_rate, 0) : btfw_rate_get (&self->peer->upload, get_now (self->peer));
}

guint64
btfw_peer_view_get_downloaded (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER (self->test->downloaded, 0) : self->peer->downloaded;
}

guint64
btfw_peer_view_get_uploaded (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER (self->test->uploaded, 0) : self->peer->uploaded;
}

gint64
btfw_peer_view_get_age (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER (btfw_loop_get_time (self->test->swarm->loop) - self->test->connected, 0) : get_now (self->peer) - self->peer->connected;
}

gint64
btfw_peer_view_get_unchoked_for (BtfwPeerView *self)
{
  if (self->peer == NULL)
    return OF_TEST_PEER (self->test->is_served ? btfw_loop_get_time (self->test->swarm->loop) - self->test->unchoked : 0, 0);
  return self->peer->choked_by_us ? 0 : get_now (self->peer) - self->peer->unchoked;
}

gint64
btfw_peer_view_get_last_unchoked (BtfwPeerView *self)
{
  if (self->peer == NULL)
    return OF_TEST_PEER (btfw_test_peer_get_last_unchoked (self->test), 0);
  if (!self->peer->choked_by_us)
    return 0;
  return self->peer->last_unchoked == 0 ? -1 : get_now (self->peer) - self->peer->last_unchoked;
}

guint32
btfw_peer_view_get_n_pieces (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER (self->test->has.n_set, 0) : btfw_peer_get_n_pieces (self->peer);
}

BtfwPeer *
btfw_peer_view_peek (BtfwPeerView *self)
{
  return self->peer;
}

gsize
btfw_peer_view_get_ip (BtfwPeerView *self, guint8 *ip)
{
  return self->peer == NULL ? 0 : btfw_address_get_ip (&self->peer->address, ip);
}

guint16
btfw_peer_view_get_listen_port (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER (6881, 0) : self->peer->listen_port;
}

gboolean
btfw_peer_view_is_local (BtfwPeerView *self)
{
  return self->peer != NULL && btfw_address_is_local (&self->peer->address);
}

const char *
btfw_peer_view_get_client (BtfwPeerView *self)
{
  return self->peer == NULL ? OF_TEST_PEER ("Test 1.0", NULL) : self->peer->client;
}

/* --- A group of peers --- */

BtfwPeerGroup *
btfw_peer_group_new (BtfwSwarm *swarm, BtfwRandom *random, guint slots, guint64 capacity)
{
  BtfwPeerGroup *self = g_new0 (BtfwPeerGroup, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->swarm = swarm;
  self->random = random;
  self->slots = slots;
  self->capacity = capacity;
  self->chosen = g_malloc0 (MAX (swarm->peers->len, 1));
  return self;
}

gboolean
btfw_peer_group_is_chosen (BtfwPeerGroup *self, guint i)
{
  return self->chosen[i];
}

void
btfw_peer_group_kill (BtfwPeerGroup *self)
{
  self->swarm = NULL;
  btfw_peer_group_unref (self);
}

BtfwPeerGroup *
btfw_peer_group_ref (BtfwPeerGroup *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_peer_group_unref (BtfwPeerGroup *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  g_free (self->chosen);
  g_free (self);
}

guint
btfw_peer_group_get_n_peers (BtfwPeerGroup *self)
{
  return self->swarm == NULL ? OF_TEST (self->test->present->len, 0) : self->swarm->peers->len;
}

BtfwPeerView *
btfw_peer_group_get_peer (BtfwPeerGroup *self, guint i)
{
  if (self->test != NULL && i >= self->test->present->len)
    btfw_test_swarm_fault (self->test, "peer-range", "asked the group for peer %u of %u", i, self->test->present->len);
  g_return_val_if_fail (i < btfw_peer_group_get_n_peers (self), NULL);

  if (self->swarm == NULL)
    return OF_TEST (((BtfwTestPeer *) g_ptr_array_index (self->test->present, i))->view, NULL);
  return btfw_peer_get_view (g_ptr_array_index (self->swarm->peers, i));
}

guint
btfw_peer_group_get_slots (BtfwPeerGroup *self)
{
  return self->swarm == NULL ? OF_TEST (self->slots, 0) : self->slots;
}

guint64
btfw_peer_group_get_upload_capacity (BtfwPeerGroup *self)
{
  return self->swarm == NULL ? OF_TEST (self->capacity, 0) : self->capacity;
}

gboolean
btfw_peer_group_is_seeding (BtfwPeerGroup *self)
{
  if (self->swarm == NULL)
    return OF_TEST (self->test->missing.n_set == 0, FALSE);
  return btfw_swarm_is_seeding (self->swarm);
}

gint64
btfw_peer_group_get_time (BtfwPeerGroup *self)
{
  return self->swarm == NULL ? OF_TEST (btfw_loop_get_time (self->test->loop), 0) : btfw_loop_get_time (self->swarm->resources->loop);
}

guint32
btfw_peer_group_random (BtfwPeerGroup *self, guint32 n)
{
  g_return_val_if_fail (n > 0, 0);

  if (self->swarm == NULL)
    return OF_TEST (btfw_random_below (self->random, n), 0);
  return btfw_random_below (self->random, n);
}

static gboolean
peer_is_interested (BtfwPeerGroup *self, guint i)
{
  if (self->swarm == NULL)
    return ((BtfwTestPeer *) g_ptr_array_index (self->test->present, i))->wants_something;
  return ((BtfwPeer *) g_ptr_array_index (self->swarm->peers, i))->is_interested;
}

gboolean
btfw_peer_group_unchoke (BtfwPeerGroup *self, guint i)
{
  gboolean is_interested;

  if (self->test != NULL && i >= self->test->present->len)
    btfw_test_swarm_fault (self->test, "peer-range", "unchoked peer %u of %u", i, self->test->present->len);
  g_return_val_if_fail (i < btfw_peer_group_get_n_peers (self), FALSE);

  if (self->chosen[i])
    return TRUE;

  /* Whoever wants nothing may be unchoked in advance, and takes no slot. */
  is_interested = peer_is_interested (self, i);
  if (is_interested && self->n_chosen >= self->slots)
    return FALSE;
  self->n_chosen += is_interested;
  self->chosen[i] = TRUE;
  return TRUE;
}

/* --- Views with a test behind them --- */

BtfwSwarmView *
btfw_swarm_view_new_test (BtfwTestSwarm *swarm)
{
  BtfwSwarmView *self = g_new0 (BtfwSwarmView, 1);

  self->n_refs = BTFW_TEST_GUARDS;
  self->test = swarm;
  btfw_loop_fork_random (swarm->loop, "picker", &self->random);
  return self;
}

BtfwPeerView *
btfw_peer_view_new_test (BtfwTestPeer *peer)
{
  BtfwPeerView *self = g_new0 (BtfwPeerView, 1);

  self->n_refs = BTFW_TEST_GUARDS;
  self->test = peer;
  return self;
}

BtfwPeerGroup *
btfw_peer_group_new_test (BtfwTestSwarm *swarm, guint slots)
{
  BtfwPeerGroup *self = g_new0 (BtfwPeerGroup, 1);

  self->n_refs = BTFW_TEST_GUARDS;
  self->test = swarm;
  self->random = &swarm->dice;
  self->slots = slots;
  self->chosen = g_malloc0 (MAX (swarm->present->len, 1));
  return self;
}

/* Whoever holds one that it should not can still give it back. */
static gboolean
drop_guards (gatomicrefcount *n_refs)
{
  return g_atomic_int_add (n_refs, -BTFW_TEST_GUARDS) <= BTFW_TEST_GUARDS;
}

int
btfw_swarm_view_count_test (BtfwSwarmView *self)
{
  return g_atomic_int_get (&self->n_refs) - BTFW_TEST_GUARDS;
}

int
btfw_peer_view_count_test (BtfwPeerView *self)
{
  return g_atomic_int_get (&self->n_refs) - BTFW_TEST_GUARDS;
}

int
btfw_peer_group_count_test (BtfwPeerGroup *self)
{
  return g_atomic_int_get (&self->n_refs) - BTFW_TEST_GUARDS;
}

void
btfw_swarm_view_end_test (BtfwSwarmView *self)
{
  self->test = NULL;
  if (drop_guards (&self->n_refs))
    g_free (self);
}

void
btfw_peer_view_end_test (BtfwPeerView *self)
{
  self->test = NULL;
  if (drop_guards (&self->n_refs))
    g_free (self);
}

void
btfw_peer_group_end_test (BtfwPeerGroup *self)
{
  self->test = NULL;
  if (!drop_guards (&self->n_refs))
    return;
  g_free (self->chosen);
  g_free (self);
}
