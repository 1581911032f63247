/* http-client.c: one HTTP GET at a time, bounded and within the session's rules. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "http-client.h"

#include "http-error.h"

#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>

#define REDIRECTS_MAX 5
#define CHUNK_SIZE (16 * 1024)

/* A server that says nothing for so long, in seconds, is given up. */
#define SILENCE_MAX 30

#define URI_FLAGS (G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | \
                   G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE)

typedef enum
{
  ROUTE_ANY,
  ROUTE_V4,
  ROUTE_V6,
  N_ROUTES,
} Route;

struct _HttpClient
{
  grefcount    references;
  BtfwNet     *net;
  SoupSession *sessions[N_ROUTES]; /* made when they are needed */
};

/* A GET under way, over all its redirects. Owned by its task. */
typedef struct
{
  HttpClient   *client;
  GUri         *uri;
  char         *named_url;
  BtfwNetOrigin origin;
  GSocketFamily family;
  gsize         max_size;
  guint         max_seconds;
  guint         n_redirects;
  GCancellable *cancellable; /* our own; the caller's cancels it */
  GCancellable *outer;       /* the caller's; nullable */
  gulong        outer_handler;
  GSource      *timeout;
  SoupMessage  *message;
  GInputStream *stream;
  GByteArray   *body;
  HttpTrouble   trouble;
  gboolean      through_proxy;
  gboolean      from_local; /* where the last connection led */
} Request;

static void request_send (GTask *task);

static void
http_client_ref (HttpClient *self)
{
  g_ref_count_inc (&self->references);
}

void
http_client_unref (HttpClient *self)
{
  if (!g_ref_count_dec (&self->references))
    return;

  for (guint i = 0; i < N_ROUTES; i++)
    g_clear_object (&self->sessions[i]);
  btfw_net_unref (self->net);
  g_free (self);
}

HttpClient *
http_client_new (BtfwNet *net)
{
  HttpClient *self = g_new0 (HttpClient, 1);

  g_ref_count_init (&self->references);
  self->net = btfw_net_ref (net);
  return self;
}

void
http_answer_free (HttpAnswer *answer)
{
  g_bytes_unref (answer->body);
  g_free (answer->phrase);
  g_free (answer);
}

/* Where connections of @route start: which family they use follows from it. */
static GSocketAddress *
http_client_get_local_address (HttpClient *self, Route route)
{
  GSocketFamily           family = route == ROUTE_V6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4;
  GSocketAddress         *address;
  g_autoptr (GInetAddress) any = NULL;

  if (route == ROUTE_ANY)
    return NULL;

  address = btfw_net_get_local_address (self->net, family);
  if (address != NULL)
    return address;

  any = g_inet_address_new_any (family);
  return g_inet_socket_address_new (any, 0);
}

static SoupSession *
http_client_get_session (HttpClient *self, Route route)
{
  g_autoptr (GSocketAddress) local = NULL;

  if (self->sessions[route] != NULL)
    return self->sessions[route];

  local = http_client_get_local_address (self, route);
  self->sessions[route] =
    soup_session_new_with_options ("local-address", local,
                                   "user-agent", btfw_net_get_user_agent (self->net),
                                   "timeout", SILENCE_MAX,
                                   "max-conns", 128,
                                   "max-conns-per-host", 16,
                                   NULL);
  return self->sessions[route];
}

/* The route for @family. When the session is bound to an address, its family
 * decides where the caller leaves it open. */
static Route
http_client_choose_route (HttpClient *self, GSocketFamily family)
{
  g_autoptr (GSocketAddress) v4 = NULL;
  g_autoptr (GSocketAddress) v6 = NULL;

  if (family == G_SOCKET_FAMILY_IPV4)
    return ROUTE_V4;
  if (family == G_SOCKET_FAMILY_IPV6)
    return ROUTE_V6;

  v4 = btfw_net_get_local_address (self->net, G_SOCKET_FAMILY_IPV4);
  if (v4 != NULL)
    return ROUTE_V4;

  v6 = btfw_net_get_local_address (self->net, G_SOCKET_FAMILY_IPV6);
  return v6 != NULL ? ROUTE_V6 : ROUTE_ANY;
}

