/* binding.c: ties sockets to an address or an interface. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/binding.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

typedef gboolean (*BtfwInterfaceFunc) (const char *interface, const BtfwAddress *address, gpointer user_data);

/* Calls @visit for each address of each interface until it answers TRUE. */
static gboolean
find_interface_address (BtfwInterfaceFunc visit, gpointer user_data)
{
  struct ifaddrs *first;
  gboolean        found = FALSE;

  if (getifaddrs (&first) < 0)
    return FALSE;

  for (struct ifaddrs *i = first; i != NULL && !found; i = i->ifa_next)
    {
      BtfwAddress address;

      if (i->ifa_addr != NULL &&
          btfw_address_from_sockaddr (&address, i->ifa_addr, sizeof (struct sockaddr_in6)))
        found = visit (i->ifa_name, &address, user_data);
    }
  freeifaddrs (first);
  return found;
}

static gboolean
visit_same_host (const char *interface, const BtfwAddress *address, gpointer user_data)
{
  return btfw_address_same_host (address, user_data);
}

gboolean
btfw_address_is_of_this_machine (const BtfwAddress *address)
{
  /* All of 127.0.0.0/8 is, though the interface has but one address of it. */
  if (btfw_address_is_v4 (address) && address->ip[12] == 127)
    return TRUE;
  return find_interface_address (visit_same_host, (gpointer) address);
}

typedef struct
{
  const char *interface;
  int         family;
  BtfwAddress address;
  gboolean    found;
} BtfwSearch;

/* Takes a link-local address only while there is no other. */
static gboolean
visit_interface (const char *interface, const BtfwAddress *address, gpointer user_data)
{
  BtfwSearch *search = user_data;

  if (strcmp (interface, search->interface) != 0 ||
      btfw_address_is_v4 (address) != (search->family == AF_INET))
    return FALSE;
  if (search->found && address->scope != 0)
    return FALSE;

  search->address = *address;
  search->found = TRUE;
  return address->scope == 0;
}

static int
make_probe (void)
{
  return socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
tie_to_interface (int fd, const char *interface)
{
  return setsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t) strlen (interface) + 1);
}

/* Some kernels and sandboxes keep SO_BINDTODEVICE to the privileged. */
static gboolean
can_tie_to_interface (const char *interface)
{
  int      fd = make_probe ();
  gboolean can;

  if (fd < 0)
    return FALSE;
  can = tie_to_interface (fd, interface) == 0;
  close (fd);
  return can;
}

gboolean
btfw_binding_init (BtfwBinding *self, const char *text, GError **error)
{
  *self = (BtfwBinding){ 0 };
  if (text == NULL || *text == '\0')
    return TRUE;

  if (btfw_address_parse (&self->address, text) && self->address.port == 0)
    {
      self->has_address = TRUE;
      return TRUE;
    }
  if (if_nametoindex (text) == 0)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                   _("“%s” is neither an address nor a network interface of this machine"), text);
      return FALSE;
    }

  self->interface = g_strdup (text);
  self->by_address = !can_tie_to_interface (text);
  return TRUE;
}

void
btfw_binding_clear (BtfwBinding *self)
{
  g_free (self->interface);
  *self = (BtfwBinding){ 0 };
}

void
btfw_binding_copy (BtfwBinding *self, const BtfwBinding *other)
{
  *self = *other;
  self->interface = g_strdup (other->interface);
}

gboolean
btfw_binding_is_set (const BtfwBinding *self)
{
  return self->has_address || self->interface != NULL;
}

static gboolean
btfw_binding_fail (const BtfwBinding *self, int family, GError **error)
{
  g_autofree char *address = self->has_address ? btfw_address_to_string (&self->address) : NULL;

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED,
               family == AF_INET ? _("IPv4 cannot be used while bound to “%s”") : _("IPv6 cannot be used while bound to “%s”"),
               address != NULL ? address : self->interface);
  return FALSE;
}

gboolean
btfw_binding_find_source (const BtfwBinding *self, int family, BtfwAddress *address)
{
  BtfwSearch search = { .interface = self->interface, .family = family };

  if (self->has_address)
    {
      search.address = self->address;
      search.found = btfw_address_is_v4 (&self->address) == (family == AF_INET);
    }
  else if (self->interface != NULL)
    find_interface_address (visit_interface, &search);

  if (search.found)
    *address = search.address;
  return search.found;
}

gboolean
btfw_binding_get_address (const BtfwBinding *self, int family, BtfwAddress *address, GError **error)
{
  static const guint8 any[16] = { 0 };

  if (self->has_address || self->by_address)
    return btfw_binding_find_source (self, family, address) || btfw_binding_fail (self, family, error);

  if (family == AF_INET)
    btfw_address_from_v4 (address, any, 0);
  else
    btfw_address_from_v6 (address, any, 0);
  return TRUE;
}

gboolean
btfw_binding_tie (const BtfwBinding *self, int fd, GError **error)
{
  if (self->interface == NULL || self->by_address || tie_to_interface (fd, self->interface) == 0)
    return TRUE;

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_NETWORK,
               _("cannot use the network interface “%s”: %s"), self->interface, g_strerror (errno));
  return FALSE;
}

gboolean
btfw_binding_apply (const BtfwBinding *self, int fd, int family, GError **error)
{
  struct sockaddr_storage storage;
  BtfwAddress             address;
  socklen_t               size;
  g_autofree char        *text = NULL;
  const int               yes = 1;

  if (!btfw_binding_get_address (self, family, &address, error) || !btfw_binding_tie (self, fd, error))
    return FALSE;
  if (!self->has_address && !self->by_address)
    return TRUE;

  /* Leaves the choice of a port to connect(), which may share one among
   * destinations; without it the socket gets one now. */
  setsockopt (fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  size = btfw_address_to_sockaddr (&address, &storage);
  if (bind (fd, (struct sockaddr *) &storage, size) == 0)
    return TRUE;

  text = btfw_address_to_string (&address);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_NETWORK, _("cannot bind to %s: %s"), text, g_strerror (errno));
  return FALSE;
}

static gboolean
get_local_address (int fd, BtfwAddress *address)
{
  struct sockaddr_storage storage;
  socklen_t               size = sizeof storage;

  return getsockname (fd, (struct sockaddr *) &storage, &size) == 0 &&
         btfw_address_from_sockaddr (address, (struct sockaddr *) &storage, size);
}

gboolean
btfw_binding_check (const BtfwBinding *self, int fd, GError **error)
{
  BtfwAddress local, expected;

  if (!btfw_binding_is_set (self))
    return TRUE;

  if (!get_local_address (fd, &local))
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_NETWORK, _("a connection has no address of its own"));
      return FALSE;
    }
  if (!btfw_binding_get_address (self, btfw_address_is_v4 (&local) ? AF_INET : AF_INET6, &expected, error))
    return FALSE;
  if (self->interface != NULL && !self->by_address)
    return btfw_binding_tie (self, fd, error);
  if (btfw_address_same_host (&local, &expected))
    return TRUE;

  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_REFUSED,
                       _("a connection did not leave by the address that it is bound to"));
  return FALSE;
}
