/* dht-parts.c: tests of what a node of the DHT is made of. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "state.h"

#include <string.h>

#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)

static BtfwEndpoint
make_endpoint (const char *text)
{
  BtfwEndpoint endpoint;

  g_assert_true (btfw_endpoint_parse (&endpoint, text));
  return endpoint;
}

/* A public address of a block of its own for every number. */
static BtfwEndpoint
make_host (guint n)
{
  g_autofree char *text = g_strdup_printf ("%u.%u.%u.1:6881", 20 + n / 65536, n / 256 % 256, n % 256);

  return make_endpoint (text);
}

static DhtId
make_id (guint first, guint last)
{
  DhtId id = { { (guint8) first } };

  id.bytes[DHT_ID_SIZE - 1] = (guint8) last;
  return id;
}

/* --- Ids --- */

typedef struct
{
  const char *address;
  guint8      last;
  guint8      begin[3];
} SecureCase;

/* As BEP 42 gives them. */
static const SecureCase secure_cases[] = {
  { "124.31.75.21:1", 1, { 0x5f, 0xbf, 0xbf } },
  { "21.75.31.124:1", 86, { 0x5a, 0x3c, 0xe9 } },
  { "65.23.51.170:1", 22, { 0xa5, 0xd4, 0x32 } },
  { "84.124.73.14:1", 65, { 0x1b, 0x03, 0x21 } },
  { "43.213.53.83:1", 90, { 0xe5, 0x6f, 0x6c } },
};

static void
test_ids_go_with_addresses (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (secure_cases); i++)
    {
      const SecureCase *row = &secure_cases[i];
      BtfwEndpoint      address = make_endpoint (row->address);
      BtfwEndpoint      other = make_endpoint ("8.8.4.4:1");
      guint8            random[DHT_ID_SIZE] = { 0 };
      DhtId             id;

      random[2] = row->begin[2];
      random[DHT_ID_SIZE - 1] = row->last;
      dht_id_make_secure (&id, &address, random);
      g_assert_cmpmem (id.bytes, 2, row->begin, 2);
      g_assert_cmphex (id.bytes[2] & 0xf8, ==, row->begin[2] & 0xf8);
      g_assert_true (dht_id_is_secure (&id, &address));
      g_assert_false (dht_id_is_secure (&id, &other));
    }
}

static void
test_local_addresses_are_exempt (void)
{
  BtfwEndpoint local = make_endpoint ("192.168.1.5:1");
  DhtId        id = make_id (7, 7);

  g_assert_true (dht_id_is_secure (&id, &local));
}

static void
test_distances (void)
{
  DhtId target = make_id (0x80, 0), near = make_id (0x81, 0), far = make_id (0x00, 0);

  g_assert_cmpint (dht_id_compare (&target, &near, &far), <, 0);
  g_assert_cmpint (dht_id_compare (&target, &far, &near), >, 0);
  g_assert_cmpint (dht_id_compare (&target, &near, &near), ==, 0);
  g_assert_cmpuint (dht_id_common_bits (&target, &near), ==, 7);
  g_assert_cmpuint (dht_id_common_bits (&target, &far), ==, 0);
  g_assert_cmpuint (dht_id_common_bits (&target, &target), ==, DHT_ID_BITS);
}

/* --- Messages --- */

static void
test_queries_come_back (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  DhtId                  id = make_id (1, 2), target = make_id (3, 4);
  DhtMessage             message;

  for (DhtMethod method = DHT_PING; method <= DHT_GET_PEERS; method++)
    {
      dht_message_write_query (out, (const guint8 *) "abcd", 4, &id, method, &target, DHT_WANT_V4 | DHT_WANT_V6, TRUE);
      g_assert_true (dht_message_parse (&message, out->data, out->len));
      g_assert_cmpint (message.kind, ==, DHT_QUERY);
      g_assert_cmpint (message.method, ==, method);
      g_assert_true (message.has_id && dht_id_equal (&message.id, &id));
      g_assert_cmpint (message.has_target, ==, method != DHT_PING);
      g_assert_true (method == DHT_PING || dht_id_equal (&message.target, &target));
      g_assert_cmpuint (message.want, ==, DHT_WANT_V4 | DHT_WANT_V6);
      g_assert_true (message.is_read_only);
      g_assert_cmpmem (message.transaction, message.transaction_size, "abcd", 4);
    }
}

