/* peer-priority.c: whom two peers both prefer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/peer-priority.h"

#include <string.h>

/* An address counts whole so far, and behind that with every second bit. */
#define WHOLE_V4 2u
#define WHOLE_V6 6u
#define HALF_MASK 0x55
#define IP_MAX 16u

/* Castagnoli's polynomial, bit by bit: 32 bytes at most. */
static guint32
crc32c (const guint8 *bytes, gsize size)
{
  guint32 crc = G_MAXUINT32;

  for (gsize i = 0; i < size; i++)
    {
      crc ^= bytes[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0u);
    }
  return ~crc;
}

/* Of both, the lesser first. */
static guint32
sum_sorted (const guint8 *a, const guint8 *b, gsize size)
{
  guint8   both[2 * IP_MAX];
  gboolean a_first = memcmp (a, b, size) <= 0;

  memcpy (both, a_first ? a : b, size);
  memcpy (both + size, a_first ? b : a, size);
  return crc32c (both, 2 * size);
}

static guint32
sum_ports (guint16 a, guint16 b)
{
  const guint8 first[2] = { (guint8) (a >> 8), (guint8) a };
  const guint8 second[2] = { (guint8) (b >> 8), (guint8) b };

  return sum_sorted (first, second, sizeof first);
}

/* The nearer the two are, the more of their addresses counts: one byte more than
 * what they have in common. For IPv6 the text gives the first steps, /48 and /56,
 * and an “etc”. */
static gsize
get_n_whole (const guint8 *a, const guint8 *b, gsize n_whole)
{
  while (memcmp (a, b, n_whole) == 0)
    n_whole++;
  return n_whole;
}

guint32
btfw_peer_priority (const BtfwAddress *a, const BtfwAddress *b)
{
  guint8 first[IP_MAX];
  guint8 second[IP_MAX];
  gsize  size = btfw_address_get_ip (a, first);

  if (btfw_address_get_ip (b, second) != size)
    return 0;
  if (memcmp (first, second, size) == 0)
    return sum_ports (a->port, b->port);

  for (gsize i = get_n_whole (first, second, size == 4 ? WHOLE_V4 : WHOLE_V6); i < size; i++)
    {
      first[i] &= HALF_MASK;
      second[i] &= HALF_MASK;
    }
  return sum_sorted (first, second, size);
}
