/* config.c: settings from keyfiles and options, and where each came from. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/config-private.h"

#include "base/keyfile.h"
#include "plugin/rules.h"
#include "plugin/spec.h"
#include "plugin/suggest.h"
#include "plugin/trust.h"

#include <btfw/btfw-text.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SESSION_GROUP "session"
#define FILE_NAME "btfw/btfw.conf"
#define SYSTEM_FOLDER "/etc/xdg"

/* The keyfile reader takes no more than this, either. */
#define FILE_SIZE_MAX (1024 * 1024)

typedef struct
{
  char *group;
  char *key;
  char *value;
  char *origin;
  gboolean is_set_by_hand; /* no line of a file, so rules of files do not go before it */
} Setting;

struct _BtfwConfig
{
  GObject parent_instance;

  GPtrArray  *settings;    /* of Setting, in the order in which they were first set */
  GHashTable *index;       /* "GROUP\nKEY" -> Setting */
  GPtrArray  *plugin_dirs; /* of texts, NULL at its end */
};

G_DEFINE_FINAL_TYPE (BtfwConfig, btfw_config, G_TYPE_OBJECT);

static void
setting_free (Setting *setting)
{
  g_free (setting->group);
  g_free (setting->key);
  g_free (setting->value);
  g_free (setting->origin);
  g_free (setting);
}

static char *
make_index_key (const char *group,
                const char *key)
{
  return g_strconcat (group, "\n", key, NULL);
}

static Setting *
find_setting (BtfwConfig *self,
              const char *group,
              const char *key)
{
  g_autofree char *index_key = make_index_key (group, key);

  return g_hash_table_lookup (self->index, index_key);
}

/* The last rule that matches wins, so one that is said anew comes last. */
static void
move_to_end (BtfwConfig *self,
             Setting    *setting)
{
  guint place = 0;

  if (g_ptr_array_find (self->settings, setting, &place))
    g_ptr_array_add (self->settings, g_ptr_array_steal_index (self->settings, place));
}

static void
store (BtfwConfig *self,
       const char *group,
       const char *key,
       const char *value,
       const char *origin,
       gboolean    by_hand)
{
  Setting *setting = find_setting (self, group, key);

  if (setting != NULL && btfw_rule_is_group (group))
    move_to_end (self, setting);
  if (setting == NULL)
    {
      setting = g_new0 (Setting, 1);
      setting->group = g_strdup (group);
      setting->key = g_strdup (key);
      g_ptr_array_add (self->settings, setting);
      g_hash_table_insert (self->index, make_index_key (group, key), setting);
    }

  g_free (setting->value);
  g_free (setting->origin);
  setting->value = g_strdup (value);
  setting->origin = g_strdup (origin);
  setting->is_set_by_hand = by_hand;
}

/* A name of a group or key that a line of a keyfile could hold. */
static gboolean
is_name (const char *name)
{
  return name[0] != '\0' && g_utf8_validate (name, -1, NULL) && strpbrk (name, "[]=\n\r") == NULL;
}

static gboolean
is_plugin_key (const char *key)
{
  return strcmp (key, "picker") == 0 || strcmp (key, "storage") == 0 || strcmp (key, "choker") == 0;
}

/* A rule sets some of what the group "session" sets. */
static gboolean
check_rule_setting (const char *group,
                    const char *key,
                    const char *value,
                    const char *origin,
                    GError    **error)
{
  g_autoptr (BtfwProperties) properties = NULL;
  g_autoptr (GPtrArray) specs = NULL;
  g_autofree char *end = NULL;

  if (!btfw_rule_may_set (key))
    {
      end = btfw_suggest_sentence (key, btfw_rule_get_keys ());
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG, _("%s: a rule cannot set “%s”%s"), origin, key, end);
      return FALSE;
    }

  properties = btfw_properties_new (BTFW_TYPE_SETTINGS, group);
  if (!btfw_properties_add (properties, key, value, origin, error))
    return FALSE;
  if (!is_plugin_key (key))
    return TRUE;

  specs = btfw_spec_parse_stack (value, error);
  if (specs == NULL)
    g_prefix_error (error, "%s: %s.%s: ", origin, group, key);
  return specs != NULL;
}

/* The settings of the session are known, so a mistake is found at once. */
static gboolean
check_setting (const char *group,
               const char *key,
               const char *value,
               const char *origin,
               GError    **error)
{
  g_autoptr (BtfwProperties) properties = NULL;

  if (btfw_rule_is_group (group))
    return check_rule_setting (group, key, value, origin, error);
  if (strcmp (group, SESSION_GROUP) != 0)
    return TRUE;

  properties = btfw_properties_new (BTFW_TYPE_SETTINGS, group);
  return btfw_properties_add (properties, key, value, origin, error);
}

