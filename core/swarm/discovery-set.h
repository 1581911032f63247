/* discovery-set.h: the discovery plugins of a session, made when a torrent first needs them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/clock.h"

#include <btfw/btfw-discovery.h>
#include <btfw/btfw-plugins.h>

typedef struct _BtfwDiscoverySet BtfwDiscoverySet;

/* A plugin that somebody named cannot be used, or one has something to say. */
typedef void (*BtfwDiscoveryNotice) (gpointer user_data, const char *text);

/* @specs: as the setting `discovery` has them; @state_dir: where each gets a
 * folder of its own, or NULL. @plugins may be NULL where all are added by hand. */
BtfwDiscoverySet *btfw_discovery_set_new (BtfwLoop           *loop,
                                          BtfwPlugins        *plugins,
                                          BtfwNet            *net,
                                          char              **specs,
                                          const char         *state_dir,
                                          BtfwDiscoveryNotice notice,
                                          gpointer            user_data);
/* Stops them; torrents went before. */
void              btfw_discovery_set_free (BtfwDiscoverySet *self);

/* Makes and starts those that are wanted, unless that has been done. */
void              btfw_discovery_set_load (BtfwDiscoverySet *self);
/* Takes the plugin, and starts it. */
gboolean          btfw_discovery_set_add (BtfwDiscoverySet *self, const char *name, BtfwDiscovery *plugin, GError **error);

/* Of those that run; 0 for NULL. */
guint             btfw_discovery_set_get_n (const BtfwDiscoverySet *self);
/* (transfer none) */
BtfwDiscovery    *btfw_discovery_set_get (const BtfwDiscoverySet *self, guint i);
const char       *btfw_discovery_set_get_name (const BtfwDiscoverySet *self, guint i);

/* To all that run. */
void              btfw_discovery_set_add_node (BtfwDiscoverySet *self, const BtfwEndpoint *node);
/* Of the first that has one. */
guint16           btfw_discovery_set_get_node_port (const BtfwDiscoverySet *self, GSocketFamily family);
