/* piece-map.c: which pieces we have and want, and how many peers have each. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/piece-map.h"

#include <string.h>

gboolean
btfw_piece_map_init (BtfwPieceMap *self, BtfwLayout *layout)
{
  *self = (BtfwPieceMap){
    .n_pieces = btfw_layout_get_n_pieces (layout),
    .wanted_bytes = btfw_layout_get_size (layout),
  };
  if (!btfw_bitfield_init (&self->have, self->n_pieces) || !btfw_bitfield_init (&self->missing, self->n_pieces))
    {
      btfw_piece_map_clear (self);
      return FALSE;
    }

  self->layout = btfw_layout_ref (layout);
  btfw_bitfield_set_all (&self->missing);
  return TRUE;
}

void
btfw_piece_map_clear (BtfwPieceMap *self)
{
  btfw_bitfield_clear (&self->have);
  btfw_bitfield_clear (&self->missing);
  g_clear_pointer (&self->priorities, g_free);
  g_clear_pointer (&self->counts, g_free);
  g_clear_pointer (&self->layout, btfw_layout_unref);
}

BtfwPriority
btfw_piece_map_get_priority (const BtfwPieceMap *self, guint32 piece)
{
  if (piece >= self->n_pieces)
    return BTFW_PRIORITY_SKIP;
  return self->priorities == NULL ? BTFW_PRIORITY_NORMAL : (BtfwPriority) self->priorities[piece];
}

gboolean
btfw_piece_map_set_have (BtfwPieceMap *self, guint32 piece)
{
  if (!btfw_bitfield_set (&self->have, piece))
    return FALSE;
  self->serial++;

  if (btfw_bitfield_unset (&self->missing, piece))
    self->done_bytes += btfw_layout_get_piece_length (self->layout, piece);
  return TRUE;
}

gboolean
btfw_piece_map_unset_have (BtfwPieceMap *self, guint32 piece)
{
  if (!btfw_bitfield_unset (&self->have, piece))
    return FALSE;
  self->serial++;

  if (btfw_piece_map_get_priority (self, piece) != BTFW_PRIORITY_SKIP && btfw_bitfield_set (&self->missing, piece))
    self->done_bytes -= btfw_layout_get_piece_length (self->layout, piece);
  return TRUE;
}

static void
raise_priority (BtfwPieceMap *self, guint32 file, guint8 priority)
{
  guint32 first, last;

  if (!btfw_layout_get_file_pieces (self->layout, file, &first, &last))
    return;
  for (guint32 piece = first; piece <= last; piece++)
    self->priorities[piece] = MAX (self->priorities[piece], priority);
}

/* Missing, wanted and done follow from priorities and have. */
static void
recount (BtfwPieceMap *self)
{
  self->wanted_bytes = 0;
  self->done_bytes = 0;
  btfw_bitfield_unset_all (&self->missing);

  for (guint32 piece = 0; piece < self->n_pieces; piece++)
    {
      guint32 length = btfw_layout_get_piece_length (self->layout, piece);

      if (btfw_piece_map_get_priority (self, piece) == BTFW_PRIORITY_SKIP)
        continue;
      self->wanted_bytes += length;
      if (btfw_bitfield_get (&self->have, piece))
        self->done_bytes += length;
      else
        btfw_bitfield_set (&self->missing, piece);
    }
}

void
btfw_piece_map_set_file_priorities (BtfwPieceMap *self, const guint8 *priorities)
{
  guint32 n_files = btfw_layout_get_n_files (self->layout);

  g_clear_pointer (&self->priorities, g_free);
  if (priorities != NULL)
    {
      self->priorities = g_malloc0 (MAX (self->n_pieces, 1));
      for (guint32 file = 0; file < n_files; file++)
        if (!(btfw_layout_get_file_flags (self->layout, file) & BTFW_FILE_PAD))
          raise_priority (self, file, priorities[file]);
    }
  recount (self);
}

void
btfw_piece_map_count (BtfwPieceMap *self, guint32 piece, int change)
{
  g_assert (piece < self->n_pieces);

  if (self->counts == NULL)
    self->counts = g_new0 (guint16, self->n_pieces);
  self->counts[piece] = (guint16) (self->counts[piece] + change);
}

void
btfw_piece_map_count_all (BtfwPieceMap *self, const BtfwBitfield *pieces, int change)
{
  for (guint32 piece = btfw_bitfield_next (pieces, 0); piece != BTFW_BIT_NONE;
       piece = btfw_bitfield_next (pieces, piece + 1))
    btfw_piece_map_count (self, piece, change);
}
