/* ring.c: a queue of small equal things in one growing block of memory. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/ring.h"

#include <string.h>

#define SIZE_FIRST 8

static void
grow (BtfwRing *self)
{
  guint   size = MAX (SIZE_FIRST, 2 * self->size);
  guint8 *items = g_malloc_n (size, self->item_size);

  for (guint i = 0; i < self->n; i++)
    memcpy (items + (gsize) i * self->item_size, btfw_ring_get (self, i), self->item_size);
  g_free (self->items);
  self->items = items;
  self->size = size;
  self->head = 0;
}

void
btfw_ring_push (BtfwRing *self, gconstpointer item)
{
  g_assert (self->item_size > 0);

  if (self->n == self->size)
    grow (self);
  self->n++;
  memcpy (btfw_ring_get (self, self->n - 1), item, self->item_size);
}

void
btfw_ring_remove (BtfwRing *self, guint i, gpointer item)
{
  g_assert (i < self->n);

  memcpy (item, btfw_ring_get (self, i), self->item_size);
  for (; i > 0; i--)
    memcpy (btfw_ring_get (self, i), btfw_ring_get (self, i - 1), self->item_size);
  self->head = (self->head + 1) & (self->size - 1);
  self->n--;
}

void
btfw_ring_clear (BtfwRing *self)
{
  g_clear_pointer (&self->items, g_free);
  self->size = 0;
  self->head = 0;
  self->n = 0;
}
