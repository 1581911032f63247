/* gather.h: blocks that go out to one peer in one call. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "wire/sender.h"

/* A block costs more in calls of its own (its header, then sendfile(2) of 16
 * KiB) than in copies of its bytes: gathered by the dozen they take half the
 * processor time, and less on the other side too, which gets them in full
 * segments. tests/bench/README.md has the figures. */
typedef struct
{
  guint        n_blocks;
  BtfwOutgoing blocks[BTFW_SCRATCH_BLOCKS]; /* the first is what the sender is busy with */
  guint8      *payload[BTFW_SCRATCH_BLOCKS]; /* what is left of each */
  guint32      sizes[BTFW_SCRATCH_BLOCKS];
  gsize        room_used;
} BtfwGather;

/* Fills it with up to @max bytes of what the sender is busy with and what comes
 * behind it, read from their files without waiting for a disk. FALSE when not
 * even the first block can be had that way. */
gboolean btfw_gather_fill (BtfwGather *self, BtfwSender *sender, gsize max);
/* Room for 2 * BTFW_SCRATCH_BLOCKS. Returns how many were set. */
int      btfw_gather_get_vectors (BtfwGather *self, struct iovec *vectors);
