/* hashing.c: makes a torrent and shows how far it is. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/hashing.h"

#include "cli/bar.h"
#include "cli/columns.h"
#include "cli/live.h"
#include "cli/terminal.h"

#include <glib/gi18n-lib.h>
#include <unistd.h>

#define REDRAW_PERIOD (200 * G_TIME_SPAN_MILLISECOND)
#define BAR_MAX 40

typedef struct
{
  GMainLoop *loop;
  BtfwLive  *live; /* NULL when nothing is shown */
  gint64     begun;
  gint64     last_drawn;
  GBytes    *torrent;
  GError   **error;
} Hashing;

static char *
describe (Hashing *self, guint64 done, guint64 total)
{
  double           fraction = total > 0 ? (double) done / (double) total : 1;
  gint64           elapsed = MAX (g_get_monotonic_time () - self->begun, 1);
  g_autofree char *rate = btfw_format_rate ((guint64) ((double) done * G_USEC_PER_SEC / (double) elapsed));
  g_autofree char *size = btfw_format_size (total);
  g_autofree char *text = g_strdup_printf (_(" %3.0f %% of %s hashed, %s"), fraction * 100, size, rate);
  guint            width = btfw_live_get_width (self->live);
  guint            text_width = btfw_columns_width (text);
  g_autofree char *bar = NULL;
  g_autofree char *line = NULL;
  g_autofree char *fitting = NULL;

  if (text_width + 10 > width)
    bar = g_strdup ("");
  else
    bar = btfw_bar_of_fraction (fraction, MIN (width - text_width, BAR_MAX));
  line = g_strconcat (bar, text, NULL);
  fitting = btfw_columns_fit (line, width);
  return g_strconcat (fitting, "\n", NULL);
}

static void
on_progress (BtfwCreator *creator, guint64 done, guint64 total, gpointer user_data)
{
  Hashing         *self = user_data;
  gint64           now = g_get_monotonic_time ();
  g_autofree char *line = NULL;

  if (self->live == NULL || now - self->last_drawn < REDRAW_PERIOD)
    return;

  self->last_drawn = now;
  line = describe (self, done, total);
  btfw_live_draw (self->live, line);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Hashing *self = user_data;

  self->torrent = btfw_creator_run_finish (BTFW_CREATOR (source), result, self->error);
  g_main_loop_quit (self->loop);
}

GBytes *
btfw_hashing_run (BtfwCreator *creator, gboolean quiet, GCancellable *cancellable, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  gint64                now = g_get_monotonic_time ();
  /* What is done within the first period is not worth a bar. */
  Hashing               self = { loop, NULL, now, now, NULL, error };

  if (!quiet && btfw_terminal_can_draw (STDOUT_FILENO))
    self.live = btfw_live_new (STDOUT_FILENO);
  btfw_creator_run_async (creator, on_progress, &self, NULL, cancellable, on_done, &self);
  g_main_loop_run (loop);
  g_clear_pointer (&self.live, btfw_live_free);
  return self.torrent;
}
