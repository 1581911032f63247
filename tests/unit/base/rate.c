/* rate.c: tests the smoothed rate on a clock of its own. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/rate.h"

#define MS 1000
#define SECOND ((gint64) G_USEC_PER_SEC)
#define START (12345 * SECOND + 678)

typedef struct
{
  const char *name;
  guint64     rate;   /* bytes a second */
  gint64      period; /* between two calls, in µs */
} SteadyCase;

static const SteadyCase steady_cases[] = {
  { "1-kB-by-1-ms", 1000, 1 * MS },
  { "1-kB-by-1-s", 1000, 1000 * MS },
  { "16-kB-by-500-ms", 16384, 500 * MS },
  { "20-MB-by-7-ms", 20000000, 7 * MS },
  { "2-GB-by-10-ms", 2000000000, 10 * MS },
  { "4-GB-by-100-ms", 4000000000, 100 * MS },
};

static void
test_steady_rate_is_found (gconstpointer data)
{
  const SteadyCase *steady = data;
  BtfwRate          rate = { 0 };
  guint64           bytes = steady->rate * (guint64) steady->period / SECOND;
  guint64           total = 0;

  for (gint64 now = START; now < START + 20 * SECOND; now += steady->period)
    {
      btfw_rate_add (&rate, now, bytes);
      total += bytes;
      /* One period more or less may be seen. */
      if (now >= START + 6 * SECOND)
        {
          g_assert_cmpuint (btfw_rate_get (&rate, now), >=, steady->rate * 98 / 100);
          g_assert_cmpuint (btfw_rate_get (&rate, now), <=,
                            steady->rate * 102 / 100 + bytes * SECOND / (5 * SECOND) + 1);
        }
    }
  g_assert_cmpuint (rate.total, ==, total);
}

static void
test_start_is_not_dragged_down (void)
{
  BtfwRate rate = { 0 };

  for (gint64 now = START; now < START + 2 * SECOND; now += 10 * MS)
    btfw_rate_add (&rate, now, 10000);
  g_assert_cmpuint (btfw_rate_get (&rate, START + 2 * SECOND), >=, 990000);
  g_assert_cmpuint (btfw_rate_get (&rate, START + 2 * SECOND), <=, 1010000);
}

static void
test_first_block_is_not_a_burst (void)
{
  BtfwRate rate = { 0 };

  btfw_rate_add (&rate, START, 16384);
  g_assert_cmpuint (btfw_rate_get (&rate, START), ==, 16384);
  g_assert_cmpuint (btfw_rate_get (&rate, START + SECOND), <=, 16384);
}

static void
test_decays_to_nothing (void)
{
  BtfwRate rate = { 0 };
  guint64  last = G_MAXUINT64;

  for (gint64 now = START; now < START + 10 * SECOND; now += 100 * MS)
    btfw_rate_add (&rate, now, 100000);
  for (gint64 now = START + 10 * SECOND; now < START + 16 * SECOND; now += 500 * MS)
    {
      guint64 current = btfw_rate_get (&rate, now);

      g_assert_cmpuint (current, <=, last);
      last = current;
    }
  g_assert_cmpuint (btfw_rate_get (&rate, START + 16 * SECOND), ==, 0);
  g_assert_cmpuint (btfw_rate_get (&rate, START + 1000000 * SECOND), ==, 0);
  g_assert_cmpuint (btfw_rate_get (&rate, G_MAXINT64), ==, 0);
}

static void
test_after_a_pause_the_pause_counts (void)
{
  BtfwRate rate = { 0 };

  btfw_rate_add (&rate, START, 1000);
  btfw_rate_add (&rate, START + 60 * SECOND, 1000);
  g_assert_cmpuint (btfw_rate_get (&rate, START + 60 * SECOND), ==, 200);
}

static void
test_nothing_is_no_rate (void)
{
  BtfwRate rate = { 0 };

  g_assert_cmpuint (btfw_rate_get (&rate, 0), ==, 0);
  g_assert_cmpuint (btfw_rate_get (&rate, START), ==, 0);
  btfw_rate_add (&rate, START, 0);
  g_assert_cmpuint (btfw_rate_get (&rate, START + SECOND), ==, 0);
}

static void
test_too_much_is_cut_and_counted (void)
{
  BtfwRate rate = { 0 };

  btfw_rate_add (&rate, START, (gsize) G_MAXUINT32 * 4);
  btfw_rate_add (&rate, START, 1);
  g_assert_cmpuint (btfw_rate_get (&rate, START), ==, G_MAXUINT32 - 1);
  g_assert_cmpuint (btfw_rate_get (&rate, START + 2 * SECOND), >, G_MAXUINT32 / 4);
  g_assert_cmpuint (rate.total, ==, (guint64) G_MAXUINT32 * 4 + 1);
}

static void
test_clock_may_begin_at_zero_and_stand (void)
{
  BtfwRate rate = { 0 };

  btfw_rate_add (&rate, 0, 500);
  btfw_rate_add (&rate, 0, 500);
  g_assert_cmpuint (btfw_rate_get (&rate, 0), ==, 1000);
  btfw_rate_add (&rate, 2 * SECOND, 1000);
  /* A step back is a fault elsewhere; it must do no harm here. */
  btfw_rate_add (&rate, 1 * SECOND, 1000);
  g_assert_cmpuint (btfw_rate_get (&rate, 1 * SECOND), ==, 1500);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  G_STATIC_ASSERT (sizeof (BtfwRate) == 40);
  for (gsize i = 0; i < G_N_ELEMENTS (steady_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/rate/steady-rate-is-found/%s", steady_cases[i].name);

      g_test_add_data_func (path, &steady_cases[i], test_steady_rate_is_found);
    }
  g_test_add_func ("/rate/start-is-not-dragged-down", test_start_is_not_dragged_down);
  g_test_add_func ("/rate/first-block-is-not-a-burst", test_first_block_is_not_a_burst);
  g_test_add_func ("/rate/decays-to-nothing", test_decays_to_nothing);
  g_test_add_func ("/rate/after-a-pause-the-pause-counts", test_after_a_pause_the_pause_counts);
  g_test_add_func ("/rate/nothing-is-no-rate", test_nothing_is_no_rate);
  g_test_add_func ("/rate/too-much-is-cut-and-counted", test_too_much_is_cut_and_counted);
  g_test_add_func ("/rate/clock-may-begin-at-zero-and-stand", test_clock_may_begin_at_zero_and_stand);

  return g_test_run ();
}
