/* tracker-http.c: what HTTP trackers answer to announces and scrapes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tracker-reply.h"

#include "../../plugins/tracker-http/reply.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes)            body = g_bytes_new (data, size);
  g_autoptr (GError)            error = NULL;
  g_autoptr (BtfwAnnounceReply) announced = reply_read_announce (body, &error);
  g_autoptr (BtfwInfoHash)      a = btfw_info_hash_new ((const guint8 *) "aaaaaaaaaaaaaaaaaaaa", NULL);
  g_autoptr (BtfwInfoHash)      b = btfw_info_hash_new ((const guint8 *) "bbbbbbbbbbbbbbbbbbbb", NULL);
  BtfwInfoHash                 *hashes[] = { a, b };
  g_autoptr (BtfwScrapeReply)   scraped = NULL;

  if (fuzz_check (announced != NULL, &error))
    check_announce_reply (announced);
  scraped = reply_read_scrape (body, hashes, 2, &error);
  fuzz_check (scraped != NULL, &error);
  return 0;
}
