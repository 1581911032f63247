/* http-driver.c: asks one thing of the HTTP plugins, and prints what came of it.
 *
 *   http-driver announce URL [EVENT]
 *   http-driver scrape URL HASH…
 *   http-driver fetch URL MAX-SIZE
 *
 * The plugins are linked in; hostile.py is the other side. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/net.h"
#include "swarm/announce.h"

#include <btfw/btfw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

GType btfw_plugin_tracker_http_get_type (void);
GType btfw_plugin_fetcher_http_get_type (void);

static BtfwNet *
make_net (void)
{
  g_autoptr (GError) error = NULL;
  BtfwBinding        binding = { 0 };
  BtfwNet           *net;

  if (!btfw_binding_init (&binding, g_getenv ("BTFW_TEST_BIND"), &error))
    {
      printf ("error=%s\n", error->message);
      exit (1);
    }

  net = btfw_net_new (&binding);
  btfw_binding_clear (&binding);
  return net;
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *slot;
}

/* The most memory that was ever resident, as the kernel counts it for this program. */
static void
print_peak (void)
{
  g_autofree char *status = NULL;
  const char      *peak;

  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL) &&
      (peak = strstr (status, "VmHWM:")) != NULL)
    printf ("peak_kib=%" G_GUINT64_FORMAT "\n", g_ascii_strtoull (peak + strlen ("VmHWM:"), NULL, 10));
}

static int
print_error (const GError *error)
{
  printf ("error=%s\ndomain=%s\ncode=%d\n", error->message, g_quark_to_string (error->domain), error->code);
  return 0;
}

static void
print_peers (BtfwAnnounceReply *reply)
{
  for (guint i = 0; i < btfw_announce_reply_get_n_peers (reply); i++)
    {
      g_autoptr (GSocketAddress) peer = btfw_announce_reply_get_peer (reply, i);
      g_autofree char           *text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (peer));

      printf ("peer=%s\n", text);
    }
}

static void
print_text (const char *name, const char *text)
{
  if (text != NULL)
    printf ("%s=%s\n", name, text);
}

static int
print_announce_reply (BtfwAnnounceReply *reply)
{
  GInetAddress    *external = btfw_announce_reply_get_external_address (reply);
  g_autofree char *external_text = external != NULL ? g_inet_address_to_string (external) : NULL;

  printf ("interval=%" G_GINT64_FORMAT "\n", btfw_announce_reply_get_interval (reply));
  printf ("min_interval=%" G_GINT64_FORMAT "\n", btfw_announce_reply_get_min_interval (reply));
  printf ("seeds=%" G_GINT64_FORMAT "\n", btfw_announce_reply_get_seeds (reply));
  printf ("leechers=%" G_GINT64_FORMAT "\n", btfw_announce_reply_get_leechers (reply));
  printf ("retry_in=%" G_GINT64_FORMAT "\n", btfw_announce_reply_get_retry_in (reply));
  printf ("from_local=%d\n", btfw_announce_reply_is_from_local (reply));
  print_text ("tracker_id", btfw_announce_reply_get_tracker_id (reply));
  print_text ("warning", btfw_announce_reply_get_warning (reply));
  print_text ("failure", btfw_announce_reply_get_failure (reply));
  print_text ("external", external_text);
  print_peers (reply);
  return 0;
}

static BtfwAnnounceEvent
parse_event (const char *text)
{
  if (g_strcmp0 (text, "started") == 0)
    return BTFW_ANNOUNCE_STARTED;
  if (g_strcmp0 (text, "completed") == 0)
    return BTFW_ANNOUNCE_COMPLETED;
  if (g_strcmp0 (text, "stopped") == 0)
    return BTFW_ANNOUNCE_STOPPED;
  return BTFW_ANNOUNCE_NONE;
}

