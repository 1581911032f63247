/* command-config.c: the settings that are in force, and where each is from. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/json.h"
#include "cli/setup.h"
#include "cli/values.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  BtfwCommon   common;
  BtfwSetup    setup;
  gboolean     all;
  gboolean     json;
  const char  *explain; /* NULL, or for which torrent */
  BtfwConfig  *config;
  BtfwPlugins *plugins;
  BtfwJson    *output_json; /* with --json */
  GString     *output;      /* otherwise */
} Config;

static const BtfwUsage usage = {
  "btfw config",
  N_("btfw config [OPTION…]"),
  N_("Shows the settings that are in force and where each value comes from, and checks all of them."),
  NULL,
};

static const BtfwOption options[] = {
  { 'a', "all", BTFW_ARGUMENT_NONE, NULL, N_("also plugins that no setting speaks of"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Config, all) },
  { 0, "explain", BTFW_ARGUMENT_REQUIRED, N_("FILE|MAGNET"), N_("what holds for this torrent, and which rule says so"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (Config, explain) },
  { 0, "json", BTFW_ARGUMENT_NONE, NULL, N_("as JSON"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Config, json) },
  { 0 },
};

static int
compare_specs (gconstpointer a, gconstpointer b)
{
  return strcmp (g_param_spec_get_name (*(GParamSpec *const *) a), g_param_spec_get_name (*(GParamSpec *const *) b));
}

/* The value as it will be used: what was written, understood and written anew. */
static char *
effective_value (GParamSpec *spec, const char *written)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if (written == NULL)
    return btfw_values_format_default (spec);
  if (!btfw_config_parse_value (spec, written, &value, NULL))
    return g_strdup (written);

  return btfw_values_format (spec, &value);
}

static void
add_setting_json (Config *self, GParamSpec *spec, const char *value, const char *origin)
{
  btfw_json_open_object (self->output_json, g_param_spec_get_name (spec));
  btfw_json_add_string (self->output_json, "value", value);
  btfw_json_add_string (self->output_json, "origin", origin);
  btfw_json_close_object (self->output_json);
}

/* --- For one torrent --- */

/* What a rule can set. */
static const char *const torrent_keys[] = {
  "dir", "picker", "storage", "choker", "max-download", "max-upload", "max-peers", NULL,
};

typedef struct
{
  BtfwMetainfo *metainfo;
  BtfwMagnet   *magnet;
} Subject;

static void
explain_key (Config *self, BtfwTable *table, GObjectClass *class, const Subject *subject, const char *key)
{
  GParamSpec      *spec = g_object_class_find_property (class, key);
  const char      *origin = NULL, *group = NULL;
  const char      *written = btfw_config_lookup_for (self->config, subject->metainfo, subject->magnet, key, &origin, &group);
  g_autofree char *value = effective_value (spec, written);
  g_autofree char *line = g_strdup_printf ("%s=%s", key, value);
  g_autofree char *place = NULL;

  if (self->output_json == NULL)
    {
      place = written == NULL ? g_strdup (_("default")) : g_strdup_printf ("%s [%s]", origin, group);
      btfw_table_add (table, line, place);
      return;
    }
  btfw_json_open_object (self->output_json, key);
  btfw_json_add_string (self->output_json, "value", value);
  btfw_json_add_string (self->output_json, "origin", origin);
  btfw_json_add_string (self->output_json, "group", group);
  btfw_json_close_object (self->output_json);
}

static void
explain_all (Config *self, const Subject *subject)
{
  g_autoptr (BtfwTable) table = btfw_table_new ("ll");
  GObjectClass         *class = g_type_class_ref (BTFW_TYPE_SETTINGS);

  for (const char *const *key = torrent_keys; *key != NULL; key++)
    explain_key (self, table, class, subject, *key);
  if (self->output_json == NULL)
    btfw_table_print (table, 0, 0, self->output);
  g_type_class_unref (class);
}

