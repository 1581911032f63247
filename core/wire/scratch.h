/* scratch.h: room for what passes through in one call. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "wire/wire.h"

#include <btfw/btfw-types.h>

/* How many blocks one read can bring, and one write can take along. */
#define BTFW_SCRATCH_BLOCKS 32

/* Receivers and senders of a thread share it, as only one of them reads or
 * writes at a time, and none leaves anything in it. */
typedef struct
{
  guint8 headers[BTFW_SCRATCH_BLOCKS][BTFW_WIRE_PIECE_HEADER];
  guint8 linear[(BTFW_SCRATCH_BLOCKS + 1) * (BTFW_BLOCK_SIZE + BTFW_WIRE_PIECE_HEADER)];
} BtfwScratch;
