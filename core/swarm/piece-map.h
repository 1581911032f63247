/* piece-map.h: which pieces we have and want, and how many peers have each. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bitfield.h"

#include <btfw/btfw-layout.h>
#include <btfw/btfw-view.h>

typedef struct
{
  BtfwLayout  *layout;
  guint32      n_pieces;
  BtfwBitfield have;       /* verified and written */
  BtfwBitfield missing;    /* wanted, and not in have */
  guint8      *priorities; /* one a piece; NULL while all are normal */
  guint16     *counts;     /* availability without seeds; NULL until a peer has less than everything */
  guint32      n_seeds;
  guint64      wanted_bytes; /* of pieces that are wanted, here or not */
  guint64      done_bytes;   /* of those that are here */
  guint64      serial;       /* grows when a piece comes or goes */
} BtfwPieceMap;

gboolean     btfw_piece_map_init (BtfwPieceMap *self, BtfwLayout *layout);
void         btfw_piece_map_clear (BtfwPieceMap *self);

/* These answer whether anything changed. */
gboolean     btfw_piece_map_set_have (BtfwPieceMap *self, guint32 piece);
gboolean     btfw_piece_map_unset_have (BtfwPieceMap *self, guint32 piece);

BtfwPriority btfw_piece_map_get_priority (const BtfwPieceMap *self, guint32 piece);
/* Derives the priorities of pieces from those of files, one byte a file (a
 * piece has the highest of its files); NULL for all normal. */
void         btfw_piece_map_set_file_priorities (BtfwPieceMap *self, const guint8 *priorities);

static inline guint
btfw_piece_map_get_count (const BtfwPieceMap *self, guint32 piece)
{
  return self->counts == NULL || piece >= self->n_pieces ? 0 : self->counts[piece];
}

/* One peer more, or less, that has @piece, or all that is set in @pieces. */
void         btfw_piece_map_count (BtfwPieceMap *self, guint32 piece, int change);
void         btfw_piece_map_count_all (BtfwPieceMap *self, const BtfwBitfield *pieces, int change);