static void
test_announces_come_back (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  DhtId                  id = make_id (1, 2), target = make_id (3, 4);
  DhtToken               token = { .size = 3, .bytes = "tok" };
  DhtMessage             message;

  dht_message_write_announce (out, (const guint8 *) "x", 1, &id, &target, 51413, &token, FALSE);
  g_assert_true (dht_message_parse (&message, out->data, out->len));
  g_assert_cmpint (message.method, ==, DHT_ANNOUNCE_PEER);
  g_assert_cmpuint (message.port, ==, 51413);
  g_assert_cmpmem (message.token.bytes, message.token.size, "tok", 3);
  g_assert_false (message.is_read_only);
}

static void
test_replies_come_back (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  DhtId                  id = make_id (9, 9);
  DhtContact             v4 = { make_id (5, 5), make_endpoint ("1.2.3.4:5") };
  DhtContact             v6 = { make_id (6, 6), make_endpoint ("[2001:db8::1]:7") };
  BtfwEndpoint           value = make_endpoint ("9.8.7.6:54");
  BtfwEndpoint           to = make_endpoint ("4.3.2.1:99");
  DhtToken               token = { .size = 2, .bytes = "to" };
  DhtMessage             query = { .transaction_size = 2, .transaction = "tt" };
  DhtAnswer              answer = { &id, &token, 1, 1, &v4, &v6, 1, &value };
  DhtMessage             message;

  dht_message_write_reply (out, &query, &answer, &to);
  g_assert_true (dht_message_parse (&message, out->data, out->len));
  g_assert_cmpint (message.kind, ==, DHT_REPLY);
  g_assert_cmpuint (message.n_contacts, ==, 2);
  g_assert_true (btfw_endpoint_equal (&message.contacts[0].endpoint, &v4.endpoint));
  g_assert_true (btfw_endpoint_equal (&message.contacts[1].endpoint, &v6.endpoint));
  g_assert_cmpuint (message.n_values, ==, 1);
  g_assert_true (btfw_endpoint_equal (&message.values[0], &value));
  g_assert_true (message.has_external && btfw_endpoint_equal (&message.external, &to));
  g_assert_cmpmem (message.token.bytes, message.token.size, "to", 2);
}

/* What is no message at all, or cannot be answered. */
static const char *const garbage[] = {
  "", "d", "i5e", "le", "de", "d1:y1:qe", "d1:t0:1:y1:qe", "d1:t17:aaaaaaaaaaaaaaaaa1:y1:qe", "d1:t2:aa1:y1:xe", "d1:ti5e1:y1:qe",
  "d1:t2:aa1:y1:re", "d1:rd2:id19:aaaaaaaaaaaaaaaaaaae1:t2:aa1:y1:re", "d1:t2:aa1:y1:qetrailing", "d1:t2:aa1:y1:ee",
};

static void
test_garbage_is_dropped (void)
{
  g_autoptr (GString) deep = g_string_new ("d1:a");
  DhtMessage          message;

  for (guint i = 0; i < G_N_ELEMENTS (garbage); i++)
    g_assert_false (dht_message_parse (&message, (const guint8 *) garbage[i], strlen (garbage[i])));

  for (guint i = 0; i < 2000; i++)
    g_string_append_c (deep, 'l');
  g_assert_false (dht_message_parse (&message, (const guint8 *) deep->str, deep->len));
}

