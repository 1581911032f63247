/* announce-budget.c: how many announces go out at a time, to each host and in all. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/announce-budget.h"

#define TOTAL_MAX 128
#define TOTAL_URGENT_MAX 256
#define HOST_MAX 4
#define HOST_FAILING_MAX 1
#define HOST_URGENT_MAX 16

/* A host gets so many announces at once, then one each so many microseconds. */
#define HOST_BURST 8
#define HOST_SPACING (100 * G_TIME_SPAN_MILLISECOND)

/* A host that owes answers and gave none for so long is taken for a failing one. */
#define HOST_PATIENCE (5 * G_TIME_SPAN_SECOND)

/* How many hosts are remembered before those that nobody asks are forgotten. */
#define HOSTS_MAX 256

struct _BtfwAnnounceHost
{
  char    *name;
  GQueue   line; /* of BtfwAnnounceTurn, urgent ones first */
  guint    n_urgent;
  guint    n_taken;
  gint64   spaced_until; /* when the announces so far would be HOST_SPACING apart */
  gint64   alive; /* when it last answered, or was first asked */
  gboolean failing;
  GList    link; /* among those that have a line */
};

struct _BtfwAnnounceBudget
{
  BtfwLoop   *loop;
  BtfwTimer   timer;
  GHashTable *hosts;   /* by name */
  GQueue      waiting; /* of BtfwAnnounceHost with a line */
  guint       n_taken;
};

static void
btfw_announce_host_free (gpointer data)
{
  BtfwAnnounceHost *host = data;

  g_assert (host->line.length == 0 && host->n_taken == 0);
  g_free (host->name);
  g_free (host);
}

static gboolean
is_forgettable (gpointer key, gpointer value, gpointer user_data)
{
  const BtfwAnnounceHost *host = value;
  const gint64           *now = user_data;

  return host->line.length == 0 && host->n_taken == 0 && host->spaced_until <= *now;
}

static BtfwAnnounceHost *
btfw_announce_budget_get_host (BtfwAnnounceBudget *self, const char *name)
{
  BtfwAnnounceHost *host = g_hash_table_lookup (self->hosts, name);
  gint64            now = btfw_loop_get_time (self->loop);

  if (host != NULL)
    return host;

  if (g_hash_table_size (self->hosts) >= HOSTS_MAX)
    g_hash_table_foreach_remove (self->hosts, is_forgettable, &now);

  host = g_new0 (BtfwAnnounceHost, 1);
  host->name = g_strdup (name);
  host->link.data = host;
  g_hash_table_insert (self->hosts, host->name, host);
  return host;
}

static void
btfw_announce_host_join (BtfwAnnounceHost *host, BtfwAnnounceTurn *turn)
{
  turn->link = (GList){ .data = turn };
  if (turn->urgent)
    g_queue_push_nth_link (&host->line, (gint) host->n_urgent++, &turn->link);
  else
    g_queue_push_tail_link (&host->line, &turn->link);
}

static void
btfw_announce_budget_take_out (BtfwAnnounceBudget *self, BtfwAnnounceTurn *turn)
{
  BtfwAnnounceHost *host = turn->host;

  g_queue_unlink (&host->line, &turn->link);
  host->n_urgent -= turn->urgent ? 1 : 0;
  if (host->line.length == 0)
    g_queue_unlink (&self->waiting, &host->link);
}

/* When the first of the line may go as far as spacing is concerned; G_MAXINT64 while
 * too many are under way, for then one of them will say when it ends. */
static gint64
btfw_announce_budget_when (BtfwAnnounceBudget *self, const BtfwAnnounceHost *host)
{
  const BtfwAnnounceTurn *first = host->line.head->data;
  guint                   host_max = host->failing ? HOST_FAILING_MAX : HOST_MAX;

  if (first->urgent)
    return host->n_taken < HOST_URGENT_MAX && self->n_taken < TOTAL_URGENT_MAX ? 0 : G_MAXINT64;
  if (host->n_taken >= host_max || self->n_taken >= TOTAL_MAX)
    return G_MAXINT64;

  return host->spaced_until - (HOST_BURST - 1) * HOST_SPACING;
}

