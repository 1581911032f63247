/* disk.c: the pool of worker threads, and the way to it and back. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/disk.h"

#include "disk/lanes.h"
#include "disk/workers.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

/* The bounds of the pool. Calls that hang (a dead mount) hold a worker each;
 * volumes cap theirs, so it takes many dead volumes to use all of these up. */
#define THREADS_MAX 64
#define STACK_SIZE (1024 * 1024)

/* When calls wait for that long while every worker is in one, another worker is
 * started: long enough for any amount of hashing in one call. */
#define STALL_TIME 100000 /* µs */

/* A chain of messages, in order. */
typedef struct
{
  BtfwMessage *first;
  BtfwMessage *last;
  guint        n;
} Chain;

struct _BtfwDisk
{
  BtfwLoop  *loop;
  BtfwQueue *calls; /* NULL with no workers */
  guint      n_workers;
  guint      n_threads;
  pthread_t  threads[THREADS_MAX];

  /* The loop's thread only: */
  BtfwIdle  idle;
  BtfwTimer stall_timer;
  BtfwPump *pumps;
  BtfwPump *last_pump;
  Chain     outgoing; /* sent in this dispatch */
  Chain     replies;  /* of calls that ran inline */
  guint     n_calls;  /* sent and not returned */
  guint64   n_returned;
  guint64   n_returned_before; /* when the stall timer was set */
};

static _Thread_local gboolean is_worker;

static void
chain_append (Chain *chain, BtfwMessage *message)
{
  message->next = NULL;
  if (chain->last)
    chain->last->next = message;
  else
    chain->first = message;
  chain->last = message;
  chain->n++;
}

static Chain
chain_take (Chain *chain)
{
  Chain taken = *chain;

  *chain = (Chain){ 0 };
  return taken;
}

static void
handle_all (BtfwMessage *message)
{
  BtfwMessage *next;

  for (; message; message = next)
    {
      next = message->next;
      message->handle (message);
    }
}

static gpointer
work (gpointer data)
{
  BtfwDisk    *self = data;
  BtfwMessage *message;

  is_worker = TRUE;
  /* One at a time: a call may take long, and others are there to take the rest. */
  while ((message = btfw_queue_pop (self->calls, 1)))
    message->handle (message);

  btfw_lanes_free_room ();
  return NULL;
}

/* Signals are the main thread's business. */
static gboolean
start_thread (BtfwDisk *self)
{
  pthread_attr_t attributes;
  sigset_t       all;
  sigset_t       before;
  int            errnum;

  if (self->n_threads == THREADS_MAX)
    return FALSE;

  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, STACK_SIZE);
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  errnum = pthread_create (&self->threads[self->n_threads], &attributes, work, self);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  pthread_attr_destroy (&attributes);

  if (errnum != 0)
    {
      g_debug ("cannot start a worker: %s", g_strerror (errnum));
      return FALSE;
    }
  pthread_setname_np (self->threads[self->n_threads], "btfw-disk");
  self->n_threads++;
  return TRUE;
}

/* Threads are started when there is work for them: a session that only waits
 * for peers needs none. One more than a volume can occupy, so that others have one. */
static void
start_threads (BtfwDisk *self)
{
  while (self->n_threads < MIN (self->n_calls, self->n_workers + 1) && start_thread (self))
    ;

  if (self->n_calls > self->n_threads && !btfw_timer_is_set (&self->stall_timer))
    {
      self->n_returned_before = self->n_returned;
      btfw_loop_set_timer (self->loop, &self->stall_timer, btfw_loop_get_time (self->loop) + STALL_TIME);
    }
}

static void
on_stall_timer (BtfwTimer *timer)
{
  BtfwDisk *self = (BtfwDisk *) ((char *) timer - G_STRUCT_OFFSET (BtfwDisk, stall_timer));

  if (self->n_calls > self->n_threads && self->n_returned == self->n_returned_before)
    start_thread (self);
  start_threads (self);
}

static void
run_inline (BtfwDisk *self, Chain calls)
{
  Chain replies;

  handle_all (calls.first);
  replies = chain_take (&self->replies);
  handle_all (replies.first);
}

static void
hand_over (BtfwDisk *self)
{
  Chain calls = chain_take (&self->outgoing);

  if (calls.n == 0)
    return;

  self->n_calls += calls.n;
  if (self->calls)
    start_threads (self);

  /* With no thread to be had, it is slow and it works. */
  if (self->n_threads == 0)
    run_inline (self, calls);
  else
    btfw_queue_push_all (self->calls, calls.first, calls.last, calls.n);
}

static void
run_pumps (BtfwDisk *self)
{
  BtfwPump *pump = self->pumps;
  BtfwPump *next;

  self->pumps = self->last_pump = NULL;
  for (; pump; pump = next)
    {
      next = pump->next;
      pump->queued = FALSE;
      pump->run (pump);
    }
}

