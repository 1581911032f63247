/* reasons.c: why a torrent is slow, stands still, or does nothing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/reasons.h"

#include "disk/disk.h"
#include "swarm/swarm.h"

/* So long after the last block it stands still. */
#define STILL (3 * G_USEC_PER_SEC)
/* What was in the way so long ago still counts. */
#define RECENT (G_USEC_PER_SEC)
/* How many pieces a sentence names. */
#define NAMED_MAX 3
/* In a smaller crowd it says little how many have what is missing. */
#define CROWD_MIN 4
/* With fewer peers it matters what trackers say. */
#define PEERS_FEW 5

typedef struct
{
  guint n_peers;
  guint n_interesting; /* have something that we miss */
  guint n_choking;     /* of those */
  guint n_snubbed;
  guint n_unasked;  /* may be asked, and the picker had nothing for them */
  guint n_serving;  /* owe us something, and send */
  guint n_bound;    /* of those: would be asked for more, but do not take it */
  guint n_starving; /* would be read from, but there is no room */
  guint n_takers;   /* want something of us */
} PeerCounts;

static void
count_interesting (PeerCounts *counts, const BtfwPeer *peer)
{
  counts->n_interesting++;
  counts->n_starving += peer->is_starving;
  counts->n_choking += peer->chokes_us;
  if (peer->chokes_us)
    return;
  counts->n_snubbed += peer->is_snubbed;
  counts->n_unasked += peer->requests.n == 0 && peer->pick_serial == peer->swarm->pick_serial;
  counts->n_serving += peer->requests.n > 0 && !peer->is_snubbed;
  counts->n_bound += peer->request_max > 0 && peer->requests.n >= peer->request_max && peer->target > peer->request_max;
}

static PeerCounts
count_peers (const BtfwSwarm *swarm)
{
  PeerCounts counts = { .n_peers = swarm->peers->len };

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      counts.n_takers += peer->is_interested;
      if (peer->n_interesting > 0)
        count_interesting (&counts, peer);
    }
  return counts;
}

/* --- Limits --- */

/* The rate of @limiter when it is what holds its streams back; else 0. Between
 * two turns nobody may stand in its line. */
static guint64
get_used_up (const BtfwLimiter *limiter, guint64 rate)
{
  guint64 limit = btfw_limiter_get_rate (limiter);

  return limit > 0 && (limiter->n_waiting > 0 || rate >= limit / 10 * 9) ? limit : 0;
}

static guint64
get_session_rate (const BtfwSwarm *swarm, gboolean is_upload)
{
  GPtrArray *swarms = swarm->resources->swarms;
  gint64     now = btfw_loop_get_time (swarm->resources->loop);
  guint64    rate = 0;

  for (guint i = 0; i < swarms->len; i++)
    {
      BtfwSwarm *other = g_ptr_array_index (swarms, i);

      rate += btfw_rate_get (is_upload ? &other->upload_rate : &other->download_rate, now);
    }
  return rate;
}

static guint64
get_upload_limit (BtfwSwarm *swarm)
{
  gint64  now = btfw_loop_get_time (swarm->resources->loop);
  guint64 own = get_used_up (&swarm->upload, btfw_rate_get (&swarm->upload_rate, now));

  if (own > 0 || btfw_limiter_get_rate (&swarm->resources->upload) == 0)
    return own;
  return get_used_up (&swarm->resources->upload, get_session_rate (swarm, TRUE));
}

static void
add_download_limit (BtfwSwarm *swarm, GPtrArray *list, BtfwReasonWeight weight)
{
  gint64          now = btfw_loop_get_time (swarm->resources->loop);
  BtfwReasonFacts facts = { .code = BTFW_REASON_TORRENT_LIMIT, .weight = weight };

  facts.rate = get_used_up (&swarm->download, btfw_rate_get (&swarm->download_rate, now));
  if (facts.rate == 0 && btfw_limiter_get_rate (&swarm->resources->download) > 0)
    {
      facts.code = BTFW_REASON_SESSION_LIMIT;
      facts.rate = get_used_up (&swarm->resources->download, get_session_rate (swarm, FALSE));
    }
  if (facts.rate > 0)
    btfw_reason_add (list, &facts);
}

/* --- Room here --- */

/* What workers spend their time with is what they are slow at. A call that does
 * not come back counts when it is through, so nothing but a disk is that slow. */
static BtfwReasonCode
get_slow_part (const BtfwSwarm *swarm, gboolean is_still)
{
  gint64 hashing, writing;

  btfw_volume_get_times (swarm->volume, &hashing, &writing);
  return is_still || writing >= hashing ? BTFW_REASON_DISK_SLOW : BTFW_REASON_HASHING;
}

