/* plugins.c: finds plugins, says what they are, makes instances of them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-plugins.h>

#include "plugin/config-private.h"
#include "plugin/kinds.h"
#include "plugin/module.h"
#include "plugin/probe.h"
#include "plugin/rules.h"
#include "plugin/search.h"
#include "plugin/spec.h"
#include "plugin/suggest.h"
#include "plugin/trust.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _BtfwPlugins
{
  GObject parent_instance;

  BtfwConfig *config;
  GPtrArray  *places;  /* of BtfwSearchPlace */
  GPtrArray  *notices; /* of texts, not yet emitted */
  GHashTable *noticed; /* the texts that were; each is told once */
  GHashTable *types;   /* of those that were made, by KIND-NAME */
};

enum
{
  NOTICE,
  N_SIGNALS
};

G_DEFINE_FINAL_TYPE (BtfwPlugins, btfw_plugins, G_TYPE_OBJECT);

static guint signals[N_SIGNALS];

static void
emit_notices (BtfwPlugins *self)
{
  while (self->notices->len > 0)
    {
      char *notice = g_ptr_array_steal_index (self->notices, 0);

      if (g_hash_table_add (self->noticed, notice))
        g_signal_emit (self, signals[NOTICE], 0, notice);
    }
}

static int
compare_infos (gconstpointer a,
               gconstpointer b)
{
  const BtfwPluginInfo *one = *(BtfwPluginInfo *const *) a;
  const BtfwPluginInfo *other = *(BtfwPluginInfo *const *) b;
  int                   order = strcmp (one->kind, other->kind);

  if (order == 0)
    order = strcmp (one->name, other->name);
  if (order == 0)
    order = one->place < other->place ? -1 : one->place > other->place;
  return order;
}

/* Of each name, the first usable one in the search path stays usable. */
static void
shadow_doubles (GPtrArray *sorted)
{
  BtfwPluginInfo *first = NULL;

  for (guint i = 0; i < sorted->len; i++)
    {
      BtfwPluginInfo *info = sorted->pdata[i];

      if (info->status != BTFW_PLUGIN_USABLE)
        continue;
      if (first != NULL && strcmp (first->kind, info->kind) == 0 && strcmp (first->name, info->name) == 0)
        btfw_plugin_info_shadow (info, first);
      else
        first = info;
    }
}

/* Takes @reason. @info has not been handed out. */
static void
refuse (BtfwPluginInfo *info,
        char           *reason)
{
  if (reason == NULL)
    return;

  info->status = BTFW_PLUGIN_REFUSED;
  g_free (info->reason);
  info->reason = reason;
}

/* What is known of the file since it was opened in a child; with @probe it is
 * opened so now, if it never was. */
static void
consider_probe (BtfwPluginInfo *info,
                gboolean        probe)
{
  g_autoptr (GError) error = NULL;

  if (info->status != BTFW_PLUGIN_USABLE)
    return;

  if (probe && !btfw_probe_check (info, &error))
    refuse (info, g_strdup (error->message));
  else
    refuse (info, btfw_probe_recall (info));
}

static GPtrArray *
list_all (BtfwPlugins *self,
          const char  *kind,
          gboolean     probe)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_plugin_info_unref);

  for (guint i = 0; i < self->places->len; i++)
    g_ptr_array_extend_and_steal (all, btfw_search_list (self->places->pdata[i], i, kind, self->notices));

  for (guint i = 0; i < all->len; i++)
    consider_probe (all->pdata[i], probe);
  g_ptr_array_sort (all, compare_infos);
  shadow_doubles (all);
  return all;
}

static char **
list_usable_names (BtfwPlugins *self,
                   const char  *kind)
{
  g_autoptr (GPtrArray) infos = list_all (self, kind, FALSE);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < infos->len; i++)
    {
      BtfwPluginInfo *info = infos->pdata[i];

      if (info->status == BTFW_PLUGIN_USABLE)
        g_strv_builder_add (names, info->name);
    }

  return g_strv_builder_end (names);
}

