/* receiver.c: tests that blocks and messages come out whole, however their bytes come in. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/receiver.h"

#include "wire/test-stream.h"

#include <btfw/btfw-types.h>

#include <errno.h>
#include <string.h>

#define BITFIELD_SIZE 3

/* An owner that asks for blocks, and writes down what the receiver tells it. */
typedef struct
{
  BtfwReceiver receiver; /* first */
  BtfwScratch  scratch;
  GArray      *asked;     /* of BtfwBlock: what should come, in order */
  GHashTable  *buffers;   /* taken, and not given back */
  guint        n_buffers; /* how many there may be */
  gint         fail_at;   /* how many events go well before one fails; -1 for all */
  GString     *log;
} Owner;

static guint8
get_byte (const BtfwBlock *block, guint32 i)
{
  return (guint8) (block->piece * 31 + (block->offset + i) * 7 + (block->offset + i) / 251);
}

static gboolean
has_right_bytes (const BtfwBlock *block, const guint8 *data)
{
  for (guint32 i = 0; i < block->length; i++)
    if (data[i] != get_byte (block, i))
      return FALSE;
  return TRUE;
}

static gboolean
note (Owner *self, GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (self->log, format, args);
  va_end (args);
  g_string_append_c (self->log, ' ');
  if (self->fail_at < 0 || self->fail_at-- > 0)
    return TRUE;
  return btfw_wire_fail (error, BTFW_WIRE_ERROR_STATE, "enough");
}

static guint
find_asked (const Owner *self, const BtfwBlock *block)
{
  for (guint i = 0; i < self->asked->len; i++)
    if (btfw_block_equal (&g_array_index (self->asked, BtfwBlock, i), block))
      return i;
  return G_MAXUINT;
}

static guint
owner_expect (BtfwReceiver *receiver, BtfwBlock *blocks, guint max)
{
  Owner *self = (Owner *) receiver;
  guint  n = MIN (max, self->asked->len);

  for (guint i = 0; i < n; i++)
    blocks[i] = g_array_index (self->asked, BtfwBlock, i);
  return n;
}

static gboolean
owner_accept (BtfwReceiver *receiver, const BtfwBlock *block)
{
  return find_asked ((Owner *) receiver, block) != G_MAXUINT;
}

static guint8 *
owner_take_buffer (BtfwReceiver *receiver)
{
  Owner  *self = (Owner *) receiver;
  guint8 *buffer;

  if (g_hash_table_size (self->buffers) >= self->n_buffers)
    return NULL;
  buffer = g_malloc (BTFW_BLOCK_SIZE);
  g_assert_true (g_hash_table_add (self->buffers, buffer));
  return buffer;
}

static void
owner_give_buffer (BtfwReceiver *receiver, guint8 *buffer)
{
  Owner *self = (Owner *) receiver;

  g_assert_true (g_hash_table_remove (self->buffers, buffer));
  g_free (buffer);
}

static gboolean
owner_on_block (BtfwReceiver *receiver, const BtfwBlock *block, guint8 *data, GError **error)
{
  Owner      *self = (Owner *) receiver;
  guint       i = find_asked (self, block);
  const char *verdict = i == G_MAXUINT ? "unasked" : has_right_bytes (block, data) ? "good" : "bad";

  owner_give_buffer (receiver, data);
  if (i != G_MAXUINT)
    g_array_remove_index (self->asked, i);
  return note (self, error, "block:%u+%u/%u:%s", block->piece, block->offset, block->length, verdict);
}

static gboolean
owner_on_dropped (BtfwReceiver *receiver, const BtfwBlock *block, GError **error)
{
  Owner *self = (Owner *) receiver;
  guint  i = find_asked (self, block);

  if (i != G_MAXUINT)
    g_array_remove_index (self->asked, i);
  return note (self, error, "dropped:%u+%u/%u", block->piece, block->offset, block->length);
}

