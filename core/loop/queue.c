/* queue.c: messages between threads, under one mutex that race detectors see. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "loop/queue.h"

#include <btfw/btfw-error.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct _BtfwQueue
{
  pthread_mutex_t mutex; /* guards all below but event_fd, which never changes */
  pthread_cond_t  filled;
  BtfwMessage    *first;
  BtfwMessage    *last;
  guint           n_messages;
  guint           n_sleeping; /* receivers in btfw_queue_pop() that have not woken yet */
  gboolean        signalled;  /* the event descriptor is readable */
  gboolean        closed;
  int             event_fd; /* or -1 */
};

BtfwQueue *
btfw_queue_new (gboolean with_event_fd, GError **error)
{
  BtfwQueue *self;
  int        fd = -1;

  if (with_event_fd)
    {
      fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
      if (fd < 0)
        {
          g_set_error (error, BTFW_ERROR, BTFW_ERROR_FAILED,
                       _("cannot make an event descriptor: %s"), g_strerror (errno));
          return NULL;
        }
    }

  self = g_new0 (BtfwQueue, 1);
  self->event_fd = fd;
  pthread_mutex_init (&self->mutex, NULL);
  pthread_cond_init (&self->filled, NULL);
  return self;
}

void
btfw_queue_free (BtfwQueue *self)
{
  if (self == NULL)
    return;

  if (self->event_fd >= 0)
    close (self->event_fd);
  pthread_cond_destroy (&self->filled);
  pthread_mutex_destroy (&self->mutex);
  g_free (self);
}

int
btfw_queue_get_fd (BtfwQueue *self)
{
  return self->event_fd;
}

/* Written under the mutex, so that whoever has handled a message may free the
 * queue without a sender still on its way to the descriptor. */
static void
btfw_queue_signal (BtfwQueue *self)
{
  const guint64 one = 1;

  if (self->signalled)
    return;

  /* Fails only when the counter is full, and then the descriptor is readable. */
  if (write (self->event_fd, &one, sizeof one) < 0)
    g_debug ("queue: event descriptor: %s", g_strerror (errno));
  self->signalled = TRUE;
}

static void
btfw_queue_reset_signal (BtfwQueue *self)
{
  guint64 count;

  if (!self->signalled)
    return;

  if (read (self->event_fd, &count, sizeof count) < 0)
    g_debug ("queue: event descriptor: %s", g_strerror (errno));
  self->signalled = FALSE;
}

static void
btfw_queue_wake_receivers (BtfwQueue *self, guint n_new)
{
  if (self->n_sleeping == 0)
    return;

  if (n_new == 1)
    pthread_cond_signal (&self->filled);
  else
    pthread_cond_broadcast (&self->filled);
}

void
btfw_queue_push (BtfwQueue *self, BtfwMessage *message)
{
  btfw_queue_push_all (self, message, message, 1);
}

void
btfw_queue_push_all (BtfwQueue *self, BtfwMessage *first, BtfwMessage *last, guint n)
{
  g_return_if_fail (first != NULL && last != NULL && n > 0);

  last->next = NULL;

  pthread_mutex_lock (&self->mutex);
  if (self->last != NULL)
    self->last->next = first;
  else
    self->first = first;
  self->last = last;
  self->n_messages += n;

  if (self->event_fd >= 0)
    btfw_queue_signal (self);
  btfw_queue_wake_receivers (self, n);
  pthread_mutex_unlock (&self->mutex);
}

BtfwMessage *
btfw_queue_pop_all (BtfwQueue *self)
{
  BtfwMessage *first;

  pthread_mutex_lock (&self->mutex);
  first = self->first;
  self->first = self->last = NULL;
  self->n_messages = 0;
  btfw_queue_reset_signal (self);
  pthread_mutex_unlock (&self->mutex);
  return first;
}

/* Takes @n messages off the front; there are at least so many. */
static BtfwMessage *
btfw_queue_cut (BtfwQueue *self, guint n)
{
  BtfwMessage *first = self->first;
  BtfwMessage *last = first;

  for (guint i = 1; i < n; i++)
    last = last->next;

  self->first = last->next;
  if (self->first == NULL)
    self->last = NULL;
  self->n_messages -= n;
  last->next = NULL;
  return first;
}

BtfwMessage *
btfw_queue_pop (BtfwQueue *self, guint max)
{
  BtfwMessage *first = NULL;

  g_return_val_if_fail (max > 0, NULL);

  pthread_mutex_lock (&self->mutex);
  while (self->first == NULL && !self->closed)
    {
      self->n_sleeping++;
      pthread_cond_wait (&self->filled, &self->mutex);
      self->n_sleeping--;
    }

  if (self->first != NULL)
    {
      /* Those still asleep were woken for the same messages: leave them theirs. */
      guint n_receivers = self->n_sleeping + 1;
      guint share = self->n_messages / n_receivers + (self->n_messages % n_receivers != 0);

      first = btfw_queue_cut (self, MIN (share, max));
      if (self->first != NULL)
        btfw_queue_wake_receivers (self, 1);
      else if (self->event_fd >= 0)
        btfw_queue_reset_signal (self);
    }
  pthread_mutex_unlock (&self->mutex);
  return first;
}

void
btfw_queue_close (BtfwQueue *self)
{
  pthread_mutex_lock (&self->mutex);
  self->closed = TRUE;
  pthread_cond_broadcast (&self->filled);
  pthread_mutex_unlock (&self->mutex);
}

guint
btfw_queue_get_length (BtfwQueue *self)
{
  guint n;

  pthread_mutex_lock (&self->mutex);
  n = self->n_messages;
  pthread_mutex_unlock (&self->mutex);
  return n;
}

guint
btfw_queue_get_n_sleeping (BtfwQueue *self)
{
  guint n;

  pthread_mutex_lock (&self->mutex);
  n = self->n_sleeping;
  pthread_mutex_unlock (&self->mutex);
  return n;
}
