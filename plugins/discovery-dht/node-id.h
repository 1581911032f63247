/* node-id.h: the 160-bit names of nodes and torrents, and how far apart they are. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-net.h>

#define DHT_ID_SIZE 20
#define DHT_ID_BITS 160

typedef struct
{
  guint8 bytes[DHT_ID_SIZE];
} DhtId;

/* Where a node is. */
typedef struct
{
  DhtId        id;
  BtfwEndpoint endpoint;
} DhtContact;

gboolean dht_id_equal (const DhtId *a, const DhtId *b);
/* Below 0 when @a is nearer to @target than @b, above when it is farther. */
int      dht_id_compare (const DhtId *target, const DhtId *a, const DhtId *b);
/* How many bits both begin with alike. */
guint    dht_id_common_bits (const DhtId *a, const DhtId *b);
void     dht_id_to_hex (const DhtId *self, char hex[2 * DHT_ID_SIZE + 1]);

/* BEP 42: an id begins with a checksum of its node's address, so that nobody can
 * choose where in the DHT he stands. @random: all of the id that may be chosen. */
void     dht_id_make_secure (DhtId *self, const BtfwEndpoint *address, const guint8 random[DHT_ID_SIZE]);
/* Local addresses are exempt. */
gboolean dht_id_is_secure (const DhtId *self, const BtfwEndpoint *address);

/* Whether both are of one block of addresses, which one owner can have: a /24 of
 * IPv4, a /64 of IPv6. Local addresses are blocks of their own. */
gboolean dht_endpoint_same_block (const BtfwEndpoint *a, const BtfwEndpoint *b);
