/* node.h: a node of the DHT: answers others, and finds and announces for us (BEP 5, 32, 42, 43). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "budget.h"
#include "lookup.h"
#include "store.h"
#include "token.h"

/* What a node needs of the world: a plugin has it from btfw, a simulation makes it up. */
typedef struct
{
  gint64   (*get_time) (gpointer world); /* µs */
  void     (*make_secret) (gpointer world, guint8 *bytes, gsize size);
  guint32  (*random) (gpointer world, guint32 n);
  gboolean (*send) (gpointer world, const BtfwEndpoint *to, const guint8 *data, gsize size);
  /* The node's one timer: dht_node_tick() is to be called then. 0 for never. */
  void     (*set_timer) (gpointer world, gint64 due);
} DhtWorld;

typedef struct _DhtNode DhtNode;

typedef struct
{
  /* Somebody said that @peer has what @tag stands for. */
  void (*on_peer) (gpointer owner, gpointer tag, const BtfwEndpoint *from, const BtfwEndpoint *peer);
  /* A search that was begun with dht_node_search() is through. */
  void (*on_searched) (gpointer owner, gpointer tag);
} DhtNodeFuncs;

typedef struct
{
  guint64 n_received, n_sent;       /* packets */
  guint64 bytes_received, bytes_sent;
  guint64 n_queries, n_answered;    /* of others */
  guint64 n_asked, n_replies;       /* ours */
  guint64 n_dropped;                /* queries that were over the budget */
} DhtCounters;

DhtNode *dht_node_new (const DhtWorld *world, gpointer data, const DhtNodeFuncs *funcs, gpointer owner);
void     dht_node_free (DhtNode *self);
/* BEP 43: asks, and answers nobody. */
void     dht_node_set_read_only (DhtNode *self, gboolean read_only);
/* What it was called in an earlier run, and where others saw it. It takes another
 * name when that does not go with its address. */
void     dht_node_set_id (DhtNode *self, gboolean v4, const DhtId *id);
void     dht_node_set_external (DhtNode *self, const BtfwEndpoint *external);
/* Which families there are sockets for. */
void     dht_node_set_families (DhtNode *self, gboolean v4, gboolean v6);

void     dht_node_receive (DhtNode *self, const guint8 *data, gsize size, const BtfwEndpoint *from);
void     dht_node_tick (DhtNode *self);

/* Where a node may be. @is_router: a place to begin at, which is asked again
 * whenever we know of nobody, and kept out of the table. */
void     dht_node_add_hint (DhtNode *self, const BtfwEndpoint *endpoint, gboolean is_router);
/* A node of an earlier run. */
void     dht_node_add_known (DhtNode *self, const DhtContact *contact);

/* Looks for the peers of a torrent now, and every quarter of an hour or so, and
 * announces @port (0: does not). @tag is its name from then on. */
void     dht_node_add_torrent (DhtNode *self, const DhtId *info_hash, guint16 port, gpointer tag);
void     dht_node_remove_torrent (DhtNode *self, gpointer tag);
/* Looks once more, soon. */
void     dht_node_hurry (DhtNode *self, gpointer tag);
/* Looks once, and announces nothing. */
void     dht_node_search (DhtNode *self, const DhtId *info_hash, gpointer tag);
void     dht_node_cancel_search (DhtNode *self, gpointer tag);

const DhtTable    *dht_node_get_table (const DhtNode *self, gboolean v4);
const DhtCounters *dht_node_get_counters (const DhtNode *self);
const DhtStore    *dht_node_get_store (const DhtNode *self);
guint              dht_node_get_n_lookups (const DhtNode *self);
/* FALSE while it is not known. */
gboolean           dht_node_get_external (const DhtNode *self, gboolean v4, BtfwEndpoint *external);
