/* tracker-udp.c: tests of the plugin for UDP trackers, in virtual time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/net.h"
#include "swarm/announce.h"

#include "../../../plugins/tracker-udp/packet.h"

#include <errno.h>
#include <string.h>

#define SECONDS(n) ((n) * G_TIME_SPAN_SECOND)

GType btfw_plugin_tracker_udp_get_type (void);

typedef struct
{
  gint64      when;
  BtfwAddress to;
  GBytes     *bytes;
} Sent;

typedef struct
{
  BtfwLoop          *loop;
  BtfwDatagram      *datagram;
  BtfwNet           *net;
  BtfwTracker       *tracker;
  GArray            *sent; /* of Sent */
  BtfwAnnounceReply *reply;
  BtfwScrapeReply   *counts;
  GError            *error;
  guint              n_done;
} Fixture;

static void
clear_sent (gpointer data)
{
  g_bytes_unref (((Sent *) data)->bytes);
}

static void
on_send (const guint8 *data, gsize size, const BtfwAddress *to, gpointer user_data)
{
  Fixture *f = user_data;
  Sent     sent = { btfw_loop_get_time (f->loop), *to, g_bytes_new (data, size) };

  g_array_append_val (f->sent, sent);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->loop = btfw_loop_new_virtual (1);
  f->datagram = btfw_datagram_new_virtual (f->loop, 6881, on_send, f);
  f->net = btfw_net_new_virtual (f->loop, f->datagram);
  f->sent = g_array_new (FALSE, FALSE, sizeof (Sent));
  g_array_set_clear_func (f->sent, clear_sent);
  f->tracker = g_object_new (btfw_plugin_tracker_udp_get_type (), NULL);
  btfw_tracker_start (f->tracker, f->net);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->tracker);
  btfw_net_unref (f->net);
  g_array_unref (f->sent);
  g_clear_pointer (&f->reply, btfw_announce_reply_unref);
  g_clear_pointer (&f->counts, btfw_scrape_reply_unref);
  g_clear_error (&f->error);
  btfw_loop_free (f->loop);
}

static void
advance (Fixture *f, gint64 time)
{
  btfw_loop_advance (f->loop, btfw_loop_get_time (f->loop) + time);
}

static void
on_announced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_pointer (&f->reply, btfw_announce_reply_unref);
  g_clear_error (&f->error);
  f->reply = btfw_tracker_announce_finish (BTFW_TRACKER (source), result, &f->error);
  f->n_done++;
}

static void
announce (Fixture *f, const char *url, GCancellable *cancellable)
{
  static const guint8      hash[20] = "an info-hash of 20 b";
  static const guint8      id[20] = "-bF0000-abcdefghijkl";
  g_autoptr (BtfwAnnounce) asked = btfw_announce_new (&(BtfwAnnounceValues){
    .url = url,
    .info_hash = hash,
    .peer_id = id,
    .uploaded = 1,
    .downloaded = 2,
    .left = 3,
    .event = BTFW_ANNOUNCE_STARTED,
    .num_want = -1,
    .key = 0x01020304,
    .port = 6881,
  });

  btfw_tracker_announce_async (f->tracker, asked, cancellable, on_announced, f);
  advance (f, 1000);
}

static const Sent *
get_sent (Fixture *f, guint i)
{
  g_assert_cmpuint (i, <, f->sent->len);
  return &g_array_index (f->sent, Sent, i);
}

static guint32
get_u32 (const guint8 *data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_BE (value);
}

/* Of the question that was sent as number @i. */
static guint32
get_action (Fixture *f, guint i)
{
  return get_u32 ((const guint8 *) g_bytes_get_data (get_sent (f, i)->bytes, NULL) + 8);
}

