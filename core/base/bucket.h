/* bucket.h: a token bucket: how many bytes may pass now. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* A rate of 0 means no limit. What a bucket holds is bounded by what its rate
 * gives in 100 ms (at least one network packet), so there are no bursts. */
typedef struct
{
  guint64 rate;   /* bytes a second */
  gint64  tokens; /* may go below 0: what was read could not be given back */
  gint64  filled; /* when tokens was last brought up to date, in µs */
  guint64 spare;  /* the fraction of a token, in millionths */
} BtfwBucket;

/* How much a bucket of a slow rate holds nevertheless. */
#define BTFW_BUCKET_PACKET 1500

/* All zero bytes is a bucket without a limit. A limit begins with an empty
 * bucket; a new rate keeps the time that a debt still takes. Rates over a
 * terabyte a second are taken for one. */
void    btfw_bucket_set_rate (BtfwBucket *self, gint64 now, guint64 rate);
/* How many bytes may pass now: G_MAXSSIZE without a limit, never below 0. */
gssize  btfw_bucket_get (BtfwBucket *self, gint64 now);
void    btfw_bucket_take (BtfwBucket *self, gsize bytes);
/* When at least @bytes (or all that the bucket can hold) will be there; not
 * before @now. Who sleeps longer than a bucket needs to fill loses the rest;
 * who takes more than was there (a whole block) and comes back at this time
 * loses nothing. */
gint64  btfw_bucket_get_ready_time (BtfwBucket *self, gint64 now, gsize bytes);
