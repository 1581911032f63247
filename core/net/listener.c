/* listener.c: accepts connections, in bounded numbers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* How long to leave a queue alone after the system ran short of something. */
#define SHORTAGE_PAUSE (100 * G_TIME_SPAN_MILLISECOND)

/* Whoever connects speaks first in this protocol: the kernel holds back those
 * who stay silent, for about so many seconds. */
#define SILENCE_MAX 5

struct _BtfwListener
{
  BtfwWatch        watch; /* first */
  BtfwTimer        timer; /* set while accepting pauses */
  BtfwLoop        *loop;
  BtfwAddress      address;
  BtfwAcceptedFunc accepted;
  gpointer         user_data;
  gint64           paced;    /* when accepting so far would have been due at the steady rate */
  int              spare_fd; /* given up to take a connection when there are none left; or -1 */
};

static BtfwListener *
btfw_listener_from_timer (BtfwTimer *timer)
{
  return (BtfwListener *) ((char *) timer - G_STRUCT_OFFSET (BtfwListener, timer));
}

static int
open_spare (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Without descriptors the queue cannot be emptied, and those in it would wait
 * for nothing: let the first one know. */
static void
btfw_listener_turn_one_away (BtfwListener *self)
{
  int fd;

  if (self->spare_fd >= 0)
    close (self->spare_fd);
  fd = accept4 (self->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0)
    close (fd);
  self->spare_fd = open_spare ();
}

static void
btfw_listener_pause (BtfwListener *self, gint64 until)
{
  btfw_loop_set_timer (self->loop, &self->timer, until);
}

/* Whether there may be more to accept. */
static gboolean
btfw_listener_meet_error (BtfwListener *self, int errnum)
{
  switch (errnum)
    {
    case EAGAIN:
      self->watch.ready &= ~BTFW_READY_READ;
      return FALSE;
    case EMFILE:
    case ENFILE:
      btfw_listener_turn_one_away (self);
      btfw_listener_pause (self, btfw_loop_get_time (self->loop) + SHORTAGE_PAUSE);
      return FALSE;
    case ENOBUFS:
    case ENOMEM:
      btfw_listener_pause (self, btfw_loop_get_time (self->loop) + SHORTAGE_PAUSE);
      return FALSE;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
      g_warn_if_reached ();
      self->watch.ready &= ~BTFW_READY_READ;
      return FALSE;
    default:
      /* The connection that was next has died meanwhile, or errors of the
       * network that belong to it (accept(2)). */
      return TRUE;
    }
}

/* FALSE once the next one would come too soon; the timer goes on then. */
static gboolean
btfw_listener_keep_pace (BtfwListener *self)
{
  const gint64 interval = G_USEC_PER_SEC / BTFW_ACCEPT_RATE;
  gint64       now = btfw_loop_get_time (self->loop);

  self->paced = MAX (self->paced, now - BTFW_ACCEPT_BURST * interval);
  if (self->paced >= now)
    {
      btfw_listener_pause (self, self->paced + BTFW_ACCEPT_BURST * interval / 4);
      return FALSE;
    }
  self->paced += interval;
  return TRUE;
}

static gboolean
btfw_listener_accept_one (BtfwListener *self)
{
  struct sockaddr_storage storage;
  socklen_t               size = sizeof storage;
  BtfwAddress             from;
  int                     fd;

  fd = accept4 (self->watch.fd, (struct sockaddr *) &storage, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0)
    return btfw_listener_meet_error (self, errno);

  if (btfw_address_from_sockaddr (&from, (struct sockaddr *) &storage, size))
    self->accepted (fd, &from, self->user_data);
  else
    close (fd);
  return TRUE;
}

/* One at a time: what a connection sets off may take a while, or end this
 * listener, so the rest waits for its turn among the watches. */
static void
btfw_listener_on_ready (BtfwWatch *watch)
{
  BtfwListener *self = (BtfwListener *) watch;

  if (btfw_timer_is_set (&self->timer) || !(watch->ready & BTFW_READY_READ) || !btfw_listener_keep_pace (self))
    return;

  btfw_loop_queue_watch (self->loop, watch);
  btfw_listener_accept_one (self);
}

static void
btfw_listener_on_due (BtfwTimer *timer)
{
  BtfwListener *self = btfw_listener_from_timer (timer);

  btfw_loop_queue_watch (self->loop, &self->watch);
}

static void
set_option (int fd, int level, int option, int value)
{
  if (setsockopt (fd, level, option, &value, sizeof value) < 0)
    g_debug ("option %d of a listening socket: %s", option, g_strerror (errno));
}

static BtfwError
get_listen_error (int errnum)
{
  switch (errnum)
    {
    case EADDRINUSE:
      return BTFW_ERROR_BUSY;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return BTFW_ERROR_UNSUPPORTED;
    default:
      return BTFW_ERROR_NETWORK;
    }
}

static int
fail_to_listen (int fd, const BtfwAddress *address, GError **error)
{
  int              errnum = errno;
  g_autofree char *text = btfw_address_to_string (address);

  if (fd >= 0)
    close (fd);
  g_set_error (error, BTFW_ERROR, get_listen_error (errnum),
               _("cannot listen at %s: %s"), text, g_strerror (errnum));
  return -1;
}

int
btfw_listen_at (const BtfwBinding *binding, const BtfwAddress *address, gboolean dual, GError **error)
{
  struct sockaddr_storage storage;
  socklen_t               size = btfw_address_to_sockaddr (address, &storage);
  int                     fd = socket (storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    return fail_to_listen (fd, address, error);
  if (!btfw_binding_tie (binding, fd, error))
    {
      close (fd);
      return -1;
    }

  /* Connections of the last run that wait for their end keep no port from us. */
  set_option (fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (storage.ss_family == AF_INET6)
    set_option (fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual);
  if (bind (fd, (struct sockaddr *) &storage, size) < 0 || listen (fd, BTFW_ACCEPT_QUEUE) < 0)
    return fail_to_listen (fd, address, error);
  return fd;
}

BtfwListener *
btfw_listener_new (BtfwLoop          *loop,
                   const BtfwBinding *binding,
                   const BtfwAddress *address,
                   BtfwAcceptedFunc   accepted,
                   gpointer           user_data,
                   GError           **error)
{
  BtfwListener           *self;
  struct sockaddr_storage storage;
  socklen_t               size = sizeof storage;
  int                     fd = btfw_listen_at (binding, address, FALSE, error);

  if (fd < 0)
    return NULL;
  set_option (fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, SILENCE_MAX);

  self = g_new0 (BtfwListener, 1);
  self->watch = (BtfwWatch){ .fd = fd, .on_ready = btfw_listener_on_ready };
  self->timer.on_due = btfw_listener_on_due;
  self->loop = loop;
  self->address = *address;
  self->accepted = accepted;
  self->user_data = user_data;
  self->spare_fd = open_spare ();
  if (getsockname (fd, (struct sockaddr *) &storage, &size) == 0)
    btfw_address_from_sockaddr (&self->address, (struct sockaddr *) &storage, size);

  if (!btfw_loop_add_watch (loop, &self->watch, error))
    g_clear_pointer (&self, btfw_listener_free);
  return self;
}

void
btfw_listener_free (BtfwListener *self)
{
  if (self == NULL)
    return;

  btfw_loop_clear_timer (self->loop, &self->timer);
  btfw_loop_remove_watch (self->loop, &self->watch);
  close (self->watch.fd);
  if (self->spare_fd >= 0)
    close (self->spare_fd);
  g_free (self);
}

guint16
btfw_listener_get_port (BtfwListener *self)
{
  return self->address.port;
}

const BtfwAddress *
btfw_listener_get_address (BtfwListener *self)
{
  return &self->address;
}
