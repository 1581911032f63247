/* sender.c: tests that messages and blocks go out whole, however little a socket takes at a time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/sender.h"

#include "wire/test-stream.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_OFFSET 100
#define FILE_SIZE 1000

/* An unchoke and a have, which go out first. */
#define MESSAGES_SIZE 14u

#define BLOCKS_MAX 10

/* Whose blocks go out: every second one from a file. */
typedef struct
{
  BtfwSender sender; /* first */
  guint      n_blocks;
  guint      n_taken;
  guint      n_done;
  guint      n_sent;
  gboolean   only_files;
  gboolean   is_cold; /* the file's pages may have left memory */
  int        fd;
  BtfwLease *lease;
  guint8     bytes[BLOCKS_MAX][100];
} Owner;

static guint8
get_byte (const BtfwBlock *block, guint32 i)
{
  return (guint8) (block->piece * 37 + i * 11 + i / 200);
}

static BtfwBlock
get_block (guint i)
{
  return (BtfwBlock){ i, 16 * i, 50 + 3 * i };
}

/* Block @n; the lease is borrowed. */
static gboolean
owner_fill (Owner *self, guint n, BtfwOutgoing *outgoing)
{
  if (n >= self->n_blocks)
    return FALSE;

  outgoing->block = get_block (n);
  if (self->only_files || n % 2 == 1)
    {
      if (self->lease == NULL)
        self->lease = btfw_lease_new (self->fd, 0, FILE_OFFSET + FILE_SIZE, !self->is_cold, NULL, NULL);
      outgoing->offset = FILE_OFFSET + n * 100;
      outgoing->lease = self->lease;
    }
  else
    outgoing->data = self->bytes[n];
  return TRUE;
}

static gboolean
owner_next (BtfwSender *sender, BtfwOutgoing *outgoing)
{
  Owner *self = (Owner *) sender;

  if (!owner_fill (self, self->n_taken, outgoing))
    return FALSE;

  if (outgoing->lease != NULL)
    btfw_lease_ref (outgoing->lease);
  self->n_taken++;
  return TRUE;
}

static gboolean
owner_ahead (BtfwSender *sender, guint i, BtfwOutgoing *outgoing)
{
  Owner *self = (Owner *) sender;

  return owner_fill (self, self->n_taken + i, outgoing);
}

static void
owner_done (BtfwSender *sender, BtfwOutgoing *outgoing, gboolean sent)
{
  Owner *self = (Owner *) sender;

  g_assert_null (outgoing->lease);
  self->n_done++;
  self->n_sent += sent;
}

static BtfwScratch scratch;

static const BtfwSenderClass owner_class = {
  .next = owner_next,
  .ahead = owner_ahead,
  .done = owner_done,
};

static int
make_file (void)
{
  int fd = memfd_create ("sender", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, FILE_OFFSET + FILE_SIZE), ==, 0);
  for (guint n = 0; n < FILE_SIZE / 100; n++)
    {
      BtfwBlock block = get_block (n);

      for (guint32 i = 0; i < MIN (block.length, 100); i++)
        {
          guint8 byte = get_byte (&block, i);

          g_assert_cmpint (pwrite (fd, &byte, 1, FILE_OFFSET + n * 100 + i), ==, 1);
        }
    }
  return fd;
}

static void
owner_init (Owner *self, guint n_blocks)
{
  *self = (Owner){ .n_blocks = n_blocks, .fd = make_file () };
  for (guint n = 0; n < BLOCKS_MAX; n++)
    {
      BtfwBlock block = get_block (n);

      for (guint32 i = 0; i < block.length; i++)
        self->bytes[n][i] = get_byte (&block, i);
    }
  btfw_sender_init (&self->sender, &owner_class, &scratch);
}

static void
owner_clear (Owner *self)
{
  btfw_sender_clear (&self->sender);
  g_assert_cmpuint (self->n_done, ==, self->n_taken);
  g_clear_pointer (&self->lease, btfw_lease_unref);
  close (self->fd);
}

