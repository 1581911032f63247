/* fetcher-http.c: gets .torrent files over HTTP and HTTPS. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "http-client.h"

#include <glib/gi18n-lib.h>

/* For all of it; a server that falls silent is given up much sooner. */
#define FETCH_SECONDS_MAX 300

#define BTFW_TYPE_HTTP_FETCHER (btfw_http_fetcher_get_type ())
G_DECLARE_FINAL_TYPE (BtfwHttpFetcher, btfw_http_fetcher, BTFW, HTTP_FETCHER, GObject)

struct _BtfwHttpFetcher
{
  GObject     parent_instance;
  HttpClient *client; /* from start() on */
};

static void btfw_http_fetcher_iface_init (BtfwFetcherInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwHttpFetcher, btfw_http_fetcher, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_FETCHER, btfw_http_fetcher_iface_init));

static void
btfw_http_fetcher_start (BtfwFetcher *fetcher, BtfwNet *net)
{
  BTFW_HTTP_FETCHER (fetcher)->client = http_client_new (net);
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask)      task = user_data;
  GError                *error = NULL;
  g_autoptr (HttpAnswer) answer = http_client_get_finish (result, &error);

  if (answer == NULL)
    g_task_return_error (task, error);
  else if (answer->status < 200 || answer->status >= 300)
    g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_NETWORK, _("the server answers “%u %s”"),
                             answer->status, answer->phrase);
  else
    g_task_return_pointer (task, g_bytes_ref (answer->body), (GDestroyNotify) g_bytes_unref);
}

static void
btfw_http_fetcher_fetch_async (BtfwFetcher        *fetcher,
                               const char         *url,
                               gsize               max_size,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  BtfwHttpFetcher *self = BTFW_HTTP_FETCHER (fetcher);
  GTask           *task = g_task_new (self, cancellable, callback, user_data);
  HttpQuestion     question = {
    .url = url,
    .named_url = url,
    .origin = BTFW_NET_ORIGIN_USER,
    .family = G_SOCKET_FAMILY_INVALID,
    .max_size = max_size,
    .max_seconds = FETCH_SECONDS_MAX,
  };

  g_task_set_source_tag (task, btfw_http_fetcher_fetch_async);
  http_client_get_async (self->client, G_OBJECT (self), &question, cancellable, on_fetched, task);
}

static GBytes *
btfw_http_fetcher_fetch_finish (BtfwFetcher *fetcher, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
btfw_http_fetcher_iface_init (BtfwFetcherInterface *iface)
{
  iface->start = btfw_http_fetcher_start;
  iface->fetch_async = btfw_http_fetcher_fetch_async;
  iface->fetch_finish = btfw_http_fetcher_fetch_finish;
}

static void
btfw_http_fetcher_finalize (GObject *object)
{
  g_clear_pointer (&BTFW_HTTP_FETCHER (object)->client, http_client_unref);
  G_OBJECT_CLASS (btfw_http_fetcher_parent_class)->finalize (object);
}

static void
btfw_http_fetcher_class_init (BtfwHttpFetcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_http_fetcher_finalize;
}

static void
btfw_http_fetcher_init (BtfwHttpFetcher *self)
{
}

BTFW_PLUGIN_DEFINE (fetcher, http, btfw_http_fetcher_get_type,
                    .version = BTFW_VERSION,
                    .description = ".torrent files over HTTP and HTTPS",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw",
                    .schemes = "http,https");
