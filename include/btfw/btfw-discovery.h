/* btfw-discovery.h: finds peers without a tracker. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-datagram.h>
#include <btfw/btfw-extension.h>

G_BEGIN_DECLS

#define BTFW_TYPE_DISCOVERY (btfw_discovery_get_type ())
BTFW_API
G_DECLARE_INTERFACE (BtfwDiscovery, btfw_discovery, BTFW, DISCOVERY, GObject)

/**
 * BtfwDiscoveryInterface:
 *
 * A DHT, or the local network. One instance serves all torrents of a session.
 * It is made when the first torrent that may be offered to it begins to look
 * for peers, and not before. Methods are called on the session's loop thread,
 * whose GMainContext is the thread's default one, and return without
 * blocking. What is passed in is borrowed; views may be kept with a reference,
 * and answer 0 once their torrent is gone.
 *
 * Which plugins a session has stands in its setting `discovery`. Private
 * torrents (BEP 27) are offered to none. A torrent of which only the
 * info-hash is known (a magnet link) is offered; when its metadata says that
 * it is private, torrent_removed() comes.
 */
struct _BtfwDiscoveryInterface
{
  /*< private >*/
  GTypeInterface g_iface;

  /*< public >*/
  /**
   * BtfwDiscoveryInterface::start:
   * @net: the network, with the shared UDP port; keep a reference
   * @clock: time, timers and dice of this instance; keep a reference
   * @state_dir: (nullable) (type filename): a folder for what it wants to keep
   *   between runs; it may not be there yet, see btfw_dir_open()
   *
   * Called once, before anything else.
   *
   * Returns: %FALSE with @error set when it cannot work; it is not used then. Required.
   */
  gboolean (*start) (BtfwDiscovery *self, BtfwNet *net, BtfwClock *clock, const char *state_dir, GError **error);

  /**
   * BtfwDiscoveryInterface::stop:
   *
   * The session ends. All torrents were removed before; time, timers and the
   * network are gone after this call. It may write its state. Optional.
   */
  void (*stop) (BtfwDiscovery *self);

  /**
   * BtfwDiscoveryInterface::torrent_added:
   * @torrent: a view of this plugin's own, the same for every call about this torrent
   *
   * A torrent has begun to look for peers: say that we are there, and name
   * others with btfw_discovery_add_candidate(), until it is removed. Its name is
   * btfw_swarm_view_get_info_hash(). Required.
   */
  void (*torrent_added) (BtfwDiscovery *self, BtfwSwarmView *torrent);

  /**
   * BtfwDiscoveryInterface::torrent_removed:
   *
   * It has stopped, or turned out to be private: nothing more is to be sent about it. Required.
   */
  void (*torrent_removed) (BtfwDiscovery *self, BtfwSwarmView *torrent);

  /**
   * BtfwDiscoveryInterface::peers_wanted:
   *
   * @torrent downloads and has few peers. Comes when that begins to be so, and
   * then at most once a minute. Optional.
   */
  void (*peers_wanted) (BtfwDiscovery *self, BtfwSwarmView *torrent);

  /**
   * BtfwDiscoveryInterface::add_node:
   * @node: where a node of a DHT may be: a peer said so (PORT), or a torrent's `nodes`
   *
   * A hint, from a stranger; its address may be local only if whoever gave it is. Optional.
   */
  void (*add_node) (BtfwDiscovery *self, const BtfwEndpoint *node);

  /**
   * BtfwDiscoveryInterface::get_node_port:
   *
   * Returns: at which UDP port our DHT node can be reached over @family; 0
   *   for none. Peers are told (PORT). Optional.
   */
  guint16 (*get_node_port) (BtfwDiscovery *self, GSocketFamily family);

  /**
   * BtfwDiscoveryInterface::get_status:
   *
   * Returns: (transfer floating): how it stands, as a dictionary (`a{sv}`) of
   *   texts, numbers and arrays of these; as "nodes": an array of dictionaries. Optional.
   */
  GVariant *(*get_status) (BtfwDiscovery *self);

  /**
   * BtfwDiscoveryInterface::look_up_async:
   * @info_hash: (array fixed-size=20): whose peers are looked for
   * @cancellable: (nullable): when the person has had enough; it is cancelled
   *   on another thread, so listen with a source of it (g_cancellable_source_new())
   *   in the loop's context rather than with a handler
   *
   * Looks once, on behalf of a person, and announces nothing. Optional.
   */
  void (*look_up_async) (BtfwDiscovery      *self,
                         const guint8       *info_hash,
                         GCancellable       *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer            user_data);

