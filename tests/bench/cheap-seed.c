/* cheap-seed.c: a peer that only sends: it has all of one file, unchokes
 * everybody and answers requests by the dozen. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cheap-peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_SIZE 65536
#define QUEUE_SIZE 4096 /* requests; who has asked for more is read from later */
#define HEADER_SIZE 13
#define EVENTS 64
#define ROOM_SIZE (1 << 20)
#define FIRST_BYTES (1 << 20) /* before that, a client is still setting things up */

typedef struct
{
  uint64_t offset;
  uint32_t piece, begin, length;
} Request;

typedef struct
{
  int      fd;
  bool     is_open; /* handshakes are done */
  uint32_t events;  /* what epoll watches for */
  size_t   n_input;
  uint8_t  input[INPUT_SIZE];
  uint32_t first, n_requests; /* a ring */
  Request  requests[QUEUE_SIZE];
  uint32_t n_sent; /* of the first request: header and payload */
} Peer;

static int      file_fd, epoll_fd;
static uint8_t  info_hash[HASH_SIZE];
static uint64_t file_size, piece_length, total_sent;
static uint8_t  room[ROOM_SIZE]; /* what one call sends */

static void
watch (Peer *peer, uint32_t events)
{
  struct epoll_event event = { .events = events, .data.ptr = peer };

  if (peer->events == events)
    return;

  if (epoll_ctl (epoll_fd, peer->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, peer->fd, &event) < 0)
    peer_fail ("epoll_ctl");
  peer->events = events;
}

static void
close_peer (Peer *peer)
{
  close (peer->fd);
  free (peer);
}

/* For what is said before any data: the socket's buffer is empty then. */
static void
send_all (Peer *peer, const void *data, size_t size)
{
  if (send (peer->fd, data, size, MSG_NOSIGNAL) != (ssize_t) size)
    peer_fail ("send");
}

static void
send_bitfield (Peer *peer)
{
  uint64_t n_pieces = (file_size + piece_length - 1) / piece_length;
  size_t   size = (size_t) (n_pieces + 7) / 8;
  uint8_t *message = malloc (5 + size);

  peer_put_u32 (message, (uint32_t) size + 1);
  message[4] = MESSAGE_BITFIELD;
  memset (message + 5, 0xff, size);
  if (n_pieces % 8 != 0)
    message[4 + size] = (uint8_t) (0xff << (8 - n_pieces % 8));
  send_all (peer, message, 5 + size);
  free (message);
}

static void
greet (Peer *peer, const uint8_t *their_handshake)
{
  static const uint8_t have_all[] = { 0, 0, 0, 1, MESSAGE_HAVE_ALL };
  static const uint8_t unchoke[] = { 0, 0, 0, 1, MESSAGE_UNCHOKE };
  uint8_t              handshake[HANDSHAKE_SIZE];

  peer_make_handshake (info_hash, "-CS0001-", handshake);
  send_all (peer, handshake, sizeof handshake);
  if (peer_is_fast (their_handshake))
    send_all (peer, have_all, sizeof have_all);
  else
    send_bitfield (peer);
  send_all (peer, unchoke, sizeof unchoke);
  peer->is_open = true;
}

static void
queue_request (Peer *peer, const uint8_t *payload)
{
  Request *request = &peer->requests[(peer->first + peer->n_requests) % QUEUE_SIZE];

  request->piece = peer_get_u32 (payload);
  request->begin = peer_get_u32 (payload + 4);
  request->length = peer_get_u32 (payload + 8);
  request->offset = request->piece * piece_length + request->begin;
  if (request->offset + request->length <= file_size)
    peer->n_requests++;
}

/* Takes what is whole in the input, and keeps the rest. */
static void
parse_input (Peer *peer)
{
  size_t at = 0;

  if (!peer->is_open)
    {
      if (peer->n_input < HANDSHAKE_SIZE)
        return;
      greet (peer, peer->input);
      at = HANDSHAKE_SIZE;
    }

  while (peer->n_input - at >= 4 && peer->n_requests < QUEUE_SIZE)
    {
      size_t length = peer_get_u32 (peer->input + at);

      if (peer->n_input - at < 4 + length)
        break;
      if (length == 13 && peer->input[at + 4] == MESSAGE_REQUEST)
        queue_request (peer, peer->input + at + 5);
      at += 4 + length;
    }

  peer->n_input -= at;
  memmove (peer->input, peer->input + at, peer->n_input);
}

/* The answer to the first of the requests from @at on, read from the file. */
static bool
put_answer (const Request *request, uint8_t *at)
{
  peer_put_u32 (at, request->length + 9);
  at[4] = MESSAGE_PIECE;
  peer_put_u32 (at + 5, request->piece);
  peer_put_u32 (at + 9, request->begin);
  return pread (file_fd, at + HEADER_SIZE, request->length, (off_t) request->offset) == (ssize_t) request->length;
}

