/* network.c: one session's sockets: those that listen, connect, and are connected. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/binding.h"
#include "net/listener.h"
#include "net/net.h"
#include "net/network.h"
#include "net/resolver.h"
#include "net/tcp-stream.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* When the wanted port is taken: so many above it, then so many of the
 * kernel's choice, as one that is free for IPv4 may be taken for IPv6. */
#define NEXT_PORTS 10
#define FREE_PORTS 10

/* Of the descriptors that the system lets us have, connections leave a quarter
 * to files, plugins and the application; a million is plenty for all. */
#define DESCRIPTORS_MAX (1u << 20)
#define CONNECTIONS_SHARE(descriptors) ((descriptors) / 4 * 3)

struct _BtfwNetwork
{
  BtfwLoop     *loop;
  BtfwNet      *net;
  BtfwDatagram *datagram;
  BtfwBinding   binding;
  char         *warning;
  BtfwResolver *resolver;

  guint n_connections; /* streams and attempts */
  guint max_connections;

  BtfwListener    *listeners[2]; /* IPv4, IPv6; NULL where there is none */
  guint16          port;
  BtfwAcceptFunc   accept;
  gpointer         accept_data;
  BtfwMakeRoomFunc make_room;
  gpointer         make_room_data;
};

static const int families[] = { AF_INET, AF_INET6 };

/* Connections */

static void
on_stream_closed (gpointer user_data)
{
  BtfwNetwork *self = user_data;

  self->n_connections--;
}

/* Takes @fd over, and counts it until the stream is closed. */
static BtfwStream *
btfw_network_make_stream (BtfwNetwork *self, int fd, GError **error)
{
  self->n_connections++;
  return btfw_tcp_stream_new (self->loop, fd, on_stream_closed, self, error);
}

static gboolean
btfw_network_has_room (BtfwNetwork *self)
{
  return self->n_connections < self->max_connections;
}

/* Listening */

static void
on_accepted (int fd, const BtfwAddress *from, gpointer user_data)
{
  BtfwNetwork       *self = user_data;
  BtfwStream        *stream;
  g_autoptr (GError) error = NULL;

  if (!btfw_network_has_room (self) && self->make_room != NULL)
    self->make_room (self, self->make_room_data);
  if (!btfw_network_has_room (self))
    {
      close (fd);
      return;
    }

  stream = btfw_network_make_stream (self, fd, &error);
  if (stream != NULL)
    self->accept (self, stream, from, self->accept_data);
  else
    g_debug ("a connection from outside: %s", error->message);
}

static void
btfw_network_stop_listening (BtfwNetwork *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    g_clear_pointer (&self->listeners[i], btfw_listener_free);
  self->port = 0;
}

static BtfwListener *
btfw_network_listen_family (BtfwNetwork *self, int family, guint16 port, GError **error)
{
  BtfwAddress address;

  if (!btfw_binding_get_address (&self->binding, family, &address, error))
    return NULL;

  address.port = port;
  return btfw_listener_new (self->loop, &self->binding, &address, on_accepted, self, error);
}

/* Succeeds when at least one family listens there, and none found the port in
 * use. Systems without IPv6, or bindings without either, are fine. */
static gboolean
btfw_network_try_port (BtfwNetwork *self, guint16 port, GError **error)
{
  g_autoptr (GError) first_error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      g_autoptr (GError) this_error = NULL;

      self->listeners[i] = btfw_network_listen_family (self, families[i], port, &this_error);
      if (self->listeners[i] != NULL)
        port = btfw_listener_get_port (self->listeners[i]);
      else if (g_error_matches (this_error, BTFW_ERROR, BTFW_ERROR_BUSY))
        {
          btfw_network_stop_listening (self);
          g_propagate_error (error, g_steal_pointer (&this_error));
          return FALSE;
        }
      else if (first_error == NULL || g_error_matches (first_error, BTFW_ERROR, BTFW_ERROR_REFUSED))
        {
          g_clear_error (&first_error);
          first_error = g_steal_pointer (&this_error);
        }
    }

  if (self->listeners[0] != NULL || self->listeners[1] != NULL)
    {
      self->port = port;
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&first_error));
  return FALSE;
}

/* The port to try after @n others, 0 for any free one. */
static guint16
get_nth_port (guint16 first, guint n)
{
  return first != 0 && n <= NEXT_PORTS && first + n <= G_MAXUINT16 ? (guint16) (first + n) : 0;
}

/* Connecting */

static BtfwConnect *
btfw_connect_from_watch (BtfwWatch *watch)
{
  return (BtfwConnect *) ((char *) watch - G_STRUCT_OFFSET (BtfwConnect, watch));
}

static BtfwConnect *
btfw_connect_from_timer (BtfwTimer *timer)
{
  return (BtfwConnect *) ((char *) timer - G_STRUCT_OFFSET (BtfwConnect, timer));
}

