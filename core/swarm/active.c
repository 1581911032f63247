/* active.c: the pieces that are on their way, block by block. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/active.h"

void
btfw_actives_init (BtfwActives *self, BtfwLayout *layout)
{
  *self = (BtfwActives){
    .layout = layout == NULL ? NULL : btfw_layout_ref (layout),
    .pieces = g_ptr_array_new (),
    .n_pieces = layout == NULL ? 0 : btfw_layout_get_n_pieces (layout),
  };
}

void
btfw_actives_clear (BtfwActives *self)
{
  if (self->pieces == NULL)
    return;

  while (self->pieces->len > 0)
    btfw_actives_end (self, btfw_actives_get (self, self->pieces->len - 1));
  g_clear_pointer (&self->pieces, g_ptr_array_unref);
  g_clear_pointer (&self->places, g_free);
  g_clear_pointer (&self->layout, btfw_layout_unref);
}

BtfwActivePiece *
btfw_actives_find (const BtfwActives *self, guint32 piece)
{
  if (self->places == NULL || piece >= self->n_pieces || self->places[piece] == 0)
    return NULL;
  return btfw_actives_get (self, self->places[piece] - 1u);
}

BtfwActivePiece *
btfw_actives_begin (BtfwActives *self, guint32 piece)
{
  guint32          length = btfw_layout_get_piece_length (self->layout, piece);
  guint32          n_blocks = (length + BTFW_BLOCK_SIZE - 1) / BTFW_BLOCK_SIZE;
  BtfwActivePiece *active;

  g_assert (btfw_actives_find (self, piece) == NULL);
  if (self->pieces->len >= BTFW_ACTIVES_MAX)
    return NULL;

  active = g_try_malloc0 (sizeof *active + n_blocks * sizeof active->blocks[0]);
  if (active == NULL)
    return NULL;
  if (self->places == NULL)
    self->places = g_new0 (guint16, self->n_pieces);

  active->piece = piece;
  active->length = length;
  active->n_blocks = n_blocks;
  active->n_free = n_blocks;
  active->place = self->pieces->len;
  btfw_hasher_init (&active->hasher, BTFW_HASH_SHA1);
  g_ptr_array_add (self->pieces, active);
  self->places[piece] = (guint16) self->pieces->len;
  return active;
}

void
btfw_actives_end (BtfwActives *self, BtfwActivePiece *active)
{
  BtfwActivePiece *moved;

  g_assert (active->n_jobs == 0);
  g_ptr_array_remove_index_fast (self->pieces, active->place);
  self->places[active->piece] = 0;
  if (active->place < self->pieces->len)
    {
      moved = btfw_actives_get (self, active->place);
      moved->place = active->place;
      self->places[moved->piece] = (guint16) (moved->place + 1);
    }
  btfw_hasher_clear (&active->hasher);
  g_free (active);
}

guint32
btfw_active_get_block_size (const BtfwActivePiece *self, guint32 block)
{
  return MIN (BTFW_BLOCK_SIZE, self->length - block * BTFW_BLOCK_SIZE);
}

BtfwBlock
btfw_active_get_block (const BtfwActivePiece *self, guint32 block)
{
  return (BtfwBlock){ self->piece, block * BTFW_BLOCK_SIZE, btfw_active_get_block_size (self, block) };
}

guint32
btfw_active_find_block (const BtfwActivePiece *self, const BtfwBlock *block)
{
  guint32 number = block->offset / BTFW_BLOCK_SIZE;

  if (block->offset % BTFW_BLOCK_SIZE != 0 || number >= self->n_blocks ||
      block->length != btfw_active_get_block_size (self, number))
    return G_MAXUINT32;
  return number;
}

void
btfw_active_ask (BtfwActivePiece *self, guint32 block)
{
  BtfwActiveBlock *slot = &self->blocks[block];

  g_assert (slot->state <= BTFW_BLOCK_ASKED);
  if (slot->state == BTFW_BLOCK_FREE)
    self->n_free--;
  slot->state = BTFW_BLOCK_ASKED;
  slot->n_asked++;
}

gboolean
btfw_active_unask (BtfwActivePiece *self, guint32 block)
{
  BtfwActiveBlock *slot = &self->blocks[block];

  g_assert (slot->n_asked > 0);
  slot->n_asked--;
  if (slot->n_asked > 0 || slot->state != BTFW_BLOCK_ASKED)
    return FALSE;

  slot->state = BTFW_BLOCK_FREE;
  self->n_free++;
  return TRUE;
}

gboolean
btfw_active_receive (BtfwActivePiece *self, guint32 block, guint8 *data, guint32 source)
{
  BtfwActiveBlock *slot = &self->blocks[block];

  if (slot->state > BTFW_BLOCK_ASKED)
    return FALSE;

  if (slot->state == BTFW_BLOCK_FREE)
    self->n_free--;
  slot->state = BTFW_BLOCK_HELD;
  slot->data = data;
  slot->source = source;
  self->n_received++;
  return TRUE;
}

guint8 *
btfw_active_unreceive (BtfwActivePiece *self, guint32 block)
{
  BtfwActiveBlock *slot = &self->blocks[block];

  g_assert (slot->state == BTFW_BLOCK_HELD);
  slot->state = slot->n_asked > 0 ? BTFW_BLOCK_ASKED : BTFW_BLOCK_FREE;
  slot->source = 0;
  self->n_free += slot->n_asked == 0;
  self->n_received--;
  return g_steal_pointer (&slot->data);
}

void
btfw_active_restart (BtfwActivePiece *self)
{
  g_assert (self->n_jobs == 0);

  self->n_free = 0;
  self->n_received = 0;
  self->front = 0;
  self->hashing = FALSE;
  self->tainted = FALSE;
  btfw_hasher_clear (&self->hasher);
  btfw_hasher_init (&self->hasher, BTFW_HASH_SHA1);
  for (guint32 i = 0; i < self->n_blocks; i++)
    {
      BtfwActiveBlock *slot = &self->blocks[i];

      g_assert (slot->data == NULL);
      slot->state = slot->n_asked > 0 ? BTFW_BLOCK_ASKED : BTFW_BLOCK_FREE;
      slot->source = 0;
      self->n_free += slot->n_asked == 0;
    }
}
