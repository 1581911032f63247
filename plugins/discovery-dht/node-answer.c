/* node-answer.c: what a node answers to others: little, and only to what is right. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "node-private.h"

/* Strangers are looked at for the table, so many at a time. */
#define PINGS_MAX 8
/* What a ping of ours takes, which goes to a stranger besides the answer. */
#define PING_SIZE 60
/* Besides contacts, values and the transaction: id, token, address and what holds
 * them together; and what more there is with IPv6, with nodes of it, and with values. */
#define ANSWER_BASE 94
#define ANSWER_V6 13
#define ANSWER_NODES6 12
#define ANSWER_VALUES 10
#define CONTACT_SIZE(v4) ((v4) ? 26u : 38u)
#define VALUE_SIZE(v4) ((v4) ? 8u : 21u)

/* Any method is one row more. */
typedef void (*Handler) (DhtNode *self, const DhtMessage *query, gsize limit, const BtfwEndpoint *from);

static void
answer_bytes (DhtNode *self, const BtfwEndpoint *to)
{
  /* The smallest of queries have no answer that is short enough. */
  if (self->out->len > self->answer_left ||
      !dht_budget_allow_answer (&self->budget, self->out->len, dht_node_get_time (self)))
    {
      self->counters.n_dropped++;
      return;
    }
  self->answer_left -= self->out->len;
  if (dht_node_send (self, to))
    self->counters.n_answered++;
}

static void
answer_error (DhtNode *self, const DhtMessage *query, const BtfwEndpoint *to, DhtCode code, const char *text)
{
  dht_message_write_error (self->out, query, code, text);
  answer_bytes (self, to);
}

static void
answer (DhtNode *self, const DhtMessage *query, DhtAnswer *answer, const BtfwEndpoint *to)
{
  answer->id = &dht_node_get_family (self, to)->table.own;
  dht_message_write_reply (self->out, query, answer, to);
  answer_bytes (self, to);
}

static void
on_ping (DhtNode *self, const DhtMessage *query, gsize limit, const BtfwEndpoint *from)
{
  DhtAnswer nothing = { 0 };

  answer (self, query, &nothing, from);
}

static DhtWant
get_want (const DhtMessage *query, const BtfwEndpoint *from)
{
  return query->want != 0 ? query->want : btfw_endpoint_is_v4 (from) ? DHT_WANT_V4 : DHT_WANT_V6;
}

/* What is left of the limit for contacts and values. */
static gsize
get_room (const DhtMessage *query, gsize limit, const BtfwEndpoint *from)
{
  gsize base = ANSWER_BASE + query->transaction_size;

  base += btfw_endpoint_is_v4 (from) ? 0 : ANSWER_V6;
  base += get_want (query, from) & DHT_WANT_V6 ? ANSWER_NODES6 : 0;
  base += query->method == DHT_GET_PEERS ? ANSWER_VALUES : 0;
  return limit - MIN (limit, base);
}

/* Contacts of each family that is wanted, as far as the limit goes. */
static void
add_contacts (DhtNode *self, const DhtMessage *query, const BtfwEndpoint *from, DhtAnswer *answer, DhtContact contacts[2][DHT_K], gsize left)
{
  DhtWant want = get_want (query, from);

  if (want & DHT_WANT_V4)
    {
      answer->v4 = contacts[0];
      answer->n_v4 = dht_table_find (&self->families[0].table, &query->target, contacts[0],
                                     (guint) MIN (DHT_K, left / CONTACT_SIZE (TRUE)));
      left -= answer->n_v4 * CONTACT_SIZE (TRUE);
    }
  if (want & DHT_WANT_V6)
    {
      answer->v6 = contacts[1];
      answer->n_v6 = dht_table_find (&self->families[1].table, &query->target, contacts[1],
                                     (guint) MIN (DHT_K, left / CONTACT_SIZE (FALSE)));
    }
}

static void
on_find_node (DhtNode *self, const DhtMessage *query, gsize limit, const BtfwEndpoint *from)
{
  DhtContact contacts[2][DHT_K];
  DhtAnswer  found = { 0 };

  add_contacts (self, query, from, &found, contacts, get_room (query, limit, from));
  answer (self, query, &found, from);
}

