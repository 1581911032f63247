/* hub.c: between the engine's thread and the sessions that speak with it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/hub.h"

#include "session/status.h"

#include <glib/gi18n-lib.h>

/* Snapshots of one torrent come no faster than this. */
#define SNAPSHOT_PERIOD (100 * 1000)
/* How long plugins have to end what was asked of them, once the session is closed. */
#define CLOSE_PATIENCE (2 * G_USEC_PER_SEC)

/* What a torrent's snapshots need on the engine's side. */
typedef struct
{
  BtfwHub           *hub;
  BtfwEngineTorrent *torrent;
  BtfwTimer          timer;
  gint64             last_time;
  BtfwTorrentStatus *last;
  GPtrArray         *links;
} Publisher;

struct _BtfwHub
{
  BtfwEngine            *engine;
  const BtfwClientClass *klass;
  GPtrArray             *clients;
  GPtrArray             *publishers;
  GPtrArray             *open_calls; /* that run and have not been answered; of the loop's thread */
  GMainLoop             *main_loop;
  GThread               *thread;
};

static BtfwLoop *
get_loop (BtfwHub *self)
{
  return self->engine->resources.loop;
}

/* --- Calls --- */

static void
on_call (BtfwMessage *message)
{
  BtfwCall *call = (BtfwCall *) message;

  g_ptr_array_add (call->hub->open_calls, call);
  call->run (call);
}

static void
on_reply (BtfwMessage *message)
{
  BtfwCall *call = (BtfwCall *) message;

  call->reply (call);
  btfw_call_free (call);
}

BtfwCall *
btfw_call_new (BtfwClient *client, void (*run) (BtfwCall *call), void (*reply) (BtfwCall *call))
{
  BtfwCall *self = g_new0 (BtfwCall, 1);

  self->message.handle = on_call;
  self->client = client;
  self->hub = client->hub;
  self->run = run;
  self->reply = reply;
  return self;
}

static void
on_caller_cancelled (GCancellable *cancellable, gpointer own)
{
  g_cancellable_cancel (own);
}

void
btfw_call_make_cancellable (BtfwCall *self, GCancellable *caller)
{
  self->cancellable = g_cancellable_new ();
  if (caller == NULL)
    return;
  self->caller = g_object_ref (caller);
  self->caller_id = g_cancellable_connect (caller, G_CALLBACK (on_caller_cancelled),
                                           g_object_ref (self->cancellable), g_object_unref);
}

void
btfw_call_free (BtfwCall *self)
{
  g_cancellable_disconnect (self->caller, self->caller_id);
  g_clear_object (&self->caller);
  g_clear_object (&self->task);
  g_clear_object (&self->config);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->metainfo, btfw_metainfo_unref);
  g_clear_pointer (&self->magnet, btfw_magnet_unref);
  g_clear_pointer (&self->options, btfw_add_options_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->variant, g_variant_unref);
  g_clear_pointer (&self->list, g_ptr_array_unref);
  g_clear_error (&self->error);
  g_free (self->text);
  g_free (self);
}

void
btfw_hub_call (BtfwHub *self, BtfwCall *call)
{
  btfw_queue_push (btfw_loop_get_queue (get_loop (self)), &call->message);
}

void
btfw_hub_reply (BtfwCall *call)
{
  /* The session was closed, and is not there any more. */
  if (call->hub == NULL)
    {
      btfw_call_free (call);
      return;
    }

  g_ptr_array_remove_fast (call->hub->open_calls, call);
  if (call->reply == NULL)
    {
      btfw_call_free (call);
      return;
    }
  call->message.handle = on_reply;
  btfw_loop_send (get_loop (call->hub), call->client->inbox, &call->message);
}

/* --- Events --- */

static void
on_event (BtfwMessage *message)
{
  BtfwEvent *event = (BtfwEvent *) message;

  event->client->klass->on_event (event);
}

void
btfw_event_free (BtfwEvent *self)
{
  g_clear_pointer (&self->metainfo, btfw_metainfo_unref);
  g_clear_pointer (&self->info_hash, btfw_info_hash_unref);
  g_free (self->dir);
  g_free (self->text);
  g_free (self);
}

static BtfwEvent *
new_event (BtfwClient *client, BtfwEventKind kind, guint32 torrent)
{
  BtfwEvent *event = g_new0 (BtfwEvent, 1);

  event->message.handle = on_event;
  event->client = client;
  event->kind = kind;
  event->torrent = torrent;
  return event;
}

