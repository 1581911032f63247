/* gather.c: blocks that go out to one peer in one call. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/gather.h"

#include <errno.h>
#include <unistd.h>

/* FALSE when it has no place in what is gathered. */
static gboolean
add_block (BtfwGather *self, const BtfwScratch *scratch, const BtfwOutgoing *outgoing, gsize *left)
{
  guint   i = self->n_blocks;
  guint32 size = (guint32) MIN (*left, outgoing->block.length - outgoing->sent);

  if (size == 0 || (outgoing->lease != NULL && self->room_used + size > sizeof scratch->linear))
    return FALSE;

  self->blocks[i] = *outgoing;
  self->sizes[i] = size;
  self->payload[i] = outgoing->lease == NULL ? outgoing->data + outgoing->sent : NULL;
  if (outgoing->lease != NULL)
    self->room_used += size;
  *left -= size;
  self->n_blocks++;
  return TRUE;
}

/* Messages that wait for the end of a block go before the next one. */
static guint
get_depth (const BtfwSender *sender)
{
  return sender->outgoing.header_sent > 0 && btfw_sender_get_n_waiting (sender) > 0 ? 1 : sender->depth;
}

static void
choose_blocks (BtfwGather *self, BtfwSender *sender, gsize left)
{
  BtfwOutgoing outgoing;

  self->n_blocks = 0;
  self->room_used = 0;
  if (!add_block (self, sender->scratch, &sender->outgoing, &left) || sender->klass->ahead == NULL)
    return;

  for (guint i = 0; self->n_blocks < get_depth (sender); i++)
    {
      outgoing = (BtfwOutgoing){ 0 };
      if (!sender->klass->ahead (sender, i, &outgoing) || !add_block (self, sender->scratch, &outgoing, &left))
        return;
      btfw_wire_fill_piece_header (self->blocks[self->n_blocks - 1].header, &outgoing.block);
    }
}

static gint64
get_file_offset (const BtfwOutgoing *outgoing)
{
  return outgoing->offset + outgoing->sent;
}

/* How many blocks from @first on lie side by side in one file. */
static guint
count_run (const BtfwGather *self, guint first)
{
  guint i = first + 1;

  while (i < self->n_blocks && self->blocks[i].lease != NULL &&
         btfw_lease_get_fd (self->blocks[i].lease) == btfw_lease_get_fd (self->blocks[first].lease) &&
         get_file_offset (&self->blocks[i]) == get_file_offset (&self->blocks[i - 1]) + self->sizes[i - 1])
    i++;
  return i - first;
}

/* Pages that were made ready may have left memory since; no read waits for them. */
static gssize
read_now (BtfwLease *lease, guint8 *room, gsize size, gint64 offset)
{
  struct iovec vector = { room, size };
  int          flags = btfw_lease_is_hot (lease) ? 0 : RWF_NOWAIT;
  gssize       n;

  do
    n = preadv2 (btfw_lease_get_fd (lease), &vector, 1, offset, flags);
  while (n < 0 && errno == EINTR);
  return n;
}

/* Reads a run of blocks into @room. FALSE when not all of it could be had; what
 * is whole counts. */
static gboolean
read_run (BtfwGather *self, guint first, guint n_blocks, guint8 *room)
{
  gsize  size = 0;
  gssize n;

  for (guint i = first; i < first + n_blocks; i++)
    size += self->sizes[i];
  n = read_now (self->blocks[first].lease, room, size, get_file_offset (&self->blocks[first]));

  for (guint i = first; i < first + n_blocks; i++)
    {
      if (n < (gssize) self->sizes[i])
        return FALSE;
      self->payload[i] = room;
      room += self->sizes[i];
      n -= self->sizes[i];
    }
  return TRUE;
}

static void
read_blocks (BtfwGather *self, guint8 *room)
{
  for (guint i = 0; i < self->n_blocks;)
    {
      guint n = self->blocks[i].lease == NULL ? 1 : count_run (self, i);

      if (self->blocks[i].lease != NULL && !read_run (self, i, n, room))
        {
          while (i < self->n_blocks && self->payload[i] != NULL)
            i++;
          self->n_blocks = i;
          return;
        }
      for (guint end = i + n; i < end; i++)
        room += self->blocks[i].lease == NULL ? 0 : self->sizes[i];
    }
}

gboolean
btfw_gather_fill (BtfwGather *self, BtfwSender *sender, gsize max)
{
  choose_blocks (self, sender, max);
  read_blocks (self, sender->scratch->linear);
  return self->n_blocks > 0;
}

int
btfw_gather_get_vectors (BtfwGather *self, struct iovec *vectors)
{
  int n = 0;

  for (guint i = 0; i < self->n_blocks; i++)
    {
      BtfwOutgoing *outgoing = &self->blocks[i];

      if (outgoing->header_sent < BTFW_WIRE_PIECE_HEADER)
        vectors[n++] = (struct iovec){ outgoing->header + outgoing->header_sent, BTFW_WIRE_PIECE_HEADER - outgoing->header_sent };
      vectors[n++] = (struct iovec){ self->payload[i], self->sizes[i] };
    }
  return n;
}
