/* net.c: what plugins may do on the network, and how. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "loop/clock.h"
#include "net/listener.h"
#include "net/net.h"

#include <glib/gi18n-lib.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <unistd.h>

struct _BtfwNet
{
  gatomicrefcount n_refs;
  BtfwBinding     binding;
  gboolean        allow_local;

  /* Until it is detached: */
  BtfwLoop            *loop;
  BtfwLoop            *own_loop; /* NULL but for nets that stand alone */
  BtfwDatagram        *datagram; /* a reference that stays */
  BtfwDatagramPortFunc port;
  gpointer             port_data;
  GPtrArray           *clocks;   /* of BtfwClock */
  GPtrArray           *multicasts; /* borrowed */
  gboolean             is_virtual;
  gboolean             is_offline; /* looks no names up */
  BtfwRandom           secrets; /* of a simulation */
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

/* Packets to a tracker carry nothing of the URL as long as it names no path. */
static gboolean
url_may_be_local_datagram (const char *url, GInetAddress *address)
{
  g_autoptr (GUri) uri = url != NULL ? g_uri_parse (url, G_URI_FLAGS_NONE, NULL) : NULL;
  const char *path;

  if (uri == NULL || g_strcmp0 (g_uri_get_scheme (uri), "udp") != 0 || g_uri_get_host (uri) == NULL ||
      g_uri_get_query (uri) != NULL || !host_is_literally (g_uri_get_host (uri), address))
    return FALSE;
  path = g_uri_get_path (uri);
  return *path == '\0' || g_strcmp0 (path, "/") == 0 || path_is_of_a_tracker (path);
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
  self->clocks = g_ptr_array_new ();
  self->multicasts = g_ptr_array_new ();
  return self;
}

void
btfw_net_attach (BtfwNet             *self,
                 BtfwLoop            *loop,
                 BtfwDatagram        *datagram,
                 BtfwDatagramPortFunc port,
                 gpointer             user_data)
{
  self->loop = loop;
  self->datagram = btfw_datagram_ref (datagram);
  self->port = port;
  self->port_data = user_data;
}

void
btfw_net_detach (BtfwNet *self)
{
  if (self->loop == NULL)
    return;

  for (guint i = 0; i < self->clocks->len; i++)
    btfw_clock_kill (g_ptr_array_index (self->clocks, i));
  g_ptr_array_set_size (self->clocks, 0);
  for (guint i = 0; i < self->multicasts->len; i++)
    btfw_multicast_close (g_ptr_array_index (self->multicasts, i));
  btfw_datagram_close (self->datagram);
  self->port = NULL;
  self->loop = NULL;
}

BtfwNet *
btfw_net_new_alone (const BtfwBinding *binding)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GError)       error = NULL;
  BtfwNet                 *self = btfw_net_new (binding);
  BtfwDatagram            *datagram;

  self->own_loop = btfw_loop_new (context, 0, &error);
  if (self->own_loop == NULL)
    {
      g_warning ("%s", error->message);
      return self;
    }
  datagram = btfw_datagram_new (self->own_loop, binding, NULL, NULL);
  btfw_net_attach (self, self->own_loop, datagram, NULL, NULL);
  btfw_datagram_unref (datagram);
  return self;
}

BtfwNet *
btfw_net_new_virtual (BtfwLoop *loop, BtfwDatagram *datagram)
{
  const BtfwBinding none = { 0 };
  BtfwNet          *self = btfw_net_new (&none);

  btfw_net_attach (self, loop, datagram, NULL, NULL);
  btfw_datagram_unref (datagram);
  self->is_virtual = TRUE;
  btfw_loop_fork_random (loop, "secrets", &self->secrets);
  return self;
}

void
btfw_net_set_offline (BtfwNet *self)
{
  self->is_offline = TRUE;
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
  btfw_net_detach (self);
  g_clear_pointer (&self->own_loop, btfw_loop_free);
  g_clear_pointer (&self->datagram, btfw_datagram_unref);
  g_ptr_array_unref (self->clocks);
  g_ptr_array_unref (self->multicasts);
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
btfw_net_check_endpoint (BtfwNet            *self,
                         const BtfwEndpoint *endpoint,
                         const char         *url,
                         BtfwNetOrigin       origin,
                         GError            **error)
{
  g_autoptr (GInetAddress) address = NULL;

  g_return_val_if_fail (self != NULL && endpoint != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!btfw_address_is_local (endpoint))
    return TRUE;
  address = btfw_address_to_inet (endpoint);
  return (origin == BTFW_NET_ORIGIN_TORRENT && url_may_be_local_datagram (url, address)) ||
         btfw_net_check_address (self, address, url, origin, error);
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

guint16
btfw_net_get_port (BtfwNet *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->port == NULL ? 0 : self->port (self->port_data);
}

BtfwDatagram *
btfw_net_get_datagram (BtfwNet *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->datagram;
}

BtfwClock *
btfw_net_make_clock (BtfwNet *self, const char *name)
{
  BtfwClock *clock;

  g_return_val_if_fail (self != NULL && name != NULL, NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);

  clock = btfw_clock_new (self->loop, name);
  g_ptr_array_add (self->clocks, clock);
  return btfw_clock_ref (clock);
}

void
btfw_net_make_secret (BtfwNet *self, guint8 *bytes, gsize size)
{
  g_return_if_fail (self != NULL && (bytes != NULL || size == 0));

  if (!self->is_virtual)
    {
      gnutls_rnd (GNUTLS_RND_NONCE, bytes, size);
      return;
    }
  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) btfw_random_u64 (&self->secrets);
}

gboolean
btfw_net_looks_names_up (BtfwNet *self)
{
  return !self->is_virtual && !self->is_offline;
}

gboolean
btfw_net_can_join (BtfwNet *self, GError **error)
{
  if (self->loop != NULL && !self->is_virtual)
    return TRUE;

  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED, _("there are no multicast groups here"));
  return FALSE;
}

const BtfwBinding *
btfw_net_get_binding (BtfwNet *self)
{
  return &self->binding;
}

BtfwLoop *
btfw_net_add_multicast (BtfwNet *self, BtfwMulticast *multicast)
{
  g_ptr_array_add (self->multicasts, multicast);
  return self->loop;
}

void
btfw_net_remove_multicast (BtfwNet *self, BtfwMulticast *multicast)
{
  g_ptr_array_remove (self->multicasts, multicast);
}