static void
send_event (BtfwHub *self, BtfwEvent *event)
{
  btfw_loop_send (get_loop (self), event->client->inbox, &event->message);
}

static void
tell_notice (BtfwHub *self, guint32 torrent, BtfwNoticeLevel level, const char *text)
{
  for (guint i = 0; i < self->clients->len; i++)
    {
      BtfwEvent *event = new_event (g_ptr_array_index (self->clients, i), BTFW_EVENT_NOTICE, torrent);

      event->level = level;
      event->text = g_strdup (text);
      send_event (self, event);
    }
}

static void
on_torrent_notice (gpointer owner, guint32 torrent, BtfwNoticeLevel level, const char *text)
{
  tell_notice (owner, torrent, level, text);
}

static void
on_notice (gpointer owner, BtfwNoticeLevel level, const char *text)
{
  tell_notice (owner, 0, level, text);
}

/* --- Snapshots --- */

static void
on_status (BtfwMessage *message)
{
  BtfwTorrentLink   *link = (BtfwTorrentLink *) message;
  BtfwTorrentStatus *status = __atomic_exchange_n (&link->slot, NULL, __ATOMIC_ACQ_REL);

  if (status != NULL)
    link->client->klass->on_status (link, status);
}

/* The message is under way already when the slot was not empty. */
static void
post (BtfwHub *self, BtfwTorrentLink *link, BtfwTorrentStatus *status)
{
  BtfwTorrentStatus *old = __atomic_exchange_n (&link->slot, btfw_torrent_status_ref (status), __ATOMIC_ACQ_REL);

  if (old != NULL)
    btfw_torrent_status_unref (old);
  else
    btfw_loop_send (get_loop (self), link->client->inbox, &link->message);
}

static void
publish (Publisher *publisher)
{
  BtfwTorrentStatus *status = btfw_torrent_status_new (publisher->torrent->swarm, publisher->last);

  for (guint i = 0; i < publisher->links->len; i++)
    post (publisher->hub, g_ptr_array_index (publisher->links, i), status);
  g_clear_pointer (&publisher->last, btfw_torrent_status_unref);
  publisher->last = status;
  publisher->last_time = btfw_loop_get_time (get_loop (publisher->hub));
}

static void
on_publish_due (BtfwTimer *timer)
{
  publish ((Publisher *) ((guint8 *) timer - G_STRUCT_OFFSET (Publisher, timer)));
}

