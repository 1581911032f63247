/* tracker-udp.c: packets that may be a UDP tracker's. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tracker-reply.h"

#include "../../plugins/tracker-udp/packet.h"

static void
check_announce (const guint8 *data, gsize size)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (BtfwAnnounceReply) reply = btfw_announce_reply_new ();

      if (packet_read_announce (data, size, i & 1, i & 2, reply))
        check_announce_reply (reply);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (BtfwScrapeReply) scraped = btfw_scrape_reply_new (PACKET_SCRAPE_MAX);
  g_autofree char            *text = NULL;
  PacketAction                action;
  guint32                     transaction;
  guint64                     connection;

  if (!packet_read_header (data, size, &action, &transaction))
    return 0;
  packet_read_connect (data, size, &connection);
  check_announce (data, size);
  packet_read_scrape (data, size, scraped, 0, PACKET_SCRAPE_MAX);
  packet_read_scrape (data, size, scraped, PACKET_SCRAPE_MAX - 1, 1);
  text = packet_read_error (data, size);
  if (text != NULL)
    fuzz_check_text (text);
  return 0;
}
