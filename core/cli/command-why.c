/* command-why.c: why a torrent is slow or stands still: as the program says that runs it, or by a try. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/peers.h"
#include "cli/source.h"
#include "cli/transfer.h"
#include "cli/why-note.h"

#include <btfw/btfw-magnet.h>

#include <glib/gi18n-lib.h>
#include <math.h>

#define WAIT_DEFAULT 10

typedef struct
{
  BtfwCommon       common;
  BtfwSetup        setup;
  BtfwTransferPlan plan;
  gboolean         json;
  GPtrArray       *peers;   /* of BtfwPeerAddress, or NULL */
  GPtrArray       *reports; /* of BtfwWhyReport */
} Why;

static const BtfwUsage usage = {
  "btfw why",
  N_("btfw why [OPTION…] [SOURCE]"),
  N_("Says why a torrent is slow or stands still: a .torrent file, its URL, or a magnet link. When a btfw of yours runs it, that one tells. "
     "Otherwise it is run for some seconds here, just as “btfw SOURCE” would; what comes meanwhile is kept. "
     "Without a SOURCE it says it of all torrents that run."),
  N_("Exit codes: 0 it was said, 1 failed, 2 wrong usage, 3 nothing runs, 130 or 143 interrupted."),
};

static gboolean
take_wait (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  Why *self = target;

  if (!btfw_parse_number (value, BTFW_UNIT_SECONDS, &self->plan.wait, error))
    {
      g_prefix_error (error, "--wait: ");
      return FALSE;
    }
  self->plan.wait = CLAMP (self->plan.wait, 1, 24 * 60 * 60);
  return TRUE;
}

static const BtfwOption options[] = {
  { 0, "wait", BTFW_ARGUMENT_REQUIRED, N_("TIME"), N_("run it for so long when nobody else does (default: 10s)"), take_wait, NULL, 0 },
  { 0, "json", BTFW_ARGUMENT_NONE, NULL, N_("as JSON"), btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Why, json) },
  { 0, "peer", BTFW_ARGUMENT_REQUIRED, N_("HOST:PORT"), N_("connect to this peer (repeatable)"),
    btfw_peers_take, NULL, G_STRUCT_OFFSET (Why, peers) },
  { 0 },
};

static const BtfwOption setting_options[] = {
  { 'd', "dir", BTFW_ARGUMENT_REQUIRED, N_("DIR"), N_("save below this folder (default: the current one)"),
    btfw_setup_take_setting, "session.dir", 0 },
  { 0, "picker", BTFW_ARGUMENT_REQUIRED, N_("NAME[,KEY=VALUE…]"), N_("what chooses the pieces: rarest, sequential, …"),
    btfw_setup_take_setting, "session.picker", 0 },
  { 0, "storage", BTFW_ARGUMENT_REQUIRED, N_("NAME[,KEY=VALUE…]"), N_("where the bytes go: file, memory, …"),
    btfw_setup_take_setting, "session.storage", 0 },
  { 0, "choker", BTFW_ARGUMENT_REQUIRED, N_("NAME[,KEY=VALUE…]"), N_("what chooses whom to upload to"),
    btfw_setup_take_setting, "session.choker", 0 },
  { 0 },
};

/* --- Telling --- */

static char *
describe_as_json (const Why *self)
{
  BtfwJson        *json = btfw_json_new ();
  g_autofree char *text = NULL;

  btfw_json_open_object (json, NULL);
  btfw_json_open_array (json, "torrents");
  for (guint i = 0; i < self->reports->len; i++)
    btfw_why_report_add_json (g_ptr_array_index (self->reports, i), json, NULL);
  btfw_json_close_array (json);
  btfw_json_close_object (json);
  text = btfw_json_free_to_string (json);
  return g_strconcat (text, "\n", NULL);
}

static char *
describe (const Why *self)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < self->reports->len; i++)
    {
      g_autofree char *lines = btfw_why_report_describe (g_ptr_array_index (self->reports, i));

      g_string_append (out, lines);
    }
  return g_string_free (out, FALSE);
}