static gboolean
owner_on_message (BtfwReceiver *receiver, guint8 id, BtfwReader *body, GError **error)
{
  Owner *self = (Owner *) receiver;
  guint  sum = 0;

  for (gsize i = 0; i < body->left; i++)
    sum = sum * 33 + body->data[i];
  return note (self, error, "%u:%zu:%x", id, body->left, sum);
}

static const BtfwReceiverClass owner_class = {
  .expect = owner_expect,
  .accept = owner_accept,
  .take_buffer = owner_take_buffer,
  .give_buffer = owner_give_buffer,
  .on_block = owner_on_block,
  .on_dropped = owner_on_dropped,
  .on_message = owner_on_message,
};

static Owner *
owner_new (void)
{
  Owner *self = g_new0 (Owner, 1);

  self->asked = g_array_new (FALSE, FALSE, sizeof (BtfwBlock));
  self->buffers = g_hash_table_new (NULL, NULL);
  self->n_buffers = G_MAXUINT;
  self->fail_at = -1;
  self->log = g_string_new (NULL);
  btfw_receiver_init (&self->receiver, &owner_class, &self->scratch, BITFIELD_SIZE);
  return self;
}

/* All buffers must have come back by then. */
static void
owner_free (Owner *self)
{
  btfw_receiver_clear (&self->receiver);
  g_assert_cmpuint (g_hash_table_size (self->buffers), ==, 0);
  g_hash_table_unref (self->buffers);
  g_array_unref (self->asked);
  g_string_free (self->log, TRUE);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Owner, owner_free)

static void
ask (Owner *self, guint32 piece, guint32 offset, guint32 length)
{
  BtfwBlock block = { piece, offset, length };

  g_array_append_val (self->asked, block);
}

static void
put_block (GByteArray *out, guint32 piece, guint32 offset, guint32 length)
{
  BtfwBlock block = { piece, offset, length };
  guint8    header[BTFW_WIRE_PIECE_HEADER];

  btfw_wire_fill_piece_header (header, &block);
  g_byte_array_append (out, header, sizeof header);
  for (guint32 i = 0; i < length; i++)
    {
      guint8 byte = get_byte (&block, i);

      g_byte_array_append (out, &byte, 1);
    }
}

/* Reads until nothing more is there; answers what the last read said. */
static BtfwReceiverResult
drain (Owner *self, TestStream *stream, gsize max, GError **error)
{
  BtfwReceiverResult result;
  gsize              n_read;

  do
    {
      result = btfw_receiver_read (&self->receiver, &stream->stream, max, &n_read, error);
      g_assert_cmpuint (n_read, <=, max);
    }
  while (result == BTFW_RECEIVER_MORE);
  return result;
}

/* --- Splits --- */

/* What a lively peer sends: answers in order, words between them, an answer
 * that overtakes, one that nobody asked for, and a rejected one that never comes. */
static GByteArray *
make_mixture (void)
{
  GByteArray *out = g_byte_array_new ();

  btfw_wire_put_keep_alive (out);
  memcpy (btfw_wire_put_bitfield (out, BITFIELD_SIZE), "\x80\1\2", BITFIELD_SIZE);
  btfw_wire_put_bare (out, BTFW_WIRE_UNCHOKE);
  put_block (out, 1, 0, 40);
  put_block (out, 1, 40, 40);
  btfw_wire_put_piece_index (out, BTFW_WIRE_HAVE, 9);
  put_block (out, 1, 80, 20);
  put_block (out, 3, 0, 30);
  put_block (out, 2, 0, 30);
  put_block (out, 8, 16, 25);
  btfw_wire_put_extended (out, 1, (const guint8 *) "d1:ai1ee", 8);
  btfw_wire_put_block (out, BTFW_WIRE_REJECT, &(BtfwBlock){ 4, 0, 30 });
  btfw_wire_put_keep_alive (out);
  put_block (out, 5, 0, 1);
  put_block (out, 6, 0, 40);
  btfw_wire_put_bare (out, BTFW_WIRE_CHOKE);
  return out;
}

