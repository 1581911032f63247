/* trust.c: how much of what is on its way may come from whom. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/trust.h"

#include "swarm/assembly.h"
#include "swarm/hints.h"
#include "swarm/requests.h"
#include "swarm/swarm.h"

#define KIB 1024u
#define MIB (1024u * KIB)

/* Whoever brought so much that is good is trusted; at least some pieces, too. */
#define TRUSTED_MIN (2 * MIB)
#define TRUSTED_PIECES 4

/* While nothing failed: what all strangers have at stake, with others who serve
 * us and without; and what one has: at first, and then. */
#define STRANGERS_SERVED (1 * MIB)
#define STRANGERS_ALONE (2 * MIB)
/* and one part in so many of what came well in this run, and so much a second */
#define STRANGERS_PART 8
#define STRANGERS_SECOND (512 * KIB)
#define STRANGER_MAX (1 * MIB)
#define KNOWN_MIN (512 * KIB)
#define KNOWN_TIMES 1

/* What failed, against what is good: with less than that a torrent is not wary. */
#define WARY_PART 200
/* The same for what strangers sent too late, or unasked: honest ones do so, too. */
#define DROPPED_PART 50
#define DROPPED_FREE (512 * KIB)
/* What may fail: one part in so many of what is good, and some more to begin with. */
#define LOSS_PART 25
#define LOSS_FREE (1 * MIB)
/* When more failed, a stranger is tried so often: while we are served well; badly,
 * lest those who do it keep others out; and not at all. */
#define TRIAL_PERIOD (10 * G_USEC_PER_SEC)
#define TRIAL_PERIOD_BADLY (1 * G_USEC_PER_SEC)
#define TRIAL_PERIOD_ALONE (G_USEC_PER_SEC / 4)
/* Trials that were not used up in so long a time are lost. */
#define TRIAL_MEMORY (1 * G_USEC_PER_SEC)
/* Parts of what it brought that one has at stake: while a torrent is wary, and
 * when more failed than may. */
#define WARY_SHARE 4
#define LOSING_SHARE 16
/* Strangers that are tried at a time while nobody serves us. */
#define TRIALS_ALONE 16

/* What those who serve us best are asked for whatever they have at stake: their
 * blocks may wait for those of others, who went. */
#define LEAST_BLOCKS 4

/* Whoever sent nothing for so long serves us no longer. */
#define QUIET (5 * G_USEC_PER_SEC)
/* A stranger that has not answered for so long most likely never will: it does
 * not keep others from their trial. */
#define SILENCE (1 * G_USEC_PER_SEC)

typedef enum
{
  STRANGER,
  KNOWN,
  TRUSTED,
} Rank;

static guint64
get_piece_size (const BtfwSwarm *swarm)
{
  return btfw_layout_get_piece_size (swarm->map.layout);
}

static gint64
get_time (const BtfwSwarm *swarm)
{
  return btfw_loop_get_time (swarm->resources->loop);
}

static Rank
get_rank (const BtfwPeer *peer)
{
  if (peer->verified == 0)
    return STRANGER;
  return peer->verified >= MAX (TRUSTED_MIN, TRUSTED_PIECES * get_piece_size (peer->swarm)) ? TRUSTED : KNOWN;
}

/* --- Losses --- */

gboolean
btfw_trust_is_wary (const BtfwSwarm *swarm)
{
  return swarm->blame.wasted > swarm->map.done_bytes / WARY_PART ||
         swarm->blame.dropped > swarm->map.done_bytes / DROPPED_PART + DROPPED_FREE;
}

/* What may still fail; 0 when too much did. */
static guint64
get_budget (const BtfwSwarm *swarm)
{
  guint64 all = swarm->map.done_bytes / LOSS_PART + LOSS_FREE;
  guint64 lost = swarm->blame.wasted + swarm->blame.dropped;

  return all > lost ? all - lost : 0;
}

/* --- Stakes --- */

/* What a peer has at stake, in bytes. */
static guint64
get_stake (const BtfwPeer *peer)
{
  return (guint64) (peer->requests.n + peer->n_unverified) * BTFW_BLOCK_SIZE;
}

