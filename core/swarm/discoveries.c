/* discoveries.c: where one torrent looks for peers beside its trackers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/discoveries.h"

#include "swarm/peer.h"
#include "swarm/swarm.h"
#include "swarm/views.h"

/* Plugins hear not more often that peers are wanted. */
#define WANTED_INTERVAL (60 * G_USEC_PER_SEC)
/* A torrent may name any number of nodes. */
#define NODES_MAX 32
/* How often a peer may name its node. */
#define PORTS_MAX 4

/* --- Nodes that the torrent names --- */

static void
on_resolved (const BtfwAddress *addresses, guint n, const GError *error, gpointer user_data)
{
  BtfwSwarm *swarm = user_data;

  BtfwNet   *net = btfw_network_get_net (swarm->resources->network);

  for (guint i = 0; i < n; i++)
    if (btfw_net_check_endpoint (net, &addresses[i], NULL, BTFW_NET_ORIGIN_TORRENT, NULL))
      btfw_discovery_set_add_node (swarm->resources->discovery, &addresses[i]);
}

static void
add_nodes (BtfwSwarm *swarm)
{
  const char *const *nodes = swarm->metainfo == NULL ? NULL : btfw_metainfo_get_nodes (swarm->metainfo);

  for (guint i = 0; swarm->resources->network != NULL && nodes != NULL && nodes[i] != NULL && i < NODES_MAX; i++)
    {
      g_autoptr (GNetworkAddress) address = G_NETWORK_ADDRESS (g_network_address_parse (nodes[i], 0, NULL));

      if (address != NULL && g_network_address_get_port (address) != 0)
        btfw_network_resolve (swarm->resources->network, g_network_address_get_hostname (address),
                              g_network_address_get_port (address), swarm->discoveries.lookups, on_resolved, swarm);
    }
}

/* --- The torrent --- */

void
btfw_discoveries_start (BtfwSwarm *swarm)
{
  BtfwDiscoveries  *self = &swarm->discoveries;
  BtfwDiscoverySet *set = swarm->resources->discovery;

  if (self->views != NULL || set == NULL || btfw_swarm_is_private (swarm))
    return;
  btfw_discovery_set_load (set);
  self->n = btfw_discovery_set_get_n (set);
  if (self->n == 0)
    return;

  self->views = g_new0 (BtfwSwarmView *, self->n);
  self->lookups = g_cancellable_new ();
  for (guint i = 0; i < self->n; i++)
    {
      BtfwDiscovery *plugin = btfw_discovery_set_get (set, i);

      self->views[i] = btfw_swarm_view_new (swarm, G_OBJECT_TYPE_NAME (plugin));
      btfw_discovery_torrent_added (plugin, self->views[i]);
    }
  add_nodes (swarm);
}

void
btfw_discoveries_stop (BtfwSwarm *swarm)
{
  BtfwDiscoveries *self = &swarm->discoveries;

  if (self->views == NULL)
    return;

  g_cancellable_cancel (self->lookups);
  for (guint i = 0; i < self->n; i++)
    {
      btfw_discovery_torrent_removed (btfw_discovery_set_get (swarm->resources->discovery, i), self->views[i]);
      btfw_swarm_view_kill (self->views[i]);
    }
  g_clear_pointer (&self->views, g_free);
  g_clear_object (&self->lookups);
  self->n = 0;
}

void
btfw_discoveries_want_peers (BtfwSwarm *swarm)
{
  BtfwDiscoveries *self = &swarm->discoveries;
  gint64           now = btfw_loop_get_time (swarm->resources->loop);

  if (self->views == NULL || (self->asked != 0 && now - self->asked < WANTED_INTERVAL))
    return;
  self->asked = now;
  for (guint i = 0; i < self->n; i++)
    btfw_discovery_peers_wanted (btfw_discovery_set_get (swarm->resources->discovery, i), self->views[i]);
}

/* --- What peers and we say of our nodes --- */

gboolean
btfw_discoveries_has_node (BtfwSwarm *swarm)
{
  BtfwDiscoverySet *set = swarm->resources->discovery;

  return swarm->discoveries.views != NULL && (btfw_discovery_set_get_node_port (set, G_SOCKET_FAMILY_IPV4) != 0 ||
                                              btfw_discovery_set_get_node_port (set, G_SOCKET_FAMILY_IPV6) != 0);
}

guint16
btfw_discoveries_get_node_port (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  if (swarm->discoveries.views == NULL)
    return 0;
  return btfw_discovery_set_get_node_port (swarm->resources->discovery,
                                           btfw_address_is_v4 (&peer->address) ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
}

void
btfw_discoveries_on_port (BtfwSwarm *swarm, BtfwPeer *peer, guint16 port)
{
  BtfwAddress node = peer->address;

  node.port = port;
  if (swarm->discoveries.views == NULL || peer->n_ports >= PORTS_MAX || !btfw_address_is_usable (&node))
    return;
  peer->n_ports++;
  btfw_discovery_set_add_node (swarm->resources->discovery, &node);
}
