/* item.c: one torrent of a run, as the displays see it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/item.h"

#include "cli/console.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* How long nothing moves before it is said why. */
#define STILL_TIME (10 * G_TIME_SPAN_SECOND)

BtfwItem *
btfw_item_new (guint number, const char *source)
{
  BtfwItem *self = g_new0 (BtfwItem, 1);

  self->number = number;
  self->source = btfw_text_clean (source, -1);
  self->last_state = -1;
  self->last_moved = g_get_monotonic_time ();
  return self;
}

void
btfw_item_free (BtfwItem *self)
{
  g_clear_object (&self->torrent);
  g_clear_error (&self->error);
  g_free (self->source);
  g_free (self);
}

BtfwTorrentStatus *
btfw_item_get_status (const BtfwItem *self)
{
  return self->torrent != NULL ? btfw_torrent_get_status (self->torrent) : NULL;
}

void
btfw_item_update (BtfwItem *self, gint64 now)
{
  BtfwTorrentStatus *status = btfw_item_get_status (self);
  BtfwTorrentState   state = btfw_torrent_status_get_state (status);
  guint64            sum = btfw_torrent_status_get_done (status) +
                btfw_torrent_status_get_metadata_done (status) +
                btfw_torrent_status_get_session_downloaded (status) +
                btfw_torrent_status_get_session_uploaded (status);

  if (sum != self->last_moved_sum)
    {
      self->last_moved_sum = sum;
      self->last_moved = now;
    }

  /* What is being verified counts for nothing yet. */
  if (state == BTFW_TORRENT_CHECKING)
    {
      self->is_complete = FALSE;
      return;
    }

  self->is_complete = btfw_torrent_status_is_complete (status);
  if (!self->is_complete || btfw_torrent_status_get_session_downloaded (status) > 0)
    self->was_missing = TRUE;
}

const char *
btfw_item_get_name (const BtfwItem *self)
{
  const char *name = self->torrent != NULL ? btfw_torrent_get_name (self->torrent) : NULL;

  return name != NULL && name[0] != '\0' ? name : self->source;
}

char *
btfw_item_dup_path (const BtfwItem *self)
{
  BtfwMetainfo    *metainfo = btfw_torrent_get_metainfo (self->torrent);
  const char      *dir = btfw_torrent_get_dir (self->torrent);
  BtfwLayout      *layout;
  const char      *first;
  g_autofree char *top = NULL;

  if (metainfo == NULL)
    return g_strdup (dir);

  layout = btfw_metainfo_get_layout (metainfo);
  first = btfw_layout_get_n_files (layout) > 0 ? btfw_layout_get_file_path (layout, 0) : "";
  if (!btfw_metainfo_is_multi_file (metainfo))
    return g_build_filename (dir, first, NULL);

  /* All its files lie in one folder, whose name was made safe. */
  top = g_strndup (first, strcspn (first, "/"));
  return g_build_filename (dir, top, NULL);
}

guint64
btfw_item_get_size (const BtfwItem *self)
{
  BtfwTorrentStatus *status = btfw_item_get_status (self);

  if (btfw_torrent_status_get_state (status) == BTFW_TORRENT_METADATA)
    return btfw_torrent_status_get_metadata_size (status);
  return btfw_torrent_status_get_wanted (status);
}

double
btfw_item_get_fraction (const BtfwItem *self)
{
  BtfwTorrentStatus *status = btfw_item_get_status (self);
  gboolean           is_check;
  guint64            whole;

  if (status == NULL)
    return 0;
  if (self->is_complete)
    return 1;

  if (btfw_torrent_status_get_state (status) == BTFW_TORRENT_METADATA)
    return btfw_torrent_status_get_metadata_size (status) == 0
             ? 0
             : (double) btfw_torrent_status_get_metadata_done (status) / (double) btfw_torrent_status_get_metadata_size (status);
  is_check = btfw_torrent_status_get_state (status) == BTFW_TORRENT_CHECKING;
  whole = is_check ? btfw_torrent_status_get_size (status) : btfw_torrent_status_get_wanted (status);
  if (whole == 0)
    return 0;
  return MIN ((double) btfw_torrent_status_get_done (status) / (double) whole, 1);
}

double
btfw_item_get_ratio (const BtfwItem *self)
{
  BtfwTorrentStatus *status = btfw_item_get_status (self);
  guint64            whole;

  if (status == NULL)
    return 0;

  whole = btfw_torrent_status_get_downloaded (status);
  if (whole == 0)
    whole = btfw_torrent_status_get_wanted (status);
  if (whole == 0)
    return 0;
  return (double) btfw_torrent_status_get_uploaded (status) / (double) whole;
}

