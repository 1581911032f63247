/* sender.c: the bytes that wait to go out to one peer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/sender.h"

#include "wire/gather.h"

#include <glib/gi18n-lib.h>

#include <errno.h>

/* Memory for messages is kept while it is small, so that a busy peer does not
 * allocate for each of them. */
#define MESSAGES_KEEP 4096u

void
btfw_sender_init (BtfwSender *self, const BtfwSenderClass *klass, BtfwScratch *scratch)
{
  *self = (BtfwSender){ .klass = klass, .scratch = scratch, .depth = 1 };
}

static void
finish_outgoing (BtfwSender *self, gboolean sent)
{
  self->busy = FALSE;
  g_clear_pointer (&self->outgoing.lease, btfw_lease_unref);
  self->klass->done (self, &self->outgoing, sent);
}

void
btfw_sender_clear (BtfwSender *self)
{
  if (self->busy)
    finish_outgoing (self, FALSE);
  g_clear_pointer (&self->messages, g_byte_array_unref);
  self->messages_sent = 0;
}

GByteArray *
btfw_sender_get_messages (BtfwSender *self)
{
  if (self->messages == NULL)
    self->messages = g_byte_array_new ();
  return self->messages;
}

guint
btfw_sender_get_n_waiting (const BtfwSender *self)
{
  return self->messages == NULL ? 0 : self->messages->len - self->messages_sent;
}

gboolean
btfw_sender_is_sending (const BtfwSender *self, const BtfwBlock *block)
{
  return self->busy && btfw_block_equal (&self->outgoing.block, block);
}

static void
take_next (BtfwSender *self)
{
  self->outgoing = (BtfwOutgoing){ 0 };
  if (!self->klass->next (self, &self->outgoing))
    return;

  self->busy = TRUE;
  btfw_wire_fill_piece_header (self->outgoing.header, &self->outgoing.block);
}

static gboolean
is_inside_block (const BtfwSender *self)
{
  return self->busy && self->outgoing.header_sent > 0;
}

static void
forget_sent_messages (BtfwSender *self)
{
  if (btfw_sender_get_n_waiting (self) > 0 || self->messages == NULL)
    return;

  if (self->messages->len > MESSAGES_KEEP)
    g_clear_pointer (&self->messages, g_byte_array_unref);
  else
    g_byte_array_set_size (self->messages, 0);
  self->messages_sent = 0;
}

/* What went out of the block. */
static gsize
account_block (BtfwSender *self, gsize n, gsize *n_payload, gsize *n_messages)
{
  BtfwOutgoing *outgoing = &self->outgoing;
  gsize         header = MIN (n, (gsize) (BTFW_WIRE_PIECE_HEADER - outgoing->header_sent));
  gsize         payload = MIN (n - header, outgoing->block.length - outgoing->sent);

  outgoing->header_sent += (guint8) header;
  outgoing->sent += (guint32) payload;
  *n_messages += header;
  *n_payload += payload;
  if (outgoing->header_sent == BTFW_WIRE_PIECE_HEADER && outgoing->sent == outgoing->block.length)
    finish_outgoing (self, TRUE);
  return header + payload;
}

/* What went out, in the order of the vectors. Blocks behind the first one are
 * taken only now. Returns how many were begun. */
static guint
account (BtfwSender *self, gsize n, gboolean with_messages, gsize *n_payload, gsize *n_messages)
{
  guint n_blocks = 0;

  if (with_messages)
    {
      gsize part = MIN (n, btfw_sender_get_n_waiting (self));

      self->messages_sent += (guint) part;
      n -= part;
      *n_messages += part;
      forget_sent_messages (self);
    }

  for (; n > 0; n_blocks++)
    {
      if (!self->busy)
        take_next (self);
      g_assert (self->busy);
      n -= account_block (self, n, n_payload, n_messages);
    }
  return n_blocks;
}

/* The next write looks as far ahead as this one was taken, and then some. */
static void
adapt_depth (BtfwSender *self, guint n_blocks, gboolean all)
{
  self->depth = (guint8) MIN (all ? 2u * self->depth : n_blocks + 1, BTFW_SCRATCH_BLOCKS);
}

/* Messages, and blocks that are in memory or can be read at once. The bytes of
 * those that the socket does not take are read again later. */
