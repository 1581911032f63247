/* datagram.c: tests of the shared UDP port. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/net.h"
#include "net/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In seconds: nothing here waits for so long. */
#define TIMEOUT 20

typedef struct
{
  char        first;
  GPtrArray  *got; /* of GBytes */
  BtfwAddress from;
  BtfwAddress unreachable;
  int         error;
  BtfwDatagram *leaves; /* with the first that comes */
  guint       handler;
} Protocol;

typedef struct
{
  GMainContext *context;
  BtfwLoop     *loop;
  BtfwNetwork  *network;
  BtfwNet      *net;
  BtfwDatagram *datagram;
  GSource      *deadline;
} Fixture;

static gboolean
on_deadline (gpointer user_data)
{
  g_printerr ("what was waited for did not happen\n");
  abort ();
}

static void
on_accept (BtfwNetwork *network, BtfwStream *stream, const BtfwAddress *from, gpointer user_data)
{
  btfw_stream_close (stream);
}

static void
set_up (Fixture *self, gconstpointer binding)
{
  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  self->loop = btfw_loop_new (self->context, 1, NULL);
  self->network = btfw_network_new (self->loop, binding, 10, NULL);
  g_assert_nonnull (self->network);
  self->net = btfw_network_get_net (self->network);
  self->datagram = btfw_net_get_datagram (self->net);
  self->deadline = g_timeout_source_new_seconds (TIMEOUT);
  g_source_set_callback (self->deadline, on_deadline, NULL, NULL);
  g_source_attach (self->deadline, self->context);
}

static void
tear_down (Fixture *self, gconstpointer binding)
{
  g_source_destroy (self->deadline);
  g_source_unref (self->deadline);
  btfw_network_free (self->network);
  btfw_loop_free (self->loop);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
}

static gboolean
match (const guint8 *data, gsize size, gpointer user_data)
{
  Protocol *self = user_data;

  return size > 0 && data[0] == (guint8) self->first;
}

static void
receive (const guint8 *data, gsize size, const BtfwEndpoint *from, gpointer user_data)
{
  Protocol *self = user_data;

  g_ptr_array_add (self->got, g_bytes_new (data, size));
  self->from = *from;
  if (self->leaves != NULL)
    btfw_datagram_remove_handler (self->leaves, self->handler);
}

static void
unreachable (const BtfwEndpoint *to, int error, gpointer user_data)
{
  Protocol *self = user_data;

  self->unreachable = *to;
  self->error = error;
}

static const BtfwDatagramFuncs funcs = { .match = match, .receive = receive, .unreachable = unreachable };

static Protocol *
protocol_new (char first)
{
  Protocol *self = g_new0 (Protocol, 1);

  self->first = first;
  self->got = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  return self;
}

static void
protocol_free (Protocol *self)
{
  g_ptr_array_unref (self->got);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Protocol, protocol_free)

static void
join (Fixture *fixture, Protocol *protocol)
{
  g_autoptr (GError) error = NULL;

  protocol->handler = btfw_datagram_add_handler (fixture->datagram, &funcs, protocol, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (protocol->handler, !=, 0);
}

#define wait_until(fixture, condition)                           \
  G_STMT_START                                                   \
    {                                                            \
      while (!(condition))                                       \
        g_main_context_iteration ((fixture)->context, TRUE);     \
    }                                                            \
  G_STMT_END

static BtfwAddress
our_address (Fixture *fixture, GSocketFamily family)
{
  BtfwAddress address;

  g_assert_true (btfw_address_parse (&address, family == G_SOCKET_FAMILY_IPV4 ? "127.0.0.1" : "::1"));
  address.port = btfw_datagram_get_port (fixture->datagram, family);
  return address;
}

static int
make_stranger (int family)
{
  struct sockaddr_storage storage;
  BtfwAddress             address;
  int                     fd = socket (family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_true (btfw_address_parse (&address, family == AF_INET ? "127.0.0.1" : "::1"));
  g_assert_cmpint (bind (fd, (struct sockaddr *) &storage, btfw_address_to_sockaddr (&address, &storage)), ==, 0);
  return fd;
}

static void
send_from (int fd, const BtfwAddress *to, const void *data, gsize size)
{
  struct sockaddr_storage storage;
  socklen_t               storage_size = btfw_address_to_sockaddr (to, &storage);

  g_assert_cmpint (sendto (fd, data, size, 0, (struct sockaddr *) &storage, storage_size), ==, (gssize) size);
}

static BtfwAddress
address_of (int fd)
{
  struct sockaddr_storage storage;
  socklen_t               size = sizeof storage;
  BtfwAddress             address;

  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &storage, &size), ==, 0);
  g_assert_true (btfw_address_from_sockaddr (&address, (struct sockaddr *) &storage, size));
  return address;
}

