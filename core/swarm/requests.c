/* requests.c: what we ask of each source, how deep its queue is, and what it owes us. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/requests.h"

#include "swarm/assembly.h"
#include "swarm/hints.h"
#include "swarm/swarm.h"
#include "swarm/test-swarm.h"
#include "swarm/views.h"

/* A new peer's queue; it grows with every block that comes. */
#define TARGET_FIRST 4
#define TARGET_MIN 2
/* Of a peer that does not say how many it takes: the custom of other clients. */
#define REQUEST_MAX_DEFAULT 250
#define REQUEST_MAX 2000
/* The queue lasts so long at the peer's pace, beside its delay. */
#define QUEUE_TIME (250 * 1000)
/* Blocks of others that one peer is asked for at the same time, near the end. */
#define DUPLICATES_MAX 16
/* How many may owe us the same block. */
#define ASKED_MAX 3
/* Without a block for so long a peer is snubbed: at least, and at most. */
#define SNUB_MIN (10 * G_USEC_PER_SEC)
#define SNUB_MAX (60 * G_USEC_PER_SEC)
/* Whoever never sent anything is not asked again for so long. */
#define SNUB_PAUSE (30 * G_USEC_PER_SEC)

/* Blocks come in order nearly always, so @i is small. */
static BtfwRequest
remove_request (BtfwPeer *peer, guint i)
{
  BtfwRequest removed;

  btfw_ring_remove (&peer->requests, i, &removed);
  return removed;
}

static guint
find_request (const BtfwPeer *peer, guint32 piece, guint32 block)
{
  for (guint i = 0; i < peer->requests.n; i++)
    {
      const BtfwRequest *request = btfw_ring_get (&peer->requests, i);

      if (request->piece == piece && request->block == block)
        return i;
    }
  return G_MAXUINT;
}

static guint
find_block (BtfwPeer *peer, const BtfwBlock *block)
{
  BtfwActivePiece *active = btfw_actives_find (&peer->swarm->actives, block->piece);
  guint32          number;

  if (active == NULL)
    return G_MAXUINT;
  number = btfw_active_find_block (active, block);
  return number == G_MAXUINT32 ? G_MAXUINT : find_request (peer, block->piece, number);
}

BtfwPieceState
btfw_requests_get_state (BtfwSwarm *swarm, guint32 piece)
{
  BtfwActivePiece *active;

  if (btfw_bitfield_get (&swarm->map.have, piece))
    return BTFW_PIECE_HAVE;
  active = btfw_actives_find (&swarm->actives, piece);
  if (active == NULL)
    return BTFW_PIECE_MISSING;
  return active->n_free > 0 ? BTFW_PIECE_BEGUN : BTFW_PIECE_ASKED;
}

void
btfw_requests_wake (BtfwSwarm *swarm)
{
  swarm->pick_serial++;
}

/* One peer owes the block no longer. */
static void
release_block (BtfwSwarm *swarm, guint32 piece, guint32 block)
{
  BtfwActivePiece *active = btfw_actives_find (&swarm->actives, piece);

  if (active == NULL || !btfw_active_unask (active, block))
    return;

  btfw_requests_wake (swarm);
  /* One that failed is kept, as one source alone may bring it. */
  if (active->n_free == active->n_blocks && active->n_jobs == 0 && !active->failed)
    {
      btfw_actives_end (&swarm->actives, active);
      btfw_swarm_piece_changed (swarm, piece, BTFW_PIECE_CHANGE_STATE);
    }
  else if (active->n_free == 1)
    btfw_swarm_piece_changed (swarm, piece, BTFW_PIECE_CHANGE_STATE);
}

/* --- Picking --- */

/* Near the end, those who send nothing must not stand in the way of those who
 * do: the last place is kept for somebody who has sent something before. */
static guint
get_asked_max (const BtfwPeer *peer)
{
  if (peer->is_snubbed)
    return 0;
  return peer->downloaded > 0 ? ASKED_MAX : ASKED_MAX - 1;
}

static guint
count_duplicates (BtfwPeer *peer, const BtfwActivePiece *active)
{
  guint n = 0;

  for (guint32 i = 0; i < active->n_blocks; i++)
    n += active->blocks[i].state == BTFW_BLOCK_ASKED && active->blocks[i].n_asked < get_asked_max (peer) &&
         find_request (peer, active->piece, i) == G_MAXUINT;
  return n;
}

static gboolean
is_offered (const BtfwPicks *picks, guint32 piece)
{
  for (guint i = picks->n_items; i > 0; i--)
    if (picks->items[i - 1].piece == piece)
      return TRUE;
  return FALSE;
}

