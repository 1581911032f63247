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
rarity_order_init (RarityOrder *self, guint32 n_pieces, guint32 (*roll) (gpointer dice, guint32 n), gpointer dice)
{
  self->n_pieces = n_pieces;
  self->roll = roll;
  self->dice = dice;
  self->order = g_new (guint32, MAX (n_pieces, 1));
  self->places = g_new (guint32, MAX (n_pieces, 1));
  self->levels = g_malloc (MAX (n_pieces, 1));
  for (guint32 i = 0; i < n_pieces; i++)
    {
      put (self, i, i);
      self->levels[i] = RARITY_OUT;
    }
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

/* Anywhere in its level. */
static void
mingle (RarityOrder *self, guint32 piece, guint level)
{
  guint32 begin = level == 0 ? 0 : self->ends[level - 1];

  swap (self, self->places[piece], begin + self->roll (self->dice, self->ends[level] - begin));
}

void
rarity_order_set_level (RarityOrder *self, guint32 piece, guint level)
{
  guint at = self->levels[piece];

  if (at == level)
    return;
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
  if (level != RARITY_OUT)
    mingle (self, piece, level);
}
