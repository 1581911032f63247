/* engine.c: everything that runs on the loop's thread. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/engine.h"

#include "plugin/config-private.h"
#include "session/add-options.h"
#include "swarm/discovery-set.h"
#include "swarm/tracker-pool.h"

#include <btfw/btfw-version.h>

#include <glib/gi18n-lib.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

/* Who we are, in the style of Azureus; no other client uses these letters. */
#define PEER_ID_PREFIX "-bF%u%u%u0-"
#define PEER_ID_PREFIX_SIZE 8

/* --- Settings --- */

static guint
get_uint (BtfwEngine *self, const char *name)
{
  guint value;

  g_object_get (self->settings, name, &value, NULL);
  return value;
}

static guint64
get_uint64 (BtfwEngine *self, const char *name)
{
  guint64 value;

  g_object_get (self->settings, name, &value, NULL);
  return value;
}

static gboolean
get_boolean (BtfwEngine *self, const char *name)
{
  gboolean value;

  g_object_get (self->settings, name, &value, NULL);
  return value;
}

/* NULL for an empty text. */
static char *
get_text (BtfwEngine *self, const char *name)
{
  char *value;

  g_object_get (self->settings, name, &value, NULL);
  if (value != NULL && *value == '\0')
    g_clear_pointer (&value, g_free);
  return value;
}

void
btfw_engine_apply_limits (BtfwEngine *self)
{
  BtfwResources *resources = &self->resources;

  resources->limits.max_peers = get_uint (self, "max-peers");
  g_object_get (self->settings, "encryption", &resources->limits.encryption, NULL);
  btfw_reception_set_encryption (self->reception, resources->limits.encryption);
  resources->limits.peers_per_address = get_uint (self, "peers-per-address");
  resources->limits.upload_slots = get_uint (self, "upload-slots");
  resources->limits.max_upload = get_uint64 (self, "max-upload");
  btfw_limiter_set_rate (&resources->download, get_uint64 (self, "max-download"));
  btfw_limiter_set_rate (&resources->upload, resources->limits.max_upload);
}

/* --- Making --- */

static void
make_peer_id (guint8 *peer_id)
{
  g_autofree char *prefix = g_strdup_printf (PEER_ID_PREFIX, BTFW_MAJOR_VERSION, BTFW_MINOR_VERSION, BTFW_MICRO_VERSION);

  memcpy (peer_id, prefix, PEER_ID_PREFIX_SIZE);
  gnutls_rnd (GNUTLS_RND_NONCE, peer_id + PEER_ID_PREFIX_SIZE, BTFW_PEER_ID_SIZE - PEER_ID_PREFIX_SIZE);
}

static BtfwSwarm *
find_swarm (const guint8 *info_hash, gpointer user_data)
{
  BtfwEngine        *self = user_data;
  BtfwEngineTorrent *torrent = g_hash_table_lookup (self->by_hash, info_hash);

  return torrent == NULL ? NULL : torrent->swarm;
}

static gboolean
find_obfuscated (const guint8 *wanted, guint8 *info_hash, gpointer user_data)
{
  BtfwEngine        *self = user_data;
  BtfwEngineTorrent *torrent = g_hash_table_lookup (self->by_obfuscated_hash, wanted);

  if (torrent == NULL || !btfw_swarm_admits (torrent->swarm))
    return FALSE;
  memcpy (info_hash, btfw_info_hash_get_short (torrent->swarm->info_hash), 20);
  return TRUE;
}

static guint
hash_info_hash (gconstpointer info_hash)
{
  guint value;

  memcpy (&value, info_hash, sizeof value);
  return value;
}

static gboolean
equal_info_hash (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, 20) == 0;
}

static void
on_plugin_notice (BtfwPlugins *plugins, const char *text, gpointer user_data)
{
  BtfwEngine *self = user_data;

  self->funcs->notice (self->owner, BTFW_NOTICE_WARNING, text);
}

static gboolean
open_state (BtfwEngine *self, GError **error)
{
  g_autofree char *path = get_text (self, "state-dir");

  self->state_path = path != NULL ? g_canonicalize_filename (path, NULL) : g_build_filename (g_get_user_state_dir (), "btfw", NULL);
  self->resources.state = btfw_state_store_new (self->state_path, error);
  return self->resources.state != NULL;
}