static gssize
write_gathered (BtfwSender *self, BtfwStream *stream, BtfwGather *gather, gsize *n_payload, gsize *n_messages)
{
  struct iovec vectors[1 + 2 * BTFW_SCRATCH_BLOCKS];
  gboolean     with_messages = !is_inside_block (self) && btfw_sender_get_n_waiting (self) > 0;
  int          n_vectors = 0;
  gsize        size = 0;
  gssize       n;

  if (with_messages)
    vectors[n_vectors++] = (struct iovec){ self->messages->data + self->messages_sent, btfw_sender_get_n_waiting (self) };
  n_vectors += btfw_gather_get_vectors (gather, vectors + n_vectors);
  for (int i = 0; i < n_vectors; i++)
    size += vectors[i].iov_len;

  n = btfw_stream_writev (stream, vectors, n_vectors, FALSE);
  if (n > 0)
    adapt_depth (self, account (self, (gsize) n, with_messages, n_payload, n_messages), (gsize) n == size);
  return n;
}

/* Messages, and the header of a block that follows from its file. */
static gssize
write_memory (BtfwSender *self, BtfwStream *stream, gsize max, gsize *n_payload, gsize *n_messages)
{
  BtfwOutgoing *outgoing = &self->outgoing;
  struct iovec  vectors[2];
  int           n_vectors = 0;
  gboolean      with_messages = !is_inside_block (self) && btfw_sender_get_n_waiting (self) > 0;
  gboolean      with_header = self->busy && max > 0 && outgoing->header_sent < BTFW_WIRE_PIECE_HEADER;
  gssize        n;

  if (with_messages)
    vectors[n_vectors++] = (struct iovec){ self->messages->data + self->messages_sent, btfw_sender_get_n_waiting (self) };
  if (with_header)
    vectors[n_vectors++] = (struct iovec){ outgoing->header + outgoing->header_sent,
                                           BTFW_WIRE_PIECE_HEADER - outgoing->header_sent };
  if (n_vectors == 0)
    return 0;

  n = btfw_stream_writev (stream, vectors, n_vectors, with_header);
  if (n > 0)
    account (self, (gsize) n, with_messages, n_payload, n_messages);
  return n;
}

/* The bytes of the block from its file. */
static gssize
write_file (BtfwSender *self, BtfwStream *stream, gsize max, gsize *n_payload, GError **error)
{
  BtfwOutgoing *outgoing = &self->outgoing;
  gsize         size = MIN (max, outgoing->block.length - outgoing->sent);
  gssize        n;

  n = btfw_stream_send_file (stream, btfw_lease_get_fd (outgoing->lease),
                             outgoing->offset + outgoing->sent, size);
  if (n > 0)
    {
      outgoing->sent += (guint32) n;
      *n_payload += (gsize) n;
    }
  else if (n == 0)
    g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE,
                 _("a file became shorter while piece %u was sent from it"), outgoing->block.piece);
  /* No socket answers that: it is the disk. */
  else if (n == -EIO)
    g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN,
                 _("cannot read piece %u: %s"), outgoing->block.piece, g_strerror (EIO));
  return n;
}

static BtfwSenderResult
fail (gssize n, GError **error)
{
  if (n == -EAGAIN)
    return BTFW_SENDER_FULL;
  if (error != NULL && *error == NULL)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno ((int) -n), "%s", g_strerror ((int) -n));
  return BTFW_SENDER_FAILED;
}

BtfwSenderResult
btfw_sender_write (BtfwSender *self,
                   BtfwStream *stream,
                   gsize       max,
                   gsize      *n_payload,
                   gsize      *n_messages,
                   GError    **error)
{
  *n_payload = 0;
  *n_messages = 0;

  while (stream->watch.ready & BTFW_READY_WRITE)
    {
      BtfwGather gather;
      gsize      left = max - *n_payload;
      gssize     n;

      if (!self->busy && left > 0)
        take_next (self);
      /* With nothing left of @max nobody was asked for a block, so there may be more. */
      if (!self->busy && btfw_sender_get_n_waiting (self) == 0)
        return left > 0 ? BTFW_SENDER_EMPTY : BTFW_SENDER_MORE;

      if (self->busy && left > 0 && btfw_gather_fill (&gather, self, left))
        {
          n = write_gathered (self, stream, &gather, n_payload, n_messages);
          if (n <= 0)
            return fail (n, error);
          continue;
        }

      n = write_memory (self, stream, left, n_payload, n_messages);
      if (n < 0)
        return fail (n, error);
      if (n == 0 && left == 0)
        return BTFW_SENDER_MORE;

      left = max - *n_payload;
      if (self->busy && self->outgoing.lease != NULL && self->outgoing.header_sent == BTFW_WIRE_PIECE_HEADER && left > 0)
        {
          n = write_file (self, stream, left, n_payload, error);
          if (n <= 0)
            return fail (n, error);
        }
      if (self->busy && self->outgoing.sent == self->outgoing.block.length)
        finish_outgoing (self, TRUE);
    }
  return BTFW_SENDER_FULL;
}
