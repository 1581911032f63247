/* tracker-udp.c: a tracker plugin for UDP (BEP 15). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "udp-client.h"

#include <glib/gi18n-lib.h>

/* Once a tracker has answered over IPv4 or IPv6, so long it may take over the other. */
#define GRACE (3 * G_TIME_SPAN_SECOND)

#define BTFW_TYPE_UDP_TRACKER (btfw_udp_tracker_get_type ())
G_DECLARE_FINAL_TYPE (BtfwUdpTracker, btfw_udp_tracker, BTFW, UDP_TRACKER, GObject)

struct _BtfwUdpTracker
{
  GObject    parent_instance;
  BtfwNet   *net; /* from start() on */
  UdpClient *client;
};

static void btfw_udp_tracker_iface_init (BtfwTrackerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwUdpTracker, btfw_udp_tracker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_TRACKER, btfw_udp_tracker_iface_init));

typedef struct _Inquiry Inquiry;

/* One packet's worth of an inquiry: over one family, or of some hashes. */
typedef struct
{
  UdpQuestion question; /* first */
  Inquiry    *inquiry;
  guint       first; /* of a scrape: its place among the hashes */
  guint       n;
} Part;

/* What one call of the interface asks, from begin to end. */
struct _Inquiry
{
  BtfwUdpTracker *tracker; /* the task's */
  GTask          *task;
  GCancellable   *lookup;
  gulong          cancelled; /* handler of the caller's cancellable */
  char           *url;
  char           *host;
  guint16         port;
  char           *url_data;
  GSocketFamily   family;
  guint64         grace; /* timer */

  BtfwAnnounce      *announce; /* NULL for a scrape */
  BtfwAnnounceReply *reply;
  BtfwInfoHash     **hashes;
  guint              n_hashes;
  BtfwScrapeReply   *counts;

  Part  *parts;
  guint  n_parts;
  guint  n_open;
  guint  n_answers;
  char  *refusal;
  GError *error;
};

/* --- The end --- */

static void
inquiry_free (Inquiry *self)
{
  GCancellable *cancellable = g_task_get_cancellable (self->task);

  for (guint i = 0; i < self->n_parts; i++)
    udp_question_cancel (&self->parts[i].question);
  btfw_clock_cancel_timer (udp_client_get_clock (self->tracker->client), self->grace);
  g_cancellable_cancel (self->lookup);
  /* Not g_cancellable_disconnect(), which waits for the very handler that we may be in. */
  if (self->cancelled != 0)
    g_signal_handler_disconnect (cancellable, self->cancelled);
  g_object_unref (self->lookup);
  for (guint i = 0; i < self->n_hashes; i++)
    btfw_info_hash_unref (self->hashes[i]);
  g_free (self->hashes);
  g_clear_pointer (&self->announce, btfw_announce_unref);
  g_clear_pointer (&self->reply, btfw_announce_reply_unref);
  g_clear_pointer (&self->counts, btfw_scrape_reply_unref);
  g_clear_error (&self->error);
  g_free (self->parts);
  g_free (self->refusal);
  g_free (self->url);
  g_free (self->host);
  g_free (self->url_data);
  g_free (self);
}

/* Frees it first, as the caller's function may come at once. */
static void
inquiry_fail (Inquiry *self, GError *error)
{
  g_autoptr (GTask) task = self->task;

  inquiry_free (self);
  g_task_return_error (task, error);
}

static void
inquiry_return (Inquiry *self, gpointer result, GDestroyNotify destroy)
{
  g_autoptr (GTask) task = self->task;

  inquiry_free (self);
  g_task_return_pointer (task, result, destroy);
}

