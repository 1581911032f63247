/* progress-plain.c: tells how a run goes in lines for logs. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/output.h"
#include "cli/progress.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define PERIOD (10 * G_TIME_SPAN_SECOND)

typedef struct
{
  BtfwProgress parent;
  BtfwOutput  *output;
  GHashTable  *last_lines; /* BtfwItem (borrowed) -> char, so that none is said twice */
} PlainProgress;

static void
start (BtfwProgress *progress)
{
  PlainProgress *self = (PlainProgress *) progress;

  self->output = btfw_output_new (STDOUT_FILENO);
  /* What lasts less than a period is told when it changes. */
  progress->last_update = g_get_monotonic_time ();
  self->last_lines = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

static void
append_pace (const BtfwItem *item, GString *line)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);
  g_autofree char   *down = btfw_format_rate (btfw_torrent_status_get_download_rate (status));
  g_autofree char   *up = btfw_format_rate (btfw_torrent_status_get_upload_rate (status));
  g_autofree char   *peers = btfw_progress_describe_peers (item);
  g_autofree char   *eta = item->is_complete ? NULL : btfw_progress_describe_eta (item);

  if (!item->is_complete)
    g_string_append_printf (line, _(", down %s"), down);
  g_string_append_printf (line, _(", up %s"), up);
  g_string_append_printf (line, ", %s", peers);
  if (eta != NULL)
    g_string_append_printf (line, _(", %s left"), eta);
  if (item->is_complete)
    g_string_append_printf (line, _(", ratio %.2f"), btfw_item_get_ratio (item));
}

/* Its description, or its content; nothing while it is not known how much there is. */
static void
append_amount (const BtfwItem *item, GString *line)
{
  guint64          bytes = btfw_item_get_size (item);
  g_autofree char *size = btfw_format_size (bytes);

  if (bytes > 0)
    g_string_append_printf (line, _(": %s, %.1f %% of %s"), btfw_progress_describe_state (item),
                            btfw_item_get_fraction (item) * 100, size);
  else
    g_string_append_printf (line, ": %s", btfw_progress_describe_state (item));
}

static char *
describe (const BtfwItem *item, gint64 now)
{
  GString           *line = g_string_new (btfw_item_get_name (item));
  BtfwTorrentState   state = btfw_torrent_status_get_state (btfw_item_get_status (item));
  g_autofree char   *peers = btfw_progress_describe_peers (item);

  append_amount (item, line);
  if (state == BTFW_TORRENT_METADATA)
    g_string_append_printf (line, ", %s", peers);
  else if (state != BTFW_TORRENT_CHECKING)
    append_pace (item, line);
  if (btfw_item_get_trouble (item, now) != NULL)
    g_string_append_printf (line, " (%s)", btfw_item_get_trouble (item, now));

  return g_string_free (g_string_append_c (line, '\n'), FALSE);
}

static void
tell (PlainProgress *self, BtfwItem *item, gint64 now)
{
  g_autofree char *line = describe (item, now);

  if (g_strcmp0 (g_hash_table_lookup (self->last_lines, item), line) == 0)
    return;

  btfw_output_write (self->output, line);
  g_hash_table_insert (self->last_lines, item, g_steal_pointer (&line));
}

static void
update (BtfwProgress *progress, gint64 now)
{
  for (guint i = 0; i < progress->items->len; i++)
    {
      BtfwItem *item = g_ptr_array_index (progress->items, i);

      if (item->phase == BTFW_ITEM_RUNNING)
        tell ((PlainProgress *) progress, item, now);
    }
}

static void
on_event (BtfwProgress *progress, BtfwItem *item, BtfwEvent event)
{
  /* What failed was said as an error, the end is a result; a check is told of
   * only when it takes long. */
  if ((event == BTFW_EVENT_STATE && item->last_state != BTFW_TORRENT_CHECKING) ||
      (event == BTFW_EVENT_COMPLETE && progress->items->len > 1))
    tell ((PlainProgress *) progress, item, g_get_monotonic_time ());
}

static void
result (BtfwProgress *progress, const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  btfw_output_write (((PlainProgress *) progress)->output, line);
}

static void
stop (BtfwProgress *progress, int exit_code)
{
  PlainProgress *self = (PlainProgress *) progress;

  g_clear_pointer (&self->output, btfw_output_free);
  g_clear_pointer (&self->last_lines, g_hash_table_unref);
}

const BtfwProgressClass btfw_progress_plain_class = {
  .instance_size = sizeof (PlainProgress),
  .period = PERIOD,
  .start = start,
  .update = update,
  .event = on_event,
  .result = result,
  .stop = stop,
};
