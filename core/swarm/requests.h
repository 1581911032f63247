/* requests.h: what we ask of each source, how deep its queue is, and what it owes us. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/active.h"
#include "swarm/peer.h"

#include <btfw/btfw-picker.h>

/* Asks for as many blocks as the peer should have in its queue, chosen by the
 * torrent's picker. */
void     btfw_requests_fill (BtfwPeer *peer);
/* The blocks that should come next. */
guint    btfw_requests_expect (BtfwPeer *peer, BtfwBlock *blocks, guint max);
/* Whether the block was asked of this peer and has not come. */
gboolean btfw_requests_is_asked (BtfwPeer *peer, const BtfwBlock *block);
/* Whether a block that was given up may still come, and is still of use. */
gboolean btfw_requests_is_late (BtfwPeer *peer, const BtfwBlock *block);
/* It came, and there was no buffer for it: it must be asked for again. */
void     btfw_requests_on_dropped (BtfwPeer *peer, const BtfwBlock *block);
/* It came: takes it out of the queue and learns from its delay. FALSE when it was not asked for. */
gboolean btfw_requests_on_block (BtfwPeer *peer, const BtfwBlock *block);
/* It delivers, also when what came is too late to be of use. */
void     btfw_requests_forget_snub (BtfwPeer *peer);
/* It will not come. */
gboolean btfw_requests_on_reject (BtfwPeer *peer, const BtfwBlock *block, GError **error);
/* Nothing that was asked for will come: choked, or gone. */
void     btfw_requests_drop_all (BtfwPeer *peer);
/* Pieces that it would bring alone are for others, too. */
void     btfw_requests_leave_sole_pieces (BtfwPeer *peer);
/* Strangers that wait for it are tried, in their order. */
void     btfw_requests_try_strangers (BtfwSwarm *swarm);
/* Nothing of @piece will come from it: it does not have it any more. */
void     btfw_requests_drop_piece (BtfwPeer *peer, guint32 piece);
/* A block that came from @peer need not come from others as well. */
void     btfw_requests_cancel_others (BtfwPeer *peer, BtfwActivePiece *active, guint32 block);
/* The same for all blocks of a piece that is not wanted any more. */
void     btfw_requests_cancel_piece (BtfwSwarm *swarm, BtfwActivePiece *active);
/* Once a second: notices peers that do not deliver. */
void     btfw_requests_tick (BtfwPeer *peer, gint64 now);
/* Frees what it keeps for a peer that goes. */
void     btfw_requests_clear (BtfwPeer *peer);
/* Something became free or wanted: peers that found nothing look again. */
void     btfw_requests_wake (BtfwSwarm *swarm);
/* How a piece looks to pickers. */
BtfwPieceState btfw_requests_get_state (BtfwSwarm *swarm, guint32 piece);
