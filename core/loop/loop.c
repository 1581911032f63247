/* loop.c: gathers what happened, and hands it out in slices. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "loop/loop.h"
#include "loop/outbox.h"
#include "loop/random.h"
#include "loop/timers.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#define EVENTS_MAX 256

/* Idles beyond those that wait when a dispatch ends: one that queues itself
 * again for ever does not hold up the rest. */
#define EXTRA_IDLES_MAX 1024

/* Where the clock of a virtual loop begins: 0 is left to mean "never". */
#define VIRTUAL_START G_USEC_PER_SEC

typedef struct
{
  GSource   source;
  BtfwLoop *loop;
} BtfwLoopSource;

/* What epoll tells is first noted in the watches, which form a list of those
 * to call; only then is anybody called. So a callback can remove any watch: it
 * leaves the list, and no event of it is left anywhere. */
struct _BtfwLoop
{
  GMainContext *context;
  GSource      *source;   /* NULL for a virtual loop */
  gpointer      poll_tag; /* of epoll_fd in source */
  int           epoll_fd; /* -1 for a virtual loop */
  gint64        now;
  gboolean      dispatching;

  BtfwTimers timers;

  BtfwWatch *first_watch; /* queued ones */
  BtfwWatch *last_watch;

  BtfwIdle *first_idle;
  BtfwIdle *last_idle;
  guint     n_idles;

  BtfwQueue   *queue;
  gboolean     queue_ready; /* its event was seen, and it was not emptied since */
  BtfwMessage *messages;    /* taken from it, not handled yet */
  BtfwOutbox   outbox;

  guint64     seed;
  GHashTable *n_forks; /* char * -> how many streams of that name were made */
};

static gboolean
btfw_loop_is_virtual (const BtfwLoop *self)
{
  return self->source == NULL;
}

/* Whether there is something to do at once, whatever time it is. */
static gboolean
btfw_loop_has_work (const BtfwLoop *self)
{
  return self->first_watch != NULL || self->queue_ready || self->messages != NULL ||
         self->first_idle != NULL || !btfw_outbox_is_empty (&self->outbox);
}

/* The watches to call */

static void
btfw_loop_link_watch (BtfwLoop *self, BtfwWatch *watch)
{
  if (watch->queued)
    return;

  watch->queued = TRUE;
  watch->next = NULL;
  watch->previous = self->last_watch;
  if (self->last_watch != NULL)
    self->last_watch->next = watch;
  else
    self->first_watch = watch;
  self->last_watch = watch;
}

static void
btfw_loop_unlink_watch (BtfwLoop *self, BtfwWatch *watch)
{
  if (!watch->queued)
    return;

  if (watch->previous != NULL)
    watch->previous->next = watch->next;
  else
    self->first_watch = watch->next;
  if (watch->next != NULL)
    watch->next->previous = watch->previous;
  else
    self->last_watch = watch->previous;

  watch->queued = FALSE;
  watch->next = watch->previous = NULL;
}

/* An end or an error is found by reading or writing, so it makes ready for that too. */
static BtfwReady
btfw_ready_from_events (guint32 events)
{
  BtfwReady ready = 0;

  if (events & EPOLLIN)
    ready |= BTFW_READY_READ;
  if (events & EPOLLOUT)
    ready |= BTFW_READY_WRITE;
  if (events & EPOLLRDHUP)
    ready |= BTFW_READY_READ | BTFW_READY_CLOSED;
  if (events & (EPOLLHUP | EPOLLERR))
    ready |= BTFW_READY_READ | BTFW_READY_WRITE | BTFW_READY_CLOSED;
  return ready;
}

static void
btfw_loop_note_events (BtfwLoop *self)
{
  struct epoll_event events[EVENTS_MAX];
  int                n = epoll_wait (self->epoll_fd, events, EVENTS_MAX, 0);

  for (int i = 0; i < n; i++)
    {
      BtfwWatch *watch = events[i].data.ptr;

      if (watch == NULL)
        {
          self->queue_ready = TRUE;
          continue;
        }
      watch->ready |= btfw_ready_from_events (events[i].events);
      btfw_loop_link_watch (self, watch);
    }
}

