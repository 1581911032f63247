/* search.c: look-ups on behalf of torrents, of people and of the table. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "node-private.h"

#include <string.h>

/* At a time, and one after the other, so that many torrents do not ask all at once:
 * whoever is asked too much by one host hears no more of it for a while. */
#define SEARCHES_MAX 8
#define BEGIN_INTERVAL (G_USEC_PER_SEC / 4)
/* Announces are kept for half an hour by those who got them. */
#define AGAIN_MIN (15 * 60 * G_USEC_PER_SEC)
#define AGAIN_SPREAD (10 * 60)
/* Soon again when nobody could be asked, and at most so often at all. */
#define AGAIN_AFTER_NOTHING (30 * G_USEC_PER_SEC)
#define AGAIN_SOON G_USEC_PER_SEC
#define AGAIN_HURRY (60 * G_USEC_PER_SEC)
/* Who is told where we are: the nearest that answered, and some more, as some lie
 * and some leave. */
#define ANNOUNCES (DHT_K + DHT_K / 2)

struct _DhtSearch
{
  DhtNode  *node;
  DhtMethod method; /* find_node, or get_peers */
  guint16   port;   /* to announce; 0 for none */
  gboolean  is_for_torrent;
  gpointer  tag;    /* NULL for the table, or when nobody waits any more */
  DhtLookup lookup;
};

typedef struct
{
  DhtId    info_hash;
  guint16  port;
  gpointer tag;
  guint    n_searches; /* under way */
  guint    n_answers;  /* of the last ones */
  gint64   due;
  gint64   last;       /* when it was last begun; 0 for never */
} Torrent;

/* --- One search --- */

static void
search_free (gpointer data)
{
  g_free (data);
}

/* Where to begin: the nearest that we know; with few of them also those who
 * know many. */
static void
seed (DhtSearch *self)
{
  DhtNode   *node = self->node;
  DhtFamily *family = &node->families[self->lookup.is_v4 ? 0 : 1];
  DhtContact nearest[2 * DHT_K];
  guint      n = dht_table_find (&family->table, &self->lookup.target, nearest, G_N_ELEMENTS (nearest));

  for (guint i = 0; i < n; i++)
    dht_lookup_add (&self->lookup, &nearest[i], NULL);
  for (guint i = 0; i < node->hints->len && n < DHT_K; i++)
    dht_lookup_add_endpoint (&self->lookup, &g_array_index (node->hints, BtfwEndpoint, i));
  for (guint i = 0; i < node->routers->len && n < DHT_K / 2; i++)
    dht_lookup_add_endpoint (&self->lookup, &g_array_index (node->routers, BtfwEndpoint, i));
}

static DhtSearch *
search_new (DhtNode *node, DhtFamily *family, const DhtId *target, DhtMethod method)
{
  DhtSearch *self = g_new (DhtSearch, 1);

  self->node = node;
  self->method = method;
  self->port = 0;
  self->is_for_torrent = FALSE;
  self->tag = NULL;
  dht_lookup_init (&self->lookup, target, family->is_v4);
  seed (self);
  g_ptr_array_add (node->searches, self);
  return self;
}

static void
ask_more (DhtSearch *self)
{
  DhtCandidate *next;

  while ((next = dht_lookup_next (&self->lookup)) != NULL)
    {
      DhtContact contact = next->contact;

      if (!dht_node_ask (self->node, &contact, self->method, &self->lookup.target, self))
        dht_lookup_on_failure (&self->lookup, dht_lookup_find (&self->lookup, &contact.endpoint));
    }
}

void
dht_search_on_answer (DhtSearch *self, const DhtMessage *reply, const BtfwEndpoint *from)
{
  DhtCandidate *candidate = dht_lookup_find (&self->lookup, from);

  if (candidate == NULL || candidate->state == DHT_CANDIDATE_ANSWERED)
    return;

  dht_lookup_on_answer (&self->lookup, candidate, reply);
  for (guint i = 0; i < reply->n_values && self->tag != NULL; i++)
    self->node->funcs->on_peer (self->node->owner, self->tag, from, &reply->values[i]);
  ask_more (self);
}

