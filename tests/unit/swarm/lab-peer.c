/* lab-peer.c: a peer of another make, whose manners a test decides. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#include <errno.h>
#include <string.h>

/* Blocks that nobody asked for. */
#define BABBLE 12
#define CHOKE_TIME SECONDS (1)
/* So long what was sent last is on its way; then for so long it is away. */
#define FAREWELL SECONDS (1)
#define ABSENCE MILLISECONDS (200)

typedef struct
{
  gint64    due;
  BtfwBlock block;
} Answer;

static gint64
get_now (const LabPeer *self)
{
  return btfw_loop_get_time (self->node->lab->loop);
}

/* --- Speaking --- */

void
lab_peer_flush (LabPeer *self)
{
  while (self->stream != NULL && self->out->len > 0)
    {
      struct iovec vector = { self->out->data, self->out->len };
      gssize       n = btfw_stream_writev (self->stream, &vector, 1, FALSE);

      if (n <= 0)
        return;
      g_byte_array_remove_range (self->out, 0, (guint) n);
    }
}

void
lab_peer_send_block (LabPeer *self, const BtfwBlock *block, gboolean poisoned)
{
  Lab    *lab = self->node->lab;
  guint64 offset = (guint64) block->piece * lab->piece_size + block->offset;
  guint8  header[BTFW_WIRE_PIECE_HEADER];
  guint   start;

  g_assert_cmpuint (offset + block->length, <=, lab->size);
  btfw_wire_fill_piece_header (header, block);
  g_byte_array_append (self->out, header, sizeof header);
  start = self->out->len;
  g_byte_array_append (self->out, lab->content + offset, block->length);
  if (poisoned)
    {
      self->out->data[start] ^= 0xff;
      self->n_poisoned++;
    }
  self->n_sent++;
}

static gboolean
wants_to_poison (const LabPeer *self)
{
  const LabPeerSpec *spec = self->spec;

  if (spec->poison_max > 0 && self->n_poisoned >= spec->poison_max)
    return FALSE;
  return spec->poisons || (spec->poison_every > 0 && self->n_sent % spec->poison_every == self->number % spec->poison_every);
}

static void
say_pieces (LabPeer *self)
{
  guint32 n_pieces = btfw_layout_get_n_pieces (btfw_metainfo_get_layout (self->node->lab->metainfo));
  gsize   size = BTFW_BITFIELD_WIRE_SIZE (n_pieces);
  guint8 *bits;

  if (self->spec->has_one)
    {
      bits = btfw_wire_put_bitfield (self->out, size);
      memset (bits, 0, size);
      bits[self->number / 8] = (guint8) (0x80 >> self->number % 8);
      return;
    }
  if (self->spec->features & BTFW_FEATURE_FAST)
    {
      btfw_wire_put_bare (self->out, BTFW_WIRE_HAVE_ALL);
      return;
    }
  bits = btfw_wire_put_bitfield (self->out, size);
  memset (bits, 0xff, size);
  if (n_pieces % 8 != 0)
    bits[size - 1] = (guint8) (0xff << (8 - n_pieces % 8));
}

/* --- Answering --- */

/* What it sent arrives; it is not there for what comes of it. */
static void
leave (LabPeer *self)
{
  lab_peer_flush (self);
  g_queue_clear_full (&self->answers, g_free);
  btfw_loop_set_timer (self->node->lab->loop, &self->comeback, get_now (self) + FAREWELL);
}

static void
on_answer_due (BtfwTimer *timer)
{
  LabPeer *self = (LabPeer *) ((guint8 *) timer - G_STRUCT_OFFSET (LabPeer, timer));
  gboolean poisons;

  while (!g_queue_is_empty (&self->answers))
    {
      Answer *answer = g_queue_peek_head (&self->answers);

      if (answer->due > get_now (self))
        {
          btfw_loop_set_timer (self->node->lab->loop, &self->timer, answer->due);
          break;
        }
      poisons = wants_to_poison (self);
      for (guint i = 0; i <= self->spec->copies; i++)
        lab_peer_send_block (self, &answer->block, poisons);
      g_free (g_queue_pop_head (&self->answers));
      if (poisons && self->spec->leaves)
        {
          leave (self);
          return;
        }
    }
  lab_peer_flush (self);
}

