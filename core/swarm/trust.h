/* trust.h: how much of what is on its way may come from whom. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/active.h"

typedef struct _BtfwSwarm BtfwSwarm;
typedef struct _BtfwPeer  BtfwPeer;

/* Until a piece is whole nobody knows what its blocks are worth. So what a peer
 * may have at stake (blocks that it was asked for, or sent, of pieces that are
 * not verified) follows what it brought that is good: strangers together little,
 * the others some part of that. A swarm in which nothing fails does not feel it.
 *
 * Once a piece failed, a torrent is wary until that was little against what is
 * good: whoever is not trusted fills pieces alone, so that a bad one is its
 * fault alone and costs nobody else's blocks, and strangers are tried one piece
 * each, as long as there is a budget for what that may lose. */
typedef struct
{
  guint   n_orphans;  /* blocks at stake whose senders went away */
  guint64 verified;   /* bytes that came in this run, and are good */
  gint64  last_trial; /* when a stranger was tried, or might have been */
} BtfwTrust;

gboolean btfw_trust_is_wary (const BtfwSwarm *swarm);
/* It just became so. */
void     btfw_trust_on_wary (BtfwSwarm *swarm);
/* For how many blocks more @peer may be asked now. */
guint    btfw_trust_get_allowance (BtfwSwarm *swarm, const BtfwPeer *peer);
/* Whether it may have a part in pieces in which others have one. */
gboolean btfw_trust_may_share (BtfwSwarm *swarm, const BtfwPeer *peer);
/* Whether it may begin another piece that it brings alone. */
gboolean btfw_trust_may_begin (BtfwSwarm *swarm, const BtfwPeer *peer);
/* Whether nobody has @piece who is trusted more, and serves us. */
gboolean btfw_trust_is_best_for (BtfwSwarm *swarm, const BtfwPeer *peer, guint32 piece);
/* Whether @peer is trusted more than @source, which does not get on with a piece. */
gboolean btfw_trust_may_take_over (BtfwSwarm *swarm, const BtfwPeer *peer, guint32 source);
/* Of strangers that wait for their trial the one whose turn it is, or NULL. */
BtfwPeer *btfw_trust_get_next_trial (BtfwSwarm *swarm);
/* A block is asked of @peer. */
void     btfw_trust_on_asked (BtfwSwarm *swarm, BtfwPeer *peer);
/* Whether somebody who is trusted more should rather not complete what @source began. */
gboolean btfw_trust_is_doubtful (BtfwSwarm *swarm, guint32 source);
/* Whether @peer should see to it that what it has a part in is not in doubt. */
gboolean btfw_trust_wants_purge (BtfwSwarm *swarm, const BtfwPeer *peer);
/* A block came from @peer that is of use. */
void     btfw_trust_on_block (BtfwPeer *peer);
/* What came of @active is no longer at stake: it is good, or lost. */
void     btfw_trust_settle (BtfwSwarm *swarm, const BtfwActivePiece *active, gboolean is_good);
/* The same for one block, which is lost. */
void     btfw_trust_on_block_lost (BtfwSwarm *swarm, guint32 source);
void     btfw_trust_on_peer_gone (BtfwSwarm *swarm, const BtfwPeer *peer);
