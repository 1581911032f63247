/* discovery.c: the interface of discovery plugins, and what they may do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/border.h"
#include "plugin/watch.h"
#include "swarm/swarm.h"
#include "swarm/views.h"

#include <btfw/btfw-discovery.h>
#include <glib/gi18n-lib.h>

static guint notice_signal;

G_DEFINE_INTERFACE (BtfwDiscovery, btfw_discovery, G_TYPE_OBJECT);

static void
btfw_discovery_default_init (BtfwDiscoveryInterface *iface)
{
  notice_signal = g_signal_new ("notice", BTFW_TYPE_DISCOVERY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_STRING);
}

void
btfw_discovery_notice (BtfwDiscovery *self, const char *text)
{
  g_return_if_fail (BTFW_IS_DISCOVERY (self));
  g_return_if_fail (text != NULL);

  g_signal_emit (self, notice_signal, 0, text);
}

gboolean
btfw_discovery_start (BtfwDiscovery *self, BtfwNet *net, BtfwClock *clock, const char *state_dir, GError **error)
{
  gboolean ok;

  g_return_val_if_fail (BTFW_IS_DISCOVERY (self), FALSE);
  g_return_val_if_fail (net != NULL && clock != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  btfw_watch_enter (self, "start");
  ok = BTFW_DISCOVERY_GET_IFACE (self)->start (self, net, clock, state_dir, error);
  btfw_watch_leave ();
  return btfw_border_settle (self, "start", ok, BTFW_ERROR, BTFW_ERROR_PLUGIN, error);
}

void
btfw_discovery_stop (BtfwDiscovery *self)
{
  BtfwDiscoveryInterface *iface;

  g_return_if_fail (BTFW_IS_DISCOVERY (self));

  iface = BTFW_DISCOVERY_GET_IFACE (self);
  if (iface->stop != NULL)
    {
      btfw_watch_enter (self, "stop");
      iface->stop (self);
      btfw_watch_leave ();
    }
}

void
btfw_discovery_torrent_added (BtfwDiscovery *self, BtfwSwarmView *torrent)
{
  g_return_if_fail (BTFW_IS_DISCOVERY (self));
  g_return_if_fail (torrent != NULL);

  btfw_watch_enter (self, "torrent_added");
  BTFW_DISCOVERY_GET_IFACE (self)->torrent_added (self, torrent);
  btfw_watch_leave ();
}

void
btfw_discovery_torrent_removed (BtfwDiscovery *self, BtfwSwarmView *torrent)
{
  g_return_if_fail (BTFW_IS_DISCOVERY (self));
  g_return_if_fail (torrent != NULL);

  btfw_watch_enter (self, "torrent_removed");
  BTFW_DISCOVERY_GET_IFACE (self)->torrent_removed (self, torrent);
  btfw_watch_leave ();
}

void
btfw_discovery_peers_wanted (BtfwDiscovery *self, BtfwSwarmView *torrent)
{
  BtfwDiscoveryInterface *iface;

  g_return_if_fail (BTFW_IS_DISCOVERY (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_DISCOVERY_GET_IFACE (self);
  if (iface->peers_wanted != NULL)
    {
      btfw_watch_enter (self, "peers_wanted");
      iface->peers_wanted (self, torrent);
      btfw_watch_leave ();
    }
}

void
btfw_discovery_add_node (BtfwDiscovery *self, const BtfwEndpoint *node)
{
  BtfwDiscoveryInterface *iface;

  g_return_if_fail (BTFW_IS_DISCOVERY (self));
  g_return_if_fail (node != NULL);

  iface = BTFW_DISCOVERY_GET_IFACE (self);
  if (iface->add_node != NULL)
    {
      btfw_watch_enter (self, "add_node");
      iface->add_node (self, node);
      btfw_watch_leave ();
    }
}

guint16
btfw_discovery_get_node_port (BtfwDiscovery *self, GSocketFamily family)
{
  BtfwDiscoveryInterface *iface;
  guint16                 port;

  g_return_val_if_fail (BTFW_IS_DISCOVERY (self), 0);

  iface = BTFW_DISCOVERY_GET_IFACE (self);
  if (iface->get_node_port == NULL)
    return 0;
  btfw_watch_enter (self, "get_node_port");
  port = iface->get_node_port (self, family);
  btfw_watch_leave ();
  return port;
}

GVariant *
btfw_discovery_get_status (BtfwDiscovery *self)
{
  BtfwDiscoveryInterface *iface;
  GVariant               *status;

  g_return_val_if_fail (BTFW_IS_DISCOVERY (self), NULL);

  iface = BTFW_DISCOVERY_GET_IFACE (self);
  if (iface->get_status == NULL)
    return NULL;
  btfw_watch_enter (self, "get_status");
  status = iface->get_status (self);
  btfw_watch_leave ();
  return status == NULL ? NULL : g_variant_ref_sink (status);
}

void
btfw_discovery_look_up_async (BtfwDiscovery      *self,
                              const guint8       *info_hash,
                              GCancellable       *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer            user_data)
{
  BtfwDiscoveryInterface *iface;

  g_return_if_fail (BTFW_IS_DISCOVERY (self));
  g_return_if_fail (info_hash != NULL);

  iface = BTFW_DISCOVERY_GET_IFACE (self);
  if (iface->look_up_async != NULL && iface->look_up_finish != NULL)
    {
      btfw_watch_enter (self, "look_up_async");
      iface->look_up_async (self, info_hash, cancellable, callback, user_data);
      btfw_watch_leave ();
    }
  else
    g_task_report_new_error (self, callback, user_data, btfw_discovery_look_up_async, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED,
                             _("this plugin cannot be asked for a single hash"));
}

GVariant *
btfw_discovery_look_up_finish (BtfwDiscovery *self, GAsyncResult *result, GError **error)
{
  GVariant *found;

  g_return_val_if_fail (BTFW_IS_DISCOVERY (self), NULL);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  if (g_async_result_is_tagged (result, btfw_discovery_look_up_async))
    return g_task_propagate_pointer (G_TASK (result), error);
  btfw_watch_enter (self, "look_up_finish");
  found = BTFW_DISCOVERY_GET_IFACE (self)->look_up_finish (self, result, error);
  btfw_watch_leave ();
  btfw_border_settle (self, "look_up_finish", found != NULL, BTFW_ERROR, BTFW_ERROR_PLUGIN, error);
  return found;
}

gboolean
btfw_discovery_add_candidate (BtfwDiscovery      *self,
                              BtfwSwarmView      *torrent,
                              const BtfwEndpoint *from,
                              const BtfwEndpoint *endpoint,
                              BtfwCandidateFlags  flags)
{
  BtfwSwarm     *swarm;
  BtfwCandidate *candidate;

  g_return_val_if_fail (BTFW_IS_DISCOVERY (self), FALSE);
  g_return_val_if_fail (torrent != NULL && endpoint != NULL, FALSE);

  swarm = btfw_swarm_view_peek (torrent);
  if (swarm == NULL || btfw_swarm_is_private (swarm))
    return FALSE;
  if (btfw_address_is_local (endpoint) && (from == NULL || !btfw_address_is_local (from)))
    return FALSE;

  candidate = btfw_candidates_add (&swarm->candidates, endpoint, BTFW_SOURCE_DISCOVERY);
  if (candidate == NULL)
    return FALSE;
  candidate->flags |= (guint8) flags;
  btfw_dialing_wake (&swarm->dialing);
  return TRUE;
}
