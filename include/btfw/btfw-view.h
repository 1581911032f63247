/* btfw-view.h: what plugins see of a torrent and its peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-info-hash.h>
#include <btfw/btfw-layout.h>

G_BEGIN_DECLS

/* Views are looked at on the session's loop thread only. A view that is dead
 * (its torrent or peer went away, or detach() was called) stays valid memory
 * while somebody holds a reference; all its accessors then answer 0. */

/**
 * BtfwPieceState:
 * @BTFW_PIECE_MISSING: not here, and nothing of it asked for
 * @BTFW_PIECE_BEGUN: some of it is here or asked for, and some block still free to ask for
 * @BTFW_PIECE_ASKED: every block of it is here or asked for
 * @BTFW_PIECE_HAVE: here and verified
 */
typedef enum
{
  BTFW_PIECE_MISSING,
  BTFW_PIECE_BEGUN,
  BTFW_PIECE_ASKED,
  BTFW_PIECE_HAVE,
} BtfwPieceState;

/**
 * BtfwPriority:
 * @BTFW_PRIORITY_SKIP: not wanted
 * @BTFW_PRIORITY_LOW: after all others
 * @BTFW_PRIORITY_NORMAL: the usual
 * @BTFW_PRIORITY_HIGH: before all others
 */
typedef enum
{
  BTFW_PRIORITY_SKIP,
  BTFW_PRIORITY_LOW,
  BTFW_PRIORITY_NORMAL,
  BTFW_PRIORITY_HIGH,
} BtfwPriority;

/**
 * BtfwSwarmView:
 *
 * One torrent and what its peers have.
 */
#define BTFW_TYPE_SWARM_VIEW (btfw_swarm_view_get_type ())
BTFW_API GType btfw_swarm_view_get_type (void) G_GNUC_CONST;

BTFW_API BtfwSwarmView *btfw_swarm_view_ref (BtfwSwarmView *self);
BTFW_API void           btfw_swarm_view_unref (BtfwSwarmView *self);

/**
 * btfw_swarm_view_get_info_hash:
 *
 * Returns: (transfer none) (nullable): its name among peers, or %NULL when the view is dead
 */
BTFW_API BtfwInfoHash  *btfw_swarm_view_get_info_hash (BtfwSwarmView *self);
/**
 * btfw_swarm_view_is_private:
 *
 * Returns: whether its peers may come from trackers only (BEP 27); %FALSE also while that is not known
 */
BTFW_API gboolean       btfw_swarm_view_is_private (BtfwSwarmView *self);
/**
 * btfw_swarm_view_is_running:
 *
 * Returns: whether it has peers, or would like some
 */
