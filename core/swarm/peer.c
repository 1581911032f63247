/* peer.c: a source of blocks over a stream. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/peer.h"

#include "net/tcp-stream.h"
#include "swarm/assembly.h"
#include "swarm/hints.h"
#include "swarm/requests.h"
#include "swarm/swarm.h"
#include "swarm/uploads.h"
#include "swarm/views.h"

#include <string.h>

/* One peer's share of a dispatch. */
#define READ_TURN (1024u * 1024)
#define WRITE_TURN (1024u * 1024)
/* Silence that ends a connection, and ours that is broken with a keep-alive. */
#define IDLE_MAX (130 * G_USEC_PER_SEC)
/* The system would try for a quarter of an hour to send what nobody takes. */
#define CUT_OFF_MIN (15 * G_USEC_PER_SEC)
#define KEEP_ALIVE (100 * G_USEC_PER_SEC)
/* Blocks that nobody asked for, before the peer is banned: of one that brought
 * something good, and of another. */
#define UNASKED_MAX 8
#define UNASKED_MAX_STRANGER 2
/* A reader that does not read: messages that wait for it. */
#define WAITING_MAX (1024u * 1024)

static BtfwPeer *
from_receiver (BtfwReceiver *receiver)
{
  return (BtfwPeer *) ((guint8 *) receiver - G_STRUCT_OFFSET (BtfwPeer, receiver));
}

static gint64
get_time (const BtfwPeer *self)
{
  return btfw_loop_get_time (self->swarm->resources->loop);
}

/* --- What the receiver wants to know --- */

static guint
receiver_expect (BtfwReceiver *receiver, BtfwBlock *blocks, guint max)
{
  return btfw_requests_expect (from_receiver (receiver), blocks, max);
}

static gboolean
receiver_accept (BtfwReceiver *receiver, const BtfwBlock *block)
{
  BtfwPeer *self = from_receiver (receiver);

  return btfw_requests_is_asked (self, block) || btfw_requests_is_late (self, block);
}

static gboolean
ban_for_unasked (BtfwPeer *self, GError **error)
{
  btfw_swarm_ban (self->swarm, &self->address, "blocks that nobody asked for");
  return btfw_wire_fail (error, BTFW_WIRE_ERROR_STATE, "it sends blocks that nobody asked for");
}

/* Of whom nothing was ever wanted it can be no misunderstanding: what follows is
 * not even read. */
static gboolean
receiver_on_refused (BtfwReceiver *receiver, const BtfwBlock *block, GError **error)
{
  BtfwPeer *self = from_receiver (receiver);

  if (self->downloaded == 0 && self->requests.n == 0 && self->n_forgiven == 0)
    return ban_for_unasked (self, error);
  return TRUE;
}

static guint8 *
receiver_take_buffer (BtfwReceiver *receiver)
{
  return btfw_buffers_take (from_receiver (receiver)->swarm->resources->buffers);
}

static void
receiver_give_buffer (BtfwReceiver *receiver, guint8 *buffer)
{
  btfw_buffers_give (from_receiver (receiver)->swarm->resources->buffers, buffer);
}

static gboolean
receiver_on_block (BtfwReceiver *receiver, const BtfwBlock *block, guint8 *data, GError **error)
{
  BtfwPeer *self = from_receiver (receiver);

  if (!btfw_requests_on_block (self, block) && self->n_forgiven > 0)
    self->n_forgiven--;
  self->downloaded += block->length;
  btfw_rate_add (&self->download, get_time (self), block->length);
  btfw_swarm_count_download (self->swarm, block->length);
  btfw_assembly_on_block (self, block, data);
  return !self->is_closing;
}

static gboolean
receiver_on_dropped (BtfwReceiver *receiver, const BtfwBlock *block, GError **error)
{
  BtfwPeer *self = from_receiver (receiver);

  btfw_swarm_count_download (self->swarm, block->length);
  btfw_swarm_count_waste (self->swarm, block->length);
  if (self->verified == 0)
    self->swarm->blame.dropped += block->length;
  if (btfw_requests_is_asked (self, block))
    {
      btfw_requests_on_dropped (self, block);
      return TRUE;
    }
  if (self->n_forgiven > 0)
    {
      self->n_forgiven--;
      self->downloaded += block->length;
      btfw_requests_forget_snub (self);
      return TRUE;
    }
  if (++self->n_unasked <= (self->verified == 0 ? UNASKED_MAX_STRANGER : UNASKED_MAX))
    return TRUE;
  return ban_for_unasked (self, error);
}

