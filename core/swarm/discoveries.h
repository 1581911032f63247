/* discoveries.h: where one torrent looks for peers beside its trackers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/discovery-set.h"

typedef struct _BtfwSwarm BtfwSwarm;
typedef struct _BtfwPeer  BtfwPeer;

/* All zero bytes is a torrent that looks nowhere. */
typedef struct
{
  BtfwSwarmView **views; /* one a plugin, while it looks; else NULL */
  guint           n;
  GCancellable   *lookups; /* of nodes' names */
  gint64          asked;   /* when peers were last said to be wanted */
} BtfwDiscoveries;

/* Offers the torrent to the session's plugins, which it makes if it is the first,
 * unless it is private. Nothing happens when it looks already. */
void     btfw_discoveries_start (BtfwSwarm *swarm);
/* It has stopped, or turned out to be private. */
void     btfw_discoveries_stop (BtfwSwarm *swarm);
/* It has few peers: said again and again. */
void     btfw_discoveries_want_peers (BtfwSwarm *swarm);
/* Whether a node of a DHT runs for it. */
gboolean btfw_discoveries_has_node (BtfwSwarm *swarm);
/* At which UDP port peers of @peer's family reach our DHT node; 0 for none that
 * they may be told of. */
guint16  btfw_discoveries_get_node_port (BtfwSwarm *swarm, const BtfwPeer *peer);
/* @peer says that it has a node at @port. */
void     btfw_discoveries_on_port (BtfwSwarm *swarm, BtfwPeer *peer, guint16 port);