static gboolean
explain (Config *self)
{
  g_autoptr (BtfwMetainfo) metainfo = NULL;
  g_autoptr (BtfwMagnet)   magnet = NULL;
  g_autoptr (GError)       error = NULL;

  if (btfw_magnet_is_link (self->explain))
    magnet = btfw_magnet_parse (self->explain, &error);
  else
    metainfo = btfw_metainfo_new_from_path (self->explain, &error);
  if (error != NULL)
    {
      btfw_common_fail (error);
      return FALSE;
    }

  explain_all (self, &(Subject){ metainfo, magnet });
  return TRUE;
}

static void
show_setting (Config *self, BtfwTable *table, const char *group, GParamSpec *spec)
{
  const char      *origin = NULL;
  const char      *written = btfw_config_lookup (self->config, group, g_param_spec_get_name (spec), &origin);
  g_autofree char *value = effective_value (spec, written);
  g_autofree char *line = NULL;

  if (self->output_json != NULL)
    {
      add_setting_json (self, spec, value, written != NULL ? origin : NULL);
      return;
    }

  line = g_strdup_printf ("%s=%s", g_param_spec_get_name (spec), value);
  btfw_table_add (table, line, written != NULL ? origin : _("default"));
}

static void
show_group (Config *self, const char *group, GType type)
{
  g_autoptr (BtfwTable)   table = btfw_table_new ("ll");
  GObjectClass           *class = g_type_class_ref (type);
  guint                   n = 0;
  g_autofree GParamSpec **specs = g_object_class_list_properties (class, &n);

  qsort (specs, n, sizeof *specs, compare_specs);
  if (self->output_json != NULL)
    btfw_json_open_object (self->output_json, group);

  for (guint i = 0; i < n; i++)
    if ((specs[i]->flags & G_PARAM_WRITABLE) != 0)
      show_setting (self, table, group, specs[i]);

  if (self->output_json != NULL)
    btfw_json_close_object (self->output_json);
  else
    {
      g_string_append_printf (self->output, "%s[%s]\n", self->output->len > 0 ? "\n" : "", group);
      btfw_table_print (table, 0, 0, self->output);
    }
  g_type_class_unref (class);
}

static gboolean
check_and_show (Config *self, const char *group, GType type)
{
  g_autoptr (GError) error = NULL;

  if (!btfw_config_check_group (self->config, group, type, &error))
    {
      btfw_common_fail (error);
      return FALSE;
    }

  show_group (self, group, type);
  return TRUE;
}

/* Loads the plugin @info is about. FALSE when it or its settings are wrong. */
static gboolean
show_plugin (Config *self, BtfwPluginInfo *info)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *group = g_strdup_printf ("%s-%s", btfw_plugin_info_get_kind (info), btfw_plugin_info_get_name (info));
  GType              type = btfw_plugins_load (self->plugins, info, &error);

  if (type == G_TYPE_INVALID)
    {
      btfw_common_fail (error);
      return FALSE;
    }

  return check_and_show (self, group, type);
}

/* A rule was checked when it was read. */
static gboolean
show_rule (Config *self, const char *group)
{
  g_auto (GStrv)        keys = btfw_config_get_keys (self->config, group);
  g_autoptr (BtfwTable) table = btfw_table_new ("ll");
  GObjectClass         *class = g_type_class_ref (BTFW_TYPE_SETTINGS);

  if (self->output_json != NULL)
    btfw_json_open_object (self->output_json, group);
  for (char **key = keys; *key != NULL; key++)
    {
      GParamSpec      *spec = g_object_class_find_property (class, *key);
      const char      *origin = NULL;
      const char      *written = btfw_config_lookup (self->config, group, *key, &origin);
      g_autofree char *value = effective_value (spec, written);
      g_autofree char *line = g_strdup_printf ("%s=%s", *key, value);

      if (self->output_json != NULL)
        add_setting_json (self, spec, value, origin);
      else
        btfw_table_add (table, line, origin);
    }
  g_type_class_unref (class);
  if (self->output_json != NULL)
    {
      btfw_json_close_object (self->output_json);
      return TRUE;
    }
  g_string_append_printf (self->output, "%s[%s]\n", self->output->len > 0 ? "\n" : "", group);
  btfw_table_print (table, 0, 0, self->output);
  return TRUE;
}