static void
fail_unknown (BtfwPlugins *self,
              const char  *kind,
              const char  *name,
              GError     **error)
{
  g_auto (GStrv) known = list_usable_names (self, kind);
  g_autofree char *all = g_strjoinv (", ", known);
  const char      *nearest = NULL;

  /* A common slip: the name of the file instead of that of the plugin. */
  if (g_str_has_prefix (name, kind) && name[strlen (kind)] == '-')
    nearest = btfw_suggest (name + strlen (kind) + 1, (const char *const *) known);
  if (nearest == NULL)
    nearest = btfw_suggest (name, (const char *const *) known);

  if (known[0] == NULL)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                 _("there is no %s plugin “%s”, nor any other of this kind in the search path"), kind, name);
  else if (nearest == NULL)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                 _("there is no %s plugin “%s”; there are: %s"), kind, name, all);
  else
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                 _("there is no %s plugin “%s”; did you mean “%s”? There are: %s"), kind, name, nearest, all);
}

/* A file that cannot be used does not stand in the way of a later one. */
static BtfwPluginInfo *
find_usable (BtfwPlugins *self,
             const char  *kind,
             const char  *name,
             GError     **error)
{
  g_autoptr (BtfwPluginInfo) refused = NULL;

  for (guint i = 0; i < self->places->len; i++)
    {
      g_autoptr (BtfwPluginInfo) info = btfw_search_find (self->places->pdata[i], i, kind, name);

      if (info == NULL)
        continue;

      consider_probe (info, FALSE);
      if (info->status == BTFW_PLUGIN_USABLE)
        {
          if (refused != NULL)
            g_ptr_array_add (self->notices, g_strdup (refused->reason));
          return g_steal_pointer (&info);
        }
      if (refused == NULL)
        refused = g_steal_pointer (&info);
    }

  if (refused != NULL)
    g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, refused->reason);
  else
    fail_unknown (self, kind, name, error);
  return NULL;
}

/* Which of those that serve it comes first in the search path. */
static BtfwPluginInfo *
choose_for_scheme (GPtrArray  *infos,
                   const char *scheme)
{
  BtfwPluginInfo *chosen = NULL;

  for (guint i = 0; i < infos->len; i++)
    {
      BtfwPluginInfo *info = infos->pdata[i];

      if (info->status == BTFW_PLUGIN_USABLE && btfw_plugin_info_serves (info, scheme) &&
          (chosen == NULL || info->place < chosen->place))
        chosen = info;
    }

  return chosen;
}

static void
fail_scheme (GPtrArray  *infos,
             const char *kind,
             const char *scheme,
             GError    **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < infos->len; i++)
    {
      BtfwPluginInfo *info = infos->pdata[i];

      for (char **served = info->schemes; *served != NULL && info->status == BTFW_PLUGIN_USABLE; served++)
        g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", *served);
    }

  if (known->len == 0)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                 _("there is no %s plugin for “%s” URLs, nor for any other"), kind, scheme);
  else
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                 _("there is no %s plugin for “%s” URLs; there are some for: %s"), kind, scheme, known->str);
}

/* The type of a plugin. A name stays with the file that it was first found in:
 * that is looked for once, not for each of a thousand torrents. */
static GType
find_type (BtfwPlugins *self,
           const char  *kind,
           const char  *name,
           const char  *group,
           GError     **error)
{
  GType type = (GType) g_hash_table_lookup (self->types, group);

  while (type == G_TYPE_INVALID)
    {
      g_autoptr (BtfwPluginInfo) info = btfw_plugins_find (self, kind, name, error);
      g_autoptr (GError) reason = NULL;
      g_autofree char *set_aside = NULL;

      if (info == NULL)
        return G_TYPE_INVALID;

      type = btfw_plugins_load (self, info, &reason);
      if (type != G_TYPE_INVALID)
        break;

      /* One that was set aside just now is not found again: the next of its name is. */
      set_aside = btfw_probe_recall (info);
      if (set_aside == NULL)
        {
          g_propagate_error (error, g_steal_pointer (&reason));
          return G_TYPE_INVALID;
        }
    }

  g_hash_table_insert (self->types, g_strdup (group), (gpointer) type);
  return type;
}