static void
on_discovery_notice (gpointer user_data, const char *text)
{
  BtfwEngine *self = user_data;

  self->funcs->notice (self->owner, BTFW_NOTICE_WARNING, text);
}

/* Nothing is loaded before a torrent needs it. */
static void
make_discovery (BtfwEngine *self)
{
  BtfwResources   *resources = &self->resources;
  g_autofree char *dir = g_build_filename (self->state_path, "discovery", NULL);
  g_auto (GStrv)   specs = NULL;

  g_object_get (self->settings, "discovery", &specs, NULL);
  resources->discovery = btfw_discovery_set_new (resources->loop, resources->plugins,
                                                 btfw_network_get_net (resources->network), specs, dir,
                                                 on_discovery_notice, self);
}

static gboolean
make_resources (BtfwEngine *self, GError **error)
{
  BtfwResources   *resources = &self->resources;
  g_autofree char *bind = get_text (self, "bind");
  BtfwLoop        *loop = btfw_loop_new (self->context, get_uint64 (self, "seed"), error);
  guint            n_workers = get_uint (self, "workers");

  if (loop == NULL)
    return FALSE;
  btfw_resources_init (resources, loop);
  make_peer_id (resources->peer_id);
  btfw_engine_apply_limits (self);

  resources->buffers = btfw_buffers_new (get_uint64 (self, "memory"));
  btfw_buffers_set_refill (resources->buffers, btfw_resources_feed, resources);
  resources->plugins = btfw_plugins_new (self->config);
  g_signal_connect (resources->plugins, "notice", G_CALLBACK (on_plugin_notice), self);
  resources->disk = btfw_disk_new (loop, n_workers > 0 ? n_workers : MAX (g_get_num_processors (), 2), error);
  if (resources->disk == NULL)
    return FALSE;
  resources->network = btfw_network_new (loop, bind, get_uint (self, "max-connections"), error);
  if (resources->network == NULL)
    return FALSE;
  resources->trackers = btfw_tracker_pool_new (loop, resources->plugins, btfw_network_get_net (resources->network));
  resources->extensions = btfw_extension_set_new (loop);
  if (!open_state (self, error))
    return FALSE;
  make_discovery (self);
  return TRUE;
}

BtfwEngine *
btfw_engine_new (BtfwConfig *config, const BtfwEngineFuncs *funcs, gpointer owner, GError **error)
{
  BtfwEngine *self = g_new0 (BtfwEngine, 1);

  self->funcs = funcs;
  self->owner = owner;
  self->next_id = 1;
  self->context = g_main_context_new ();
  self->config = btfw_config_copy (config);
  self->settings = btfw_settings_new ();
  self->torrents = g_ptr_array_new ();
  self->services = g_ptr_array_new_with_free_func (g_object_unref);
  self->by_hash = g_hash_table_new (hash_info_hash, equal_info_hash);
  self->by_obfuscated_hash = g_hash_table_new (hash_info_hash, equal_info_hash);
  self->reception = btfw_reception_new (find_swarm, find_obfuscated, self);

  if (!btfw_config_apply (self->config, "session", G_OBJECT (self->settings), error) || !make_resources (self, error))
    {
      btfw_engine_free (self);
      return NULL;
    }
  return self;
}

/* --- Extensions --- */

/* What is used unless somebody says otherwise, as far as it is installed. */
static const char *const default_extensions[] = { "metadata", "pex", "donthave", NULL };

/* One that was named and cannot be had is told of; torrents go on without it. */
static void
load_extensions (BtfwEngine *self)
{
  BtfwResources *resources = &self->resources;
  g_auto (GStrv) named = NULL;
  gboolean       is_default;

  g_object_get (self->settings, "extensions", &named, NULL);
  is_default = named == NULL || named[0] == NULL;
  if (is_default)
    {
      g_strfreev (named);
      named = g_strdupv ((char **) default_extensions);
    }
  for (guint i = 0; named[i] != NULL && strcmp (named[i], "none") != 0; i++)
    {
      g_autoptr (GError) error = NULL;

      if (btfw_extension_set_load (resources->extensions, resources->plugins, named[i], &error))
        continue;
      if (is_default)
        g_debug ("session: extension %s: %s", named[i], error->message);
      else
        self->funcs->notice (self->owner, BTFW_NOTICE_WARNING, error->message);
    }
}

