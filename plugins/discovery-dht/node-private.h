/* node-private.h: what the parts of a node share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "node.h"

#define DHT_TRANSACTION_SIZE 4
#define DHT_TRANSACTIONS_MAX 256
#define DHT_VOTERS 5

typedef struct _DhtSearch DhtSearch;

/* A question of ours that is under way. */
typedef struct
{
  guint8     id[DHT_TRANSACTION_SIZE];
  DhtMethod  method;
  DhtContact to; /* the id is only zeros while it is not known */
  gint64     sent;
  gboolean   is_slow;
  DhtSearch *search; /* NULL for a ping or an announce */
} DhtTransaction;

/* Where others say that we are: believed once so many say the same who have
 * nothing to do with one another. */
typedef struct
{
  BtfwEndpoint claim;
  guint        n_voters;
  BtfwEndpoint voters[DHT_VOTERS];
} DhtVote;

/* One of IPv4 and IPv6. */
typedef struct
{
  gboolean     is_v4;
  gboolean     is_usable;
  DhtTable     table;
  gboolean     has_external;
  BtfwEndpoint external;
  DhtVote      votes[2];
  gint64       next_bootstrap;
  guint        n_bootstraps; /* so far, at most BOOTSTRAP_DOUBLINGS */
} DhtFamily;

struct _DhtNode
{
  const DhtWorld     *world;
  gpointer            data;
  const DhtNodeFuncs *funcs;
  gpointer            owner;
  gboolean            is_read_only;
  DhtFamily           families[2];
  GPtrArray          *searches; /* of DhtSearch */
  GPtrArray          *torrents;
  GArray             *routers; /* of BtfwEndpoint */
  GArray             *hints;   /* of BtfwEndpoint */
  guint               n_transactions;
  DhtTransaction      transactions[DHT_TRANSACTIONS_MAX];
  gint64              round_trip; /* µs, smoothed */
  DhtTokens           tokens;
  DhtStore           *store;
  DhtBudget           budget;
  DhtCounters         counters;
  GByteArray         *out; /* the packet that is being written */
  gsize               answer_left; /* what may still be sent for the query that is being answered */
  gint64              next_upkeep;
  gint64              next_begin; /* of a torrent's search */
  gint64              timer; /* when it is to go off; 0 for never */
};

static inline gint64
dht_node_get_time (const DhtNode *self)
{
  return self->world->get_time (self->data);
}

static inline DhtFamily *
dht_node_get_family (DhtNode *self, const BtfwEndpoint *endpoint)
{
  return &self->families[btfw_endpoint_is_v4 (endpoint) ? 0 : 1];
}

/* Sends what stands in out. */
gboolean dht_node_send (DhtNode *self, const BtfwEndpoint *to);
/* Asks. @search is told how it went. FALSE when it could not be sent. */
gboolean dht_node_ask (DhtNode *self, const DhtContact *to, DhtMethod method, const DhtId *target, DhtSearch *search);
/* Has the timer go off then, or before. */
void     dht_node_wake_at (DhtNode *self, gint64 due);

/* node-answer.c: a query of somebody's. */
void dht_node_on_query (DhtNode *self, const DhtMessage *query, gsize size, const BtfwEndpoint *from);

/* search.c: look-ups on behalf of torrents, people and the table. */
void     dht_node_find_nodes (DhtNode *self, DhtFamily *family, const DhtId *target);
void     dht_search_on_answer (DhtSearch *self, const DhtMessage *reply, const BtfwEndpoint *from);
const DhtId *dht_search_get_target (const DhtSearch *self);
void     dht_search_on_slow (DhtSearch *self, const BtfwEndpoint *to);
void     dht_search_on_failure (DhtSearch *self, const BtfwEndpoint *to);
/* Begins what is due, goes on with what is under way, ends what is done. Answers when to come again; 0 for never. */
gint64   dht_node_run_searches (DhtNode *self, gint64 now);
/* There is somebody to ask now: torrents for which nobody answered need not wait. */
void     dht_node_hurry_unanswered (DhtNode *self, gint64 now);
void     dht_node_clear_searches (DhtNode *self);
GPtrArray *dht_searches_new (void);
