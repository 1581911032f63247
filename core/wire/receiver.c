/* receiver.c: turns what a stream delivers into messages, and blocks into buffers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/receiver.h"

#include <btfw/btfw-types.h>

#include <errno.h>
#include <string.h>

/* A read without any block to expect: requests and haves are small. */
#define LINEAR_READ 16384u

/* The vectors of one read. The first is the rest of what is in progress, if
 * anything is; then header and payload in turn. */
typedef struct
{
  struct iovec vectors[2 * BTFW_SCRATCH_BLOCKS + 1];
  int          n_vectors;
  gsize        size;
  BtfwBlock    blocks[BTFW_SCRATCH_BLOCKS];
  guint8      *buffers[BTFW_SCRATCH_BLOCKS];
  guint        n_blocks;
  guint        used; /* buffers that are no longer the plan's */
} ReadPlan;

static guint32
get_u32 (const guint8 *bytes)
{
  guint32 value;

  memcpy (&value, bytes, 4);
  return GUINT32_FROM_BE (value);
}

static void
drop_data (BtfwReceiver *self)
{
  if (self->data == NULL)
    return;

  if (self->state == BTFW_RECEIVER_PAYLOAD)
    self->klass->give_buffer (self, self->data);
  else
    g_free (self->data);
  self->data = NULL;
}

static void
expect_header (BtfwReceiver *self)
{
  self->state = BTFW_RECEIVER_HEADER;
  self->header_filled = 0;
  self->filled = 0;
  self->data = NULL;
}

static gboolean
finish_payload (BtfwReceiver *self, GError **error)
{
  guint8 *data = g_steal_pointer (&self->data);

  expect_header (self);
  return self->klass->on_block (self, &self->block, data, error);
}

static gboolean
finish_body (BtfwReceiver *self, GError **error)
{
  g_autofree guint8 *data = g_steal_pointer (&self->data);
  BtfwReader         body = BTFW_READER (data, self->body_size);
  guint8             id = self->header[4];

  expect_header (self);
  return self->klass->on_message (self, id, &body, error);
}

static gboolean
finish_skip (BtfwReceiver *self, GError **error)
{
  expect_header (self);
  return self->klass->on_dropped (self, &self->block, error);
}

/* How many bytes of header this message has, as far as is known yet. */
static guint
get_header_size (const BtfwReceiver *self)
{
  if (self->header_filled < 4 || get_u32 (self->header) == 0)
    return 4;
  if (self->header_filled < 5 || self->header[4] != BTFW_WIRE_PIECE)
    return 5;
  return BTFW_WIRE_PIECE_HEADER;
}

/* Length and id are there: a claim that is too large ends the peer before
 * anything is allocated for it. */
static gboolean
check_length (const BtfwReceiver *self, GError **error)
{
  guint32 length = get_u32 (self->header);
  guint8  id = self->header[4];
  guint32 max = BTFW_WIRE_MESSAGE_MAX;

  if (id == BTFW_WIRE_PIECE && (length < 10 || length - 9 > BTFW_WIRE_BLOCK_MAX))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "a block message of %u bytes", length);
  if (id == BTFW_WIRE_BITFIELD)
    max = 1 + self->bitfield_size;
  if (length > max)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "message %u of %u bytes; %u are the limit", id, length, max);
  return TRUE;
}

static void
read_block_header (BtfwReceiver *self)
{
  self->block.length = get_u32 (self->header) - 9;
  self->block.piece = get_u32 (self->header + 5);
  self->block.offset = get_u32 (self->header + 9);
  self->filled = 0;
}

static gboolean
begin_payload (BtfwReceiver *self, GError **error)
{
  read_block_header (self);
  self->state = BTFW_RECEIVER_SKIP;
  if (self->block.length > BTFW_BLOCK_SIZE || !self->klass->accept (self, &self->block))
    return self->klass->on_refused == NULL || self->klass->on_refused (self, &self->block, error);

  self->data = self->klass->take_buffer (self);
  if (self->data != NULL)
    self->state = BTFW_RECEIVER_PAYLOAD;
  return TRUE;
}