/* Whether the peer may have a part in a piece that is under way. */
static gboolean
may_join (BtfwPicks *self, const BtfwActivePiece *active)
{
  const BtfwPeer *peer = self->peer;

  if (active->sole_source == peer->id)
    return TRUE;
  if (active->sole_source == 0)
    return (self->may_share && !active->failed) ||
           (self->may_begin && btfw_trust_is_best_for (peer->swarm, peer, active->piece));
  self->was_kept_out = TRUE;
  return self->may_take_over && btfw_trust_may_take_over (peer->swarm, peer, active->sole_source);
}

/* How many blocks the offer would bring; 0 when it does not fit. */
static guint
count_offer (BtfwPicks *self, guint32 piece, BtfwPickKind kind)
{
  BtfwPeer        *peer = self->peer;
  BtfwSwarm       *swarm = peer->swarm;
  BtfwActivePiece *active;

  if (!btfw_bitfield_get (&swarm->map.missing, piece) || !btfw_peer_has_piece (peer, piece) ||
      !btfw_hints_serves (peer, piece) || is_offered (self, piece))
    return 0;

  active = btfw_actives_find (&swarm->actives, piece);
  if (active == NULL)
    return kind == BTFW_PICK_DUPLICATE || !self->may_begin ? 0 : (btfw_layout_get_piece_length (swarm->map.layout, piece) + BTFW_BLOCK_SIZE - 1) / BTFW_BLOCK_SIZE;
  if (!may_join (self, active))
    return 0;
  if (kind != BTFW_PICK_DUPLICATE)
    return active->n_free;
  return peer->requests.n >= DUPLICATES_MAX ? 0 : MIN (count_duplicates (peer, active), DUPLICATES_MAX - peer->requests.n);
}

BtfwPickAnswer
btfw_picks_add (BtfwPicks *self, guint32 piece, BtfwPickKind kind)
{
  guint n;

  g_return_val_if_fail (self != NULL, BTFW_PICK_ENOUGH);

  if (G_UNLIKELY (self->peer == NULL))
    return btfw_test_picks_add (self, piece, kind);
  if (self->n_taken >= self->n_wanted || self->n_items == BTFW_PICKS_MAX)
    return BTFW_PICK_ENOUGH;

  n = count_offer (self, piece, kind);
  if (n == 0)
    return BTFW_PICK_SKIPPED;

  self->items[self->n_items].piece = piece;
  self->items[self->n_items++].kind = kind;
  self->n_taken += n;
  return self->n_taken >= self->n_wanted || self->n_items == BTFW_PICKS_MAX ? BTFW_PICK_ENOUGH : BTFW_PICK_TAKEN;
}

static void
ask (BtfwPeer *peer, BtfwActivePiece *active, guint32 number)
{
  BtfwBlock   block = btfw_active_get_block (active, number);
  BtfwRequest request = { active->piece, number, btfw_loop_get_time (peer->swarm->resources->loop) };

  btfw_trust_on_asked (peer->swarm, peer);
  btfw_active_ask (active, number);
  btfw_ring_push (&peer->requests, &request);
  btfw_wire_put_block (btfw_sender_get_messages (&peer->sender), BTFW_WIRE_REQUEST, &block);
}

static gboolean
may_ask (BtfwPeer *peer, const BtfwActivePiece *active, guint32 number, BtfwPickKind kind)
{
  const BtfwActiveBlock *block = &active->blocks[number];

  if (kind != BTFW_PICK_DUPLICATE)
    return block->state == BTFW_BLOCK_FREE;
  return block->state == BTFW_BLOCK_ASKED && block->n_asked < get_asked_max (peer) &&
         find_request (peer, active->piece, number) == G_MAXUINT;
}

/* The piece is the peer's alone, or others have a part in it, too. */
static void
take (BtfwPeer *peer, BtfwActivePiece *active, gboolean is_new)
{
  BtfwSwarm *swarm = peer->swarm;

  if (active->sole_source == peer->id)
    return;
  if (!is_new && btfw_trust_wants_purge (swarm, peer))
    btfw_assembly_purge (swarm, active);
  active->sole_source = active->failed || !swarm->resources->picks->may_share ? peer->id : 0;
}

