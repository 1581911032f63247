/* tracker-log.c: says what trackers answer, for --verbose. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/tracker-log.h"

#include <glib/gi18n-lib.h>

struct _BtfwTrackerLog
{
  BtfwProgress *progress;
  GHashTable   *last; /* "item url" -> the sentence that was last said of it */
};

BtfwTrackerLog *
btfw_tracker_log_new (BtfwProgress *progress)
{
  BtfwTrackerLog *self = g_new0 (BtfwTrackerLog, 1);

  self->progress = progress;
  self->last = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
btfw_tracker_log_free (BtfwTrackerLog *self)
{
  g_hash_table_unref (self->last);
  g_free (self);
}

static char *
describe_working (BtfwTorrentStatus *status, guint i)
{
  gint64 seeds = btfw_torrent_status_get_tracker_seeds (status, i);
  gint64 leechers = btfw_torrent_status_get_tracker_leechers (status, i);

  gint64 peers = btfw_torrent_status_get_tracker_peers (status, i);

  if (seeds < 0 || leechers < 0)
    return peers < 0 ? g_strdup (_("answered")) :
                       g_strdup_printf (_("answered; peers named: %lld"), (long long) peers);

  return g_strdup_printf (_("answered; seeds: %lld, others: %lld, peers named: %lld"),
                          (long long) seeds, (long long) leechers, (long long) MAX (peers, 0));
}

static char *
describe_state (BtfwTorrentStatus *status, guint i)
{
  const char *message = btfw_torrent_status_get_tracker_message (status, i);

  switch (btfw_torrent_status_get_tracker_state (status, i))
    {
    case BTFW_TRACKER_WORKING:
      return message != NULL ? g_strdup_printf (_("answered: %s"), message) : describe_working (status, i);
    case BTFW_TRACKER_FAILING:
      return g_strdup_printf (_("failed: %s"), message != NULL ? message : _("unknown error"));
    case BTFW_TRACKER_UNUSABLE:
      return g_strdup_printf (_("cannot be used: %s"), message != NULL ? message : _("unknown error"));
    case BTFW_TRACKER_IDLE:
    case BTFW_TRACKER_ASKING:
    default:
      return NULL;
    }
}

/* Takes @sentence. */
static char *
add_next (BtfwTorrentStatus *status, guint i, char *sentence)
{
  gint64           next = btfw_torrent_status_get_tracker_next (status, i);
  g_autofree char *plain = sentence;
  g_autofree char *time = next > 0 ? btfw_format_duration (next * G_TIME_SPAN_SECOND) : NULL;

  return time == NULL ? g_steal_pointer (&plain) : g_strdup_printf (_("%s (again in %s)"), plain, time);
}

void
btfw_tracker_log_update (BtfwTrackerLog *self, BtfwItem *item)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);

  for (guint i = 0; i < btfw_torrent_status_get_n_trackers (status); i++)
    {
      const char      *url = btfw_torrent_status_get_tracker_url (status, i);
      g_autofree char *key = g_strdup_printf ("%u %u %s", item->number, i, url);
      g_autofree char *state = describe_state (status, i);
      g_autofree char *sentence = NULL;

      if (state == NULL || g_strcmp0 (g_hash_table_lookup (self->last, key), state) == 0)
        continue;

      sentence = add_next (status, i, g_strdup_printf (_("tracker %s %s"), url, state));
      btfw_progress_notice (self->progress, item, BTFW_NOTICE_INFO, sentence);
      g_hash_table_insert (self->last, g_steal_pointer (&key), g_steal_pointer (&state));
    }
}
