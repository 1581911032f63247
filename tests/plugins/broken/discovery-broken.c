/* discovery-broken.c: a discovery plugin with one of many faults, for the tests of the kit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

typedef struct
{
  GObject     parent_instance;
  BtfwNet    *net;
  BtfwClock  *clock;
  GHashTable *torrents; /* of BtfwSwarmView, with a reference */
  int         level;
} TestBrokenDiscovery;

typedef struct
{
  GObjectClass parent_class;
} TestBrokenDiscoveryClass;

static void discovery_iface_init (BtfwDiscoveryInterface *iface);
GType       test_broken_discovery_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestBrokenDiscovery, test_broken_discovery, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_DISCOVERY, discovery_iface_init));

static gboolean
start (BtfwDiscovery *discovery, BtfwNet *net, BtfwClock *clock, const char *state_dir, GError **error)
{
  TestBrokenDiscovery *self = (TestBrokenDiscovery *) discovery;

  take_long ();
  misbehave_once ();
  if (has_fault ("silent-failure"))
    return FALSE;
  if (has_fault ("error-and-success"))
    g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_FAILED, "somehow");
  if (has_fault ("needs-a-folder") && state_dir == NULL)
    raise (SIGSEGV);
  if (has_fault ("never-dies"))
    g_object_ref (self);
  self->net = btfw_net_ref (net);
  self->clock = btfw_clock_ref (clock);
  return TRUE;
}

static void
stop (BtfwDiscovery *discovery)
{
  TestBrokenDiscovery *self = (TestBrokenDiscovery *) discovery;

  if (has_fault ("counts-on-torrents") && g_hash_table_size (self->torrents) == 0 && self->level > 0)
    raise (SIGSEGV);
  if (has_fault ("sleeps-at-the-end"))
    sleep_long_once ();
}

static gpointer
look_from_elsewhere (gpointer view)
{
  btfw_swarm_view_get_n_pieces (view);
  return NULL;
}

static void
torrent_added (BtfwDiscovery *discovery, BtfwSwarmView *torrent)
{
  TestBrokenDiscovery *self = (TestBrokenDiscovery *) discovery;

  if (has_fault ("few-torrents") && g_hash_table_size (self->torrents) >= 4)
    raise (SIGSEGV);
  if (has_fault ("wrong-thread"))
    g_thread_join (g_thread_new ("elsewhere", look_from_elsewhere, torrent));
  if (has_fault ("gives-back-too-much"))
    btfw_swarm_view_unref (torrent);
  g_hash_table_insert (self->torrents, torrent, btfw_swarm_view_ref (torrent));
}

static void
torrent_removed (BtfwDiscovery *discovery, BtfwSwarmView *torrent)
{
  g_hash_table_remove (((TestBrokenDiscovery *) discovery)->torrents, torrent);
}

static void
add_node (BtfwDiscovery *discovery, const BtfwEndpoint *node)
{
  if (has_fault ("v4-only") && !btfw_endpoint_is_v4 (node))
    raise (SIGSEGV);
}

static guint16
get_node_port (BtfwDiscovery *discovery, GSocketFamily family)
{
  static guint16 n = 6881;

  return has_fault ("other-ports") ? n++ : 6881;
}

static GVariant *
get_status (BtfwDiscovery *discovery)
{
  GVariantDict dict;

  if (has_fault ("odd-status"))
    return g_variant_new_string ("fine");
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "torrents", "u", g_hash_table_size (((TestBrokenDiscovery *) discovery)->torrents));
  return g_variant_dict_end (&dict);
}

static gboolean
answer (gpointer task)
{
  if (g_task_return_error_if_cancelled (task))
    return G_SOURCE_REMOVE;
  g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, "nobody knows");
  return G_SOURCE_REMOVE;
}

static void
look_up_async (BtfwDiscovery *discovery, const guint8 *info_hash, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (discovery, has_fault ("ignores-cancel") ? NULL : cancellable, callback, user_data);

  if (has_fault ("inside"))
    {
      callback (G_OBJECT (discovery), G_ASYNC_RESULT (task), user_data);
      return;
    }
  if (has_fault ("twice"))
    g_timeout_add_full (G_PRIORITY_DEFAULT, 20, answer, g_object_ref (g_task_new (discovery, NULL, callback, user_data)), NULL);
  g_timeout_add_full (G_PRIORITY_DEFAULT, has_fault ("ignores-cancel") ? 6000 : 1, answer, task, g_object_unref);
}

static GVariant *
look_up_finish (BtfwDiscovery *discovery, GAsyncResult *result, GError **error)
{
  if (has_fault ("silent-look-up"))
    return NULL;
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
discovery_iface_init (BtfwDiscoveryInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
  iface->torrent_added = torrent_added;
  iface->torrent_removed = has_fault ("no-removal") ? NULL : torrent_removed;
  iface->add_node = add_node;
  iface->get_node_port = get_node_port;
  iface->get_status = get_status;
  iface->look_up_async = look_up_async;
  iface->look_up_finish = look_up_finish;
}

static void
test_broken_discovery_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_int (value, has_fault ("forgets-settings") ? 1 : ((TestBrokenDiscovery *) object)->level);
}

static void
test_broken_discovery_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  ((TestBrokenDiscovery *) object)->level = g_value_get_int (value);
}

static void
test_broken_discovery_finalize (GObject *object)
{
  TestBrokenDiscovery *self = (TestBrokenDiscovery *) object;

  g_clear_pointer (&self->net, btfw_net_unref);
  g_clear_pointer (&self->clock, btfw_clock_unref);
  g_hash_table_unref (self->torrents);
  G_OBJECT_CLASS (test_broken_discovery_parent_class)->finalize (object);
}

static void
test_broken_discovery_class_init (TestBrokenDiscoveryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_broken_discovery_get_property;
  object_class->set_property = test_broken_discovery_set_property;
  object_class->finalize = test_broken_discovery_finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_int ("level", NULL, "how much of it", 1, 9, 1,
                                                     G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
}

static void
test_broken_discovery_init (TestBrokenDiscovery *self)
{
  self->torrents = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) btfw_swarm_view_unref);
}

BTFW_PLUGIN_DEFINE (discovery, broken, test_broken_discovery_get_type,
                    .version = "1.0",
                    .description = "broken on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests");
