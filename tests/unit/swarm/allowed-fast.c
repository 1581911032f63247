/* allowed-fast.c: tests of the set of pieces that an address gets although it is choked. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/allowed-fast.h"

#include <string.h>

static const guint8 example_ip[4] = { 80, 4, 4, 200 };

static void
fill_hash (guint8 hash[20], guint8 byte)
{
  memset (hash, byte, 20);
}

/* The examples of BEP 6. */
static void
test_examples (void)
{
  static const guint32 expected[] = { 1059, 431, 808, 1217, 287, 376, 1188, 353, 508 };
  guint32              pieces[BTFW_FAST_SET_MAX];
  guint8               hash[20];

  fill_hash (hash, 0xaa);
  g_assert_cmpuint (btfw_fast_set_make (example_ip, hash, 1313, 7, pieces), ==, 7);
  g_assert_cmpmem (pieces, 7 * sizeof *pieces, expected, 7 * sizeof *expected);
  g_assert_cmpuint (btfw_fast_set_make (example_ip, hash, 1313, 9, pieces), ==, 9);
  g_assert_cmpmem (pieces, 9 * sizeof *pieces, expected, 9 * sizeof *expected);
}

/* Who has more addresses of one network has no more sets. */
static void
test_a_network_has_one_set (void)
{
  const guint8 other_ip[4] = { 80, 4, 4, 1 };
  const guint8 foreign_ip[4] = { 80, 4, 5, 200 };
  guint32      first[BTFW_FAST_SET_MAX], other[BTFW_FAST_SET_MAX], foreign[BTFW_FAST_SET_MAX];
  guint8       hash[20];

  fill_hash (hash, 0xaa);
  btfw_fast_set_make (example_ip, hash, 1313, BTFW_FAST_SET_MAX, first);
  btfw_fast_set_make (other_ip, hash, 1313, BTFW_FAST_SET_MAX, other);
  btfw_fast_set_make (foreign_ip, hash, 1313, BTFW_FAST_SET_MAX, foreign);
  g_assert_cmpmem (first, sizeof first, other, sizeof other);
  g_assert_cmpint (memcmp (first, foreign, sizeof first), !=, 0);
}

/* Also where there are hardly more pieces than wanted, or fewer, each comes once. */
static void
test_small_torrents_end (void)
{
  for (guint32 n_pieces = 1; n_pieces <= 2 * BTFW_FAST_SET_MAX; n_pieces++)
    for (guint byte = 0; byte < 256; byte++)
      {
        guint32 pieces[BTFW_FAST_SET_MAX];
        guint8  hash[20];
        guint   n;
        guint32 seen = 0;

        fill_hash (hash, (guint8) byte);
        n = btfw_fast_set_make (example_ip, hash, n_pieces, BTFW_FAST_SET_MAX, pieces);
        g_assert_cmpuint (n, ==, MIN (n_pieces, BTFW_FAST_SET_MAX));
        for (guint i = 0; i < n; i++)
          {
            g_assert_cmpuint (pieces[i], <, n_pieces);
            g_assert_false (seen & (1u << pieces[i]));
            seen |= 1u << pieces[i];
          }
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/allowed-fast/set/examples", test_examples);
  g_test_add_func ("/allowed-fast/set/a-network-has-one", test_a_network_has_one_set);
  g_test_add_func ("/allowed-fast/set/small-torrents-end", test_small_torrents_end);
  return g_test_run ();
}