static void
add_lack_of_room (BtfwSwarm *swarm, const PeerCounts *counts, GPtrArray *list, BtfwReasonWeight weight)
{
  gint64          now = btfw_loop_get_time (swarm->resources->loop);
  gboolean        has_backlog = btfw_resources_has_backlog (swarm->resources) && counts->n_starving > 0;
  BtfwReasonFacts facts = { .weight = weight };

  if (has_backlog || (swarm->last_backlog != 0 && now - swarm->last_backlog < RECENT))
    facts.code = get_slow_part (swarm, weight == BTFW_REASON_HALTS);
  else if (counts->n_starving > 0 || (swarm->last_starved != 0 && now - swarm->last_starved < RECENT))
    {
      facts.code = BTFW_REASON_MEMORY;
      facts.rate = (guint64) btfw_buffers_get_n_max (swarm->resources->buffers) * BTFW_BLOCK_SIZE;
    }
  if (facts.code != BTFW_REASON_NONE)
    btfw_reason_add (list, &facts);
}

/* --- Peers --- */

/* Pieces that are wanted and that no peer has. */
static void
add_absent_pieces (BtfwSwarm *swarm, GPtrArray *list, BtfwReasonWeight weight)
{
  g_autoptr (GString) names = g_string_new (NULL);
  BtfwReasonFacts     facts = { .code = BTFW_REASON_PIECES_NOWHERE, .weight = weight };

  if (swarm->map.n_seeds > 0)
    return;
  for (guint32 piece = btfw_bitfield_next (&swarm->map.missing, 0); piece != BTFW_BIT_NONE;
       piece = btfw_bitfield_next (&swarm->map.missing, piece + 1))
    {
      if (btfw_piece_map_get_count (&swarm->map, piece) > 0)
        continue;
      if (facts.count < NAMED_MAX)
        g_string_append_printf (names, "%s%u", facts.count == 0 ? "" : ", ", piece);
      else if (facts.count == NAMED_MAX)
        g_string_append (names, ", …");
      facts.count++;
    }
  facts.detail = names->str;
  if (facts.count > 0)
    btfw_reason_add (list, &facts);
}

static void
add_chokes (BtfwSwarm *swarm, const PeerCounts *counts, GPtrArray *list, BtfwReasonWeight weight)
{
  guint64 limit = get_upload_limit (swarm);

  btfw_reason_add (list, &(BtfwReasonFacts){ .code = limit > 0 ? BTFW_REASON_CHOKED_UPLOAD : BTFW_REASON_CHOKED,
                                             .weight = weight,
                                             .count = counts->n_choking,
                                             .total = counts->n_interesting,
                                             .rate = limit });
}

static void
add_counts (GPtrArray *list, BtfwReasonCode code, BtfwReasonWeight weight, guint count, guint total)
{
  btfw_reason_add (list, &(BtfwReasonFacts){ .code = code, .weight = weight, .count = count, .total = total });
}

/* Nothing comes. One of these is the whole of it, unless trackers fail too. */
static void
add_halts (BtfwSwarm *swarm, GPtrArray *list)
{
  PeerCounts counts = count_peers (swarm);
  guint      n = counts.n_interesting;

  add_download_limit (swarm, list, BTFW_REASON_HALTS);
  if (list->len == 0 && n > 0)
    add_lack_of_room (swarm, &counts, list, BTFW_REASON_HALTS);
  if (list->len > 0)
    return;

  if (n == 0)
    add_absent_pieces (swarm, list, BTFW_REASON_HALTS);
  else if (counts.n_choking == n)
    add_chokes (swarm, &counts, list, BTFW_REASON_HALTS);
  else if (counts.n_choking + counts.n_snubbed == n)
    {
      add_counts (list, BTFW_REASON_SNUBBED, BTFW_REASON_HALTS, counts.n_snubbed, n);
      if (counts.n_choking > 0)
        add_chokes (swarm, &counts, list, BTFW_REASON_HALTS);
    }
  else if (counts.n_unasked > 0 && counts.n_choking + counts.n_unasked >= n)
    add_counts (list, BTFW_REASON_PICKER_IDLE, BTFW_REASON_HALTS, counts.n_unasked, n);
  if (swarm->peers->len < PEERS_FEW)
    btfw_reasons_add_tracker_trouble (swarm, list, BTFW_REASON_HALTS);
}

