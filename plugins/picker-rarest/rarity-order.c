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
  *self = (RarityOrder){
    .n_pieces = n_pieces,
    .roll = roll,
    .dice = dice,
    .order = g_new (guint32, MAX (n_pieces, 1)),
    .places = g_new (guint32, MAX (n_pieces, 1)),
    .levels = g_malloc (MAX (n_pieces, 1)),
    .ends = g_new (guint32, RARITY_N_LEVELS + 1),
  };
  for (guint level = 0; level < RARITY_N_LEVELS; level++)
    self->ends[level] = 0;
  self->ends[RARITY_OUT] = n_pieces;
  for (guint32 i = 0; i < n_pieces; i++)
    {
      put (self, i, i);
      self->levels[i] = RARITY_OUT;
    }
}

void
rarity_order_clear (RarityOrder *self)
{
  g_clear_pointer (&self->order, g_free);
  g_clear_pointer (&self->places, g_free);
  g_clear_pointer (&self->levels, g_free);
  g_clear_pointer (&self->ends, g_free);
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
  guint at = rarity_order_get_level (self, piece);

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

/* Each level in itself. */
static void
shuffle (RarityOrder *self)
{
  for (guint32 place = 0; place < rarity_order_get_n (self); place++)
    {
      guint   level = self->levels[self->order[place]];
      guint32 begin = level == 0 ? 0 : self->ends[level - 1];

      swap (self, place, begin + self->roll (self->dice, place - begin + 1));
    }
}

void
rarity_order_sort (RarityOrder *self, guint (*get_level) (gpointer data, guint32 piece), gpointer data)
{
  guint32 n_of_level[RARITY_N_LEVELS + 1] = { 0 };
  guint32 end = 0;

  for (guint32 piece = 0; piece < self->n_pieces; piece++)
    {
      self->levels[piece] = (guint8) get_level (data, piece);
      n_of_level[self->levels[piece]]++;
    }
  /* Each end begins at its level's begin, and grows as the level is filled. */
  for (guint level = 0; level <= RARITY_OUT; level++)
    {
      self->ends[level] = end;
      end += n_of_level[level];
    }
  for (guint32 piece = 0; piece < self->n_pieces; piece++)
    {
      guint level = self->levels[piece];

      put (self, self->ends[level]++, piece);
    }
  shuffle (self);
}
