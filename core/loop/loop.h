/* loop.h: the engine's event source: sockets, timers, messages, the clock and the dice. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/queue.h"

#include <btfw/btfw-error.h>

/* One loop serves one thread: whichever runs its GMainContext. One dispatch
 * lasts about BTFW_LOOP_SLICE, then other sources of the context have a turn.
 *
 * A virtual loop has no sockets and no clock of its own: time stands still
 * until btfw_loop_advance(), and the same seed gives the same run. */
typedef struct _BtfwLoop  BtfwLoop;
typedef struct _BtfwWatch BtfwWatch;
typedef struct _BtfwTimer BtfwTimer;

#define BTFW_LOOP_SLICE 2000 /* µs */

/* @seed 0 takes one from the system. */
BtfwLoop     *btfw_loop_new (GMainContext *context, guint64 seed, GError **error);
/* Its clock begins at one second. Sources of the thread-default context are run
 * too as it advances, so that GTask comes back. */
BtfwLoop     *btfw_loop_new_virtual (guint64 seed);
/* Messages that were not handled, and idles, are dropped: owners end first. */
void          btfw_loop_free (BtfwLoop *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwLoop, btfw_loop_free)

GMainContext *btfw_loop_get_context (BtfwLoop *self);

/* Monotonic microseconds, read once a dispatch (and again where long work says
 * btfw_loop_refresh_time()). */
gint64 btfw_loop_get_time (BtfwLoop *self);
gint64 btfw_loop_refresh_time (BtfwLoop *self);

/* Virtual loops only: runs timers, queued watches and messages up to a time. */
void btfw_loop_advance (BtfwLoop *self, gint64 time);

/* Dice: streams that do not disturb one another. Not for keys or ids. */
typedef struct
{
  guint64 state[4];
} BtfwRandom;

/* A stream of its own, always the same for one seed, name and order of calls. */
void    btfw_loop_fork_random (BtfwLoop *self, const char *name, BtfwRandom *random);
guint64 btfw_random_u64 (BtfwRandom *self);
/* From 0 to @n - 1, without bias; @n above 0. */
guint32 btfw_random_below (BtfwRandom *self, guint32 n);

/* A descriptor that is watched for both directions, edge by edge: what became
 * ready stays noted in ready until its owner clears it, having met EAGAIN.
 * Embedded in its owner; on_ready may free the owner. */
typedef enum
{
  BTFW_READY_READ = 1 << 0,
  BTFW_READY_WRITE = 1 << 1,
  BTFW_READY_CLOSED = 1 << 2, /* hang-up or error */
} BtfwReady;

struct _BtfwWatch
{
  int         fd;    /* -1: none, only btfw_loop_queue_watch() */
  BtfwReady   ready; /* noted by the loop, cleared by the owner */
  gboolean    queued;
  BtfwWatch  *next;  /* the loop's */
  BtfwWatch  *previous;
  void (*on_ready) (BtfwWatch *watch);
};

gboolean btfw_loop_add_watch (BtfwLoop *self, BtfwWatch *watch, GError **error);
void     btfw_loop_remove_watch (BtfwLoop *self, BtfwWatch *watch);
/* Calls on_ready() again, later in this dispatch or in the next one: for
 * owners that stopped before EAGAIN to let others have a turn. */
void     btfw_loop_queue_watch (BtfwLoop *self, BtfwWatch *watch);

/* A one-shot timer, embedded in its owner; zero bytes and a callback are a valid start. */
struct _BtfwTimer
{
  gint64 due;
  guint  place; /* in the loop's heap, from 1; 0 when not set */
  void (*on_due) (BtfwTimer *timer);
};

/* Sets or moves it; O(log timers). */
void btfw_loop_set_timer (BtfwLoop *self, BtfwTimer *timer, gint64 due);
void btfw_loop_clear_timer (BtfwLoop *self, BtfwTimer *timer);

static inline gboolean
btfw_timer_is_set (const BtfwTimer *timer)
{
  return timer->place != 0;
}

/* Work for the end of this dispatch, once each however often it is asked for:
 * to gather what many events want, as one write or one message. */
typedef struct _BtfwIdle BtfwIdle;
struct _BtfwIdle
{
  gboolean  queued;
  BtfwIdle *next;
  void (*run) (BtfwIdle *idle);
};

void btfw_loop_queue_idle (BtfwLoop *self, BtfwIdle *idle);
void btfw_loop_cancel_idle (BtfwLoop *self, BtfwIdle *idle);

/* Messages for this loop; push from any thread. */
BtfwQueue *btfw_loop_get_queue (BtfwLoop *self);
/* Handles all messages that are there now, also from within a dispatch: for an
 * end in good order, which waits for workers. */
void       btfw_loop_handle_messages (BtfwLoop *self);
/* Hands a message to @queue at the end of this dispatch, all of them with one wake-up. */
void       btfw_loop_send (BtfwLoop *self, BtfwQueue *queue, BtfwMessage *message);
/* Hands over now what waits for that: before a queue it may go to is freed. */
void       btfw_loop_flush (BtfwLoop *self);
