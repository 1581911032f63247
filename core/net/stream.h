/* stream.h: bytes to and from a source of blocks, whatever carries them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"

#include <sys/types.h>
#include <sys/uio.h>

/* A table of functions, never a bare socket: TCP, encrypted TCP, uTP, and the
 * tests' own. Results are as of the system calls: bytes, 0 for the end (reads),
 * or -errno; -EAGAIN clears the matching bit of ready, and on_ready() comes
 * when there is more. */
typedef struct _BtfwStream       BtfwStream;
typedef struct _BtfwStreamFilter BtfwStreamFilter;

typedef struct
{
  gssize (*readv) (BtfwStream *self, const struct iovec *vectors, int n_vectors);
  /* @more: other bytes follow at once, so a packet need not go out yet. */
  gssize (*writev) (BtfwStream *self, const struct iovec *vectors, int n_vectors, gboolean more);
  /* NULL when bytes must pass through memory. */
  gssize (*send_file) (BtfwStream *self, int fd, off_t offset, gsize size);
  /* Frees the stream. */
  void (*close) (BtfwStream *self);
  /* Before on_ready(); NULL when there is nothing to do. */
  void (*ready) (BtfwStream *self);
  gboolean is_encrypted;
} BtfwStreamClass;

struct _BtfwStream
{
  const BtfwStreamClass *klass;
  BtfwLoop              *loop;
  BtfwWatch              watch; /* watch.on_ready is the stream's own */
  gpointer               owner;
  BtfwStreamFilter      *filter; /* NULL unless it is encrypted, see filter.h */
  void (*on_ready) (BtfwStream *self); /* look at watch.ready */
};

static inline gssize
btfw_stream_readv (BtfwStream *self, const struct iovec *vectors, int n_vectors)
{
  return self->klass->readv (self, vectors, n_vectors);
}

static inline gssize
btfw_stream_writev (BtfwStream *self, const struct iovec *vectors, int n_vectors, gboolean more)
{
  return self->klass->writev (self, vectors, n_vectors, more);
}

static inline gboolean
btfw_stream_can_send_file (BtfwStream *self)
{
  return self->klass->send_file != NULL;
}

static inline gssize
btfw_stream_send_file (BtfwStream *self, int fd, off_t offset, gsize size)
{
  return self->klass->send_file (self, fd, offset, size);
}

static inline void
btfw_stream_close (BtfwStream *self)
{
  self->klass->close (self);
}

/* For those that wait for the descriptor. */
static inline void
btfw_stream_tell_ready (BtfwStream *self)
{
  if (self->klass->ready != NULL)
    self->klass->ready (self);
  if (self->on_ready != NULL)
    self->on_ready (self);
}
