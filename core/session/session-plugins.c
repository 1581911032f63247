/* session-plugins.c: what a session has done by plugins of its own: fetchers and services. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/session-private.h"

/* The largest .torrent file that is fetched. */
#define FETCH_MAX (32u * 1024 * 1024)

/* --- Fetching --- */

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BtfwCall *call = user_data;

  call->bytes = btfw_fetcher_fetch_finish (BTFW_FETCHER (source), result, &call->error);
  btfw_hub_reply (call);
}

static void
run_fetch (BtfwCall *call)
{
  BtfwFetcher *fetcher = btfw_engine_get_fetcher (btfw_hub_get_engine (call->hub), call->text, &call->error);

  if (fetcher == NULL)
    btfw_hub_reply (call);
  else
    btfw_fetcher_fetch_async (fetcher, call->text, FETCH_MAX, call->cancellable, on_fetched, call);
}

static void
reply_fetch (BtfwCall *call)
{
  if (!btfw_session_return_error (call))
    g_task_return_pointer (call->task, g_steal_pointer (&call->bytes), (GDestroyNotify) g_bytes_unref);
}

void
btfw_session_fetch_async (BtfwSession        *self,
                          const char         *url,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_SESSION (self));
  g_return_if_fail (url != NULL);
  g_return_if_fail (btfw_session_is_started (self));

  call = btfw_session_new_call (self, btfw_session_fetch_async, run_fetch, reply_fetch, cancellable, callback, user_data);
  call->text = g_strdup (url);
  btfw_call_make_cancellable (call, cancellable);
  btfw_hub_call (call->hub, call);
}

GBytes *
btfw_session_fetch_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Services --- */

static void
run_start_service (BtfwCall *call)
{
  BtfwEngine *engine = btfw_hub_get_engine (call->hub);
  g_autoptr (BtfwService) service = btfw_plugins_create (engine->resources.plugins, "service", call->text, &call->error);
  g_autoptr (BtfwSession) guest = service == NULL ? NULL : btfw_session_new_guest (call->hub, &call->error);

  if (guest != NULL && btfw_service_start (service, guest, &call->error))
    {
      g_free (call->text);
      call->text = btfw_service_get_url (service);
      g_ptr_array_add (engine->services, g_object_ref (service));
    }
  else if (call->error != NULL && call->task != NULL)
    engine->funcs->notice (engine->owner, BTFW_NOTICE_ERROR, call->error->message);
  btfw_hub_reply (call);
}

static void
reply_start_service (BtfwCall *call)
{
  if (!btfw_session_return_error (call))
    g_task_return_pointer (call->task, g_steal_pointer (&call->text), g_free);
}

void
btfw_session_start_service_async (BtfwSession        *self,
                                  const char         *spec,
                                  GCancellable       *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer            user_data)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_SESSION (self));
  g_return_if_fail (spec != NULL);
  g_return_if_fail (btfw_session_is_started (self));

  call = btfw_session_new_call (self, btfw_session_start_service_async, run_start_service, reply_start_service,
                                cancellable, callback, user_data);
  call->text = g_strdup (spec);
  btfw_hub_call (call->hub, call);
}

char *
btfw_session_start_service_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