/* Sorted by the numbers of their torrents, as these are given in order. */
static Publisher *
find_publisher (BtfwHub *self, guint32 torrent)
{
  guint low = 0, high = self->publishers->len;

  while (low < high)
    {
      guint      middle = low + (high - low) / 2;
      Publisher *publisher = g_ptr_array_index (self->publishers, middle);

      if (publisher->torrent->id == torrent)
        return publisher;
      if (publisher->torrent->id < torrent)
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}

static void
on_torrent_changed (gpointer owner, guint32 torrent)
{
  BtfwHub   *self = owner;
  Publisher *publisher = find_publisher (self, torrent);

  if (publisher != NULL && !btfw_timer_is_set (&publisher->timer))
    btfw_loop_set_timer (get_loop (self), &publisher->timer,
                         MAX (publisher->last_time + SNAPSHOT_PERIOD, btfw_loop_get_time (get_loop (self))));
}

static void
on_torrent_named (gpointer owner, guint32 torrent)
{
  BtfwHub   *self = owner;
  Publisher *publisher = find_publisher (self, torrent);

  for (guint i = 0; publisher != NULL && i < publisher->links->len; i++)
    {
      BtfwTorrentLink *link = g_ptr_array_index (publisher->links, i);
      BtfwEvent       *event = new_event (link->client, BTFW_EVENT_NAMED, torrent);

      event->metainfo = btfw_metainfo_ref (publisher->torrent->swarm->metainfo);
      event->dir = g_strdup (publisher->torrent->wishes.dir);
      send_event (self, event);
    }
}

void
btfw_hub_tell_moved (BtfwHub *self, BtfwEngineTorrent *torrent)
{
  Publisher *publisher = find_publisher (self, torrent->id);

  for (guint i = 0; publisher != NULL && i < publisher->links->len; i++)
    {
      BtfwTorrentLink *link = g_ptr_array_index (publisher->links, i);
      BtfwEvent       *event = new_event (link->client, BTFW_EVENT_MOVED, torrent->id);

      event->dir = g_strdup (torrent->wishes.dir);
      send_event (self, event);
    }
}

static const BtfwEngineFuncs engine_funcs = {
  .torrent_changed = on_torrent_changed,
  .torrent_named = on_torrent_named,
  .torrent_notice = on_torrent_notice,
  .notice = on_notice,
};

/* --- Clients and torrents --- */

static void
link_client (BtfwHub *self, Publisher *publisher, BtfwClient *client)
{
  BtfwEngineTorrent *torrent = publisher->torrent;
  BtfwEvent         *event = new_event (client, BTFW_EVENT_ADDED, torrent->id);
  BtfwTorrentLink   *link = g_new0 (BtfwTorrentLink, 1);

  link->message.handle = on_status;
  link->client = client;
  link->torrent = torrent->id;
  g_ptr_array_add (publisher->links, link);
  event->metainfo = torrent->swarm->metainfo == NULL ? NULL : btfw_metainfo_ref (torrent->swarm->metainfo);
  event->info_hash = btfw_info_hash_ref (torrent->swarm->info_hash);
  event->text = g_strdup (btfw_swarm_get_name (torrent->swarm));
  event->dir = g_strdup (torrent->wishes.dir);
  send_event (self, event);
}

void
btfw_hub_tell_added (BtfwHub *self, BtfwEngineTorrent *torrent)
{
  Publisher *publisher = g_new0 (Publisher, 1);

  publisher->hub = self;
  publisher->torrent = torrent;
  publisher->timer.on_due = on_publish_due;
  publisher->links = g_ptr_array_new ();
  g_ptr_array_add (self->publishers, publisher);
  for (guint i = 0; i < self->clients->len; i++)
    link_client (self, publisher, g_ptr_array_index (self->clients, i));
  publish (publisher);
}

/* A link goes the way of all its messages, behind the last of them. */
static void
send_removed (BtfwHub *self, BtfwTorrentLink *link)
{
  BtfwEvent *event = new_event (link->client, BTFW_EVENT_REMOVED, link->torrent);

  event->link = link;
  send_event (self, event);
}

void
btfw_hub_drop (BtfwHub *self, BtfwEngineTorrent *torrent)
{
  Publisher *publisher = find_publisher (self, torrent->id);

  btfw_loop_clear_timer (get_loop (self), &publisher->timer);
  for (guint i = 0; i < publisher->links->len; i++)
    send_removed (self, g_ptr_array_index (publisher->links, i));
  g_ptr_array_unref (publisher->links);
  g_clear_pointer (&publisher->last, btfw_torrent_status_unref);
  g_ptr_array_remove (self->publishers, publisher);
  g_free (publisher);
  btfw_engine_drop (self->engine, torrent);
}

void
btfw_hub_join (BtfwHub *self, BtfwClient *client)
{
  client->klass = self->klass;
  g_ptr_array_add (self->clients, client);
  for (guint i = 0; i < self->publishers->len; i++)
    link_client (self, g_ptr_array_index (self->publishers, i), client);
}

void
btfw_hub_leave (BtfwHub *self, BtfwClient *client)
{
  g_ptr_array_remove (self->clients, client);
  for (guint i = 0; i < self->publishers->len; i++)
    {
      Publisher *publisher = g_ptr_array_index (self->publishers, i);

      for (guint k = publisher->links->len; k > 0; k--)
        {
          BtfwTorrentLink *link = g_ptr_array_index (publisher->links, k - 1);

          if (link->client != client)
            continue;
          g_ptr_array_remove_index_fast (publisher->links, k - 1);
          send_removed (self, link);
        }
    }
  /* Its inbox may be gone before the end of this dispatch. */
  btfw_loop_flush (get_loop (self));
}

/* --- Life --- */

BtfwEngine *
btfw_hub_get_engine (BtfwHub *self)
{
  return self->engine;
}

BtfwHub *
btfw_hub_new (BtfwConfig *config, const BtfwClientClass *klass, GError **error)
{
  BtfwHub *self = g_new0 (BtfwHub, 1);

  self->klass = klass;
  self->clients = g_ptr_array_new ();
  self->publishers = g_ptr_array_new ();
  self->open_calls = g_ptr_array_new ();
  self->engine = btfw_engine_new (config, &engine_funcs, self, error);
  if (self->engine == NULL)
    {
      g_ptr_array_unref (self->clients);
      g_ptr_array_unref (self->publishers);
      g_ptr_array_unref (self->open_calls);
      g_free (self);
      return NULL;
    }
  return self;
}

static gpointer
run (gpointer data)
{
  BtfwHub *self = data;

  g_main_context_push_thread_default (self->engine->context);
  g_main_loop_run (self->main_loop);
  g_main_context_pop_thread_default (self->engine->context);
  return NULL;
}

gboolean
btfw_hub_start (BtfwHub *self, GError **error)
{
  if (!btfw_engine_start (self->engine, error))
    return FALSE;

  self->main_loop = g_main_loop_new (self->engine->context, FALSE);
  self->thread = g_thread_try_new ("btfw-loop", run, self, error);
  return self->thread != NULL;
}

static void
on_quit (BtfwMessage *message)
{
  BtfwCall *call = (BtfwCall *) message;

  g_main_loop_quit (call->hub->main_loop);
  btfw_call_free (call);
}

static void
join_thread (BtfwHub *self)
{
  BtfwCall *call;

  if (self->thread == NULL)
    return;

  call = g_new0 (BtfwCall, 1);
  call->hub = self;
  call->message.handle = on_quit;
  btfw_hub_call (self, call);
  g_thread_join (g_steal_pointer (&self->thread));
}

static gboolean
is_any_running (BtfwHub *self)
{
  for (guint i = 0; i < self->engine->torrents->len; i++)
    {
      BtfwSwarm *swarm = ((BtfwEngineTorrent *) g_ptr_array_index (self->engine->torrents, i))->swarm;

      if (swarm->is_stopping || !btfw_swarm_is_idle (swarm))
        return TRUE;
    }
  return self->engine->n_removals > 0;
}

/* The thread is gone, so this one is the loop's now. */
static void
stop_torrents (BtfwHub *self)
{
  for (guint i = 0; i < self->engine->torrents->len; i++)
    {
      BtfwEngineTorrent *torrent = g_ptr_array_index (self->engine->torrents, i);

      torrent->starts_again = FALSE;
      btfw_swarm_stop (torrent->swarm, 0);
    }
  while (is_any_running (self))
    g_main_context_iteration (self->engine->context, TRUE);
}

static void
stop_services (BtfwHub *self)
{
  for (guint i = self->engine->services->len; i > 0; i--)
    btfw_service_stop (g_ptr_array_index (self->engine->services, i - 1));
}

static gboolean
on_patience_over (gpointer is_over)
{
  *(gboolean *) is_over = TRUE;
  return G_SOURCE_REMOVE;
}

/* Whoever waits for a plugin gets an answer, in the worst case this one. */
static void
end_calls (BtfwHub *self)
{
  g_autoptr (GSource) timeout = g_timeout_source_new (CLOSE_PATIENCE / 1000);
  gboolean is_over = FALSE;

  for (guint i = 0; i < self->open_calls->len; i++)
    g_cancellable_cancel (((BtfwCall *) g_ptr_array_index (self->open_calls, i))->cancellable);

  g_source_set_callback (timeout, on_patience_over, &is_over, NULL);
  g_source_attach (timeout, self->engine->context);
  while (self->open_calls->len > 0 && !is_over)
    g_main_context_iteration (self->engine->context, TRUE);
  g_source_destroy (timeout);

  for (guint i = 0; i < self->open_calls->len; i++)
    {
      BtfwCall *call = g_ptr_array_index (self->open_calls, i);

      call->hub = NULL;
      if (call->task != NULL)
        g_task_return_new_error (call->task, G_IO_ERROR, G_IO_ERROR_CLOSED, _("the session was closed"));
      g_clear_object (&call->task);
    }
}

void
btfw_hub_free (BtfwHub *self)
{
  GMainContext *context = g_main_context_ref (self->engine->context);

  join_thread (self);
  g_main_context_push_thread_default (context);
  stop_services (self);
  stop_torrents (self);
  end_calls (self);
  while (self->engine->torrents->len > 0)
    btfw_hub_drop (self, g_ptr_array_index (self->engine->torrents, 0));
  /* What was sent in the end, and what plugins still have to end. */
  while (g_main_context_iteration (context, FALSE))
    ;
  btfw_engine_free (self->engine);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  g_clear_pointer (&self->main_loop, g_main_loop_unref);
  g_ptr_array_unref (self->clients);
  g_ptr_array_unref (self->publishers);
  g_ptr_array_unref (self->open_calls);
  g_free (self);
}