/* The header is whole. */
static gboolean
begin_message (BtfwReceiver *self, GError **error)
{
  guint32 length = get_u32 (self->header);

  if (length == 0)
    {
      expect_header (self);
      return TRUE;
    }
  if (self->header[4] == BTFW_WIRE_PIECE)
    return begin_payload (self, error);

  self->body_size = length - 1;
  self->filled = 0;
  self->state = BTFW_RECEIVER_BODY;
  if (self->body_size == 0)
    return finish_body (self, error);

  self->data = g_try_malloc (self->body_size);
  if (self->data == NULL)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "no memory for a message of %u bytes", length);
  return TRUE;
}

/* A message that lies whole in what was read needs no memory of its own. */
static gboolean
try_whole_message (BtfwReceiver *self, const guint8 **data, gsize *left, gboolean *done, GError **error)
{
  guint32    length = get_u32 (self->header);
  BtfwReader body;
  guint8     id = self->header[4];

  *done = FALSE;
  if (id == BTFW_WIRE_PIECE || length - 1 > *left)
    return TRUE;

  body = BTFW_READER (*data, length - 1);
  *data += length - 1;
  *left -= length - 1;
  *done = TRUE;
  expect_header (self);
  return self->klass->on_message (self, id, &body, error);
}

static gboolean
feed_header (BtfwReceiver *self, const guint8 **data, gsize *left, GError **error)
{
  guint    size = get_header_size (self);
  gsize    n = MIN (*left, size - self->header_filled);
  gboolean done;

  memcpy (self->header + self->header_filled, *data, n);
  self->header_filled += (guint8) n;
  *data += n;
  *left -= n;
  if (self->header_filled < size || get_header_size (self) > size)
    return self->header_filled != 5 || check_length (self, error);

  if (self->header_filled == 5)
    {
      if (!check_length (self, error) || !try_whole_message (self, data, left, &done, error))
        return FALSE;
      if (done)
        return TRUE;
    }
  return begin_message (self, error);
}

static gsize
get_size_left (const BtfwReceiver *self)
{
  return (self->state == BTFW_RECEIVER_BODY ? self->body_size : self->block.length) - self->filled;
}

static gboolean
finish_if_filled (BtfwReceiver *self, GError **error)
{
  if (get_size_left (self) > 0)
    return TRUE;

  switch (self->state)
    {
    case BTFW_RECEIVER_PAYLOAD:
      return finish_payload (self, error);
    case BTFW_RECEIVER_BODY:
      return finish_body (self, error);
    case BTFW_RECEIVER_SKIP:
      return finish_skip (self, error);
    case BTFW_RECEIVER_HEADER:
      break;
    }
  return TRUE;
}

gboolean
btfw_receiver_feed (BtfwReceiver *self, const guint8 *data, gsize size, GError **error)
{
  while (size > 0)
    {
      gsize n;

      if (self->state == BTFW_RECEIVER_HEADER)
        {
          if (!feed_header (self, &data, &size, error))
            return FALSE;
          continue;
        }

      n = MIN (size, get_size_left (self));
      if (self->data != NULL)
        memcpy (self->data + self->filled, data, n);
      self->filled += (guint32) n;
      data += n;
      size -= n;
      if (!finish_if_filled (self, error))
        return FALSE;
    }
  return TRUE;
}

static void
plan_add (ReadPlan *plan, guint8 *data, gsize size)
{
  plan->vectors[plan->n_vectors].iov_base = data;
  plan->vectors[plan->n_vectors].iov_len = size;
  plan->n_vectors++;
  plan->size += size;
}