/* As many answers as there is room for. One call with many of them costs this
 * side half of what sendfile() for each does, and the other side less, too. */
static size_t
gather_answers (Peer *peer)
{
  size_t size = 0;

  for (uint32_t i = 0; i < peer->n_requests; i++)
    {
      const Request *request = &peer->requests[(peer->first + i) % QUEUE_SIZE];

      if (size + HEADER_SIZE + request->length > ROOM_SIZE || !put_answer (request, room + size))
        break;
      size += HEADER_SIZE + request->length;
    }
  return size;
}

static void
count_sent (uint32_t length)
{
  if (total_sent < FIRST_BYTES && total_sent + length >= FIRST_BYTES)
    printf ("first %.6f\n", peer_get_time ());
  total_sent += length;
}

/* @n bytes more are in the socket. */
static void
account (Peer *peer, size_t n)
{
  n += peer->n_sent;
  while (peer->n_requests > 0 && n >= HEADER_SIZE + peer->requests[peer->first].length)
    {
      n -= HEADER_SIZE + peer->requests[peer->first].length;
      count_sent (peer->requests[peer->first].length);
      peer->first = (peer->first + 1) % QUEUE_SIZE;
      peer->n_requests--;
    }
  peer->n_sent = (uint32_t) n;
}

static bool
send_requests (Peer *peer)
{
  while (peer->n_requests > 0)
    {
      size_t  size = gather_answers (peer);
      ssize_t n = size == 0 ? -1 : send (peer->fd, room + peer->n_sent, size - peer->n_sent, MSG_NOSIGNAL);

      if (n < 0 && (size == 0 || errno != EAGAIN))
        return false;
      if (n < 0)
        break;
      account (peer, (size_t) n);
    }

  watch (peer, (peer->n_requests > 0 ? EPOLLOUT : 0) | (peer->n_requests < QUEUE_SIZE ? EPOLLIN : 0));
  return true;
}

static bool
read_input (Peer *peer)
{
  ssize_t n = recv (peer->fd, peer->input + peer->n_input, INPUT_SIZE - peer->n_input, 0);

  if (n <= 0)
    return n < 0 && errno == EAGAIN;

  peer->n_input += (size_t) n;
  parse_input (peer);
  return true;
}

static void
serve (Peer *peer, uint32_t events)
{
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !read_input (peer))
    {
      close_peer (peer);
      return;
    }

  /* What stayed in the input when the queue was full comes after the queue. */
  do
    {
      if (!send_requests (peer))
        {
          close_peer (peer);
          return;
        }
      parse_input (peer);
    }
  while (peer->n_requests > 0 && (peer->events & EPOLLOUT) == 0);
}

static void
accept_peer (int listener)
{
  int   fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  int   on = 1;
  Peer *peer;

  if (fd < 0)
    return;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  peer = calloc (1, sizeof *peer);
  peer->fd = fd;
  watch (peer, EPOLLIN);
}

static int
listen_at (const char *host, const char *port)
{
  struct sockaddr_in address = peer_parse_address (host, port);
  int                fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int                on = 1;

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind (fd, (struct sockaddr *) &address, sizeof address) < 0 || listen (fd, EVENTS) < 0)
    peer_fail ("listen");
  return fd;
}

int
main (int argc, char **argv)
{
  struct epoll_event events[EVENTS], accepting = { .events = EPOLLIN };
  struct stat        status;
  int                listener;

  if (argc != 6)
    peer_fail_usage ("cheap-seed ADDRESS PORT INFO-HASH PIECE-LENGTH FILE");

  setvbuf (stdout, NULL, _IOLBF, 0);
  peer_parse_hash (argv[3], info_hash);
  piece_length = peer_parse_number (argv[4]);
  file_fd = open (argv[5], O_RDONLY | O_CLOEXEC);
  if (file_fd < 0 || fstat (file_fd, &status) < 0)
    peer_fail (argv[5]);
  file_size = (uint64_t) status.st_size;

  epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  listener = listen_at (argv[1], argv[2]);
  if (epoll_ctl (epoll_fd, EPOLL_CTL_ADD, listener, &accepting) < 0)
    peer_fail ("epoll_ctl");

  for (;;)
    {
      int n = epoll_wait (epoll_fd, events, EVENTS, -1);

      for (int i = 0; i < n; i++)
        if (events[i].data.ptr == NULL)
          accept_peer (listener);
        else
          serve (events[i].data.ptr, events[i].events);
    }
}
