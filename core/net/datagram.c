/* datagram.c: the UDP port that a session's protocols share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/datagram-outbox.h"
#include "net/datagram.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <linux/errqueue.h>
#include <unistd.h>

/* So many are read with one call; then others have a turn. */
#define BATCH 16
/* Errors that are told in one turn. */
#define ERRORS_MAX 16
/* When the wanted port is taken: so many of the system's choice, as one that is
 * free for IPv4 may be taken for IPv6. */
#define FREE_PORTS 10

typedef struct
{
  guint                    id;
  const BtfwDatagramFuncs *funcs;
  gpointer                 user_data;
} Handler;

/* One family's. */
typedef struct
{
  BtfwWatch          watch; /* first; fd is -1 while it is closed */
  BtfwDatagram      *owner;
  BtfwIdle           flush;
  BtfwDatagramOutbox outbox;
  guint16            port;
  int                family;
} Socket;

struct _BtfwDatagram
{
  gatomicrefcount      n_refs;
  BtfwLoop            *loop; /* NULL when dead */
  BtfwBinding          binding;
  BtfwDatagramPortFunc get_port;
  gpointer             port_data;
  BtfwVirtualSendFunc  virtual_send; /* NULL for real sockets */
  gpointer             virtual_data;
  guint16              virtual_port;
  Socket               sockets[2]; /* IPv4, IPv6 */
  GArray              *handlers;   /* of Handler */
  guint                last_handler;
  guint8              *room; /* of a batch, while it is open */
  guint                n_shuts;
};

G_DEFINE_BOXED_TYPE (BtfwDatagram, btfw_datagram, btfw_datagram_ref, btfw_datagram_unref)

/* --- What comes in --- */

void
btfw_datagram_deliver (BtfwDatagram *self, const guint8 *data, gsize size, const BtfwAddress *from)
{
  for (guint i = 0; i < self->handlers->len; i++)
    {
      Handler handler = g_array_index (self->handlers, Handler, i);

      if (!handler.funcs->match (data, size, handler.user_data))
        continue;
      handler.funcs->receive (data, size, from, handler.user_data);
      return;
    }
}

/* By id, as each may end itself or others. */
void
btfw_datagram_tell_unreachable (BtfwDatagram *self, const BtfwAddress *to, int errnum)
{
  guint last = 0;

  for (guint i = 0; i < self->handlers->len;)
    {
      Handler handler = g_array_index (self->handlers, Handler, i);

      if (handler.id <= last)
        {
          i++;
          continue;
        }
      last = handler.id;
      if (handler.funcs->unreachable != NULL)
        handler.funcs->unreachable (to, errnum, handler.user_data);
      i = 0;
    }
}

static const struct sock_extended_err *
find_error (struct msghdr *message)
{
  for (struct cmsghdr *i = CMSG_FIRSTHDR (message); i != NULL; i = CMSG_NXTHDR (message, i))
    if ((i->cmsg_level == IPPROTO_IP && i->cmsg_type == IP_RECVERR) ||
        (i->cmsg_level == IPPROTO_IPV6 && i->cmsg_type == IPV6_RECVERR))
      return (const struct sock_extended_err *) (gconstpointer) CMSG_DATA (i);
  return NULL;
}

/* What ICMP told of one that we sent; FALSE when there is nothing more. */
static gboolean
socket_read_error (Socket *socket)
{
  struct sockaddr_storage         name;
  guint8                          sent[1];
  union { struct cmsghdr header; guint8 bytes[512]; } control;
  struct iovec                    vector = { sent, sizeof sent };
  struct msghdr                   message = { &name, sizeof name, &vector, 1, &control, sizeof control, 0 };
  const struct sock_extended_err *error;
  BtfwAddress                     to;

  if (socket->watch.fd < 0 || recvmsg (socket->watch.fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
    return FALSE;

  error = find_error (&message);
  if (error != NULL && error->ee_errno != 0 &&
      btfw_address_from_sockaddr (&to, (struct sockaddr *) &name, message.msg_namelen))
    btfw_datagram_tell_unreachable (socket->owner, &to, (int) error->ee_errno);
  return TRUE;
}

static void
socket_read_errors (Socket *socket)
{
  for (guint i = 0; i < ERRORS_MAX && socket_read_error (socket); i++)
    ;
}

/* How many were read, or -1 with errno. */
static int
socket_read_batch (Socket *socket, struct mmsghdr *messages, struct iovec *vectors, struct sockaddr_storage *names)
{
  for (guint i = 0; i < BATCH; i++)
    {
      vectors[i] = (struct iovec){ socket->owner->room + i * BTFW_DATAGRAM_MAX, BTFW_DATAGRAM_MAX };
      messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &names[i], .msg_namelen = sizeof names[i],
                                                   .msg_iov = &vectors[i], .msg_iovlen = 1 } };
    }
  return recvmmsg (socket->watch.fd, messages, BATCH, MSG_DONTWAIT, NULL);
}