static void
test_has_the_port_of_tcp (Fixture *self, gconstpointer binding)
{
  g_autoptr (Protocol) protocol = protocol_new ('d');

  g_assert_true (btfw_network_listen (self->network, 0, on_accept, NULL, NULL));
  g_assert_cmpuint (btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV4), ==, 0);
  join (self, protocol);
  g_assert_cmpuint (btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV4), ==, btfw_net_get_port (self->net));
  btfw_datagram_remove_handler (self->datagram, protocol->handler);
  g_assert_cmpuint (btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV4), ==, 0);
}

static void
test_takes_another_port_when_it_is_taken (Fixture *self, gconstpointer binding)
{
  g_autoptr (Protocol) protocol = protocol_new ('d');
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_ANY) };
  int                fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  guint16            port;

  g_assert_true (btfw_network_listen (self->network, 0, on_accept, NULL, NULL));
  address.sin_port = htons (btfw_net_get_port (self->net));
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  join (self, protocol);
  port = btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV4);
  g_assert_cmpuint (port, !=, 0);
  g_assert_cmpuint (port, !=, btfw_net_get_port (self->net));
  close (fd);
}

static void
test_tells_apart_by_first_bytes (Fixture *self, gconstpointer binding)
{
  g_autoptr (Protocol) dht = protocol_new ('d');
  g_autoptr (Protocol) tracker = protocol_new ('\0');
  BtfwAddress us;
  int         fd = make_stranger (AF_INET);
  BtfwAddress stranger = address_of (fd);

  join (self, dht);
  join (self, tracker);
  us = our_address (self, G_SOCKET_FAMILY_IPV4);
  send_from (fd, &us, "", 0);
  send_from (fd, &us, "nobody's", 8);
  send_from (fd, &us, "\0\0\0\1", 4);
  send_from (fd, &us, "d1:q", 4);
  wait_until (self, dht->got->len == 1);
  g_assert_cmpuint (tracker->got->len, ==, 1);
  g_assert_cmpmem (g_bytes_get_data (dht->got->pdata[0], NULL), 4, "d1:q", 4);
  g_assert_true (btfw_address_equal (&dht->from, &stranger));
  close (fd);
}

static void
test_exchanges (Fixture *self, GSocketFamily family)
{
  g_autoptr (Protocol) protocol = protocol_new ('d');
  int         fd = make_stranger (family == G_SOCKET_FAMILY_IPV4 ? AF_INET : AF_INET6);
  BtfwAddress stranger = address_of (fd), us;
  char        answer[16];

  join (self, protocol);
  us = our_address (self, family);
  for (guint i = 0; i < 100; i++)
    send_from (fd, &us, "d", 1);
  wait_until (self, protocol->got->len == 100);
  for (guint i = 0; i < 100; i++)
    g_assert_true (btfw_datagram_send (self->datagram, &stranger, (const guint8 *) "answer", 6));
  g_main_context_iteration (self->context, FALSE);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (recv (fd, answer, sizeof answer, 0), ==, 6);
  close (fd);
}

static void
test_exchanges_v4 (Fixture *self, gconstpointer binding)
{
  test_exchanges (self, G_SOCKET_FAMILY_IPV4);
}

static void
test_exchanges_v6 (Fixture *self, gconstpointer binding)
{
  test_exchanges (self, G_SOCKET_FAMILY_IPV6);
}

