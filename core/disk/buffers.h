/* buffers.h: the budget of memory for blocks, as a pool of buffers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>

/* Buffers of BTFW_BLOCK_SIZE bytes, page aligned, the one freed last given first
 * (its bytes are still in the cache). Used on the loop's thread only. */
typedef struct _BtfwBuffers BtfwBuffers;

BtfwBuffers *btfw_buffers_new (gsize budget);
void         btfw_buffers_free (BtfwBuffers *self);
/* NULL when the budget is used up. */
guint8      *btfw_buffers_take (BtfwBuffers *self);
void         btfw_buffers_give (BtfwBuffers *self, guint8 *buffer);
guint        btfw_buffers_get_n_used (BtfwBuffers *self);
guint        btfw_buffers_get_n_max (BtfwBuffers *self);
/* Gives the memory of buffers that are not in use back to the system. */
void         btfw_buffers_trim (BtfwBuffers *self);

/* Told when buffers are there again after a take that failed. */
void btfw_buffers_set_refill (BtfwBuffers *self, void (*refill) (gpointer), gpointer user_data);
