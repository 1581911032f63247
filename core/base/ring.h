/* ring.h: a queue of small equal things in one growing block of memory. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Taking from the front, or near it, and adding at the end cost constant time
 * and allocate nothing once the queue has had its size. All zero but for
 * item_size is a valid start. */
typedef struct
{
  guint8 *items;
  guint   item_size;
  guint   size; /* a power of two, or 0 */
  guint   head;
  guint   n;
} BtfwRing;

/* The item at @i, counted from the oldest. */
static inline gpointer
btfw_ring_get (const BtfwRing *self, guint i)
{
  return self->items + (gsize) ((self->head + i) & (self->size - 1)) * self->item_size;
}

/* Appends a copy of @item. */
void btfw_ring_push (BtfwRing *self, gconstpointer item);
/* Copies the item at @i to @item and closes the gap from the front. */
void btfw_ring_remove (BtfwRing *self, guint i, gpointer item);
/* Empties it and frees its memory. */
void btfw_ring_clear (BtfwRing *self);