static void
test_drops_what_is_too_large (Fixture *self, gconstpointer binding)
{
  g_autoptr (Protocol) protocol = protocol_new ('d');
  g_autofree char *large = g_malloc0 (60000);
  BtfwAddress      us;
  int              fd = make_stranger (AF_INET);

  large[0] = 'd';
  join (self, protocol);
  us = our_address (self, G_SOCKET_FAMILY_IPV4);
  send_from (fd, &us, large, 60000);
  send_from (fd, &us, large, BTFW_DATAGRAM_MAX + 1);
  send_from (fd, &us, large, BTFW_DATAGRAM_MAX);
  wait_until (self, protocol->got->len == 1);
  g_assert_cmpuint (g_bytes_get_size (protocol->got->pdata[0]), ==, BTFW_DATAGRAM_MAX);
  close (fd);
}

static void
test_tells_of_closed_ports (Fixture *self, gconstpointer binding)
{
  g_autoptr (Protocol) protocol = protocol_new ('d');
  g_autoptr (Protocol) other = protocol_new ('x');
  int         fd = make_stranger (AF_INET), live = make_stranger (AF_INET);
  BtfwAddress gone = address_of (fd), alive = address_of (live);
  char        answer[16];

  close (fd);
  join (self, protocol);
  join (self, other);
  g_assert_true (btfw_datagram_send (self->datagram, &gone, (const guint8 *) "hello", 5));
  g_assert_cmpint (protocol->error, ==, 0);
  wait_until (self, protocol->error != 0);
  g_assert_cmpint (protocol->error, ==, ECONNREFUSED);
  g_assert_true (btfw_address_equal (&protocol->unreachable, &gone));
  g_assert_cmpint (other->error, ==, ECONNREFUSED);

  /* The error of one is not that of the next. */
  for (guint i = 0; i < 10; i++)
    {
      g_assert_true (btfw_datagram_send (self->datagram, &gone, (const guint8 *) "hello", 5));
      g_assert_true (btfw_datagram_send (self->datagram, &alive, (const guint8 *) "hello", 5));
      g_main_context_iteration (self->context, FALSE);
      g_assert_cmpint (recv (live, answer, sizeof answer, 0), ==, 5);
    }
  close (live);
}

static void
test_refuses_what_cannot_be_sent (Fixture *self, gconstpointer binding)
{
  static const char *const unusable[] = { "127.0.0.1:0", "0.0.0.0:5", "224.0.0.1:5", "[ff02::1]:5", "[::]:5" };
  g_autoptr (Protocol) protocol = protocol_new ('d');
  BtfwAddress to;
  guint       n = 0;

  join (self, protocol);
  for (guint i = 0; i < G_N_ELEMENTS (unusable); i++)
    {
      g_assert_true (btfw_address_parse (&to, unusable[i]));
      g_assert_false (btfw_datagram_send (self->datagram, &to, (const guint8 *) "x", 1));
    }
  g_assert_true (btfw_address_parse (&to, "127.0.0.1:9"));
  while (n < 100000 && btfw_datagram_send (self->datagram, &to, (const guint8 *) "x", 1))
    n++;
  g_assert_cmpuint (n, >, 100);
  g_assert_cmpuint (n, <, 100000);
}

static void
test_keeps_to_its_binding (Fixture *self, gconstpointer binding)
{
  g_autoptr (Protocol) protocol = protocol_new ('d');
  BtfwAddress to;

  join (self, protocol);
  g_assert_cmpuint (btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV4), !=, 0);
  g_assert_cmpuint (btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV6), ==, 0);
  g_assert_true (btfw_address_parse (&to, "[::1]:9"));
  g_assert_false (btfw_datagram_send (self->datagram, &to, (const guint8 *) "x", 1));
}

static void
test_handlers_may_leave (Fixture *self, gconstpointer binding)
{
  g_autoptr (Protocol) protocol = protocol_new ('d');
  BtfwAddress us;
  int         fd = make_stranger (AF_INET);

  join (self, protocol);
  protocol->leaves = self->datagram;
  us = our_address (self, G_SOCKET_FAMILY_IPV4);
  for (guint i = 0; i < 40; i++)
    send_from (fd, &us, "d", 1);
  wait_until (self, protocol->got->len == 1);
  g_main_context_iteration (self->context, FALSE);
  g_assert_cmpuint (protocol->got->len, ==, 1);
  g_assert_cmpuint (btfw_datagram_get_port (self->datagram, G_SOCKET_FAMILY_IPV4), ==, 0);
  close (fd);
}

