/* btfw-net.h: the network as the session allows it to be used. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-clock.h>
#include <btfw/btfw-types.h>

G_BEGIN_DECLS

/**
 * BtfwEndpoint:
 * @ip: in network order; IPv4 in its mapped form (::ffff:a.b.c.d), so equal addresses have equal bytes
 * @port: in host order
 * @spare: 0
 * @scope: the interface of a link-local IPv6 address, else 0
 *
 * An address and a port, flat: what packets come from and go to.
 */
typedef struct
{
  guint8  ip[16];
  guint16 port;
  guint16 spare;
  guint32 scope;
} BtfwEndpoint;

/**
 * btfw_endpoint_init:
 * @ip: (array length=ip_size): 4 or 16 bytes, in network order
 *
 * Returns: %FALSE, with nothing changed, when @ip_size is another one
 */
BTFW_API gboolean btfw_endpoint_init (BtfwEndpoint *self, const guint8 *ip, gsize ip_size, guint16 port);
/**
 * btfw_endpoint_parse:
 * @text: "1.2.3.4:6881", "[::1]:6881", or without a port; numbers only
 */
BTFW_API gboolean btfw_endpoint_parse (BtfwEndpoint *self, const char *text);
/**
 * btfw_endpoint_get_ip:
 * @ip: (out caller-allocates) (array fixed-size=16): room for 16 bytes
 *
 * Returns: how many bytes the address has: 4 or 16
 */
BTFW_API gsize    btfw_endpoint_get_ip (const BtfwEndpoint *self, guint8 *ip);
/**
 * btfw_endpoint_is_v4:
 *
 * Returns: whether it is an IPv4 address
 */
BTFW_API gboolean btfw_endpoint_is_v4 (const BtfwEndpoint *self);
/**
 * btfw_endpoint_is_local:
 *
 * Returns: as btfw_net_is_local()
 */
BTFW_API gboolean btfw_endpoint_is_local (const BtfwEndpoint *self);
/**
 * btfw_endpoint_is_usable:
 *
 * Returns: whether anybody can be there at all: port and address are not 0, nor is it multicast
 */
BTFW_API gboolean btfw_endpoint_is_usable (const BtfwEndpoint *self);
/**
 * btfw_endpoint_equal:
 *
 * Returns: whether both are the same address and port
 */
BTFW_API gboolean btfw_endpoint_equal (const BtfwEndpoint *a, const BtfwEndpoint *b);
/**
 * btfw_endpoint_same_host:
 *
 * Returns: whether the addresses are equal, whatever the ports
 */
BTFW_API gboolean btfw_endpoint_same_host (const BtfwEndpoint *a, const BtfwEndpoint *b);
/**
 * btfw_endpoint_hash:
 *
 * Returns: a hash for tables of endpoints
 */
BTFW_API guint    btfw_endpoint_hash (const BtfwEndpoint *self);
/**
 * btfw_endpoint_to_string:
 *
 * Returns: (transfer full): as btfw_endpoint_parse() takes it
 */
BTFW_API char    *btfw_endpoint_to_string (const BtfwEndpoint *self);

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
 * btfw_net_check_endpoint:
 *
 * The same for an address that packets are to go to. A torrent's "udp:" URL
 * may name a local one literally with an empty path, too.
 *
 * Returns: %FALSE with @error set when nothing may be sent there
 */
BTFW_API gboolean btfw_net_check_endpoint (BtfwNet            *self,
                                           const BtfwEndpoint *endpoint,
                                           const char         *url,
                                           BtfwNetOrigin       origin,
                                           GError            **error);
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

/**
 * btfw_net_get_port:
 *
 * Returns: the TCP port at which the session can be reached; 0 when it cannot
 */
BTFW_API guint16     btfw_net_get_port (BtfwNet *self);
/**
 * btfw_net_get_datagram:
 *
 * Returns: (transfer none): the UDP port that the protocols of the session share
 */
BTFW_API BtfwDatagram *btfw_net_get_datagram (BtfwNet *self);
/**
 * btfw_net_make_clock:
 * @name: whose dice: the plugin's name
 *
 * For plugins that are not handed a clock.
 *
 * Returns: (transfer full): time, timers and dice of the caller's own
 */
BTFW_API BtfwClock  *btfw_net_make_clock (BtfwNet *self, const char *name);
/**
 * btfw_net_make_secret:
 * @bytes: (out caller-allocates) (array length=size): filled
 *
 * Random bytes that nobody can guess: for keys, tokens, transaction ids and
 * identities. Where time is simulated they depend on the seed, so that runs
 * can be repeated.
 */
BTFW_API void        btfw_net_make_secret (BtfwNet *self, guint8 *bytes, gsize size);
/**
 * btfw_net_resolve_async:
 * @host: a name, or an address, which needs no look-up
 *
 * Looks a name up without holding the loop up. The system does not let such
 * look-ups be tied to an interface.
 */
BTFW_API void        btfw_net_resolve_async (BtfwNet            *self,
                                             const char         *host,
                                             guint16             port,
                                             GCancellable       *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer            user_data);
/**
 * btfw_net_resolve_finish:
 * @n_endpoints: (out): how many there are, never 0 on success
 *
 * Returns: (transfer full) (array length=n_endpoints) (nullable): the
 *   addresses, each with the port that was given; g_free() them
 */
BTFW_API BtfwEndpoint *btfw_net_resolve_finish (BtfwNet      *self,
                                                GAsyncResult *result,
                                                guint        *n_endpoints,
                                                GError      **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwNet, btfw_net_unref)

G_END_DECLS