static void
inquiry_finish (Inquiry *self)
{
  if (self->n_answers > 0 && self->announce != NULL)
    inquiry_return (self, g_steal_pointer (&self->reply), (GDestroyNotify) btfw_announce_reply_unref);
  else if (self->n_answers > 0)
    inquiry_return (self, g_steal_pointer (&self->counts), (GDestroyNotify) btfw_scrape_reply_unref);
  else if (self->refusal != NULL && self->announce != NULL)
    {
      btfw_announce_reply_set_failure (self->reply, self->refusal, 0);
      inquiry_return (self, g_steal_pointer (&self->reply), (GDestroyNotify) btfw_announce_reply_unref);
    }
  else if (self->refusal != NULL)
    inquiry_fail (self, g_error_new (BTFW_ERROR, BTFW_ERROR_TRACKER, _("the tracker refuses: %s"), self->refusal));
  else
    inquiry_fail (self, g_steal_pointer (&self->error));
}

static void
on_grace_over (gpointer user_data)
{
  Inquiry *self = user_data;

  self->grace = 0;
  inquiry_finish (self);
}

static void
inquiry_close_part (Inquiry *self)
{
  if (--self->n_open == 0)
    inquiry_finish (self);
  else if (self->n_answers > 0 && self->announce != NULL && self->grace == 0)
    self->grace = btfw_clock_set_timer (udp_client_get_clock (self->tracker->client), GRACE, on_grace_over, self, NULL);
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Inquiry *self = user_data;
  GError  *error = NULL;

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  inquiry_fail (self, error);
}

/* --- Questions --- */

static Part *
part_of (UdpQuestion *question)
{
  return (Part *) question;
}

static gsize
write_announce (UdpQuestion *question, guint64 connection, guint8 *out)
{
  Inquiry *self = part_of (question)->inquiry;

  return packet_write_announce (out, connection, question->slot.transaction, self->announce, self->url_data);
}

static gboolean
read_announce (UdpQuestion *question, const guint8 *data, gsize size)
{
  Inquiry *self = part_of (question)->inquiry;

  if (!packet_read_announce (data, size, btfw_endpoint_is_v4 (&question->slot.to), self->n_answers == 0, self->reply))
    return FALSE;
  if (btfw_endpoint_is_local (&question->slot.to))
    btfw_announce_reply_set_from_local (self->reply, TRUE);
  return TRUE;
}

static gsize
write_scrape (UdpQuestion *question, guint64 connection, guint8 *out)
{
  Part *part = part_of (question);

  return packet_write_scrape (out, connection, question->slot.transaction, part->inquiry->hashes + part->first, part->n);
}

static gboolean
read_scrape (UdpQuestion *question, const guint8 *data, gsize size)
{
  Part *part = part_of (question);

  return packet_read_scrape (data, size, part->inquiry->counts, part->first, part->n);
}

static void
on_answered (UdpQuestion *question)
{
  Inquiry *self = part_of (question)->inquiry;

  self->n_answers++;
  inquiry_close_part (self);
}

static void
on_failed (UdpQuestion *question, const char *refusal, const GError *error)
{
  Inquiry *self = part_of (question)->inquiry;

  if (refusal != NULL && self->refusal == NULL)
    self->refusal = g_strdup (refusal);
  if (error != NULL && self->error == NULL)
    self->error = g_error_copy (error);
  inquiry_close_part (self);
}

static Part *
inquiry_add_part (Inquiry *self, PacketAction action)
{
  Part *part = &self->parts[self->n_parts++];

  part->inquiry = self;
  part->question.action = action;
  part->question.write = action == PACKET_ANNOUNCE ? write_announce : write_scrape;
  part->question.read = action == PACKET_ANNOUNCE ? read_announce : read_scrape;
  part->question.answered = on_answered;
  part->question.failed = on_failed;
  return part;
}

static void
part_add_endpoint (Part *part, const BtfwEndpoint *endpoint)
{
  if (part->question.n_endpoints < UDP_ENDPOINTS_MAX)
    part->question.endpoints[part->question.n_endpoints++] = *endpoint;
}

/* Each family tells of its own peers only: so both are asked. */
static void
inquiry_make_announces (Inquiry *self, const BtfwEndpoint *endpoints, guint n)
{
  Part *parts[2] = { NULL, NULL };

  self->parts = g_new0 (Part, 2);
  for (guint i = 0; i < n; i++)
    {
      guint family = btfw_endpoint_is_v4 (&endpoints[i]) ? 0 : 1;

      if (parts[family] == NULL)
        parts[family] = inquiry_add_part (self, PACKET_ANNOUNCE);
      part_add_endpoint (parts[family], &endpoints[i]);
    }
}

