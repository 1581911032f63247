/* peer.h: a source of blocks over a stream: its state, and what it says. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/ring.h"
#include "swarm/piece-map.h"
#include "swarm/resources.h"
#include "wire/sender.h"

typedef struct _BtfwSwarm         BtfwSwarm;
typedef struct _BtfwPeer          BtfwPeer;
typedef struct _BtfwUploadWindow  BtfwUploadWindow;
typedef struct _BtfwHints         BtfwHints;

/* A block that the peer owes us. */
typedef struct
{
  guint32 piece;
  guint32 block; /* its number in the piece */
  gint64  asked; /* when */
} BtfwRequest;

struct _BtfwPeer
{
  BtfwSwarm    *swarm;
  guint32       id;
  guint         place; /* in the swarm's array */
  BtfwAddress   address;
  guint8        peer_id[BTFW_PEER_ID_SIZE];
  BtfwFeatures  features; /* of both sides */
  char         *client;   /* nullable */
  guint8       *extension_ids; /* its numbers of our extensions' messages; NULL before its handshake */
  guint         n_handshakes;  /* of the extension protocol that it sent */
  guint16       listen_port;   /* 0 for not known */
  guint8        n_ports;       /* how often it named a node of a DHT */
  BtfwStream   *stream;
  BtfwReceiver  receiver;
  BtfwSender    sender;
  BtfwWaiter    read_waiter;
  BtfwWaiter    write_waiter;
  GList         starving; /* in the list of those that wait for a buffer */
  BtfwPeerView *view;     /* NULL until a plugin looks */

  /* What it has. A peer with everything has no bits of its own. */
  BtfwBitfield  pieces; /* no words while it has nothing, or everything */
  gboolean      has_all;
  guint32       n_interesting; /* its pieces among those that are missing */
  GBytes       *early_bitfield; /* what it said before the metadata was known; NULL for nothing */
  GArray       *early_haves;

  /* Not gboolean, whose single bit would be -1. */
  guint is_incoming : 1;
  guint is_starving : 1;
  guint is_closing : 1;
  guint is_cut_off : 1; /* closed because nothing that we sent arrived */
  guint is_joined : 1; /* what it has is known, and the picker knows of it */
  guint chokes_us : 1;
  guint is_interested : 1;  /* in us */
  guint choked_by_us : 1;
  guint is_interesting : 1; /* and told so */
  guint is_snubbed : 1;
  guint is_upload_only : 1;
  guint said_pieces : 1; /* bitfield, have all or have none may come only first */
  guint declared_pieces : 1; /* with one of these it began */
  guint was_greeted : 1; /* with our extension handshake */
  guint says_too_much : 1; /* about pieces, before their number is known */
  guint is_allowed_fast : 1; /* and told of which pieces */

  BtfwHints *hints; /* NULL while it gave none */

  BtfwRing requests;    /* of BtfwRequest: what was asked of it and has not come, oldest first */
  guint            target;      /* how many requests to keep with it */
  guint            request_max; /* how many it says it takes */
  gboolean         slow_start;
  guint64          slow_start_rate;
  gint64           slow_start_checked;
  gint64           slow_start_began;
  guint64          slow_start_from; /* what had come by then, in bytes */
  gint64           best_delay;  /* the shortest time between request and block, 0 for unknown */
  guint64          pick_serial; /* of the swarm, when nothing was left to pick */

  BtfwRing          uploads; /* of BtfwBlock: what it asks of us */
  BtfwUploadWindow *window; /* NULL until it was first served */
  guint             n_rejected;

  BtfwRate download;
  BtfwRate upload;
  guint64  downloaded;
  guint64  verified;     /* of these: in pieces that are good */
  guint    n_unverified; /* blocks of it that wait for their pieces to be whole */
  gint64   last_trial;   /* when it was last asked with nothing at stake; 0 for never */
  guint64  uploaded;
  gint64   connected;
  gint64   last_received; /* anything */
  gint64   last_block;
  gint64   paused_until; /* a snubbed peer is not asked before */
  gint64   last_sent;
  guint8   trouble;       /* of BtfwTrouble: how it ended, if by the other side's doing */
  gint64   unchoked;      /* since when we serve it; 0 while choked */
  gint64   last_unchoked; /* when we last ceased to; 0 for never */
  guint    n_unasked;     /* blocks that it sent and nobody asked for */
  guint    n_forgiven;    /* blocks that we asked for, gave up, and that may still come */
};

/* Takes the stream, which has just finished its handshake. The peer joins the
 * swarm's array and greets. */
BtfwPeer *btfw_peer_new (BtfwSwarm           *swarm,
                         BtfwStream          *stream,
                         const BtfwAddress   *address,
                         const BtfwHandshake *handshake,
                         gboolean             is_incoming);
/* Marks it and frees it later in this dispatch. @reason goes to the debug output. */
void      btfw_peer_close (BtfwPeer *self, const char *reason);
/* What btfw_peer_close() asked for; for the swarm. */
void      btfw_peer_free (BtfwPeer *self);

/* Sends what waits, now; and what the queue of uploads has, as far as limits allow. */
void      btfw_peer_write (BtfwPeer *self);
/* Sends it at the end of this dispatch, together with what else comes up. */
void      btfw_peer_queue_write (BtfwPeer *self);
/* Reads what there is, within a fair share. */
void      btfw_peer_read (BtfwPeer *self);
/* Once a second while the swarm has peers: keep-alives and deadlines. */
void      btfw_peer_tick (BtfwPeer *self, gint64 now);

/* Tells it whether we are interested, when that changed. */
void      btfw_peer_update_interest (BtfwPeer *self);
void      btfw_peer_set_choked (BtfwPeer *self, gboolean choked);
void      btfw_peer_tell_have (BtfwPeer *self, guint32 piece);

static inline gboolean
btfw_peer_has_piece (const BtfwPeer *self, guint32 piece)
{
  return self->has_all || btfw_bitfield_get (&self->pieces, piece);
}

/* Whether it has everything there is. */
gboolean      btfw_peer_is_seed (const BtfwPeer *self);
guint32       btfw_peer_get_n_pieces (const BtfwPeer *self);
/* The next piece that is missing here and that it has, or BTFW_PIECE_NONE. */
guint32       btfw_peer_next_interesting (const BtfwPeer *self, guint32 from);
BtfwPeerFlags btfw_peer_get_flags (const BtfwPeer *self);
/* For plugins; the swarm's as long as it lives. (transfer none) */
BtfwPeerView *btfw_peer_get_view (BtfwPeer *self);

/* The table of handlers: one message each. FALSE with @error ends the peer. */
gboolean btfw_peer_handle (BtfwPeer *self, guint8 id, BtfwReader *body, GError **error);
/* What we say first: the extension handshake and what we have. */
void     btfw_peer_greet (BtfwPeer *self);
