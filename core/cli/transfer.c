/* transfer.c: one run of the program with a session: from the sources that
 * were named to the exit code. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/transfer.h"

#include "cli/check-report.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/hook.h"
#include "cli/signals.h"
#include "cli/source.h"
#include "cli/tracker-log.h"
#include "cli/watchdog.h"
#include "cli/why-note.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* How long trackers may take to hear that we stop, and after which time the
 * program goes without the session having stopped. A signal's own deadline is
 * three seconds. */
#define STOP_PATIENCE 2000
#define STOP_DEADLINE 2700

/* So many torrents have a note for “btfw why”: each is a descriptor. */
#define NOTES_MAX 64

struct _BtfwTransfer
{
  const BtfwTransferPlan *plan;
  const BtfwSetup        *setup;
  BtfwConfig             *config;
  BtfwSession            *session;
  BtfwProgress           *progress;
  BtfwSignals            *signals;
  BtfwTrackerLog         *tracker_log; /* with --verbose */
  GMainLoop              *loop;
  GCancellable           *cancellable;
  GPtrArray              *items;
  GHashTable             *items_by_torrent; /* both borrowed from the items */
  double                  seed_ratio;
  guint                   tick;
  guint                   deadline;
  guint                   wait;
  guint                   n_hooks; /* programs that still run */
  gboolean                stopping;
  gboolean                session_stopped;
  gboolean                gave_up;
  gboolean                has_waited;
};

/* What an operation on an item needs to find it again. */
typedef struct
{
  BtfwTransfer *transfer;
  BtfwItem     *item;
} Reference;

static void begin_stop (BtfwTransfer *self);

/* The display is made when there is something to show: what comes before it,
 * a torrent that is being made for one, may have a display of its own. */
static BtfwProgress *
get_progress (BtfwTransfer *self)
{
  if (self->progress == NULL)
    self->progress = btfw_progress_new (self->plan->progress, self->items);

  return self->progress;
}

/* NULL for a torrent that is not one of ours, or not yet. */
static BtfwItem *
find_item (BtfwTransfer *self, BtfwTorrent *torrent)
{
  return g_hash_table_lookup (self->items_by_torrent, torrent);
}

static Reference *
reference_new (BtfwTransfer *transfer, BtfwItem *item)
{
  Reference *reference = g_new (Reference, 1);

  *reference = (Reference){ transfer, item };
  return reference;
}

static gboolean
is_settled (const BtfwItem *item)
{
  return item->phase == BTFW_ITEM_DONE || item->phase == BTFW_ITEM_FAILED;
}

static void
stop_when_all_settled (BtfwTransfer *self)
{
  for (guint i = 0; i < self->items->len; i++)
    if (!is_settled (g_ptr_array_index (self->items, i)))
      return;

  begin_stop (self);
}

/* Takes @error. */
static void
fail_item (BtfwTransfer *self, BtfwItem *item, GError *error)
{
  item->phase = BTFW_ITEM_FAILED;
  g_clear_error (&item->error);
  item->error = error;

  /* What was broken off because the program ends is no news. */
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      btfw_progress_notice (get_progress (self), item->torrent != NULL ? item : NULL, BTFW_NOTICE_ERROR, error->message);
      btfw_progress_event (get_progress (self), item, BTFW_EVENT_FAILED);
    }
  stop_when_all_settled (self);
}

/* Whether nothing is left to wait for. A program that was started is waited
 * for, but not after a signal. */
static gboolean
is_over (BtfwTransfer *self)
{
  return self->session_stopped && (self->n_hooks == 0 || btfw_signals_get_exit_code () != 0);
}

static void
quit_when_over (BtfwTransfer *self)
{
  if (is_over (self))
    g_main_loop_quit (self->loop);
}

static void
on_hook_done (const GError *error, gpointer user_data)
{
  BtfwTransfer *self = user_data;

  self->n_hooks--;
  if (error != NULL)
    btfw_progress_notice (get_progress (self), NULL, BTFW_NOTICE_WARNING, error->message);
  quit_when_over (self);
}

static void
run_hook (BtfwTransfer *self, BtfwItem *item)
{
  g_autoptr (GError) error = NULL;

  if (btfw_hook_run (self->plan->on_complete, item, on_hook_done, self, &error))
    self->n_hooks++;
  else
    btfw_progress_notice (get_progress (self), NULL, BTFW_NOTICE_WARNING, error->message);
}

