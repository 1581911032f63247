/* progress-bar.c: a live block of lines for each torrent, on a terminal. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/bar.h"
#include "cli/columns.h"
#include "cli/console.h"
#include "cli/live.h"
#include "cli/progress.h"
#include "cli/terminal.h"

#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define PERIOD (200 * G_TIME_SPAN_MILLISECOND)
#define BAR_MIN 12
#define BAR_MAX 60
/* Lines of a block: name, bar, pace, and what is wrong. */
#define BLOCK_LINES 4
/* Columns of a name when all must fit on one line. */
#define ROW_NAME_MIN 16

typedef struct
{
  BtfwProgress parent;
  BtfwLive    *live;
  guint        resize_source;
} BarProgress;

static gboolean
on_resized (gpointer user_data)
{
  BtfwProgress *progress = user_data;

  progress->class->update (progress, g_get_monotonic_time ());
  return G_SOURCE_CONTINUE;
}

static void
start (BtfwProgress *progress)
{
  BarProgress *self = (BarProgress *) progress;

  self->live = btfw_live_new (STDOUT_FILENO);
  self->resize_source = g_unix_signal_add (SIGWINCH, on_resized, self);
}

/* Appends @line, cut to the terminal's width. */
static void
append_line (BarProgress *self, GString *lines, const char *line)
{
  g_autofree char *fitting = btfw_columns_fit (line, btfw_live_get_width (self->live));

  g_string_append_printf (lines, "%s\n", fitting);
}

/* The pieces that are here; while they are checked, how far the check is. */
static char *
draw_bar (const BtfwItem *item, guint width)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);

  if (btfw_torrent_status_get_state (status) == BTFW_TORRENT_CHECKING ||
      btfw_torrent_status_get_state (status) == BTFW_TORRENT_METADATA || item->is_complete)
    return btfw_bar_of_fraction (btfw_item_get_fraction (item), width);

  return btfw_bar_of_pieces (btfw_torrent_status_get_pieces (status),
                             btfw_torrent_status_get_n_pieces (status), width);
}

/* Rounded down, so that only what is complete has 100 %. */
static double
percent (const BtfwItem *item)
{
  return (double) (int) (btfw_item_get_fraction (item) * 1000) / 10;
}

static char *
describe_amount (const BtfwItem *item)
{
  g_autofree char *size = btfw_format_size (btfw_item_get_size (item));

  return g_strdup_printf (_("%5.1f %% of %s"), percent (item), size);
}

/* Of a magnet link nobody knows at first how much there is to come. */
static gboolean
has_amount (const BtfwItem *item)
{
  return btfw_item_get_size (item) > 0 ||
         btfw_torrent_status_get_state (btfw_item_get_status (item)) != BTFW_TORRENT_METADATA;
}

static void
append_bar_line (BarProgress *self, GString *lines, const BtfwItem *item)
{
  g_autofree char *amount = describe_amount (item);
  guint            width = btfw_live_get_width (self->live);
  guint            amount_width = btfw_columns_width (amount);
  g_autofree char *bar = NULL;
  g_autofree char *line = NULL;

  if (amount_width + BAR_MIN + 3 > width)
    line = g_strconcat ("  ", amount, NULL);
  else
    {
      bar = draw_bar (item, MIN (width - amount_width - 3, BAR_MAX));
      line = g_strconcat ("  ", bar, " ", amount, NULL);
    }
  append_line (self, lines, line);
}

/* Appends what still fits whole on a line of @width columns. */
static void
append_part (GString *line, const char *part, guint width)
{
  if (btfw_columns_width (line->str) + 2 + btfw_columns_width (part) <= width)
    g_string_append_printf (line, "  %s", part);
}

static char *
describe_rate (const char *arrow, const char *word, guint64 bytes_per_second)
{
  g_autofree char *rate = btfw_format_rate (bytes_per_second);

  return g_strdup_printf ("%s %s", btfw_terminal_is_utf8 () ? arrow : word, rate);
}

static void
append_pace (GString *line, const BtfwItem *item, guint width)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);
  g_autofree char   *down = describe_rate ("↓", _("down"), btfw_torrent_status_get_download_rate (status));
  g_autofree char   *up = describe_rate ("↑", _("up"), btfw_torrent_status_get_upload_rate (status));
  g_autofree char   *peers = btfw_progress_describe_peers (item);

  if (!item->is_complete)
    append_part (line, down, width);
  append_part (line, up, width);
  append_part (line, peers, width);
}

/* How long it takes still, or what was given back. */
static void
append_outlook (GString *line, const BtfwItem *item, guint width)
{
  g_autofree char *eta = item->is_complete ? NULL : btfw_progress_describe_eta (item);
  g_autofree char *ratio = g_strdup_printf (_("ratio %.2f"), btfw_item_get_ratio (item));
  g_autofree char *left = eta != NULL ? g_strdup_printf (_("%s left"), eta) : NULL;

  if (item->is_complete)
    append_part (line, ratio, width);
  else if (left != NULL)
    append_part (line, left, width);
}

static void
append_pace_line (BarProgress *self, GString *lines, const BtfwItem *item)
{
  g_autoptr (GString) line = g_string_new (NULL);
  BtfwTorrentState    state = btfw_torrent_status_get_state (btfw_item_get_status (item));
  guint               width = btfw_live_get_width (self->live);

  if (state != BTFW_TORRENT_DOWNLOADING)
    append_part (line, btfw_progress_describe_state (item), width);
  if (state == BTFW_TORRENT_METADATA)
    {
      g_autofree char *peers = btfw_progress_describe_peers (item);

      append_part (line, peers, width);
    }
  if (state == BTFW_TORRENT_DOWNLOADING || state == BTFW_TORRENT_SEEDING)
    {
      append_pace (line, item, width);
      append_outlook (line, item, width);
    }
  append_line (self, lines, line->str);
}

