/* lab-private.c: what a private torrent says to whom in ten minutes (BEP 27, CASES F13). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#include "net/net.h"
#include "swarm/discovery-set.h"

#include <string.h>

#define N_NODES 3u
#define TIME SECONDS (600)

GType btfw_plugin_discovery_dht_get_type (void);
GType btfw_plugin_extension_pex_get_type (void);

typedef struct _World World;

/* A client with all that finds peers, and its UDP port. */
typedef struct
{
  World        *world;
  LabNode      *node;
  BtfwDatagram *datagram;
  BtfwNet      *net;
} Client;

struct _World
{
  Lab        *lab;
  BtfwPlugins *plugins;
  Client      clients[N_NODES];
  guint       n_datagrams;
  guint       n_calls; /* of the plugin below */
};

/* --- A plugin that notes what it hears of --- */

static World *noted;

#define TYPE_EAR (ear_get_type ())
G_DECLARE_FINAL_TYPE (Ear, ear, TEST, EAR, GObject)

struct _Ear
{
  GObject parent_instance;
};

static void ear_iface_init (BtfwDiscoveryInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (Ear, ear, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (BTFW_TYPE_DISCOVERY, ear_iface_init));

static gboolean
ear_start (BtfwDiscovery *self, BtfwNet *net, BtfwClock *clock, const char *state_dir, GError **error)
{
  noted->n_calls++;
  return TRUE;
}

static void
ear_note (BtfwDiscovery *self, BtfwSwarmView *torrent)
{
  noted->n_calls++;
}

static void
ear_iface_init (BtfwDiscoveryInterface *iface)
{
  iface->start = ear_start;
  iface->torrent_added = ear_note;
  iface->torrent_removed = ear_note;
  iface->peers_wanted = ear_note;
}

static void
ear_class_init (EarClass *klass)
{
}

static void
ear_init (Ear *self)
{
}

/* --- Clients --- */

static void
on_send (const guint8 *data, gsize size, const BtfwAddress *to, gpointer user_data)
{
  Client *from = user_data;
  World  *world = from->world;

  world->n_datagrams++;
  for (guint i = 0; i < N_NODES; i++)
    if (world->clients[i].node != NULL && memcmp (world->clients[i].node->address.ip, to->ip, sizeof to->ip) == 0)
      {
        BtfwAddress source = from->node->address;

        source.port = 6881;
        btfw_datagram_deliver (world->clients[i].datagram, data, size, &source);
      }
}

static void
on_notice (gpointer user_data, const char *text)
{
  g_error ("%s", text);
}

static void
add_extensions (BtfwExtensionSet *set)
{
  g_assert_true (btfw_extension_set_add (set, g_object_new (btfw_plugin_extension_pex_get_type (), NULL),
                                         BTFW_PLUGIN_EXCHANGES_PEERS, NULL));
}

static void
add_client (World *world, guint i, gboolean has_all)
{
  g_auto (GStrv)    specs = g_strsplit ("dht;ear", ";", 0);
  const LabNodeSpec spec = { .has_all = has_all, .upload = 20 * KIB, .add_extensions = add_extensions };
  Client           *client = &world->clients[i];

  client->world = world;
  client->node = lab_add_idle (world->lab, &spec);
  client->datagram = btfw_datagram_new_virtual (world->lab->loop, 6881, on_send, client);
  client->net = btfw_net_new_virtual (world->lab->loop, client->datagram);
  client->node->resources.discovery = btfw_discovery_set_new (world->lab->loop, world->plugins, client->net, specs, NULL,
                                                              on_notice, NULL);
  btfw_swarm_begin (client->node->swarm);
}

static World *
world_new (gboolean is_private)
{
  World                 *self = g_new0 (World, 1);
  g_autoptr (BtfwConfig) config = btfw_config_new ();

  noted = self;
  self->lab = lab_new (1, 16 * MIB, 64 * KIB);
  self->plugins = btfw_plugins_new (config);
  if (is_private)
    lab_make_private (self->lab);
  for (guint i = 0; i < N_NODES; i++)
    add_client (self, i, i == 0);
  lab_dial (self->clients[0].node, self->clients[1].node);
  lab_dial (self->clients[0].node, self->clients[2].node);
  return self;
}

static void
world_free (World *self)
{
  for (guint i = 0; i < N_NODES; i++)
    lab_node_stop (self->clients[i].node);
  for (guint i = 0; i < N_NODES; i++)
    g_assert_true (lab_run_until (self->lab, lab_node_is_stopped, self->clients[i].node, SECONDS (60)));
  for (guint i = 0; i < N_NODES; i++)
    {
      lab_node_remove (self->clients[i].node);
      g_clear_pointer (&self->clients[i].node->resources.discovery, btfw_discovery_set_free);
    }
  lab_free (self->lab);
  for (guint i = 0; i < N_NODES; i++)
    btfw_net_unref (self->clients[i].net);
  g_object_unref (self->plugins);
  g_free (self);
}

/* --- Ten minutes --- */

/* One that can do everything, so that whatever would be said is said to it. */
static LabPeer *
add_listener (LabNode *node)
{
  static const LabPeerSpec spec = { .is_silent = TRUE, .features = BTFW_FEATURE_EXTENSION | BTFW_FEATURE_FAST | BTFW_FEATURE_DHT };
  static const char        greeting[] = "d1:md6:ut_pexi9eee";
  LabPeer                 *peer = lab_peer_new (node, 100, &spec);

  btfw_wire_put_extended (peer->out, 0, (const guint8 *) greeting, strlen (greeting));
  lab_peer_flush (peer);
  return peer;
}

static void
listen_for (World *world, LabPeer *listener, gint64 time)
{
  static const guint8 keep_alive[4];

  for (gint64 end = lab_get_time (world->lab) + time; lab_get_time (world->lab) < end;)
    {
      lab_run (world->lab, SECONDS (60));
      g_assert_nonnull (listener->stream);
      g_byte_array_append (listener->out, keep_alive, sizeof keep_alive);
      lab_peer_flush (listener);
    }
}

static void
test_private (void)
{
  World   *world = world_new (TRUE);
  LabPeer *listener;

  lab_run (world->lab, SECONDS (1));
  listener = add_listener (world->clients[0].node);
  listen_for (world, listener, TIME);
  g_assert_cmpuint (world->n_datagrams, ==, 0);
  g_assert_cmpuint (world->n_calls, ==, 0);
  g_assert_cmpuint (listener->n_heard[BTFW_WIRE_EXTENDED], <=, 1); /* the greeting */
  g_assert_cmpuint (listener->n_heard[BTFW_WIRE_PORT], ==, 0);
  for (guint i = 1; i < N_NODES; i++)
    {
      LabNode *other = world->clients[3 - i].node;

      g_assert_null (btfw_candidates_find (&world->clients[i].node->swarm->candidates, &other->address));
      g_assert_cmpuint (world->clients[i].node->swarm->map.have.n_set, >, 0);
    }
  lab_peer_free (listener);
  world_free (world);
}

/* So that the ears are known to hear: the same, if it is not private. */
static void
test_public (void)
{
  World   *world = world_new (FALSE);
  LabPeer *listener;

  lab_run (world->lab, SECONDS (1));
  listener = add_listener (world->clients[0].node);
  listen_for (world, listener, TIME);
  g_test_message ("%u datagrams, %u extension messages", world->n_datagrams, listener->n_heard[BTFW_WIRE_EXTENDED]);
  g_assert_cmpuint (world->n_datagrams, >, 10);
  g_assert_cmpuint (world->n_calls, >=, 2 * N_NODES);
  g_assert_cmpuint (listener->n_heard[BTFW_WIRE_EXTENDED], >, 1);
  g_assert_cmpuint (listener->n_heard[BTFW_WIRE_PORT], ==, 1);
  g_assert_nonnull (btfw_candidates_find (&world->clients[1].node->swarm->candidates, &world->clients[2].node->address));
  lab_peer_free (listener);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_assert_true (btfw_plugins_register ("discovery", "dht", btfw_plugin_discovery_dht_get_type (), NULL));
  g_assert_true (btfw_plugins_register ("discovery", "ear", TYPE_EAR, NULL));
  g_test_add_func ("/lab/private/ten-minutes", test_private);
  g_test_add_func ("/lab/private/ten-minutes-in-public", test_public);
  return g_test_run ();
}
