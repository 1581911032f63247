/* net.c: tests of what plugins may do on the network. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/net.h"

#include <string.h>

typedef struct
{
  const char   *name;
  const char   *address;
  const char   *url;
  BtfwNetOrigin origin;
  gboolean      allowed;
} CheckCase;

#define USER BTFW_NET_ORIGIN_USER
#define TORRENT BTFW_NET_ORIGIN_TORRENT
#define REMOTE BTFW_NET_ORIGIN_REMOTE

static const CheckCase check_cases[] = {
  { "user-local", "127.0.0.1", "http://127.0.0.1/any?x=y", USER, TRUE },
  { "user-no-url", "192.168.0.1", NULL, USER, TRUE },
  { "torrent-public", "8.8.8.8", "http://tracker.example/x?y=z", TORRENT, TRUE },
  { "torrent-public-no-url", "8.8.8.8", NULL, TORRENT, TRUE },
  { "torrent-announce", "127.0.0.1", "http://127.0.0.1:6969/announce", TORRENT, TRUE },
  { "torrent-scrape", "127.0.0.1", "http://127.0.0.1:6969/scrape", TORRENT, TRUE },
  { "torrent-passkey", "10.0.0.2", "http://10.0.0.2/0123abcd/announce", TORRENT, TRUE },
  { "torrent-localhost", "127.0.0.1", "http://LOCALHOST/announce", TORRENT, TRUE },
  { "torrent-localhost-v6", "::1", "http://localhost/announce", TORRENT, TRUE },
  { "torrent-v6", "::1", "http://[::1]:80/announce", TORRENT, TRUE },
  { "torrent-mapped", "::ffff:127.0.0.1", "http://127.0.0.1/announce", TORRENT, TRUE },
  { "torrent-query", "127.0.0.1", "http://127.0.0.1/announce?cmd=1", TORRENT, FALSE },
  { "torrent-empty-query", "127.0.0.1", "http://127.0.0.1/announce?", TORRENT, FALSE },
  { "torrent-other-path", "127.0.0.1", "http://127.0.0.1/shutdown", TORRENT, FALSE },
  { "torrent-path-goes-on", "127.0.0.1", "http://127.0.0.1/announce/x", TORRENT, FALSE },
  { "torrent-path-like-it", "127.0.0.1", "http://127.0.0.1/renounce", TORRENT, FALSE },
  { "torrent-no-path", "127.0.0.1", "http://127.0.0.1", TORRENT, FALSE },
  { "torrent-fragment-only", "127.0.0.1", "http://127.0.0.1/x#/announce", TORRENT, FALSE },
  { "torrent-no-url", "127.0.0.1", NULL, TORRENT, FALSE },
  { "torrent-no-uri", "127.0.0.1", "127.0.0.1/announce", TORRENT, FALSE },
  { "torrent-name-rebound", "127.0.0.1", "http://tracker.example/announce", TORRENT, FALSE },
  { "torrent-other-literal", "127.0.0.1", "http://10.0.0.1/announce", TORRENT, FALSE },
  { "torrent-localhost-rebound", "192.168.0.1", "http://localhost/announce", TORRENT, FALSE },
  { "torrent-decimal-host", "127.0.0.1", "http://2130706433/announce", TORRENT, FALSE },
  { "torrent-metadata", "169.254.169.254", "http://169.254.169.254/latest/meta-data", TORRENT, FALSE },
  { "redirect-public", "8.8.8.8", "http://8.8.8.8/x", REMOTE, TRUE },
  { "redirect-local", "127.0.0.1", "http://127.0.0.1/announce", REMOTE, FALSE },
  { "redirect-metadata", "169.254.169.254", "http://169.254.169.254/announce", REMOTE, FALSE },
  { "redirect-nat64", "64:ff9b::7f00:1", "http://[64:ff9b::7f00:1]/announce", REMOTE, FALSE },
};

static BtfwNet *
make_net (const char *bind)
{
  BtfwBinding binding;
  BtfwNet    *net;

  g_assert_true (btfw_binding_init (&binding, bind, NULL));
  net = btfw_net_new (&binding);
  btfw_binding_clear (&binding);
  return net;
}

static void
test_check (gconstpointer data)
{
  const CheckCase *row = data;
  g_autoptr (BtfwNet) net = make_net (NULL);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (row->address);
  GError *error = NULL;

  g_assert_cmpint (btfw_net_check_address (net, address, row->url, row->origin, &error), ==, row->allowed);
  if (row->allowed)
    {
      g_assert_no_error (error);
      return;
    }
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED);
  g_clear_error (&error);

  btfw_net_set_allow_local (net, TRUE);
  g_assert_true (btfw_net_check_address (net, address, row->url, row->origin, NULL));
}

static void
test_is_local (void)
{
  g_autoptr (GInetAddress) local = g_inet_address_new_from_string ("192.168.1.1");
  g_autoptr (GInetAddress) public = g_inet_address_new_from_string ("2606:4700::1");

  g_assert_true (btfw_net_is_local (local));
  g_assert_false (btfw_net_is_local (public));
}

/* Connects to @socket by @bind, and accepts. */
static GSocketConnection *
connect_to (GSocket *socket, const char *bind)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress) local = bind != NULL ? g_inet_socket_address_new_from_string (bind, 0) : NULL;
  GSocketConnection *connection;

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_local_address (client, local);
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  g_assert_nonnull (connection);
  return connection;
}

