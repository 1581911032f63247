/* network.c: tests of listening, connecting and resolving, on loopback. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/listener.h"
#include "net/network.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct
{
  GMainContext *context;
  BtfwLoop     *loop;
  BtfwNetwork  *network;
  GPtrArray    *accepted; /* BtfwStream */
  BtfwAddress   from;     /* of the last one */
} Fixture;

static void
on_accept (BtfwNetwork *network, BtfwStream *stream, const BtfwAddress *from, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->accepted, stream);
  fixture->from = *from;
}

static void
close_stream (gpointer stream)
{
  btfw_stream_close (stream);
}

static void
set_up_bound (Fixture *fixture, const char *bind, guint max_connections)
{
  fixture->context = g_main_context_new ();
  fixture->loop = btfw_loop_new (fixture->context, 1, NULL);
  fixture->network = btfw_network_new (fixture->loop, bind, max_connections, NULL);
  g_assert_nonnull (fixture->network);
  fixture->accepted = g_ptr_array_new_with_free_func (close_stream);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  set_up_bound (fixture, NULL, 100);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_ptr_array_unref (fixture->accepted);
  g_assert_cmpuint (btfw_network_get_n_connections (fixture->network), ==, 0);
  btfw_network_free (fixture->network);
  btfw_loop_free (fixture->loop);
  g_main_context_unref (fixture->context);
}