/* Lets go of all that the attempt holds; answers its descriptor, or -1. */
static int
btfw_connect_end (BtfwConnect *self)
{
  BtfwLoop *loop = self->network->loop;
  int       fd = self->watch.fd;

  btfw_loop_clear_timer (loop, &self->timer);
  btfw_loop_remove_watch (loop, &self->watch);
  self->network->n_connections--;
  self->network = NULL;
  self->watch.fd = -1;
  return fd;
}

static void
btfw_connect_fail (BtfwConnect *self, GError *failure)
{
  g_autoptr (GError) error = failure;
  int                fd;

  g_clear_error (&self->error);
  fd = btfw_connect_end (self);
  if (fd >= 0)
    close (fd);
  self->done (self, NULL, error);
}

static GError *
btfw_connect_make_error (BtfwConnect *self, int errnum, const char *why)
{
  g_autofree char *text = btfw_address_to_string (&self->address);

  self->errnum = errnum;
  return g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("cannot connect to %s: %s"), text, why);
}

/* TCP lets a socket connect to itself, when it happens to have been given the
 * very port that it asks for. */
static gboolean
is_connected_to_itself (int fd)
{
  struct sockaddr_storage ours, theirs;
  socklen_t               our_size = sizeof ours, their_size = sizeof theirs;
  BtfwAddress             our, their;

  return getsockname (fd, (struct sockaddr *) &ours, &our_size) == 0 &&
         getpeername (fd, (struct sockaddr *) &theirs, &their_size) == 0 &&
         btfw_address_from_sockaddr (&our, (struct sockaddr *) &ours, our_size) &&
         btfw_address_from_sockaddr (&their, (struct sockaddr *) &theirs, their_size) &&
         btfw_address_equal (&our, &their);
}

static int
get_socket_error (int fd)
{
  int       errnum = 0;
  socklen_t size = sizeof errnum;

  return getsockopt (fd, SOL_SOCKET, SO_ERROR, &errnum, &size) < 0 ? errno : errnum;
}

static void
on_connect_ready (BtfwWatch *watch)
{
  BtfwConnect       *self = btfw_connect_from_watch (watch);
  BtfwNetwork       *network = self->network;
  g_autoptr (GError) error = NULL;
  BtfwStream        *stream;
  int                errnum = get_socket_error (watch->fd);

  if (errnum != 0)
    {
      btfw_connect_fail (self, btfw_connect_make_error (self, errnum, g_strerror (errnum)));
      return;
    }
  if (!(watch->ready & BTFW_READY_WRITE))
    return;
  if (is_connected_to_itself (watch->fd))
    {
      btfw_connect_fail (self, btfw_connect_make_error (self, EDEADLK, _("it is ourselves")));
      return;
    }

  stream = btfw_network_make_stream (network, btfw_connect_end (self), &error);
  self->done (self, stream, error);
}

/* The time is up; or at once, with an error that was met at the start. */
static void
on_connect_due (BtfwTimer *timer)
{
  BtfwConnect     *self = btfw_connect_from_timer (timer);
  g_autofree char *why = NULL;

  if (self->error != NULL)
    {
      btfw_connect_fail (self, g_steal_pointer (&self->error));
      return;
    }

  why = g_strdup_printf (_("no answer within %.1f s"), self->timeout_ms / 1000.0);
  btfw_connect_fail (self, btfw_connect_make_error (self, ETIMEDOUT, why));
}

static gboolean
btfw_connect_set_error (BtfwConnect *self, int errnum, const char *why, GError **error)
{
  g_propagate_error (error, btfw_connect_make_error (self, errnum, why));
  return FALSE;
}

static gboolean
btfw_connect_check (BtfwConnect *self, GError **error)
{
  if (!btfw_address_is_usable (&self->address))
    return btfw_connect_set_error (self, EADDRNOTAVAIL, _("nobody can have this address"), error);
  if (btfw_network_is_self (self->network, &self->address))
    return btfw_connect_set_error (self, EDEADLK, _("it is ourselves"), error);
  if (self->network->n_connections > self->network->max_connections)
    return btfw_connect_set_error (self, EMFILE, _("there are too many connections"), error);
  return TRUE;
}

static gboolean
btfw_connect_begin (BtfwConnect *self, GError **error)
{
  struct sockaddr_storage storage;
  socklen_t               size = btfw_address_to_sockaddr (&self->address, &storage);

  if (!btfw_connect_check (self, error))
    return FALSE;

  self->watch.fd = socket (storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->watch.fd < 0)
    return btfw_connect_set_error (self, errno, g_strerror (errno), error);
  if (!btfw_binding_apply (&self->network->binding, self->watch.fd, storage.ss_family, error))
    {
      self->errnum = EPERM;
      return FALSE;
    }
  if (connect (self->watch.fd, (struct sockaddr *) &storage, size) < 0 && errno != EINPROGRESS)
    return btfw_connect_set_error (self, errno, g_strerror (errno), error);
  return btfw_loop_add_watch (self->network->loop, &self->watch, error);
}

/* The process */

static rlim_t
raise_descriptor_limit (void)
{
  struct rlimit limit;
  rlim_t        old;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return 1024;

  old = limit.rlim_cur;
  limit.rlim_cur = MAX (old, MIN (limit.rlim_max, DESCRIPTORS_MAX));
  if (limit.rlim_cur != old && setrlimit (RLIMIT_NOFILE, &limit) < 0)
    return old;
  return limit.rlim_cur;
}

