/* peers.h: peers that the user names (--peer). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

typedef struct
{
  char   *host;
  guint16 port;
} BtfwPeerAddress;

void btfw_peer_address_free (BtfwPeerAddress *self);

/* Adds what "host:port", "1.2.3.4:port" or "[::1]:port" says to @peers. */
gboolean btfw_peer_address_collect (GPtrArray *peers, const char *text, GError **error);
