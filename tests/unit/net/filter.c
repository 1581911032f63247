/* filter.c: tests of a stream that goes on encrypted. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/filter.h"

#include "wire/test-stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const guint8 info_hash[20] = "abcdefghijklmnopqrst";
static const guint8 payload[] = "a handshake";

#define SIZE 200000u

/* Two ends of a handshake that is done: ours has a stream, of the other one we have the ciphers. */
typedef struct
{
  TestStream *stream;
  BtfwRc4     in; /* theirs */
  BtfwRc4     out;
  guint8     *bytes;
} Fixture;

static gboolean
find (const guint8 *wanted, guint8 *found, gpointer user_data)
{
  memcpy (found, info_hash, sizeof info_hash);
  return TRUE;
}

static void
carry (BtfwObfuscation *from, BtfwObfuscation *to)
{
  GByteArray *out = btfw_obfuscation_get_out (from);

  g_assert_true (btfw_obfuscation_feed (to, out->data, out->len, NULL));
  g_byte_array_set_size (out, 0);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  BtfwEncryption   encryption = GPOINTER_TO_UINT (data);
  BtfwObfuscation *theirs = btfw_obfuscation_new_outgoing (info_hash, encryption, payload, sizeof payload);
  BtfwObfuscation *ours = btfw_obfuscation_new_incoming (encryption, find, NULL);

  for (guint turn = 0; turn < 2; turn++)
    {
      carry (theirs, ours);
      carry (ours, theirs);
    }
  g_assert_true (btfw_obfuscation_is_done (ours) && btfw_obfuscation_is_done (theirs));
  btfw_obfuscation_get_ciphers (theirs, &self->in, &self->out);
  self->stream = test_stream_new (NULL);
  btfw_stream_set_filter (&self->stream->stream, ours);
  btfw_obfuscation_free (ours);
  btfw_obfuscation_free (theirs);

  self->bytes = g_malloc (SIZE);
  for (guint i = 0; i < SIZE; i++)
    self->bytes[i] = (guint8) (i * 13 >> 4);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  gboolean was_closed = FALSE;

  self->stream->was_closed = &was_closed;
  btfw_stream_close (&self->stream->stream);
  g_assert_true (was_closed);
  g_free (self->bytes);
}

/* Into vectors of changing sizes, until nothing more comes. */
static GByteArray *
read_all (Fixture *self)
{
  GByteArray *got = g_byte_array_new ();
  guint8      a[13], b[16384], c[1];

  for (;;)
    {
      struct iovec vectors[] = { { a, sizeof a }, { b, sizeof b - got->len % 100 }, { c, sizeof c } };
      gssize       n = btfw_stream_readv (&self->stream->stream, vectors, 3);
      gssize       left = n;

      if (n <= 0)
        {
          g_assert_cmpint (n, ==, -EAGAIN);
          return got;
        }
      for (guint i = 0; i < 3 && left > 0; i++)
        {
          gssize part = MIN (left, (gssize) vectors[i].iov_len);

          g_byte_array_append (got, vectors[i].iov_base, (guint) part);
          left -= part;
        }
    }
}

/* What came too early is read first, then the rest, however it is cut. */
static void
test_reads (Fixture *self, gconstpointer data)
{
  g_autoptr (GByteArray) early = NULL;
  g_autofree guint8     *sent = g_malloc (SIZE);

  early = read_all (self);
  g_assert_cmpmem (early->data, early->len, payload, sizeof payload);

  if (self->stream->stream.klass->is_encrypted)
    btfw_rc4_apply (&self->out, self->bytes, sent, SIZE);
  else
    memcpy (sent, self->bytes, SIZE);
  test_stream_append (self->stream, sent, SIZE);
  for (gsize end = 0; end < SIZE; end += 7919)
    {
      g_autoptr (GByteArray) got = NULL;
      gsize                  from = self->stream->n_read;

      self->stream->read_max = end % 3000;
      test_stream_deliver (self->stream, end);
      got = read_all (self);
      g_assert_cmpmem (got->data, got->len, self->bytes + from, end - from);
    }
}

static void
assert_output (Fixture *self, gsize size)
{
  GByteArray *out = self->stream->output;
  BtfwRc4     cipher = self->in;

  g_assert_cmpuint (out->len, ==, size);
  if (self->stream->stream.klass->is_encrypted)
    {
      g_assert_cmpint (memcmp (out->data, self->bytes, 16), !=, 0);
      btfw_rc4_apply (&cipher, out->data, out->data, out->len);
    }
  g_assert_cmpmem (out->data, out->len, self->bytes, size);
}

