/* session.c: a whole client in an object. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/session-private.h"

#include "session/torrent-private.h"
#include "swarm/tracker-pool.h"

#include <btfw/btfw-enums.h>

#include <glib-unix.h>
#include <glib/gi18n-lib.h>

/* The largest .torrent file that is fetched. */
#define FETCH_MAX (32u * 1024 * 1024)

struct _BtfwSession
{
  GObject       parent_instance;
  BtfwClient    client;
  gboolean      is_guest; /* a service's: the hub is somebody else's */
  gboolean      is_started;
  gboolean      is_stopped;
  GMainContext *context;
  GSource      *inbox_source;
  GPtrArray    *torrents; /* of BtfwTorrent, in the order of their coming */
  guint16       port;
};

enum
{
  SIGNAL_TORRENT_ADDED,
  SIGNAL_TORRENT_REMOVED,
  SIGNAL_NOTICE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BtfwSession, btfw_session, G_TYPE_OBJECT)

static BtfwSession *
from_client (BtfwClient *client)
{
  return (BtfwSession *) ((guint8 *) client - G_STRUCT_OFFSET (BtfwSession, client));
}

/* --- What comes in --- */

static void
drain_inbox (BtfwSession *self)
{
  BtfwMessage *message = btfw_queue_pop_all (self->client.inbox);

  while (message != NULL)
    {
      BtfwMessage *next = message->next;

      message->handle (message);
      message = next;
    }
}

static gboolean
on_inbox (gint fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (BtfwSession) self = g_object_ref (user_data);

  drain_inbox (self);
  return G_SOURCE_CONTINUE;
}

static BtfwTorrent *
find_torrent (BtfwSession *self, guint32 id)
{
  for (guint i = 0; i < self->torrents->len; i++)
    {
      BtfwTorrent *torrent = g_ptr_array_index (self->torrents, i);

      if (btfw_torrent_get_id (torrent) == id)
        return torrent;
    }
  return NULL;
}

static void
on_added (BtfwSession *self, BtfwEvent *event)
{
  BtfwTorrent *torrent = btfw_torrent_new (&self->client, event->torrent, event->metainfo, event->dir);

  g_ptr_array_add (self->torrents, torrent);
  g_signal_emit (self, signals[SIGNAL_TORRENT_ADDED], 0, torrent);
}

static void
on_removed (BtfwSession *self, BtfwEvent *event)
{
  g_autoptr (BtfwTorrent) torrent = find_torrent (self, event->torrent);

  g_free (event->link);
  if (torrent == NULL)
    return;
  g_object_ref (torrent);
  btfw_torrent_detach (torrent);
  g_ptr_array_remove (self->torrents, torrent);
  g_signal_emit (self, signals[SIGNAL_TORRENT_REMOVED], 0, torrent);
}

static void
on_notice (BtfwSession *self, BtfwEvent *event)
{
  BtfwTorrent *torrent = find_torrent (self, event->torrent);

  if (torrent != NULL)
    btfw_torrent_tell_notice (torrent, event->level, event->text);
  else
    g_signal_emit (self, signals[SIGNAL_NOTICE], 0, event->level, event->text);
}

static void
on_event (BtfwEvent *event)
{
  BtfwSession *self = from_client (event->client);

  switch (event->kind)
    {
    case BTFW_EVENT_ADDED:
      on_added (self, event);
      break;
    case BTFW_EVENT_REMOVED:
      on_removed (self, event);
      break;
    case BTFW_EVENT_NOTICE:
      on_notice (self, event);
      break;
    }
  btfw_event_free (event);
}

static void
on_status (BtfwTorrentLink *link, BtfwTorrentStatus *status)
{
  BtfwTorrent *torrent = find_torrent (from_client (link->client), link->torrent);

  if (torrent == NULL)
    btfw_torrent_status_unref (status);
  else
    btfw_torrent_set_status (torrent, status);
}