/* Settings that set nothing are more often a slip than meant. */
static void
tell_unknown_groups (BtfwEngine *self)
{
  g_auto (GStrv) warnings = btfw_plugins_list_unknown_groups (self->resources.plugins);

  for (guint i = 0; warnings[i] != NULL; i++)
    self->funcs->notice (self->owner, BTFW_NOTICE_WARNING, warnings[i]);
}

gboolean
btfw_engine_start (BtfwEngine *self, GError **error)
{
  BtfwNetwork *network = self->resources.network;
  guint        wanted = get_uint (self, "port");
  guint16      port;

  if (self->resources.limits.encryption == BTFW_ENCRYPTION_REQUIRE && !btfw_key_exchange_is_available ())
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED,
                   _("encryption is required, but this btfw was built without it (GMP)"));
      return FALSE;
    }
  tell_unknown_groups (self);
  load_extensions (self);
  if (!get_boolean (self, "listen"))
    return TRUE;
  btfw_network_set_make_room (network, btfw_reception_make_room, self->reception);
  if (!btfw_network_listen (network, (guint16) wanted, btfw_reception_accept, self->reception, error))
    return FALSE;

  if (btfw_network_get_warning (network) != NULL)
    self->funcs->notice (self->owner, BTFW_NOTICE_WARNING, btfw_network_get_warning (network));
  port = btfw_network_get_port (network);
  if (wanted != 0 && port != wanted)
    {
      g_autofree char *text = g_strdup_printf (_("port %u is in use; listening on %u instead"), wanted, port);

      self->funcs->notice (self->owner, BTFW_NOTICE_INFO, text);
    }
  return TRUE;
}

static void
free_resources (BtfwResources *resources)
{
  g_clear_pointer (&resources->trackers, btfw_tracker_pool_free);
  g_clear_pointer (&resources->extensions, btfw_extension_set_free);
  g_clear_pointer (&resources->discovery, btfw_discovery_set_free);
  g_clear_pointer (&resources->disk, btfw_disk_free);
  g_clear_pointer (&resources->network, btfw_network_free);
  g_clear_pointer (&resources->buffers, btfw_buffers_free);
  g_clear_pointer (&resources->state, btfw_state_store_unref);
  g_clear_object (&resources->plugins);
  if (resources->loop != NULL)
    {
      BtfwLoop *loop = resources->loop;

      btfw_resources_clear (resources);
      btfw_loop_free (loop);
    }
}

void
btfw_engine_free (BtfwEngine *self)
{
  g_assert (self->torrents->len == 0);

  g_clear_pointer (&self->services, g_ptr_array_unref);
  g_clear_pointer (&self->fetchers, g_hash_table_unref);
  btfw_reception_free (self->reception);
  free_resources (&self->resources);
  g_ptr_array_unref (self->torrents);
  g_hash_table_unref (self->by_hash);
  g_hash_table_unref (self->by_obfuscated_hash);
  g_object_unref (self->settings);
  g_object_unref (self->config);
  g_main_context_unref (self->context);
  g_free (self->state_path);
  g_free (self);
}

/* --- Torrents --- */

/* The plugins that a torrent is made of. */
typedef struct
{
  GPtrArray  *stack;
  BtfwPicker *picker;
  BtfwChoker *choker;
} TorrentPlugins;

static void
on_swarm_changed (gpointer owner)
{
  BtfwEngineTorrent *torrent = owner;

  torrent->engine->funcs->torrent_changed (torrent->engine->owner, torrent->id);
}

static void
on_swarm_named (gpointer owner)
{
  BtfwEngineTorrent *torrent = owner;

  torrent->engine->funcs->torrent_named (torrent->engine->owner, torrent->id);
}

static void
on_swarm_notice (gpointer owner, BtfwNoticeLevel level, const char *text)
{
  BtfwEngineTorrent *torrent = owner;

  torrent->engine->funcs->torrent_notice (torrent->engine->owner, torrent->id, level, text);
}

typedef struct
{
  BtfwEngineStopped stopped;
  gpointer          user_data;
} StopWaiter;

