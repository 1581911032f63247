/* tracker-exchange.h: one announce at a time with one tracker: its turn, the question, the answer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/announce.h"
#include "swarm/tracker-pool.h"

typedef struct _BtfwTrackerExchange BtfwTrackerExchange;
typedef struct _BtfwTrackerQuestion BtfwTrackerQuestion;

/* Embedded in its owner. None of the functions comes inside a call from outside. */
struct _BtfwTrackerExchange
{
  BtfwLoop            *loop;
  BtfwTrackerPool     *pool;
  BtfwAnnounceTurn     turn;
  BtfwTrackerQuestion *question; /* what was asked and not yet answered; NULL for nothing */
  gint64               since;    /* when it joined the line, then when it was asked */
  BtfwTimer            deadline; /* of a plugin that does not end it */

  /* Its turn has come: what to ask, decided with the numbers of now. (transfer full) */
  BtfwAnnounce *(*begin) (BtfwTrackerExchange *self);
  /* The question went out. */
  void (*asked) (BtfwTrackerExchange *self);
  /* It is over: @reply, which may be a refusal, or NULL with the reason in @error. */
  void (*answered) (BtfwTrackerExchange *self,
                    BtfwAnnounceEvent    event,
                    BtfwAnnounceReply   *reply,
                    const GError        *error);
  /* No plugin can ask this tracker. */
  void (*unusable) (BtfwTrackerExchange *self, const GError *error);
};

/* Stands in the line of @host, from which begin() comes. It must not be busy. */
void btfw_tracker_exchange_wait (BtfwTrackerExchange *self, const char *host, gboolean urgent);
/* Nobody waits for it any more: out of the line, or cut short. */
void btfw_tracker_exchange_cancel (BtfwTrackerExchange *self);

static inline gboolean
btfw_tracker_exchange_is_busy (const BtfwTrackerExchange *self)
{
  return self->turn.host != NULL;
}

static inline gboolean
btfw_tracker_exchange_is_asking (const BtfwTrackerExchange *self)
{
  return self->question != NULL;
}

/* The event that is being told; valid while it is asking. */
BtfwAnnounceEvent btfw_tracker_exchange_get_event (const BtfwTrackerExchange *self);
/* Whether it is asked for longer than one that works may take before others are
 * asked beside it; if not, @end is when it will be, or G_MAXINT64 while it stands in line. */
gboolean          btfw_tracker_exchange_is_late (const BtfwTrackerExchange *self, gint64 now, gint64 *end);
/* Until when to wait, as it is busy, before others are asked beside it. */
gint64            btfw_tracker_exchange_get_patience_end (const BtfwTrackerExchange *self);
