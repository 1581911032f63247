/* extensions.h: the extension protocol (BEP 10) of one torrent: handshakes, messages, and what plugins hear. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/extension-set.h"
#include "swarm/peer.h"

typedef struct
{
  BtfwSwarm      *swarm;
  BtfwSwarmView **views; /* one an extension; NULL for those that this torrent is not offered to */
  guint           n;
  gboolean        has_withdrawn; /* some were offered it, and are no more */
} BtfwExtensions;

/* Offers the torrent to those that it may be offered to. */
void btfw_extensions_init (BtfwExtensions *self, BtfwSwarm *swarm);
void btfw_extensions_clear (BtfwExtensions *self);
/* The torrent has turned out to be private: ends what tells peers of peers. */
void btfw_extensions_withdraw_exchange (BtfwExtensions *self);

/* Says what we understand, to one or to all that speak the protocol. */
void     btfw_extensions_greet (BtfwPeer *peer);
void     btfw_extensions_greet_all (BtfwExtensions *self);
gboolean btfw_extensions_on_handshake (BtfwPeer *peer, BtfwReader *body, GError **error);
/* @id: not 0. What nobody understands is passed over. */
gboolean btfw_extensions_on_message (BtfwPeer *peer, guint8 id, BtfwReader *body, GError **error);
void     btfw_extensions_on_peer_gone (BtfwPeer *peer);
void     btfw_extensions_on_metadata (BtfwExtensions *self, gboolean is_right);
void     btfw_extensions_on_piece_lost (BtfwExtensions *self, guint32 piece);
