/* uploads.c: the blocks that a peer asks of us. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/uploads.h"

#include "swarm/allowed-fast.h"
#include "swarm/hints.h"
#include "swarm/swarm.h"

/* Requests queued from one peer; more are rejected. */
#define QUEUE_MAX 2000
/* Requests rejected before the peer is closed. Those that cross our choke do not count. */
#define REJECTED_MAX 300
#define CHOKE_CROSSING (30 * G_USEC_PER_SEC)
/* What is made ready at a time: from a disk, from memory that is always hot,
 * and where bytes must be copied. */
#define WINDOW_DISK (256u * 1024)
#define WINDOW_HOT (16u * 1024 * 1024)
#define WINDOW_MEMORY BTFW_WIRE_BLOCK_MAX

/* A range of the torrent that can be sent from now, and the job that makes the
 * next one ready meanwhile. */
struct _BtfwUploadWindow
{
  BtfwReadJob job;
  BtfwPeer   *peer; /* NULL once it is gone while the job is under way */
  gboolean    is_reading;
  gboolean    is_narrow; /* a wide read failed: block by block from then on */
  guint64     offset;
  gsize       size; /* 0 for none */
  BtfwLease  *lease;
  guint8     *data;
};

static BtfwBlock *
get_upload (const BtfwPeer *peer, guint i)
{
  return btfw_ring_get (&peer->uploads, i);
}

static BtfwBlock
remove_upload (BtfwPeer *peer, guint i)
{
  BtfwBlock removed;

  btfw_ring_remove (&peer->uploads, i, &removed);
  return removed;
}

/* Says so where the protocol has a word for it. */
static void
reject (BtfwPeer *peer, const BtfwBlock *block)
{
  if (!(peer->features & BTFW_FEATURE_FAST))
    return;
  btfw_wire_put_block (btfw_sender_get_messages (&peer->sender), BTFW_WIRE_REJECT, block);
  btfw_peer_queue_write (peer);
}

static gboolean
crosses_choke (const BtfwPeer *peer)
{
  return peer->choked_by_us && peer->last_unchoked != 0 &&
         btfw_loop_get_time (peer->swarm->resources->loop) - peer->last_unchoked < CHOKE_CROSSING;
}

static gboolean
refuse (BtfwPeer *peer, const BtfwBlock *block, GError **error)
{
  reject (peer, block);
  if (crosses_choke (peer) || ++peer->n_rejected <= REJECTED_MAX)
    return TRUE;
  return btfw_wire_fail (error, BTFW_WIRE_ERROR_STATE, "more than %u requests that had to be rejected", REJECTED_MAX);
}

gboolean
btfw_uploads_on_request (BtfwPeer *peer, const BtfwBlock *block, GError **error)
{
  BtfwSwarm *swarm = peer->swarm;

  if (swarm->metainfo == NULL)
    return refuse (peer, block, error);
  if (block->piece >= swarm->map.n_pieces)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_RANGE, "a request for piece %u of %u", block->piece, swarm->map.n_pieces);
  if ((guint64) block->offset + block->length > btfw_layout_get_piece_length (swarm->map.layout, block->piece))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_RANGE, "a request past the end of piece %u", block->piece);

  if (peer->uploads.n >= QUEUE_MAX || !btfw_bitfield_get (&swarm->map.have, block->piece) || !btfw_swarm_serves (swarm) ||
      (peer->choked_by_us && !btfw_allowed_fast_take (peer, block)))
    return refuse (peer, block, error);

  btfw_ring_push (&peer->uploads, block);
  btfw_peer_queue_write (peer);
  return TRUE;
}

void
btfw_uploads_on_cancel (BtfwPeer *peer, const BtfwBlock *block)
{
  for (guint i = 0; i < peer->uploads.n; i++)
    if (btfw_block_equal (get_upload (peer, i), block))
      {
        remove_upload (peer, i);
        reject (peer, block);
        return;
      }
}

void
btfw_uploads_on_choked (BtfwPeer *peer)
{
  for (guint n = peer->uploads.n; n > 0; n--)
    {
      BtfwBlock block = remove_upload (peer, 0);

      if (btfw_allowed_fast_take (peer, &block))
        btfw_ring_push (&peer->uploads, &block);
      else
        reject (peer, &block);
    }
}

gboolean
btfw_uploads_are_pending (const BtfwPeer *peer)
{
  return peer->sender.busy || peer->uploads.n > 0;
}

/* --- Windows --- */

static void
clear_range (BtfwUploadWindow *self)
{
  g_clear_pointer (&self->lease, btfw_lease_unref);
  g_clear_pointer (&self->data, g_free);
  self->size = 0;
}

/* Forgets what a finished job made ready; its done is set as long as there is something. */
static void
clear_job (BtfwUploadWindow *self)
{
  g_clear_pointer (&self->job.lease, btfw_lease_unref);
  g_clear_pointer (&self->job.data, g_free);
  g_clear_error (&self->job.error);
  self->job.done = NULL;
}

