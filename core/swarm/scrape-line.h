/* scrape-line.h: asks trackers for counts that their announces left out, many torrents at a time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"

#include <btfw/btfw-tracker.h>

/* What one question holds: as much as a packet of a UDP tracker. */
#define BTFW_SCRAPE_HASHES_MAX 74u

/* One of a session. Those that ask the same tracker within moments are asked
 * for together. */
typedef struct _BtfwScrapeLine  BtfwScrapeLine;
typedef struct _BtfwScrapeBatch BtfwScrapeBatch;
typedef struct _BtfwScrapeTurn  BtfwScrapeTurn;

/* Embedded in whoever asks; zero bytes and a callback are a valid start. */
struct _BtfwScrapeTurn
{
  BtfwScrapeBatch *batch; /* NULL when it waits for nothing */
  guint            place;
  /* -1 for unknown. Comes once, never inside a call from outside, and not at
   * all when no answer came. */
  void (*done) (BtfwScrapeTurn *turn, gint64 seeds, gint64 leechers, gint64 completed);
};

/* Who serves a URL; see btfw_tracker_pool_get(). */
typedef BtfwTracker *(*BtfwScrapeFindFunc) (gpointer user_data, const char *url);

BtfwScrapeLine *btfw_scrape_line_new (BtfwLoop *loop, BtfwScrapeFindFunc find, gpointer user_data);
/* Those that still wait hear nothing. */
void            btfw_scrape_line_free (BtfwScrapeLine *self);
/* Nothing when it waits already. */
void            btfw_scrape_line_wait (BtfwScrapeLine *self, BtfwScrapeTurn *turn, const char *url, const guint8 *info_hash);
void            btfw_scrape_turn_leave (BtfwScrapeTurn *turn);
