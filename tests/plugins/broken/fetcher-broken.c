/* fetcher-broken.c: a fetcher with one of many faults, for the tests of the kit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

typedef struct
{
  GObject  parent_instance;
  BtfwNet *net;
} TestBrokenFetcher;

typedef struct
{
  GObjectClass parent_class;
} TestBrokenFetcherClass;

static void fetcher_iface_init (BtfwFetcherInterface *iface);
GType       test_broken_fetcher_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestBrokenFetcher, test_broken_fetcher, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_FETCHER, fetcher_iface_init));

static void
start (BtfwFetcher *fetcher, BtfwNet *net)
{
  TestBrokenFetcher *self = (TestBrokenFetcher *) fetcher;

  take_long ();
  self->net = btfw_net_ref (net);
  if (has_fault ("never-dies"))
    g_object_ref (self);
}

static void
free_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

static gboolean
answer (gpointer task)
{
  gsize max = GPOINTER_TO_SIZE (g_task_get_task_data (task));

  if (g_task_return_error_if_cancelled (task))
    return G_SOURCE_REMOVE;
  if (has_fault ("too-much"))
    g_task_return_pointer (task, g_bytes_new_take (g_malloc0 (max + 1), max + 1), free_bytes);
  else
    g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_NETWORK, "nobody is there");
  return G_SOURCE_REMOVE;
}

static gpointer
answer_from_elsewhere (gpointer data)
{
  gpointer *call = data;

  ((GAsyncReadyCallback) call[0]) (g_task_get_source_object (call[2]), call[2], call[1]);
  g_free (call);
  return NULL;
}

static void
fetch_async (BtfwFetcher        *fetcher,
             const char         *url,
             gsize               max_size,
             GCancellable       *cancellable,
             GAsyncReadyCallback callback,
             gpointer            user_data)
{
  GTask *task = g_task_new (fetcher, has_fault ("ignores-cancel") ? NULL : cancellable, callback, user_data);
  guint  delay = has_fault ("ignores-cancel") ? 8000 : 1;

  misbehave_once ();
  g_task_set_task_data (task, GSIZE_TO_POINTER (max_size), NULL);
  if (has_fault ("inside"))
    {
      callback (G_OBJECT (fetcher), G_ASYNC_RESULT (task), user_data);
      return;
    }
  if (has_fault ("elsewhere"))
    {
      gpointer *call = g_new (gpointer, 3);

      call[0] = (gpointer) callback;
      call[1] = user_data;
      call[2] = task;
      g_thread_unref (g_thread_new ("elsewhere", answer_from_elsewhere, call));
      return;
    }
  if (has_fault ("twice"))
    g_timeout_add_full (G_PRIORITY_DEFAULT, 2, answer, g_task_new (fetcher, NULL, callback, user_data), g_object_unref);
  g_timeout_add_full (G_PRIORITY_DEFAULT, delay, answer, task, g_object_unref);
}

static GBytes *
fetch_finish (BtfwFetcher *fetcher, GAsyncResult *result, GError **error)
{
  if (has_fault ("silent-failure"))
    return NULL;
  if (has_fault ("inside") || has_fault ("elsewhere"))
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_NETWORK, "nobody is there");
      return NULL;
    }
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
fetcher_iface_init (BtfwFetcherInterface *iface)
{
  iface->start = start;
  iface->fetch_async = fetch_async;
  iface->fetch_finish = has_fault ("no-finish") ? NULL : fetch_finish;
}

static void
test_broken_fetcher_finalize (GObject *object)
{
  g_clear_pointer (&((TestBrokenFetcher *) object)->net, btfw_net_unref);
  G_OBJECT_CLASS (test_broken_fetcher_parent_class)->finalize (object);
}

static void
test_broken_fetcher_class_init (TestBrokenFetcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_broken_fetcher_finalize;
}

static void
test_broken_fetcher_init (TestBrokenFetcher *self)
{
}

BTFW_PLUGIN_DEFINE (fetcher, broken, test_broken_fetcher_get_type,
                    .version = "1.0",
                    .description = "broken on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests",
                    .schemes = "x-broken");