/* Cut at every byte, and with every byte changed: never more than is there. */
static void
test_damaged_messages (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  DhtId                  id = make_id (1, 2), target = make_id (3, 4);
  DhtMessage             message;

  dht_message_write_query (out, (const guint8 *) "abcd", 4, &id, DHT_GET_PEERS, &target, DHT_WANT_V4, FALSE);
  for (guint size = 0; size < out->len; size++)
    {
      g_autofree guint8 *copy = g_memdup2 (out->data, size);

      g_assert_false (dht_message_parse (&message, copy, size));
    }
  for (guint i = 0; i < out->len; i++)
    {
      g_autofree guint8 *copy = g_memdup2 (out->data, out->len);

      copy[i] ^= 0x55;
      dht_message_parse (&message, copy, out->len);
    }
}

static void
test_uneven_lists_are_left_out (void)
{
  static const char reply[] = "d1:rd2:id20:aaaaaaaaaaaaaaaaaaaa5:nodes27:bbbbbbbbbbbbbbbbbbbbbbbbbbb5:token41:"
                              "ttttttttttttttttttttttttttttttttttttttttt6:valuesl3:abc6:\1\2\3\4\0\0ee1:t2:aa1:y1:re";
  DhtMessage        message;

  g_assert_true (dht_message_parse (&message, (const guint8 *) reply, sizeof reply - 1));
  g_assert_cmpuint (message.n_contacts, ==, 0);
  g_assert_cmpuint (message.n_values, ==, 0);
  g_assert_cmpuint (message.token.size, ==, 0);
}

/* --- Table --- */

static void
test_bucket_takes_one_of_a_block (void)
{
  DhtId    own = make_id (0, 0);
  DhtTable table;

  dht_table_init (&table, &own);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("50.60.70.%u:6881", i + 1);
      DhtContact       contact = { make_id (0x80, i), make_endpoint (text) };

      dht_table_on_answer (&table, &contact, SECONDS (1));
    }
  g_assert_cmpuint (table.n_entries, ==, 1);
  dht_table_clear (&table);
}

static void
test_one_host_has_one_place (void)
{
  DhtId    own = make_id (0, 0);
  DhtTable table;

  dht_table_init (&table, &own);
  for (guint i = 0; i < 8; i++)
    {
      DhtContact contact = { make_id (0x80 >> i, 1), make_endpoint ("50.60.70.80:6881") };

      contact.endpoint.port = (guint16) (1000 + i);
      dht_table_on_answer (&table, &contact, SECONDS (1));
    }
  g_assert_cmpuint (table.n_entries, ==, 1);
  dht_table_clear (&table);
}

static void
test_spares_replace_the_silent (void)
{
  DhtId      own = make_id (0, 0);
  DhtContact first = { make_id (0x80, 0), make_host (0) };
  DhtContact found[DHT_K];
  DhtTable   table;

  dht_table_init (&table, &own);
  for (guint i = 0; i < DHT_K + 1; i++)
    {
      DhtContact contact = { make_id (0x80, i), make_host (i) };

      dht_table_on_answer (&table, &contact, SECONDS (1));
    }
  g_assert_cmpuint (table.n_entries, ==, DHT_K);

  dht_table_on_failure (&table, &first);
  g_assert_cmpuint (dht_table_find (&table, &first.id, found, DHT_K), ==, DHT_K);
  g_assert_true (dht_id_equal (&found[0].id, &first.id));
  dht_table_on_failure (&table, &first);
  g_assert_cmpuint (dht_table_find (&table, &first.id, found, DHT_K), ==, DHT_K);
  g_assert_false (dht_id_equal (&found[0].id, &first.id));
  dht_table_clear (&table);
}