static void
ask_for_mixture (Owner *self)
{
  ask (self, 1, 0, 40);
  ask (self, 1, 40, 40);
  ask (self, 1, 80, 20);
  ask (self, 2, 0, 30);
  ask (self, 3, 0, 30);
  ask (self, 4, 0, 30);
  ask (self, 5, 0, 1);
  ask (self, 6, 0, 40);
}

#define MIXTURE_LOG \
  "5:3:220a3 1:0:0 block:1+0/40:good block:1+40/40:good 4:4:9 block:1+80/20:good " \
  "block:3+0/30:good block:2+0/30:good dropped:8+16/25 20:9:"

static char *
get_mixture_log (void)
{
  g_autoptr (GByteArray) mixture = make_mixture ();
  g_autoptr (Owner)      owner = owner_new ();

  ask_for_mixture (owner);
  g_assert_true (btfw_receiver_feed (&owner->receiver, mixture->data, mixture->len, NULL));
  return g_strdup (owner->log->str);
}

static void
test_feed_tells_everything_in_order (void)
{
  g_autofree char *log = get_mixture_log ();

  g_assert_true (g_str_has_prefix (log, MIXTURE_LOG));
  g_assert_true (g_str_has_suffix (log, "block:5+0/1:good block:6+0/40:good 0:0:0 "));
}

static void
test_feed_at_every_split (void)
{
  g_autoptr (GByteArray) mixture = make_mixture ();
  g_autofree char       *expected = get_mixture_log ();

  for (guint split = 0; split <= mixture->len; split++)
    {
      g_autoptr (Owner) owner = owner_new ();

      ask_for_mixture (owner);
      g_assert_true (btfw_receiver_feed (&owner->receiver, mixture->data, split, NULL));
      g_assert_true (btfw_receiver_feed (&owner->receiver, mixture->data + split, mixture->len - split, NULL));
      g_assert_cmpstr (owner->log->str, ==, expected);
    }
}

/* The stream has bytes up to @first, then up to @second, then all. */
static void
read_in_three (const GByteArray *mixture, guint first, guint second, const char *expected)
{
  g_autoptr (Owner) owner = owner_new ();
  TestStream       *stream = test_stream_new (NULL);
  const guint       ends[] = { first, second, mixture->len };

  ask_for_mixture (owner);
  test_stream_append (stream, mixture->data, mixture->len);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      test_stream_deliver (stream, ends[i]);
      g_assert_cmpint (drain (owner, stream, G_MAXSSIZE, NULL), ==, BTFW_RECEIVER_DRAINED);
    }
  g_assert_cmpstr (owner->log->str, ==, expected);
  btfw_stream_close (&stream->stream);
}

static void
test_read_at_every_two_splits (void)
{
  g_autoptr (GByteArray) mixture = make_mixture ();
  g_autofree char       *expected = get_mixture_log ();

  for (guint first = 0; first <= mixture->len; first++)
    for (guint second = first; second <= mixture->len; second += g_test_slow () ? 1 : 7)
      read_in_three (mixture, first, second, expected);
}

/* As when a rate limit lets only so much pass a time. */
static void
test_read_with_every_maximum (void)
{
  g_autoptr (GByteArray) mixture = make_mixture ();
  g_autofree char       *expected = get_mixture_log ();

  for (guint max = 1; max <= mixture->len + 1; max++)
    {
      g_autoptr (Owner) owner = owner_new ();
      TestStream       *stream = test_stream_new (NULL);

      ask_for_mixture (owner);
      test_stream_append (stream, mixture->data, mixture->len);
      test_stream_deliver (stream, mixture->len);
      g_assert_cmpint (drain (owner, stream, max, NULL), ==, BTFW_RECEIVER_DRAINED);
      g_assert_cmpstr (owner->log->str, ==, expected);
      btfw_stream_close (&stream->stream);
    }
}

