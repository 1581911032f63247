/* node.c: a node of the DHT: its questions, its table and its upkeep. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "node-private.h"

#include <string.h>

/* Who has not answered by then is not waited for, and later given up. */
#define SLOW_MIN (300 * 1000)
#define SLOW_MAX (1500 * 1000)
#define ANSWER_TIME (6 * G_USEC_PER_SEC)
#define TICK (100 * 1000)
#define UPKEEP (30 * G_USEC_PER_SEC)
/* We look for our neighbours after 5 s, 10 s, up to 5 min. */
#define BOOTSTRAP_MIN (5 * G_USEC_PER_SEC)
#define BOOTSTRAP_DOUBLINGS 6
/* With fewer nodes than that, whoever knows many is asked again. */
#define FEW_NODES (2 * DHT_K)
#define HINTS_MAX 32
#define ROUTERS_MAX 16

/* --- Life --- */

static void
make_random_id (DhtNode *self, DhtId *id)
{
  self->world->make_secret (self->data, id->bytes, DHT_ID_SIZE);
}

static void
rotate_secrets (DhtNode *self, gint64 now)
{
  memcpy (self->tokens.secrets[1], self->tokens.secrets[0], DHT_SECRET_SIZE);
  self->world->make_secret (self->data, self->tokens.secrets[0], DHT_SECRET_SIZE);
  self->tokens.since = now;
}

DhtNode *
dht_node_new (const DhtWorld *world, gpointer data, const DhtNodeFuncs *funcs, gpointer owner)
{
  DhtNode *self = g_new0 (DhtNode, 1);
  guint64  secret;
  gint64   now;

  self->world = world;
  self->data = data;
  self->funcs = funcs;
  self->owner = owner;
  now = dht_node_get_time (self);
  for (guint i = 0; i < G_N_ELEMENTS (self->families); i++)
    {
      DhtId id;

      make_random_id (self, &id);
      dht_table_init (&self->families[i].table, &id);
      self->families[i].is_v4 = i == 0;
    }
  self->searches = dht_searches_new ();
  self->torrents = g_ptr_array_new_with_free_func (g_free);
  self->routers = g_array_new (FALSE, FALSE, sizeof (BtfwEndpoint));
  self->hints = g_array_new (FALSE, FALSE, sizeof (BtfwEndpoint));
  self->store = dht_store_new ();
  self->out = g_byte_array_new ();
  self->round_trip = SLOW_MIN;
  rotate_secrets (self, now);
  rotate_secrets (self, now);
  self->world->make_secret (self->data, (guint8 *) &secret, sizeof secret);
  dht_budget_init (&self->budget, secret, now);
  return self;
}

void
dht_node_free (DhtNode *self)
{
  dht_node_clear_searches (self);
  g_ptr_array_unref (self->searches);
  g_ptr_array_unref (self->torrents);
  g_array_unref (self->routers);
  g_array_unref (self->hints);
  for (guint i = 0; i < G_N_ELEMENTS (self->families); i++)
    dht_table_clear (&self->families[i].table);
  dht_store_free (self->store);
  g_byte_array_unref (self->out);
  g_free (self);
}

void
dht_node_set_read_only (DhtNode *self, gboolean read_only)
{
  self->is_read_only = read_only;
}

void
dht_node_set_id (DhtNode *self, gboolean v4, const DhtId *id)
{
  dht_table_set_own (&self->families[v4 ? 0 : 1].table, id);
}

/* An id goes with an address: with another one it is another node. */
void
dht_node_set_external (DhtNode *self, const BtfwEndpoint *external)
{
  DhtFamily *family = dht_node_get_family (self, external);
  guint8     random[DHT_ID_SIZE];
  DhtId      id;

  family->has_external = TRUE;
  family->external = *external;
  if (dht_id_is_secure (&family->table.own, external))
    return;

  self->world->make_secret (self->data, random, sizeof random);
  dht_id_make_secure (&id, external, random);
  dht_table_set_own (&family->table, &id);
  family->next_bootstrap = 0;
}

void
dht_node_set_families (DhtNode *self, gboolean v4, gboolean v6)
{
  self->families[0].is_usable = v4;
  self->families[1].is_usable = v6;
  self->next_upkeep = 0;
  dht_node_wake_at (self, dht_node_get_time (self));
}

