/* rarity-order.c: tests of the order of the rarest-first picker, against a sorted model. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../../../plugins/picker-rarest/rarity-order.h"

static guint32
roll (gpointer data, guint32 n)
{
  g_assert_cmpuint (n, >, 0);
  return (guint32) g_rand_int_range (data, 0, (gint32) n);
}

/* The levels alone say what the order must be; among equals any order is right. */
static void
assert_sorted (const RarityOrder *order, const guint *levels)
{
  g_autofree gboolean *seen = g_new0 (gboolean, order->n_pieces);
  guint32              n_in = 0;

  for (guint32 place = 0; place < order->n_pieces; place++)
    {
      guint32 piece = order->order[place];

      g_assert_cmpuint (piece, <, order->n_pieces);
      g_assert_false (seen[piece]);
      seen[piece] = TRUE;
      g_assert_cmpuint (order->places[piece], ==, place);
      g_assert_cmpuint (order->levels[piece], ==, levels[piece]);
      if (place > 0)
        g_assert_cmpuint (levels[order->order[place - 1]], <=, levels[piece]);
      n_in += levels[piece] != RARITY_OUT;
    }
  g_assert_cmpuint (rarity_order_get_n (order), ==, n_in);
  for (guint32 place = 0; place < n_in; place++)
    g_assert_cmpuint (levels[rarity_order_get (order, place)], !=, RARITY_OUT);
}

static const guint32 sizes[] = { 0, 1, 2, 3, 64, 500 };

static void
test_random_changes (gconstpointer data)
{
  const guint32       *n_pieces = data;
  g_autoptr (GRand)    rand = g_rand_new_with_seed (g_test_rand_int ());
  g_autofree guint    *levels = g_new (guint, *n_pieces + 1);
  RarityOrder          order;

  rarity_order_init (&order, *n_pieces, roll, rand);
  for (guint32 piece = 0; piece < *n_pieces; piece++)
    levels[piece] = RARITY_OUT;
  assert_sorted (&order, levels);

  for (guint i = 0; *n_pieces > 0 && i < 2000; i++)
    {
      guint32 piece = (guint32) g_rand_int_range (rand, 0, (gint32) *n_pieces);
      guint   level = (guint) g_rand_int_range (rand, 0, 4) > 0 ? (guint) g_rand_int_range (rand, 0, RARITY_OUT + 1) : RARITY_OUT;

      rarity_order_set_level (&order, piece, level);
      levels[piece] = level;
      if (*n_pieces < 10 || i % 20 == 0)
        assert_sorted (&order, levels);
    }
  assert_sorted (&order, levels);
  rarity_order_clear (&order);
}

/* From one end to the other and back, as when an only seed joins and leaves. */
static void
test_all_levels_up_and_down (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint             levels[5];
  RarityOrder       order;

  rarity_order_init (&order, G_N_ELEMENTS (levels), roll, rand);
  for (guint step = 0; step <= 2 * RARITY_OUT; step++)
    {
      guint level = step <= RARITY_OUT ? RARITY_OUT - step : step - RARITY_OUT;

      for (guint32 piece = 0; piece < G_N_ELEMENTS (levels); piece++)
        {
          levels[piece] = level;
          rarity_order_set_level (&order, piece, level);
        }
      assert_sorted (&order, levels);
    }
  rarity_order_clear (&order);
}

static const gboolean upwards[] = { FALSE, TRUE };

/* Two pickers that hear the same in the same order have equals in another order:
 * not all clients of a swarm ask for the same. */
static void
test_ties_are_in_random_order (gconstpointer data)
{
  const gboolean   *up = data;
  g_autoptr (GRand) first_rand = g_rand_new_with_seed (1);
  g_autoptr (GRand) second_rand = g_rand_new_with_seed (2);
  RarityOrder       first, second;
  guint             n_same = 0;

  rarity_order_init (&first, 1000, roll, first_rand);
  rarity_order_init (&second, 1000, roll, second_rand);
  for (guint step = 0; step < 3; step++)
    for (guint32 i = 0; i < 1000; i++)
      {
        guint32 piece = *up ? i : 999 - i;

        rarity_order_set_level (&first, piece, 5 + step);
        rarity_order_set_level (&second, piece, 5 + step);
      }
  for (guint32 place = 0; place < 1000; place++)
    n_same += rarity_order_get (&first, place) == rarity_order_get (&second, place);
  g_assert_cmpuint (n_same, <, 20);
  rarity_order_clear (&first);
  rarity_order_clear (&second);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/rarity-order/random-changes/%u-pieces", sizes[i]);

      g_test_add_data_func (path, &sizes[i], test_random_changes);
    }
  g_test_add_func ("/rarity-order/all-levels-up-and-down", test_all_levels_up_and_down);
  g_test_add_data_func ("/rarity-order/ties-are-in-random-order/downwards", &upwards[0], test_ties_are_in_random_order);
  g_test_add_data_func ("/rarity-order/ties-are-in-random-order/upwards", &upwards[1], test_ties_are_in_random_order);
  return g_test_run ();
}
