/* btfw-extension.h: a message of the extension protocol (BEP 10), and what is done about it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-clock.h>
#include <btfw/btfw-error.h>
#include <btfw/btfw-view.h>

G_BEGIN_DECLS

/**
 * BtfwExtensionHandshake:
 *
 * The dictionary with which two peers say what they understand: what we are
 * about to send, or what a peer sent. Valid only during the call it was made
 * for. The key "m" and the words of the core ("p", "reqq", "v", "yourip", …)
 * are not to be set.
 */
#define BTFW_TYPE_EXTENSION_HANDSHAKE (btfw_extension_handshake_get_type ())
BTFW_API GType btfw_extension_handshake_get_type (void) G_GNUC_CONST;

BTFW_API BtfwExtensionHandshake *btfw_extension_handshake_ref (BtfwExtensionHandshake *self);
BTFW_API void                    btfw_extension_handshake_unref (BtfwExtensionHandshake *self);
/**
 * btfw_extension_handshake_set_integer:
 *
 * Adds a key to what we send; only in write_handshake().
 */
BTFW_API void     btfw_extension_handshake_set_integer (BtfwExtensionHandshake *self, const char *key, gint64 value);
/**
 * btfw_extension_handshake_set_bytes:
 * @value: (array length=size): at most 1,024 bytes of any kind
 *
 * Adds a key to what we send; only in write_handshake().
 */
BTFW_API void     btfw_extension_handshake_set_bytes (BtfwExtensionHandshake *self,
                                                      const char             *key,
                                                      const guint8           *value,
                                                      gsize                   size);
/**
 * btfw_extension_handshake_get_integer:
 * @value: (out): as the peer sent it: any number; untouched on failure
 *
 * Returns: %FALSE when the peer said no number of that name
 */
BTFW_API gboolean btfw_extension_handshake_get_integer (BtfwExtensionHandshake *self, const char *key, gint64 *value);
/**
 * btfw_extension_handshake_get_bytes:
 *
 * Returns: (transfer full) (nullable): what the peer said under that name, or %NULL when it said no string
 */
BTFW_API GBytes  *btfw_extension_handshake_get_bytes (BtfwExtensionHandshake *self, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwExtensionHandshake, btfw_extension_handshake_unref)

#define BTFW_TYPE_EXTENSION (btfw_extension_get_type ())
BTFW_API
G_DECLARE_INTERFACE (BtfwExtension, btfw_extension, BTFW, EXTENSION, GObject)

/**
 * BtfwExtensionInterface:
 *
 * One instance serves all torrents of a session. Methods are called on the
 * session's loop thread and return without blocking; none is called while
 * another one runs. What is passed in is borrowed; views may be kept with a
 * reference, and answer 0 once their torrent or peer is gone.
 *
 * The core gives the message its number, keeps the peer's, says both in
 * handshakes, and bounds sizes: a message is 1 MiB at most, a handshake 64 KiB.
 * Which extensions a session has stands in its setting `extensions`.
 *
 * A plugin that tells peers of other peers has the flag
 * %BTFW_PLUGIN_EXCHANGES_PEERS in its description. Private torrents (BEP 27)
 * are not offered to it: no torrent_added(), not in their handshakes. Where it
 * turns out only later that a torrent is private, torrent_removed() comes then.
 */
struct _BtfwExtensionInterface
{
  /*< private >*/
  GTypeInterface g_iface;

  /*< public >*/
  /**
   * BtfwExtensionInterface::start:
   * @clock: time, timers and dice; keep a reference
   *
   * Called once, before anything else. Optional.
   */
  void (*start) (BtfwExtension *self, BtfwClock *clock);

  /**
   * BtfwExtensionInterface::get_message:
   *
   * Returns: (nullable): the name of its message in the handshake's dictionary
   *   "m", as "ut_pex"; always the same; %NULL for an extension that only adds
   *   keys to handshakes. Required.
   */
  const char *(*get_message) (BtfwExtension *self);

  /**
   * BtfwExtensionInterface::torrent_added:
   * @torrent: a view of this plugin's own, the same for every call about this torrent
   *
   * Optional.
   */
  void (*torrent_added) (BtfwExtension *self, BtfwSwarmView *torrent);

  /**
   * BtfwExtensionInterface::torrent_removed:
   *
   * No call about it or its peers follows; the view dies. peer_gone() does not
   * come for the peers that it has. Optional.
   */
  void (*torrent_removed) (BtfwExtension *self, BtfwSwarmView *torrent);

