/* obfuscation.c: tests the handshake of encrypted peers, honest and otherwise (CASES C25). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/obfuscation.h"

#include <string.h>

static const guint8 info_hash[20] = "abcdefghijklmnopqrst";
static const guint8 payload[] = "a handshake and what follows";

static gboolean
find (const guint8 *wanted, guint8 *found, gpointer user_data)
{
  guint8 ours[20];

  btfw_obfuscation_hash_torrent (info_hash, ours);
  memcpy (found, info_hash, sizeof info_hash);
  return memcmp (wanted, ours, sizeof ours) == 0;
}

/* In portions of @step bytes; FALSE when @to had enough. */
static gboolean
carry (BtfwObfuscation *from, BtfwObfuscation *to, gsize step)
{
  GByteArray *out = btfw_obfuscation_get_out (from);

  while (out->len > 0 && !btfw_obfuscation_is_done (to))
    {
      gsize n = MIN (step, out->len);

      if (!btfw_obfuscation_feed (to, out->data, n, NULL))
        return FALSE;
      g_byte_array_remove_range (out, 0, (guint) n);
    }
  return TRUE;
}

static void
assert_same_stream (BtfwObfuscation *from, BtfwObfuscation *to)
{
  BtfwRc4 unused;
  BtfwRc4 in;
  BtfwRc4 out;
  guint8  bytes[100] = { 0 };

  btfw_obfuscation_get_ciphers (from, &unused, &out);
  btfw_obfuscation_get_ciphers (to, &in, &unused);
  btfw_rc4_apply (&out, bytes, bytes, sizeof bytes);
  g_assert_cmpuint (bytes[0] | bytes[1] | bytes[2] | bytes[3], !=, 0);
  btfw_rc4_apply (&in, bytes, bytes, sizeof bytes);
  for (guint i = 0; i < sizeof bytes; i++)
    g_assert_cmpuint (bytes[i], ==, 0);
}

typedef struct
{
  const char    *name;
  BtfwEncryption outgoing;
  BtfwEncryption incoming;
  gsize          step;
  BtfwMethod     method;
} Meeting;

static const Meeting meetings[] = {
  { "require", BTFW_ENCRYPTION_REQUIRE, BTFW_ENCRYPTION_REQUIRE, 4096, BTFW_METHOD_RC4 },
  { "byte-by-byte", BTFW_ENCRYPTION_REQUIRE, BTFW_ENCRYPTION_ALLOW, 1, BTFW_METHOD_RC4 },
  { "prefer", BTFW_ENCRYPTION_ALLOW, BTFW_ENCRYPTION_PREFER, 7, BTFW_METHOD_RC4 },
  { "plain-behind", BTFW_ENCRYPTION_PREFER, BTFW_ENCRYPTION_ALLOW, 100, BTFW_METHOD_PLAIN },
};

static void
test_meeting (gconstpointer data)
{
  const Meeting         *row = data;
  BtfwObfuscation       *a = btfw_obfuscation_new_outgoing (info_hash, row->outgoing, payload, sizeof payload);
  BtfwObfuscation       *b = btfw_obfuscation_new_incoming (row->incoming, find, NULL);
  g_autoptr (GByteArray) rest = NULL;

  for (guint turn = 0; turn < 3; turn++)
    {
      g_assert_true (carry (a, b, row->step));
      g_assert_true (carry (b, a, row->step));
    }
  g_assert_true (btfw_obfuscation_is_done (a));
  g_assert_true (btfw_obfuscation_is_done (b));
  g_assert_cmpuint (btfw_obfuscation_get_method (a), ==, row->method);
  g_assert_cmpuint (btfw_obfuscation_get_method (b), ==, row->method);
  assert_same_stream (a, b);
  assert_same_stream (b, a);
  rest = btfw_obfuscation_take_rest (b);
  g_assert_cmpmem (rest->data, rest->len, payload, sizeof payload);
  btfw_obfuscation_free (a);
  btfw_obfuscation_free (b);
}