static void
socket_deliver (Socket *socket, const struct mmsghdr *message)
{
  const struct msghdr *header = &message->msg_hdr;
  BtfwAddress          from;

  if ((header->msg_flags & MSG_TRUNC) ||
      !btfw_address_from_sockaddr (&from, header->msg_name, header->msg_namelen) || !btfw_address_is_usable (&from))
    return;
  btfw_datagram_deliver (socket->owner, header->msg_iov->iov_base, message->msg_len, &from);
}

/* Whether reading again at once would not help. */
static gboolean
is_lasting (int errnum)
{
  return errnum == EAGAIN || errnum == EBADF || errnum == EINVAL || errnum == EFAULT || errnum == ENOTSOCK ||
         errnum == ENOMEM;
}

static void
socket_read (Socket *socket)
{
  BtfwDatagram           *self = socket->owner;
  struct mmsghdr          messages[BATCH];
  struct iovec            vectors[BATCH];
  struct sockaddr_storage names[BATCH];
  guint                   n_shuts = self->n_shuts;
  int                     n = socket_read_batch (socket, messages, vectors, names);

  if (n < 0 && is_lasting (errno))
    {
      socket->watch.ready &= ~BTFW_READY_READ;
      return;
    }
  /* Other errors are of something sent before, and told but once. */
  btfw_loop_queue_watch (self->loop, &socket->watch);
  for (int i = 0; i < n && self->n_shuts == n_shuts; i++)
    socket_deliver (socket, &messages[i]);
}

/* --- What goes out --- */

/* The call may tell an error of one that was sent before: only when it comes
 * twice it is of the one that is next. */
static void
socket_flush (Socket *socket)
{
  gboolean again = FALSE;
  int      errnum;

  while (socket->watch.fd >= 0 && (errnum = btfw_datagram_outbox_flush (&socket->outbox, socket->watch.fd)) != 0)
    {
      BtfwAddress to;

      if (errnum == EAGAIN)
        {
          socket->watch.ready &= ~BTFW_READY_WRITE;
          return;
        }
      again = !again;
      if (again)
        {
          socket_read_errors (socket);
          continue;
        }
      to = btfw_datagram_outbox_skip (&socket->outbox);
      if (errnum != ENOBUFS)
        btfw_datagram_tell_unreachable (socket->owner, &to, errnum);
    }
}

static void
socket_flush_virtual (Socket *socket)
{
  BtfwDatagram      *self = socket->owner;
  BtfwDatagramOutbox sent = socket->outbox;

  btfw_datagram_outbox_init (&socket->outbox);
  for (guint i = 0; i < sent.entries->len; i++)
    {
      const BtfwOutboxEntry *entry = &g_array_index (sent.entries, BtfwOutboxEntry, i);

      self->virtual_send (sent.bytes->data + entry->offset, entry->size, &entry->to, self->virtual_data);
    }
  btfw_datagram_outbox_clear (&sent);
}

static void
on_flush (BtfwIdle *idle)
{
  Socket *socket = (Socket *) ((guint8 *) idle - G_STRUCT_OFFSET (Socket, flush));

  if (socket->owner->virtual_send != NULL)
    socket_flush_virtual (socket);
  else
    socket_flush (socket);
}

static void
on_ready (BtfwWatch *watch)
{
  Socket *socket = (Socket *) watch;

  if (watch->ready & BTFW_READY_CLOSED)
    {
      watch->ready &= ~BTFW_READY_CLOSED;
      socket_read_errors (socket);
    }
  if (watch->fd >= 0 && (watch->ready & BTFW_READY_WRITE))
    socket_flush (socket);
  if (watch->fd >= 0 && (watch->ready & BTFW_READY_READ))
    socket_read (socket);
}

/* --- Opening and closing --- */

static void
socket_close (Socket *sock)
{
  BtfwLoop *loop = sock->owner->loop;

  btfw_loop_cancel_idle (loop, &sock->flush);
  if (sock->watch.fd >= 0)
    {
      btfw_loop_remove_watch (loop, &sock->watch);
      close (sock->watch.fd);
    }
  sock->watch.fd = -1;
  sock->watch.ready = 0;
  sock->port = 0;
  btfw_datagram_outbox_clear (&sock->outbox);
}

