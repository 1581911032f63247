/* info.h: one plugin as it was found: in a file, or linked in. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-plugins.h>

/* Immutable once it is handed out. */
struct _BtfwPluginInfo
{
  int              ref_count; /* atomic */
  BtfwPluginStatus status;
  char            *kind;
  char            *name;
  char            *path;   /* NULL when it is in no file */
  char            *reason; /* NULL unless shadowed or refused */
  char           **schemes;
  GType (*get_type) (void); /* of one that is linked in, else NULL */
  GType type;               /* of one that the application registered */
  guint place;              /* how far behind in the search path */

  BtfwPluginDescription description; /* zeroes when refused */
};

/* What the file @path is, which should hold KIND-NAME; a file that cannot be
 * used gives an info that says why. */
BtfwPluginInfo *btfw_plugin_info_new_for_file (const char *path, const char *kind, const char *name, guint place);
BtfwPluginInfo *btfw_plugin_info_new_static (const BtfwPluginDescription *description,
                                             GType (*get_type) (void),
                                             guint place);
/* @type has been found to be fit for it. */
BtfwPluginInfo *btfw_plugin_info_new_registered (const BtfwPluginDescription *description, GType type, guint place);
/* Takes @reason. */
BtfwPluginInfo *btfw_plugin_info_new_refused (const char *path,
                                              const char *kind,
                                              const char *name,
                                              guint       place,
                                              char       *reason);

/* Before @self is handed out: one of its name comes first. */
void            btfw_plugin_info_shadow (BtfwPluginInfo *self, BtfwPluginInfo *first);
gboolean        btfw_plugin_info_serves (BtfwPluginInfo *self, const char *scheme);

/* Opens and checks the file of KIND-NAME.
 *
 * Returns a file descriptor through which it can be loaded, or -1. */
int             btfw_plugin_info_open (const char            *path,
                                       const char            *kind,
                                       const char            *name,
                                       BtfwPluginDescription *description,
                                       char                 **real_path,
                                       GError               **error);
