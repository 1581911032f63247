/* table.c: the nodes that we know, many near us and few far away. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "table.h"

#include <string.h>

void
dht_table_init (DhtTable *self, const DhtId *own)
{
  *self = (DhtTable){ .own = *own };
}

void
dht_table_clear (DhtTable *self)
{
  for (guint i = 0; i < DHT_ID_BITS; i++)
    g_clear_pointer (&self->buckets[i], g_free);
  self->n_entries = 0;
}

static guint
get_index (const DhtTable *self, const DhtId *id)
{
  return MIN (dht_id_common_bits (&self->own, id), DHT_ID_BITS - 1);
}

static DhtBucket *
get_bucket (const DhtTable *self, const DhtId *id)
{
  return self->buckets[get_index (self, id)];
}

static DhtEntry *
find_by_id (DhtBucket *bucket, const DhtId *id)
{
  for (guint i = 0; bucket != NULL && i < bucket->n_entries; i++)
    if (dht_id_equal (&bucket->entries[i].contact.id, id))
      return &bucket->entries[i];
  return NULL;
}

/* Whoever has that address, under whatever id. */
static DhtEntry *
find_host (const DhtTable *self, const BtfwEndpoint *endpoint, DhtBucket **in)
{
  gboolean by_port = btfw_endpoint_is_local (endpoint);

  for (guint i = 0; i < DHT_ID_BITS; i++)
    for (guint e = 0; self->buckets[i] != NULL && e < self->buckets[i]->n_entries; e++)
      {
        DhtEntry *entry = &self->buckets[i]->entries[e];

        /* Many nodes may share one local address, as in a laboratory. */
        if (by_port ? btfw_endpoint_equal (&entry->contact.endpoint, endpoint)
                    : btfw_endpoint_same_host (&entry->contact.endpoint, endpoint))
          {
            *in = self->buckets[i];
            return entry;
          }
      }
  return NULL;
}

static void
remove_entry (DhtTable *self, DhtBucket *bucket, DhtEntry *entry)
{
  guint i = (guint) (entry - bucket->entries);

  bucket->n_entries--;
  memmove (entry, entry + 1, (bucket->n_entries - i) * sizeof *entry);
  self->n_entries--;
}

static gboolean
has_block (const DhtBucket *bucket, const BtfwEndpoint *endpoint)
{
  for (guint i = 0; i < bucket->n_entries; i++)
    if (dht_endpoint_same_block (&bucket->entries[i].contact.endpoint, endpoint))
      return TRUE;
  return FALSE;
}

static void
append (DhtTable *self, DhtBucket *bucket, const DhtEntry *entry)
{
  bucket->entries[bucket->n_entries++] = *entry;
  bucket->last_changed = entry->last_heard;
  self->n_entries++;
}

/* Who is worth less than a new node: first one that fell silent, then, for a
 * secure one, one whose id was chosen. */
static DhtEntry *
find_worse (DhtBucket *bucket, gboolean is_secure)
{
  DhtEntry *worse = NULL;

  for (guint i = 0; i < bucket->n_entries; i++)
    {
      DhtEntry *entry = &bucket->entries[i];

      if (entry->n_failures >= DHT_FAILURES_MAX)
        return entry;
      if (is_secure && !entry->is_secure)
        worse = entry;
    }
  return worse;
}

static void
keep_spare (DhtBucket *bucket, const DhtEntry *entry)
{
  guint kept = 0;

  for (guint i = 0; i < bucket->n_spares; i++)
    if (!btfw_endpoint_same_host (&bucket->spares[i].contact.endpoint, &entry->contact.endpoint))
      bucket->spares[kept++] = bucket->spares[i];
  bucket->n_spares = kept;

  if (bucket->n_spares == DHT_SPARES)
    memmove (bucket->spares, bucket->spares + 1, --bucket->n_spares * sizeof *bucket->spares);
  bucket->spares[bucket->n_spares++] = *entry;
}