/* An id that was chosen gives its place to one that goes with its address. */
static void
test_secure_ones_come_first (void)
{
  DhtId    own = make_id (0, 0);
  DhtTable table;
  guint    n_secure = 0;

  dht_table_init (&table, &own);
  for (guint i = 0; i < DHT_K; i++)
    {
      DhtContact contact = { make_id (0x80, i), make_host (i) };

      dht_table_on_answer (&table, &contact, SECONDS (1));
    }
  for (guint i = 100; n_secure < 3; i++)
    {
      DhtContact contact = { make_id (0, i), make_host (i) };
      guint8     random[DHT_ID_SIZE] = { 0 };

      random[DHT_ID_SIZE - 1] = (guint8) i;
      dht_id_make_secure (&contact.id, &contact.endpoint, random);
      if (contact.id.bytes[0] < 0x80)
        continue;
      dht_table_on_answer (&table, &contact, SECONDS (1));
      n_secure++;
    }
  for (guint i = 0; i < DHT_K; i++)
    n_secure -= table.buckets[0]->entries[i].is_secure;
  g_assert_cmpuint (n_secure, ==, 0);
  dht_table_clear (&table);
}

/* Where there must be nodes and we know of none, some are looked for. */
static void
test_empty_buckets_are_looked_into (void)
{
  DhtId    own = make_id (0, 0);
  guint8   random[DHT_ID_SIZE] = { 0 };
  DhtId    target;
  DhtTable table;

  dht_table_init (&table, &own);
  g_assert_false (dht_table_find_quiet (&table, SECONDS (10000), random, &target));
  for (guint i = 0; i < DHT_K; i++)
    {
      DhtContact contact = { make_id (0x20, i), make_host (i) };

      dht_table_on_answer (&table, &contact, SECONDS (10000));
    }
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (dht_table_find_quiet (&table, SECONDS (10000), random, &target));
      g_assert_cmpuint (dht_id_common_bits (&own, &target), ==, i);
    }
  g_assert_false (dht_table_find_quiet (&table, SECONDS (10001), random, &target));
  g_assert_true (dht_table_find_quiet (&table, SECONDS (10001) + DHT_SPARSE_TIME, random, &target));
  g_assert_cmpuint (dht_id_common_bits (&own, &target), ==, 0);
  dht_table_clear (&table);
}

/* --- Store --- */

static void
test_store_is_bounded (void)
{
  DhtStore    *store = dht_store_new ();
  DhtId        info_hash = make_id (1, 1);
  BtfwEndpoint found[DHT_STORE_PEERS_MAX];

  for (guint i = 0; i < 2 * DHT_STORE_PEERS_MAX; i++)
    {
      BtfwEndpoint peer = make_host (i);

      g_assert_cmpint (dht_store_add (store, &info_hash, &peer, SECONDS (1)), ==, i < DHT_STORE_PEERS_MAX);
    }
  g_assert_cmpuint (dht_store_get_n_peers (store), ==, DHT_STORE_PEERS_MAX);
  g_assert_cmpuint (dht_store_find (store, &info_hash, TRUE, 7, found, G_N_ELEMENTS (found), SECONDS (2)), ==, DHT_STORE_PEERS_MAX);

  for (guint i = 0; i < 1000000; i++)
    {
      DhtId        hash = { { 0 } };
      BtfwEndpoint peer = make_host (i % 60000);

      memcpy (hash.bytes, &i, sizeof i);
      memcpy (hash.bytes + 4, &i, sizeof i);
      dht_store_add (store, &hash, &peer, SECONDS (1));
    }
  g_assert_cmpuint (dht_store_get_n_hashes (store), ==, DHT_STORE_HASHES_MAX);
  g_assert_cmpuint (dht_store_get_n_peers (store), <=, DHT_STORE_TOTAL_MAX);

  dht_store_expire (store, SECONDS (2) + DHT_STORE_TIME);
  g_assert_cmpuint (dht_store_get_n_hashes (store), ==, 0);
  g_assert_cmpuint (dht_store_get_n_peers (store), ==, 0);
  dht_store_free (store);
}