static const BtfwClientClass client_class = {
  .on_event = on_event,
  .on_status = on_status,
};

/* --- Life --- */

static void
btfw_session_dispose (GObject *object)
{
  BtfwSession *self = BTFW_SESSION (object);

  if (self->client.hub != NULL)
    {
      if (self->is_guest)
        btfw_hub_leave (self->client.hub, &self->client);
      else
        btfw_hub_free (self->client.hub);
    }
  /* The last messages give back what they carry; nobody hears of them. */
  if (self->client.inbox != NULL)
    drain_inbox (self);
  self->client.hub = NULL;
  for (guint i = 0; i < self->torrents->len; i++)
    btfw_torrent_detach (g_ptr_array_index (self->torrents, i));
  g_ptr_array_set_size (self->torrents, 0);

  G_OBJECT_CLASS (btfw_session_parent_class)->dispose (object);
}

static void
btfw_session_finalize (GObject *object)
{
  BtfwSession *self = BTFW_SESSION (object);

  if (self->inbox_source != NULL)
    {
      g_source_destroy (self->inbox_source);
      g_source_unref (self->inbox_source);
    }
  g_clear_pointer (&self->client.inbox, btfw_queue_free);
  g_clear_pointer (&self->torrents, g_ptr_array_unref);
  g_clear_pointer (&self->context, g_main_context_unref);

  G_OBJECT_CLASS (btfw_session_parent_class)->finalize (object);
}

static void
btfw_session_class_init (BtfwSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = btfw_session_dispose;
  object_class->finalize = btfw_session_finalize;

  /**
   * BtfwSession::torrent-added:
   * @self: the session
   * @torrent: it
   */
  signals[SIGNAL_TORRENT_ADDED] =
    g_signal_new ("torrent-added", BTFW_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, BTFW_TYPE_TORRENT);

  /**
   * BtfwSession::torrent-removed:
   * @self: the session
   * @torrent: it; calls to it do nothing any more
   */
  signals[SIGNAL_TORRENT_REMOVED] =
    g_signal_new ("torrent-removed", BTFW_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, BTFW_TYPE_TORRENT);

  /**
   * BtfwSession::notice:
   * @self: the session
   * @level: how grave it is
   * @text: a sentence for people, about the session as a whole
   */
  signals[SIGNAL_NOTICE] =
    g_signal_new ("notice", BTFW_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, BTFW_TYPE_NOTICE_LEVEL, G_TYPE_STRING);
}

static void
btfw_session_init (BtfwSession *self)
{
  self->torrents = g_ptr_array_new_with_free_func (g_object_unref);
}

static BtfwSession *
new_in_context (GMainContext *context, GError **error)
{
  g_autoptr (BtfwSession) self = g_object_new (BTFW_TYPE_SESSION, NULL);

  self->context = context;
  self->client.inbox = btfw_queue_new (TRUE, error);
  if (self->client.inbox == NULL)
    return NULL;

  self->inbox_source = g_unix_fd_source_new (btfw_queue_get_fd (self->client.inbox), G_IO_IN);
  g_source_set_callback (self->inbox_source, G_SOURCE_FUNC (on_inbox), self, NULL);
  g_source_set_static_name (self->inbox_source, "btfw-inbox");
  g_source_attach (self->inbox_source, context);
  return g_steal_pointer (&self);
}

BtfwSession *
btfw_session_new (BtfwConfig *config, GError **error)
{
  g_autoptr (BtfwConfig) none = config == NULL ? btfw_config_new () : NULL;
  g_autoptr (BtfwSession) self = new_in_context (g_main_context_ref_thread_default (), error);

  if (self == NULL)
    return NULL;
  self->client.hub = btfw_hub_new (config == NULL ? none : config, &client_class, error);
  if (self->client.hub == NULL)
    return NULL;
  btfw_hub_join (self->client.hub, &self->client);
  return g_steal_pointer (&self);
}

