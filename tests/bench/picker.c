/* picker.c: what it costs to keep pieces in the order of their rarity. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../../plugins/picker-rarest/rarity-order.h"

#include <time.h>

#define CHANGES 2000000
#define USUAL (RARITY_MAX + 1) /* normal priority, and nobody has it */
#define SPREAD 40              /* availabilities in the swarm */

static double
get_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static guint32
roll (gpointer rand, guint32 n)
{
  return n == 0 ? 0 : g_rand_int (rand) % n;
}

/* As when peers come, tell of their pieces, and go: one level up or down. */
static double
time_changes (RarityOrder *order, GRand *rand)
{
  double start = get_cpu_time ();

  for (guint i = 0; i < CHANGES; i++)
    {
      guint32 piece = g_rand_int (rand) % order->n_pieces;
      guint   level = order->levels[piece];

      rarity_order_set_level (order, piece, level == USUAL || (level < USUAL + SPREAD && i % 2) ? level + 1 : level - 1);
    }
  return (get_cpu_time () - start) / CHANGES * 1e9;
}

/* As when a piece is begun, and goes from its level to those that are out. */
static double
time_begins (RarityOrder *order)
{
  guint32 n = MIN (order->n_pieces, 10000);
  double  start = get_cpu_time ();

  for (guint32 i = 0; i < n; i++)
    rarity_order_set_level (order, rarity_order_get (order, 0), RARITY_OUT);
  return (get_cpu_time () - start) / n * 1e9;
}

int
main (void)
{
  static const guint32 sizes[] = { 100, 1000, 10000, 100000, 2097152 };
  g_autoptr (GRand)    rand = g_rand_new_with_seed (1);

  g_print ("%10s %18s %18s\n", "pieces", "ns a have", "ns a piece begun");
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      RarityOrder order;
      double      change, begin;

      rarity_order_init (&order, sizes[i], roll, rand);
      for (guint32 piece = 0; piece < sizes[i]; piece++)
        rarity_order_set_level (&order, piece, USUAL + piece % SPREAD);
      change = time_changes (&order, rand);
      begin = time_begins (&order);
      g_print ("%10u %18.0f %18.0f\n", sizes[i], change, begin);
      rarity_order_clear (&order);
    }
  return 0;
}
