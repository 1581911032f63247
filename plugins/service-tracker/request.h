/* request.h: what a peer asks of the tracker, taken from the query of a URL. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* How many hashes one scrape may ask for. */
#define REQUEST_HASHES_MAX 64

typedef struct
{
  guint8            info_hash[20];
  guint8            peer_id[20];
  guint16           port;
  guint64           left; /* G_MAXUINT64 when it was not said */
  BtfwAnnounceEvent event;
  guint             num_want;
  gboolean          is_compact;
  gboolean          without_peer_id;
} AnnounceRequest;

typedef struct
{
  guint8 hashes[REQUEST_HASHES_MAX][20];
  guint  n_hashes;
} ScrapeRequest;

/* @query: still escaped; nullable. Answers NULL, or what is wrong with it, in the
 * plain English of the protocol's failure reasons. */
const char *announce_request_read (AnnounceRequest *request, const char *query);
const char *scrape_request_read (ScrapeRequest *request, const char *query);
