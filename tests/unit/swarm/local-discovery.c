/* local-discovery.c: tests of the words of the plugin for the local network, and of how much it hears. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "../../../plugins/discovery-lsd/message.h"
#include "../../../plugins/discovery-lsd/rate.h"

#include <string.h>

#define FIRST "BT-SEARCH * HTTP/1.1\r\n"
#define HASH "Infohash: 0123456789abcdefABCDEF0123456789abcdef01\r\n"

typedef struct
{
  const char *name;
  const char *text;
  gboolean    is_good;
  guint16     port;
  guint       n_hashes;
} Row;

static const Row rows[] = {
  { "plain", FIRST "Host: x\r\nPort: 6881\r\n" HASH "\r\n\r\n", TRUE, 6881, 1 },
  { "bare-newlines", "BT-SEARCH * HTTP/1.1\nPort: 1\n" HASH "\n", TRUE, 1, 1 },
  { "any-case", FIRST "PORT:65535\r\niNFOHASH:0123456789abcdefABCDEF0123456789abcdef01\r\n\r\n", TRUE, 65535, 1 },
  { "several", FIRST "Port: 2\r\n" HASH HASH HASH "cookie: c\r\n\r\n", TRUE, 2, 3 },
  { "bad-hash-beside", FIRST "Port: 2\r\nInfohash: xyz\r\n" HASH "\r\n", TRUE, 2, 1 },
  { "ends-at-the-empty-line", FIRST "Port: 2\r\n" HASH "\r\n" HASH "\r\n", TRUE, 2, 1 },
  { "empty", "", FALSE, 0, 0 },
  { "other-method", "M-SEARCH * HTTP/1.1\r\nPort: 2\r\n" HASH "\r\n", FALSE, 0, 0 },
  { "other-version", "BT-SEARCH * HTTP/1.10\r\nPort: 2\r\n" HASH "\r\n", FALSE, 0, 0 },
  { "no-port", FIRST HASH "\r\n", FALSE, 0, 0 },
  { "port-0", FIRST "Port: 0\r\n" HASH "\r\n", FALSE, 0, 0 },
  { "port-large", FIRST "Port: 65536\r\n" HASH "\r\n", FALSE, 0, 0 },
  { "port-long", FIRST "Port: 000001\r\n" HASH "\r\n", FALSE, 0, 0 },
  { "port-negative", FIRST "Port: -1\r\n" HASH "\r\n", FALSE, 0, 0 },
  { "port-text", FIRST "Port: 1a\r\n" HASH "\r\n", FALSE, 0, 0 },
  { "no-hash", FIRST "Port: 2\r\n\r\n", FALSE, 0, 0 },
  { "short-hash", FIRST "Port: 2\r\nInfohash: 0123\r\n\r\n", FALSE, 0, 0 },
  { "unfinished-line", FIRST "Port: 2\r\nInfohash: 0123456789abcdefABCDEF0123456789abcdef01", FALSE, 0, 0 },
};

static void
test_read (gconstpointer data)
{
  const Row  *row = data;
  LsdMessage  message;
  gsize       size = strlen (row->text);
  guint8     *exact = g_memdup2 (row->text, size); /* so that a sanitizer sees one byte too many */

  g_assert_cmpint (lsd_message_read (&message, exact, size), ==, row->is_good);
  if (row->is_good)
    {
      g_assert_cmpuint (message.port, ==, row->port);
      g_assert_cmpuint (message.n_hashes, ==, row->n_hashes);
      g_assert_cmpmem (message.hashes[0], 4, "\x01\x23\x45\x67", 4);
    }
  g_free (exact);
}

static void
test_fits_into_a_packet (void)
{
  LsdMessage       message = { .port = 65535, .n_hashes = LSD_HASHES_MAX }, again;
  g_autofree char *text = NULL;

  for (guint i = 0; i < LSD_HASHES_MAX; i++)
    memset (message.hashes[i], (int) i, 20);
  memset (message.cookie, 'c', 16);
  text = lsd_message_write (&message, "239.192.152.143:6771");
  g_assert_cmpuint (strlen (text), <=, 1400);
  g_assert_true (lsd_message_read (&again, (const guint8 *) text, strlen (text)));
  g_assert_cmpmem (&again, sizeof again, &message, sizeof message);
}

static void
test_more_hashes_are_left_out (void)
{
  g_autoptr (GString) text = g_string_new (FIRST "Port: 2\r\n");
  LsdMessage          message;

  for (guint i = 0; i < LSD_HASHES_MAX + 1; i++)
    g_string_append (text, HASH);
  g_string_append (text, "\r\n");
  g_assert_true (lsd_message_read (&message, (const guint8 *) text->str, text->len));
  g_assert_cmpuint (message.n_hashes, ==, LSD_HASHES_MAX);
}

static void
test_survives_any_bytes (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  static const char seed[] = FIRST "Port: 6881\r\n" HASH "cookie: abc\r\n\r\n\r\n";
  LsdMessage        message;

  for (guint i = 0; i < 50000; i++)
    {
      gsize   size = (gsize) g_rand_int_range (rand, 0, sizeof seed);
      guint8 *bytes = g_memdup2 (seed, MAX (size, 1));

      for (guint k = 0; k < 3 && size > 0; k++)
        bytes[g_rand_int_range (rand, 0, (gint32) size)] = (guint8) g_rand_int (rand);
      lsd_message_read (&message, bytes, size);
      g_free (bytes);
    }
}

static void
test_a_loud_sender_is_not_heard (void)
{
  g_autofree LsdRate *rate = g_new0 (LsdRate, 1);
  BtfwEndpoint        loud, other;
  guint               n = 0;

  g_assert_true (btfw_endpoint_parse (&loud, "10.0.0.1:1"));
  g_assert_true (btfw_endpoint_parse (&other, "10.0.0.2:1"));
  for (guint i = 0; i < 1000; i++)
    {
      loud.port = (guint16) (i + 1);
      n += lsd_rate_allows (rate, &loud, 1);
    }
  g_assert_cmpuint (n, ==, LSD_FROM_ONE_MAX);
  g_assert_true (lsd_rate_allows (rate, &other, 1));
  g_assert_true (lsd_rate_allows (rate, &loud, 1 + LSD_WINDOW));
}

static void
test_many_senders_are_bounded (void)
{
  g_autofree LsdRate *rate = g_new0 (LsdRate, 1);
  guint               n = 0;

  for (guint i = 0; i < 100000; i++)
    {
      guint8       ip[4] = { 10, (guint8) (i >> 16), (guint8) (i >> 8), (guint8) i };
      BtfwEndpoint from;

      g_assert_true (btfw_endpoint_init (&from, ip, 4, 1));
      n += lsd_rate_allows (rate, &from, 1);
    }
  g_assert_cmpuint (n, <=, LSD_FROM_ALL_MAX);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/local-discovery/read/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_read);
    }
  g_test_add_func ("/local-discovery/fits-into-a-packet", test_fits_into_a_packet);
  g_test_add_func ("/local-discovery/more-hashes-are-left-out", test_more_hashes_are_left_out);
  g_test_add_func ("/local-discovery/survives-any-bytes", test_survives_any_bytes);
  g_test_add_func ("/local-discovery/a-loud-sender-is-not-heard", test_a_loud_sender_is_not_heard);
  g_test_add_func ("/local-discovery/many-senders-are-bounded", test_many_senders_are_bounded);
  return g_test_run ();
}
