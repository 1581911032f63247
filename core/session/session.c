/* session.c: a whole client in an object. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/session-private.h"

#include "session/removal.h"
#include "session/torrent-private.h"

#include <btfw/btfw-enums.h>

#include <glib-unix.h>
#include <glib/gi18n-lib.h>

struct _BtfwSession
{
  GObject       parent_instance;
  BtfwClient    client;
  gboolean      is_guest; /* a service's: the hub is somebody else's */
  gboolean      is_started;
  gboolean      is_stopped;
  GMainContext *context;
  GSource      *inbox_source;
  BtfwMessage  *unread;   /* taken from the inbox and not handled yet */
  GPtrArray    *torrents; /* of BtfwTorrent, in the order of their coming */
  guint16       port;
};

enum
{
  SIGNAL_TORRENT_ADDED,
  SIGNAL_TORRENT_REMOVED,
  SIGNAL_TORRENT_STATUS_CHANGED,
  SIGNAL_TORRENT_METAINFO_KNOWN,
  SIGNAL_TORRENT_NOTICE,
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

static BtfwMessage *
take_message (BtfwSession *self)
{
  BtfwMessage *message;

  if (self->unread == NULL)
    self->unread = btfw_queue_pop_all (self->client.inbox);
  message = self->unread;
  if (message != NULL)
    self->unread = message->next;
  return message;
}

/* A handler may close the session, which drains what is left in the same order. */
static void
drain_inbox (BtfwSession *self)
{
  BtfwMessage *message;

  while ((message = take_message (self)) != NULL)
    message->handle (message);
}

static gboolean
on_inbox (gint fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (BtfwSession) self = g_object_ref (user_data);

  drain_inbox (self);
  return G_SOURCE_CONTINUE;
}

/* Numbers are given in the order of coming, so the array is sorted by them. */
static BtfwTorrent *
find_torrent (BtfwSession *self, guint32 id)
{
  guint low = 0, high = self->torrents->len;

  while (low < high)
    {
      guint        middle = low + (high - low) / 2;
      BtfwTorrent *torrent = g_ptr_array_index (self->torrents, middle);

      if (btfw_torrent_get_id (torrent) == id)
        return torrent;
      if (btfw_torrent_get_id (torrent) < id)
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}

static void
on_added (BtfwSession *self, BtfwEvent *event)
{
  BtfwTorrent *torrent = btfw_torrent_new (&self->client, event->torrent, event->metainfo, event->info_hash, event->text, event->dir);

  g_ptr_array_add (self->torrents, torrent);
  g_signal_emit (self, signals[SIGNAL_TORRENT_ADDED], 0, torrent);
}

static void
on_named (BtfwSession *self, BtfwEvent *event)
{
  BtfwTorrent *torrent = find_torrent (self, event->torrent);

  if (torrent == NULL)
    return;
  g_object_ref (torrent);
  btfw_torrent_set_metainfo (torrent, event->metainfo, event->dir);
  g_signal_emit (self, signals[SIGNAL_TORRENT_METAINFO_KNOWN], 0, torrent);
  g_object_unref (torrent);
}

static void
on_moved (BtfwSession *self, BtfwEvent *event)
{
  BtfwTorrent *torrent = find_torrent (self, event->torrent);

  if (torrent != NULL)
    btfw_torrent_set_dir (torrent, event->dir);
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

  if (torrent == NULL)
    {
      g_signal_emit (self, signals[SIGNAL_NOTICE], 0, event->level, event->text);
      return;
    }
  g_object_ref (torrent);
  btfw_torrent_tell_notice (torrent, event->level, event->text);
  g_signal_emit (self, signals[SIGNAL_TORRENT_NOTICE], 0, torrent, event->level, event->text);
  g_object_unref (torrent);
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
    case BTFW_EVENT_NAMED:
      on_named (self, event);
      break;
    case BTFW_EVENT_MOVED:
      on_moved (self, event);
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
  BtfwSession *self = from_client (link->client);
  BtfwTorrent *torrent = find_torrent (self, link->torrent);

  if (torrent == NULL)
    {
      btfw_torrent_status_unref (status);
      return;
    }
  g_object_ref (torrent);
  btfw_torrent_set_status (torrent, status);
  g_signal_emit (self, signals[SIGNAL_TORRENT_STATUS_CHANGED], 0, torrent);
  g_object_unref (torrent);
}

static const BtfwClientClass client_class = {
  .on_event = on_event,
  .on_status = on_status,
};

/* --- Life --- */

/* The last messages give back what they carry. */
static void
leave_hub (BtfwSession *self)
{
  BtfwHub *hub = g_steal_pointer (&self->client.hub);

  if (hub != NULL && self->is_guest)
    btfw_hub_leave (hub, &self->client);
  else if (hub != NULL)
    btfw_hub_free (hub);

  if (self->client.inbox != NULL)
    drain_inbox (self);
  for (guint i = 0; i < self->torrents->len; i++)
    btfw_torrent_detach (g_ptr_array_index (self->torrents, i));
  g_ptr_array_set_size (self->torrents, 0);
}

static void
btfw_session_dispose (GObject *object)
{
  leave_hub (BTFW_SESSION (object));

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
   * BtfwSession::torrent-status-changed:
   * @self: the session
   * @torrent: one of its torrents
   *
   * As #BtfwTorrent::status-changed, after it, of any torrent: with many of
   * them one handler here costs less than one for each.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TORRENT_STATUS_CHANGED] =
    g_signal_new ("torrent-status-changed", BTFW_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, BTFW_TYPE_TORRENT);

  /**
   * BtfwSession::torrent-metainfo-known:
   * @self: the session
   * @torrent: one of its torrents
   *
   * As #BtfwTorrent::metainfo-known, after it, of any torrent.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TORRENT_METAINFO_KNOWN] =
    g_signal_new ("torrent-metainfo-known", BTFW_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, BTFW_TYPE_TORRENT);

  /**
   * BtfwSession::torrent-notice:
   * @self: the session
   * @torrent: one of its torrents
   * @level: how grave it is
   * @text: a sentence for people
   *
   * As #BtfwTorrent::notice, after it, of any torrent.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TORRENT_NOTICE] =
    g_signal_new ("torrent-notice", BTFW_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 3, BTFW_TYPE_TORRENT, BTFW_TYPE_NOTICE_LEVEL, G_TYPE_STRING);

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
  g_return_val_if_fail (!self->is_started && self->client.hub != NULL, FALSE);

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

void
btfw_session_close (BtfwSession *self)
{
  g_autoptr (BtfwSession) kept = NULL;

  g_return_if_fail (BTFW_IS_SESSION (self));
  g_return_if_fail (!self->is_guest);

  kept = g_object_ref (self);
  leave_hub (self);
}

/* --- Calls --- */

BtfwCall *
btfw_session_new_call (BtfwSession        *self,
                       gpointer            source_tag,
                       void (*run) (BtfwCall *call),
                       void (*reply) (BtfwCall *call),
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  BtfwCall *call = btfw_call_new (&self->client, run, reply);

  call->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (call->task, source_tag);
  return call;
}

gboolean
btfw_session_return_error (BtfwCall *call)
{
  if (call->error == NULL)
    return FALSE;
  g_task_return_error (call->task, g_steal_pointer (&call->error));
  return TRUE;
}

gboolean
btfw_session_is_started (BtfwSession *self)
{
  return self->is_started && self->client.hub != NULL;
}

static void
reply_boolean (BtfwCall *call)
{
  if (!btfw_session_return_error (call))
    g_task_return_boolean (call->task, TRUE);
}

static void
run_add (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_engine_add (btfw_hub_get_engine (call->hub), call->metainfo, call->magnet,
                                                call->options, &call->error);

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

  if (btfw_session_return_error (call))
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
  g_return_if_fail (btfw_session_is_started (self));

  call = btfw_session_new_call (self, btfw_session_add_async, run_add, reply_add, cancellable, callback, user_data);
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

void
btfw_session_add_magnet_async (BtfwSession        *self,
                               BtfwMagnet         *magnet,
                               BtfwAddOptions     *options,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_SESSION (self));
  g_return_if_fail (magnet != NULL);
  g_return_if_fail (btfw_session_is_started (self));

  call = btfw_session_new_call (self, btfw_session_add_magnet_async, run_add, reply_add, cancellable, callback, user_data);
  call->magnet = btfw_magnet_ref (magnet);
  call->options = options == NULL ? btfw_add_options_new () : btfw_add_options_ref (options);
  btfw_hub_call (self->client.hub, call);
}

BtfwTorrent *
btfw_session_add_magnet_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Removing --- */

static void
on_removal_done (GError *error, gpointer user_data)
{
  BtfwCall *call = user_data;

  call->error = error;
  btfw_hub_reply (call);
}

static void
run_remove (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_engine_find (btfw_hub_get_engine (call->hub), call->torrent);

  if (torrent == NULL)
    {
      g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the torrent was removed"));
      btfw_hub_reply (call);
      return;
    }
  if (torrent->is_moving)
    {
      g_set_error (&call->error, BTFW_ERROR, BTFW_ERROR_BUSY, _("“%s” is being moved"), btfw_swarm_get_name (torrent->swarm));
      btfw_hub_reply (call);
      return;
    }
  btfw_removal_begin (call->hub, torrent, call->numbers[0] != 0, on_removal_done, call);
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

  call = btfw_session_new_call (self, btfw_session_remove_async, run_remove, reply_boolean, NULL, callback, user_data);
  if (!btfw_session_is_started (self))
    {
      call->error = g_error_new (BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the torrent was removed"));
      reply_boolean (call);
      btfw_call_free (call);
      return;
    }
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

      if (torrent->is_removed)
        continue;
      call->n_left++;
      btfw_engine_stop (torrent, (guint) call->numbers[0], on_one_stopped, call);
    }
  on_one_stopped (NULL, call);
}

void
btfw_session_stop_async (BtfwSession *self, guint timeout, GAsyncReadyCallback callback, gpointer user_data)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_SESSION (self));

