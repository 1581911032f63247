/* command-download.c: downloads torrents and shares them meanwhile. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/peers.h"
#include "cli/selection.h"
#include "cli/transfer.h"

#include <glib/gi18n-lib.h>
#include <math.h>

typedef struct
{
  BtfwCommon       common;
  BtfwSetup        setup;
  BtfwTransferPlan plan;
  gboolean         overwrite;
  gboolean         trust_files;
  GPtrArray       *files; /* of borrowed strings, or NULL */
  GPtrArray       *peers; /* of BtfwPeerAddress, or NULL */
} Download;

static const BtfwUsage usage = {
  "btfw",
  N_("btfw [OPTION…] SOURCE…\n"
     "btfw show FILE…\n"
     "btfw fetch MAGNET\n"
     "btfw create PATH\n"
     "btfw share PATH\n"
     "btfw inspect [PLUGIN]\n"
     "btfw config\n"
     "btfw dht [HASH|MAGNET]\n"
     "btfw why [SOURCE]\n"
     "btfw plugin new|check …"),
  N_("Downloads torrents, and shares them meanwhile. A SOURCE is a .torrent file, its http or https URL, or a magnet link. "
     "The other commands explain themselves with --help; a file that is called like one is reached as ./show."),
  N_("Exit codes: 0 complete, 1 failed, 2 wrong usage, 3 given up, 130 or 143 interrupted.\n"
     "The manual pages btfw(1) and btfw.conf(5) say more."),
};

static gboolean
take_seed (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  Download        *self = target;
  g_autofree char *shown = NULL;
  char            *end = NULL;
  double           ratio;

  if (value == NULL)
    {
      self->plan.seed_ratio = INFINITY;
      return TRUE;
    }

  ratio = g_ascii_strtod (value, &end);
  if (end == value || *end != '\0' || isnan (ratio) || ratio < 0)
    {
      shown = btfw_text_clean (value, -1);
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("--seed: “%s” is no ratio; one is a number such as 1.5"), shown);
      return FALSE;
    }

  self->plan.seed_ratio = ratio;
  return TRUE;
}

