/* tracker-entry.c: what one tracker of a torrent was told, and when it may be asked again. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/tracker-entry.h"

#include <btfw/btfw-text.h>

/* The first wait, in seconds, after no answer came and after a refusal or nonsense did. */
#define RETRY_SILENT 30
#define RETRY_REFUSED 60

/* A tracker that never said its interval is retried at least this often, in seconds. */
#define RETRY_MAX 1800

/* The least time between announces that only look for more peers, in seconds:
 * where the tracker said a minimum of its own, and where it did not. */
#define EARLY_MIN 300
#define EARLY_DEFAULT 600

/* Regular announces are late by up to this part of their interval, so that
 * torrents that were started together drift apart. */
#define DRIFT_PART 20

#define TRACKER_ID_MAX 1024

static char *
host_of_url (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_HAS_PASSWORD, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL)
    return g_strdup (url);

  return g_ascii_strdown (g_uri_get_host (uri), -1);
}

BtfwTrackerEntry *
btfw_tracker_entry_new (const char *url, guint tier)
{
  BtfwTrackerEntry *self = g_new0 (BtfwTrackerEntry, 1);

  self->url = g_strdup (url);
  self->shown = btfw_text_redact_url (url);
  self->host = host_of_url (url);
  self->tier = tier;
  self->seeds = -1;
  self->leechers = -1;
  self->completed = -1;
  self->n_peers = -1;
  return self;
}

void
btfw_tracker_entry_free (BtfwTrackerEntry *self)
{
  g_free (self->url);
  g_free (self->shown);
  g_free (self->host);
  g_free (self->message);
  g_free (self->tracker_id);
  g_free (self);
}

static void
btfw_tracker_entry_set_message (BtfwTrackerEntry *self, const char *text)
{
  g_free (self->message);
  self->message = text != NULL && *text != '\0' ? btfw_text_clean (text, -1) : NULL;
}

void
btfw_tracker_entry_set_unusable (BtfwTrackerEntry *self, const char *message)
{
  self->state = BTFW_TRACKER_UNUSABLE;
  self->due = G_MAXINT64;
  btfw_tracker_entry_set_message (self, message);
}

void
btfw_tracker_entry_start (BtfwTrackerEntry *self, gint64 now)
{
  self->heard_started = FALSE;
  self->owes_completed = FALSE;
  if (self->state == BTFW_TRACKER_UNUSABLE)
    return;

  self->state = BTFW_TRACKER_IDLE;
  self->was_refused = FALSE;
  self->failures = 0;
  self->due = now;
}

BtfwAnnounceEvent
btfw_tracker_entry_next_event (const BtfwTrackerEntry *self, gboolean leaving)
{
  if (!self->heard_started)
    return BTFW_ANNOUNCE_STARTED;
  if (self->owes_completed)
    return BTFW_ANNOUNCE_COMPLETED;

  return leaving ? BTFW_ANNOUNCE_STOPPED : BTFW_ANNOUNCE_NONE;
}

void
btfw_tracker_entry_on_asked (BtfwTrackerEntry *self, gint64 now)
{
  self->was_asked = TRUE;
  self->last = now;
}

/* The wait doubles with each failure, up to the interval at which the tracker
 * wants to be asked when it is well: so it is back within one interval of its
 * recovery, and asked no more often while it is ill. */
static gint64
retry_delay (const BtfwTrackerEntry *self, gint64 first, BtfwRandom *random)
{
  gint64 longest = self->interval > 0 ? MAX (self->interval, first) : RETRY_MAX;
  guint  doublings = MIN (self->failures - 1, 16);
  gint64 delay = MIN (first << doublings, longest);
  gint64 jitter = btfw_random_below (random, (guint32) (delay / 4) + 1);

  return MAX (first, delay - jitter);
}

static void
btfw_tracker_entry_on_failure (BtfwTrackerEntry *self,
                               const char       *message,
                               gint64            first,
                               gint64            now,
                               BtfwRandom       *random)
{
  self->state = BTFW_TRACKER_FAILING;
  self->failures++;
  self->due = now + retry_delay (self, first, random) * G_TIME_SPAN_SECOND;
  btfw_tracker_entry_set_message (self, message);
}

static void
btfw_tracker_entry_on_refusal (BtfwTrackerEntry  *self,
                               BtfwAnnounceReply *reply,
                               gint64             now,
                               BtfwRandom        *random)
{
  const char *reason = btfw_announce_reply_get_failure (reply);
  gint64      retry_in = btfw_announce_reply_get_retry_in (reply);

  if (retry_in < 0)
    {
      btfw_tracker_entry_set_unusable (self, reason);
      return;
    }

  btfw_tracker_entry_on_failure (self, reason, RETRY_REFUSED, now, random);
  if (retry_in > 0)
    self->due = now + CLAMP (retry_in, BTFW_TRACKER_INTERVAL_MIN, BTFW_TRACKER_INTERVAL_MAX) * G_TIME_SPAN_SECOND;
}

