/* multicast.c: groups that are joined on each network interface. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/net.h"

#include <btfw/btfw-datagram.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

/* More interfaces than that are left out. */
#define INTERFACES_MAX 64
/* So many datagrams are read in a turn. */
#define BATCH 16

struct _BtfwMulticast
{
  BtfwWatch          watch; /* first */
  BtfwNet           *net;
  BtfwLoop          *loop; /* NULL once the session has ended */
  const BtfwBinding *binding;
  BtfwAddress        group;
  BtfwMulticastFunc  receive;
  gpointer           user_data;
  BtfwMulticast    **gone; /* set when it leaves inside a call of its own */
};

/* An interface, and the address by which it is known to IPv4. */
typedef struct
{
  guint          index;
  struct in_addr address;
} Interface;

static gboolean
is_wanted (const BtfwMulticast *self, const struct ifaddrs *entry)
{
  const guint needed = IFF_UP | IFF_MULTICAST;
  int         family = btfw_address_is_v4 (&self->group) ? AF_INET : AF_INET6;
  BtfwAddress address;

  if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != family || (entry->ifa_flags & needed) != needed)
    return FALSE;
  if (self->binding->interface != NULL)
    return strcmp (entry->ifa_name, self->binding->interface) == 0;
  return !self->binding->has_address ||
         (btfw_address_from_sockaddr (&address, entry->ifa_addr, sizeof (struct sockaddr_in6)) &&
          btfw_address_same_host (&address, &self->binding->address));
}

static guint
add_interface (Interface *interfaces, guint n, const struct ifaddrs *entry)
{
  Interface found = { .index = if_nametoindex (entry->ifa_name) };

  for (guint i = 0; i < n; i++)
    if (interfaces[i].index == found.index)
      return n;
  if (found.index == 0 || n == INTERFACES_MAX)
    return n;

  if (entry->ifa_addr->sa_family == AF_INET)
    found.address = ((const struct sockaddr_in *) (gconstpointer) entry->ifa_addr)->sin_addr;
  interfaces[n] = found;
  return n + 1;
}

static guint
find_interfaces (const BtfwMulticast *self, Interface *interfaces)
{
  struct ifaddrs *first;
  guint           n = 0;

  if (getifaddrs (&first) < 0)
    return 0;
  for (struct ifaddrs *i = first; i != NULL; i = i->ifa_next)
    if (is_wanted (self, i))
      n = add_interface (interfaces, n, i);
  freeifaddrs (first);
  return n;
}

static struct ip_mreqn
make_request_v4 (const BtfwMulticast *self, const Interface *interface)
{
  struct ip_mreqn request = { .imr_address = interface->address, .imr_ifindex = (int) interface->index };

  memcpy (&request.imr_multiaddr, self->group.ip + 12, 4);
  return request;
}

/* Where it is joined already nothing changes. */
static gboolean
join_on (BtfwMulticast *self, const Interface *interface)
{
  struct ip_mreqn  request = make_request_v4 (self, interface);
  struct ipv6_mreq request6 = { .ipv6mr_interface = interface->index };
  int              result;

  memcpy (&request6.ipv6mr_multiaddr, self->group.ip, 16);
  result = btfw_address_is_v4 (&self->group) ?
             setsockopt (self->watch.fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) :
             setsockopt (self->watch.fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request6, sizeof request6);
  if (result == 0 || errno == EADDRINUSE)
    return TRUE;
  g_debug ("multicast: interface %u: %s", interface->index, g_strerror (errno));
  return FALSE;
}

static gboolean
send_by (BtfwMulticast *self, const Interface *interface)
{
  struct ip_mreqn request = make_request_v4 (self, interface);
  int             index = (int) interface->index;

  return btfw_address_is_v4 (&self->group) ?
           setsockopt (self->watch.fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) == 0 :
           setsockopt (self->watch.fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index) == 0;
}

/* Not further than the link; programs of this machine hear it, too. */
static void
set_options (BtfwMulticast *self)
{
  const int yes = 1, no = 0;
  int       fd = self->watch.fd;

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (btfw_address_is_v4 (&self->group))
    {
      setsockopt (fd, IPPROTO_IP, IP_MULTICAST_TTL, &yes, sizeof yes);
      setsockopt (fd, IPPROTO_IP, IP_MULTICAST_LOOP, &yes, sizeof yes);
      setsockopt (fd, IPPROTO_IP, IP_MULTICAST_ALL, &no, sizeof no);
      return;
    }
  setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  setsockopt (fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &yes, sizeof yes);
  setsockopt (fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &yes, sizeof yes);
#ifdef IPV6_MULTICAST_ALL
  setsockopt (fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &no, sizeof no);
#endif
}

