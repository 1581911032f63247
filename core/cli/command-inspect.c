/* command-inspect.c: which plugins there are, and what one can be told. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/json.h"
#include "cli/setup.h"
#include "cli/terminal.h"
#include "cli/values.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  BtfwCommon   common;
  BtfwSetup    setup;
  gboolean     json;
  gboolean     forgive;
  BtfwPlugins *plugins;
} Inspect;

static const BtfwUsage usage = {
  "btfw inspect",
  N_("btfw inspect [OPTION…] [PLUGIN]"),
  N_("Lists the plugins that are found, or says what one of them is and which settings it has."),
  N_("Examples:\n  btfw inspect\n  btfw inspect picker-rarest"),
};

static const BtfwOption options[] = {
  { 0, "json", BTFW_ARGUMENT_NONE, NULL, N_("as JSON"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Inspect, json) },
  { 0, "forgive", BTFW_ARGUMENT_NONE, NULL, N_("try a plugin again that was set aside"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Inspect, forgive) },
  { 0 },
};

static const char *
describe_status (BtfwPluginInfo *info)
{
  switch (btfw_plugin_info_get_status (info))
    {
    case BTFW_PLUGIN_USABLE:
      return _("usable");
    case BTFW_PLUGIN_SHADOWED:
      return _("shadowed");
    case BTFW_PLUGIN_REFUSED:
    default:
      return _("refused");
    }
}

static const char *
status_word (BtfwPluginInfo *info)
{
  static const char *const words[] = {
    [BTFW_PLUGIN_USABLE] = "usable",
    [BTFW_PLUGIN_SHADOWED] = "shadowed",
    [BTFW_PLUGIN_REFUSED] = "refused",
  };

  return words[btfw_plugin_info_get_status (info)];
}

static guint
page_width (void)
{
  return btfw_terminal_can_draw (STDOUT_FILENO) ? btfw_terminal_get_width (STDOUT_FILENO) : 0;
}

static char *
full_name (BtfwPluginInfo *info)
{
  const char *kind = btfw_plugin_info_get_kind (info);

  /* What is refused for its very name has no kind. */
  return g_strconcat (kind, kind[0] != '\0' ? "-" : "", btfw_plugin_info_get_name (info), NULL);
}

static char *
show_file (BtfwPluginInfo *info)
{
  const char *path = btfw_plugin_info_get_path (info);

  return path != NULL ? btfw_console_show_path (path) : g_strdup (_("linked in"));
}

static void
print_search_path (Inspect *self, GString *out)
{
  g_auto (GStrv) folders = btfw_plugins_get_search_path (self->plugins);

  g_string_append_printf (out, "\n%s\n", _("Looked for in:"));
  for (char **folder = folders; *folder != NULL; folder++)
    {
      g_autofree char *shown = btfw_console_show_path (*folder);

      g_string_append_printf (out, "  %s\n", shown);
    }
}

static void
print_reasons (GPtrArray *list, GString *out)
{
  gboolean first = TRUE;

  for (guint i = 0; i < list->len; i++)
    {
      BtfwPluginInfo *info = g_ptr_array_index (list, i);

      if (btfw_plugin_info_get_reason (info) == NULL)
        continue;
      if (first)
        g_string_append_printf (out, "\n%s\n", _("Not used, and why:"));
      first = FALSE;
      g_string_append (out, "  ");
      btfw_columns_wrap (btfw_plugin_info_get_reason (info), 4, MAX (page_width (), 80), out);
      g_string_append_c (out, '\n');
    }
}

static void
list_for_people (Inspect *self, GPtrArray *list, GString *out)
{
  g_autoptr (BtfwTable) table = btfw_table_new ("llll");

  btfw_table_add (table, _("PLUGIN"), _("VERSION"), _("STATUS"), _("DESCRIPTION"));
  for (guint i = 0; i < list->len; i++)
    {
      BtfwPluginInfo  *info = g_ptr_array_index (list, i);
      g_autofree char *name = full_name (info);

      btfw_table_add (table, name, btfw_plugin_info_get_version (info),
                      describe_status (info), btfw_plugin_info_get_description (info));
    }

  if (list->len > 0)
    btfw_table_print (table, 0, page_width (), out);
  else
    g_string_append_printf (out, "%s\n", _("There is no plugin."));
  print_reasons (list, out);
  print_search_path (self, out);
}

