/* fetcher.c: the interface of plugins that get .torrent files. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-fetcher.h>

#include "plugin/border.h"
#include "plugin/watch.h"

G_DEFINE_INTERFACE (BtfwFetcher, btfw_fetcher, G_TYPE_OBJECT);

static void
btfw_fetcher_default_init (BtfwFetcherInterface *iface)
{
}

void
btfw_fetcher_start (BtfwFetcher *self, BtfwNet *net)
{
  g_return_if_fail (BTFW_IS_FETCHER (self));
  g_return_if_fail (net != NULL);

  btfw_watch_enter (self, "start");
  BTFW_FETCHER_GET_IFACE (self)->start (self, net);
  btfw_watch_leave ();
}

void
btfw_fetcher_fetch_async (BtfwFetcher        *self,
                          const char         *url,
                          gsize               max_size,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  g_return_if_fail (BTFW_IS_FETCHER (self));
  g_return_if_fail (url != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  btfw_watch_enter (self, "fetch_async");
  BTFW_FETCHER_GET_IFACE (self)->fetch_async (self, url, max_size, cancellable, callback, user_data);
  btfw_watch_leave ();
}

GBytes *
btfw_fetcher_fetch_finish (BtfwFetcher *self, GAsyncResult *result, GError **error)
{
  GBytes *bytes;

  g_return_val_if_fail (BTFW_IS_FETCHER (self), NULL);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  btfw_watch_enter (self, "fetch_finish");
  bytes = BTFW_FETCHER_GET_IFACE (self)->fetch_finish (self, result, error);
  btfw_watch_leave ();
  btfw_border_settle (self, "fetch_finish", bytes != NULL, BTFW_ERROR, BTFW_ERROR_PLUGIN, error);
  return bytes;
}
