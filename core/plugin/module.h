/* module.h: the modules that are loaded into this process. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "plugin/info.h"

/* Loads the plugin, unless it is loaded, and answers its type once that is
 * found to implement the interface of its kind; G_TYPE_INVALID with @error set
 * otherwise. Modules stay until the process ends, so a plugin that was loaded
 * from one file cannot be taken from another one any more. May be called on
 * every thread. */
GType      btfw_module_load (BtfwPluginInfo *info, GError **error);

/* Why no plugin of @kind can be made of @type, or TRUE. Its class stays from then on. */
gboolean   btfw_module_check_type (GType type, const char *kind, GError **error);
/* Gives the name to @type, which was checked, so that no file can have it any
 * more. Fails when it was given to something before. */
gboolean   btfw_module_claim (const char *kind, const char *name, GType type, GError **error);

/* In a process of its own: loads the module that is open as @fd and answers its type. */
GType      btfw_module_probe (int fd, const char *real_path, const char *kind, const char *name, GError **error);

/* Plugins that are linked into the program, as infos of @place. */
GPtrArray *btfw_module_list_static (guint place);