static gboolean
check_group (const char *group,
             const char *origin,
             GError    **error)
{
  g_autoptr (BtfwRule) rule = NULL;

  if (!btfw_rule_is_group (group))
    return TRUE;

  rule = btfw_rule_parse (group, error);
  if (rule == NULL)
    g_prefix_error (error, "%s: [%s]: ", origin, group);
  return rule != NULL;
}

/* Reads one entry of a keyfile into @layer, a configuration of its own, so that
 * a file with a mistake changes nothing. */
static gboolean
load_entry (BtfwConfig             *layer,
            const BtfwKeyfileEntry *entry,
            const char             *name,
            GError                **error)
{
  g_autofree char *origin = g_strdup_printf ("%s:%u", name, entry->line);
  g_autofree char *value = NULL;

  if (entry->key == NULL)
    return check_group (entry->group, origin, error);

  value = btfw_keyfile_unescape (entry->value);
  if (value == NULL)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG,
                   _("%s: %s.%s: after a backslash only “s”, “n”, “t”, “r” and “\\” are allowed (“\\\\” stands for a backslash)"),
                   origin, entry->group, entry->key);
      return FALSE;
    }

  if (!check_setting (entry->group, entry->key, value, origin, error))
    return FALSE;

  store (layer, entry->group, entry->key, value, origin, FALSE);
  return TRUE;
}

static void
merge (BtfwConfig *self,
       BtfwConfig *layer)
{
  for (guint i = 0; i < layer->settings->len; i++)
    {
      const Setting *setting = layer->settings->pdata[i];

      store (self, setting->group, setting->key, setting->value, setting->origin, setting->is_set_by_hand);
    }
}

static int
open_file (const char *path,
           GError    **error)
{
  struct stat st;
  /* O_NONBLOCK: nobody has to be at the other end of a pipe. */
  int fd = TEMP_FAILURE_RETRY (open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));

  if (fd >= 0 && fstat (fd, &st) == 0 && S_ISREG (st.st_mode))
    return fd;

  if (fd >= 0)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG, _("cannot read “%s”: it is not a file"), path);
  else
    g_set_error (error, BTFW_ERROR, errno == ENOENT ? BTFW_ERROR_NOT_FOUND : BTFW_ERROR_CONFIG,
                 _("cannot read “%s”: %s"), path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

static char *
read_file (const char *path,
           gsize      *size,
           GError    **error)
{
  g_autofree char *data = NULL;
  gssize           n;
  int              fd = open_file (path, error);

  if (fd < 0)
    return NULL;

  data = g_malloc (FILE_SIZE_MAX + 1);
  *size = 0;
  do
    {
      n = TEMP_FAILURE_RETRY (read (fd, data + *size, FILE_SIZE_MAX + 1 - *size));
      *size += MAX (n, 0);
    }
  while (n > 0 && *size <= FILE_SIZE_MAX);

  if (n < 0)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG, _("cannot read “%s”: %s"), path, g_strerror (errno));
  else if (*size > FILE_SIZE_MAX)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT, _("“%s” is too large for a keyfile (at most 1 MiB)"), path);
  close (fd);

  return n == 0 ? g_steal_pointer (&data) : NULL;
}

static gboolean
load_optional (BtfwConfig *self,
               const char *folder,
               GError    **error)
{
  g_autofree char *path = g_build_filename (folder, FILE_NAME, NULL);
  g_autoptr (GError) cause = NULL;

  if (btfw_config_load_file (self, path, &cause) || g_error_matches (cause, BTFW_ERROR, BTFW_ERROR_NOT_FOUND))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static void
btfw_config_finalize (GObject *object)
{
  BtfwConfig *self = BTFW_CONFIG (object);

  g_hash_table_unref (self->index);
  g_ptr_array_unref (self->settings);
  g_ptr_array_unref (self->plugin_dirs);
  G_OBJECT_CLASS (btfw_config_parent_class)->finalize (object);
}

static void
btfw_config_class_init (BtfwConfigClass *class)
{
  G_OBJECT_CLASS (class)->finalize = btfw_config_finalize;
}

static void
btfw_config_init (BtfwConfig *self)
{
  self->settings = g_ptr_array_new_with_free_func ((GDestroyNotify) setting_free);
  self->index = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->plugin_dirs = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->plugin_dirs, NULL);
}

BtfwConfig *
btfw_config_new (void)
{
  return g_object_new (BTFW_TYPE_CONFIG, NULL);
}

