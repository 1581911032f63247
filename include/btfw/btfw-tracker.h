/* btfw-tracker.h: asks a tracker for peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>
#include <btfw/btfw-info-hash.h>
#include <btfw/btfw-net.h>

G_BEGIN_DECLS

/**
 * BtfwAnnounceEvent:
 * @BTFW_ANNOUNCE_NONE: one of the regular announces
 * @BTFW_ANNOUNCE_STARTED: the first one
 * @BTFW_ANNOUNCE_COMPLETED: the download has just become complete
 * @BTFW_ANNOUNCE_STOPPED: we leave
 */
typedef enum
{
  BTFW_ANNOUNCE_NONE,
  BTFW_ANNOUNCE_STARTED,
  BTFW_ANNOUNCE_COMPLETED,
  BTFW_ANNOUNCE_STOPPED,
} BtfwAnnounceEvent;

/**
 * BtfwAnnounce:
 *
 * One question to one tracker for one info-hash and one address family. The
 * core fills it; immutable, ref-counted.
 */
#define BTFW_TYPE_ANNOUNCE (btfw_announce_get_type ())
BTFW_API GType btfw_announce_get_type (void) G_GNUC_CONST;

BTFW_API BtfwAnnounce     *btfw_announce_ref (BtfwAnnounce *self);
BTFW_API void              btfw_announce_unref (BtfwAnnounce *self);
/**
 * btfw_announce_get_url:
 *
 * Returns: the announce URL, with all that is secret in it
 */
BTFW_API const char       *btfw_announce_get_url (BtfwAnnounce *self);
/**
 * btfw_announce_get_info_hash:
 *
 * Returns: (array fixed-size=20): the 20 bytes to send
 */
BTFW_API const guint8     *btfw_announce_get_info_hash (BtfwAnnounce *self);
/**
 * btfw_announce_get_peer_id:
 *
 * Returns: (array fixed-size=20): 20 bytes
 */
BTFW_API const guint8     *btfw_announce_get_peer_id (BtfwAnnounce *self);
/**
 * btfw_announce_get_port:
 *
 * Returns: the port at which peers reach us
 */
BTFW_API guint16           btfw_announce_get_port (BtfwAnnounce *self);
/**
 * btfw_announce_get_uploaded:
 *
 * Returns: payload sent since "started", in bytes
 */
BTFW_API guint64           btfw_announce_get_uploaded (BtfwAnnounce *self);
/**
 * btfw_announce_get_downloaded:
 *
 * Returns: payload received since "started", in bytes
 */
BTFW_API guint64           btfw_announce_get_downloaded (BtfwAnnounce *self);
/**
 * btfw_announce_get_left:
 *
 * Returns: bytes that are wanted and not here
 */
BTFW_API guint64           btfw_announce_get_left (BtfwAnnounce *self);
/**
 * btfw_announce_get_event:
 *
 * Returns: why the tracker is told
 */
BTFW_API BtfwAnnounceEvent btfw_announce_get_event (BtfwAnnounce *self);
/**
 * btfw_announce_get_num_want:
 *
 * Returns: how many peers would be welcome; 0 for none, -1 for the tracker's default
 */
BTFW_API int               btfw_announce_get_num_want (BtfwAnnounce *self);
/**
 * btfw_announce_get_key:
 *
 * Returns: a number by which the tracker knows us again when our address changes
 */
BTFW_API guint32           btfw_announce_get_key (BtfwAnnounce *self);
/**
 * btfw_announce_get_tracker_id:
 *
 * Returns: (nullable): what this tracker gave us to say again
 */
BTFW_API const char       *btfw_announce_get_tracker_id (BtfwAnnounce *self);
/**
 * btfw_announce_get_family:
 *
 * Returns: over which addresses to ask; %G_SOCKET_FAMILY_INVALID for either
 */
BTFW_API GSocketFamily     btfw_announce_get_family (BtfwAnnounce *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwAnnounce, btfw_announce_unref)

