/* btfw-choker.h: decides which peers are served. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-view.h>

G_BEGIN_DECLS

/**
 * BtfwPeerGroup:
 *
 * The peers among whom the slots are shared out: those of one torrent. Valid
 * only during the call of rechoke() that it was made for.
 */
#define BTFW_TYPE_PEER_GROUP (btfw_peer_group_get_type ())
BTFW_API GType btfw_peer_group_get_type (void) G_GNUC_CONST;

BTFW_API BtfwPeerGroup *btfw_peer_group_ref (BtfwPeerGroup *self);
BTFW_API void           btfw_peer_group_unref (BtfwPeerGroup *self);
/**
 * btfw_peer_group_get_n_peers:
 *
 * Returns: how many peers are in it
 */
BTFW_API guint          btfw_peer_group_get_n_peers (BtfwPeerGroup *self);
/**
 * btfw_peer_group_get_peer:
 *
 * Returns: (transfer none): peer @i; their order is that of their arrival
 */
BTFW_API BtfwPeerView  *btfw_peer_group_get_peer (BtfwPeerGroup *self, guint i);
/**
 * btfw_peer_group_get_slots:
 *
 * Returns: how many peers may be served at the same time. Unchoking more is
 *   answered with %FALSE; peers that want nothing do not use a slot
 */
BTFW_API guint          btfw_peer_group_get_slots (BtfwPeerGroup *self);
/**
 * btfw_peer_group_get_upload_capacity:
 *
 * Returns: bytes a second that may be uploaded, or 0 when there is no limit
 */
BTFW_API guint64        btfw_peer_group_get_upload_capacity (BtfwPeerGroup *self);
/**
 * btfw_peer_group_is_seeding:
 *
 * Returns: %TRUE when we want nothing from these peers
 */
BTFW_API gboolean       btfw_peer_group_is_seeding (BtfwPeerGroup *self);
/**
 * btfw_peer_group_get_time:
 *
 * Returns: the loop's monotonic time in microseconds
 */
BTFW_API gint64         btfw_peer_group_get_time (BtfwPeerGroup *self);
/**
 * btfw_peer_group_random:
 * @n: a bound above 0
 *
 * Returns: a number from 0 to @n - 1, from the dice of this plugin instance
 */
BTFW_API guint32        btfw_peer_group_random (BtfwPeerGroup *self, guint32 n);
/**
 * btfw_peer_group_unchoke:
 * @i: a peer
 *
 * Puts peer @i into the set of those that are served. Whoever is not in the
 * set when rechoke() returns is choked.
 *
 * Returns: %FALSE when the slots are used up
 */
BTFW_API gboolean       btfw_peer_group_unchoke (BtfwPeerGroup *self, guint i);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwPeerGroup, btfw_peer_group_unref)

#define BTFW_TYPE_CHOKER (btfw_choker_get_type ())
BTFW_API
G_DECLARE_INTERFACE (BtfwChoker, btfw_choker, BTFW, CHOKER, GObject)

/**
 * BtfwChokerInterface:
 *
 * One choker serves one torrent. Every method is called on the session's loop
 * thread and returns without blocking. Pointers passed in are borrowed.
 */
struct _BtfwChokerInterface
{
  /*< private >*/
  GTypeInterface g_iface;

  /*< public >*/
  /**
   * BtfwChokerInterface::get_period:
   *
   * Returns: milliseconds between two rounds. Optional; 10,000 without it.
   */
  guint (*get_period) (BtfwChoker *self);

  /**
   * BtfwChokerInterface::rechoke:
   * @group: the peers, and the set to fill
   * @is_round: %TRUE once a period; %FALSE when it is called between two
   *   rounds because a peer came, left, or changed its interest
   *
   * Unchokes peers with btfw_peer_group_unchoke(). While there are slots and
   * interested peers, somebody is served; and whoever stays interested has a
   * turn sooner or later, or a new peer could never show what it gives. Required.
   */
  void (*rechoke) (BtfwChoker *self, BtfwPeerGroup *group, gboolean is_round);

  /*< private >*/
  gpointer padding[8];
};

/**
 * btfw_choker_get_period:
 *
 * Calls get_period() of the plugin.
 *
 * Returns: milliseconds between two rounds; 10,000 when it does not say
 */
BTFW_API guint btfw_choker_get_period (BtfwChoker *self);
/**
 * btfw_choker_rechoke:
 *
 * Calls rechoke() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void  btfw_choker_rechoke (BtfwChoker *self, BtfwPeerGroup *group, gboolean is_round);

G_END_DECLS