BTFW_API gboolean       btfw_swarm_view_is_running (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_metadata:
 *
 * Returns: (transfer none) (nullable): the bytes of its info dictionary, or
 *   %NULL while it is only known by its hash
 */
BTFW_API GBytes        *btfw_swarm_view_get_metadata (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_n_peers:
 *
 * Returns: how many peers are connected
 */
BTFW_API guint          btfw_swarm_view_get_n_peers (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_peer:
 *
 * Returns: (transfer none) (nullable): connected peer @i, in no order that lasts
 */
BTFW_API BtfwPeerView  *btfw_swarm_view_get_peer (BtfwSwarmView *self, guint i);
/**
 * btfw_swarm_view_get_layout:
 *
 * Returns: (transfer none) (nullable): the files, or %NULL when the view is
 *   dead or the metadata has not come yet
 */
BTFW_API BtfwLayout    *btfw_swarm_view_get_layout (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_n_pieces:
 *
 * Returns: how many pieces it has; 0 while its metadata is not known
 */
BTFW_API guint32        btfw_swarm_view_get_n_pieces (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_n_have:
 *
 * Returns: how many of them are here
 */
BTFW_API guint32        btfw_swarm_view_get_n_have (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_n_wanted:
 *
 * Returns: how many pieces are wanted and not here
 */
BTFW_API guint32        btfw_swarm_view_get_n_wanted (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_n_blocks_left:
 *
 * Returns: how many blocks of wanted pieces have not come yet
 */
BTFW_API guint64        btfw_swarm_view_get_n_blocks_left (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_state:
 *
 * Returns: how far @piece is
 */
BTFW_API BtfwPieceState btfw_swarm_view_get_state (BtfwSwarmView *self, guint32 piece);
/**
 * btfw_swarm_view_get_priority:
 *
 * Returns: how much @piece is wanted: the highest priority among the files in it
 */
BTFW_API BtfwPriority   btfw_swarm_view_get_priority (BtfwSwarmView *self, guint32 piece);
/**
 * btfw_swarm_view_get_availability:
 *
 * Returns: how many connected peers have @piece, not counting those that have everything
 */
BTFW_API guint          btfw_swarm_view_get_availability (BtfwSwarmView *self, guint32 piece);
/**
 * btfw_swarm_view_get_n_seeds:
 *
 * Returns: how many connected peers have everything
 */
BTFW_API guint          btfw_swarm_view_get_n_seeds (BtfwSwarmView *self);
/**
 * btfw_swarm_view_get_deadline:
 *
 * Returns: the time (see btfw_swarm_view_get_time()) by which @piece is
 *   needed, or 0 when it is needed at no special time
 */
BTFW_API gint64         btfw_swarm_view_get_deadline (BtfwSwarmView *self, guint32 piece);
/**
 * btfw_swarm_view_next_wanted:
 * @after: start behind this piece; %BTFW_PIECE_NONE starts at piece 0
 *
 * Finds the next piece that is wanted and not here, a word of 64 at a time.
 *
 * Returns: a piece, or %BTFW_PIECE_NONE
 */
BTFW_API guint32        btfw_swarm_view_next_wanted (BtfwSwarmView *self, guint32 after);
/**
 * btfw_swarm_view_get_time:
 *
 * Returns: the loop's monotonic time in microseconds
 */
BTFW_API gint64         btfw_swarm_view_get_time (BtfwSwarmView *self);
/**
 * btfw_swarm_view_random:
 * @n: a bound above 0
 *
 * Rolls the dice that belong to this plugin instance: the same seed of the
 * session gives the same numbers.
 *
 * Returns: a number from 0 to @n - 1
 */
BTFW_API guint32        btfw_swarm_view_random (BtfwSwarmView *self, guint32 n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwSwarmView, btfw_swarm_view_unref)

/**
 * BtfwPeerView:
 *
 * One source of blocks: a peer over TCP, or whatever else delivers them.
 */
#define BTFW_TYPE_PEER_VIEW (btfw_peer_view_get_type ())
BTFW_API GType btfw_peer_view_get_type (void) G_GNUC_CONST;

BTFW_API BtfwPeerView *btfw_peer_view_ref (BtfwPeerView *self);
BTFW_API void          btfw_peer_view_unref (BtfwPeerView *self);

/**
 * btfw_peer_view_get_id:
 *
 * Returns: a number that no other peer of this session has or had; 0 when dead
 */
BTFW_API guint64  btfw_peer_view_get_id (BtfwPeerView *self);
/**
 * btfw_peer_view_has_piece:
 *
 * Returns: whether it has @piece
 */
BTFW_API gboolean btfw_peer_view_has_piece (BtfwPeerView *self, guint32 piece);
/**
 * btfw_peer_view_has_everything:
 *
 * Returns: whether it has all pieces
 */
BTFW_API gboolean btfw_peer_view_has_everything (BtfwPeerView *self);
/**
 * btfw_peer_view_get_n_interesting:
 *
 * Returns: how many pieces it has that are wanted and not here
 */
BTFW_API guint32  btfw_peer_view_get_n_interesting (BtfwPeerView *self);
/**
 * btfw_peer_view_next_interesting:
 * @after: start behind this piece; %BTFW_PIECE_NONE starts at piece 0
 *
 * Finds the next piece that it has and that is wanted and not here, a word of
 * 64 at a time.
 *
 * Returns: a piece, or %BTFW_PIECE_NONE
 */
BTFW_API guint32  btfw_peer_view_next_interesting (BtfwPeerView *self, guint32 after);
/**
 * btfw_peer_view_can_request:
 *
 * Returns: %TRUE when @piece is interesting and this peer serves it now: it
 *   has unchoked us, or allows this piece fast
 */
BTFW_API gboolean btfw_peer_view_can_request (BtfwPeerView *self, guint32 piece);
/**
 * btfw_peer_view_get_allowed_fast:
 * @i: which one, from 0 on
 *
 * Looks through the pieces that the peer serves even while it chokes us (BEP
 * 6), some dozens at most. That it allows one does not say that it has it, nor
 * that it is wanted: btfw_peer_view_can_request() answers that.
 *
 * Returns: a piece, or %BTFW_PIECE_NONE past the last one
 */
BTFW_API guint32  btfw_peer_view_get_allowed_fast (BtfwPeerView *self, guint i);
/**
 * btfw_peer_view_get_suggestion:
 * @i: which one, from 0 on
 *
 * Looks through the pieces that the peer would like to be asked for, as they
 * cost it least (BEP 6): some at most, the newest first. It is advice, and what
 * it speaks of may be here already.
 *
 * Returns: a piece, or %BTFW_PIECE_NONE past the last one
 */
BTFW_API guint32  btfw_peer_view_get_suggestion (BtfwPeerView *self, guint i);

/**
 * BtfwPeerFlags:
 * @BTFW_PEER_CHOKES_US: it does not serve us
 * @BTFW_PEER_INTERESTED_IN_US: it wants something that we have
 * @BTFW_PEER_CHOKED_BY_US: we do not serve it
 * @BTFW_PEER_INTERESTING: we want something that it has
 * @BTFW_PEER_SNUBBED: it owes us blocks and has sent none for a while
 * @BTFW_PEER_UPLOAD_ONLY: it wants nothing, ever
 * @BTFW_PEER_INCOMING: it connected to us
 * @BTFW_PEER_ENCRYPTED: its stream is encrypted
 */
typedef enum
{
  BTFW_PEER_CHOKES_US = 1 << 0,
  BTFW_PEER_INTERESTED_IN_US = 1 << 1,
  BTFW_PEER_CHOKED_BY_US = 1 << 2,
  BTFW_PEER_INTERESTING = 1 << 3,
  BTFW_PEER_SNUBBED = 1 << 4,
  BTFW_PEER_UPLOAD_ONLY = 1 << 5,
  BTFW_PEER_INCOMING = 1 << 6,
  BTFW_PEER_ENCRYPTED = 1 << 7,
} BtfwPeerFlags;

/**
 * btfw_peer_view_get_flags:
 *
 * Returns: how we stand with each other
 */
BTFW_API BtfwPeerFlags btfw_peer_view_get_flags (BtfwPeerView *self);
/**
 * btfw_peer_view_get_download_rate:
 *
 * Returns: payload from it, in bytes a second, over the last seconds
 */
BTFW_API guint64       btfw_peer_view_get_download_rate (BtfwPeerView *self);
/**
 * btfw_peer_view_get_upload_rate:
 *
 * Returns: payload to it, in bytes a second, over the last seconds
 */
BTFW_API guint64       btfw_peer_view_get_upload_rate (BtfwPeerView *self);
/**
 * btfw_peer_view_get_downloaded:
 *
 * Returns: payload from it, in bytes
 */
BTFW_API guint64       btfw_peer_view_get_downloaded (BtfwPeerView *self);
/**
 * btfw_peer_view_get_uploaded:
 *
 * Returns: payload to it, in bytes
 */
BTFW_API guint64       btfw_peer_view_get_uploaded (BtfwPeerView *self);
/**
 * btfw_peer_view_get_age:
 *
 * Returns: microseconds since it was connected
 */
BTFW_API gint64        btfw_peer_view_get_age (BtfwPeerView *self);
/**
 * btfw_peer_view_get_unchoked_for:
 *
 * Returns: microseconds since we unchoked it, or 0 when it is choked
 */
BTFW_API gint64        btfw_peer_view_get_unchoked_for (BtfwPeerView *self);
/**
 * btfw_peer_view_get_last_unchoked:
 *
 * Returns: microseconds since it was last served by us, or -1 for never
 */
BTFW_API gint64        btfw_peer_view_get_last_unchoked (BtfwPeerView *self);
/**
 * btfw_peer_view_get_n_pieces:
 *
 * Returns: how many pieces it has
 */
BTFW_API guint32       btfw_peer_view_get_n_pieces (BtfwPeerView *self);

/**
 * BTFW_IP_MAX:
 *
 * Room for the bytes of any IP address.
 */
#define BTFW_IP_MAX 16
/**
 * btfw_peer_view_get_ip:
 * @ip: (out caller-allocates) (array fixed-size=16): room for %BTFW_IP_MAX bytes
 *
 * Returns: how many bytes its address has: 4, or 16; 0 when it has none, or is dead
 */
BTFW_API gsize         btfw_peer_view_get_ip (BtfwPeerView *self, guint8 *ip);
/**
 * btfw_peer_view_get_listen_port:
 *
 * Returns: the port at which it can be connected to, or 0 when that is not known
 */
BTFW_API guint16       btfw_peer_view_get_listen_port (BtfwPeerView *self);
/**
 * btfw_peer_view_is_local:
 *
 * Returns: whether its address is of a local network (see btfw_net_is_local())
 */
BTFW_API gboolean      btfw_peer_view_is_local (BtfwPeerView *self);
/**
 * btfw_peer_view_get_client:
 *
 * Returns: (nullable): which program it says it is, fit to be shown
 */
BTFW_API const char   *btfw_peer_view_get_client (BtfwPeerView *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwPeerView, btfw_peer_view_unref)

G_END_DECLS
