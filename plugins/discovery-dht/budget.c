/* budget.c: how much of our time and bandwidth strangers get. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "budget.h"

#include <string.h>

/* How long an address counts as proven. */
#define PROVEN_TIME (10 * 60 * G_USEC_PER_SEC)

void
dht_budget_init (DhtBudget *self, guint64 secret, gint64 now)
{
  memset (self, 0, sizeof *self);
  self->secret = secret | 1;
  self->tokens = DHT_ANSWER_BURST;
  self->since = now;
}

/* A host, or the /64 of an IPv6 one, which is what somebody has at least. */
static guint64
hash_host (const DhtBudget *self, const BtfwEndpoint *endpoint)
{
  gsize   size = btfw_endpoint_is_v4 (endpoint) ? 16 : 8;
  guint64 hash = self->secret;

  for (gsize i = 0; i < size; i++)
    {
      hash = (hash ^ endpoint->ip[i]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }
  return hash | 1;
}

/* The host's own place, or the one of two that is least worth remembering. */
static DhtSource *
find_source (DhtBudget *self, const BtfwEndpoint *endpoint, gint64 now)
{
  guint64    host = hash_host (self, endpoint);
  DhtSource *first = &self->sources[host / 2 % DHT_SOURCES];
  DhtSource *second = &self->sources[(host >> 32) % DHT_SOURCES];
  DhtSource *chosen;

  if (first->host == host)
    return first;
  if (second->host == host)
    return second;

  chosen = first->ignored_until < second->ignored_until ||
                   (first->ignored_until == second->ignored_until && first->since <= second->since)
             ? first : second;
  *chosen = (DhtSource){ .host = host, .since = now, .tokens = DHT_SOURCE_BURST };
  return chosen;
}

gboolean
dht_budget_allow_query (DhtBudget *self, const BtfwEndpoint *from, gint64 now)
{
  DhtSource *source = find_source (self, from, now);
  gint64     gained = (now - source->since) * DHT_SOURCE_RATE / G_USEC_PER_SEC;

  if (now < source->ignored_until)
    {
      self->n_ignored++;
      return FALSE;
    }

  if (gained > 0)
    {
      source->tokens = (guint32) MIN (source->tokens + gained, DHT_SOURCE_BURST);
      source->since += gained * G_USEC_PER_SEC / DHT_SOURCE_RATE;
    }
  if (source->tokens == 0)
    {
      source->ignored_until = now + DHT_IGNORE_TIME;
      self->n_ignored++;
      return FALSE;
    }
  source->tokens--;
  return TRUE;
}

gboolean
dht_budget_allow_answer (DhtBudget *self, gsize size, gint64 now)
{
  gint64 gained = (now - self->since) * DHT_ANSWER_RATE / G_USEC_PER_SEC;

  if (gained > 0)
    {
      self->tokens = MIN (self->tokens + gained, DHT_ANSWER_BURST);
      /* Not to now: the time for half a byte would be lost. */
      self->since += gained * G_USEC_PER_SEC / DHT_ANSWER_RATE;
    }
  if (self->tokens < (gint64) size)
    return FALSE;
  self->tokens -= (gint64) size;
  return TRUE;
}

void
dht_budget_prove (DhtBudget *self, const BtfwEndpoint *from, gint64 now)
{
  find_source (self, from, now)->proven_until = now + PROVEN_TIME;
}

gboolean
dht_budget_is_proven (DhtBudget *self, const BtfwEndpoint *from, gint64 now)
{
  return find_source (self, from, now)->proven_until > now;
}