static void
append_block (BarProgress *self, GString *lines, const BtfwItem *item, gint64 now)
{
  const char *trouble = btfw_item_get_trouble (item, now);

  append_line (self, lines, btfw_item_get_name (item));
  if (item->torrent != NULL)
    {
      if (has_amount (item))
        append_bar_line (self, lines, item);
      append_pace_line (self, lines, item);
    }
  else
    {
      g_autofree char *line = g_strconcat ("  ", btfw_progress_describe_state (item), NULL);

      append_line (self, lines, line);
    }

  if (trouble != NULL)
    {
      g_autofree char *line = g_strconcat ("  ", trouble, NULL);

      append_line (self, lines, line);
    }
}

/* For many torrents: all on one line, with names of @name_width columns. */
static void
append_row (BarProgress *self, GString *lines, const BtfwItem *item, guint name_width)
{
  guint               width = btfw_live_get_width (self->live);
  g_autofree char    *name = btfw_columns_fit (btfw_item_get_name (item), name_width);
  g_autoptr (GString) line = g_string_new (name);

  g_string_append_printf (line, "%*s", (int) (name_width - btfw_columns_width (name)), "");
  if (item->torrent != NULL && has_amount (item))
    {
      g_autofree char *bar = draw_bar (item, BAR_MIN);

      g_string_append_printf (line, " %s %5.1f %%", bar, percent (item));
      append_pace (line, item, width);
    }
  else
    append_part (line, btfw_progress_describe_state (item), width);

  append_line (self, lines, line->str);
}

/* As wide as the longest name, but no wider than half of the terminal. */
static guint
choose_name_width (BarProgress *self, GPtrArray *shown)
{
  guint widest = 0;

  for (guint i = 0; i < shown->len; i++)
    widest = MAX (widest, btfw_columns_width (btfw_item_get_name (g_ptr_array_index (shown, i))));

  return MIN (widest, MAX (btfw_live_get_width (self->live) / 2, ROW_NAME_MIN));
}

/* One line about all, when there are several. */
static void
append_total (BarProgress *self, GString *lines)
{
  GPtrArray       *items = self->parent.items;
  guint            n_complete = 0;
  guint64          down = 0;
  guint64          up = 0;
  g_autofree char *down_text = NULL;
  g_autofree char *up_text = NULL;
  g_autofree char *line = NULL;

  for (guint i = 0; i < items->len; i++)
    {
      BtfwItem *item = g_ptr_array_index (items, i);

      n_complete += item->is_complete;
      if (item->torrent == NULL)
        continue;
      down += btfw_torrent_status_get_download_rate (btfw_item_get_status (item));
      up += btfw_torrent_status_get_upload_rate (btfw_item_get_status (item));
    }

  down_text = describe_rate ("↓", _("down"), down);
  up_text = describe_rate ("↑", _("up"), up);
  line = g_strdup_printf (_("%u of %u complete  %s  %s"), n_complete, items->len, down_text, up_text);
  append_line (self, lines, line);
}

static GPtrArray *
list_shown (BarProgress *self)
{
  GPtrArray *shown = g_ptr_array_new ();

  for (guint i = 0; i < self->parent.items->len; i++)
    {
      BtfwItem *item = g_ptr_array_index (self->parent.items, i);

      if (item->phase == BTFW_ITEM_OPENING || item->phase == BTFW_ITEM_RUNNING)
        g_ptr_array_add (shown, item);
    }

  return shown;
}

static void
append_rows (BarProgress *self, GString *lines, GPtrArray *shown, guint room)
{
  guint n = shown->len > room ? room - 1 : shown->len;
  guint name_width = choose_name_width (self, shown);

  for (guint i = 0; i < n; i++)
    append_row (self, lines, g_ptr_array_index (shown, i), name_width);

  if (n < shown->len)
    {
      g_autofree char *line = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "and %u more", "and %u more", shown->len - n),
                                               shown->len - n);

      append_line (self, lines, line);
    }
}

static void
update (BtfwProgress *progress, gint64 now)
{
  BarProgress          *self = (BarProgress *) progress;
  g_autoptr (GString)   lines = g_string_new (NULL);
  g_autoptr (GPtrArray) shown = list_shown (self);
  guint                 height = btfw_live_get_height (self->live);
  gboolean              has_total = progress->items->len > 1 && height > 2;
  guint                 room = MAX (height - has_total, 1);

  if (shown->len * BLOCK_LINES <= room)
    for (guint i = 0; i < shown->len; i++)
      append_block (self, lines, g_ptr_array_index (shown, i), now);
  else
    append_rows (self, lines, shown, room);

  if (has_total)
    append_total (self, lines);
  btfw_live_draw (self->live, lines->str);
}

static void
result (BtfwProgress *progress, const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  btfw_live_print (((BarProgress *) progress)->live, line);
}

static void
stop (BtfwProgress *progress, int exit_code)
{
  BarProgress *self = (BarProgress *) progress;

  g_clear_handle_id (&self->resize_source, g_source_remove);
  g_clear_pointer (&self->live, btfw_live_free);
}

const BtfwProgressClass btfw_progress_bar_class = {
  .instance_size = sizeof (BarProgress),
  .period = PERIOD,
  .start = start,
  .update = update,
  .result = result,
  .stop = stop,
};
