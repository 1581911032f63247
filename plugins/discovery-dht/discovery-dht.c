/* discovery-dht.c: finds peers in the DHT of all clients: the node of a session. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "state.h"

#include <btfw/btfw-discovery.h>
#include <btfw/btfw-plugin.h>

#include <glib/gi18n-lib.h>
#include <string.h>

/* Nodes are saved so often, and soon once, as a program may end without a word. */
#define SAVE_TIME (10 * 60 * G_USEC_PER_SEC)
#define SAVE_TIME_FIRST (60 * G_USEC_PER_SEC)
/* Names of places to begin at are looked up again while we know of nobody. */
#define RESOLVE_TIME (60 * G_USEC_PER_SEC)
#define ROUTER_PORT 6881
/* A person's search waits so long for somebody who can be asked. */
#define PATIENCE (10 * G_USEC_PER_SEC)
#define PATIENCE_STEP (G_USEC_PER_SEC / 10)

static const char *const default_routers[] = {
  "dht.libtorrent.org:25401",
  "router.bittorrent.com:6881",
  "dht.transmissionbt.com:6881",
  "router.utorrent.com:6881",
  NULL,
};

typedef struct _BtfwDhtDiscovery BtfwDhtDiscovery;

/* What the node knows a torrent, or a person's search, by. */
typedef struct
{
  BtfwDhtDiscovery *discovery;
  BtfwSwarmView    *torrent; /* owned; NULL for a search */
  GTask            *task;    /* of a search */
  GSource          *cancelling; /* of one that can be cancelled */
  GHashTable       *peers;   /* of a search: texts; sorted when they are told */
  DhtId             wanted;  /* of a search */
  gint64            deadline; /* of one that waits for somebody who can be asked */
  guint64           timer;
} Tag;

#define BTFW_TYPE_DHT_DISCOVERY (btfw_dht_discovery_get_type ())
G_DECLARE_FINAL_TYPE (BtfwDhtDiscovery, btfw_dht_discovery, BTFW, DHT_DISCOVERY, GObject)

struct _BtfwDhtDiscovery
{
  GObject       parent_instance;
  char        **bootstrap;
  gboolean      read_only;
  BtfwNet      *net;
  BtfwClock    *clock;
  char         *state_dir;
  BtfwDatagram *datagram; /* owned */
  guint         handler;
  DhtNode      *node;
  guint64       timer;
  guint64       save_timer;
  guint64       resolve_timer;
  GCancellable *resolving;
  GPtrArray    *tags;
};

enum
{
  PROP_BOOTSTRAP = 1,
  PROP_READ_ONLY,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

static void discovery_iface_init (BtfwDiscoveryInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwDhtDiscovery, btfw_dht_discovery, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_DISCOVERY, discovery_iface_init));

/* --- What the node needs --- */

static gint64
world_get_time (gpointer world)
{
  return btfw_clock_get_time (((BtfwDhtDiscovery *) world)->clock);
}

static void
world_make_secret (gpointer world, guint8 *bytes, gsize size)
{
  btfw_net_make_secret (((BtfwDhtDiscovery *) world)->net, bytes, size);
}

static guint32
world_random (gpointer world, guint32 n)
{
  return btfw_clock_random (((BtfwDhtDiscovery *) world)->clock, n);
}

static gboolean
world_send (gpointer world, const BtfwEndpoint *to, const guint8 *data, gsize size)
{
  return btfw_datagram_send (((BtfwDhtDiscovery *) world)->datagram, to, data, size);
}

static void
on_timer (gpointer user_data)
{
  BtfwDhtDiscovery *self = user_data;

  self->timer = 0;
  dht_node_tick (self->node);
}

static void
world_set_timer (gpointer world, gint64 due)
{
  BtfwDhtDiscovery *self = world;

  btfw_clock_cancel_timer (self->clock, self->timer);
  self->timer = btfw_clock_set_timer (self->clock, MAX (due - btfw_clock_get_time (self->clock), 0), on_timer, self, NULL);
}