static void
add_info_json (BtfwJson *json, BtfwPluginInfo *info)
{
  g_autofree char *name = full_name (info);
  g_autofree char *path = NULL;

  if (btfw_plugin_info_get_path (info) != NULL)
    path = btfw_console_show_path (btfw_plugin_info_get_path (info));
  btfw_json_add_string (json, "plugin", name);
  btfw_json_add_string (json, "kind", btfw_plugin_info_get_kind (info));
  btfw_json_add_string (json, "name", btfw_plugin_info_get_name (info));
  btfw_json_add_string (json, "status", status_word (info));
  btfw_json_add_string (json, "reason", btfw_plugin_info_get_reason (info));
  btfw_json_add_string (json, "path", path);
  btfw_json_add_string (json, "version", btfw_plugin_info_get_version (info));
  btfw_json_add_string (json, "description", btfw_plugin_info_get_description (info));
  btfw_json_add_string (json, "license", btfw_plugin_info_get_license (info));
  btfw_json_add_string (json, "origin", btfw_plugin_info_get_origin (info));
  btfw_json_add_strings (json, "schemes", btfw_plugin_info_get_schemes (info));
  btfw_json_add_boolean (json, "exchanges_peers",
                         (btfw_plugin_info_get_flags (info) & BTFW_PLUGIN_EXCHANGES_PEERS) != 0);
}

static void
print_json (BtfwJson *json)
{
  g_autofree char *line = btfw_json_free_to_string (json);

  btfw_console_print (line);
  btfw_console_print ("\n");
}

static void
list_for_programs (Inspect *self, GPtrArray *list)
{
  BtfwJson      *json = btfw_json_new ();
  g_auto (GStrv) folders = btfw_plugins_get_search_path (self->plugins);

  btfw_json_open_object (json, NULL);
  btfw_json_open_array (json, "plugins");
  for (guint i = 0; i < list->len; i++)
    {
      btfw_json_open_object (json, NULL);
      add_info_json (json, g_ptr_array_index (list, i));
      btfw_json_close_object (json);
    }
  btfw_json_close_array (json);
  btfw_json_add_strings (json, "search_path", (const char *const *) folders);
  btfw_json_close_object (json);
  print_json (json);
}

/* A stranger's plugin may say nothing; the translation of nothing would be the
 * header of the catalog. */
static const char *
describe_setting (GParamSpec *spec)
{
  const char *blurb = g_param_spec_get_blurb (spec);

  return blurb != NULL && blurb[0] != '\0' ? _(blurb) : g_param_spec_get_name (spec);
}

static void
print_settings (BtfwPluginInfo *info, GPtrArray *settings, GString *out)
{
  g_autofree char *group = full_name (info);

  if (settings->len == 0)
    {
      g_string_append_printf (out, "\n%s\n", _("It has no settings."));
      return;
    }

  g_string_append_printf (out, "\n%s\n\n[%s]\n", _("Its settings, as a keyfile sets them:"), group);
  for (guint i = 0; i < settings->len; i++)
    {
      GParamSpec      *spec = g_ptr_array_index (settings, i);
      g_autofree char *allowed = btfw_config_describe_allowed (spec);
      g_autofree char *value = btfw_values_format_default (spec);

      g_string_append_printf (out, "# %s\n# %s\n%s=%s\n%s",
                              describe_setting (spec), allowed,
                              g_param_spec_get_name (spec), value, i + 1 < settings->len ? "\n" : "");
    }
}

/* A row unless there is nothing to say. */
static void
add_fact (BtfwTable *table, const char *label, const char *value)
{
  if (value != NULL && value[0] != '\0')
    btfw_table_add (table, label, value);
}

static void
print_info (BtfwPluginInfo *info, GString *out)
{
  g_autoptr (BtfwTable) table = btfw_table_new ("ll");
  g_autofree char      *name = full_name (info);
  g_autofree char      *file = show_file (info);
  g_autofree char      *schemes = g_strjoinv (", ", (char **) btfw_plugin_info_get_schemes (info));

  add_fact (table, _("Plugin"), name);
  add_fact (table, _("Description"), btfw_plugin_info_get_description (info));
  add_fact (table, _("Status"), describe_status (info));
  add_fact (table, _("Reason"), btfw_plugin_info_get_reason (info));
  add_fact (table, _("File"), file);
  add_fact (table, _("Version"), btfw_plugin_info_get_version (info));
  add_fact (table, _("Licence"), btfw_plugin_info_get_license (info));
  add_fact (table, _("Origin"), btfw_plugin_info_get_origin (info));
  add_fact (table, _("URLs"), schemes);
  btfw_table_print (table, 0, page_width (), out);
}