BtfwSession *
btfw_session_new_guest (BtfwHub *hub, GError **error)
{
  BtfwEngine  *engine = btfw_hub_get_engine (hub);
  BtfwSession *self = new_in_context (g_main_context_ref (engine->context), error);

  if (self == NULL)
    return NULL;
  self->is_guest = TRUE;
  self->is_started = TRUE;
  self->client.hub = hub;
  self->port = btfw_network_get_port (engine->resources.network);
  btfw_hub_join (hub, &self->client);
  return self;
}

static void
start_service (BtfwSession *self, const char *spec)
{
  btfw_session_start_service_async (self, spec, NULL, NULL, NULL);
}

gboolean
btfw_session_start (BtfwSession *self, GError **error)
{
  g_auto (GStrv) services = NULL;
  BtfwEngine *engine;

  g_return_val_if_fail (BTFW_IS_SESSION (self), FALSE);
  g_return_val_if_fail (!self->is_started, FALSE);

  engine = btfw_hub_get_engine (self->client.hub);
  g_object_get (engine->settings, "services", &services, NULL);
  if (!btfw_hub_start (self->client.hub, error))
    return FALSE;

  self->is_started = TRUE;
  /* Set before the thread began, and never after. */
  self->port = btfw_network_get_port (engine->resources.network);
  for (guint i = 0; services != NULL && services[i] != NULL; i++)
    start_service (self, services[i]);
  return TRUE;
}

/* --- Calls --- */

static GTask *
new_task (BtfwSession *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data, gpointer source_tag)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, source_tag);
  return task;
}

/* Takes the task. */
static BtfwCall *
new_call (BtfwSession *self, GTask *task, void (*run) (BtfwCall *call), void (*reply) (BtfwCall *call))
{
  BtfwCall *call = btfw_call_new (&self->client, run, reply);

  call->task = task;
  return call;
}

static gboolean
return_error (BtfwCall *call)
{
  if (call->error == NULL)
    return FALSE;
  g_task_return_error (call->task, g_steal_pointer (&call->error));
  return TRUE;
}

static void
reply_boolean (BtfwCall *call)
{
  if (!return_error (call))
    g_task_return_boolean (call->task, TRUE);
}

static void
run_add (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_engine_add (btfw_hub_get_engine (call->hub), call->metainfo, call->options, &call->error);

  if (torrent != NULL)
    {
      call->torrent = torrent->id;
      btfw_swarm_begin (torrent->swarm);
      btfw_hub_tell_added (call->hub, torrent);
    }
  btfw_hub_reply (call);
}

static void
reply_add (BtfwCall *call)
{
  BtfwTorrent *torrent;

  if (return_error (call))
    return;

  torrent = find_torrent (from_client (call->client), call->torrent);
  if (torrent == NULL)
    g_task_return_new_error (call->task, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the torrent was removed"));
  else
    g_task_return_pointer (call->task, g_object_ref (torrent), g_object_unref);
}

void
btfw_session_add_async (BtfwSession        *self,
                        BtfwMetainfo       *metainfo,
                        BtfwAddOptions     *options,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_SESSION (self));
  g_return_if_fail (metainfo != NULL);
  g_return_if_fail (self->is_started);

  call = new_call (self, new_task (self, cancellable, callback, user_data, btfw_session_add_async), run_add, reply_add);
  call->metainfo = btfw_metainfo_ref (metainfo);
  call->options = options == NULL ? btfw_add_options_new () : btfw_add_options_ref (options);
  btfw_hub_call (self->client.hub, call);
}

BtfwTorrent *
btfw_session_add_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Removing --- */

/* What is left to do once a torrent that is to go has stopped. */
typedef struct
{
  BtfwVolumeOp       op;
  BtfwWork           work;
  BtfwCall          *call;
  BtfwEngineTorrent *torrent;
} Removal;

static void
finish_removal (Removal *removal)
{
  btfw_hub_drop (removal->call->hub, removal->torrent);
  btfw_hub_reply (removal->call);
  g_free (removal);
}

