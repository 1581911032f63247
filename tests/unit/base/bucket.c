/* bucket.c: tests that a token bucket is exact and has no bursts, on a clock of its own. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/bucket.h"

#define MS 1000
#define SECOND ((gint64) G_USEC_PER_SEC)
#define START (9876 * SECOND + 543)
#define DURATION (10 * SECOND)

static const guint64 rates[] = { 1000, 4321, 16384, 500000, 20000000, 125000000, 1234567891, 2000000000 };
static const gint64  periods[] = { 1 * MS, 3 * MS, 7 * MS, 10 * MS, 33 * MS, 50 * MS, 99 * MS };

typedef struct
{
  guint64 rate;
  gint64  period; /* between two calls of a poller, or what a sleeper takes at once, in µs */
} PatternCase;

static guint64
get_capacity (guint64 rate)
{
  return MAX (rate / 10, BTFW_BUCKET_PACKET);
}

static void
assert_within_one_percent (guint64 bytes, guint64 rate)
{
  guint64 expected = rate * DURATION / SECOND;

  g_assert_cmpuint (bytes, <=, expected + expected / 100);
  g_assert_cmpuint (bytes, >=, expected - expected / 100);
}

/* Somebody with endless data who comes by regularly and takes what is there. */
static void
test_poller_gets_the_rate (gconstpointer data)
{
  const PatternCase *pattern = data;
  BtfwBucket         bucket = { 0 };
  guint64            passed = 0;

  btfw_bucket_set_rate (&bucket, START, pattern->rate);
  for (gint64 now = START; now <= START + DURATION; now += pattern->period)
    {
      gssize bytes = btfw_bucket_get (&bucket, now);

      g_assert_cmpuint ((guint64) bytes, <=, get_capacity (pattern->rate));
      btfw_bucket_take (&bucket, (gsize) bytes);
      passed += (guint64) bytes;
      /* At no time has more passed than the rate gave until then. */
      g_assert_cmpuint (passed, <=, pattern->rate * (guint64) (now - START) / SECOND);
    }
  assert_within_one_percent (passed, pattern->rate);
}

/* Somebody who takes whole messages, larger than what is there, and sleeps in between. */
static void
test_sleeper_gets_the_rate (gconstpointer data)
{
  const PatternCase *pattern = data;
  guint64            message = MAX (pattern->rate * (guint64) pattern->period / SECOND, 1);
  BtfwBucket         bucket = { 0 };
  guint64            passed = 0;
  gint64             now = START;

  btfw_bucket_set_rate (&bucket, START, pattern->rate);
  while ((now = btfw_bucket_get_ready_time (&bucket, now, message)) <= START + DURATION)
    {
      g_assert_cmpuint ((guint64) btfw_bucket_get (&bucket, now), >=, MIN (message, get_capacity (pattern->rate)));
      btfw_bucket_take (&bucket, message);
      passed += message;
    }

  /* The last message is wholly in or wholly out. */
  g_assert_cmpuint (passed, <=, pattern->rate * DURATION / SECOND + message);
  g_assert_cmpuint (passed + 2 * message, >=, pattern->rate * DURATION / SECOND * 99 / 100);
  if (message <= pattern->rate / 10)
    assert_within_one_percent (passed, pattern->rate);
}

static void
test_ready_time_is_exact (gconstpointer data)
{
  guint64    rate = *(const guint64 *) data;
  gsize      wanted = (gsize) MIN (get_capacity (rate), 1000 + rate / 97);
  BtfwBucket bucket = { 0 };
  gint64     ready;

  btfw_bucket_set_rate (&bucket, START, rate);
  btfw_bucket_take (&bucket, (gsize) (rate / 7));
  ready = btfw_bucket_get_ready_time (&bucket, START + 17, wanted);
  g_assert_cmpint (btfw_bucket_get (&bucket, ready - 1), <, (gssize) wanted);
  g_assert_cmpint (btfw_bucket_get (&bucket, ready), >=, (gssize) wanted);
  g_assert_cmpint (btfw_bucket_get_ready_time (&bucket, ready, wanted), ==, ready);
}

static void
test_long_pause_gives_no_burst (gconstpointer data)
{
  guint64    rate = *(const guint64 *) data;
  BtfwBucket bucket = { 0 };

  btfw_bucket_set_rate (&bucket, START, rate);
  g_assert_cmpint (btfw_bucket_get (&bucket, START), ==, 0);
  g_assert_cmpuint ((guint64) btfw_bucket_get (&bucket, START + 3600 * SECOND), ==, get_capacity (rate));
  g_assert_cmpuint ((guint64) btfw_bucket_get (&bucket, G_MAXINT64), ==, get_capacity (rate));
}

static void
test_no_limit_lets_all_pass (void)
{
  BtfwBucket bucket = { 0 };

  g_assert_cmpint (btfw_bucket_get (&bucket, START), ==, G_MAXSSIZE);
  btfw_bucket_take (&bucket, G_MAXSIZE);
  g_assert_cmpint (btfw_bucket_get (&bucket, START), ==, G_MAXSSIZE);
  g_assert_cmpint (btfw_bucket_get_ready_time (&bucket, START, G_MAXSIZE), ==, START);
}

