/* rarity-order.h: pieces in the order in which they are worth asking for, kept up to date one step at a time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Availabilities from here on are one level: so common that their order does not matter. */
#define RARITY_MAX 80
/* Three priorities of so many levels each, the most urgent and rarest first. */
#define RARITY_N_LEVELS (3 * (RARITY_MAX + 1))
/* The level of pieces that are not to be begun. */
#define RARITY_OUT RARITY_N_LEVELS

/* One array of pieces, cut into levels. A piece goes to the next level by
 * changing places with the piece at the border, and the border moves by one:
 * constant time for each level that is crossed, and 9 bytes a piece. In its new
 * level it changes places with any other one: were equals in the order of their
 * coming, all clients of a swarm would ask for the same piece at the same time. */
typedef struct
{
  guint32  n_pieces;
  guint32 *order;
  guint32 *places; /* by piece: where it stands in order */
  guint8  *levels; /* by piece */
  guint32 *ends;   /* by level: behind its last piece */
  guint32 (*roll) (gpointer dice, guint32 n);
  gpointer dice;
} RarityOrder;

/* All pieces are out. @roll is called with numbers above 0, and answers one from
 * 0 to below that. */
void    rarity_order_init (RarityOrder *self, guint32 n_pieces, guint32 (*roll) (gpointer dice, guint32 n), gpointer dice);
void    rarity_order_clear (RarityOrder *self);
void    rarity_order_set_level (RarityOrder *self, guint32 piece, guint level);
/* All levels at once, in the time that it takes to ask for them. */
void    rarity_order_sort (RarityOrder *self, guint (*get_level) (gpointer data, guint32 piece), gpointer data);

/* How many pieces are in, and the one at a place among them, best first. */
static inline guint32
rarity_order_get_n (const RarityOrder *self)
{
  return self->ends[RARITY_N_LEVELS - 1];
}

static inline guint
rarity_order_get_level (const RarityOrder *self, guint32 piece)
{
  return self->levels[piece];
}

static inline guint32
rarity_order_get (const RarityOrder *self, guint32 place)
{
  return self->order[place];
}