/* An answer to question @i, with @body behind its head; from @from, or from whoever was asked. */
static void
answer (Fixture *f, guint i, guint32 action, const void *body, gsize size, const char *from)
{
  guint8      packet[2048];
  guint32     big = GUINT32_TO_BE (action);
  BtfwAddress address = get_sent (f, i)->to;

  if (from != NULL)
    g_assert_true (btfw_address_parse (&address, from));
  memcpy (packet, &big, 4);
  memcpy (packet + 4, (const guint8 *) g_bytes_get_data (get_sent (f, i)->bytes, NULL) + 12, 4);
  if (size > 0)
    memcpy (packet + 8, body, size);
  btfw_datagram_deliver (f->datagram, packet, size + 8, &address);
  advance (f, 1000);
}

static void
answer_connect (Fixture *f, guint i)
{
  g_assert_cmpuint (get_action (f, i), ==, PACKET_CONNECT);
  answer (f, i, PACKET_CONNECT, "\1\2\3\4\5\6\7\10", 8, NULL);
}

/* An interval of 1,800 s, 5 leechers, 7 seeds, two peers. */
static const guint8 announce_v4[] = { 0, 0, 7, 8, 0, 0, 0, 5, 0, 0, 0, 7, 9, 9, 9, 9, 0x1a, 0xe1, 8, 8, 8, 8, 0x1a, 0xe1 };