BtfwConfig *
btfw_config_copy (BtfwConfig *self)
{
  BtfwConfig *copy;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), NULL);

  copy = btfw_config_new ();
  merge (copy, self);
  for (guint i = 0; i + 1 < self->plugin_dirs->len; i++)
    btfw_config_add_plugin_dir (copy, self->plugin_dirs->pdata[i]);

  return copy;
}

gboolean
btfw_config_load_default (BtfwConfig *self,
                          GError    **error)
{
  static const char *const system_only[] = { SYSTEM_FOLDER, NULL };
  gboolean                 trusted = btfw_trust_environment ();
  const char *const       *folders = trusted ? g_get_system_config_dirs () : system_only;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), FALSE);

  /* The first folder is the most important one, so it is read last. */
  for (guint i = g_strv_length ((char **) folders); i > 0; i--)
    if (!load_optional (self, folders[i - 1], error))
      return FALSE;

  return !trusted || load_optional (self, g_get_user_config_dir (), error);
}

gboolean
btfw_config_load_file (BtfwConfig *self,
                       const char *path,
                       GError    **error)
{
  g_autofree char *data = NULL;
  gsize            size;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  data = read_file (path, &size, error);
  return data != NULL && btfw_config_load_data (self, data, size, path, error);
}

gboolean
btfw_config_load_data (BtfwConfig *self,
                       const char *data,
                       gsize       length,
                       const char *name,
                       GError    **error)
{
  g_autoptr (BtfwKeyfile) keyfile = NULL;
  g_autoptr (BtfwConfig) layer = NULL;
  const BtfwKeyfileEntry *entries;
  guint                   n_entries;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  keyfile = btfw_keyfile_parse (data, length, name, error);
  if (keyfile == NULL)
    return FALSE;

  layer = btfw_config_new ();
  entries = btfw_keyfile_get_entries (keyfile, &n_entries);
  for (guint i = 0; i < n_entries; i++)
    if (!load_entry (layer, &entries[i], name, error))
      return FALSE;

  merge (self, layer);
  return TRUE;
}

gboolean
btfw_config_is_file_name (const char *key)
{
  return g_str_equal (key, "dir") || g_str_equal (key, "state-dir");
}

gboolean
btfw_config_set (BtfwConfig *self,
                 const char *group,
                 const char *key,
                 const char *value,
                 const char *origin,
                 GError    **error)
{
  g_return_val_if_fail (BTFW_IS_CONFIG (self), FALSE);
  g_return_val_if_fail (group != NULL && key != NULL && value != NULL && origin != NULL, FALSE);

  if (!is_name (group) || !is_name (key) || (!btfw_config_is_file_name (key) && !g_utf8_validate (value, -1, NULL)))
    {
      g_autofree char *shown_group = btfw_text_clean (group, -1);
      g_autofree char *shown_key = btfw_text_clean (key, -1);
      g_autofree char *shown_value = btfw_text_clean (value, -1);

      g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG,
                   _("%s: “%s.%s=%s” is not a setting; write GROUP.KEY=VALUE"), origin, shown_group, shown_key, shown_value);
      return FALSE;
    }

  if (!check_setting (group, key, value, origin, error))
    return FALSE;

  store (self, group, key, value, origin, TRUE);
  return TRUE;
}

gboolean
btfw_config_set_assignment (BtfwConfig *self,
                            const char *assignment,
                            const char *origin,
                            GError    **error)
{
  const char      *equals, *dot;
  g_autofree char *group = NULL;
  g_autofree char *key = NULL;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), FALSE);
  g_return_val_if_fail (assignment != NULL && origin != NULL, FALSE);

  equals = strchr (assignment, '=');
  dot = strchr (assignment, '.');
  if (equals == NULL || dot == NULL || dot > equals)
    {
      g_autofree char *shown = btfw_text_clean (assignment, -1);

      g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG,
                   _("%s: “%s” sets nothing; write GROUP.KEY=VALUE, as in session.max-upload=500k"),
                   origin, shown);
      return FALSE;
    }

  group = g_strstrip (g_strndup (assignment, dot - assignment));
  key = g_strstrip (g_strndup (dot + 1, equals - dot - 1));
  return btfw_config_set (self, group, key, equals + 1, origin, error);
}

void
btfw_config_add_plugin_dir (BtfwConfig *self,
                            const char *path)
{
  g_return_if_fail (BTFW_IS_CONFIG (self));
  g_return_if_fail (path != NULL);

  g_ptr_array_insert (self->plugin_dirs, self->plugin_dirs->len - 1, g_strdup (path));
}

const char *const *
btfw_config_get_plugin_dirs (BtfwConfig *self)
{
  g_return_val_if_fail (BTFW_IS_CONFIG (self), NULL);

  return (const char *const *) self->plugin_dirs->pdata;
}