static void
on_swarm_stopped (gpointer owner)
{
  BtfwEngineTorrent  *torrent = owner;
  g_autoptr (GArray) waiters = g_steal_pointer (&torrent->waiters);

  torrent->waiters = g_array_new (FALSE, FALSE, sizeof (StopWaiter));
  on_swarm_changed (owner);
  for (guint i = 0; i < waiters->len; i++)
    {
      const StopWaiter *waiter = &g_array_index (waiters, StopWaiter, i);

      waiter->stopped (torrent, waiter->user_data);
    }
}

void
btfw_engine_stop (BtfwEngineTorrent *torrent, guint timeout_ms, BtfwEngineStopped stopped, gpointer user_data)
{
  StopWaiter       waiter = { stopped, user_data };
  g_autofree char *summary = btfw_shadow_summarize (&torrent->swarm->shadow);

  if (summary != NULL)
    btfw_swarm_notice (torrent->swarm, BTFW_NOTICE_INFO, "%s", summary);
  g_array_append_val (torrent->waiters, waiter);
  btfw_swarm_stop (torrent->swarm, timeout_ms);
}

static void
apply_torrent_limits (BtfwEngineTorrent *torrent)
{
  btfw_limiter_set_rate (&torrent->swarm->download, torrent->wishes.max_download);
  btfw_limiter_set_rate (&torrent->swarm->upload, torrent->wishes.max_upload);
  torrent->swarm->max_peers = torrent->wishes.max_peers;
}

static gboolean make_plugins (BtfwEngine *self, const BtfwWishes *wishes, TorrentPlugins *made, GError **error);

/* Rules that ask for what a link does not say can match only now. */
static gboolean
on_swarm_learned (gpointer owner, BtfwMetainfo *metainfo, GError **error)
{
  BtfwEngineTorrent *torrent = owner;
  BtfwEngine        *self = torrent->engine;
  TorrentPlugins     plugins = { 0 };
  BtfwWishes         wishes;

  btfw_wishes_init (&wishes, self->config, self->settings, torrent->options, metainfo, NULL);
  if (!make_plugins (self, &wishes, &plugins, error))
    {
      btfw_wishes_clear (&wishes);
      return FALSE;
    }

  btfw_wishes_clear (&torrent->wishes);
  torrent->wishes = wishes;
  btfw_swarm_arrange (torrent->swarm, wishes.dir, plugins.stack, plugins.picker, plugins.choker);
  apply_torrent_limits (torrent);
  return TRUE;
}

static const BtfwSwarmFuncs swarm_funcs = {
  .changed = on_swarm_changed,
  .learned = on_swarm_learned,
  .named = on_swarm_named,
  .notice = on_swarm_notice,
  .stopped = on_swarm_stopped,
};

/* They are looked at when the files are known. */
static GArray *
make_wishes (BtfwAddOptions *options)
{
  GArray *wishes;

  if (options->priorities->len == 0)
    return NULL;

  wishes = g_array_new (FALSE, FALSE, sizeof (BtfwFileWish));
  for (guint i = 0; i < options->priorities->len; i++)
    {
      const BtfwFilePriority *entry = &g_array_index (options->priorities, BtfwFilePriority, i);
      BtfwFileWish            wish = { entry->file, entry->priority };

      g_array_append_val (wishes, wish);
    }
  return wishes;
}

static gboolean
make_plugins (BtfwEngine *self, const BtfwWishes *wishes, TorrentPlugins *made, GError **error)
{
  BtfwPlugins *plugins = self->resources.plugins;

  made->stack = btfw_plugins_create_stack (plugins, "storage", wishes->storage, error);
  if (made->stack == NULL)
    return FALSE;
  made->picker = btfw_plugins_create (plugins, "picker", wishes->picker, error);
  if (made->picker != NULL)
    made->choker = btfw_plugins_create (plugins, "choker", wishes->choker, error);
  if (made->choker != NULL)
    return TRUE;

  g_clear_object (&made->picker);
  g_clear_pointer (&made->stack, g_ptr_array_unref);
  return FALSE;
}

