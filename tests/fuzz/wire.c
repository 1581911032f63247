/* wire.c: messages of peers. However the bytes are cut, the same is understood. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "wire/receiver.h"

#include <btfw/btfw-types.h>
#include <string.h>

/* The torrent of this peer has so many pieces. */
#define BITFIELD_SIZE 20u
#define BUFFERS_MAX 4u

typedef struct
{
  BtfwReceiver receiver; /* first */
  guint        n_buffers;
  guint64      trace; /* a hash of all that was told */
} Owner;

static void
note (Owner *self, const void *bytes, gsize size)
{
  const guint8 *data = bytes;

  for (gsize i = 0; i < size; i++)
    self->trace = (self->trace ^ data[i]) * G_GUINT64_CONSTANT (0x100000001b3);
}

static guint
expect (BtfwReceiver *receiver, BtfwBlock *blocks, guint max)
{
  return 0;
}

static gboolean
accept_block (BtfwReceiver *receiver, const BtfwBlock *block)
{
  g_assert_cmpuint (block->length, >, 0);
  g_assert_cmpuint (block->length, <=, BTFW_WIRE_BLOCK_MAX);
  return block->piece % 2 == 0;
}

static guint8 *
take_buffer (BtfwReceiver *receiver)
{
  Owner *self = (Owner *) receiver;

  if (self->n_buffers == BUFFERS_MAX)
    return NULL;
  self->n_buffers++;
  return g_malloc (BTFW_BLOCK_SIZE);
}

static void
give_buffer (BtfwReceiver *receiver, guint8 *buffer)
{
  ((Owner *) receiver)->n_buffers--;
  g_free (buffer);
}

static gboolean
on_block (BtfwReceiver *receiver, const BtfwBlock *block, guint8 *data, GError **error)
{
  g_assert_cmpuint (block->length, <=, BTFW_BLOCK_SIZE);
  note ((Owner *) receiver, block, sizeof *block);
  note ((Owner *) receiver, data, block->length);
  give_buffer (receiver, data);
  return TRUE;
}

static gboolean
on_dropped (BtfwReceiver *receiver, const BtfwBlock *block, GError **error)
{
  note ((Owner *) receiver, block, sizeof *block);
  return TRUE;
}

static gboolean
on_message (BtfwReceiver *receiver, guint8 id, BtfwReader *body, GError **error)
{
  BtfwReader copy = *body;
  BtfwBlock  block;
  guint32    piece;
  guint16    port;

  g_assert_cmpuint (body->left, <=, BTFW_WIRE_MESSAGE_MAX);
  note ((Owner *) receiver, &id, 1);
  note ((Owner *) receiver, body->data, body->left);
  switch (id)
    {
    case BTFW_WIRE_REQUEST:
    case BTFW_WIRE_CANCEL:
    case BTFW_WIRE_REJECT:
      return btfw_wire_read_block (&copy, &block, error);
    case BTFW_WIRE_HAVE:
    case BTFW_WIRE_SUGGEST:
    case BTFW_WIRE_ALLOWED_FAST:
      return btfw_wire_read_piece_index (&copy, &piece, error);
    case BTFW_WIRE_PORT:
      return btfw_wire_read_port (&copy, &port, error);
    default:
      return TRUE;
    }
}

static const BtfwReceiverClass receiver_class = {
  .expect = expect,
  .accept = accept_block,
  .take_buffer = take_buffer,
  .give_buffer = give_buffer,
  .on_block = on_block,
  .on_dropped = on_dropped,
  .on_message = on_message,
};

/* In parts of @part bytes; what was understood, and where it ended. */
static guint64
feed (const guint8 *data, gsize size, gsize part, gboolean *ok)
{
  static BtfwScratch scratch;
  g_autoptr (GError) error = NULL;
  Owner              owner = { .trace = G_GUINT64_CONSTANT (0xcbf29ce484222325) };

  btfw_receiver_init (&owner.receiver, &receiver_class, &scratch, BITFIELD_SIZE);
  *ok = TRUE;
  for (gsize done = 0; *ok && done < size; done += part)
    *ok = btfw_receiver_feed (&owner.receiver, data + done, MIN (part, size - done), &error);
  fuzz_check (*ok, &error);
  btfw_receiver_clear (&owner.receiver);
  g_assert_cmpuint (owner.n_buffers, ==, 0);
  return owner.trace;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gboolean ok;
  gboolean ok_in_parts;
  guint64  trace = feed (data, size, MAX (size, 1), &ok);

  g_assert_cmphex (feed (data, size, size > 4096 ? 997 : 1, &ok_in_parts), ==, trace);
  g_assert_true (ok == ok_in_parts);
  return 0;
}
