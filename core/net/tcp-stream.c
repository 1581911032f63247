/* tcp-stream.c: reads, writes and sends files on a TCP socket. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/tcp-stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  BtfwStream           stream; /* first */
  BtfwStreamClosedFunc closed;
  gpointer             user_data;
} BtfwTcpStream;

static gsize
get_size (const struct iovec *vectors, int n_vectors)
{
  gsize size = 0;

  for (int i = 0; i < n_vectors; i++)
    size += vectors[i].iov_len;
  return size;
}

/* Turns what a system call answered into what a stream answers. */
static gssize
btfw_tcp_stream_finish (BtfwStream *stream, gssize n, BtfwReady direction)
{
  if (n >= 0)
    return n;
  if (errno != EAGAIN)
    return -errno;

  stream->watch.ready &= ~direction;
  return -EAGAIN;
}

/* Fewer bytes than asked for mean that the socket is empty: whatever comes
 * later is a new edge. Not so after a hang-up, which is told only once and
 * whose end must still be read. */
static gssize
btfw_tcp_stream_readv (BtfwStream *stream, const struct iovec *vectors, int n_vectors)
{
  gssize n;

  do
    n = readv (stream->watch.fd, vectors, n_vectors);
  while (n < 0 && errno == EINTR);

  if (n > 0 && (gsize) n < get_size (vectors, n_vectors) && !(stream->watch.ready & BTFW_READY_CLOSED))
    stream->watch.ready &= ~BTFW_READY_READ;
  return btfw_tcp_stream_finish (stream, n, BTFW_READY_READ);
}

/* A write that is cut short met a full buffer: room for more is a new edge. */
static gssize
btfw_tcp_stream_writev (BtfwStream *stream, const struct iovec *vectors, int n_vectors, gboolean more)
{
  struct msghdr message = { .msg_iov = (struct iovec *) vectors, .msg_iovlen = (gsize) n_vectors };
  int           flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  gssize        n;

  do
    n = sendmsg (stream->watch.fd, &message, flags);
  while (n < 0 && errno == EINTR);

  if (n >= 0 && (gsize) n < get_size (vectors, n_vectors) && !(stream->watch.ready & BTFW_READY_CLOSED))
    stream->watch.ready &= ~BTFW_READY_WRITE;
  return btfw_tcp_stream_finish (stream, n, BTFW_READY_WRITE);
}

/* Here fewer bytes may also mean that the file is shorter, so they prove
 * nothing about the socket. */
static gssize
btfw_tcp_stream_send_file (BtfwStream *stream, int fd, off_t offset, gsize size)
{
  gssize n;

  do
    n = sendfile (stream->watch.fd, fd, &offset, size);
  while (n < 0 && errno == EINTR);
  return btfw_tcp_stream_finish (stream, n, BTFW_READY_WRITE);
}

static void
btfw_tcp_stream_close (BtfwStream *stream)
{
  BtfwTcpStream *self = (BtfwTcpStream *) stream;

  btfw_loop_remove_watch (stream->loop, &stream->watch);
  close (stream->watch.fd);
  if (self->closed != NULL)
    self->closed (self->user_data);
  g_free (self);
}

gboolean
btfw_tcp_stream_is_cut_off (BtfwStream *self, guint milliseconds)
{
  struct tcp_info info = { 0 };
  socklen_t       size = sizeof info;
  int             n_waiting = 0;

  if (self->watch.fd < 0 || getsockopt (self->watch.fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
      ioctl (self->watch.fd, SIOCOUTQ, &n_waiting) < 0)
    return FALSE;

  /* Also what could not be sent at all, without an address to send it from. */
  return n_waiting > 0 && info.tcpi_last_ack_recv >= milliseconds && info.tcpi_last_data_recv >= milliseconds;
}

static const BtfwStreamClass tcp_stream_class = {
  .readv = btfw_tcp_stream_readv,
  .writev = btfw_tcp_stream_writev,
  .send_file = btfw_tcp_stream_send_file,
  .close = btfw_tcp_stream_close,
};

static void
btfw_tcp_stream_on_ready (BtfwWatch *watch)
{
  BtfwStream *stream = (BtfwStream *) ((char *) watch - G_STRUCT_OFFSET (BtfwStream, watch));

  btfw_stream_tell_ready (stream);
}

BtfwStream *
btfw_tcp_stream_new (BtfwLoop            *loop,
                     int                  fd,
                     BtfwStreamClosedFunc closed,
                     gpointer             user_data,
                     GError             **error)
{
  BtfwTcpStream *self = g_new0 (BtfwTcpStream, 1);
  const int      yes = 1;

  /* Messages are small and wait for nobody. Fails on sockets that are not TCP,
   * which have no such delay. */
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);

  self->stream.klass = &tcp_stream_class;
  self->stream.loop = loop;
  self->stream.watch = (BtfwWatch){ .fd = fd, .on_ready = btfw_tcp_stream_on_ready };
  self->closed = closed;
  self->user_data = user_data;
  if (!btfw_loop_add_watch (loop, &self->stream.watch, error))
    {
      btfw_tcp_stream_close (&self->stream);
      return NULL;
    }
  return &self->stream;
}
