/* service-@name@.c: says how all torrents are doing to whoever connects to a
 * port of this machine: a line for each, as for "nc 127.0.0.1 4404". */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <string.h>

/* Names of types are shared by the whole process: yours begin with a word of
 * your own, never with Btfw. */
struct _@Name@Service
{
  GObject         parent_instance;
  BtfwSession    *session;   /* owned, from start() to stop() */
  GSocketService *listeners; /* the same */
  guint16         bound;     /* the port that it got */
  guint           port;
};

#define @NAME@_TYPE_SERVICE (@name@_service_get_type ())
G_DECLARE_FINAL_TYPE (@Name@Service, @name@_service, @NAME@, SERVICE, GObject)

/* The properties of a plugin are its settings: this one is port=4404 in the group
 * [service-@name@] of the keyfile, or --set service-@name@.port=4404. */
enum
{
  PROP_PORT = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void service_iface_init (BtfwServiceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (@Name@Service, @name@_service, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_SERVICE, service_iface_init));

static char *
describe_torrents (@Name@Service *self)
{
  g_autoptr (GPtrArray) torrents = btfw_session_get_torrents (self->session);
  GString              *text = g_string_new (NULL);

  for (guint i = 0; i < torrents->len; i++)
    {
      BtfwTorrent                  *torrent = g_ptr_array_index (torrents, i);
      g_autoptr (BtfwTorrentStatus) status = btfw_torrent_get_status (torrent);
      guint64                       wanted = btfw_torrent_status_get_wanted (status);
      guint64                       done = btfw_torrent_status_get_done (status);

      g_string_append_printf (text, "%5.1f %%  %s\n", wanted > 0 ? 100.0 * (double) done / (double) wanted : 100.0,
                              btfw_torrent_get_name (torrent));
    }
  if (text->len == 0)
    g_string_append (text, "no torrent\n");
  return g_string_free (text, FALSE);
}

/* The connection lives as long as this write does. */
static void
on_written (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GSocketConnection) connection = data;

  g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, NULL);
  g_io_stream_close_async (G_IO_STREAM (connection), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
}

static gboolean
on_incoming (GSocketService *listeners, GSocketConnection *connection, GObject *source, gpointer data)
{
  GOutputStream *stream = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  char          *text = describe_torrents (data);

  g_object_set_data_full (G_OBJECT (connection), "text", text, g_free);
  g_output_stream_write_all_async (stream, text, strlen (text), G_PRIORITY_DEFAULT, NULL, on_written, g_object_ref (connection));
  return TRUE;
}

static gboolean
@name@_service_start (BtfwService *service, BtfwSession *session, GError **error)
{
  @Name@Service            *self = @NAME@_SERVICE (service);
  g_autoptr (GInetAddress)   loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket)        socket = btfw_net_listen (btfw_session_get_net (session), loopback, (guint16) self->port, error);

  if (socket == NULL || (address = g_socket_get_local_address (socket, error)) == NULL)
    return FALSE;

  self->listeners = g_socket_service_new ();
  if (!g_socket_listener_add_socket (G_SOCKET_LISTENER (self->listeners), socket, NULL, error))
    {
      g_clear_object (&self->listeners);
      return FALSE;
    }
  self->bound = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  self->session = g_object_ref (session);
  g_signal_connect (self->listeners, "incoming", G_CALLBACK (on_incoming), self);
  g_socket_service_start (self->listeners);
  return TRUE;
}

static void
@name@_service_stop (BtfwService *service)
{
  @Name@Service *self = @NAME@_SERVICE (service);

  if (self->listeners != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->listeners, self);
      g_socket_service_stop (self->listeners);
      g_socket_listener_close (G_SOCKET_LISTENER (self->listeners));
    }
  g_clear_object (&self->listeners);
  g_clear_object (&self->session);
}

static char *
@name@_service_get_url (BtfwService *service)
{
  return g_strdup_printf ("tcp://127.0.0.1:%u", @NAME@_SERVICE (service)->bound);
}

static void
service_iface_init (BtfwServiceInterface *iface)
{
  iface->start = @name@_service_start;
  iface->stop = @name@_service_stop;
  iface->get_url = @name@_service_get_url;
}

static void
@name@_service_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_PORT)
    g_value_set_uint (value, @NAME@_SERVICE (object)->port);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_service_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_PORT)
    @NAME@_SERVICE (object)->port = g_value_get_uint (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_service_finalize (GObject *object)
{
  @name@_service_stop (BTFW_SERVICE (object));
  G_OBJECT_CLASS (@name@_service_parent_class)->finalize (object);
}

static void
@name@_service_class_init (@Name@ServiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = @name@_service_finalize;
  object_class->get_property = @name@_service_get_property;
  object_class->set_property = @name@_service_set_property;

  properties[PROP_PORT] =
    g_param_spec_uint ("port", NULL, "the port of this machine to listen on; 0 for any free one", 0, 65535, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
@name@_service_init (@Name@Service *self)
{
}

BTFW_PLUGIN_DEFINE (service, @name@, @name@_service_get_type,
                    .version = "0.1",
                    .description = "says how torrents do to whoever connects to a port",
                    .license = "LGPL-2.1-or-later",
                    .origin = "https://example.org/service-@name@");
