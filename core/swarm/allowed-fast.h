/* allowed-fast.h: pieces that a starting peer gets although it is choked (BEP 6). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/peer.h"

/* How many pieces at most. */
#define BTFW_FAST_SET_MAX 10u

/* What one host may have for nothing: each byte of its pieces once, however
 * often it comes back. */
typedef struct
{
  guint8  ip[4];
  guint   n;
  guint32 pieces[BTFW_FAST_SET_MAX];
  guint32 left[BTFW_FAST_SET_MAX]; /* bytes of each */
} BtfwFastGrant;

/* Those of one torrent. All zero bytes: none was made yet. */
typedef struct
{
  GArray *grants; /* of BtfwFastGrant; NULL for none */
  guint   n_made; /* ever; past the limit the oldest makes place */
} BtfwFastGrants;

/* Fills @pieces with the first @k pieces of the set that everybody computes for
 * an IPv4 address; answers how many there are: all, if the torrent has no more. */
guint    btfw_fast_set_make (const guint8 ip[4], const guint8 info_hash[20], guint32 n_pieces, guint k, guint32 *pieces);

/* Tells a peer that has just said what it has of its pieces, if it is one that starts. */
void     btfw_allowed_fast_offer (BtfwPeer *peer);
/* Whether the block is one that the peer gets although it is choked; takes it off what is left. */
gboolean btfw_allowed_fast_take (BtfwPeer *peer, const BtfwBlock *block);
void     btfw_fast_grants_clear (BtfwFastGrants *self);
