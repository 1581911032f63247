/* candidates.c: the addresses of peers that are known, and whom to try next. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/candidates.h"

/* A failed attempt is repeated after so long, then after twice that, … */
#define RETRY_FIRST ((gint64) 15 * G_USEC_PER_SEC)
#define RETRY_MAX ((gint64) 60 * 60 * G_USEC_PER_SEC)
/* While our own network is away, those whom we had a connection with. */
#define RETRY_OFFLINE (5 * G_USEC_PER_SEC)
/* After a connection that had been made. */
#define RETRY_CLOSED (20 * G_USEC_PER_SEC)
/* Addresses that failed so often are the first to make room. */
#define HOPELESS 4
/* Different ports of one host: what a liar can make us try (CASES C21). */
#define PORTS_MAX 8

void
btfw_candidates_init (BtfwCandidates *self)
{
  *self = (BtfwCandidates){ .list = g_ptr_array_new_with_free_func (g_free) };
}

void
btfw_candidates_clear (BtfwCandidates *self)
{
  g_clear_pointer (&self->by_address, g_hash_table_unref);
  g_clear_pointer (&self->bans, g_hash_table_unref);
  g_queue_clear_full (&self->ban_order, g_free);
  g_clear_pointer (&self->list, g_ptr_array_unref);
}

static BtfwAddress
get_host (const BtfwAddress *address)
{
  BtfwAddress host = *address;

  host.port = 0;
  return host;
}

gboolean
btfw_candidates_is_banned (BtfwCandidates *self, const BtfwAddress *address)
{
  BtfwAddress host = get_host (address);

  return self->bans != NULL && g_hash_table_contains (self->bans, &host);
}

static void
mark_banned (BtfwCandidates *self, const BtfwAddress *host, gboolean is_banned)
{
  for (guint i = 0; i < self->list->len; i++)
    {
      BtfwCandidate *candidate = g_ptr_array_index (self->list, i);

      if (btfw_address_same_host (&candidate->address, host))
        candidate->is_banned = is_banned;
    }
}

static void
lift_oldest_ban (BtfwCandidates *self)
{
  g_autofree BtfwAddress *host = g_queue_pop_head (&self->ban_order);

  g_hash_table_remove (self->bans, host);
  mark_banned (self, host, FALSE);
}

void
btfw_candidates_ban (BtfwCandidates *self, const BtfwAddress *address)
{
  BtfwAddress  host = get_host (address);
  BtfwAddress *kept;

  if (btfw_candidates_is_banned (self, address))
    return;
  if (self->bans == NULL)
    self->bans = g_hash_table_new (btfw_address_hash, btfw_address_equal);

  kept = g_memdup2 (&host, sizeof host);
  g_hash_table_add (self->bans, kept);
  g_queue_push_tail (&self->ban_order, kept);
  mark_banned (self, kept, TRUE);
  if (self->ban_order.length > BTFW_BANS_MAX)
    lift_oldest_ban (self);
}

guint
btfw_candidates_count_banned (const BtfwCandidates *self)
{
  return self->bans == NULL ? 0 : g_hash_table_size (self->bans);
}

BtfwCandidate *
btfw_candidates_find (BtfwCandidates *self, const BtfwAddress *address)
{
  return self->by_address == NULL ? NULL : g_hash_table_lookup (self->by_address, address);
}

/* Makes room by dropping one that failed often and is not in use. */
static gboolean
make_room (BtfwCandidates *self)
{
  for (guint i = 0; i < self->list->len; i++)
    {
      BtfwCandidate *candidate = g_ptr_array_index (self->list, i);

      if (candidate->is_connected || candidate->n_failures < HOPELESS)
        continue;
      g_hash_table_remove (self->by_address, &candidate->address);
      g_ptr_array_remove_index (self->list, i);
      return TRUE;
    }
  return FALSE;
}

/* Addresses that others told us of could all be one victim's. */
static gboolean
has_too_many_ports (BtfwCandidates *self, const BtfwAddress *address)
{
  guint n = 0;

  for (guint i = 0; i < self->list->len && n < PORTS_MAX; i++)
    n += btfw_address_same_host (&((BtfwCandidate *) g_ptr_array_index (self->list, i))->address, address);
  return n >= PORTS_MAX;
}

BtfwCandidate *
btfw_candidates_add (BtfwCandidates *self, const BtfwAddress *address, BtfwCandidateSource source)
{
  BtfwCandidate *candidate = btfw_candidates_find (self, address);

  if (candidate != NULL)
    {
      /* Named once more: it may be worth another try. */
      if (source < candidate->source)
        candidate->source = source;
      if (source == BTFW_SOURCE_USER || source == BTFW_SOURCE_INCOMING)
        candidate->is_useless = FALSE;
      return candidate;
    }
  if (!btfw_address_is_usable (address) || btfw_candidates_is_banned (self, address))
    return NULL;
  if (source > BTFW_SOURCE_INCOMING && !btfw_address_is_local (address) && has_too_many_ports (self, address))
    return NULL;
  if (self->list->len >= BTFW_CANDIDATES_MAX && !make_room (self))
    return NULL;

  candidate = g_new0 (BtfwCandidate, 1);
  candidate->address = *address;
  candidate->source = source;
  g_ptr_array_add (self->list, candidate);
  if (self->by_address == NULL)
    self->by_address = g_hash_table_new (btfw_address_hash, btfw_address_equal);
  g_hash_table_add (self->by_address, candidate);
  return candidate;
}

