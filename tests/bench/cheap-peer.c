/* cheap-peer.c: what the cheapest possible peers share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cheap-peer.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FAST_BYTE 27 /* the last of the reserved ones */
#define FAST_BIT 0x04

void
peer_fail (const char *call)
{
  perror (call);
  exit (1);
}

void
peer_fail_usage (const char *usage)
{
  fprintf (stderr, "usage: %s\n", usage);
  exit (2);
}

double
peer_get_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

struct sockaddr_in
peer_parse_address (const char *host, const char *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET };

  address.sin_port = htons ((uint16_t) peer_parse_number (port));
  if (inet_pton (AF_INET, host, &address.sin_addr) != 1)
    peer_fail_usage ("the address is an IPv4 address");
  return address;
}

void
peer_parse_hash (const char *hex, uint8_t hash[HASH_SIZE])
{
  if (strlen (hex) != 2 * HASH_SIZE)
    peer_fail_usage ("the info-hash is 40 hexadecimal digits");

  for (size_t i = 0; i < HASH_SIZE; i++)
    {
      const char digits[] = { hex[2 * i], hex[2 * i + 1], '\0' };

      hash[i] = (uint8_t) strtoul (digits, NULL, 16);
    }
}

uint64_t
peer_parse_number (const char *text)
{
  char              *end;
  unsigned long long value = strtoull (text, &end, 10);

  if (end == text || *end != '\0')
    peer_fail_usage ("sizes and ports are whole numbers");
  return value;
}

void
peer_make_handshake (const uint8_t hash[HASH_SIZE], const char *peer_id, uint8_t handshake[HANDSHAKE_SIZE])
{
  memset (handshake, 0, HANDSHAKE_SIZE);
  memcpy (handshake, "\023BitTorrent protocol", 20);
  handshake[FAST_BYTE] = FAST_BIT;
  memcpy (handshake + 28, hash, HASH_SIZE);
  snprintf ((char *) handshake + 48, 20, "%s%012d", peer_id, rand () % 1000000);
}

bool
peer_is_fast (const uint8_t handshake[HANDSHAKE_SIZE])
{
  return (handshake[FAST_BYTE] & FAST_BIT) != 0;
}

uint32_t
peer_get_u32 (const uint8_t *bytes)
{
  uint32_t value;

  memcpy (&value, bytes, sizeof value);
  return be32toh (value);
}

void
peer_put_u32 (uint8_t *bytes, uint32_t value)
{
  value = htobe32 (value);
  memcpy (bytes, &value, sizeof value);
}