/* One step of each kind of work; they answer whether there was any. */

static gboolean
btfw_loop_run_timer (BtfwLoop *self)
{
  BtfwTimer *timer = btfw_timers_pop_due (&self->timers, self->now);

  if (timer == NULL)
    return FALSE;

  timer->on_due (timer);
  return TRUE;
}

static gboolean
btfw_loop_handle_message (BtfwLoop *self)
{
  BtfwMessage *message;

  if (self->messages == NULL && self->queue_ready)
    {
      self->queue_ready = FALSE;
      self->messages = btfw_queue_pop_all (self->queue);
    }
  if (self->messages == NULL)
    return FALSE;

  message = self->messages;
  self->messages = message->next;
  message->handle (message);
  return TRUE;
}

static gboolean
btfw_loop_call_watch (BtfwLoop *self)
{
  BtfwWatch *watch = self->first_watch;

  if (watch == NULL)
    return FALSE;

  btfw_loop_unlink_watch (self, watch);
  watch->on_ready (watch);
  return TRUE;
}

/* In turns, so that no kind of work waits for the end of another. */
static void
btfw_loop_run_slice (BtfwLoop *self)
{
  gint64   end = self->now + BTFW_LOOP_SLICE;
  gboolean busy;

  do
    {
      busy = btfw_loop_run_timer (self);
      busy |= btfw_loop_handle_message (self);
      busy |= btfw_loop_call_watch (self);
    }
  while (busy && (btfw_loop_is_virtual (self) || g_get_monotonic_time () < end));
}

static void
btfw_loop_run_idles (BtfwLoop *self)
{
  guint left = self->n_idles + EXTRA_IDLES_MAX;

  while (self->first_idle != NULL && left > 0)
    {
      BtfwIdle *idle = self->first_idle;

      left--;
      btfw_loop_cancel_idle (self, idle);
      idle->run (idle);
    }
}

static void
btfw_loop_dispatch (BtfwLoop *self)
{
  self->dispatching = TRUE;
  btfw_loop_run_slice (self);
  btfw_loop_run_idles (self);
  btfw_outbox_flush (&self->outbox);
  self->dispatching = FALSE;
}

/* The source. It answers for its timeout itself: g_source_set_ready_time()
 * would wake the context with a system call at every change. */

static BtfwLoop *
btfw_loop_from_source (GSource *source)
{
  return ((BtfwLoopSource *) source)->loop;
}

static gboolean
btfw_loop_source_prepare (GSource *source, int *timeout)
{
  BtfwLoop *self = btfw_loop_from_source (source);
  gint64    due = btfw_timers_get_due (&self->timers);
  gint64    wait;

  *timeout = -1;
  if (btfw_loop_has_work (self))
    return TRUE;
  if (due == G_MAXINT64)
    return FALSE;

  /* Rounded up: to wake too early would be to spin until the time has come. */
  wait = due - g_get_monotonic_time ();
  *timeout = wait > 0 ? (int) MIN ((wait - 1) / 1000 + 1, G_MAXINT) : 0;
  return wait <= 0;
}

static gboolean
btfw_loop_source_check (GSource *source)
{
  BtfwLoop *self = btfw_loop_from_source (source);

  return g_source_query_unix_fd (source, self->poll_tag) != 0 || btfw_loop_has_work (self) ||
         btfw_timers_get_due (&self->timers) <= g_get_monotonic_time ();
}

static gboolean
btfw_loop_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  BtfwLoop *self = btfw_loop_from_source (source);

  /* A callback that runs the context does not get the loop to run in itself. */
  if (self->dispatching)
    return G_SOURCE_CONTINUE;

  self->now = g_get_monotonic_time ();
  if (g_source_query_unix_fd (source, self->poll_tag) != 0)
    btfw_loop_note_events (self);
  btfw_loop_dispatch (self);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
  .prepare = btfw_loop_source_prepare,
  .check = btfw_loop_source_check,
  .dispatch = btfw_loop_source_dispatch,
};