  /**
   * BtfwDiscoveryInterface::look_up_finish:
   *
   * Returns: (transfer full) (nullable): how it went, as get_status() has it,
   *   with the peers' addresses as "peers" (`as`). Optional, together with look_up_async().
   */
  GVariant *(*look_up_finish) (BtfwDiscovery *self, GAsyncResult *result, GError **error);

  /*< private >*/
  gpointer padding[8];
};

/**
 * btfw_discovery_start:
 * @state_dir: (nullable) (type filename): see BtfwDiscoveryInterface
 *
 * Calls start() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API gboolean  btfw_discovery_start (BtfwDiscovery *self,
                                         BtfwNet       *net,
                                         BtfwClock     *clock,
                                         const char    *state_dir,
                                         GError       **error);
/**
 * btfw_discovery_stop:
 *
 * Calls stop() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void      btfw_discovery_stop (BtfwDiscovery *self);
/**
 * btfw_discovery_torrent_added:
 *
 * Calls torrent_added() of the plugin, as the core does; for tests, and for plugins that stand
 * on others.
 */
BTFW_API void      btfw_discovery_torrent_added (BtfwDiscovery *self, BtfwSwarmView *torrent);
/**
 * btfw_discovery_torrent_removed:
 *
 * Calls torrent_removed() of the plugin, as the core does; for tests, and for plugins that
 * stand on others.
 */
BTFW_API void      btfw_discovery_torrent_removed (BtfwDiscovery *self, BtfwSwarmView *torrent);
/**
 * btfw_discovery_peers_wanted:
 *
 * Calls peers_wanted() of the plugin, as the core does; for tests, and for plugins that stand
 * on others.
 */
BTFW_API void      btfw_discovery_peers_wanted (BtfwDiscovery *self, BtfwSwarmView *torrent);
/**
 * btfw_discovery_add_node:
 *
 * Calls add_node() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void      btfw_discovery_add_node (BtfwDiscovery *self, const BtfwEndpoint *node);
/**
 * btfw_discovery_get_node_port:
 *
 * Calls get_node_port() of the plugin, as the core does; for tests, and for plugins that stand
 * on others.
 */
BTFW_API guint16   btfw_discovery_get_node_port (BtfwDiscovery *self, GSocketFamily family);
/**
 * btfw_discovery_get_status:
 *
 * Returns: (transfer full) (nullable): %NULL when it tells nothing
 */
BTFW_API GVariant *btfw_discovery_get_status (BtfwDiscovery *self);
/**
 * btfw_discovery_look_up_async:
 * @info_hash: (array fixed-size=20):
 */
BTFW_API void      btfw_discovery_look_up_async (BtfwDiscovery      *self,
                                                 const guint8       *info_hash,
                                                 GCancellable       *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer            user_data);
/**
 * btfw_discovery_look_up_finish:
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API GVariant *btfw_discovery_look_up_finish (BtfwDiscovery *self, GAsyncResult *result, GError **error);

/**
 * btfw_discovery_notice:
 * @text: a sentence for people, translated
 *
 * For plugins: tells whoever runs the session that something is not as it
 * should be, as #BtfwSession::notice. On the loop's thread, also in start().
 * (It emits #BtfwDiscovery::notice, which the core listens to.)
 */
BTFW_API void btfw_discovery_notice (BtfwDiscovery *self, const char *text);

/**
 * btfw_discovery_add_candidate:
 * @from: (nullable): who told us of it: the address that the packet came from
 * @endpoint: where a peer of @torrent may be
 * @flags: what was said of it
 *
 * Names a peer. Whether and when it is connected to is the core's business. A
 * local address is taken only when @from is itself of a local network, and
 * none at all of a private torrent. Takes effect after the current method has
 * returned.
 *
 * Returns: whether it is one that will be tried
 */
BTFW_API gboolean btfw_discovery_add_candidate (BtfwDiscovery      *self,
                                                BtfwSwarmView      *torrent,
                                                const BtfwEndpoint *from,
                                                const BtfwEndpoint *endpoint,
                                                BtfwCandidateFlags  flags);

G_END_DECLS