static const DhtWorld world = {
  .get_time = world_get_time,
  .make_secret = world_make_secret,
  .random = world_random,
  .send = world_send,
  .set_timer = world_set_timer,
};

/* --- What the node finds --- */

static void
tag_free (gpointer data)
{
  Tag *tag = data;

  if (tag->timer != 0)
    btfw_clock_cancel_timer (tag->discovery->clock, tag->timer);
  if (tag->cancelling != NULL)
    g_source_destroy (tag->cancelling);
  g_clear_pointer (&tag->cancelling, g_source_unref);
  g_clear_pointer (&tag->torrent, btfw_swarm_view_unref);
  g_clear_pointer (&tag->peers, g_hash_table_unref);
  g_clear_object (&tag->task);
  g_free (tag);
}

static void
on_peer (gpointer owner, gpointer data, const BtfwEndpoint *from, const BtfwEndpoint *peer)
{
  Tag *tag = data;

  if (tag->torrent != NULL)
    btfw_discovery_add_candidate (owner, tag->torrent, from, peer, 0);
  else
    g_hash_table_add (tag->peers, btfw_endpoint_to_string (peer));
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static GVariant *
list_peers (GHashTable *peers)
{
  g_autofree gpointer *texts = g_hash_table_get_keys_as_array (peers, NULL);
  guint                n = g_hash_table_size (peers);

  qsort (texts, n, sizeof *texts, compare_texts);
  return g_variant_new_strv ((const char *const *) texts, (gssize) n);
}

static void fill_status (BtfwDhtDiscovery *self, GVariantDict *status);

static void
on_searched (gpointer owner, gpointer data)
{
  BtfwDhtDiscovery *self = owner;
  Tag              *tag = data;
  GVariantDict      status;

  if (tag->task == NULL)
    return;

  g_variant_dict_init (&status, NULL);
  fill_status (self, &status);
  g_variant_dict_insert_value (&status, "peers", list_peers (tag->peers));
  g_task_return_pointer (tag->task, g_variant_ref_sink (g_variant_dict_end (&status)), (GDestroyNotify) g_variant_unref);
  g_ptr_array_remove (self->tags, tag);
}

static const DhtNodeFuncs node_funcs = {
  .on_peer = on_peer,
  .on_searched = on_searched,
};

/* --- The shared port --- */

static gboolean
datagram_match (const guint8 *data, gsize size, gpointer user_data)
{
  return size > 0 && data[0] == 'd';
}

static void
datagram_receive (const guint8 *data, gsize size, const BtfwEndpoint *from, gpointer user_data)
{
  dht_node_receive (((BtfwDhtDiscovery *) user_data)->node, data, size, from);
}

static const BtfwDatagramFuncs datagram_funcs = {
  .match = datagram_match,
  .receive = datagram_receive,
};

/* --- Where to begin --- */

typedef struct
{
  BtfwDhtDiscovery *discovery;
  GCancellable     *cancellable;
} Resolving;

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Resolving               *resolving = user_data;
  BtfwDhtDiscovery        *self = resolving->discovery;
  gboolean                 is_gone = g_cancellable_is_cancelled (resolving->cancellable);
  g_autoptr (GError)       error = NULL;
  g_autofree BtfwEndpoint *endpoints = NULL;
  guint                    n = 0;

  if (!is_gone)
    endpoints = btfw_net_resolve_finish (self->net, result, &n, &error);
  if (endpoints == NULL && !is_gone)
    g_debug ("dht: %s", error->message);
  for (guint i = 0; i < n; i++)
    dht_node_add_hint (self->node, &endpoints[i], TRUE);
  g_object_unref (resolving->cancellable);
  g_object_unref (self);
  g_free (resolving);
}

/* "host:port", "host", or an address. FALSE when it is none of them. */
static gboolean
split_router (const char *text, char **host, guint16 *port)
{
  g_autoptr (GSocketConnectable) connectable = g_network_address_parse (text, ROUTER_PORT, NULL);

  if (connectable == NULL)
    return FALSE;
  *host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (connectable)));
  *port = g_network_address_get_port (G_NETWORK_ADDRESS (connectable));
  return TRUE;
}

