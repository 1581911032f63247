/* dht-simulation.c: thousands of DHT nodes in one process, in virtual time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "node.h"

#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)
#define TORRENT_PORT 7000
#define NODE_PORT 6881
/* The first hosts are there to begin at, and stay. */
#define N_ROUTERS 20

/* What others do to whoever asks. */
typedef enum
{
  HONEST,
  LIAR, /* names nodes that do not exist, near whatever is looked for, and peers that are not there */
} Manners;

typedef struct _Simulation Simulation;

typedef struct
{
  Simulation  *simulation;
  BtfwEndpoint endpoint;
  Manners      manners;
  gboolean     is_up;
  DhtNode     *node;
  BtfwTimer    timer;
} Host;

/* A packet under way. */
typedef struct
{
  BtfwTimer    timer;
  Simulation  *simulation;
  BtfwEndpoint from;
  BtfwEndpoint to;
  gsize        size;
  guint8       data[];
} Packet;

/* One look-up, and how it went. */
typedef struct
{
  Simulation  *simulation;
  BtfwEndpoint wanted; /* the peer that was announced */
  gint64       began;
  gint64       found; /* 0 for not yet */
  gboolean     is_over;
} Probe;

struct _Simulation
{
  BtfwLoop   *loop;
  BtfwRandom  dice;
  guint       loss; /* percent of packets */
  GPtrArray  *hosts;
  GHashTable *by_endpoint; /* only looked up */
  guint64     trace;       /* a hash of every packet and its time */
  guint64     n_packets;
};

/* --- The network --- */

static void
note (Simulation *self, const guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    self->trace = (self->trace ^ bytes[i]) * G_GUINT64_CONSTANT (0x100000001b3);
}

static void
on_arrival (BtfwTimer *timer)
{
  Packet     *packet = (Packet *) timer;
  Simulation *self = packet->simulation;
  Host       *host = g_hash_table_lookup (self->by_endpoint, &packet->to);

  if (host != NULL && host->is_up)
    {
      gint64 now = btfw_loop_get_time (self->loop);

      note (self, (const guint8 *) &now, sizeof now);
      note (self, packet->data, packet->size);
      dht_node_receive (host->node, packet->data, packet->size, &packet->from);
    }
  g_free (packet);
}

/* Between 10 and 150 ms each way, always the same for two hosts. */
static gint64
get_delay (const BtfwEndpoint *a, const BtfwEndpoint *b)
{
  return 10000 + (btfw_endpoint_hash (a) ^ btfw_endpoint_hash (b)) % 140000;
}

static void
deliver (Simulation *self, const BtfwEndpoint *from, const BtfwEndpoint *to, const guint8 *data, gsize size)
{
  Packet *packet;

  self->n_packets++;
  if (btfw_random_below (&self->dice, 100) < self->loss)
    return;

  packet = g_malloc0 (sizeof *packet + size);
  packet->timer.on_due = on_arrival;
  packet->simulation = self;
  packet->from = *from;
  packet->to = *to;
  packet->size = size;
  memcpy (packet->data, data, size);
  btfw_loop_set_timer (self->loop, &packet->timer, btfw_loop_get_time (self->loop) + get_delay (from, to));
}

/* --- A liar's answers --- */

/* Nodes that are nowhere, with ids as BEP 42 wants them, as near to the target
 * as can be found in some tries. */
static void
make_up_contact (Simulation *self, const DhtId *target, DhtContact *contact)
{
  guint best = 0;

  for (guint i = 0; i < 8; i++)
    {
      guint8       ip[4] = { (guint8) (1 + btfw_random_below (&self->dice, 9)), 0, 0, 0 };
      guint8       random[DHT_ID_SIZE];
      BtfwEndpoint endpoint;
      DhtId        id;

      for (guint byte = 1; byte < 4; byte++)
        ip[byte] = (guint8) btfw_random_below (&self->dice, 256);
      btfw_endpoint_init (&endpoint, ip, 4, NODE_PORT);
      memcpy (random, target->bytes, sizeof random);
      dht_id_make_secure (&id, &endpoint, random);
      if (i > 0 && dht_id_common_bits (target, &id) <= best)
        continue;
      best = dht_id_common_bits (target, &id);
      *contact = (DhtContact){ .id = id, .endpoint = endpoint };
    }
}