/* Whether @item did all that it was kept for. */
static gboolean
is_finished (BtfwTransfer *self, BtfwItem *item)
{
  BtfwTorrentState state = btfw_torrent_status_get_state (btfw_item_get_status (item));

  if (self->plan->metadata_only)
    return btfw_torrent_get_metainfo (item->torrent) != NULL;
  if (self->plan->check)
    return state == BTFW_TORRENT_STOPPED || state == BTFW_TORRENT_SEEDING;

  return item->is_complete && state == BTFW_TORRENT_SEEDING && btfw_item_get_ratio (item) >= self->seed_ratio;
}

static void
on_completed (BtfwTransfer *self, BtfwItem *item)
{
  btfw_progress_event (get_progress (self), item, BTFW_EVENT_COMPLETE);
  if (self->plan->on_complete != NULL && item->was_missing && !self->plan->check)
    run_hook (self, item);
}

static void
tell_state (BtfwTransfer *self, BtfwItem *item, int state)
{
  if (state == item->last_state || self->stopping)
    return;

  item->last_state = state;
  btfw_progress_event (get_progress (self), item, BTFW_EVENT_STATE);
}

static void
log_trackers (BtfwTransfer *self, BtfwItem *item)
{
  if (self->tracker_log == NULL)
    self->tracker_log = btfw_tracker_log_new (get_progress (self));
  btfw_tracker_log_update (self->tracker_log, item);
}

static void
on_status_changed (BtfwSession *session, BtfwTorrent *torrent, BtfwTransfer *self)
{
  BtfwItem          *item = find_item (self, torrent);
  BtfwTorrentStatus *status = btfw_torrent_get_status (torrent);
  gboolean           was_complete;

  if (item == NULL || item->phase != BTFW_ITEM_RUNNING)
    return;

  was_complete = item->is_complete;
  btfw_item_update (item, g_get_monotonic_time ());
  if (self->plan->verbose)
    log_trackers (self, item);
  btfw_progress_update (get_progress (self));

  if (btfw_torrent_status_get_state (status) == BTFW_TORRENT_FAILED)
    {
      const GError *error = btfw_torrent_status_get_error (status);

      fail_item (self, item, error != NULL ? g_error_copy (error) : g_error_new_literal (BTFW_ERROR, BTFW_ERROR_FAILED, _("it failed")));
      return;
    }

  /* Nobody is asked in a check. */
  if (self->plan->check && btfw_torrent_get_metainfo (torrent) == NULL &&
      btfw_torrent_status_get_state (status) == BTFW_TORRENT_STOPPED)
    {
      fail_item (self, item, g_error_new_literal (BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                                                  _("nothing is remembered of this magnet link, so there is nothing to check it with")));
      return;
    }

  if (item->is_complete && !was_complete)
    on_completed (self, item);
  if (is_finished (self, item))
    {
      item->phase = BTFW_ITEM_DONE;
      stop_when_all_settled (self);
      return;
    }

  tell_state (self, item, (int) btfw_torrent_status_get_state (status));
}

static void
on_torrent_notice (BtfwSession *session, BtfwTorrent *torrent, int level, const char *text, BtfwTransfer *self)
{
  BtfwItem *item = find_item (self, torrent);

  if (item != NULL)
    btfw_progress_notice (get_progress (self), item, level, text);
}

static void
on_session_notice (BtfwSession *session, int level, const char *text, gpointer user_data)
{
  BtfwTransfer *self = user_data;

  if (self->progress != NULL)
    btfw_progress_notice (self->progress, NULL, level, text);
  else if (level == BTFW_NOTICE_INFO)
    btfw_console_info ("%s", text);
  else
    btfw_console_warning ("%s", text);
}

static void
tell_warnings (BtfwTransfer *self, BtfwMetainfo *metainfo)
{
  for (const char *const *warning = btfw_metainfo_get_warnings (metainfo); *warning != NULL; warning++)
    btfw_progress_notice (get_progress (self), NULL, BTFW_NOTICE_WARNING, *warning);
}

