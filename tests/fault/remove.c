/* remove.c: an application that takes a torrent out with its files.
 *
 *   fault-remove TORRENT DIR
 *
 * Ends with 0 when all of it is gone. changes.py kills it meanwhile. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>
#include <stdio.h>

typedef struct
{
  GMainLoop   *loop;
  BtfwSession *session;
  BtfwTorrent *torrent;
  gboolean     is_removing;
  GError      *error;
} Run;

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  btfw_session_stop_finish (BTFW_SESSION (source), result, NULL);
  g_main_loop_quit (run->loop);
}

static void
stop (Run *run)
{
  btfw_session_stop_async (run->session, 1000, on_stopped, run);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  btfw_session_remove_finish (BTFW_SESSION (source), result, &run->error);
  stop (run);
}

/* As a person does it: once it is known what is there. */
static void
on_status (BtfwTorrent *torrent, gpointer user_data)
{
  Run               *run = user_data;
  BtfwTorrentStatus *status = btfw_torrent_get_status (torrent);

  if (run->is_removing || status == NULL || btfw_torrent_status_get_state (status) == BTFW_TORRENT_CHECKING)
    return;
  run->is_removing = TRUE;
  btfw_session_remove_async (run->session, run->torrent, TRUE, on_removed, run);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  run->torrent = btfw_session_add_finish (BTFW_SESSION (source), result, &run->error);
  if (run->torrent == NULL)
    {
      stop (run);
      return;
    }
  g_signal_connect (run->torrent, "status-changed", G_CALLBACK (on_status), run);
  on_status (run->torrent, run);
}

static void
add (Run *run, const char *path, const char *dir)
{
  g_autoptr (BtfwMetainfo)   metainfo = btfw_metainfo_new_from_path (path, &run->error);
  g_autoptr (BtfwAddOptions) options = btfw_add_options_new ();

  if (metainfo == NULL)
    return;
  btfw_add_options_set_dir (options, dir);
  btfw_add_options_set_stopped (options, TRUE);
  btfw_session_add_async (run->session, metainfo, options, NULL, on_added, run);
  g_main_loop_run (run->loop);
}

int
main (int argc, char *argv[])
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (GMainLoop)  loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError)     error = NULL;
  Run                    run = { .loop = loop };

  if (argc != 3)
    return 2;
  run.session = btfw_session_new (config, &error);
  if (run.session != NULL && btfw_session_start (run.session, &error))
    add (&run, argv[1], argv[2]);
  if (error == NULL)
    error = g_steal_pointer (&run.error);
  g_clear_object (&run.torrent);
  g_clear_object (&run.session);
  if (error == NULL)
    return 0;
  fprintf (stderr, "fault-remove: %s\n", error->message);
  return 1;
}
