/* lab-plugins.c: the plugins of a laboratory, linked in. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab.h"

GType btfw_plugin_picker_rarest_get_type (void);
GType btfw_plugin_picker_sequential_get_type (void);
GType btfw_plugin_choker_standard_get_type (void);

BtfwPicker *
lab_make_picker (const char *name)
{
  if (g_strcmp0 (name, "sequential") == 0)
    return g_object_new (btfw_plugin_picker_sequential_get_type (), NULL);
  return g_object_new (btfw_plugin_picker_rarest_get_type (), NULL);
}

BtfwChoker *
lab_make_choker (void)
{
  return g_object_new (btfw_plugin_choker_standard_get_type (), NULL);
}
