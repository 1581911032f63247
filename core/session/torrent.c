/* torrent.c: one torrent of a session, as applications hold it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/torrent-private.h"

#include "session/status.h"

#include <btfw/btfw-enums.h>

struct _BtfwTorrent
{
  GObject            parent_instance;
  BtfwClient        *client; /* NULL once it is removed */
  guint32            id;
  BtfwMetainfo      *metainfo; /* NULL while only a magnet link is known */
  BtfwInfoHash      *info_hash;
  char              *name;
  char              *dir;
  BtfwTorrentStatus *status;
};

enum
{
  SIGNAL_STATUS_CHANGED,
  SIGNAL_METAINFO_KNOWN,
  SIGNAL_NOTICE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BtfwTorrent, btfw_torrent, G_TYPE_OBJECT)

static void
btfw_torrent_finalize (GObject *object)
{
  BtfwTorrent *self = BTFW_TORRENT (object);

  g_clear_pointer (&self->metainfo, btfw_metainfo_unref);
  btfw_info_hash_unref (self->info_hash);
  g_free (self->name);
  btfw_torrent_status_unref (self->status);
  g_free (self->dir);

  G_OBJECT_CLASS (btfw_torrent_parent_class)->finalize (object);
}

static void
btfw_torrent_class_init (BtfwTorrentClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_torrent_finalize;

  /**
   * BtfwTorrent::status-changed:
   * @self: the torrent
   *
   * There is a newer snapshot.
   */
  signals[SIGNAL_STATUS_CHANGED] =
    g_signal_new ("status-changed", BTFW_TYPE_TORRENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * BtfwTorrent::metainfo-known:
   * @self: the torrent
   *
   * What a magnet link stands for has come: btfw_torrent_get_metainfo() and
   * the name have changed. Not for torrents that were added with a metainfo.
   */
  signals[SIGNAL_METAINFO_KNOWN] =
    g_signal_new ("metainfo-known", BTFW_TYPE_TORRENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * BtfwTorrent::notice:
   * @self: the torrent
   * @level: how grave it is
   * @text: a sentence for people
   */
  signals[SIGNAL_NOTICE] =
    g_signal_new ("notice", BTFW_TYPE_TORRENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, BTFW_TYPE_NOTICE_LEVEL, G_TYPE_STRING);
}

static void
btfw_torrent_init (BtfwTorrent *self)
{
  self->status = btfw_torrent_status_new_empty ();
}

BtfwTorrent *
btfw_torrent_new (BtfwClient   *client,
                  guint32       id,
                  BtfwMetainfo *metainfo,
                  BtfwInfoHash *info_hash,
                  const char   *name,
                  const char   *dir)
{
  BtfwTorrent *self = g_object_new (BTFW_TYPE_TORRENT, NULL);

  self->client = client;
  self->id = id;
  self->metainfo = metainfo == NULL ? NULL : btfw_metainfo_ref (metainfo);
  self->info_hash = btfw_info_hash_ref (info_hash);
  self->name = g_strdup (name);
  self->dir = g_strdup (dir);
  return self;
}

guint32
btfw_torrent_get_id (BtfwTorrent *self)
{
  return self->id;
}

void
btfw_torrent_set_status (BtfwTorrent *self, BtfwTorrentStatus *status)
{
  btfw_torrent_status_unref (self->status);
  self->status = status;
  g_signal_emit (self, signals[SIGNAL_STATUS_CHANGED], 0);
}

void
btfw_torrent_set_metainfo (BtfwTorrent *self, BtfwMetainfo *metainfo, const char *dir)
{
  g_free (self->dir);
  self->dir = g_strdup (dir);
  g_clear_pointer (&self->metainfo, btfw_metainfo_unref);
  self->metainfo = btfw_metainfo_ref (metainfo);
  g_signal_emit (self, signals[SIGNAL_METAINFO_KNOWN], 0);
}

void
btfw_torrent_set_dir (BtfwTorrent *self, const char *dir)
{
  g_free (self->dir);
  self->dir = g_strdup (dir);
}

void
btfw_torrent_tell_notice (BtfwTorrent *self, BtfwNoticeLevel level, const char *text)
{
  g_signal_emit (self, signals[SIGNAL_NOTICE], 0, level, text);
}

void
btfw_torrent_detach (BtfwTorrent *self)
{
  self->client = NULL;
}

BtfwMetainfo *
btfw_torrent_get_metainfo (BtfwTorrent *self)
{
  g_return_val_if_fail (BTFW_IS_TORRENT (self), NULL);

  return self->metainfo;
}

BtfwInfoHash *
btfw_torrent_get_info_hash (BtfwTorrent *self)
{
  g_return_val_if_fail (BTFW_IS_TORRENT (self), NULL);

  return self->info_hash;
}

const char *
btfw_torrent_get_name (BtfwTorrent *self)
{
  g_return_val_if_fail (BTFW_IS_TORRENT (self), NULL);

  return self->metainfo == NULL ? self->name : btfw_metainfo_get_name (self->metainfo);
}

const char *
btfw_torrent_get_dir (BtfwTorrent *self)
{
  g_return_val_if_fail (BTFW_IS_TORRENT (self), NULL);

  return self->dir;
}

BtfwTorrentStatus *
btfw_torrent_get_status (BtfwTorrent *self)
{
  g_return_val_if_fail (BTFW_IS_TORRENT (self), NULL);

  return self->status;
}

/* --- Calls; the torrent may be gone when one arrives --- */

BtfwCall *
btfw_torrent_new_call (BtfwTorrent *self, void (*run) (BtfwCall *call), void (*reply) (BtfwCall *call))
{
  BtfwCall *call;

  if (self->client == NULL || self->client->hub == NULL)
    return NULL;

  call = btfw_call_new (self->client, run, reply);
  call->torrent = self->id;
  return call;
}

void
btfw_torrent_send_call (BtfwTorrent *self, BtfwCall *call)
{
  if (call != NULL)
    btfw_hub_call (self->client->hub, call);
}

BtfwEngineTorrent *
btfw_torrent_find_called (BtfwCall *call)
{
  return btfw_engine_find (btfw_hub_get_engine (call->hub), call->torrent);
}

static void
run_start (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL && torrent->is_moving)
    torrent->starts_again = TRUE;
  else if (torrent != NULL && torrent->waiters->len == 0)
    btfw_swarm_start (torrent->swarm);
  btfw_hub_reply (call);
}

void
btfw_torrent_start (BtfwTorrent *self)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));

  btfw_torrent_send_call (self, btfw_torrent_new_call (self, run_start, NULL));
}