static void
append_block (GByteArray *out, guint n)
{
  BtfwBlock block = get_block (n);
  guint8    header[BTFW_WIRE_PIECE_HEADER];

  btfw_wire_fill_piece_header (header, &block);
  g_byte_array_append (out, header, sizeof header);
  for (guint32 i = 0; i < block.length; i++)
    {
      guint8 byte = get_byte (&block, i);

      g_byte_array_append (out, &byte, 1);
    }
}

/* Two messages, then @n_blocks blocks. */
static GByteArray *
make_expected (guint n_blocks)
{
  GByteArray *out = g_byte_array_new ();

  btfw_wire_put_bare (out, BTFW_WIRE_UNCHOKE);
  btfw_wire_put_piece_index (out, BTFW_WIRE_HAVE, 5);
  for (guint i = 0; i < n_blocks; i++)
    append_block (out, i);
  return out;
}

static void
put_messages (Owner *owner)
{
  btfw_wire_put_bare (btfw_sender_get_messages (&owner->sender), BTFW_WIRE_UNCHOKE);
  btfw_wire_put_piece_index (btfw_sender_get_messages (&owner->sender), BTFW_WIRE_HAVE, 5);
}

static void
assert_output (TestStream *stream, const GByteArray *expected)
{
  g_assert_cmpmem (stream->output->data, stream->output->len, expected->data, expected->len);
}

/* Writes until nothing is left, giving room as @room says each time it is used
 * up. Answers how many bytes of blocks went out. */
