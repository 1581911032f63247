/* filter.c: a stream that goes on encrypted, or behind bytes that came too early. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/filter.h"

#include <errno.h>
#include <string.h>

/* What a write takes at most; it is memory only until the socket has it. */
#define WRITE_MAX (64u * 1024)

/* What is read is decrypted where it lies. What is written may not be changed
 * where it lies, as it may be sent to others, or once more: it is encrypted on
 * its way into a buffer. What is in there was taken, and goes out before all else. */
struct _BtfwStreamFilter
{
  const BtfwStreamClass *inner;
  gboolean               is_encrypted;
  BtfwRc4                in;
  BtfwRc4                out;
  GByteArray            *rest; /* readable bytes to begin with; NULL once they are read */
  guint                  n_read;
  guint8                *pending; /* NULL when the socket has everything */
  gsize                  pending_size;
  gsize                  pending_sent;
  int                    errnum; /* of a flush that failed */
};

static gssize
read_rest (BtfwStreamFilter *self, const struct iovec *vectors, int n_vectors)
{
  gsize n = 0;

  for (int i = 0; i < n_vectors && self->n_read < self->rest->len; i++)
    {
      gsize part = MIN (vectors[i].iov_len, self->rest->len - self->n_read);

      memcpy (vectors[i].iov_base, self->rest->data + self->n_read, part);
      self->n_read += (guint) part;
      n += part;
    }
  if (self->n_read == self->rest->len)
    g_clear_pointer (&self->rest, g_byte_array_unref);
  return (gssize) n;
}

static gssize
filter_readv (BtfwStream *stream, const struct iovec *vectors, int n_vectors)
{
  BtfwStreamFilter *self = stream->filter;
  gssize            n;
  gsize             left;

  if (self->rest != NULL)
    return read_rest (self, vectors, n_vectors);

  n = self->inner->readv (stream, vectors, n_vectors);
  if (!self->is_encrypted || n <= 0)
    return n;
  left = (gsize) n;
  for (int i = 0; i < n_vectors && left > 0; i++)
    {
      gsize part = MIN (vectors[i].iov_len, left);

      btfw_rc4_apply (&self->in, vectors[i].iov_base, vectors[i].iov_base, part);
      left -= part;
    }
  return n;
}

/* 0 when nothing is left of it, or -errno. */
static int
flush (BtfwStream *stream, gboolean more)
{
  BtfwStreamFilter *self = stream->filter;

  while (self->pending != NULL)
    {
      struct iovec vector = { self->pending + self->pending_sent, self->pending_size - self->pending_sent };
      gssize       n = self->inner->writev (stream, &vector, 1, more);

      if (n < 0)
        return (int) n;
      self->pending_sent += (gsize) n;
      if (self->pending_sent == self->pending_size)
        g_clear_pointer (&self->pending, g_free);
      else if (!(stream->watch.ready & BTFW_READY_WRITE))
        return -EAGAIN;
    }
  return 0;
}

static gsize
fill_pending (BtfwStreamFilter *self, const struct iovec *vectors, int n_vectors)
{
  gsize size = 0;
  gsize filled = 0;

  for (int i = 0; i < n_vectors; i++)
    size += vectors[i].iov_len;
  size = MIN (size, WRITE_MAX);
  self->pending = g_malloc (size);
  self->pending_size = size;
  self->pending_sent = 0;
  for (int i = 0; i < n_vectors && filled < size; i++)
    {
      gsize part = MIN (vectors[i].iov_len, size - filled);

      btfw_rc4_apply (&self->out, vectors[i].iov_base, self->pending + filled, part);
      filled += part;
    }
  return size;
}

static gssize
filter_writev (BtfwStream *stream, const struct iovec *vectors, int n_vectors, gboolean more)
{
  BtfwStreamFilter *self = stream->filter;
  gsize             taken;
  int               result;

  if (self->errnum != 0)
    return self->errnum;
  result = flush (stream, TRUE);
  if (result < 0)
    return result;
  taken = fill_pending (self, vectors, n_vectors);
  result = flush (stream, more);
  return result < 0 && result != -EAGAIN ? result : (gssize) taken;
}

static gssize
filter_writev_plain (BtfwStream *stream, const struct iovec *vectors, int n_vectors, gboolean more)
{
  return stream->filter->inner->writev (stream, vectors, n_vectors, more);
}

static gssize
filter_send_file (BtfwStream *stream, int fd, off_t offset, gsize size)
{
  return stream->filter->inner->send_file (stream, fd, offset, size);
}

static void
filter_ready (BtfwStream *stream)
{
  BtfwStreamFilter *self = stream->filter;
  int               result;

  if (self->pending == NULL || !(stream->watch.ready & BTFW_READY_WRITE))
    return;
  result = flush (stream, FALSE);
  if (result < 0 && result != -EAGAIN)
    self->errnum = result;
}

static void
filter_close (BtfwStream *stream)
{
  BtfwStreamFilter      *self = stream->filter;
  const BtfwStreamClass *inner = self->inner;

  g_clear_pointer (&self->rest, g_byte_array_unref);
  g_free (self->pending);
  g_free (self);
  stream->filter = NULL;
  stream->klass = inner;
  inner->close (stream);
}

static const BtfwStreamClass encrypted_class = {
  .readv = filter_readv,
  .writev = filter_writev,
  .close = filter_close,
  .ready = filter_ready,
  .is_encrypted = TRUE,
};

static const BtfwStreamClass plain_class = {
  .readv = filter_readv,
  .writev = filter_writev_plain,
  .send_file = filter_send_file,
  .close = filter_close,
};

static const BtfwStreamClass plain_memory_class = {
  .readv = filter_readv,
  .writev = filter_writev_plain,
  .close = filter_close,
};

void
btfw_stream_set_filter (BtfwStream *stream, BtfwObfuscation *handshake)
{
  BtfwStreamFilter *self = g_new0 (BtfwStreamFilter, 1);

  self->inner = stream->klass;
  self->is_encrypted = btfw_obfuscation_get_method (handshake) == BTFW_METHOD_RC4;
  btfw_obfuscation_get_ciphers (handshake, &self->in, &self->out);
  self->rest = btfw_obfuscation_take_rest (handshake);
  if (self->rest->len == 0)
    g_clear_pointer (&self->rest, g_byte_array_unref);

  stream->filter = self;
  if (self->is_encrypted)
    stream->klass = &encrypted_class;
  else
    stream->klass = self->inner->send_file != NULL ? &plain_class : &plain_memory_class;
}