static void
resolve_router (BtfwDhtDiscovery *self, const char *text)
{
  g_autofree char *host = NULL;
  guint16          port;
  Resolving       *resolving;

  if (!split_router (text, &host, &port))
    return;
  resolving = g_new (Resolving, 1);
  resolving->discovery = g_object_ref (self);
  resolving->cancellable = g_object_ref (self->resolving);
  btfw_net_resolve_async (self->net, host, port, self->resolving, on_resolved, resolving);
}

static guint
count_nodes (BtfwDhtDiscovery *self)
{
  return dht_node_get_table (self->node, TRUE)->n_entries + dht_node_get_table (self->node, FALSE)->n_entries;
}

static void
resolve_routers (gpointer user_data)
{
  BtfwDhtDiscovery *self = user_data;

  self->resolve_timer = btfw_clock_set_timer (self->clock, RESOLVE_TIME, resolve_routers, self, NULL);
  for (guint i = 0; self->bootstrap[i] != NULL && count_nodes (self) == 0; i++)
    resolve_router (self, self->bootstrap[i]);
}

/* --- Life --- */

static void
save (BtfwDhtDiscovery *self)
{
  g_autoptr (GError) error = NULL;

  /* Whoever met nobody has nothing better to keep than what is there. */
  if (self->state_dir != NULL && count_nodes (self) > 0 && !dht_state_save (self->node, self->state_dir, &error))
    g_debug ("dht: %s", error->message);
}

static void
on_save (gpointer user_data)
{
  BtfwDhtDiscovery *self = user_data;

  save (self);
  self->save_timer = btfw_clock_set_timer (self->clock, SAVE_TIME, on_save, self, NULL);
}

static void
load (BtfwDhtDiscovery *self)
{
  g_autoptr (GError) error = NULL;

  if (self->state_dir != NULL && !dht_state_load (self->node, self->state_dir, &error))
    {
      g_autofree char *text = g_strdup_printf (_("the nodes of the DHT kept in “%s” cannot be used, and it begins anew: %s"),
                                               self->state_dir, error->message);

      btfw_discovery_notice (BTFW_DISCOVERY (self), text);
    }
}

static gboolean
check_routers (BtfwDhtDiscovery *self, GError **error)
{
  for (guint i = 0; self->bootstrap[i] != NULL; i++)
    {
      g_autofree char *host = NULL;
      guint16          port;

      if (split_router (self->bootstrap[i], &host, &port))
        continue;
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG,
                   _("discovery-dht.bootstrap: “%s” is no place to begin at; write HOST:PORT, with “;” between several"),
                   self->bootstrap[i]);
      return FALSE;
    }
  return TRUE;
}

static gboolean
btfw_dht_discovery_start (BtfwDiscovery *discovery, BtfwNet *net, BtfwClock *clock, const char *state_dir, GError **error)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (discovery);

  if (!check_routers (self, error))
    return FALSE;
  self->net = btfw_net_ref (net);
  self->clock = btfw_clock_ref (clock);
  self->state_dir = g_strdup (state_dir);
  self->datagram = btfw_datagram_ref (btfw_net_get_datagram (net));
  self->node = dht_node_new (&world, self, &node_funcs, self);
  self->handler = btfw_datagram_add_handler (self->datagram, &datagram_funcs, self, error);
  if (self->handler == 0)
    return FALSE;

  self->resolving = g_cancellable_new ();
  dht_node_set_read_only (self->node, self->read_only);
  dht_node_set_families (self->node,
                         btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV4) != 0,
                         btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV6) != 0);
  load (self);
  self->save_timer = btfw_clock_set_timer (clock, SAVE_TIME_FIRST, on_save, self, NULL);
  resolve_routers (self);
  return TRUE;
}

/* Searches that a person waits for end with what there is. */
static void
end_searches (BtfwDhtDiscovery *self)
{
  for (guint i = self->tags->len; i > 0; i--)
    {
      Tag *tag = g_ptr_array_index (self->tags, i - 1);

      if (tag->task != NULL)
        on_searched (self, tag);
    }
}

