/* test-@name@.c: the service, beside a session of the test's own. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <string.h>

GType btfw_plugin_service_@name@_get_type (void);

static void
on_connected (GObject *client, GAsyncResult *result, gpointer data)
{
  *(GSocketConnection **) data = g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (client), result, NULL);
}

static void
on_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  *(GBytes **) data = g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, NULL);
}

/* What it says to who connects to it. */
static char *
listen_to (BtfwService *service)
{
  g_autofree char              *url = btfw_service_get_url (service);
  g_autoptr (GSocketClient)     client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GBytes)            bytes = NULL;

  g_assert_true (g_str_has_prefix (url, "tcp://"));
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (client, url + strlen ("tcp://"), 0, NULL, on_connected, &connection);
  while (connection == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (G_IO_STREAM (connection)), 4096, 0, NULL, on_read, &bytes);
  while (bytes == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
test_says_how_it_goes (void)
{
  g_autoptr (BtfwConfig)  config = btfw_config_new ();
  g_autoptr (BtfwService) service = g_object_new (btfw_plugin_service_@name@_get_type (), NULL);
  g_autoptr (BtfwSession) session = NULL;
  g_autoptr (GError)      error = NULL;
  g_autofree char        *said = NULL;

  g_assert_true (btfw_config_set (config, "session", "bind", "127.0.0.1", "test", &error));
  g_assert_true (btfw_config_set (config, "session", "port", "0", "test", &error));
  session = btfw_session_new (config, &error);
  g_assert_no_error (error);
  g_assert_true (btfw_session_start (session, &error));
  g_assert_true (btfw_service_start (service, session, &error));
  said = listen_to (service);
  g_assert_cmpstr (said, ==, "no torrent\n");
  btfw_service_stop (service);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/@name@/says-how-it-goes", test_says_how_it_goes);
  return g_test_run ();
}
