/* announce-budget.h: how many announces go out at a time, to each host and in all. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"

/* One of a session. All torrents stand in its lines, one line a host, so that
 * a start with a thousand torrents does not fall upon one tracker at once. A
 * host that did not answer gets one question at a time until it does: it holds
 * up nobody but those that ask it. */
typedef struct _BtfwAnnounceBudget BtfwAnnounceBudget;
typedef struct _BtfwAnnounceTurn   BtfwAnnounceTurn;
typedef struct _BtfwAnnounceHost   BtfwAnnounceHost;

/* A place in a line, embedded in whoever asks; zero bytes and a callback are a valid start. */
struct _BtfwAnnounceTurn
{
  BtfwAnnounceHost *host; /* whose line it stands in, or whom it asks; NULL when neither */
  gboolean          taken;
  gboolean          urgent;
  GList             link;
  void (*go) (BtfwAnnounceTurn *turn);
};

BtfwAnnounceBudget *btfw_announce_budget_new (BtfwLoop *loop);
/* All turns must have left. */
void                btfw_announce_budget_free (BtfwAnnounceBudget *self);

/* Puts @turn into the line of @host. go() comes later, never inside this call.
 * Urgent ones (we leave) pass by the others. */
void btfw_announce_budget_wait (BtfwAnnounceBudget *self,
                                BtfwAnnounceTurn   *turn,
                                const char         *host,
                                gboolean            urgent);

/* Steps out of the line, or says that the exchange is over. */
typedef enum
{
  BTFW_ANNOUNCE_TURN_ANSWERED,
  BTFW_ANNOUNCE_TURN_FAILED,
  BTFW_ANNOUNCE_TURN_ABANDONED,
} BtfwAnnounceOutcome;

void btfw_announce_budget_leave (BtfwAnnounceBudget *self,
                                 BtfwAnnounceTurn   *turn,
                                 BtfwAnnounceOutcome outcome);

/* Whether @turn stands in the line of a host that does not answer: it did not
 * when it was last asked, or owes all answers for seconds now. */
gboolean btfw_announce_budget_is_hopeless (BtfwAnnounceBudget *self, const BtfwAnnounceTurn *turn);
