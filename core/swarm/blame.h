/* blame.h: whose fault a piece is that fails its hash. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/active.h"

#include "base/ring.h"
#include "net/address.h"

typedef struct _BtfwSwarm BtfwSwarm;
typedef struct _BtfwPeer  BtfwPeer;

/* What is kept of one torrent's failed pieces: who sent which block, and what
 * it was, until the piece is good. Hosts are kept, not peers: who goes away in
 * time, or comes back under another name, is convicted all the same. Nothing
 * here is touched while all pieces are good. */
typedef struct
{
  GPtrArray *attempts; /* that failed, oldest first; NULL until the first */
  guint      n_sums;   /* in all of them */
  BtfwRing   departed; /* peers that sent something and went, oldest first */
  guint64    dropped;  /* bytes of blocks that strangers sent too late, or unasked */
  guint64    wasted;   /* bytes of pieces that failed, or were in doubt */
  BtfwRing   suspects; /* hosts that shared pieces of which nothing is known but that they failed */
} BtfwBlame;

/* So many blocks are remembered; past it the oldest attempts are forgotten. */
#define BTFW_BLAME_SUMS_MAX 65536

void     btfw_blame_init (BtfwBlame *self);
void     btfw_blame_clear (BtfwBlame *self);
/* Its blocks may fail after it has gone. */
void     btfw_blame_on_peer_gone (BtfwBlame *self, const BtfwPeer *peer);
/* Whether an attempt at @piece failed, so that it is of interest what its blocks should be. */
gboolean btfw_blame_is_open (const BtfwBlame *self, guint32 piece);
/* A piece failed. Whoever sent all of it is banned; else it is kept who sent
 * what. @sums: one a block (transfer full), or NULL when that is not known. */
void     btfw_blame_on_bad (BtfwSwarm *swarm, const BtfwActivePiece *active, guint64 *sums);
/* Blocks of a piece were thrown away before it was whole, as they may be bad:
 * those that @sums (transfer full) has a sum of. */
void     btfw_blame_on_doubt (BtfwSwarm *swarm, const BtfwActivePiece *active, guint64 *sums);
/* A piece is good. Whoever sent another block than its in an earlier attempt is
 * banned. @sums: (nullable): the good ones. */
void     btfw_blame_on_good (BtfwSwarm *swarm, const BtfwActivePiece *active, const guint64 *sums);
/* Bans a host from this torrent, and closes its peers. */
void     btfw_swarm_ban (BtfwSwarm *swarm, const BtfwAddress *address, const char *reason);