static void
btfw_tracker_entry_note_event (BtfwTrackerEntry *self, BtfwAnnounceEvent event)
{
  switch (event)
    {
    case BTFW_ANNOUNCE_STARTED:
      self->heard_started = TRUE;
      break;
    case BTFW_ANNOUNCE_COMPLETED:
      self->owes_completed = FALSE;
      break;
    case BTFW_ANNOUNCE_STOPPED:
      self->heard_started = FALSE;
      break;
    case BTFW_ANNOUNCE_NONE:
      break;
    }
}

static void
btfw_tracker_entry_note_intervals (BtfwTrackerEntry  *self,
                                   BtfwAnnounceReply *reply,
                                   gint64             now,
                                   BtfwRandom        *random)
{
  gint64 interval = btfw_announce_reply_get_interval (reply);
  gint64 min_interval = btfw_announce_reply_get_min_interval (reply);
  gint64 drift;

  self->min_interval = CLAMP (min_interval, 0, BTFW_TRACKER_INTERVAL_MAX);
  self->interval = CLAMP (interval, BTFW_TRACKER_INTERVAL_MIN, BTFW_TRACKER_INTERVAL_MAX);
  self->interval = MAX (self->interval, self->min_interval);

  drift = btfw_random_below (random, (guint32) (self->interval / DRIFT_PART) + 1);
  self->due = now + MIN (self->interval + drift, BTFW_TRACKER_INTERVAL_MAX) * G_TIME_SPAN_SECOND;
}

static void
btfw_tracker_entry_note_tracker_id (BtfwTrackerEntry *self, const char *tracker_id)
{
  /* It stays valid until another one comes. */
  if (tracker_id == NULL || strlen (tracker_id) > TRACKER_ID_MAX)
    return;

  g_free (self->tracker_id);
  self->tracker_id = g_strdup (tracker_id);
}

static void
btfw_tracker_entry_on_success (BtfwTrackerEntry  *self,
                               BtfwAnnounceEvent  event,
                               BtfwAnnounceReply *reply,
                               gint64             now,
                               BtfwRandom        *random)
{
  self->state = BTFW_TRACKER_WORKING;
  self->failures = 0;
  self->seeds = btfw_announce_reply_get_seeds (reply);
  self->leechers = btfw_announce_reply_get_leechers (reply);
  if (btfw_announce_reply_get_completed (reply) >= 0)
    self->completed = btfw_announce_reply_get_completed (reply);
  if (event != BTFW_ANNOUNCE_STOPPED)
    self->n_peers = btfw_announce_reply_get_n_peers (reply);
  btfw_tracker_entry_set_message (self, btfw_announce_reply_get_warning (reply));
  btfw_tracker_entry_note_event (self, event);
  btfw_tracker_entry_note_intervals (self, reply, now, random);
  btfw_tracker_entry_note_tracker_id (self, btfw_announce_reply_get_tracker_id (reply));

  if (self->owes_completed)
    self->due = now;
}

void
btfw_tracker_entry_on_answer (BtfwTrackerEntry  *self,
                              BtfwAnnounceEvent  event,
                              BtfwAnnounceReply *reply,
                              const GError      *error,
                              gint64             now,
                              BtfwRandom        *random)
{
  gboolean was_nonsense = g_error_matches (error, BTFW_ERROR, BTFW_ERROR_TRACKER);

  self->was_refused = reply != NULL && btfw_announce_reply_get_failure (reply) != NULL;
  if (reply == NULL)
    btfw_tracker_entry_on_failure (self,
                                   error != NULL ? error->message : NULL,
                                   was_nonsense ? RETRY_REFUSED : RETRY_SILENT,
                                   now,
                                   random);
  else if (btfw_announce_reply_get_failure (reply) != NULL)
    btfw_tracker_entry_on_refusal (self, reply, now, random);
  else
    btfw_tracker_entry_on_success (self, event, reply, now, random);
}

void
btfw_tracker_entry_on_scraped (BtfwTrackerEntry *self, gint64 seeds, gint64 leechers, gint64 completed)
{
  if (seeds >= 0)
    self->seeds = seeds;
  if (leechers >= 0)
    self->leechers = leechers;
  if (completed >= 0)
    self->completed = completed;
}

gint64
btfw_tracker_entry_get_early (const BtfwTrackerEntry *self)
{
  gint64 wait = self->min_interval > 0 ? MAX (self->min_interval, EARLY_MIN) : EARLY_DEFAULT;

  return MIN (self->due, self->last + wait * G_TIME_SPAN_SECOND);
}

gint64
btfw_tracker_entry_get_earliest (const BtfwTrackerEntry *self)
{
  gint64 wait = MAX (self->min_interval, BTFW_TRACKER_INTERVAL_MIN);

  if (self->state == BTFW_TRACKER_UNUSABLE || !self->was_asked)
    return self->due;

  return MIN (self->due, self->last + wait * G_TIME_SPAN_SECOND);
}