/* Turns one offer into requests; answers how many. */
static guint
ask_for_piece (BtfwPeer *peer, guint32 piece, BtfwPickKind kind, guint max)
{
  BtfwSwarm       *swarm = peer->swarm;
  BtfwActivePiece *active = btfw_actives_find (&swarm->actives, piece);
  BtfwPieceState   before = btfw_requests_get_state (swarm, piece);
  gboolean         is_new = active == NULL;
  guint            n = 0;

  if (is_new)
    active = btfw_actives_begin (&swarm->actives, piece);
  if (active == NULL)
    return 0;
  take (peer, active, is_new);

  for (guint32 i = 0; i < active->n_blocks && n < max; i++)
    if (may_ask (peer, active, i, kind))
      {
        ask (peer, active, i);
        n++;
      }
  if (btfw_requests_get_state (swarm, piece) != before)
    btfw_swarm_piece_changed (swarm, piece, BTFW_PIECE_CHANGE_STATE);
  return n;
}

static guint
get_queue_size (const BtfwPeer *peer)
{
  guint max = peer->request_max > 0 ? MIN (peer->request_max, REQUEST_MAX) : REQUEST_MAX_DEFAULT;

  if (peer->is_snubbed)
    return btfw_loop_get_time (peer->swarm->resources->loop) < peer->paused_until ? 0 : 1;
  return CLAMP (peer->target, MIN (TARGET_FIRST, max), max);
}

static void
pick (BtfwPeer *peer, BtfwPicks *picks)
{
  picks->peer = peer;
  picks->n_items = 0;
  picks->n_taken = 0;
  btfw_picker_pick (peer->swarm->picker, btfw_peer_get_view (peer), picks);
  picks->peer = NULL;
}

/* What strangers bring alone others leave to them, as long as there is anything else. */
static void
pick_with_care (BtfwPeer *peer, BtfwPicks *picks, guint n_wanted)
{
  picks->n_wanted = n_wanted;
  picks->may_share = btfw_trust_may_share (peer->swarm, peer);
  picks->may_begin = picks->may_share || btfw_trust_may_begin (peer->swarm, peer);
  picks->may_take_over = picks->was_kept_out = FALSE;
  pick (peer, picks);
  if (picks->n_items > 0 || !picks->may_share || !picks->was_kept_out)
    return;
  picks->may_take_over = TRUE;
  pick (peer, picks);
}

void
btfw_requests_fill (BtfwPeer *peer)
{
  BtfwSwarm *swarm = peer->swarm;
  BtfwPicks *picks;
  guint      size = get_queue_size (peer);
  guint      n_allowed;
  guint      n_asked = 0;

  if (!btfw_swarm_wants_blocks (swarm) || peer->is_closing || !btfw_hints_serves_something (peer) || peer->n_interesting == 0 ||
      peer->requests.n >= size || peer->pick_serial == swarm->pick_serial)
    return;
  n_allowed = btfw_trust_get_allowance (swarm, peer);
  if (n_allowed == 0)
    return;

  picks = swarm->resources->picks = btfw_picks_renew (swarm->resources->picks);
  pick_with_care (peer, picks, MIN (size - peer->requests.n, n_allowed));
  btfw_shadow_pick (swarm->shadow, btfw_peer_get_view (peer), picks);

  if (peer->requests.n == 0)
    peer->last_block = btfw_loop_get_time (swarm->resources->loop);
  for (guint i = 0; i < picks->n_items && n_asked < picks->n_wanted; i++)
    n_asked += ask_for_piece (peer, picks->items[i].piece, picks->items[i].kind, picks->n_wanted - n_asked);

  if (n_asked == 0)
    peer->pick_serial = swarm->pick_serial;
  else
    btfw_peer_queue_write (peer);
}

void
btfw_requests_try_strangers (BtfwSwarm *swarm)
{
  BtfwPeer *peer;

  /* Each of them leaves the line when it is asked. */
  while ((peer = btfw_trust_get_next_trial (swarm)) != NULL)
    {
      btfw_requests_fill (peer);
      if (peer->requests.n == 0)
        peer->pick_serial = swarm->pick_serial;
    }
}

/* --- Answers --- */

guint
btfw_requests_expect (BtfwPeer *peer, BtfwBlock *blocks, guint max)
{
  guint n = MIN (max, peer->requests.n);
  guint i;

  for (i = 0; i < n; i++)
    {
      const BtfwRequest *request = btfw_ring_get (&peer->requests, i);
      BtfwActivePiece   *active = btfw_actives_find (&peer->swarm->actives, request->piece);

      if (active == NULL)
        break;
      blocks[i] = btfw_active_get_block (active, request->block);
    }
  return i;
}

gboolean
btfw_requests_is_asked (BtfwPeer *peer, const BtfwBlock *block)
{
  return find_block (peer, block) != G_MAXUINT;
}