static void
on_idle (BtfwIdle *idle)
{
  BtfwDisk *self = (BtfwDisk *) ((char *) idle - G_STRUCT_OFFSET (BtfwDisk, idle));

  run_pumps (self);
  hand_over (self);
}

/* Works off what is queued, without waiting. */
static void
turn (BtfwDisk *self)
{
  btfw_loop_cancel_idle (self->loop, &self->idle);
  run_pumps (self);
  hand_over (self);
  if (self->calls)
    btfw_loop_handle_messages (self->loop);
}

static gboolean
is_idle (BtfwDisk *self)
{
  return self->n_calls == 0 && self->outgoing.n == 0 && !self->pumps;
}

static void
finish_work (BtfwMessage *message)
{
  BtfwWork *work_item = (BtfwWork *) message;

  btfw_disk_returned (work_item->disk);
  work_item->done (work_item);
}

static void
run_work (BtfwMessage *message)
{
  BtfwWork *work_item = (BtfwWork *) message;

  work_item->run (work_item);
  message->handle = finish_work;
  btfw_disk_reply (work_item->disk, message);
}

BtfwDisk *
btfw_disk_new (BtfwLoop *loop, guint n_workers, GError **error)
{
  BtfwQueue *calls = NULL;
  BtfwDisk  *self;

  if (n_workers > 0)
    {
      calls = btfw_queue_new (FALSE, error);
      if (!calls)
        return NULL;
    }

  self = g_new0 (BtfwDisk, 1);
  self->loop = loop;
  self->calls = calls;
  self->n_workers = MIN (n_workers, THREADS_MAX / 2);
  self->idle.run = on_idle;
  self->stall_timer.on_due = on_stall_timer;

  return self;
}

gboolean
btfw_disk_wait (BtfwDisk *self, gint64 microseconds)
{
  gint64 deadline = microseconds < 0 ? G_MAXINT64 : g_get_monotonic_time () + microseconds;

  for (turn (self); !is_idle (self); turn (self))
    {
      struct pollfd poll_fd = { .fd = -1, .events = POLLIN };
      gint64        left = deadline - g_get_monotonic_time ();

      if (left <= 0)
        return FALSE;
      if (self->n_calls == 0)
        continue;

      poll_fd.fd = btfw_queue_get_fd (btfw_loop_get_queue (self->loop));
      /* The loop's timers stand still meanwhile, so look after stalls here. */
      if (poll (&poll_fd, 1, (int) MIN ((left + 999) / 1000, STALL_TIME / 1000)) == 0 &&
          self->n_calls > self->n_threads)
        start_thread (self);
    }
  return TRUE;
}

void
btfw_disk_free (BtfwDisk *self)
{
  if (!self)
    return;

  btfw_disk_wait (self, -1);
  btfw_loop_clear_timer (self->loop, &self->stall_timer);
  btfw_loop_cancel_idle (self->loop, &self->idle);

  if (self->calls)
    btfw_queue_close (self->calls);
  for (guint i = 0; i < self->n_threads; i++)
    pthread_join (self->threads[i], NULL);
  if (self->calls)
    btfw_queue_free (self->calls);

  /* What calls that ran inline left. */
  btfw_lanes_free_room ();
  g_free (self);
}

void
btfw_disk_run (BtfwDisk *self, BtfwWork *work_item)
{
  work_item->disk = self;
  work_item->message.handle = run_work;
  btfw_disk_send (self, &work_item->message);
}

void
btfw_disk_queue_pump (BtfwDisk *self, BtfwPump *pump)
{
  if (pump->queued)
    return;

  pump->queued = TRUE;
  pump->next = NULL;
  if (self->last_pump)
    self->last_pump->next = pump;
  else
    self->pumps = pump;
  self->last_pump = pump;
  btfw_loop_queue_idle (self->loop, &self->idle);
}

void
btfw_disk_send (BtfwDisk *self, BtfwMessage *message)
{
  chain_append (&self->outgoing, message);
  btfw_loop_queue_idle (self->loop, &self->idle);
}

void
btfw_disk_reply (BtfwDisk *self, BtfwMessage *message)
{
  if (is_worker)
    btfw_queue_push (btfw_loop_get_queue (self->loop), message);
  else
    chain_append (&self->replies, message);
}

void
btfw_disk_returned (BtfwDisk *self)
{
  g_assert (self->n_calls > 0);

  self->n_calls--;
  self->n_returned++;
}

guint
btfw_disk_get_n_workers (BtfwDisk *self)
{
  return self->n_workers;
}

BtfwLoop *
btfw_disk_get_loop (BtfwDisk *self)
{
  return self->loop;
}
