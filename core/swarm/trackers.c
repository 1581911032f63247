/* trackers.c: decides which trackers of one torrent are asked, when, and what they are told. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/trackers.h"

#include "swarm/tracker-tiers.h"

/* How long a tracker that is not known to work is waited for when we leave. */
#define GRACE (1 * G_TIME_SPAN_SECOND)

#define PEERS_OF_A_REPLY_MAX 200

typedef enum
{
  PHASE_IDLE,
  PHASE_RUNNING,
  PHASE_STOPPING,
} Phase;

struct _BtfwTrackers
{
  guint                    references; /* one of the caller, one of each event being handled */
  BtfwLoop                *loop;
  BtfwTrackerPool         *pool;
  const BtfwTrackersFuncs *funcs; /* NULL once freed */
  gpointer                 owner;
  BtfwRandom               random;
  BtfwTimer                timer;
  GPtrArray               *trackers; /* of BtfwTieredTracker, in the order of the torrent */
  GPtrArray               *tiers;    /* of GPtrArray of these (borrowed), in the order of asking */
  Phase                    phase;
  gboolean                 all_tiers;
  gboolean                 hungry;
  gboolean                 was_complete; /* at the start */
  gint64                   stop_began;
  gint64                   stop_deadline;
  BtfwTrackersStopped      stopped;
};

static void
btfw_trackers_unref (BtfwTrackers *self)
{
  if (--self->references > 0)
    return;

  g_ptr_array_unref (self->tiers);
  g_ptr_array_unref (self->trackers);
  g_free (self);
}

static BtfwTieredTracker *
btfw_trackers_at (const BtfwTrackers *self, guint i)
{
  g_assert (i < self->trackers->len);

  return g_ptr_array_index (self->trackers, i);
}

static void
btfw_trackers_tell_changed (BtfwTrackers *self)
{
  if (self->funcs != NULL && self->funcs->changed != NULL)
    self->funcs->changed (self->owner);
}

/* Plans anew: by the timer, as funcs must not be called inside a call from outside. */
static void
btfw_trackers_plan_soon (BtfwTrackers *self)
{
  btfw_loop_set_timer (self->loop, &self->timer, btfw_loop_refresh_time (self->loop));
}

/* What one tracker answers. */

static BtfwTieredTracker *
tracker_of_exchange (BtfwTrackerExchange *exchange)
{
  return (BtfwTieredTracker *) ((char *) exchange - G_STRUCT_OFFSET (BtfwTieredTracker, exchange));
}

static void
tracker_free (gpointer data)
{
  BtfwTieredTracker *tracker = data;

  btfw_scrape_turn_leave (&tracker->scrape);
  btfw_tracker_entry_free (tracker->entry);
  g_free (tracker);
}

static void
tracker_promote (BtfwTieredTracker *tracker)
{
  BtfwTrackers *self = tracker->owner;

  btfw_tracker_tier_promote (g_ptr_array_index (self->tiers, tracker->entry->tier), tracker);
}

/* Some of a long list at random, so that each address has its chance. */
static void
btfw_trackers_tell_peers (BtfwTrackers *self, BtfwAnnounceReply *reply)
{
  const BtfwAddress      *addresses;
  g_autofree BtfwAddress *chosen = NULL;
  guint                   n;

  addresses = btfw_announce_reply_get_addresses (reply, &n);
  if (n == 0)
    return;

  chosen = g_memdup2 (addresses, n * sizeof *addresses);
  for (guint i = 0; n > PEERS_OF_A_REPLY_MAX && i < PEERS_OF_A_REPLY_MAX; i++)
    {
      guint       other = i + btfw_random_below (&self->random, n - i);
      BtfwAddress address = chosen[i];

      chosen[i] = chosen[other];
      chosen[other] = address;
    }

  self->funcs->add_peers (self->owner,
                          chosen,
                          MIN (n, PEERS_OF_A_REPLY_MAX),
                          btfw_announce_reply_is_from_local (reply));
}

