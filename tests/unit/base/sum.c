/* sum.c: tests of sums that nobody can aim at. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/sum.h"

#include <string.h>

typedef struct
{
  gsize   size;
  guint64 sum;
} Vector;

/* Of SipHash-2-4's authors: key 00 01 … 0f, message 00 01 … */
static const Vector vectors[] = {
  { 0, G_GUINT64_CONSTANT (0x726fdb47dd0e0e31) },
  { 1, G_GUINT64_CONSTANT (0x74f839c593dc67fd) },
  { 7, G_GUINT64_CONSTANT (0xab0200f58b01d137) },
  { 8, G_GUINT64_CONSTANT (0x93f5f5799a932462) },
  { 15, G_GUINT64_CONSTANT (0xa129ca6149be45e5) },
};

static void
test_vectors (void)
{
  guint8 key[BTFW_SUM_KEY_SIZE];
  guint8 message[16];

  for (guint i = 0; i < 16; i++)
    key[i] = message[i] = (guint8) i;
  for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
    g_assert_cmphex (btfw_sum_keyed (key, message, vectors[i].size), ==, vectors[i].sum);
}

/* Any one bit, at any place, and any length. */
static void
test_every_bit_counts (void)
{
  guint8  bytes[100] = { 0 };
  guint64 sum = btfw_sum (bytes, sizeof bytes);

  g_assert_cmphex (btfw_sum (bytes, sizeof bytes), ==, sum);
  for (gsize i = 0; i < sizeof bytes * 8; i++)
    {
      bytes[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_cmphex (btfw_sum (bytes, sizeof bytes), !=, sum);
      bytes[i / 8] ^= (guint8) (1 << i % 8);
    }
  for (gsize size = 0; size < sizeof bytes; size++)
    g_assert_cmphex (btfw_sum (bytes, size), !=, sum);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sum/vectors", test_vectors);
  g_test_add_func ("/sum/every-bit-counts", test_every_bit_counts);
  return g_test_run ();
}
