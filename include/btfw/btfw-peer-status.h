/* btfw-peer-status.h: how a peer of a torrent was doing at one moment. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-view.h>

G_BEGIN_DECLS

/**
 * BtfwPeerStatus:
 *
 * A snapshot of one peer, for applications that show them; see
 * btfw_torrent_list_peers_async(). Immutable, ref-counted, may be used on every thread.
 */
#define BTFW_TYPE_PEER_STATUS (btfw_peer_status_get_type ())
BTFW_API GType btfw_peer_status_get_type (void) G_GNUC_CONST;

BTFW_API BtfwPeerStatus *btfw_peer_status_ref (BtfwPeerStatus *self);
BTFW_API void            btfw_peer_status_unref (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_id:
 *
 * Returns: a number that no other peer of the session has or had, by which it is known again
 */
BTFW_API guint64         btfw_peer_status_get_id (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_address:
 *
 * Returns: "198.18.0.1:6881", "[2001:db8::1]:6881": where the connection leads to
 */
BTFW_API const char     *btfw_peer_status_get_address (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_client:
 *
 * Returns: (nullable): which program it says it is, fit to be shown
 */
BTFW_API const char     *btfw_peer_status_get_client (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_flags:
 *
 * Returns: how we stand with each other
 */
BTFW_API BtfwPeerFlags   btfw_peer_status_get_flags (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_download_rate:
 *
 * Returns: payload from it, in bytes a second, over the last seconds
 */
BTFW_API guint64         btfw_peer_status_get_download_rate (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_upload_rate:
 *
 * Returns: payload to it, in bytes a second, over the last seconds
 */
BTFW_API guint64         btfw_peer_status_get_upload_rate (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_downloaded:
 *
 * Returns: payload from it, in bytes
 */
BTFW_API guint64         btfw_peer_status_get_downloaded (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_uploaded:
 *
 * Returns: payload to it, in bytes
 */
BTFW_API guint64         btfw_peer_status_get_uploaded (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_n_pieces:
 *
 * Returns: how many pieces it has; of how many btfw_torrent_status_get_n_pieces() says
 */
BTFW_API guint32         btfw_peer_status_get_n_pieces (BtfwPeerStatus *self);
/**
 * btfw_peer_status_get_age:
 *
 * Returns: seconds since it was connected
 */
BTFW_API gint64          btfw_peer_status_get_age (BtfwPeerStatus *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwPeerStatus, btfw_peer_status_unref)

G_END_DECLS
