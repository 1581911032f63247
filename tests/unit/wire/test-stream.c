/* test-stream.c: a stream whose bytes, cuts and failures a test decides. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/test-stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static gssize
again (TestStream *self, BtfwReady direction)
{
  self->stream.watch.ready &= ~direction;
  return -EAGAIN;
}

static gsize
limit (gsize wanted, gsize max)
{
  return max == 0 ? wanted : MIN (wanted, max);
}

static gssize
test_stream_readv (BtfwStream *stream, const struct iovec *vectors, int n_vectors)
{
  TestStream *self = (TestStream *) stream;
  gsize       left = limit (self->input_end - self->n_read, self->read_max);
  gsize       total = 0;

  if (self->read_error != 0)
    return -self->read_error;
  if (left == 0)
    return self->at_end ? 0 : again (self, BTFW_READY_READ);

  for (int i = 0; i < n_vectors && left > 0; i++)
    {
      gsize n = MIN (vectors[i].iov_len, left);

      memcpy (vectors[i].iov_base, self->input->data + self->n_read, n);
      self->n_read += n;
      total += n;
      left -= n;
    }
  return (gssize) total;
}

static gssize
test_stream_writev (BtfwStream *stream, const struct iovec *vectors, int n_vectors, gboolean more)
{
  TestStream *self = (TestStream *) stream;
  gsize       left = limit (self->room, self->write_max);
  gsize       total = 0;

  self->n_writes++;
  self->n_more += more;
  if (self->write_error != 0)
    return -self->write_error;
  if (left == 0)
    return again (self, BTFW_READY_WRITE);

  for (int i = 0; i < n_vectors && left > 0; i++)
    {
      gsize n = MIN (vectors[i].iov_len, left);

      g_byte_array_append (self->output, vectors[i].iov_base, (guint) n);
      total += n;
      left -= n;
    }
  self->room -= total;
  return (gssize) total;
}

static gssize
test_stream_send_file (BtfwStream *stream, int fd, off_t offset, gsize size)
{
  TestStream       *self = (TestStream *) stream;
  gsize             wanted = MIN (size, limit (self->room, self->write_max));
  g_autofree guint8 *bytes = g_malloc (MAX (wanted, 1));
  gssize            n;

  if (self->write_error != 0)
    return -self->write_error;
  if (wanted == 0)
    return again (self, BTFW_READY_WRITE);

  n = pread (fd, bytes, wanted, offset);
  if (n < 0)
    return -errno;
  g_byte_array_append (self->output, bytes, (guint) n);
  self->room -= (gsize) n;
  return n;
}

static void
test_stream_close (BtfwStream *stream)
{
  TestStream *self = (TestStream *) stream;

  if (self->was_closed != NULL)
    *self->was_closed = TRUE;
  if (stream->loop != NULL)
    btfw_loop_remove_watch (stream->loop, &stream->watch);
  g_byte_array_unref (self->input);
  g_byte_array_unref (self->output);
  g_free (self);
}

static const BtfwStreamClass test_stream_class = {
  .readv = test_stream_readv,
  .writev = test_stream_writev,
  .send_file = test_stream_send_file,
  .close = test_stream_close,
};

static void
on_watch (BtfwWatch *watch)
{
  BtfwStream *stream = (BtfwStream *) ((guint8 *) watch - G_STRUCT_OFFSET (BtfwStream, watch));

  if (stream->on_ready != NULL)
    stream->on_ready (stream);
}

TestStream *
test_stream_new (BtfwLoop *loop)
{
  TestStream *self = g_new0 (TestStream, 1);

  self->stream.klass = &test_stream_class;
  self->stream.loop = loop;
  self->stream.watch = (BtfwWatch){ .fd = -1, .ready = BTFW_READY_READ | BTFW_READY_WRITE, .on_ready = on_watch };
  self->input = g_byte_array_new ();
  self->output = g_byte_array_new ();
  self->room = G_MAXSSIZE;
  return self;
}

void
test_stream_append (TestStream *self, const guint8 *bytes, gsize size)
{
  g_byte_array_append (self->input, bytes, (guint) size);
}

static void
make_ready (TestStream *self, BtfwReady direction)
{
  self->stream.watch.ready |= direction;
  if (self->stream.loop != NULL && self->stream.on_ready != NULL)
    btfw_loop_queue_watch (self->stream.loop, &self->stream.watch);
}

void
test_stream_deliver (TestStream *self, gsize end)
{
  self->input_end = MIN (end, self->input->len);
  make_ready (self, BTFW_READY_READ);
}

void
test_stream_give_room (TestStream *self, gsize room)
{
  self->room = room;
  make_ready (self, BTFW_READY_WRITE);
}
