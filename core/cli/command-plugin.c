/* command-plugin.c: for those who write plugins: a new one, and whether it keeps the contract. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/plugin-check.h"
#include "cli/plugin-new.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const BtfwUsage usage = {
  "btfw plugin",
  N_("btfw plugin new KIND NAME\n"
     "btfw plugin check FILE.so…"),
  N_("For those who write plugins: begins one, and checks whether one keeps its contract."),
  N_("“btfw plugin new --help” and “btfw plugin check --help” say more."),
};

int
btfw_command_plugin (int argc, char **argv)
{
  BtfwCommon            common = { 0 };
  const BtfwOptionGroup groups[] = { btfw_common_get_group (&common), { 0 } };
  g_autoptr (GPtrArray) words = NULL;
  int                   exit_code;

  if (argc > 1 && strcmp (argv[1], "new") == 0)
    return btfw_plugin_new_run (argc - 1, argv + 1);
  if (argc > 1 && strcmp (argv[1], "check") == 0)
    return btfw_plugin_check_run (argc - 1, argv + 1);

  words = btfw_common_parse (&common, &usage, groups, argc, argv, &exit_code);
  if (words == NULL)
    return exit_code;
  if (words->len == 0)
    return btfw_common_fail_usage (&usage, _("what is to be done: “new” or “check”?"));
  return btfw_common_fail_usage (&usage, _("“%s” is neither “new” nor “check”"), (const char *) g_ptr_array_index (words, 0));
}
