/* limiter.h: shares a rate limit out among streams, smoothly and fairly. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bucket.h"
#include "loop/loop.h"

/* A limiter is a bucket with a line of streams that wait for it. Limiters form
 * a chain (a torrent's, then its session's): what passes takes from each. The
 * line is served in turn, each with its share of what came in, some tens of
 * times a second. */
typedef struct _BtfwLimiter BtfwLimiter;
typedef struct _BtfwWaiter  BtfwWaiter;

struct _BtfwLimiter
{
  BtfwLoop    *loop;
  BtfwLimiter *parent; /* nullable */
  BtfwBucket   bucket;
  BtfwTimer    timer;
  BtfwWaiter  *first;
  BtfwWaiter  *last;
  guint        n_waiting;
  BtfwWaiter  *served;  /* whose turn it is, or NULL */
  gsize        turn;    /* what is left of it, in bytes */
  guint64      n_taken; /* ever */
  guint64      n_kept;  /* for those who had their turn here, and wait further along the chain */
};

struct _BtfwWaiter
{
  BtfwLimiter *limiter; /* whose line it stands in; NULL when in none */
  BtfwWaiter  *next;
  BtfwWaiter  *previous;
  BtfwLimiter *chain;   /* in its chain, that begins here, */
  BtfwLimiter *passed;  /* all before this one keep so many bytes for it */
  gsize        kept;
  void (*go) (BtfwWaiter *waiter); /* may take again, and wait again */
};

void btfw_limiter_init (BtfwLimiter *self, BtfwLoop *loop, BtfwLimiter *parent);
/* Empties its line. Those who passed it, and wait further along the chain, leave before. */
void btfw_limiter_clear (BtfwLimiter *self);
void btfw_limiter_set_rate (BtfwLimiter *self, guint64 bytes_per_second);
static inline guint64
btfw_limiter_get_rate (const BtfwLimiter *self)
{
  return self->bucket.rate;
}

/* How many of @want bytes may pass now: 0 puts @waiter into the line of the
 * limiter that has none left. @want is the answer when there is no limit. What
 * did pass is told with btfw_limiter_take(). */
gsize btfw_limiter_allow (BtfwLimiter *self, BtfwWaiter *waiter, gsize want);
void  btfw_limiter_take (BtfwLimiter *self, gsize bytes);
void  btfw_waiter_leave (BtfwWaiter *waiter);