static void
btfw_loop_attach (BtfwLoop *self)
{
  self->source = g_source_new (&source_funcs, sizeof (BtfwLoopSource));
  ((BtfwLoopSource *) self->source)->loop = self;
  g_source_set_static_name (self->source, "btfw loop");

  /* Sources that cannot recurse are taken from the context's descriptors and
   * put back around each dispatch, with a wake-up each time. */
  g_source_set_can_recurse (self->source, TRUE);
  self->poll_tag = g_source_add_unix_fd (self->source, self->epoll_fd, G_IO_IN);
  g_source_attach (self->source, self->context);
}

/* Making a loop */

static guint64
btfw_loop_get_system_seed (void)
{
  guint64 seed = 0;

  if (getrandom (&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
    seed = (guint64) g_get_real_time ();
  return seed;
}

static BtfwLoop *
btfw_loop_alloc (guint64 seed)
{
  BtfwLoop *self = g_new0 (BtfwLoop, 1);

  self->epoll_fd = -1;
  self->seed = seed != 0 ? seed : btfw_loop_get_system_seed ();
  self->n_forks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

static gboolean
btfw_loop_init_epoll (BtfwLoop *self, GError **error)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLET };

  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll_fd >= 0 &&
      epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, btfw_queue_get_fd (self->queue), &event) == 0)
    return TRUE;

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_FAILED,
               _("cannot make an epoll descriptor: %s"), g_strerror (errno));
  return FALSE;
}

BtfwLoop *
btfw_loop_new (GMainContext *context, guint64 seed, GError **error)
{
  g_autoptr (BtfwLoop) self = btfw_loop_alloc (seed);

  self->queue = btfw_queue_new (TRUE, error);
  if (self->queue == NULL || !btfw_loop_init_epoll (self, error))
    return NULL;

  self->context = context != NULL ? g_main_context_ref (context) : g_main_context_ref_thread_default ();
  self->now = g_get_monotonic_time ();
  btfw_loop_attach (self);
  return g_steal_pointer (&self);
}

BtfwLoop *
btfw_loop_new_virtual (guint64 seed)
{
  BtfwLoop *self = btfw_loop_alloc (seed);

  self->queue = btfw_queue_new (FALSE, NULL);
  self->context = g_main_context_ref_thread_default ();
  self->now = VIRTUAL_START;
  return self;
}

void
btfw_loop_free (BtfwLoop *self)
{
  if (self == NULL)
    return;
  g_return_if_fail (!self->dispatching);

  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_source_unref (self->source);
    }
  g_clear_pointer (&self->context, g_main_context_unref);
  while (self->first_watch != NULL)
    btfw_loop_unlink_watch (self, self->first_watch);
  while (self->first_idle != NULL)
    btfw_loop_cancel_idle (self, self->first_idle);
  btfw_timers_clear (&self->timers);
  btfw_outbox_clear (&self->outbox);
  btfw_queue_free (self->queue);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  g_hash_table_unref (self->n_forks);
  g_free (self);
}

GMainContext *
btfw_loop_get_context (BtfwLoop *self)
{
  return self->context;
}

/* Time */

gint64
btfw_loop_get_time (BtfwLoop *self)
{
  /* Other sources of the context call in too, long after the last dispatch. */
  return self->dispatching ? self->now : btfw_loop_refresh_time (self);
}

gint64
btfw_loop_refresh_time (BtfwLoop *self)
{
  if (!btfw_loop_is_virtual (self))
    self->now = g_get_monotonic_time ();
  return self->now;
}

/* Until nothing is left to do at this moment. */
static void
btfw_loop_settle (BtfwLoop *self)
{
  do
    {
      self->queue_ready = TRUE;
      btfw_loop_dispatch (self);
    }
  while (g_main_context_iteration (self->context, FALSE) || btfw_loop_has_work (self) ||
         btfw_queue_get_length (self->queue) > 0);
}

