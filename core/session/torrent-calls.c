/* torrent-calls.c: what is asked of a torrent and answered: exchanging plugins, moving, listing peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/torrent-private.h"

#include "session/peer-status.h"
#include "session/relocation.h"

#include <glib/gi18n-lib.h>

/* --- Exchange of plugins --- */

static gpointer
create_plugin (BtfwCall *call, const char *kind, BtfwEngineTorrent **torrent)
{
  *torrent = btfw_torrent_find_called (call);
  if (*torrent == NULL)
    {
      g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the torrent was removed"));
      return NULL;
    }
  return btfw_plugins_create (btfw_hub_get_engine (call->hub)->resources.plugins, kind, call->text, &call->error);
}

static void
run_set_picker (BtfwCall *call)
{
  BtfwEngineTorrent *torrent;
  BtfwPicker        *picker = create_plugin (call, "picker", &torrent);

  if (picker != NULL)
    btfw_swarm_set_picker (torrent->swarm, picker);
  btfw_hub_reply (call);
}

static void
run_set_choker (BtfwCall *call)
{
  BtfwEngineTorrent *torrent;
  BtfwChoker        *choker = create_plugin (call, "choker", &torrent);

  if (choker != NULL)
    btfw_swarm_set_choker (torrent->swarm, choker);
  btfw_hub_reply (call);
}

static void
reply_boolean (BtfwCall *call)
{
  if (call->error != NULL)
    g_task_return_error (call->task, g_steal_pointer (&call->error));
  else
    g_task_return_boolean (call->task, TRUE);
}

static void
call_async (BtfwTorrent        *self,
            const char         *text,
            GCancellable       *cancellable,
            GAsyncReadyCallback callback,
            gpointer            user_data,
            gpointer            source_tag,
            void (*run) (BtfwCall *call),
            void (*reply) (BtfwCall *call))
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  BtfwCall *call = btfw_torrent_new_call (self, run, reply);

  g_task_set_source_tag (task, source_tag);
  if (call == NULL)
    {
      g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the torrent was removed"));
      return;
    }
  call->task = g_steal_pointer (&task);
  call->text = g_strdup (text);
  btfw_call_make_cancellable (call, cancellable);
  btfw_torrent_send_call (self, call);
}

void
btfw_torrent_set_picker_async (BtfwTorrent        *self,
                               const char         *spec,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));
  g_return_if_fail (spec != NULL);

  call_async (self, spec, cancellable, callback, user_data, btfw_torrent_set_picker_async, run_set_picker, reply_boolean);
}

gboolean
btfw_torrent_set_picker_finish (BtfwTorrent *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
btfw_torrent_set_choker_async (BtfwTorrent        *self,
                               const char         *spec,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));
  g_return_if_fail (spec != NULL);

  call_async (self, spec, cancellable, callback, user_data, btfw_torrent_set_choker_async, run_set_choker, reply_boolean);
}

gboolean
btfw_torrent_set_choker_finish (BtfwTorrent *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- Moving --- */

static void
on_relocated (GError *error, gpointer user_data)
{
  BtfwCall *call = user_data;

  call->error = error;
  btfw_hub_reply (call);
}

static void
run_move (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL && !torrent->is_moving)
    {
      btfw_relocation_begin (call->hub, torrent, call->text, call->cancellable, on_relocated, call);
      return;
    }
  if (torrent == NULL)
    g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the torrent was removed"));
  else
    g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_BUSY, _("“%s” is being moved"), btfw_swarm_get_name (torrent->swarm));
  btfw_hub_reply (call);
}

void
btfw_torrent_move_async (BtfwTorrent        *self,
                         const char         *dir,
                         GCancellable       *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer            user_data)
{
  g_autofree char *absolute = NULL;

  g_return_if_fail (BTFW_IS_TORRENT (self));
  g_return_if_fail (dir != NULL);

  absolute = g_canonicalize_filename (dir, NULL);
  call_async (self, absolute, cancellable, callback, user_data, btfw_torrent_move_async, run_move, reply_boolean);
}

gboolean
btfw_torrent_move_finish (BtfwTorrent *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- Peers --- */

static void
run_list_peers (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL)
    call->list = btfw_peer_status_list (torrent->swarm);
  else
    g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the torrent was removed"));
  btfw_hub_reply (call);
}

static void
reply_list (BtfwCall *call)
{
  if (call->error != NULL)
    g_task_return_error (call->task, g_steal_pointer (&call->error));
  else
    g_task_return_pointer (call->task, g_steal_pointer (&call->list), (GDestroyNotify) g_ptr_array_unref);
}

void
btfw_torrent_list_peers_async (BtfwTorrent        *self,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));

  call_async (self, NULL, cancellable, callback, user_data, btfw_torrent_list_peers_async, run_list_peers, reply_list);
}

GPtrArray *
btfw_torrent_list_peers_finish (BtfwTorrent *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
