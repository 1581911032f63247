/* btfw-picker.h: chooses which pieces to ask a peer for, and in which order. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-view.h>

G_BEGIN_DECLS

/**
 * BtfwPickKind:
 * @BTFW_PICK_NEW: begin this piece
 * @BTFW_PICK_BEGUN: go on with a piece that is begun
 * @BTFW_PICK_DUPLICATE: ask also for blocks of it that another peer owes us (endgame)
 */
typedef enum
{
  BTFW_PICK_NEW,
  BTFW_PICK_BEGUN,
  BTFW_PICK_DUPLICATE,
} BtfwPickKind;

/**
 * BtfwPickAnswer:
 * @BTFW_PICK_TAKEN: will be asked for; go on
 * @BTFW_PICK_SKIPPED: not this one now; go on
 * @BTFW_PICK_ENOUGH: the peer's queue is full: return
 */
typedef enum
{
  BTFW_PICK_TAKEN,
  BTFW_PICK_SKIPPED,
  BTFW_PICK_ENOUGH,
} BtfwPickAnswer;

/**
 * BtfwPicks:
 *
 * Collects what a picker offers during one call of pick(). Valid only during that
 * call: whoever keeps it with a reference is answered %BTFW_PICK_ENOUGH later.
 * Ref-counted; used on the session's loop thread only.
 */
#define BTFW_TYPE_PICKS (btfw_picks_get_type ())
BTFW_API GType btfw_picks_get_type (void) G_GNUC_CONST;

BTFW_API BtfwPicks *btfw_picks_ref (BtfwPicks *self);
BTFW_API void       btfw_picks_unref (BtfwPicks *self);
/**
 * btfw_picks_add:
 * @self: what pick() was called with
 * @piece: a piece that the peer can be asked for
 * @kind: how
 *
 * Offers a piece. The core turns offers into requests of blocks after pick()
 * has returned; nothing changes meanwhile. The core says %BTFW_PICK_SKIPPED
 * when the offer does not fit: a piece that is here, is not wanted, whose
 * blocks are all asked for already (unless @kind is %BTFW_PICK_DUPLICATE), or
 * that this peer cannot be asked for.
 */
BTFW_API BtfwPickAnswer btfw_picks_add (BtfwPicks *self, guint32 piece, BtfwPickKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwPicks, btfw_picks_unref)

/**
 * BtfwPieceChange:
 * @BTFW_PIECE_CHANGE_AVAILABILITY: how many peers have it
 * @BTFW_PIECE_CHANGE_STATE: missing, begun, asked, have
 * @BTFW_PIECE_CHANGE_PRIORITY: its priority
 * @BTFW_PIECE_CHANGE_DEADLINE: when it is needed
 */
typedef enum
{
  BTFW_PIECE_CHANGE_AVAILABILITY = 1 << 0,
  BTFW_PIECE_CHANGE_STATE = 1 << 1,
  BTFW_PIECE_CHANGE_PRIORITY = 1 << 2,
  BTFW_PIECE_CHANGE_DEADLINE = 1 << 3,
} BtfwPieceChange;

/**
 * BtfwPeerChange:
 * @BTFW_PEER_JOINED: it is there, and what it has is known
 * @BTFW_PEER_LEFT: it is about to go
 */
typedef enum
{
  BTFW_PEER_JOINED,
  BTFW_PEER_LEFT,
} BtfwPeerChange;

#define BTFW_TYPE_PICKER (btfw_picker_get_type ())
BTFW_API
G_DECLARE_INTERFACE (BtfwPicker, btfw_picker, BTFW, PICKER, GObject)

/**
 * BtfwPickerInterface:
 *
 * One picker serves one torrent. Every method is called on the session's loop
 * thread and returns without blocking. Pointers passed in are borrowed: valid
 * during the call, never freed; the swarm view may be kept with a reference
 * from attach() to detach(). No method is called while another one runs.
 */
struct _BtfwPickerInterface
{
  /*< private >*/
  GTypeInterface g_iface;

  /*< public >*/
  /**
   * BtfwPickerInterface::attach:
   * @swarm: the torrent
   *
   * Begins to serve a torrent, which may already have pieces and peers: no
   * peer_changed() comes for those that are there. Required.
   */
  void (*attach) (BtfwPicker *self, BtfwSwarmView *swarm);

  /**
   * BtfwPickerInterface::detach:
   *
   * Ends it; the view is dead when this returns. A picker may be attached
   * again, to another torrent. Required.
   */
  void (*detach) (BtfwPicker *self);

  /**
   * BtfwPickerInterface::pick:
   * @peer: what the peer has, and how fast it is
   * @picks: collects pieces, best first
   *
   * Offers pieces to ask @peer for with btfw_picks_add(), best first, until
   * that answers %BTFW_PICK_ENOUGH. The core turns them into blocks after the
   * call has returned; nothing changes under it. Required.
   */
  void (*pick) (BtfwPicker *self, BtfwPeerView *peer, BtfwPicks *picks);

  /**
   * BtfwPickerInterface::pieces_changed:
   * @first: the first piece that changed
   * @n_pieces: how many from there on
   * @what: one or more of availability, state, priority, deadline
   *
   * Optional.
   */
  void (*pieces_changed) (BtfwPicker     *self,
                          guint32         first,
                          guint32         n_pieces,
                          BtfwPieceChange what);

  /**
   * BtfwPickerInterface::peer_changed:
   * @peer: who
   * @what: joined or left
   *
   * What it has is counted in the availability before a peer that joined is
   * told of here, and until one that left has been. A peer that has everything
   * changes only btfw_swarm_view_get_n_seeds(). Optional.
   */
  void (*peer_changed) (BtfwPicker *self, BtfwPeerView *peer, BtfwPeerChange what);

  /*< private >*/
  gpointer padding[8];
};

/**
 * btfw_picker_attach:
 *
 * Calls attach() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void btfw_picker_attach (BtfwPicker *self, BtfwSwarmView *swarm);
/**
 * btfw_picker_detach:
 *
 * Calls detach() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void btfw_picker_detach (BtfwPicker *self);
/**
 * btfw_picker_pick:
 *
 * Calls pick() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void btfw_picker_pick (BtfwPicker *self, BtfwPeerView *peer, BtfwPicks *picks);
/**
 * btfw_picker_pieces_changed:
 *
 * Calls pieces_changed() of the plugin, as the core does; for tests, and for plugins that stand
 * on others.
 */
BTFW_API void btfw_picker_pieces_changed (BtfwPicker *self, guint32 first, guint32 n_pieces, BtfwPieceChange what);
/**
 * btfw_picker_peer_changed:
 *
 * Calls peer_changed() of the plugin, as the core does; for tests, and for plugins that stand
 * on others.
 */
BTFW_API void btfw_picker_peer_changed (BtfwPicker *self, BtfwPeerView *peer, BtfwPeerChange what);

G_END_DECLS