static void
test_is_harmless_after_the_end (void)
{
  Fixture              fixture;
  g_autoptr (Protocol) protocol = protocol_new ('d');
  g_autoptr (BtfwDatagram) datagram = NULL;
  g_autoptr (BtfwNet) net = NULL;
  g_autoptr (BtfwClock) clock = NULL;
  g_autoptr (GError) error = NULL;
  BtfwAddress to;

  set_up (&fixture, NULL);
  join (&fixture, protocol);
  datagram = btfw_datagram_ref (fixture.datagram);
  net = btfw_net_ref (fixture.net);
  clock = btfw_net_make_clock (net, "test");
  g_assert_cmpint (btfw_clock_get_time (clock), >, 0);
  tear_down (&fixture, NULL);

  g_assert_true (btfw_address_parse (&to, "127.0.0.1:9"));
  g_assert_false (btfw_datagram_send (datagram, &to, (const guint8 *) "x", 1));
  g_assert_cmpuint (btfw_datagram_add_handler (datagram, &funcs, protocol, &error), ==, 0);
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NETWORK);
  btfw_datagram_remove_handler (datagram, protocol->handler);
  g_assert_cmpint (btfw_clock_get_time (clock), ==, 0);
  g_assert_cmpuint (btfw_net_get_port (net), ==, 0);
}

/* --- In virtual time --- */

static void
on_virtual_send (const guint8 *data, gsize size, const BtfwAddress *to, gpointer user_data)
{
  BtfwDatagram **other = user_data;
  BtfwAddress    from;

  g_assert_true (btfw_address_parse (&from, "1.2.3.4:5"));
  btfw_datagram_deliver (*other, data, size, &from);
}

