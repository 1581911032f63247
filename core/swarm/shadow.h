/* shadow.h: a second picker that is told and asked all that the first one is, and decides nothing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-picker.h>

typedef struct _BtfwSwarm BtfwSwarm;

/* So many of the last ones are kept in which they differ. */
#define BTFW_SHADOW_KEPT 16

/* What each of the two would ask for first; BTFW_PIECE_NONE for nothing. */
typedef struct
{
  guint32 chosen;
  guint32 other;
} BtfwShadowChoice;

/* NULL, which all of these take, for none: few torrents have one. */
typedef struct
{
  BtfwSwarm     *swarm;
  BtfwPicker    *picker;
  char          *name;
  BtfwSwarmView *view; /* while it is attached */
  BtfwPicks     *picks;
  guint64        n_picks; /* how often both were asked */
  guint64        n_other; /* how often it would have chosen otherwise */
  guint64        n_first; /* of those: another piece first */
  guint64        n_none;  /* and nothing, where the first picker chose something */
  BtfwShadowChoice kept[BTFW_SHADOW_KEPT]; /* number n of those with another piece first is at n modulo their number */
} BtfwShadow;

/* Takes @picker; @name is what people call it. */
BtfwShadow *btfw_shadow_new (BtfwSwarm *swarm, BtfwPicker *picker, const char *name);
void        btfw_shadow_free (BtfwShadow *self);
/* The pieces are known: attaches it. */
void btfw_shadow_begin (BtfwShadow *self);
void btfw_shadow_pieces_changed (BtfwShadow *self, guint32 first, guint32 n_pieces, BtfwPieceChange what);
void btfw_shadow_peer_changed (BtfwShadow *self, BtfwPeerView *peer, BtfwPeerChange what);
/* Asks what was just asked of the first one, who answered @chosen; nothing of it was acted on yet. */
void btfw_shadow_pick (BtfwShadow *self, BtfwPeerView *view, const BtfwPicks *chosen);
/* A sentence for people, or NULL when there is nothing to tell. */
char *btfw_shadow_summarize (const BtfwShadow *self);