static void
listen_anywhere (Fixture *fixture)
{
  GError *error = NULL;

  btfw_network_listen (fixture->network, 0, on_accept, fixture, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (btfw_network_get_port (fixture->network), >, 0);
}

static BtfwAddress
make_address (const char *host, guint16 port)
{
  BtfwAddress address;

  g_assert_true (btfw_address_parse (&address, host));
  address.port = port;
  return address;
}

/* A plain client of ours, which says one byte as the kernel holds back those
 * who say nothing. */
static int
try_dial (const char *host, guint16 port)
{
  struct sockaddr_storage storage;
  BtfwAddress             address = make_address (host, port);
  socklen_t               size = btfw_address_to_sockaddr (&address, &storage);
  int                     fd = socket (storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd >= 0 && connect (fd, (struct sockaddr *) &storage, size) == 0)
    {
      g_assert_cmpint (send (fd, "x", 1, MSG_NOSIGNAL), ==, 1);
      return fd;
    }
  if (fd >= 0)
    close (fd);
  return -1;
}

static int
dial (const char *host, guint16 port)
{
  int fd = try_dial (host, port);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
run_until_accepted (Fixture *fixture, guint n)
{
  while (fixture->accepted->len < n)
    g_main_context_iteration (fixture->context, TRUE);
}

/* An attempt that remembers how it ended. */
typedef struct
{
  BtfwConnect connect; /* first */
  gboolean    is_done;
  BtfwStream *stream;
  char       *message;
} Attempt;

static void
attempt_done (BtfwConnect *connect, BtfwStream *stream, const GError *error)
{
  Attempt *self = (Attempt *) connect;

  g_assert_false (self->is_done);
  g_assert_true ((stream != NULL) != (error != NULL));
  g_assert_null (connect->network);
  self->is_done = TRUE;
  self->stream = stream;
  self->message = error != NULL ? g_strdup (error->message) : NULL;
}

static void
attempt_begin (Attempt *self, Fixture *fixture, const char *host, guint16 port, guint timeout_ms)
{
  *self = (Attempt){ .connect.address = make_address (host, port), .connect.done = attempt_done };
  btfw_network_connect (fixture->network, &self->connect, timeout_ms);
  g_assert_false (self->is_done);
}

static void
attempt_run (Attempt *self, Fixture *fixture)
{
  while (!self->is_done)
    g_main_context_iteration (fixture->context, TRUE);
}

static void
assert_attempt_fails (Fixture *fixture, const char *host, guint16 port, guint timeout_ms, const char *why)
{
  Attempt attempt;

  attempt_begin (&attempt, fixture, host, port, timeout_ms);
  attempt_run (&attempt, fixture);
  g_assert_null (attempt.stream);
  if (strstr (attempt.message, why) == NULL)
    g_error ("“%s” lacks “%s”", attempt.message, why);
  g_assert_cmpuint (btfw_network_get_n_connections (fixture->network), ==, fixture->accepted->len);
  g_free (attempt.message);
}

static void
test_connects_and_accepts (Fixture *fixture, gconstpointer data)
{
  Fixture other = { 0 };
  Attempt attempt;
  char    buffer[4];
  struct iovec vector = { (char *) "ping", 4 };
  struct iovec room = { buffer, sizeof buffer };

  set_up (&other, NULL);
  listen_anywhere (&other);
  attempt_begin (&attempt, fixture, "127.0.0.1", btfw_network_get_port (other.network), 10000);
  attempt_run (&attempt, fixture);
  g_assert_nonnull (attempt.stream);
  g_assert_cmpuint (btfw_network_get_n_connections (fixture->network), ==, 1);
  g_assert_cmpint (btfw_stream_writev (attempt.stream, &vector, 1, FALSE), ==, 4);

  run_until_accepted (&other, 1);
  g_assert_true (btfw_address_is_v4 (&other.from));
  g_assert_cmpuint (btfw_network_get_n_connections (other.network), ==, 1);
  g_assert_cmpint (btfw_stream_readv (other.accepted->pdata[0], &room, 1), ==, 4);
  g_assert_cmpmem (buffer, 4, "ping", 4);

  btfw_stream_close (attempt.stream);
  tear_down (&other, NULL);
}

static void
test_listens_on_both_families (Fixture *fixture, gconstpointer data)
{
  guint16 port;
  int     fds[2];

  listen_anywhere (fixture);
  port = btfw_network_get_port (fixture->network);
  fds[0] = dial ("127.0.0.1", port);
  run_until_accepted (fixture, 1);
  g_assert_true (btfw_address_is_v4 (&fixture->from));

  fds[1] = try_dial ("::1", port);
  if (fds[1] >= 0)
    {
      run_until_accepted (fixture, 2);
      g_assert_false (btfw_address_is_v4 (&fixture->from));
      close (fds[1]);
    }
  else
    g_test_message ("no IPv6 here");
  close (fds[0]);
}

static void
test_a_port_in_use_leads_to_the_next (Fixture *fixture, gconstpointer data)
{
  Fixture other = { 0 };
  guint16 port;

  listen_anywhere (fixture);
  port = btfw_network_get_port (fixture->network);
  set_up (&other, NULL);
  g_assert_true (btfw_network_listen (other.network, port, on_accept, &other, NULL));
  g_assert_cmpuint (btfw_network_get_port (other.network), !=, port);
  tear_down (&other, NULL);
}

static void
test_listening_again_takes_the_same_port (Fixture *fixture, gconstpointer data)
{
  guint16 port;

  listen_anywhere (fixture);
  port = btfw_network_get_port (fixture->network);
  g_assert_true (btfw_network_listen (fixture->network, port, on_accept, fixture, NULL));
  g_assert_cmpuint (btfw_network_get_port (fixture->network), ==, port);
}

static guint16
get_dead_port (void)
{
  BtfwBinding none = { 0 };
  BtfwAddress address = make_address ("127.0.0.1", 0);
  struct sockaddr_in in;
  socklen_t   size = sizeof in;
  int         fd = btfw_listen_at (&none, &address, FALSE, NULL);

  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &in, &size), ==, 0);
  close (fd);
  return g_ntohs (in.sin_port);
}

static void
test_failures_are_told_later_and_once (Fixture *fixture, gconstpointer data)
{
  listen_anywhere (fixture);
  assert_attempt_fails (fixture, "127.0.0.1", get_dead_port (), 10000, g_strerror (ECONNREFUSED));
  assert_attempt_fails (fixture, "0.0.0.0", 5, 10000, "nobody");
  assert_attempt_fails (fixture, "8.8.8.8", 0, 10000, "nobody");
  assert_attempt_fails (fixture, "224.0.0.1", 5, 10000, "nobody");
  assert_attempt_fails (fixture, "127.0.0.1", btfw_network_get_port (fixture->network), 10000, "ourselves");
  assert_attempt_fails (fixture, "127.8.8.8", btfw_network_get_port (fixture->network), 10000, "ourselves");
}