/* Cuts the plan down to @max bytes. */
static void
plan_cut (ReadPlan *plan, gsize max)
{
  while (plan->size > max)
    {
      struct iovec *last = &plan->vectors[plan->n_vectors - 1];
      gsize         excess = plan->size - max;

      if (last->iov_len > excess)
        {
          last->iov_len -= excess;
          plan->size -= excess;
          return;
        }
      plan->size -= last->iov_len;
      plan->n_vectors--;
    }
}

/* What should come behind whatever is in progress. The block that is on its
 * way is still owed, so it stands at the front of what the owner expects. */
static guint
expect_blocks (BtfwReceiver *self, BtfwBlock *blocks)
{
  guint n;

  if (self->state == BTFW_RECEIVER_SKIP)
    return 0;

  n = self->klass->expect (self, blocks, self->depth);
  if (n == 0 || self->state != BTFW_RECEIVER_PAYLOAD || !btfw_block_equal (&blocks[0], &self->block))
    return n;
  memmove (blocks, blocks + 1, (n - 1) * sizeof *blocks);
  return n - 1;
}

/* FALSE when not even the first thing could be given a place. */
static gboolean
make_plan (BtfwReceiver *self, ReadPlan *plan, gsize max)
{
  guint n;

  if (self->state == BTFW_RECEIVER_PAYLOAD || self->state == BTFW_RECEIVER_BODY)
    plan_add (plan, self->data + self->filled, get_size_left (self));

  n = expect_blocks (self, plan->blocks);
  for (guint i = 0; i < n && plan->size < max; i++)
    {
      gboolean is_first = i == 0 && self->state == BTFW_RECEIVER_HEADER;
      guint    filled = is_first ? self->header_filled : 0;
      guint8  *header = is_first ? self->header : self->scratch->headers[i];
      guint8  *buffer = self->klass->take_buffer (self);

      if (buffer == NULL)
        return plan->size > 0;
      plan->buffers[plan->n_blocks++] = buffer;
      plan_add (plan, header + filled, BTFW_WIRE_PIECE_HEADER - filled);
      plan_add (plan, buffer, plan->blocks[i].length);
    }

  if (plan->size == 0)
    plan_add (plan, self->scratch->linear,
              self->state == BTFW_RECEIVER_SKIP ? MIN (get_size_left (self), sizeof self->scratch->linear) : LINEAR_READ);
  plan_cut (plan, max);
  return TRUE;
}

/* The next read looks as far ahead as this one had data for, and then some. */
static void
adapt_depth (BtfwReceiver *self, const ReadPlan *plan, gsize n_read)
{
  if (n_read == plan->size)
    self->depth = MIN (2 * self->depth, BTFW_SCRATCH_BLOCKS);
  else
    self->depth = MIN (plan->used + 1, BTFW_SCRATCH_BLOCKS);
}

/* The guess went wrong at header @i: puts the rest of the read into one row
 * and takes it byte by byte. @header is what came of it in this read. */
static gboolean
take_linear (BtfwReceiver *self, ReadPlan *plan, guint i, guint header_size, const guint8 *header, gsize left, GError **error)
{
  guint8 *linear = self->scratch->linear;
  gsize   size = MIN (left, header_size);

  memcpy (linear, header, size);
  left -= size;
  for (; left > 0; i++)
    {
      gsize n = MIN (left, plan->blocks[i].length);

      memcpy (linear + size, plan->buffers[i], n);
      size += n;
      left -= n;
      n = MIN (left, BTFW_WIRE_PIECE_HEADER);
      if (n > 0)
        memcpy (linear + size, self->scratch->headers[i + 1], n);
      size += n;
      left -= n;
    }
  return btfw_receiver_feed (self, linear, size, error);
}

/* Block @i of the plan came as expected, @n bytes of it. */
static gboolean
take_expected (BtfwReceiver *self, ReadPlan *plan, guint i, gsize n, GError **error)
{
  self->state = BTFW_RECEIVER_PAYLOAD;
  self->block = plan->blocks[i];
  self->data = plan->buffers[i];
  self->filled = (guint32) n;
  plan->used = i + 1;
  return finish_if_filled (self, error);
}