void
btfw_candidates_set_own (BtfwCandidates *self, const BtfwOwnAddress *own, guint16 port)
{
  self->own = own;
  self->own_port = port;
}

/* Counted once for each address that we turn out to have. */
static guint32
get_priority (const BtfwCandidates *self, BtfwCandidate *candidate)
{
  if (self->own != NULL && candidate->priority_serial != self->own->serial)
    {
      candidate->priority = btfw_own_address_get_priority (self->own, self->own_port, &candidate->address);
      candidate->priority_serial = self->own->serial;
    }
  return candidate->priority;
}

/* Those who were never tried go before those who closed a connection, so that
 * a few who do it again and again do not keep the others waiting. */
static gboolean
is_better (const BtfwCandidates *self, BtfwCandidate *a, BtfwCandidate *b)
{
  if (b == NULL || a->n_failures != b->n_failures)
    return b == NULL || a->n_failures < b->n_failures;
  if (a->source != b->source)
    return a->source < b->source;
  if ((a->next_try == 0) != (b->next_try == 0))
    return a->next_try == 0;
  return get_priority (self, a) > get_priority (self, b);
}

BtfwCandidate *
btfw_candidates_choose (BtfwCandidates *self, gint64 now, gint64 *when)
{
  BtfwCandidate *best = NULL;

  *when = G_MAXINT64;
  /* From where the last search ended, so that equals have their turns. */
  for (guint n = 0; n < self->list->len; n++)
    {
      BtfwCandidate *candidate = g_ptr_array_index (self->list, (self->cursor + n) % self->list->len);

      if (candidate->is_connected || candidate->is_banned || candidate->is_useless)
        continue;
      if (candidate->next_try > now)
        *when = MIN (*when, candidate->next_try);
      else if (is_better (self, candidate, best))
        best = candidate;
    }
  self->cursor = self->list->len == 0 ? 0 : (self->cursor + 1) % self->list->len;
  return best;
}

/* Up to a tenth more, so that many do not come back at the same moment. */
static gint64
spread (gint64 delay, BtfwRandom *random)
{
  return delay + btfw_random_below (random, (guint32) (delay / 10000) + 1) * 1000;
}

void
btfw_candidates_on_failed (BtfwCandidate *candidate, gint64 now, BtfwRandom *random)
{
  gint64 delay = MIN (RETRY_FIRST << MIN (candidate->n_failures, 10), RETRY_MAX);

  candidate->is_connected = FALSE;
  candidate->n_failures++;
  candidate->next_try = now + spread (delay, random);
}

void
btfw_candidates_on_closed (BtfwCandidate *candidate, gint64 now, BtfwRandom *random)
{
  candidate->is_connected = FALSE;
  candidate->n_failures = 0;
  candidate->next_try = now + spread (RETRY_CLOSED, random);
}

void
btfw_candidates_on_offline (BtfwCandidate *candidate, gint64 now, BtfwRandom *random)
{
  /* Of an address that never worked it may be all that there is to know, as of IPv6
   * where there is none. */
  if (!candidate->is_known)
    {
      btfw_candidates_on_failed (candidate, now, random);
      return;
    }
  candidate->is_connected = FALSE;
  candidate->next_try = now + spread (RETRY_OFFLINE, random);
}

void
btfw_candidates_forget_useless (BtfwCandidates *self)
{
  for (guint i = 0; i < self->list->len; i++)
    ((BtfwCandidate *) g_ptr_array_index (self->list, i))->is_useless = FALSE;
}

static gboolean
is_sure (const BtfwCandidate *candidate)
{
  return candidate->source == BTFW_SOURCE_USER || candidate->source == BTFW_SOURCE_TRACKER;
}

gboolean
btfw_candidates_is_sure (BtfwCandidates *self, const BtfwAddress *address)
{
  for (guint i = 0; i < self->list->len; i++)
    {
      const BtfwCandidate *candidate = g_ptr_array_index (self->list, i);

      if (is_sure (candidate) && btfw_address_same_host (&candidate->address, address))
        return TRUE;
    }
  return FALSE;
}

void
btfw_candidates_drop_unsure (BtfwCandidates *self)
{
  for (guint i = self->list->len; i > 0; i--)
    {
      BtfwCandidate *candidate = g_ptr_array_index (self->list, i - 1);

      if (is_sure (candidate))
        continue;
      g_hash_table_remove (self->by_address, &candidate->address);
      g_ptr_array_remove_index (self->list, i - 1);
    }
  self->cursor = 0;
}
