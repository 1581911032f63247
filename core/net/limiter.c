/* limiter.c: serves the lines in front of rate limits. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/limiter.h"

/* How often a line is served. Short against the 100 ms that a bucket holds, so
 * nothing of the rate is lost while streams wait. */
#define TICK (20 * G_TIME_SPAN_MILLISECOND)

/* A turn lets at least so many bytes pass, unless fewer are wanted: smaller ones
 * would cost many system calls. Slow limiters, for whom that is a long time's
 * worth, have smaller turns, but serve no more than some a second. */
#define TURN_MIN 1024
#define TURN_MIN_SLOW 64
#define TURNS_SLOW 16

G_STATIC_ASSERT (TURN_MIN <= BTFW_BUCKET_PACKET);

/* The line */

static void
btfw_waiter_enter (BtfwWaiter *self, BtfwLimiter *limiter)
{
  self->limiter = limiter;
  self->next = NULL;
  self->previous = limiter->last;
  if (limiter->last != NULL)
    limiter->last->next = self;
  else
    limiter->first = self;
  limiter->last = self;
  limiter->n_waiting++;
}

static void
btfw_waiter_unlink (BtfwWaiter *self)
{
  BtfwLimiter *limiter = self->limiter;

  if (self->previous != NULL)
    self->previous->next = self->next;
  else
    limiter->first = self->next;
  if (self->next != NULL)
    self->next->previous = self->previous;
  else
    limiter->last = self->previous;
  limiter->n_waiting--;

  self->limiter = NULL;
  self->next = self->previous = NULL;
  if (limiter->n_waiting == 0)
    btfw_loop_clear_timer (limiter->loop, &limiter->timer);
}

/* What may pass now, but for what is kept. */
static gsize
btfw_limiter_get_left (BtfwLimiter *self)
{
  gsize left = (gsize) btfw_bucket_get (&self->bucket, btfw_loop_get_time (self->loop));

  if (self->bucket.rate == 0)
    return left;
  return left > self->n_kept ? left - self->n_kept : 0;
}

static gsize
btfw_limiter_get_turn_min (BtfwLimiter *self)
{
  return CLAMP (self->bucket.rate / TURNS_SLOW, TURN_MIN_SLOW, TURN_MIN);
}

static gboolean
btfw_limiter_has_turn (BtfwLimiter *self)
{
  return self->n_waiting > 0 && btfw_limiter_get_left (self) >= btfw_limiter_get_turn_min (self);
}

/* When enough has come in for a tick's turns, or for one at least. */
static void
btfw_limiter_plan (BtfwLimiter *self)
{
  gint64 now = btfw_loop_get_time (self->loop);
  gint64 ready = btfw_bucket_get_ready_time (&self->bucket, now, btfw_limiter_get_turn_min (self));

  if (self->n_waiting > 0 && !btfw_timer_is_set (&self->timer))
    btfw_loop_set_timer (self->loop, &self->timer, MAX (ready, now + TICK));
}

/* Serving */

/* One turn of the one who waits longest. Answers how many bytes passed. */
static guint64
btfw_limiter_serve_one (BtfwLimiter *self, gsize turn)
{
  BtfwWaiter *waiter = self->first;
  guint64     before = self->n_taken;

  btfw_waiter_unlink (waiter);
  self->served = waiter;
  self->turn = turn;
  waiter->go (waiter);
  self->served = NULL;
  return self->n_taken - before;
}

/* One turn for each of those who wait now, each with its share of what is
 * there. Answers whether anything passed. */
static gboolean
btfw_limiter_serve_round (BtfwLimiter *self)
{
  guint    n = self->n_waiting;
  gsize    turn = MAX (btfw_limiter_get_left (self) / n, btfw_limiter_get_turn_min (self));
  gboolean passed = FALSE;

  for (; n > 0 && btfw_limiter_has_turn (self); n--)
    passed |= btfw_limiter_serve_one (self, turn) > 0;
  return passed;
}

