/* message.h: the message of peer exchange (BEP 11), between bytes and addresses. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-extension.h>

/* So many addresses are told in a message, and so many are taken of one. */
#define PEX_ADDED_MAX 50u

/* What is said of an address on the wire. */
#define PEX_FLAG_ENCRYPTED 0x01
#define PEX_FLAG_UPLOAD_ONLY 0x02
#define PEX_FLAG_UTP 0x04
#define PEX_FLAG_REACHABLE 0x10

/* Where a peer can be reached; flags on the wire. */
typedef struct
{
  guint8  ip[BTFW_IP_MAX];
  guint8  ip_size; /* 4 or 16 */
  guint8  flags;
  guint16 port;
} PexAddress;

guint    pex_address_hash (gconstpointer address);
/* Flags do not count. */
gboolean pex_address_equal (gconstpointer a, gconstpointer b);

/* Takes the addresses of those who were added, %PEX_ADDED_MAX of each family at
 * most; answers how many. -1 with @error for what is no such message. */
int      pex_message_read (const guint8 *data, gsize size, PexAddress added[2 * PEX_ADDED_MAX], GError **error);
/* @added and @dropped: of PexAddress. */
GBytes  *pex_message_write (GArray *added, GArray *dropped);