/* A group that belongs to no plugin here is no error: the keyfile may be
 * shared with a machine that has it. */
static gboolean
show_group_of_plugin (Config *self, const char *group)
{
  g_auto (GStrv)             names = g_strsplit (group, "-", 2);
  g_autoptr (BtfwPluginInfo) info = NULL;
  g_autoptr (GError)         error = NULL;

  if (g_str_has_prefix (group, "match"))
    return show_rule (self, group);
  if (names[0] == NULL || names[1] == NULL)
    {
      btfw_console_warning (_("the group [%s] belongs to nothing; there are [session] and [KIND-NAME]"), group);
      return TRUE;
    }

  info = btfw_plugins_find (self->plugins, names[0], names[1], &error);
  if (info == NULL)
    {
      btfw_console_warning (_("the group [%s] is not used: %s"), group, error->message);
      return TRUE;
    }

  /* With --all, every plugin is shown anyway. */
  return self->all || show_plugin (self, info);
}

static gboolean
show_groups (Config *self)
{
  g_auto (GStrv) groups = btfw_config_get_groups (self->config);
  gboolean       right = TRUE;

  for (char **group = groups; *group != NULL; group++)
    if (strcmp (*group, "session") != 0)
      right = show_group_of_plugin (self, *group) && right;

  return right;
}

static gboolean
show_all_plugins (Config *self)
{
  g_autoptr (GPtrArray) list = btfw_plugins_list (self->plugins, NULL);
  gboolean              right = TRUE;

  for (guint i = 0; i < list->len; i++)
    if (btfw_plugin_info_get_status (g_ptr_array_index (list, i)) == BTFW_PLUGIN_USABLE)
      right = show_plugin (self, g_ptr_array_index (list, i)) && right;

  return right;
}

static gboolean
show_everything (Config *self)
{
  gboolean right = check_and_show (self, "session", BTFW_TYPE_SETTINGS);

  right = show_groups (self) && right;
  return (!self->all || show_all_plugins (self)) && right;
}

static void
print_output (Config *self)
{
  g_autofree char *line = NULL;

  if (self->output_json == NULL)
    {
      btfw_console_print (self->output->str);
      g_string_free (self->output, TRUE);
      return;
    }

  btfw_json_close_object (self->output_json);
  line = btfw_json_free_to_string (self->output_json);
  btfw_console_print (line);
  btfw_console_print ("\n");
}

static int
run (Config *self)
{
  g_autoptr (GError)      error = NULL;
  g_autoptr (BtfwConfig)  config = btfw_setup_load (&self->setup, &error);
  g_autoptr (BtfwPlugins) plugins = NULL;
  gboolean                right;

  if (config == NULL)
    return btfw_common_fail (error);

  plugins = btfw_plugins_new (config);
  self->config = config;
  self->plugins = plugins;
  if (self->json)
    {
      self->output_json = btfw_json_new ();
      btfw_json_open_object (self->output_json, NULL);
    }
  else
    self->output = g_string_new (NULL);

  right = self->explain != NULL ? explain (self) : show_everything (self);
  print_output (self);
  if (!btfw_console_finish ())
    return BTFW_EXIT_FAILED;
  return right ? BTFW_EXIT_COMPLETE : BTFW_EXIT_USAGE;
}

int
btfw_command_config (int argc, char **argv)
{
  Config                self = { 0 };
  const BtfwOptionGroup groups[] = {
    { _("What to show:"), options, &self },
    btfw_setup_get_group (&self.setup),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) operands = NULL;
  int                   exit_code;

  operands = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (operands != NULL && operands->len > 0)
    exit_code = btfw_common_fail_usage (&usage, _("“btfw config” takes no more than options"));
  else if (operands != NULL)
    exit_code = run (&self);

  btfw_setup_clear (&self.setup);
  return exit_code;
}