static void
forget_record (BtfwWork *work)
{
  Removal   *removal = (Removal *) ((guint8 *) work - G_STRUCT_OFFSET (Removal, work));
  BtfwSwarm *swarm = removal->torrent->swarm;

  btfw_state_store_remove (swarm->resources->state, swarm->opening.key, &work->error);
}

static void
on_record_forgotten (BtfwWork *work)
{
  Removal *removal = (Removal *) ((guint8 *) work - G_STRUCT_OFFSET (Removal, work));

  /* One that was never written is as good as gone. */
  g_clear_error (&work->error);
  finish_removal (removal);
}

static void
forget (Removal *removal)
{
  removal->work = (BtfwWork){ .run = forget_record, .done = on_record_forgotten };
  btfw_disk_run (removal->torrent->swarm->resources->disk, &removal->work);
}

static void
on_files_closed (BtfwVolumeOp *op)
{
  g_clear_error (&op->error);
  forget ((Removal *) ((guint8 *) op - G_STRUCT_OFFSET (Removal, op)));
}

static void
on_files_removed (BtfwVolumeOp *op)
{
  Removal *removal = (Removal *) ((guint8 *) op - G_STRUCT_OFFSET (Removal, op));

  removal->call->error = g_steal_pointer (&op->error);
  removal->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_CLOSE, .done = on_files_closed };
  btfw_volume_run (removal->torrent->swarm->volume, &removal->op);
}

static void
on_files_opened (BtfwVolumeOp *op)
{
  Removal *removal = (Removal *) ((guint8 *) op - G_STRUCT_OFFSET (Removal, op));

  if (op->error != NULL)
    {
      removal->call->error = g_steal_pointer (&op->error);
      finish_removal (removal);
      return;
    }
  removal->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_REMOVE, .done = on_files_removed };
  btfw_volume_run (removal->torrent->swarm->volume, &removal->op);
}

static void
on_stopped_for_removal (BtfwEngineTorrent *torrent, gpointer user_data)
{
  Removal *removal = g_new0 (Removal, 1);

  removal->call = user_data;
  removal->torrent = torrent;
  if (removal->call->numbers[0])
    {
      removal->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_OPEN, .done = on_files_opened };
      btfw_volume_run (torrent->swarm->volume, &removal->op);
    }
  else
    forget (removal);
}

/* How long trackers have to hear that a torrent is removed, in milliseconds. */
#define REMOVE_TIMEOUT 2000

static void
run_remove (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_engine_find (btfw_hub_get_engine (call->hub), call->torrent);

  if (torrent == NULL || torrent->is_removed)
    {
      g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the torrent was removed"));
      btfw_hub_reply (call);
      return;
    }
  torrent->is_removed = TRUE;
  torrent->on_stopped = on_stopped_for_removal;
  torrent->on_stopped_data = call;
  btfw_swarm_stop (torrent->swarm, REMOVE_TIMEOUT);
}

void
btfw_session_remove_async (BtfwSession        *self,
                           BtfwTorrent        *torrent,
                           gboolean            delete_files,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_SESSION (self));
  g_return_if_fail (BTFW_IS_TORRENT (torrent));

  call = new_call (self, new_task (self, NULL, callback, user_data, btfw_session_remove_async), run_remove, reply_boolean);
  call->torrent = btfw_torrent_get_id (torrent);
  call->numbers[0] = delete_files;
  btfw_hub_call (self->client.hub, call);
}

gboolean
btfw_session_remove_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- Stopping --- */

static void
on_one_stopped (BtfwEngineTorrent *torrent, gpointer user_data)
{
  BtfwCall *call = user_data;

  call->n_left--;
  if (call->n_left == 0)
    btfw_hub_reply (call);
}

