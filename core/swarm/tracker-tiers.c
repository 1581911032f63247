/* tracker-tiers.c: in which order the trackers of a torrent are asked (BEP 12). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/tracker-tiers.h"

/* How a tier stands. While one tries or works, those behind it rest. */
typedef enum
{
  TIER_FAILING,
  TIER_TRYING,
  TIER_WORKING,
} TierMood;

void
btfw_tiered_tracker_ask (BtfwTieredTracker *self, gboolean urgent)
{
  btfw_tracker_exchange_wait (&self->exchange, self->entry->host, urgent);
}

gint64
btfw_tiered_tracker_get_due (const BtfwTieredTracker *self, gboolean hungry)
{
  if (hungry && self->entry->state == BTFW_TRACKER_WORKING)
    return btfw_tracker_entry_get_early (self->entry);

  return self->entry->due;
}

/* Asks @tracker if it is time, else notes in @next when it will be. */
static gboolean
tracker_ask_if_due (BtfwTieredTracker *tracker, gint64 now, gboolean hungry, gint64 *next)
{
  gint64 due = btfw_tiered_tracker_get_due (tracker, hungry);

  if (due > now)
    {
      *next = MIN (*next, due);
      return FALSE;
    }

  btfw_tiered_tracker_ask (tracker, FALSE);
  return TRUE;
}

static BtfwTieredTracker *
tier_find_working (GPtrArray *tier)
{
  for (guint i = 0; i < tier->len; i++)
    {
      BtfwTieredTracker *tracker = g_ptr_array_index (tier, i);

      if (tracker->entry->state == BTFW_TRACKER_WORKING)
        return tracker;
    }

  return NULL;
}

/* Tries the trackers of a tier of which none works, in order. */
static TierMood
tier_try (GPtrArray *tier, gint64 now, gboolean hungry, gint64 *next)
{
  for (guint i = 0; i < tier->len; i++)
    {
      BtfwTieredTracker *tracker = g_ptr_array_index (tier, i);
      gint64             patience_end;

      if (tracker->entry->state == BTFW_TRACKER_UNUSABLE)
        continue;

      if (!btfw_tracker_exchange_is_busy (&tracker->exchange) && !tracker_ask_if_due (tracker, now, hungry, next))
        continue;

      patience_end = btfw_tracker_exchange_get_patience_end (&tracker->exchange);
      if (patience_end > now)
        {
          *next = MIN (*next, patience_end);
          return TIER_TRYING;
        }
    }

  return TIER_FAILING;
}

static TierMood
tier_ask (GPtrArray *tier, gint64 now, gboolean hungry, gint64 *next)
{
  BtfwTieredTracker *working = tier_find_working (tier);
  gint64             end;

  if (working == NULL)
    return tier_try (tier, now, hungry, next);

  if (!btfw_tracker_exchange_is_busy (&working->exchange))
    {
      tracker_ask_if_due (working, now, hungry, next);
      return TIER_WORKING;
    }
  /* One that worked may have gone silent: its protocol may have to ask it for a while. */
  if (btfw_tracker_exchange_is_late (&working->exchange, now, &end))
    return tier_try (tier, now, hungry, next);
  *next = MIN (*next, end);
  return TIER_WORKING;
}

void
btfw_tracker_tier_shuffle (GPtrArray *tier, BtfwRandom *random)
{
  for (guint i = tier->len; i > 1; i--)
    {
      guint    other = btfw_random_below (random, i);
      gpointer last = tier->pdata[i - 1];

      tier->pdata[i - 1] = tier->pdata[other];
      tier->pdata[other] = last;
    }
}

void
btfw_tracker_tier_promote (GPtrArray *tier, BtfwTieredTracker *tracker)
{
  if (g_ptr_array_remove (tier, tracker))
    g_ptr_array_insert (tier, 0, tracker);
}

gint64
btfw_tracker_tiers_ask (GPtrArray *tiers, gint64 now, gboolean all, gboolean hungry)
{
  gint64 next = G_MAXINT64;

  for (guint i = 0; i < tiers->len; i++)
    {
      TierMood mood = tier_ask (g_ptr_array_index (tiers, i), now, hungry, &next);

      if (mood != TIER_FAILING && !all)
        break;
    }

  return next;
}
