/* registry.c: who shares which torrent, within bounds. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "registry.h"

#include <string.h>

typedef struct
{
  Member member;
  gint64 seen;
  guint  place; /* in the torrent's array */
} Entry;

typedef struct
{
  guint8      hash[20];
  GHashTable *by_endpoint; /* of Entry (borrowed) */
  GPtrArray  *entries;     /* of Entry (owned), in no order */
  guint       n_seeds;
  gint64      n_completed;
} Torrent;

struct _Registry
{
  GHashTable *torrents; /* by hash */
  guint       max_torrents;
  guint       max_members;
  guint       n_members;
};

static const guint8 mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

gboolean
endpoint_from_inet (Endpoint *endpoint, GInetAddress *address, guint16 port)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  memset (endpoint, 0, sizeof *endpoint);
  endpoint->port = port;
  switch (g_inet_address_get_family (address))
    {
    case G_SOCKET_FAMILY_IPV4:
      memcpy (endpoint->ip, mapped_prefix, sizeof mapped_prefix);
      memcpy (endpoint->ip + 12, bytes, 4);
      return TRUE;
    case G_SOCKET_FAMILY_IPV6:
      memcpy (endpoint->ip, bytes, 16);
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
endpoint_is_v4 (const Endpoint *endpoint)
{
  return memcmp (endpoint->ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

gboolean
endpoint_is_loopback (const Endpoint *endpoint)
{
  static const guint8 loopback[16] = { [15] = 1 };

  if (endpoint_is_v4 (endpoint))
    return endpoint->ip[12] == 127;

  return memcmp (endpoint->ip, loopback, sizeof loopback) == 0;
}

static guint
endpoint_hash (gconstpointer data)
{
  const Endpoint *endpoint = data;
  guint           hash = endpoint->port;

  for (guint i = 0; i < sizeof endpoint->ip; i++)
    hash = hash * 33 + endpoint->ip[i];
  return hash;
}

static gboolean
endpoint_equal (gconstpointer a, gconstpointer b)
{
  const Endpoint *one = a;
  const Endpoint *other = b;

  return one->port == other->port && memcmp (one->ip, other->ip, sizeof one->ip) == 0;
}

/* Info-hashes are hashes already. */
static guint
info_hash_hash (gconstpointer data)
{
  guint hash;

  memcpy (&hash, data, sizeof hash);
  return hash;
}

static gboolean
info_hash_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, 20) == 0;
}

static Torrent *
torrent_new (const guint8 hash[20])
{
  Torrent *torrent = g_new0 (Torrent, 1);

  memcpy (torrent->hash, hash, sizeof torrent->hash);
  torrent->by_endpoint = g_hash_table_new (endpoint_hash, endpoint_equal);
  torrent->entries = g_ptr_array_new_with_free_func (g_free);
  return torrent;
}

static void
torrent_free (gpointer data)
{
  Torrent *torrent = data;

  g_hash_table_unref (torrent->by_endpoint);
  g_ptr_array_unref (torrent->entries);
  g_free (torrent);
}

static void
torrent_set_seed (Torrent *torrent, Entry *entry, gboolean is_seed)
{
  if (entry->member.is_seed == is_seed)
    return;

  entry->member.is_seed = is_seed;
  if (is_seed)
    torrent->n_seeds++;
  else
    torrent->n_seeds--;
}

static void
torrent_swap (Torrent *torrent, guint a, guint b)
{
  Entry *one = g_ptr_array_index (torrent->entries, a);
  Entry *other = g_ptr_array_index (torrent->entries, b);

  torrent->entries->pdata[a] = other;
  torrent->entries->pdata[b] = one;
  other->place = a;
  one->place = b;
}

static void
registry_remove_entry (Registry *self, Torrent *torrent, Entry *entry)
{
  torrent_set_seed (torrent, entry, FALSE);
  g_hash_table_remove (torrent->by_endpoint, &entry->member.endpoint);
  torrent_swap (torrent, entry->place, torrent->entries->len - 1);
  g_ptr_array_remove_index (torrent->entries, torrent->entries->len - 1);
  self->n_members--;
}

Registry *
registry_new (guint max_torrents, guint max_members)
{
  Registry *self = g_new0 (Registry, 1);

  self->torrents = g_hash_table_new_full (info_hash_hash, info_hash_equal, NULL, torrent_free);
  self->max_torrents = max_torrents;
  self->max_members = max_members;
  return self;
}

void
registry_free (Registry *self)
{
  g_hash_table_unref (self->torrents);
  g_free (self);
}

static Torrent *
registry_get_torrent (Registry *self, const guint8 hash[20])
{
  Torrent *torrent = g_hash_table_lookup (self->torrents, hash);

  if (torrent != NULL || g_hash_table_size (self->torrents) >= self->max_torrents)
    return torrent;

  torrent = torrent_new (hash);
  g_hash_table_insert (self->torrents, torrent->hash, torrent);
  return torrent;
}

static Entry *
registry_add_entry (Registry *self, Torrent *torrent, const Endpoint *endpoint)
{
  Entry *entry;

  if (self->n_members >= self->max_members)
    return NULL;

  entry = g_new0 (Entry, 1);
  entry->member.endpoint = *endpoint;
  entry->place = torrent->entries->len;
  g_ptr_array_add (torrent->entries, entry);
  g_hash_table_insert (torrent->by_endpoint, &entry->member.endpoint, entry);
  self->n_members++;
  return entry;
}

gboolean
registry_put (Registry *self, const guint8 hash[20], const Member *member, gboolean completed, gint64 now)
{
  Torrent *torrent = registry_get_torrent (self, hash);
  Entry   *entry;

  if (torrent == NULL)
    return FALSE;

  entry = g_hash_table_lookup (torrent->by_endpoint, &member->endpoint);
  if (entry == NULL)
    entry = registry_add_entry (self, torrent, &member->endpoint);
  if (entry == NULL)
    return FALSE;

  /* Who was a seed before has not completed anything. */
  if (completed && !entry->member.is_seed)
    torrent->n_completed++;

  memcpy (entry->member.id, member->id, sizeof entry->member.id);
  torrent_set_seed (torrent, entry, member->is_seed);
  entry->seen = now;
  return TRUE;
}

void
registry_remove (Registry *self, const guint8 hash[20], const Endpoint *endpoint)
{
  Torrent *torrent = g_hash_table_lookup (self->torrents, hash);
  Entry   *entry = torrent != NULL ? g_hash_table_lookup (torrent->by_endpoint, endpoint) : NULL;

  if (entry != NULL)
    registry_remove_entry (self, torrent, entry);
}

void
registry_expire (Registry *self, gint64 before)
{
  GHashTableIter iter;
  gpointer       value;

  g_hash_table_iter_init (&iter, self->torrents);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Torrent *torrent = value;

      for (guint i = torrent->entries->len; i > 0; i--)
        {
          Entry *entry = g_ptr_array_index (torrent->entries, i - 1);

          if (entry->seen < before)
            registry_remove_entry (self, torrent, entry);
        }

      if (torrent->entries->len == 0)
        g_hash_table_iter_remove (&iter);
    }
}

