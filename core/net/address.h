/* address.h: a peer's address and port, small enough to keep thousands. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-net.h>

#include <netinet/in.h>
#include <sys/socket.h>

/* What btfw-net.h shows plugins. */
typedef BtfwEndpoint BtfwAddress;

void     btfw_address_from_v4 (BtfwAddress *self, const guint8 ip[4], guint16 port);
void     btfw_address_from_v6 (BtfwAddress *self, const guint8 ip[16], guint16 port);
gboolean btfw_address_from_sockaddr (BtfwAddress *self, const struct sockaddr *sockaddr, socklen_t size);
/* Fills @storage for a socket of its own family; answers the size. */
socklen_t btfw_address_to_sockaddr (const BtfwAddress *self, struct sockaddr_storage *storage);
/* "1.2.3.4:6881", "[::1]:6881", "1.2.3.4" (port 0). Numbers only. */
gboolean btfw_address_parse (BtfwAddress *self, const char *text);
char    *btfw_address_to_string (const BtfwAddress *self);
/* From 4 or 16 bytes in network order; and back: answers which of the two. */
gboolean btfw_address_from_ip (BtfwAddress *self, const guint8 *ip, gsize ip_size, guint16 port);
gsize    btfw_address_get_ip (const BtfwAddress *self, guint8 ip[16]);
gboolean btfw_address_is_v4 (const BtfwAddress *self);
gboolean btfw_address_is_local (const BtfwAddress *self);
/* Whether anybody can be connected to there at all: port and ip not 0, not multicast. */
gboolean btfw_address_is_usable (const BtfwAddress *self);
guint    btfw_address_hash (gconstpointer self);
gboolean btfw_address_equal (gconstpointer a, gconstpointer b);
/* The same address, whatever the port. */
gboolean btfw_address_same_host (const BtfwAddress *a, const BtfwAddress *b);