static void
test_one_host_does_not_fill_it (void)
{
  DhtStore *store = dht_store_new ();
  DhtId     info_hash = make_id (1, 1);

  for (guint i = 0; i < 100; i++)
    {
      BtfwEndpoint peer = make_host (0);

      peer.port = (guint16) (1 + i);
      dht_store_add (store, &info_hash, &peer, SECONDS (1));
    }
  g_assert_cmpuint (dht_store_get_n_peers (store), ==, DHT_STORE_HOST_MAX);
  dht_store_free (store);
}

/* --- Tokens and budgets --- */

static void
test_tokens (void)
{
  DhtTokens    tokens = { .secrets = { "one", "two" } };
  DhtTokens    later = { .secrets = { "three", "one" } };
  DhtTokens    much_later = { .secrets = { "four", "three" } };
  BtfwEndpoint here = make_endpoint ("1.2.3.4:5"), there = make_endpoint ("1.2.3.5:5");
  DhtId        info_hash = make_id (1, 1), other = make_id (2, 2);
  DhtToken     token, cut;

  dht_tokens_make (&tokens, &here, &info_hash, &token);
  g_assert_true (dht_tokens_check (&tokens, &here, &info_hash, &token));
  g_assert_true (dht_tokens_check (&later, &here, &info_hash, &token));
  g_assert_false (dht_tokens_check (&much_later, &here, &info_hash, &token));
  g_assert_false (dht_tokens_check (&tokens, &there, &info_hash, &token));
  g_assert_false (dht_tokens_check (&tokens, &here, &other, &token));
  cut = token;
  cut.size--;
  g_assert_false (dht_tokens_check (&tokens, &here, &info_hash, &cut));
  cut.size = 0;
  g_assert_false (dht_tokens_check (&tokens, &here, &info_hash, &cut));
}

static void
test_loud_sources_are_ignored (void)
{
  DhtBudget   *budget = g_new (DhtBudget, 1);
  BtfwEndpoint loud = make_host (1), quiet = make_host (2);
  guint        n_allowed = 0;

  dht_budget_init (budget, 12345, 0);
  for (guint i = 0; i < 5000; i++)
    n_allowed += dht_budget_allow_query (budget, &loud, SECONDS (1) * i / 5000);
  g_assert_cmpuint (n_allowed, <=, DHT_SOURCE_BURST + DHT_SOURCE_RATE);
  g_assert_false (dht_budget_allow_query (budget, &loud, SECONDS (200)));
  g_assert_true (dht_budget_allow_query (budget, &quiet, SECONDS (200)));
  g_assert_true (dht_budget_allow_query (budget, &loud, SECONDS (2) + DHT_IGNORE_TIME));
  g_free (budget);
}

static void
test_answers_have_a_rate (void)
{
  DhtBudget *budget = g_new (DhtBudget, 1);
  guint64    sent = 0;

  dht_budget_init (budget, 12345, 0);
  for (guint i = 0; i < 100000; i++)
    sent += dht_budget_allow_answer (budget, 300, SECONDS (10) * i / 100000) ? 300 : 0;
  g_assert_cmpuint (sent, <=, DHT_ANSWER_BURST + 10 * DHT_ANSWER_RATE);
  g_assert_cmpuint (sent, >=, 9 * DHT_ANSWER_RATE);
  g_free (budget);
}

/* --- A node alone --- */

typedef struct
{
  gint64       now;
  guint        n_sent;
  gsize        bytes_sent;
  gsize        size;
  guint8       data[DHT_MESSAGE_MAX];
  BtfwEndpoint to;
} World;

static gint64
world_get_time (gpointer world)
{
  return ((World *) world)->now;
}

static void
world_make_secret (gpointer world, guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) g_test_rand_int ();
}

static guint32
world_random (gpointer world, guint32 n)
{
  return (guint32) g_test_rand_int_range (0, (gint32) MIN (n, G_MAXINT32));
}

