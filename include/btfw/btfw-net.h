/* btfw-net.h: the network as the session allows it to be used. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>

G_BEGIN_DECLS

/**
 * BtfwNet:
 *
 * The session's rules for sockets that the core did not make itself: which
 * address or interface they must leave by, and which addresses they may
 * reach. Ref-counted; used on the session's loop thread.
 */
#define BTFW_TYPE_NET (btfw_net_get_type ())
BTFW_API GType btfw_net_get_type (void) G_GNUC_CONST;

BTFW_API BtfwNet *btfw_net_ref (BtfwNet *self);
BTFW_API void     btfw_net_unref (BtfwNet *self);

/**
 * btfw_net_is_local:
 *
 * Returns: %TRUE for loopback, link-local, private, unique-local, multicast and unspecified addresses
 */
BTFW_API gboolean btfw_net_is_local (GInetAddress *address);

/**
 * BtfwNetOrigin:
 * @BTFW_NET_ORIGIN_USER: the user named the address, or the URL, on the command line or in the keyfile
 * @BTFW_NET_ORIGIN_TORRENT: it stands in a torrent or a magnet link
 * @BTFW_NET_ORIGIN_REMOTE: a server of the internet sent us there, as by a redirect
 *
 * Who wants a connection to be made.
 */
typedef enum
{
  BTFW_NET_ORIGIN_USER,
  BTFW_NET_ORIGIN_TORRENT,
  BTFW_NET_ORIGIN_REMOTE,
} BtfwNetOrigin;

/**
 * btfw_net_check_address:
 * @address: the address that is really connected to, after all names were resolved
 * @url: (nullable): what is to be fetched from it
 * @origin: who wants it
 *
 * The user may name any address. A URL of a torrent may name a local one only
 * literally (or as "localhost"), with a path that ends in "announce" or "scrape" and
 * without a query of its own. A redirect never leads from a public to a local
 * address.
 *
 * Returns: %FALSE with @error set when it may not be connected to
 */
BTFW_API gboolean btfw_net_check_address (BtfwNet       *self,
                                          GInetAddress  *address,
                                          const char    *url,
                                          BtfwNetOrigin  origin,
                                          GError       **error);
/**
 * btfw_net_guard_connection:
 * @connection: fresh, before anything was sent on it
 *
 * Ties the socket to the session's interface and checks the address that it
 * is connected to, as btfw_net_check_address() does. For libraries that make
 * their own sockets.
 *
 * Returns: %FALSE with @error set when it must be closed
 */
BTFW_API gboolean btfw_net_guard_connection (BtfwNet           *self,
                                             GSocketConnection *connection,
                                             const char        *url,
                                             BtfwNetOrigin      origin,
                                             GError           **error);
/**
 * btfw_net_get_local_address:
 * @family: of the wanted address
 *
 * Returns: (transfer full) (nullable): the address to bind outgoing sockets
 *   to (port 0), or %NULL for any
 */
BTFW_API GSocketAddress *btfw_net_get_local_address (BtfwNet *self, GSocketFamily family);
/**
 * btfw_net_listen:
 * @address: (nullable): where; %NULL for the session's own address, or any
 * @port: 0 for any free one
 *
 * Returns: (transfer full) (nullable): a listening socket, not blocking
 */
BTFW_API GSocket *btfw_net_listen (BtfwNet *self, GInetAddress *address, guint16 port, GError **error);
/**
 * btfw_net_get_user_agent:
 *
 * Returns: the one name under which the session speaks HTTP
 */
BTFW_API const char *btfw_net_get_user_agent (BtfwNet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwNet, btfw_net_unref)

G_END_DECLS