const char *
btfw_config_lookup (BtfwConfig  *self,
                    const char  *group,
                    const char  *key,
                    const char **origin)
{
  const Setting *setting;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), NULL);
  g_return_val_if_fail (group != NULL && key != NULL, NULL);

  setting = find_setting (self, group, key);
  if (setting == NULL)
    return NULL;

  if (origin != NULL)
    *origin = setting->origin;
  return setting->value;
}

/* The last rule that matches and sets @key, or NULL. */
static const Setting *
find_rule_setting (BtfwConfig   *self,
                   BtfwMetainfo *metainfo,
                   BtfwMagnet   *magnet,
                   const char   *key)
{
  for (guint i = self->settings->len; i > 0; i--)
    {
      const Setting *setting = self->settings->pdata[i - 1];
      g_autoptr (BtfwRule) rule = NULL;

      if (strcmp (setting->key, key) != 0 || !btfw_rule_is_group (setting->group))
        continue;
      rule = btfw_rule_parse (setting->group, NULL);
      if (rule != NULL && btfw_rule_matches (rule, metainfo, magnet))
        return setting;
    }
  return NULL;
}

const char *
btfw_config_lookup_for (BtfwConfig   *self,
                        BtfwMetainfo *metainfo,
                        BtfwMagnet   *magnet,
                        const char   *key,
                        const char  **origin,
                        const char  **group)
{
  const Setting *setting, *ruled;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), NULL);
  g_return_val_if_fail (metainfo != NULL || magnet != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);

  setting = find_setting (self, SESSION_GROUP, key);
  if (setting == NULL || !setting->is_set_by_hand)
    {
      ruled = find_rule_setting (self, metainfo, magnet, key);
      setting = ruled != NULL ? ruled : setting;
    }
  if (setting == NULL)
    return NULL;

  if (origin != NULL)
    *origin = setting->origin;
  if (group != NULL)
    *group = setting->group;
  return setting->value;
}

void
btfw_config_replace (BtfwConfig *self,
                     BtfwConfig *other)
{
  g_hash_table_remove_all (self->index);
  g_ptr_array_set_size (self->settings, 0);
  merge (self, other);
}

char **
btfw_config_get_groups (BtfwConfig *self)
{
  g_autoptr (GStrvBuilder) groups = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_return_val_if_fail (BTFW_IS_CONFIG (self), NULL);

  for (guint i = 0; i < self->settings->len; i++)
    {
      Setting *setting = self->settings->pdata[i];

      if (g_hash_table_add (seen, setting->group))
        g_strv_builder_add (groups, setting->group);
    }

  return g_strv_builder_end (groups);
}

char **
btfw_config_get_keys (BtfwConfig *self,
                      const char *group)
{
  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();

  g_return_val_if_fail (BTFW_IS_CONFIG (self), NULL);
  g_return_val_if_fail (group != NULL, NULL);

  for (guint i = 0; i < self->settings->len; i++)
    {
      const Setting *setting = self->settings->pdata[i];

      if (strcmp (setting->group, group) == 0)
        g_strv_builder_add (keys, setting->key);
    }

  return g_strv_builder_end (keys);
}

gboolean
btfw_config_add_to (BtfwConfig     *self,
                    const char     *group,
                    BtfwProperties *properties,
                    GError        **error)
{
  for (guint i = 0; i < self->settings->len; i++)
    {
      const Setting *setting = self->settings->pdata[i];

      if (strcmp (setting->group, group) == 0 &&
          !btfw_properties_add (properties, setting->key, setting->value, setting->origin, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
btfw_config_check_group (BtfwConfig *self,
                         const char *group,
                         GType       type,
                         GError    **error)
{
  g_autoptr (BtfwProperties) properties = NULL;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), FALSE);
  g_return_val_if_fail (group != NULL, FALSE);
  g_return_val_if_fail (g_type_is_a (type, G_TYPE_OBJECT), FALSE);

  properties = btfw_properties_new (type, group);
  return btfw_config_add_to (self, group, properties, error);
}

gboolean
btfw_config_apply (BtfwConfig *self,
                   const char *group,
                   GObject    *object,
                   GError    **error)
{
  g_autoptr (BtfwProperties) properties = NULL;

  g_return_val_if_fail (BTFW_IS_CONFIG (self), FALSE);
  g_return_val_if_fail (group != NULL, FALSE);
  g_return_val_if_fail (G_IS_OBJECT (object), FALSE);

  properties = btfw_properties_new (G_OBJECT_TYPE (object), group);
  return btfw_config_add_to (self, group, properties, error) &&
         btfw_properties_apply (properties, object, error);
}
