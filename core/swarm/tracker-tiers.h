/* tracker-tiers.h: in which order the trackers of a torrent are asked (BEP 12). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/tracker-entry.h"
#include "swarm/tracker-exchange.h"

/* One tracker: its books, and what goes to and fro. */
typedef struct
{
  BtfwTrackerExchange exchange;
  BtfwScrapeTurn      scrape; /* for counts that its announces leave out */
  BtfwTrackerEntry   *entry;
  gpointer            owner;
} BtfwTieredTracker;

/* Stands in line for it; it must not be busy. */
void   btfw_tiered_tracker_ask (BtfwTieredTracker *self, gboolean urgent);
/* When it may be asked. @hungry: before its regular time, if it works. */
gint64 btfw_tiered_tracker_get_due (const BtfwTieredTracker *self, gboolean hungry);

/* Tiers are arrays of arrays of BtfwTieredTracker, all borrowed. */

void btfw_tracker_tier_shuffle (GPtrArray *tier, BtfwRandom *random);
/* The one that answered leads its tier from now on. */
void btfw_tracker_tier_promote (GPtrArray *tier, BtfwTieredTracker *tracker);
/* Asks those whose time has come: in each tier the first that works, or else the
 * next to try; of the tiers the first that works or tries, or @all. Answers when
 * to look again, G_MAXINT64 for never. */
gint64 btfw_tracker_tiers_ask (GPtrArray *tiers, gint64 now, gboolean all, gboolean hungry);