static gboolean
receiver_on_message (BtfwReceiver *receiver, guint8 id, BtfwReader *body, GError **error)
{
  BtfwPeer *self = from_receiver (receiver);

  if (self->is_closing)
    return FALSE;
  return btfw_peer_handle (self, id, body, error) && !self->is_closing;
}

static const BtfwReceiverClass receiver_class = {
  .expect = receiver_expect,
  .accept = receiver_accept,
  .on_refused = receiver_on_refused,
  .take_buffer = receiver_take_buffer,
  .give_buffer = receiver_give_buffer,
  .on_block = receiver_on_block,
  .on_dropped = receiver_on_dropped,
  .on_message = receiver_on_message,
};

/* --- Reading and writing --- */

static void
starve (BtfwPeer *self, gint64 *since)
{
  *since = get_time (self);
  if (!self->is_starving)
    {
      self->is_starving = TRUE;
      g_queue_push_tail_link (&self->swarm->resources->starving, &self->starving);
    }
  btfw_resources_queue_relief (self->swarm->resources);
}

static void
close_with_error (BtfwPeer *self, GError *error)
{
  if (!self->is_closing)
    self->trouble = error != NULL && error->domain == BTFW_WIRE_ERROR ? BTFW_TROUBLE_BROKE : BTFW_TROUBLE_LEFT;
  btfw_peer_close (self, error == NULL ? "closed" : error->message);
  g_clear_error (&error);
}

/* FALSE when there is nothing more to do now. */
static gboolean
read_once (BtfwPeer *self, gsize max, gsize *n_read)
{
  GError *error = NULL;

  switch (btfw_receiver_read (&self->receiver, self->stream, max, n_read, &error))
    {
    case BTFW_RECEIVER_MORE:
      return TRUE;
    case BTFW_RECEIVER_DRAINED:
      return FALSE;
    case BTFW_RECEIVER_STARVED:
      starve (self, &self->swarm->last_starved);
      return FALSE;
    case BTFW_RECEIVER_END:
      self->trouble = BTFW_TROUBLE_LEFT;
      btfw_peer_close (self, "the other side closed the connection");
      return FALSE;
    case BTFW_RECEIVER_FAILED:
      close_with_error (self, error);
      return FALSE;
    }
  return FALSE;
}

void
btfw_peer_read (BtfwPeer *self)
{
  BtfwLimiter *limiter = &self->swarm->download;
  gsize        total = 0;
  gboolean     more = TRUE;

  if (self->read_waiter.limiter != NULL || self->is_starving)
    return;

  while (more && !self->is_closing && (self->stream->watch.ready & BTFW_READY_READ) && total < READ_TURN)
    {
      gsize allowed = btfw_limiter_allow (limiter, &self->read_waiter, READ_TURN - total);
      gsize n = 0;

      if (allowed == 0)
        break;
      if (btfw_resources_has_backlog (self->swarm->resources))
        {
          starve (self, &self->swarm->last_backlog);
          break;
        }
      more = read_once (self, allowed, &n);
      btfw_limiter_take (limiter, n);
      total += n;
    }

  if (total > 0)
    self->last_received = get_time (self);
  if (self->is_closing)
    return;
  btfw_requests_fill (self);
  if (total >= READ_TURN)
    btfw_loop_queue_watch (self->swarm->resources->loop, &self->stream->watch);
}

/* FALSE when there is nothing more to do now. */
static gboolean
write_once (BtfwPeer *self, gsize max, gsize *n_payload)
{
  GError          *error = NULL;
  gsize            n_messages;
  BtfwSenderResult result = btfw_sender_write (&self->sender, self->stream, max, n_payload, &n_messages, &error);

  if (*n_payload + n_messages > 0)
    self->last_sent = get_time (self);
  btfw_limiter_take (&self->swarm->upload, *n_payload + n_messages);
  self->uploaded += *n_payload;
  btfw_rate_add (&self->upload, self->last_sent, *n_payload);
  btfw_swarm_count_upload (self->swarm, *n_payload);

  if (result == BTFW_SENDER_FAILED)
    {
      if (error != NULL && error->domain == BTFW_STORAGE_ERROR)
        btfw_swarm_on_send_error (self->swarm, error, &self->sender.outgoing.block);
      close_with_error (self, error);
    }
  return result == BTFW_SENDER_MORE;
}