static void
run_stop (BtfwCall *call)
{
  BtfwEngine *engine = btfw_hub_get_engine (call->hub);

  /* One more than there are torrents, so that it ends only below. */
  call->n_left = 1;
  for (guint i = 0; i < engine->torrents->len; i++)
    {
      BtfwEngineTorrent *torrent = g_ptr_array_index (engine->torrents, i);

      if (torrent->is_removed || torrent->on_stopped != NULL)
        continue;
      call->n_left++;
      torrent->on_stopped = on_one_stopped;
      torrent->on_stopped_data = call;
      btfw_swarm_stop (torrent->swarm, (guint) call->numbers[0]);
    }
  on_one_stopped (NULL, call);
}

void
btfw_session_stop_async (BtfwSession *self, guint timeout, GAsyncReadyCallback callback, gpointer user_data)
{
  BtfwCall *call;
  GTask    *task;

  g_return_if_fail (BTFW_IS_SESSION (self));

  task = new_task (self, NULL, callback, user_data, btfw_session_stop_async);
  if (!self->is_started || self->is_stopped)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  self->is_stopped = TRUE;
  call = new_call (self, task, run_stop, reply_boolean);
  call->numbers[0] = timeout;
  btfw_hub_call (self->client.hub, call);
}

gboolean
btfw_session_stop_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

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
  if (!return_error (call))
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
  g_return_if_fail (self->is_started);

  call = new_call (self, new_task (self, cancellable, callback, user_data, btfw_session_fetch_async), run_fetch, reply_fetch);
  call->text = g_strdup (url);
  call->cancellable = cancellable == NULL ? NULL : g_object_ref (cancellable);
  btfw_hub_call (self->client.hub, call);
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
  if (!return_error (call))
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
  g_return_if_fail (self->is_started);

  call = new_call (self, new_task (self, cancellable, callback, user_data, btfw_session_start_service_async),
                   run_start_service, reply_start_service);
  call->text = g_strdup (spec);
  btfw_hub_call (self->client.hub, call);
}

char *
btfw_session_start_service_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- The rest --- */

static gpointer
ref_torrent (gconstpointer torrent, gpointer user_data)
{
  return g_object_ref ((gpointer) torrent);
}

GPtrArray *
btfw_session_get_torrents (BtfwSession *self)
{
  g_return_val_if_fail (BTFW_IS_SESSION (self), NULL);

  return g_ptr_array_copy (self->torrents, ref_torrent, NULL);
}

guint16
btfw_session_get_port (BtfwSession *self)
{
  g_return_val_if_fail (BTFW_IS_SESSION (self), 0);

  return self->port;
}

BtfwNet *
btfw_session_get_net (BtfwSession *self)
{
  g_return_val_if_fail (BTFW_IS_SESSION (self), NULL);

  return btfw_network_get_net (btfw_hub_get_engine (self->client.hub)->resources.network);
}

/* A setting that is no longer set has its default again. */
static void
run_reload (BtfwCall *call)
{
  BtfwEngine *engine = btfw_hub_get_engine (call->hub);
  g_autoptr (BtfwSettings) settings = btfw_settings_new ();

  if (btfw_config_apply (call->config, "session", G_OBJECT (settings), &call->error))
    {
      g_set_object (&engine->settings, settings);
      btfw_engine_apply_limits (engine);
    }
  else
    engine->funcs->notice (engine->owner, BTFW_NOTICE_ERROR, call->error->message);
  btfw_hub_reply (call);
}

gboolean
btfw_session_reload (BtfwSession *self, BtfwConfig *config, GError **error)
{
  BtfwCall *call;

  g_return_val_if_fail (BTFW_IS_SESSION (self), FALSE);
  g_return_val_if_fail (BTFW_IS_CONFIG (config), FALSE);

  if (!btfw_config_check_group (config, "session", BTFW_TYPE_SETTINGS, error))
    return FALSE;
  call = btfw_call_new (&self->client, run_reload, NULL);
  call->config = btfw_config_copy (config);
  btfw_hub_call (self->client.hub, call);
  return TRUE;
}