static void
insert (DhtTable *self, const DhtEntry *entry)
{
  guint      index = get_index (self, &entry->contact.id);
  DhtBucket *bucket = self->buckets[index];
  DhtEntry  *worse;

  if (bucket == NULL)
    bucket = self->buckets[index] = g_new0 (DhtBucket, 1);

  if (has_block (bucket, &entry->contact.endpoint))
    return;
  if (bucket->n_entries < DHT_K)
    {
      append (self, bucket, entry);
      return;
    }

  worse = find_worse (bucket, entry->is_secure);
  if (worse == NULL)
    {
      keep_spare (bucket, entry);
      return;
    }
  remove_entry (self, bucket, worse);
  append (self, bucket, entry);
}

void
dht_table_on_answer (DhtTable *self, const DhtContact *contact, gint64 now)
{
  DhtBucket *bucket = get_bucket (self, &contact->id);
  DhtEntry  *entry = find_by_id (bucket, &contact->id);
  DhtEntry   made = {
      .contact = *contact,
      .last_heard = now,
      .is_secure = dht_id_is_secure (&contact->id, &contact->endpoint),
  };

  if (dht_id_equal (&contact->id, &self->own))
    return;

  if (entry != NULL)
    {
      /* The id of a node is not taken over by another address while it lives. */
      if (!btfw_endpoint_equal (&entry->contact.endpoint, &contact->endpoint) && entry->n_failures < DHT_FAILURES_MAX)
        return;
      *entry = made;
      bucket->last_changed = now;
      return;
    }

  /* A node that has begun anew, or somebody with many names: either way one. */
  entry = find_host (self, &contact->endpoint, &bucket);
  if (entry != NULL && entry->n_failures == 0 && !btfw_endpoint_equal (&entry->contact.endpoint, &contact->endpoint))
    return;
  if (entry != NULL)
    remove_entry (self, bucket, entry);
  insert (self, &made);
}

void
dht_table_on_failure (DhtTable *self, const DhtContact *contact)
{
  DhtBucket *bucket = get_bucket (self, &contact->id);
  DhtEntry  *entry = find_by_id (bucket, &contact->id);

  if (entry == NULL || !btfw_endpoint_equal (&entry->contact.endpoint, &contact->endpoint))
    return;

  entry->n_failures = (guint8) MIN (entry->n_failures + 1, 100);
  if (entry->n_failures < DHT_FAILURES_MAX || bucket->n_spares == 0)
    return;

  remove_entry (self, bucket, entry);
  bucket->n_spares--;
  insert (self, &bucket->spares[bucket->n_spares]);
}

gboolean
dht_table_wants (const DhtTable *self, const DhtContact *contact)
{
  DhtBucket *bucket = get_bucket (self, &contact->id);
  DhtBucket *other;
  gboolean   is_secure = dht_id_is_secure (&contact->id, &contact->endpoint);

  if (dht_id_equal (&contact->id, &self->own) || find_host (self, &contact->endpoint, &other) != NULL)
    return FALSE;
  if (bucket == NULL)
    return TRUE;
  return find_by_id (bucket, &contact->id) == NULL && !has_block (bucket, &contact->endpoint) &&
         (bucket->n_entries < DHT_K || find_worse (bucket, is_secure) != NULL || bucket->n_spares < DHT_SPARES);
}

void
dht_table_set_own (DhtTable *self, const DhtId *own)
{
  DhtTable made;

  dht_table_init (&made, own);
  for (guint i = 0; i < DHT_ID_BITS; i++)
    for (guint e = 0; self->buckets[i] != NULL && e < self->buckets[i]->n_entries; e++)
      insert (&made, &self->buckets[i]->entries[e]);
  dht_table_clear (self);
  *self = made;
}

