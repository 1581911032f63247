/* floor.c: the least that a download or a check can cost on this machine: one
 * copy out of the socket or the file, one hash, one copy into the file, and
 * nothing else: no choice, no second peer, no error that is survived. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/hash.h"

#include "cheap-peer.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEADER_SIZE 13
#define REQUEST_SIZE 17
#define BLOCKS_MAX 512 /* of a piece: a call takes 1,024 parts at most */
#define N_BUFFERS 16   /* pieces between the two threads */
#define AHEAD 8        /* pieces that are asked for */
#define COMPANY 4      /* pieces that are hashed side by side, when there are as many */
#define STRIPE 16384
#define CHECKERS 2

static uint64_t file_size, piece_length, n_pieces;
static int      file_fd, socket_fd;

static size_t
length_of (uint64_t piece)
{
  uint64_t left = file_size - piece * piece_length;

  return left < piece_length ? (size_t) left : (size_t) piece_length;
}

/* --- Download: the main thread receives, the other one hashes and writes --- */

static GMutex   mutex;
static GCond    changed;
static uint8_t *buffers[N_BUFFERS]; /* that of a piece is its number modulo their count */
static uint64_t n_received, n_written;

static void
ask_for (uint64_t piece)
{
  uint8_t requests[BLOCKS_MAX * REQUEST_SIZE];
  size_t  n = 0;

  if (piece >= n_pieces)
    return;
  for (size_t begin = 0; begin < length_of (piece); begin += BLOCK_SIZE, n++)
    {
      uint8_t *request = requests + n * REQUEST_SIZE;

      peer_put_u32 (request, REQUEST_SIZE - 4);
      request[4] = MESSAGE_REQUEST;
      peer_put_u32 (request + 5, (uint32_t) piece);
      peer_put_u32 (request + 9, (uint32_t) begin);
      peer_put_u32 (request + 13, (uint32_t) MIN (length_of (piece) - begin, BLOCK_SIZE));
    }
  if (send (socket_fd, requests, n * REQUEST_SIZE, MSG_NOSIGNAL) != (ssize_t) (n * REQUEST_SIZE))
    peer_fail ("send");
}

/* The answers come in order, so their headers and blocks have known places. */
static void
receive_piece (uint64_t piece, uint8_t *buffer)
{
  static uint8_t headers[BLOCKS_MAX][HEADER_SIZE];
  struct iovec   parts[2 * BLOCKS_MAX];
  struct msghdr  message = { .msg_iov = parts };
  size_t         total = 0;

  for (size_t begin = 0; begin < length_of (piece); begin += BLOCK_SIZE)
    {
      size_t length = MIN (length_of (piece) - begin, BLOCK_SIZE);

      parts[message.msg_iovlen++] = (struct iovec){ headers[begin / BLOCK_SIZE], HEADER_SIZE };
      parts[message.msg_iovlen++] = (struct iovec){ buffer + begin, length };
      total += HEADER_SIZE + length;
    }
  if (recvmsg (socket_fd, &message, MSG_WAITALL) != (ssize_t) total)
    peer_fail ("recvmsg");
  for (size_t i = 0; i < message.msg_iovlen / 2; i++)
    if (headers[i][4] != MESSAGE_PIECE || peer_get_u32 (headers[i] + 5) != piece)
      peer_fail_usage ("a peer that answers in order");
}

static void
hash_and_write (uint64_t first, uint64_t n)
{
  BtfwHasher   hashers[COMPANY];
  BtfwHashPart parts[COMPANY];
  guint8       digest[BTFW_HASH_SIZE_MAX];

  for (uint64_t i = 0; i < n; i++)
    {
      btfw_hasher_init (&hashers[i], BTFW_HASH_SHA1);
      parts[i] = (BtfwHashPart){ &hashers[i], buffers[(first + i) % N_BUFFERS], length_of (first + i) };
    }
  btfw_hasher_update_many (parts, (guint) n);
  for (uint64_t i = 0; i < n; i++)
    {
      btfw_hasher_finish (&hashers[i], digest);
      if (pwrite (file_fd, parts[i].data, parts[i].size, (off_t) ((first + i) * piece_length)) != (ssize_t) parts[i].size)
        peer_fail ("pwrite");
    }
}

static gpointer
write_pieces (gpointer data)
{
  while (n_written < n_pieces)
    {
      uint64_t n;

      g_mutex_lock (&mutex);
      while (n_received == n_written)
        g_cond_wait (&changed, &mutex);
      n = MIN (n_received - n_written, COMPANY);
      g_mutex_unlock (&mutex);

      hash_and_write (n_written, n);

      g_mutex_lock (&mutex);
      n_written += n;
      g_cond_signal (&changed);
      g_mutex_unlock (&mutex);
    }
  return NULL;
}

