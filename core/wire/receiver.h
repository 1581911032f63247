/* receiver.h: turns what a stream delivers into messages, and blocks into buffers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/stream.h"
#include "wire/scratch.h"
#include "wire/wire.h"

/* Peers answer requests in order nearly always. So a read is scattered as if
 * the next bytes were those answers: 13 bytes of header here, 16 KiB of
 * payload straight into the buffer where the block belongs, the next header …
 * One system call brings many blocks, and nothing is copied. Where the guess
 * proves wrong, the rest of that read is taken byte by byte. */

typedef struct _BtfwReceiver BtfwReceiver;

/* What the owner does. A function that answers FALSE with an error ends the
 * reading; none of them may free the receiver. */
typedef struct
{
  /* The blocks that should come next, soonest first; answers how many. */
  guint (*expect) (BtfwReceiver *self, BtfwBlock *blocks, guint max);
  /* A block that was not expected next begins to come: was it asked for at all? */
  gboolean (*accept) (BtfwReceiver *self, const BtfwBlock *block);
  /* One that was not accepted: is it worth reading past it? Optional. */
  gboolean (*on_refused) (BtfwReceiver *self, const BtfwBlock *block, GError **error);
  /* Buffers of BTFW_BLOCK_SIZE bytes; NULL when there is none now. */
  guint8 *(*take_buffer) (BtfwReceiver *self);
  void (*give_buffer) (BtfwReceiver *self, guint8 *buffer);
  /* A whole block; @data is the owner's from now on. */
  gboolean (*on_block) (BtfwReceiver *self, const BtfwBlock *block, guint8 *data, GError **error);
  /* A block that was not asked for, or had no buffer, was passed over. */
  gboolean (*on_dropped) (BtfwReceiver *self, const BtfwBlock *block, GError **error);
  /* Any other message; keep-alives are not told. */
  gboolean (*on_message) (BtfwReceiver *self, guint8 id, BtfwReader *body, GError **error);
} BtfwReceiverClass;

typedef enum
{
  BTFW_RECEIVER_HEADER,
  BTFW_RECEIVER_PAYLOAD,
  BTFW_RECEIVER_BODY,
  BTFW_RECEIVER_SKIP,
} BtfwReceiverState;

struct _BtfwReceiver
{
  const BtfwReceiverClass *klass;
  BtfwScratch             *scratch;
  guint32                  bitfield_size; /* of a bitfield message that is right */
  BtfwReceiverState        state;
  guint8                   header[BTFW_WIRE_PIECE_HEADER];
  guint8                   header_filled;
  guint8                   depth; /* how many blocks the next read looks ahead */
  guint32                  filled; /* of payload, body, or what is skipped */
  guint32                  body_size;
  BtfwBlock                block;
  guint8                  *data; /* payload or body */
};

typedef enum
{
  BTFW_RECEIVER_MORE,    /* stopped at @max */
  BTFW_RECEIVER_DRAINED, /* nothing more for now; readiness is cleared */
  BTFW_RECEIVER_STARVED, /* no buffer; try again when there is one */
  BTFW_RECEIVER_END,     /* the other side closed */
  BTFW_RECEIVER_FAILED,  /* @error says why */
} BtfwReceiverResult;

void btfw_receiver_init (BtfwReceiver *self, const BtfwReceiverClass *klass, BtfwScratch *scratch, guint32 bitfield_size);
/* Gives the buffer of an unfinished block back. */
void btfw_receiver_clear (BtfwReceiver *self);
/* One read of at most @max bytes; @n_read is filled in any case. */
BtfwReceiverResult btfw_receiver_read (BtfwReceiver *self, BtfwStream *stream, gsize max, gsize *n_read, GError **error);
/* Bytes that came in another way: behind a handshake, or in tests. */
gboolean btfw_receiver_feed (BtfwReceiver *self, const guint8 *data, gsize size, GError **error);

/* Whether bytes of a block are on their way now, and of which. */
static inline const BtfwBlock *
btfw_receiver_get_partial (const BtfwReceiver *self)
{
  return self->state == BTFW_RECEIVER_PAYLOAD ? &self->block : NULL;
}