/* Tells the owner all that a reply brought. It may free us meanwhile. */
static void
btfw_trackers_pass_on (BtfwTrackers *self, BtfwAnnounceReply *reply, const char *shown, const char *notice)
{
  GInetAddress *external = reply != NULL ? btfw_announce_reply_get_external_address (reply) : NULL;

  self->references++;
  if (reply != NULL && self->phase == PHASE_RUNNING)
    btfw_trackers_tell_peers (self, reply);
  if (external != NULL && self->funcs != NULL && self->funcs->external_address != NULL)
    self->funcs->external_address (self->owner, external);
  if (notice != NULL && self->funcs != NULL && self->funcs->notice != NULL)
    self->funcs->notice (self->owner, shown, notice);

  btfw_trackers_tell_changed (self);
  btfw_trackers_unref (self);
}

/* When we leave, every event is told once: a tracker that did not answer is not
 * asked again, one that refused `completed` still hears `stopped`. */
static void
tracker_go_on_leaving (BtfwTieredTracker *tracker, BtfwAnnounceEvent event, BtfwAnnounceReply *reply)
{
  BtfwTrackerEntry *entry = tracker->entry;

  if (event == BTFW_ANNOUNCE_COMPLETED)
    entry->owes_completed = FALSE;
  if (reply != NULL && event != BTFW_ANNOUNCE_STOPPED && entry->heard_started)
    btfw_tiered_tracker_ask (tracker, TRUE);
}

static BtfwTieredTracker *
tracker_of_scrape (BtfwScrapeTurn *turn)
{
  return (BtfwTieredTracker *) ((char *) turn - G_STRUCT_OFFSET (BtfwTieredTracker, scrape));
}

static void
tracker_on_scraped (BtfwScrapeTurn *turn, gint64 seeds, gint64 leechers, gint64 completed)
{
  BtfwTieredTracker *tracker = tracker_of_scrape (turn);
  BtfwTrackers      *self = tracker->owner;

  btfw_tracker_entry_on_scraped (tracker->entry, seeds, leechers, completed);
  self->references++;
  btfw_trackers_tell_changed (self);
  btfw_trackers_unref (self);
}

/* Trackers that name peers but not how many there are can be asked for that. */
static void
tracker_scrape_if_needed (BtfwTieredTracker *tracker)
{
  BtfwTrackers      *self = tracker->owner;
  BtfwTrackerEntry  *entry = tracker->entry;
  BtfwTrackersReport report = { 0 };

  if (self->phase != PHASE_RUNNING || entry->state != BTFW_TRACKER_WORKING || (entry->seeds >= 0 && entry->leechers >= 0))
    return;
  self->funcs->get_report (self->owner, &report);
  btfw_scrape_line_wait (btfw_tracker_pool_get_scrapes (self->pool), &tracker->scrape, entry->url, report.info_hash);
}

static void
tracker_on_answered (BtfwTrackerExchange *exchange,
                     BtfwAnnounceEvent    event,
                     BtfwAnnounceReply   *reply,
                     const GError        *error)
{
  BtfwTieredTracker *tracker = tracker_of_exchange (exchange);
  BtfwTrackers      *self = tracker->owner;
  BtfwTrackerEntry  *entry = tracker->entry;
  g_autofree char   *message_before = g_strdup (entry->message);
  gboolean           is_news;

  btfw_tracker_entry_on_answer (entry, event, reply, error, btfw_loop_get_time (self->loop), &self->random);
  if (entry->state == BTFW_TRACKER_WORKING)
    tracker_promote (tracker);
  tracker_scrape_if_needed (tracker);
  if (self->phase == PHASE_STOPPING)
    tracker_go_on_leaving (tracker, event, reply);
  btfw_trackers_plan_soon (self);

  /* Silence is not news: it is there to be looked up. */
  is_news = reply != NULL && g_strcmp0 (entry->message, message_before) != 0;
  btfw_trackers_pass_on (self, reply, entry->shown, is_news ? entry->message : NULL);
}

static void
tracker_on_unusable (BtfwTrackerExchange *exchange, const GError *error)
{
  BtfwTieredTracker *tracker = tracker_of_exchange (exchange);
  BtfwTrackers      *self = tracker->owner;

  btfw_tracker_entry_set_unusable (tracker->entry, error->message);
  btfw_trackers_plan_soon (self);
  btfw_trackers_pass_on (self, NULL, tracker->entry->shown, tracker->entry->message);
}

