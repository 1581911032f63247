/* reasons-search.c: why nobody is here: what trackers said, and what became of attempts to connect. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/reasons.h"

#include "swarm/swarm.h"

/* What each trouble with a candidate is called. */
static const BtfwReasonCode codes[BTFW_N_TROUBLES] = {
  [BTFW_TROUBLE_REFUSED] = BTFW_REASON_PEERS_REFUSE,
  [BTFW_TROUBLE_SILENT] = BTFW_REASON_PEERS_SILENT,
  [BTFW_TROUBLE_UNREACHABLE] = BTFW_REASON_PEERS_UNREACHABLE,
  [BTFW_TROUBLE_FORBIDDEN] = BTFW_REASON_CONNECTS_FORBIDDEN,
  [BTFW_TROUBLE_FULL] = BTFW_REASON_CONNECTIONS_FULL,
  [BTFW_TROUBLE_OURSELVES] = BTFW_REASON_PEERS_OURSELVES,
  [BTFW_TROUBLE_HUNG_UP] = BTFW_REASON_PEERS_HANG_UP,
  [BTFW_TROUBLE_FOREIGN] = BTFW_REASON_PEERS_FOREIGN,
  [BTFW_TROUBLE_LEFT] = BTFW_REASON_PEERS_LEAVE,
  [BTFW_TROUBLE_BROKE] = BTFW_REASON_PEERS_BREAK,
};

/* --- Trackers --- */

typedef struct
{
  guint       n;
  guint       n_asked;   /* or still to be asked: no answer yet */
  guint       n_working;
  const char *refusal;   /* of the first that refuses; borrowed, as are these: */
  const char *silence;
  const char *unusable;
} TrackerCounts;

static void
count_tracker (TrackerCounts *counts, const BtfwTrackersInfo *info)
{
  const char *message = info->message != NULL ? info->message : info->url;

  if (info->state == BTFW_TRACKER_WORKING)
    counts->n_working++;
  else if (info->is_refusal)
    counts->refusal = counts->refusal != NULL ? counts->refusal : message;
  else if (info->state == BTFW_TRACKER_UNUSABLE)
    counts->unusable = counts->unusable != NULL ? counts->unusable : message;
  else if (info->failures > 0)
    counts->silence = counts->silence != NULL ? counts->silence : message;
  else
    counts->n_asked++;
}

static TrackerCounts
count_trackers (const BtfwSwarm *swarm)
{
  TrackerCounts counts = { .n = btfw_trackers_get_n (swarm->trackers) };

  for (guint i = 0; i < counts.n; i++)
    {
      BtfwTrackersInfo info;

      btfw_trackers_get_info (swarm->trackers, i, &info);
      count_tracker (&counts, &info);
    }
  return counts;
}

/* NONE while one works, or has yet to say anything. */
static BtfwReasonCode
get_tracker_trouble (const TrackerCounts *counts, const char **detail)
{
  if (counts->n_working > 0)
    return BTFW_REASON_NONE;
  if ((*detail = counts->refusal) != NULL)
    return BTFW_REASON_TRACKER_REFUSES;
  if ((*detail = counts->silence) != NULL)
    return BTFW_REASON_TRACKER_SILENT;
  if (counts->n_asked == 0 && (*detail = counts->unusable) != NULL)
    return BTFW_REASON_TRACKER_UNUSABLE;
  return BTFW_REASON_NONE;
}

void
btfw_reasons_add_tracker_trouble (BtfwSwarm *swarm, GPtrArray *list, BtfwReasonWeight weight)
{
  TrackerCounts   counts = count_trackers (swarm);
  BtfwReasonFacts facts = { .weight = weight };

  facts.code = get_tracker_trouble (&counts, &facts.detail);
  if (facts.code != BTFW_REASON_NONE)
    btfw_reason_add (list, &facts);
}

/* Nobody is known at all. */
static void
add_trackers (BtfwSwarm *swarm, GPtrArray *list)
{
  TrackerCounts   counts = count_trackers (swarm);
  BtfwReasonFacts facts = { .weight = BTFW_REASON_HALTS };

  facts.code = get_tracker_trouble (&counts, &facts.detail);
  if (facts.code == BTFW_REASON_NONE && counts.n_working > 0)
    {
      facts.count = swarm->n_filtered;
      facts.code = facts.count > 0 ? BTFW_REASON_ADDRESSES_FILTERED : BTFW_REASON_TRACKER_KNOWS_NONE;
    }
  else if (facts.code == BTFW_REASON_NONE)
    {
      facts.code = counts.n_asked > 0 ? BTFW_REASON_TRACKER_ASKED : BTFW_REASON_NO_TRACKER;
      facts.total = swarm->discoveries.n;
    }
  btfw_reason_add (list, &facts);
}

