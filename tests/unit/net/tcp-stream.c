/* tcp-stream.c: tests of TCP streams, on a pair of real sockets. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/tcp-stream.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  GMainContext *context;
  BtfwLoop     *loop;
  BtfwStream   *stream;
  int           far_fd; /* -1 once it is closed */
  guint         n_closed;
  guint         n_ready;
} Fixture;

static void
count_closed (gpointer fixture)
{
  ((Fixture *) fixture)->n_closed++;
}

static void
count_ready (BtfwStream *stream)
{
  ((Fixture *) stream->owner)->n_ready++;
}

static void
connect_pair (int *near_fd, int *far_fd)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t          size = sizeof address;
  int                listener = socket (AF_INET, SOCK_STREAM, 0);

  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, size), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *) &address, &size), ==, 0);
  *far_fd = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (connect (*far_fd, (struct sockaddr *) &address, size), ==, 0);
  *near_fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK);
  g_assert_cmpint (*near_fd, >=, 0);
  close (listener);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  int near_fd;

  fixture->context = g_main_context_new ();
  fixture->loop = btfw_loop_new (fixture->context, 1, NULL);
  connect_pair (&near_fd, &fixture->far_fd);
  fixture->stream = btfw_tcp_stream_new (fixture->loop, near_fd, count_closed, fixture, NULL);
  g_assert_nonnull (fixture->stream);
  fixture->stream->owner = fixture;
  fixture->stream->on_ready = count_ready;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  btfw_stream_close (fixture->stream);
  g_assert_cmpuint (fixture->n_closed, ==, 1);
  if (fixture->far_fd >= 0)
    close (fixture->far_fd);
  btfw_loop_free (fixture->loop);
  g_main_context_unref (fixture->context);
}

/* Until what the far end did is seen here. */
static void
run_until_ready (Fixture *fixture, BtfwReady ready)
{
  while ((fixture->stream->watch.ready & ready) != ready)
    g_main_context_iteration (fixture->context, TRUE);
}

static gssize
read_some (Fixture *fixture, char *buffer, gsize size)
{
  struct iovec vectors[2] = { { buffer, size / 2 }, { buffer + size / 2, size - size / 2 } };

  return btfw_stream_readv (fixture->stream, vectors, 2);
}

static void
send_far (Fixture *fixture, const char *text)
{
  g_assert_cmpint (send (fixture->far_fd, text, strlen (text), 0), ==, strlen (text));
}

static void
test_a_short_read_has_drained_it (Fixture *fixture, gconstpointer data)
{
  char buffer[8];

  send_far (fixture, "hello");
  run_until_ready (fixture, BTFW_READY_READ);
  g_assert_cmpint (read_some (fixture, buffer, 4), ==, 4);
  g_assert_true (fixture->stream->watch.ready & BTFW_READY_READ);
  g_assert_cmpint (read_some (fixture, buffer + 4, 4), ==, 1);
  g_assert_false (fixture->stream->watch.ready & BTFW_READY_READ);
  g_assert_cmpmem (buffer, 5, "hello", 5);

  send_far (fixture, "more");
  run_until_ready (fixture, BTFW_READY_READ);
  g_assert_cmpint (read_some (fixture, buffer, 4), ==, 4);
  g_assert_cmpint (read_some (fixture, buffer, 4), ==, -EAGAIN);
  g_assert_false (fixture->stream->watch.ready & BTFW_READY_READ);
}

static void
test_the_end_is_read_after_the_last_bytes (Fixture *fixture, gconstpointer data)
{
  char buffer[8];

  send_far (fixture, "bye");
  shutdown (fixture->far_fd, SHUT_WR);
  run_until_ready (fixture, BTFW_READY_READ | BTFW_READY_CLOSED);
  g_assert_cmpint (read_some (fixture, buffer, 8), ==, 3);
  g_assert_true (fixture->stream->watch.ready & BTFW_READY_READ);
  g_assert_cmpint (read_some (fixture, buffer, 8), ==, 0);
}

/* The last bytes were read before the hang-up was told. */
static void
test_an_end_that_comes_later_is_told (Fixture *fixture, gconstpointer data)
{
  char buffer[8];

  send_far (fixture, "bye");
  run_until_ready (fixture, BTFW_READY_READ);
  shutdown (fixture->far_fd, SHUT_WR);
  g_assert_cmpint (read_some (fixture, buffer, 8), ==, 3);
  g_assert_false (fixture->stream->watch.ready & BTFW_READY_READ);
  run_until_ready (fixture, BTFW_READY_READ | BTFW_READY_CLOSED);
  g_assert_cmpint (read_some (fixture, buffer, 8), ==, 0);
}

