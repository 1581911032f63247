/* common.c: what all commands share: help, version, and how they end. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/common.h"

#include "cli/columns.h"
#include "cli/console.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define HELP_WIDTH 80

static gboolean
take_debug (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  BtfwCommon *self = target;

  self->debug = TRUE;
  self->debug_areas = value;
  return TRUE;
}

static const BtfwOption options[] = {
  { 'v', "verbose", BTFW_ARGUMENT_NONE, NULL, N_("say more, such as what trackers answer"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (BtfwCommon, verbose) },
  { 0, "debug", BTFW_ARGUMENT_OPTIONAL, N_("AREA,…"),
    N_("show debug messages, all or those of some areas: net, wire, swarm, disk, session, tracker-http, …"),
    take_debug, NULL, 0 },
  { 0, "version", BTFW_ARGUMENT_NONE, NULL, N_("show the version"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (BtfwCommon, version) },
  { 'h', "help", BTFW_ARGUMENT_NONE, NULL, N_("show this help"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (BtfwCommon, help) },
  { 0 },
};

BtfwOptionGroup
btfw_common_get_group (BtfwCommon *self)
{
  return (BtfwOptionGroup){ _("In general:"), options, self };
}

static void
append_epilogue (const char *epilogue, GString *help)
{
  g_auto (GStrv) lines = g_strsplit (epilogue, "\n", -1);

  g_string_append_c (help, '\n');
  for (char **line = lines; *line != NULL; line++)
    {
      btfw_columns_wrap (*line, 0, HELP_WIDTH, help);
      g_string_append_c (help, '\n');
    }
}

static void
print_help (const BtfwUsage *usage, const BtfwOptionGroup *groups)
{
  g_autoptr (GString) help = g_string_new (NULL);
  g_auto (GStrv)      synopses = g_strsplit (_(usage->synopsis), "\n", -1);
  const char         *label = _("Usage:");

  for (char **synopsis = synopses; *synopsis != NULL; synopsis++)
    {
      guint indent = btfw_columns_width (label) + 1;

      if (synopsis == synopses)
        g_string_append_printf (help, "%s ", label);
      else
        g_string_append_printf (help, "%*s", (int) indent, "");
      btfw_columns_wrap (*synopsis, indent, HELP_WIDTH, help);
      g_string_append_c (help, '\n');
    }

  g_string_append_c (help, '\n');
  btfw_columns_wrap (_(usage->summary), 0, HELP_WIDTH, help);
  g_string_append_c (help, '\n');
  btfw_options_describe (groups, HELP_WIDTH, help);
  if (usage->epilogue != NULL)
    append_epilogue (_(usage->epilogue), help);

  btfw_console_print (help->str);
}

static void
print_version (void)
{
  g_autofree char *line = g_strdup_printf ("btfw %s\n", BTFW_VERSION);

  btfw_console_print (line);
}

GPtrArray *
btfw_common_parse (BtfwCommon            *self,
                   const BtfwUsage       *usage,
                   const BtfwOptionGroup *groups,
                   int                    argc,
                   char                 **argv,
                   int                   *exit_code)
{
  g_autoptr (GError)    error = NULL;
  g_autoptr (GPtrArray) operands = btfw_options_parse (groups, argc, argv, &error);

  if (operands == NULL)
    {
      *exit_code = btfw_common_fail_usage (usage, "%s", error->message);
      return NULL;
    }

  if (self->help || self->version)
    {
      if (self->help)
        print_help (usage, groups);
      else
        print_version ();
      *exit_code = btfw_console_finish () ? BTFW_EXIT_COMPLETE : BTFW_EXIT_FAILED;
      return NULL;
    }

  if (self->debug)
    btfw_console_show_debug (self->debug_areas);
  return g_steal_pointer (&operands);
}

int
btfw_common_fail_usage (const BtfwUsage *usage, const char *format, ...)
{
  va_list          args;
  g_autofree char *sentence = NULL;

  va_start (args, format);
  sentence = g_strdup_vprintf (format, args);
  va_end (args);

  btfw_console_error ("%s", sentence);
  btfw_console_info (_("“%s --help” explains it"), usage->name);
  return BTFW_EXIT_USAGE;
}

int
btfw_common_fail (const GError *error)
{
  btfw_console_error ("%s", error->message);
  return g_error_matches (error, BTFW_ERROR, BTFW_ERROR_CONFIG) ? BTFW_EXIT_USAGE : BTFW_EXIT_FAILED;
}
