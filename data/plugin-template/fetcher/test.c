/* test-@name@.c: the fetcher, asked as the core asks it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <glib/gstdio.h>

GType btfw_plugin_fetcher_@name@_get_type (void);

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GBytes *
fetch (const char *folder, const char *url, gsize max_size, GError **error)
{
  g_autoptr (BtfwFetcher)  fetcher = g_object_new (btfw_plugin_fetcher_@name@_get_type (), "folder", folder, NULL);
  g_autoptr (BtfwNet)      net = btfw_test_net_new (FALSE);
  g_autoptr (GAsyncResult) result = NULL;

  btfw_fetcher_start (fetcher, net);
  btfw_fetcher_fetch_async (fetcher, url, max_size, NULL, on_answer, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return btfw_fetcher_fetch_finish (fetcher, result, error);
}

static void
test_by_name (void)
{
  g_autofree char   *folder = g_dir_make_tmp ("@name@-XXXXXX", NULL);
  g_autofree char   *path = g_build_filename (folder, "debian.torrent", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_assert_true (g_file_set_contents (path, "d4:infodee", -1, NULL));
  bytes = fetch (folder, "@scheme@://debian", 100, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 10);

  g_assert_null (fetch (folder, "@scheme@://debian", 9, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
  g_clear_error (&error);
  g_assert_null (fetch (folder, "@scheme@://../debian", 100, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/@name@/by-name", test_by_name);
  return g_test_run ();
}
