/* net.c: what plugins may do on the network, and how. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/listener.h"
#include "net/net.h"

#include <glib/gi18n-lib.h>
#include <unistd.h>

struct _BtfwNet
{
  gatomicrefcount n_refs;
  BtfwBinding     binding;
  gboolean        allow_local;
};

G_DEFINE_BOXED_TYPE (BtfwNet, btfw_net, btfw_net_ref, btfw_net_unref);

gboolean
btfw_address_from_inet (BtfwAddress *self, GInetAddress *address)
{
  const guint8 *ip = g_inet_address_to_bytes (address);

  switch (g_inet_address_get_family (address))
    {
    case G_SOCKET_FAMILY_IPV4:
      btfw_address_from_v4 (self, ip, 0);
      return TRUE;
    case G_SOCKET_FAMILY_IPV6:
      btfw_address_from_v6 (self, ip, 0);
      return TRUE;
    default:
      return FALSE;
    }
}

static GInetAddress *
btfw_address_to_inet (const BtfwAddress *self)
{
  if (btfw_address_is_v4 (self))
    return g_inet_address_new_from_bytes (self->ip + 12, G_SOCKET_FAMILY_IPV4);
  return g_inet_address_new_from_bytes (self->ip, G_SOCKET_FAMILY_IPV6);
}

/* Whether @host names @address itself, so that no name server has a say in it. */
static gboolean
host_is_literally (const char *host, GInetAddress *address)
{
  g_autoptr (GInetAddress) literal = NULL;
  BtfwAddress              named, real;

  if (g_ascii_strcasecmp (host, "localhost") == 0)
    return g_inet_address_get_is_loopback (address);

  literal = g_inet_address_new_from_string (host);
  return literal != NULL && btfw_address_from_inet (&named, literal) &&
         btfw_address_from_inet (&real, address) && btfw_address_same_host (&named, &real);
}

static gboolean
path_is_of_a_tracker (const char *path)
{
  return g_str_has_suffix (path, "/announce") || g_str_has_suffix (path, "/scrape");
}

/* Local services do harmful things when asked with the right path and query; a
 * torrent gets to choose neither. */
static gboolean
url_may_be_local (const char *url, GInetAddress *address)
{
  g_autoptr (GUri) uri = url != NULL ? g_uri_parse (url, G_URI_FLAGS_NONE, NULL) : NULL;

  return uri != NULL && g_uri_get_host (uri) != NULL && host_is_literally (g_uri_get_host (uri), address) &&
         path_is_of_a_tracker (g_uri_get_path (uri)) && g_uri_get_query (uri) == NULL;
}

static gboolean
btfw_net_refuse (GInetAddress *address, BtfwNetOrigin origin, GError **error)
{
  g_autofree char *text = g_inet_address_to_string (address);

  if (origin == BTFW_NET_ORIGIN_REMOTE)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED, _("redirect to local address %s not allowed"), text);
  else
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED,
                 _("a torrent may not lead to the local address %s this way"), text);
  return FALSE;
}

BtfwNet *
btfw_net_new (const BtfwBinding *binding)
{
  BtfwNet *self = g_new0 (BtfwNet, 1);

  g_atomic_ref_count_init (&self->n_refs);
  btfw_binding_copy (&self->binding, binding);
  return self;
}

void
btfw_net_set_allow_local (BtfwNet *self, gboolean allow_local)
{
  self->allow_local = allow_local;
}

BtfwNet *
btfw_net_ref (BtfwNet *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_net_unref (BtfwNet *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  btfw_binding_clear (&self->binding);
  g_free (self);
}

gboolean
btfw_net_is_local (GInetAddress *address)
{
  BtfwAddress plain;

  g_return_val_if_fail (G_IS_INET_ADDRESS (address), TRUE);

  return !btfw_address_from_inet (&plain, address) || btfw_address_is_local (&plain);
}

gboolean
btfw_net_check_address (BtfwNet       *self,
                        GInetAddress  *address,
                        const char    *url,
                        BtfwNetOrigin  origin,
                        GError       **error)
{
  g_return_val_if_fail (self != NULL && G_IS_INET_ADDRESS (address), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (origin == BTFW_NET_ORIGIN_USER || self->allow_local || !btfw_net_is_local (address))
    return TRUE;
  if (origin == BTFW_NET_ORIGIN_TORRENT && url_may_be_local (url, address))
    return TRUE;
  return btfw_net_refuse (address, origin, error);
}

gboolean
btfw_net_guard_connection (BtfwNet           *self,
                           GSocketConnection *connection,
                           const char        *url,
                           BtfwNetOrigin      origin,
                           GError           **error)
{
  g_autoptr (GSocketAddress) remote = NULL;
  GSocket                   *socket;

  g_return_val_if_fail (self != NULL && G_IS_SOCKET_CONNECTION (connection), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  socket = g_socket_connection_get_socket (connection);
  if (!btfw_binding_check (&self->binding, g_socket_get_fd (socket), error))
    return FALSE;

  /* What the socket says: the connection may remember what it was asked for. */
  remote = g_socket_get_remote_address (socket, error);
  if (remote == NULL)
    return FALSE;
  if (G_IS_INET_SOCKET_ADDRESS (remote))
    return btfw_net_check_address (self, g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)),
                                   url, origin, error);

  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_REFUSED, _("a connection does not lead to an internet address"));
  return FALSE;
}

GSocketAddress *
btfw_net_get_local_address (BtfwNet *self, GSocketFamily family)
{
  g_autoptr (GInetAddress) address = NULL;
  BtfwAddress              source;

  g_return_val_if_fail (self != NULL, NULL);

  if (!btfw_binding_find_source (&self->binding, family == G_SOCKET_FAMILY_IPV6 ? AF_INET6 : AF_INET, &source))
    return NULL;

  address = btfw_address_to_inet (&source);
  return g_inet_socket_address_new (address, 0);
}

static int
btfw_net_listen_family (BtfwNet *self, int family, guint16 port, GError **error)
{
  BtfwAddress address;

  if (!btfw_binding_get_address (&self->binding, family, &address, error))
    return -1;

  address.port = port;
  return btfw_listen_at (&self->binding, &address, TRUE, error);
}

/* Both families with one socket, where the binding and the system allow it. */
static int
btfw_net_listen_anywhere (BtfwNet *self, guint16 port, GError **error)
{
  int fd;

  if (self->binding.has_address)
    return btfw_net_listen_family (self, btfw_address_is_v4 (&self->binding.address) ? AF_INET : AF_INET6, port, error);

  fd = btfw_net_listen_family (self, AF_INET6, port, NULL);
  return fd >= 0 ? fd : btfw_net_listen_family (self, AF_INET, port, error);
}

GSocket *
btfw_net_listen (BtfwNet *self, GInetAddress *address, guint16 port, GError **error)
{
  BtfwAddress plain;
  GSocket    *socket;
  int         fd;

  g_return_val_if_fail (self != NULL && (address == NULL || G_IS_INET_ADDRESS (address)), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (address != NULL && btfw_address_from_inet (&plain, address))
    {
      plain.port = port;
      fd = btfw_listen_at (&self->binding, &plain, FALSE, error);
    }
  else
    fd = btfw_net_listen_anywhere (self, port, error);
  if (fd < 0)
    return NULL;

  socket = g_socket_new_from_fd (fd, error);
  if (socket == NULL)
    close (fd);
  else
    g_socket_set_blocking (socket, FALSE);
  return socket;
}

const char *
btfw_net_get_user_agent (BtfwNet *self)
{
  return "btfw/" BTFW_VERSION;
}