static void
free_window (BtfwUploadWindow *self)
{
  clear_range (self);
  clear_job (self);
  g_free (self);
}

void
btfw_uploads_clear (BtfwPeer *peer)
{
  btfw_ring_clear (&peer->uploads);
  if (peer->window == NULL)
    return;

  /* The job may still write to its memory: it frees the window when it is done. */
  peer->window->peer = NULL;
  if (!peer->window->is_reading)
    free_window (peer->window);
  peer->window = NULL;
}

static gboolean
covers (const BtfwUploadWindow *self, guint64 offset, guint32 size)
{
  return offset >= self->offset && offset + size <= self->offset + self->size;
}

static guint64
get_torrent_offset (const BtfwPeer *peer, const BtfwBlock *block)
{
  return btfw_layout_get_piece_offset (peer->swarm->map.layout, block->piece) + block->offset;
}

static guint32
get_piece (const BtfwPeer *peer, guint64 offset)
{
  return (guint32) (offset / btfw_layout_get_piece_size (peer->swarm->map.layout));
}

/* What the job made ready becomes the range to send from. */
static void
adopt (BtfwUploadWindow *self)
{
  clear_range (self);
  self->offset = self->job.offset;
  self->size = self->job.size;
  self->lease = g_steal_pointer (&self->job.lease);
  self->data = g_steal_pointer (&self->job.data);
  if (self->lease != NULL)
    {
      self->size = MIN (self->size, btfw_lease_get_length (self->lease));
      self->peer->swarm->is_hot = btfw_lease_is_hot (self->lease);
      g_clear_pointer (&self->data, g_free);
    }
  else if (self->data == NULL)
    {
      self->size = 0;
      self->peer->swarm->has_no_leases = TRUE;
    }
  if (self->size > 0 && !self->peer->swarm->is_hot)
    btfw_hints_note_hot (self->peer->swarm, get_piece (self->peer, self->offset));
  clear_job (self);
}

/* A wide read may fail for the sake of another piece: that a piece is at fault
 * shows only when just the block that is asked for cannot be read. */
static void
on_read_error (BtfwPeer *peer)
{
  BtfwUploadWindow *self = peer->window;
  BtfwBlock         block = { 0 };

  if (peer->uploads.n > 0)
    block = *get_upload (peer, 0);
  self->is_narrow = TRUE;
  if (self->job.size == block.length && self->job.offset == get_torrent_offset (peer, &block))
    {
      remove_upload (peer, 0);
      reject (peer, &block);
      btfw_swarm_on_storage_error (peer->swarm, self->job.error, block.piece);
    }
  clear_job (self);
  btfw_peer_queue_write (peer);
}

static void
on_read_done (BtfwReadJob *job)
{
  BtfwUploadWindow *self = (BtfwUploadWindow *) ((guint8 *) job - G_STRUCT_OFFSET (BtfwUploadWindow, job));
  BtfwPeer         *peer = self->peer;

  BtfwSwarm        *swarm = job->owner;

  self->is_reading = FALSE;
  if (peer == NULL)
    free_window (self);
  else if (job->error != NULL)
    on_read_error (peer);
  else
    btfw_peer_write (peer);
  /* Last, as with a torrent that has stopped all its peers may go. */
  btfw_swarm_on_read_done (swarm);
}

/* How much from @offset on is worth getting ready: at most what is here. */
static gsize
get_window_size (const BtfwSwarm *swarm, guint64 offset, gboolean in_memory)
{
  const BtfwLayout *layout = swarm->map.layout;
  guint32           end = btfw_bitfield_next_unset (&swarm->map.have, (guint32) (offset / btfw_layout_get_piece_size (layout)));
  guint64           end_offset = end == BTFW_BIT_NONE ? btfw_layout_get_size (layout) : btfw_layout_get_piece_offset (layout, end);
  gsize             size = in_memory ? WINDOW_MEMORY : swarm->is_hot ? WINDOW_HOT : WINDOW_DISK;

  return MIN (size, end_offset - offset);
}

/* Gets the range from @offset on, in a piece that is here, ready; TRUE when it is
 * there at once. @whole: it must be one piece of memory of so many bytes, as no
 * lease has them all, or because a wide read failed. */
static gboolean
read_range (BtfwPeer *peer, guint64 offset, guint32 whole)
{
  BtfwUploadWindow *self = peer->window;
  BtfwSwarm        *swarm = peer->swarm;
  BtfwReadJob      *job = &self->job;
  gboolean          in_memory = whole > 0 || swarm->has_no_leases || !btfw_stream_can_send_file (peer->stream);

  clear_job (self);
  *job = (BtfwReadJob){
    .owner = swarm,
    .offset = offset,
    .size = whole > 0 ? whole : get_window_size (swarm, offset, in_memory),
    .no_lease = in_memory,
    .done = on_read_done,
  };
  if (in_memory)
    job->data = g_malloc (job->size);

  self->is_reading = TRUE;
  swarm->n_reads++;
  if (!btfw_volume_read (swarm->volume, job))
    return FALSE;

  self->is_reading = FALSE;
  btfw_swarm_on_read_done (swarm);
  return TRUE;
}