void
dht_node_wake_at (DhtNode *self, gint64 due)
{
  if (self->timer != 0 && self->timer <= due)
    return;
  self->timer = due;
  self->world->set_timer (self->data, due);
}

/* --- Asking --- */

gboolean
dht_node_send (DhtNode *self, const BtfwEndpoint *to)
{
  if (!self->world->send (self->data, to, self->out->data, self->out->len))
    return FALSE;

  self->counters.n_sent++;
  self->counters.bytes_sent += self->out->len;
  return TRUE;
}

/* Nodes of all kinds that are of use; also of a single one: whoever answers
 * according to the size of what is asked has more room then. */
static DhtWant
get_want (const DhtNode *self)
{
  return (self->families[0].is_usable ? DHT_WANT_V4 : 0) | (self->families[1].is_usable ? DHT_WANT_V6 : 0);
}

/* Says once more what was asked, or for the first time. */
static gboolean
send_question (DhtNode *self, const DhtTransaction *transaction, const DhtId *target)
{
  DhtFamily *family = dht_node_get_family (self, &transaction->to.endpoint);
  DhtWant    want = transaction->method == DHT_PING ? 0 : get_want (self);

  dht_message_write_query (self->out, transaction->id, sizeof transaction->id, &family->table.own, transaction->method,
                           target, want, self->is_read_only);
  return dht_node_send (self, &transaction->to.endpoint);
}

gboolean
dht_node_ask (DhtNode *self, const DhtContact *to, DhtMethod method, const DhtId *target, DhtSearch *search)
{
  DhtFamily      *family = dht_node_get_family (self, &to->endpoint);
  DhtTransaction *transaction;

  if (self->n_transactions == DHT_TRANSACTIONS_MAX || !family->is_usable)
    return FALSE;

  transaction = &self->transactions[self->n_transactions];
  *transaction = (DhtTransaction){ .method = method, .to = *to, .sent = dht_node_get_time (self), .search = search };
  self->world->make_secret (self->data, transaction->id, sizeof transaction->id);
  if (!send_question (self, transaction, target))
    return FALSE;

  self->n_transactions++;
  self->counters.n_asked++;
  dht_node_wake_at (self, transaction->sent + TICK);
  return TRUE;
}

static DhtTransaction *
find_transaction (DhtNode *self, const DhtMessage *message, const BtfwEndpoint *from)
{
  for (guint i = 0; i < self->n_transactions; i++)
    {
      DhtTransaction *transaction = &self->transactions[i];

      if (message->transaction_size == DHT_TRANSACTION_SIZE &&
          memcmp (transaction->id, message->transaction, DHT_TRANSACTION_SIZE) == 0 &&
          btfw_endpoint_equal (&transaction->to.endpoint, from))
        return transaction;
    }
  return NULL;
}

static DhtTransaction
take_transaction (DhtNode *self, DhtTransaction *transaction)
{
  DhtTransaction taken = *transaction;

  *transaction = self->transactions[--self->n_transactions];
  return taken;
}

/* --- Where we are --- */

static gboolean
is_new_voter (const DhtVote *vote, const BtfwEndpoint *voter)
{
  for (guint i = 0; i < vote->n_voters; i++)
    if (btfw_endpoint_same_host (&vote->voters[i], voter) || dht_endpoint_same_block (&vote->voters[i], voter))
      return FALSE;
  return TRUE;
}

static void
on_claim (DhtNode *self, DhtFamily *family, const BtfwEndpoint *claim, const BtfwEndpoint *voter)
{
  DhtVote *vote = &family->votes[0];

  if (btfw_endpoint_is_v4 (claim) != family->is_v4 || btfw_endpoint_is_local (claim) ||
      (family->has_external && btfw_endpoint_same_host (&family->external, claim)))
    return;

  if (vote->n_voters > 0 && !btfw_endpoint_same_host (&vote->claim, claim))
    vote++;
  /* The second place is for whatever comes, so that a lie does not block it. */
  if (vote->n_voters == 0 || !btfw_endpoint_same_host (&vote->claim, claim))
    *vote = (DhtVote){ .claim = *claim };
  if (!is_new_voter (vote, voter))
    return;

  vote->voters[vote->n_voters++] = *voter;
  if (vote->n_voters < DHT_VOTERS)
    return;
  memset (family->votes, 0, sizeof family->votes);
  dht_node_set_external (self, claim);
}