/* A peer that goes at any moment leaves no buffer behind, as owner_free() sees. */
static void
test_clear_at_every_split (void)
{
  g_autoptr (GByteArray) mixture = make_mixture ();

  for (guint split = 0; split <= mixture->len; split++)
    {
      g_autoptr (Owner) owner = owner_new ();
      TestStream       *stream = test_stream_new (NULL);

      ask_for_mixture (owner);
      test_stream_append (stream, mixture->data, mixture->len);
      test_stream_deliver (stream, split);
      drain (owner, stream, G_MAXSSIZE, NULL);
      btfw_stream_close (&stream->stream);
    }
}

/* The owner ends it in the middle of a read that brought more. */
static void
test_failing_at_every_event (void)
{
  g_autoptr (GByteArray) mixture = make_mixture ();
  gboolean               has_failed = TRUE;

  for (gint n = 0; has_failed; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Owner)  owner = owner_new ();
      TestStream        *stream = test_stream_new (NULL);

      owner->fail_at = n;
      ask_for_mixture (owner);
      test_stream_append (stream, mixture->data, mixture->len);
      test_stream_deliver (stream, mixture->len);
      has_failed = drain (owner, stream, G_MAXSSIZE, &error) == BTFW_RECEIVER_FAILED;
      g_assert_cmpint (error != NULL, ==, has_failed);
      btfw_stream_close (&stream->stream);
    }
}

/* --- The guess --- */

/* Blocks that come as expected go straight to their places: many a read. */
static void
test_expected_blocks_take_few_reads (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (Owner)      owner = owner_new ();
  TestStream            *stream = test_stream_new (NULL);
  BtfwReceiverResult     result = BTFW_RECEIVER_MORE;
  guint                  n_reads = 0;
  gsize                  n_read;

  for (guint i = 0; i < 128; i++)
    {
      ask (owner, i, 0, BTFW_BLOCK_SIZE);
      put_block (bytes, i, 0, BTFW_BLOCK_SIZE);
    }
  test_stream_append (stream, bytes->data, bytes->len);
  test_stream_deliver (stream, bytes->len);
  for (; result == BTFW_RECEIVER_MORE; n_reads++)
    result = btfw_receiver_read (&owner->receiver, &stream->stream, G_MAXSSIZE, &n_read, NULL);

  g_assert_cmpint (result, ==, BTFW_RECEIVER_DRAINED);
  g_assert_cmpuint (owner->asked->len, ==, 0);
  g_assert_null (strstr (owner->log->str, ":bad"));
  /* 1 + 2 + 4 + 8 + 16, then 32 each. */
  g_assert_cmpuint (n_reads, <=, 10);
  btfw_stream_close (&stream->stream);
}

/* Whole blocks in reverse: every guess is wrong, every byte right. */
static void
test_wrong_guesses_cost_nothing_but_time (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (Owner)      owner = owner_new ();
  TestStream            *stream = test_stream_new (NULL);

  for (guint i = 0; i < 64; i++)
    {
      ask (owner, i, 0, BTFW_BLOCK_SIZE);
      put_block (bytes, 63 - i, 0, BTFW_BLOCK_SIZE);
    }
  test_stream_append (stream, bytes->data, bytes->len);
  test_stream_deliver (stream, bytes->len);
  g_assert_cmpint (drain (owner, stream, G_MAXSSIZE, NULL), ==, BTFW_RECEIVER_DRAINED);
  g_assert_cmpuint (owner->asked->len, ==, 0);
  g_assert_null (strstr (owner->log->str, ":bad"));
  g_assert_null (strstr (owner->log->str, "dropped"));
  btfw_stream_close (&stream->stream);
}

/* --- Claims --- */

typedef struct
{
  const char *name;
  guint32     length;
  guint8      id;
  gboolean    is_taken;
} ClaimCase;

