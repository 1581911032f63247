/* discovery-@name@.c: finds peers in a file: a list of addresses that somebody
 * keeps, for every torrent that is not private. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

/* A longer file is none of such a list. */
#define FILE_MAX (1024u * 1024)
#define LINES_MAX 10000
/* How long the list is believed before it is read again, in microseconds. */
#define PERIOD ((gint64) 60 * G_USEC_PER_SEC)

/* Names of types are shared by the whole process: yours begin with a word of
 * your own, never with Btfw. */
struct _@Name@Discovery
{
  GObject     parent_instance;
  char       *path;
  BtfwClock  *clock;    /* between start() and stop() */
  guint64     timer;    /* 0 while none is set */
  GHashTable *torrents; /* of BtfwSwarmView, with a reference each */
};

#define @NAME@_TYPE_DISCOVERY (@name@_discovery_get_type ())
G_DECLARE_FINAL_TYPE (@Name@Discovery, @name@_discovery, @NAME@, DISCOVERY, GObject)

/* The properties of a plugin are its settings: this one is path=/etc/peers.txt in the
 * group [discovery-@name@] of the keyfile, or --set discovery-@name@.path=/etc/peers.txt. */
enum
{
  PROP_PATH = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void discovery_iface_init (BtfwDiscoveryInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (@Name@Discovery, @name@_discovery, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_DISCOVERY, discovery_iface_init));

/* A person wrote the file, so its addresses may be those of the local network: whoever
 * names one says so by being in such a network. */
static void
name_peer (@Name@Discovery *self, BtfwSwarmView *torrent, const char *line)
{
  BtfwEndpoint endpoint;

  if (btfw_endpoint_parse (&endpoint, line))
    btfw_discovery_add_candidate (BTFW_DISCOVERY (self), torrent, &endpoint, &endpoint, 0);
}

/* The file is small and local. What may take long belongs into asynchronous calls of GIO,
 * as this is the thread of all transfers. */
static void
name_peers (@Name@Discovery *self, BtfwSwarmView *torrent)
{
  g_autofree char *text = NULL;
  g_auto (GStrv)   lines = NULL;
  gsize            size;

  if (self->path[0] == '\0' || !g_file_get_contents (self->path, &text, &size, NULL) || size > FILE_MAX)
    return;
  lines = g_strsplit (text, "\n", LINES_MAX);
  for (char **line = lines; *line != NULL; line++)
    name_peer (self, torrent, g_strstrip (*line));
}

static void
on_due (gpointer user_data)
{
  @Name@Discovery *self = user_data;
  GHashTableIter   iter;
  gpointer         torrent;

  self->timer = btfw_clock_set_timer (self->clock, PERIOD, on_due, self, NULL);
  g_hash_table_iter_init (&iter, self->torrents);
  while (g_hash_table_iter_next (&iter, &torrent, NULL))
    name_peers (self, torrent);
}

static gboolean
@name@_discovery_start (BtfwDiscovery *discovery, BtfwNet *net, BtfwClock *clock, const char *state_dir, GError **error)
{
  @Name@Discovery *self = @NAME@_DISCOVERY (discovery);

  self->clock = btfw_clock_ref (clock);
  self->timer = btfw_clock_set_timer (self->clock, PERIOD, on_due, self, NULL);
  return TRUE;
}

static void
@name@_discovery_stop (BtfwDiscovery *discovery)
{
  @Name@Discovery *self = @NAME@_DISCOVERY (discovery);

  btfw_clock_cancel_timer (self->clock, self->timer);
  self->timer = 0;
}

static void
@name@_discovery_torrent_added (BtfwDiscovery *discovery, BtfwSwarmView *torrent)
{
  @Name@Discovery *self = @NAME@_DISCOVERY (discovery);

  g_hash_table_insert (self->torrents, torrent, btfw_swarm_view_ref (torrent));
  name_peers (self, torrent);
}

static void
@name@_discovery_torrent_removed (BtfwDiscovery *discovery, BtfwSwarmView *torrent)
{
  g_hash_table_remove (@NAME@_DISCOVERY (discovery)->torrents, torrent);
}

static void
@name@_discovery_peers_wanted (BtfwDiscovery *discovery, BtfwSwarmView *torrent)
{
  name_peers (@NAME@_DISCOVERY (discovery), torrent);
}

static void
discovery_iface_init (BtfwDiscoveryInterface *iface)
{
  iface->start = @name@_discovery_start;
  iface->stop = @name@_discovery_stop;
  iface->torrent_added = @name@_discovery_torrent_added;
  iface->torrent_removed = @name@_discovery_torrent_removed;
  iface->peers_wanted = @name@_discovery_peers_wanted;
}

static void
@name@_discovery_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_PATH)
    g_value_set_string (value, @NAME@_DISCOVERY (object)->path);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_discovery_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  @Name@Discovery *self = @NAME@_DISCOVERY (object);

  if (id != PROP_PATH)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_free (self->path);
  self->path = g_value_get_string (value) == NULL ? g_strdup ("") : g_value_dup_string (value);
}

static void
@name@_discovery_finalize (GObject *object)
{
  @Name@Discovery *self = @NAME@_DISCOVERY (object);

  g_clear_pointer (&self->clock, btfw_clock_unref);
  g_hash_table_unref (self->torrents);
  g_free (self->path);
  G_OBJECT_CLASS (@name@_discovery_parent_class)->finalize (object);
}

static void
@name@_discovery_class_init (@Name@DiscoveryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = @name@_discovery_finalize;
  object_class->get_property = @name@_discovery_get_property;
  object_class->set_property = @name@_discovery_set_property;

  properties[PROP_PATH] =
    g_param_spec_string ("path", NULL, "a file with an address and a port on each line", "",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
@name@_discovery_init (@Name@Discovery *self)
{
  self->torrents = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) btfw_swarm_view_unref);
}

BTFW_PLUGIN_DEFINE (discovery, @name@, @name@_discovery_get_type,
                    .version = "0.1",
                    .description = "finds peers in a file",
                    .license = "LGPL-2.1-or-later",
                    .origin = "https://example.org/discovery-@name@");
