/* service-tracker.c: a small tracker over HTTP, which also gives out the torrents it is for. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "acceptor.h"
#include "invitation.h"
#include "registry.h"
#include "request.h"
#include "response.h"

#include <glib/gi18n-lib.h>

/* How often peers that went without a word are looked for, in seconds. */
#define EXPIRY_PERIOD 60

#define BTFW_TYPE_TRACKER_SERVICE (btfw_tracker_service_get_type ())
G_DECLARE_FINAL_TYPE (BtfwTrackerService, btfw_tracker_service, BTFW, TRACKER_SERVICE, GObject)

struct _BtfwTrackerService
{
  GObject      parent_instance;
  BtfwSession *session; /* from start() to stop(), as are the next five */
  SoupServer  *server;
  Acceptor    *acceptor;
  Registry    *registry;
  GSource     *expiry;
  char        *url;
  char        *address; /* nullable */
  guint        port;
  guint        interval;
  guint        max_torrents;
  guint        max_peers;
  gboolean     open;
};

enum
{
  PROP_ADDRESS = 1,
  PROP_INTERVAL,
  PROP_MAX_PEERS,
  PROP_MAX_TORRENTS,
  PROP_OPEN,
  PROP_PORT,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void btfw_tracker_service_iface_init (BtfwServiceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwTrackerService, btfw_tracker_service, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_SERVICE, btfw_tracker_service_iface_init));

/* The session's torrent of that hash: borrowed, or NULL. */
static BtfwTorrent *
btfw_tracker_service_find (BtfwTrackerService *self, const guint8 hash[20])
{
  g_autoptr (GPtrArray) torrents = btfw_session_get_torrents (self->session);

  for (guint i = 0; i < torrents->len; i++)
    {
      BtfwTorrent  *torrent = g_ptr_array_index (torrents, i);
      BtfwInfoHash *own = btfw_torrent_get_info_hash (torrent);

      if (memcmp (btfw_info_hash_get_short (own), hash, 20) == 0)
        return torrent;
    }

  return NULL;
}

/* Puts the asker into the books, or takes it out. Answers what is in the way, or NULL. */
static const char *
btfw_tracker_service_note (BtfwTrackerService *self, const AnnounceRequest *request, const Endpoint *asker)
{
  Member member = { .endpoint = *asker, .is_seed = request->left == 0 };

  if (request->event == BTFW_ANNOUNCE_STOPPED)
    {
      registry_remove (self->registry, request->info_hash, asker);
      return NULL;
    }

  memcpy (member.id, request->peer_id, sizeof member.id);
  if (!registry_put (self->registry, request->info_hash, &member,
                     request->event == BTFW_ANNOUNCE_COMPLETED, g_get_monotonic_time ()))
    return "this tracker is full";

  return NULL;
}

static GBytes *
btfw_tracker_service_announce (BtfwTrackerService *self, const char *query, const Endpoint *remote, const Endpoint *local)
{
  AnnounceRequest request;
  Endpoint        asker = *remote;
  const char     *fault = announce_request_read (&request, query);

  if (fault == NULL && !self->open && btfw_tracker_service_find (self, request.info_hash) == NULL)
    fault = "this tracker does not know that torrent";
  asker.port = request.port;
  if (fault == NULL)
    fault = btfw_tracker_service_note (self, &request, &asker);
  if (fault != NULL)
    return response_failure (fault);

  return response_announce (self->registry, &request, &asker, local, self->interval);
}

static GBytes *
btfw_tracker_service_scrape (BtfwTrackerService *self, const char *query)
{
  ScrapeRequest request;
  const char   *fault = scrape_request_read (&request, query);

  return fault != NULL ? response_failure (fault) : response_scrape (self->registry, &request);
}

static gboolean
endpoint_from_socket (Endpoint *endpoint, GSocketAddress *address)
{
  GInetSocketAddress *inet;

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return FALSE;

  inet = G_INET_SOCKET_ADDRESS (address);
  return endpoint_from_inet (endpoint, g_inet_socket_address_get_address (inet), g_inet_socket_address_get_port (inet));
}

static void
refuse (SoupServerMessage *message, guint status)
{
  soup_server_message_set_status (message, status, NULL);
}

static void
answer (SoupServerMessage *message, const char *type, GBytes *part)
{
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Content-Type", type);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), part);
}

static void
btfw_tracker_service_invite (BtfwTrackerService *self, SoupServerMessage *message, const guint8 hash[20])
{
  BtfwTorrent          *torrent = btfw_tracker_service_find (self, hash);
  BtfwMetainfo         *metainfo = torrent != NULL ? btfw_torrent_get_metainfo (torrent) : NULL;
  g_autoptr (GPtrArray) parts = NULL;

  if (metainfo != NULL && invitation_is_ours (metainfo, self->url))
    parts = invitation_write (metainfo, self->url);
  if (parts == NULL)
    {
      refuse (message, SOUP_STATUS_NOT_FOUND);
      return;
    }

  for (guint i = 0; i < parts->len; i++)
    answer (message, "application/x-bittorrent", g_ptr_array_index (parts, i));
}