static void
fill_options (BtfwEngine *self, BtfwMagnet *magnet, BtfwAddOptions *options, const char *dir, BtfwSwarmOptions *swarm_options)
{
  *swarm_options = (BtfwSwarmOptions){
    .dir = g_strdup (dir),
    .state_dir = g_strconcat (self->state_path, G_DIR_SEPARATOR_S "storage", NULL),
    .wishes = make_wishes (options),
    .magnet = magnet == NULL ? NULL : btfw_magnet_ref (magnet),
    .has_sources = options->peers->len > 0 || (magnet != NULL && btfw_magnet_get_n_peers (magnet) > 0),
    .holds = options->holds,
    .overwrite = options->overwrite >= 0 ? options->overwrite : get_boolean (self, "overwrite"),
    .trust_files = options->trust_files,
    .check = options->check,
    .stopped = options->stopped,
    .all_tiers = get_boolean (self, "all-tiers"),
  };
}

typedef struct
{
  BtfwEngine         *engine;
  guint32             torrent;
  BtfwCandidateSource source;
} PeerLookup;

/* Only the user sends us to local addresses; a link of the internet does not. */
static void
add_address (BtfwSwarm *swarm, const BtfwAddress *address, BtfwCandidateSource source)
{
  g_autofree char *text = NULL;

  if (source == BTFW_SOURCE_USER || !btfw_address_is_local (address))
    {
      btfw_swarm_add_address (swarm, address, source);
      return;
    }
  text = btfw_address_to_string (address);
  btfw_swarm_notice (swarm, BTFW_NOTICE_WARNING,
                     _("the magnet link names the peer %s in a local network, which is not connected to; if you trust the link, use --peer=%s"),
                     text, text);
}

static void
on_resolved (const BtfwAddress *addresses, guint n, const GError *error, gpointer user_data)
{
  PeerLookup        *lookup = user_data;
  BtfwEngineTorrent *torrent = btfw_engine_find (lookup->engine, lookup->torrent);

  if (torrent != NULL && error != NULL)
    btfw_swarm_notice (torrent->swarm, BTFW_NOTICE_WARNING, "%s", error->message);
  for (guint i = 0; torrent != NULL && i < n; i++)
    add_address (torrent->swarm, &addresses[i], lookup->source);
  g_free (lookup);
}

static void
look_up_peer (BtfwEngineTorrent *torrent, const char *host, guint16 port, BtfwCandidateSource source)
{
  PeerLookup *lookup = g_new (PeerLookup, 1);

  lookup->engine = torrent->engine;
  lookup->torrent = torrent->id;
  lookup->source = source;
  btfw_network_resolve (torrent->engine->resources.network, host, port, NULL, on_resolved, lookup);
}

void
btfw_engine_add_peer (BtfwEngineTorrent *torrent, const char *host, guint16 port)
{
  look_up_peer (torrent, host, port, BTFW_SOURCE_USER);
}

static void
add_peers (BtfwEngineTorrent *torrent, BtfwMagnet *magnet, BtfwAddOptions *options)
{
  for (guint i = 0; i < options->peers->len; i++)
    {
      const BtfwNamedPeer *peer = &g_array_index (options->peers, BtfwNamedPeer, i);

      btfw_engine_add_peer (torrent, peer->host, peer->port);
    }
  for (guint i = 0; magnet != NULL && i < btfw_magnet_get_n_peers (magnet); i++)
    {
      guint16     port;
      const char *host = btfw_magnet_get_peer (magnet, i, &port);

      look_up_peer (torrent, host, port, BTFW_SOURCE_MAGNET);
    }
}

static gboolean
check_addable (BtfwEngine *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet, GError **error)
{
  BtfwInfoHash      *info_hash = metainfo != NULL ? btfw_metainfo_get_info_hash (metainfo) : btfw_magnet_get_info_hash (magnet);
  BtfwEngineTorrent *torrent = g_hash_table_lookup (self->by_hash, btfw_info_hash_get_short (info_hash));

  if (torrent != NULL)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_EXISTS, _("“%s” is in this session already"), btfw_swarm_get_name (torrent->swarm));
  else if (btfw_info_hash_get_v1 (info_hash) == NULL)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED, _("the magnet link names a v2-only torrent, which btfw cannot download yet"));
  else
    return TRUE;
  return FALSE;
}

