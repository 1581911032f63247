/* config-private.h: what the rest of the core needs of a configuration. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "plugin/properties.h"

/* Adds all that @group sets to @properties. */
gboolean btfw_config_add_to (BtfwConfig *self, const char *group, BtfwProperties *properties, GError **error);

/* All settings are now those of @other; the folders of plugins stay. */
void     btfw_config_replace (BtfwConfig *self, BtfwConfig *other);

/* Whether a setting is the name of a folder, which is any bytes; all others are UTF-8. */
gboolean btfw_config_is_file_name (const char *key);