static gsize
write_some (Fixture *self, gsize from, gsize size)
{
  struct iovec vectors[] = { { self->bytes + from, MIN (size, 17) },
                             { self->bytes + from + MIN (size, 17), size - MIN (size, 17) } };
  gssize       n = btfw_stream_writev (&self->stream->stream, vectors, 2, FALSE);

  g_assert_true (n > 0 || n == -EAGAIN);
  return n > 0 ? (gsize) n : 0;
}

/* A socket that takes little, at odd places: what was taken goes out once and in order. */
static void
test_writes (Fixture *self, gconstpointer data)
{
  g_autofree guint8 *copy = g_memdup2 (self->bytes, SIZE);
  gsize              taken = 0;
  gsize              given = 0;

  test_stream_give_room (self->stream, 0);
  for (guint turn = 0; turn < 10000 && (taken < SIZE || self->stream->output->len < SIZE); turn++)
    {
      if (taken < SIZE)
        taken += write_some (self, taken, MIN (SIZE - taken, 1 + turn * 31 % 5000));
      if (turn % 3 == 0)
        {
          given += turn * 17 % 9001;
          test_stream_give_room (self->stream, turn * 17 % 9001);
          btfw_stream_tell_ready (&self->stream->stream);
        }
      g_assert_cmpuint (self->stream->output->len, <=, given);
    }
  assert_output (self, SIZE);
  g_assert_cmpmem (self->bytes, SIZE, copy, SIZE);
}

/* What is taken from the caller is bounded, however much it has. */
static void
test_takes_little (Fixture *self, gconstpointer data)
{
  test_stream_give_room (self->stream, 100);
  g_assert_cmpuint (write_some (self, 0, SIZE), <=, 65536);
  g_assert_cmpuint (write_some (self, 0, SIZE), ==, 0);
}

/* What fails behind the caller's back is told at the next call. */
static void
test_late_failure (Fixture *self, gconstpointer data)
{
  struct iovec vector = { self->bytes, 100 };

  test_stream_give_room (self->stream, 10);
  g_assert_cmpuint (write_some (self, 0, 100), ==, 100);
  self->stream->write_error = EPIPE;
  test_stream_give_room (self->stream, 1000);
  btfw_stream_tell_ready (&self->stream->stream);
  g_assert_cmpint (btfw_stream_writev (&self->stream->stream, &vector, 1, FALSE), ==, -EPIPE);
}

/* Files can be sent only as they are. */
static void
test_files (Fixture *self, gconstpointer data)
{
  g_autofree char *path = NULL;
  int              fd;

  g_assert_cmpint (btfw_stream_can_send_file (&self->stream->stream), !=, self->stream->stream.klass->is_encrypted);
  if (!btfw_stream_can_send_file (&self->stream->stream))
    return;
  fd = g_file_open_tmp (NULL, &path, NULL);
  g_assert_cmpint (write (fd, self->bytes, 1000), ==, 1000);
  g_assert_cmpint (btfw_stream_send_file (&self->stream->stream, fd, 100, 500), ==, 500);
  g_assert_cmpmem (self->stream->output->data, self->stream->output->len, self->bytes + 100, 500);
  close (fd);
  unlink (path);
}

static const struct
{
  const char *name;
  void (*run) (Fixture *self, gconstpointer data);
  gboolean only_encrypted;
} tests[] = {
  { "reads", test_reads, FALSE },
  { "writes", test_writes, FALSE },
  { "takes-little", test_takes_little, TRUE },
  { "late-failure", test_late_failure, TRUE },
  { "files", test_files, FALSE },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *encrypted = g_strdup_printf ("/filter/encrypted/%s", tests[i].name);
      g_autofree char *plain = g_strdup_printf ("/filter/plain/%s", tests[i].name);

      g_test_add (encrypted, Fixture, GUINT_TO_POINTER (BTFW_ENCRYPTION_REQUIRE), set_up, tests[i].run, tear_down);
      if (!tests[i].only_encrypted)
        g_test_add (plain, Fixture, GUINT_TO_POINTER (BTFW_ENCRYPTION_ALLOW), set_up, tests[i].run, tear_down);
    }
  return g_test_run ();
}
