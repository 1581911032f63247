/* picker.c: how the cost of a pick, of a have, of a piece that came, and of an
 * announce grows with the number of pieces and of peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../../plugins/picker-rarest/rarity-order.h"
#include "swarm/candidates.h"

#include "stopwatch.h"

#define STEPS 1000
#define PICKS 16      /* pieces that one pick takes */
#define ANNOUNCED 200 /* addresses in a reply */

typedef struct
{
  RarityOrder order;
  guint64     dice;
  guint       n_peers;
} Swarm;

static guint32
roll (gpointer data, guint32 n)
{
  Swarm *swarm = data;

  swarm->dice = swarm->dice * 6364136223846793005u + 1442695040888963407u;
  return (guint32) ((swarm->dice >> 32) * n >> 32);
}

/* As if every piece were with a random number of the peers. */
static guint
get_level (gpointer data, guint32 piece)
{
  Swarm  *swarm = data;
  guint32 n_peers = roll (swarm, swarm->n_peers);

  return (RARITY_MAX + 1) + MIN (n_peers, RARITY_MAX);
}

static void
sort (gpointer data)
{
  Swarm *swarm = data;

  rarity_order_sort (&swarm->order, get_level, swarm);
}

/* One peer more has a piece, and one less. */
static void
have (gpointer data)
{
  Swarm *swarm = data;

  for (guint i = 0; i < STEPS; i++)
    {
      guint32 piece = roll (swarm, swarm->order.n_pieces);
      guint   level = rarity_order_get_level (&swarm->order, piece);

      if (level >= 2 * (RARITY_MAX + 1) - 1)
        continue;
      rarity_order_set_level (&swarm->order, piece, level + 1);
      rarity_order_set_level (&swarm->order, piece, level);
    }
}

/* A piece is begun, and wanted again. */
static void
begin (gpointer data)
{
  Swarm *swarm = data;

  for (guint i = 0; i < STEPS; i++)
    {
      guint32 piece = roll (swarm, swarm->order.n_pieces);
      guint   level = rarity_order_get_level (&swarm->order, piece);

      rarity_order_set_level (&swarm->order, piece, RARITY_OUT);
      rarity_order_set_level (&swarm->order, piece, level);
    }
}

/* What a peer that has half of all is asked for. */
static void
pick (gpointer data)
{
  Swarm  *swarm = data;
  guint32 n_looked_at = 0;

  for (guint32 i = 0; i < STEPS; i++)
    for (guint32 place = 0, n = 0; n < PICKS && place < rarity_order_get_n (&swarm->order); place++, n_looked_at++)
      n += ((rarity_order_get (&swarm->order, place) + i) * 2654435761u) >> 31;
  swarm->dice += n_looked_at;
}

static void
measure_order (guint32 n_pieces, guint n_peers)
{
  Swarm swarm = { .dice = 1, .n_peers = n_peers };

  rarity_order_init (&swarm.order, n_pieces, roll, &swarm);
  sort (&swarm);
  g_print ("# %9u %6u %9.0f %9.0f %9.0f %9.2f\n", n_pieces, n_peers,
           stopwatch_measure (pick, &swarm) * 1e9 / STEPS, stopwatch_measure (have, &swarm) * 1e9 / STEPS / 2,
           stopwatch_measure (begin, &swarm) * 1e9 / STEPS / 2, stopwatch_measure (sort, &swarm) * 1e3);
  rarity_order_clear (&swarm.order);
}

static BtfwAddress
make_address (guint number)
{
  /* 11.0.0.0/8: not local. */
  const guint8 ip[4] = { 11, (guint8) (number >> 16), (guint8) (number >> 8), (guint8) number };
  BtfwAddress  address;

  btfw_address_from_v4 (&address, ip, 6881);
  return address;
}

/* A tracker names peers that are known already, as it mostly does. */
static void
announce (gpointer data)
{
  BtfwCandidates *candidates = data;

  for (guint i = 0; i < ANNOUNCED; i++)
    {
      BtfwAddress address = make_address (i);

      btfw_candidates_add (candidates, &address, BTFW_SOURCE_TRACKER);
    }
}

static void
choose (gpointer data)
{
  gint64 when;

  btfw_candidates_choose (data, 0, &when);
}

static void
measure_candidates (guint n_peers)
{
  BtfwCandidates candidates;
  double         start;

  btfw_candidates_init (&candidates);
  start = stopwatch_get_cpu_time ();
  for (guint i = 0; i < n_peers; i++)
    {
      BtfwAddress address = make_address (i);

      btfw_candidates_add (&candidates, &address, BTFW_SOURCE_TRACKER);
    }
  start = stopwatch_get_cpu_time () - start;
  g_print ("# %6u %12.2f %15.2f %11.2f\n", n_peers, start * 1e6 / n_peers,
           stopwatch_measure (announce, &candidates) * 1e6, stopwatch_measure (choose, &candidates) * 1e6);
  btfw_candidates_clear (&candidates);
}

int
main (void)
{
  static const guint peers[] = { 10, 50, 2000 };

  g_print ("# pieces     peers   pick ns   have ns  begin ns   sort ms\n");
  for (guint32 n_pieces = 1000; n_pieces <= 1000000; n_pieces *= 10)
    for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
      measure_order (n_pieces, peers[i]);

  g_print ("# known   us a new one  us an announce   us a choice\n");
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    measure_candidates (peers[i]);
  return 0;
}
