/* views.h: what plugins hold of a swarm and of its peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/peer.h"

#include <btfw/btfw-choker.h>
#include <btfw/btfw-picker.h>

/* Pieces that one call of pick() can offer. */
#define BTFW_PICKS_MAX 512

struct _BtfwPicks
{
  gatomicrefcount n_refs;
  BtfwPeer *peer;     /* NULL: see test */
  gpointer  test;     /* the peer of a test, which answers instead; NULL when nobody is asked */
  guint     n_wanted; /* blocks */
  guint     n_taken;
  gboolean  may_share;     /* the peer: have a part in pieces of others */
  gboolean  may_begin;     /* a piece of its own */
  gboolean  may_take_over; /* also in those that somebody brings alone, */
  gboolean  was_kept_out;  /* of which there were some */
  guint     n_items;
  struct
  {
    guint32      piece;
    BtfwPickKind kind;
  } items[BTFW_PICKS_MAX];
};

BtfwPicks     *btfw_picks_new (void);
/* Before each call of pick(): @self, or another one in its place when a picker
 * has kept it, which is to stay dead then. */
BtfwPicks     *btfw_picks_renew (BtfwPicks *self);

/* @name: of the plugin, for dice of its own. */
BtfwSwarmView *btfw_swarm_view_new (BtfwSwarm *swarm, const char *name);
/* From now on all accessors answer 0; drops the caller's reference. */
void           btfw_swarm_view_kill (BtfwSwarmView *self);
/* NULL when dead. */
BtfwSwarm     *btfw_swarm_view_peek (BtfwSwarmView *self);
BtfwPeer      *btfw_peer_view_peek (BtfwPeerView *self);
BtfwPeerView  *btfw_peer_view_new (BtfwPeer *peer);
void           btfw_peer_view_kill (BtfwPeerView *self);

/* @chosen: one byte for each of @peers, set by btfw_peer_group_unchoke(). */
BtfwPeerGroup *btfw_peer_group_new (BtfwSwarm *swarm, BtfwRandom *random, guint slots, guint64 capacity);
gboolean       btfw_peer_group_is_chosen (BtfwPeerGroup *self, guint i);
void           btfw_peer_group_kill (BtfwPeerGroup *self);
