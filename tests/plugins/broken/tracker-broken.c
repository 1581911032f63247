/* tracker-broken.c: a tracker plugin with one of many faults, for the tests of the kit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

typedef struct
{
  GObject  parent_instance;
  BtfwNet *net;
} TestBrokenTracker;

typedef struct
{
  GObjectClass parent_class;
} TestBrokenTrackerClass;

/* One question: connect to the host of the URL, then fail in good order. */
typedef struct
{
  BtfwAnnounce       *announce;
  GAsyncReadyCallback callback;
  gpointer            user_data;
} Question;

static void tracker_iface_init (BtfwTrackerInterface *iface);
GType       test_broken_tracker_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestBrokenTracker, test_broken_tracker, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_TRACKER, tracker_iface_init));

static void
start (BtfwTracker *tracker, BtfwNet *net)
{
  ((TestBrokenTracker *) tracker)->net = btfw_net_ref (net);
}

static void
question_free (gpointer data)
{
  Question *self = data;

  if (!has_fault ("keeps-the-question"))
    btfw_announce_unref (self->announce);
  g_free (self);
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask)             task = data;
  GError                       *error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_to_uri_finish (G_SOCKET_CLIENT (client), result, &error);
  TestBrokenTracker            *self = g_task_get_source_object (task);
  Question                     *question = g_task_get_task_data (task);

  if (connection != NULL && !has_fault ("goes-anywhere") &&
      !btfw_net_guard_connection (self->net, connection, btfw_announce_get_url (question->announce), BTFW_NET_ORIGIN_TORRENT, &error))
    g_clear_object (&connection);
  if (connection != NULL)
    g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (connection)), "hello\n", 6, NULL, NULL);
  if (has_fault ("twice"))
    question->callback (G_OBJECT (self), G_ASYNC_RESULT (task), question->user_data);
  if (error == NULL)
    error = g_error_new_literal (BTFW_ERROR, BTFW_ERROR_TRACKER, "it says nothing that makes sense");
  g_task_return_error (task, error);
}

static gpointer
answer_from_elsewhere (gpointer data)
{
  GTask    *task = data;
  Question *question = g_task_get_task_data (task);

  question->callback (g_task_get_source_object (task), G_ASYNC_RESULT (task), question->user_data);
  return NULL;
}

static gboolean
misbehave (GTask *task, Question *question)
{
  if (has_fault ("crashes"))
    raise (SIGSEGV);
  if (has_fault ("exits"))
    exit (3);
  if (has_fault ("leaks"))
    lose_memory ();
  if (has_fault ("sleeps"))
    g_usleep (100000);
  if (has_fault ("inside"))
    question->callback (g_task_get_source_object (task), G_ASYNC_RESULT (task), question->user_data);
  if (has_fault ("elsewhere"))
    g_thread_unref (g_thread_new ("elsewhere", answer_from_elsewhere, g_object_ref (task)));
  if (has_fault ("complains"))
    g_warning ("this is odd");
  return has_fault ("inside") || has_fault ("elsewhere") || has_fault ("never-answers");
}

static gboolean
answer_late (gpointer data)
{
  g_task_return_new_error (data, BTFW_ERROR, BTFW_ERROR_TRACKER, "late");
  g_object_unref (data);
  return G_SOURCE_REMOVE;
}

static void
announce_async (BtfwTracker *tracker, BtfwAnnounce *announce, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autofree char          *uri = NULL;
  Question                 *question = g_new0 (Question, 1);
  GTask                    *task;

  if (has_fault ("ignores-cancel"))
    cancellable = NULL;
  task = g_task_new (tracker, cancellable, callback, user_data);
  question->announce = btfw_announce_ref (announce);
  question->callback = callback;
  question->user_data = user_data;
  g_task_set_task_data (task, question, question_free);
  if (misbehave (task, question))
    return;

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, has_fault ("ignores-cancel") ? 0 : 20);
  uri = g_strdup (btfw_announce_get_url (announce));
  if (has_fault ("ignores-cancel"))
    g_timeout_add_seconds (8, answer_late, task);
  else if (strlen (uri) > 1000)
    {
      g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_INVALID, "too long");
      g_object_unref (task);
    }
  else
    g_socket_client_connect_to_uri_async (client, uri, 80, cancellable, on_connected, task);
}

static BtfwAnnounceReply *
announce_finish (BtfwTracker *tracker, GAsyncResult *result, GError **error)
{
  BtfwAnnounceReply *reply = g_task_propagate_pointer (G_TASK (result), has_fault ("silent-failure") ? NULL : error);

  return reply;
}

static void
tracker_iface_init (BtfwTrackerInterface *iface)
{
  iface->start = start;
  iface->announce_async = announce_async;
  iface->announce_finish = has_fault ("no-finish") ? NULL : announce_finish;
}

static void
finalize (GObject *object)
{
  g_clear_pointer (&((TestBrokenTracker *) object)->net, btfw_net_unref);
  G_OBJECT_CLASS (test_broken_tracker_parent_class)->finalize (object);
}

static void
test_broken_tracker_class_init (TestBrokenTrackerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
test_broken_tracker_init (TestBrokenTracker *self)
{
}

BTFW_PLUGIN_DEFINE (tracker, broken, test_broken_tracker_get_type,
                    .version = "1.0",
                    .description = "broken on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests",
                    .schemes = "broken");
