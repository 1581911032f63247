/* embedding.c: tests of sessions and plugins inside of an application, with the public API only. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <glib/gstdio.h>
#include <string.h>

#define SIZE 700000
#define PATIENCE 20 /* seconds */

/* --- A picker of this program --- */

typedef struct
{
  GObject        parent_instance;
  BtfwSwarmView *swarm;
} OwnPicker;

typedef GObjectClass OwnPickerClass;

/* What became of all instances; written on the loop's thread. */
static int      n_attached, n_detached, n_picks, n_finalized;
static int      n_on_main_thread;
static GThread *main_thread;

static void
own_picker_attach (BtfwPicker *picker, BtfwSwarmView *swarm)
{
  ((OwnPicker *) picker)->swarm = btfw_swarm_view_ref (swarm);
  g_atomic_int_inc (&n_attached);
  if (g_thread_self () == main_thread)
    g_atomic_int_inc (&n_on_main_thread);
}

static void
own_picker_detach (BtfwPicker *picker)
{
  g_clear_pointer (&((OwnPicker *) picker)->swarm, btfw_swarm_view_unref);
  g_atomic_int_inc (&n_detached);
}

static void
own_picker_pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
  guint32 piece = BTFW_PIECE_NONE;

  g_atomic_int_inc (&n_picks);
  if (g_thread_self () == main_thread)
    g_atomic_int_inc (&n_on_main_thread);
  while ((piece = btfw_peer_view_next_interesting (peer, piece)) != BTFW_PIECE_NONE)
    if (btfw_picks_add (picks, piece, BTFW_PICK_NEW) == BTFW_PICK_ENOUGH)
      return;
}

static void
own_picker_init_interface (gpointer interface, gpointer data)
{
  BtfwPickerInterface *iface = interface;

  iface->attach = own_picker_attach;
  iface->detach = own_picker_detach;
  iface->pick = own_picker_pick;
}

static GType own_picker_get_type (void);
G_DEFINE_TYPE_WITH_CODE (OwnPicker, own_picker, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, own_picker_init_interface))

static void
own_picker_finalize (GObject *object)
{
  g_atomic_int_inc (&n_finalized);
  G_OBJECT_CLASS (own_picker_parent_class)->finalize (object);
}

static void
own_picker_class_init (OwnPickerClass *class)
{
  class->finalize = own_picker_finalize;
}

static void
own_picker_init (OwnPicker *self)
{
}

/* --- Fetchers that never answer of themselves: one can be cancelled, one cannot --- */

typedef struct
{
  GObject parent_instance;
} Silent;

typedef GObjectClass SilentClass;

static void
silent_start (BtfwFetcher *self, BtfwNet *net)
{
}

static void
on_cancelled (GCancellable *cancellable, gpointer task)
{
  g_task_return_error_if_cancelled (task);
}

static GTask *kept_task; /* of the one that does not listen */

static void
silent_fetch_async (BtfwFetcher        *self,
                    const char         *url,
                    gsize               max_size,
                    GCancellable       *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer            user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  if (g_str_has_prefix (url, "deaf:"))
    kept_task = task;
  else
    g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), task, g_object_unref);
}

static GBytes *
silent_fetch_finish (BtfwFetcher *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
silent_init_interface (gpointer interface, gpointer data)
{
  BtfwFetcherInterface *iface = interface;

  iface->start = silent_start;
  iface->fetch_async = silent_fetch_async;
  iface->fetch_finish = silent_fetch_finish;
}

static GType silent_get_type (void);
G_DEFINE_TYPE_WITH_CODE (Silent, silent, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_FETCHER, silent_init_interface))

static void
silent_class_init (SilentClass *class)
{
}

static void
silent_init (Silent *self)
{
}

/* --- A tracker that knows the seed --- */

typedef struct
{
  GObject parent_instance;
} Pigeon;

typedef GObjectClass PigeonClass;

static guint16 pigeon_port;

static void
pigeon_announce_async (BtfwTracker        *self,
                       BtfwAnnounce       *announce,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  static const guint8 loopback[] = { 127, 0, 0, 1 };
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  BtfwAnnounceReply *reply = btfw_announce_reply_new ();

  btfw_announce_reply_add_peer_v4 (reply, loopback, pigeon_port);
  btfw_announce_reply_set_from_local (reply, TRUE);
  btfw_announce_reply_set_interval (reply, 1800);
  g_task_return_pointer (task, reply, (GDestroyNotify) btfw_announce_reply_unref);
}