  call = btfw_session_new_call (self, btfw_session_stop_async, run_stop, reply_boolean, NULL, callback, user_data);
  call->numbers[0] = timeout;
  if (!btfw_session_is_started (self) || self->is_stopped)
    {
      reply_boolean (call);
      btfw_call_free (call);
      return;
    }
  self->is_stopped = TRUE;
  btfw_hub_call (self->client.hub, call);
}

gboolean
btfw_session_stop_finish (BtfwSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
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
  g_return_val_if_fail (self->client.hub != NULL, NULL);

  return btfw_network_get_net (btfw_hub_get_engine (self->client.hub)->resources.network);
}

/* A setting that is no longer set has its default again. */
static void
run_reload (BtfwCall *call)
{
  BtfwEngine *engine = btfw_hub_get_engine (call->hub);

  if (!btfw_engine_reload (engine, call->config, &call->error))
    engine->funcs->notice (engine->owner, BTFW_NOTICE_ERROR, call->error->message);
  btfw_hub_reply (call);
}

gboolean
btfw_session_reload (BtfwSession *self, BtfwConfig *config, GError **error)
{
  BtfwCall *call;

  g_return_val_if_fail (BTFW_IS_SESSION (self), FALSE);
  g_return_val_if_fail (BTFW_IS_CONFIG (config), FALSE);
  g_return_val_if_fail (self->client.hub != NULL, FALSE);

  if (!btfw_config_check_group (config, "session", BTFW_TYPE_SETTINGS, error))
    return FALSE;
  call = btfw_call_new (&self->client, run_reload, NULL);
  call->config = btfw_config_copy (config);
  btfw_hub_call (self->client.hub, call);
  return TRUE;
}
