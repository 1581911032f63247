/* tracker-driver.c: runs the tracker service until its input ends.
 *
 *   tracker-driver SETTINGS
 *
 * Prints the tracker's URL; tracker_service.py is the other side. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>
#include <stdio.h>

typedef struct
{
  GMainLoop *loop;
  char      *url;
  GError    *error;
} Run;

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  run->url = btfw_session_start_service_finish (BTFW_SESSION (source), result, &run->error);
  g_main_loop_quit (run->loop);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  btfw_session_stop_finish (BTFW_SESSION (source), result, &run->error);
  g_main_loop_quit (run->loop);
}

static void
serve (Run *run, BtfwSession *session, const char *settings)
{
  g_autofree char *spec = g_strconcat ("tracker,", settings, NULL);

  btfw_session_start_service_async (session, spec, NULL, on_started, run);
  g_main_loop_run (run->loop);
  if (run->url == NULL)
    return;

  printf ("%s\n", run->url);
  fflush (stdout);
  while (getchar () != EOF)
    ;
}

int
main (int argc, char *argv[])
{
  g_autoptr (BtfwConfig)  config = btfw_config_new ();
  g_autoptr (GMainLoop)   loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError)      error = NULL;
  g_autoptr (BtfwSession) session = NULL;
  Run                     run = { .loop = loop };

  session = btfw_session_new (config, &error);
  if (argc != 2 || session == NULL || !btfw_session_start (session, &error))
    {
      fprintf (stderr, "tracker-driver: %s\n", error != NULL ? error->message : "wrong usage");
      return 1;
    }

  serve (&run, session, argv[1]);
  btfw_session_stop_async (session, 1000, on_stopped, &run);
  g_main_loop_run (loop);
  if (run.error != NULL)
    fprintf (stderr, "tracker-driver: %s\n", run.error->message);
  g_free (run.url);
  return run.error != NULL;
}