static const BtfwOption download_options[] = {
  { 0, "files", BTFW_ARGUMENT_REQUIRED, N_("LIST"),
    N_("only these files: numbers as “btfw show” has them (1,3-5), or a pattern (*.flac)"),
    btfw_option_take_list, NULL, G_STRUCT_OFFSET (Download, files) },
  { 0, "overwrite", BTFW_ARGUMENT_NONE, NULL, N_("overwrite files of the same names that are something else"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Download, overwrite) },
  { 0, "check", BTFW_ARGUMENT_NONE, NULL, N_("verify what is there and exit: 0 when complete, 1 when not"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Download, plan.check) },
  { 0, "trust-files", BTFW_ARGUMENT_NONE, NULL,
    N_("take files of the right size for complete; a piece is verified before it is first sent"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Download, trust_files) },
  { 0, "seed", BTFW_ARGUMENT_OPTIONAL, N_("RATIO"),
    N_("stay and seed: until it is stopped, or until so much was uploaded for each byte"), take_seed, NULL, 0 },
  { 0, "give-up", BTFW_ARGUMENT_REQUIRED, N_("TIME"), N_("end when nothing new came for so long (90s, 10m, 1h)"),
    btfw_option_take_seconds, NULL, G_STRUCT_OFFSET (Download, plan.give_up) },
  { 0, "on-complete", BTFW_ARGUMENT_REQUIRED, N_("PROGRAM"),
    N_("run it with name, path and info-hash when a torrent is complete"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (Download, plan.on_complete) },
  { 0, "peer", BTFW_ARGUMENT_REQUIRED, N_("HOST:PORT"), N_("connect to this peer (repeatable)"),
    btfw_peers_take, NULL, G_STRUCT_OFFSET (Download, peers) },
  { 0, "progress", BTFW_ARGUMENT_REQUIRED, N_("KIND"), N_("show it as auto, bar, plain, json or none"),
    btfw_progress_take_kind, NULL, G_STRUCT_OFFSET (Download, plan.progress) },
  { 0 },
};

static const BtfwOption setting_options[] = {
  { 'd', "dir", BTFW_ARGUMENT_REQUIRED, N_("DIR"), N_("save below this folder (default: the current one)"),
    btfw_setup_take_setting, "session.dir", 0 },
  { 0, "picker", BTFW_ARGUMENT_REQUIRED, N_("NAME[,KEY=VALUE…]"), N_("what chooses the pieces: rarest, sequential, …"),
    btfw_setup_take_setting, "session.picker", 0 },
  { 0, "shadow-picker", BTFW_ARGUMENT_REQUIRED, N_("NAME[,KEY=VALUE…]"), N_("tell in the end where this picker would have chosen otherwise"),
    btfw_setup_take_setting, "session.shadow-picker", 0 },
  { 0, "storage", BTFW_ARGUMENT_REQUIRED, N_("NAME[,KEY=VALUE…]"), N_("where the bytes go: file, memory, …"),
    btfw_setup_take_setting, "session.storage", 0 },
  { 0, "choker", BTFW_ARGUMENT_REQUIRED, N_("NAME[,KEY=VALUE…]"), N_("what chooses whom to upload to"),
    btfw_setup_take_setting, "session.choker", 0 },
  { 0 },
};

static BtfwAddOptions *
make_options (BtfwMetainfo *metainfo, gpointer user_data, GError **error)
{
  Download                  *self = user_data;
  g_autoptr (BtfwAddOptions) options = btfw_add_options_new ();

  /* What is not set here follows the settings. */
  /* That nothing matches is what a check may find, and no reason to fail. */
  if (self->overwrite || self->plan.check)
    btfw_add_options_set_overwrite (options, TRUE);
  btfw_add_options_set_trust_files (options, self->trust_files);
  btfw_add_options_set_check (options, self->plan.check);
  btfw_add_options_set_stopped (options, self->plan.check);

  for (guint i = 0; self->peers != NULL && i < self->peers->len; i++)
    {
      const BtfwPeerAddress *peer = g_ptr_array_index (self->peers, i);

      btfw_add_options_add_peer (options, peer->host, peer->port);
    }

  /* Before a byte is written it must be known which files are wanted. */
  if (metainfo == NULL)
    btfw_add_options_set_hold (options, self->files != NULL);
  else if (self->files != NULL && !btfw_selection_apply (self->files, metainfo, options, error))
    return NULL;
  return g_steal_pointer (&options);
}

static gboolean
on_metainfo (BtfwTorrent *torrent, gpointer user_data, GError **error)
{
  Download *self = user_data;

  if (self->files == NULL)
    return TRUE;
  if (!btfw_selection_apply_to_torrent (self->files, torrent, error))
    return FALSE;
  btfw_torrent_start (torrent);
  return TRUE;
}

static int
run (Download *self, GPtrArray *sources)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwTransfer) transfer = NULL;

  /* A check meets nobody. */
  if (self->plan.check)
    btfw_setup_imply (&self->setup, "check", "session.listen", "false");

  self->plan.verbose = self->common.verbose;
  /* Debug messages come from all threads and cannot make room for a bar. */
  if (self->common.debug && self->plan.progress == BTFW_PROGRESS_AUTO)
    self->plan.progress = BTFW_PROGRESS_PLAIN;
  self->plan.make_options = make_options;
  self->plan.on_metainfo = on_metainfo;
  self->plan.make_options_data = self;
  transfer = btfw_transfer_new (&self->plan, &self->setup, &error);
  if (transfer == NULL)
    return btfw_common_fail (error);

  for (guint i = 0; i < sources->len; i++)
    btfw_transfer_add_source (transfer, g_ptr_array_index (sources, i));
  return btfw_transfer_run (transfer);
}

int
btfw_command_download (int argc, char **argv)
{
  Download              self = { .plan.seed_ratio = -1 };
  const BtfwOptionGroup groups[] = {
    { _("What to do:"), download_options, &self },
    { _("How to do it:"), setting_options, &self.setup },
    btfw_setup_get_network_group (&self.setup),
    btfw_setup_get_group (&self.setup),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) sources = NULL;
  int                   exit_code;

  sources = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (sources != NULL && sources->len == 0)
    exit_code = btfw_common_fail_usage (&usage, _("what is to be downloaded? Name a .torrent file, its URL, or a magnet link"));
  else if (sources != NULL && self.plan.check && self.trust_files)
    exit_code = btfw_common_fail_usage (&usage, _("--check and --trust-files exclude one another"));
  else if (sources != NULL)
    exit_code = run (&self, sources);

  btfw_setup_clear (&self.setup);
  g_clear_pointer (&self.files, g_ptr_array_unref);
  g_clear_pointer (&self.peers, g_ptr_array_unref);
  return exit_code;
}
