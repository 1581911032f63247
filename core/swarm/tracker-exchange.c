/* tracker-exchange.c: one announce at a time with one tracker: its turn, the question, the answer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/tracker-exchange.h"

#include <glib/gi18n-lib.h>

/* How long a tracker may take to answer before the next one is asked beside it. */
#define PATIENCE (5 * G_TIME_SPAN_SECOND)
/* The same for one that has worked so far. */
#define PATIENCE_WORKING (30 * G_TIME_SPAN_SECOND)
/* Beyond the time that a plugin may take it is no longer waited for. */
#define OVERTIME (5 * G_TIME_SPAN_SECOND)

/* Lives until the plugin has answered, even when nobody waits for it any more. */
struct _BtfwTrackerQuestion
{
  BtfwTrackerExchange *exchange; /* NULL once it was given up */
  BtfwTracker         *plugin;
  GCancellable        *cancellable;
  BtfwAnnounceEvent    event;
};

static void
btfw_tracker_question_free (BtfwTrackerQuestion *question)
{
  g_object_unref (question->plugin);
  g_object_unref (question->cancellable);
  g_free (question);
}

static void
btfw_tracker_exchange_leave (BtfwTrackerExchange *self, BtfwAnnounceOutcome outcome)
{
  btfw_announce_budget_leave (btfw_tracker_pool_get_budget (self->pool), &self->turn, outcome);
}

/* Nonsense is an answer, too: that host is there. */
static BtfwAnnounceOutcome
outcome_of (BtfwAnnounceReply *reply, const GError *error)
{
  gboolean answered = reply != NULL || g_error_matches (error, BTFW_ERROR, BTFW_ERROR_TRACKER);

  return answered ? BTFW_ANNOUNCE_TURN_ANSWERED : BTFW_ANNOUNCE_TURN_FAILED;
}

static void
on_announced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BtfwTrackerQuestion          *question = user_data;
  BtfwTrackerExchange          *self = question->exchange;
  BtfwAnnounceEvent             event = question->event;
  g_autoptr (GError)            error = NULL;
  g_autoptr (BtfwAnnounceReply) reply = btfw_tracker_announce_finish (question->plugin, result, &error);

  btfw_tracker_question_free (question);
  if (self == NULL)
    return;

  /* We are outside of the loop's dispatch. */
  btfw_loop_refresh_time (self->loop);
  self->question = NULL;
  btfw_loop_clear_timer (self->loop, &self->deadline);
  btfw_tracker_exchange_leave (self, outcome_of (reply, error));
  self->answered (self, event, reply, error);
}

static void
btfw_tracker_question_abandon (BtfwTrackerQuestion *question)
{
  question->exchange = NULL;
  g_cancellable_cancel (question->cancellable);
}

static gint64
get_time_allowed (BtfwTracker *plugin)
{
  return btfw_tracker_get_patience (plugin) * G_TIME_SPAN_SECOND + OVERTIME;
}

/* The plugin does not keep to its time. */
static void
on_deadline (BtfwTimer *timer)
{
  BtfwTrackerExchange *self = (BtfwTrackerExchange *) ((char *) timer - G_STRUCT_OFFSET (BtfwTrackerExchange, deadline));
  BtfwTrackerQuestion *question = g_steal_pointer (&self->question);
  BtfwAnnounceEvent    event = question->event;
  g_autoptr (GError)   error = g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("no answer within %.1f s"),
                                            (double) get_time_allowed (question->plugin) / G_TIME_SPAN_SECOND);

  btfw_tracker_question_abandon (question);
  btfw_tracker_exchange_leave (self, BTFW_ANNOUNCE_TURN_FAILED);
  self->answered (self, event, NULL, error);
}

static void
btfw_tracker_exchange_ask (BtfwTrackerExchange *self, BtfwTracker *plugin, BtfwAnnounce *announce)
{
  BtfwTrackerQuestion *question = g_new0 (BtfwTrackerQuestion, 1);

  question->exchange = self;
  question->plugin = g_object_ref (plugin);
  question->cancellable = g_cancellable_new ();
  question->event = btfw_announce_get_event (announce);

  self->question = question;
  self->since = btfw_loop_get_time (self->loop);
  self->deadline.on_due = on_deadline;
  btfw_loop_set_timer (self->loop, &self->deadline, self->since + get_time_allowed (plugin));
  btfw_tracker_announce_async (plugin, announce, question->cancellable, on_announced, question);
}

static void
btfw_tracker_exchange_go (BtfwAnnounceTurn *turn)
{
  BtfwTrackerExchange     *self = (BtfwTrackerExchange *) ((char *) turn - G_STRUCT_OFFSET (BtfwTrackerExchange, turn));
  g_autoptr (BtfwAnnounce) announce = self->begin (self);
  g_autoptr (GError)       error = NULL;
  BtfwTracker             *plugin = btfw_tracker_pool_get (self->pool, btfw_announce_get_url (announce), &error);

  if (plugin == NULL)
    {
      btfw_tracker_exchange_leave (self, BTFW_ANNOUNCE_TURN_ABANDONED);
      self->unusable (self, error);
      return;
    }

  btfw_tracker_exchange_ask (self, plugin, announce);
  self->asked (self);
}

void
btfw_tracker_exchange_wait (BtfwTrackerExchange *self, const char *host, gboolean urgent)
{
  self->turn.go = btfw_tracker_exchange_go;
  self->since = btfw_loop_get_time (self->loop);
  btfw_announce_budget_wait (btfw_tracker_pool_get_budget (self->pool), &self->turn, host, urgent);
}

void
btfw_tracker_exchange_cancel (BtfwTrackerExchange *self)
{
  BtfwTrackerQuestion *question = g_steal_pointer (&self->question);

  btfw_tracker_exchange_leave (self, BTFW_ANNOUNCE_TURN_ABANDONED);
  if (question == NULL)
    return;

  btfw_loop_clear_timer (self->loop, &self->deadline);
  btfw_tracker_question_abandon (question);
}

BtfwAnnounceEvent
btfw_tracker_exchange_get_event (const BtfwTrackerExchange *self)
{
  g_assert (self->question != NULL);

  return self->question->event;
}

gboolean
btfw_tracker_exchange_is_late (const BtfwTrackerExchange *self, gint64 now, gint64 *end)
{
  *end = self->turn.taken ? self->since + PATIENCE_WORKING : G_MAXINT64;
  return *end <= now;
}

gint64
btfw_tracker_exchange_get_patience_end (const BtfwTrackerExchange *self)
{
  BtfwAnnounceBudget *budget = btfw_tracker_pool_get_budget (self->pool);

  if (self->turn.taken || btfw_announce_budget_is_hopeless (budget, &self->turn))
    return self->since + PATIENCE;

  /* Whoever stands in line at a host that answers is not late, but looked at again. */
  return btfw_loop_get_time (self->loop) + PATIENCE;
}
