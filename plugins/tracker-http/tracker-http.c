/* tracker-http.c: a tracker plugin for HTTP and HTTPS (BEP 3). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "http-client.h"
#include "query.h"
#include "reply.h"

#include <glib/gi18n-lib.h>

#define REPLY_SIZE_MAX (1024 * 1024)
#define REPLY_SECONDS_MAX 30

#define BTFW_TYPE_HTTP_TRACKER (btfw_http_tracker_get_type ())
G_DECLARE_FINAL_TYPE (BtfwHttpTracker, btfw_http_tracker, BTFW, HTTP_TRACKER, GObject)

struct _BtfwHttpTracker
{
  GObject     parent_instance;
  HttpClient *client; /* from start() on */
};

static void btfw_http_tracker_iface_init (BtfwTrackerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwHttpTracker, btfw_http_tracker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_TRACKER, btfw_http_tracker_iface_init));

/* The hashes of a scrape, for the time of its answer. */
typedef struct
{
  BtfwInfoHash **hashes;
  guint          n_hashes;
} ScrapeData;

static void
scrape_data_free (gpointer data)
{
  ScrapeData *scrape = data;

  for (guint i = 0; i < scrape->n_hashes; i++)
    btfw_info_hash_unref (scrape->hashes[i]);
  g_free (scrape->hashes);
  g_free (scrape);
}

static ScrapeData *
scrape_data_new (BtfwInfoHash *const *hashes, guint n_hashes)
{
  ScrapeData *scrape = g_new0 (ScrapeData, 1);

  scrape->hashes = g_new (BtfwInfoHash *, n_hashes);
  scrape->n_hashes = n_hashes;
  for (guint i = 0; i < n_hashes; i++)
    scrape->hashes[i] = btfw_info_hash_ref (hashes[i]);
  return scrape;
}

static HttpQuestion
question_for (const char *url, const char *announce_url, GSocketFamily family)
{
  return (HttpQuestion){
    .url = url,
    .named_url = announce_url,
    .origin = BTFW_NET_ORIGIN_TORRENT,
    .family = family,
    .max_size = REPLY_SIZE_MAX,
    .max_seconds = REPLY_SECONDS_MAX,
  };
}

/* A body that is too large, or a place where we may not go, is the tracker's doing,
 * not that of the network. */
static GError *
blame_tracker (GError *error)
{
  if (g_error_matches (error, BTFW_ERROR, BTFW_ERROR_LIMIT))
    error->code = BTFW_ERROR_TRACKER;
  return error;
}

/* Some trackers put a refusal into an answer with an error status: it says more
 * than the status does. */
static GError *
explain_status (const HttpAnswer *answer, GError *error)
{
  if (answer->status >= 200 && answer->status < 300)
    return error;

  g_error_free (error);
  return g_error_new (BTFW_ERROR, BTFW_ERROR_TRACKER, _("the tracker answers “%u %s”"), answer->status, answer->phrase);
}

static void
on_announced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask)      task = user_data;
  GError                *error = NULL;
  g_autoptr (HttpAnswer) answer = http_client_get_finish (result, &error);
  BtfwAnnounceReply     *reply;

  if (answer == NULL)
    {
      g_task_return_error (task, blame_tracker (error));
      return;
    }

  reply = reply_read_announce (answer->body, &error);
  if (reply == NULL)
    {
      g_task_return_error (task, explain_status (answer, error));
      return;
    }

  btfw_announce_reply_set_from_local (reply, answer->from_local);
  g_task_return_pointer (task, reply, (GDestroyNotify) btfw_announce_reply_unref);
}

static void
btfw_http_tracker_announce_async (BtfwTracker        *tracker,
                                  BtfwAnnounce       *announce,
                                  GCancellable       *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer            user_data)
{
  BtfwHttpTracker *self = BTFW_HTTP_TRACKER (tracker);
  GTask           *task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *url = query_for_announce (announce);
  HttpQuestion     question = question_for (url, btfw_announce_get_url (announce), btfw_announce_get_family (announce));

  g_task_set_source_tag (task, btfw_http_tracker_announce_async);
  http_client_get_async (self->client, G_OBJECT (self), &question, cancellable, on_announced, task);
}

static BtfwAnnounceReply *
btfw_http_tracker_announce_finish (BtfwTracker *tracker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_scraped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask)      task = user_data;
  ScrapeData            *scrape = g_task_get_task_data (task);
  GError                *error = NULL;
  g_autoptr (HttpAnswer) answer = http_client_get_finish (result, &error);
  BtfwScrapeReply       *reply;

  if (answer == NULL)
    {
      g_task_return_error (task, blame_tracker (error));
      return;
    }

  reply = reply_read_scrape (answer->body, scrape->hashes, scrape->n_hashes, &error);
  if (reply == NULL)
    g_task_return_error (task, explain_status (answer, error));
  else
    g_task_return_pointer (task, reply, (GDestroyNotify) btfw_scrape_reply_unref);
}

static void
btfw_http_tracker_scrape_async (BtfwTracker         *tracker,
                                const char          *url,
                                BtfwInfoHash *const *hashes,
                                guint                n_hashes,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  BtfwHttpTracker *self = BTFW_HTTP_TRACKER (tracker);
  GTask           *task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *scrape_url = query_for_scrape (url, hashes, n_hashes);
  HttpQuestion     question = question_for (scrape_url, url, G_SOCKET_FAMILY_INVALID);

  g_task_set_source_tag (task, btfw_http_tracker_scrape_async);
  if (scrape_url == NULL)
    {
      g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED, _("this tracker cannot be asked for counts"));
      g_object_unref (task);
      return;
    }

  g_task_set_task_data (task, scrape_data_new (hashes, n_hashes), scrape_data_free);
  http_client_get_async (self->client, G_OBJECT (self), &question, cancellable, on_scraped, task);
}

static BtfwScrapeReply *
btfw_http_tracker_scrape_finish (BtfwTracker *tracker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
btfw_http_tracker_start (BtfwTracker *tracker, BtfwNet *net)
{
  BTFW_HTTP_TRACKER (tracker)->client = http_client_new (net);
}

static void
btfw_http_tracker_iface_init (BtfwTrackerInterface *iface)
{
  iface->start = btfw_http_tracker_start;
  iface->announce_async = btfw_http_tracker_announce_async;
  iface->announce_finish = btfw_http_tracker_announce_finish;
  iface->scrape_async = btfw_http_tracker_scrape_async;
  iface->scrape_finish = btfw_http_tracker_scrape_finish;
}

static void
btfw_http_tracker_finalize (GObject *object)
{
  g_clear_pointer (&BTFW_HTTP_TRACKER (object)->client, http_client_unref);
  G_OBJECT_CLASS (btfw_http_tracker_parent_class)->finalize (object);
}

static void
btfw_http_tracker_class_init (BtfwHttpTrackerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_http_tracker_finalize;
}

static void
btfw_http_tracker_init (BtfwHttpTracker *self)
{
}

BTFW_PLUGIN_DEFINE (tracker, http, btfw_http_tracker_get_type,
                    .version = BTFW_VERSION,
                    .description = "trackers over HTTP and HTTPS",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw",
                    .schemes = "http,https");