/* As many as a torrent and a link may name. */
#define TRACKERS_MAX 200
/* How long trackers have to hear that a torrent stops, in milliseconds. */
#define STOP_TIMEOUT 5000

static void
run_stop (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL && torrent->is_moving)
    torrent->starts_again = FALSE;
  else if (torrent != NULL)
    btfw_swarm_stop (torrent->swarm, STOP_TIMEOUT);
  btfw_hub_reply (call);
}

void
btfw_torrent_stop (BtfwTorrent *self)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));

  btfw_torrent_send_call (self, btfw_torrent_new_call (self, run_stop, NULL));
}

static void
run_check (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL && !torrent->is_moving)
    btfw_swarm_check (torrent->swarm);
  btfw_hub_reply (call);
}

void
btfw_torrent_check (BtfwTorrent *self)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));

  btfw_torrent_send_call (self, btfw_torrent_new_call (self, run_check, NULL));
}

static void
run_announce (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL)
    btfw_trackers_announce_now (torrent->swarm->trackers);
  btfw_hub_reply (call);
}

void
btfw_torrent_announce (BtfwTorrent *self)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));

  btfw_torrent_send_call (self, btfw_torrent_new_call (self, run_announce, NULL));
}

static void
run_add_tracker (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL && btfw_trackers_get_n (torrent->swarm->trackers) < TRACKERS_MAX)
    btfw_trackers_add_tier (torrent->swarm->trackers, (const char *const[]){ call->text, NULL });
  btfw_hub_reply (call);
}

void
btfw_torrent_add_tracker (BtfwTorrent *self, const char *url)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_TORRENT (self));
  g_return_if_fail (url != NULL);

  call = btfw_torrent_new_call (self, run_add_tracker, NULL);
  if (call == NULL)
    return;
  call->text = g_strdup (url);
  btfw_torrent_send_call (self, call);
}

static void
run_add_peer (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL)
    btfw_engine_add_peer (torrent, call->text, (guint16) call->numbers[0]);
  btfw_hub_reply (call);
}

void
btfw_torrent_add_peer (BtfwTorrent *self, const char *host, guint16 port)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_TORRENT (self));
  g_return_if_fail (host != NULL);

  call = btfw_torrent_new_call (self, run_add_peer, NULL);
  if (call == NULL)
    return;
  call->text = g_strdup (host);
  call->numbers[0] = port;
  btfw_torrent_send_call (self, call);
}

static void
run_set_limits (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL)
    {
      btfw_limiter_set_rate (&torrent->swarm->download, call->numbers[0]);
      btfw_limiter_set_rate (&torrent->swarm->upload, call->numbers[1]);
    }
  btfw_hub_reply (call);
}

static void
call_with_numbers (BtfwTorrent *self, void (*run) (BtfwCall *call), guint64 first, guint64 second)
{
  BtfwCall *call = btfw_torrent_new_call (self, run, NULL);

  if (call == NULL)
    return;
  call->numbers[0] = first;
  call->numbers[1] = second;
  btfw_torrent_send_call (self, call);
}

void
btfw_torrent_set_limits (BtfwTorrent *self, guint64 max_download, guint64 max_upload)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));

  call_with_numbers (self, run_set_limits, max_download, max_upload);
}

static void
run_set_file_priority (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);

  if (torrent != NULL)
    btfw_swarm_set_file_priority (torrent->swarm, (guint32) call->numbers[0], (BtfwPriority) call->numbers[1]);
  btfw_hub_reply (call);
}

void
btfw_torrent_set_file_priority (BtfwTorrent *self, guint32 file, BtfwPriority priority)
{
  g_return_if_fail (BTFW_IS_TORRENT (self));

  call_with_numbers (self, run_set_file_priority, file, priority);
}

static void
run_set_file_priorities (BtfwCall *call)
{
  BtfwEngineTorrent *torrent = btfw_torrent_find_called (call);
  gsize              size;
  const guint8      *priorities = g_bytes_get_data (call->bytes, &size);

  if (torrent != NULL)
    btfw_swarm_set_file_priorities (torrent->swarm, priorities, (guint32) size);
  btfw_hub_reply (call);
}

void
btfw_torrent_set_file_priorities (BtfwTorrent *self, const guint8 *priorities, guint32 n_files)
{
  BtfwCall *call;

  g_return_if_fail (BTFW_IS_TORRENT (self));
  g_return_if_fail (priorities != NULL || n_files == 0);

  call = btfw_torrent_new_call (self, run_set_file_priorities, NULL);
  if (call == NULL)
    return;
  call->bytes = g_bytes_new (priorities, n_files);
  btfw_torrent_send_call (self, call);
}
