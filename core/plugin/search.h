/* search.h: where plugins are looked for, and which files there may be some. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "plugin/info.h"

/* One step of the search. */
typedef struct
{
  char    *folder;        /* NULL for what is in this process already */
  gboolean is_registered; /* of that: what the application registered, not what is linked in */
  gboolean named;         /* somebody named it, so it should be there */
} BtfwSearchPlace;

/* In order: what is registered, @plugin_dirs, then, unless the environment cannot be trusted,
 * $BTFW_PLUGIN_PATH and the user's folder, what is linked in, the installed
 * folder. A relative path is left out and gets a sentence in @notices.
 *
 * Returns an array of BtfwSearchPlace. */
GPtrArray *btfw_search_make_places (const char *const *plugin_dirs, gboolean trust_environment, GPtrArray *notices);

/* The files of @place that are called KIND-NAME.so, read into infos; @kind NULL
 * stands for all kinds, and then files whose name is no plugin's are refused
 * with a reason. A folder that cannot be read gets a sentence in @notices. */
GPtrArray *btfw_search_list (const BtfwSearchPlace *place, guint index, const char *kind, GPtrArray *notices);

/* The plugin of that name in @place, usable or not; NULL when there is none. */
BtfwPluginInfo *btfw_search_find (const BtfwSearchPlace *place, guint index, const char *kind, const char *name);