static gboolean
world_send (gpointer world, const BtfwEndpoint *to, const guint8 *data, gsize size)
{
  World *self = world;

  self->n_sent++;
  self->bytes_sent += size;
  self->size = size;
  self->to = *to;
  memcpy (self->data, data, size);
  return TRUE;
}

static void
world_set_timer (gpointer world, gint64 due)
{
}

static const DhtWorld world_class = { world_get_time, world_make_secret, world_random, world_send, world_set_timer };
static const DhtNodeFuncs no_funcs = { NULL, NULL };

static DhtNode *
make_node (World *world)
{
  DhtNode *node;

  *world = (World){ .now = SECONDS (1) };
  node = dht_node_new (&world_class, world, &no_funcs, NULL);
  dht_node_set_families (node, TRUE, TRUE);
  return node;
}

/* Fills its table, so that it has much to tell. */
static void
fill_table (DhtNode *node, World *world)
{
  for (guint i = 0; i < 100; i++)
    {
      DhtContact contact = { make_id (i * 2 + 1, i), make_host (i) };

      dht_table_on_answer ((DhtTable *) dht_node_get_table (node, TRUE), &contact, world->now);
    }
}

static gsize
ask (DhtNode *node, World *world, DhtMethod method, const BtfwEndpoint *from)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  DhtId                  id = make_id (0x55, 0x55), target = make_id (0x33, 0x33);

  /* Nothing but the answer: it is no stranger that is looked at. */
  dht_message_write_query (out, (const guint8 *) "q", 1, &id, method, &target, DHT_WANT_V4 | DHT_WANT_V6, TRUE);
  world->n_sent = 0;
  world->size = 0;
  dht_node_receive (node, out->data, out->len, from);
  return out->len;
}

static void
test_strangers_get_three_times_their_query (void)
{
  BtfwEndpoint from = make_host (5000);
  World        world;
  DhtNode     *node = make_node (&world);
  DhtMessage   reply;

  fill_table (node, &world);
  for (DhtMethod method = DHT_FIND_NODE; method <= DHT_GET_PEERS; method++)
    {
      gsize size = ask (node, &world, method, &from);

      g_assert_cmpuint (world.n_sent, ==, 1);
      g_assert_cmpuint (world.size, <=, 3 * size);
      g_assert_true (dht_message_parse (&reply, world.data, world.size));
      g_assert_cmpuint (reply.n_contacts, >, 0);
    }
  dht_node_free (node);
}

/* As others send them: without what fills ours up. */
static void
cut_padding (GByteArray *query)
{
  guint8 *padding = memmem (query->data, query->len, "1:z", 3);

  g_assert_nonnull (padding);
  g_byte_array_set_size (query, (guint) (padding - query->data));
  g_byte_array_append (query, (const guint8 *) "e", 1);
}

/* Also when it is looked at besides: answer and ping together. */
static void
test_a_ping_counts (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  World                  world;
  DhtNode               *node = make_node (&world);

  fill_table (node, &world);
  for (guint i = 0; i < 64; i++)
    {
      BtfwEndpoint from = make_host (5000 + i);
      DhtId        id = make_id (i * 4, i), target = make_id (0x33, 0x33);

      dht_message_write_query (out, (const guint8 *) "q", 1, &id, i % 2 == 0 ? DHT_GET_PEERS : DHT_FIND_NODE, &target, 0, FALSE);
      cut_padding (out);
      world.bytes_sent = 0;
      dht_node_receive (node, out->data, out->len, &from);
      g_assert_cmpuint (world.bytes_sent, >, 0);
      g_assert_cmpuint (world.bytes_sent, <=, 3 * out->len);
      world.now += SECONDS (1);
    }
  dht_node_free (node);
}

