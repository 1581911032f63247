/* info-hash.c: tests of the names of torrents. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-error.h>
#include <btfw/btfw-info-hash.h>
#include <locale.h>
#include <string.h>

#define HEX_V1 "000102030405060708090a0b0c0d0e0f10111213"
#define HEX_V2 HEX_V1 "1415161718191a1b1c1d1e1f"
#define BASE32_V1 "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"

typedef struct
{
  const char *name;
  const char *text;
  const char *expected; /* as a string again; NULL when it must be refused */
} Case;

static const Case cases[] = {
  { "hexadecimal", HEX_V1, HEX_V1 },
  { "upper-case-hexadecimal", "000102030405060708090A0B0C0D0E0F10111213", HEX_V1 },
  { "base-32", BASE32_V1, HEX_V1 },
  { "lower-case-base-32", "aaaqeayeaudaocajbifqydiob4ibceqt", HEX_V1 },
  { "all-bits-of-base-32", "77777777777777777777777777777777", "ffffffffffffffffffffffffffffffffffffffff" },
  { "v2", HEX_V2, HEX_V2 },
  { "nothing", "", NULL },
  { "39-digits", "00010203040506070809a0b0c0d0e0f10111213", NULL },
  { "41-digits", HEX_V1 "0", NULL },
  { "63-digits", HEX_V1 "1415161718191a1b1c1d1e1", NULL },
  { "65-digits", HEX_V2 "f", NULL },
  { "a-letter-that-is-no-digit", "g00102030405060708090a0b0c0d0e0f10111213", NULL },
  { "a-digit-that-base-32-lacks", "1AAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT", NULL },
  { "control-characters", "\033[2J\n", NULL },
  { "invalid-utf-8", "\xff\xfe", NULL },
};

static void
test_parse (gconstpointer data)
{
  const Case       *row = data;
  g_autoptr (GError) error = NULL;
  BtfwInfoHash      *hash = btfw_info_hash_parse (row->text, &error);

  if (row->expected == NULL)
    {
      g_assert_null (hash);
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_null (strchr (error->message, '\033'));
      return;
    }

  g_assert_no_error (error);
  g_autofree char *text = btfw_info_hash_to_string (hash);
  g_assert_cmpstr (text, ==, row->expected);
  btfw_info_hash_unref (hash);
}

static void
test_halves_are_told_apart (void)
{
  guint8                   v1[BTFW_INFO_HASH_V1_SIZE], v2[BTFW_INFO_HASH_V2_SIZE];
  g_autoptr (BtfwInfoHash) only_v1 = NULL, only_v2 = NULL, both = NULL;

  memset (v1, 1, sizeof v1);
  memset (v2, 2, sizeof v2);
  only_v1 = btfw_info_hash_new (v1, NULL);
  only_v2 = btfw_info_hash_new (NULL, v2);
  both = btfw_info_hash_new (v1, v2);

  g_assert_null (btfw_info_hash_get_v2 (only_v1));
  g_assert_null (btfw_info_hash_get_v1 (only_v2));
  g_assert_cmpmem (btfw_info_hash_get_v1 (both), 20, v1, 20);
  g_assert_cmpmem (btfw_info_hash_get_v2 (both), 32, v2, 32);
  g_assert_cmpmem (btfw_info_hash_get_short (both), 20, v1, 20);
  g_assert_cmpmem (btfw_info_hash_get_short (only_v2), 20, v2, 20);
  g_assert_false (btfw_info_hash_equal (only_v1, both));
  g_assert_false (btfw_info_hash_equal (only_v1, only_v2));
}

static void
test_equal_hashes_are_one_key (void)
{
  g_autoptr (BtfwInfoHash) a = btfw_info_hash_parse (HEX_V1, NULL);
  g_autoptr (BtfwInfoHash) b = btfw_info_hash_parse (BASE32_V1, NULL);

  g_assert_true (btfw_info_hash_equal (a, b));
  g_assert_cmpuint (btfw_info_hash_hash (a), ==, btfw_info_hash_hash (b));
}

static void
test_references_keep_it (void)
{
  BtfwInfoHash *hash = btfw_info_hash_parse (HEX_V1, NULL);

  g_assert_true (btfw_info_hash_ref (hash) == hash);
  btfw_info_hash_unref (hash);
  g_assert_cmpint (btfw_info_hash_get_v1 (hash)[1], ==, 1);
  btfw_info_hash_unref (hash);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/info-hash/parse/", cases[i].name, NULL);
      g_test_add_data_func (path, &cases[i], test_parse);
    }
  g_test_add_func ("/info-hash/halves-are-told-apart", test_halves_are_told_apart);
  g_test_add_func ("/info-hash/equal-hashes-are-one-key", test_equal_hashes_are_one_key);
  g_test_add_func ("/info-hash/references-keep-it", test_references_keep_it);

  return g_test_run ();
}
