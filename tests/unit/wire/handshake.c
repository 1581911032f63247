/* handshake.c: tests of the first 68 bytes, and of the extension handshake. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/handshake.h"

#include <string.h>

static const BtfwHandshake some_handshake = {
  .features = BTFW_FEATURE_FAST | BTFW_FEATURE_EXTENSION,
  .info_hash = "abcdefghijklmnopqrst",
  .peer_id = "-bF0100-123456789012",
};

static const char some_bytes[] = "\023BitTorrent protocol\0\0\0\0\0\x10\0\x04"
                                 "abcdefghijklmnopqrst"
                                 "-bF0100-123456789012";

static void
test_write_is_as_the_bep_says (void)
{
  guint8 bytes[BTFW_HANDSHAKE_SIZE];

  g_assert_cmpuint (sizeof some_bytes - 1, ==, BTFW_HANDSHAKE_SIZE);
  btfw_handshake_write (&some_handshake, bytes);
  g_assert_cmpmem (bytes, sizeof bytes, some_bytes, BTFW_HANDSHAKE_SIZE);
}

static void
test_features_survive_the_way (void)
{
  for (guint features = 0; features < 8; features++)
    {
      BtfwHandshake ours = some_handshake;
      BtfwHandshake theirs = { 0 };
      guint8        bytes[BTFW_HANDSHAKE_SIZE];

      ours.features = features;
      btfw_handshake_write (&ours, bytes);
      g_assert_true (btfw_handshake_read (&theirs, bytes, sizeof bytes, NULL));
      g_assert_cmpuint (theirs.features, ==, features);
      g_assert_cmpmem (theirs.info_hash, 20, ours.info_hash, 20);
      g_assert_cmpmem (theirs.peer_id, 20, ours.peer_id, 20);
    }
}

/* Bits that we do not know mean nothing to us. */
static void
test_unknown_features_are_passed_over (void)
{
  BtfwHandshake handshake = { 0 };
  guint8        bytes[BTFW_HANDSHAKE_SIZE];

  memcpy (bytes, some_bytes, sizeof bytes);
  memset (bytes + 20, 0xff, 8);
  g_assert_true (btfw_handshake_read (&handshake, bytes, sizeof bytes, NULL));
  g_assert_cmpuint (handshake.features, ==, BTFW_FEATURE_DHT | BTFW_FEATURE_FAST | BTFW_FEATURE_EXTENSION);
}

static void
test_every_beginning_is_taken (void)
{
  for (gsize size = 0; size <= BTFW_HANDSHAKE_SIZE; size++)
    {
      g_autofree guint8 *exact = g_memdup2 (some_bytes, MAX (size, 1));
      g_autoptr (GError) error = NULL;
      BtfwHandshake      handshake = { 0 };

      g_assert_true (btfw_handshake_read (&handshake, exact, size, &error));
      g_assert_no_error (error);
      g_assert_cmpint (memcmp (handshake.info_hash, some_handshake.info_hash, 20) == 0, ==, size >= 48);
      g_assert_cmpint (memcmp (handshake.peer_id, some_handshake.peer_id, 20) == 0, ==, size >= 68);
    }
}

/* Noise, HTTP or TLS is known at its first wrong byte, not at the last one. */
static void
test_first_wrong_byte_is_enough (void)
{
  for (gsize wrong = 0; wrong < 20; wrong++)
    {
      g_autoptr (GError) error = NULL;
      BtfwHandshake handshake = { 0 };
      guint8        bytes[BTFW_HANDSHAKE_SIZE];

      memcpy (bytes, some_bytes, sizeof bytes);
      bytes[wrong] ^= 0x20;
      g_assert_true (btfw_handshake_read (&handshake, bytes, wrong, NULL));
      g_assert_false (btfw_handshake_read (&handshake, bytes, wrong + 1, &error));
      g_assert_error (error, BTFW_WIRE_ERROR, BTFW_WIRE_ERROR_HANDSHAKE);
      g_assert_false (btfw_handshake_read (&handshake, bytes, sizeof bytes, NULL));
    }
}

/* --- The extension handshake --- */

typedef struct
{
  const char *name;
  const char *body;
  gboolean    fails;
  const char *client;
  guint32     request_max;
  guint16     port;
  gboolean    upload_only;
} ExtendedCase;

static const ExtendedCase extended_cases[] = {
  { "nothing-said", "de", .client = NULL },
  { "everything-said", "d1:md6:ut_pexi1ee1:pi6881e4:reqqi250e11:upload_onlyi1e1:v8:Client 1e",
    .client = "Client 1", .request_max = 250, .port = 6881, .upload_only = TRUE },
  { "extension-ids-out-of-range", "d1:md1:ai0e1:bi300e1:ci-1e1:di1e1:ei1ee4:reqqi5ee", .request_max = 5 },
  { "extensions-are-no-dictionary", "d1:mi5e4:reqqi5ee", .request_max = 5 },
  { "metadata-size-negative", "d13:metadata_sizei-1e4:reqqi5ee", .request_max = 5 },
  { "metadata-size-huge", "d13:metadata_sizei2147483648e4:reqqi5ee", .request_max = 5 },
  { "reqq-negative", "d4:reqqi-1ee", .fails = FALSE },
  { "reqq-zero", "d4:reqqi0ee", .fails = FALSE },
  { "reqq-huge", "d4:reqqi9223372036854775807ee", .request_max = 100000 },
  { "reqq-is-text", "d4:reqq3:250e", .fails = FALSE },
  { "port-negative", "d1:pi-1ee", .fails = FALSE },
  { "port-zero", "d1:pi0ee", .fails = FALSE },
  { "port-too-large", "d1:pi65536ee", .fails = FALSE },
  { "port-largest", "d1:pi65535ee", .port = 65535 },
  { "client-is-a-number", "d1:vi5ee", .fails = FALSE },
  { "client-with-control-bytes", "d1:v6:a\x1b[1mbe", .client = "a\xef\xbf\xbd[1mb" },
  { "upload-only-zero", "d11:upload_onlyi0ee", .fails = FALSE },
  { "a-list", "le", .fails = TRUE },
  { "a-number", "i1e", .fails = TRUE },
  { "empty", "", .fails = TRUE },
  { "cut-off", "d4:reqqi5e", .fails = TRUE },
  { "length-lies", "d1:v99:Ce", .fails = TRUE },
};