/* --- What comes in --- */

static gboolean
is_router (const DhtNode *self, const BtfwEndpoint *endpoint)
{
  for (guint i = 0; i < self->routers->len; i++)
    if (btfw_endpoint_equal (&g_array_index (self->routers, BtfwEndpoint, i), endpoint))
      return TRUE;
  return FALSE;
}

static void
on_reply (DhtNode *self, const DhtMessage *message, const BtfwEndpoint *from)
{
  DhtTransaction *found = find_transaction (self, message, from);
  DhtFamily      *family = dht_node_get_family (self, from);
  gint64          now = dht_node_get_time (self);
  DhtContact      contact = { .id = message->id, .endpoint = *from };
  DhtTransaction  transaction;

  if (found == NULL)
    return;

  transaction = take_transaction (self, found);
  self->counters.n_replies++;
  self->round_trip += ((now - transaction.sent) - self->round_trip) / 8;
  dht_budget_prove (&self->budget, from, now);
  if (!is_router (self, from))
    dht_table_on_answer (&family->table, &contact, now);
  if (message->has_external)
    on_claim (self, family, &message->external, from);
  if (transaction.search != NULL)
    dht_search_on_answer (transaction.search, message, from);
  /* The search may be done. */
  dht_node_wake_at (self, now);
}

/* It lives, but is of no use for this. */
static void
on_error (DhtNode *self, const DhtMessage *message, const BtfwEndpoint *from)
{
  DhtTransaction *found = find_transaction (self, message, from);
  DhtTransaction  transaction;

  if (found == NULL)
    return;

  transaction = take_transaction (self, found);
  if (transaction.search != NULL)
    dht_search_on_failure (transaction.search, from);
}

void
dht_node_receive (DhtNode *self, const guint8 *data, gsize size, const BtfwEndpoint *from)
{
  DhtMessage message;

  self->counters.n_received++;
  self->counters.bytes_received += size;
  if (!dht_node_get_family (self, from)->is_usable || from->port == 0 || !dht_message_parse (&message, data, size))
    return;

  switch (message.kind)
    {
    case DHT_QUERY:
      dht_node_on_query (self, &message, size, from);
      break;
    case DHT_REPLY:
      on_reply (self, &message, from);
      break;
    case DHT_ERROR:
      on_error (self, &message, from);
      break;
    }
}

/* --- Upkeep --- */

static void
add_endpoint (GArray *array, const BtfwEndpoint *endpoint, guint max)
{
  for (guint i = 0; i < array->len; i++)
    if (btfw_endpoint_equal (&g_array_index (array, BtfwEndpoint, i), endpoint))
      return;

  if (array->len == max)
    g_array_remove_index (array, 0);
  g_array_append_val (array, *endpoint);
}

void
dht_node_add_hint (DhtNode *self, const BtfwEndpoint *endpoint, gboolean router)
{
  DhtFamily *family = dht_node_get_family (self, endpoint);

  if (!btfw_endpoint_is_usable (endpoint))
    return;

  add_endpoint (router ? self->routers : self->hints, endpoint, router ? ROUTERS_MAX : HINTS_MAX);
  if (family->table.n_entries >= FEW_NODES)
    return;
  family->next_bootstrap = MIN (family->next_bootstrap, dht_node_get_time (self));
  dht_node_hurry_unanswered (self, dht_node_get_time (self));
  self->next_upkeep = 0;
  dht_node_wake_at (self, dht_node_get_time (self));
}

void
dht_node_add_known (DhtNode *self, const DhtContact *contact)
{
  dht_node_add_hint (self, &contact->endpoint, FALSE);
}

/* Asks for nodes near ourselves, who are those that we must know best: others are
 * sent to them by us. Often while we are new, and then every five minutes. */
