/* btfw-config.h: settings from keyfiles and options, and where each came from. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>
#include <btfw/btfw-magnet.h>
#include <btfw/btfw-metainfo.h>
#include <btfw/btfw-plugin.h>

G_BEGIN_DECLS

/**
 * BtfwConfig:
 *
 * Settings by group and key, in layers: what is added later wins. The group
 * `session` sets #BtfwSettings and is checked at once; a group `KIND-NAME` sets
 * the properties of that plugin and is checked when the plugin is loaded. A group
 * `match CONDITION…` sets some keys of `session` for torrents that meet all its
 * conditions: `match private=true`, `match tracker=*.example.org size>4G`; the last
 * one that matches wins. Use it in one thread; a session takes a copy.
 */
#define BTFW_TYPE_CONFIG (btfw_config_get_type ())
BTFW_API
G_DECLARE_FINAL_TYPE (BtfwConfig, btfw_config, BTFW, CONFIG, GObject)

/**
 * btfw_config_new:
 *
 * Returns: (transfer full): a configuration without any setting
 */
BTFW_API BtfwConfig *btfw_config_new (void);
/**
 * btfw_config_copy:
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwConfig *btfw_config_copy (BtfwConfig *self);
/**
 * btfw_config_load_default:
 *
 * Adds `btfw/btfw.conf` of every system folder ($XDG_CONFIG_DIRS), then the
 * user's. Files that are not there are skipped.
 *
 * Returns: %FALSE with @error set; it names file, line, key and what is allowed
 */
BTFW_API gboolean    btfw_config_load_default (BtfwConfig *self, GError **error);
/**
 * btfw_config_load_file:
 * @path: (type filename): a keyfile, which must exist
 *
 * A file with a mistake changes nothing.
 */
BTFW_API gboolean    btfw_config_load_file (BtfwConfig *self, const char *path, GError **error);
/**
 * btfw_config_load_data:
 * @data: (array length=length) (element-type guint8): the text of a keyfile
 * @name: what messages call it
 */
BTFW_API gboolean    btfw_config_load_data (BtfwConfig *self, const char *data, gsize length, const char *name, GError **error);
/**
 * btfw_config_set:
 * @origin: where the value comes from, for messages: "--set"
 */
BTFW_API gboolean    btfw_config_set (BtfwConfig *self,
                                      const char *group,
                                      const char *key,
                                      const char *value,
                                      const char *origin,
                                      GError    **error);
/**
 * btfw_config_set_assignment:
 * @assignment: "GROUP.KEY=VALUE"
 */
BTFW_API gboolean    btfw_config_set_assignment (BtfwConfig *self, const char *assignment, const char *origin, GError **error);
/**
 * btfw_config_add_plugin_dir:
 * @path: (type filename): an absolute path, searched for plugins before all others
 */
BTFW_API void        btfw_config_add_plugin_dir (BtfwConfig *self, const char *path);
/**
 * btfw_config_get_plugin_dirs:
 *
 * Returns: (transfer none) (array zero-terminated=1): those added, in order
 */
BTFW_API const char *const *btfw_config_get_plugin_dirs (BtfwConfig *self);
/**
 * btfw_config_lookup:
 * @origin: (out) (optional) (transfer none): "FILE:LINE", or an option
 *
 * Returns: (nullable): the value as text, or %NULL when it is not set
 */
BTFW_API const char *btfw_config_lookup (BtfwConfig *self, const char *group, const char *key, const char **origin);
/**
 * btfw_config_lookup_for:
 * @metainfo: (nullable): a torrent
 * @magnet: (nullable): what is known of it, when @metainfo is not
 * @key: a setting of the group `session`
 * @origin: (out) (optional) (transfer none): "FILE:LINE", or an option
 * @group: (out) (optional) (transfer none): where it was set: `session`, or a rule
 *
 * What holds for one torrent: what was set by btfw_config_set(), else what the last
 * rule sets that matches, else what a file sets for all. A rule's rates are limits of
 * the torrent alone, beside those of all together.
 *
 * Returns: (nullable): the value as text, or %NULL when it is not set
 */
BTFW_API const char *btfw_config_lookup_for (BtfwConfig   *self,
                                             BtfwMetainfo *metainfo,
                                             BtfwMagnet   *magnet,
                                             const char   *key,
                                             const char  **origin,
                                             const char  **group);
/**
 * btfw_config_get_groups:
 *
 * Returns: (transfer full) (array zero-terminated=1): groups that have a setting
 */
BTFW_API char      **btfw_config_get_groups (BtfwConfig *self);
/**
 * btfw_config_get_keys:
 *
 * Returns: (transfer full) (array zero-terminated=1): keys set in @group
 */
BTFW_API char      **btfw_config_get_keys (BtfwConfig *self, const char *group);
/**
 * btfw_config_check_group:
 * @type: the type whose properties @group sets
 *
 * Returns: %FALSE with @error set for the first key that @type does not have
 *   or whose value does not fit
 */
BTFW_API gboolean    btfw_config_check_group (BtfwConfig *self, const char *group, GType type, GError **error);
/**
 * btfw_config_apply:
 * @object: gets every property that @group sets, or none when one does not fit
 */
BTFW_API gboolean    btfw_config_apply (BtfwConfig *self, const char *group, GObject *object, GError **error);
/**
 * btfw_config_parse_value: (skip)
 * @pspec: what is to be set
 * @text: as a person wrote it
 * @value: (out): initialised with the type of @pspec
 *
 * Returns: %FALSE with @error set, which says what is allowed
 */
BTFW_API gboolean    btfw_config_parse_value (GParamSpec *pspec, const char *text, GValue *value, GError **error);
/**
 * btfw_config_describe_allowed: (skip)
 *
 * Returns: (transfer full): the type and range of a setting, in words: "a number from 1 to 8"
 */
BTFW_API char       *btfw_config_describe_allowed (GParamSpec *pspec);

/**
 * BtfwEncryption:
 * @BTFW_ENCRYPTION_OFF: neither offered nor answered
 * @BTFW_ENCRYPTION_ALLOW: plain first, encrypted for those that want it
 * @BTFW_ENCRYPTION_PREFER: encrypted first, plain for those that want it
 * @BTFW_ENCRYPTION_REQUIRE: encrypted or not at all
 *
 * Whether streams of peers are encrypted, in both directions.
 */
typedef enum
{
  BTFW_ENCRYPTION_OFF,
  BTFW_ENCRYPTION_ALLOW,
  BTFW_ENCRYPTION_PREFER,
  BTFW_ENCRYPTION_REQUIRE,
} BtfwEncryption;

/**
 * BtfwSettings:
 *
 * What the group `session` of the keyfile may say; its properties are the
 * keys. A property's nick is empty, its blurb one line for people.
 */
#define BTFW_TYPE_SETTINGS (btfw_settings_get_type ())
BTFW_API
G_DECLARE_FINAL_TYPE (BtfwSettings, btfw_settings, BTFW, SETTINGS, GObject)

/**
 * btfw_settings_new:
 *
 * Returns: (transfer full): settings with their defaults
 */
BTFW_API BtfwSettings *btfw_settings_new (void);

G_END_DECLS