/* Puts it among those found, if it is near enough. */
static guint
offer (const DhtId *target, DhtContact *found, guint n, guint max, const DhtContact *contact)
{
  guint place = n;

  while (place > 0 && dht_id_compare (target, &contact->id, &found[place - 1].id) < 0)
    place--;
  if (place == max)
    return n;

  if (n == max)
    n--;
  memmove (found + place + 1, found + place, (n - place) * sizeof *found);
  found[place] = *contact;
  return n + 1;
}

guint
dht_table_find (const DhtTable *self, const DhtId *target, DhtContact *found, guint max)
{
  guint n = 0;

  for (guint i = 0; i < DHT_ID_BITS; i++)
    for (guint e = 0; self->buckets[i] != NULL && e < self->buckets[i]->n_entries; e++)
      if (self->buckets[i]->entries[e].n_failures < DHT_FAILURES_MAX)
        n = offer (target, found, n, max, &self->buckets[i]->entries[e].contact);
  return n;
}

DhtEntry *
dht_table_find_stale (DhtTable *self, gint64 now)
{
  DhtEntry *stale = NULL;

  for (guint i = 0; i < DHT_ID_BITS; i++)
    for (guint e = 0; self->buckets[i] != NULL && e < self->buckets[i]->n_entries; e++)
      {
        DhtEntry *entry = &self->buckets[i]->entries[e];

        if (now - entry->last_heard > DHT_FRESH_TIME && entry->n_failures < DHT_FAILURES_MAX &&
            (stale == NULL || entry->last_heard < stale->last_heard))
          stale = entry;
      }
  return stale;
}

/* How far down there are nodes for a whole bucket: above that none need be sparse. */
static guint
get_depth (const DhtTable *self)
{
  guint depth = 0;

  for (guint i = 0; i < DHT_ID_BITS; i++)
    if (self->buckets[i] != NULL && self->buckets[i]->n_entries >= DHT_K / 2)
      depth = i + 1;
  return depth;
}

/* One that is empty stands for a part of the world that we cannot find the way to. */
static gboolean
is_quiet (DhtTable *self, guint i, guint depth, gint64 now)
{
  DhtBucket *bucket = self->buckets[i];
  gboolean   is_sparse = i < depth && (bucket == NULL || bucket->n_entries < DHT_K);

  if (bucket == NULL && !is_sparse)
    return FALSE;
  if (bucket == NULL)
    self->buckets[i] = g_new0 (DhtBucket, 1);
  return bucket == NULL || now - bucket->last_changed > (is_sparse ? DHT_SPARSE_TIME : DHT_FRESH_TIME);
}

gboolean
dht_table_find_quiet (DhtTable *self, gint64 now, const guint8 random[DHT_ID_SIZE], DhtId *target)
{
  guint depth = get_depth (self);

  for (guint i = 0; i < DHT_ID_BITS; i++)
    {
      DhtBucket *bucket;

      if (!is_quiet (self, i, depth, now))
        continue;

      /* The first i bits are ours, the next one is not, the rest is random. */
      bucket = self->buckets[i];
      bucket->last_changed = now;
      for (guint bit = 0; bit < DHT_ID_BITS; bit++)
        {
          guint8 mask = (guint8) (0x80 >> bit % 8);
          guint8 ours = self->own.bytes[bit / 8] & mask;
          guint8 wanted = bit < i ? ours : bit == i ? ours ^ mask : random[bit / 8] & mask;

          target->bytes[bit / 8] = (guint8) ((target->bytes[bit / 8] & ~mask) | wanted);
        }
      return TRUE;
    }
  return FALSE;
}

void
dht_table_foreach (const DhtTable *self, void (*func) (const DhtEntry *entry, guint bucket, gpointer user_data), gpointer user_data)
{
  for (guint i = 0; i < DHT_ID_BITS; i++)
    for (guint e = 0; self->buckets[i] != NULL && e < self->buckets[i]->n_entries; e++)
      func (&self->buckets[i]->entries[e], i, user_data);
}