static void
inquiry_make_scrapes (Inquiry *self, const BtfwEndpoint *endpoints, guint n)
{
  self->parts = g_new0 (Part, (self->n_hashes + PACKET_SCRAPE_MAX - 1) / PACKET_SCRAPE_MAX);
  for (guint first = 0; first < self->n_hashes; first += PACKET_SCRAPE_MAX)
    {
      Part *part = inquiry_add_part (self, PACKET_SCRAPE);

      part->first = first;
      part->n = MIN (self->n_hashes - first, PACKET_SCRAPE_MAX);
      for (guint i = 0; i < n; i++)
        part_add_endpoint (part, &endpoints[i]);
    }
}

/* --- Where to ask --- */

/* Leaves those that may be asked; the last objection is kept. */
static guint
inquiry_filter (Inquiry *self, BtfwEndpoint *endpoints, guint n)
{
  guint n_left = 0;

  for (guint i = 0; i < n; i++)
    {
      GSocketFamily family = btfw_endpoint_is_v4 (&endpoints[i]) ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6;

      if (self->family != G_SOCKET_FAMILY_INVALID && self->family != family)
        continue;
      g_clear_error (&self->error);
      if (btfw_net_check_endpoint (self->tracker->net, &endpoints[i], self->url, BTFW_NET_ORIGIN_TORRENT, &self->error))
        endpoints[n_left++] = endpoints[i];
    }
  if (n_left > 0)
    g_clear_error (&self->error);
  else if (self->error == NULL)
    g_set_error (&self->error, BTFW_ERROR, BTFW_ERROR_NETWORK, _("“%s” has no address that can be used"), self->host);
  return n_left;
}

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (BtfwNet)     net = ((gpointer *) user_data)[0];
  Inquiry                *self = ((gpointer *) user_data)[1];
  g_autoptr (GError)      error = NULL;
  guint                   n = 0;
  g_autofree BtfwEndpoint *endpoints = btfw_net_resolve_finish (net, result, &n, &error);

  g_free (user_data);
  /* It is gone when its look-up was cancelled. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (endpoints == NULL)
    {
      inquiry_fail (self, g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("cannot find “%s”: %s"), self->host, error->message));
      return;
    }

  n = inquiry_filter (self, endpoints, n);
  if (n == 0)
    {
      inquiry_fail (self, g_steal_pointer (&self->error));
      return;
    }
  if (self->announce != NULL)
    inquiry_make_announces (self, endpoints, n);
  else
    inquiry_make_scrapes (self, endpoints, n);
  self->n_open = self->n_parts;
  for (guint i = 0; i < self->n_parts; i++)
    udp_question_ask (&self->parts[i].question, self->tracker->client);
}

static gboolean
inquiry_read_url (Inquiry *self, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (self->url, G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY, error);

  if (uri == NULL)
    return FALSE;
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0' || g_uri_get_port (uri) <= 0)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("the URL of a UDP tracker needs a host and a port"));
      return FALSE;
    }

  self->host = g_strdup (g_uri_get_host (uri));
  self->port = (guint16) g_uri_get_port (uri);
  self->url_data = packet_make_url_data (g_uri_get_path (uri), g_uri_get_query (uri));
  return TRUE;
}

/* Takes the task. */
static void
inquiry_begin (Inquiry *self)
{
  GCancellable *cancellable = g_task_get_cancellable (self->task);
  GError       *error = NULL;
  gpointer     *data;

  self->lookup = g_cancellable_new ();
  if (g_cancellable_set_error_if_cancelled (cancellable, &error) || !inquiry_read_url (self, &error))
    {
      inquiry_fail (self, error);
      return;
    }
  if (cancellable != NULL)
    self->cancelled = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), self, NULL);

  data = g_new (gpointer, 2);
  data[0] = btfw_net_ref (self->tracker->net);
  data[1] = self;
  btfw_net_resolve_async (self->tracker->net, self->host, self->port, self->lookup, on_resolved, data);
}