gboolean
btfw_requests_is_late (BtfwPeer *peer, const BtfwBlock *block)
{
  BtfwActivePiece *active = btfw_actives_find (&peer->swarm->actives, block->piece);
  guint32          number = active == NULL ? G_MAXUINT32 : btfw_active_find_block (active, block);

  return peer->n_forgiven > 0 && number != G_MAXUINT32 && active->blocks[number].state <= BTFW_BLOCK_ASKED &&
         (active->sole_source == peer->id || (!active->failed && active->sole_source == 0 && btfw_trust_may_share (peer->swarm, peer)));
}

void
btfw_requests_on_dropped (BtfwPeer *peer, const BtfwBlock *block)
{
  guint       i = find_block (peer, block);
  BtfwRequest request;

  if (i == G_MAXUINT)
    return;

  request = remove_request (peer, i);
  release_block (peer->swarm, request.piece, request.block);
}

/* How many requests last for the queue's time and the delay at this pace. */
static guint64
get_depth (const BtfwPeer *peer, guint64 rate)
{
  return rate * (guint64) (QUEUE_TIME + 2 * peer->best_delay) / G_USEC_PER_SEC / BTFW_BLOCK_SIZE + TARGET_MIN;
}

/* The pace since the slow start began, of which the smoothed rate knows nothing yet. */
static guint64
get_slow_start_pace (const BtfwPeer *peer, gint64 now)
{
  guint64 bytes = peer->downloaded - peer->slow_start_from;

  return bytes * G_USEC_PER_SEC / (guint64) MAX (now - peer->slow_start_began, 1);
}

/* The queue is as deep as the peer's pace and delay need. A new peer's grows with
 * every block, as long as that makes it faster, and at most to twice of what its
 * pace so far needs: what is asked of one cannot be asked of others. */
static void
adapt_target (BtfwPeer *peer, gint64 now)
{
  guint64 rate = btfw_rate_get (&peer->download, now);
  guint64 wanted = get_depth (peer, rate);

  if (peer->slow_start)
    {
      if (peer->target < 2 * get_depth (peer, get_slow_start_pace (peer, now)))
        peer->target++;
      if (now - peer->slow_start_checked < G_USEC_PER_SEC)
        return;
      peer->slow_start = rate > peer->slow_start_rate + peer->slow_start_rate / 8;
      peer->slow_start_rate = rate;
      peer->slow_start_checked = now;
    }
  else
    peer->target = (guint) MIN (MAX (wanted, peer->target - 1), REQUEST_MAX);
}

void
btfw_requests_forget_snub (BtfwPeer *peer)
{
  peer->last_block = btfw_loop_get_time (peer->swarm->resources->loop);
  if (!peer->is_snubbed)
    return;
  peer->is_snubbed = FALSE;
  peer->target = TARGET_FIRST;
}

gboolean
btfw_requests_on_block (BtfwPeer *peer, const BtfwBlock *block)
{
  gint64      now = btfw_loop_get_time (peer->swarm->resources->loop);
  guint       i = find_block (peer, block);
  BtfwRequest request;

  btfw_requests_forget_snub (peer);
  if (i == G_MAXUINT)
    return FALSE;

  request = remove_request (peer, i);
  btfw_actives_find (&peer->swarm->actives, request.piece)->blocks[request.block].n_asked--;
  if (peer->best_delay == 0 || now - request.asked < peer->best_delay)
    peer->best_delay = MAX (now - request.asked, 1);
  if (peer->target == 0)
    {
      peer->target = TARGET_FIRST;
      peer->slow_start = TRUE;
      peer->slow_start_checked = now;
      peer->slow_start_began = now;
      peer->slow_start_from = peer->downloaded;
    }
  adapt_target (peer, now);
  /* From here on it may also be asked for what others owe. */
  if (peer->requests.n == DUPLICATES_MAX - 1)
    peer->pick_serial = 0;
  return TRUE;
}

gboolean
btfw_requests_on_reject (BtfwPeer *peer, const BtfwBlock *block, GError **error)
{
  guint       i = find_block (peer, block);
  BtfwRequest request;

  /* It may cross a cancel of ours, so one that is not known is no breach. */
  if (i == G_MAXUINT)
    {
      peer->n_forgiven -= peer->n_forgiven > 0;
      return TRUE;
    }

  request = remove_request (peer, i);
  release_block (peer->swarm, request.piece, request.block);
  /* Whoever rejects without choking would be asked the same again at once:
   * that has time until the next tick. */
  if (peer->chokes_us)
    btfw_hints_forget_allowed (peer, block->piece);
  else
    peer->pick_serial = peer->swarm->pick_serial;
  return TRUE;
}

