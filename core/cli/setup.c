/* setup.c: the configuration as keyfiles and options make it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/setup.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  const char *setting; /* "session.port", or NULL when @value says it itself */
  const char *value;
  const char *option; /* without the dashes */
} Assignment;

void
btfw_setup_imply (BtfwSetup *self, const char *option, const char *setting, const char *value)
{
  Assignment assignment = { setting, value, option };

  if (self->assignments == NULL)
    self->assignments = g_array_new (FALSE, FALSE, sizeof (Assignment));
  g_array_append_val (self->assignments, assignment);
}

gboolean
btfw_setup_take_setting (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  btfw_setup_imply (target, option->name, option->setting, value);
  return TRUE;
}

static const BtfwOption options[] = {
  { 0, "config", BTFW_ARGUMENT_REQUIRED, N_("FILE"), N_("read this keyfile instead of the usual ones"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (BtfwSetup, config_file) },
  { 0, "set", BTFW_ARGUMENT_REQUIRED, N_("GROUP.KEY=VALUE"), N_("set what a keyfile can set (repeatable)"),
    btfw_setup_take_setting, NULL, 0 },
  { 0, "plugin-dir", BTFW_ARGUMENT_REQUIRED, N_("DIR"), N_("look for plugins here first (repeatable)"),
    btfw_option_take_list, NULL, G_STRUCT_OFFSET (BtfwSetup, plugin_dirs) },
  { 0 },
};

static const BtfwOption network_options[] = {
  { 0, "port", BTFW_ARGUMENT_REQUIRED, N_("N"), N_("listen on this port; the next free one when it is taken"),
    btfw_setup_take_setting, "session.port", 0 },
  { 0, "bind", BTFW_ARGUMENT_REQUIRED, N_("ADDRESS|INTERFACE"), N_("use only this address or network interface"),
    btfw_setup_take_setting, "session.bind", 0 },
  { 0, "max-download", BTFW_ARGUMENT_REQUIRED, N_("RATE"), N_("receive at most so many bytes a second (20M, 500k)"),
    btfw_setup_take_setting, "session.max-download", 0 },
  { 0, "max-upload", BTFW_ARGUMENT_REQUIRED, N_("RATE"), N_("send at most so many bytes a second"),
    btfw_setup_take_setting, "session.max-upload", 0 },
  { 0, "max-peers", BTFW_ARGUMENT_REQUIRED, N_("N"), N_("have at most so many peers for each torrent"),
    btfw_setup_take_setting, "session.max-peers", 0 },
  { 0, "encryption", BTFW_ARGUMENT_REQUIRED, N_("off|allow|prefer|require"), N_("whether peers are spoken with encrypted"),
    btfw_setup_take_setting, "session.encryption", 0 },
  { 0 },
};

BtfwOptionGroup
btfw_setup_get_network_group (BtfwSetup *self)
{
  return (BtfwOptionGroup){ _("Network:"), network_options, self };
}

BtfwOptionGroup
btfw_setup_get_group (BtfwSetup *self)
{
  return (BtfwOptionGroup){ _("Settings:"), options, self };
}

void
btfw_setup_clear (BtfwSetup *self)
{
  g_clear_pointer (&self->plugin_dirs, g_ptr_array_unref);
  g_clear_pointer (&self->assignments, g_array_unref);
}

static gboolean
assign (BtfwConfig *config, const Assignment *assignment, GError **error)
{
  g_autofree char *origin = g_strconcat ("--", assignment->option, NULL);
  g_auto (GStrv)   names = NULL;

  if (assignment->setting == NULL)
    return btfw_config_set_assignment (config, assignment->value, origin, error);

  names = g_strsplit (assignment->setting, ".", 2);
  return btfw_config_set (config, names[0], names[1], assignment->value, origin, error);
}

static gboolean
load_files (const BtfwSetup *self, BtfwConfig *config, GError **error)
{
  /* The usual way to say: none. */
  if (self->config_file != NULL && strcmp (self->config_file, "/dev/null") == 0)
    return TRUE;
  if (self->config_file != NULL)
    return btfw_config_load_file (config, self->config_file, error);

  return btfw_config_load_default (config, error);
}

BtfwConfig *
btfw_setup_load (const BtfwSetup *self, GError **error)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();

  if (!load_files (self, config, error))
    return NULL;

  for (guint i = 0; self->assignments != NULL && i < self->assignments->len; i++)
    if (!assign (config, &g_array_index (self->assignments, Assignment, i), error))
      return NULL;

  for (guint i = 0; self->plugin_dirs != NULL && i < self->plugin_dirs->len; i++)
    {
      g_autofree char *path = g_canonicalize_filename (g_ptr_array_index (self->plugin_dirs, i), NULL);

      btfw_config_add_plugin_dir (config, path);
    }

  return g_steal_pointer (&config);
}
