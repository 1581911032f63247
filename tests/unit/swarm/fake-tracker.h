/* fake-tracker.h: a tracker plugin that answers when and what a test says. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-tracker.h>

#define TEST_TYPE_TRACKER (test_tracker_get_type ())
G_DECLARE_FINAL_TYPE (TestTracker, test_tracker, TEST, TRACKER, GObject)

/* So many seconds it may leave a question without an answer. */
#define TEST_TRACKER_PATIENCE 120

/* What was asked, and has no answer yet. */
typedef struct
{
  BtfwAnnounce *announce;
  GTask        *task;
} TestQuestion;

struct _TestTracker
{
  GObject  parent_instance;
  GString *log;       /* "HOST:EVENT " for every announce, in order */
  GArray  *questions; /* of TestQuestion */
  guint    n_cancelled;
  GQueue   scrapes;   /* of GTask, without answer */
  guint    n_scraped; /* hashes of the last one */
  guint    n_scrapes;
};

TestTracker *test_tracker_new (void);
/* Answers all that hosts of this name were asked; takes @reply or @error. */
void         test_tracker_answer (TestTracker *self, const char *host, BtfwAnnounceReply *reply);
void         test_tracker_fail (TestTracker *self, const char *host, GError *error);
/* Answers the first scrape, which asked for as many hashes as the last: hash i has i seeds, i + 1 others, and unknown others unless @known. */
void         test_tracker_answer_scrape (TestTracker *self, gboolean known);
/* Ends all that is still under way. */
void         test_tracker_drain (TestTracker *self);
gboolean     test_tracker_is_asked (TestTracker *self, const char *host);
/* The newest question to @host that has no answer. */
BtfwAnnounce *test_tracker_peek (TestTracker *self, const char *host);
/* What was asked since the last call. (transfer full) */
char        *test_tracker_take_log (TestTracker *self);