/* Who announced with a token has shown where it is; its peers are told of. */
static void
test_announce_and_find (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  BtfwEndpoint           from = make_host (5000), peer = from;
  DhtId                  id = make_id (0x55, 0x55), target = make_id (0x33, 0x33);
  World                  world;
  DhtNode               *node = make_node (&world);
  DhtMessage             reply;
  DhtToken               token;

  ask (node, &world, DHT_GET_PEERS, &from);
  g_assert_true (dht_message_parse (&reply, world.data, world.size));
  g_assert_cmpuint (reply.n_values, ==, 0);
  token = reply.token;

  token.bytes[0] ^= 1;
  dht_message_write_announce (out, (const guint8 *) "q", 1, &id, &target, 7000, &token, TRUE);
  dht_node_receive (node, out->data, out->len, &from);
  g_assert_true (dht_message_parse (&reply, world.data, world.size));
  g_assert_cmpint (reply.kind, ==, DHT_ERROR);
  g_assert_cmpuint (world.size, <, 200);

  token.bytes[0] ^= 1;
  dht_message_write_announce (out, (const guint8 *) "q", 1, &id, &target, 7000, &token, TRUE);
  dht_node_receive (node, out->data, out->len, &from);
  g_assert_true (dht_message_parse (&reply, world.data, world.size));
  g_assert_cmpint (reply.kind, ==, DHT_REPLY);

  ask (node, &world, DHT_GET_PEERS, &from);
  g_assert_true (dht_message_parse (&reply, world.data, world.size));
  g_assert_cmpuint (reply.n_values, ==, 1);
  peer.port = 7000;
  g_assert_true (btfw_endpoint_equal (&reply.values[0], &peer));
  dht_node_free (node);
}

static void
test_read_only_answers_nobody (void)
{
  BtfwEndpoint from = make_host (5000);
  World        world;
  DhtNode     *node = make_node (&world);

  dht_node_set_read_only (node, TRUE);
  ask (node, &world, DHT_PING, &from);
  g_assert_cmpuint (world.n_sent, ==, 0);
  dht_node_free (node);
}

/* Fifty thousand queries of a thousand hosts in a second: a bounded number of bytes. */
static void
test_flood_is_answered_within_the_budget (void)
{
  World    world;
  DhtNode *node = make_node (&world);
  guint64  sent = 0;

  fill_table (node, &world);
  for (guint i = 0; i < 50000; i++)
    {
      BtfwEndpoint from = make_host (1000 + i % 1000);

      world.now = SECONDS (1) + SECONDS (1) * i / 50000;
      ask (node, &world, DHT_GET_PEERS, &from);
      sent += world.size;
    }
  g_assert_cmpuint (sent, <=, DHT_ANSWER_BURST + 2 * DHT_ANSWER_RATE);
  g_assert_cmpuint (sent, >, 0);
  dht_node_free (node);
}

/* Three hundred torrents at once: the only node that is known is not asked more in a
 * second than it listens to. */
static void
test_many_torrents_begin_one_after_the_other (void)
{
  BtfwEndpoint known = make_host (7);
  guint8       tags[300];
  World        world;
  DhtNode     *node = make_node (&world);

  dht_node_add_hint (node, &known, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      DhtId info_hash = make_id (i, i);

      dht_node_add_torrent (node, &info_hash, 7000, &tags[i]);
    }
  for (guint second = 0; second < 60; second++)
    {
      guint n_before = world.n_sent;

      for (guint i = 0; i < 20; i++)
        {
          world.now += SECONDS (1) / 20;
          dht_node_tick (node);
        }
      g_assert_cmpuint (world.n_sent - n_before, <=, second == 0 ? DHT_SOURCE_BURST / 4 : DHT_SOURCE_RATE);
    }
  g_assert_cmpuint (world.n_sent, >, 60);
  dht_node_free (node);
}

/* --- State --- */

