/* workers.h: how volumes hand their calls to the workers of a disk and back. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "disk/disk.h"

/* Asked for by whoever has calls waiting: run() is called once at the end of
 * the dispatch, and sends what may go. Embedded in its owner. */
typedef struct _BtfwPump BtfwPump;
struct _BtfwPump
{
  BtfwPump *next;
  gboolean  queued;
  void (*run) (BtfwPump *pump);
};
void btfw_disk_queue_pump (BtfwDisk *self, BtfwPump *pump);

/* Loop's thread: has message->handle() called on a worker. All that is sent in
 * one dispatch goes with one wake-up. */
void btfw_disk_send (BtfwDisk *self, BtfwMessage *message);
/* Worker: has message->handle(), changed by the caller, called on the loop's
 * thread, where it must begin with btfw_disk_returned(). */
void btfw_disk_reply (BtfwDisk *self, BtfwMessage *message);
void btfw_disk_returned (BtfwDisk *self);

/* How many calls of one kind a volume may have under way. */
guint btfw_disk_get_n_workers (BtfwDisk *self);
BtfwLoop *btfw_disk_get_loop (BtfwDisk *self);
