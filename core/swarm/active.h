/* active.h: the pieces that are on their way, block by block. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/hash.h"
#include "wire/wire.h"

#include <btfw/btfw-layout.h>

/* What became of a block. It only moves down this list, until its piece is
 * whole, or failed and begins anew. */
typedef enum
{
  BTFW_BLOCK_FREE,   /* nobody was asked for it */
  BTFW_BLOCK_ASKED,  /* somebody owes it to us */
  BTFW_BLOCK_HELD,   /* in memory */
  BTFW_BLOCK_MOVING, /* with a worker, to be written before its turn to be hashed */
  BTFW_BLOCK_STORED, /* written, not yet hashed, no longer in memory */
  BTFW_BLOCK_DONE,   /* with a worker, or through: hashed and written */
} BtfwBlockState;

typedef struct
{
  guint8 *data;    /* of a block that is held or with a worker */
  guint32 source;  /* who sent it */
  guint8  state;   /* a BtfwBlockState */
  guint8  n_asked; /* how many owe it to us */
  guint16 check;   /* of one that is stored: what was written, see BtfwSegment */
} BtfwActiveBlock;

typedef struct
{
  guint32         piece;
  guint32         length;
  guint32         n_blocks;
  guint32         n_free;     /* blocks in that state */
  guint32         n_received; /* blocks that are held or further */
  guint32         front;      /* the first block that is not yet given to be hashed */
  guint32         place;      /* in the table */
  guint           n_jobs;     /* with workers */
  gboolean        hashing;    /* one of them carries the hash on */
  gboolean        broken;     /* a write failed: it begins anew once the workers let go */
  gboolean        failed;     /* failed once: one source alone may bring it */
  gboolean        tainted;    /* a source that is banned had a part in it */
  guint32         sole_source; /* whoever brings it alone; 0 for nobody */
  BtfwHasher      hasher;
  BtfwActiveBlock blocks[];
} BtfwActivePiece;

/* The table: found by piece in one step. */
typedef struct
{
  BtfwLayout *layout;
  GPtrArray  *pieces;
  guint16    *places; /* by piece: its place + 1, or 0; NULL until the first */
  guint32     n_pieces;
} BtfwActives;

/* So that a place fits into 16 bits; far above what budgets allow. */
#define BTFW_ACTIVES_MAX 60000

/* @layout: NULL while none is known, and no piece can be begun. */
void             btfw_actives_init (BtfwActives *self, BtfwLayout *layout);
void             btfw_actives_clear (BtfwActives *self);
BtfwActivePiece *btfw_actives_find (const BtfwActives *self, guint32 piece);
/* NULL when there are too many, or no memory. */
BtfwActivePiece *btfw_actives_begin (BtfwActives *self, guint32 piece);
/* Frees it; the data of its blocks must be gone. */
void             btfw_actives_end (BtfwActives *self, BtfwActivePiece *active);

static inline guint
btfw_actives_get_n (const BtfwActives *self)
{
  return self->pieces->len;
}

static inline BtfwActivePiece *
btfw_actives_get (const BtfwActives *self, guint i)
{
  return g_ptr_array_index (self->pieces, i);
}

guint32   btfw_active_get_block_size (const BtfwActivePiece *self, guint32 block);
BtfwBlock btfw_active_get_block (const BtfwActivePiece *self, guint32 block);
/* The number of the block that is exactly @block, or G_MAXUINT32. */
guint32   btfw_active_find_block (const BtfwActivePiece *self, const BtfwBlock *block);
void      btfw_active_ask (BtfwActivePiece *self, guint32 block);
/* One owes it no longer; TRUE when with that it became free. */
gboolean  btfw_active_unask (BtfwActivePiece *self, guint32 block);
/* Keeps @data; FALSE when the block had come before. */
gboolean  btfw_active_receive (BtfwActivePiece *self, guint32 block, guint8 *data, guint32 source);
/* A block that is held is not kept: answers its data, which is the caller's. */
guint8   *btfw_active_unreceive (BtfwActivePiece *self, guint32 block);
/* All blocks that are not asked for are free again, and the hash begins anew. */
void      btfw_active_restart (BtfwActivePiece *self);