static gpointer
create_from_spec (BtfwPlugins    *self,
                  const char     *kind,
                  const BtfwSpec *spec,
                  GError        **error)
{
  g_autofree char *group = g_strconcat (kind, "-", spec->name, NULL);
  g_autofree char *origin = g_strconcat (kind, "=", spec->name, NULL);
  g_autoptr (BtfwProperties) properties = NULL;
  GType type = find_type (self, kind, spec->name, group, error);

  if (type == G_TYPE_INVALID)
    return NULL;

  properties = btfw_properties_new (type, group);
  for (guint i = 0; spec->keys[i] != NULL; i++)
    if (!btfw_properties_add (properties, spec->keys[i], spec->values[i], origin, error))
      return NULL;
  if (!btfw_config_add_to (self->config, group, properties, error))
    return NULL;

  return btfw_properties_create (properties, error);
}

/* What keeps the group of a configuration from setting anything, or NULL. */
static char *
describe_unknown_group (BtfwPlugins *self,
                        const char  *group,
                        const char  *origin)
{
  g_autofree char *kind = NULL;
  g_autofree char *name = NULL;
  g_autofree char *end = NULL;
  g_auto (GStrv) known = NULL;

  if (strcmp (group, "session") == 0 || btfw_rule_is_group (group))
    return NULL;

  if (!btfw_kinds_split (group, &kind, &name))
    {
      const char *const groups[] = { "session", NULL };

      end = btfw_suggest (group, groups) != NULL ? btfw_suggest_sentence (group, groups) : g_strdup ("");
      return g_strdup_printf (_("%s: the group “%s” sets nothing: groups are “session”, and KIND-NAME for plugins%s"),
                              origin, group, end);
    }

  if (!g_strv_contains (btfw_kinds_get_names (), kind))
    {
      end = btfw_suggest_sentence (kind, btfw_kinds_get_names ());
      return g_strdup_printf (_("%s: the group “%s” sets nothing: “%s” is no kind of plugin%s"),
                              origin, group, kind, end);
    }

  known = list_usable_names (self, kind);
  if (g_strv_contains ((const char *const *) known, name))
    return NULL;

  end = btfw_suggest_sentence (name, (const char *const *) known);
  return g_strdup_printf (_("%s: the group “%s” sets nothing: there is no %s plugin “%s”%s"),
                          origin, group, kind, name, end);
}

static const char *
find_group_origin (BtfwConfig *config,
                   const char *group)
{
  g_auto (GStrv) keys = btfw_config_get_keys (config, group);
  const char *origin = NULL;

  btfw_config_lookup (config, group, keys[0], &origin);
  return origin;
}

static gboolean
check_plugin_group (BtfwPlugins *self,
                    const char  *group,
                    GError     **error)
{
  g_autofree char *kind = NULL;
  g_autofree char *name = NULL;
  g_autoptr (BtfwPluginInfo) info = NULL;
  GType type;

  if (btfw_rule_is_group (group) || !btfw_kinds_split (group, &kind, &name))
    return TRUE;

  info = find_usable (self, kind, name, NULL);
  if (info == NULL)
    return TRUE;

  type = btfw_plugins_load (self, info, error);
  return type != G_TYPE_INVALID && btfw_config_check_group (self->config, group, type, error);
}