static void
test_state_comes_back (void)
{
  BtfwEndpoint       external = make_endpoint ("77.66.55.44:1"), found;
  World              world, other_world;
  DhtNode           *node = make_node (&world);
  DhtNode           *other = make_node (&other_world);
  g_autoptr (GBytes) bytes = NULL;

  dht_node_set_external (node, &external);
  fill_table (node, &world);
  bytes = dht_state_write (node);
  g_assert_true (dht_state_read (other, bytes, NULL));
  g_assert_true (dht_id_equal (&dht_node_get_table (node, TRUE)->own, &dht_node_get_table (other, TRUE)->own));
  g_assert_true (dht_node_get_external (other, TRUE, &found) && btfw_endpoint_same_host (&found, &external));
  /* It asks those that it has been told of. */
  dht_node_tick (other);
  g_assert_cmpuint (other_world.n_sent, >, 0);
  dht_node_free (node);
  dht_node_free (other);
}

static void
test_damaged_state_is_refused (void)
{
  World              world;
  DhtNode           *node = make_node (&world);
  g_autoptr (GBytes) bytes = NULL;

  fill_table (node, &world);
  bytes = dht_state_write (node);
  for (gsize size = 0; size < g_bytes_get_size (bytes); size++)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, size);
      g_autoptr (GError) error = NULL;

      g_assert_false (dht_state_read (node, part, &error));
      g_assert_nonnull (error);
    }
  dht_node_free (node);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/dht/ids/go-with-addresses", test_ids_go_with_addresses);
  g_test_add_func ("/dht/ids/local-addresses-are-exempt", test_local_addresses_are_exempt);
  g_test_add_func ("/dht/ids/distances", test_distances);
  g_test_add_func ("/dht/messages/queries-come-back", test_queries_come_back);
  g_test_add_func ("/dht/messages/announces-come-back", test_announces_come_back);
  g_test_add_func ("/dht/messages/replies-come-back", test_replies_come_back);
  g_test_add_func ("/dht/messages/garbage-is-dropped", test_garbage_is_dropped);
  g_test_add_func ("/dht/messages/damaged", test_damaged_messages);
  g_test_add_func ("/dht/messages/uneven-lists-are-left-out", test_uneven_lists_are_left_out);
  g_test_add_func ("/dht/table/bucket-takes-one-of-a-block", test_bucket_takes_one_of_a_block);
  g_test_add_func ("/dht/table/one-host-has-one-place", test_one_host_has_one_place);
  g_test_add_func ("/dht/table/spares-replace-the-silent", test_spares_replace_the_silent);
  g_test_add_func ("/dht/table/secure-ones-come-first", test_secure_ones_come_first);
  g_test_add_func ("/dht/table/empty-buckets-are-looked-into", test_empty_buckets_are_looked_into);
  g_test_add_func ("/dht/store/is-bounded", test_store_is_bounded);
  g_test_add_func ("/dht/store/one-host-does-not-fill-it", test_one_host_does_not_fill_it);
  g_test_add_func ("/dht/tokens", test_tokens);
  g_test_add_func ("/dht/budget/loud-sources-are-ignored", test_loud_sources_are_ignored);
  g_test_add_func ("/dht/budget/answers-have-a-rate", test_answers_have_a_rate);
  g_test_add_func ("/dht/node/strangers-get-three-times-their-query", test_strangers_get_three_times_their_query);
  g_test_add_func ("/dht/node/a-ping-counts", test_a_ping_counts);
  g_test_add_func ("/dht/node/announce-and-find", test_announce_and_find);
  g_test_add_func ("/dht/node/read-only-answers-nobody", test_read_only_answers_nobody);
  g_test_add_func ("/dht/node/flood-is-answered-within-the-budget", test_flood_is_answered_within_the_budget);
  g_test_add_func ("/dht/node/many-torrents-begin-one-after-the-other", test_many_torrents_begin_one_after_the_other);
  g_test_add_func ("/dht/state/comes-back", test_state_comes_back);
  g_test_add_func ("/dht/state/damaged-is-refused", test_damaged_state_is_refused);
  return g_test_run ();
}