static void
test_extended (gconstpointer data)
{
  const ExtendedCase   *body = data;
  gsize                 size = strlen (body->body);
  g_autofree guint8    *exact = g_memdup2 (body->body, MAX (size, 1));
  g_autoptr (GError)    error = NULL;
  BtfwExtendedHandshake handshake;

  g_assert_cmpint (btfw_extended_handshake_read (&handshake, exact, size, &error), ==, !body->fails);
  g_assert_cmpint (error != NULL, ==, body->fails);
  g_assert_cmpstr (handshake.client, ==, body->client);
  g_assert_cmpuint (handshake.request_max, ==, body->request_max);
  g_assert_cmpuint (handshake.port, ==, body->port);
  g_assert_cmpint (handshake.upload_only, ==, body->upload_only);
  btfw_extended_handshake_clear (&handshake);
}

static void
test_extended_client_is_short (void)
{
  g_autofree char      *name = g_strnfill (5000, 'x');
  g_autofree char      *body = g_strdup_printf ("d1:v5000:%se", name);
  BtfwExtendedHandshake handshake;

  g_assert_true (btfw_extended_handshake_read (&handshake, (const guint8 *) body, strlen (body), NULL));
  g_assert_cmpuint (strlen (handshake.client), <=, 64);
  btfw_extended_handshake_clear (&handshake);
}

/* A letter of several bytes is cut off where its bytes are: no half of it is shown. */
static void
test_extended_client_is_valid_text (void)
{
  g_autoptr (GString)   body = g_string_new ("d1:v90:");
  BtfwExtendedHandshake handshake;

  for (guint i = 0; i < 30; i++)
    g_string_append (body, "\xe2\x82\xac");
  g_string_append_c (body, 'e');

  g_assert_true (btfw_extended_handshake_read (&handshake, (const guint8 *) body->str, body->len, NULL));
  g_assert_true (g_utf8_validate (handshake.client, -1, NULL));
  btfw_extended_handshake_clear (&handshake);
}

/* A message full of tokens is refused before it costs anything. */
static void
test_extended_has_few_tokens (void)
{
  g_autoptr (GString)   body = g_string_new ("l");
  BtfwExtendedHandshake handshake;

  for (guint i = 0; i < 5000; i++)
    g_string_append (body, "i1e");
  g_string_append_c (body, 'e');
  g_assert_false (btfw_extended_handshake_read (&handshake, (const guint8 *) body->str, body->len, NULL));
  btfw_extended_handshake_clear (&handshake);
}

static void
test_extended_survives_the_way (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  BtfwExtendedHandshake  ours = { .client = (char *) "Client", .request_max = 500, .port = 51413, .upload_only = TRUE };
  BtfwExtendedHandshake  theirs;

  btfw_extended_handshake_put (out, &ours);
  g_assert_cmpuint (out->data[3], ==, out->len - 4);
  g_assert_cmpuint (out->data[4], ==, BTFW_WIRE_EXTENDED);
  g_assert_cmpuint (out->data[5], ==, 0);
  g_assert_true (btfw_extended_handshake_read (&theirs, out->data + 6, out->len - 6, NULL));
  g_assert_cmpstr (theirs.client, ==, "Client");
  g_assert_cmpuint (theirs.request_max, ==, 500);
  g_assert_cmpuint (theirs.port, ==, 51413);
  g_assert_true (theirs.upload_only);
  btfw_extended_handshake_clear (&theirs);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/handshake/write-is-as-the-bep-says", test_write_is_as_the_bep_says);
  g_test_add_func ("/handshake/features-survive-the-way", test_features_survive_the_way);
  g_test_add_func ("/handshake/unknown-features-are-passed-over", test_unknown_features_are_passed_over);
  g_test_add_func ("/handshake/every-beginning-is-taken", test_every_beginning_is_taken);
  g_test_add_func ("/handshake/first-wrong-byte-is-enough", test_first_wrong_byte_is_enough);
  for (gsize i = 0; i < G_N_ELEMENTS (extended_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/handshake/extended/%s", extended_cases[i].name);

      g_test_add_data_func (path, &extended_cases[i], test_extended);
    }
  g_test_add_func ("/handshake/extended/client-is-short", test_extended_client_is_short);
  g_test_add_func ("/handshake/extended/client-is-valid-text", test_extended_client_is_valid_text);
  g_test_add_func ("/handshake/extended/has-few-tokens", test_extended_has_few_tokens);
  g_test_add_func ("/handshake/extended/survives-the-way", test_extended_survives_the_way);
  return g_test_run ();
}