static void
on_metainfo_known (BtfwSession *session, BtfwTorrent *torrent, BtfwTransfer *self)
{
  BtfwItem *item = find_item (self, torrent);
  GError   *error = NULL;

  if (item == NULL || item->phase != BTFW_ITEM_RUNNING)
    return;
  btfw_progress_event (get_progress (self), item, BTFW_EVENT_METADATA);
  tell_warnings (self, btfw_torrent_get_metainfo (torrent));
  if (self->plan->on_metainfo != NULL && !self->plan->on_metainfo (torrent, self->plan->make_options_data, &error))
    {
      fail_item (self, item, error);
      return;
    }
  if (!self->plan->metadata_only)
    return;
  item->phase = BTFW_ITEM_DONE;
  item->is_complete = TRUE;
  stop_when_all_settled (self);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Reference *reference = user_data;
  BtfwTransfer         *self = reference->transfer;
  BtfwItem             *item = reference->item;
  GError               *error = NULL;

  item->torrent = btfw_session_add_finish (BTFW_SESSION (source), result, &error);
  if (item->torrent == NULL)
    {
      fail_item (self, item, error);
      return;
    }

  item->phase = BTFW_ITEM_RUNNING;
  item->last_moved = g_get_monotonic_time ();
  g_hash_table_insert (self->items_by_torrent, item->torrent, item);
  btfw_progress_event (get_progress (self), item, BTFW_EVENT_ADDED);
  on_status_changed (self->session, item->torrent, self);
}

/* One of @metainfo and @magnet. */
static void
add_to_session (BtfwTransfer *self, BtfwItem *item, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  GError                    *error = NULL;
  g_autoptr (BtfwAddOptions) options = self->plan->make_options (metainfo, self->plan->make_options_data, &error);

  if (options == NULL)
    {
      fail_item (self, item, error);
      return;
    }

  if (magnet != NULL)
    {
      btfw_session_add_magnet_async (self->session, magnet, options, self->cancellable, on_added, reference_new (self, item));
      return;
    }
  tell_warnings (self, metainfo);
  btfw_session_add_async (self->session, metainfo, options, self->cancellable, on_added, reference_new (self, item));
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Reference    *reference = user_data;
  GError                  *error = NULL;
  g_autoptr (BtfwMetainfo) metainfo = btfw_source_open_finish (result, &error);

  if (metainfo == NULL)
    fail_item (reference->transfer, reference->item, error);
  else if (!reference->transfer->stopping)
    add_to_session (reference->transfer, reference->item, metainfo, NULL);
}

static BtfwItem *
new_item (BtfwTransfer *self, const char *source)
{
  BtfwItem *item = btfw_item_new (self->items->len + 1, source);

  g_ptr_array_add (self->items, item);
  return item;
}

void
btfw_transfer_fail (BtfwTransfer *self, const char *source, GError *error)
{
  fail_item (self, new_item (self, source), error);
}

void
btfw_transfer_add_source (BtfwTransfer *self, const char *source)
{
  BtfwItem              *item = new_item (self, source);
  g_autoptr (BtfwMagnet) magnet = NULL;
  GError                *error = NULL;

  magnet = btfw_source_parse_magnet (source, &error);
  if (error != NULL)
    fail_item (self, item, error);
  else if (magnet != NULL)
    add_to_session (self, item, NULL, magnet);
  else
    btfw_source_open_async (self->session, source, self->cancellable, on_opened, reference_new (self, item));
}

void
btfw_transfer_add_metainfo (BtfwTransfer *self, const char *source, BtfwMetainfo *metainfo)
{
  add_to_session (self, new_item (self, source), metainfo, NULL);
}

static void
on_session_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BtfwTransfer      *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!btfw_session_stop_finish (BTFW_SESSION (source), result, &error))
    btfw_progress_notice (get_progress (self), NULL, BTFW_NOTICE_WARNING, error->message);

  self->session_stopped = TRUE;
  g_clear_handle_id (&self->deadline, g_source_remove);
  quit_when_over (self);
}

static gboolean
on_stop_deadline (gpointer user_data)
{
  BtfwTransfer *self = user_data;

  self->deadline = 0;
  btfw_progress_notice (get_progress (self), NULL, BTFW_NOTICE_WARNING,
                        _("stopping takes too long; what was not finished by now is left undone"));
  self->session_stopped = TRUE;
  quit_when_over (self);
  return G_SOURCE_REMOVE;
}