static void
btfw_dht_discovery_stop (BtfwDiscovery *discovery)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (discovery);

  if (self->resolving == NULL)
    return;

  save (self);
  end_searches (self);
  g_cancellable_cancel (self->resolving);
  g_clear_object (&self->resolving);
  btfw_datagram_remove_handler (self->datagram, self->handler);
  btfw_clock_cancel_timer (self->clock, self->timer);
  btfw_clock_cancel_timer (self->clock, self->save_timer);
  btfw_clock_cancel_timer (self->clock, self->resolve_timer);
}

/* --- Torrents --- */

static Tag *
find_tag (BtfwDhtDiscovery *self, BtfwSwarmView *torrent)
{
  for (guint i = 0; i < self->tags->len; i++)
    {
      Tag *tag = g_ptr_array_index (self->tags, i);

      if (tag->torrent == torrent)
        return tag;
    }
  return NULL;
}

static Tag *
tag_new (BtfwDhtDiscovery *self)
{
  Tag *tag = g_new0 (Tag, 1);

  tag->discovery = self;
  g_ptr_array_add (self->tags, tag);
  return tag;
}

static void
btfw_dht_discovery_torrent_added (BtfwDiscovery *discovery, BtfwSwarmView *torrent)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (discovery);
  Tag              *tag = tag_new (self);
  DhtId             info_hash;

  tag->torrent = btfw_swarm_view_ref (torrent);
  memcpy (info_hash.bytes, btfw_info_hash_get_short (btfw_swarm_view_get_info_hash (torrent)), DHT_ID_SIZE);
  dht_node_add_torrent (self->node, &info_hash, btfw_net_get_port (self->net), tag);
}

static void
btfw_dht_discovery_torrent_removed (BtfwDiscovery *discovery, BtfwSwarmView *torrent)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (discovery);
  Tag              *tag = find_tag (self, torrent);

  if (tag == NULL)
    return;
  dht_node_remove_torrent (self->node, tag);
  g_ptr_array_remove (self->tags, tag);
}

static void
btfw_dht_discovery_peers_wanted (BtfwDiscovery *discovery, BtfwSwarmView *torrent)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (discovery);
  Tag              *tag = find_tag (self, torrent);

  if (tag != NULL)
    dht_node_hurry (self->node, tag);
}

static void
btfw_dht_discovery_add_node (BtfwDiscovery *discovery, const BtfwEndpoint *node)
{
  dht_node_add_hint (BTFW_DHT_DISCOVERY (discovery)->node, node, FALSE);
}

static guint16
btfw_dht_discovery_get_node_port (BtfwDiscovery *discovery, GSocketFamily family)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (discovery);

  return self->read_only ? 0 : btfw_datagram_get_port (self->datagram, family);
}

/* --- For people --- */

typedef struct
{
  GVariantBuilder *nodes;
  gint64           now;
} Listing;