static gboolean
lie (Host *host, const BtfwEndpoint *to, const DhtMessage *query)
{
  Simulation           *self = host->simulation;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  DhtContact            contacts[DHT_K];
  BtfwEndpoint          peers[4];
  DhtToken              token = { .size = 4, .bytes = "liar" };
  DhtAnswer             answer = { .id = &dht_node_get_table (host->node, TRUE)->own, .token = &token, .v4 = contacts, .n_v4 = DHT_K };

  for (guint i = 0; i < DHT_K; i++)
    make_up_contact (self, &query->target, &contacts[i]);
  if (query->method == DHT_GET_PEERS)
    {
      for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
        peers[i] = contacts[i].endpoint;
      answer.values = peers;
      answer.n_values = G_N_ELEMENTS (peers);
    }
  dht_message_write_reply (out, query, &answer, to);
  deliver (self, &host->endpoint, to, out->data, out->len);
  return TRUE;
}

/* A liar looks honest until it is asked for something. */
static gboolean
is_lied_to (Host *host, const BtfwEndpoint *to, const guint8 *data, gsize size)
{
  Host      *asker = g_hash_table_lookup (host->simulation->by_endpoint, to);
  DhtMessage reply;

  return host->manners == LIAR && asker != NULL && asker->manners == HONEST &&
         dht_message_parse (&reply, data, size) && reply.kind == DHT_REPLY && reply.n_contacts > 0;
}

/* --- What a node needs --- */

static gint64
host_get_time (gpointer world)
{
  return btfw_loop_get_time (((Host *) world)->simulation->loop);
}

static void
host_make_secret (gpointer world, guint8 *bytes, gsize size)
{
  Host *host = world;

  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) btfw_random_below (&host->simulation->dice, 256);
}

static guint32
host_random (gpointer world, guint32 n)
{
  return btfw_random_below (&((Host *) world)->simulation->dice, n);
}

static gboolean
host_send (gpointer world, const BtfwEndpoint *to, const guint8 *data, gsize size)
{
  Host      *host = world;
  DhtMessage reply;

  g_assert_cmpuint (size, <=, DHT_MESSAGE_MAX);
  if (is_lied_to (host, to, data, size))
    {
      DhtMessage query = { .kind = DHT_QUERY, .method = DHT_GET_PEERS };

      /* What was asked for stands in the honest answer: its nearest nodes. */
      dht_message_parse (&reply, data, size);
      query.target = reply.contacts[0].id;
      query.transaction_size = reply.transaction_size;
      memcpy (query.transaction, reply.transaction, sizeof query.transaction);
      return lie (host, to, &query);
    }
  deliver (host->simulation, &host->endpoint, to, data, size);
  return TRUE;
}

static void
on_host_timer (BtfwTimer *timer)
{
  Host *host = (Host *) ((guint8 *) timer - G_STRUCT_OFFSET (Host, timer));

  if (host->is_up)
    dht_node_tick (host->node);
}

static void
host_set_timer (gpointer world, gint64 due)
{
  Host *host = world;

  btfw_loop_set_timer (host->simulation->loop, &host->timer, due);
}

static const DhtWorld host_world = {
  .get_time = host_get_time,
  .make_secret = host_make_secret,
  .random = host_random,
  .send = host_send,
  .set_timer = host_set_timer,
};

static void
on_peer (gpointer owner, gpointer tag, const BtfwEndpoint *from, const BtfwEndpoint *peer)
{
  Probe *probe = tag;

  if (probe->simulation != NULL && probe->found == 0 && btfw_endpoint_equal (peer, &probe->wanted))
    probe->found = btfw_loop_get_time (probe->simulation->loop);
}

static void
on_searched (gpointer owner, gpointer tag)
{
  Probe *probe = tag;

  probe->is_over = TRUE;
}

static const DhtNodeFuncs host_funcs = { .on_peer = on_peer, .on_searched = on_searched };

/* --- Hosts --- */

static Simulation *
simulation_new (guint64 seed, guint loss)
{
  Simulation *self = g_new0 (Simulation, 1);

  self->loop = btfw_loop_new_virtual (seed);
  btfw_loop_fork_random (self->loop, "dht", &self->dice);
  self->loss = loss;
  self->hosts = g_ptr_array_new ();
  self->by_endpoint = g_hash_table_new ((GHashFunc) btfw_endpoint_hash, (GEqualFunc) btfw_endpoint_equal);
  self->trace = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  return self;
}