static gboolean
is_ready (const BtfwUploadWindow *self, guint64 offset, guint32 size)
{
  return !self->is_reading && self->job.done != NULL && self->job.offset <= offset &&
         offset + size <= self->job.offset + self->job.size;
}

/* The range for the first block in the queue; FALSE when it must be waited for. */
static gboolean
prepare (BtfwPeer *peer, const BtfwBlock *block)
{
  BtfwUploadWindow *self = peer->window;
  guint64           offset = get_torrent_offset (peer, block);
  guint32           whole = self->is_narrow ? block->length : 0;

  /* Each turn asks for less: a lease, then memory for what has none, or not enough. */
  for (guint turn = 0; turn < 3; turn++)
    {
      if (is_ready (self, offset, block->length) && !covers (self, offset, block->length))
        {
          adopt (self);
          /* The lease ends inside the block, as its file does. */
          whole = self->size > 0 && self->size < block->length ? block->length : 0;
        }
      if (covers (self, offset, block->length))
        return TRUE;
      if (self->is_reading || !read_range (peer, offset, whole))
        return FALSE;
      if (self->job.error != NULL)
        {
          on_read_error (peer);
          return FALSE;
        }
    }
  return FALSE;
}

/* While one window is sent from, a disk can get the next one ready. */
static void
read_ahead (BtfwPeer *peer)
{
  BtfwUploadWindow *self = peer->window;

  if (self->is_reading || self->is_narrow || self->job.done != NULL || (self->lease != NULL && btfw_lease_is_hot (self->lease)))
    return;
  for (guint i = 0; i < MIN (peer->uploads.n, WINDOW_DISK / BTFW_BLOCK_SIZE); i++)
    {
      const BtfwBlock *block = get_upload (peer, i);
      guint64          offset = get_torrent_offset (peer, block);

      if (!covers (self, offset, block->length))
        {
          if (btfw_bitfield_get (&peer->swarm->map.have, block->piece))
            read_range (peer, offset, 0);
          return;
        }
    }
}

static BtfwPeer *
get_peer (BtfwSender *sender)
{
  return (BtfwPeer *) ((guint8 *) sender - G_STRUCT_OFFSET (BtfwPeer, sender));
}

/* The window covers it. The lease is borrowed. */
static void
fill_outgoing (BtfwPeer *peer, const BtfwBlock *block, BtfwOutgoing *outgoing)
{
  BtfwUploadWindow *window = peer->window;
  guint64           offset = get_torrent_offset (peer, block) - window->offset;

  outgoing->block = *block;
  outgoing->lease = window->lease;
  if (window->lease != NULL)
    outgoing->offset = btfw_lease_get_offset (window->lease) + (gint64) offset;
  else
    outgoing->data = window->data + offset;
}

static gboolean
next_block (BtfwSender *sender, BtfwOutgoing *outgoing)
{
  BtfwPeer *peer = get_peer (sender);
  BtfwBlock block;

  while (peer->uploads.n > 0 && !btfw_bitfield_get (&peer->swarm->map.have, get_upload (peer, 0)->piece))
    {
      block = remove_upload (peer, 0);
      reject (peer, &block);
    }
  if (peer->uploads.n == 0)
    return FALSE;

  block = *get_upload (peer, 0);
  if (!btfw_swarm_prove_piece (peer->swarm, block.piece))
    return FALSE;
  if (peer->window == NULL)
    {
      peer->window = g_new0 (BtfwUploadWindow, 1);
      peer->window->peer = peer;
    }
  if (!prepare (peer, &block))
    return FALSE;

  remove_upload (peer, 0);
  fill_outgoing (peer, &block, outgoing);
  if (outgoing->lease != NULL)
    btfw_lease_ref (outgoing->lease);
  read_ahead (peer);
  return TRUE;
}

/* Only what the present range has: getting another one ready is for next_block(). */
static gboolean
block_ahead (BtfwSender *sender, guint i, BtfwOutgoing *outgoing)
{
  BtfwPeer  *peer = get_peer (sender);
  BtfwSwarm *swarm = peer->swarm;
  BtfwBlock *block = i < peer->uploads.n ? get_upload (peer, i) : NULL;

  if (block == NULL || !btfw_bitfield_get (&swarm->map.have, block->piece) ||
      btfw_bitfield_get (&swarm->unproven, block->piece) ||
      !covers (peer->window, get_torrent_offset (peer, block), block->length))
    return FALSE;

  fill_outgoing (peer, block, outgoing);
  return TRUE;
}

/* The bytes are the window's, which is replaced only between two blocks. */
static void
block_done (BtfwSender *sender, BtfwOutgoing *outgoing, gboolean sent)
{
}

const BtfwSenderClass btfw_uploads_sender_class = {
  .next = next_block,
  .ahead = block_ahead,
  .done = block_done,
};