static gboolean
is_silent (const BtfwPeer *peer)
{
  return peer->requests.n > 0 && get_time (peer->swarm) - ((const BtfwRequest *) btfw_ring_get (&peer->requests, 0))->asked > SILENCE;
}

/* What all strangers have at stake, with what those left who went. */
static guint64
get_strangers_stake (const BtfwSwarm *swarm)
{
  guint64 stake = (guint64) swarm->trust.n_orphans * BTFW_BLOCK_SIZE;

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (get_rank (peer) == STRANGER)
        stake += is_silent (peer) ? (guint64) peer->n_unverified * BTFW_BLOCK_SIZE : get_stake (peer);
    }
  return stake;
}

/* How many strangers are on trial. */
static guint
count_trials (const BtfwSwarm *swarm)
{
  guint n = 0;

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      n += get_rank (peer) == STRANGER && (peer->n_unverified > 0 || (peer->requests.n > 0 && !is_silent (peer)));
    }
  return n;
}

static gboolean
serves (const BtfwPeer *peer)
{
  return !peer->is_closing && !peer->chokes_us && !peer->is_snubbed && peer->n_interesting > 0;
}

/* The rank of the best one that serves us now. */
static Rank
get_best_rank (const BtfwSwarm *swarm)
{
  gint64 now = get_time (swarm);
  Rank   best = STRANGER;

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (serves (peer) && now - peer->last_block <= QUIET)
        best = MAX (best, get_rank (peer));
    }
  return best;
}

/* What comes from all that are not strangers. */
static guint64
get_good_rate (const BtfwSwarm *swarm)
{
  gint64  now = get_time (swarm);
  guint64 rate = 0;

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (get_rank (peer) > STRANGER)
        rate += btfw_rate_get (&peer->download, now);
    }
  return rate;
}

/* --- Allowances, in bytes --- */

static guint64
get_rest (guint64 max, guint64 used)
{
  return max > used ? max - used : 0;
}

/* The longer nothing failed, the more. */
static guint64
get_strangers_max (const BtfwSwarm *swarm)
{
  guint64 piece = get_piece_size (swarm);
  gint64  active = swarm->active_time + (swarm->active_since == 0 ? 0 : get_time (swarm) - swarm->active_since);
  guint64 max = get_best_rank (swarm) > STRANGER ? MAX (STRANGERS_SERVED, 2 * piece)
                                                 : MAX (STRANGERS_ALONE, 8 * piece);

  return max + swarm->trust.verified / STRANGERS_PART + (guint64) (active / G_USEC_PER_SEC) * STRANGERS_SECOND;
}

/* Whether so few others had something at stake before that all could have a piece. */
static gboolean
is_among_first (const BtfwSwarm *swarm, const BtfwPeer *peer, guint64 max)
{
  guint64 piece = get_piece_size (swarm);
  guint64 before = 0;

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *other = g_ptr_array_index (swarm->peers, i);

      if (other->id < peer->id && get_rank (other) == STRANGER && get_stake (other) > 0 && !is_silent (other))
        before += piece;
    }
  return before + piece <= max;
}

static guint64
allow_unwary (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  guint64 piece = get_piece_size (swarm);
  guint64 cap = MAX (STRANGER_MAX, piece);
  guint64 max;
  guint64 rest;

  if (get_rank (peer) > STRANGER)
    return get_rest (MAX (KNOWN_MIN, 2 * piece) + KNOWN_TIMES * peer->verified, get_stake (peer));

  /* While others serve us, it may begin with a block: it is asked for more as soon as that came. */
  if (peer->downloaded == 0 && get_best_rank (swarm) > STRANGER)
    cap = BTFW_BLOCK_SIZE;
  max = get_strangers_max (swarm);
  rest = get_rest (max, get_strangers_stake (swarm));
  /* Lest all have a part of a piece at stake, and none can go on. */
  if (rest == 0 && is_among_first (swarm, peer, max))
    return get_rest (MIN (cap, piece), get_stake (peer));
  return MIN (get_rest (cap, get_stake (peer)), rest);
}

static gint64
get_trial_period (const BtfwSwarm *swarm)
{
  if (get_best_rank (swarm) == STRANGER)
    return TRIAL_PERIOD_ALONE;
  return get_good_rate (swarm) < get_piece_size (swarm) ? TRIAL_PERIOD_BADLY : TRIAL_PERIOD;
}