static gboolean
take_pairs (BtfwReceiver *self, ReadPlan *plan, guint header_filled, gsize left, GError **error)
{
  for (guint i = 0; left > 0; i++)
    {
      guint8 *header = i == 0 && header_filled != G_MAXUINT ? self->header : self->scratch->headers[i];
      guint   filled = i == 0 && header_filled != G_MAXUINT ? header_filled : 0;
      guint   wanted = BTFW_WIRE_PIECE_HEADER - filled;
      guint8  expected[BTFW_WIRE_PIECE_HEADER];
      gsize   n;

      btfw_wire_fill_piece_header (expected, &plan->blocks[i]);
      if (left < wanted || memcmp (header, expected, sizeof expected) != 0)
        return take_linear (self, plan, i, wanted, header + filled, left, error);

      left -= wanted;
      n = MIN (left, plan->blocks[i].length);
      left -= n;
      if (!take_expected (self, plan, i, n, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_read (BtfwReceiver *self, ReadPlan *plan, gsize n_read, GError **error)
{
  guint header_filled = G_MAXUINT;
  gsize n;

  if (plan->vectors[0].iov_base == self->scratch->linear)
    return btfw_receiver_feed (self, self->scratch->linear, n_read, error);

  if (self->state == BTFW_RECEIVER_HEADER)
    header_filled = self->header_filled;
  else
    {
      n = MIN (n_read, get_size_left (self));
      self->filled += (guint32) n;
      n_read -= n;
      if (!finish_if_filled (self, error))
        return FALSE;
    }
  return take_pairs (self, plan, header_filled, n_read, error);
}

BtfwReceiverResult
btfw_receiver_read (BtfwReceiver *self, BtfwStream *stream, gsize max, gsize *n_read, GError **error)
{
  ReadPlan plan;
  gssize   n = 0;
  gboolean ok = TRUE;
  gboolean planned;

  /* Not an initialiser: the arrays are large and need no zeros. */
  plan.n_vectors = 0;
  plan.size = 0;
  plan.n_blocks = 0;
  plan.used = 0;

  *n_read = 0;
  planned = make_plan (self, &plan, max);
  if (planned)
    n = btfw_stream_readv (stream, plan.vectors, plan.n_vectors);
  if (n > 0)
    {
      *n_read = (gsize) n;
      ok = take_read (self, &plan, (gsize) n, error);
      adapt_depth (self, &plan, (gsize) n);
    }

  /* Last taken, first given: the next read finds the same ones, still warm. */
  for (guint i = plan.n_blocks; i > plan.used; i--)
    self->klass->give_buffer (self, plan.buffers[i - 1]);

  if (!ok)
    return BTFW_RECEIVER_FAILED;
  if (!planned)
    return BTFW_RECEIVER_STARVED;
  if (n > 0)
    return stream->watch.ready & BTFW_READY_READ ? BTFW_RECEIVER_MORE : BTFW_RECEIVER_DRAINED;
  if (n == -EAGAIN)
    return BTFW_RECEIVER_DRAINED;
  if (n < 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno ((int) -n), "%s", g_strerror ((int) -n));
  return n < 0 ? BTFW_RECEIVER_FAILED : BTFW_RECEIVER_END;
}

void
btfw_receiver_init (BtfwReceiver *self, const BtfwReceiverClass *klass, BtfwScratch *scratch, guint32 bitfield_size)
{
  *self = (BtfwReceiver){
    .klass = klass,
    .scratch = scratch,
    .bitfield_size = bitfield_size,
    .depth = 1,
  };
}

void
btfw_receiver_clear (BtfwReceiver *self)
{
  drop_data (self);
  expect_header (self);
}