static void
receive_all (void)
{
  for (uint64_t piece = 0; piece < AHEAD; piece++)
    ask_for (piece);
  for (uint64_t piece = 0; piece < n_pieces; piece++)
    {
      g_mutex_lock (&mutex);
      while (piece - n_written == N_BUFFERS)
        g_cond_wait (&changed, &mutex);
      g_mutex_unlock (&mutex);

      receive_piece (piece, buffers[piece % N_BUFFERS]);
      ask_for (piece + AHEAD);

      g_mutex_lock (&mutex);
      n_received++;
      g_cond_signal (&changed);
      g_mutex_unlock (&mutex);
    }
}

/* What comes before the first block: a handshake, have all, unchoke. */
static void
greet (const char *host, const char *port, const char *hash)
{
  static const uint8_t interested[] = { 0, 0, 0, 1, MESSAGE_INTERESTED };
  struct sockaddr_in   address = peer_parse_address (host, port);
  uint8_t              info_hash[HASH_SIZE], handshake[HANDSHAKE_SIZE], answer[HANDSHAKE_SIZE + 10];

  peer_parse_hash (hash, info_hash);
  peer_make_handshake (info_hash, "-FL0001-", handshake);
  socket_fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect (socket_fd, (struct sockaddr *) &address, sizeof address) < 0)
    peer_fail ("connect");
  if (send (socket_fd, handshake, sizeof handshake, MSG_NOSIGNAL) < 0 || send (socket_fd, interested, sizeof interested, MSG_NOSIGNAL) < 0 ||
      recv (socket_fd, answer, sizeof answer, MSG_WAITALL) != sizeof answer)
    peer_fail ("recv");
}

static void
download (char **words)
{
  GThread *writer;

  file_size = peer_parse_number (words[4]);
  n_pieces = (file_size + piece_length - 1) / piece_length;
  file_fd = open (words[5], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file_fd < 0)
    peer_fail (words[5]);
  for (int i = 0; i < N_BUFFERS; i++)
    buffers[i] = g_malloc (piece_length);

  greet (words[0], words[1], words[2]);
  writer = g_thread_new ("writer", write_pieces, NULL);
  receive_all ();
  g_thread_join (writer);
}

/* --- Check: each thread takes as many pieces as are hashed side by side --- */

static gint next_group;

static void
check_group (uint64_t first, guint n, uint8_t *stripes)
{
  BtfwHasher   hashers[BTFW_HASH_LANES_MAX];
  BtfwHashPart parts[BTFW_HASH_LANES_MAX];
  guint8       digest[BTFW_HASH_SIZE_MAX];

  for (guint i = 0; i < n; i++)
    btfw_hasher_init (&hashers[i], BTFW_HASH_SHA1);
  for (size_t at = 0; at < piece_length; at += STRIPE)
    {
      guint n_parts = 0;

      for (guint i = 0; i < n; i++)
        {
          size_t left = length_of (first + i) > at ? length_of (first + i) - at : 0;

          if (left == 0)
            continue;
          parts[n_parts] = (BtfwHashPart){ &hashers[i], stripes + (size_t) i * STRIPE, MIN (left, STRIPE) };
          if (pread (file_fd, stripes + (size_t) i * STRIPE, parts[n_parts].size, (off_t) ((first + i) * piece_length + at)) !=
              (ssize_t) parts[n_parts].size)
            peer_fail ("pread");
          n_parts++;
        }
      btfw_hasher_update_many (parts, n_parts);
    }
  for (guint i = 0; i < n; i++)
    btfw_hasher_finish (&hashers[i], digest);
}

static gpointer
check_groups (gpointer data)
{
  guint    company = MIN (btfw_hash_get_good_company (BTFW_HASH_SHA1), BTFW_HASH_LANES_MAX);
  uint8_t *stripes = g_malloc ((size_t) company * STRIPE);

  for (;;)
    {
      uint64_t first = (uint64_t) g_atomic_int_add (&next_group, 1) * company;

      if (first >= n_pieces)
        break;
      check_group (first, (guint) MIN (n_pieces - first, company), stripes);
    }
  g_free (stripes);
  return NULL;
}

static void
check (char **words)
{
  GThread    *threads[CHECKERS];
  struct stat status;

  file_fd = open (words[1], O_RDONLY | O_CLOEXEC);
  if (file_fd < 0 || fstat (file_fd, &status) < 0)
    peer_fail (words[1]);
  file_size = (uint64_t) status.st_size;
  n_pieces = (file_size + piece_length - 1) / piece_length;
  for (int i = 0; i < CHECKERS; i++)
    threads[i] = g_thread_new ("checker", check_groups, NULL);
  for (int i = 0; i < CHECKERS; i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  if (argc == 8 && strcmp (argv[1], "download") == 0)
    {
      piece_length = peer_parse_number (argv[5]);
      if (piece_length > (uint64_t) BLOCKS_MAX * BLOCK_SIZE)
        peer_fail_usage ("pieces of 8 MiB at most");
      download (argv + 2);
    }
  else if (argc == 4 && strcmp (argv[1], "check") == 0)
    {
      piece_length = peer_parse_number (argv[2]);
      check (argv + 2);
    }
  else
    peer_fail_usage ("floor download ADDRESS PORT INFO-HASH PIECE-LENGTH SIZE FILE, or floor check PIECE-LENGTH FILE");
  return 0;
}
