/* lab-peer.h: a peer of another make, whose manners a test decides. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "lab.h"

/* All zero is one that says it has everything, unchokes, and never answers. */
typedef struct
{
  BtfwFeatures features;
  gboolean     answers;
  gboolean     poisons;      /* with other bytes than those of the torrent */
  guint        poison_every; /* or only every so many-th block that it sends; its number decides which */
  guint        poison_max;   /* and at most so many; 0 for any number */
  gboolean     leaves;       /* after a poisoned block, and comes back as another from the same address */
  gint64       delay;        /* from request to answer */
  guint        reject_every; /* every so many-th request is rejected, unchoked all the while */
  guint        choke_every;  /* after so many requests it chokes for a second, and forgets what is asked */
  gboolean     has_one;      /* only the piece that is its number */
  gboolean     babbles;      /* begins with blocks that nobody asked for */
  guint        copies;       /* of each block that it sends, beside the first */
  gboolean     is_silent;    /* says nothing by itself: neither pieces nor unchoke */
} LabPeerSpec;

typedef struct
{
  LabNode           *node;
  const LabPeerSpec *spec;
  guint              number;
  BtfwStream        *stream; /* NULL once the other side closed it */
  GByteArray        *in;
  GByteArray        *out;
  GQueue             answers; /* of Answer, by their times */
  BtfwTimer          timer;
  BtfwTimer          unchoke;
  BtfwTimer          comeback;
  gboolean           chokes;
  guint              n_requests;
  guint              n_cancels;
  guint              n_sent; /* blocks */
  guint              n_poisoned;
  guint              n_lives;
  guint              n_heard[BTFW_WIRE_N_IDS]; /* messages of each kind */
  GByteArray        *blocks; /* the payload that it got, one behind the other */
  GArray            *asked;     /* pieces of which it was asked for a block */
  GArray            *allowed;   /* pieces that it is allowed fast */
  GArray            *suggested; /* pieces that were suggested to it */
} LabPeer;

LabPeer *lab_peer_new (LabNode *node, guint number, const LabPeerSpec *spec);
void     lab_peer_free (LabPeer *self);
/* Says anything: what stands in out goes as the stream takes it. */
void     lab_peer_flush (LabPeer *self);
void     lab_peer_send_block (LabPeer *self, const BtfwBlock *block, gboolean poisoned);