static void
request_drop_message (Request *request)
{
  if (request->message != NULL)
    g_signal_handlers_disconnect_by_data (request->message, request);
  g_clear_object (&request->message);
  g_clear_object (&request->stream);
}

static void
request_free (gpointer data)
{
  Request *request = data;

  request_drop_message (request);
  g_clear_pointer (&request->uri, g_uri_unref);
  g_free (request->named_url);
  g_byte_array_unref (request->body);
  http_trouble_clear (&request->trouble);
  g_object_unref (request->cancellable);
  g_clear_object (&request->outer);
  http_client_unref (request->client);
  g_free (request);
}

/* Nothing can come in any more from timer or caller. */
static void
request_settle (Request *request)
{
  if (request->outer_handler != 0)
    g_clear_signal_handler (&request->outer_handler, request->outer);
  if (request->timeout != NULL)
    g_source_destroy (request->timeout);
  g_clear_pointer (&request->timeout, g_source_unref);
  request_drop_message (request);
}

/* Ends the request with what went wrong, put into words. Takes @error. */
static void
request_fail (GTask *task, GError *error)
{
  Request *request = g_task_get_task_data (task);

  if (request->outer != NULL && g_cancellable_is_cancelled (request->outer))
    {
      g_error_free (error);
      error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("it was cancelled"));
    }
  else
    error = http_trouble_explain (&request->trouble, error, g_uri_get_host (request->uri), request->max_seconds);

  request_settle (request);
  g_task_return_error (task, error);
  g_object_unref (task);
}

/* libsoup takes the end of the connection for the end of the body. */
static gboolean
request_got_all (Request *request)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (request->message);
  SoupMessageMetrics *metrics = soup_message_get_metrics (request->message);

  if (soup_message_headers_get_encoding (headers) != SOUP_ENCODING_CONTENT_LENGTH || metrics == NULL)
    return TRUE;

  return soup_message_metrics_get_response_body_bytes_received (metrics) >=
         (guint64) soup_message_headers_get_content_length (headers);
}

static void
request_succeed (GTask *task)
{
  Request    *request = g_task_get_task_data (task);
  HttpAnswer *answer;

  if (!request_got_all (request))
    {
      request_fail (task, g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("the answer of “%s” ended too early"),
                                       g_uri_get_host (request->uri)));
      return;
    }

  answer = g_new0 (HttpAnswer, 1);
  answer->status = soup_message_get_status (request->message);
  answer->phrase = btfw_text_clean (soup_message_get_reason_phrase (request->message), -1);
  answer->from_local = request->from_local;
  answer->body = g_byte_array_free_to_bytes (g_steal_pointer (&request->body));
  request->body = g_byte_array_new ();

  request_settle (request);
  g_task_return_pointer (task, answer, (GDestroyNotify) http_answer_free);
  g_object_unref (task);
}

/* Closed before anything was sent; GLib then tries the next address, if there is one. */
static void
request_refuse (Request *request, GSocketConnection *connection, const GError *error)
{
  http_trouble_set_guard_error (&request->trouble, error);
  g_socket_close (g_socket_connection_get_socket (connection), NULL);
}

/* libsoup makes its own sockets: this looks at where each is about to go,
 * before its first packet. */
static void
request_on_connecting (Request *request, GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GError)         error = NULL;

  /* The proxy is what the user set it to; where it leads is its own affair. */
  request->through_proxy = G_IS_PROXY_ADDRESS (remote);
  if (request->through_proxy || !G_IS_INET_SOCKET_ADDRESS (remote))
    return;

  if (!btfw_net_check_address (request->client->net,
                               g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)),
                               request->named_url, request->origin, &error))
    request_refuse (request, connection, error);
}

/* And this at where it really came from and went. */
static void
request_on_connected (Request *request, GSocketConnection *connection)
{
  BtfwNetOrigin              origin = request->through_proxy ? BTFW_NET_ORIGIN_USER : request->origin;
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GError)         error = NULL;

  if (!btfw_net_guard_connection (request->client->net, connection, request->named_url, origin, &error))
    {
      request_refuse (request, connection, error);
      return;
    }

  request->from_local = !request->through_proxy && G_IS_INET_SOCKET_ADDRESS (remote) &&
                        btfw_net_is_local (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));
}

