/* limiter.c: tests of rates and of fairness, in a time of their own. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/limiter.h"

#include <string.h>

/* Takes all it can get, in pieces of @want. */
typedef struct
{
  BtfwWaiter   waiter; /* first */
  BtfwLimiter *limiter;
  gsize        want;
  guint64      total;
  gboolean     once; /* does not wait again */
} Greedy;

static void
greedy_go (BtfwWaiter *waiter)
{
  Greedy *self = (Greedy *) waiter;
  gsize   n;

  while ((n = btfw_limiter_allow (self->limiter, waiter, self->want)) > 0)
    {
      g_assert_cmpuint (n, <=, self->want);
      btfw_limiter_take (self->limiter, n);
      self->total += n;
      if (self->once)
        return;
    }
}

static void
greedy_init (Greedy *self, BtfwLimiter *limiter, gsize want)
{
  *self = (Greedy){ .waiter.go = greedy_go, .limiter = limiter, .want = want };
}

static void
advance_ms (BtfwLoop *loop, gint64 ms)
{
  btfw_loop_advance (loop, btfw_loop_get_time (loop) + ms * 1000);
}

static void
assert_within_percent (guint64 value, guint64 expected, guint percent)
{
  g_assert_cmpuint (value * 100, >=, expected * (100 - percent));
  g_assert_cmpuint (value * 100, <=, expected * (100 + percent));
}

typedef struct
{
  const char *name;
  guint64     rate;
  guint       n_streams;
} RateCase;

static const RateCase rate_cases[] = {
  { "1-kB-alone", 1000, 1 },
  { "10-kB-by-3", 10000, 3 },
  { "50-kB-by-100", 50000, 100 },
  { "1-MB-alone", 1000000, 1 },
  { "1-MB-by-7", 1000000, 7 },
  { "20-MB-by-50", 20000000, 50 },
  { "2-GB-by-10", 2000000000, 10 },
};

static void
test_rate_is_exact_and_smooth (gconstpointer data)
{
  const RateCase *row = data;
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  g_autofree Greedy *streams = g_new (Greedy, row->n_streams);
  BtfwLimiter limiter;
  guint64     total = 0;

  btfw_limiter_init (&limiter, loop, NULL);
  btfw_limiter_set_rate (&limiter, row->rate);
  for (guint i = 0; i < row->n_streams; i++)
    {
      greedy_init (&streams[i], &limiter, 16384);
      greedy_go (&streams[i].waiter);
    }

  for (guint tenth = 0; tenth < 100; tenth++)
    {
      guint64 before = total;

      advance_ms (loop, 100);
      total = 0;
      for (guint i = 0; i < row->n_streams; i++)
        total += streams[i].total;
      /* What one bucket holds may come on top of the rate, or one turn. */
      g_assert_cmpuint (total - before, <=, row->rate / 5 + 1500);
    }
  assert_within_percent (total, row->rate * 10, 5);

  for (guint i = 0; i < row->n_streams; i++)
    g_assert_cmpuint (ABS ((gint64) streams[i].total - (gint64) (row->rate * 10 / row->n_streams)), <=,
                      MAX (row->rate * 10 / row->n_streams / 10, 2 * 1024));
  btfw_limiter_clear (&limiter);
}

static void
test_no_limit_passes_all (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  BtfwLimiter parent, limiter;
  Greedy      stream;

  btfw_limiter_init (&parent, loop, NULL);
  btfw_limiter_init (&limiter, loop, &parent);
  greedy_init (&stream, &limiter, 1);
  g_assert_cmpuint (btfw_limiter_allow (&limiter, &stream.waiter, 123456789), ==, 123456789);
  btfw_limiter_clear (&limiter);
  btfw_limiter_clear (&parent);
}

static void
test_lifting_the_limit_lets_all_go (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  BtfwLimiter limiter;
  Greedy      streams[3];

  btfw_limiter_init (&limiter, loop, NULL);
  btfw_limiter_set_rate (&limiter, 1);
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      greedy_init (&streams[i], &limiter, 100000);
      streams[i].once = TRUE;
      greedy_go (&streams[i].waiter);
    }
  g_assert_cmpuint (limiter.n_waiting, ==, 3);

  btfw_limiter_set_rate (&limiter, 0);
  g_assert_cmpuint (limiter.n_waiting, ==, 3);
  advance_ms (loop, 0);
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    g_assert_cmpuint (streams[i].total, ==, 100000);
  g_assert_cmpuint (limiter.n_waiting, ==, 0);
  g_assert_false (btfw_timer_is_set (&limiter.timer));
  btfw_limiter_clear (&limiter);
}

/* Two torrents below one session; what one does not use, the other gets. */
static void
test_chain_obeys_both_limits (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  BtfwLimiter session, slow, fast;
  Greedy      streams[6]; /* the first three in the slow one */
  guint64     slow_total = 0, fast_total = 0;

  btfw_limiter_init (&session, loop, NULL);
  btfw_limiter_init (&slow, loop, &session);
  btfw_limiter_init (&fast, loop, &session);
  btfw_limiter_set_rate (&session, 1000000);
  btfw_limiter_set_rate (&slow, 60000);
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      greedy_init (&streams[i], i < 3 ? &slow : &fast, 16384);
      greedy_go (&streams[i].waiter);
    }
  advance_ms (loop, 10000);

  for (guint i = 0; i < 3; i++)
    {
      assert_within_percent (streams[i].total, 200000, 20);
      assert_within_percent (streams[i + 3].total, 3133333, 10);
      slow_total += streams[i].total;
      fast_total += streams[i + 3].total;
    }
  assert_within_percent (slow_total, 600000, 5);
  assert_within_percent (slow_total + fast_total, 10000000, 5);
  btfw_limiter_clear (&slow);
  btfw_limiter_clear (&fast);
  btfw_limiter_clear (&session);
}