/* Whether one more stranger may be tried. */
static gboolean
may_try (BtfwSwarm *swarm, Rank best)
{
  guint64 piece = get_piece_size (swarm);
  guint64 budget = get_budget (swarm);
  guint   n_trials = count_trials (swarm);

  if (budget == 0 && get_time (swarm) - swarm->trust.last_trial < get_trial_period (swarm))
    return FALSE;
  if (best == STRANGER)
    return n_trials < TRIALS_ALONE;
  return n_trials == 0 || (n_trials + 1) * piece <= budget;
}

/* Those whom we chose to connect to go first: nobody can be as many of them as it
 * likes. Then whoever waits longest. */
static gboolean
goes_before (const BtfwPeer *a, const BtfwPeer *b)
{
  if ((a->last_trial == 0) != (b->last_trial == 0))
    return a->last_trial == 0;
  if (a->is_incoming != b->is_incoming)
    return !a->is_incoming;
  return a->last_trial < b->last_trial;
}

static gboolean
waits_for_trial (const BtfwPeer *peer)
{
  return get_rank (peer) == STRANGER && get_stake (peer) == 0 && !peer->is_closing && btfw_hints_serves_something (peer) &&
         peer->n_interesting > 0 && (!peer->is_snubbed || get_time (peer->swarm) >= peer->paused_until) &&
         peer->pick_serial != peer->swarm->pick_serial;
}

static BtfwPeer *
find_next_trial (const BtfwSwarm *swarm)
{
  BtfwPeer *next = NULL;

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (waits_for_trial (peer) && (next == NULL || goes_before (peer, next)))
        next = peer;
    }
  return next;
}

/* A trial is a piece, and begins with a block. */
static guint64
allow_trial (BtfwSwarm *swarm, const BtfwPeer *peer, Rank best)
{
  guint64 stake = get_stake (peer);
  guint64 max = MAX (get_piece_size (swarm), BTFW_BLOCK_SIZE);

  if (stake == 0)
    return may_try (swarm, best) && find_next_trial (swarm) == peer ? BTFW_BLOCK_SIZE : 0;
  /* What it has at stake may wait for blocks of others, and there is nobody else. */
  if (stake >= max && best == STRANGER && peer->requests.n == 0 && may_try (swarm, best))
    return BTFW_BLOCK_SIZE;
  return peer->downloaded == 0 ? 0 : get_rest (max, stake);
}

static guint64
allow_wary (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  Rank     rank = get_rank (peer);
  Rank     best = get_best_rank (swarm);
  gboolean is_losing = get_budget (swarm) == 0;

  if (rank == STRANGER)
    return allow_trial (swarm, peer, best);
  if (is_losing && rank < best)
    return 0;
  return get_rest (MAX (get_piece_size (swarm), peer->verified / (is_losing ? LOSING_SHARE : WARY_SHARE)), get_stake (peer));
}

/* Somebody must be asked at any time. */
static gboolean
is_needed (const BtfwSwarm *swarm, const BtfwPeer *peer)
{
  Rank best = get_best_rank (swarm);

  if (get_rank (peer) == STRANGER && (best > STRANGER || btfw_trust_is_wary (swarm) || !is_among_first (swarm, peer, get_strangers_max (swarm))))
    return FALSE;
  return get_rank (peer) >= best;
}

guint
btfw_trust_get_allowance (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  guint64 bytes = btfw_trust_is_wary (swarm) ? allow_wary (swarm, peer) : allow_unwary (swarm, peer);
  guint   n = (guint) MIN ((bytes + BTFW_BLOCK_SIZE - 1) / BTFW_BLOCK_SIZE, G_MAXUINT16);

  if (n == 0 && peer->requests.n < LEAST_BLOCKS && is_needed (swarm, peer))
    return LEAST_BLOCKS - peer->requests.n;
  return n;
}

/* --- Which pieces --- */

static BtfwPeer *
find_peer (const BtfwSwarm *swarm, guint32 id)
{
  for (guint i = 0; i < swarm->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (peer->id == id)
        return peer;
    }
  return NULL;
}

