/* engine.c: everything that runs on the loop's thread. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/engine-inside.h"

#include "plugin/config-private.h"
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

gboolean
btfw_engine_get_boolean (BtfwEngine *self, const char *name)
{
  gboolean value;

  g_object_get (self->settings, name, &value, NULL);
  return value;
}

char *
btfw_engine_get_text (BtfwEngine *self, const char *name)
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
  g_autofree char *path = btfw_engine_get_text (self, "state-dir");

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
  g_autofree char *bind = btfw_engine_get_text (self, "bind");
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
  if (!btfw_engine_get_boolean (self, "listen"))
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

/* --- Fetchers --- */

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
