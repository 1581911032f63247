/* cheap-leech.c: a peer that only asks: it keeps a deep queue of requests at
 * one peer and discards what comes, without even copying it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cheap-peer.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64 /* requests in one send() */
#define REQUEST_SIZE 17
#define FIRST_BYTES (1 << 20)

typedef enum
{
  BLOCK_WANTED,
  BLOCK_ASKED,
  BLOCK_HERE,
} BlockState;

typedef struct
{
  int         fd;
  bool        is_fast;
  bool        is_choked;
  uint64_t    size, piece_length, blocks_per_piece;
  uint64_t    n_blocks, n_asked, n_here, n_bytes;
  uint64_t    cursor; /* no block before it is wanted */
  uint32_t    depth;
  BlockState *blocks;
} Leech;

static void
receive (Leech *self, void *data, size_t size)
{
  if (size > 0 && recv (self->fd, data, size, MSG_WAITALL) != (ssize_t) size)
    peer_fail ("recv");
}

/* On TCP sockets of Linux, MSG_TRUNC takes bytes from the stream without
 * copying them anywhere. */
static void
discard (Leech *self, size_t size)
{
  while (size > 0)
    {
      ssize_t n = recv (self->fd, NULL, size, MSG_TRUNC);

      if (n <= 0)
        peer_fail ("recv");
      size -= (size_t) n;
    }
}

static void
send_all (Leech *self, const void *data, size_t size)
{
  if (send (self->fd, data, size, MSG_NOSIGNAL) != (ssize_t) size)
    peer_fail ("send");
}

static uint64_t
offset_of (const Leech *self, uint64_t block)
{
  return block / self->blocks_per_piece * self->piece_length + block % self->blocks_per_piece * BLOCK_SIZE;
}

static uint32_t
length_of (const Leech *self, uint64_t block)
{
  uint64_t left = self->size - offset_of (self, block);

  return left < BLOCK_SIZE ? (uint32_t) left : BLOCK_SIZE;
}

static void
put_request (const Leech *self, uint64_t block, uint8_t *bytes)
{
  peer_put_u32 (bytes, REQUEST_SIZE - 4);
  bytes[4] = MESSAGE_REQUEST;
  peer_put_u32 (bytes + 5, (uint32_t) (block / self->blocks_per_piece));
  peer_put_u32 (bytes + 9, (uint32_t) (block % self->blocks_per_piece * BLOCK_SIZE));
  peer_put_u32 (bytes + 13, length_of (self, block));
}

/* Asks in batches: a batch is due when the queue has room for all of it. */
static void
top_up (Leech *self)
{
  uint8_t requests[BATCH * REQUEST_SIZE];
  size_t  n = 0;

  if (self->is_choked || self->n_asked + BATCH > self->depth)
    return;

  for (; self->cursor < self->n_blocks && self->n_asked < self->depth; self->cursor++)
    {
      if (self->blocks[self->cursor] != BLOCK_WANTED)
        continue;

      self->blocks[self->cursor] = BLOCK_ASKED;
      self->n_asked++;
      put_request (self, self->cursor, requests + n++ * REQUEST_SIZE);
      if (n == BATCH)
        {
          send_all (self, requests, n * REQUEST_SIZE);
          n = 0;
        }
    }

  if (n > 0)
    send_all (self, requests, n * REQUEST_SIZE);
}

static uint64_t
find_block (const Leech *self, const uint8_t *piece_and_begin)
{
  return peer_get_u32 (piece_and_begin) * self->blocks_per_piece + peer_get_u32 (piece_and_begin + 4) / BLOCK_SIZE;
}

static void
forget_request (Leech *self, uint64_t block)
{
  if (block >= self->n_blocks || self->blocks[block] != BLOCK_ASKED)
    return;

  self->blocks[block] = BLOCK_WANTED;
  self->n_asked--;
  if (block < self->cursor)
    self->cursor = block;
}

static void
on_choke (Leech *self)
{
  self->is_choked = true;
  if (self->is_fast)
    return; /* each request is rejected by itself */

  for (uint64_t block = 0; block < self->n_blocks; block++)
    forget_request (self, block);
}

static void
on_piece (Leech *self, const uint8_t *piece_and_begin, uint32_t length)
{
  uint64_t block = find_block (self, piece_and_begin);

  discard (self, length);
  if (block >= self->n_blocks || self->blocks[block] != BLOCK_ASKED || length != length_of (self, block))
    return;

  self->blocks[block] = BLOCK_HERE;
  self->n_asked--;
  self->n_here++;
  if (self->n_bytes < FIRST_BYTES && self->n_bytes + length >= FIRST_BYTES)
    printf ("first %.6f\n", peer_get_time ());
  self->n_bytes += length;
}

static void
on_message (Leech *self)
{
  uint8_t  head[4], payload[12];
  uint8_t  kind;
  uint32_t length;

  receive (self, head, sizeof head);
  length = peer_get_u32 (head);
  if (length == 0)
    return;

  receive (self, &kind, 1);
  length--;
  if (kind == MESSAGE_PIECE && length > 8)
    {
      receive (self, payload, 8);
      on_piece (self, payload, length - 8);
    }
  else if (kind == MESSAGE_REJECT && length == 12)
    {
      receive (self, payload, 12);
      forget_request (self, find_block (self, payload));
    }
  else
    {
      discard (self, length);
      if (kind == MESSAGE_UNCHOKE)
        self->is_choked = false;
      else if (kind == MESSAGE_CHOKE)
        on_choke (self);
    }
}

static void
join (Leech *self, const char *host, const char *port, const char *source, const char *hash)
{
  static const uint8_t interested[] = { 0, 0, 0, 1, MESSAGE_INTERESTED };
  struct sockaddr_in   address = peer_parse_address (host, port), from = peer_parse_address (source, "0");
  uint8_t              info_hash[HASH_SIZE], handshake[HANDSHAKE_SIZE];
  int                  on = 1;

  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind (self->fd, (struct sockaddr *) &from, sizeof from) < 0 ||
      connect (self->fd, (struct sockaddr *) &address, sizeof address) < 0)
    peer_fail ("connect");

  srand ((unsigned) getpid ());
  peer_parse_hash (hash, info_hash);
  peer_make_handshake (info_hash, "-CL0001-", handshake);
  send_all (self, handshake, sizeof handshake);
  receive (self, handshake, sizeof handshake);
  self->is_fast = peer_is_fast (handshake);
  send_all (self, interested, sizeof interested);
}

int
main (int argc, char **argv)
{
  Leech self = { .is_choked = true };

  if (argc != 8)
    peer_fail_usage ("cheap-leech ADDRESS PORT OWN-ADDRESS INFO-HASH PIECE-LENGTH SIZE DEPTH");

  setvbuf (stdout, NULL, _IOLBF, 0);
  self.piece_length = peer_parse_number (argv[5]);
  self.size = peer_parse_number (argv[6]);
  self.depth = (uint32_t) peer_parse_number (argv[7]);
  self.blocks_per_piece = (self.piece_length + BLOCK_SIZE - 1) / BLOCK_SIZE;
  self.n_blocks = self.size / self.piece_length * self.blocks_per_piece +
                  (self.size % self.piece_length + BLOCK_SIZE - 1) / BLOCK_SIZE;
  self.blocks = calloc (self.n_blocks, sizeof *self.blocks);

  join (&self, argv[1], argv[2], argv[3], argv[4]);
  while (self.n_here < self.n_blocks)
    {
      top_up (&self);
      on_message (&self);
    }

  printf ("done %.6f\n", peer_get_time ());
  close (self.fd);
  free (self.blocks);
  return 0;
}