/* The next turn that may go now; when there is none, @when is the time to look again. */
static BtfwAnnounceTurn *
btfw_announce_budget_next (BtfwAnnounceBudget *self, gint64 now, gint64 *when)
{
  *when = G_MAXINT64;
  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    {
      BtfwAnnounceHost *host = link->data;
      gint64            earliest = btfw_announce_budget_when (self, host);

      if (earliest <= now)
        return host->line.head->data;
      *when = MIN (*when, earliest);
    }

  return NULL;
}

static void
btfw_announce_budget_take (BtfwAnnounceBudget *self, BtfwAnnounceTurn *turn, gint64 now)
{
  BtfwAnnounceHost *host = turn->host;

  btfw_announce_budget_take_out (self, turn);
  turn->taken = TRUE;
  if (host->n_taken++ == 0)
    host->alive = now;
  self->n_taken++;
  host->spaced_until = MAX (host->spaced_until, now) + HOST_SPACING;
}

static void
btfw_announce_budget_on_due (BtfwTimer *timer)
{
  BtfwAnnounceBudget *self = (BtfwAnnounceBudget *) ((char *) timer - G_STRUCT_OFFSET (BtfwAnnounceBudget, timer));
  gint64              now = btfw_loop_get_time (self->loop);
  gint64              when;
  BtfwAnnounceTurn   *turn;

  /* go() may take, leave and wait again, so each round looks afresh. */
  while ((turn = btfw_announce_budget_next (self, now, &when)) != NULL)
    {
      btfw_announce_budget_take (self, turn, now);
      turn->go (turn);
    }

  if (when < G_MAXINT64)
    btfw_loop_set_timer (self->loop, &self->timer, when);
}

static void
btfw_announce_budget_look_soon (BtfwAnnounceBudget *self)
{
  if (self->waiting.length > 0)
    btfw_loop_set_timer (self->loop, &self->timer, btfw_loop_get_time (self->loop));
}

BtfwAnnounceBudget *
btfw_announce_budget_new (BtfwLoop *loop)
{
  BtfwAnnounceBudget *self = g_new0 (BtfwAnnounceBudget, 1);

  self->loop = loop;
  self->timer.on_due = btfw_announce_budget_on_due;
  self->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, btfw_announce_host_free);
  return self;
}

void
btfw_announce_budget_free (BtfwAnnounceBudget *self)
{
  g_assert (self->waiting.length == 0 && self->n_taken == 0);

  btfw_loop_clear_timer (self->loop, &self->timer);
  g_hash_table_unref (self->hosts);
  g_free (self);
}

void
btfw_announce_budget_wait (BtfwAnnounceBudget *self,
                           BtfwAnnounceTurn   *turn,
                           const char         *host_name,
                           gboolean            urgent)
{
  BtfwAnnounceHost *host = btfw_announce_budget_get_host (self, host_name);

  g_assert (turn->host == NULL);

  turn->host = host;
  turn->taken = FALSE;
  turn->urgent = urgent;
  if (host->line.length == 0)
    g_queue_push_tail_link (&self->waiting, &host->link);
  btfw_announce_host_join (host, turn);
  btfw_announce_budget_look_soon (self);
}

void
btfw_announce_budget_leave (BtfwAnnounceBudget *self,
                            BtfwAnnounceTurn   *turn,
                            BtfwAnnounceOutcome outcome)
{
  BtfwAnnounceHost *host = turn->host;

  if (host == NULL)
    return;

  if (turn->taken)
    {
      host->n_taken--;
      self->n_taken--;
    }
  else
    btfw_announce_budget_take_out (self, turn);

  if (outcome != BTFW_ANNOUNCE_TURN_ABANDONED)
    host->failing = outcome == BTFW_ANNOUNCE_TURN_FAILED;
  if (outcome == BTFW_ANNOUNCE_TURN_ANSWERED)
    host->alive = btfw_loop_get_time (self->loop);

  turn->host = NULL;
  turn->taken = FALSE;
  btfw_announce_budget_look_soon (self);
}

gboolean
btfw_announce_budget_is_hopeless (BtfwAnnounceBudget *self, const BtfwAnnounceTurn *turn)
{
  const BtfwAnnounceHost *host = turn->host;

  if (host == NULL || turn->taken)
    return FALSE;

  return host->failing || (host->n_taken > 0 && btfw_loop_get_time (self->loop) - host->alive > HOST_PATIENCE);
}
