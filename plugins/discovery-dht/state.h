/* state.h: what a node keeps between runs: its ids, and nodes to begin with. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "node.h"

/* As many as help; a file that is larger than they can be is not ours. */
#define DHT_STATE_NODES_MAX 200
#define DHT_STATE_SIZE_MAX (32 * 1024)

/* Fills a fresh node. No file is no failure. */
gboolean dht_state_load (DhtNode *node, const char *dir, GError **error);
/* Replaces the file as a whole. It is a help, no promise: nothing waits for a disk. */
gboolean dht_state_save (const DhtNode *node, const char *dir, GError **error);

/* The same without files. FALSE, and nothing taken, when it is damaged. */
gboolean dht_state_read (DhtNode *node, GBytes *bytes, GError **error);
GBytes  *dht_state_write (const DhtNode *node);