static const ClaimCase claim_cases[] = {
  { "largest-message", BTFW_WIRE_MESSAGE_MAX, BTFW_WIRE_EXTENDED, TRUE },
  { "message-too-large", BTFW_WIRE_MESSAGE_MAX + 1, BTFW_WIRE_EXTENDED, FALSE },
  { "unknown-message-too-large", BTFW_WIRE_MESSAGE_MAX + 1, 99, FALSE },
  { "half-of-everything", 0x80000000, BTFW_WIRE_HAVE, FALSE },
  { "everything", 0xffffffff, BTFW_WIRE_REQUEST, FALSE },
  { "everything-in-a-block", 0xffffffff, BTFW_WIRE_PIECE, FALSE },
  { "everything-in-a-bitfield", 0xffffffff, BTFW_WIRE_BITFIELD, FALSE },
  { "bitfield-right", 1 + BITFIELD_SIZE, BTFW_WIRE_BITFIELD, TRUE },
  { "bitfield-too-large", 2 + BITFIELD_SIZE, BTFW_WIRE_BITFIELD, FALSE },
  { "largest-block", 9 + BTFW_WIRE_BLOCK_MAX, BTFW_WIRE_PIECE, TRUE },
  { "block-too-large", 10 + BTFW_WIRE_BLOCK_MAX, BTFW_WIRE_PIECE, FALSE },
  { "smallest-block", 10, BTFW_WIRE_PIECE, TRUE },
  { "empty-block", 9, BTFW_WIRE_PIECE, FALSE },
  { "block-without-offset", 5, BTFW_WIRE_PIECE, FALSE },
  { "block-without-anything", 1, BTFW_WIRE_PIECE, FALSE },
};

/* Five bytes are enough to know, whether they come at once or one by one. */
static void
test_claim (gconstpointer data)
{
  const ClaimCase *claim = data;
  guint8           header[5];

  memcpy (header, &(guint32){ GUINT32_TO_BE (claim->length) }, 4);
  header[4] = claim->id;
  for (guint split = 0; split <= sizeof header; split++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Owner)  owner = owner_new ();
      gboolean           ok = btfw_receiver_feed (&owner->receiver, header, split, &error) &&
                    btfw_receiver_feed (&owner->receiver, header + split, sizeof header - split, &error);

      g_assert_cmpint (ok, ==, claim->is_taken);
      if (!ok)
        {
          g_assert_error (error, BTFW_WIRE_ERROR, BTFW_WIRE_ERROR_LENGTH);
          g_assert_null (owner->receiver.data);
        }
      g_assert_cmpstr (owner->log->str, ==, "");
    }
}

/* The header lies where a block was expected, so its length was not seen yet. */
static void
test_claim_behind_a_guess (gconstpointer data)
{
  const ClaimCase   *claim = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Owner)  owner = owner_new ();
  TestStream        *stream = test_stream_new (NULL);
  guint8             bytes[100] = { 0 };

  memcpy (bytes, &(guint32){ GUINT32_TO_BE (claim->length) }, 4);
  bytes[4] = claim->id;
  ask (owner, 1, 0, 40);
  ask (owner, 2, 0, 40);
  test_stream_append (stream, bytes, claim->is_taken ? 5 : sizeof bytes);
  test_stream_deliver (stream, sizeof bytes);
  g_assert_cmpint (drain (owner, stream, G_MAXSSIZE, &error), ==,
                   claim->is_taken ? BTFW_RECEIVER_DRAINED : BTFW_RECEIVER_FAILED);
  g_assert_cmpint (error == NULL, ==, claim->is_taken);
  g_assert_cmpstr (owner->log->str, ==, "");
  btfw_stream_close (&stream->stream);
}

/* Asked for, but larger than a buffer: passed over, and not written anywhere. */
static void
test_block_larger_than_a_buffer_is_dropped (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (Owner)      owner = owner_new ();

  put_block (bytes, 1, 0, BTFW_BLOCK_SIZE + 1);
  btfw_wire_put_bare (bytes, BTFW_WIRE_CHOKE);
  ask (owner, 1, 0, BTFW_BLOCK_SIZE + 1);
  g_assert_true (btfw_receiver_feed (&owner->receiver, bytes->data, bytes->len, NULL));
  g_assert_cmpstr (owner->log->str, ==, "dropped:1+0/16385 0:0:0 ");
}