/* sendfile() cannot be told to fail instead of raising the signal. GSocket does
 * the same for the whole process. */
static void
ignore_broken_pipes (void)
{
  struct sigaction action;

  if (sigaction (SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
    signal (SIGPIPE, SIG_IGN);
}

static guint16
get_tcp_port (gpointer user_data)
{
  return btfw_network_get_port (user_data);
}

BtfwNetwork *
btfw_network_new (BtfwLoop *loop, const char *bind, guint max_connections, GError **error)
{
  BtfwNetwork *self;
  BtfwBinding  binding;

  if (!btfw_binding_init (&binding, bind, error))
    return NULL;

  ignore_broken_pipes ();
  self = g_new0 (BtfwNetwork, 1);
  self->loop = loop;
  self->binding = binding;
  self->net = btfw_net_new (&binding);
  self->datagram = btfw_datagram_new (loop, &binding, get_tcp_port, self);
  btfw_net_attach (self->net, loop, self->datagram, get_tcp_port, self);
  self->resolver = btfw_resolver_new (loop);
  self->max_connections = (guint) MIN (max_connections, CONNECTIONS_SHARE (raise_descriptor_limit ()));
  if (binding.by_address)
    self->warning = g_strdup_printf (_("the system does not let sockets be tied to the interface “%s”; "
                                        "they are bound to its addresses instead"),
                                     bind);
  return self;
}

void
btfw_network_free (BtfwNetwork *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->n_connections == 0);

  btfw_network_stop_listening (self);
  btfw_resolver_free (self->resolver);
  btfw_net_detach (self->net);
  btfw_net_unref (self->net);
  btfw_datagram_unref (self->datagram);
  btfw_binding_clear (&self->binding);
  g_free (self->warning);
  g_free (self);
}

BtfwNet *
btfw_network_get_net (BtfwNetwork *self)
{
  return self->net;
}

const char *
btfw_network_get_warning (BtfwNetwork *self)
{
  return self->warning;
}

void
btfw_network_set_allow_local (BtfwNetwork *self, gboolean allow_local)
{
  btfw_net_set_allow_local (self->net, allow_local);
}

void
btfw_network_set_make_room (BtfwNetwork *self, BtfwMakeRoomFunc make_room, gpointer user_data)
{
  self->make_room = make_room;
  self->make_room_data = user_data;
}

gboolean
btfw_network_listen (BtfwNetwork *self, guint16 port, BtfwAcceptFunc accept, gpointer user_data, GError **error)
{
  g_autoptr (GError) try_error = NULL;

  btfw_network_stop_listening (self);
  self->accept = accept;
  self->accept_data = user_data;

  for (guint n = 0; n <= NEXT_PORTS + FREE_PORTS; n++)
    {
      g_clear_error (&try_error);
      if (btfw_network_try_port (self, get_nth_port (port, n), &try_error))
        return TRUE;
      if (!g_error_matches (try_error, BTFW_ERROR, BTFW_ERROR_BUSY))
        break;
    }

  g_propagate_error (error, g_steal_pointer (&try_error));
  return FALSE;
}

guint16
btfw_network_get_port (BtfwNetwork *self)
{
  return self->port;
}

gboolean
btfw_network_is_self (BtfwNetwork *self, const BtfwAddress *address)
{
  if (self->port == 0 || address->port != self->port)
    return FALSE;
  if (self->binding.has_address)
    return btfw_address_same_host (address, &self->binding.address);
  return btfw_address_is_of_this_machine (address);
}

void
btfw_network_connect (BtfwNetwork *self, BtfwConnect *connect, guint timeout_ms)
{
  gint64 now = btfw_loop_get_time (self->loop);

  connect->network = self;
  connect->watch = (BtfwWatch){ .fd = -1, .on_ready = on_connect_ready };
  connect->timer = (BtfwTimer){ .on_due = on_connect_due };
  connect->timeout_ms = timeout_ms;
  connect->error = NULL;
  connect->errnum = 0;
  self->n_connections++;

  if (btfw_connect_begin (connect, &connect->error))
    now += timeout_ms * G_TIME_SPAN_MILLISECOND;
  btfw_loop_set_timer (self->loop, &connect->timer, now);
}

void
btfw_network_cancel (BtfwNetwork *self, BtfwConnect *connect)
{
  int fd;

  if (connect->network == NULL)
    return;

  g_clear_error (&connect->error);
  fd = btfw_connect_end (connect);
  if (fd >= 0)
    close (fd);
}

guint
btfw_network_get_n_connections (BtfwNetwork *self)
{
  return self->n_connections;
}

void
btfw_network_resolve (BtfwNetwork    *self,
                      const char     *host,
                      guint16         port,
                      GCancellable   *cancellable,
                      BtfwResolveFunc done,
                      gpointer        user_data)
{
  btfw_resolver_look_up (self->resolver, host, port, cancellable, done, user_data);
}