/* The system may still speak versions that others have given up. Nothing was sent
 * through it as yet. */
static void
request_on_handshaked (Request *request, GTlsConnection *connection)
{
  GTlsProtocolVersion version = g_tls_connection_get_protocol_version (connection);

  if (version == G_TLS_PROTOCOL_VERSION_UNKNOWN || version >= G_TLS_PROTOCOL_VERSION_TLS_1_2)
    return;
  request->trouble.is_old_tls = TRUE;
  g_cancellable_cancel (request->cancellable);
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  Request *request = user_data;

  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKED && G_IS_TLS_CONNECTION (connection))
    request_on_handshaked (request, G_TLS_CONNECTION (connection));
  if (!G_IS_SOCKET_CONNECTION (connection))
    return;

  if (event == G_SOCKET_CLIENT_CONNECTING)
    request_on_connecting (request, G_SOCKET_CONNECTION (connection));
  else if (event == G_SOCKET_CLIENT_CONNECTED)
    request_on_connected (request, G_SOCKET_CONNECTION (connection));
}

static gboolean
on_accept_certificate (SoupMessage         *message,
                       GTlsCertificate     *certificate,
                       GTlsCertificateFlags errors,
                       gpointer             user_data)
{
  Request *request = user_data;

  request->trouble.certificate_errors = errors;
  return FALSE;
}

static gboolean
is_redirect (guint status)
{
  return status == SOUP_STATUS_MOVED_PERMANENTLY || status == SOUP_STATUS_FOUND ||
         status == SOUP_STATUS_SEE_OTHER || status == SOUP_STATUS_TEMPORARY_REDIRECT ||
         status == SOUP_STATUS_PERMANENT_REDIRECT;
}

static gboolean
is_http_uri (GUri *uri)
{
  const char *scheme = g_uri_get_scheme (uri);
  const char *host = g_uri_get_host (uri);

  return (strcmp (scheme, "http") == 0 || strcmp (scheme, "https") == 0) && host != NULL && *host != '\0';
}

/* Where the server sends us, if we may go there. */
static GUri *
request_read_location (Request *request, const char *location, GError **error)
{
  g_autoptr (GUri) uri = NULL;

  if (request->n_redirects >= REDIRECTS_MAX)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_TRACKER, _("“%s” redirects more than %d times"),
                   g_uri_get_host (request->uri), REDIRECTS_MAX);
      return NULL;
    }

  uri = location != NULL ? g_uri_parse_relative (request->uri, location, URI_FLAGS, NULL) : NULL;
  if (uri == NULL || !is_http_uri (uri))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED, _("“%s” redirects to something other than HTTP"),
                   g_uri_get_host (request->uri));
      return NULL;
    }

  return g_steal_pointer (&uri);
}

static void
request_follow (GTask *task, const char *location)
{
  Request *request = g_task_get_task_data (task);
  GError  *error = NULL;
  GUri    *uri = request_read_location (request, location, &error);

  if (uri == NULL)
    {
      request_fail (task, error);
      return;
    }

  /* What the user named in the own network may lead on there; a torrent's URL,
   * or one in the internet, only leads out. */
  if (request->origin != BTFW_NET_ORIGIN_USER || !request->from_local)
    request->origin = BTFW_NET_ORIGIN_REMOTE;

  g_uri_unref (request->uri);
  request->uri = uri;
  g_free (request->named_url);
  request->named_url = g_uri_to_string (uri);
  request->n_redirects++;
  request_drop_message (request);
  request_send (task);
}

