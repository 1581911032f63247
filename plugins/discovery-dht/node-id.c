/* node-id.c: the 160-bit names of nodes and torrents, and how far apart they are. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "node-id.h"

#include <string.h>

/* Of BEP 42: the bits of an address that the id depends on. */
static const guint8 mask_v4[4] = { 0x03, 0x0f, 0x3f, 0xff };
static const guint8 mask_v6[8] = { 0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff };

gboolean
dht_id_equal (const DhtId *a, const DhtId *b)
{
  return memcmp (a->bytes, b->bytes, DHT_ID_SIZE) == 0;
}

int
dht_id_compare (const DhtId *target, const DhtId *a, const DhtId *b)
{
  for (guint i = 0; i < DHT_ID_SIZE; i++)
    if (a->bytes[i] != b->bytes[i])
      return (a->bytes[i] ^ target->bytes[i]) - (b->bytes[i] ^ target->bytes[i]);

  return 0;
}

guint
dht_id_common_bits (const DhtId *a, const DhtId *b)
{
  guint n = 0;

  for (guint i = 0; i < DHT_ID_SIZE; i++, n += 8)
    {
      guint8 difference = a->bytes[i] ^ b->bytes[i];

      if (difference != 0)
        return n + 8 - g_bit_storage (difference);
    }
  return n;
}

void
dht_id_to_hex (const DhtId *self, char hex[2 * DHT_ID_SIZE + 1])
{
  for (guint i = 0; i < DHT_ID_SIZE; i++)
    g_snprintf (hex + 2 * i, 3, "%02x", self->bytes[i]);
}

/* Castagnoli's polynomial, bit by bit: eight bytes at most, once for each node met. */
static guint32
crc32c (const guint8 *bytes, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++)
    {
      crc ^= bytes[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    }
  return ~crc;
}

/* The first 21 bits that go with @address and the last byte of the id. */
static guint32
get_prefix (const BtfwEndpoint *address, guint8 last)
{
  guint8        ip[16];
  gsize         size = btfw_endpoint_get_ip (address, ip) == 4 ? sizeof mask_v4 : sizeof mask_v6;
  const guint8 *mask = size == sizeof mask_v4 ? mask_v4 : mask_v6;

  for (gsize i = 0; i < size; i++)
    ip[i] &= mask[i];
  ip[0] |= (guint8) ((last & 7) << 5);
  return crc32c (ip, size) & 0xfffff800;
}

void
dht_id_make_secure (DhtId *self, const BtfwEndpoint *address, const guint8 random[DHT_ID_SIZE])
{
  guint32 prefix;

  memcpy (self->bytes, random, DHT_ID_SIZE);
  prefix = get_prefix (address, self->bytes[DHT_ID_SIZE - 1]);
  self->bytes[0] = (guint8) (prefix >> 24);
  self->bytes[1] = (guint8) (prefix >> 16);
  self->bytes[2] = (guint8) ((prefix >> 8 & 0xf8) | (random[2] & 0x07));
}

gboolean
dht_id_is_secure (const DhtId *self, const BtfwEndpoint *address)
{
  guint32 begin;

  if (btfw_endpoint_is_local (address))
    return TRUE;

  begin = (guint32) self->bytes[0] << 24 | (guint32) self->bytes[1] << 16 | (guint32) (self->bytes[2] & 0xf8) << 8;
  return begin == get_prefix (address, self->bytes[DHT_ID_SIZE - 1]);
}

gboolean
dht_endpoint_same_block (const BtfwEndpoint *a, const BtfwEndpoint *b)
{
  gboolean is_v4 = btfw_endpoint_is_v4 (a);

  if (is_v4 != btfw_endpoint_is_v4 (b) || btfw_endpoint_is_local (a) || btfw_endpoint_is_local (b))
    return FALSE;

  return memcmp (a->ip, b->ip, is_v4 ? 15 : 8) == 0;
}