static void
btfw_tracker_service_ask (BtfwTrackerService *self, SoupServerMessage *message, const char *path)
{
  const char        *query = g_uri_get_query (soup_server_message_get_uri (message));
  g_autoptr (GBytes) body = NULL;
  Endpoint           remote;
  Endpoint           local;

  if (!endpoint_from_socket (&remote, soup_server_message_get_remote_address (message)) ||
      !endpoint_from_socket (&local, soup_server_message_get_local_address (message)))
    {
      refuse (message, SOUP_STATUS_BAD_REQUEST);
      return;
    }

  if (g_str_equal (path, "/announce"))
    body = btfw_tracker_service_announce (self, query, &remote, &local);
  else if (g_str_equal (path, "/scrape"))
    body = btfw_tracker_service_scrape (self, query);

  if (body != NULL)
    answer (message, "text/plain", body);
  else
    refuse (message, SOUP_STATUS_NOT_FOUND);
}

/* Everything is in the headers: the answer stands before a body is read, and
 * whoever sends one all the same gets no memory for it. */
static void
on_request (SoupServer        *server,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  BtfwTrackerService *self = user_data;
  guint8              hash[20];

  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection", "close");

  if (soup_server_message_get_method (message) != SOUP_METHOD_GET)
    refuse (message, SOUP_STATUS_METHOD_NOT_ALLOWED);
  else if (invitation_read_path (path, hash))
    btfw_tracker_service_invite (self, message, hash);
  else
    btfw_tracker_service_ask (self, message, path);
}

static gboolean
on_expiry (gpointer user_data)
{
  BtfwTrackerService *self = user_data;

  registry_expire (self->registry,
                   g_get_monotonic_time () - (2 * (gint64) self->interval + EXPIRY_PERIOD) * G_TIME_SPAN_SECOND);
  return G_SOURCE_CONTINUE;
}

/* The address from which this machine reaches others: what the system would
 * choose for an address of the internet. Nothing is sent. */
static GInetAddress *
find_own_address (void)
{
  g_autoptr (GInetAddress)   far = g_inet_address_new_from_string ("198.51.100.1");
  g_autoptr (GSocketAddress) target = g_inet_socket_address_new (far, 9);
  g_autoptr (GSocket)        socket = NULL;
  g_autoptr (GSocketAddress) own = NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  if (socket != NULL && g_socket_connect (socket, target, NULL, NULL))
    own = g_socket_get_local_address (socket, NULL);
  if (!G_IS_INET_SOCKET_ADDRESS (own))
    return g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);

  return g_object_ref (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (own)));
}

/* How others find us: where we listen, if that is one address. */
static char *
make_url (GSocket *listener, GError **error)
{
  g_autoptr (GSocketAddress) bound = g_socket_get_local_address (listener, error);
  g_autoptr (GInetAddress)   address = NULL;
  g_autofree char           *text = NULL;
  gboolean                   is_v6;

  if (bound == NULL)
    return NULL;

  address = g_object_ref (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (bound)));
  if (g_inet_address_get_is_any (address))
    {
      g_object_unref (address);
      address = find_own_address ();
    }

  text = g_inet_address_to_string (address);
  is_v6 = g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6;
  return g_strdup_printf ("http://%s%s%s:%u/announce", is_v6 ? "[" : "", text, is_v6 ? "]" : "",
                          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
}

static GSocket *
btfw_tracker_service_listen (BtfwTrackerService *self, BtfwNet *net, GError **error)
{
  g_autoptr (GInetAddress) address = NULL;

  if (self->address != NULL && *self->address != '\0')
    {
      address = g_inet_address_new_from_string (self->address);
      if (address == NULL)
        {
          g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG, _("the tracker cannot listen at “%s”: it is no IP address"),
                       self->address);
          return NULL;
        }
    }

  return btfw_net_listen (net, address, (guint16) self->port, error);
}