static BtfwAnnounce *
tracker_begin (BtfwTrackerExchange *exchange)
{
  BtfwTieredTracker *tracker = tracker_of_exchange (exchange);
  BtfwTrackers      *self = tracker->owner;
  gboolean           leaving = self->phase == PHASE_STOPPING;
  BtfwTrackersReport report = { .num_want = -1 };
  BtfwAnnounceValues values;

  self->funcs->get_report (self->owner, &report);
  values = (BtfwAnnounceValues){
    .url = tracker->entry->url,
    .info_hash = report.info_hash,
    .peer_id = report.peer_id,
    .tracker_id = tracker->entry->tracker_id,
    .uploaded = report.uploaded,
    .downloaded = report.downloaded,
    .left = report.left,
    .event = btfw_tracker_entry_next_event (tracker->entry, leaving),
    .family = G_SOCKET_FAMILY_INVALID,
    .num_want = leaving ? 0 : report.num_want,
    .key = report.key,
    .port = report.port,
  };

  return btfw_announce_new (&values);
}

static void
tracker_on_asked (BtfwTrackerExchange *exchange)
{
  BtfwTieredTracker *tracker = tracker_of_exchange (exchange);
  BtfwTrackers      *self = tracker->owner;

  btfw_tracker_entry_on_asked (tracker->entry, exchange->since);
  btfw_trackers_plan_soon (self);
  btfw_trackers_tell_changed (self);
}

/* The plan. */

/* `completed` goes to every tracker that works and heard `started`, leader or not. */
static void
btfw_trackers_plan_events (BtfwTrackers *self)
{
  for (guint i = 0; i < self->trackers->len; i++)
    {
      BtfwTieredTracker *tracker = btfw_trackers_at (self, i);
      BtfwTrackerEntry  *entry = tracker->entry;

      if (entry->heard_started && entry->owes_completed &&
          entry->state == BTFW_TRACKER_WORKING && !btfw_tracker_exchange_is_busy (&tracker->exchange))
        btfw_tiered_tracker_ask (tracker, TRUE);
    }
}

static void
btfw_trackers_plan (BtfwTrackers *self)
{
  gint64 next;

  btfw_trackers_plan_events (self);
  next = btfw_tracker_tiers_ask (self->tiers, btfw_loop_get_time (self->loop), self->all_tiers, self->hungry);
  if (next < G_MAXINT64)
    btfw_loop_set_timer (self->loop, &self->timer, next);
}

/* Leaving. */

static void
tracker_begin_to_leave (BtfwTieredTracker *tracker)
{
  BtfwTrackerExchange *exchange = &tracker->exchange;

  /* Whoever is being told `started` or `completed` hears it to the end, or it
   * would keep us in its list, or miss the download in its count. */
  if (btfw_tracker_exchange_is_asking (exchange) &&
      btfw_tracker_exchange_get_event (exchange) != BTFW_ANNOUNCE_NONE)
    return;

  btfw_tracker_exchange_cancel (exchange);
  if (tracker->entry->heard_started)
    btfw_tiered_tracker_ask (tracker, TRUE);
}

/* Until when we wait for @tracker before we leave. */
static gint64
tracker_farewell_ends (const BtfwTieredTracker *tracker)
{
  const BtfwTrackers *self = tracker->owner;

  if (!btfw_tracker_exchange_is_busy (&tracker->exchange))
    return 0;
  if (tracker->entry->state == BTFW_TRACKER_WORKING)
    return self->stop_deadline;

  return MIN (self->stop_deadline, self->stop_began + GRACE);
}

static void
btfw_trackers_finish_stop (BtfwTrackers *self)
{
  BtfwTrackersStopped stopped = g_steal_pointer (&self->stopped);
  gpointer            owner = self->owner;

  for (guint i = 0; i < self->trackers->len; i++)
    btfw_tracker_exchange_cancel (&btfw_trackers_at (self, i)->exchange);

  self->phase = PHASE_IDLE;
  btfw_loop_clear_timer (self->loop, &self->timer);
  self->references++;
  btfw_trackers_tell_changed (self);
  if (self->funcs != NULL && stopped != NULL)
    stopped (owner);
  btfw_trackers_unref (self);
}