static void
btfw_plugins_finalize (GObject *object)
{
  BtfwPlugins *self = BTFW_PLUGINS (object);

  g_clear_object (&self->config);
  g_clear_pointer (&self->places, g_ptr_array_unref);
  g_ptr_array_unref (self->notices);
  g_hash_table_unref (self->noticed);
  g_hash_table_unref (self->types);
  G_OBJECT_CLASS (btfw_plugins_parent_class)->finalize (object);
}

static void
btfw_plugins_class_init (BtfwPluginsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = btfw_plugins_finalize;

  /**
   * BtfwPlugins::notice:
   * @self: the plugins
   * @text: a sentence for people
   *
   * A file or folder was passed over. Each is told once.
   */
  signals[NOTICE] = g_signal_new ("notice", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST,
                                  0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
btfw_plugins_init (BtfwPlugins *self)
{
  self->notices = g_ptr_array_new_with_free_func (g_free);
  self->noticed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

BtfwPlugins *
btfw_plugins_new (BtfwConfig *config)
{
  BtfwPlugins *self;

  g_return_val_if_fail (BTFW_IS_CONFIG (config), NULL);

  self = g_object_new (BTFW_TYPE_PLUGINS, NULL);
  self->config = g_object_ref (config);
  self->places = btfw_search_make_places (btfw_config_get_plugin_dirs (config),
                                          btfw_trust_environment (), self->notices);
  return self;
}

GPtrArray *
btfw_plugins_list (BtfwPlugins *self,
                   const char  *kind)
{
  GPtrArray *infos;

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);

  infos = list_all (self, kind, FALSE);
  emit_notices (self);
  return infos;
}

BtfwPluginInfo *
btfw_plugins_find (BtfwPlugins *self,
                   const char  *kind,
                   const char  *name,
                   GError     **error)
{
  BtfwPluginInfo *info;

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);
  g_return_val_if_fail (kind != NULL && name != NULL, NULL);

  /* Neither may lead out of a folder. */
  if (btfw_kinds_is_word (kind, strlen (kind)) && btfw_kinds_is_word (name, strlen (name)))
    info = find_usable (self, kind, name, error);
  else
    {
      fail_unknown (self, kind, name, error);
      info = NULL;
    }

  emit_notices (self);
  return info;
}

BtfwPluginInfo *
btfw_plugins_find_scheme (BtfwPlugins *self,
                          const char  *kind,
                          const char  *scheme,
                          GError     **error)
{
  g_autoptr (GPtrArray) infos = NULL;
  BtfwPluginInfo *chosen;

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);
  g_return_val_if_fail (kind != NULL && scheme != NULL, NULL);

  infos = list_all (self, kind, FALSE);
  chosen = choose_for_scheme (infos, scheme);
  if (chosen == NULL)
    fail_scheme (infos, kind, scheme, error);

  emit_notices (self);
  return chosen != NULL ? btfw_plugin_info_ref (chosen) : NULL;
}

GType
btfw_plugins_load (BtfwPlugins    *self,
                   BtfwPluginInfo *info,
                   GError        **error)
{
  g_return_val_if_fail (BTFW_IS_PLUGINS (self), G_TYPE_INVALID);
  g_return_val_if_fail (info != NULL, G_TYPE_INVALID);

  if (info->status == BTFW_PLUGIN_REFUSED)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, info->reason);
      return G_TYPE_INVALID;
    }

  return btfw_probe_check (info, error) ? btfw_module_load (info, error) : G_TYPE_INVALID;
}

GPtrArray *
btfw_plugins_list_probed (BtfwPlugins *self,
                          const char  *kind)
{
  GPtrArray *infos;

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);

  infos = list_all (self, kind, TRUE);
  emit_notices (self);
  return infos;
}

