/* hints.h: what a peer hints at: pieces it serves at any time, and pieces it would rather serve (BEP 6); and our hints. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/peer.h"

/* So many of each kind are kept: of those allowed the first, of those suggested the last. */
#define BTFW_HINTS_ALLOWED_MAX 64u
#define BTFW_HINTS_SUGGESTED_MAX 16u
/* Pieces that were read from the disk lately. */
#define BTFW_HOT_MAX 8u

struct _BtfwHints
{
  gboolean is_unreliable; /* nothing came of what it allowed: that is not heard again */
  guint    n_allowed;
  guint    n_suggested;
  guint32  allowed[BTFW_HINTS_ALLOWED_MAX];
  guint32  suggested[BTFW_HINTS_SUGGESTED_MAX]; /* the newest first */
};

/* Of a torrent, the newest first. */
typedef struct
{
  guint   n;
  guint32 pieces[BTFW_HOT_MAX];
} BtfwHotPieces;

/* What the peer says. It need not have the piece; while the metadata is not
 * known, it need not even be one. */
void     btfw_hints_on_allowed (BtfwPeer *peer, guint32 piece);
void     btfw_hints_on_suggested (BtfwPeer *peer, guint32 piece);
/* Now that the number of pieces is known; FALSE for one that there is not. */
gboolean btfw_hints_are_in_range (const BtfwPeer *peer, guint32 n_pieces);

/* The @i-th piece, or BTFW_PIECE_NONE. */
guint32  btfw_hints_get_allowed (const BtfwPeer *peer, guint i);
guint32  btfw_hints_get_suggested (const BtfwPeer *peer, guint i);
/* Whether it serves @piece now: at any time, or as it does not choke us. */
gboolean btfw_hints_serves (const BtfwPeer *peer, guint32 piece);
/* Whether there is anything that it could be asked for now, as far as choking goes. */
gboolean btfw_hints_serves_something (const BtfwPeer *peer);
/* It takes its word back for one piece; or it does not keep it at all. */
void     btfw_hints_forget_allowed (BtfwPeer *peer, guint32 piece);
void     btfw_hints_forget_all_allowed (BtfwPeer *peer);

/* A piece was read from where reading costs something. */
void     btfw_hints_note_hot (BtfwSwarm *swarm, guint32 piece);
/* To a peer that was just unchoked: what can be had cheaply. */
void     btfw_hints_suggest (BtfwPeer *peer);
