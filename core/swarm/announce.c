/* announce.c: what is asked of a tracker, and what it answered. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/announce.h"

#include <string.h>

struct _BtfwAnnounce
{
  gatomicrefcount    references;
  BtfwAnnounceValues values; /* its numbers; texts and bytes follow */
  guint8             info_hash[20];
  guint8             peer_id[20];
  char              *url;
  char              *tracker_id;
};

struct _BtfwAnnounceReply
{
  gatomicrefcount references;
  GArray         *peers; /* of BtfwAddress */
  gint64          interval;
  gint64          min_interval;
  gint64          retry_in;
  gint64          seeds;
  gint64          leechers;
  gint64          completed;
  char           *tracker_id;
  char           *warning;
  char           *failure;
  GInetAddress   *external_address;
  gboolean        from_local;
};

typedef struct
{
  gint64 seeds;
  gint64 leechers;
  gint64 completed;
} ScrapeCounts;

struct _BtfwScrapeReply
{
  gatomicrefcount references;
  GArray         *counts; /* of ScrapeCounts */
};

G_DEFINE_BOXED_TYPE (BtfwAnnounce, btfw_announce, btfw_announce_ref, btfw_announce_unref);
G_DEFINE_BOXED_TYPE (BtfwAnnounceReply, btfw_announce_reply, btfw_announce_reply_ref, btfw_announce_reply_unref);
G_DEFINE_BOXED_TYPE (BtfwScrapeReply, btfw_scrape_reply, btfw_scrape_reply_ref, btfw_scrape_reply_unref);

/* What a tracker says is a count only when it can be one. */
static gint64
plausible_count (gint64 count)
{
  return count >= 0 && count <= G_MAXINT32 ? count : -1;
}

BtfwAnnounce *
btfw_announce_new (const BtfwAnnounceValues *values)
{
  BtfwAnnounce *self = g_new0 (BtfwAnnounce, 1);

  g_atomic_ref_count_init (&self->references);
  self->values = *values;
  memcpy (self->info_hash, values->info_hash, sizeof self->info_hash);
  memcpy (self->peer_id, values->peer_id, sizeof self->peer_id);
  self->url = g_strdup (values->url);
  self->tracker_id = g_strdup (values->tracker_id);
  return self;
}

BtfwAnnounce *
btfw_announce_ref (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
btfw_announce_unref (BtfwAnnounce *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;

  g_free (self->url);
  g_free (self->tracker_id);
  g_free (self);
}

guint
btfw_announce_get_n_refs (BtfwAnnounce *self)
{
  return (guint) g_atomic_int_get (&self->references);
}

const char *
btfw_announce_get_url (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->url;
}

const guint8 *
btfw_announce_get_info_hash (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->info_hash;
}

const guint8 *
btfw_announce_get_peer_id (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->peer_id;
}

guint16
btfw_announce_get_port (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->values.port;
}

guint64
btfw_announce_get_uploaded (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->values.uploaded;
}

guint64
btfw_announce_get_downloaded (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->values.downloaded;
}

guint64
btfw_announce_get_left (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->values.left;
}

BtfwAnnounceEvent
btfw_announce_get_event (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, BTFW_ANNOUNCE_NONE);

  return self->values.event;
}

int
btfw_announce_get_num_want (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->values.num_want;
}

guint32
btfw_announce_get_key (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->values.key;
}

const char *
btfw_announce_get_tracker_id (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->tracker_id;
}

GSocketFamily
btfw_announce_get_family (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, G_SOCKET_FAMILY_INVALID);

  return self->values.family;
}

BtfwAnnounceReply *
btfw_announce_reply_new (void)
{
  BtfwAnnounceReply *self = g_new0 (BtfwAnnounceReply, 1);

  g_atomic_ref_count_init (&self->references);
  self->peers = g_array_new (FALSE, FALSE, sizeof (BtfwAddress));
  self->interval = BTFW_ANNOUNCE_INTERVAL_DEFAULT;
  self->seeds = -1;
  self->leechers = -1;
  self->completed = -1;
  return self;
}