static void
list_node (const DhtEntry *entry, guint bucket, gpointer user_data)
{
  Listing         *listing = user_data;
  g_autofree char *address = btfw_endpoint_to_string (&entry->contact.endpoint);
  char             id[2 * DHT_ID_SIZE + 1];

  dht_id_to_hex (&entry->contact.id, id);
  g_variant_builder_open (listing->nodes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (listing->nodes, "{sv}", "id", g_variant_new_string (id));
  g_variant_builder_add (listing->nodes, "{sv}", "address", g_variant_new_string (address));
  g_variant_builder_add (listing->nodes, "{sv}", "bucket", g_variant_new_uint32 (bucket));
  g_variant_builder_add (listing->nodes, "{sv}", "failures", g_variant_new_uint32 (entry->n_failures));
  g_variant_builder_add (listing->nodes, "{sv}", "secure", g_variant_new_boolean (entry->is_secure));
  g_variant_builder_add (listing->nodes, "{sv}", "seconds", g_variant_new_int64 ((listing->now - entry->last_heard) / G_USEC_PER_SEC));
  g_variant_builder_close (listing->nodes);
}

static void
fill_family (BtfwDhtDiscovery *self, GVariantDict *status, gboolean v4)
{
  const DhtTable *table = dht_node_get_table (self->node, v4);
  char            id[2 * DHT_ID_SIZE + 1];
  BtfwEndpoint    external;

  if (btfw_datagram_get_port (self->datagram, v4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6) == 0)
    return;

  dht_id_to_hex (&table->own, id);
  g_variant_dict_insert (status, v4 ? "id" : "id6", "s", id);
  g_variant_dict_insert (status, v4 ? "n_nodes" : "n_nodes6", "u", table->n_entries);
  if (dht_node_get_external (self->node, v4, &external))
    {
      g_autofree char *text = NULL;

      external.port = 0;
      text = btfw_endpoint_to_string (&external);
      g_variant_dict_insert (status, v4 ? "external" : "external6", "s", text);
    }
}

static void
fill_status (BtfwDhtDiscovery *self, GVariantDict *status)
{
  const DhtCounters *counters = dht_node_get_counters (self->node);
  GVariantBuilder    nodes;
  Listing            listing = { .nodes = &nodes, .now = btfw_clock_get_time (self->clock) };

  fill_family (self, status, TRUE);
  fill_family (self, status, FALSE);
  g_variant_dict_insert (status, "lookups", "u", dht_node_get_n_lookups (self->node));
  g_variant_dict_insert (status, "stored_torrents", "u", dht_store_get_n_hashes (dht_node_get_store (self->node)));
  g_variant_dict_insert (status, "stored_peers", "u", dht_store_get_n_peers (dht_node_get_store (self->node)));
  g_variant_dict_insert (status, "packets_received", "t", counters->n_received);
  g_variant_dict_insert (status, "packets_sent", "t", counters->n_sent);
  g_variant_dict_insert (status, "bytes_received", "t", counters->bytes_received);
  g_variant_dict_insert (status, "bytes_sent", "t", counters->bytes_sent);
  g_variant_dict_insert (status, "asked", "t", counters->n_asked);
  g_variant_dict_insert (status, "replies", "t", counters->n_replies);
  g_variant_dict_insert (status, "queries", "t", counters->n_queries);
  g_variant_dict_insert (status, "answered", "t", counters->n_answered);
  g_variant_dict_insert (status, "dropped", "t", counters->n_dropped);

  g_variant_builder_init (&nodes, G_VARIANT_TYPE ("aa{sv}"));
  dht_table_foreach (dht_node_get_table (self->node, TRUE), list_node, &listing);
  dht_table_foreach (dht_node_get_table (self->node, FALSE), list_node, &listing);
  g_variant_dict_insert_value (status, "nodes", g_variant_builder_end (&nodes));
}

static GVariant *
btfw_dht_discovery_get_status (BtfwDiscovery *discovery)
{
  GVariantDict status;

  g_variant_dict_init (&status, NULL);
  fill_status (BTFW_DHT_DISCOVERY (discovery), &status);
  return g_variant_dict_end (&status);
}

/* A node that has just started knows nobody for some seconds. */
static void
begin_search (gpointer user_data)
{
  Tag              *tag = user_data;
  BtfwDhtDiscovery *self = tag->discovery;

  tag->timer = 0;
  if (count_nodes (self) > 0 || btfw_clock_get_time (self->clock) >= tag->deadline)
    dht_node_search (self->node, &tag->wanted, tag);
  else
    tag->timer = btfw_clock_set_timer (self->clock, PATIENCE_STEP, begin_search, tag, NULL);
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Tag              *tag = user_data;
  BtfwDhtDiscovery *self = tag->discovery;

  dht_node_cancel_search (self->node, tag);
  g_task_return_error_if_cancelled (tag->task);
  g_ptr_array_remove (self->tags, tag);
  return G_SOURCE_REMOVE;
}

/* It is cancelled on another thread, and heard of here. */
static void
listen_to (Tag *tag, GCancellable *cancellable)
{
  if (cancellable == NULL)
    return;

  tag->cancelling = g_cancellable_source_new (cancellable);
  g_source_set_callback (tag->cancelling, G_SOURCE_FUNC (on_cancelled), tag, NULL);
  g_source_attach (tag->cancelling, g_main_context_get_thread_default ());
}

static void
btfw_dht_discovery_look_up_async (BtfwDiscovery      *discovery,
                                  const guint8       *info_hash,
                                  GCancellable       *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer            user_data)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (discovery);
  Tag              *tag = tag_new (self);

  memcpy (tag->wanted.bytes, info_hash, DHT_ID_SIZE);
  tag->deadline = btfw_clock_get_time (self->clock) + PATIENCE;
  tag->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (tag->task, btfw_dht_discovery_look_up_async);
  tag->peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  listen_to (tag, cancellable);
  begin_search (tag);
}

