/* watchdog.c: says which plugin does not return, and ends the program when it never does. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/watchdog.h"

#include "cli/console.h"

#include <btfw/btfw.h>

#include <glib/gi18n-lib.h>
#include <unistd.h>

/* So long nobody waits for a method that is to return at once. */
#define SECONDS_LAST 20

/* On the watchdog's own thread. What was reported durable is on disk already, in
 * records that are exchanged as a whole, so nothing is lost by ending at once; a
 * storage may wait for a slow disk, and is only named. */
static void
on_stuck (const char *plugin, const char *method, guint seconds, gpointer unused)
{
  gboolean may_block = g_str_has_prefix (method, "storage ");

  if (seconds < SECONDS_LAST || may_block)
    {
      btfw_console_warning (_("the plugin %s has not returned from its method “%s” for %u s"), plugin, method, seconds);
      return;
    }

  btfw_console_error (_("the plugin %s never returned from its method “%s”, so nothing can go on; what was verified is kept"),
                      plugin, method);
  _exit (1);
}

void
btfw_watchdog_start (void)
{
  btfw_plugins_watch (on_stuck, NULL);
}