/* Blocks come. Whatever takes a large part of what could come is named. */
static void
add_brakes (BtfwSwarm *swarm, GPtrArray *list)
{
  PeerCounts counts = count_peers (swarm);
  guint      n = counts.n_interesting;

  add_download_limit (swarm, list, BTFW_REASON_SLOWS);
  add_lack_of_room (swarm, &counts, list, BTFW_REASON_SLOWS);
  if (n > 0 && counts.n_choking >= (n + 1) / 2)
    add_chokes (swarm, &counts, list, BTFW_REASON_SLOWS);
  if (n > 0 && counts.n_snubbed >= (n + 1) / 2)
    add_counts (list, BTFW_REASON_SNUBBED, BTFW_REASON_SLOWS, counts.n_snubbed, n);
  if (counts.n_bound > 0 && counts.n_bound >= (counts.n_serving + 1) / 2)
    add_counts (list, BTFW_REASON_REQUESTS_BOUND, BTFW_REASON_SLOWS, counts.n_bound, counts.n_serving);
  if (counts.n_peers >= CROWD_MIN && n * 4 <= counts.n_peers)
    add_counts (list, BTFW_REASON_FEW_SOURCES, BTFW_REASON_SLOWS, n, counts.n_peers);
  if (list->len == 0 && counts.n_serving > 0)
    add_counts (list, BTFW_REASON_PEERS_SLOW, BTFW_REASON_SLOWS, counts.n_serving, 0);
  add_absent_pieces (swarm, list, BTFW_REASON_SLOWS);
  if (swarm->peers->len < PEERS_FEW)
    btfw_reasons_add_tracker_trouble (swarm, list, BTFW_REASON_SLOWS);
}

/* --- States --- */

static BtfwReasonCode
get_fault (const BtfwSwarm *swarm)
{
  static const BtfwReasonCode codes[] = {
    [BTFW_STORAGE_ERROR_FULL] = BTFW_REASON_DISK_FULL,
    [BTFW_STORAGE_ERROR_ABSENT] = BTFW_REASON_DISK_ABSENT,
    [BTFW_STORAGE_ERROR_GONE] = BTFW_REASON_DISK_GONE,
    [BTFW_STORAGE_ERROR_REFUSED] = BTFW_REASON_DISK_REFUSED,
    [BTFW_STORAGE_ERROR_BROKEN] = BTFW_REASON_DISK_BROKEN,
  };
  const GError *error = swarm->error;

  if (error->domain != BTFW_STORAGE_ERROR || error->code < 0 || (gsize) error->code >= G_N_ELEMENTS (codes))
    return BTFW_REASON_FAILED;
  return codes[error->code];
}

static void
add_metadata (BtfwSwarm *swarm, GPtrArray *list)
{
  if (swarm->metainfo != NULL)
    add_counts (list, BTFW_REASON_HELD, BTFW_REASON_STATES, 0, 0);
  else if (swarm->peers->len == 0)
    btfw_reasons_add_search (swarm, list);
  else if (swarm->metadata.size == 0)
    add_counts (list, BTFW_REASON_NO_METADATA, BTFW_REASON_HALTS, swarm->peers->len, 0);
}

static void
add_download (BtfwSwarm *swarm, GPtrArray *list)
{
  gboolean is_still = swarm->downloaded == 0 || btfw_loop_get_time (swarm->resources->loop) - swarm->last_moved >= STILL;

  if (!is_still)
    add_brakes (swarm, list);
  else if (swarm->peers->len == 0)
    btfw_reasons_add_search (swarm, list);
  else
    add_halts (swarm, list);
}

static void
add_seeding (BtfwSwarm *swarm, GPtrArray *list)
{
  PeerCounts counts = count_peers (swarm);
  guint64    limit = counts.n_takers > 0 ? get_upload_limit (swarm) : 0;

  if (limit > 0)
    btfw_reason_add (list, &(BtfwReasonFacts){ .code = BTFW_REASON_UPLOAD_LIMIT, .rate = limit });
  else if (counts.n_takers == 0)
    add_counts (list, BTFW_REASON_NOBODY_WANTS, BTFW_REASON_STATES, 0, counts.n_peers);
}

static void
add_state (BtfwSwarm *swarm, GPtrArray *list)
{
  switch (swarm->state)
    {
    case BTFW_TORRENT_STOPPED:
      if (!swarm->opening.is_busy)
        add_counts (list, BTFW_REASON_STOPPED, BTFW_REASON_STATES, 0, 0);
      break;
    case BTFW_TORRENT_METADATA:
      add_metadata (swarm, list);
      break;
    case BTFW_TORRENT_CHECKING:
      add_counts (list, BTFW_REASON_CHECKING, BTFW_REASON_STATES,
                  swarm->opening.is_checking ? btfw_opening_get_n_checked (&swarm->opening) : 0, swarm->map.n_pieces);
      break;
    case BTFW_TORRENT_DOWNLOADING:
      add_download (swarm, list);
      break;
    case BTFW_TORRENT_SEEDING:
      add_seeding (swarm, list);
      break;
    case BTFW_TORRENT_FAILED:
      break;
    }
}

GPtrArray *
btfw_reasons_list (BtfwSwarm *swarm)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_reason_unref);

  if (swarm->error != NULL)
    btfw_reason_add (list, &(BtfwReasonFacts){ .code = get_fault (swarm), .weight = BTFW_REASON_HALTS, .detail = swarm->error->message });
  else
    add_state (swarm, list);
  return list;
}
