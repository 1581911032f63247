/* tracker-pool.h: the tracker plugins of a session, each loaded when it is first needed. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/announce-budget.h"
#include "swarm/scrape-line.h"

#include <btfw/btfw-plugins.h>
#include <btfw/btfw-tracker.h>

typedef struct _BtfwTrackerPool BtfwTrackerPool;

/* @plugins and @net may be NULL where every scheme is set by hand. */
BtfwTrackerPool *btfw_tracker_pool_new (BtfwLoop *loop, BtfwPlugins *plugins, BtfwNet *net);
/* The torrents' planners must be gone. */
void             btfw_tracker_pool_free (BtfwTrackerPool *self);

/* Serves @scheme with @tracker, whatever plugins there are. */
void         btfw_tracker_pool_set (BtfwTrackerPool *self, const char *scheme, BtfwTracker *tracker);
/* Who serves @url: borrowed, or NULL with @error set. What failed once is not
 * tried again. */
BtfwTracker *btfw_tracker_pool_get (BtfwTrackerPool *self, const char *url, GError **error);

BtfwAnnounceBudget *btfw_tracker_pool_get_budget (BtfwTrackerPool *self);
BtfwScrapeLine     *btfw_tracker_pool_get_scrapes (BtfwTrackerPool *self);