/* It decides nothing, so a torrent goes on without it. */
static void
add_shadow (BtfwEngineTorrent *torrent)
{
  g_autofree char    *spec = get_text (torrent->engine, "shadow-picker");
  g_autoptr (GError)  error = NULL;
  BtfwPicker         *picker = spec == NULL ? NULL : btfw_plugins_create (torrent->engine->resources.plugins, "picker", spec, &error);

  if (picker != NULL)
    btfw_shadow_set (&torrent->swarm->shadow, torrent->swarm, picker, spec);
  else if (error != NULL)
    torrent->engine->funcs->notice (torrent->engine->owner, BTFW_NOTICE_WARNING, error->message);
}

BtfwEngineTorrent *
btfw_engine_add (BtfwEngine *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet, BtfwAddOptions *options, GError **error)
{
  BtfwSwarmOptions   swarm_options;
  TorrentPlugins     plugins = { 0 };
  BtfwEngineTorrent *torrent;
  BtfwWishes         wishes;

  if (!check_addable (self, metainfo, magnet, error))
    return NULL;
  btfw_wishes_init (&wishes, self->config, self->settings, options, metainfo, magnet);
  if (!make_plugins (self, &wishes, &plugins, error))
    {
      btfw_wishes_clear (&wishes);
      return NULL;
    }

  torrent = g_new0 (BtfwEngineTorrent, 1);
  torrent->engine = self;
  torrent->id = self->next_id++;
  torrent->waiters = g_array_new (FALSE, FALSE, sizeof (StopWaiter));
  torrent->options = btfw_add_options_ref (options);
  torrent->wishes = wishes;
  fill_options (self, magnet, options, wishes.dir, &swarm_options);
  torrent->swarm = btfw_swarm_new (&self->resources, metainfo, &swarm_options, plugins.stack, plugins.picker,
                                   plugins.choker, &swarm_funcs, torrent);
  g_ptr_array_add (self->torrents, torrent);
  g_hash_table_insert (self->by_hash, (gpointer) btfw_info_hash_get_short (torrent->swarm->info_hash), torrent);
  btfw_obfuscation_hash_torrent (btfw_info_hash_get_short (torrent->swarm->info_hash), torrent->obfuscated_hash);
  g_hash_table_insert (self->by_obfuscated_hash, torrent->obfuscated_hash, torrent);

  apply_torrent_limits (torrent);
  add_shadow (torrent);
  add_peers (torrent, magnet, options);
  return torrent;
}

BtfwEngineTorrent *
btfw_engine_find (BtfwEngine *self, guint32 id)
{
  for (guint i = 0; i < self->torrents->len; i++)
    {
      BtfwEngineTorrent *torrent = g_ptr_array_index (self->torrents, i);

      if (torrent->id == id)
        return torrent->is_removed ? NULL : torrent;
    }
  return NULL;
}

void
btfw_engine_drop (BtfwEngine *self, BtfwEngineTorrent *torrent)
{
  g_hash_table_remove (self->by_hash, btfw_info_hash_get_short (torrent->swarm->info_hash));
  g_hash_table_remove (self->by_obfuscated_hash, torrent->obfuscated_hash);
  g_ptr_array_remove (self->torrents, torrent);
  btfw_swarm_free (torrent->swarm);
  g_array_unref (torrent->waiters);
  btfw_wishes_clear (&torrent->wishes);
  btfw_add_options_unref (torrent->options);
  g_free (torrent);
}

/* --- Settings that change --- */

/* A plugin is exchanged when its name or one of its settings is another one. */
static gboolean
is_to_be_exchanged (BtfwConfig *config, const char *kind, const char *spec, const char *before)
{
  g_autofree char *sign = btfw_wishes_sign (config, kind, spec);

  return strcmp (sign, before) != 0;
}

static void
exchange (BtfwEngineTorrent *torrent, const char *kind, const char *spec)
{
  g_autoptr (GError) error = NULL;
  gpointer           plugin = btfw_plugins_create (torrent->engine->resources.plugins, kind, spec, &error);

  if (plugin == NULL)
    btfw_swarm_notice (torrent->swarm, BTFW_NOTICE_ERROR, "%s", error->message);
  else if (strcmp (kind, "picker") == 0)
    btfw_swarm_set_picker (torrent->swarm, plugin);
  else
    btfw_swarm_set_choker (torrent->swarm, plugin);
}

