/* clock.c: tests of the time, timers and dice of plugins. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loop/clock.h"

typedef struct
{
  BtfwClock *clock;
  guint      n_due;
  guint      n_freed;
  gint64     when;
  guint64    other; /* to be cancelled when it goes off */
  gboolean   again;
} Probe;

static void
on_due (gpointer data)
{
  Probe *probe = data;

  probe->n_due++;
  probe->when = btfw_clock_get_time (probe->clock);
  btfw_clock_cancel_timer (probe->clock, probe->other);
  if (probe->again)
    btfw_clock_set_timer (probe->clock, 1000, on_due, probe, NULL);
  probe->again = FALSE;
}

static void
on_freed (gpointer data)
{
  ((Probe *) data)->n_freed++;
}

static void
test_timers_go_off_once (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  Probe                probe = { .clock = btfw_clock_new (loop, "test") };
  gint64               start = btfw_loop_get_time (loop);

  g_assert_cmpuint (btfw_clock_set_timer (probe.clock, 5000, on_due, &probe, on_freed), !=, 0);
  g_assert_cmpuint (probe.n_due, ==, 0);
  btfw_loop_advance (loop, start + 4999);
  g_assert_cmpuint (probe.n_due, ==, 0);
  btfw_loop_advance (loop, start + 100000);
  g_assert_cmpuint (probe.n_due, ==, 1);
  g_assert_cmpuint (probe.n_freed, ==, 1);
  g_assert_cmpint (probe.when, ==, start + 5000);
  btfw_clock_kill (probe.clock);
  g_assert_cmpuint (probe.n_freed, ==, 1);
}

static void
test_timers_are_cancelled (void)
{
  g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (1);
  Probe                first = { .clock = btfw_clock_new (loop, "test") };
  Probe                second = { .clock = first.clock };
  guint64              timer = btfw_clock_set_timer (first.clock, 10, on_due, &first, on_freed);

  btfw_clock_cancel_timer (first.clock, timer);
  g_assert_cmpuint (first.n_freed, ==, 1);
  btfw_clock_cancel_timer (first.clock, timer);
  btfw_clock_cancel_timer (first.clock, 0);
  btfw_clock_cancel_timer (first.clock, 12345);

  /* One may cancel another, and itself, and set new ones. */
  second.other = btfw_clock_set_timer (first.clock, 20, on_due, &first, on_freed);
  first.other = btfw_clock_set_timer (first.clock, 10, on_due, &second, on_freed);
  second.again = TRUE;
  btfw_loop_advance (loop, btfw_loop_get_time (loop) + 10000);
  g_assert_cmpuint (second.n_due, ==, 2);
  g_assert_cmpuint (first.n_due, ==, 0);
  g_assert_cmpuint (first.n_freed, ==, 2);
  btfw_clock_kill (first.clock);
}

static void
test_a_dead_clock (void)
{
  g_autoptr (BtfwLoop)  loop = btfw_loop_new_virtual (1);
  g_autoptr (BtfwClock) kept = NULL;
  Probe                 probe = { .clock = btfw_clock_new (loop, "test") };

  kept = btfw_clock_ref (probe.clock);
  btfw_clock_set_timer (kept, 10, on_due, &probe, on_freed);
  btfw_clock_set_timer (kept, 20, on_due, &probe, on_freed);
  btfw_clock_kill (probe.clock);
  g_assert_cmpuint (probe.n_freed, ==, 2);
  g_assert_cmpint (btfw_clock_get_time (kept), ==, 0);
  g_assert_cmpuint (btfw_clock_random (kept, 10), ==, 0);
  g_assert_cmpuint (btfw_clock_set_timer (kept, 10, on_due, &probe, on_freed), ==, 0);
  g_assert_cmpuint (probe.n_freed, ==, 3);
  btfw_loop_advance (loop, btfw_loop_get_time (loop) + 1000);
  g_assert_cmpuint (probe.n_due, ==, 0);
}

static void
test_dice_of_their_own (void)
{
  guint32 first[8];

  for (guint run = 0; run < 2; run++)
    {
      g_autoptr (BtfwLoop) loop = btfw_loop_new_virtual (7);
      BtfwClock           *one = btfw_clock_new (loop, "one");
      BtfwClock           *two = btfw_clock_new (loop, "two");

      /* In the second run the other one rolls, too. */
      for (guint i = 0; i < G_N_ELEMENTS (first); i++)
        {
          guint32 number = btfw_clock_random (one, 1000);

          if (run == 0)
            first[i] = number;
          else
            btfw_clock_random (two, 1000);
          g_assert_cmpuint (number, ==, first[i]);
          g_assert_cmpuint (number, <, 1000);
        }
      btfw_clock_kill (one);
      btfw_clock_kill (two);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/clock/timers-go-off-once", test_timers_go_off_once);
  g_test_add_func ("/clock/timers-are-cancelled", test_timers_are_cancelled);
  g_test_add_func ("/clock/a-dead-clock", test_a_dead_clock);
  g_test_add_func ("/clock/dice-of-their-own", test_dice_of_their_own);
  return g_test_run ();
}