/* Whoever speaks first with something else hears nothing. */
static void
test_silence (gconstpointer data)
{
  const char      *opening = data;
  BtfwObfuscation *b = btfw_obfuscation_new_incoming (BTFW_ENCRYPTION_ALLOW, find, NULL);
  guint8           bytes[1024];

  memset (bytes, 'x', sizeof bytes);
  memcpy (bytes, opening, strlen (opening));
  g_assert_false (btfw_obfuscation_feed (b, bytes, *opening != '\0' ? 30 : sizeof bytes, NULL));
  g_assert_cmpuint (btfw_obfuscation_get_out (b)->len, ==, 0);
  btfw_obfuscation_free (b);
}

/* 0, 1, p - 1 and p would make a secret that everybody knows. */
static void
test_weak_keys (void)
{
  static const char prime[] = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
                              "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
                              "4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";
  guint8 keys[4][BTFW_KEY_SIZE] = { { 0 } };

  keys[1][BTFW_KEY_SIZE - 1] = 1;
  for (guint i = 0; i < BTFW_KEY_SIZE; i++)
    keys[2][i] = keys[3][i] = (guint8) (g_ascii_xdigit_value (prime[2 * i]) << 4 | g_ascii_xdigit_value (prime[2 * i + 1]));
  keys[2][BTFW_KEY_SIZE - 1]--;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      BtfwObfuscation *b = btfw_obfuscation_new_incoming (BTFW_ENCRYPTION_ALLOW, find, NULL);

      g_assert_false (btfw_obfuscation_feed (b, keys[i], BTFW_KEY_SIZE, NULL));
      btfw_obfuscation_free (b);
    }
}

/* No mark behind as much padding as there may be. */
static void
test_no_mark (void)
{
  BtfwObfuscation *b = btfw_obfuscation_new_incoming (BTFW_ENCRYPTION_ALLOW, find, NULL);
  guint8           key[BTFW_KEY_SIZE] = { 7 };
  guint8           noise[BTFW_OBFUSCATION_PAD_MAX + 20] = { 0 };

  g_assert_true (btfw_obfuscation_feed (b, key, sizeof key, NULL));
  g_assert_true (btfw_obfuscation_feed (b, noise, sizeof noise - 1, NULL));
  g_assert_false (btfw_obfuscation_feed (b, noise, 1, NULL));
  btfw_obfuscation_free (b);
}

/* A stranger that knows the protocol and bends one field of it. */
typedef struct
{
  const char *name;
  guint32     methods;
  guint16     pad;
  guint16     payload;
} Bent;

static const Bent bent[] = {
  { "no-method", 0, 0, 0 },
  { "unknown-method", 4, 0, 0 },
  { "pad-65535", 2, 65535, 0 },
  { "pad-513", 2, 513, 0 },
  { "payload-65535", 2, 0, 65535 },
};

static void
hash (const char *word, const guint8 *shared, guint8 *result)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  gsize                 size = 20;

  g_checksum_update (sum, (const guchar *) word, 4);
  g_checksum_update (sum, shared, BTFW_KEY_SIZE);
  if (strncmp (word, "key", 3) == 0)
    g_checksum_update (sum, info_hash, sizeof info_hash);
  g_checksum_get_digest (sum, result, &size);
}

