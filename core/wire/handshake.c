/* handshake.c: the first bytes in each direction. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/handshake.h"

#include <string.h>

#define PREFIX "\023BitTorrent protocol"
#define PREFIX_SIZE 20u
#define RESERVED_SIZE 8u
#define HASH_OFFSET (PREFIX_SIZE + RESERVED_SIZE)
#define PEER_ID_OFFSET (HASH_OFFSET + 20)

/* Where a feature stands in the reserved bytes. */
static const struct
{
  BtfwFeatures feature;
  guint8       byte;
  guint8       bit;
} feature_bits[] = {
  { BTFW_FEATURE_DHT, 7, 0x01 },
  { BTFW_FEATURE_FAST, 7, 0x04 },
  { BTFW_FEATURE_EXTENSION, 5, 0x10 },
};

void
btfw_handshake_write (const BtfwHandshake *self, guint8 bytes[BTFW_HANDSHAKE_SIZE])
{
  guint8 *reserved = bytes + PREFIX_SIZE;

  memcpy (bytes, PREFIX, PREFIX_SIZE);
  memset (reserved, 0, RESERVED_SIZE);
  for (gsize i = 0; i < G_N_ELEMENTS (feature_bits); i++)
    if (self->features & feature_bits[i].feature)
      reserved[feature_bits[i].byte] |= feature_bits[i].bit;

  memcpy (bytes + HASH_OFFSET, self->info_hash, 20);
  memcpy (bytes + PEER_ID_OFFSET, self->peer_id, BTFW_PEER_ID_SIZE);
}

gboolean
btfw_handshake_read (BtfwHandshake *self, const guint8 *bytes, gsize size, GError **error)
{
  if (memcmp (bytes, PREFIX, MIN (size, PREFIX_SIZE)) != 0)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_HANDSHAKE, "this is not the BitTorrent protocol");

  self->features = 0;
  if (size >= HASH_OFFSET)
    for (gsize i = 0; i < G_N_ELEMENTS (feature_bits); i++)
      if (bytes[PREFIX_SIZE + feature_bits[i].byte] & feature_bits[i].bit)
        self->features |= feature_bits[i].feature;

  if (size >= PEER_ID_OFFSET)
    memcpy (self->info_hash, bytes + HASH_OFFSET, 20);
  if (size >= BTFW_HANDSHAKE_SIZE)
    memcpy (self->peer_id, bytes + PEER_ID_OFFSET, BTFW_PEER_ID_SIZE);
  return TRUE;
}
