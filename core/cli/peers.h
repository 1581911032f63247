/* peers.h: peers that the user names (--peer). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/options.h"

#include <btfw/btfw.h>

typedef struct
{
  char   *host;
  guint16 port;
} BtfwPeerAddress;

void btfw_peer_address_free (BtfwPeerAddress *self);

/* For --peer, whose offset is that of a GPtrArray of them; takes "host:port",
 * "1.2.3.4:port" and "[::1]:port". */
gboolean btfw_peers_take (gpointer target, const BtfwOption *option, const char *value, GError **error);