  /**
   * BtfwExtensionInterface::write_handshake:
   * @peer: to whom it goes
   * @handshake: to add keys to
   *
   * We are about to say what we understand: when the connection is made, and
   * again when the metadata has come or the torrent became complete. Optional.
   */
  void (*write_handshake) (BtfwExtension          *self,
                           BtfwSwarmView          *torrent,
                           BtfwPeerView           *peer,
                           BtfwExtensionHandshake *handshake);

  /**
   * BtfwExtensionInterface::handshake:
   * @handshake: what the peer said
   *
   * Comes for every peer that speaks the extension protocol, also when it does
   * not understand this message (see btfw_extension_can_send()), and again when
   * the peer says it anew. Optional.
   */
  void (*handshake) (BtfwExtension          *self,
                     BtfwSwarmView          *torrent,
                     BtfwPeerView           *peer,
                     BtfwExtensionHandshake *handshake);

  /**
   * BtfwExtensionInterface::message:
   * @data: (array length=size): what came behind the number of the message
   *
   * Returns: %FALSE with @error set for what breaks the protocol: it goes to
   *   the debug output, and the peer is closed. Optional.
   */
  gboolean (*message) (BtfwExtension *self,
                       BtfwSwarmView *torrent,
                       BtfwPeerView  *peer,
                       const guint8  *data,
                       gsize          size,
                       GError       **error);

  /**
   * BtfwExtensionInterface::peer_gone:
   * @peer: one for which handshake() came; it dies
   *
   * Optional.
   */
  void (*peer_gone) (BtfwExtension *self, BtfwSwarmView *torrent, BtfwPeerView *peer);

  /**
   * BtfwExtensionInterface::metadata_checked:
   * @is_right: whether what was offered fits the info-hash
   *
   * What an extension offered with btfw_swarm_view_offer_metadata() was looked
   * at. When it is right the torrent has it from now on, and handshakes go out
   * again. Told to all extensions. Optional.
   */
  void (*metadata_checked) (BtfwExtension *self, BtfwSwarmView *torrent, gboolean is_right);

  /**
   * BtfwExtensionInterface::piece_lost:
   * @piece: a piece that we said we had, and that is not here any more
   *
   * Optional.
   */
  void (*piece_lost) (BtfwExtension *self, BtfwSwarmView *torrent, guint32 piece);

  /*< private >*/
  gpointer padding[8];
};

/**
 * btfw_extension_start:
 *
 * Calls start() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void        btfw_extension_start (BtfwExtension *self, BtfwClock *clock);
/**
 * btfw_extension_get_message:
 *
 * Returns: (nullable):
 */
BTFW_API const char *btfw_extension_get_message (BtfwExtension *self);
/**
 * btfw_extension_torrent_added:
 *
 * Calls torrent_added() of the plugin, as the core does; for tests, and for plugins that stand
 * on others.
 */
BTFW_API void        btfw_extension_torrent_added (BtfwExtension *self, BtfwSwarmView *torrent);
/**
 * btfw_extension_torrent_removed:
 *
 * Calls torrent_removed() of the plugin, as the core does; for tests, and for plugins that
 * stand on others.
 */
BTFW_API void        btfw_extension_torrent_removed (BtfwExtension *self, BtfwSwarmView *torrent);
/**
 * btfw_extension_write_handshake:
 *
 * Calls write_handshake() of the plugin, as the core does; for tests, and for plugins that
 * stand on others.
 */
BTFW_API void        btfw_extension_write_handshake (BtfwExtension          *self,
                                                     BtfwSwarmView          *torrent,
                                                     BtfwPeerView           *peer,
                                                     BtfwExtensionHandshake *handshake);
/**
 * btfw_extension_handshake:
 *
 * Calls handshake() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void        btfw_extension_handshake (BtfwExtension          *self,
                                               BtfwSwarmView          *torrent,
                                               BtfwPeerView           *peer,
                                               BtfwExtensionHandshake *handshake);
/**
 * btfw_extension_message:
 * @data: (array length=size):
 */
BTFW_API gboolean    btfw_extension_message (BtfwExtension *self,
                                             BtfwSwarmView *torrent,
                                             BtfwPeerView  *peer,
                                             const guint8  *data,
                                             gsize          size,
                                             GError       **error);
/**
 * btfw_extension_peer_gone:
 *
 * Calls peer_gone() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void        btfw_extension_peer_gone (BtfwExtension *self, BtfwSwarmView *torrent, BtfwPeerView *peer);
/**
 * btfw_extension_metadata_checked:
 *
 * Calls metadata_checked() of the plugin, as the core does; for tests, and for plugins that
 * stand on others.
 */
