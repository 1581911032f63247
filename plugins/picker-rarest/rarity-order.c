/* rarity-order.c: pieces in the order in which they are worth asking for. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rarity-order.h"

static void
put (RarityOrder *self, guint32 place, guint32 piece)
{
  self->order[place] = piece;
  self->places[piece] = place;
}

static void
swap (RarityOrder *self, guint32 a, guint32 b)
{
  guint32 piece = self->order[a];

  put (self, a, self->order[b]);
  put (self, b, piece);
}

void
rarity_order_init (RarityOrder *self, guint32 n_pieces, guint32 (*shuffle) (gpointer data, guint32 n), gpointer data)
{
  self->n_pieces = n_pieces;
  self->order = g_new (guint32, MAX (n_pieces, 1));
  self->places = g_new (guint32, MAX (n_pieces, 1));
  self->levels = g_malloc (MAX (n_pieces, 1));
  for (guint32 i = 0; i < n_pieces; i++)
    {
      put (self, i, i);
      self->levels[i] = RARITY_OUT;
    }
  for (guint32 i = n_pieces; i > 1; i--)
    swap (self, i - 1, shuffle (data, i));
  for (guint level = 0; level < RARITY_N_LEVELS; level++)
    self->ends[level] = 0;
  self->ends[RARITY_OUT] = n_pieces;
}

void
rarity_order_clear (RarityOrder *self)
{
  g_clear_pointer (&self->order, g_free);
  g_clear_pointer (&self->places, g_free);
  g_clear_pointer (&self->levels, g_free);
  self->n_pieces = 0;
}

void
rarity_order_set_level (RarityOrder *self, guint32 piece, guint level)
{
  guint at = self->levels[piece];

  /* Back, over the ends of the levels between: it becomes their last piece. */
  for (; at < level; at++)
    {
      self->ends[at]--;
      swap (self, self->places[piece], self->ends[at]);
    }
  /* Forward, over the ends of the levels before it: it becomes their last piece. */
  for (; at > level; at--)
    {
      swap (self, self->places[piece], self->ends[at - 1]);
      self->ends[at - 1]++;
    }
  self->levels[piece] = (guint8) level;
}
