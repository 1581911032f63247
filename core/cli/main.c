/* main.c: chooses the command. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/commands.h"
#include "cli/console.h"

#include <glib/gi18n-lib.h>
#include <pthread.h>
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
  { "why", btfw_command_why },
};

static void *
do_nothing (void *data)
{
  return data;
}

/* GLib ends the process when it cannot have the first thread of its own, so it is
 * asked before whether there are any; not by GLib, some of whose settings are for the
 * time before its first. */
static gboolean
can_start_threads (void)
{
  pthread_t thread;
  int       errnum = pthread_create (&thread, NULL, do_nothing, NULL);

  if (errnum == 0)
    pthread_join (thread, NULL);
  else
    btfw_console_error (_("cannot start a thread: %s"), g_strerror (errnum));
  return errnum == 0;
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
