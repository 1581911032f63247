/* tracker-@name@.c: a tracker without a server: its peers stand in its URL,
 * as in @scheme@://192.0.2.7:6881,192.0.2.8:6881/announce. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <string.h>

/* Names of types are shared by the whole process: yours begin with a word of
 * your own, never with Btfw. */
struct _@Name@Tracker
{
  GObject  parent_instance;
  BtfwNet *net;      /* owned, from start() on */
  guint    interval; /* seconds */
};

#define @NAME@_TYPE_TRACKER (@name@_tracker_get_type ())
G_DECLARE_FINAL_TYPE (@Name@Tracker, @name@_tracker, @NAME@, TRACKER, GObject)

/* The properties of a plugin are its settings: this one is interval=3600 in the
 * group [tracker-@name@] of the keyfile, or --set tracker-@name@.interval=3600. */
enum
{
  PROP_INTERVAL = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void tracker_iface_init (BtfwTrackerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (@Name@Tracker, @name@_tracker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_TRACKER, tracker_iface_init));

static void
@name@_tracker_start (BtfwTracker *tracker, BtfwNet *net)
{
  @NAME@_TRACKER (tracker)->net = btfw_net_ref (net);
}

/* Whoever wrote the torrent may not send us anywhere: the core says where to. A
 * local address is one only when it stands alone, as a tracker's own would. */
static gboolean
may_lead_to (@Name@Tracker *self, GInetAddress *ip, const char *url, GError **error)
{
  return btfw_net_check_address (self->net, ip, url, BTFW_NET_ORIGIN_TORRENT, error);
}

/* "192.0.2.7:6881" */
static gboolean
add_peer (@Name@Tracker *self, BtfwAnnounceReply *reply, const char *text, const char *url, GError **error)
{
  g_autoptr (GSocketConnectable) named = g_network_address_parse (text, 6881, error);
  g_autoptr (GInetAddress)       ip = NULL;
  guint16                        port;

  if (named == NULL)
    return FALSE;
  ip = g_inet_address_new_from_string (g_network_address_get_hostname (G_NETWORK_ADDRESS (named)));
  port = g_network_address_get_port (G_NETWORK_ADDRESS (named));
  if (ip == NULL || port == 0)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, "“%s” is not an IP address and a port", text);
      return FALSE;
    }
  if (!may_lead_to (self, ip, url, error))
    return FALSE;

  if (btfw_net_is_local (ip))
    btfw_announce_reply_set_from_local (reply, TRUE);
  if (g_inet_address_get_family (ip) == G_SOCKET_FAMILY_IPV4)
    btfw_announce_reply_add_peer_v4 (reply, g_inet_address_to_bytes (ip), port);
  else
    btfw_announce_reply_add_peer_v6 (reply, g_inet_address_to_bytes (ip), port);
  return TRUE;
}

static BtfwAnnounceReply *
make_reply (@Name@Tracker *self, const char *url, GError **error)
{
  g_autoptr (BtfwAnnounceReply) reply = btfw_announce_reply_new ();
  const char                   *begin = strstr (url, "://");
  g_auto (GStrv)                parts = g_strsplit (begin != NULL ? begin + 3 : "", "/", 2);
  g_auto (GStrv)                peers = g_strsplit (parts[0] != NULL ? parts[0] : "", ",", 100);

  if (peers[0] == NULL)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, "there is no peer in its URL");
      return NULL;
    }
  for (char **peer = peers; *peer != NULL; peer++)
    if (!add_peer (self, reply, *peer, url, error))
      return NULL;

  btfw_announce_reply_set_interval (reply, self->interval);
  return g_steal_pointer (&reply);
}

/* One question. The answer goes through a GTask, so that its callback comes
 * later, and never inside this call; what is cancelled comes back as cancelled. */
static void
@name@_tracker_announce_async (BtfwTracker        *tracker,
                               BtfwAnnounce       *announce,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  g_autoptr (GTask)  task = g_task_new (tracker, cancellable, callback, user_data);
  BtfwAnnounceReply *reply;
  GError            *error = NULL;

  g_task_set_source_tag (task, @name@_tracker_announce_async);
  reply = make_reply (@NAME@_TRACKER (tracker), btfw_announce_get_url (announce), &error);
  if (reply != NULL)
    g_task_return_pointer (task, reply, (GDestroyNotify) btfw_announce_reply_unref);
  else
    g_task_return_error (task, error);
}

static BtfwAnnounceReply *
@name@_tracker_announce_finish (BtfwTracker *tracker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
tracker_iface_init (BtfwTrackerInterface *iface)
{
  iface->start = @name@_tracker_start;
  iface->announce_async = @name@_tracker_announce_async;
  iface->announce_finish = @name@_tracker_announce_finish;
}

static void
@name@_tracker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_INTERVAL)
    g_value_set_uint (value, @NAME@_TRACKER (object)->interval);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_tracker_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_INTERVAL)
    @NAME@_TRACKER (object)->interval = g_value_get_uint (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_tracker_finalize (GObject *object)
{
  g_clear_pointer (&@NAME@_TRACKER (object)->net, btfw_net_unref);
  G_OBJECT_CLASS (@name@_tracker_parent_class)->finalize (object);
}

static void
@name@_tracker_class_init (@Name@TrackerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = @name@_tracker_finalize;
  object_class->get_property = @name@_tracker_get_property;
  object_class->set_property = @name@_tracker_set_property;

  /* Range, default and blurb are what “btfw inspect tracker-@name@” shows. */
  properties[PROP_INTERVAL] =
    g_param_spec_uint ("interval", NULL, "how long until its URL is looked at again", 60, 86400, 1800,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  btfw_param_spec_with_unit (properties[PROP_INTERVAL], BTFW_UNIT_SECONDS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
@name@_tracker_init (@Name@Tracker *self)
{
}

BTFW_PLUGIN_DEFINE (tracker, @name@, @name@_tracker_get_type,
                    .version = "0.1",
                    .description = "peers that stand in the URL",
                    .license = "LGPL-2.1-or-later",
                    .origin = "https://example.org/tracker-@name@",
                    .schemes = "@scheme@");
