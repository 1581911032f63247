/* lab-pipe.c: two streams that are joined in memory. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-pipe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What is on its way in one direction, as in the buffers of two sockets. */
#define CAPACITY (1024u * 1024)
/* A write arrives in parts of so many bytes, each when its last byte does. */
#define PART (16u * 1024)

typedef struct _LabPipe LabPipe;

/* Bytes on their way; without any it is the end of the stream. */
typedef struct
{
  gint64  arrival;
  guint8 *data;
  gsize   size;
  gsize   taken;
} Part;

typedef struct
{
  BtfwStream stream; /* first */
  LabPipe   *pipe;
  guint      number;    /* 0 or 1 */
  GQueue     parts;     /* towards this end */
  gsize      n_waiting; /* bytes in them */
  gint64     free_at;   /* when the line towards this end has sent all */
  BtfwTimer  timer;     /* the next arrival */
} LabEnd;

struct _LabPipe
{
  LabEnd  *ends[2]; /* NULL once closed */
  guint    number;
  LabLink  link;
  gboolean is_cut;
  LabTap   tap;
  gpointer user_data;
};

static gint64
get_time (const LabEnd *self)
{
  return btfw_loop_get_time (self->stream.loop);
}

static void
make_ready (LabEnd *self, BtfwReady ready)
{
  if (self == NULL)
    return;
  self->stream.watch.ready |= ready;
  btfw_loop_queue_watch (self->stream.loop, &self->stream.watch);
}

static void
part_free (gpointer data)
{
  Part *part = data;

  g_free (part->data);
  g_free (part);
}

/* --- Towards an end --- */

/* Tells of what has arrived, and waits for what comes next. */
static void
on_arrival (BtfwTimer *timer)
{
  LabEnd *self = (LabEnd *) ((guint8 *) timer - G_STRUCT_OFFSET (LabEnd, timer));
  gint64  now = get_time (self);

  make_ready (self, BTFW_READY_READ);
  for (GList *link = self->parts.head; link != NULL; link = link->next)
    if (((Part *) link->data)->arrival > now)
      {
        btfw_loop_set_timer (self->stream.loop, &self->timer, ((Part *) link->data)->arrival);
        return;
      }
}

static void
send_part (LabEnd *to, const guint8 *bytes, gsize size)
{
  const LabLink *link = &to->pipe->link;
  Part          *part = g_new0 (Part, 1);

  to->free_at = MAX (to->free_at, get_time (to));
  if (link->rate > 0)
    to->free_at += (gint64) (size * G_USEC_PER_SEC / link->rate);
  part->arrival = to->free_at + link->delay;
  part->data = g_memdup2 (bytes, size);
  part->size = size;
  to->n_waiting += size;
  g_queue_push_tail (&to->parts, part);
  if (!btfw_timer_is_set (&to->timer))
    btfw_loop_set_timer (to->stream.loop, &to->timer, part->arrival);
}

/* --- The stream --- */

static LabEnd *
get_other (const LabEnd *self)
{
  return self->pipe->ends[1 - self->number];
}

static gssize
again (LabEnd *self, BtfwReady direction)
{
  self->stream.watch.ready &= ~direction;
  return -EAGAIN;
}

static gsize
take (LabEnd *self, guint8 *bytes, gsize size)
{
  gint64 now = get_time (self);
  gsize  total = 0;

  while (total < size)
    {
      Part *part = g_queue_peek_head (&self->parts);
      gsize n;

      if (part == NULL || part->arrival > now || part->size == 0)
        break;
      n = MIN (size - total, part->size - part->taken);
      memcpy (bytes + total, part->data + part->taken, n);
      part->taken += n;
      total += n;
      if (part->taken == part->size)
        part_free (g_queue_pop_head (&self->parts));
    }
  self->n_waiting -= total;
  return total;
}

static gboolean
is_at_end (const LabEnd *self)
{
  const Part *part = g_queue_peek_head ((GQueue *) &self->parts);

  return part != NULL && part->size == 0 && part->arrival <= get_time (self);
}

static gssize
lab_end_readv (BtfwStream *stream, const struct iovec *vectors, int n_vectors)
{
  LabEnd *self = (LabEnd *) stream;
  LabEnd *other = get_other (self);
  gsize   total = 0;

  if (self->pipe->is_cut)
    return -ECONNRESET;
  for (int i = 0; i < n_vectors; i++)
    {
      gsize n = take (self, vectors[i].iov_base, vectors[i].iov_len);

      total += n;
      if (n < vectors[i].iov_len)
        break;
    }
  if (total == 0)
    return is_at_end (self) ? 0 : again (self, BTFW_READY_READ);

  if (other != NULL && !(other->stream.watch.ready & BTFW_READY_WRITE))
    make_ready (other, BTFW_READY_WRITE);
  return (gssize) total;
}