static GVariant *
btfw_dht_discovery_look_up_finish (BtfwDiscovery *discovery, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
discovery_iface_init (BtfwDiscoveryInterface *iface)
{
  iface->start = btfw_dht_discovery_start;
  iface->stop = btfw_dht_discovery_stop;
  iface->torrent_added = btfw_dht_discovery_torrent_added;
  iface->torrent_removed = btfw_dht_discovery_torrent_removed;
  iface->peers_wanted = btfw_dht_discovery_peers_wanted;
  iface->add_node = btfw_dht_discovery_add_node;
  iface->get_node_port = btfw_dht_discovery_get_node_port;
  iface->get_status = btfw_dht_discovery_get_status;
  iface->look_up_async = btfw_dht_discovery_look_up_async;
  iface->look_up_finish = btfw_dht_discovery_look_up_finish;
}

/* --- The object --- */

static void
btfw_dht_discovery_finalize (GObject *object)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (object);

  g_clear_pointer (&self->node, dht_node_free);
  g_ptr_array_unref (self->tags);
  g_clear_object (&self->resolving);
  g_clear_pointer (&self->datagram, btfw_datagram_unref);
  g_clear_pointer (&self->clock, btfw_clock_unref);
  g_clear_pointer (&self->net, btfw_net_unref);
  g_free (self->state_dir);
  g_strfreev (self->bootstrap);
  G_OBJECT_CLASS (btfw_dht_discovery_parent_class)->finalize (object);
}

static void
btfw_dht_discovery_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (object);

  switch (id)
    {
    case PROP_BOOTSTRAP:
      g_value_set_boxed (value, self->bootstrap);
      break;
    case PROP_READ_ONLY:
      g_value_set_boolean (value, self->read_only);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_dht_discovery_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  BtfwDhtDiscovery *self = BTFW_DHT_DISCOVERY (object);

  switch (id)
    {
    case PROP_BOOTSTRAP:
      g_strfreev (self->bootstrap);
      self->bootstrap = g_value_dup_boxed (value);
      /* Not set means the usual places; an empty list means none. */
      if (self->bootstrap == NULL)
        self->bootstrap = g_strdupv ((char **) default_routers);
      break;
    case PROP_READ_ONLY:
      self->read_only = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_dht_discovery_class_init (BtfwDhtDiscoveryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = btfw_dht_discovery_get_property;
  object_class->set_property = btfw_dht_discovery_set_property;
  object_class->finalize = btfw_dht_discovery_finalize;

  properties[PROP_BOOTSTRAP] =
    g_param_spec_boxed ("bootstrap", NULL, N_("where to begin when no node is known: HOST:PORT, with “;” between them"), G_TYPE_STRV,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  properties[PROP_READ_ONLY] =
    g_param_spec_boolean ("read-only", NULL, N_("asks others, and answers nobody"), FALSE,
                          G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
btfw_dht_discovery_init (BtfwDhtDiscovery *self)
{
  self->tags = g_ptr_array_new_with_free_func (tag_free);
}

BTFW_PLUGIN_DEFINE (discovery, dht, btfw_dht_discovery_get_type,
                    .version = "1.0",
                    .description = "the DHT: peers without a tracker",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