static void
on_unchoke (BtfwTimer *timer)
{
  LabPeer *self = (LabPeer *) ((guint8 *) timer - G_STRUCT_OFFSET (LabPeer, unchoke));

  self->chokes = FALSE;
  btfw_wire_put_bare (self->out, BTFW_WIRE_UNCHOKE);
  lab_peer_flush (self);
}

/* What is asked is forgotten: with the fast extension, not without a word. */
static void
choke (LabPeer *self)
{
  self->chokes = TRUE;
  btfw_wire_put_bare (self->out, BTFW_WIRE_CHOKE);
  while (!g_queue_is_empty (&self->answers))
    {
      Answer *answer = g_queue_pop_head (&self->answers);

      if (self->spec->features & BTFW_FEATURE_FAST)
        btfw_wire_put_block (self->out, BTFW_WIRE_REJECT, &answer->block);
      g_free (answer);
    }
  btfw_loop_set_timer (self->node->lab->loop, &self->unchoke, get_now (self) + CHOKE_TIME);
}

static void
on_request (LabPeer *self, const BtfwBlock *block)
{
  const LabPeerSpec *spec = self->spec;
  Answer            *answer;

  self->n_requests++;
  g_array_append_val (self->asked, block->piece);
  if (!spec->answers)
    return;
  if (self->chokes || (spec->reject_every > 0 && self->n_requests % spec->reject_every == 0))
    {
      if (spec->features & BTFW_FEATURE_FAST)
        btfw_wire_put_block (self->out, BTFW_WIRE_REJECT, block);
      return;
    }

  answer = g_new0 (Answer, 1);
  answer->due = get_now (self) + spec->delay;
  answer->block = *block;
  g_queue_push_tail (&self->answers, answer);
  if (!btfw_timer_is_set (&self->timer))
    btfw_loop_set_timer (self->node->lab->loop, &self->timer, answer->due);
  if (spec->choke_every > 0 && self->n_requests % spec->choke_every == 0)
    choke (self);
}

/* A cancelled one that waits is not sent; with the fast extension it is rejected. */
static void
on_cancel (LabPeer *self, const BtfwBlock *block)
{
  self->n_cancels++;
  for (GList *link = self->answers.head; link != NULL; link = link->next)
    if (btfw_block_equal (&((Answer *) link->data)->block, block))
      {
        if (self->spec->features & BTFW_FEATURE_FAST)
          btfw_wire_put_block (self->out, BTFW_WIRE_REJECT, block);
        g_free (link->data);
        g_queue_delete_link (&self->answers, link);
        return;
      }
}

static void
on_message (LabPeer *self, guint8 id, const guint8 *data, gsize size)
{
  BtfwReader body = BTFW_READER (data, size);
  BtfwBlock  block;
  guint32    piece;

  if (id < BTFW_WIRE_N_IDS)
    self->n_heard[id]++;
  if (id == BTFW_WIRE_REQUEST && btfw_wire_read_block (&body, &block, NULL))
    on_request (self, &block);
  else if (id == BTFW_WIRE_CANCEL && btfw_wire_read_block (&body, &block, NULL))
    on_cancel (self, &block);
  else if (id == BTFW_WIRE_PIECE && size > 8)
    g_byte_array_append (self->blocks, data + 8, (guint) size - 8);
  else if (id == BTFW_WIRE_ALLOWED_FAST && btfw_wire_read_piece_index (&body, &piece, NULL))
    g_array_append_val (self->allowed, piece);
  else if (id == BTFW_WIRE_SUGGEST && btfw_wire_read_piece_index (&body, &piece, NULL))
    g_array_append_val (self->suggested, piece);
}

