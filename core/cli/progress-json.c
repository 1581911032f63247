/* progress-json.c: tells programs how a run goes: one JSON object a line. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/json.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/why-report.h"

#include <unistd.h>

/* The keys are documented in btfw(1). More may be added; none changes. */

#define PERIOD G_TIME_SPAN_SECOND

typedef struct
{
  BtfwProgress parent;
  BtfwOutput  *output;
  GHashTable  *trackers; /* "item place" -> what was last told of it */
  GHashTable  *told;     /* item -> the snapshot that was last told */
} JsonProgress;

static void
start (BtfwProgress *progress)
{
  JsonProgress *self = (JsonProgress *) progress;

  self->output = btfw_output_new (STDOUT_FILENO);
  self->trackers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->told = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) btfw_torrent_status_unref);
}

static BtfwJson *
begin_line (const char *event, const BtfwItem *item)
{
  BtfwJson *json = btfw_json_new ();

  btfw_json_open_object (json, NULL);
  btfw_json_add_string (json, "event", event);
  btfw_json_add_double (json, "time", (double) g_get_real_time () / G_USEC_PER_SEC);
  if (item != NULL)
    btfw_json_add_unsigned (json, "torrent", item->number);
  else
    btfw_json_add_null (json, "torrent");
  return json;
}

/* Takes @json. */
static void
end_line (JsonProgress *self, BtfwJson *json)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  btfw_json_close_object (json);
  text = btfw_json_free_to_string (json);
  line = g_strconcat (text, "\n", NULL);
  btfw_output_write (self->output, line);
}

static const char *
state_word (BtfwTorrentStatus *status)
{
  static const char *const words[] = {
    [BTFW_TORRENT_STOPPED] = "stopped",
    [BTFW_TORRENT_METADATA] = "metadata",
    [BTFW_TORRENT_CHECKING] = "checking",
    [BTFW_TORRENT_DOWNLOADING] = "downloading",
    [BTFW_TORRENT_SEEDING] = "seeding",
    [BTFW_TORRENT_FAILED] = "failed",
  };

  return words[btfw_torrent_status_get_state (status)];
}

static void
add_amounts (BtfwJson *json, BtfwTorrentStatus *status)
{
  btfw_json_add_unsigned (json, "size", btfw_torrent_status_get_size (status));
  btfw_json_add_unsigned (json, "metadata_size", btfw_torrent_status_get_metadata_size (status));
  btfw_json_add_unsigned (json, "metadata_done", btfw_torrent_status_get_metadata_done (status));
  btfw_json_add_unsigned (json, "wanted", btfw_torrent_status_get_wanted (status));
  btfw_json_add_unsigned (json, "done", btfw_torrent_status_get_done (status));
  btfw_json_add_unsigned (json, "durable", btfw_torrent_status_get_durable (status));
  btfw_json_add_unsigned (json, "pieces", btfw_torrent_status_get_n_pieces (status));
  btfw_json_add_unsigned (json, "pieces_have", btfw_torrent_status_get_n_have (status));
  btfw_json_add_unsigned (json, "downloaded", btfw_torrent_status_get_downloaded (status));
  btfw_json_add_unsigned (json, "uploaded", btfw_torrent_status_get_uploaded (status));
  btfw_json_add_unsigned (json, "session_downloaded", btfw_torrent_status_get_session_downloaded (status));
  btfw_json_add_unsigned (json, "session_uploaded", btfw_torrent_status_get_session_uploaded (status));
  btfw_json_add_unsigned (json, "wasted", btfw_torrent_status_get_wasted (status));
}

static void
add_pace (BtfwJson *json, BtfwTorrentStatus *status)
{
  btfw_json_add_unsigned (json, "download_rate", btfw_torrent_status_get_download_rate (status));
  btfw_json_add_unsigned (json, "upload_rate", btfw_torrent_status_get_upload_rate (status));
  btfw_json_add_unsigned (json, "peers", btfw_torrent_status_get_n_peers (status));
  btfw_json_add_unsigned (json, "seeds", btfw_torrent_status_get_n_seeds (status));
  if (btfw_torrent_status_get_eta (status) >= 0)
    btfw_json_add_signed (json, "eta", btfw_torrent_status_get_eta (status));
  else
    btfw_json_add_null (json, "eta");
}

/* Null for no piece. */
static void
add_piece (BtfwJson *json, const char *key, guint32 piece)
{
  if (piece == BTFW_PIECE_NONE)
    btfw_json_add_null (json, key);
  else
    btfw_json_add_unsigned (json, key, piece);
}