GPtrArray *
btfw_plugins_list_settings (BtfwPlugins    *self,
                            BtfwPluginInfo *info,
                            GError        **error)
{
  g_autoptr (GPtrArray) settings = NULL;
  GType type;
  GObjectClass *class;
  guint n = 0;
  g_autofree GParamSpec **specs = NULL;

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);
  g_return_val_if_fail (info != NULL, NULL);

  if (info->path != NULL)
    return btfw_probe_read_settings (info, error);

  type = btfw_plugins_load (self, info, error);
  if (type == G_TYPE_INVALID)
    return NULL;
  class = g_type_class_ref (type);
  settings = g_ptr_array_new_with_free_func ((GDestroyNotify) g_param_spec_unref);
  specs = g_object_class_list_properties (class, &n);
  for (guint i = 0; i < n; i++)
    if ((specs[i]->flags & G_PARAM_WRITABLE) != 0)
      g_ptr_array_add (settings, g_param_spec_ref (specs[i]));
  g_type_class_unref (class);
  return g_steal_pointer (&settings);
}

gboolean
btfw_plugins_forgive (BtfwPlugins    *self,
                      BtfwPluginInfo *info)
{
  g_return_val_if_fail (BTFW_IS_PLUGINS (self), FALSE);
  g_return_val_if_fail (info != NULL, FALSE);

  return btfw_probe_forgive (info);
}

gpointer
btfw_plugins_create (BtfwPlugins *self,
                     const char  *kind,
                     const char  *spec,
                     GError     **error)
{
  g_autoptr (BtfwSpec) parsed = NULL;

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);
  g_return_val_if_fail (kind != NULL && spec != NULL, NULL);

  parsed = btfw_spec_parse (spec, error);
  if (parsed == NULL)
    return NULL;

  return create_from_spec (self, kind, parsed, error);
}

GPtrArray *
btfw_plugins_create_stack (BtfwPlugins *self,
                           const char  *kind,
                           const char  *spec,
                           GError     **error)
{
  g_autoptr (GPtrArray) specs = NULL;
  g_autoptr (GPtrArray) layers = g_ptr_array_new_with_free_func (g_object_unref);

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);
  g_return_val_if_fail (kind != NULL && spec != NULL, NULL);

  specs = btfw_spec_parse_stack (spec, error);
  if (specs == NULL)
    return NULL;

  for (guint i = 0; i < specs->len; i++)
    {
      gpointer layer = create_from_spec (self, kind, specs->pdata[i], error);

      if (layer == NULL)
        return NULL;
      g_ptr_array_add (layers, layer);
    }

  return g_steal_pointer (&layers);
}

char **
btfw_plugins_get_search_path (BtfwPlugins *self)
{
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);

  for (guint i = 0; i < self->places->len; i++)
    {
      const BtfwSearchPlace *place = self->places->pdata[i];

      if (place->folder != NULL)
        g_strv_builder_add (folders, place->folder);
    }

  return g_strv_builder_end (folders);
}

char **
btfw_plugins_list_unknown_groups (BtfwPlugins *self)
{
  g_auto (GStrv) groups = NULL;
  g_autoptr (GStrvBuilder) warnings = g_strv_builder_new ();

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), NULL);

  groups = btfw_config_get_groups (self->config);
  for (char **group = groups; *group != NULL; group++)
    {
      g_autofree char *warning = describe_unknown_group (self, *group, find_group_origin (self->config, *group));

      if (warning != NULL)
        g_strv_builder_add (warnings, warning);
    }

  emit_notices (self);
  return g_strv_builder_end (warnings);
}

gboolean
btfw_plugins_check_config (BtfwPlugins *self,
                           GError     **error)
{
  g_auto (GStrv) groups = NULL;

  g_return_val_if_fail (BTFW_IS_PLUGINS (self), FALSE);

  groups = btfw_config_get_groups (self->config);
  for (char **group = groups; *group != NULL; group++)
    if (!check_plugin_group (self, *group, error))
      return FALSE;

  emit_notices (self);
  return btfw_config_check_group (self->config, "session", BTFW_TYPE_SETTINGS, error);
}