const char *
btfw_item_get_trouble (const BtfwItem *self, gint64 now)
{
  BtfwTorrentStatus *status = btfw_item_get_status (self);

  if (self->error != NULL)
    return self->error->message;
  if (status == NULL)
    return NULL;
  if (btfw_torrent_status_get_error (status) != NULL)
    return btfw_torrent_status_get_error (status)->message;
  if (self->is_complete || now - self->last_moved < STILL_TIME)
    return NULL;

  return btfw_torrent_status_get_reason (status);
}

static char *
describe_check (const BtfwItem *self)
{
  BtfwTorrentStatus *status = btfw_item_get_status (self);
  guint32            n = btfw_torrent_status_get_n_pieces (status);
  guint32            have = btfw_torrent_status_get_n_have (status);

  if (self->is_complete)
    return g_strdup_printf (_("%s: complete; what was checked is right"), btfw_item_get_name (self));

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                       "%s: not complete; %u of %u piece is right",
                                       "%s: not complete; %u of %u pieces are right", n),
                          btfw_item_get_name (self), have, n);
}

static char *
describe_incomplete (const BtfwItem *self, gboolean interrupted)
{
  BtfwTorrentStatus *status = btfw_item_get_status (self);
  double             percent = btfw_item_get_fraction (self) * 100;
  g_autofree char   *wanted = btfw_format_size (btfw_torrent_status_get_wanted (status));
  gboolean           checking = btfw_torrent_status_get_state (status) == BTFW_TORRENT_CHECKING;

  if (btfw_torrent_get_metainfo (self->torrent) == NULL)
    return g_strdup_printf (interrupted ? _("%s: stopped before anybody had said what is in it; the same command goes on")
                                        : _("%s: given up before anybody had said what is in it"),
                            btfw_item_get_name (self));
  if (checking)
    return g_strdup_printf (_("%s: stopped while its files were being checked"), btfw_item_get_name (self));
  if (interrupted)
    return g_strdup_printf (_("%s: stopped at %.1f %% of %s; the same command goes on from there"),
                            btfw_item_get_name (self), percent, wanted);

  return g_strdup_printf (_("%s: given up at %.1f %% of %s"), btfw_item_get_name (self), percent, wanted);
}

/* How much, how long, how fast. */
static char *
describe_download (const BtfwItem *self)
{
  BtfwTorrentStatus *status = btfw_item_get_status (self);
  guint64            bytes = btfw_torrent_status_get_session_downloaded (status);
  double             seconds = btfw_torrent_status_get_active_time (status);
  g_autofree char   *wanted = btfw_format_size (btfw_torrent_status_get_wanted (status));
  g_autofree char   *size = btfw_format_size (bytes);
  g_autofree char   *duration = btfw_format_duration ((gint64) (seconds * G_USEC_PER_SEC));
  g_autofree char   *rate = btfw_format_rate (seconds > 0 ? (guint64) ((double) bytes / seconds) : bytes);

  if (bytes == 0)
    return g_strdup_printf (_("%s: complete, %s"), btfw_item_get_name (self), wanted);

  return g_strdup_printf (_("%s: complete, %s received in %s (%s)"), btfw_item_get_name (self), size, duration, rate);
}

char *
btfw_item_describe_end (const BtfwItem *self, BtfwItemEnd how, double seed_ratio)
{
  g_autofree char *download = NULL;
  g_autofree char *path = NULL;
  g_autofree char *shown = NULL;
  double           ratio = btfw_item_get_ratio (self);

  if (self->torrent == NULL || self->phase == BTFW_ITEM_FAILED)
    return NULL;
  if (how == BTFW_ITEM_END_CHECKED && self->phase == BTFW_ITEM_DONE)
    return describe_check (self);
  if (!self->is_complete)
    return describe_incomplete (self, how == BTFW_ITEM_END_INTERRUPTED);

  download = describe_download (self);
  path = btfw_item_dup_path (self);
  shown = btfw_console_show_path (path);
  if (how == BTFW_ITEM_END_LEFT && seed_ratio <= 0)
    return g_strdup_printf (_("%s, in “%s”; ratio %.2f (--seed stays and gives back)"), download, shown, ratio);

  return g_strdup_printf (_("%s, in “%s”; ratio %.2f"), download, shown, ratio);
}
