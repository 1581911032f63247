/* dht.c: a node of the DHT among others who say anything: packets by themselves,
 * answers to what it asked, time that passes, and what it kept of an earlier run. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "base/reader.h"

#include "../../plugins/discovery-dht/node-private.h"
#include "../../plugins/discovery-dht/state.h"

#include <string.h>

#define N_HOSTS 16u
#define N_KNOWN 40u /* others that it may have met */
#define EVENTS_MAX 200u
#define PACKET_MAX 2048u
/* An answer that names others may make us ask some of them, in each search. */
#define PACKETS_MAX 200u

typedef struct
{
  DhtNode     *node;
  gint64       now;
  guint64      dice;
  BtfwEndpoint hosts[N_HOSTS];
  /* What was sent since the last event: */
  guint        n_sent;
  gsize        bytes_to[N_HOSTS];
  /* The last that we asked, and where; the last token that we gave. */
  DhtMessage   asked;
  BtfwEndpoint asked_at;
  DhtToken     token;
  gboolean     is_searching;
} World;

/* --- What the node needs --- */

static gint64
world_get_time (gpointer world)
{
  return ((World *) world)->now;
}

static guint32
roll (World *self)
{
  self->dice = self->dice * G_GUINT64_CONSTANT (6364136223846793005) + 1442695040888963407;
  return (guint32) (self->dice >> 33);
}

static void
world_make_secret (gpointer world, guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) roll (world);
}

static guint32
world_random (gpointer world, guint32 n)
{
  return n == 0 ? 0 : roll (world) % n;
}

/* Whatever it says is a message, and not a long one. */
static gboolean
world_send (gpointer world, const BtfwEndpoint *to, const guint8 *data, gsize size)
{
  World     *self = world;
  DhtMessage message;

  g_assert_cmpuint (size, <=, DHT_MESSAGE_MAX);
  g_assert_true (btfw_endpoint_is_usable (to) || to->port != 0);
  g_assert_true (dht_message_parse (&message, data, size));
  self->n_sent++;
  for (guint i = 0; i < N_HOSTS; i++)
    if (btfw_endpoint_equal (to, &self->hosts[i]))
      self->bytes_to[i] += size;
  if (message.kind == DHT_QUERY)
    {
      self->asked = message;
      self->asked_at = *to;
    }
  else if (message.kind == DHT_REPLY && message.token.size > 0)
    self->token = message.token;
  return roll (self) % 32 != 0;
}

static void
world_set_timer (gpointer world, gint64 due)
{
}

static const DhtWorld world_class = { world_get_time, world_make_secret, world_random, world_send, world_set_timer };

static void
on_peer (gpointer owner, gpointer tag, const BtfwEndpoint *from, const BtfwEndpoint *peer)
{
  g_assert_true (btfw_endpoint_is_usable (peer));
}

static void
on_searched (gpointer owner, gpointer tag)
{
  ((World *) owner)->is_searching = FALSE;
}

static const DhtNodeFuncs node_funcs = { on_peer, on_searched };

/* --- Events --- */

static void
forget_sent (World *self)
{
  self->n_sent = 0;
  memset (self->bytes_to, 0, sizeof self->bytes_to);
}

/* Nobody is sent more than three times what came from there, before it is sure that it is there. */
static void
receive (World *self, guint host, const guint8 *data, gsize size)
{
  const BtfwEndpoint *from = &self->hosts[host];
  gboolean            is_proven = dht_budget_is_proven (&self->node->budget, from, self->now);
  DhtMessage          message;

  forget_sent (self);
  dht_node_receive (self->node, data, size, from);
  if (!is_proven && dht_message_parse (&message, data, size) && message.kind == DHT_QUERY)
    {
      g_assert_cmpuint (self->bytes_to[host], <=, DHT_UNPROVEN_FACTOR * size);
      g_assert_cmpuint (self->n_sent, <=, 2);
    }
  g_assert_cmpuint (self->n_sent, <=, PACKETS_MAX);
}

static guint
find_host (const World *self, const BtfwEndpoint *endpoint)
{
  for (guint i = 0; i < N_HOSTS; i++)
    if (btfw_endpoint_equal (endpoint, &self->hosts[i]))
      return i;
  return N_HOSTS;
}

/* @body: what stands in the dictionary of a reply, behind its id. */
static void
reply_with (World *self, const guint8 *body, gsize size)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint                  host = find_host (self, &self->asked_at);
  guint8                 id[DHT_ID_SIZE];
  guint8                 length[3] = { (guint8) ('0' + self->asked.transaction_size % 10), ':' };

  if (self->asked.transaction_size == 0 || self->asked.transaction_size > 9)
    return;
  for (guint i = 0; i < sizeof id; i++)
    id[i] = (guint8) (self->asked_at.ip[15] * 31 + i);
  g_byte_array_append (out, (const guint8 *) "d1:rd2:id20:", 12);
  g_byte_array_append (out, id, sizeof id);
  g_byte_array_append (out, body, (guint) size);
  g_byte_array_append (out, (const guint8 *) "e1:t", 4);
  g_byte_array_append (out, length, 2);
  g_byte_array_append (out, self->asked.transaction, self->asked.transaction_size);
  g_byte_array_append (out, (const guint8 *) "1:y1:re", 7);
  forget_sent (self);
  dht_node_receive (self->node, out->data, out->len, host < N_HOSTS ? &self->hosts[host] : &self->asked_at);
  g_assert_cmpuint (self->n_sent, <=, PACKETS_MAX);
}