static BtfwAnnounceReply *
pigeon_announce_finish (BtfwTracker *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
pigeon_init_interface (gpointer interface, gpointer data)
{
  BtfwTrackerInterface *iface = interface;

  iface->announce_async = pigeon_announce_async;
  iface->announce_finish = pigeon_announce_finish;
}

static GType pigeon_get_type (void);
G_DEFINE_TYPE_WITH_CODE (Pigeon, pigeon, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (BTFW_TYPE_TRACKER, pigeon_init_interface))

static void
pigeon_class_init (PigeonClass *class)
{
}

static void
pigeon_init (Pigeon *self)
{
}

/* --- Two sessions in this process --- */

typedef struct
{
  char         *folder;
  char         *content;
  BtfwMetainfo *metainfo;
  BtfwSession  *seed;
  BtfwSession  *leech;
  BtfwTorrent  *torrent; /* of the leech */
} Fixture;

static gboolean
on_timeout (gpointer what)
{
  g_error ("timeout while waiting for: %s", (const char *) what);
  return G_SOURCE_REMOVE;
}

/* Runs the main loop until what @is_over looks at is so. */
static void
wait_for (gboolean (*is_over) (gpointer data), gpointer data, const char *what)
{
  guint timer = g_timeout_add_seconds (PATIENCE, on_timeout, (gpointer) what);

  while (!is_over (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
}

static gboolean
is_set (gpointer pointer)
{
  return *(gpointer *) pointer != NULL;
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer place)
{
  *(GAsyncResult **) place = g_object_ref (result);
}

static BtfwSession *
start_session (Fixture *f, const char *name)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autofree char *state = g_build_filename (f->folder, name, "state", NULL);
  g_autoptr (GError) error = NULL;
  BtfwSession *session;

  btfw_config_set (config, "session", "bind", "127.0.0.1", "test", &error);
  btfw_config_set (config, "session", "port", "0", "test", &error);
  btfw_config_set (config, "session", "discovery", "none", "test", &error);
  btfw_config_set (config, "session", "state-dir", state, "test", &error);
  g_assert_no_error (error);
  session = btfw_session_new (config, &error);
  g_assert_no_error (error);
  g_assert_true (btfw_session_start (session, &error));
  g_assert_no_error (error);
  return session;
}

static BtfwTorrent *
add (Fixture *f, BtfwSession *session, const char *name, const char *picker)
{
  g_autoptr (BtfwAddOptions) options = btfw_add_options_new ();
  g_autofree char *dir = g_build_filename (f->folder, name, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  BtfwTorrent *torrent;

  btfw_add_options_set_dir (options, dir);
  if (picker != NULL)
    btfw_add_options_set_picker (options, picker);
  if (session != f->seed && pigeon_port == 0)
    btfw_add_options_add_peer (options, "127.0.0.1", btfw_session_get_port (f->seed));
  btfw_session_add_async (session, f->metainfo, options, NULL, keep_result, &result);
  wait_for (is_set, &result, "a torrent that is added");
  torrent = btfw_session_add_finish (session, result, &error);
  g_assert_no_error (error);
  return torrent;
}

static BtfwMetainfo *
make_torrent (const char *path)
{
  g_autoptr (BtfwCreator) creator = btfw_creator_new (path);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  BtfwMetainfo *metainfo;

  btfw_creator_run_async (creator, NULL, NULL, NULL, NULL, keep_result, &result);
  wait_for (is_set, &result, "a torrent that is made");
  bytes = btfw_creator_run_finish (creator, result, &error);
  g_assert_no_error (error);
  metainfo = btfw_metainfo_new_from_bytes (bytes, &error);
  g_assert_no_error (error);
  return metainfo;
}

static gboolean
is_complete (gpointer torrent)
{
  BtfwTorrentStatus *status = btfw_torrent_get_status (torrent);

  return btfw_torrent_status_get_state (status) == BTFW_TORRENT_SEEDING && btfw_torrent_status_is_complete (status);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *seed_folder = NULL;
  g_autofree char *path = NULL;
  g_autoptr (BtfwTorrent) torrent = NULL;

  n_attached = n_detached = n_picks = n_finalized = n_on_main_thread = 0;
  f->folder = g_dir_make_tmp ("btfw-embedding-XXXXXX", NULL);
  seed_folder = g_build_filename (f->folder, "seed", NULL);
  path = g_build_filename (seed_folder, "sample", NULL);
  g_mkdir (seed_folder, 0700);
  f->content = g_malloc (SIZE);
  for (guint i = 0; i < SIZE; i++)
    f->content[i] = (char) g_test_rand_int ();
  g_assert_true (g_file_set_contents (path, f->content, SIZE, NULL));
  f->metainfo = make_torrent (path);
  f->seed = start_session (f, "seed");
  torrent = add (f, f->seed, "seed", NULL);
  wait_for (is_complete, torrent, "the seed");
  f->leech = start_session (f, "leech");
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->torrent);
  g_clear_object (&f->leech);
  g_clear_object (&f->seed);
  btfw_metainfo_unref (f->metainfo);
  remove_tree (f->folder);
  g_free (f->folder);
  g_free (f->content);
}

static void
assert_downloaded (Fixture *f)
{
  g_autofree char *path = g_build_filename (f->folder, "leech", "sample", NULL);
  g_autofree char *content = NULL;
  gsize            size;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpmem (content, size, f->content, SIZE);
}

/* --- Tests --- */

static void
test_own_picker_downloads (Fixture *f, gconstpointer data)
{
  f->torrent = add (f, f->leech, "leech", "own");
  wait_for (is_complete, f->torrent, "the download");
  btfw_session_close (f->leech);

  assert_downloaded (f);
  g_assert_cmpint (n_attached, ==, 1);
  g_assert_cmpint (n_picks, >, 0);
  g_assert_cmpint (n_on_main_thread, ==, 0);
  /* Nothing of the plugin is left when the session is closed, though the session still is. */
  g_assert_cmpint (n_detached, ==, 1);
  g_assert_cmpint (n_finalized, ==, 1);
}

static void
test_exchanged_for_own (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  f->torrent = add (f, f->leech, "leech", NULL);
  btfw_torrent_set_picker_async (f->torrent, "own", NULL, keep_result, &result);
  wait_for (is_set, &result, "the exchange");
  g_assert_true (btfw_torrent_set_picker_finish (f->torrent, result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_atomic_int_get (&n_attached), ==, 1);
  wait_for (is_complete, f->torrent, "the download");
  assert_downloaded (f);
}

/* The only one who knows of the seed. */
static void
test_own_tracker_is_added (Fixture *f, gconstpointer data)
{
  BtfwTorrentStatus *status;

  pigeon_port = btfw_session_get_port (f->seed);
  f->torrent = add (f, f->leech, "leech", NULL);
  btfw_torrent_add_tracker (f->torrent, "pigeon://roof/announce");
  btfw_torrent_add_tracker (f->torrent, "pigeon://roof/announce");
  wait_for (is_complete, f->torrent, "the download");
  pigeon_port = 0;
  assert_downloaded (f);
  status = btfw_torrent_get_status (f->torrent);
  g_assert_cmpuint (btfw_torrent_status_get_n_trackers (status), ==, 1);
  g_assert_cmpint (btfw_torrent_status_get_tracker_state (status, 0), ==, BTFW_TRACKER_WORKING);
}

static gboolean
move (Fixture *f, const char *name, GError **error)
{
  g_autofree char *dir = g_build_filename (f->folder, name, NULL);
  g_autoptr (GAsyncResult) result = NULL;

  btfw_torrent_move_async (f->torrent, dir, NULL, keep_result, &result);
  wait_for (is_set, &result, "the move");
  return btfw_torrent_move_finish (f->torrent, result, error);
}

static gboolean
has_some (gpointer torrent)
{
  return btfw_torrent_status_get_n_have (btfw_torrent_get_status (torrent)) > 2;
}

static gboolean
is_stopped (gpointer torrent)
{
  return btfw_torrent_status_get_state (btfw_torrent_get_status (torrent)) == BTFW_TORRENT_STOPPED;
}

static void
assert_moved (Fixture *f, const char *from, const char *to)
{
  g_autofree char *old = g_build_filename (f->folder, from, "sample", NULL);
  g_autofree char *dir = g_build_filename (f->folder, to, NULL);
  g_autofree char *new = g_build_filename (dir, "sample", NULL);

  g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (new, G_FILE_TEST_EXISTS));
  g_assert_cmpstr (btfw_torrent_get_dir (f->torrent), ==, dir);
}

/* In the course of a download; it goes on there, and asks for nothing twice. */
static void
test_moved_while_it_downloads (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (f->folder, "elsewhere", "sample", NULL);
  g_autofree char *content = NULL;
  gsize            size;

  f->torrent = add (f, f->leech, "leech", NULL);
  btfw_torrent_set_limits (f->torrent, 300000, 0);
  wait_for (has_some, f->torrent, "some pieces");
  g_assert_true (move (f, "elsewhere", &error));
  g_assert_no_error (error);
  assert_moved (f, "leech", "elsewhere");
  btfw_torrent_set_limits (f->torrent, 0, 0);
  wait_for (is_complete, f->torrent, "the download");
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpmem (content, size, f->content, SIZE);
  /* Blocks that were under way when it stopped may come again. */
  g_assert_cmpuint (btfw_torrent_status_get_session_downloaded (btfw_torrent_get_status (f->torrent)), <, SIZE * 3 / 2);
}

static void
test_moved_while_it_is_stopped (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->torrent = add (f, f->leech, "leech", NULL);
  wait_for (is_complete, f->torrent, "the download");
  btfw_torrent_stop (f->torrent);
  wait_for (is_stopped, f->torrent, "the stop");
  g_assert_true (move (f, "a", &error));
  g_assert_no_error (error);
  assert_moved (f, "leech", "a");
  g_assert_true (is_stopped (f->torrent));
  /* Where it is already there is nothing to do. */
  g_assert_true (move (f, "a", &error));
  assert_moved (f, "leech", "a");
  btfw_torrent_start (f->torrent);
  wait_for (is_complete, f->torrent, "the start there");
}

/* Somebody's files of that name stay, and so does the torrent. */
static void
test_not_moved_onto_files (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_build_filename (f->folder, "taken", NULL);
  g_autofree char *path = g_build_filename (dir, "sample", NULL);
  g_autofree char *text = NULL;

  f->torrent = add (f, f->leech, "leech", NULL);
  wait_for (is_complete, f->torrent, "the download");
  g_mkdir (dir, 0700);
  g_assert_true (g_file_set_contents (path, "mine", -1, NULL));
  g_assert_false (move (f, "taken", &error));
  g_assert_nonnull (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "mine");
  wait_for (is_complete, f->torrent, "that it goes on");
  assert_downloaded (f);
}

static void
test_closed_while_it_moves (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) removed = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_build_filename (f->folder, "b", NULL);

  f->torrent = add (f, f->leech, "leech", NULL);
  wait_for (has_some, f->torrent, "some pieces");
  btfw_torrent_move_async (f->torrent, dir, NULL, keep_result, &result);
  btfw_torrent_move_async (f->torrent, dir, NULL, keep_result, &second);
  btfw_session_remove_async (f->leech, f->torrent, TRUE, keep_result, &removed);
  btfw_session_close (f->leech);
  wait_for (is_set, &result, "the move");
  wait_for (is_set, &second, "the refusal");
  wait_for (is_set, &removed, "the other refusal");
  g_assert_false (btfw_torrent_move_finish (f->torrent, second, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_BUSY);
  g_clear_error (&error);
  g_assert_false (btfw_session_remove_finish (f->leech, removed, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_BUSY);
  if (btfw_torrent_move_finish (f->torrent, result, NULL))
    assert_moved (f, "leech", "b");
}

static gboolean
has_peer (gpointer torrent)
{
  return btfw_torrent_status_get_n_peers (btfw_torrent_get_status (torrent)) > 0;
}

static GPtrArray *
list_peers (BtfwTorrent *torrent, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  btfw_torrent_list_peers_async (torrent, NULL, keep_result, &result);
  wait_for (is_set, &result, "the peers");
  return btfw_torrent_list_peers_finish (torrent, result, error);
}

static void
test_peers_are_listed (Fixture *f, gconstpointer data)
{
  g_autofree char *address = g_strdup_printf ("127.0.0.1:%u", btfw_session_get_port (f->seed));
  g_autoptr (GPtrArray) peers = NULL;
  g_autoptr (GError) error = NULL;
  BtfwPeerStatus *peer;

  f->torrent = add (f, f->leech, "leech", NULL);
  btfw_torrent_set_limits (f->torrent, 200000, 0);
  wait_for (has_peer, f->torrent, "a peer");
  peers = list_peers (f->torrent, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (peers->len, ==, 1);
  peer = g_ptr_array_index (peers, 0);
  g_assert_cmpstr (btfw_peer_status_get_address (peer), ==, address);
  g_assert_cmpuint (btfw_peer_status_get_id (peer), >, 0);
  g_assert_cmpint (btfw_peer_status_get_age (peer), >=, 0);
  g_assert_cmpuint (btfw_peer_status_get_flags (peer) & BTFW_PEER_INCOMING, ==, 0);
  g_assert_cmpuint (btfw_peer_status_get_downloaded (peer), <=, SIZE);

  wait_for (is_complete, f->torrent, "the download");
  btfw_session_close (f->leech);
  g_clear_pointer (&peers, g_ptr_array_unref);
  peers = list_peers (f->torrent, &error);
  g_assert_null (peers);
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
}

static void
close_now (BtfwTorrent *torrent, Fixture *f)
{
  g_signal_handlers_disconnect_by_func (torrent, close_now, f);
  btfw_session_close (f->leech);
}

static gboolean
is_detached (gpointer f)
{
  return g_atomic_int_get (&n_detached) > 0;
}

static void
test_close_in_a_handler (Fixture *f, gconstpointer data)
{
  f->torrent = add (f, f->leech, "leech", "own");
  g_signal_connect (f->torrent, "status-changed", G_CALLBACK (close_now), f);
  wait_for (is_detached, f, "the end");
  g_assert_cmpint (n_finalized, ==, 1);
}

/* What is closed does nothing more, and says so where somebody asks. */
static void
test_closed_does_nothing (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) removed = NULL;
  g_autoptr (GAsyncResult) stopped = NULL;
  g_autoptr (GPtrArray) torrents = NULL;
  g_autoptr (GError) error = NULL;

  f->torrent = add (f, f->leech, "leech", "own");
  btfw_session_close (f->leech);
  btfw_session_close (f->leech);
  btfw_torrent_start (f->torrent);
  btfw_torrent_set_file_priority (f->torrent, 0, BTFW_PRIORITY_HIGH);
  torrents = btfw_session_get_torrents (f->leech);
  g_assert_cmpuint (torrents->len, ==, 0);

  btfw_session_remove_async (f->leech, f->torrent, FALSE, keep_result, &removed);
  btfw_session_stop_async (f->leech, 100, keep_result, &stopped);
  wait_for (is_set, &removed, "an answer about removing");
  wait_for (is_set, &stopped, "an answer about stopping");
  g_assert_false (btfw_session_remove_finish (f->leech, removed, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
  g_assert_true (btfw_session_stop_finish (f->leech, stopped, NULL));
}

static void
test_close_answers_calls (Fixture *f, gconstpointer data)
{
  static const char *const urls[] = { "listening:x", "deaf:x" };
  static const int         codes[] = { G_IO_ERROR_CANCELLED, G_IO_ERROR_CLOSED };
  GAsyncResult *results[G_N_ELEMENTS (urls)] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    btfw_session_fetch_async (f->leech, urls[i], NULL, keep_result, &results[i]);
  btfw_session_close (f->leech);
  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;

      wait_for (is_set, &results[i], urls[i]);
      g_assert_null (btfw_session_fetch_finish (f->leech, results[i], &error));
      g_assert_error (error, G_IO_ERROR, codes[i]);
      g_clear_object (&results[i]);
    }
  /* It answers when nobody is there any more. */
  g_assert_nonnull (kept_task);
  g_task_return_new_error (kept_task, G_IO_ERROR, G_IO_ERROR_FAILED, "too late");
  g_clear_object (&kept_task);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_caller_cancels (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  btfw_session_fetch_async (f->leech, "listening:x", cancellable, keep_result, &result);
  g_cancellable_cancel (cancellable);
  wait_for (is_set, &result, "the cancelled fetch");
  g_assert_null (btfw_session_fetch_finish (f->leech, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  static const char *const schemes[] = { "listening", "deaf", NULL };
  static const char *const tracker_schemes[] = { "pigeon", NULL };
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  main_thread = g_thread_self ();
  btfw_plugins_register ("picker", "own", own_picker_get_type (), &error);
  g_assert_no_error (error);
  btfw_plugins_register_full ("fetcher", "silent", silent_get_type (), "says nothing", schemes, 0, &error);
  g_assert_no_error (error);
  btfw_plugins_register_full ("tracker", "pigeon", pigeon_get_type (), "knows the seed", tracker_schemes, 0, &error);
  g_assert_no_error (error);

  ADD ("/embedding/own-picker/downloads", test_own_picker_downloads);
  ADD ("/embedding/own-picker/exchanged-while-it-runs", test_exchanged_for_own);
  ADD ("/embedding/own-tracker/is-added", test_own_tracker_is_added);
  ADD ("/embedding/move/while-it-downloads", test_moved_while_it_downloads);
  ADD ("/embedding/move/while-it-is-stopped", test_moved_while_it_is_stopped);
  ADD ("/embedding/move/not-onto-files", test_not_moved_onto_files);
  ADD ("/embedding/move/closed-meanwhile", test_closed_while_it_moves);
  ADD ("/embedding/peers/are-listed", test_peers_are_listed);
  ADD ("/embedding/close/in-a-handler", test_close_in_a_handler);
  ADD ("/embedding/close/nothing-happens-afterwards", test_closed_does_nothing);
  ADD ("/embedding/close/calls-are-answered", test_close_answers_calls);
  ADD ("/embedding/fetch/the-caller-cancels", test_caller_cancels);

  return g_test_run ();
}
