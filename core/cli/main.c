/* main.c: chooses the command. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/commands.h"
#include "cli/console.h"

#include <string.h>

static const struct
{
  const char *name;
  int (*run) (int argc, char **argv);
} commands[] = {
  { "show", btfw_command_show },
  { "fetch", btfw_command_fetch },
  { "create", btfw_command_create },
  { "share", btfw_command_share },
  { "inspect", btfw_command_inspect },
  { "config", btfw_command_config },
  { "dht", btfw_command_dht },
  { "plugin", btfw_command_plugin },
};

static gpointer
do_nothing (gpointer data)
{
  return NULL;
}

/* GLib ends the process when it cannot have the first thread of its own, so it is
 * asked before whether there are any. */
static gboolean
can_start_threads (void)
{
  g_autoptr (GError) error = NULL;
  GThread           *thread = g_thread_try_new ("btfw-probe", do_nothing, NULL, &error);

  if (thread != NULL)
    g_thread_join (thread);
  else
    btfw_console_error ("%s", error->message);
  return thread != NULL;
}

int
main (int argc, char **argv)
{
  btfw_console_start ();
  if (!can_start_threads ())
    return 1;

  /* A file of such a name is reached as "./show". */
  for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      return commands[i].run (argc - 1, argv + 1);

  return btfw_command_download (argc, argv);
}