static void
test_guard_looks_at_the_address_really_connected_to (void)
{
  g_autoptr (BtfwNet) net = make_net (NULL);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocket) socket = btfw_net_listen (net, loopback, 0, NULL);
  g_autoptr (GSocketConnection) connection = connect_to (socket, NULL);
  GError *error = NULL;

  g_assert_true (btfw_net_guard_connection (net, connection, "http://x.example/", USER, NULL));
  g_assert_true (btfw_net_guard_connection (net, connection, "http://127.0.0.1/announce", TORRENT, NULL));
  g_assert_false (btfw_net_guard_connection (net, connection, "http://x.example/announce", TORRENT, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED);
  g_error_free (error);
}

static void
test_guard_refuses_another_way_out (void)
{
  g_autoptr (BtfwNet) net = make_net ("127.0.0.2");
  g_autoptr (GSocket) socket = btfw_net_listen (net, NULL, 0, NULL);
  g_autoptr (GSocketConnection) right = connect_to (socket, "127.0.0.2");
  g_autoptr (GSocketConnection) wrong = connect_to (socket, "127.0.0.3");
  GError *error = NULL;

  g_assert_true (btfw_net_guard_connection (net, right, NULL, USER, NULL));
  g_assert_false (btfw_net_guard_connection (net, wrong, NULL, USER, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_REFUSED);
  g_error_free (error);
}

static char *
get_text (GSocketAddress *address)
{
  return g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

static void
test_local_address_is_that_of_the_binding (void)
{
  g_autoptr (BtfwNet) bound = make_net ("127.0.0.2");
  g_autoptr (BtfwNet) tied = make_net ("lo");
  g_autoptr (BtfwNet) free_net = make_net (NULL);
  g_autoptr (GSocketAddress) address = btfw_net_get_local_address (bound, G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) of_lo = btfw_net_get_local_address (tied, G_SOCKET_FAMILY_IPV4);
  g_autofree char *text = get_text (address);
  g_autofree char *text_of_lo = get_text (of_lo);

  g_assert_cmpstr (text, ==, "127.0.0.2");
  g_assert_cmpstr (text_of_lo, ==, "127.0.0.1");
  g_assert_null (btfw_net_get_local_address (bound, G_SOCKET_FAMILY_IPV6));
  g_assert_null (btfw_net_get_local_address (free_net, G_SOCKET_FAMILY_IPV4));
}

static void
test_listens_without_blocking (void)
{
  g_autoptr (BtfwNet) net = make_net (NULL);
  g_autoptr (GSocket) socket = btfw_net_listen (net, NULL, 0, NULL);
  g_autoptr (GSocket) accepted = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  GError *error = NULL;

  g_assert_nonnull (socket);
  accepted = g_socket_accept (socket, NULL, &error);
  g_assert_null (accepted);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);

  address = g_socket_get_local_address (socket, NULL);
  g_assert_null (btfw_net_listen (net, NULL, g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)), &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_BUSY);
  g_error_free (error);
}

static void
test_user_agent_has_a_version (void)
{
  g_autoptr (BtfwNet) net = make_net (NULL);

  g_assert_true (g_str_has_prefix (btfw_net_get_user_agent (net), "btfw/"));
  g_assert_true (g_ascii_isdigit (btfw_net_get_user_agent (net)[strlen ("btfw/")]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (check_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/net/check/%s", check_cases[i].name);

      g_test_add_data_func (path, &check_cases[i], test_check);
    }
  g_test_add_func ("/net/is-local", test_is_local);
  g_test_add_func ("/net/guard/looks-at-the-address-really-connected-to",
                   test_guard_looks_at_the_address_really_connected_to);
  g_test_add_func ("/net/guard/refuses-another-way-out", test_guard_refuses_another_way_out);
  g_test_add_func ("/net/local-address/is-that-of-the-binding", test_local_address_is_that_of_the_binding);
  g_test_add_func ("/net/listen/does-not-block", test_listens_without_blocking);
  g_test_add_func ("/net/user-agent/has-a-version", test_user_agent_has_a_version);
  return g_test_run ();
}