/* --- Scarcity --- */

/* Nothing is read that has no place, and nothing is lost by waiting. */
static void
test_starves_and_recovers (void)
{
  g_autoptr (GByteArray) mixture = make_mixture ();
  g_autofree char       *expected = get_mixture_log ();
  g_autoptr (Owner)      owner = owner_new ();
  TestStream            *stream = test_stream_new (NULL);
  gsize                  n_read;

  ask_for_mixture (owner);
  test_stream_append (stream, mixture->data, mixture->len);
  test_stream_deliver (stream, mixture->len);

  owner->n_buffers = 0;
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (btfw_receiver_read (&owner->receiver, &stream->stream, G_MAXSSIZE, &n_read, NULL), ==, BTFW_RECEIVER_STARVED);
      g_assert_cmpuint (n_read, ==, 0);
    }
  g_assert_cmpuint (stream->n_read, ==, 0);

  owner->n_buffers = G_MAXUINT;
  g_assert_cmpint (drain (owner, stream, G_MAXSSIZE, NULL), ==, BTFW_RECEIVER_DRAINED);
  g_assert_cmpstr (owner->log->str, ==, expected);
  btfw_stream_close (&stream->stream);
}

/* Few buffers, also in the middle of blocks: slower, or a block that has to be
 * asked for again, but never a wrong byte. */
static void
test_scarce_buffers_at_every_split (void)
{
  g_autoptr (GByteArray) mixture = make_mixture ();

  for (guint n_buffers = 1; n_buffers < 5; n_buffers++)
    for (guint split = 0; split <= mixture->len; split++)
      {
        g_autoptr (Owner) owner = owner_new ();
        TestStream       *stream = test_stream_new (NULL);

        owner->n_buffers = n_buffers;
        ask_for_mixture (owner);
        test_stream_append (stream, mixture->data, mixture->len);
        test_stream_deliver (stream, split);
        drain (owner, stream, 64, NULL);
        test_stream_deliver (stream, mixture->len);
        g_assert_cmpint (drain (owner, stream, 64, NULL), ==, BTFW_RECEIVER_DRAINED);
        g_assert_null (strstr (owner->log->str, ":bad"));
        g_assert_true (g_str_has_suffix (owner->log->str, " 0:0:0 "));
        btfw_stream_close (&stream->stream);
      }
}

/* --- Ends --- */

static void
test_end_of_the_stream (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Owner)  owner = owner_new ();
  TestStream        *stream = test_stream_new (NULL);
  gsize              n_read;

  stream->at_end = TRUE;
  g_assert_cmpint (btfw_receiver_read (&owner->receiver, &stream->stream, 100, &n_read, &error), ==, BTFW_RECEIVER_END);
  g_assert_no_error (error);
  btfw_stream_close (&stream->stream);
}

static void
test_error_of_the_stream (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Owner)  owner = owner_new ();
  TestStream        *stream = test_stream_new (NULL);
  gsize              n_read;

  stream->read_error = ECONNRESET;
  ask (owner, 1, 0, 40);
  g_assert_cmpint (btfw_receiver_read (&owner->receiver, &stream->stream, 100, &n_read, &error), ==, BTFW_RECEIVER_FAILED);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  btfw_stream_close (&stream->stream);
}

/* --- Anything at all --- */

/* Random words and blocks, asked for or not, some of it cut and some of it
 * noise: what the sanitizers and the counting of buffers see must be right. */
