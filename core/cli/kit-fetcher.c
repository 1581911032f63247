/* kit-fetcher.c: what every fetcher must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit-exchange.h"

#define SIZE_MAX_ASKED (1024u * 1024)

static void
start (gpointer plugin, BtfwNet *net)
{
  btfw_fetcher_start (plugin, net);
}

static void
ask (gpointer plugin, const char *url, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  btfw_fetcher_fetch_async (plugin, url, SIZE_MAX_ASKED, cancellable, callback, data);
}

static gboolean
finish (gpointer plugin, GAsyncResult *result, GError **error)
{
  g_autoptr (GBytes) bytes = btfw_fetcher_fetch_finish (plugin, result, error);

  if (bytes != NULL && g_bytes_get_size (bytes) > SIZE_MAX_ASKED)
    btfw_kit_find ("ignores-limit", "fetch_finish() brought %zu bytes, and at most %u were asked for",
                   g_bytes_get_size (bytes), SIZE_MAX_ASKED);
  return bytes != NULL;
}

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwFetcherInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_FETCHER);

  return btfw_kit_needs (iface->start != NULL, "start") & btfw_kit_needs (iface->fetch_async != NULL, "fetch_async") &
         btfw_kit_needs (iface->fetch_finish != NULL, "fetch_finish");
}

static const BtfwKitExchange exchange = { "fetch_async", "fetch_finish", is_complete_interface, start, ask, finish, NULL };

const BtfwKitCheck btfw_kit_fetcher_checks[] = {
  { "fetcher-refused", "fetcher", 60, FALSE, btfw_kit_exchange_check_refused, &exchange },
  { "fetcher-nonsense", "fetcher", 60, FALSE, btfw_kit_exchange_check_nonsense, &exchange },
  { "fetcher-urls", "fetcher", 60, FALSE, btfw_kit_exchange_check_urls, &exchange },
  { "fetcher-cancel", "fetcher", 30, FALSE, btfw_kit_exchange_check_cancel, &exchange },
  { "fetcher-many", "fetcher", 60, FALSE, btfw_kit_exchange_check_many, &exchange },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
