/* kit-exchange.h: questions that are answered later: what trackers and fetchers share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/kit.h"

/* How a plugin of the kind is asked, and how the answer is fetched. */
typedef struct
{
  const char *ask_name;
  const char *finish_name;
  /* Whether all methods are there that must be; finds what is not. */
  gboolean (*is_complete) (BtfwKit *kit);
  void (*start) (gpointer plugin, BtfwNet *net);
  void (*ask) (gpointer plugin, const char *url, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
  /* Whether there was an answer. */
  gboolean (*finish) (gpointer plugin, GAsyncResult *result, GError **error);
  /* How many seconds it may take; NULL for 30. */
  guint (*get_patience) (gpointer plugin);
} BtfwKitExchange;

/* Checks whose driver is a BtfwKitExchange. */
void btfw_kit_exchange_check_refused (BtfwKit *kit);
void btfw_kit_exchange_check_nonsense (BtfwKit *kit);
void btfw_kit_exchange_check_urls (BtfwKit *kit);
void btfw_kit_exchange_check_cancel (BtfwKit *kit);
void btfw_kit_exchange_check_many (BtfwKit *kit);
void btfw_kit_exchange_check_local (BtfwKit *kit);
void btfw_kit_exchange_check_silence (BtfwKit *kit);
