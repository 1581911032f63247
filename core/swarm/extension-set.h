/* extension-set.h: the extension plugins of a session, and the numbers of their messages. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/clock.h"

#include <btfw/btfw-extension.h>
#include <btfw/btfw-plugins.h>

/* Numbers of messages fit into a byte, and 0 is the handshake. */
#define BTFW_EXTENSIONS_MAX 100

typedef struct
{
  BtfwExtension *plugin;
  BtfwClock     *clock;
  const char    *message; /* interned; NULL when it has none */
  gboolean       exchanges_peers;
} BtfwExtensionEntry;

/* The message of entry i has the number i + 1. */
typedef struct _BtfwExtensionSet BtfwExtensionSet;

BtfwExtensionSet *btfw_extension_set_new (BtfwLoop *loop);
void              btfw_extension_set_free (BtfwExtensionSet *self);
/* Takes the plugin, and starts it. FALSE when there is one for its message already. */
gboolean          btfw_extension_set_add (BtfwExtensionSet *self, BtfwExtension *plugin, guint flags, GError **error);
/* Finds, loads and adds the one of @spec. */
gboolean          btfw_extension_set_load (BtfwExtensionSet *self, BtfwPlugins *plugins, const char *spec, GError **error);

/* These answer 0 for NULL, or none. */
guint                     btfw_extension_set_get_n (const BtfwExtensionSet *self);
const BtfwExtensionEntry *btfw_extension_set_get (const BtfwExtensionSet *self, guint i);
/* Its place, or G_MAXUINT. */
guint                     btfw_extension_set_find (const BtfwExtensionSet *self, BtfwExtension *plugin);
