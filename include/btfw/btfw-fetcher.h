/* btfw-fetcher.h: gets a .torrent file from a URL. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>
#include <btfw/btfw-net.h>

G_BEGIN_DECLS

#define BTFW_TYPE_FETCHER (btfw_fetcher_get_type ())
BTFW_API
G_DECLARE_INTERFACE (BtfwFetcher, btfw_fetcher, BTFW, FETCHER, GObject)

/**
 * BtfwFetcherInterface:
 *
 * One instance serves a session; the URL schemes stand in the plugin's
 * description. Methods are called on the session's loop thread and return
 * without blocking.
 */
struct _BtfwFetcherInterface
{
  /*< private >*/
  GTypeInterface g_iface;

  /*< public >*/
  /**
   * BtfwFetcherInterface::start:
   * @net: the session's network; keep a reference
   *
   * Called once, before anything else. Required.
   */
  void (*start) (BtfwFetcher *self, BtfwNet *net);

  /**
   * BtfwFetcherInterface::fetch_async:
   * @url: what the user named
   * @max_size: stop with %BTFW_ERROR_LIMIT past so many decoded bytes
   *
   * Follows at most five redirects. Required.
   */
  void (*fetch_async) (BtfwFetcher        *self,
                       const char         *url,
                       gsize               max_size,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data);

  /**
   * BtfwFetcherInterface::fetch_finish:
   *
   * Returns: (transfer full) (nullable): what was there. Required.
   */
  GBytes *(*fetch_finish) (BtfwFetcher *self, GAsyncResult *result, GError **error);

  /*< private >*/
  gpointer padding[8];
};

/**
 * btfw_fetcher_start:
 *
 * Calls start() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void    btfw_fetcher_start (BtfwFetcher *self, BtfwNet *net);
/**
 * btfw_fetcher_fetch_async:
 *
 * Calls fetch_async() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void    btfw_fetcher_fetch_async (BtfwFetcher        *self,
                                           const char         *url,
                                           gsize               max_size,
                                           GCancellable       *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer            user_data);
/**
 * btfw_fetcher_fetch_finish:
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API GBytes *btfw_fetcher_fetch_finish (BtfwFetcher *self, GAsyncResult *result, GError **error);

G_END_DECLS