static void
run (Simulation *self, gint64 time)
{
  btfw_loop_advance (self->loop, btfw_loop_get_time (self->loop) + time);
}

/* Knows @known, as whoever was told where to begin. Those at which others begin are
 * not strangers to one another: a node keeps where it began out of its table, and
 * they would be islands. */
static Host *
add_host (Simulation *self, Manners manners, const Host *known)
{
  Host  *host = g_new0 (Host, 1);
  guint8 ip[4];

  host->simulation = self;
  host->manners = manners;
  do
    {
      /* Public ones: none of these is reserved. */
      ip[0] = (guint8) (11 + btfw_random_below (&self->dice, 80));
      for (guint i = 1; i < 4; i++)
        ip[i] = (guint8) btfw_random_below (&self->dice, 256);
      btfw_endpoint_init (&host->endpoint, ip, 4, NODE_PORT);
    }
  while (g_hash_table_contains (self->by_endpoint, &host->endpoint));

  host->timer.on_due = on_host_timer;
  host->is_up = TRUE;
  host->node = dht_node_new (&host_world, host, &host_funcs, host);
  dht_node_set_external (host->node, &host->endpoint);
  dht_node_set_families (host->node, TRUE, FALSE);
  if (known != NULL)
    dht_node_add_hint (host->node, &known->endpoint, self->hosts->len >= N_ROUTERS);
  g_ptr_array_add (self->hosts, host);
  g_hash_table_insert (self->by_endpoint, &host->endpoint, host);
  return host;
}

static Host *
get_host (Simulation *self, guint i)
{
  return g_ptr_array_index (self->hosts, i);
}

static Host *
draw_host (Simulation *self, Manners manners)
{
  Host *host;

  do
    host = get_host (self, btfw_random_below (&self->dice, self->hosts->len));
  while (!host->is_up || host->manners != manners);
  return host;
}

static void
simulation_free (Simulation *self)
{
  for (guint i = 0; i < self->hosts->len; i++)
    {
      Host *host = get_host (self, i);

      host->is_up = FALSE;
      btfw_loop_clear_timer (self->loop, &host->timer);
    }
  /* What is under way arrives nowhere. */
  run (self, SECONDS (1));
  for (guint i = 0; i < self->hosts->len; i++)
    {
      dht_node_free (get_host (self, i)->node);
      g_free (get_host (self, i));
    }
  g_ptr_array_unref (self->hosts);
  g_hash_table_unref (self->by_endpoint);
  btfw_loop_free (self->loop);
  g_free (self);
}

/* They come one after another, each told of a random one that is there. */
static Simulation *
populate (guint64 seed, guint n_hosts, guint loss, guint percent_liars)
{
  Simulation *self = simulation_new (seed, loss);

  for (guint i = 0; i < n_hosts; i++)
    {
      const Host *known = i == 0 ? NULL : get_host (self, btfw_random_below (&self->dice, MIN (i, N_ROUTERS)));

      add_host (self, i >= N_ROUTERS && i % 100 < percent_liars ? LIAR : HONEST, known);
      run (self, SECONDS (1) / 10);
    }
  run (self, SECONDS (120));
  return self;
}

/* --- Look-ups --- */

typedef struct
{
  guint   n_found;
  guint   n_probes;
  gint64 *times; /* of those that found it, sorted */
} Outcome;

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static void
make_id (Simulation *self, DhtId *id)
{
  for (guint i = 0; i < DHT_ID_SIZE; i++)
    id->bytes[i] = (guint8) btfw_random_below (&self->dice, 256);
}

/* One node announces, some others look for it. */
static void
probe_once (Simulation *self, Outcome *outcome)
{
  Probe  announcing = { 0 };
  Probe  probe = { .simulation = self };
  Host  *announcer = draw_host (self, HONEST);
  Host  *asker;
  DhtId  info_hash;

  make_id (self, &info_hash);
  dht_node_add_torrent (announcer->node, &info_hash, TORRENT_PORT, &announcing);
  run (self, SECONDS (5));
  for (guint i = 0; i < 120 && dht_node_get_n_lookups (announcer->node) > 0; i++)
    run (self, SECONDS (1));

  do
    asker = draw_host (self, HONEST);
  while (asker == announcer);
  probe.wanted = announcer->endpoint;
  probe.wanted.port = TORRENT_PORT;
  probe.began = btfw_loop_get_time (self->loop);
  dht_node_search (asker->node, &info_hash, &probe);
  for (guint i = 0; i < 60 && !probe.is_over; i++)
    run (self, SECONDS (1));
  g_assert_true (probe.is_over);

  dht_node_remove_torrent (announcer->node, &announcing);
  if (probe.found != 0)
    outcome->times[outcome->n_found++] = probe.found - probe.began;
  outcome->n_probes++;
}

