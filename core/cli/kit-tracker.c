/* kit-tracker.c: what every tracker plugin must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit-exchange.h"

/* The question that was asked last, to see whether it is kept. */
static BtfwAnnounce *last;

static void
start (gpointer plugin, BtfwNet *net)
{
  btfw_tracker_start (plugin, net);
}

static void
ask (gpointer plugin, const char *url, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  BtfwAnnounce *announce = btfw_test_announce_new (url, BTFW_ANNOUNCE_STARTED);

  g_clear_pointer (&last, btfw_announce_unref);
  last = btfw_announce_ref (announce);
  btfw_tracker_announce_async (plugin, announce, cancellable, callback, data);
  btfw_announce_unref (announce);
}

static gboolean
finish (gpointer plugin, GAsyncResult *result, GError **error)
{
  BtfwAnnounceReply *reply = btfw_tracker_announce_finish (plugin, result, error);

  if (reply == NULL)
    return FALSE;
  btfw_announce_reply_unref (reply);
  return TRUE;
}

static guint
get_patience (gpointer plugin)
{
  return btfw_tracker_get_patience (plugin);
}

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwTrackerInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_TRACKER);

  return btfw_kit_needs (iface->announce_async != NULL, "announce_async") &
         btfw_kit_needs (iface->announce_finish != NULL, "announce_finish") &
         btfw_kit_needs ((iface->scrape_async == NULL) == (iface->scrape_finish == NULL),
                         iface->scrape_async == NULL ? "scrape_async" : "scrape_finish");
}

static const BtfwKitExchange exchange = { "announce_async", "announce_finish", is_complete_interface, start, ask, finish, get_patience };

/* And whether the question is kept. */
static void
check_refused (BtfwKit *kit)
{
  btfw_kit_exchange_check_refused (kit);
  if (last != NULL && btfw_test_announce_get_n_refs (last) > 1)
    btfw_kit_find ("question-kept", "the announce is still referenced after its answer and the end of the plugin");
}

/* --- Scrapes --- */

static void
on_scraped (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  BtfwScrapeReply   *reply = btfw_tracker_scrape_finish (BTFW_TRACKER (source), result, &error);

  btfw_kit_judge_error ("scrape_finish", reply != NULL, error);
  g_clear_pointer (&reply, btfw_scrape_reply_unref);
  *(gboolean *) data = TRUE;
}

static void
check_scrape (BtfwKit *kit)
{
  static const guint8      bytes[20] = { 1 };
  static gboolean          is_done;
  BtfwTracker             *plugin = is_complete_interface (kit) ? btfw_kit_make (kit) : NULL;
  g_autoptr (BtfwNet)      net = btfw_test_net_new (TRUE);
  g_autoptr (BtfwInfoHash) hash = btfw_info_hash_new (bytes, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const char *const       *schemes = btfw_plugin_info_get_schemes (kit->info);
  g_autofree char         *url = g_strdup_printf ("%s://127.0.0.1:1/announce", schemes[0] != NULL ? schemes[0] : "x-none");

  if (plugin == NULL)
    return;
  btfw_tracker_start (plugin, net);
  btfw_kit_at ("scrape_async");
  btfw_tracker_scrape_async (plugin, url, &hash, 1, cancellable, on_scraped, &is_done);
  if (is_done)
    btfw_kit_find ("callback-inside", "the callback was called before scrape_async() had returned");
  if (!btfw_kit_wait (&is_done, 0.5))
    g_cancellable_cancel (cancellable);
  if (btfw_kit_wait (&is_done, 3))
    btfw_kit_drop (plugin);
  else
    btfw_kit_find ("ignores-cancel", "a cancelled scrape did not come back within 3 s");
}

const BtfwKitCheck btfw_kit_tracker_checks[] = {
  { "tracker-refused", "tracker", 60, FALSE, check_refused, &exchange },
  { "tracker-nonsense", "tracker", 60, FALSE, btfw_kit_exchange_check_nonsense, &exchange },
  { "tracker-urls", "tracker", 60, FALSE, btfw_kit_exchange_check_urls, &exchange },
  { "tracker-cancel", "tracker", 30, FALSE, btfw_kit_exchange_check_cancel, &exchange },
  { "tracker-many", "tracker", 60, FALSE, btfw_kit_exchange_check_many, &exchange },
  { "tracker-local", "tracker", 30, FALSE, btfw_kit_exchange_check_local, &exchange },
  { "tracker-scrape", "tracker", 30, FALSE, check_scrape, NULL },
  { "tracker-silence", "tracker", 60, TRUE, btfw_kit_exchange_check_silence, &exchange },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