static void
test_bent (gconstpointer data)
{
  const Bent      *row = data;
  BtfwObfuscation *b = btfw_obfuscation_new_incoming (BTFW_ENCRYPTION_ALLOW, find, NULL);
  guint8           secret[BTFW_SECRET_SIZE];
  guint8           ours[BTFW_KEY_SIZE];
  guint8           shared[BTFW_KEY_SIZE];
  guint8           bytes[40 + 16] = { 0 };
  guint8           torrent[20];
  guint8           key[20];
  BtfwRc4          cipher;
  guint32          methods = GUINT32_TO_BE (row->methods);
  guint16          sizes[2] = { GUINT16_TO_BE (row->pad), GUINT16_TO_BE (row->payload) };

  g_assert_true (btfw_key_exchange_begin (secret, ours));
  g_assert_true (btfw_obfuscation_feed (b, ours, sizeof ours, NULL));
  g_assert_true (btfw_key_exchange_finish (secret, btfw_obfuscation_get_out (b)->data, shared));
  hash ("req1", shared, bytes);
  hash ("req3", shared, bytes + 20);
  btfw_obfuscation_hash_torrent (info_hash, torrent);
  for (guint i = 0; i < 20; i++)
    bytes[20 + i] ^= torrent[i];
  memcpy (bytes + 48, &methods, 4);
  memcpy (bytes + 52, sizes, 4);
  hash ("keyA", shared, key);
  btfw_rc4_init (&cipher, key, sizeof key);
  btfw_rc4_skip (&cipher, 1024);
  btfw_rc4_apply (&cipher, bytes + 40, bytes + 40, 16);
  g_assert_false (btfw_obfuscation_feed (b, bytes, sizeof bytes, NULL));
  btfw_obfuscation_free (b);
}

/* RFC 6229: 40 bits, 0102030405. */
static void
test_rc4 (void)
{
  static const guint8 expected[16] = { 0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27, 0xcc, 0xc3, 0x52, 0x4a, 0x0a, 0x11, 0x18, 0xa8 };
  guint8              bytes[16] = { 0 };
  BtfwRc4             cipher;
  BtfwRc4             again;

  btfw_rc4_init (&cipher, (const guint8 *) "\1\2\3\4\5", 5);
  btfw_rc4_apply (&cipher, bytes, bytes, sizeof bytes);
  g_assert_cmpmem (bytes, sizeof bytes, expected, sizeof expected);

  /* Passing over is the same as using up. */
  again = cipher;
  btfw_rc4_skip (&again, sizeof bytes);
  btfw_rc4_apply (&cipher, bytes, bytes, sizeof bytes);
  g_assert_cmpmem (&again, sizeof again, &cipher, sizeof cipher);
}

static void
test_cost (void)
{
  gint64 start = g_get_monotonic_time ();

  for (guint i = 0; i < 50; i++)
    {
      guint8 secret[BTFW_SECRET_SIZE];
      guint8 ours[BTFW_KEY_SIZE];
      guint8 shared[BTFW_KEY_SIZE];

      g_assert_true (btfw_key_exchange_begin (secret, ours));
      g_assert_true (btfw_key_exchange_finish (secret, ours, shared));
    }
  g_test_message ("%.0f µs a handshake", (double) (g_get_monotonic_time () - start) / 50);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/rc4", test_rc4);
  if (!btfw_key_exchange_is_available ())
    return g_test_run ();
  for (guint i = 0; i < G_N_ELEMENTS (meetings); i++)
    {
      g_autofree char *path = g_strconcat ("/net/obfuscation/", meetings[i].name, NULL);

      g_test_add_data_func (path, &meetings[i], test_meeting);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bent); i++)
    {
      g_autofree char *path = g_strconcat ("/net/obfuscation/bent/", bent[i].name, NULL);

      g_test_add_data_func (path, &bent[i], test_bent);
    }
  g_test_add_data_func ("/net/obfuscation/silence/http", "GET / HTTP/1.1\r\n", test_silence);
  g_test_add_data_func ("/net/obfuscation/silence/tls", "\x16\x03\x01", test_silence);
  g_test_add_data_func ("/net/obfuscation/silence/length-byte", "\x12" "BitTorrent protocol", test_silence);
  g_test_add_data_func ("/net/obfuscation/silence/noise", "", test_silence);
  g_test_add_func ("/net/obfuscation/weak-keys", test_weak_keys);
  g_test_add_func ("/net/obfuscation/no-mark", test_no_mark);
  g_test_add_func ("/net/key-exchange/cost", test_cost);
  return g_test_run ();
}