static void
add_shadow (BtfwJson *json, BtfwTorrentStatus *status)
{
  if (btfw_torrent_status_get_shadow_picker (status) == NULL)
    return;

  btfw_json_open_object (json, "shadow");
  btfw_json_add_string (json, "picker", btfw_torrent_status_get_shadow_picker (status));
  btfw_json_add_unsigned (json, "picks", btfw_torrent_status_get_shadow_picks (status));
  btfw_json_add_unsigned (json, "differences", btfw_torrent_status_get_shadow_differences (status));
  btfw_json_add_unsigned (json, "firsts", btfw_torrent_status_get_shadow_firsts (status));
  btfw_json_add_unsigned (json, "nones", btfw_torrent_status_get_shadow_nones (status));
  btfw_json_open_array (json, "last");
  for (guint i = 0; i < btfw_torrent_status_get_n_shadow_choices (status); i++)
    {
      guint32 chosen, other;

      btfw_torrent_status_get_shadow_choice (status, i, &chosen, &other);
      btfw_json_open_object (json, NULL);
      add_piece (json, "chosen", chosen);
      add_piece (json, "other", other);
      btfw_json_close_object (json);
    }
  btfw_json_close_array (json);
  btfw_json_close_object (json);
}

static void
add_status (BtfwJson *json, const BtfwItem *item)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);
  const GError      *error = btfw_torrent_status_get_error (status);

  btfw_json_add_string (json, "state", state_word (status));
  btfw_json_add_boolean (json, "complete", item->is_complete);
  add_amounts (json, status);
  add_pace (json, status);
  btfw_json_add_double (json, "ratio", btfw_item_get_ratio (item));
  btfw_json_add_double (json, "seconds", btfw_torrent_status_get_active_time (status));
  btfw_json_add_string (json, "reason", btfw_torrent_status_get_reason (status));
  btfw_why_add_reasons (json, "reasons", status);
  btfw_json_add_string (json, "error", error != NULL ? error->message : NULL);
  add_shadow (json, status);
}

static void
add_identity (BtfwJson *json, const BtfwItem *item)
{
  g_autofree char *hash = btfw_info_hash_to_string (btfw_torrent_get_info_hash (item->torrent));
  g_autofree char *path = btfw_item_dup_path (item);

  btfw_json_add_string (json, "name", btfw_torrent_get_name (item->torrent));
  btfw_json_add_string (json, "info_hash", hash);
  btfw_json_add_string (json, "path", path);
}

static const char *
tracker_word (BtfwTorrentStatus *status, guint i)
{
  static const char *const words[] = {
    [BTFW_TRACKER_IDLE] = "idle",
    [BTFW_TRACKER_ASKING] = "asking",
    [BTFW_TRACKER_WORKING] = "working",
    [BTFW_TRACKER_FAILING] = "failing",
    [BTFW_TRACKER_UNUSABLE] = "unusable",
  };

  return words[btfw_torrent_status_get_tracker_state (status, i)];
}

/* Null for what is not known. */
static void
add_known (BtfwJson *json, const char *key, gint64 value)
{
  if (value >= 0)
    btfw_json_add_signed (json, key, value);
  else
    btfw_json_add_null (json, key);
}

static void
add_tracker (BtfwJson *json, BtfwTorrentStatus *status, guint i)
{
  btfw_json_add_string (json, "url", btfw_torrent_status_get_tracker_url (status, i));
  btfw_json_add_unsigned (json, "tier", btfw_torrent_status_get_tracker_tier (status, i));
  btfw_json_add_string (json, "state", tracker_word (status, i));
  btfw_json_add_string (json, "message", btfw_torrent_status_get_tracker_message (status, i));
  add_known (json, "last", btfw_torrent_status_get_tracker_last (status, i));
  add_known (json, "next", btfw_torrent_status_get_tracker_next (status, i));
  btfw_json_add_unsigned (json, "failures", btfw_torrent_status_get_tracker_failures (status, i));
  add_known (json, "seeds", btfw_torrent_status_get_tracker_seeds (status, i));
  add_known (json, "leechers", btfw_torrent_status_get_tracker_leechers (status, i));
  add_known (json, "completed", btfw_torrent_status_get_tracker_completed (status, i));
  add_known (json, "peers", btfw_torrent_status_get_tracker_peers (status, i));
}

/* All of it but the times, which change always: so that a line tells news. */
static char *
describe_tracker (BtfwTorrentStatus *status, guint i)
{
  const char *message = btfw_torrent_status_get_tracker_message (status, i);

  return g_strdup_printf ("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %u %s",
                          tracker_word (status, i), btfw_torrent_status_get_tracker_seeds (status, i),
                          btfw_torrent_status_get_tracker_leechers (status, i),
                          btfw_torrent_status_get_tracker_completed (status, i),
                          btfw_torrent_status_get_tracker_peers (status, i),
                          btfw_torrent_status_get_tracker_failures (status, i), message == NULL ? "" : message);
}