/* Returns the exit code. */
static int
tell (const Why *self, int exit_code)
{
  g_autofree char *text = self->json ? describe_as_json (self) : describe (self);

  btfw_console_print (text);
  return btfw_console_finish () ? exit_code : BTFW_EXIT_FAILED;
}

/* --- By a try --- */

static BtfwAddOptions *
make_options (BtfwMetainfo *metainfo, gpointer user_data, GError **error)
{
  Why            *self = user_data;
  BtfwAddOptions *add_options = btfw_add_options_new ();

  for (guint i = 0; self->peers != NULL && i < self->peers->len; i++)
    {
      const BtfwPeerAddress *peer = g_ptr_array_index (self->peers, i);

      btfw_add_options_add_peer (add_options, peer->host, peer->port);
    }
  return add_options;
}

static void
on_waited (BtfwItem *item, gpointer user_data)
{
  Why *self = user_data;

  g_ptr_array_add (self->reports, btfw_why_report_new (item));
}

static int
try_it (Why *self, const char *source)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwTransfer) transfer = NULL;
  int                      exit_code;

  self->plan.verbose = self->common.verbose;
  self->plan.progress = BTFW_PROGRESS_NONE;
  self->plan.seed_ratio = INFINITY; /* that nobody wants anything is an answer, too */
  self->plan.make_options = make_options;
  self->plan.on_waited = on_waited;
  self->plan.make_options_data = self;
  transfer = btfw_transfer_new (&self->plan, &self->setup, &error);
  if (transfer == NULL)
    return btfw_common_fail (error);

  btfw_transfer_add_source (transfer, source);
  exit_code = btfw_transfer_run (transfer);
  return self->reports->len > 0 ? tell (self, exit_code) : exit_code;
}

/* --- By who runs it --- */

/* Of what is known without opening a session; NULL for a URL, or when it cannot be read. */
static char *
find_info_hash (const char *source)
{
  g_autoptr (BtfwMagnet)   magnet = btfw_source_parse_magnet (source, NULL);
  g_autoptr (BtfwMetainfo) metainfo = NULL;
  g_autofree char         *scheme = g_uri_parse_scheme (source);

  if (magnet != NULL)
    return btfw_info_hash_to_string (btfw_magnet_get_info_hash (magnet));
  if (scheme != NULL && g_strcmp0 (scheme, "file") != 0)
    return NULL;
  metainfo = btfw_metainfo_new_from_path (source, NULL);
  return metainfo == NULL ? NULL : btfw_info_hash_to_string (btfw_metainfo_get_info_hash (metainfo));
}

static int
tell_all (Why *self)
{
  self->reports = btfw_why_note_read_all (NULL);
  if (self->reports->len > 0 || self->json)
    return tell (self, self->reports->len > 0 ? BTFW_EXIT_COMPLETE : BTFW_EXIT_INCOMPLETE);
  btfw_console_info ("%s", _("no torrent runs; “btfw why SOURCE” tries one"));
  return BTFW_EXIT_INCOMPLETE;
}

static int
tell_one (Why *self, const char *source)
{
  g_autofree char *info_hash = find_info_hash (source);

  self->reports = info_hash != NULL ? btfw_why_note_read_all (info_hash)
                                    : g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_why_report_free);
  return self->reports->len > 0 ? tell (self, BTFW_EXIT_COMPLETE) : try_it (self, source);
}

int
btfw_command_why (int argc, char **argv)
{
  Why                   self = { .plan.wait = WAIT_DEFAULT };
  const BtfwOptionGroup groups[] = {
    { _("What to say:"), options, &self },
    { _("How to run it:"), setting_options, &self.setup },
    btfw_setup_get_network_group (&self.setup),
    btfw_setup_get_group (&self.setup),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) sources = NULL;
  int                   exit_code;

  sources = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (sources != NULL && sources->len > 1)
    exit_code = btfw_common_fail_usage (&usage, _("of which torrent? One at a time"));
  else if (sources != NULL)
    exit_code = sources->len == 0 ? tell_all (&self) : tell_one (&self, g_ptr_array_index (sources, 0));

  btfw_setup_clear (&self.setup);
  g_clear_pointer (&self.peers, g_ptr_array_unref);
  g_clear_pointer (&self.reports, g_ptr_array_unref);
  return exit_code;
}
