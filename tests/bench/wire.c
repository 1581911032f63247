/* wire.c: what the receiver costs beside the copy that a socket makes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/receiver.h"

#include "wire/test-stream.h"

#include <btfw/btfw-types.h>

#include <string.h>
#include <time.h>

#define BLOCKS 1024u
#define ROUNDS 40u

typedef struct
{
  BtfwReceiver receiver; /* first */
  BtfwScratch  scratch;
  guint32      n_expected; /* the next block that is owed */
  gboolean     guesses;
  guint8      *spare[BTFW_SCRATCH_BLOCKS + 2];
  guint        n_spare;
} Owner;

static double
get_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static guint
expect (BtfwReceiver *receiver, BtfwBlock *blocks, guint max)
{
  Owner *self = (Owner *) receiver;
  guint  n = self->guesses ? MIN (max, BLOCKS - self->n_expected) : 0;

  for (guint i = 0; i < n; i++)
    blocks[i] = (BtfwBlock){ self->n_expected + i, 0, BTFW_BLOCK_SIZE };
  return n;
}

static gboolean
accept_block (BtfwReceiver *receiver, const BtfwBlock *block)
{
  return TRUE;
}

static guint8 *
take_buffer (BtfwReceiver *receiver)
{
  Owner *self = (Owner *) receiver;

  return self->n_spare == 0 ? NULL : self->spare[--self->n_spare];
}

static void
give_buffer (BtfwReceiver *receiver, guint8 *buffer)
{
  Owner *self = (Owner *) receiver;

  self->spare[self->n_spare++] = buffer;
}

static gboolean
on_block (BtfwReceiver *receiver, const BtfwBlock *block, guint8 *data, GError **error)
{
  ((Owner *) receiver)->n_expected++;
  give_buffer (receiver, data);
  return TRUE;
}

static gboolean
on_dropped (BtfwReceiver *receiver, const BtfwBlock *block, GError **error)
{
  g_assert_not_reached ();
}

static gboolean
on_message (BtfwReceiver *receiver, guint8 id, BtfwReader *body, GError **error)
{
  return TRUE;
}

static const BtfwReceiverClass owner_class = {
  .expect = expect,
  .accept = accept_block,
  .take_buffer = take_buffer,
  .give_buffer = give_buffer,
  .on_block = on_block,
  .on_dropped = on_dropped,
  .on_message = on_message,
};

/* Blocks in order; a have before each, or not. */
static TestStream *
make_stream (gboolean with_haves)
{
  TestStream             *stream = test_stream_new (NULL);
  g_autoptr (GByteArray)  have = g_byte_array_new ();
  g_autofree guint8      *payload = g_malloc0 (BTFW_BLOCK_SIZE);
  guint8                  header[BTFW_WIRE_PIECE_HEADER];

  btfw_wire_put_piece_index (have, BTFW_WIRE_HAVE, 1);
  for (guint32 i = 0; i < BLOCKS; i++)
    {
      btfw_wire_fill_piece_header (header, &(BtfwBlock){ i, 0, BTFW_BLOCK_SIZE });
      if (with_haves)
        test_stream_append (stream, have->data, have->len);
      test_stream_append (stream, header, sizeof header);
      test_stream_append (stream, payload, BTFW_BLOCK_SIZE);
    }
  return stream;
}

static double
run (Owner *owner, TestStream *stream)
{
  double start = get_cpu_time ();
  gsize  n_read;

  for (guint round = 0; round < ROUNDS; round++)
    {
      stream->n_read = 0;
      owner->n_expected = 0;
      test_stream_deliver (stream, stream->input->len);
      while (btfw_receiver_read (&owner->receiver, &stream->stream, G_MAXSSIZE, &n_read, NULL) == BTFW_RECEIVER_MORE)
        ;
      g_assert_cmpuint (owner->n_expected, ==, BLOCKS);
    }
  return (double) stream->input->len * ROUNDS / (get_cpu_time () - start) / 1e9;
}

static double
copy (TestStream *stream)
{
  g_autofree guint8 *to = g_malloc (BTFW_BLOCK_SIZE);
  double             start = get_cpu_time ();

  for (guint round = 0; round < ROUNDS; round++)
    for (gsize offset = 0; offset + BTFW_BLOCK_SIZE <= stream->input->len; offset += BTFW_BLOCK_SIZE)
      {
        memcpy (to, stream->input->data + offset, BTFW_BLOCK_SIZE);
        __asm__ volatile ("" : : "r" (to) : "memory");
      }
  return (double) stream->input->len * ROUNDS / (get_cpu_time () - start) / 1e9;
}

int
main (void)
{
  Owner *owner = g_new0 (Owner, 1);

  for (guint i = 0; i < G_N_ELEMENTS (owner->spare); i++)
    owner->spare[owner->n_spare++] = g_malloc (BTFW_BLOCK_SIZE);
  for (guint haves = 0; haves < 2; haves++)
    {
      TestStream *stream = make_stream (haves > 0);

      g_print ("%s\n", haves ? "a have before each block" : "blocks only");
      g_print ("  %-28s %6.2f GB/s\n", "copied, and nothing else", copy (stream));
      for (guint guesses = 0; guesses < 2; guesses++)
        {
          btfw_receiver_init (&owner->receiver, &owner_class, &owner->scratch, 1);
          owner->guesses = guesses > 0;
          g_print ("  %-28s %6.2f GB/s\n", guesses ? "read into place" : "read in a row, then copied", run (owner, stream));
          btfw_receiver_clear (&owner->receiver);
        }
      btfw_stream_close (&stream->stream);
    }
  for (guint i = 0; i < G_N_ELEMENTS (owner->spare); i++)
    g_free (owner->spare[i]);
  g_free (owner);
  return 0;
}