static void
test_limit_begins_empty_and_ends_free (void)
{
  BtfwBucket bucket = { 0 };

  btfw_bucket_take (&bucket, 1000000);
  btfw_bucket_set_rate (&bucket, START, 1000000);
  g_assert_cmpint (btfw_bucket_get (&bucket, START), ==, 0);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + 10 * MS), ==, 10000);
  btfw_bucket_take (&bucket, 5000000);
  btfw_bucket_set_rate (&bucket, START + 10 * MS, 0);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + 10 * MS), ==, G_MAXSSIZE);
  btfw_bucket_set_rate (&bucket, START + 20 * MS, 1000000);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + 30 * MS), ==, 10000);
}

static void
test_debt_keeps_its_time (void)
{
  BtfwBucket bucket = { 0 };

  btfw_bucket_set_rate (&bucket, START, 2000000000);
  btfw_bucket_take (&bucket, 1000000000);
  g_assert_cmpint (btfw_bucket_get_ready_time (&bucket, START, 0), ==, START + SECOND / 2);
  btfw_bucket_set_rate (&bucket, START, 1000);
  g_assert_cmpint (btfw_bucket_get_ready_time (&bucket, START, 0), ==, START + SECOND / 2);
  g_assert_cmpint (btfw_bucket_get (&bucket, START), ==, 0);
}

static void
test_slower_rate_holds_less (void)
{
  BtfwBucket bucket = { 0 };

  btfw_bucket_set_rate (&bucket, START, 1000000000);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + SECOND), ==, 100000000);
  btfw_bucket_set_rate (&bucket, START + SECOND, 100000);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + SECOND), ==, 10000);
  /* The same rate once more gives and takes nothing. */
  btfw_bucket_set_rate (&bucket, START + SECOND, 100000);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + SECOND), ==, 10000);
}

static void
test_extremes_do_not_overflow (void)
{
  BtfwBucket bucket = { 0 };

  btfw_bucket_set_rate (&bucket, START, G_MAXUINT64);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + 1), >, 0);
  g_assert_cmpint (btfw_bucket_get (&bucket, G_MAXINT64), >, 0);

  btfw_bucket_set_rate (&bucket, START, 1);
  for (guint i = 0; i < 8; i++)
    btfw_bucket_take (&bucket, G_MAXSIZE);
  g_assert_cmpint (btfw_bucket_get (&bucket, START), ==, 0);
  g_assert_cmpint (btfw_bucket_get_ready_time (&bucket, START, G_MAXSIZE), ==, G_MAXINT64);
  btfw_bucket_set_rate (&bucket, START, G_MAXUINT64);
  g_assert_cmpint (btfw_bucket_get (&bucket, START), ==, 0);
}

static void
test_clock_that_steps_back_gives_nothing (void)
{
  BtfwBucket bucket = { 0 };

  btfw_bucket_set_rate (&bucket, START, 1000000);
  btfw_bucket_take (&bucket, (gsize) btfw_bucket_get (&bucket, START + 50 * MS));
  g_assert_cmpint (btfw_bucket_get (&bucket, START), ==, 0);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + 50 * MS), ==, 0);
  g_assert_cmpint (btfw_bucket_get (&bucket, START + 60 * MS), ==, 10000);
}

static void
add_pattern (const char *name, guint64 rate, gint64 period, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/bucket/%s/%" G_GUINT64_FORMAT "-B-by-%d-ms", name, rate,
                                           (int) (period / MS));
  PatternCase     *pattern = g_new (PatternCase, 1);

  *pattern = (PatternCase){ rate, period };
  g_test_add_data_func_full (path, pattern, test, g_free);
}

static void
add_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      g_autofree char *exact = g_strdup_printf ("/bucket/ready-time-is-exact/%" G_GUINT64_FORMAT, rates[i]);
      g_autofree char *pause = g_strdup_printf ("/bucket/long-pause-gives-no-burst/%" G_GUINT64_FORMAT, rates[i]);

      g_test_add_data_func (exact, &rates[i], test_ready_time_is_exact);
      g_test_add_data_func (pause, &rates[i], test_long_pause_gives_no_burst);
      for (gsize j = 0; j < G_N_ELEMENTS (periods); j++)
        {
          add_pattern ("poller-gets-the-rate", rates[i], periods[j], test_poller_gets_the_rate);
          add_pattern ("sleeper-gets-the-rate", rates[i], periods[j], test_sleeper_gets_the_rate);
        }
      add_pattern ("sleeper-gets-the-rate", rates[i], 250 * MS, test_sleeper_gets_the_rate);
      add_pattern ("sleeper-gets-the-rate", rates[i], 500 * MS, test_sleeper_gets_the_rate);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_cases ();
  g_test_add_func ("/bucket/no-limit-lets-all-pass", test_no_limit_lets_all_pass);
  g_test_add_func ("/bucket/limit-begins-empty-and-ends-free", test_limit_begins_empty_and_ends_free);
  g_test_add_func ("/bucket/debt-keeps-its-time", test_debt_keeps_its_time);
  g_test_add_func ("/bucket/slower-rate-holds-less", test_slower_rate_holds_less);
  g_test_add_func ("/bucket/extremes-do-not-overflow", test_extremes_do_not_overflow);
  g_test_add_func ("/bucket/clock-that-steps-back-gives-nothing", test_clock_that_steps_back_gives_nothing);

  return g_test_run ();
}
