/* probe-child.c: what the helper process does: opens a module and says how that went. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/module.h"
#include "plugin/probe.h"

#include <glib/gi18n-lib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void
say (const char *word, const char *text)
{
  g_autofree char *escaped = g_strescape (text, NULL);

  dprintf (BTFW_PROBE_RESULT_FD, "%s %s\n", word, escaped);
}

static void
say_settings (GType type)
{
  GObjectClass           *klass = g_type_class_ref (type);
  guint                   n = 0;
  g_autofree GParamSpec **specs = g_object_class_list_properties (klass, &n);

  for (guint i = 0; i < n; i++)
    if ((specs[i]->flags & G_PARAM_WRITABLE) != 0)
      {
        g_autofree char *line = btfw_probe_write_setting (specs[i]);

        dprintf (BTFW_PROBE_RESULT_FD, "setting %s\n", line);
      }
  g_type_class_unref (klass);
}

/* Nothing of it outlives its parent, and its end leaves no file. */
static void
be_a_child (void)
{
  const struct rlimit none = { 0, 0 };

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  setrlimit (RLIMIT_CORE, &none);
  setlocale (LC_ALL, "");
}

int
btfw_plugins_run_probe (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  GType              type;

  if (argc != 4)
    {
      fprintf (stderr, "btfw-probe: libbtfw starts this; it is of no use by itself\n");
      return 2;
    }

  be_a_child ();
  type = btfw_module_probe (BTFW_PROBE_FILE_FD, argv[3], argv[1], argv[2], &error);
  if (type == G_TYPE_INVALID)
    say ("error", error->message);
  else
    {
      /* Its initialisers are code of the plugin too. */
      g_object_unref (g_object_new (type, NULL));
      say_settings (type);
    }
  say ("done", "");
  return 0;
}