static void
bootstrap (DhtNode *self, DhtFamily *family, gint64 now)
{
  DhtId own = family->table.own;

  if (now < family->next_bootstrap)
    return;

  family->next_bootstrap = now + (BOOTSTRAP_MIN << family->n_bootstraps);
  family->n_bootstraps = MIN (family->n_bootstraps + 1, BOOTSTRAP_DOUBLINGS);
  if (family->table.n_entries > 0 || self->routers->len > 0 || self->hints->len > 0)
    dht_node_find_nodes (self, family, &own);
}

static void
keep_table (DhtNode *self, DhtFamily *family, gint64 now)
{
  DhtEntry *stale = dht_table_find_stale (&family->table, now);
  guint8    random[DHT_ID_SIZE];
  DhtId     target;

  if (stale != NULL)
    dht_node_ask (self, &stale->contact, DHT_PING, NULL, NULL);

  self->world->make_secret (self->data, random, sizeof random);
  if (dht_table_find_quiet (&family->table, now, random, &target))
    dht_node_find_nodes (self, family, &target);
}

static void
keep_up (DhtNode *self, gint64 now)
{
  if (now < self->next_upkeep)
    return;

  self->next_upkeep = now + UPKEEP;
  if (now - self->tokens.since >= DHT_SECRET_TIME)
    rotate_secrets (self, now);
  dht_store_expire (self->store, now);
  for (guint i = 0; i < G_N_ELEMENTS (self->families); i++)
    {
      DhtFamily *family = &self->families[i];

      if (!family->is_usable)
        continue;
      bootstrap (self, family, now);
      keep_table (self, family, now);
      self->next_upkeep = MIN (self->next_upkeep, MAX (family->next_bootstrap, now + TICK));
    }
}

static void
fail_transaction (DhtNode *self, DhtTransaction *found)
{
  DhtTransaction transaction = take_transaction (self, found);

  dht_table_on_failure (&dht_node_get_family (self, &transaction.to.endpoint)->table, &transaction.to);
  if (transaction.search != NULL)
    dht_search_on_failure (transaction.search, &transaction.to.endpoint);
}

/* Packets get lost: whoever is slow is asked once more, and others meanwhile. */
static void
on_slow (DhtNode *self, DhtTransaction *transaction)
{
  transaction->is_slow = TRUE;
  if (transaction->search == NULL)
    return;

  send_question (self, transaction, dht_search_get_target (transaction->search));
  dht_search_on_slow (transaction->search, &transaction->to.endpoint);
}

static void
look_at_transactions (DhtNode *self, gint64 now)
{
  gint64 patience = CLAMP (3 * self->round_trip, SLOW_MIN, SLOW_MAX);

  for (guint i = self->n_transactions; i > 0; i--)
    {
      DhtTransaction *transaction = &self->transactions[i - 1];

      if (now - transaction->sent >= ANSWER_TIME)
        fail_transaction (self, transaction);
      else if (now - transaction->sent >= patience && !transaction->is_slow)
        on_slow (self, transaction);
    }
}

void
dht_node_tick (DhtNode *self)
{
  gint64 now = dht_node_get_time (self);
  gint64 due;

  self->timer = 0;
  look_at_transactions (self, now);
  keep_up (self, now);
  due = dht_node_run_searches (self, now);

  if (due != 0)
    dht_node_wake_at (self, due);
  if (self->n_transactions > 0 || self->searches->len > 0)
    dht_node_wake_at (self, now + TICK);
  if (self->families[0].is_usable || self->families[1].is_usable)
    dht_node_wake_at (self, self->next_upkeep);
}

/* --- To look at --- */

const DhtTable *
dht_node_get_table (const DhtNode *self, gboolean v4)
{
  return &self->families[v4 ? 0 : 1].table;
}

const DhtCounters *
dht_node_get_counters (const DhtNode *self)
{
  return &self->counters;
}

const DhtStore *
dht_node_get_store (const DhtNode *self)
{
  return self->store;
}

guint
dht_node_get_n_lookups (const DhtNode *self)
{
  return self->searches->len;
}

gboolean
dht_node_get_external (const DhtNode *self, gboolean v4, BtfwEndpoint *external)
{
  const DhtFamily *family = &self->families[v4 ? 0 : 1];

  if (family->has_external)
    *external = family->external;
  return family->has_external;
}
