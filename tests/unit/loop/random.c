/* random.c: tests of the dice. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loop/random.h"

static void
test_is_xoshiro256_starstar (void)
{
  /* Published values for the state 1, 2, 3, 4. */
  static const guint64 expected[] = {
    11520,
    0,
    1509978240,
    G_GUINT64_CONSTANT (1215971899390074240),
    G_GUINT64_CONSTANT (1216172134540287360),
    G_GUINT64_CONSTANT (607988272756665600),
    G_GUINT64_CONSTANT (16172922978634559625),
    G_GUINT64_CONSTANT (8476171486693032832),
  };
  BtfwRandom random = { { 1, 2, 3, 4 } };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (btfw_random_u64 (&random), ==, expected[i]);
}

static guint64
get_first (guint64 seed, const char *name, guint64 nth)
{
  BtfwRandom random;

  btfw_random_init (&random, seed, name, nth);
  return btfw_random_u64 (&random);
}

static void
test_streams_differ_by_seed_name_and_count (void)
{
  guint64 first = get_first (1, "picker", 0);

  g_assert_cmpuint (first, ==, get_first (1, "picker", 0));
  g_assert_cmpuint (first, !=, get_first (2, "picker", 0));
  g_assert_cmpuint (first, !=, get_first (1, "picked", 0));
  g_assert_cmpuint (first, !=, get_first (1, "picker", 1));
  g_assert_cmpuint (get_first (1, "ab", 0), !=, get_first (1, "ba", 0));
  g_assert_cmpuint (get_first (1, "", 0), !=, get_first (1, "", 1));
}

static void
test_loop_gives_the_same_streams_for_the_same_seed (void)
{
  guint64 rolled[2][3];

  for (guint run = 0; run < 2; run++)
    {
      g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (7);
      BtfwRandom a, b, again;

      btfw_loop_fork_random (loop, "a", &a);
      /* What another stream does in between changes nothing. */
      if (run == 1)
        {
          btfw_loop_fork_random (loop, "b", &b);
          btfw_random_u64 (&b);
        }
      btfw_loop_fork_random (loop, "a", &again);
      rolled[run][0] = btfw_random_u64 (&a);
      rolled[run][1] = btfw_random_u64 (&a);
      rolled[run][2] = btfw_random_u64 (&again);
    }

  g_assert_cmpmem (rolled[0], sizeof rolled[0], rolled[1], sizeof rolled[1]);
  g_assert_cmpuint (rolled[0][0], !=, rolled[0][2]);
}

static void
test_below_is_fair_and_in_range (void)
{
  BtfwRandom random;
  guint      counts[6] = { 0 };

  btfw_random_init (&random, 1, "dice", 0);
  for (guint i = 0; i < 60000; i++)
    {
      guint32 n = btfw_random_below (&random, 6);

      g_assert_cmpuint (n, <, 6);
      counts[n]++;
    }
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_assert_cmpuint (counts[i], >, 9600);
      g_assert_cmpuint (counts[i], <, 10400);
    }
  for (guint i = 0; i < 100; i++)
    {
      g_assert_cmpuint (btfw_random_below (&random, 1), ==, 0);
      g_assert_cmpuint (btfw_random_below (&random, G_MAXUINT32), <, G_MAXUINT32);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/random/is-xoshiro256-starstar", test_is_xoshiro256_starstar);
  g_test_add_func ("/random/streams-differ-by-seed-name-and-count", test_streams_differ_by_seed_name_and_count);
  g_test_add_func ("/random/loop-gives-the-same-streams-for-the-same-seed",
                   test_loop_gives_the_same_streams_for_the_same_seed);
  g_test_add_func ("/random/below/is-fair-and-in-range", test_below_is_fair_and_in_range);
  return g_test_run ();
}