static void
tell_trackers (JsonProgress *self, const BtfwItem *item)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);

  for (guint i = 0; i < btfw_torrent_status_get_n_trackers (status); i++)
    {
      g_autofree char *key = g_strdup_printf ("%u %u", item->number, i);
      g_autofree char *text = describe_tracker (status, i);
      BtfwJson        *json;

      if (btfw_torrent_status_get_tracker_state (status, i) == BTFW_TRACKER_IDLE ||
          g_strcmp0 (g_hash_table_lookup (self->trackers, key), text) == 0)
        continue;
      json = begin_line ("tracker", item);
      add_tracker (json, status, i);
      end_line (self, json);
      g_hash_table_insert (self->trackers, g_steal_pointer (&key), g_steal_pointer (&text));
    }
}

static void
tell_progress (JsonProgress *self, BtfwItem *item)
{
  BtfwJson *json = begin_line ("progress", item);

  add_status (json, item);
  end_line (self, json);
  g_hash_table_insert (self->told, item, btfw_torrent_status_ref (btfw_item_get_status (item)));
}

/* Snapshots do not change, so the same one is no news. Among a thousand torrents
 * most have none, and a line for each would be most of what they cost. */
static gboolean
has_news (JsonProgress *self, BtfwItem *item)
{
  return g_hash_table_lookup (self->told, item) != btfw_item_get_status (item);
}

static void
update (BtfwProgress *progress, gint64 now)
{
  for (guint i = 0; i < progress->items->len; i++)
    {
      BtfwItem *item = g_ptr_array_index (progress->items, i);

      if (item->phase != BTFW_ITEM_RUNNING || !has_news ((JsonProgress *) progress, item))
        continue;
      tell_trackers ((JsonProgress *) progress, item);
      tell_progress ((JsonProgress *) progress, item);
    }
}

static void
on_event (BtfwProgress *progress, BtfwItem *item, BtfwEvent event)
{
  static const char *const words[] = {
    [BTFW_EVENT_ADDED] = "added",
    [BTFW_EVENT_METADATA] = "metadata",
    [BTFW_EVENT_COMPLETE] = "complete",
    [BTFW_EVENT_FAILED] = "failed",
    [BTFW_EVENT_END] = "end",
  };
  BtfwJson *json;

  if (item->torrent != NULL && event != BTFW_EVENT_ADDED)
    tell_trackers ((JsonProgress *) progress, item);
  if (event == BTFW_EVENT_STATE)
    {
      tell_progress ((JsonProgress *) progress, item);
      return;
    }

  json = begin_line (words[event], item);
  btfw_json_add_string (json, "source", item->source);
  if (item->torrent != NULL)
    {
      add_identity (json, item);
      if (event != BTFW_EVENT_FAILED)
        add_status (json, item);
    }
  if (event == BTFW_EVENT_FAILED)
    btfw_json_add_string (json, "error", item->error != NULL ? item->error->message : NULL);
  end_line ((JsonProgress *) progress, json);
}

static void
notice (BtfwProgress *progress, BtfwItem *item, BtfwNoticeLevel level, const char *text)
{
  static const char *const words[] = {
    [BTFW_NOTICE_INFO] = "info",
    [BTFW_NOTICE_WARNING] = "warning",
    [BTFW_NOTICE_ERROR] = "error",
  };
  BtfwJson *json = begin_line ("notice", item);

  btfw_json_add_string (json, "level", words[level]);
  btfw_json_add_string (json, "text", text);
  end_line ((JsonProgress *) progress, json);
}

static void
invite (BtfwProgress *progress, const char *url, const char *text)
{
  BtfwJson *json = begin_line ("share", NULL);

  btfw_json_add_string (json, "url", url);
  end_line ((JsonProgress *) progress, json);
}

static void
stop (BtfwProgress *progress, int exit_code)
{
  JsonProgress *self = (JsonProgress *) progress;
  BtfwJson     *json = begin_line ("exit", NULL);

  btfw_json_add_signed (json, "code", exit_code);
  end_line (self, json);
  g_clear_pointer (&self->trackers, g_hash_table_unref);
  g_clear_pointer (&self->told, g_hash_table_unref);
  g_clear_pointer (&self->output, btfw_output_free);
}

const BtfwProgressClass btfw_progress_json_class = {
  .instance_size = sizeof (JsonProgress),
  .period = PERIOD,
  .start = start,
  .update = update,
  .event = on_event,
  .notice = notice,
  .invite = invite,
  .stop = stop,
};
