/* timers.c: tests of the heap of timers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loop/timers.h"

static void
test_come_in_order_of_time (void)
{
  static const gint64 dues[] = { 50, 10, 40, 10, 30, 20, 10, 60 };
  static const guint  order[] = { 1, 3, 6, 5, 4, 2, 0, 7 };
  BtfwTimers          timers = { 0 };
  BtfwTimer           t[G_N_ELEMENTS (dues)] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (dues); i++)
    btfw_timers_set (&timers, &t[i], dues[i]);
  g_assert_cmpint (btfw_timers_get_due (&timers), ==, 10);
  g_assert_null (btfw_timers_pop_due (&timers, 9));

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      g_assert_true (btfw_timers_pop_due (&timers, 60) == &t[order[i]]);
      g_assert_false (btfw_timer_is_set (&t[order[i]]));
    }
  g_assert_null (btfw_timers_pop_due (&timers, G_MAXINT64));
  g_assert_cmpint (btfw_timers_get_due (&timers), ==, G_MAXINT64);
  btfw_timers_clear (&timers);
}

static void
test_unset_of_one_that_is_not_set_does_nothing (void)
{
  BtfwTimers timers = { 0 };
  BtfwTimer  a = { 0 }, b = { 0 };

  btfw_timers_set (&timers, &a, 1);
  btfw_timers_unset (&timers, &b);
  btfw_timers_unset (&timers, &a);
  btfw_timers_unset (&timers, &a);
  g_assert_cmpint (btfw_timers_get_due (&timers), ==, G_MAXINT64);
  btfw_timers_clear (&timers);
}

static void
test_clear_leaves_no_timer_set (void)
{
  BtfwTimers timers = { 0 };
  BtfwTimer  a = { 0 };

  btfw_timers_set (&timers, &a, 1);
  btfw_timers_clear (&timers);
  g_assert_false (btfw_timer_is_set (&a));
}

static gint64
find_earliest (const BtfwTimer *timers, guint n)
{
  gint64 earliest = G_MAXINT64;

  for (guint i = 0; i < n; i++)
    if (btfw_timer_is_set (&timers[i]))
      earliest = MIN (earliest, timers[i].due);
  return earliest;
}

/* Sets, moves, unsets and pops at random, and compares with a plain search. */
static void
test_agrees_with_a_search_after_any_changes (void)
{
  BtfwTimers timers = { 0 };
  BtfwTimer  t[100] = { 0 };
  BtfwRandom random = { { 1, 2, 3, 4 } };

  for (guint step = 0; step < 20000; step++)
    {
      BtfwTimer *timer = &t[btfw_random_below (&random, G_N_ELEMENTS (t))];
      gint64     earliest;

      switch (btfw_random_below (&random, 4))
        {
        case 0:
          btfw_timers_unset (&timers, timer);
          break;
        case 1:
          earliest = find_earliest (t, G_N_ELEMENTS (t));
          timer = btfw_timers_pop_due (&timers, earliest);
          g_assert_true (earliest == G_MAXINT64 ? timer == NULL : timer->due == earliest);
          break;
        default:
          btfw_timers_set (&timers, timer, btfw_random_below (&random, 50));
        }
      g_assert_cmpint (btfw_timers_get_due (&timers), ==, find_earliest (t, G_N_ELEMENTS (t)));
    }
  btfw_timers_clear (&timers);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/timers/come-in-order-of-time", test_come_in_order_of_time);
  g_test_add_func ("/timers/unset-of-one-that-is-not-set-does-nothing", test_unset_of_one_that_is_not_set_does_nothing);
  g_test_add_func ("/timers/clear-leaves-no-timer-set", test_clear_leaves_no_timer_set);
  g_test_add_func ("/timers/agrees-with-a-search-after-any-changes", test_agrees_with_a_search_after_any_changes);
  return g_test_run ();
}