static void
btfw_trackers_check_stopped (BtfwTrackers *self)
{
  gint64 now = btfw_loop_get_time (self->loop);
  gint64 end = 0;

  for (guint i = 0; i < self->trackers->len; i++)
    end = MAX (end, tracker_farewell_ends (btfw_trackers_at (self, i)));

  if (end <= now)
    btfw_trackers_finish_stop (self);
  else
    btfw_loop_set_timer (self->loop, &self->timer, end);
}

static void
btfw_trackers_on_due (BtfwTimer *timer)
{
  BtfwTrackers *self = (BtfwTrackers *) ((char *) timer - G_STRUCT_OFFSET (BtfwTrackers, timer));

  switch (self->phase)
    {
    case PHASE_IDLE:
      break;
    case PHASE_RUNNING:
      btfw_trackers_plan (self);
      break;
    case PHASE_STOPPING:
      btfw_trackers_check_stopped (self);
      break;
    }
}

/* From outside. */

BtfwTrackers *
btfw_trackers_new (BtfwLoop                *loop,
                   BtfwTrackerPool         *pool,
                   BtfwMetainfo            *metainfo,
                   const BtfwTrackersFuncs *funcs,
                   gpointer                 owner)
{
  BtfwTrackers *self = g_new0 (BtfwTrackers, 1);
  guint         n_tiers = metainfo != NULL ? btfw_metainfo_get_n_tiers (metainfo) : 0;

  self->references = 1;
  self->loop = loop;
  self->pool = pool;
  self->funcs = funcs;
  self->owner = owner;
  self->timer.on_due = btfw_trackers_on_due;
  self->trackers = g_ptr_array_new_with_free_func (tracker_free);
  self->tiers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  btfw_loop_fork_random (loop, "trackers", &self->random);

  for (guint i = 0; i < n_tiers; i++)
    btfw_trackers_add_tier (self, btfw_metainfo_get_tier (metainfo, i));
  return self;
}

void
btfw_trackers_free (BtfwTrackers *self)
{
  for (guint i = 0; i < self->trackers->len; i++)
    {
      btfw_tracker_exchange_cancel (&btfw_trackers_at (self, i)->exchange);
      btfw_scrape_turn_leave (&btfw_trackers_at (self, i)->scrape);
    }

  btfw_loop_clear_timer (self->loop, &self->timer);
  self->phase = PHASE_IDLE;
  self->funcs = NULL;
  btfw_trackers_unref (self);
}

static gboolean
btfw_trackers_has (const BtfwTrackers *self, const char *url)
{
  for (guint i = 0; i < self->trackers->len; i++)
    {
      const BtfwTieredTracker *tracker = btfw_trackers_at (self, i);

      if (strcmp (tracker->entry->url, url) == 0)
        return TRUE;
    }

  return FALSE;
}

static BtfwTieredTracker *
btfw_trackers_add (BtfwTrackers *self, const char *url, guint tier)
{
  BtfwTieredTracker *tracker = g_new0 (BtfwTieredTracker, 1);

  tracker->owner = self;
  tracker->entry = btfw_tracker_entry_new (url, tier);
  tracker->scrape.done = tracker_on_scraped;
  tracker->exchange = (BtfwTrackerExchange){
    .loop = self->loop,
    .pool = self->pool,
    .begin = tracker_begin,
    .asked = tracker_on_asked,
    .answered = tracker_on_answered,
    .unusable = tracker_on_unusable,
  };
  g_ptr_array_add (self->trackers, tracker);
  if (self->phase == PHASE_RUNNING)
    btfw_tracker_entry_start (tracker->entry, btfw_loop_refresh_time (self->loop));
  return tracker;
}

void
btfw_trackers_add_tier (BtfwTrackers *self, const char *const *urls)
{
  g_autoptr (GPtrArray) tier = g_ptr_array_new ();

  for (guint i = 0; urls[i] != NULL; i++)
    {
      if (!btfw_trackers_has (self, urls[i]))
        g_ptr_array_add (tier, btfw_trackers_add (self, urls[i], self->tiers->len));
    }
  if (tier->len == 0)
    return;

  btfw_tracker_tier_shuffle (tier, &self->random);
  g_ptr_array_add (self->tiers, g_steal_pointer (&tier));
  if (self->phase == PHASE_RUNNING)
    btfw_trackers_plan_soon (self);
}