static gsize
write_all (Owner *owner, TestStream *stream, gsize max, gsize room)
{
  BtfwSenderResult result;
  gsize            total_payload = 0;
  gsize            n_payload, n_messages;

  do
    {
      g_autoptr (GError) error = NULL;
      gsize              before = stream->output->len;

      test_stream_give_room (stream, room);
      result = btfw_sender_write (&owner->sender, &stream->stream, max, &n_payload, &n_messages, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (n_payload, <=, max);
      g_assert_cmpuint (n_payload + n_messages, ==, stream->output->len - before);
      total_payload += n_payload;
    }
  while (result != BTFW_SENDER_EMPTY);
  return total_payload;
}

static gsize
get_size_of_blocks (guint n)
{
  gsize size = 0;

  for (guint i = 0; i < n; i++)
    size += get_block (i).length;
  return size;
}

static void
test_all_at_once (void)
{
  g_autoptr (GByteArray) expected = make_expected (6);
  TestStream            *stream = test_stream_new (NULL);
  Owner                  owner;

  owner_init (&owner, 6);
  put_messages (&owner);
  g_assert_cmpuint (write_all (&owner, stream, G_MAXSSIZE, G_MAXSSIZE), ==, get_size_of_blocks (6));
  assert_output (stream, expected);
  g_assert_cmpuint (owner.n_sent, ==, 6);
  g_assert_cmpuint (btfw_sender_get_n_waiting (&owner.sender), ==, 0);
  /* The first by itself, then two, then what is left; with no call for the end. */
  g_assert_cmpuint (stream->n_writes, ==, 3);
  g_assert_cmpuint (stream->n_more, ==, 0);
  btfw_stream_close (&stream->stream);
  owner_clear (&owner);
}

/* Nobody says what comes behind a block. */
static void
test_one_by_one (void)
{
  static const BtfwSenderClass alone_class = { .next = owner_next, .done = owner_done };
  g_autoptr (GByteArray)       expected = make_expected (6);
  TestStream                  *stream = test_stream_new (NULL);
  Owner                        owner;

  owner_init (&owner, 6);
  owner.sender.klass = &alone_class;
  put_messages (&owner);
  g_assert_cmpuint (write_all (&owner, stream, G_MAXSSIZE, G_MAXSSIZE), ==, get_size_of_blocks (6));
  assert_output (stream, expected);
  g_assert_cmpuint (stream->n_writes, ==, 6);
  btfw_stream_close (&stream->stream);
  owner_clear (&owner);
}

/* Whether or not such a file can be read without waiting, the bytes are right. */
static void
test_cold_files (void)
{
  g_autoptr (GByteArray) expected = make_expected (8);
  TestStream            *stream = test_stream_new (NULL);
  Owner                  owner;

  owner_init (&owner, 8);
  owner.only_files = owner.is_cold = TRUE;
  put_messages (&owner);
  g_assert_cmpuint (write_all (&owner, stream, G_MAXSSIZE, 70), ==, get_size_of_blocks (8));
  assert_output (stream, expected);
  btfw_stream_close (&stream->stream);
  owner_clear (&owner);
}

/* The socket takes so many bytes a time, for every such number. */
static void
test_short_writes_of_every_size (void)
{
  g_autoptr (GByteArray) expected = make_expected (4);

  for (gsize room = 1; room <= expected->len; room++)
    {
      TestStream *stream = test_stream_new (NULL);
      Owner       owner;

      owner_init (&owner, 4);
      put_messages (&owner);
      g_assert_cmpuint (write_all (&owner, stream, G_MAXSSIZE, room), ==, get_size_of_blocks (4));
      assert_output (stream, expected);
      g_assert_cmpuint (owner.n_sent, ==, 4);
      btfw_stream_close (&stream->stream);
      owner_clear (&owner);
    }
}

/* A rate limit lets so many bytes of blocks pass a time, for every such number. */
static void
test_maxima_of_every_size (void)
{
  g_autoptr (GByteArray) expected = make_expected (4);

  for (gsize max = 1; max <= expected->len; max++)
    {
      TestStream *stream = test_stream_new (NULL);
      Owner       owner;

      owner_init (&owner, 4);
      put_messages (&owner);
      g_assert_cmpuint (write_all (&owner, stream, max, G_MAXSSIZE), ==, get_size_of_blocks (4));
      assert_output (stream, expected);
      btfw_stream_close (&stream->stream);
      owner_clear (&owner);
    }
}

/* Messages go out although no block may, and no block is begun. */
static void
test_messages_pass_a_limit_of_nothing (void)
{
  g_autoptr (GByteArray) expected = make_expected (0);
  TestStream            *stream = test_stream_new (NULL);
  gsize                  n_payload, n_messages;
  Owner                  owner;

  owner_init (&owner, 2);
  put_messages (&owner);
  g_assert_cmpint (btfw_sender_write (&owner.sender, &stream->stream, 0, &n_payload, &n_messages, NULL), ==, BTFW_SENDER_MORE);
  assert_output (stream, expected);
  g_assert_cmpuint (owner.n_taken, ==, 0);
  btfw_stream_close (&stream->stream);
  owner_clear (&owner);
}

/* Where a message goes that comes up after @cut bytes: behind the messages
 * before it, or behind the block whose first byte is out. */
static gsize
get_place_of_message (gsize cut)
{
  gsize place = MESSAGES_SIZE;

  for (guint i = 0; place < cut; i++)
    place += BTFW_WIRE_PIECE_HEADER + get_block (i).length;
  return place;
}

static void
test_messages_never_go_into_a_block (void)
{
  g_autoptr (GByteArray) whole = make_expected (2);

  for (gsize cut = 0; cut <= whole->len; cut++)
    {
      TestStream *stream = test_stream_new (NULL);
      gsize       place = get_place_of_message (cut);
      gsize       n_payload, n_messages;
      Owner       owner;

      owner_init (&owner, 2);
      put_messages (&owner);
      test_stream_give_room (stream, cut);
      btfw_sender_write (&owner.sender, &stream->stream, G_MAXSSIZE, &n_payload, &n_messages, NULL);
      btfw_wire_put_bare (btfw_sender_get_messages (&owner.sender), BTFW_WIRE_INTERESTED);
      write_all (&owner, stream, G_MAXSSIZE, G_MAXSSIZE);

      g_assert_cmpuint (stream->output->len, ==, whole->len + 5);
      g_assert_cmpmem (stream->output->data, place, whole->data, place);
      g_assert_cmpmem (stream->output->data + place, 5, "\0\0\0\1\2", 5);
      btfw_stream_close (&stream->stream);
      owner_clear (&owner);
    }
}

/* Cleared in the middle: the block is given back, once, and told as not sent. */
static void
test_clear_at_every_byte (void)
{
  g_autoptr (GByteArray) whole = make_expected (3);

  for (gsize cut = 0; cut <= whole->len; cut++)
    {
      TestStream *stream = test_stream_new (NULL);
      gsize       n_payload, n_messages;
      Owner       owner;

      owner_init (&owner, 3);
      put_messages (&owner);
      test_stream_give_room (stream, cut);
      btfw_sender_write (&owner.sender, &stream->stream, G_MAXSSIZE, &n_payload, &n_messages, NULL);
      btfw_sender_clear (&owner.sender);
      g_assert_cmpuint (owner.n_done, ==, owner.n_taken);
      g_assert_cmpuint (owner.n_taken - owner.n_sent, <=, 1);
      g_assert_cmpint (owner.n_sent == 3, ==, cut == whole->len);
      btfw_stream_close (&stream->stream);
      owner_clear (&owner);
    }
}

static void
test_file_that_shrank_is_the_storages_fault (void)
{
  g_autoptr (GError) error = NULL;
  TestStream        *stream = test_stream_new (NULL);
  gsize              n_payload, n_messages;
  Owner              owner;

  owner_init (&owner, 3);
  owner.only_files = TRUE;
  g_assert_cmpint (ftruncate (owner.fd, FILE_OFFSET + 20), ==, 0);
  g_assert_cmpint (btfw_sender_write (&owner.sender, &stream->stream, G_MAXSSIZE, &n_payload, &n_messages, &error), ==, BTFW_SENDER_FAILED);
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
  g_assert_cmpuint (n_payload, ==, 20);
  btfw_stream_close (&stream->stream);
  owner_clear (&owner);
}

static void
test_error_of_the_stream (void)
{
  g_autoptr (GError) error = NULL;
  TestStream        *stream = test_stream_new (NULL);
  gsize              n_payload, n_messages;
  Owner              owner;

  owner_init (&owner, 1);
  stream->write_error = EPIPE;
  g_assert_cmpint (btfw_sender_write (&owner.sender, &stream->stream, G_MAXSSIZE, &n_payload, &n_messages, &error), ==, BTFW_SENDER_FAILED);
  g_assert_nonnull (error);
  g_assert_cmpuint (error->domain, ==, G_IO_ERROR);
  btfw_stream_close (&stream->stream);
  owner_clear (&owner);
}

/* Only what is on its way cannot be taken back. */
static void
test_is_sending_is_exact (void)
{
  TestStream *stream = test_stream_new (NULL);
  BtfwBlock   first = get_block (0);
  BtfwBlock   second = get_block (1);
  gsize       n_payload, n_messages;
  Owner       owner;

  owner_init (&owner, 2);
  g_assert_false (btfw_sender_is_sending (&owner.sender, &first));
  test_stream_give_room (stream, 5);
  btfw_sender_write (&owner.sender, &stream->stream, G_MAXSSIZE, &n_payload, &n_messages, NULL);
  g_assert_true (btfw_sender_is_sending (&owner.sender, &first));
  g_assert_false (btfw_sender_is_sending (&owner.sender, &second));
  btfw_stream_close (&stream->stream);
  owner_clear (&owner);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/sender/all-at-once", test_all_at_once);
  g_test_add_func ("/sender/one-by-one", test_one_by_one);
  g_test_add_func ("/sender/cold-files", test_cold_files);
  g_test_add_func ("/sender/short-writes-of-every-size", test_short_writes_of_every_size);
  g_test_add_func ("/sender/maxima-of-every-size", test_maxima_of_every_size);
  g_test_add_func ("/sender/messages/pass-a-limit-of-nothing", test_messages_pass_a_limit_of_nothing);
  g_test_add_func ("/sender/messages/never-go-into-a-block", test_messages_never_go_into_a_block);
  g_test_add_func ("/sender/clear-at-every-byte", test_clear_at_every_byte);
  g_test_add_func ("/sender/file-that-shrank-is-the-storages-fault", test_file_that_shrank_is_the_storages_fault);
  g_test_add_func ("/sender/error-of-the-stream", test_error_of_the_stream);
  g_test_add_func ("/sender/is-sending-is-exact", test_is_sending_is_exact);
  return g_test_run ();
}
