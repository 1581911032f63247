/* progress.c: shows people or programs how a run goes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/progress.h"

#include "cli/console.h"
#include "cli/terminal.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

/* --progress=none: only what is wrong, on standard error. */
static const BtfwProgressClass none_class = {
  .instance_size = sizeof (BtfwProgress),
};

gboolean
btfw_progress_take_kind (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  static const char *const names[] = {
    [BTFW_PROGRESS_AUTO] = "auto",
    [BTFW_PROGRESS_BAR] = "bar",
    [BTFW_PROGRESS_PLAIN] = "plain",
    [BTFW_PROGRESS_JSON] = "json",
    [BTFW_PROGRESS_NONE] = "none",
  };
  g_autofree char *shown = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (value, names[i]) == 0)
      {
        *(BtfwProgressKind *) G_STRUCT_MEMBER_P (target, option->offset) = i;
        return TRUE;
      }

  shown = btfw_text_clean (value, -1);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
               _("--%s: there is no “%s”; there are auto, bar, plain, json and none"), option->name, shown);
  return FALSE;
}

static const BtfwProgressClass *
choose_class (BtfwProgressKind kind)
{
  switch (kind)
    {
    case BTFW_PROGRESS_BAR:
      return &btfw_progress_bar_class;
    case BTFW_PROGRESS_PLAIN:
      return &btfw_progress_plain_class;
    case BTFW_PROGRESS_JSON:
      return &btfw_progress_json_class;
    case BTFW_PROGRESS_NONE:
      return &none_class;
    case BTFW_PROGRESS_AUTO:
    default:
      return btfw_terminal_can_draw (STDOUT_FILENO) ? &btfw_progress_bar_class : &btfw_progress_plain_class;
    }
}

BtfwProgress *
btfw_progress_new (BtfwProgressKind kind, GPtrArray *items)
{
  const BtfwProgressClass *class = choose_class (kind);
  BtfwProgress            *self = g_malloc0 (class->instance_size);

  self->class = class;
  self->items = items;
  if (class->start != NULL)
    class->start (self);
  return self;
}

void
btfw_progress_free (BtfwProgress *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_free (self);
}

static void
show_now (BtfwProgress *self)
{
  self->last_update = g_get_monotonic_time ();
  self->class->update (self, self->last_update);
}

static gboolean
on_period_over (gpointer user_data)
{
  BtfwProgress *self = user_data;

  self->timer = 0;
  show_now (self);
  return G_SOURCE_REMOVE;
}

void
btfw_progress_update (BtfwProgress *self)
{
  gint64 left;

  if (self->class->update == NULL || self->timer != 0)
    return;

  left = self->last_update + self->class->period - g_get_monotonic_time ();
  if (left <= 0 || self->last_update == 0)
    show_now (self);
  else
    self->timer = g_timeout_add ((guint) (left / 1000 + 1), on_period_over, self);
}

void
btfw_progress_event (BtfwProgress *self, BtfwItem *item, BtfwEvent event)
{
  if (self->class->event != NULL)
    self->class->event (self, item, event);
}

void
btfw_progress_notice (BtfwProgress *self, BtfwItem *item, BtfwNoticeLevel level, const char *text)
{
  g_autofree char *prefix = item != NULL ? g_strdup_printf ("%s: ", btfw_item_get_name (item)) : g_strdup ("");

  if (self->class->notice != NULL)
    {
      self->class->notice (self, item, level, text);
      return;
    }

  if (level == BTFW_NOTICE_ERROR)
    btfw_console_error ("%s%s", prefix, text);
  else if (level == BTFW_NOTICE_WARNING)
    btfw_console_warning ("%s%s", prefix, text);
  else if (self->class != &none_class)
    btfw_console_info ("%s%s", prefix, text);
}

void
btfw_progress_result (BtfwProgress *self, const char *text)
{
  if (self->class->result != NULL)
    self->class->result (self, text);
}

void
btfw_progress_invite (BtfwProgress *self, const char *url, const char *text)
{
  if (self->class->invite != NULL)
    self->class->invite (self, url, text);
  else
    btfw_progress_result (self, text);
}

void
btfw_progress_stop (BtfwProgress *self, int exit_code)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->class->stop != NULL)
    self->class->stop (self, exit_code);
}

static const char *
describe_running (const BtfwItem *item)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);

  switch (btfw_torrent_status_get_state (status))
    {
    case BTFW_TORRENT_STOPPED:
      return _("stopped");
    case BTFW_TORRENT_METADATA:
      return _("getting its description from peers");
    case BTFW_TORRENT_CHECKING:
      return _("checking");
    case BTFW_TORRENT_DOWNLOADING:
      return _("downloading");
    case BTFW_TORRENT_SEEDING:
      return _("seeding");
    case BTFW_TORRENT_FAILED:
    default:
      return _("failed");
    }
}

const char *
btfw_progress_describe_state (const BtfwItem *item)
{
  if (item->phase == BTFW_ITEM_FAILED)
    return _("failed");
  if (item->torrent == NULL)
    return _("opening");

  return describe_running (item);
}

char *
btfw_progress_describe_peers (const BtfwItem *item)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);
  guint              peers = btfw_torrent_status_get_n_peers (status);
  guint              seeds = btfw_torrent_status_get_n_seeds (status);
  g_autofree char   *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u peer", "%u peers", peers), peers);
  g_autofree char   *complete = NULL;

  if (seeds == 0)
    return g_steal_pointer (&text);

  complete = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u seed", "%u seeds", seeds), seeds);
  return g_strdup_printf ("%s (%s)", text, complete);
}

char *
btfw_progress_describe_eta (const BtfwItem *item)
{
  gint64 seconds = btfw_torrent_status_get_eta (btfw_item_get_status (item));

  if (seconds < 0 || seconds > G_MAXINT64 / G_USEC_PER_SEC)
    return NULL;

  return btfw_format_duration (seconds * G_USEC_PER_SEC);
}
