/* command-fetch.c: gets the .torrent file that a magnet link stands for. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/peers.h"
#include "cli/source.h"
#include "cli/torrent-output.h"
#include "cli/transfer.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

typedef struct
{
  BtfwCommon       common;
  BtfwSetup        setup;
  BtfwTransferPlan plan;
  const char      *output;
  gboolean         overwrite;
  GPtrArray       *peers; /* of BtfwPeerAddress, or NULL */
  char            *written; /* where it is, once it is */
} Fetch;

static const BtfwUsage usage = {
  "btfw fetch",
  N_("btfw fetch [OPTION…] MAGNET"),
  N_("Gets the .torrent file that a magnet link stands for, from peers, and nothing else."),
  NULL,
};

static const BtfwOption options[] = {
  { 'o', "output", BTFW_ARGUMENT_REQUIRED, N_("FILE"), N_("write it here (default: NAME.torrent in this folder)"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (Fetch, output) },
  { 0, "overwrite", BTFW_ARGUMENT_NONE, NULL, N_("replace the file if there is one"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Fetch, overwrite) },
  { 0, "peer", BTFW_ARGUMENT_REQUIRED, N_("HOST:PORT"), N_("connect to this peer (repeatable)"),
    btfw_peers_take, NULL, G_STRUCT_OFFSET (Fetch, peers) },
  { 0, "give-up", BTFW_ARGUMENT_REQUIRED, N_("TIME"), N_("end when nothing new came for so long (90s, 10m, 1h)"),
    btfw_option_take_seconds, NULL, G_STRUCT_OFFSET (Fetch, plan.give_up) },
  { 0, "progress", BTFW_ARGUMENT_REQUIRED, N_("KIND"), N_("show it as auto, bar, plain, json or none"),
    btfw_progress_take_kind, NULL, G_STRUCT_OFFSET (Fetch, plan.progress) },
  { 0 },
};

static BtfwAddOptions *
make_options (BtfwMetainfo *metainfo, gpointer user_data, GError **error)
{
  Fetch          *self = user_data;
  BtfwAddOptions *add_options = btfw_add_options_new ();

  btfw_add_options_set_hold (add_options, TRUE);
  for (guint i = 0; self->peers != NULL && i < self->peers->len; i++)
    {
      const BtfwPeerAddress *peer = g_ptr_array_index (self->peers, i);

      btfw_add_options_add_peer (add_options, peer->host, peer->port);
    }
  return add_options;
}

/* The torrent's own name was made safe, and is one element of a path. */
static gboolean
on_metainfo (BtfwTorrent *torrent, gpointer user_data, GError **error)
{
  Fetch             *self = user_data;
  g_autofree char   *path = NULL;
  g_autoptr (GBytes) bytes = btfw_metainfo_to_bytes (btfw_torrent_get_metainfo (torrent));

  path = self->output != NULL ? g_strdup (self->output) : g_strconcat (btfw_torrent_get_name (torrent), ".torrent", NULL);
  if (!btfw_torrent_output_write (path, bytes, self->overwrite, error))
    return FALSE;
  self->written = g_steal_pointer (&path);
  return TRUE;
}

static int
run (Fetch *self, const char *link)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwTransfer) transfer = NULL;
  g_autofree char         *shown = NULL;
  g_autofree char         *line = NULL;
  int                      exit_code;

  if (self->output != NULL && !self->overwrite && g_file_test (self->output, G_FILE_TEST_EXISTS))
    {
      btfw_torrent_output_fail (&error, self->output, EEXIST);
      return btfw_common_fail (error);
    }
  self->plan.verbose = self->common.verbose;
  self->plan.metadata_only = TRUE;
  self->plan.make_options = make_options;
  self->plan.on_metainfo = on_metainfo;
  self->plan.make_options_data = self;
  transfer = btfw_transfer_new (&self->plan, &self->setup, &error);
  if (transfer == NULL)
    return btfw_common_fail (error);

  btfw_transfer_add_source (transfer, link);
  exit_code = btfw_transfer_run (transfer);
  if (self->written == NULL || self->plan.progress == BTFW_PROGRESS_JSON)
    return exit_code;
  shown = btfw_console_show_path (self->written);
  line = g_strconcat (shown, "\n", NULL);
  btfw_console_print (line);
  return btfw_console_finish () ? exit_code : BTFW_EXIT_FAILED;
}

/* Anything else has its .torrent file already. */
static int
check_and_run (Fetch *self, const char *source)
{
  g_autoptr (GError)     error = NULL;
  g_autoptr (BtfwMagnet) magnet = btfw_source_parse_magnet (source, &error);

  if (error != NULL)
    return btfw_common_fail (error);
  if (magnet == NULL)
    return btfw_common_fail_usage (&usage, _("“%s” is not a magnet link"), source);
  return run (self, source);
}

int
btfw_command_fetch (int argc, char **argv)
{
  Fetch                 self = { .plan.seed_ratio = 0 };
  const BtfwOptionGroup groups[] = {
    { _("What to fetch:"), options, &self },
    btfw_setup_get_network_group (&self.setup),
    btfw_setup_get_group (&self.setup),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) sources = NULL;
  int                   exit_code;

  sources = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (sources != NULL && sources->len != 1)
    exit_code = btfw_common_fail_usage (&usage, _("which magnet link is to be fetched? One at a time"));
  else if (sources != NULL)
    exit_code = check_and_run (&self, g_ptr_array_index (sources, 0));

  btfw_setup_clear (&self.setup);
  g_clear_pointer (&self.peers, g_ptr_array_unref);
  g_free (self.written);
  return exit_code;
}
