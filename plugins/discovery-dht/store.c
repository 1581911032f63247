/* store.c: which peers others announced to us, for a while and within bounds. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "store.h"

#include <string.h>

typedef struct
{
  guint8  ip[16];
  guint16 port;
  guint32 since; /* seconds, so that it stays small */
} Peer;

typedef struct
{
  DhtId   info_hash; /* first: the key */
  guint   n_peers;
  guint   n_room;
  Peer   *peers;
} Swarm;

struct _DhtStore
{
  GHashTable *swarms; /* Swarm → itself; never iterated in an order that matters */
  guint       n_peers;
};

static guint
hash_id (gconstpointer key)
{
  guint32 hash;

  memcpy (&hash, ((const DhtId *) key)->bytes + 4, sizeof hash);
  return hash;
}

static gboolean
equal_ids (gconstpointer a, gconstpointer b)
{
  return dht_id_equal (a, b);
}

static void
free_swarm (gpointer data)
{
  Swarm *swarm = data;

  g_free (swarm->peers);
  g_free (swarm);
}

DhtStore *
dht_store_new (void)
{
  DhtStore *self = g_new0 (DhtStore, 1);

  self->swarms = g_hash_table_new_full (hash_id, equal_ids, NULL, free_swarm);
  return self;
}

void
dht_store_free (DhtStore *self)
{
  g_hash_table_unref (self->swarms);
  g_free (self);
}

static guint32
to_seconds (gint64 now)
{
  return (guint32) (now / G_USEC_PER_SEC);
}

static void
expire_swarm (DhtStore *self, Swarm *swarm, gint64 now)
{
  guint kept = 0;

  for (guint i = 0; i < swarm->n_peers; i++)
    if (to_seconds (now) - swarm->peers[i].since <= DHT_STORE_TIME / G_USEC_PER_SEC)
      swarm->peers[kept++] = swarm->peers[i];
  self->n_peers -= swarm->n_peers - kept;
  swarm->n_peers = kept;
}

static Swarm *
make_swarm (DhtStore *self, const DhtId *info_hash)
{
  Swarm *swarm;

  if (g_hash_table_size (self->swarms) >= DHT_STORE_HASHES_MAX)
    return NULL;

  swarm = g_new0 (Swarm, 1);
  swarm->info_hash = *info_hash;
  g_hash_table_add (self->swarms, swarm);
  return swarm;
}

/* The same peer; or NULL, with how many @host has already. */
static Peer *
find_peer (Swarm *swarm, const BtfwEndpoint *peer, guint *n_of_host)
{
  *n_of_host = 0;
  for (guint i = 0; i < swarm->n_peers; i++)
    {
      if (memcmp (swarm->peers[i].ip, peer->ip, sizeof peer->ip) != 0)
        continue;
      if (swarm->peers[i].port == peer->port)
        return &swarm->peers[i];
      ++*n_of_host;
    }
  return NULL;
}

static Peer *
make_peer (DhtStore *self, Swarm *swarm)
{
  if (swarm->n_peers == swarm->n_room)
    {
      swarm->n_room = MIN (MAX (2 * swarm->n_room, 2), DHT_STORE_PEERS_MAX);
      swarm->peers = g_renew (Peer, swarm->peers, swarm->n_room);
    }
  self->n_peers++;
  return &swarm->peers[swarm->n_peers++];
}

gboolean
dht_store_add (DhtStore *self, const DhtId *info_hash, const BtfwEndpoint *peer, gint64 now)
{
  Swarm *swarm = g_hash_table_lookup (self->swarms, info_hash);
  Peer  *known;
  guint  n_of_host;

  if (swarm == NULL && (self->n_peers >= DHT_STORE_TOTAL_MAX || (swarm = make_swarm (self, info_hash)) == NULL))
    return FALSE;

  known = find_peer (swarm, peer, &n_of_host);
  if (known == NULL && swarm->n_peers == DHT_STORE_PEERS_MAX)
    expire_swarm (self, swarm, now);
  if (known == NULL && swarm->n_peers < DHT_STORE_PEERS_MAX && self->n_peers < DHT_STORE_TOTAL_MAX &&
      n_of_host < DHT_STORE_HOST_MAX)
    known = make_peer (self, swarm);
  if (known == NULL)
    return FALSE;

  memcpy (known->ip, peer->ip, sizeof known->ip);
  known->port = peer->port;
  known->since = to_seconds (now);
  return TRUE;
}

guint
dht_store_find (DhtStore *self, const DhtId *info_hash, gboolean v4, guint32 random, BtfwEndpoint *found, guint max, gint64 now)
{
  Swarm *swarm = g_hash_table_lookup (self->swarms, info_hash);
  guint  n = 0;

  if (swarm == NULL)
    return 0;

  expire_swarm (self, swarm, now);
  for (guint i = 0; i < swarm->n_peers && n < max; i++)
    {
      const Peer *peer = &swarm->peers[(random % swarm->n_peers + i) % swarm->n_peers];

      btfw_endpoint_init (&found[n], peer->ip, sizeof peer->ip, peer->port);
      if (btfw_endpoint_is_v4 (&found[n]) == v4)
        n++;
    }
  return n;
}

static gboolean
expire_or_remove (gpointer key, gpointer value, gpointer user_data)
{
  gpointer *arguments = user_data;
  Swarm    *swarm = value;

  expire_swarm (arguments[0], swarm, *(gint64 *) arguments[1]);
  return swarm->n_peers == 0;
}

void
dht_store_expire (DhtStore *self, gint64 now)
{
  gpointer arguments[] = { self, &now };

  g_hash_table_foreach_remove (self->swarms, expire_or_remove, arguments);
}

guint
dht_store_get_n_hashes (const DhtStore *self)
{
  return g_hash_table_size (self->swarms);
}

guint
dht_store_get_n_peers (const DhtStore *self)
{
  return self->n_peers;
}