static const char *
describe_type (GParamSpec *spec)
{
  if (G_IS_PARAM_SPEC_ENUM (spec))
    return "choice";
  if (G_IS_PARAM_SPEC_BOXED (spec))
    return "list";
  return g_type_name (G_PARAM_SPEC_VALUE_TYPE (spec));
}

static void
add_choices_json (BtfwJson *json, GEnumClass *klass)
{
  btfw_json_open_array (json, "choices");
  for (guint i = 0; i < klass->n_values; i++)
    btfw_json_add_string (json, NULL, klass->values[i].value_nick);
  btfw_json_close_array (json);
}

static void
add_range_json (BtfwJson *json, GParamSpec *spec)
{
  if (G_IS_PARAM_SPEC_UINT (spec))
    {
      btfw_json_add_unsigned (json, "minimum", G_PARAM_SPEC_UINT (spec)->minimum);
      btfw_json_add_unsigned (json, "maximum", G_PARAM_SPEC_UINT (spec)->maximum);
    }
  if (G_IS_PARAM_SPEC_UINT64 (spec))
    {
      btfw_json_add_unsigned (json, "minimum", G_PARAM_SPEC_UINT64 (spec)->minimum);
      btfw_json_add_unsigned (json, "maximum", G_PARAM_SPEC_UINT64 (spec)->maximum);
    }
  if (G_IS_PARAM_SPEC_INT (spec))
    {
      btfw_json_add_signed (json, "minimum", G_PARAM_SPEC_INT (spec)->minimum);
      btfw_json_add_signed (json, "maximum", G_PARAM_SPEC_INT (spec)->maximum);
    }
  if (G_IS_PARAM_SPEC_INT64 (spec))
    {
      btfw_json_add_signed (json, "minimum", G_PARAM_SPEC_INT64 (spec)->minimum);
      btfw_json_add_signed (json, "maximum", G_PARAM_SPEC_INT64 (spec)->maximum);
    }
  if (G_IS_PARAM_SPEC_DOUBLE (spec))
    {
      btfw_json_add_double (json, "minimum", G_PARAM_SPEC_DOUBLE (spec)->minimum);
      btfw_json_add_double (json, "maximum", G_PARAM_SPEC_DOUBLE (spec)->maximum);
    }
  if (G_IS_PARAM_SPEC_ENUM (spec))
    add_choices_json (json, G_PARAM_SPEC_ENUM (spec)->enum_class);
}

static void
add_settings_json (BtfwJson *json, GPtrArray *settings)
{
  btfw_json_open_array (json, "settings");
  for (guint i = 0; i < settings->len; i++)
    {
      GParamSpec      *spec = g_ptr_array_index (settings, i);
      g_autofree char *allowed = btfw_config_describe_allowed (spec);
      g_autofree char *value = btfw_values_format_default (spec);

      btfw_json_open_object (json, NULL);
      btfw_json_add_string (json, "name", g_param_spec_get_name (spec));
      btfw_json_add_string (json, "type", describe_type (spec));
      add_range_json (json, spec);
      btfw_json_add_string (json, "allowed", allowed);
      btfw_json_add_string (json, "default", value);
      btfw_json_add_string (json, "description", g_param_spec_get_blurb (spec));
      btfw_json_close_object (json);
    }
  btfw_json_close_array (json);
}

static void
describe_plugin (Inspect *self, BtfwPluginInfo *info, GPtrArray *settings)
{
  g_autoptr (GString) out = g_string_new (NULL);
  BtfwJson           *json;

  if (self->json)
    {
      json = btfw_json_new ();
      btfw_json_open_object (json, NULL);
      add_info_json (json, info);
      add_settings_json (json, settings);
      btfw_json_close_object (json);
      print_json (json);
      return;
    }

  print_info (info, out);
  if (btfw_plugin_info_get_status (info) == BTFW_PLUGIN_USABLE)
    print_settings (info, settings, out);
  btfw_console_print (out->str);
}