void
btfw_loop_advance (BtfwLoop *self, gint64 time)
{
  g_return_if_fail (btfw_loop_is_virtual (self) && !self->dispatching);

  for (;;)
    {
      gint64 due;

      btfw_loop_settle (self);
      due = btfw_timers_get_due (&self->timers);
      if (due > time || due == G_MAXINT64)
        break;
      self->now = MAX (self->now, due);
    }
  self->now = MAX (self->now, time);
}

void
btfw_loop_set_timer (BtfwLoop *self, BtfwTimer *timer, gint64 due)
{
  btfw_timers_set (&self->timers, timer, due);
}

void
btfw_loop_clear_timer (BtfwLoop *self, BtfwTimer *timer)
{
  btfw_timers_unset (&self->timers, timer);
}

/* Dice */

void
btfw_loop_fork_random (BtfwLoop *self, const char *name, BtfwRandom *random)
{
  guint nth = GPOINTER_TO_UINT (g_hash_table_lookup (self->n_forks, name));

  btfw_random_init (random, self->seed, name, nth);
  g_hash_table_insert (self->n_forks, g_strdup (name), GUINT_TO_POINTER (nth + 1));
}

/* Watches */

gboolean
btfw_loop_add_watch (BtfwLoop *self, BtfwWatch *watch, GError **error)
{
  struct epoll_event event = {
    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
    .data.ptr = watch,
  };

  watch->queued = FALSE;
  watch->next = watch->previous = NULL;
  if (watch->fd < 0)
    return TRUE;

  if (btfw_loop_is_virtual (self))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED,
                   _("a virtual loop cannot watch descriptors"));
      return FALSE;
    }
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_FAILED,
                   _("cannot watch descriptor %d: %s"), watch->fd, g_strerror (errno));
      return FALSE;
    }
  return TRUE;
}

void
btfw_loop_remove_watch (BtfwLoop *self, BtfwWatch *watch)
{
  btfw_loop_unlink_watch (self, watch);

  /* Even if it will be closed: a copy of the descriptor elsewhere would keep
   * its events, and their pointer to @watch, alive. */
  if (watch->fd >= 0 && self->epoll_fd >= 0)
    epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
}

void
btfw_loop_queue_watch (BtfwLoop *self, BtfwWatch *watch)
{
  btfw_loop_link_watch (self, watch);
}

/* Idles */

void
btfw_loop_queue_idle (BtfwLoop *self, BtfwIdle *idle)
{
  if (idle->queued)
    return;

  idle->queued = TRUE;
  idle->next = NULL;
  if (self->last_idle != NULL)
    self->last_idle->next = idle;
  else
    self->first_idle = idle;
  self->last_idle = idle;
  self->n_idles++;
}

void
btfw_loop_cancel_idle (BtfwLoop *self, BtfwIdle *idle)
{
  BtfwIdle *previous = NULL;

  if (!idle->queued)
    return;

  if (self->first_idle != idle)
    for (previous = self->first_idle; previous->next != idle;)
      previous = previous->next;

  if (previous != NULL)
    previous->next = idle->next;
  else
    self->first_idle = idle->next;
  if (self->last_idle == idle)
    self->last_idle = previous;

  idle->queued = FALSE;
  idle->next = NULL;
  self->n_idles--;
}

/* Messages */

BtfwQueue *
btfw_loop_get_queue (BtfwLoop *self)
{
  return self->queue;
}

void
btfw_loop_handle_messages (BtfwLoop *self)
{
  self->queue_ready = TRUE;
  while (btfw_loop_handle_message (self))
    ;
}

void
btfw_loop_send (BtfwLoop *self, BtfwQueue *queue, BtfwMessage *message)
{
  btfw_outbox_add (&self->outbox, queue, message);
}

void
btfw_loop_flush (BtfwLoop *self)
{
  btfw_outbox_flush (&self->outbox);
}
