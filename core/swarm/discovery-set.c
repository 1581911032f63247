/* discovery-set.c: the discovery plugins of a session. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/discovery-set.h"

#include <btfw/btfw-text.h>
#include <string.h>

/* What is used unless somebody says otherwise, as far as it is installed. */
static const char *const default_specs[] = { "dht", "lsd", NULL };

typedef struct
{
  BtfwDiscoverySet *set;
  BtfwDiscovery    *plugin;
  BtfwClock        *clock;
  char             *name;
} Entry;

struct _BtfwDiscoverySet
{
  BtfwLoop           *loop;
  BtfwPlugins        *plugins;
  BtfwNet            *net;
  char              **specs;
  gboolean            is_default;
  gboolean            is_loaded;
  char               *state_dir;
  BtfwDiscoveryNotice notice;
  gpointer            user_data;
  GArray             *entries; /* of Entry */
};

static void
clear_entry (gpointer data)
{
  Entry *entry = data;

  btfw_discovery_stop (entry->plugin);
  g_signal_handlers_disconnect_by_data (entry->plugin, entry->set);
  /* No timer looks at a plugin that goes. */
  btfw_clock_kill (entry->clock);
  g_object_unref (entry->plugin);
  g_free (entry->name);
}

BtfwDiscoverySet *
btfw_discovery_set_new (BtfwLoop           *loop,
                        BtfwPlugins        *plugins,
                        BtfwNet            *net,
                        char              **specs,
                        const char         *state_dir,
                        BtfwDiscoveryNotice notice,
                        gpointer            user_data)
{
  BtfwDiscoverySet *self = g_new0 (BtfwDiscoverySet, 1);

  self->loop = loop;
  self->plugins = plugins == NULL ? NULL : g_object_ref (plugins);
  self->net = net == NULL ? NULL : btfw_net_ref (net);
  self->is_default = specs == NULL || specs[0] == NULL;
  self->specs = g_strdupv (self->is_default ? (char **) default_specs : specs);
  self->state_dir = g_strdup (state_dir);
  self->notice = notice;
  self->user_data = user_data;
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, clear_entry);
  return self;
}

void
btfw_discovery_set_free (BtfwDiscoverySet *self)
{
  g_array_unref (self->entries);
  g_clear_object (&self->plugins);
  g_clear_pointer (&self->net, btfw_net_unref);
  g_strfreev (self->specs);
  g_free (self->state_dir);
  g_free (self);
}

/* A plugin's words may have a stranger's in them. */
static void
on_notice (BtfwDiscovery *plugin, const char *text, gpointer user_data)
{
  BtfwDiscoverySet *self = user_data;
  g_autofree char  *clean = btfw_text_clean (text, -1);

  if (self->notice != NULL)
    self->notice (self->user_data, clean);
}

gboolean
btfw_discovery_set_add (BtfwDiscoverySet *self, const char *name, BtfwDiscovery *plugin, GError **error)
{
  Entry            entry = { .set = self, .plugin = plugin };
  g_autofree char *dir = self->state_dir == NULL ? NULL : g_build_filename (self->state_dir, name, NULL);

  entry.clock = btfw_clock_new (self->loop, G_OBJECT_TYPE_NAME (plugin));
  g_signal_connect (plugin, "notice", G_CALLBACK (on_notice), self);
  if (!btfw_discovery_start (plugin, self->net, entry.clock, dir, error))
    {
      btfw_clock_kill (entry.clock);
      g_signal_handlers_disconnect_by_data (plugin, self);
      g_object_unref (plugin);
      return FALSE;
    }
  entry.name = g_strdup (name);
  g_array_append_val (self->entries, entry);
  return TRUE;
}

static gboolean
load_one (BtfwDiscoverySet *self, const char *spec, GError **error)
{
  g_autofree char *name = g_strndup (spec, strcspn (spec, ","));
  BtfwDiscovery   *plugin = btfw_plugins_create (self->plugins, "discovery", spec, error);

  return plugin != NULL && btfw_discovery_set_add (self, name, plugin, error);
}

void
btfw_discovery_set_load (BtfwDiscoverySet *self)
{
  if (self->is_loaded || self->plugins == NULL)
    return;

  self->is_loaded = TRUE;
  for (guint i = 0; self->specs[i] != NULL && strcmp (self->specs[i], "none") != 0; i++)
    {
      g_autoptr (GError) error = NULL;

      if (load_one (self, self->specs[i], &error))
        continue;
      /* Nobody asked for those, but a setting of theirs somebody wrote. */
      if (self->is_default && !g_error_matches (error, BTFW_ERROR, BTFW_ERROR_CONFIG))
        g_debug ("session: discovery %s: %s", self->specs[i], error->message);
      else
        self->notice (self->user_data, error->message);
    }
}

guint
btfw_discovery_set_get_n (const BtfwDiscoverySet *self)
{
  return self == NULL ? 0 : self->entries->len;
}

BtfwDiscovery *
btfw_discovery_set_get (const BtfwDiscoverySet *self, guint i)
{
  return g_array_index (self->entries, Entry, i).plugin;
}

const char *
btfw_discovery_set_get_name (const BtfwDiscoverySet *self, guint i)
{
  return g_array_index (self->entries, Entry, i).name;
}

void
btfw_discovery_set_add_node (BtfwDiscoverySet *self, const BtfwEndpoint *node)
{
  for (guint i = 0; i < btfw_discovery_set_get_n (self); i++)
    btfw_discovery_add_node (btfw_discovery_set_get (self, i), node);
}

guint16
btfw_discovery_set_get_node_port (const BtfwDiscoverySet *self, GSocketFamily family)
{
  guint16 port = 0;

  for (guint i = 0; i < btfw_discovery_set_get_n (self) && port == 0; i++)
    port = btfw_discovery_get_node_port (btfw_discovery_set_get (self, i), family);
  return port;
}