/* Some take less than their share; then there is another round for the rest. */
static void
btfw_limiter_on_due (BtfwTimer *timer)
{
  BtfwLimiter *self = (BtfwLimiter *) ((char *) timer - G_STRUCT_OFFSET (BtfwLimiter, timer));

  while (btfw_limiter_has_turn (self))
    if (!btfw_limiter_serve_round (self))
      break;
  btfw_limiter_plan (self);
}

/* Asking */

/* A waiter that has had its turn in one line may have to wait in the next one
 * of the chain. What it may take of those before is kept for it meanwhile: were
 * it sent back, it would never have all its turns at once; were its bytes given
 * to others, more would pass than there are bytes for, and the quickest would
 * always get them. */
static void
btfw_waiter_keep (BtfwWaiter *self, BtfwLimiter *chain, BtfwLimiter *passed, gsize bytes)
{
  self->chain = chain;
  self->passed = passed;
  self->kept = bytes;
  for (BtfwLimiter *i = chain; i != passed; i = i->parent)
    i->n_kept += bytes;
}

static void
btfw_waiter_release (BtfwWaiter *self)
{
  for (BtfwLimiter *i = self->chain; i != self->passed; i = i->parent)
    i->n_kept -= self->kept;
  self->chain = self->passed = NULL;
  self->kept = 0;
}

/* @kept: what was kept here for @waiter, until just now. */
static gsize
btfw_limiter_get_allowance (BtfwLimiter *self, const BtfwWaiter *waiter, gsize kept)
{
  gsize left = btfw_limiter_get_left (self);

  if (self->served == waiter)
    return MIN (left, self->turn);
  if (kept > 0)
    return MIN (left, kept);
  return self->n_waiting == 0 ? left : 0;
}

gsize
btfw_limiter_allow (BtfwLimiter *self, BtfwWaiter *waiter, gsize want)
{
  BtfwLimiter *passed = waiter->passed;
  gsize        kept = waiter->kept;
  gsize        allowed = want;

  if (waiter->limiter != NULL || want == 0)
    return 0;

  btfw_waiter_release (waiter);
  for (BtfwLimiter *i = self; i != NULL; i = i->parent)
    {
      gsize allowance;

      if (i == passed)
        kept = 0;
      allowance = btfw_limiter_get_allowance (i, waiter, kept);
      if (allowance < MIN (want, btfw_limiter_get_turn_min (i)))
        {
          btfw_waiter_keep (waiter, self, i, allowed);
          btfw_waiter_enter (waiter, i);
          btfw_limiter_plan (i);
          return 0;
        }
      allowed = MIN (allowed, allowance);
    }
  return allowed;
}

void
btfw_limiter_take (BtfwLimiter *self, gsize bytes)
{
  for (BtfwLimiter *i = self; i != NULL; i = i->parent)
    {
      btfw_bucket_take (&i->bucket, bytes);
      i->n_taken += bytes;
      i->turn -= MIN (i->turn, bytes);
    }
}

void
btfw_waiter_leave (BtfwWaiter *self)
{
  btfw_waiter_release (self);
  if (self->limiter != NULL)
    btfw_waiter_unlink (self);
}

void
btfw_limiter_init (BtfwLimiter *self, BtfwLoop *loop, BtfwLimiter *parent)
{
  *self = (BtfwLimiter){ .loop = loop, .parent = parent, .timer.on_due = btfw_limiter_on_due };
}

void
btfw_limiter_clear (BtfwLimiter *self)
{
  while (self->first != NULL)
    btfw_waiter_leave (self->first);
  if (self->loop != NULL)
    btfw_loop_clear_timer (self->loop, &self->timer);
}

void
btfw_limiter_set_rate (BtfwLimiter *self, guint64 bytes_per_second)
{
  gint64 now = btfw_loop_get_time (self->loop);

  btfw_bucket_set_rate (&self->bucket, now, bytes_per_second);
  /* What was planned for the old rate may be far off. */
  if (self->n_waiting > 0)
    btfw_loop_set_timer (self->loop, &self->timer, now);
}
