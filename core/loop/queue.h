/* queue.h: the one way in which our state goes from thread to thread. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Embed it in whatever is handed over. The receiver calls handle(), and owns
 * the message from then on. */
typedef struct _BtfwMessage BtfwMessage;
struct _BtfwMessage
{
  BtfwMessage *next;
  void (*handle) (BtfwMessage *message);
};

/* Many senders, one or more receivers. Whatever was written before a push is
 * seen after the pop (a pthread mutex, which race detectors understand). Either
 * receivers sleep in btfw_queue_pop(), or the queue has an event descriptor
 * that becomes readable, at most once between two pops. */
typedef struct _BtfwQueue BtfwQueue;

BtfwQueue   *btfw_queue_new (gboolean with_event_fd, GError **error);
void         btfw_queue_free (BtfwQueue *self);
int          btfw_queue_get_fd (BtfwQueue *self);
void         btfw_queue_push (BtfwQueue *self, BtfwMessage *message);
/* A chain linked by next, in order, with one wake-up. */
void         btfw_queue_push_all (BtfwQueue *self, BtfwMessage *first, BtfwMessage *last, guint n);
/* Takes all that is there, as a chain in order, and resets the event; NULL when
 * there is none. Does not wait. */
BtfwMessage *btfw_queue_pop_all (BtfwQueue *self);
/* Takes up to @max messages, or a fair share when several receivers sleep;
 * waits while there is none. NULL only once the queue is closed and empty. */
BtfwMessage *btfw_queue_pop (BtfwQueue *self, guint max);
void         btfw_queue_close (BtfwQueue *self);
/* How many wait now; of use to measure and to decide, not to count on. */
guint        btfw_queue_get_length (BtfwQueue *self);
/* How many receivers sleep in btfw_queue_pop(); as little to be counted on. */
guint        btfw_queue_get_n_sleeping (BtfwQueue *self);