static Inquiry *
inquiry_new (BtfwUdpTracker     *tracker,
             const char         *url,
             gpointer            tag,
             GCancellable       *cancellable,
             GAsyncReadyCallback callback,
             gpointer            user_data)
{
  Inquiry *self = g_new0 (Inquiry, 1);

  self->tracker = tracker;
  self->url = g_strdup (url);
  self->task = g_task_new (tracker, cancellable, callback, user_data);
  g_task_set_source_tag (self->task, tag);
  return self;
}

/* --- The interface --- */

static void
btfw_udp_tracker_start (BtfwTracker *tracker, BtfwNet *net)
{
  BtfwUdpTracker *self = BTFW_UDP_TRACKER (tracker);

  self->net = btfw_net_ref (net);
  self->client = udp_client_new (net);
}

static void
btfw_udp_tracker_announce_async (BtfwTracker        *tracker,
                                 BtfwAnnounce       *announce,
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data)
{
  Inquiry *inquiry = inquiry_new (BTFW_UDP_TRACKER (tracker), btfw_announce_get_url (announce),
                                  btfw_udp_tracker_announce_async, cancellable, callback, user_data);

  inquiry->announce = btfw_announce_ref (announce);
  inquiry->family = btfw_announce_get_family (announce);
  inquiry->reply = btfw_announce_reply_new ();
  inquiry_begin (inquiry);
}

static BtfwAnnounceReply *
btfw_udp_tracker_announce_finish (BtfwTracker *tracker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
btfw_udp_tracker_scrape_async (BtfwTracker         *tracker,
                               const char          *url,
                               BtfwInfoHash *const *hashes,
                               guint                n_hashes,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  Inquiry *inquiry = inquiry_new (BTFW_UDP_TRACKER (tracker), url, btfw_udp_tracker_scrape_async,
                                  cancellable, callback, user_data);

  inquiry->family = G_SOCKET_FAMILY_INVALID;
  inquiry->hashes = g_new (BtfwInfoHash *, n_hashes);
  inquiry->n_hashes = n_hashes;
  for (guint i = 0; i < n_hashes; i++)
    inquiry->hashes[i] = btfw_info_hash_ref (hashes[i]);
  inquiry->counts = btfw_scrape_reply_new (n_hashes);
  inquiry_begin (inquiry);
}

static BtfwScrapeReply *
btfw_udp_tracker_scrape_finish (BtfwTracker *tracker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static guint
btfw_udp_tracker_get_patience (BtfwTracker *tracker)
{
  return UDP_PATIENCE;
}

static void
btfw_udp_tracker_iface_init (BtfwTrackerInterface *iface)
{
  iface->start = btfw_udp_tracker_start;
  iface->announce_async = btfw_udp_tracker_announce_async;
  iface->announce_finish = btfw_udp_tracker_announce_finish;
  iface->scrape_async = btfw_udp_tracker_scrape_async;
  iface->scrape_finish = btfw_udp_tracker_scrape_finish;
  iface->get_patience = btfw_udp_tracker_get_patience;
}

static void
btfw_udp_tracker_finalize (GObject *object)
{
  BtfwUdpTracker *self = BTFW_UDP_TRACKER (object);

  g_clear_pointer (&self->client, udp_client_free);
  g_clear_pointer (&self->net, btfw_net_unref);
  G_OBJECT_CLASS (btfw_udp_tracker_parent_class)->finalize (object);
}

static void
btfw_udp_tracker_class_init (BtfwUdpTrackerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_udp_tracker_finalize;
}

static void
btfw_udp_tracker_init (BtfwUdpTracker *self)
{
}

BTFW_PLUGIN_DEFINE (tracker, udp, btfw_udp_tracker_get_type,
                    .version = BTFW_VERSION,
                    .description = "trackers over UDP",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw",
                    .schemes = "udp");