static void
read_one (BtfwMulticast *self)
{
  struct sockaddr_storage storage;
  guint8                  data[BTFW_DATAGRAM_MAX];
  struct iovec            vector = { data, sizeof data };
  struct msghdr           message = { &storage, sizeof storage, &vector, 1, NULL, 0, 0 };
  gssize                  n = recvmsg (self->watch.fd, &message, MSG_DONTWAIT);
  BtfwAddress             from;

  if (n < 0)
    self->watch.ready &= ~BTFW_READY_READ;
  else if (!(message.msg_flags & MSG_TRUNC) &&
           btfw_address_from_sockaddr (&from, (struct sockaddr *) &storage, message.msg_namelen))
    self->receive (data, (gsize) n, &from, self->user_data);
}

static void
on_ready (BtfwWatch *watch)
{
  BtfwMulticast *self = (BtfwMulticast *) watch;
  BtfwMulticast *here = self;

  self->gone = &here;
  for (guint i = 0; i < BATCH && here != NULL && self->loop != NULL && (watch->ready & BTFW_READY_READ); i++)
    read_one (self);
  if (here == NULL)
    return;
  self->gone = NULL;
  if (self->loop != NULL && (watch->ready & BTFW_READY_READ))
    btfw_loop_queue_watch (self->loop, watch);
}

static gboolean
fail_to_join (BtfwMulticast *self, GError **error)
{
  int              errnum = errno;
  g_autofree char *text = btfw_address_to_string (&self->group);

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_NETWORK, _("cannot join the group %s: %s"), text, g_strerror (errnum));
  return FALSE;
}

/* Bound to the group itself, the socket hears nothing else. */
static gboolean
multicast_open (BtfwMulticast *self, GError **error)
{
  struct sockaddr_storage storage;
  socklen_t               size = btfw_address_to_sockaddr (&self->group, &storage);

  self->watch.fd = socket (storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->watch.fd < 0)
    return fail_to_join (self, error);
  set_options (self);
  if (!btfw_binding_tie (self->binding, self->watch.fd, error))
    return FALSE;
  if (bind (self->watch.fd, (struct sockaddr *) &storage, size) < 0)
    return fail_to_join (self, error);
  return btfw_loop_add_watch (self->loop, &self->watch, error);
}

BtfwMulticast *
btfw_multicast_join (BtfwNet            *net,
                     const BtfwEndpoint *group,
                     BtfwMulticastFunc   receive,
                     gpointer            user_data,
                     GError            **error)
{
  BtfwMulticast *self;
  Interface      interfaces[INTERFACES_MAX];
  guint          n;

  g_return_val_if_fail (net != NULL && group != NULL && receive != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!btfw_net_can_join (net, error))
    return NULL;
  self = g_new0 (BtfwMulticast, 1);
  self->net = btfw_net_ref (net);
  self->watch = (BtfwWatch){ .fd = -1, .on_ready = on_ready };
  self->group = *group;
  self->receive = receive;
  self->user_data = user_data;
  self->binding = btfw_net_get_binding (net);
  self->loop = btfw_net_add_multicast (net, self);
  if (!multicast_open (self, error))
    {
      btfw_multicast_leave (self);
      return NULL;
    }
  n = find_interfaces (self, interfaces);
  for (guint i = 0; i < n; i++)
    join_on (self, &interfaces[i]);
  return self;
}

void
btfw_multicast_close (BtfwMulticast *self)
{
  if (self->loop == NULL)
    return;

  btfw_loop_remove_watch (self->loop, &self->watch);
  if (self->watch.fd >= 0)
    close (self->watch.fd);
  self->watch.fd = -1;
  self->loop = NULL;
}

void
btfw_multicast_leave (BtfwMulticast *self)
{
  g_return_if_fail (self != NULL);

  if (self->gone != NULL)
    *self->gone = NULL;
  btfw_multicast_close (self);
  btfw_net_remove_multicast (self->net, self);
  btfw_net_unref (self->net);
  g_free (self);
}

guint
btfw_multicast_send (BtfwMulticast *self, const guint8 *data, gsize size)
{
  Interface               interfaces[INTERFACES_MAX];
  struct sockaddr_storage storage;
  socklen_t               storage_size;
  guint                   n, n_sent = 0;

  g_return_val_if_fail (self != NULL && data != NULL, 0);
  g_return_val_if_fail (size <= BTFW_DATAGRAM_MAX, 0);

  if (self->loop == NULL)
    return 0;
  storage_size = btfw_address_to_sockaddr (&self->group, &storage);
  n = find_interfaces (self, interfaces);
  for (guint i = 0; i < n; i++)
    if (join_on (self, &interfaces[i]) && send_by (self, &interfaces[i]) &&
        sendto (self->watch.fd, data, size, MSG_DONTWAIT, (struct sockaddr *) &storage, storage_size) >= 0)
      n_sent++;
  return n_sent;
}