static void
handle_messages (LabPeer *self)
{
  gsize done = 0;

  while (self->in->len - done >= 4)
    {
      BtfwReader reader = BTFW_READER (self->in->data + done, 4);
      guint32    length;

      btfw_reader_get_u32 (&reader, &length);
      if (self->in->len - done - 4 < length)
        break;
      if (length > 0)
        on_message (self, self->in->data[done + 4], self->in->data + done + 5, length - 1);
      done += 4 + length;
    }
  g_byte_array_remove_range (self->in, 0, (guint) done);
}

static void
on_ready (BtfwStream *stream)
{
  LabPeer *self = stream->owner;
  guint8   bytes[16384];

  while (self->stream != NULL && (stream->watch.ready & BTFW_READY_READ))
    {
      struct iovec vector = { bytes, sizeof bytes };
      gssize       n = btfw_stream_readv (stream, &vector, 1);

      if (n == 0 || (n < 0 && n != -EAGAIN))
        {
          g_clear_pointer (&self->stream, btfw_stream_close);
          return;
        }
      if (n > 0)
        g_byte_array_append (self->in, bytes, (guint) n);
    }
  handle_messages (self);
  lab_peer_flush (self);
}

/* --- Life --- */

static void
join (LabPeer *self)
{
  self->stream = lab_join_again (self->node, self->number, self->n_lives++, self->spec->features);
  self->stream->owner = self;
  self->stream->on_ready = on_ready;
  if (!self->spec->is_silent)
    {
      say_pieces (self);
      btfw_wire_put_bare (self->out, BTFW_WIRE_UNCHOKE);
    }
  for (guint i = 0; i < BABBLE && self->spec->babbles; i++)
    lab_peer_send_block (self, &(BtfwBlock){ i, 0, BTFW_BLOCK_SIZE }, TRUE);
  lab_peer_flush (self);
}

static void
on_comeback (BtfwTimer *timer)
{
  LabPeer *self = (LabPeer *) ((guint8 *) timer - G_STRUCT_OFFSET (LabPeer, comeback));

  if (self->stream == NULL)
    {
      join (self);
      return;
    }
  g_clear_pointer (&self->stream, btfw_stream_close);
  g_queue_clear_full (&self->answers, g_free);
  g_byte_array_set_size (self->in, 0);
  g_byte_array_set_size (self->out, 0);
  btfw_loop_set_timer (self->node->lab->loop, timer, get_now (self) + ABSENCE);
}

LabPeer *
lab_peer_new (LabNode *node, guint number, const LabPeerSpec *spec)
{
  LabPeer *self = g_new0 (LabPeer, 1);

  self->node = node;
  self->spec = spec;
  self->number = number;
  self->in = g_byte_array_new ();
  self->out = g_byte_array_new ();
  self->blocks = g_byte_array_new ();
  self->asked = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->allowed = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->suggested = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_queue_init (&self->answers);
  self->timer.on_due = on_answer_due;
  self->unchoke.on_due = on_unchoke;
  self->comeback.on_due = on_comeback;
  join (self);
  return self;
}

void
lab_peer_free (LabPeer *self)
{
  btfw_loop_clear_timer (self->node->lab->loop, &self->timer);
  btfw_loop_clear_timer (self->node->lab->loop, &self->unchoke);
  btfw_loop_clear_timer (self->node->lab->loop, &self->comeback);
  g_clear_pointer (&self->stream, btfw_stream_close);
  g_queue_clear_full (&self->answers, g_free);
  g_byte_array_unref (self->in);
  g_byte_array_unref (self->out);
  g_byte_array_unref (self->blocks);
  g_array_unref (self->asked);
  g_array_unref (self->allowed);
  g_array_unref (self->suggested);
  g_free (self);
}
