/* setup.h: the configuration as keyfiles and options make it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/options.h"

/* What the command line says of the configuration. Start with zeros. */
typedef struct
{
  const char *config_file; /* NULL for the default ones */
  GPtrArray  *plugin_dirs; /* of borrowed strings, or NULL */
  GArray     *assignments; /* in the order they were given, or NULL */
} BtfwSetup;

void btfw_setup_clear (BtfwSetup *self);

/* --config, --set and --plugin-dir. */
BtfwOptionGroup btfw_setup_get_group (BtfwSetup *self);
/* --port, --bind and the limits. */
BtfwOptionGroup btfw_setup_get_network_group (BtfwSetup *self);

/* For options that set the setting named in the table ("session.port"); its
 * target is the setup. */
gboolean btfw_setup_take_setting (gpointer target, const BtfwOption *option, const char *value, GError **error);

/* The same for what an option implies; @option is without its dashes, and all
 * texts must live as long as the setup. */
void btfw_setup_imply (BtfwSetup *self, const char *option, const char *setting, const char *value);

/* Reads the keyfiles, then lets the options win. May be called again, to see
 * whether the keyfiles have changed. */
BtfwConfig *btfw_setup_load (const BtfwSetup *self, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BtfwSetup, btfw_setup_clear)