/* "picker-rarest", or just "rarest". */
static gboolean
is_called (BtfwPluginInfo *info, const char *name)
{
  g_autofree char *whole = full_name (info);

  return strcmp (whole, name) == 0 || strcmp (btfw_plugin_info_get_name (info), name) == 0;
}

static gboolean
fail_not_found (GPtrArray *list, const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char      *shown = btfw_text_clean (name, -1);
  const char           *nearest;

  for (guint i = 0; i < list->len; i++)
    g_ptr_array_add (names, full_name (g_ptr_array_index (list, i)));
  g_ptr_array_add (names, NULL);

  nearest = btfw_options_suggest (name, (const char *const *) names->pdata);
  if (nearest != NULL)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                 _("there is no plugin “%s”; did you mean “%s”?"), shown, nearest);
  else
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                 _("there is no plugin “%s”; “btfw inspect” lists those there are"), shown);
  return FALSE;
}

/* What can be said of one without running its code here. */
static GPtrArray *
read_settings (Inspect *self, BtfwPluginInfo *info, GError **error)
{
  if (btfw_plugin_info_get_status (info) != BTFW_PLUGIN_USABLE)
    return g_ptr_array_new ();

  return btfw_plugins_list_settings (self->plugins, info, error);
}

static void
forgive (Inspect *self, const char *name)
{
  g_autoptr (GPtrArray) list = btfw_plugins_list (self->plugins, NULL);

  for (guint i = 0; i < list->len; i++)
    if (is_called (g_ptr_array_index (list, i), name))
      btfw_plugins_forgive (self->plugins, g_ptr_array_index (list, i));
}

static gboolean
inspect_one (Inspect *self, const char *name, GError **error)
{
  g_autoptr (GPtrArray) list = NULL;
  gboolean              found = FALSE;

  if (self->forgive)
    forgive (self, name);

  list = btfw_plugins_list_probed (self->plugins, NULL);
  for (guint i = 0; i < list->len; i++)
    {
      BtfwPluginInfo       *info = g_ptr_array_index (list, i);
      g_autoptr (GPtrArray) settings = NULL;

      if (!is_called (info, name))
        continue;

      settings = read_settings (self, info, error);
      if (settings == NULL)
        return FALSE;
      if (found && !self->json)
        btfw_console_print ("\n");
      describe_plugin (self, info, settings);
      found = TRUE;
    }

  return found || fail_not_found (list, name, error);
}

static void
inspect_all (Inspect *self)
{
  g_autoptr (GPtrArray) list = btfw_plugins_list_probed (self->plugins, NULL);
  g_autoptr (GString)   out = g_string_new (NULL);

  if (self->json)
    {
      list_for_programs (self, list);
      return;
    }

  list_for_people (self, list, out);
  btfw_console_print (out->str);
}

static int
run (Inspect *self, GPtrArray *names)
{
  g_autoptr (GError)      error = NULL;
  g_autoptr (BtfwConfig)  config = btfw_setup_load (&self->setup, &error);
  g_autoptr (BtfwPlugins) plugins = NULL;

  if (config == NULL)
    return btfw_common_fail (error);

  plugins = btfw_plugins_new (config);
  self->plugins = plugins;
  if (names->len == 0 && self->forgive)
    return btfw_common_fail_usage (&usage, _("which plugin is to be forgiven?"));
  if (names->len == 0)
    inspect_all (self);
  for (guint i = 0; i < names->len; i++)
    if (!inspect_one (self, g_ptr_array_index (names, i), &error))
      return btfw_common_fail (error);

  return btfw_console_finish () ? BTFW_EXIT_COMPLETE : BTFW_EXIT_FAILED;
}

int
btfw_command_inspect (int argc, char **argv)
{
  Inspect               self = { 0 };
  const BtfwOptionGroup groups[] = {
    { _("What to show:"), options, &self },
    btfw_setup_get_group (&self.setup),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) names = NULL;
  int                   exit_code;

  names = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (names != NULL)
    exit_code = run (&self, names);

  btfw_setup_clear (&self.setup);
  return exit_code;
}