static void
begin_stop (BtfwTransfer *self)
{
  if (self->stopping)
    return;

  self->stopping = TRUE;
  g_clear_handle_id (&self->tick, g_source_remove);
  g_clear_handle_id (&self->wait, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  self->deadline = g_timeout_add (STOP_DEADLINE, on_stop_deadline, self);
  btfw_session_stop_async (self->session, STOP_PATIENCE, on_session_stopped, self);
}

static void
on_stop_signal (gpointer user_data)
{
  BtfwTransfer *self = user_data;

  begin_stop (self);
  quit_when_over (self);
}

static void
on_reload_signal (gpointer user_data)
{
  BtfwTransfer          *self = user_data;
  g_autoptr (GError)     error = NULL;
  g_autoptr (BtfwConfig) config = btfw_setup_load (self->setup, &error);

  if (config != NULL && btfw_session_reload (self->session, config, &error))
    btfw_progress_notice (get_progress (self), NULL, BTFW_NOTICE_INFO, _("the settings were read again"));
  else
    {
      g_autofree char *text = g_strdup_printf (_("the settings stay as they were: %s"), error->message);

      btfw_progress_notice (get_progress (self), NULL, BTFW_NOTICE_ERROR, text);
    }
}

static void
give_up_when_still (BtfwTransfer *self)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < self->items->len; i++)
    {
      BtfwItem *item = g_ptr_array_index (self->items, i);

      if (!is_settled (item) && (item->is_complete || now - item->last_moved < (gint64) self->plan->give_up * G_USEC_PER_SEC))
        return;
    }

  self->gave_up = TRUE;
  begin_stop (self);
}

static void
write_notes (BtfwTransfer *self)
{
  for (guint i = 0; i < MIN (self->items->len, NOTES_MAX); i++)
    {
      BtfwItem *item = g_ptr_array_index (self->items, i);

      if (item->phase != BTFW_ITEM_RUNNING)
        continue;
      if (item->note == NULL)
        item->note = btfw_why_note_new ();
      if (item->note != NULL)
        btfw_why_note_update (item->note, item);
    }
}

/* Long enough to tell what holds it up. */
static gboolean
on_waited (gpointer user_data)
{
  BtfwTransfer *self = user_data;

  self->wait = 0;
  for (guint i = 0; i < self->items->len; i++)
    {
      BtfwItem *item = g_ptr_array_index (self->items, i);

      if (item->phase == BTFW_ITEM_RUNNING && self->plan->on_waited != NULL)
        self->plan->on_waited (item, self->plan->make_options_data);
    }
  self->has_waited = TRUE;
  begin_stop (self);
  return G_SOURCE_REMOVE;
}

