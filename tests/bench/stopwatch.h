/* stopwatch.h: times short work by the processor time that it takes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <time.h>

#define STOPWATCH_RUNS 5 /* of which the fastest counts: the others were disturbed */
#define STOPWATCH_SECONDS 0.01

static inline double
stopwatch_get_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* Seconds that one call takes. */
static inline double
stopwatch_measure (void (*work) (gpointer data), gpointer data)
{
  double best = G_MAXDOUBLE;

  for (guint run = 0; run < STOPWATCH_RUNS; run++)
    {
      double start = stopwatch_get_cpu_time (), elapsed;
      guint  n = 0;

      do
        {
          work (data);
          n++;
          elapsed = stopwatch_get_cpu_time () - start;
        }
      while (elapsed < STOPWATCH_SECONDS);
      best = MIN (best, elapsed / n);
    }
  return best;
}