gboolean
btfw_trust_may_share (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  Rank rank = get_rank (peer);

  return !btfw_trust_is_wary (swarm) || rank == TRUSTED || (rank == KNOWN && get_best_rank (swarm) <= KNOWN);
}

gboolean
btfw_trust_may_begin (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  if (!btfw_trust_is_wary (swarm) || get_rank (peer) > STRANGER)
    return TRUE;
  for (guint i = 0; i < btfw_actives_get_n (&swarm->actives); i++)
    if (btfw_actives_get (&swarm->actives, i)->sole_source == peer->id)
      return FALSE;
  return TRUE;
}

gboolean
btfw_trust_is_best_for (BtfwSwarm *swarm, const BtfwPeer *peer, guint32 piece)
{
  Rank rank = get_rank (peer);

  for (guint i = 0; i < swarm->peers->len && rank < TRUSTED; i++)
    {
      const BtfwPeer *other = g_ptr_array_index (swarm->peers, i);

      if (serves (other) && get_rank (other) > rank && btfw_peer_has_piece (other, piece))
        return FALSE;
    }
  return TRUE;
}

gboolean
btfw_trust_may_take_over (BtfwSwarm *swarm, const BtfwPeer *peer, guint32 source)
{
  const BtfwPeer *other = find_peer (swarm, source);

  return other == NULL || (get_rank (peer) > get_rank (other) && (other->requests.n == 0 || is_silent (other)));
}

gboolean
btfw_trust_is_doubtful (BtfwSwarm *swarm, guint32 source)
{
  const BtfwPeer *peer = find_peer (swarm, source);

  return peer == NULL || get_rank (peer) == STRANGER;
}

gboolean
btfw_trust_wants_purge (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  return btfw_trust_is_wary (swarm) && (get_rank (peer) > STRANGER || get_best_rank (swarm) == STRANGER);
}

/* What strangers had a part in so far goes on without them, where somebody better serves us. */
void
btfw_trust_on_wary (BtfwSwarm *swarm)
{
  if (get_best_rank (swarm) == STRANGER)
    return;

  for (guint i = 0; i < btfw_actives_get_n (&swarm->actives); i++)
    btfw_assembly_purge (swarm, btfw_actives_get (&swarm->actives, i));
}

/* --- Book-keeping --- */

BtfwPeer *
btfw_trust_get_next_trial (BtfwSwarm *swarm)
{
  return btfw_trust_is_wary (swarm) && may_try (swarm, get_best_rank (swarm)) ? find_next_trial (swarm) : NULL;
}

void
btfw_trust_on_asked (BtfwSwarm *swarm, BtfwPeer *peer)
{
  gint64 now = get_time (swarm);

  if (get_stake (peer) > 0)
    return;
  peer->last_trial = now;
  if (get_rank (peer) == STRANGER)
    swarm->trust.last_trial = MAX (swarm->trust.last_trial + get_trial_period (swarm), now - TRIAL_MEMORY);
}

void
btfw_trust_on_block (BtfwPeer *peer)
{
  peer->n_unverified++;
}

void
btfw_trust_on_block_lost (BtfwSwarm *swarm, guint32 source)
{
  BtfwPeer *peer = find_peer (swarm, source);

  if (peer == NULL)
    swarm->trust.n_orphans--;
  else
    peer->n_unverified--;
}

void
btfw_trust_settle (BtfwSwarm *swarm, const BtfwActivePiece *active, gboolean is_good)
{
  BtfwPeer *peer = NULL;
  guint32   source = 0;

  for (guint32 i = 0; i < active->n_blocks; i++)
    {
      const BtfwActiveBlock *block = &active->blocks[i];

      if (block->state <= BTFW_BLOCK_ASKED)
        continue;
      /* One who sent many in a row is looked for once. */
      if (block->source != source)
        peer = find_peer (swarm, block->source);
      source = block->source;
      if (peer == NULL)
        swarm->trust.n_orphans--;
      else
        peer->n_unverified--;
      if (peer != NULL && is_good)
        peer->verified += btfw_active_get_block_size (active, i);
    }
  if (is_good)
    swarm->trust.verified += active->length;
}

void
btfw_trust_on_peer_gone (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  swarm->trust.n_orphans += peer->n_unverified;
}
