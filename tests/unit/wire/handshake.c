/* handshake.c: tests of the first 68 bytes. */
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/handshake/write-is-as-the-bep-says", test_write_is_as_the_bep_says);
  g_test_add_func ("/handshake/features-survive-the-way", test_features_survive_the_way);
  g_test_add_func ("/handshake/unknown-features-are-passed-over", test_unknown_features_are_passed_over);
  g_test_add_func ("/handshake/every-beginning-is-taken", test_every_beginning_is_taken);
  g_test_add_func ("/handshake/first-wrong-byte-is-enough", test_first_wrong_byte_is_enough);
  return g_test_run ();
}
