/* table.h: the nodes that we know, many near us and few far away. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "node-id.h"

/* Of Kademlia: how many nodes a bucket has, and how many are told of. */
#define DHT_K 8
#define DHT_SPARES 4

/* A node that has answered us. */
typedef struct
{
  DhtContact contact;
  gint64     last_heard; /* when it last answered */
  guint8     n_failures; /* questions in a row that it did not answer */
  gboolean   is_secure;  /* its id goes with its address (BEP 42) */
} DhtEntry;

/* Buckets by how many bits an id has in common with ours: nobody is in the
 * wrong one, so none is ever split. */
typedef struct
{
  guint    n_entries;
  guint    n_spares;
  gint64   last_changed; /* or looked for something in */
  DhtEntry entries[DHT_K];
  DhtEntry spares[DHT_SPARES]; /* take the place of those that fall silent; the newest last */
} DhtBucket;

typedef struct
{
  DhtId      own;
  guint      n_entries;
  DhtBucket *buckets[DHT_ID_BITS]; /* NULL while empty */
} DhtTable;

/* Silent for so long a node is asked whether it is still there. */
#define DHT_FRESH_TIME (15 * 60 * G_USEC_PER_SEC)
/* So often nodes are looked for where we know fewer than there must be. */
#define DHT_SPARSE_TIME (2 * 60 * G_USEC_PER_SEC)
#define DHT_FAILURES_MAX 2

void      dht_table_init (DhtTable *self, const DhtId *own);
void      dht_table_clear (DhtTable *self);
/* Takes another id, and keeps the nodes that still have a place. */
void      dht_table_set_own (DhtTable *self, const DhtId *own);

/* It has answered us. One address has one node, and one block of addresses one in each bucket. */
void      dht_table_on_answer (DhtTable *self, const DhtContact *contact, gint64 now);
/* It has not; who does so twice gives its place away. */
void      dht_table_on_failure (DhtTable *self, const DhtContact *contact);
/* Whether it would be of use to know of it: it is new, and there is a place for it. */
gboolean  dht_table_wants (const DhtTable *self, const DhtContact *contact);

/* The nearest to @target, nearest first; at most @max. */
guint     dht_table_find (const DhtTable *self, const DhtId *target, DhtContact *found, guint max);
/* Who was silent for longest, and longer than DHT_FRESH_TIME; NULL for nobody. */
DhtEntry *dht_table_find_stale (DhtTable *self, gint64 now);
/* A bucket in which nothing happened for DHT_FRESH_TIME, or which has too few: @target is filled with an id in it, from 20 random bytes. */
gboolean  dht_table_find_quiet (DhtTable *self, gint64 now, const guint8 random[DHT_ID_SIZE], DhtId *target);
/* Calls @func for every node. */
void      dht_table_foreach (const DhtTable *self, void (*func) (const DhtEntry *entry, guint bucket, gpointer user_data), gpointer user_data);