/* Where the bytes lie does not change under a torrent that runs. */
static void
keep_place (BtfwEngineTorrent *torrent, BtfwWishes *wishes)
{
  if (strcmp (wishes->dir, torrent->wishes.dir) != 0 || strcmp (wishes->storage, torrent->wishes.storage) != 0)
    btfw_swarm_notice (torrent->swarm, BTFW_NOTICE_INFO,
                       _("folder and storage of “%s” stay as they are until it is added anew"), btfw_swarm_get_name (torrent->swarm));
  g_free (wishes->dir);
  g_free (wishes->storage);
  wishes->dir = g_steal_pointer (&torrent->wishes.dir);
  wishes->storage = g_steal_pointer (&torrent->wishes.storage);
}

static void
reload_torrent (BtfwEngineTorrent *torrent, const char *picker_before, const char *choker_before)
{
  BtfwEngine *self = torrent->engine;
  BtfwSwarm  *swarm = torrent->swarm;
  BtfwWishes  wishes;
  gboolean    are_limits_new;

  btfw_wishes_init (&wishes, self->config, self->settings, torrent->options, swarm->metainfo, swarm->options.magnet);
  keep_place (torrent, &wishes);
  are_limits_new = wishes.max_download != torrent->wishes.max_download || wishes.max_upload != torrent->wishes.max_upload ||
                   wishes.max_peers != torrent->wishes.max_peers;
  btfw_wishes_clear (&torrent->wishes);
  torrent->wishes = wishes;
  if (is_to_be_exchanged (self->config, "picker", wishes.picker, picker_before))
    exchange (torrent, "picker", wishes.picker);
  if (is_to_be_exchanged (self->config, "choker", wishes.choker, choker_before))
    exchange (torrent, "choker", wishes.choker);
  if (are_limits_new)
    apply_torrent_limits (torrent);
}

static GPtrArray *
sign_all (BtfwEngine *self)
{
  GPtrArray *signs = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->torrents->len; i++)
    {
      const BtfwEngineTorrent *torrent = g_ptr_array_index (self->torrents, i);

      g_ptr_array_add (signs, btfw_wishes_sign (self->config, "picker", torrent->wishes.picker));
      g_ptr_array_add (signs, btfw_wishes_sign (self->config, "choker", torrent->wishes.choker));
    }
  return signs;
}

gboolean
btfw_engine_reload (BtfwEngine *self, BtfwConfig *config, GError **error)
{
  g_autoptr (BtfwSettings) settings = btfw_settings_new ();
  g_autoptr (GPtrArray)    before = sign_all (self);

  if (!btfw_config_apply (config, "session", G_OBJECT (settings), error))
    return FALSE;

  g_set_object (&self->settings, settings);
  btfw_config_replace (self->config, config);
  btfw_engine_apply_limits (self);
  for (guint i = 0; i < self->torrents->len; i++)
    {
      BtfwEngineTorrent *torrent = g_ptr_array_index (self->torrents, i);

      if (!torrent->is_removed)
        reload_torrent (torrent, g_ptr_array_index (before, 2 * i), g_ptr_array_index (before, 2 * i + 1));
    }
  return TRUE;
}

BtfwFetcher *
btfw_engine_get_fetcher (BtfwEngine *self, const char *url, GError **error)
{
  g_autofree char           *scheme = g_uri_parse_scheme (url);
  g_autoptr (BtfwPluginInfo) info = NULL;
  const char                *name;
  BtfwFetcher               *fetcher;

  if (scheme == NULL)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("“%s” is not a URL"), url);
      return NULL;
    }

  info = btfw_plugins_find_scheme (self->resources.plugins, "fetcher", scheme, error);
  if (info == NULL)
    return NULL;

  name = btfw_plugin_info_get_name (info);
  if (self->fetchers == NULL)
    self->fetchers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  fetcher = g_hash_table_lookup (self->fetchers, name);
  if (fetcher != NULL)
    return fetcher;

  fetcher = btfw_plugins_create (self->resources.plugins, "fetcher", name, error);
  if (fetcher == NULL)
    return NULL;
  btfw_fetcher_start (fetcher, btfw_network_get_net (self->resources.network));
  g_hash_table_insert (self->fetchers, g_strdup (name), fetcher);
  return fetcher;
}