static void
datagram_shut (BtfwDatagram *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->sockets); i++)
    if (self->sockets[i].outbox.entries != NULL)
      socket_close (&self->sockets[i]);
  g_clear_pointer (&self->room, g_free);
  self->n_shuts++;
}

static gboolean
fail_to_open (int fd, const BtfwAddress *address, GError **error)
{
  int              errnum = errno;
  g_autofree char *text = btfw_address_to_string (address);

  if (fd >= 0)
    close (fd);
  g_set_error (error, BTFW_ERROR, errnum == EADDRINUSE ? BTFW_ERROR_BUSY : BTFW_ERROR_NETWORK,
               _("cannot use UDP at %s: %s"), text, g_strerror (errnum));
  return FALSE;
}

static void
set_options (int fd, int family)
{
  const int yes = 1;

  if (family == AF_INET6)
    {
      setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
      setsockopt (fd, IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof yes);
    }
  else
    setsockopt (fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
}

static guint16
find_port (int fd)
{
  struct sockaddr_storage storage;
  socklen_t               size = sizeof storage;
  BtfwAddress             address;

  return getsockname (fd, (struct sockaddr *) &storage, &size) == 0 &&
                 btfw_address_from_sockaddr (&address, (struct sockaddr *) &storage, size) ?
           address.port :
           0;
}

static gboolean
socket_open (Socket *sock, guint16 port, GError **error)
{
  BtfwDatagram           *self = sock->owner;
  struct sockaddr_storage storage;
  BtfwAddress             address;
  socklen_t               size;
  int                     fd;

  if (!btfw_binding_get_address (&self->binding, sock->family, &address, error))
    return FALSE;
  address.port = port;
  size = btfw_address_to_sockaddr (&address, &storage);
  fd = socket (sock->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return fail_to_open (fd, &address, error);
  if (!btfw_binding_tie (&self->binding, fd, error))
    {
      close (fd);
      return FALSE;
    }
  set_options (fd, sock->family);
  if (bind (fd, (struct sockaddr *) &storage, size) < 0)
    return fail_to_open (fd, &address, error);

  sock->watch.fd = fd;
  if (!btfw_loop_add_watch (self->loop, &sock->watch, error))
    {
      close (fd);
      sock->watch.fd = -1;
      return FALSE;
    }
  sock->port = find_port (fd);
  btfw_datagram_outbox_init (&sock->outbox);
  return TRUE;
}

/* Both families at one port; a family that there is not is no failure. */
static gboolean
datagram_try_port (BtfwDatagram *self, guint16 port, GError **error)
{
  g_autoptr (GError) first_error = NULL;
  gboolean           is_open = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (self->sockets); i++)
    {
      g_autoptr (GError) this_error = NULL;

      if (socket_open (&self->sockets[i], port, &this_error))
        {
          is_open = TRUE;
          port = self->sockets[i].port;
        }
      else if (g_error_matches (this_error, BTFW_ERROR, BTFW_ERROR_BUSY))
        {
          datagram_shut (self);
          g_propagate_error (error, g_steal_pointer (&this_error));
          return FALSE;
        }
      else if (first_error == NULL)
        first_error = g_steal_pointer (&this_error);
    }
  if (!is_open)
    g_propagate_error (error, g_steal_pointer (&first_error));
  return is_open;
}

static gboolean
datagram_open (BtfwDatagram *self, GError **error)
{
  g_autoptr (GError) try_error = NULL;
  guint16            port = self->get_port == NULL ? 0 : self->get_port (self->port_data);

  for (guint n = 0; n <= FREE_PORTS; n++)
    {
      g_clear_error (&try_error);
      if (datagram_try_port (self, n == 0 ? port : 0, &try_error))
        {
          self->room = g_malloc (BATCH * BTFW_DATAGRAM_MAX);
          return TRUE;
        }
      if (!g_error_matches (try_error, BTFW_ERROR, BTFW_ERROR_BUSY))
        break;
    }
  g_propagate_error (error, g_steal_pointer (&try_error));
  return FALSE;
}

static void
datagram_open_virtual (BtfwDatagram *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->sockets); i++)
    {
      btfw_datagram_outbox_init (&self->sockets[i].outbox);
      self->sockets[i].port = self->virtual_port;
    }
}