static void request_read (GTask *task);

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask             *task = user_data;
  Request           *request = g_task_get_task_data (task);
  GError            *error = NULL;
  g_autoptr (GBytes) chunk = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);

  if (chunk == NULL)
    {
      request_fail (task, error);
      return;
    }

  if (g_bytes_get_size (chunk) == 0)
    {
      request_succeed (task);
      return;
    }

  if (g_bytes_get_size (chunk) > request->max_size - request->body->len)
    {
      g_autofree char *limit = btfw_format_size (request->max_size);

      request_fail (task, g_error_new (BTFW_ERROR, BTFW_ERROR_LIMIT, _("“%s” answered with more than %s"),
                                       g_uri_get_host (request->uri), limit));
      return;
    }

  g_byte_array_append (request->body, g_bytes_get_data (chunk, NULL), (guint) g_bytes_get_size (chunk));
  request_read (task);
}

static void
request_read (GTask *task)
{
  Request *request = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (request->stream, CHUNK_SIZE, G_PRIORITY_DEFAULT, request->cancellable, on_read, task);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask        *task = user_data;
  Request      *request = g_task_get_task_data (task);
  GError       *error = NULL;
  GInputStream *stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);

  if (stream == NULL)
    {
      request_fail (task, error);
      return;
    }

  request->stream = stream;
  if (is_redirect (soup_message_get_status (request->message)))
    request_follow (task, soup_message_headers_get_one (soup_message_get_response_headers (request->message), "Location"));
  else
    request_read (task);
}

/* A connection of its own for each question: one that an earlier question
 * opened was judged by that question's URL. */
static void
request_send (GTask *task)
{
  Request     *request = g_task_get_task_data (task);
  Route        route = http_client_choose_route (request->client, request->family);
  SoupSession *session = http_client_get_session (request->client, route);

  request->message = soup_message_new_from_uri (SOUP_METHOD_GET, request->uri);
  soup_message_add_flags (request->message,
                          SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_NEW_CONNECTION |
                          SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE | SOUP_MESSAGE_COLLECT_METRICS);
  soup_message_headers_replace (soup_message_get_request_headers (request->message), "Connection", "close");
  g_signal_connect (request->message, "network-event", G_CALLBACK (on_network_event), request);
  g_signal_connect (request->message, "accept-certificate", G_CALLBACK (on_accept_certificate), request);
  soup_session_send_async (session, request->message, G_PRIORITY_DEFAULT, request->cancellable, on_sent, task);
}

static gboolean
on_timeout (gpointer user_data)
{
  Request *request = user_data;

  request->trouble.is_late = TRUE;
  g_cancellable_cancel (request->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_outer_cancelled (GCancellable *outer, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static Request *
request_new (HttpClient *client, const HttpQuestion *question, GCancellable *cancellable)
{
  Request *request = g_new0 (Request, 1);

  http_client_ref (client);
  request->client = client;
  request->uri = g_uri_parse (question->url, URI_FLAGS, NULL);
  request->named_url = g_strdup (question->named_url);
  request->origin = question->origin;
  request->family = question->family;
  request->max_size = question->max_size;
  request->max_seconds = question->max_seconds;
  request->body = g_byte_array_new ();
  request->cancellable = g_cancellable_new ();
  request->outer = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  return request;
}

/* Starts the clock, and listens for the caller's change of mind. */
static void
request_watch (Request *request)
{
  request->timeout = g_timeout_source_new_seconds (request->max_seconds);
  g_source_set_static_name (request->timeout, "http-client");
  g_source_set_callback (request->timeout, on_timeout, request, NULL);
  g_source_attach (request->timeout, g_main_context_get_thread_default ());

  if (request->outer != NULL)
    request->outer_handler = g_cancellable_connect (request->outer, G_CALLBACK (on_outer_cancelled),
                                                    g_object_ref (request->cancellable), g_object_unref);
}

void
http_client_get_async (HttpClient         *self,
                       GObject            *source,
                       const HttpQuestion *question,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  GTask   *task = g_task_new (source, NULL, callback, user_data);
  Request *request = request_new (self, question, cancellable);

  g_task_set_source_tag (task, http_client_get_async);
  g_task_set_task_data (task, request, request_free);

  if (request->uri == NULL || !is_http_uri (request->uri))
    {
      g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_INVALID, _("this is no HTTP address"));
      g_object_unref (task);
      return;
    }

  request_watch (request);
  request_send (task);
}

HttpAnswer *
http_client_get_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