static void
test_those_who_want_little_leave_the_rest_to_others (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  BtfwLimiter limiter;
  Greedy      modest, greedy;

  btfw_limiter_init (&limiter, loop, NULL);
  btfw_limiter_set_rate (&limiter, 100000);
  greedy_init (&greedy, &limiter, 16384);
  greedy_init (&modest, &limiter, 100);
  modest.once = TRUE;
  greedy_go (&greedy.waiter);
  for (guint i = 0; i < 100; i++)
    {
      greedy_go (&modest.waiter);
      advance_ms (loop, 100);
    }

  g_assert_cmpuint (modest.total, >=, 9900);
  g_assert_cmpuint (modest.total, <=, 10000);
  assert_within_percent (modest.total + greedy.total, 1000000, 5);
  btfw_limiter_clear (&limiter);
}

static void
test_newcomers_do_not_jump_the_line (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  BtfwLimiter limiter;
  Greedy      first, second;

  btfw_limiter_init (&limiter, loop, NULL);
  btfw_limiter_set_rate (&limiter, 1000000);
  greedy_init (&first, &limiter, 1 << 20);
  greedy_init (&second, &limiter, 1024);
  greedy_go (&first.waiter);
  g_assert_true (first.waiter.limiter == &limiter);

  /* There is enough for it, but somebody waits already. */
  advance_ms (loop, 10);
  g_assert_cmpuint (btfw_limiter_allow (&limiter, &second.waiter, 1024), ==, 0);
  g_assert_true (limiter.first == &first.waiter && limiter.last == &second.waiter);
  btfw_limiter_clear (&limiter);
  g_assert_null (first.waiter.limiter);
}

static void
test_leaving_the_line_stops_the_timer (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  BtfwLimiter limiter;
  Greedy      stream;

  btfw_limiter_init (&limiter, loop, NULL);
  btfw_limiter_set_rate (&limiter, 1000);
  greedy_init (&stream, &limiter, 16384);
  greedy_go (&stream.waiter);
  g_assert_true (btfw_timer_is_set (&limiter.timer));
  btfw_waiter_leave (&stream.waiter);
  btfw_waiter_leave (&stream.waiter);
  g_assert_false (btfw_timer_is_set (&limiter.timer));
  advance_ms (loop, 10000);
  g_assert_cmpuint (stream.total, <=, 1500);
  btfw_limiter_clear (&limiter);
}

static Greedy *victim;

static void
free_victim_and_self (BtfwWaiter *waiter)
{
  btfw_waiter_leave (&victim->waiter);
  g_clear_pointer (&victim, g_free);
  g_free (waiter);
}

static void
test_waiters_may_be_freed_by_a_turn (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  BtfwLimiter limiter;
  Greedy     *first = g_new (Greedy, 1);
  Greedy      last;

  victim = g_new (Greedy, 1);
  btfw_limiter_init (&limiter, loop, NULL);
  btfw_limiter_set_rate (&limiter, 1000000);
  greedy_init (&last, &limiter, 1 << 20);
  greedy_go (&last.waiter);
  btfw_waiter_leave (&last.waiter);
  greedy_init (first, &limiter, 2048);
  greedy_init (victim, &limiter, 2048);
  g_assert_cmpuint (btfw_limiter_allow (&limiter, &first->waiter, 2048), ==, 0);
  g_assert_cmpuint (btfw_limiter_allow (&limiter, &victim->waiter, 2048), ==, 0);
  greedy_go (&last.waiter);
  first->waiter.go = free_victim_and_self;
  last.total = 0;

  advance_ms (loop, 1000);
  g_assert_null (victim);
  g_assert_cmpuint (last.total, >, 900000);
  btfw_limiter_clear (&limiter);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rate_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/limiter/rate-is-exact-and-smooth/%s", rate_cases[i].name);

      g_test_add_data_func (path, &rate_cases[i], test_rate_is_exact_and_smooth);
    }
  g_test_add_func ("/limiter/no-limit-passes-all", test_no_limit_passes_all);
  g_test_add_func ("/limiter/lifting-the-limit-lets-all-go", test_lifting_the_limit_lets_all_go);
  g_test_add_func ("/limiter/chain-obeys-both-limits", test_chain_obeys_both_limits);
  g_test_add_func ("/limiter/those-who-want-little-leave-the-rest-to-others",
                   test_those_who_want_little_leave_the_rest_to_others);
  g_test_add_func ("/limiter/newcomers-do-not-jump-the-line", test_newcomers_do_not_jump_the_line);
  g_test_add_func ("/limiter/leaving-the-line-stops-the-timer", test_leaving_the_line_stops_the_timer);
  g_test_add_func ("/limiter/waiters-may-be-freed-by-a-turn", test_waiters_may_be_freed_by_a_turn);
  return g_test_run ();
}