static void
append_random_message (GByteArray *out, Owner *owner, GRand *rand)
{
  guint32 piece = (guint32) g_rand_int_range (rand, 0, 4);
  guint32 length = (guint32) g_rand_int_range (rand, 1, 3 * BTFW_BLOCK_SIZE / 2);
  guint8  noise[64];

  switch (g_rand_int_range (rand, 0, 12))
    {
    case 0:
      btfw_wire_put_piece_index (out, BTFW_WIRE_HAVE, piece);
      return;
    case 1:
      btfw_wire_put_keep_alive (out);
      return;
    case 2:
      btfw_wire_put_extended (out, 7, noise, (gsize) g_rand_int_range (rand, 0, sizeof noise));
      return;
    case 3:
      put_block (out, piece, 1, length);
      return;
    case 4:
      ask (owner, piece, 0, length % BTFW_BLOCK_SIZE + 1);
      return;
    default:
      length = length % BTFW_BLOCK_SIZE + 1;
      ask (owner, piece, 0, length);
      put_block (out, piece, 0, length);
      return;
    }
}

static void
test_random_streams (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (g_test_rand_int ());

  for (guint turn = 0; turn < 300; turn++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_autoptr (Owner)      owner = owner_new ();
      TestStream            *stream = test_stream_new (NULL);
      gsize                  end = 0;
      BtfwReceiverResult     result = BTFW_RECEIVER_MORE;

      for (guint i = 0; i < 30; i++)
        append_random_message (bytes, owner, rand);
      for (guint i = 0; turn % 2 == 1 && i < 3; i++)
        bytes->data[g_rand_int_range (rand, 0, (gint32) bytes->len)] ^= (guint8) g_rand_int_range (rand, 1, 256);
      owner->n_buffers = (guint) g_rand_int_range (rand, 1, 40);
      test_stream_append (stream, bytes->data, bytes->len);
      while (end < bytes->len && result != BTFW_RECEIVER_FAILED)
        {
          end += (gsize) g_rand_int_range (rand, 1, 4 * BTFW_BLOCK_SIZE);
          test_stream_deliver (stream, end);
          result = drain (owner, stream, (gsize) g_rand_int_range (rand, 1, 100000), NULL);
        }
      if (turn % 2 == 0)
        {
          g_assert_cmpint (result, ==, BTFW_RECEIVER_DRAINED);
          g_assert_null (strstr (owner->log->str, ":bad"));
        }
      btfw_stream_close (&stream->stream);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/receiver/feed/tells-everything-in-order", test_feed_tells_everything_in_order);
  g_test_add_func ("/receiver/feed/at-every-split", test_feed_at_every_split);
  g_test_add_func ("/receiver/read/at-every-two-splits", test_read_at_every_two_splits);
  g_test_add_func ("/receiver/read/with-every-maximum", test_read_with_every_maximum);
  g_test_add_func ("/receiver/read/clear-at-every-split", test_clear_at_every_split);
  g_test_add_func ("/receiver/read/failing-at-every-event", test_failing_at_every_event);
  g_test_add_func ("/receiver/guess/expected-blocks-take-few-reads", test_expected_blocks_take_few_reads);
  g_test_add_func ("/receiver/guess/wrong-ones-cost-nothing-but-time", test_wrong_guesses_cost_nothing_but_time);
  for (gsize i = 0; i < G_N_ELEMENTS (claim_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/receiver/claim/%s", claim_cases[i].name);
      g_autofree char *behind = g_strdup_printf ("/receiver/claim-behind-a-guess/%s", claim_cases[i].name);

      g_test_add_data_func (path, &claim_cases[i], test_claim);
      g_test_add_data_func (behind, &claim_cases[i], test_claim_behind_a_guess);
    }
  g_test_add_func ("/receiver/claim/block-larger-than-a-buffer-is-dropped", test_block_larger_than_a_buffer_is_dropped);
  g_test_add_func ("/receiver/scarcity/starves-and-recovers", test_starves_and_recovers);
  g_test_add_func ("/receiver/scarcity/at-every-split", test_scarce_buffers_at_every_split);
  g_test_add_func ("/receiver/end/of-the-stream", test_end_of_the_stream);
  g_test_add_func ("/receiver/end/error-of-the-stream", test_error_of_the_stream);
  g_test_add_func ("/receiver/random-streams", test_random_streams);
  return g_test_run ();
}
