/* sender.h: the bytes that wait to go out to one peer: messages, and blocks from files. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/stream.h"
#include "wire/scratch.h"

#include <btfw/btfw-storage.h>

/* A block that is ready to go out: either a lease on a file that has all of
 * it, or its bytes in memory. */
typedef struct
{
  BtfwBlock  block;
  BtfwLease *lease;  /* owned; NULL when data is there */
  gint64     offset; /* of the block in the lease's descriptor */
  guint8    *data;
  guint8     header[BTFW_WIRE_PIECE_HEADER];
  guint8     header_sent;
  guint32    sent;
} BtfwOutgoing;

typedef struct _BtfwSender BtfwSender;

typedef struct
{
  /* Fills in block, and lease or data, of the next block; FALSE when none is ready. */
  gboolean (*next) (BtfwSender *self, BtfwOutgoing *outgoing);
  /* The block that next() will give when it was called @i times before: the same
   * is filled in, but the lease is borrowed, and nothing is taken. FALSE when
   * that is not ready yet. Optional: without it each block goes out by itself. */
  gboolean (*ahead) (BtfwSender *self, guint i, BtfwOutgoing *outgoing);
  /* The block went out, or never will: frees data. */
  void (*done) (BtfwSender *self, BtfwOutgoing *outgoing, gboolean sent);
} BtfwSenderClass;

/* Messages go out before blocks, but never into the middle of one. */
struct _BtfwSender
{
  const BtfwSenderClass *klass;
  BtfwScratch           *scratch;
  GByteArray            *messages; /* append with btfw_wire_put_…(); NULL when empty */
  guint                  messages_sent;
  gboolean               busy;  /* with outgoing */
  guint8                 depth; /* how many blocks the next write takes along */
  BtfwOutgoing           outgoing;
};

typedef enum
{
  BTFW_SENDER_EMPTY,  /* nothing to send */
  BTFW_SENDER_FULL,   /* the socket takes no more; readiness is cleared */
  BTFW_SENDER_MORE,   /* stopped at @max */
  BTFW_SENDER_FAILED, /* @error says why */
} BtfwSenderResult;

void        btfw_sender_init (BtfwSender *self, const BtfwSenderClass *klass, BtfwScratch *scratch);
void        btfw_sender_clear (BtfwSender *self);
/* Where to append messages. */
GByteArray *btfw_sender_get_messages (BtfwSender *self);
guint       btfw_sender_get_n_waiting (const BtfwSender *self);
/* Sends messages, and at most @max bytes of blocks. @n_payload counts what
 * went out of blocks, @n_messages the rest; both are filled in any case. A file that
 * shrank under us is a %BTFW_STORAGE_ERROR. */
BtfwSenderResult btfw_sender_write (BtfwSender *self,
                                    BtfwStream *stream,
                                    gsize       max,
                                    gsize      *n_payload,
                                    gsize      *n_messages,
                                    GError    **error);
/* Whether a block is on its way and cannot be taken back any more. */
gboolean btfw_sender_is_sending (const BtfwSender *self, const BtfwBlock *block);