void
btfw_peer_write (BtfwPeer *self)
{
  gsize    total = 0;
  gboolean more = TRUE;

  while (more && !self->is_closing && (self->stream->watch.ready & BTFW_READY_WRITE) && total < WRITE_TURN)
    {
      gsize allowed = 0;
      gsize n = 0;

      /* Messages go out whatever the limit; blocks wait for their turn. */
      if (btfw_uploads_are_pending (self) && self->write_waiter.limiter == NULL)
        allowed = btfw_limiter_allow (&self->swarm->upload, &self->write_waiter, WRITE_TURN - total);
      if (allowed == 0 && btfw_sender_get_n_waiting (&self->sender) == 0)
        break;
      more = write_once (self, allowed, &n) && allowed > 0;
      total += n;
    }

  if (total >= WRITE_TURN && !self->is_closing)
    btfw_loop_queue_watch (self->swarm->resources->loop, &self->stream->watch);
  if (btfw_sender_get_n_waiting (&self->sender) > WAITING_MAX)
    btfw_peer_close (self, "it does not read what it is told");
}

void
btfw_peer_queue_write (BtfwPeer *self)
{
  btfw_loop_queue_watch (self->swarm->resources->loop, &self->stream->watch);
}

static void
on_ready (BtfwStream *stream)
{
  BtfwPeer *self = stream->owner;

  if (!self->is_closing)
    btfw_peer_read (self);
  if (!self->is_closing)
    btfw_peer_write (self);
}

/* It may have nothing left to pass: then nothing is kept for it either, or the
 * others would miss it for good. */
static void
end_turn (BtfwWaiter *waiter)
{
  if (waiter->limiter == NULL)
    btfw_waiter_leave (waiter);
}

static void
on_read_turn (BtfwWaiter *waiter)
{
  BtfwPeer *self = (BtfwPeer *) ((guint8 *) waiter - G_STRUCT_OFFSET (BtfwPeer, read_waiter));

  on_ready (self->stream);
  end_turn (waiter);
}

static void
on_write_turn (BtfwWaiter *waiter)
{
  BtfwPeer *self = (BtfwPeer *) ((guint8 *) waiter - G_STRUCT_OFFSET (BtfwPeer, write_waiter));

  if (!self->is_closing)
    btfw_peer_write (self);
  end_turn (waiter);
}

/* --- Life --- */

BtfwPeer *
btfw_peer_new (BtfwSwarm           *swarm,
               BtfwStream          *stream,
               const BtfwAddress   *address,
               const BtfwHandshake *handshake,
               gboolean             is_incoming)
{
  BtfwPeer *self = g_new0 (BtfwPeer, 1);

  self->swarm = swarm;
  self->id = swarm->resources->next_peer++;
  self->address = *address;
  self->features = handshake->features;
  memcpy (self->peer_id, handshake->peer_id, sizeof self->peer_id);
  self->is_incoming = is_incoming;
  self->listen_port = is_incoming ? 0 : address->port;
  self->chokes_us = TRUE;
  self->choked_by_us = TRUE;
  self->requests.item_size = sizeof (BtfwRequest);
  self->uploads.item_size = sizeof (BtfwBlock);
  self->starving.data = self;
  self->connected = self->last_received = self->last_sent = get_time (self);
  self->read_waiter.go = on_read_turn;
  self->write_waiter.go = on_write_turn;
  btfw_receiver_init (&self->receiver, &receiver_class, swarm->resources->scratch,
                      swarm->metainfo == NULL ? BTFW_WIRE_MESSAGE_MAX : BTFW_BITFIELD_WIRE_SIZE (swarm->map.n_pieces));
  btfw_sender_init (&self->sender, &btfw_uploads_sender_class, swarm->resources->scratch);
  self->stream = stream;
  stream->owner = self;
  stream->on_ready = on_ready;
  return self;
}

void
btfw_peer_close (BtfwPeer *self, const char *reason)
{
  g_autofree char *address = NULL;

  if (self->is_closing)
    return;

  address = btfw_address_to_string (&self->address);
  g_debug ("swarm: peer %u (%s) goes: %s", self->id, address, reason);
  self->is_closing = TRUE;
  btfw_swarm_queue_reap (self->swarm);
}

void
btfw_peer_free (BtfwPeer *self)
{
  btfw_requests_clear (self);
  btfw_uploads_clear (self);
  btfw_receiver_clear (&self->receiver);
  btfw_sender_clear (&self->sender);
  btfw_waiter_leave (&self->read_waiter);
  btfw_waiter_leave (&self->write_waiter);
  if (self->is_starving)
    g_queue_unlink (&self->swarm->resources->starving, &self->starving);
  g_clear_pointer (&self->view, btfw_peer_view_kill);
  btfw_stream_close (self->stream);
  btfw_bitfield_clear (&self->pieces);
  g_clear_pointer (&self->early_bitfield, g_bytes_unref);
  g_clear_pointer (&self->early_haves, g_array_unref);
  g_free (self->hints);
  g_free (self->client);
  g_free (self->extension_ids);
  g_free (self);
}

