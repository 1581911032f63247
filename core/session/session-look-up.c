/* session-look-up.c: peers that a person looks for, without a torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "session/session-private.h"
#include "swarm/discovery-set.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* On the loop's thread, from a plugin. */
static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BtfwCall *call = user_data;

  call->variant = btfw_discovery_look_up_finish (BTFW_DISCOVERY (source), result, &call->error);
  btfw_hub_reply (call);
}

static BtfwDiscovery *
find_plugin (BtfwCall *call)
{
  BtfwDiscoverySet *set = btfw_hub_get_engine (call->hub)->resources.discovery;

  if (set == NULL)
    return NULL;

  btfw_discovery_set_load (set);
  for (guint i = 0; i < btfw_discovery_set_get_n (set); i++)
    if (strcmp (btfw_discovery_set_get_name (set, i), call->text) == 0)
      return btfw_discovery_set_get (set, i);
  return NULL;
}

static void
run_look_up (BtfwCall *call)
{
  BtfwDiscovery *plugin = find_plugin (call);

  if (plugin == NULL)
    g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                 _("the discovery plugin “%s” is not in use; “btfw inspect discovery-%s” says whether it is installed, "
                   "and session.discovery in the keyfile which are used"),
                 call->text, call->text);
  else if (BTFW_DISCOVERY_GET_IFACE (plugin)->look_up_async == NULL)
    g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_FAILED, _("the discovery plugin “%s” cannot look things up"), call->text);
  else
    {
      if (!call->numbers[0])
        btfw_net_make_secret (btfw_network_get_net (btfw_hub_get_engine (call->hub)->resources.network), call->hash, sizeof call->hash);
      btfw_discovery_look_up_async (plugin, call->hash, call->cancellable, on_looked_up, call);
      return;
    }
  btfw_hub_reply (call);
}

static void
reply_look_up (BtfwCall *call)
{
  if (!btfw_session_return_error (call))
    g_task_return_pointer (call->task, g_steal_pointer (&call->variant), (GDestroyNotify) g_variant_unref);
}

void
btfw_session_look_up_async (BtfwSession        *self,
                            const char         *plugin,
                            BtfwInfoHash       *info_hash,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_SESSION (self));
  g_return_if_fail (plugin != NULL);
  g_return_if_fail (btfw_session_is_started (self));

  call = btfw_session_new_call (self, btfw_session_look_up_async, run_look_up, reply_look_up, cancellable, callback, user_data);
  call->text = g_strdup (plugin);
  btfw_call_make_cancellable (call, cancellable);
  call->numbers[0] = info_hash != NULL;
  if (info_hash != NULL)
    memcpy (call->hash, btfw_info_hash_get_short (info_hash), sizeof call->hash);
  btfw_hub_call (call->hub, call);
}

GVariant *
btfw_session_look_up_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