static BtfwTracker *
make_tracker (void)
{
  BtfwTracker       *tracker = g_object_new (btfw_plugin_tracker_http_get_type (), NULL);
  g_autoptr (BtfwNet) net = make_net ();

  btfw_tracker_start (tracker, net);
  return tracker;
}

static int
do_announce (const char *url, const char *event)
{
  g_autoptr (BtfwTracker)       tracker = make_tracker ();
  g_autoptr (BtfwAnnounce)      announce = NULL;
  g_autoptr (GAsyncResult)      result = NULL;
  g_autoptr (GError)            error = NULL;
  g_autoptr (BtfwAnnounceReply) reply = NULL;
  guint8                        hash[20];
  BtfwAnnounceValues            values = {
    .url = url,
    .info_hash = hash,
    .peer_id = (const guint8 *) "-BW0001-abc def&=%+~",
    .tracker_id = g_getenv ("BTFW_TEST_TRACKER_ID"),
    .uploaded = 11,
    .downloaded = 22,
    .left = G_MAXUINT64,
    .event = parse_event (event),
    .family = G_SOCKET_FAMILY_INVALID,
    .num_want = 80,
    .key = 0xdeadbeef,
    .port = 6881,
  };

  for (guint i = 0; i < sizeof hash; i++)
    hash[i] = (guint8) (i * 13);

  announce = btfw_announce_new (&values);
  btfw_tracker_announce_async (tracker, announce, NULL, on_done, &result);
  reply = btfw_tracker_announce_finish (tracker, wait_for (&result), &error);
  return reply != NULL ? print_announce_reply (reply) : print_error (error);
}

static int
do_scrape (const char *url, char **texts, guint n)
{
  g_autoptr (BtfwTracker)     tracker = make_tracker ();
  g_autoptr (GPtrArray)       hashes = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_info_hash_unref);
  g_autoptr (GAsyncResult)    result = NULL;
  g_autoptr (GError)          error = NULL;
  g_autoptr (BtfwScrapeReply) reply = NULL;

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (hashes, btfw_info_hash_parse (texts[i], NULL));

  btfw_tracker_scrape_async (tracker, url, (BtfwInfoHash *const *) hashes->pdata, n, NULL, on_done, &result);
  reply = btfw_tracker_scrape_finish (tracker, wait_for (&result), &error);
  if (reply == NULL)
    return print_error (error);

  for (guint i = 0; i < n; i++)
    {
      gint64 seeds, leechers, completed;

      btfw_scrape_reply_get (reply, i, &seeds, &leechers, &completed);
      printf ("counts=%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "\n", seeds, leechers, completed);
    }
  return 0;
}

static int
do_fetch (const char *url, gsize max_size)
{
  g_autoptr (BtfwFetcher)  fetcher = g_object_new (btfw_plugin_fetcher_http_get_type (), NULL);
  g_autoptr (BtfwNet)      net = make_net ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError)       error = NULL;
  g_autoptr (GBytes)       bytes = NULL;

  btfw_fetcher_start (fetcher, net);
  btfw_fetcher_fetch_async (fetcher, url, max_size, NULL, on_done, &result);
  bytes = btfw_fetcher_fetch_finish (fetcher, wait_for (&result), &error);
  print_peak ();
  if (bytes == NULL)
    return print_error (error);

  printf ("size=%" G_GSIZE_FORMAT "\n", g_bytes_get_size (bytes));
  return 0;
}

int
main (int argc, char *argv[])
{
  if (argc >= 3 && strcmp (argv[1], "announce") == 0)
    return do_announce (argv[2], argc > 3 ? argv[3] : NULL);
  if (argc >= 4 && strcmp (argv[1], "scrape") == 0)
    return do_scrape (argv[2], argv + 3, (guint) argc - 3);
  if (argc == 4 && strcmp (argv[1], "fetch") == 0)
    return do_fetch (argv[2], (gsize) g_ascii_strtoull (argv[3], NULL, 10));

  fprintf (stderr, "usage: http-driver announce|scrape|fetch URL …\n");
  return 2;
}