void
btfw_trackers_set_all_tiers (BtfwTrackers *self, gboolean all_tiers)
{
  self->all_tiers = all_tiers;
  if (self->phase == PHASE_RUNNING)
    btfw_trackers_plan_soon (self);
}

void
btfw_trackers_start (BtfwTrackers *self)
{
  gint64             now = btfw_loop_refresh_time (self->loop);
  BtfwTrackersReport report = { 0 };

  if (self->phase == PHASE_RUNNING)
    return;

  self->funcs->get_report (self->owner, &report);
  self->was_complete = report.left == 0;
  self->stopped = NULL;
  self->phase = PHASE_RUNNING;
  for (guint i = 0; i < self->trackers->len; i++)
    {
      BtfwTieredTracker *tracker = btfw_trackers_at (self, i);

      btfw_tracker_exchange_cancel (&tracker->exchange);
      btfw_tracker_entry_start (tracker->entry, now);
    }

  btfw_trackers_plan_soon (self);
}

void
btfw_trackers_completed (BtfwTrackers *self)
{
  if (self->phase != PHASE_RUNNING || self->was_complete)
    return;

  self->was_complete = TRUE;
  for (guint i = 0; i < self->trackers->len; i++)
    {
      BtfwTieredTracker *tracker = btfw_trackers_at (self, i);

      tracker->entry->owes_completed = TRUE;
    }

  btfw_trackers_plan_soon (self);
}

void
btfw_trackers_set_hungry (BtfwTrackers *self, gboolean hungry)
{
  if (self->hungry == hungry)
    return;

  self->hungry = hungry;
  if (self->phase == PHASE_RUNNING)
    btfw_trackers_plan_soon (self);
}

void
btfw_trackers_announce_now (BtfwTrackers *self)
{
  if (self->phase != PHASE_RUNNING)
    return;

  for (guint i = 0; i < self->trackers->len; i++)
    {
      BtfwTieredTracker *tracker = btfw_trackers_at (self, i);

      tracker->entry->due = btfw_tracker_entry_get_earliest (tracker->entry);
    }

  btfw_trackers_plan_soon (self);
}

void
btfw_trackers_stop (BtfwTrackers *self, guint timeout_ms, BtfwTrackersStopped done)
{
  self->stopped = done;
  self->stop_began = btfw_loop_refresh_time (self->loop);
  self->stop_deadline = self->stop_began + (gint64) timeout_ms * G_TIME_SPAN_MILLISECOND;

  if (self->phase == PHASE_RUNNING)
    {
      for (guint i = 0; i < self->trackers->len; i++)
        tracker_begin_to_leave (btfw_trackers_at (self, i));
    }
  self->phase = PHASE_STOPPING;
  btfw_trackers_plan_soon (self);
}

guint
btfw_trackers_get_n (const BtfwTrackers *self)
{
  return self->trackers->len;
}

static gint64
tracker_get_next (const BtfwTieredTracker *tracker)
{
  const BtfwTrackers *self = tracker->owner;

  if (self->phase != PHASE_RUNNING || tracker->entry->state == BTFW_TRACKER_UNUSABLE)
    return -1;

  return MAX (btfw_tiered_tracker_get_due (tracker, self->hungry) - btfw_loop_get_time (self->loop), 0) / G_TIME_SPAN_SECOND;
}

void
btfw_trackers_get_info (const BtfwTrackers *self, guint i, BtfwTrackersInfo *info)
{
  const BtfwTieredTracker *tracker = btfw_trackers_at (self, i);
  const BtfwTrackerEntry  *entry = tracker->entry;
  gboolean                 asking = btfw_tracker_exchange_is_asking (&tracker->exchange);

  *info = (BtfwTrackersInfo){
    .url = entry->shown,
    .message = entry->message,
    .tier = entry->tier,
    .is_refusal = entry->was_refused,
    .state = asking ? BTFW_TRACKER_ASKING : entry->state,
    .next = tracker_get_next (tracker),
    .last = entry->was_asked ? MAX (btfw_loop_get_time (self->loop) - entry->last, 0) / G_TIME_SPAN_SECOND : -1,
    .seeds = entry->seeds,
    .leechers = entry->leechers,
    .completed = entry->completed,
    .n_peers = entry->n_peers,
    .failures = entry->failures,
  };
}
