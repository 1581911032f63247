/* session.c: downloads a torrent with libbtfw, as an application would. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cc -o session session.c $(pkg-config --cflags --libs btfw-1) */

#include <btfw/btfw.h>

#include <glib-unix.h>
#include <locale.h>
#include <string.h>

#define STOP_PATIENCE 2000 /* milliseconds in which trackers may hear that we go */

/* --- A picker of this program: pieces in file order --- */

/* The methods are called on the session's loop thread, not on that of main(): what they
 * touch belongs to them alone. */
#define EXAMPLE_TYPE_PICKER (example_picker_get_type ())
G_DECLARE_FINAL_TYPE (ExamplePicker, example_picker, EXAMPLE, PICKER, GObject)

struct _ExamplePicker
{
  GObject        parent_instance;
  BtfwSwarmView *swarm;
};

static void
example_picker_attach (BtfwPicker *picker, BtfwSwarmView *swarm)
{
  EXAMPLE_PICKER (picker)->swarm = btfw_swarm_view_ref (swarm);
}

static void
example_picker_detach (BtfwPicker *picker)
{
  g_clear_pointer (&EXAMPLE_PICKER (picker)->swarm, btfw_swarm_view_unref);
}

static void
example_picker_pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
  guint32 piece = btfw_peer_view_next_interesting (peer, BTFW_PIECE_NONE);

  while (piece != BTFW_PIECE_NONE && btfw_picks_add (picks, piece, BTFW_PICK_NEW) != BTFW_PICK_ENOUGH)
    piece = btfw_peer_view_next_interesting (peer, piece);
}

static void
example_picker_init_interface (gpointer iface, gpointer data)
{
  BtfwPickerInterface *picker = iface;

  picker->attach = example_picker_attach;
  picker->detach = example_picker_detach;
  picker->pick = example_picker_pick;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (ExamplePicker, example_picker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, example_picker_init_interface))

static void
example_picker_class_init (ExamplePickerClass *klass)
{
}

static void
example_picker_init (ExamplePicker *self)
{
}

/* --- The program --- */

typedef struct
{
  GMainLoop   *loop;
  BtfwSession *session;
  gboolean     is_stopping;
  int          code;
} Program;

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Program *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!btfw_session_stop_finish (BTFW_SESSION (source), result, &error))
    g_printerr ("%s\n", error->message);
  g_main_loop_quit (self->loop);
}

/* Ends in good order; called once or more often. */
static void
stop (Program *self, int code)
{
  if (self->is_stopping)
    return;
  self->is_stopping = TRUE;
  self->code = code;
  btfw_session_stop_async (self->session, STOP_PATIENCE, on_stopped, self);
}

static void
on_notice (GObject *source, BtfwNoticeLevel level, const char *text, Program *self)
{
  g_printerr ("%s\n", text);
}

static void
on_status_changed (BtfwTorrent *torrent, Program *self)
{
  BtfwTorrentStatus *status = btfw_torrent_get_status (torrent);
  BtfwTorrentState   state = btfw_torrent_status_get_state (status);
  g_autofree char   *rate = btfw_format_rate (btfw_torrent_status_get_download_rate (status));

  g_print ("%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes, %s, %u peers\n", btfw_torrent_get_name (torrent),
           btfw_torrent_status_get_done (status), btfw_torrent_status_get_wanted (status), rate,
           btfw_torrent_status_get_n_peers (status));
  if (state == BTFW_TORRENT_FAILED)
    {
      g_printerr ("%s\n", btfw_torrent_status_get_error (status)->message);
      stop (self, 1);
    }
  else if (state == BTFW_TORRENT_SEEDING && btfw_torrent_status_is_complete (status))
    stop (self, 0);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Program *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwTorrent) torrent = btfw_session_add_finish (BTFW_SESSION (source), result, &error);

  if (torrent == NULL)
    {
      g_printerr ("%s\n", error->message);
      stop (self, 1);
      return;
    }
  /* The session holds it; what comes first is sent after this function has returned. */
  g_signal_connect (torrent, "notice", G_CALLBACK (on_notice), self);
  g_signal_connect (torrent, "status-changed", G_CALLBACK (on_status_changed), self);
}

static gboolean
on_interrupt (gpointer user_data)
{
  stop (user_data, 130);
  return G_SOURCE_CONTINUE;
}

/* "HOST:PORT" */
static void
add_peer (BtfwAddOptions *options, const char *peer)
{
  const char      *colon = strrchr (peer, ':');
  g_autofree char *host = colon == NULL ? NULL : g_strndup (peer, colon - peer);

  if (host != NULL)
    btfw_add_options_add_peer (options, host, (guint16) g_ascii_strtoull (colon + 1, NULL, 10));
}

static gboolean
begin (Program *self, char **words, GError **error)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (BtfwAddOptions) options = btfw_add_options_new ();
  g_autoptr (BtfwMetainfo) metainfo = btfw_metainfo_new_from_path (words[1], error);

  if (metainfo == NULL || !btfw_config_load_default (config, error) ||
      !btfw_plugins_register ("picker", "example", EXAMPLE_TYPE_PICKER, error))
    return FALSE;

  self->session = btfw_session_new (config, error);
  if (self->session == NULL || !btfw_session_start (self->session, error))
    return FALSE;
  g_signal_connect (self->session, "notice", G_CALLBACK (on_notice), self);

  btfw_add_options_set_dir (options, words[2]);
  btfw_add_options_set_picker (options, "example");
  for (guint i = 3; words[i] != NULL; i++)
    add_peer (options, words[i]);
  btfw_session_add_async (self->session, metainfo, options, NULL, on_added, self);
  return TRUE;
}

int
main (int argc, char **argv)
{
  Program self = { 0 };
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  if (argc < 3)
    {
      g_printerr ("Usage: session FILE.torrent FOLDER [HOST:PORT…]\n"
                  "Exit codes: 0 complete, 1 failed, 2 wrong usage, 130 interrupted.\n");
      return 2;
    }

  self.loop = g_main_loop_new (NULL, FALSE);
  if (begin (&self, argv, &error))
    {
      g_unix_signal_add (SIGINT, on_interrupt, &self);
      g_main_loop_run (self.loop);
    }
  else
    {
      g_printerr ("%s\n", error->message);
      self.code = 1;
    }
  g_clear_object (&self.session);
  g_main_loop_unref (self.loop);
  return self.code;
}
