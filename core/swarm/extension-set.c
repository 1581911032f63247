/* extension-set.c: the extension plugins of a session. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/extension-set.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _BtfwExtensionSet
{
  BtfwLoop *loop;
  GArray   *entries; /* of BtfwExtensionEntry */
};

static void
clear_entry (gpointer data)
{
  BtfwExtensionEntry *entry = data;

  /* First the clock, so that no timer looks at a plugin that goes. */
  btfw_clock_kill (entry->clock);
  g_object_unref (entry->plugin);
}

BtfwExtensionSet *
btfw_extension_set_new (BtfwLoop *loop)
{
  BtfwExtensionSet *self = g_new0 (BtfwExtensionSet, 1);

  self->loop = loop;
  self->entries = g_array_new (FALSE, FALSE, sizeof (BtfwExtensionEntry));
  g_array_set_clear_func (self->entries, clear_entry);
  return self;
}

void
btfw_extension_set_free (BtfwExtensionSet *self)
{
  g_array_unref (self->entries);
  g_free (self);
}

static gboolean
has_message (const BtfwExtensionSet *self, const char *message)
{
  for (guint i = 0; message != NULL && i < self->entries->len; i++)
    if (g_strcmp0 (g_array_index (self->entries, BtfwExtensionEntry, i).message, message) == 0)
      return TRUE;
  return FALSE;
}

gboolean
btfw_extension_set_add (BtfwExtensionSet *self, BtfwExtension *plugin, guint flags, GError **error)
{
  BtfwExtensionEntry entry = {
    .plugin = plugin,
    .message = g_intern_string (btfw_extension_get_message (plugin)),
    .exchanges_peers = (flags & BTFW_PLUGIN_EXCHANGES_PEERS) != 0,
  };

  if (has_message (self, entry.message) || self->entries->len >= BTFW_EXTENSIONS_MAX)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_EXISTS, _("another extension has the message “%s” already"),
                   entry.message == NULL ? "" : entry.message);
      g_object_unref (plugin);
      return FALSE;
    }

  entry.clock = btfw_clock_new (self->loop, G_OBJECT_TYPE_NAME (plugin));
  g_array_append_val (self->entries, entry);
  btfw_extension_start (plugin, entry.clock);
  return TRUE;
}

gboolean
btfw_extension_set_load (BtfwExtensionSet *self, BtfwPlugins *plugins, const char *spec, GError **error)
{
  g_autofree char *name = g_strndup (spec, strcspn (spec, ","));
  g_autoptr (BtfwPluginInfo) info = btfw_plugins_find (plugins, "extension", name, error);
  BtfwExtension *plugin = info == NULL ? NULL : btfw_plugins_create (plugins, "extension", spec, error);

  return plugin != NULL && btfw_extension_set_add (self, plugin, btfw_plugin_info_get_flags (info), error);
}

guint
btfw_extension_set_get_n (const BtfwExtensionSet *self)
{
  return self == NULL ? 0 : self->entries->len;
}

const BtfwExtensionEntry *
btfw_extension_set_get (const BtfwExtensionSet *self, guint i)
{
  return &g_array_index (self->entries, BtfwExtensionEntry, i);
}

guint
btfw_extension_set_find (const BtfwExtensionSet *self, BtfwExtension *plugin)
{
  for (guint i = 0; i < btfw_extension_set_get_n (self); i++)
    if (btfw_extension_set_get (self, i)->plugin == plugin)
      return i;
  return G_MAXUINT;
}