BTFW_API void        btfw_extension_metadata_checked (BtfwExtension *self, BtfwSwarmView *torrent, gboolean is_right);
/**
 * btfw_extension_piece_lost:
 *
 * Calls piece_lost() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void        btfw_extension_piece_lost (BtfwExtension *self, BtfwSwarmView *torrent, guint32 piece);

/* --- What an extension may do. Each takes effect after its method has returned. --- */

/**
 * btfw_extension_can_send:
 *
 * Returns: whether @peer understands the message of this extension
 */
BTFW_API gboolean btfw_extension_can_send (BtfwExtension *self, BtfwPeerView *peer);
/**
 * btfw_extension_send:
 * @data: (array length=size): what stands behind the number of the message; 256 KiB at most
 *
 * Sends it before any block that waits.
 *
 * Returns: %FALSE when nothing was sent: @peer does not understand it, is about
 *   to go, or does not read what it was sent already
 */
BTFW_API gboolean btfw_extension_send (BtfwExtension *self, BtfwPeerView *peer, const guint8 *data, gsize size);
/**
 * btfw_extension_get_n_waiting:
 *
 * Returns: how many bytes of messages wait for @peer to read them
 */
BTFW_API gsize    btfw_extension_get_n_waiting (BtfwExtension *self, BtfwPeerView *peer);
/**
 * btfw_extension_ban:
 * @reason: for the debug output
 *
 * Closes @peer, and keeps its address away from this torrent.
 */
BTFW_API void     btfw_extension_ban (BtfwExtension *self, BtfwPeerView *peer, const char *reason);
/**
 * btfw_extension_ban_address:
 * @ip: (array length=ip_size): 4 or 16 bytes, see btfw_peer_view_get_ip()
 *
 * The same for one that may be gone already.
 */
BTFW_API void     btfw_extension_ban_address (BtfwExtension *self,
                                              BtfwSwarmView *torrent,
                                              const guint8  *ip,
                                              gsize          ip_size,
                                              const char    *reason);

/**
 * BtfwCandidateFlags:
 * @BTFW_CANDIDATE_ENCRYPTED: it likes encrypted connections
 * @BTFW_CANDIDATE_UPLOAD_ONLY: it has everything, or wants nothing
 * @BTFW_CANDIDATE_UTP: it speaks uTP
 * @BTFW_CANDIDATE_REACHABLE: somebody connected to it there
 *
 * What is said of an address.
 */
typedef enum
{
  BTFW_CANDIDATE_ENCRYPTED = 1 << 0,
  BTFW_CANDIDATE_UPLOAD_ONLY = 1 << 1,
  BTFW_CANDIDATE_UTP = 1 << 2,
  BTFW_CANDIDATE_REACHABLE = 1 << 3,
} BtfwCandidateFlags;

/**
 * btfw_extension_add_candidate:
 * @from: (nullable): who told us of it
 * @ip: (array length=ip_size): 4 or 16 bytes, in network order
 *
 * Names an address where a peer of this torrent may be. A local address is
 * taken only when @from is itself in a local network, and none at all of a
 * private torrent.
 *
 * Returns: whether it is one that will be tried
 */
BTFW_API gboolean btfw_extension_add_candidate (BtfwExtension     *self,
                                                BtfwSwarmView     *torrent,
                                                BtfwPeerView      *from,
                                                const guint8      *ip,
                                                gsize              ip_size,
                                                guint16            port,
                                                BtfwCandidateFlags flags);
/**
 * btfw_extension_forget_piece:
 *
 * @peer said that it does not have @piece any more.
 *
 * Returns: %FALSE when there is no such piece
 */
BTFW_API gboolean btfw_extension_forget_piece (BtfwExtension *self, BtfwPeerView *peer, guint32 piece);
/**
 * btfw_extension_offer_metadata:
 * @metadata: what should be the info dictionary
 *
 * Has it compared with the info-hash, by a worker; metadata_checked() brings
 * the answer. At most one offer is looked at at a time.
 *
 * Returns: %FALSE when it was not taken: the torrent has its metadata, does
 *   not run, or looks at another offer
 */
BTFW_API gboolean btfw_extension_offer_metadata (BtfwExtension *self, BtfwSwarmView *torrent, GBytes *metadata);
/**
 * btfw_extension_set_metadata_progress:
 * @done: bytes that have come
 * @size: bytes that it has, or 0 when that is not known
 *
 * What people are shown meanwhile.
 */
BTFW_API void     btfw_extension_set_metadata_progress (BtfwExtension *self,
                                                        BtfwSwarmView *torrent,
                                                        guint32        done,
                                                        guint32        size);

G_END_DECLS
