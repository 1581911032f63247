/* command-share.c: makes a torrent of files, seeds it, and is its tracker. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/hashing.h"
#include "cli/making.h"
#include "cli/transfer.h"

#include <glib/gi18n-lib.h>
#include <math.h>

typedef struct
{
  BtfwCommon       common;
  BtfwSetup        setup;
  BtfwMaking       making;
  BtfwTransferPlan plan;
  const char      *service;
  BtfwTransfer    *transfer;
  const char      *path; /* as it was named */
  char            *whole_path;
  char            *tracker_url;
  GMainLoop       *loop; /* while the tracker starts */
  GError          *error;
} Share;

static const BtfwUsage usage = {
  "btfw share",
  N_("btfw share [OPTION…] PATH"),
  N_("Shares a file or a folder: makes a torrent of it, runs a small tracker for it, seeds it until it is "
     "stopped, and prints the command with which another machine downloads it."),
  NULL,
};

static const BtfwOption options[] = {
  { 0, "service", BTFW_ARGUMENT_REQUIRED, N_("NAME[,KEY=VALUE…]"),
    N_("the service plugin that is the tracker (default: tracker)"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (Share, service) },
  { 0, "progress", BTFW_ARGUMENT_REQUIRED, N_("KIND"), N_("show it as auto, bar, plain, json or none"),
    btfw_progress_take_kind, NULL, G_STRUCT_OFFSET (Share, plan.progress) },
  { 0 },
};

static BtfwAddOptions *
make_options (BtfwMetainfo *metainfo, gpointer user_data, GError **error)
{
  Share                     *self = user_data;
  g_autofree char           *dir = g_path_get_dirname (self->whole_path);
  g_autoptr (BtfwAddOptions) add_options = btfw_add_options_new ();

  btfw_add_options_set_dir (add_options, dir);
  btfw_add_options_set_storage (add_options, "file");
  /* They have only just been read. */
  btfw_add_options_set_trust_files (add_options, TRUE);
  return g_steal_pointer (&add_options);
}

static void
on_tracker_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Share *self = user_data;

  self->tracker_url = btfw_session_start_service_finish (BTFW_SESSION (source), result, &self->error);
  g_main_loop_quit (self->loop);
}

/* Before the torrent is made, since that says where its tracker is. */
static gboolean
start_tracker (Share *self, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  self->loop = loop;
  btfw_session_start_service_async (btfw_transfer_get_session (self->transfer), self->service,
                                    btfw_transfer_get_cancellable (self->transfer), on_tracker_started, self);
  g_main_loop_run (loop);
  self->loop = NULL;

  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return FALSE;
    }

  return TRUE;
}

static BtfwMetainfo *
make_torrent (Share *self, GError **error)
{
  g_autoptr (BtfwCreator) creator = btfw_making_new_creator (&self->making, self->whole_path, 1, error);
  g_autoptr (GBytes)      torrent = NULL;
  gboolean                quiet = self->plan.progress != BTFW_PROGRESS_AUTO && self->plan.progress != BTFW_PROGRESS_BAR;

  if (creator == NULL)
    return NULL;

  if (self->tracker_url != NULL)
    btfw_creator_add_tracker (creator, self->tracker_url, 0);
  torrent = btfw_hashing_run (creator, quiet, btfw_transfer_get_cancellable (self->transfer), error);
  if (torrent == NULL)
    return NULL;

  return btfw_metainfo_new_from_bytes (torrent, error);
}

/* The tracker gives out the torrents of its session beside its announce URL:
 * from when it hears of them, which is when we do. */
static void
on_torrent_added (BtfwSession *session, BtfwTorrent *torrent, gpointer user_data)
{
  Share           *self = user_data;
  g_autofree char *hash = btfw_info_hash_to_string (btfw_torrent_get_info_hash (torrent));
  g_autofree char *file = g_strconcat (hash, ".torrent", NULL);
  g_autofree char *url = NULL;
  g_autofree char *line = NULL;

  if (self->tracker_url == NULL)
    return;

  url = g_uri_resolve_relative (self->tracker_url, file, G_URI_FLAGS_NONE, NULL);
  if (url == NULL)
    return;

  line = g_strdup_printf (_("On another machine:  btfw %s"), url);
  btfw_progress_invite (btfw_transfer_get_progress (self->transfer), url, line);
}

static void
share (Share *self)
{
  GError                  *error = NULL;
  g_autoptr (BtfwMetainfo) metainfo = NULL;

  if (start_tracker (self, &error))
    metainfo = make_torrent (self, &error);

  if (metainfo == NULL)
    {
      btfw_transfer_fail (self->transfer, self->path, error);
      return;
    }

  g_signal_connect (btfw_transfer_get_session (self->transfer), "torrent-added", G_CALLBACK (on_torrent_added), self);
  btfw_transfer_add_metainfo (self->transfer, self->path, metainfo);
}

static int
run (Share *self)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwTransfer) transfer = NULL;

  self->plan.verbose = self->common.verbose;
  /* Debug messages come from all threads and cannot make room for a bar. */
  if (self->common.debug && self->plan.progress == BTFW_PROGRESS_AUTO)
    self->plan.progress = BTFW_PROGRESS_PLAIN;
  self->plan.seed_ratio = INFINITY;
  self->plan.make_options = make_options;
  self->plan.make_options_data = self;
  transfer = btfw_transfer_new (&self->plan, &self->setup, &error);
  if (transfer == NULL)
    return btfw_common_fail (error);

  self->transfer = transfer;
  self->whole_path = g_canonicalize_filename (self->path, NULL);
  share (self);
  return btfw_transfer_run (transfer);
}

int
btfw_command_share (int argc, char **argv)
{
  Share                 self = { .service = "tracker" };
  const BtfwOptionGroup groups[] = {
    { _("How to do it:"), options, &self },
    btfw_making_get_group (&self.making),
    btfw_setup_get_network_group (&self.setup),
    btfw_setup_get_group (&self.setup),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) paths = NULL;
  int                   exit_code;

  paths = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (paths != NULL && paths->len == 1)
    {
      self.path = g_ptr_array_index (paths, 0);
      exit_code = run (&self);
    }
  else if (paths != NULL)
    exit_code = btfw_common_fail_usage (&usage, _("name one file or folder to share"));

  btfw_making_clear (&self.making);
  btfw_setup_clear (&self.setup);
  g_free (self.whole_path);
  g_free (self.tracker_url);
  return exit_code;
}