/* The kernel drops who comes to a queue that is full. */
static void
test_no_answer_ends_with_the_time (Fixture *fixture, gconstpointer data)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof in;
  int       listener = socket (AF_INET, SOCK_STREAM, 0);
  int       fds[2];

  g_assert_cmpint (bind (listener, (struct sockaddr *) &in, size), ==, 0);
  g_assert_cmpint (listen (listener, 0), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *) &in, &size), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      g_assert_true (connect (fds[i], (struct sockaddr *) &in, size) == 0 || errno == EINPROGRESS);
    }

  assert_attempt_fails (fixture, "127.0.0.1", g_ntohs (in.sin_port), 50, "no answer within 0.1 s");
  close (fds[0]);
  close (fds[1]);
  close (listener);
}

static void
test_cancelled_attempts_are_never_told (Fixture *fixture, gconstpointer data)
{
  Fixture other = { 0 };
  Attempt attempts[2];

  set_up (&other, NULL);
  listen_anywhere (&other);
  attempt_begin (&attempts[0], fixture, "127.0.0.1", btfw_network_get_port (other.network), 10000);
  attempt_begin (&attempts[1], fixture, "0.0.0.0", 1, 10000);
  for (guint i = 0; i < G_N_ELEMENTS (attempts); i++)
    {
      btfw_network_cancel (fixture->network, &attempts[i].connect);
      btfw_network_cancel (fixture->network, &attempts[i].connect);
    }
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_false (attempts[0].is_done || attempts[1].is_done);
  g_assert_cmpuint (btfw_network_get_n_connections (fixture->network), ==, 0);
  tear_down (&other, NULL);
}

static guint n_freed;

static void
free_attempt (BtfwConnect *connect, BtfwStream *stream, const GError *error)
{
  n_freed++;
  if (stream != NULL)
    btfw_stream_close (stream);
  g_free (connect);
}

static void
test_done_may_free_the_attempt (Fixture *fixture, gconstpointer data)
{
  Fixture other = { 0 };
  const char *hosts[] = { "127.0.0.1", "0.0.0.0" };

  n_freed = 0;
  set_up (&other, NULL);
  listen_anywhere (&other);
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      BtfwConnect *connect = g_new0 (BtfwConnect, 1);

      connect->address = make_address (hosts[i], btfw_network_get_port (other.network));
      connect->done = free_attempt;
      btfw_network_connect (fixture->network, connect, 10000);
    }
  while (n_freed < 2)
    g_main_context_iteration (fixture->context, TRUE);
  tear_down (&other, NULL);
}

static gboolean
is_at_its_end (int fd)
{
  char   byte;
  gssize n = recv (fd, &byte, 1, MSG_DONTWAIT);

  return n == 0 || (n < 0 && errno != EAGAIN);
}

static void
test_the_ceiling_is_held_in_both_directions (Fixture *fixture, gconstpointer data)
{
  Fixture small = { 0 };
  int     fds[3];

  set_up_bound (&small, NULL, 2);
  listen_anywhere (&small);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = dial ("127.0.0.1", btfw_network_get_port (small.network));
  while (!is_at_its_end (fds[2]))
    g_main_context_iteration (small.context, TRUE);
  g_assert_cmpuint (small.accepted->len, ==, 2);
  assert_attempt_fails (&small, "127.0.0.1", get_dead_port (), 10000, "too many");

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  tear_down (&small, NULL);
}

static gboolean
close_oldest (BtfwNetwork *network, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_remove_index (fixture->accepted, 0);
  return TRUE;
}

static void
test_room_is_made_for_newcomers (Fixture *fixture, gconstpointer data)
{
  Fixture small = { 0 };
  int     fds[2];

  set_up_bound (&small, NULL, 1);
  listen_anywhere (&small);
  btfw_network_set_make_room (small.network, close_oldest, &small);
  fds[0] = dial ("127.0.0.1", btfw_network_get_port (small.network));
  run_until_accepted (&small, 1);
  fds[1] = dial ("127.0.0.1", btfw_network_get_port (small.network));
  while (!is_at_its_end (fds[0]))
    g_main_context_iteration (small.context, TRUE);
  g_assert_cmpuint (small.accepted->len, ==, 1);
  g_assert_cmpuint (btfw_network_get_n_connections (small.network), ==, 1);
  close (fds[0]);
  close (fds[1]);
  tear_down (&small, NULL);
}

