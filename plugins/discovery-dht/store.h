/* store.h: which peers others announced to us, for a while and within bounds. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "node-id.h"

#define DHT_STORE_HASHES_MAX 2000
#define DHT_STORE_PEERS_MAX 500 /* of one hash */
/* Of all hashes: 1 MiB of addresses, whatever is announced. */
#define DHT_STORE_TOTAL_MAX 40000
/* Of one host, under one hash and in all: nobody fills it alone. */
#define DHT_STORE_HOST_MAX 4
#define DHT_STORE_TIME (30 * 60 * G_USEC_PER_SEC)

typedef struct _DhtStore DhtStore;

DhtStore *dht_store_new (void);
void      dht_store_free (DhtStore *self);
/* FALSE when there is no room for it. */
gboolean  dht_store_add (DhtStore *self, const DhtId *info_hash, const BtfwEndpoint *peer, gint64 now);
/* Some of them, of one family, from a random one on. */
guint     dht_store_find (DhtStore *self, const DhtId *info_hash, gboolean v4, guint32 random, BtfwEndpoint *found, guint max, gint64 now);
/* Forgets what was not announced again in time. */
void      dht_store_expire (DhtStore *self, gint64 now);
guint     dht_store_get_n_hashes (const DhtStore *self);
guint     dht_store_get_n_peers (const DhtStore *self);
