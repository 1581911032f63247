/* cheap-peer.h: what the cheapest possible peers share. They trust who they
 * talk to: they are for measuring, and speak only as much of the protocol. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HANDSHAKE_SIZE 68
#define HASH_SIZE 20
#define BLOCK_SIZE 16384

enum
{
  MESSAGE_CHOKE = 0,
  MESSAGE_UNCHOKE = 1,
  MESSAGE_INTERESTED = 2,
  MESSAGE_BITFIELD = 5,
  MESSAGE_REQUEST = 6,
  MESSAGE_PIECE = 7,
  MESSAGE_HAVE_ALL = 14,
  MESSAGE_REJECT = 16,
};

/* Ends the program, with what the system says when @call has failed. */
void peer_fail (const char *call) __attribute__ ((noreturn));
void peer_fail_usage (const char *usage) __attribute__ ((noreturn));

/* Seconds on the clock that Python's time.monotonic() shows too. */
double peer_get_time (void);

struct sockaddr_in peer_parse_address (const char *host, const char *port);
void               peer_parse_hash (const char *hex, uint8_t hash[HASH_SIZE]);
uint64_t           peer_parse_number (const char *text);

void peer_make_handshake (const uint8_t hash[HASH_SIZE], const char *peer_id, uint8_t handshake[HANDSHAKE_SIZE]);
/* Whether who sent @handshake knows the messages of BEP 6. */
bool peer_is_fast (const uint8_t handshake[HANDSHAKE_SIZE]);

uint32_t peer_get_u32 (const uint8_t *bytes);
void     peer_put_u32 (uint8_t *bytes, uint32_t value);