const DhtId *
dht_search_get_target (const DhtSearch *self)
{
  return &self->lookup.target;
}

void
dht_search_on_slow (DhtSearch *self, const BtfwEndpoint *to)
{
  DhtCandidate *candidate = dht_lookup_find (&self->lookup, to);

  if (candidate != NULL)
    dht_lookup_on_slow (&self->lookup, candidate);
}

void
dht_search_on_failure (DhtSearch *self, const BtfwEndpoint *to)
{
  DhtCandidate *candidate = dht_lookup_find (&self->lookup, to);

  if (candidate != NULL && (candidate->state == DHT_CANDIDATE_ASKED || candidate->state == DHT_CANDIDATE_SLOW))
    dht_lookup_on_failure (&self->lookup, candidate);
}

static void
announce (DhtSearch *self)
{
  const DhtCandidate *nearest[ANNOUNCES];
  guint               n = dht_lookup_get_nearest (&self->lookup, nearest, ANNOUNCES);
  DhtNode            *node = self->node;

  for (guint i = 0; i < n; i++)
    {
      const DhtCandidate *to = nearest[i];
      DhtFamily          *family = dht_node_get_family (node, &to->contact.endpoint);
      guint8              transaction[DHT_TRANSACTION_SIZE];

      if (to->token.size == 0)
        continue;
      /* Nothing is done about an answer, so nobody waits for it. */
      node->world->make_secret (node->data, transaction, sizeof transaction);
      dht_message_write_announce (node->out, transaction, sizeof transaction, &family->table.own, &self->lookup.target,
                                  self->port, &to->token, node->is_read_only);
      dht_node_send (node, &to->contact.endpoint);
    }
}

/* --- Torrents --- */

static Torrent *
find_torrent (DhtNode *self, gpointer tag)
{
  for (guint i = 0; i < self->torrents->len; i++)
    {
      Torrent *torrent = g_ptr_array_index (self->torrents, i);

      if (torrent->tag == tag)
        return torrent;
    }
  return NULL;
}

void
dht_node_add_torrent (DhtNode *self, const DhtId *info_hash, guint16 port, gpointer tag)
{
  Torrent *torrent = g_new0 (Torrent, 1);

  torrent->info_hash = *info_hash;
  torrent->port = port;
  torrent->tag = tag;
  torrent->due = dht_node_get_time (self);
  g_ptr_array_add (self->torrents, torrent);
  dht_node_wake_at (self, torrent->due);
}

/* Searches go on for the table's sake, but nobody hears of them. */
static void
forget_tag (DhtNode *self, gpointer tag)
{
  for (guint i = 0; i < self->searches->len; i++)
    {
      DhtSearch *search = g_ptr_array_index (self->searches, i);

      if (search->tag == tag)
        {
          search->tag = NULL;
          search->port = 0;
        }
    }
}

void
dht_node_remove_torrent (DhtNode *self, gpointer tag)
{
  Torrent *torrent = find_torrent (self, tag);

  forget_tag (self, tag);
  if (torrent != NULL)
    g_ptr_array_remove_fast (self->torrents, torrent);
}

void
dht_node_hurry (DhtNode *self, gpointer tag)
{
  Torrent *torrent = find_torrent (self, tag);

  if (torrent == NULL || torrent->n_searches > 0)
    return;
  torrent->due = MIN (torrent->due, MAX (torrent->last + AGAIN_HURRY, dht_node_get_time (self)));
  dht_node_wake_at (self, torrent->due);
}

void
dht_node_hurry_unanswered (DhtNode *self, gint64 now)
{
  for (guint i = 0; i < self->torrents->len; i++)
    {
      Torrent *torrent = g_ptr_array_index (self->torrents, i);

      if (torrent->n_searches == 0 && torrent->n_answers == 0)
        torrent->due = MIN (torrent->due, MAX (now, torrent->last + AGAIN_SOON));
    }
}

