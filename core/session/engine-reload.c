/* engine-reload.c: settings and rules that change while torrents run. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/engine-inside.h"

#include "plugin/config-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

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
    btfw_engine_apply_torrent_limits (torrent);
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