static void
test_connects_and_announces (Fixture *f, gconstpointer data)
{
  const guint8 *bytes;
  gsize         size;

  announce (f, "udp://1.2.3.4:6969/announce", NULL);
  g_assert_cmpuint (f->sent->len, ==, 1);
  bytes = g_bytes_get_data (get_sent (f, 0)->bytes, &size);
  g_assert_cmpuint (size, ==, 16);
  g_assert_cmpmem (bytes, 8, "\0\0\4\x17\x27\x10\x19\x80", 8);

  answer_connect (f, 0);
  g_assert_cmpuint (f->sent->len, ==, 2);
  bytes = g_bytes_get_data (get_sent (f, 1)->bytes, &size);
  g_assert_cmpuint (size, ==, 98);
  g_assert_cmpmem (bytes, 8, "\1\2\3\4\5\6\7\10", 8);
  g_assert_cmpmem (bytes + 16, 40, "an info-hash of 20 b-bF0000-abcdefghijkl", 40);
  g_assert_cmpuint (bytes[63], ==, 2); /* downloaded */
  g_assert_cmpuint (bytes[71], ==, 3); /* left */
  g_assert_cmpuint (bytes[79], ==, 1); /* uploaded */
  g_assert_cmpuint (get_u32 (bytes + 80), ==, 2); /* started */
  g_assert_cmpuint (get_u32 (bytes + 88), ==, 0x01020304);
  g_assert_cmpuint (get_u32 (bytes + 92), ==, G_MAXUINT32);
  g_assert_cmpmem (bytes + 96, 2, "\x1a\xe1", 2);

  answer (f, 1, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_no_error (f->error);
  g_assert_cmpuint (btfw_announce_reply_get_n_peers (f->reply), ==, 2);
  g_assert_cmpint (btfw_announce_reply_get_interval (f->reply), ==, 1800);
  g_assert_cmpint (btfw_announce_reply_get_leechers (f->reply), ==, 5);
  g_assert_cmpint (btfw_announce_reply_get_seeds (f->reply), ==, 7);
  g_assert_false (btfw_announce_reply_is_from_local (f->reply));
}

static void
test_keeps_connections_for_a_minute (Fixture *f, gconstpointer data)
{
  announce (f, "udp://1.2.3.4:6969", NULL);
  answer_connect (f, 0);
  answer (f, 1, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  advance (f, SECONDS (55));
  announce (f, "udp://1.2.3.4:6969", NULL);
  g_assert_cmpuint (f->sent->len, ==, 3);
  g_assert_cmpuint (get_action (f, 2), ==, PACKET_ANNOUNCE);
  answer (f, 2, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_cmpuint (f->n_done, ==, 2);

  advance (f, SECONDS (10));
  announce (f, "udp://1.2.3.4:6969", NULL);
  g_assert_cmpuint (get_action (f, 3), ==, PACKET_CONNECT);
  answer_connect (f, 3);
  answer (f, 4, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_cmpuint (f->n_done, ==, 3);
}

static void
test_many_share_a_connection (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 10; i++)
    announce (f, "udp://1.2.3.4:6969", NULL);
  g_assert_cmpuint (f->sent->len, ==, 1);
  answer_connect (f, 0);
  g_assert_cmpuint (f->sent->len, ==, 11);
  for (guint i = 1; i <= 10; i++)
    answer (f, i, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_cmpuint (f->n_done, ==, 10);
}

static void
test_repeats_what_is_not_answered (Fixture *f, gconstpointer data)
{
  static const gint64 connects[] = { 0, 15, 45 };
  gint64              began = btfw_loop_get_time (f->loop);

  announce (f, "udp://1.2.3.4:6969", NULL);
  advance (f, SECONDS (104));
  g_assert_cmpuint (f->n_done, ==, 0);
  advance (f, SECONDS (2));
  g_assert_cmpuint (btfw_tracker_get_patience (f->tracker), ==, 105);
  g_assert_error (f->error, BTFW_ERROR, BTFW_ERROR_NETWORK);
  g_assert_cmpuint (f->sent->len, ==, G_N_ELEMENTS (connects));
  for (guint i = 0; i < G_N_ELEMENTS (connects); i++)
    g_assert_cmpint ((get_sent (f, i)->when - began) / G_TIME_SPAN_SECOND, ==, connects[i]);

  /* And nothing goes on behind our back. */
  advance (f, SECONDS (600));
  g_assert_cmpuint (f->sent->len, ==, G_N_ELEMENTS (connects));
}

/* A link that loses two packets of three: the third gets through (BEP 15). */
static void
test_third_packet_is_answered (Fixture *f, gconstpointer data)
{
  announce (f, "udp://1.2.3.4:6969", NULL);
  advance (f, SECONDS (46));
  g_assert_cmpuint (f->sent->len, ==, 3);
  answer_connect (f, 2);
  g_assert_cmpuint (f->sent->len, ==, 4);
  answer (f, 3, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_no_error (f->error);
  g_assert_cmpuint (f->n_done, ==, 1);
}

/* The same for what is asked with an id: after 15 and 30 s more, and with a new
 * id, as the old one may be what is not answered. */
static void
test_announce_goes_three_times (Fixture *f, gconstpointer data)
{
  announce (f, "udp://1.2.3.4:6969", NULL);
  answer_connect (f, 0);
  advance (f, SECONDS (15));
  answer_connect (f, 2);
  g_assert_cmpuint (get_action (f, 3), ==, PACKET_ANNOUNCE);
  advance (f, SECONDS (30));
  answer_connect (f, 4);
  g_assert_cmpuint (get_action (f, 5), ==, PACKET_ANNOUNCE);
  g_assert_cmpuint (f->sent->len, ==, 6);
  answer (f, 5, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_no_error (f->error);
  g_assert_cmpuint (f->n_done, ==, 1);
}

static void
test_repeats_with_a_new_connection (Fixture *f, gconstpointer data)
{
  announce (f, "udp://1.2.3.4:6969", NULL);
  answer_connect (f, 0);
  advance (f, SECONDS (16));
  g_assert_cmpuint (f->sent->len, ==, 3);
  answer_connect (f, 2);
  g_assert_cmpuint (get_action (f, 3), ==, PACKET_ANNOUNCE);
  /* A late answer to the first packet is one all the same. */
  answer (f, 1, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_no_error (f->error);
  g_assert_cmpuint (f->n_done, ==, 1);
}

static void
test_ignores_what_does_not_fit (Fixture *f, gconstpointer data)
{
  announce (f, "udp://1.2.3.4:6969", NULL);
  answer (f, 0, PACKET_CONNECT, "\1\1\1\1\1\1\1\1", 8, "1.2.3.5:6969");
  answer (f, 0, PACKET_CONNECT, "\1\1\1\1\1\1\1\1", 8, "1.2.3.4:6970");
  answer (f, 0, PACKET_CONNECT, "\1\1\1\1\1\1\1", 7, NULL);
  answer (f, 0, PACKET_CONNECT, NULL, 0, NULL);
  answer (f, 0, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  answer (f, 0, PACKET_ERROR, "no", 2, "9.9.9.9:6969");
  answer (f, 0, 4, "\1\1\1\1\1\1\1\1", 8, NULL);
  g_assert_cmpuint (f->sent->len, ==, 1);
  answer_connect (f, 0);

  answer (f, 1, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, "1.2.3.5:6969");
  answer (f, 1, PACKET_ANNOUNCE, announce_v4, 11, NULL);
  answer (f, 1, PACKET_SCRAPE, announce_v4, sizeof announce_v4, NULL);
  answer (f, 1, PACKET_CONNECT, "\1\1\1\1\1\1\1\1", 8, NULL);
  answer (f, 0, PACKET_CONNECT, "\1\1\1\1\1\1\1\1", 8, NULL); /* once more */
  g_assert_cmpuint (f->n_done, ==, 0);
  g_assert_cmpuint (f->sent->len, ==, 2);
  answer (f, 1, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4 - 3, NULL);
  g_assert_no_error (f->error);
  g_assert_cmpuint (btfw_announce_reply_get_n_peers (f->reply), ==, 1);
}

static void
test_tells_refusals (Fixture *f, gconstpointer data)
{
  announce (f, "udp://1.2.3.4:6969", NULL);
  answer_connect (f, 0);
  answer (f, 1, PACKET_ERROR, "not\x1b[31m here\n", 14, NULL);
  g_assert_no_error (f->error);
  g_assert_nonnull (btfw_announce_reply_get_failure (f->reply));
  g_assert_null (strchr (btfw_announce_reply_get_failure (f->reply), '\x1b'));
  g_assert_cmpuint (f->sent->len, ==, 2);
}

static void
test_a_kept_connection_may_be_refused (Fixture *f, gconstpointer data)
{
  announce (f, "udp://1.2.3.4:6969", NULL);
  answer_connect (f, 0);
  answer (f, 1, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  advance (f, SECONDS (5));
  announce (f, "udp://1.2.3.4:6969", NULL);
  answer (f, 2, PACKET_ERROR, "connection id", 13, NULL);
  g_assert_cmpuint (f->n_done, ==, 1);
  answer_connect (f, 3);
  answer (f, 4, PACKET_ERROR, "banned", 6, NULL);
  g_assert_cmpuint (f->n_done, ==, 2);
  g_assert_cmpstr (btfw_announce_reply_get_failure (f->reply), ==, "banned");
}

static void
test_gives_closed_ports_up_at_once (Fixture *f, gconstpointer data)
{
  announce (f, "udp://1.2.3.4:6969", NULL);
  btfw_datagram_tell_unreachable (f->datagram, &get_sent (f, 0)->to, ECONNREFUSED);
  advance (f, 1000);
  g_assert_error (f->error, BTFW_ERROR, BTFW_ERROR_NETWORK);
}

static void
test_reads_v6 (Fixture *f, gconstpointer data)
{
  guint8                     body[12 + 18] = { 0, 0, 7, 8 };
  g_autoptr (GSocketAddress) peer = NULL;

  body[12] = 0x20;
  body[28] = 0x1a;
  body[29] = 0xe1;
  announce (f, "udp://[2606::1]:6969", NULL);
  answer_connect (f, 0);
  answer (f, 1, PACKET_ANNOUNCE, body, sizeof body, NULL);
  g_assert_no_error (f->error);
  g_assert_cmpuint (btfw_announce_reply_get_n_peers (f->reply), ==, 1);
  peer = btfw_announce_reply_get_peer (f->reply, 0);
  g_assert_cmpint (g_socket_address_get_family (peer), ==, G_SOCKET_FAMILY_IPV6);
}

/* "localhost" is both. */
static void
test_asks_both_families (Fixture *f, gconstpointer data)
{
  guint8 body[12 + 18] = { 0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 0, 9 };

  body[12] = 0x20;
  body[29] = 1;
  announce (f, "udp://localhost:6969", NULL);
  g_assert_cmpuint (f->sent->len, ==, 2);
  answer_connect (f, 0);
  answer_connect (f, 1);
  answer (f, 2, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_cmpuint (f->n_done, ==, 0);
  answer (f, 3, PACKET_ANNOUNCE, body, sizeof body, NULL);
  g_assert_cmpuint (f->n_done, ==, 1);
  g_assert_cmpuint (btfw_announce_reply_get_n_peers (f->reply), ==, 3);
  g_assert_cmpint (btfw_announce_reply_get_seeds (f->reply), ==, 9);
  g_assert_cmpint (btfw_announce_reply_get_leechers (f->reply), ==, 5);
  g_assert_cmpint (btfw_announce_reply_get_interval (f->reply), ==, 3600);
  g_assert_true (btfw_announce_reply_is_from_local (f->reply));

  /* A family that stays silent holds the other up for some seconds at most. */
  announce (f, "udp://localhost:6969", NULL);
  answer (f, 4, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
  g_assert_cmpuint (f->n_done, ==, 1);
  advance (f, SECONDS (4));
  g_assert_cmpuint (f->n_done, ==, 2);
  g_assert_cmpuint (btfw_announce_reply_get_n_peers (f->reply), ==, 2);
}

static void
test_is_cancelled_at_once (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint                    n;

  announce (f, "udp://1.2.3.4:6969", cancellable);
  g_cancellable_cancel (cancellable);
  advance (f, 1000);
  g_assert_cmpuint (f->n_done, ==, 1);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  n = f->sent->len;
  advance (f, SECONDS (100));
  g_assert_cmpuint (f->sent->len, ==, n);
}

static const char *const bad_urls[] = { "udp://1.2.3.4", "udp://:6969", "udp://127.0.0.1:6969/x?y=z", "udp://x:99999" };

static void
test_refuses_urls (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_urls); i++)
    {
      announce (f, bad_urls[i], NULL);
      g_assert_cmpuint (f->n_done, ==, i + 1);
      g_assert_nonnull (f->error);
    }
  g_assert_cmpuint (f->sent->len, ==, 0);
}

static void
test_tells_the_rest_of_the_url (Fixture *f, gconstpointer data)
{
  g_autofree char *pass = g_strnfill (300, 'p');
  g_autofree char *url = g_strdup_printf ("udp://1.2.3.4:6969/announce?passkey=%s", pass);
  const guint8    *bytes;
  gsize            size;

  announce (f, url, NULL);
  answer_connect (f, 0);
  bytes = g_bytes_get_data (get_sent (f, 1)->bytes, &size);
  g_assert_cmpuint (size, ==, 98 + 2 + 255 + 2 + (18 + 300 - 255) + 1);
  g_assert_cmpmem (bytes + 98, 2 + 18, "\2\xff/announce?passkey=", 20);
  g_assert_cmpuint (bytes[98 + 257], ==, 2);
  g_assert_cmpuint (bytes[98 + 258], ==, 63);
  g_assert_cmpuint (bytes[size - 1], ==, 0);
  answer (f, 1, PACKET_ANNOUNCE, announce_v4, sizeof announce_v4, NULL);
}

/* --- Scrapes --- */

static void
on_scraped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->counts = btfw_tracker_scrape_finish (BTFW_TRACKER (source), result, &f->error);
  f->n_done++;
}

static void
test_scrapes_many_at_once (Fixture *f, gconstpointer data)
{
  BtfwInfoHash *hashes[100];
  guint8        bytes[20] = { 0 };
  guint8        body[74 * 12] = { 0 };
  gint64        seeds, leechers, completed;

  for (guint i = 0; i < G_N_ELEMENTS (hashes); i++)
    {
      bytes[0] = (guint8) i;
      hashes[i] = btfw_info_hash_new (bytes, NULL);
    }
  btfw_tracker_scrape_async (f->tracker, "udp://1.2.3.4:6969/announce", hashes, 100, NULL, on_scraped, f);
  advance (f, 1000);
  answer_connect (f, 0);
  g_assert_cmpuint (f->sent->len, ==, 3);
  g_assert_cmpuint (g_bytes_get_size (get_sent (f, 1)->bytes), ==, 16 + 74 * 20);
  g_assert_cmpuint (g_bytes_get_size (get_sent (f, 2)->bytes), ==, 16 + 26 * 20);

  body[11] = 1; /* leechers of the first */
  body[3] = 2;
  body[7] = 3;
  body[12] = 0xff; /* a negative number of seeds */
  answer (f, 1, PACKET_SCRAPE, body, sizeof body, NULL);
  answer (f, 2, PACKET_SCRAPE, body, 13, NULL); /* fewer than were asked for */
  g_assert_no_error (f->error);
  btfw_scrape_reply_get (f->counts, 0, &seeds, &leechers, &completed);
  g_assert_cmpint (seeds, ==, 2);
  g_assert_cmpint (leechers, ==, 1);
  g_assert_cmpint (completed, ==, 3);
  btfw_scrape_reply_get (f->counts, 1, &seeds, &leechers, NULL);
  g_assert_cmpint (seeds, ==, -1);
  g_assert_cmpint (leechers, ==, 0);
  btfw_scrape_reply_get (f->counts, 74, &seeds, NULL, NULL);
  g_assert_cmpint (seeds, ==, 2);
  btfw_scrape_reply_get (f->counts, 75, &seeds, NULL, NULL);
  g_assert_cmpint (seeds, ==, -1);
  for (guint i = 0; i < G_N_ELEMENTS (hashes); i++)
    btfw_info_hash_unref (hashes[i]);
}

static void
test_survives_any_bytes (Fixture *f, gconstpointer data)
{
  GRand *rand = g_rand_new_with_seed (7);

  announce (f, "udp://1.2.3.4:6969", NULL);
  for (guint i = 0; i < 20000; i++)
    {
      guint8 body[200];
      gsize  size = (gsize) g_rand_int_range (rand, 0, sizeof body);
      guint  question = (guint) g_rand_int_range (rand, 0, (gint32) f->sent->len);

      for (gsize k = 0; k < size; k++)
        body[k] = (guint8) g_rand_int (rand);
      answer (f, question, (guint32) g_rand_int_range (rand, 0, 5), body, size, NULL);
      if (f->n_done > 0)
        {
          f->n_done = 0;
          announce (f, "udp://1.2.3.4:6969", NULL);
        }
    }
  g_rand_free (rand);
  advance (f, SECONDS (120));
}

#define ADD(path, func) g_test_add ("/tracker-udp/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("connects-and-announces", test_connects_and_announces);
  ADD ("keeps-connections-for-a-minute", test_keeps_connections_for_a_minute);
  ADD ("many-share-a-connection", test_many_share_a_connection);
  ADD ("repeats-what-is-not-answered", test_repeats_what_is_not_answered);
  ADD ("third-packet-is-answered", test_third_packet_is_answered);
  ADD ("announce-goes-three-times", test_announce_goes_three_times);
  ADD ("repeats-with-a-new-connection", test_repeats_with_a_new_connection);
  ADD ("ignores-what-does-not-fit", test_ignores_what_does_not_fit);
  ADD ("tells-refusals", test_tells_refusals);
  ADD ("a-kept-connection-may-be-refused", test_a_kept_connection_may_be_refused);
  ADD ("gives-closed-ports-up-at-once", test_gives_closed_ports_up_at_once);
  ADD ("reads-v6", test_reads_v6);
  ADD ("asks-both-families", test_asks_both_families);
  ADD ("is-cancelled-at-once", test_is_cancelled_at_once);
  ADD ("refuses-urls", test_refuses_urls);
  ADD ("tells-the-rest-of-the-url", test_tells_the_rest_of_the_url);
  ADD ("scrapes-many-at-once", test_scrapes_many_at_once);
  ADD ("survives-any-bytes", test_survives_any_bytes);
  return g_test_run ();
}