static gboolean
btfw_tracker_service_start (BtfwService *service, BtfwSession *session, GError **error)
{
  BtfwTrackerService *self = BTFW_TRACKER_SERVICE (service);
  g_autoptr (GSocket) listener = btfw_tracker_service_listen (self, btfw_session_get_net (session), error);
  g_autofree char    *url = listener != NULL ? make_url (listener, error) : NULL;

  if (url == NULL)
    return FALSE;

  self->session = g_object_ref (session);
  self->url = g_steal_pointer (&url);
  self->registry = registry_new (self->max_torrents, self->max_peers);
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_early_handler (self->server, NULL, on_request, self, NULL);
  self->acceptor = acceptor_new (self->server, listener);

  self->expiry = g_timeout_source_new_seconds (EXPIRY_PERIOD);
  g_source_set_callback (self->expiry, on_expiry, self, NULL);
  g_source_attach (self->expiry, g_main_context_get_thread_default ());
  return TRUE;
}

static void
btfw_tracker_service_stop (BtfwService *service)
{
  BtfwTrackerService *self = BTFW_TRACKER_SERVICE (service);

  if (self->expiry != NULL)
    g_source_destroy (self->expiry);
  g_clear_pointer (&self->expiry, g_source_unref);
  g_clear_pointer (&self->acceptor, acceptor_free);
  g_clear_object (&self->server);
  g_clear_pointer (&self->registry, registry_free);
  g_clear_pointer (&self->url, g_free);
  g_clear_object (&self->session);
}

static char *
btfw_tracker_service_get_url (BtfwService *service)
{
  return g_strdup (BTFW_TRACKER_SERVICE (service)->url);
}

static void
btfw_tracker_service_iface_init (BtfwServiceInterface *iface)
{
  iface->start = btfw_tracker_service_start;
  iface->stop = btfw_tracker_service_stop;
  iface->get_url = btfw_tracker_service_get_url;
}

static void
btfw_tracker_service_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  BtfwTrackerService *self = BTFW_TRACKER_SERVICE (object);

  switch (id)
    {
    case PROP_ADDRESS:
      g_value_set_string (value, self->address);
      break;
    case PROP_INTERVAL:
      g_value_set_uint (value, self->interval);
      break;
    case PROP_MAX_PEERS:
      g_value_set_uint (value, self->max_peers);
      break;
    case PROP_MAX_TORRENTS:
      g_value_set_uint (value, self->max_torrents);
      break;
    case PROP_OPEN:
      g_value_set_boolean (value, self->open);
      break;
    case PROP_PORT:
      g_value_set_uint (value, self->port);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_tracker_service_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  BtfwTrackerService *self = BTFW_TRACKER_SERVICE (object);

  switch (id)
    {
    case PROP_ADDRESS:
      g_free (self->address);
      self->address = g_value_dup_string (value);
      break;
    case PROP_INTERVAL:
      self->interval = g_value_get_uint (value);
      break;
    case PROP_MAX_PEERS:
      self->max_peers = g_value_get_uint (value);
      break;
    case PROP_MAX_TORRENTS:
      self->max_torrents = g_value_get_uint (value);
      break;
    case PROP_OPEN:
      self->open = g_value_get_boolean (value);
      break;
    case PROP_PORT:
      self->port = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_tracker_service_finalize (GObject *object)
{
  BtfwTrackerService *self = BTFW_TRACKER_SERVICE (object);

  btfw_tracker_service_stop (BTFW_SERVICE (self));
  g_free (self->address);
  G_OBJECT_CLASS (btfw_tracker_service_parent_class)->finalize (object);
}

static void
btfw_tracker_service_class_init (BtfwTrackerServiceClass *klass)
{
  GObjectClass    *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;

  object_class->get_property = btfw_tracker_service_get_property;
  object_class->set_property = btfw_tracker_service_set_property;
  object_class->finalize = btfw_tracker_service_finalize;

  props[PROP_ADDRESS] =
    g_param_spec_string ("address", NULL, "the IP address to listen at; any when empty", NULL, flags);
  props[PROP_INTERVAL] =
    btfw_param_spec_with_unit (g_param_spec_uint ("interval", NULL, "how often peers shall announce",
                                                  1, 24 * 60 * 60, 300, flags),
                               BTFW_UNIT_SECONDS);
  props[PROP_MAX_PEERS] =
    g_param_spec_uint ("max-peers", NULL, "how many peers are kept, of all torrents together", 1, 10000000, 50000, flags);
  props[PROP_MAX_TORRENTS] =
    g_param_spec_uint ("max-torrents", NULL, "how many torrents are kept", 1, 1000000, 1000, flags);
  props[PROP_OPEN] =
    g_param_spec_boolean ("open", NULL, "serve every torrent, not only those of the session", FALSE, flags);
  props[PROP_PORT] =
    g_param_spec_uint ("port", NULL, "the port to listen at; any free one when 0", 0, G_MAXUINT16, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
btfw_tracker_service_init (BtfwTrackerService *self)
{
}

BTFW_PLUGIN_DEFINE (service, tracker, btfw_tracker_service_get_type,
                    .version = BTFW_VERSION,
                    .description = "a small HTTP tracker",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