static void
on_get_peers (DhtNode *self, const DhtMessage *query, gsize limit, const BtfwEndpoint *from)
{
  gboolean     v4 = btfw_endpoint_is_v4 (from);
  gsize        left = get_room (query, limit, from);
  DhtContact   contacts[2][DHT_K];
  BtfwEndpoint peers[DHT_VALUES_MAX];
  DhtAnswer    found = { .values = peers };
  DhtToken     token;

  /* Peers first: they are what is looked for. A third is left for the way on. */
  found.n_values = dht_store_find (self->store, &query->target, v4, self->world->random (self->data, G_MAXINT32), peers,
                                   (guint) MIN (DHT_VALUES_MAX, left * 2 / 3 / VALUE_SIZE (v4)), dht_node_get_time (self));
  add_contacts (self, query, from, &found, contacts, left - found.n_values * VALUE_SIZE (v4));
  dht_tokens_make (&self->tokens, from, &query->target, &token);
  found.token = &token;
  answer (self, query, &found, from);
}

static void
on_announce_peer (DhtNode *self, const DhtMessage *query, gsize limit, const BtfwEndpoint *from)
{
  BtfwEndpoint peer = *from;
  DhtAnswer    nothing = { 0 };

  if (!dht_tokens_check (&self->tokens, from, &query->target, &query->token))
    {
      answer_error (self, query, from, DHT_CODE_PROTOCOL, "bad token");
      return;
    }
  dht_budget_prove (&self->budget, from, dht_node_get_time (self));

  if (!query->implied_port)
    peer.port = query->port;
  if (peer.port == 0)
    {
      answer_error (self, query, from, DHT_CODE_PROTOCOL, "bad port");
      return;
    }
  if (!dht_store_add (self->store, &query->target, &peer, dht_node_get_time (self)))
    {
      answer_error (self, query, from, DHT_CODE_SERVER, "no room");
      return;
    }
  answer (self, query, &nothing, from);
}

static const Handler handlers[DHT_N_METHODS] = {
  [DHT_PING] = on_ping,
  [DHT_FIND_NODE] = on_find_node,
  [DHT_GET_PEERS] = on_get_peers,
  [DHT_ANNOUNCE_PEER] = on_announce_peer,
};

static guint
count_pings (const DhtNode *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_transactions; i++)
    n += self->transactions[i].method == DHT_PING;
  return n;
}

static gboolean
is_worth_knowing (DhtNode *self, const DhtMessage *query, const BtfwEndpoint *from)
{
  DhtContact contact = { .id = query->id, .endpoint = *from };

  return query->has_id && !query->is_read_only && count_pings (self) < PINGS_MAX &&
         dht_table_wants (&dht_node_get_family (self, from)->table, &contact);
}

/* Whether it is where it says shows when it answers. */
static void
look_at_stranger (DhtNode *self, const DhtMessage *query, const BtfwEndpoint *from)
{
  DhtContact contact = { .id = query->id, .endpoint = *from };

  if (self->answer_left >= PING_SIZE && dht_budget_allow_answer (&self->budget, PING_SIZE, dht_node_get_time (self)))
    dht_node_ask (self, &contact, DHT_PING, NULL, NULL);
}

void
dht_node_on_query (DhtNode *self, const DhtMessage *query, gsize size, const BtfwEndpoint *from)
{
  gint64   now = dht_node_get_time (self);
  gsize    limit = DHT_MESSAGE_MAX;
  gboolean looks;

  if (self->is_read_only || !dht_budget_allow_query (&self->budget, from, now))
    return;

  self->counters.n_queries++;
  if (!dht_budget_is_proven (&self->budget, from, now))
    limit = MIN (limit, DHT_UNPROVEN_FACTOR * size);
  /* Answer and ping together are not more than it may be sent. */
  self->answer_left = limit;
  looks = is_worth_knowing (self, query, from);
  if (looks)
    limit -= MIN (limit, PING_SIZE);

  if (query->method == DHT_UNKNOWN_METHOD)
    answer_error (self, query, from, DHT_CODE_UNKNOWN_METHOD, "unknown method");
  else if (!query->has_id || (query->method != DHT_PING && !query->has_target))
    answer_error (self, query, from, DHT_CODE_PROTOCOL, "an argument is missing");
  else
    {
      handlers[query->method] (self, query, limit, from);
      if (looks)
        look_at_stranger (self, query, from);
    }
}