/* Somebody leaves without a word, and somebody else of that kind comes. */
static void
churn (Simulation *self)
{
  Host *leaver;

  do
    leaver = get_host (self, N_ROUTERS + btfw_random_below (&self->dice, self->hosts->len - N_ROUTERS));
  while (!leaver->is_up);
  leaver->is_up = FALSE;
  btfw_loop_clear_timer (self->loop, &leaver->timer);
  add_host (self, leaver->manners, get_host (self, btfw_random_below (&self->dice, N_ROUTERS)));
}

static Outcome
probe_many (Simulation *self, guint n_probes)
{
  Outcome outcome = { .times = g_new0 (gint64, n_probes) };

  for (guint i = 0; i < n_probes; i++)
    {
      for (guint n = 0; n < MAX (self->hosts->len / 400, 1); n++)
        churn (self);
      probe_once (self, &outcome);
    }
  qsort (outcome.times, outcome.n_found, sizeof *outcome.times, compare_times);
  return outcome;
}

typedef struct
{
  const char *name;
  guint       n_hosts;
  guint       n_probes;
  guint       loss;
  guint       percent_liars;
  guint       percent_found; /* at least */
  gint64      median;        /* at most; 0 for any */
} Case;

static const Case cases[] = {
  { "honest", 300, 100, 10, 0, 99, SECONDS (3) },
  { "half-of-them-lie", 300, 100, 10, 50, 95, 0 },
};

static const Case large_cases[] = {
  { "honest", 2000, 200, 10, 0, 99, SECONDS (3) },
  { "half-of-them-lie", 2000, 200, 10, 50, 95, 0 },
};

/* Any seed will do; BTFW_TEST_SEED takes another. */
static guint64
get_seed (void)
{
  const char *seed = g_getenv ("BTFW_TEST_SEED");

  return seed == NULL ? 1 : g_ascii_strtoull (seed, NULL, 10);
}

static void
test_case (gconstpointer data)
{
  const Case *row = data;
  Simulation *self = populate (get_seed (), row->n_hosts, row->loss, row->percent_liars);
  Outcome     outcome = probe_many (self, row->n_probes);
  gint64      median = outcome.n_found == 0 ? 0 : outcome.times[outcome.n_found / 2];

  g_test_message ("%u nodes, %u %% of them lie, %u %% of packets are lost: %u of %u look-ups found the peer, "
                  "half of them within %.2f s; %" G_GUINT64_FORMAT " packets",
                  row->n_hosts, row->percent_liars, row->loss, outcome.n_found, outcome.n_probes,
                  (double) median / G_USEC_PER_SEC, self->n_packets);
  g_assert_cmpuint (outcome.n_found * 100, >=, outcome.n_probes * row->percent_found);
  g_assert_true (row->median == 0 || median <= row->median);
  g_free (outcome.times);
  simulation_free (self);
}

static guint64
trace_run (guint64 seed)
{
  Simulation *self = populate (seed, 60, 10, 20);
  Outcome     outcome = probe_many (self, 5);
  guint64     trace = self->trace;

  g_free (outcome.times);
  simulation_free (self);
  return trace;
}

static void
test_same_seed_same_trace (void)
{
  guint64 first = trace_run (7);

  g_assert_cmpuint (first, ==, trace_run (7));
  g_assert_cmpuint (first, !=, trace_run (8));
}

static void
add_cases (const char *prefix, const Case *rows, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", prefix, rows[i].name);

      g_test_add_data_func (path, &rows[i], test_case);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  if (g_getenv ("BTFW_TEST_LONG") != NULL)
    {
      add_cases ("/dht/large", large_cases, G_N_ELEMENTS (large_cases));
      return g_test_run ();
    }
  g_test_add_func ("/dht/same-seed-same-trace", test_same_seed_same_trace);
  add_cases ("/dht/small", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
