/* output.c: writes to a descriptor without ever waiting for its reader. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/output.h"

#include "cli/console.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A descriptor that poll() calls writable takes this much at once: a pipe at
 * least PIPE_BUF bytes, a terminal somewhat less. */
#define CHUNK 512
#define PENDING_MAX (256 * 1024)
#define FREE_PATIENCE 1000 /* ms */

struct _BtfwOutput
{
  int      fd;
  GString *pending;
  guint    watch;  /* source id, while something is pending */
  gboolean broken; /* the reader is gone */
};

BtfwOutput *
btfw_output_new (int fd)
{
  BtfwOutput *self = g_new0 (BtfwOutput, 1);

  self->fd = fd;
  self->pending = g_string_new (NULL);
  return self;
}

static void
give_up (BtfwOutput *self)
{
  self->broken = TRUE;
  g_string_truncate (self->pending, 0);
}

static gboolean
is_writable (BtfwOutput *self, int timeout)
{
  struct pollfd poller = { .fd = self->fd, .events = POLLOUT };

  return poll (&poller, 1, timeout) == 1;
}

/* Writes one chunk. FALSE when nothing could be written now, or ever. */
static gboolean
write_chunk (BtfwOutput *self)
{
  ssize_t written = write (self->fd, self->pending->str, MIN (self->pending->len, CHUNK));

  if (written > 0)
    {
      g_string_erase (self->pending, 0, written);
      return TRUE;
    }

  if (written < 0 && errno == EINTR)
    return TRUE;
  if (written < 0 && errno != EAGAIN)
    give_up (self);
  return FALSE;
}

static void
write_pending (BtfwOutput *self)
{
  while (self->pending->len > 0 && is_writable (self, 0))
    if (!write_chunk (self))
      return;
}

static gboolean
on_writable (int fd, GIOCondition condition, gpointer user_data)
{
  BtfwOutput *self = user_data;

  write_pending (self);
  if (self->pending->len > 0)
    return G_SOURCE_CONTINUE;

  self->watch = 0;
  return G_SOURCE_REMOVE;
}

void
btfw_output_write (BtfwOutput *self, const char *text)
{
  g_autofree char *encoded = NULL;
  gsize            length;

  if (self->broken)
    return;

  encoded = btfw_console_encode (text);
  length = strlen (encoded);
  if (self->pending->len + length > PENDING_MAX)
    return;

  g_string_append_len (self->pending, encoded, (gssize) length);
  write_pending (self);
  if (self->pending->len > 0 && self->watch == 0)
    self->watch = g_unix_fd_add (self->fd, G_IO_OUT | G_IO_ERR | G_IO_HUP, on_writable, self);
}

gboolean
btfw_output_is_idle (BtfwOutput *self)
{
  return self->pending->len == 0;
}

void
btfw_output_free (BtfwOutput *self)
{
  gint64 deadline = g_get_monotonic_time () + FREE_PATIENCE * 1000;

  while (self->pending->len > 0)
    {
      gint64 left = (deadline - g_get_monotonic_time ()) / 1000;

      if (left <= 0 || !is_writable (self, (int) left) || !write_chunk (self))
        break;
    }

  g_clear_handle_id (&self->watch, g_source_remove);
  g_string_free (self->pending, TRUE);
  g_free (self);
}