void
btfw_peer_tick (BtfwPeer *self, gint64 now)
{
  /* While there is no buffer for what it sent, its silence is ours. */
  if (self->is_starving)
    self->last_received = self->last_block = now;
  if (now - self->last_received > IDLE_MAX)
    {
      btfw_peer_close (self, "nothing came for too long");
      return;
    }
  if (now - self->last_received > CUT_OFF_MIN && btfw_tcp_stream_is_cut_off (self->stream, CUT_OFF_MIN / 1000))
    {
      self->is_cut_off = TRUE;
      btfw_peer_close (self, "what is sent to it does not arrive");
      return;
    }
  if (now - self->last_sent > KEEP_ALIVE)
    {
      btfw_wire_put_keep_alive (btfw_sender_get_messages (&self->sender));
      btfw_peer_queue_write (self);
    }
  btfw_requests_tick (self, now);
}

/* --- State --- */

gboolean
btfw_peer_is_seed (const BtfwPeer *self)
{
  return self->has_all || (self->pieces.n_bits > 0 && btfw_bitfield_is_full (&self->pieces));
}

guint32
btfw_peer_get_n_pieces (const BtfwPeer *self)
{
  return self->has_all ? self->swarm->map.n_pieces : self->pieces.n_set;
}

guint32
btfw_peer_next_interesting (const BtfwPeer *self, guint32 from)
{
  if (self->has_all)
    return btfw_bitfield_next (&self->swarm->map.missing, from);
  if (self->pieces.n_bits == 0)
    return BTFW_PIECE_NONE;
  return btfw_bitfield_next_and (&self->pieces, &self->swarm->map.missing, from);
}

BtfwPeerFlags
btfw_peer_get_flags (const BtfwPeer *self)
{
  BtfwPeerFlags flags = 0;

  flags |= self->chokes_us ? BTFW_PEER_CHOKES_US : 0;
  flags |= self->is_interested ? BTFW_PEER_INTERESTED_IN_US : 0;
  flags |= self->choked_by_us ? BTFW_PEER_CHOKED_BY_US : 0;
  flags |= self->is_interesting ? BTFW_PEER_INTERESTING : 0;
  flags |= self->is_snubbed ? BTFW_PEER_SNUBBED : 0;
  flags |= self->is_upload_only || btfw_peer_is_seed (self) ? BTFW_PEER_UPLOAD_ONLY : 0;
  flags |= self->is_incoming ? BTFW_PEER_INCOMING : 0;
  flags |= self->stream != NULL && self->stream->klass->is_encrypted ? BTFW_PEER_ENCRYPTED : 0;
  return flags;
}

BtfwPeerView *
btfw_peer_get_view (BtfwPeer *self)
{
  if (self->view == NULL)
    self->view = btfw_peer_view_new (self);
  return self->view;
}

void
btfw_peer_update_interest (BtfwPeer *self)
{
  gboolean is_interesting = self->n_interesting > 0 && !self->is_closing;

  if (is_interesting == self->is_interesting || self->is_closing)
    return;

  self->is_interesting = is_interesting;
  btfw_wire_put_bare (btfw_sender_get_messages (&self->sender),
                      is_interesting ? BTFW_WIRE_INTERESTED : BTFW_WIRE_NOT_INTERESTED);
  btfw_peer_queue_write (self);
}

void
btfw_peer_set_choked (BtfwPeer *self, gboolean choked)
{
  gint64 now = get_time (self);

  if (choked == self->choked_by_us || self->is_closing)
    return;

  self->choked_by_us = choked;
  btfw_wire_put_bare (btfw_sender_get_messages (&self->sender), choked ? BTFW_WIRE_CHOKE : BTFW_WIRE_UNCHOKE);
  if (choked)
    {
      self->last_unchoked = now;
      self->unchoked = 0;
      btfw_uploads_on_choked (self);
    }
  else
    {
      self->unchoked = now;
      btfw_hints_suggest (self);
    }
  btfw_peer_queue_write (self);
}

void
btfw_peer_tell_have (BtfwPeer *self, guint32 piece)
{
  if (self->is_closing || btfw_peer_has_piece (self, piece))
    return;

  btfw_wire_put_piece_index (btfw_sender_get_messages (&self->sender), BTFW_WIRE_HAVE, piece);
  btfw_peer_queue_write (self);
}