/* Answers how much of it was taken, or -errno. */
static gssize
put (LabEnd *self, const guint8 *bytes, gsize size)
{
  LabPipe *pipe = self->pipe;
  LabEnd  *other = get_other (self);
  gsize    room;

  if (pipe->is_cut)
    return -ECONNRESET;
  if (other == NULL)
    return -EPIPE;
  room = CAPACITY - MIN (other->n_waiting, CAPACITY);
  if (room == 0)
    return again (self, BTFW_READY_WRITE);

  size = MIN (size, room);
  for (gsize done = 0; done < size; done += PART)
    send_part (other, bytes + done, MIN (PART, size - done));
  if (pipe->tap != NULL)
    pipe->tap (pipe->number, self->number, bytes, size, pipe->user_data);
  return (gssize) size;
}

static gssize
lab_end_writev (BtfwStream *stream, const struct iovec *vectors, int n_vectors, gboolean more)
{
  gssize total = 0;

  for (int i = 0; i < n_vectors; i++)
    {
      gssize n = vectors[i].iov_len == 0 ? 0 : put ((LabEnd *) stream, vectors[i].iov_base, vectors[i].iov_len);

      if (n < 0)
        return total > 0 ? total : n;
      total += n;
      if ((gsize) n < vectors[i].iov_len)
        break;
    }
  return total;
}

static gssize
lab_end_send_file (BtfwStream *stream, int fd, off_t offset, gsize size)
{
  g_autofree guint8 *bytes = g_malloc (MIN (size, CAPACITY));
  gssize             n = pread (fd, bytes, MIN (size, CAPACITY), offset);

  if (n <= 0)
    return n < 0 ? -errno : 0;
  return put ((LabEnd *) stream, bytes, (gsize) n);
}

static void
lab_end_close (BtfwStream *stream)
{
  LabEnd  *self = (LabEnd *) stream;
  LabPipe *pipe = self->pipe;
  LabEnd  *other = get_other (self);

  btfw_loop_remove_watch (stream->loop, &stream->watch);
  btfw_loop_clear_timer (stream->loop, &self->timer);
  g_queue_clear_full (&self->parts, part_free);
  pipe->ends[self->number] = NULL;
  g_free (self);

  if (other == NULL)
    g_free (pipe);
  else
    {
      send_part (other, NULL, 0);
      make_ready (other, BTFW_READY_WRITE);
    }
}

static const BtfwStreamClass lab_end_class = {
  .readv = lab_end_readv,
  .writev = lab_end_writev,
  .send_file = lab_end_send_file,
  .close = lab_end_close,
};

static void
on_watch (BtfwWatch *watch)
{
  BtfwStream *stream = (BtfwStream *) ((guint8 *) watch - G_STRUCT_OFFSET (BtfwStream, watch));

  if (stream->on_ready != NULL)
    stream->on_ready (stream);
}

static LabEnd *
lab_end_new (BtfwLoop *loop, LabPipe *pipe, guint number)
{
  LabEnd *self = g_new0 (LabEnd, 1);

  self->stream.klass = &lab_end_class;
  self->stream.loop = loop;
  self->stream.watch = (BtfwWatch){ .fd = -1, .ready = BTFW_READY_READ | BTFW_READY_WRITE, .on_ready = on_watch };
  self->pipe = pipe;
  self->number = number;
  self->timer.on_due = on_arrival;
  g_queue_init (&self->parts);
  return self;
}

void
lab_pipe_new (BtfwLoop *loop, guint number, const LabLink *link, LabTap tap, gpointer user_data, BtfwStream *ends[2])
{
  LabPipe *pipe = g_new0 (LabPipe, 1);

  pipe->number = number;
  pipe->link = *link;
  pipe->tap = tap;
  pipe->user_data = user_data;
  for (guint i = 0; i < 2; i++)
    {
      pipe->ends[i] = lab_end_new (loop, pipe, i);
      ends[i] = &pipe->ends[i]->stream;
    }
}

void
lab_pipe_cut (BtfwStream *end)
{
  LabPipe *pipe = ((LabEnd *) end)->pipe;

  pipe->is_cut = TRUE;
  for (guint i = 0; i < 2; i++)
    make_ready (pipe->ends[i], BTFW_READY_READ | BTFW_READY_WRITE | BTFW_READY_CLOSED);
}