/**
 * BtfwAnnounceReply:
 *
 * What a tracker answered. The plugin fills it; the core clamps and checks
 * every value, so a plugin passes on what it was told.
 */
#define BTFW_TYPE_ANNOUNCE_REPLY (btfw_announce_reply_get_type ())
BTFW_API GType btfw_announce_reply_get_type (void) G_GNUC_CONST;

/**
 * btfw_announce_reply_new:
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwAnnounceReply *btfw_announce_reply_new (void);
BTFW_API BtfwAnnounceReply *btfw_announce_reply_ref (BtfwAnnounceReply *self);
BTFW_API void               btfw_announce_reply_unref (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_add_peer_v4:
 * @address: (array fixed-size=4): network order
 */
BTFW_API void btfw_announce_reply_add_peer_v4 (BtfwAnnounceReply *self, const guint8 *address, guint16 port);
/**
 * btfw_announce_reply_add_peer_v6:
 * @address: (array fixed-size=16): network order
 */
BTFW_API void btfw_announce_reply_add_peer_v6 (BtfwAnnounceReply *self, const guint8 *address, guint16 port);
/**
 * btfw_announce_reply_set_interval:
 * @seconds: until the next regular announce; the core clamps it to [60, 86400]
 */
BTFW_API void btfw_announce_reply_set_interval (BtfwAnnounceReply *self, gint64 seconds);
/**
 * btfw_announce_reply_set_min_interval:
 * @seconds: before which we must not ask again
 */
BTFW_API void btfw_announce_reply_set_min_interval (BtfwAnnounceReply *self, gint64 seconds);
/**
 * btfw_announce_reply_set_counts:
 * @seeds: how many have everything, or -1 for unknown
 * @leechers: how many have not, or -1
 * @completed: how often it was completed, or -1
 */
BTFW_API void btfw_announce_reply_set_counts (BtfwAnnounceReply *self, gint64 seeds, gint64 leechers, gint64 completed);
/**
 * btfw_announce_reply_set_tracker_id:
 * @tracker_id: to be sent back with the next question
 */
BTFW_API void btfw_announce_reply_set_tracker_id (BtfwAnnounceReply *self, const char *tracker_id);
/**
 * btfw_announce_reply_set_warning:
 * @text: (nullable): what the tracker wants people to read
 */
BTFW_API void btfw_announce_reply_set_warning (BtfwAnnounceReply *self, const char *text);
/**
 * btfw_announce_reply_set_external_address:
 * @address: (nullable): the address under which the tracker sees us (BEP 24)
 */
BTFW_API void btfw_announce_reply_set_external_address (BtfwAnnounceReply *self, GInetAddress *address);
/**
 * btfw_announce_reply_set_failure:
 * @reason: (nullable): why the tracker refused, in its words
 * @retry_in: seconds until it may be asked again, 0 for unknown, -1 for never (BEP 31)
 *
 * A refusal is an answer, not an error of announce_finish().
 */
BTFW_API void btfw_announce_reply_set_failure (BtfwAnnounceReply *self, const char *reason, gint64 retry_in);

/**
 * btfw_announce_reply_set_from_local:
 * @from_local: %TRUE when the address that answered is itself local (see
 *   btfw_net_is_local()); only then may it send us to local peers
 */
BTFW_API void btfw_announce_reply_set_from_local (BtfwAnnounceReply *self, gboolean from_local);

/**
 * btfw_announce_reply_is_from_local:
 *
 * Returns: whether the answer came from a local address, whose local peers are believed
 */