/* --- Attempts --- */

typedef struct
{
  guint       n;
  guint       n_banned;
  guint       n_untried;
  guint       n_of[BTFW_N_TROUBLES];
  const char *detail; /* of the first that cannot be reached; static */
} CandidateCounts;

static CandidateCounts
count_candidates (const BtfwSwarm *swarm)
{
  CandidateCounts counts = { .n = swarm->candidates.list->len };

  for (guint i = 0; i < counts.n; i++)
    {
      const BtfwCandidate *candidate = g_ptr_array_index (swarm->candidates.list, i);

      counts.n_banned += candidate->is_banned;
      if (candidate->is_banned)
        continue;
      counts.n_of[candidate->trouble]++;
      counts.n_untried += candidate->trouble == BTFW_TROUBLE_NONE && !candidate->is_connected;
      if (candidate->trouble == BTFW_TROUBLE_UNREACHABLE && counts.detail == NULL)
        counts.detail = g_strerror (candidate->trouble_errno);
    }
  return counts;
}

/* What most of them have in common; NONE when none failed yet. */
static BtfwTrouble
find_common_trouble (const CandidateCounts *counts)
{
  BtfwTrouble common = BTFW_TROUBLE_NONE;

  for (guint i = BTFW_TROUBLE_NONE + 1; i < BTFW_N_TROUBLES; i++)
    if (counts->n_of[i] > (common == BTFW_TROUBLE_NONE ? 0 : counts->n_of[common]))
      common = i;
  return common;
}

/* Who insists on the other way to begin hangs up without a word. */
static BtfwReasonCode
get_code (const BtfwSwarm *swarm, BtfwTrouble trouble)
{
  if (trouble == BTFW_TROUBLE_HUNG_UP && swarm->resources->limits.encryption == BTFW_ENCRYPTION_REQUIRE)
    return BTFW_REASON_PEERS_HANG_UP_ENCRYPTED;
  if (trouble == BTFW_TROUBLE_HUNG_UP && swarm->resources->limits.encryption == BTFW_ENCRYPTION_OFF)
    return BTFW_REASON_PEERS_HANG_UP_PLAIN;
  return codes[trouble];
}

/* What was named a moment ago is about to be tried. */
static gboolean
may_connect (BtfwSwarm *swarm)
{
  BtfwResources *resources = swarm->resources;

  return btfw_bucket_get (&resources->connects, btfw_loop_get_time (resources->loop)) >= BTFW_CONNECT_TOKENS;
}

static void
add_attempts (BtfwSwarm *swarm, GPtrArray *list)
{
  CandidateCounts counts = count_candidates (swarm);
  BtfwTrouble     trouble = find_common_trouble (&counts);
  BtfwReasonFacts facts = { .weight = BTFW_REASON_HALTS, .count = counts.n, .total = counts.n };

  if (counts.n_banned == counts.n)
    facts.code = BTFW_REASON_PEERS_BANNED;
  else if (trouble != BTFW_TROUBLE_NONE)
    {
      facts.code = get_code (swarm, trouble);
      facts.count = counts.n_of[trouble];
      facts.detail = trouble == BTFW_TROUBLE_UNREACHABLE ? counts.detail : NULL;
    }
  else if (btfw_dialing_get_n (&swarm->dialing) > 0 || counts.n_untried == 0 || may_connect (swarm))
    {
      facts.code = BTFW_REASON_CONNECTING;
      facts.count = MAX (btfw_dialing_get_n (&swarm->dialing), 1);
    }
  else
    {
      facts.code = BTFW_REASON_CONNECTS_WAIT;
      facts.count = counts.n_untried;
    }
  btfw_reason_add (list, &facts);
}

void
btfw_reasons_add_search (BtfwSwarm *swarm, GPtrArray *list)
{
  if (swarm->candidates.list->len == 0)
    {
      add_trackers (swarm, list);
      return;
    }
  add_attempts (swarm, list);
  btfw_reasons_add_tracker_trouble (swarm, list, BTFW_REASON_HALTS);
}