static void
begin_torrent (DhtNode *self, Torrent *torrent, gint64 now)
{
  torrent->last = now;
  torrent->n_answers = 0;
  torrent->due = G_MAXINT64;
  for (guint i = 0; i < G_N_ELEMENTS (self->families); i++)
    if (self->families[i].is_usable)
      {
        DhtSearch *search = search_new (self, &self->families[i], &torrent->info_hash, DHT_GET_PEERS);

        search->tag = torrent->tag;
        search->port = torrent->port;
        search->is_for_torrent = TRUE;
        torrent->n_searches++;
      }
}

static void
on_torrent_searched (DhtNode *self, Torrent *torrent, DhtSearch *search)
{
  torrent->n_answers += search->lookup.n_answers;
  if (--torrent->n_searches > 0)
    return;

  torrent->due = torrent->n_answers == 0 ? torrent->last + AGAIN_AFTER_NOTHING
                                         : torrent->last + AGAIN_MIN +
                                             self->world->random (self->data, AGAIN_SPREAD) * G_USEC_PER_SEC;
}

/* Who has waited for longest. */
static Torrent *
find_due (DhtNode *self)
{
  Torrent *first = NULL;

  for (guint i = 0; i < self->torrents->len; i++)
    {
      Torrent *torrent = g_ptr_array_index (self->torrents, i);

      if (torrent->n_searches == 0 && (first == NULL || torrent->due < first->due))
        first = torrent;
    }
  return first;
}

/* --- For people, and for the table --- */

void
dht_node_search (DhtNode *self, const DhtId *info_hash, gpointer tag)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->families); i++)
    if (self->families[i].is_usable)
      search_new (self, &self->families[i], info_hash, DHT_GET_PEERS)->tag = tag;
  dht_node_wake_at (self, dht_node_get_time (self));
}

void
dht_node_cancel_search (DhtNode *self, gpointer tag)
{
  forget_tag (self, tag);
}

void
dht_node_find_nodes (DhtNode *self, DhtFamily *family, const DhtId *target)
{
  search_new (self, family, target, DHT_FIND_NODE);
}

static gboolean
is_searched_for (DhtNode *self, gpointer tag)
{
  for (guint i = 0; i < self->searches->len; i++)
    if (((DhtSearch *) g_ptr_array_index (self->searches, i))->tag == tag)
      return TRUE;
  return FALSE;
}

static void
end_search (DhtNode *self, DhtSearch *search)
{
  Torrent *torrent = search->is_for_torrent && search->tag != NULL ? find_torrent (self, search->tag) : NULL;
  gpointer tag = search->tag;

  /* Answers that still come find no search. */
  for (guint i = 0; i < self->n_transactions; i++)
    if (self->transactions[i].search == search)
      self->transactions[i].search = NULL;

  if (search->port != 0)
    announce (search);
  if (torrent != NULL)
    on_torrent_searched (self, torrent, search);
  g_ptr_array_remove (self->searches, search);
  if (tag != NULL && torrent == NULL && !is_searched_for (self, tag))
    self->funcs->on_searched (self->owner, tag);
}

gint64
dht_node_run_searches (DhtNode *self, gint64 now)
{
  Torrent *due;

  while (self->searches->len < SEARCHES_MAX && self->next_begin <= now && (due = find_due (self)) != NULL && due->due <= now)
    {
      begin_torrent (self, due, now);
      /* The first ones need not wait. */
      self->next_begin = MAX (self->next_begin, now - SEARCHES_MAX * BEGIN_INTERVAL) + BEGIN_INTERVAL;
    }

  for (guint i = self->searches->len; i > 0; i--)
    {
      DhtSearch *search = g_ptr_array_index (self->searches, i - 1);

      ask_more (search);
      if (dht_lookup_is_done (&search->lookup))
        end_search (self, search);
    }

  due = find_due (self);
  if (due == NULL || due->due == G_MAXINT64)
    return 0;
  /* With too many under way it waits for one of them to end. */
  return self->searches->len >= SEARCHES_MAX ? 0 : MAX (MAX (due->due, self->next_begin), now + 1);
}

void
dht_node_clear_searches (DhtNode *self)
{
  g_ptr_array_set_size (self->searches, 0);
  g_ptr_array_set_size (self->torrents, 0);
}

GPtrArray *
dht_searches_new (void)
{
  return g_ptr_array_new_with_free_func (search_free);
}