void
btfw_requests_leave_sole_pieces (BtfwPeer *peer)
{
  BtfwActives *actives = &peer->swarm->actives;

  for (guint i = 0; i < btfw_actives_get_n (actives); i++)
    {
      BtfwActivePiece *active = btfw_actives_get (actives, i);

      if (active->sole_source == peer->id)
        active->sole_source = 0;
    }
}

void
btfw_requests_drop_all (BtfwPeer *peer)
{
  btfw_requests_leave_sole_pieces (peer);
  peer->n_forgiven += peer->requests.n;
  while (peer->requests.n > 0)
    {
      BtfwRequest request = remove_request (peer, 0);

      release_block (peer->swarm, request.piece, request.block);
    }
  peer->target = 0;
}

void
btfw_requests_drop_piece (BtfwPeer *peer, guint32 piece)
{
  BtfwActivePiece *active = btfw_actives_find (&peer->swarm->actives, piece);

  if (active != NULL && active->sole_source == peer->id)
    active->sole_source = 0;
  for (guint i = peer->requests.n; i > 0; i--)
    {
      BtfwRequest *request = btfw_ring_get (&peer->requests, i - 1);

      if (request->piece != piece)
        continue;
      peer->n_forgiven++;
      release_block (peer->swarm, piece, request->block);
      remove_request (peer, i - 1);
    }
}

void
btfw_requests_clear (BtfwPeer *peer)
{
  btfw_requests_drop_all (peer);
  btfw_ring_clear (&peer->requests);
}

static void
cancel (BtfwPeer *peer, BtfwActivePiece *active, guint32 number)
{
  guint     i = find_request (peer, active->piece, number);
  BtfwBlock block = btfw_active_get_block (active, number);

  if (i == G_MAXUINT)
    return;

  remove_request (peer, i);
  active->blocks[number].n_asked--;
  peer->n_forgiven++;
  btfw_wire_put_block (btfw_sender_get_messages (&peer->sender), BTFW_WIRE_CANCEL, &block);
  btfw_peer_queue_write (peer);
}

void
btfw_requests_cancel_others (BtfwPeer *peer, BtfwActivePiece *active, guint32 block)
{
  GPtrArray *peers = peer->swarm->peers;

  for (guint i = 0; i < peers->len && active->blocks[block].n_asked > 0; i++)
    if (g_ptr_array_index (peers, i) != peer)
      cancel (g_ptr_array_index (peers, i), active, block);
}

void
btfw_requests_cancel_piece (BtfwSwarm *swarm, BtfwActivePiece *active)
{
  for (guint32 block = 0; block < active->n_blocks; block++)
    for (guint i = 0; i < swarm->peers->len && active->blocks[block].n_asked > 0; i++)
      cancel (g_ptr_array_index (swarm->peers, i), active, block);
}

/* --- Deadlines --- */

/* What it promised to serve at any time does not come; once it unchokes us, that
 * is nothing that speaks against it. */
static void
stop_waiting_while_choked (BtfwPeer *peer)
{
  btfw_hints_forget_all_allowed (peer);
  btfw_requests_drop_all (peer);
}

/* Five times what a block takes at the peer's pace. */
static gint64
get_patience (BtfwPeer *peer, gint64 now)
{
  guint64 rate = btfw_rate_get (&peer->download, now);

  /* It is our limit that holds its blocks back, or most of them. */
  if (peer->read_waiter.limiter != NULL)
    return SNUB_MAX;
  if (rate == 0)
    return peer->downloaded == 0 ? SNUB_MIN : SNUB_MAX / 2;
  return CLAMP ((gint64) (5 * (guint64) BTFW_BLOCK_SIZE * G_USEC_PER_SEC / rate), SNUB_MIN, SNUB_MAX);
}

void
btfw_requests_tick (BtfwPeer *peer, gint64 now)
{
  if (peer->requests.n > 0 && now - peer->last_block > get_patience (peer, now))
    {
      if (peer->chokes_us && btfw_hints_serves_something (peer))
        {
          stop_waiting_while_choked (peer);
          return;
        }
      g_debug ("swarm: peer %u is snubbed with %u requests", peer->id, peer->requests.n);
      peer->is_snubbed = TRUE;
      btfw_requests_drop_all (peer);
      peer->last_block = now;
      peer->paused_until = peer->downloaded == 0 ? now + SNUB_PAUSE : 0;
    }
  /* Now and then it is asked whatever was found before: not every change that
   * lets it be asked for more is told of. */
  peer->pick_serial = 0;
  btfw_requests_fill (peer);
}
