/* bar.c: tests of bars that are made of characters. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/bar.h"
#include "cli/columns.h"

#include <locale.h>

typedef struct
{
  const char *name;
  guint32     n_pieces;
  guint8      bits[4];
  guint       width;
  const char *expected;
} PiecesCase;

static const PiecesCase pieces_cases[] = {
  { "none", 8, { 0x00 }, 10, "▕        ▏" },
  { "all", 8, { 0xff }, 10, "▕████████▏" },
  { "first-and-last", 8, { 0x81 }, 10, "▕█      █▏" },
  { "fewer-pieces-than-columns", 2, { 0x40 }, 10, "▕    ████▏" },
  { "one-piece-left-is-not-full", 32, { 0xff, 0xff, 0xff, 0xfe }, 4, "▕█▓▏" },
  { "one-piece-is-not-empty", 32, { 0x00, 0x00, 0x00, 0x01 }, 4, "▕ ░▏" },
  { "half", 32, { 0xff, 0x00, 0x0f, 0xf0 }, 4, "▕▒▒▏" },
  { "no-pieces", 0, { 0 }, 5, "▕   ▏" },
  { "more-pieces-than-bits", 33, { 0xff, 0xff, 0xff, 0xff }, 5, "▕   ▏" },
};

static void
test_pieces (gconstpointer data)
{
  const PiecesCase  *test = data;
  g_autoptr (GBytes) bytes = g_bytes_new (test->bits, sizeof test->bits);
  g_autofree char   *bar = btfw_bar_of_pieces (bytes, test->n_pieces, test->width);

  g_assert_cmpstr (bar, ==, test->expected);
}

/* Against a count of single bits, for shapes that do not fall on bytes. */
static void
test_every_width_has_the_right_length (void)
{
  guint8 bits[125];

  for (gsize i = 0; i < sizeof bits; i++)
    bits[i] = (guint8) (i * 37);

  for (guint width = 3; width < 200; width++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (bits, sizeof bits);
      g_autofree char   *bar = btfw_bar_of_pieces (bytes, 997, width);

      g_assert_cmpuint (btfw_columns_width (bar), ==, width);
    }
}

static void
test_without_a_bitfield_it_is_empty (void)
{
  g_autofree char *bar = btfw_bar_of_pieces (NULL, 100, 6);

  g_assert_cmpstr (bar, ==, "▕    ▏");
}

typedef struct
{
  const char *name;
  double      fraction;
  const char *expected;
} FractionCase;

static const FractionCase fraction_cases[] = {
  { "nothing", 0, "▕    ▏" },
  { "half", 0.5, "▕██  ▏" },
  { "an-eighth-of-a-column", 1 / 32.0, "▕▏   ▏" },
  { "seven-eighths", 23 / 32.0, "▕██▉ ▏" },
  { "all", 1, "▕████▏" },
  { "more-than-all", 7, "▕████▏" },
  { "less-than-nothing", -1, "▕    ▏" },
};

static void
test_fraction (gconstpointer data)
{
  const FractionCase *test = data;
  g_autofree char    *bar = btfw_bar_of_fraction (test->fraction, 6);

  g_assert_cmpstr (bar, ==, test->expected);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (pieces_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/bar/pieces/", pieces_cases[i].name, NULL);

      g_test_add_data_func (path, &pieces_cases[i], test_pieces);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (fraction_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/bar/fraction/", fraction_cases[i].name, NULL);

      g_test_add_data_func (path, &fraction_cases[i], test_fraction);
    }
  g_test_add_func ("/bar/pieces/every-width-has-the-right-length", test_every_width_has_the_right_length);
  g_test_add_func ("/bar/pieces/without-a-bitfield-it-is-empty", test_without_a_bitfield_it_is_empty);
  return g_test_run ();
}
