/* btfw-plugins.h: finds plugins, says what they are, makes instances of them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-config.h>

G_BEGIN_DECLS

/**
 * BtfwPluginStatus:
 * @BTFW_PLUGIN_USABLE: the one that is used under its name
 * @BTFW_PLUGIN_SHADOWED: a plugin of that name comes earlier in the search path
 * @BTFW_PLUGIN_REFUSED: cannot be used; btfw_plugin_info_get_reason() says why
 */
typedef enum
{
  BTFW_PLUGIN_USABLE,
  BTFW_PLUGIN_SHADOWED,
  BTFW_PLUGIN_REFUSED,
} BtfwPluginStatus;

/**
 * BtfwPluginInfo:
 *
 * What is known of a module from its file alone. Immutable, ref-counted.
 */
#define BTFW_TYPE_PLUGIN_INFO (btfw_plugin_info_get_type ())
BTFW_API GType btfw_plugin_info_get_type (void) G_GNUC_CONST;

BTFW_API BtfwPluginInfo  *btfw_plugin_info_ref (BtfwPluginInfo *self);
BTFW_API void             btfw_plugin_info_unref (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_kind:
 *
 * Returns: the kind; empty for a file that is refused since it is not called KIND-NAME.so
 */
BTFW_API const char      *btfw_plugin_info_get_kind (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_name:
 *
 * Returns: the name, which it is chosen by
 */
BTFW_API const char      *btfw_plugin_info_get_name (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_path:
 *
 * Returns: (type filename) (nullable): its file, or %NULL when it is linked in, or was registered
 */
BTFW_API const char      *btfw_plugin_info_get_path (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_version:
 *
 * Returns: its own version; empty when it does not say
 */
BTFW_API const char      *btfw_plugin_info_get_version (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_description:
 *
 * Returns: one line for people
 */
BTFW_API const char      *btfw_plugin_info_get_description (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_license:
 *
 * Returns: an SPDX expression; empty when it does not say
 */
BTFW_API const char      *btfw_plugin_info_get_license (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_origin:
 *
 * Returns: where it comes from; "in process" for one that the application registered
 */
BTFW_API const char      *btfw_plugin_info_get_origin (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_schemes:
 *
 * Returns: (transfer none) (array zero-terminated=1): URL schemes it serves
 */
BTFW_API const char *const *btfw_plugin_info_get_schemes (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_flags:
 *
 * Returns: of #BtfwPluginFlags
 */
BTFW_API guint            btfw_plugin_info_get_flags (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_status:
 *
 * Returns: whether it is what its name stands for
 */
BTFW_API BtfwPluginStatus btfw_plugin_info_get_status (BtfwPluginInfo *self);
/**
 * btfw_plugin_info_get_reason:
 *
 * Returns: (nullable): a sentence: why it is refused or shadowed, and what mends it
 */
BTFW_API const char      *btfw_plugin_info_get_reason (BtfwPluginInfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwPluginInfo, btfw_plugin_info_unref)

/**
 * BtfwPlugins:
 *
 * The plugins of a search path: what the application registered, the folders of the configuration, those of
 * $BTFW_PLUGIN_PATH (with ':' between), the user's `btfw/plugins` under
 * $XDG_DATA_HOME, the installed ones. A plugin is looked for by its file name
 * when it is needed and nothing else is opened. Files and folders that others
 * than root and the user could write to are refused, and so are relative paths.
 * Use it in one thread; others may use theirs at the same time.
 *
 * #BtfwPlugins::notice (text) brings a sentence for people when a file or folder
 * was passed over.
 */
#define BTFW_TYPE_PLUGINS (btfw_plugins_get_type ())
BTFW_API
G_DECLARE_FINAL_TYPE (BtfwPlugins, btfw_plugins, BTFW, PLUGINS, GObject)

/**
 * btfw_plugins_new:
 * @config: its plugin folders come first, and its groups set what is made; it
 *   is referenced, not copied
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwPlugins *btfw_plugins_new (BtfwConfig *config);
/**
 * btfw_plugins_list:
 * @kind: (nullable): only this kind
 *
 * Looks at every module in the search path, without loading any.
 *
 * Returns: (transfer container) (element-type BtfwPluginInfo): sorted by kind and name
 */
BTFW_API GPtrArray   *btfw_plugins_list (BtfwPlugins *self, const char *kind);
/**
 * btfw_plugins_list_probed:
 * @kind: (nullable): only this kind
 *
 * The same, and each module that could be used has been opened in a child
 * process, as before it is loaded the first time: those that cannot be loaded,
 * or crash or hang, are %BTFW_PLUGIN_REFUSED with the reason.
 *
 * Returns: (transfer container) (element-type BtfwPluginInfo): sorted by kind and name
 */
BTFW_API GPtrArray   *btfw_plugins_list_probed (BtfwPlugins *self, const char *kind);
/**
 * btfw_plugins_list_settings:
 * @info: a usable plugin
 *
 * Its settings, read in a child process: none of its code runs in this one.
 * An enumeration is one of a type that is made for this.
 *
 * Returns: (transfer container) (element-type GParamSpec) (nullable): its settings,
 *   or %NULL with @error set
 */
BTFW_API GPtrArray   *btfw_plugins_list_settings (BtfwPlugins *self, BtfwPluginInfo *info, GError **error);
/**
 * btfw_plugins_forgive:
 *
 * A module that crashed or hung when it was first opened, in a child process, is
 * set aside until its file changes. This forgets what is known of it.
 *
 * Returns: whether anything was known
 */
BTFW_API gboolean     btfw_plugins_forgive (BtfwPlugins *self, BtfwPluginInfo *info);
/**
 * btfw_plugins_find:
 *
 * The first one in the search path that can be used; files of that name
 * before it that cannot be used are passed over with #BtfwPlugins::notice.
 *
 * Returns: (transfer full) (nullable): the usable plugin of that name, or
 *   %NULL; @error says which there are, or why it is refused
 */
BTFW_API BtfwPluginInfo *btfw_plugins_find (BtfwPlugins *self, const char *kind, const char *name, GError **error);
/**
 * btfw_plugins_find_scheme:
 * @scheme: of a URL: "udp"
 *
 * Returns: (transfer full) (nullable): the plugin of @kind that serves it
 */
BTFW_API BtfwPluginInfo *btfw_plugins_find_scheme (BtfwPlugins *self, const char *kind, const char *scheme, GError **error);
/**
 * btfw_plugins_load:
 * @info: a usable plugin
 *
 * Loads the module, if it is not yet loaded, and registers its type. Modules
 * are never unloaded. A file that was never seen before is first opened in a
 * child process, so that one which crashes or hangs ends only that.
 *
 * Returns: the type, or %G_TYPE_INVALID with @error set
 */
BTFW_API GType        btfw_plugins_load (BtfwPlugins *self, BtfwPluginInfo *info, GError **error);
/**
 * btfw_plugins_create:
 * @kind: the kind
 * @spec: "NAME", or "NAME,key=value,…"; in a value, "\," stands for a comma,
 *   "\+" for a plus and "\\" for a backslash
 *
 * Finds, loads, and makes an instance, with its settings from @spec first,
 * then from the configuration. A type that implements #GInitable is initialised,
 * so a plugin can refuse its settings with a sentence.
 *
 * Returns: (transfer full) (nullable) (type GObject): the instance
 */
BTFW_API gpointer     btfw_plugins_create (BtfwPlugins *self, const char *kind, const char *spec, GError **error);
/**
 * btfw_plugins_create_stack:
 * @kind: the kind
 * @spec: "TOP,key=value+MIDDLE+BOTTOM"
 *
 * Returns: (transfer full) (nullable) (element-type GObject): instances, top first
 */
BTFW_API GPtrArray   *btfw_plugins_create_stack (BtfwPlugins *self, const char *kind, const char *spec, GError **error);
/**
 * btfw_plugins_list_unknown_groups:
 *
 * Looks for groups of the configuration that set nothing, since there is no such
 * plugin; none is loaded.
 *
 * Returns: (transfer full) (array zero-terminated=1): a warning for each
 */
BTFW_API char       **btfw_plugins_list_unknown_groups (BtfwPlugins *self);
/**
 * btfw_plugins_check_config:
 *
 * Checks every group of the configuration; loads the plugins that they are for.
 *
 * Returns: %FALSE with @error set for the first mistake
 */
BTFW_API gboolean     btfw_plugins_check_config (BtfwPlugins *self, GError **error);
/**
 * btfw_plugins_get_search_path:
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename): folders, first wins
 */
BTFW_API char       **btfw_plugins_get_search_path (BtfwPlugins *self);
/**
 * btfw_plugins_get_interface:
 *
 * Returns: the interface that plugins of @kind implement, or %G_TYPE_INVALID
 */
BTFW_API GType        btfw_plugins_get_interface (const char *kind);
/**
 * BtfwPluginStuckFunc:
 * @plugin: the name of its type
 * @method: that has not returned
 * @seconds: for how long
 *
 * Called on a thread of its own, every five seconds while it lasts.
 */
typedef void (*BtfwPluginStuckFunc) (const char *plugin, const char *method, guint seconds, gpointer user_data);

/**
 * btfw_plugins_watch: (skip)
 * @func: told of every plugin that does not return from one of its methods
 *
 * Watches all calls of plugins in this process, from now on. The first caller
 * is told. A method on the loop's thread that never returns stops all transfers
 * of its session: what is to be done then is the program's decision.
 */
BTFW_API void         btfw_plugins_watch (BtfwPluginStuckFunc func, gpointer user_data);
/**
 * btfw_plugins_run_probe: (skip)
 *
 * What the helper program `btfw-probe` does; libbtfw starts it.
 */
BTFW_API int          btfw_plugins_run_probe (int argc, char **argv);
/**
 * btfw_plugins_register:
 * @kind: "picker", "storage", …
 * @name: what it is chosen by: lower-case letters, digits and '_', at most 31
 * @type: a type of which objects can be made, with the interface of @kind
 *
 * Makes a type of the application a plugin, without a file. From then on it is chosen
 * as any other: `session.picker=NAME`, btfw_add_options_set_picker(),
 * btfw_torrent_set_picker_async(); its writable properties are its settings. It comes
 * before all files and is never probed. The objects are made and their methods called
 * on the threads that the interface names (a picker's on the session's loop thread),
 * never on that of the caller, unless they are the same.
 *
 * The name belongs to the type until the process ends, as it does to a file that was
 * loaded. Register before a session is made that shall use it, or at any time for
 * torrents that are added and plugins that are exchanged later. May be called on
 * every thread.
 *
 * Fails with %BTFW_ERROR_INVALID when there is no such kind, the name cannot be one,
 * or the type does not have the interface or one of its required methods; with
 * %BTFW_ERROR_EXISTS when something was registered or loaded under this name before.
 *
 * Returns: %FALSE with @error set when it was not registered
 */
BTFW_API gboolean     btfw_plugins_register (const char *kind, const char *name, GType type, GError **error);
/**
 * btfw_plugins_register_full:
 * @kind: "picker", "storage", …
 * @name: what it is chosen by: lower-case letters, digits and '_', at most 31
 * @type: a type of which objects can be made, with the interface of @kind
 * @description: (nullable): one line, for people; at most 127 bytes
 * @schemes: (nullable) (array zero-terminated=1): of a tracker or fetcher, the URL
 *   schemes that it serves
 * @flags: what it does
 *
 * The same for a type of which more is to be said: a tracker or a fetcher is found by
 * the scheme of a URL, and an extension that tells peers of peers has a flag for it.
 *
 * Returns: %FALSE with @error set when it was not registered
 */
BTFW_API gboolean     btfw_plugins_register_full (const char        *kind,
                                                  const char        *name,
                                                  GType              type,
                                                  const char        *description,
                                                  const char *const *schemes,
                                                  BtfwPluginFlags    flags,
                                                  GError           **error);
/**
 * btfw_plugins_register_static: (skip)
 * @description: of a plugin that is linked into the program; never freed
 * @get_type: registers its type
 *
 * Makes a plugin known that is no file. It has its place before the installed
 * folder, behind all other folders. May be called on every thread, and before
 * main().
 */
BTFW_API void         btfw_plugins_register_static (const BtfwPluginDescription *description, GType (*get_type) (void));

G_END_DECLS
