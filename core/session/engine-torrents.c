/* engine-torrents.c: the torrents of the engine: how they come, what they tell, how they go. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/engine-inside.h"

#include "session/add-options.h"

#include <glib/gi18n-lib.h>

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
  g_autofree char *summary = btfw_shadow_summarize (torrent->swarm->shadow);

  if (summary != NULL)
    btfw_swarm_notice (torrent->swarm, BTFW_NOTICE_INFO, "%s", summary);
  torrent->starts_again = FALSE;
  g_array_append_val (torrent->waiters, waiter);
  btfw_swarm_stop (torrent->swarm, timeout_ms);
}

void
btfw_engine_apply_torrent_limits (BtfwEngineTorrent *torrent)
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
  btfw_engine_apply_torrent_limits (torrent);
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
    .overwrite = options->overwrite >= 0 ? options->overwrite : btfw_engine_get_boolean (self, "overwrite"),
    .trust_files = options->trust_files,
    .check = options->check,
    .stopped = options->stopped,
    .all_tiers = btfw_engine_get_boolean (self, "all-tiers"),
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
  g_autofree char    *spec = btfw_engine_get_text (torrent->engine, "shadow-picker");
  g_autoptr (GError)  error = NULL;
  BtfwPicker         *picker = spec == NULL ? NULL : btfw_plugins_create (torrent->engine->resources.plugins, "picker", spec, &error);

  if (picker != NULL)
    torrent->swarm->shadow = btfw_shadow_new (torrent->swarm, picker, spec);
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

  btfw_engine_apply_torrent_limits (torrent);
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
