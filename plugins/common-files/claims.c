/* claims.c: a table of the process from files to the torrents that have them open for use. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "claims.h"

#include <pthread.h>

typedef struct
{
  guint64    device;
  guint64    inode;
  GPtrArray *owners; /* gconstpointer, in the order in which they came; one as a rule */
} Claim;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static GHashTable     *claims; /* Claim, as key and value; NULL while there are none */

static guint
claim_hash (gconstpointer data)
{
  const Claim *claim = data;

  return (guint) (claim->inode * 31 + claim->device);
}

static gboolean
claim_equal (gconstpointer a, gconstpointer b)
{
  const Claim *one = a;
  const Claim *other = b;

  return one->inode == other->inode && one->device == other->device;
}

static void
claim_free (gpointer data)
{
  Claim *claim = data;

  g_ptr_array_unref (claim->owners);
  g_free (claim);
}

static Claim *
find (const struct stat *st)
{
  Claim key = { .device = st->st_dev, .inode = st->st_ino };

  return claims ? g_hash_table_lookup (claims, &key) : NULL;
}

void
btfw_claims_add (const struct stat *st, gconstpointer owner)
{
  Claim *claim;

  pthread_mutex_lock (&mutex);
  claim = find (st);
  if (!claim)
    {
      if (!claims)
        claims = g_hash_table_new_full (claim_hash, claim_equal, claim_free, NULL);
      claim = g_new (Claim, 1);
      *claim = (Claim){ .device = st->st_dev, .inode = st->st_ino, .owners = g_ptr_array_sized_new (1) };
      g_hash_table_add (claims, claim);
    }
  if (!g_ptr_array_find (claim->owners, owner, NULL))
    g_ptr_array_add (claim->owners, (gpointer) owner);
  pthread_mutex_unlock (&mutex);
}

gboolean
btfw_claims_is_second (const struct stat *st, gconstpointer owner)
{
  Claim   *claim;
  gboolean is_second;

  pthread_mutex_lock (&mutex);
  claim = find (st);
  is_second = claim && g_ptr_array_index (claim->owners, 0) != owner;
  pthread_mutex_unlock (&mutex);

  return is_second;
}

gboolean
btfw_claims_is_shared (const struct stat *st, gconstpointer owner)
{
  Claim   *claim;
  gboolean is_shared = FALSE;

  pthread_mutex_lock (&mutex);
  claim = find (st);
  for (guint i = 0; claim && i < claim->owners->len; i++)
    is_shared |= g_ptr_array_index (claim->owners, i) != owner;
  pthread_mutex_unlock (&mutex);

  return is_shared;
}

static gboolean
drop_owner (gpointer key, gpointer value, gpointer user_data)
{
  Claim *claim = key;

  g_ptr_array_remove (claim->owners, user_data);
  return claim->owners->len == 0;
}

void
btfw_claims_drop (gconstpointer owner)
{
  pthread_mutex_lock (&mutex);
  if (claims)
    g_hash_table_foreach_remove (claims, drop_owner, (gpointer) owner);
  if (claims && g_hash_table_size (claims) == 0)
    g_clear_pointer (&claims, g_hash_table_unref);
  pthread_mutex_unlock (&mutex);
}