/* --- Life --- */

static BtfwDatagram *
datagram_alloc (BtfwLoop *loop)
{
  static const int families[] = { AF_INET, AF_INET6 };
  BtfwDatagram    *self = g_new0 (BtfwDatagram, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->loop = loop;
  self->handlers = g_array_new (FALSE, FALSE, sizeof (Handler));
  for (guint i = 0; i < G_N_ELEMENTS (self->sockets); i++)
    self->sockets[i] = (Socket){
      .watch = { .fd = -1, .on_ready = on_ready },
      .owner = self,
      .flush = { .run = on_flush },
      .family = families[i],
    };
  return self;
}

BtfwDatagram *
btfw_datagram_new (BtfwLoop            *loop,
                   const BtfwBinding   *binding,
                   BtfwDatagramPortFunc get_port,
                   gpointer             user_data)
{
  BtfwDatagram *self = datagram_alloc (loop);

  btfw_binding_copy (&self->binding, binding);
  self->get_port = get_port;
  self->port_data = user_data;
  return self;
}

BtfwDatagram *
btfw_datagram_new_virtual (BtfwLoop *loop, guint16 port, BtfwVirtualSendFunc send, gpointer user_data)
{
  BtfwDatagram *self = datagram_alloc (loop);

  self->virtual_send = send;
  self->virtual_data = user_data;
  self->virtual_port = port;
  return self;
}

void
btfw_datagram_close (BtfwDatagram *self)
{
  if (self->loop == NULL)
    return;

  g_array_set_size (self->handlers, 0);
  datagram_shut (self);
  self->loop = NULL;
}

BtfwDatagram *
btfw_datagram_ref (BtfwDatagram *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_datagram_unref (BtfwDatagram *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  btfw_datagram_close (self);
  g_array_unref (self->handlers);
  btfw_binding_clear (&self->binding);
  g_free (self);
}

guint
btfw_datagram_add_handler (BtfwDatagram            *self,
                           const BtfwDatagramFuncs *funcs,
                           gpointer                 user_data,
                           GError                 **error)
{
  Handler handler = { .funcs = funcs, .user_data = user_data };

  g_return_val_if_fail (self != NULL && funcs != NULL && funcs->match != NULL && funcs->receive != NULL, 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  if (self->loop == NULL)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_NETWORK, _("the session has ended"));
      return 0;
    }
  if (self->handlers->len == 0 && self->virtual_send != NULL)
    datagram_open_virtual (self);
  else if (self->handlers->len == 0 && !datagram_open (self, error))
    return 0;

  handler.id = ++self->last_handler;
  g_array_append_val (self->handlers, handler);
  return handler.id;
}

void
btfw_datagram_remove_handler (BtfwDatagram *self, guint handler)
{
  g_return_if_fail (self != NULL);

  for (guint i = 0; i < self->handlers->len; i++)
    {
      if (g_array_index (self->handlers, Handler, i).id != handler)
        continue;
      g_array_remove_index (self->handlers, i);
      if (self->handlers->len > 0)
        return;
      /* Last words of whoever goes. */
      for (guint s = 0; s < G_N_ELEMENTS (self->sockets); s++)
        if (self->sockets[s].outbox.entries != NULL && !btfw_datagram_outbox_is_empty (&self->sockets[s].outbox))
          on_flush (&self->sockets[s].flush);
      datagram_shut (self);
      return;
    }
}

static Socket *
find_socket (BtfwDatagram *self, gboolean is_v4)
{
  return &self->sockets[is_v4 ? 0 : 1];
}

gboolean
btfw_datagram_send (BtfwDatagram *self, const BtfwEndpoint *to, const guint8 *data, gsize size)
{
  Socket *socket;

  g_return_val_if_fail (self != NULL && to != NULL && (data != NULL || size == 0), FALSE);
  g_return_val_if_fail (size <= BTFW_DATAGRAM_MAX, FALSE);

  socket = find_socket (self, btfw_address_is_v4 (to));
  if (socket->outbox.entries == NULL || !btfw_address_is_usable (to) ||
      !btfw_datagram_outbox_add (&socket->outbox, to, data, size))
    return FALSE;
  btfw_loop_queue_idle (self->loop, &socket->flush);
  return TRUE;
}

guint16
btfw_datagram_get_port (BtfwDatagram *self, GSocketFamily family)
{
  g_return_val_if_fail (self != NULL, 0);

  return find_socket (self, family == G_SOCKET_FAMILY_IPV4)->port;
}