/* Once a second: time alone can change what is to be shown. */
static gboolean
on_tick (gpointer user_data)
{
  BtfwTransfer *self = user_data;

  btfw_progress_update (get_progress (self));
  if (self->plan->give_up > 0)
    give_up_when_still (self);
  if (self->plan->wait == 0)
    write_notes (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
read_seed_ratio (BtfwTransfer *self, GError **error)
{
  g_autoptr (BtfwSettings) settings = NULL;

  self->seed_ratio = self->plan->seed_ratio;
  if (self->seed_ratio >= 0)
    return TRUE;

  settings = btfw_settings_new ();
  if (!btfw_config_apply (self->config, "session", G_OBJECT (settings), error))
    return FALSE;

  g_object_get (settings, "seed-ratio", &self->seed_ratio, NULL);
  return TRUE;
}

BtfwTransfer *
btfw_transfer_new (const BtfwTransferPlan *plan, const BtfwSetup *setup, GError **error)
{
  g_autoptr (BtfwTransfer) self = g_new0 (BtfwTransfer, 1);

  self->plan = plan;
  self->setup = setup;
  self->items = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_item_free);
  self->items_by_torrent = g_hash_table_new (NULL, NULL);
  self->cancellable = g_cancellable_new ();
  self->loop = g_main_loop_new (NULL, FALSE);
  self->config = btfw_setup_load (setup, error);
  if (self->config == NULL || !read_seed_ratio (self, error))
    return NULL;

  self->session = btfw_session_new (self->config, error);
  if (self->session == NULL)
    return NULL;

  self->signals = btfw_signals_new (on_stop_signal, on_reload_signal, self);
  /* Of the session, not of each torrent: there may be thousands of them. */
  g_signal_connect (self->session, "notice", G_CALLBACK (on_session_notice), self);
  g_signal_connect (self->session, "torrent-notice", G_CALLBACK (on_torrent_notice), self);
  g_signal_connect (self->session, "torrent-metainfo-known", G_CALLBACK (on_metainfo_known), self);
  g_signal_connect (self->session, "torrent-status-changed", G_CALLBACK (on_status_changed), self);
  btfw_watchdog_start ();
  if (!btfw_session_start (self->session, error))
    {
      btfw_progress_stop (get_progress (self), BTFW_EXIT_FAILED);
      return NULL;
    }

  return g_steal_pointer (&self);
}

static void
forget_note (gpointer object, gpointer user_data)
{
  BtfwItem *item = object;

  g_clear_pointer (&item->note, btfw_why_note_free);
}

void
btfw_transfer_free (BtfwTransfer *self)
{
  g_clear_handle_id (&self->tick, g_source_remove);
  g_clear_handle_id (&self->wait, g_source_remove);
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_ptr_array_foreach (self->items, forget_note, NULL);
  if (self->session != NULL)
    g_signal_handlers_disconnect_by_data (self->session, self);

  g_clear_pointer (&self->signals, btfw_signals_free);
  g_clear_pointer (&self->tracker_log, btfw_tracker_log_free);
  g_clear_pointer (&self->progress, btfw_progress_free);
  g_hash_table_unref (self->items_by_torrent);
  g_ptr_array_unref (self->items);
  g_clear_object (&self->session);
  g_clear_object (&self->config);
  g_object_unref (self->cancellable);
  g_main_loop_unref (self->loop);
  g_free (self);
}

BtfwSession *
btfw_transfer_get_session (BtfwTransfer *self)
{
  return self->session;
}

BtfwProgress *
btfw_transfer_get_progress (BtfwTransfer *self)
{
  return get_progress (self);
}

GCancellable *
btfw_transfer_get_cancellable (BtfwTransfer *self)
{
  return self->cancellable;
}

/* A failure counts more than an interruption, that more than a limit. */
static int
choose_exit_code (BtfwTransfer *self)
{
  gboolean all_complete = TRUE;

  for (guint i = 0; i < self->items->len; i++)
    {
      BtfwItem *item = g_ptr_array_index (self->items, i);

      all_complete = all_complete && item->is_complete;
      if (item->phase == BTFW_ITEM_FAILED && !g_error_matches (item->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return BTFW_EXIT_FAILED;
    }

  if ((all_complete && self->items->len > 0) || self->has_waited)
    return BTFW_EXIT_COMPLETE;
  if (btfw_signals_get_exit_code () != 0)
    return btfw_signals_get_exit_code ();
  return self->gave_up ? BTFW_EXIT_INCOMPLETE : BTFW_EXIT_FAILED;
}

static void
say_last_words (BtfwTransfer *self)
{
  BtfwItemEnd how = BTFW_ITEM_END_LEFT;

  if (self->plan->check)
    how = BTFW_ITEM_END_CHECKED;
  else if (btfw_signals_get_exit_code () != 0)
    how = BTFW_ITEM_END_INTERRUPTED;

  for (guint i = 0; !self->has_waited && i < self->items->len; i++)
    {
      BtfwItem        *item = g_ptr_array_index (self->items, i);
      g_autofree char *line = btfw_item_describe_end (item, how, self->seed_ratio);

      if (item->torrent != NULL)
        btfw_progress_event (get_progress (self), item, BTFW_EVENT_END);
      if (line != NULL)
        btfw_progress_result (get_progress (self), line);
      if (self->plan->check && item->phase == BTFW_ITEM_DONE && !item->is_complete)
        btfw_check_report (get_progress (self), item);
    }
}

int
btfw_transfer_run (BtfwTransfer *self)
{
  int exit_code;

  if (!self->stopping)
    self->tick = g_timeout_add_seconds (1, on_tick, self);
  if (!self->stopping && self->plan->wait > 0)
    self->wait = g_timeout_add_seconds ((guint) MIN (self->plan->wait, G_MAXINT32), on_waited, self);
  btfw_progress_update (get_progress (self));
  if (!is_over (self))
    g_main_loop_run (self->loop);

  exit_code = choose_exit_code (self);
  say_last_words (self);
  btfw_progress_stop (get_progress (self), exit_code);
  return exit_code;
}
