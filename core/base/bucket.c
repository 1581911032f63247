/* bucket.c: a token bucket: how many bytes may pass now. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/bucket.h"

#define RATE_MAX (G_GUINT64_CONSTANT (1000000000000)) /* bytes a second */
#define ELAPSED_MAX (G_USEC_PER_SEC * G_GINT64_CONSTANT (1000000))
#define DEBT_MAX (G_MAXINT64 / 4)
#define FILL_TIME (G_USEC_PER_SEC / 10)

static gint64
get_capacity (const BtfwBucket *self)
{
  return (gint64) MAX (self->rate / (G_USEC_PER_SEC / FILL_TIME), BTFW_BUCKET_PACKET);
}

/* Pours in what the rate gave since the last time. The products stay below
 * 2^63, as rate and time have a maximum. */
static void
fill (BtfwBucket *self, gint64 now)
{
  gint64  capacity = get_capacity (self);
  guint64 elapsed;
  guint64 spare;

  if (now <= self->filled)
    return;

  elapsed = (guint64) MIN (now - self->filled, ELAPSED_MAX);
  spare = self->rate * (elapsed % G_USEC_PER_SEC) + self->spare;
  self->filled = now;
  self->spare = spare % G_USEC_PER_SEC;
  self->tokens += (gint64) (self->rate * (elapsed / G_USEC_PER_SEC) + spare / G_USEC_PER_SEC);
  if (self->tokens >= capacity)
    {
      self->tokens = capacity;
      self->spare = 0;
    }
}

/* What was taken too much from a fast bucket must not block a slow one for ages. */
static gint64
scale_debt (gint64 tokens, guint64 old_rate, guint64 new_rate)
{
  double scaled = (double) tokens * (double) new_rate / (double) old_rate;

  return scaled > -(double) DEBT_MAX ? (gint64) scaled : -DEBT_MAX;
}

void
btfw_bucket_set_rate (BtfwBucket *self, gint64 now, guint64 rate)
{
  guint64 old_rate = self->rate;

  rate = MIN (rate, RATE_MAX);
  if (old_rate > 0)
    fill (self, now);

  self->rate = rate;
  if (rate == 0 || old_rate == 0)
    {
      self->tokens = 0;
      self->spare = 0;
      self->filled = now;
      return;
    }

  if (self->tokens < 0)
    self->tokens = scale_debt (self->tokens, old_rate, rate);
  self->tokens = MIN (self->tokens, get_capacity (self));
}

gssize
btfw_bucket_get (BtfwBucket *self, gint64 now)
{
  if (self->rate == 0)
    return G_MAXSSIZE;

  fill (self, now);
  return (gssize) CLAMP (self->tokens, 0, G_MAXSSIZE);
}

void
btfw_bucket_take (BtfwBucket *self, gsize bytes)
{
  if (self->rate == 0)
    return;

  self->tokens -= (gint64) MIN (bytes, (gsize) DEBT_MAX);
  self->tokens = MAX (self->tokens, -DEBT_MAX);
}

gint64
btfw_bucket_get_ready_time (BtfwBucket *self, gint64 now, gsize bytes)
{
  guint64 missing;
  guint64 seconds;
  guint64 micros;
  gint64  wanted;

  if (self->rate == 0)
    return now;

  fill (self, now);
  wanted = (gint64) MIN (bytes, (gsize) get_capacity (self));
  if (self->tokens >= wanted)
    return now;

  missing = (guint64) (wanted - self->tokens);
  seconds = missing / self->rate;
  if (seconds + 1 >= (guint64) (G_MAXINT64 - self->filled) / G_USEC_PER_SEC)
    return G_MAXINT64;

  /* Rounded up: at this time the bytes are there, not a moment later. */
  micros = missing % self->rate * G_USEC_PER_SEC + self->rate - 1;
  micros = micros > self->spare ? (micros - self->spare) / self->rate : 0;
  return self->filled + (gint64) (seconds * G_USEC_PER_SEC + micros);
}
