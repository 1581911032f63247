/* outbox.h: messages that wait for the end of a dispatch, by the queue they go to. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/queue.h"

/* All zero bytes is an empty one. */
typedef struct
{
  GArray *bundles; /* one for each queue that is sent to, in order of first use */
} BtfwOutbox;

void     btfw_outbox_clear (BtfwOutbox *self);
void     btfw_outbox_add (BtfwOutbox *self, BtfwQueue *queue, BtfwMessage *message);
gboolean btfw_outbox_is_empty (const BtfwOutbox *self);
/* Pushes everything, each queue's messages with one wake-up. */
void     btfw_outbox_flush (BtfwOutbox *self);