static void
announce_with_token (World *self, guint host, const guint8 *data, gsize size)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  DhtId                  id = { { 7 } };
  DhtId                  info_hash = { { 9 } };

  memcpy (info_hash.bytes, data, MIN (size, DHT_ID_SIZE));
  dht_message_write_announce (out, (const guint8 *) "zz", 2, &id, &info_hash, (guint16) (size * 257), &self->token, size & 1);
  receive (self, host, out->data, out->len);
}

static void
pass_time (World *self, guint8 amount)
{
  /* From a tenth of a second to some hours. */
  self->now += (gint64) 100000 << (amount % 18);
  forget_sent (self);
  dht_node_tick (self->node);
  g_assert_cmpuint (self->n_sent, <=, DHT_TRANSACTIONS_MAX + PACKETS_MAX);
}

static void
search (World *self, const guint8 *data, gsize size)
{
  DhtId wanted = { { 1 } };

  memcpy (wanted.bytes, data, MIN (size, DHT_ID_SIZE));
  if (size % 3 == 0)
    dht_node_cancel_search (self->node, self);
  else if (!self->is_searching)
    dht_node_search (self->node, &wanted, self);
  self->is_searching = size % 3 != 0;
}

/* It has been there for a while, so that it has much to tell. */
static void
meet (World *self)
{
  for (guint i = 0; i < N_KNOWN; i++)
    {
      guint8     ip[4] = { (guint8) (80 + i), 1, 1, 1 };
      DhtContact contact = { .id = { { (guint8) (i * 37), (guint8) i } } };

      btfw_endpoint_init (&contact.endpoint, ip, sizeof ip, 6881);
      dht_table_on_answer (&self->node->families[0].table, &contact, self->now);
    }
}

static void
hear (World *self, guint8 what, const guint8 *data, gsize size)
{
  guint              host = (what >> 3) % N_HOSTS;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  switch (what % 8)
    {
    case 2:
      reply_with (self, data, size);
      break;
    case 3:
      pass_time (self, size == 0 ? 0 : data[0]);
      break;
    case 4:
      dht_node_add_hint (self->node, &self->hosts[host], size & 1);
      if (size > 1)
        meet (self);
      break;
    case 5:
      search (self, data, size);
      break;
    case 6:
      announce_with_token (self, host, data, size);
      break;
    case 7:
      bytes = g_bytes_new (data, size);
      fuzz_check (dht_state_read (self->node, bytes, &error), &error);
      break;
    default:
      receive (self, host, data, size);
    }
}

/* --- What must hold --- */

static void
count_entry (const DhtEntry *entry, guint bucket, gpointer user_data)
{
  g_assert_cmpuint (bucket, <, DHT_ID_BITS);
  g_assert_true (entry->contact.endpoint.port != 0);
  ++*(guint *) user_data;
}

static void
check_node (World *self)
{
  for (guint i = 0; i < 2; i++)
    {
      const DhtTable *table = dht_node_get_table (self->node, i == 0);
      guint           n = 0;

      dht_table_foreach (table, count_entry, &n);
      g_assert_cmpuint (n, ==, table->n_entries);
      g_assert_cmpuint (n, <=, N_HOSTS + N_KNOWN);
    }
  g_assert_cmpuint (self->node->n_transactions, <=, DHT_TRANSACTIONS_MAX);
  g_assert_cmpuint (dht_store_get_n_hashes (self->node->store), <=, DHT_STORE_HASHES_MAX);
  g_assert_cmpuint (dht_node_get_n_lookups (self->node), <=, 64);
}

static World *
world_new (void)
{
  World *self = g_new0 (World, 1);

  self->now = G_USEC_PER_SEC;
  for (guint i = 0; i < N_HOSTS; i++)
    {
      guint8 v4[4] = { (guint8) (40 + i), 1, 1, 1 };
      guint8 v6[16] = { 0x20, 0x01, (guint8) i, 1, [15] = (guint8) i };

      if (i % 4 == 3)
        btfw_endpoint_init (&self->hosts[i], v6, sizeof v6, 6881);
      else
        btfw_endpoint_init (&self->hosts[i], v4, sizeof v4, (guint16) (i == 8 ? 0 : 6881 + i));
    }
  self->node = dht_node_new (&world_class, self, &node_funcs, self);
  dht_node_set_families (self->node, TRUE, TRUE);
  return self;
}

/* What it keeps another one can read. */
static void
check_state (World *self)
{
  g_autoptr (GBytes) kept = dht_state_write (self->node);
  World             *other = world_new ();

  g_assert_cmpuint (g_bytes_get_size (kept), <=, DHT_STATE_SIZE_MAX);
  g_assert_true (dht_state_read (other->node, kept, NULL));
  dht_node_tick (other->node);
  dht_node_free (other->node);
  g_free (other);
}

/* Each event: what it is, its size in two bytes, its bytes. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  World     *self = world_new ();
  BtfwReader reader = { data, size };

  for (guint i = 0; i < EVENTS_MAX && reader.left > 0; i++)
    {
      guint8        what = 0;
      guint16       n = 0;
      const guint8 *bytes = (const guint8 *) "";

      if (!btfw_reader_get_u8 (&reader, &what) || !btfw_reader_get_u16 (&reader, &n))
        break;
      n = (guint16) MIN (MIN (n, reader.left), PACKET_MAX);
      if (n > 0)
        btfw_reader_get_bytes (&reader, n, &bytes);
      hear (self, what, bytes, n);
      check_node (self);
    }
  check_state (self);
  dht_node_free (self->node);
  g_free (self);
  return 0;
}