/* Both directions at once, more than any buffer holds. */
static void
test_a_full_socket_becomes_writable_again (Fixture *fixture, gconstpointer data)
{
  static char  chunk[1 << 16];
  struct iovec vector = { chunk, sizeof chunk };
  gssize       n, sent = 0, received = 0;

  run_until_ready (fixture, BTFW_READY_WRITE);
  while (fixture->stream->watch.ready & BTFW_READY_WRITE)
    {
      n = btfw_stream_writev (fixture->stream, &vector, 1, FALSE);
      g_assert_true (n > 0 || n == -EAGAIN);
      sent += MAX (n, 0);
      g_assert_cmpint (sent, <, 1 << 28);
    }

  while (received < sent)
    received += recv (fixture->far_fd, chunk, sizeof chunk, 0);
  run_until_ready (fixture, BTFW_READY_WRITE);
  g_assert_cmpint (received, ==, sent);
  g_assert_cmpint (btfw_stream_writev (fixture->stream, &vector, 1, FALSE), >, 0);
}

static void
test_sends_from_a_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (g_get_user_cache_dir (), "file", NULL);
  char             buffer[8];
  g_autofree char *dir = g_path_get_dirname (path);
  int              fd;

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "0123456789", -1, NULL));
  fd = g_open (path, O_RDONLY);
  run_until_ready (fixture, BTFW_READY_WRITE);
  g_assert_true (btfw_stream_can_send_file (fixture->stream));
  g_assert_cmpint (btfw_stream_send_file (fixture->stream, fd, 3, 4), ==, 4);
  g_assert_cmpint (recv (fixture->far_fd, buffer, sizeof buffer, 0), ==, 4);
  g_assert_cmpmem (buffer, 4, "3456", 4);

  /* Behind its end: short, then nothing, and the socket stays ready. */
  g_assert_cmpint (btfw_stream_send_file (fixture->stream, fd, 8, 4), ==, 2);
  g_assert_cmpint (btfw_stream_send_file (fixture->stream, fd, 10, 4), ==, 0);
  g_assert_true (fixture->stream->watch.ready & BTFW_READY_WRITE);
  close (fd);
}

static void
test_a_broken_connection_is_an_error (Fixture *fixture, gconstpointer data)
{
  struct linger reset = { .l_onoff = 1, .l_linger = 0 };
  struct iovec  vector = { (char *) "x", 1 };
  char          buffer[8];

  setsockopt (fixture->far_fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close (fixture->far_fd);
  fixture->far_fd = -1;
  run_until_ready (fixture, BTFW_READY_READ | BTFW_READY_WRITE | BTFW_READY_CLOSED);
  g_assert_cmpint (read_some (fixture, buffer, 8), ==, -ECONNRESET);
  g_assert_cmpint (btfw_stream_writev (fixture->stream, &vector, 1, FALSE), ==, -EPIPE);
}

static void
test_owners_without_interest_are_left_alone (Fixture *fixture, gconstpointer data)
{
  fixture->stream->on_ready = NULL;
  run_until_ready (fixture, BTFW_READY_WRITE);
  g_assert_cmpuint (fixture->n_ready, ==, 0);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  ADD ("/tcp-stream/read/a-short-one-has-drained-it", test_a_short_read_has_drained_it);
  ADD ("/tcp-stream/read/the-end-comes-after-the-last-bytes", test_the_end_is_read_after_the_last_bytes);
  ADD ("/tcp-stream/read/an-end-that-comes-later-is-told", test_an_end_that_comes_later_is_told);
  ADD ("/tcp-stream/write/a-full-socket-becomes-writable-again", test_a_full_socket_becomes_writable_again);
  ADD ("/tcp-stream/send-file/sends-from-a-file", test_sends_from_a_file);
  ADD ("/tcp-stream/a-broken-connection-is-an-error", test_a_broken_connection_is_an_error);
  ADD ("/tcp-stream/owners-without-interest-are-left-alone", test_owners_without_interest_are_left_alone);
  return g_test_run ();
}
