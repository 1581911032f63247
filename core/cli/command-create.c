/* command-create.c: makes a .torrent file. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/hashing.h"
#include "cli/making.h"
#include "cli/signals.h"
#include "cli/torrent-output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  BtfwCommon  common;
  BtfwMaking  making;
  const char *output;
  const char *name;
  gboolean    overwrite;
  gboolean    quiet;
} Create;

static const BtfwUsage usage = {
  "btfw create",
  N_("btfw create [OPTION…] PATH"),
  N_("Makes a .torrent file of a file or a folder."),
  N_("Example:\n  btfw create --tracker=http://tracker.example.org/announce -o photos.torrent Photos"),
};

static const BtfwOption options[] = {
  { 'o', "output", BTFW_ARGUMENT_REQUIRED, N_("FILE"), N_("write it here (default: NAME.torrent in this folder)"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (Create, output) },
  { 0, "name", BTFW_ARGUMENT_REQUIRED, N_("NAME"), N_("call the torrent this (default: as the file or folder)"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (Create, name) },
  { 0, "overwrite", BTFW_ARGUMENT_NONE, NULL, N_("replace a file of that name"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Create, overwrite) },
  { 'q', "quiet", BTFW_ARGUMENT_NONE, NULL, N_("say nothing but errors"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Create, quiet) },
  { 0 },
};

static char *
choose_output (const Create *self, const char *path)
{
  g_autofree char *whole = NULL;
  g_autofree char *name = NULL;

  if (self->output != NULL)
    return g_strdup (self->output);

  whole = g_canonicalize_filename (path, NULL);
  name = g_path_get_basename (whole);
  return g_strconcat (name, ".torrent", NULL);
}

static void
report (const char *path, GBytes *torrent)
{
  g_autoptr (BtfwMetainfo) metainfo = btfw_metainfo_new_from_bytes (torrent, NULL);
  g_autofree char         *shown = btfw_console_show_path (path);
  g_autofree char         *line = NULL;
  g_autofree char         *hash = NULL;

  if (metainfo == NULL)
    return;

  hash = btfw_info_hash_to_string (btfw_metainfo_get_info_hash (metainfo));
  line = g_strdup_printf ("%s  %s\n", hash, shown);
  btfw_console_print (line);
}

static void
on_stop (gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static gboolean
create (const Create *self, const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char        *output = choose_output (self, path);
  g_autoptr (BtfwCreator) creator = btfw_making_new_creator (&self->making, path, 0, error);
  g_autoptr (GBytes)      torrent = NULL;

  if (creator == NULL)
    return FALSE;
  if (self->name != NULL)
    btfw_creator_set_name (creator, self->name);

  /* Better now than after an hour of hashing. */
  if (!self->overwrite && g_file_test (output, G_FILE_TEST_EXISTS))
    return btfw_torrent_output_fail (error, output, EEXIST);

  torrent = btfw_hashing_run (creator, self->quiet, cancellable, error);
  if (torrent == NULL || !btfw_torrent_output_write (output, torrent, self->overwrite, error))
    return FALSE;

  if (!self->quiet)
    report (output, torrent);
  return TRUE;
}

static int
run (const Create *self, const char *path)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (BtfwSignals)  signals = btfw_signals_new (on_stop, NULL, cancellable);
  g_autoptr (GError)       error = NULL;

  if (create (self, path, cancellable, &error))
    return btfw_console_finish () ? BTFW_EXIT_COMPLETE : BTFW_EXIT_FAILED;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return btfw_signals_get_exit_code ();

  return btfw_common_fail (error);
}

int
btfw_command_create (int argc, char **argv)
{
  Create                self = { 0 };
  const BtfwOptionGroup groups[] = {
    { _("The file:"), options, &self },
    btfw_making_get_group (&self.making),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) paths = NULL;
  int                   exit_code;

  paths = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (paths != NULL && paths->len == 1)
    exit_code = run (&self, g_ptr_array_index (paths, 0));
  else if (paths != NULL)
    exit_code = btfw_common_fail_usage (&usage, _("name one file or folder to make a torrent of"));

  btfw_making_clear (&self.making);
  return exit_code;
}