BtfwAnnounceReply *
btfw_announce_reply_ref (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
btfw_announce_reply_unref (BtfwAnnounceReply *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;

  g_array_unref (self->peers);
  g_free (self->tracker_id);
  g_free (self->warning);
  g_free (self->failure);
  g_clear_object (&self->external_address);
  g_free (self);
}

static void
btfw_announce_reply_add_peer (BtfwAnnounceReply *self, const BtfwAddress *address)
{
  if (self->peers->len < BTFW_ANNOUNCE_PEERS_MAX && btfw_address_is_usable (address))
    g_array_append_val (self->peers, *address);
}

void
btfw_announce_reply_add_peer_v4 (BtfwAnnounceReply *self, const guint8 *address, guint16 port)
{
  BtfwAddress peer;

  g_return_if_fail (self != NULL);
  g_return_if_fail (address != NULL);

  btfw_address_from_v4 (&peer, address, port);
  btfw_announce_reply_add_peer (self, &peer);
}

void
btfw_announce_reply_add_peer_v6 (BtfwAnnounceReply *self, const guint8 *address, guint16 port)
{
  BtfwAddress peer;

  g_return_if_fail (self != NULL);
  g_return_if_fail (address != NULL);

  btfw_address_from_v6 (&peer, address, port);
  btfw_announce_reply_add_peer (self, &peer);
}

void
btfw_announce_reply_set_interval (BtfwAnnounceReply *self, gint64 seconds)
{
  g_return_if_fail (self != NULL);

  self->interval = seconds;
}

void
btfw_announce_reply_set_min_interval (BtfwAnnounceReply *self, gint64 seconds)
{
  g_return_if_fail (self != NULL);

  self->min_interval = seconds;
}

void
btfw_announce_reply_set_counts (BtfwAnnounceReply *self,
                                gint64             seeds,
                                gint64             leechers,
                                gint64             completed)
{
  g_return_if_fail (self != NULL);

  self->seeds = plausible_count (seeds);
  self->leechers = plausible_count (leechers);
  self->completed = plausible_count (completed);
}

void
btfw_announce_reply_set_tracker_id (BtfwAnnounceReply *self, const char *tracker_id)
{
  g_return_if_fail (self != NULL);

  g_free (self->tracker_id);
  self->tracker_id = g_strdup (tracker_id);
}

void
btfw_announce_reply_set_warning (BtfwAnnounceReply *self, const char *text)
{
  g_return_if_fail (self != NULL);

  g_free (self->warning);
  self->warning = g_strdup (text);
}

void
btfw_announce_reply_set_external_address (BtfwAnnounceReply *self, GInetAddress *address)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (address == NULL || G_IS_INET_ADDRESS (address));

  g_set_object (&self->external_address, address);
}

void
btfw_announce_reply_set_failure (BtfwAnnounceReply *self, const char *reason, gint64 retry_in)
{
  g_return_if_fail (self != NULL);

  g_free (self->failure);
  self->failure = g_strdup (reason);
  self->retry_in = retry_in;
}

void
btfw_announce_reply_set_from_local (BtfwAnnounceReply *self, gboolean from_local)
{
  g_return_if_fail (self != NULL);

  self->from_local = from_local;
}

gboolean
btfw_announce_reply_is_from_local (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->from_local;
}

guint
btfw_announce_reply_get_n_peers (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->peers->len;
}

GSocketAddress *
btfw_announce_reply_get_peer (BtfwAnnounceReply *self, guint i)
{
  struct sockaddr_storage storage;
  socklen_t               size;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (i < self->peers->len, NULL);

  size = btfw_address_to_sockaddr (&g_array_index (self->peers, BtfwAddress, i), &storage);
  return g_socket_address_new_from_native (&storage, size);
}

const BtfwAddress *
btfw_announce_reply_get_addresses (BtfwAnnounceReply *self, guint *n)
{
  *n = self->peers->len;
  return (const BtfwAddress *) (gpointer) self->peers->data;
}

gint64
btfw_announce_reply_get_interval (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->interval;
}

gint64
btfw_announce_reply_get_min_interval (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->min_interval;
}

gint64
btfw_announce_reply_get_seeds (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->seeds;
}

gint64
btfw_announce_reply_get_leechers (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->leechers;
}

gint64
btfw_announce_reply_get_completed (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->completed;
}

const char *
btfw_announce_reply_get_tracker_id (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->tracker_id;
}

const char *
btfw_announce_reply_get_warning (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->warning;
}

const char *
btfw_announce_reply_get_failure (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->failure;
}

gint64
btfw_announce_reply_get_retry_in (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->retry_in;
}

GInetAddress *
btfw_announce_reply_get_external_address (BtfwAnnounceReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->external_address;
}

BtfwScrapeReply *
btfw_scrape_reply_new (guint n_hashes)
{
  static const ScrapeCounts unknown = { -1, -1, -1 };
  BtfwScrapeReply          *self = g_new0 (BtfwScrapeReply, 1);

  g_atomic_ref_count_init (&self->references);
  self->counts = g_array_sized_new (FALSE, FALSE, sizeof (ScrapeCounts), n_hashes);
  for (guint i = 0; i < n_hashes; i++)
    g_array_append_val (self->counts, unknown);
  return self;
}

BtfwScrapeReply *
btfw_scrape_reply_ref (BtfwScrapeReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
btfw_scrape_reply_unref (BtfwScrapeReply *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;

  g_array_unref (self->counts);
  g_free (self);
}

void
btfw_scrape_reply_set (BtfwScrapeReply *self,
                       guint            i,
                       gint64           seeds,
                       gint64           leechers,
                       gint64           completed)
{
  ScrapeCounts *counts;

  g_return_if_fail (self != NULL);
  g_return_if_fail (i < self->counts->len);

  counts = &g_array_index (self->counts, ScrapeCounts, i);
  counts->seeds = plausible_count (seeds);
  counts->leechers = plausible_count (leechers);
  counts->completed = plausible_count (completed);
}

void
btfw_scrape_reply_get (BtfwScrapeReply *self,
                       guint            i,
                       gint64          *seeds,
                       gint64          *leechers,
                       gint64          *completed)
{
  const ScrapeCounts *counts;

  g_return_if_fail (self != NULL);
  g_return_if_fail (i < self->counts->len);

  counts = &g_array_index (self->counts, ScrapeCounts, i);
  if (seeds != NULL)
    *seeds = counts->seeds;
  if (leechers != NULL)
    *leechers = counts->leechers;
  if (completed != NULL)
    *completed = counts->completed;
}
