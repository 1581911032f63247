/* test-swarm.h: the inside of a swarm without a network (see btfw-test.h). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bitfield.h"
#include "loop/clock.h"

#include <btfw/btfw-test.h>

/* References that the test holds on each view beside its own: a plugin that
 * gives back more than it took does not free what others look at. */
#define BTFW_TEST_GUARDS 1000

typedef struct
{
  guint32 piece;
  guint32 block;
} BtfwTestRequest;

typedef struct _BtfwTestPeer BtfwTestPeer;

struct _BtfwTestPeer
{
  BtfwTestSwarm *swarm;
  guint          number;
  guint64        id;
  BtfwPeerView  *view;
  BtfwBitfield   has;
  gboolean       is_seed;
  gboolean       chokes_us;
  gboolean       wants_something;
  gboolean       is_served;
  guint64        gives;
  guint64        takes;
  GArray        *requests; /* of BtfwTestRequest, oldest first */
  guint64        credit;   /* bytes that it could have sent */
  guint64        downloaded;
  guint64        uploaded;
  double         download_rate;
  double         upload_rate;
  gint64         connected;
  gint64         unchoked;
  gint64         last_unchoked; /* 0 for never */
};

struct _BtfwTestSwarm
{
  BtfwLoop      *loop;
  BtfwClock     *clock;
  BtfwLayout    *layout;
  BtfwInfoHash  *info_hash;
  GBytes        *metadata;
  BtfwSwarmView *view;
  GThread       *thread;
  BtfwRandom     dice; /* of the choker */
  guint32        n_pieces;
  BtfwBitfield   have;
  BtfwBitfield   missing; /* wanted, and not here */
  guint8        *priorities;
  guint32       *counts; /* of peers that are no seeds */
  guint8       **blocks; /* for each piece: NULL, or how many were asked for each block; G_MAXUINT8 is here */
  guint          n_seeds;
  guint64        n_blocks_here;  /* of pieces that are not whole */
  guint64        n_duplicates;
  GPtrArray     *peers;   /* of BtfwTestPeer; NULL for those that left */
  GPtrArray     *present; /* the same, without those */
  BtfwPicker    *picker;
  BtfwChoker    *choker;
  guint          slots;
  gint64         next_round;
  BtfwPeerGroup *group; /* while rechoke() runs */
  BtfwPicks     *picks; /* one for all calls; its peer is NULL between them */
  GPtrArray     *faults; /* pairs of an id and a text */
  guint64        trace;
};

/* What the views answer. NULL stands for a dead one. */
#define BTFW_TEST_ANSWER(swarm, value, otherwise) ((swarm) != NULL && btfw_test_swarm_look (swarm) ? (value) : (otherwise))
gboolean       btfw_test_swarm_look (BtfwTestSwarm *self);
BtfwPieceState btfw_test_swarm_get_state (BtfwTestSwarm *self, guint32 piece);
guint32        btfw_test_swarm_get_n_blocks (BtfwTestSwarm *self, guint32 piece);
guint64        btfw_test_swarm_get_n_blocks_left (BtfwTestSwarm *self);
gboolean       btfw_test_peer_has (BtfwTestPeer *self, guint32 piece);
gboolean       btfw_test_peer_can_request (BtfwTestPeer *self, guint32 piece);
BtfwPeerFlags  btfw_test_peer_get_flags (BtfwTestPeer *self);
gint64         btfw_test_peer_get_last_unchoked (BtfwTestPeer *self);
BtfwPickAnswer btfw_test_picks_add (BtfwPicks *picks, guint32 piece, BtfwPickKind kind);
/* Notes a rule that was broken; each is told once. */
void           btfw_test_swarm_fault (BtfwTestSwarm *self, const char *id, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* In views.c, which alone knows what is inside of views. */
BtfwSwarmView *btfw_swarm_view_new_test (BtfwTestSwarm *swarm);
BtfwPeerView  *btfw_peer_view_new_test (BtfwTestPeer *peer);
BtfwPeerGroup *btfw_peer_group_new_test (BtfwTestSwarm *swarm, guint slots);
/* References beside BTFW_TEST_GUARDS; the guards go, and with them the view dies. */
int            btfw_swarm_view_count_test (BtfwSwarmView *self);
int            btfw_peer_view_count_test (BtfwPeerView *self);
int            btfw_peer_group_count_test (BtfwPeerGroup *self);
void           btfw_swarm_view_end_test (BtfwSwarmView *self);
void           btfw_peer_view_end_test (BtfwPeerView *self);
void           btfw_peer_group_end_test (BtfwPeerGroup *self);
