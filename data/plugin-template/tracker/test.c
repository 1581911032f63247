/* test-@name@.c: the tracker, asked as the core asks it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

GType btfw_plugin_tracker_@name@_get_type (void);

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* What it answers to @url. */
static BtfwAnnounceReply *
announce (const char *url, GError **error)
{
  g_autoptr (BtfwTracker)  tracker = g_object_new (btfw_plugin_tracker_@name@_get_type (), NULL);
  g_autoptr (BtfwNet)      net = btfw_test_net_new (FALSE);
  g_autoptr (BtfwAnnounce) question = btfw_test_announce_new (url, BTFW_ANNOUNCE_STARTED);
  g_autoptr (GAsyncResult) result = NULL;

  btfw_tracker_start (tracker, net);
  btfw_tracker_announce_async (tracker, question, NULL, on_answer, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return btfw_tracker_announce_finish (tracker, result, error);
}

static void
test_peers_of_the_url (void)
{
  g_autoptr (GError)            error = NULL;
  g_autoptr (BtfwAnnounceReply) reply = announce ("@scheme@://192.0.2.7:6881,192.0.2.8:51413/announce", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (btfw_announce_reply_get_n_peers (reply), ==, 2);
}

static void
test_urls_that_make_no_sense (void)
{
  static const char *const urls[] = { "@scheme@://", "@scheme@://example.org/announce", "@scheme@://192.0.2.7:0/announce" };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (announce (urls[i], &error));
      g_assert_nonnull (error);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/@name@/peers-of-the-url", test_peers_of_the_url);
  g_test_add_func ("/@name@/urls-that-make-no-sense", test_urls_that_make_no_sense);
  return g_test_run ();
}