Counts
registry_count (Registry *self, const guint8 hash[20])
{
  const Torrent *torrent = g_hash_table_lookup (self->torrents, hash);
  Counts         counts = { 0 };

  if (torrent == NULL)
    return counts;

  counts.seeds = torrent->n_seeds;
  counts.leechers = torrent->entries->len - torrent->n_seeds;
  counts.completed = torrent->n_completed;
  return counts;
}

GPtrArray *
registry_sample (Registry *self, const guint8 hash[20], const Endpoint *except, gboolean without_seeds, guint max)
{
  Torrent   *torrent = g_hash_table_lookup (self->torrents, hash);
  GPtrArray *sample = g_ptr_array_new ();

  if (torrent == NULL)
    return sample;

  /* A shuffle that goes only as far as it is needed. */
  for (guint i = 0; i < torrent->entries->len && sample->len < max; i++)
    {
      Entry *entry;

      torrent_swap (torrent, i, (guint) g_random_int_range ((gint32) i, (gint32) torrent->entries->len));
      entry = g_ptr_array_index (torrent->entries, i);
      if (without_seeds && entry->member.is_seed)
        continue;
      if (except == NULL || !endpoint_equal (&entry->member.endpoint, except))
        g_ptr_array_add (sample, &entry->member);
    }

  return sample;
}