static void
test_accepting_has_a_pace (Fixture *fixture, gconstpointer data)
{
  enum { N = 200 };
  Fixture wide = { 0 };
  int     fds[N];
  gint64  start, elapsed;

  set_up_bound (&wide, NULL, N);
  listen_anywhere (&wide);
  for (guint i = 0; i < N; i++)
    fds[i] = dial ("127.0.0.1", btfw_network_get_port (wide.network));

  start = g_get_monotonic_time ();
  run_until_accepted (&wide, N);
  elapsed = g_get_monotonic_time () - start;
  g_assert_cmpint (elapsed, >=, (N - BTFW_ACCEPT_BURST - 1) * G_USEC_PER_SEC / BTFW_ACCEPT_RATE);

  for (guint i = 0; i < N; i++)
    close (fds[i]);
  tear_down (&wide, NULL);
}

static int
find_lowest_free_descriptor (void)
{
  int fd = dup (STDIN_FILENO);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  return fd;
}

/* One is turned away and learns it; the others get in when there is room again. */
static void
test_survives_without_descriptors (Fixture *fixture, gconstpointer data)
{
  struct rlimit limit, low;
  int           fds[3];

  listen_anywhere (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = dial ("127.0.0.1", btfw_network_get_port (fixture->network));
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  low = limit;
  low.rlim_cur = (rlim_t) find_lowest_free_descriptor ();
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  while (!is_at_its_end (fds[0]))
    g_main_context_iteration (fixture->context, TRUE);
  g_assert_cmpuint (fixture->accepted->len, ==, 0);

  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  run_until_accepted (fixture, 2);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

static void
test_binding_to_an_address (Fixture *fixture, gconstpointer data)
{
  Fixture bound = { 0 };
  Attempt attempt;
  guint16 port;

  listen_anywhere (fixture);
  set_up_bound (&bound, "127.0.0.5", 10);
  listen_anywhere (&bound);
  port = btfw_network_get_port (bound.network);
  g_assert_cmpint (try_dial ("127.0.0.1", port), ==, -1);
  close (dial ("127.0.0.5", port));

  attempt_begin (&attempt, &bound, "127.0.0.1", btfw_network_get_port (fixture->network), 10000);
  attempt_run (&attempt, &bound);
  g_assert_nonnull (attempt.stream);
  g_assert_cmpint (btfw_stream_writev (attempt.stream, &(struct iovec){ (char *) "x", 1 }, 1, FALSE), ==, 1);
  run_until_accepted (fixture, 1);
  g_assert_cmpuint (fixture->from.ip[15], ==, 5);
  btfw_stream_close (attempt.stream);

  assert_attempt_fails (&bound, "::1", port, 10000, "IPv6 cannot be used while bound to “127.0.0.5”");
  tear_down (&bound, NULL);
}

static void
test_binding_to_an_interface (Fixture *fixture, gconstpointer data)
{
  Fixture bound = { 0 };
  Attempt attempt;

  listen_anywhere (fixture);
  set_up_bound (&bound, "lo", 10);
  listen_anywhere (&bound);
  attempt_begin (&attempt, &bound, "127.0.0.1", btfw_network_get_port (fixture->network), 10000);
  attempt_run (&attempt, &bound);
  g_assert_nonnull (attempt.stream);
  btfw_stream_close (attempt.stream);
  tear_down (&bound, NULL);
}

static void
test_binding_to_nothing_known_is_an_error (Fixture *fixture, gconstpointer data)
{
  GError *error = NULL;

  g_assert_null (btfw_network_new (fixture->loop, "no-such0", 10, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "no-such0"));
  g_error_free (error);
}

typedef struct
{
  guint       n_calls;
  guint       n_addresses;
  BtfwAddress first;
  gboolean    failed;
} Answer;

static void
on_resolved (const BtfwAddress *addresses, guint n, const GError *error, gpointer user_data)
{
  Answer *answer = user_data;

  answer->n_calls++;
  answer->n_addresses = n;
  answer->failed = error != NULL;
  if (n > 0)
    answer->first = addresses[0];
}

static void
test_numbers_and_names_are_resolved (Fixture *fixture, gconstpointer data)
{
  static const char *const hosts[] = { "127.0.0.9", "::9", "localhost" };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      Answer answer = { 0 };

      btfw_network_resolve (fixture->network, hosts[i], 77, NULL, on_resolved, &answer);
      g_assert_cmpuint (answer.n_calls, ==, 0);
      while (answer.n_calls == 0)
        g_main_context_iteration (fixture->context, TRUE);
      g_assert_false (answer.failed);
      g_assert_cmpuint (answer.n_addresses, >, 0);
      g_assert_cmpuint (answer.first.port, ==, 77);
      g_assert_true (btfw_address_is_local (&answer.first));
    }
}

/* A name that is wrong in itself: no name server is asked. */
static void
test_bad_names_are_errors (Fixture *fixture, gconstpointer data)
{
  Answer answer = { 0 };

  btfw_network_resolve (fixture->network, "not..a-name", 77, NULL, on_resolved, &answer);
  while (answer.n_calls == 0)
    g_main_context_iteration (fixture->context, TRUE);
  g_assert_true (answer.failed);
  g_assert_cmpuint (answer.n_addresses, ==, 0);
}

static void
test_cancelled_lookups_are_never_told (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer cancelled = { 0 }, last = { 0 };

  btfw_network_resolve (fixture->network, "127.0.0.9", 77, cancellable, on_resolved, &cancelled);
  btfw_network_resolve (fixture->network, "localhost", 77, cancellable, on_resolved, &cancelled);
  g_cancellable_cancel (cancellable);
  btfw_network_resolve (fixture->network, "localhost", 77, NULL, on_resolved, &last);
  while (last.n_calls == 0)
    g_main_context_iteration (fixture->context, TRUE);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_cmpuint (cancelled.n_calls, ==, 0);
}

static void
test_lookups_end_with_the_network (Fixture *fixture, gconstpointer data)
{
  Fixture other = { 0 };
  Answer  answer = { 0 };

  set_up (&other, NULL);
  btfw_network_resolve (other.network, "127.0.0.9", 77, NULL, on_resolved, &answer);
  btfw_network_free (other.network);
  other.network = btfw_network_new (other.loop, NULL, 1, NULL);
  while (g_main_context_iteration (other.context, FALSE))
    ;
  g_assert_cmpuint (answer.n_calls, ==, 0);
  tear_down (&other, NULL);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  ADD ("/network/connects-and-accepts", test_connects_and_accepts);
  ADD ("/network/listen/on-both-families", test_listens_on_both_families);
  ADD ("/network/listen/a-port-in-use-leads-to-the-next", test_a_port_in_use_leads_to_the_next);
  ADD ("/network/listen/again-takes-the-same-port", test_listening_again_takes_the_same_port);
  ADD ("/network/connect/failures-are-told-later-and-once", test_failures_are_told_later_and_once);
  ADD ("/network/connect/no-answer-ends-with-the-time", test_no_answer_ends_with_the_time);
  ADD ("/network/connect/cancelled-ones-are-never-told", test_cancelled_attempts_are_never_told);
  ADD ("/network/connect/done-may-free-the-attempt", test_done_may_free_the_attempt);
  ADD ("/network/limits/the-ceiling-is-held-in-both-directions", test_the_ceiling_is_held_in_both_directions);
  ADD ("/network/limits/room-is-made-for-newcomers", test_room_is_made_for_newcomers);
  ADD ("/network/limits/accepting-has-a-pace", test_accepting_has_a_pace);
  ADD ("/network/limits/survives-without-descriptors", test_survives_without_descriptors);
  ADD ("/network/bind/to-an-address", test_binding_to_an_address);
  ADD ("/network/bind/to-an-interface", test_binding_to_an_interface);
  ADD ("/network/bind/to-nothing-known-is-an-error", test_binding_to_nothing_known_is_an_error);
  ADD ("/network/resolve/numbers-and-names", test_numbers_and_names_are_resolved);
  ADD ("/network/resolve/bad-names-are-errors", test_bad_names_are_errors);
  ADD ("/network/resolve/cancelled-ones-are-never-told", test_cancelled_lookups_are_never_told);
  ADD ("/network/resolve/ends-with-the-network", test_lookups_end_with_the_network);
  return g_test_run ();
}