static void
receive_group (const guint8 *data, gsize size, const BtfwEndpoint *from, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
test_virtual (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (7);
  g_autoptr (Protocol) protocol = protocol_new ('d');
  BtfwDatagram        *a, *b;
  g_autoptr (BtfwNet)  net_a = NULL;
  g_autoptr (BtfwNet)  net_b = NULL;
  g_autoptr (GError)   error = NULL;
  guint8               secret[2][8];
  BtfwAddress          to;

  a = btfw_datagram_new_virtual (loop, 1111, on_virtual_send, &b);
  b = btfw_datagram_new_virtual (loop, 2222, on_virtual_send, &a);
  net_a = btfw_net_new_virtual (loop, a);
  net_b = btfw_net_new_virtual (loop, b);
  g_assert_cmpuint (btfw_datagram_add_handler (a, &funcs, protocol, NULL), !=, 0);
  g_assert_cmpuint (btfw_datagram_add_handler (b, &funcs, protocol, NULL), !=, 0);
  g_assert_cmpuint (btfw_datagram_get_port (b, G_SOCKET_FAMILY_IPV6), ==, 2222);

  g_assert_true (btfw_address_parse (&to, "5.6.7.8:2222"));
  g_assert_true (btfw_datagram_send (a, &to, (const guint8 *) "da", 2));
  g_assert_cmpuint (protocol->got->len, ==, 0);
  btfw_loop_advance (loop, btfw_loop_get_time (loop) + 1);
  g_assert_cmpuint (protocol->got->len, ==, 1);

  btfw_net_make_secret (net_a, secret[0], 8);
  btfw_net_make_secret (net_b, secret[1], 8);
  g_assert_cmpint (memcmp (secret[0], secret[1], 8), !=, 0);
  g_assert_null (btfw_multicast_join (net_a, &to, receive_group, NULL, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED);
}

/* --- Names --- */

typedef struct
{
  guint         n;
  BtfwEndpoint *endpoints;
  GError       *error;
  gboolean      done;
} Lookup;

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = ((gpointer *) user_data)[0];

  lookup->endpoints = btfw_net_resolve_finish (((gpointer *) user_data)[1], result, &lookup->n, &lookup->error);
  lookup->done = TRUE;
}

static void
test_resolves (Fixture *self, gconstpointer binding)
{
  static const struct
  {
    const char *host;
    guint       n;
    const char *first;
  } rows[] = { { "1.2.3.4", 1, "1.2.3.4:99" }, { "::1", 1, "[::1]:99" }, { "localhost", 2, "127.0.0.1:99" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Lookup           lookup = { 0 };
      gpointer         data[2] = { &lookup, self->net };
      g_autofree char *text = NULL;

      btfw_net_resolve_async (self->net, rows[i].host, 99, NULL, on_looked_up, data);
      g_assert_false (lookup.done);
      wait_until (self, lookup.done);
      g_assert_no_error (lookup.error);
      g_assert_cmpuint (lookup.n, ==, rows[i].n);
      text = btfw_endpoint_to_string (&lookup.endpoints[0]);
      g_assert_cmpstr (text, ==, rows[i].first);
      g_free (lookup.endpoints);
    }
}

static void
test_lookups_are_cancelled (Fixture *self, gconstpointer binding)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Lookup   lookup = { 0 };
  gpointer data[2] = { &lookup, self->net };

  btfw_net_resolve_async (self->net, "name.invalid", 99, cancellable, on_looked_up, data);
  g_cancellable_cancel (cancellable);
  wait_until (self, lookup.done);
  g_assert_error (lookup.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&lookup.error);
}

/* --- Addresses --- */

static const struct
{
  const char *address;
  const char *url;
  gboolean    allowed;
} check_rows[] = {
  { "8.8.8.8:1", "udp://tracker.example:1/announce?x=y", TRUE },
  { "127.0.0.1:1", "udp://127.0.0.1:1", TRUE },
  { "127.0.0.1:1", "udp://127.0.0.1:1/", TRUE },
  { "127.0.0.1:1", "udp://127.0.0.1:1/announce", TRUE },
  { "[::1]:1", "udp://[::1]:1/announce", TRUE },
  { "127.0.0.1:1", "udp://127.0.0.1:1/announce?x=y", FALSE },
  { "127.0.0.1:1", "udp://127.0.0.1:1/other", FALSE },
  { "127.0.0.1:1", "udp://tracker.example:1/announce", FALSE },
  { "127.0.0.1:1", "http://127.0.0.1:1", FALSE },
  { "127.0.0.1:1", NULL, FALSE },
};

static void
test_checks_endpoints (Fixture *self, gconstpointer binding)
{
  for (guint i = 0; i < G_N_ELEMENTS (check_rows); i++)
    {
      g_autoptr (GError) error = NULL;
      BtfwEndpoint endpoint;

      g_assert_true (btfw_endpoint_parse (&endpoint, check_rows[i].address));
      g_assert_cmpint (btfw_net_check_endpoint (self->net, &endpoint, check_rows[i].url, BTFW_NET_ORIGIN_TORRENT, &error),
                       ==, check_rows[i].allowed);
      g_assert_cmpint (error == NULL, ==, check_rows[i].allowed);
    }
}

#define ADD(path, bind, func) g_test_add ("/datagram/" path, Fixture, bind, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("has-the-port-of-tcp", NULL, test_has_the_port_of_tcp);
  ADD ("takes-another-port-when-it-is-taken", NULL, test_takes_another_port_when_it_is_taken);
  ADD ("tells-apart-by-first-bytes", NULL, test_tells_apart_by_first_bytes);
  ADD ("exchanges/v4", NULL, test_exchanges_v4);
  ADD ("exchanges/v6", NULL, test_exchanges_v6);
  ADD ("drops-what-is-too-large", NULL, test_drops_what_is_too_large);
  ADD ("tells-of-closed-ports", NULL, test_tells_of_closed_ports);
  ADD ("refuses-what-cannot-be-sent", NULL, test_refuses_what_cannot_be_sent);
  ADD ("keeps-to-its-binding", "127.0.0.1", test_keeps_to_its_binding);
  ADD ("handlers-may-leave", NULL, test_handlers_may_leave);
  g_test_add_func ("/datagram/is-harmless-after-the-end", test_is_harmless_after_the_end);
  g_test_add_func ("/datagram/virtual", test_virtual);
  ADD ("resolves", NULL, test_resolves);
  ADD ("lookups-are-cancelled", NULL, test_lookups_are_cancelled);
  ADD ("checks-endpoints", NULL, test_checks_endpoints);
  return g_test_run ();
}
