/* tracker-entry.h: what one tracker of a torrent was told, and when it may be asked again. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"
#include "swarm/announce.h"

#include <btfw/btfw-status.h>

/* Whatever a tracker says, it is asked neither more often than the first of
 * these nor more seldom than the second, in seconds. */
#define BTFW_TRACKER_INTERVAL_MIN 60
#define BTFW_TRACKER_INTERVAL_MAX (24 * 60 * 60)

/* Pure book-keeping: no network, no timers. Times are the loop's, in microseconds. */
typedef struct
{
  char            *url;
  char            *shown; /* redacted */
  char            *host;  /* whose budget its announces use */
  guint            tier;
  BtfwTrackerState state; /* of the last exchange; never ASKING */
  char            *message;
  char            *tracker_id;
  gint64           seeds;
  gint64           leechers;
  gint64           completed;    /* how often it was downloaded, as it says; -1 for unknown */
  gint64           n_peers;      /* that its last answer named; -1 before one */
  gint64           interval;     /* seconds; 0 before it said one */
  gint64           min_interval; /* seconds; 0 when it said none */
  gint64           last;         /* when it was last asked; valid when was_asked */
  gint64           due;          /* when the next regular announce may go, or a retry */
  guint            failures;     /* in a row */
  gboolean         was_asked;
  gboolean         was_refused;    /* by the last answer */
  gboolean         heard_started;  /* it answered `started`, and has not heard `stopped` */
  gboolean         owes_completed; /* it has yet to hear `completed` */
} BtfwTrackerEntry;

BtfwTrackerEntry *btfw_tracker_entry_new (const char *url, guint tier);
void              btfw_tracker_entry_free (BtfwTrackerEntry *self);

/* Its scheme has no plugin: it is shown, and never asked. */
void btfw_tracker_entry_set_unusable (BtfwTrackerEntry *self, const char *message);

/* A new run: everything told before is forgotten, but for what the tracker asked of us. */
void btfw_tracker_entry_start (BtfwTrackerEntry *self, gint64 now);

/* The event that is next to be told, given whether we are leaving. */
BtfwAnnounceEvent btfw_tracker_entry_next_event (const BtfwTrackerEntry *self, gboolean leaving);

void btfw_tracker_entry_on_asked (BtfwTrackerEntry *self, gint64 now);
/* @reply may be a refusal; @reply NULL: no answer came, and @error says why. */
void btfw_tracker_entry_on_answer (BtfwTrackerEntry  *self,
                                   BtfwAnnounceEvent  event,
                                   BtfwAnnounceReply *reply,
                                   const GError      *error,
                                   gint64             now,
                                   BtfwRandom        *random);

/* What a scrape says; -1 for unknown, which changes nothing. */
void   btfw_tracker_entry_on_scraped (BtfwTrackerEntry *self, gint64 seeds, gint64 leechers, gint64 completed);
/* When it may be asked before its regular time, because more peers are wanted. */
gint64 btfw_tracker_entry_get_early (const BtfwTrackerEntry *self);
/* The same, because somebody insists: only what the tracker itself demands, and the floor. */
gint64 btfw_tracker_entry_get_earliest (const BtfwTrackerEntry *self);