BTFW_API gboolean      btfw_announce_reply_is_from_local (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_n_peers:
 *
 * Returns: how many peers it names
 */
BTFW_API guint         btfw_announce_reply_get_n_peers (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_peer:
 *
 * Returns: (transfer full): peer @i
 */
BTFW_API GSocketAddress *btfw_announce_reply_get_peer (BtfwAnnounceReply *self, guint i);
/**
 * btfw_announce_reply_get_interval:
 *
 * Returns: seconds until the tracker likes to be asked again, -1 for unknown
 */
BTFW_API gint64        btfw_announce_reply_get_interval (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_min_interval:
 *
 * Returns: seconds before which it must not be asked again, -1 for unknown
 */
BTFW_API gint64        btfw_announce_reply_get_min_interval (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_seeds:
 *
 * Returns: how many have everything, -1 for unknown
 */
BTFW_API gint64        btfw_announce_reply_get_seeds (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_leechers:
 *
 * Returns: how many do not, -1 for unknown
 */
BTFW_API gint64        btfw_announce_reply_get_leechers (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_completed:
 *
 * Returns: how often it was downloaded, -1 for unknown
 */
BTFW_API gint64        btfw_announce_reply_get_completed (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_tracker_id:
 *
 * Returns: (nullable):
 */
BTFW_API const char   *btfw_announce_reply_get_tracker_id (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_warning:
 *
 * Returns: (nullable):
 */
BTFW_API const char   *btfw_announce_reply_get_warning (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_failure:
 *
 * Returns: (nullable): %NULL when the tracker did not refuse
 */
BTFW_API const char   *btfw_announce_reply_get_failure (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_retry_in:
 *
 * Returns: seconds after which to ask again in spite of the refusal; -1 for unsaid
 */
BTFW_API gint64        btfw_announce_reply_get_retry_in (BtfwAnnounceReply *self);
/**
 * btfw_announce_reply_get_external_address:
 *
 * Returns: (transfer none) (nullable):
 */
BTFW_API GInetAddress *btfw_announce_reply_get_external_address (BtfwAnnounceReply *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwAnnounceReply, btfw_announce_reply_unref)

/**
 * BtfwScrapeReply:
 *
 * Counts for the hashes of a scrape, by their place in the question.
 */
#define BTFW_TYPE_SCRAPE_REPLY (btfw_scrape_reply_get_type ())
BTFW_API GType btfw_scrape_reply_get_type (void) G_GNUC_CONST;

/**
 * btfw_scrape_reply_new:
 * @n_hashes: how many were asked for
 *
 * Returns: (transfer full): a reply in which everything is unknown (-1)
 */
BTFW_API BtfwScrapeReply *btfw_scrape_reply_new (guint n_hashes);
BTFW_API BtfwScrapeReply *btfw_scrape_reply_ref (BtfwScrapeReply *self);
BTFW_API void             btfw_scrape_reply_unref (BtfwScrapeReply *self);
/**
 * btfw_scrape_reply_set:
 * @i: the place of the hash in the question
 * @seeds: -1 for unknown
 * @leechers: -1 for unknown
 * @completed: -1 for unknown
 */
BTFW_API void             btfw_scrape_reply_set (BtfwScrapeReply *self,
                                                 guint            i,
                                                 gint64           seeds,
                                                 gint64           leechers,
                                                 gint64           completed);
/**
 * btfw_scrape_reply_get:
 * @seeds: (out) (optional): -1 for unknown
 * @leechers: (out) (optional): -1 for unknown
 * @completed: (out) (optional): -1 for unknown
 */
BTFW_API void             btfw_scrape_reply_get (BtfwScrapeReply *self,
                                                 guint            i,
                                                 gint64          *seeds,
                                                 gint64          *leechers,
                                                 gint64          *completed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwScrapeReply, btfw_scrape_reply_unref)

#define BTFW_TYPE_TRACKER (btfw_tracker_get_type ())
BTFW_API
G_DECLARE_INTERFACE (BtfwTracker, btfw_tracker, BTFW, TRACKER, GObject)

/**
 * BtfwTrackerInterface:
 *
 * One instance serves all torrents of a session. Methods are called on the
 * session's loop thread, whose GMainContext is the thread's default one, and
 * return without blocking. The core decides when to ask whom; a plugin does
 * just the one exchange, retries nothing of its own accord beyond what its
 * protocol prescribes, and gives up after 30 s, unless get_patience() says
 * otherwise.
 */
struct _BtfwTrackerInterface
{
  /*< private >*/
  GTypeInterface g_iface;

  /*< public >*/
  /**
   * BtfwTrackerInterface::start:
   * @net: the session's network; keep a reference
   *
   * Called once, before anything else. Optional.
   */
  void (*start) (BtfwTracker *self, BtfwNet *net);

  /**
   * BtfwTrackerInterface::announce_async:
   * @announce: the question; keep a reference
   * @cancellable: (nullable):
   *
   * Required.
   */
  void (*announce_async) (BtfwTracker        *self,
                          BtfwAnnounce       *announce,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data);

  /**
   * BtfwTrackerInterface::announce_finish:
   *
   * Returns: (transfer full) (nullable): the answer, which may be a refusal,
   *   or %NULL with @error set when none came. Required.
   */
  BtfwAnnounceReply *(*announce_finish) (BtfwTracker *self, GAsyncResult *result, GError **error);

  /**
   * BtfwTrackerInterface::scrape_async:
   * @url: the announce URL
   * @hashes: (array length=n_hashes): whose counts are wanted
   *
   * Optional.
   */
  void (*scrape_async) (BtfwTracker         *self,
                        const char          *url,
                        BtfwInfoHash *const *hashes,
                        guint                n_hashes,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data);

  /**
   * BtfwTrackerInterface::scrape_finish:
   *
   * Returns: (transfer full) (nullable): Optional, together with scrape_async().
   */
  BtfwScrapeReply *(*scrape_finish) (BtfwTracker *self, GAsyncResult *result, GError **error);

  /**
   * BtfwTrackerInterface::get_patience:
   *
   * Says how long one exchange may take, for a protocol that prescribes to ask
   * for longer than 30 s. Others are asked meanwhile: nobody waits for it. The
   * core cancels what takes longer than this by some seconds. Optional.
   *
   * Returns: seconds, which count as 30 to 120
   */
  guint (*get_patience) (BtfwTracker *self);

  /*< private >*/
  gpointer padding[7];
};

/**
 * btfw_tracker_start:
 *
 * Calls start() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void               btfw_tracker_start (BtfwTracker *self, BtfwNet *net);
/**
 * btfw_tracker_announce_async:
 *
 * Calls announce_async() of the plugin, as the core does; for tests, and for plugins that stand
 * on others.
 */
BTFW_API void               btfw_tracker_announce_async (BtfwTracker        *self,
                                                         BtfwAnnounce       *announce,
                                                         GCancellable       *cancellable,
                                                         GAsyncReadyCallback callback,
                                                         gpointer            user_data);
/**
 * btfw_tracker_announce_finish:
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API BtfwAnnounceReply *btfw_tracker_announce_finish (BtfwTracker *self, GAsyncResult *result, GError **error);
/**
 * btfw_tracker_can_scrape:
 *
 * Returns: whether the plugin has scrape_async() and scrape_finish()
 */
BTFW_API gboolean           btfw_tracker_can_scrape (BtfwTracker *self);
/**
 * btfw_tracker_get_patience:
 *
 * Returns: seconds that one exchange may take, from 30 to 120
 */
BTFW_API guint              btfw_tracker_get_patience (BtfwTracker *self);
/**
 * btfw_tracker_scrape_async:
 * @hashes: (array length=n_hashes):
 */
BTFW_API void               btfw_tracker_scrape_async (BtfwTracker         *self,
                                                       const char          *url,
                                                       BtfwInfoHash *const *hashes,
                                                       guint                n_hashes,
                                                       GCancellable        *cancellable,
                                                       GAsyncReadyCallback  callback,
                                                       gpointer             user_data);
/**
 * btfw_tracker_scrape_finish:
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API BtfwScrapeReply   *btfw_tracker_scrape_finish (BtfwTracker *self, GAsyncResult *result, GError **error);

G_END_DECLS
