/* bitfield.c: tests the set of bits against a plain array of booleans. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/bitfield.h"

#include <string.h>

/* Around the borders of bytes and words, and the most pieces that a torrent may have. */
static const guint32 sizes[] = { 0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1000, 2097152 };

static gboolean
is_in_pattern (guint32 bit)
{
  return bit % 3 == 0 || bit % 64 == 63 || bit % 11 == 1;
}

static void
fill_with_pattern (BtfwBitfield *bits, guint32 n_bits)
{
  g_assert_true (btfw_bitfield_init (bits, n_bits));
  for (guint32 bit = 0; bit < n_bits; bit++)
    if (is_in_pattern (bit))
      g_assert_true (btfw_bitfield_set (bits, bit));
}

static void
assert_count_and_spare_bits (const BtfwBitfield *bits)
{
  guint32 n_set = 0;

  for (gsize i = 0; i < BTFW_BITFIELD_WORDS (bits->n_bits); i++)
    n_set += (guint32) __builtin_popcountll (bits->words[i]);
  g_assert_cmpuint (bits->n_set, ==, n_set);
  if (bits->n_bits % 64 != 0)
    g_assert_cmphex (bits->words[bits->n_bits / 64] >> (bits->n_bits % 64), ==, 0);
}

static void
test_set_and_unset_tell_what_changed (gconstpointer data)
{
  guint32      n_bits = *(const guint32 *) data;
  BtfwBitfield bits;

  fill_with_pattern (&bits, n_bits);
  for (guint32 bit = 0; bit < n_bits; bit++)
    g_assert_cmpint (btfw_bitfield_set (&bits, bit), ==, !is_in_pattern (bit));
  g_assert_true (btfw_bitfield_is_full (&bits));
  assert_count_and_spare_bits (&bits);

  for (guint32 bit = 0; bit < n_bits; bit++)
    {
      g_assert_true (btfw_bitfield_unset (&bits, bit));
      g_assert_false (btfw_bitfield_unset (&bits, bit));
    }
  g_assert_cmpuint (bits.n_set, ==, 0);
  assert_count_and_spare_bits (&bits);
  btfw_bitfield_clear (&bits);
  g_assert_null (bits.words);
}

static void
test_past_the_end_nothing_is_set (gconstpointer data)
{
  static const guint32 beyond[] = { 0, 1, 63, 64, 1000 };
  guint32              n_bits = *(const guint32 *) data;
  BtfwBitfield         bits;

  g_assert_true (btfw_bitfield_init (&bits, n_bits));
  for (gsize i = 0; i < G_N_ELEMENTS (beyond); i++)
    {
      g_assert_false (btfw_bitfield_set (&bits, n_bits + beyond[i]));
      g_assert_false (btfw_bitfield_get (&bits, n_bits + beyond[i]));
      g_assert_false (btfw_bitfield_unset (&bits, n_bits + beyond[i]));
    }
  g_assert_false (btfw_bitfield_set (&bits, G_MAXUINT32));
  g_assert_cmpuint (bits.n_set, ==, 0);
  assert_count_and_spare_bits (&bits);
  btfw_bitfield_clear (&bits);
}

static void
test_all_leaves_spare_bits_unset (gconstpointer data)
{
  guint32      n_bits = *(const guint32 *) data;
  BtfwBitfield bits;

  g_assert_true (btfw_bitfield_init (&bits, n_bits));
  btfw_bitfield_set_all (&bits);
  g_assert_cmpuint (bits.n_set, ==, n_bits);
  g_assert_true (btfw_bitfield_is_full (&bits));
  g_assert_cmpuint (btfw_bitfield_next_unset (&bits, 0), ==, BTFW_BIT_NONE);
  assert_count_and_spare_bits (&bits);

  btfw_bitfield_unset_all (&bits);
  g_assert_cmpuint (bits.n_set, ==, 0);
  g_assert_cmpuint (btfw_bitfield_next (&bits, 0), ==, BTFW_BIT_NONE);
  btfw_bitfield_clear (&bits);
}

static void
test_next_finds_each_bit_once (gconstpointer data)
{
  guint32      n_bits = *(const guint32 *) data;
  guint32      set = 0;
  guint32      unset = 0;
  BtfwBitfield bits;

  fill_with_pattern (&bits, n_bits);
  for (guint32 bit = 0; bit < n_bits; bit++)
    {
      guint32 *from = is_in_pattern (bit) ? &set : &unset;
      guint32  found = is_in_pattern (bit) ? btfw_bitfield_next (&bits, *from)
                                           : btfw_bitfield_next_unset (&bits, *from);

      g_assert_cmpuint (found, ==, bit);
      *from = found + 1;
    }
  g_assert_cmpuint (btfw_bitfield_next (&bits, set), ==, BTFW_BIT_NONE);
  g_assert_cmpuint (btfw_bitfield_next_unset (&bits, unset), ==, BTFW_BIT_NONE);
  g_assert_cmpuint (btfw_bitfield_next (&bits, G_MAXUINT32), ==, BTFW_BIT_NONE);
  btfw_bitfield_clear (&bits);
}

static void
test_and_is_what_both_have (gconstpointer data)
{
  guint32      n_bits = *(const guint32 *) data;
  guint32      n_both = 0;
  guint32      from = 0;
  BtfwBitfield a;
  BtfwBitfield b;

  fill_with_pattern (&a, n_bits);
  g_assert_true (btfw_bitfield_init (&b, n_bits));
  for (guint32 bit = 0; bit < n_bits; bit += 2)
    btfw_bitfield_set (&b, bit);

  for (guint32 bit = 0; bit < n_bits; bit += 2)
    if (is_in_pattern (bit))
      {
        g_assert_cmpuint (btfw_bitfield_next_and (&a, &b, from), ==, bit);
        from = bit + 1;
        n_both++;
      }
  g_assert_cmpuint (btfw_bitfield_next_and (&a, &b, from), ==, BTFW_BIT_NONE);
  g_assert_cmpuint (btfw_bitfield_count_and (&a, &b), ==, n_both);
  btfw_bitfield_clear (&a);
  btfw_bitfield_clear (&b);
}

static void
test_and_of_two_sizes_ends_with_the_shorter (void)
{
  BtfwBitfield a;
  BtfwBitfield b;

  g_assert_true (btfw_bitfield_init (&a, 70));
  g_assert_true (btfw_bitfield_init (&b, 200));
  btfw_bitfield_set_all (&a);
  btfw_bitfield_set_all (&b);
  g_assert_cmpuint (btfw_bitfield_count_and (&a, &b), ==, 70);
  g_assert_cmpuint (btfw_bitfield_count_and (&b, &a), ==, 70);
  g_assert_cmpuint (btfw_bitfield_next_and (&b, &a, 69), ==, 69);
  g_assert_cmpuint (btfw_bitfield_next_and (&b, &a, 70), ==, BTFW_BIT_NONE);
  btfw_bitfield_clear (&a);
  btfw_bitfield_clear (&b);
}

static void
test_wire_comes_back_the_same (gconstpointer data)
{
  guint32            n_bits = *(const guint32 *) data;
  gsize              size = BTFW_BITFIELD_WIRE_SIZE (n_bits);
  g_autofree guint8 *wire = g_malloc (size);
  BtfwBitfield       bits;
  BtfwBitfield       back;

  fill_with_pattern (&bits, n_bits);
  btfw_bitfield_to_wire (&bits, wire);
  for (guint32 bit = 0; bit < n_bits; bit++)
    g_assert_cmpint (wire[bit / 8] >> (7 - bit % 8) & 1, ==, is_in_pattern (bit));

  g_assert_true (btfw_bitfield_init (&back, n_bits));
  btfw_bitfield_set_all (&back);
  g_assert_true (btfw_bitfield_from_wire (&back, wire, size));
  g_assert_cmpuint (back.n_set, ==, bits.n_set);
  g_assert_cmpmem (back.words, BTFW_BITFIELD_WORDS (n_bits) * 8, bits.words, BTFW_BITFIELD_WORDS (n_bits) * 8);
  btfw_bitfield_clear (&bits);
  btfw_bitfield_clear (&back);
}

static void
test_wire_of_wrong_size_changes_nothing (gconstpointer data)
{
  guint32            n_bits = *(const guint32 *) data;
  gsize              size = BTFW_BITFIELD_WIRE_SIZE (n_bits);
  g_autofree guint8 *wire = g_malloc0 (size + 1);
  BtfwBitfield       bits;

  fill_with_pattern (&bits, n_bits);
  g_assert_false (btfw_bitfield_from_wire (&bits, wire, size + 1));
  if (size > 0)
    g_assert_false (btfw_bitfield_from_wire (&bits, wire, size - 1));
  for (guint32 bit = 0; bit < n_bits; bit++)
    g_assert_cmpint (btfw_bitfield_get (&bits, bit), ==, is_in_pattern (bit));
  btfw_bitfield_clear (&bits);
}

static void
test_wire_with_any_spare_bit_changes_nothing (gconstpointer data)
{
  guint32            n_bits = *(const guint32 *) data;
  gsize              size = BTFW_BITFIELD_WIRE_SIZE (n_bits);
  g_autofree guint8 *wire = g_malloc0 (size);
  BtfwBitfield       bits;

  g_assert_true (btfw_bitfield_init (&bits, n_bits));
  btfw_bitfield_set_all (&bits);
  for (gsize spare = n_bits; spare < size * 8; spare++)
    {
      wire[size - 1] = (guint8) (0x80 >> (spare % 8));
      g_assert_false (btfw_bitfield_from_wire (&bits, wire, size));
      g_assert_true (btfw_bitfield_is_full (&bits));
    }
  btfw_bitfield_clear (&bits);
}

static void
test_copy_is_its_own (void)
{
  BtfwBitfield bits;
  BtfwBitfield copy = { 0 };

  fill_with_pattern (&bits, 100);
  g_assert_true (btfw_bitfield_copy (&copy, &bits));
  g_assert_cmpuint (copy.n_set, ==, bits.n_set);
  btfw_bitfield_unset (&bits, 0);
  g_assert_true (btfw_bitfield_get (&copy, 0));
  btfw_bitfield_clear (&bits);
  btfw_bitfield_clear (&copy);
}

/* What it held before would be lost; a build with LeakSanitizer says so. */
static void
test_copy_replaces (void)
{
  BtfwBitfield bits;
  BtfwBitfield copy;

  fill_with_pattern (&bits, 100);
  g_assert_true (btfw_bitfield_init (&copy, 7));
  g_assert_true (btfw_bitfield_copy (&copy, &bits));
  g_assert_cmpuint (copy.n_bits, ==, 100);
  g_assert_cmpuint (copy.n_set, ==, bits.n_set);
  btfw_bitfield_clear (&bits);
  btfw_bitfield_clear (&copy);
}

typedef struct
{
  const char   *name;
  GTestDataFunc test;
} SizeTest;

static const SizeTest size_tests[] = {
  { "set-and-unset-tell-what-changed", test_set_and_unset_tell_what_changed },
  { "past-the-end-nothing-is-set", test_past_the_end_nothing_is_set },
  { "all-leaves-spare-bits-unset", test_all_leaves_spare_bits_unset },
  { "next-finds-each-bit-once", test_next_finds_each_bit_once },
  { "and-is-what-both-have", test_and_is_what_both_have },
  { "wire-comes-back-the-same", test_wire_comes_back_the_same },
  { "wire-of-wrong-size-changes-nothing", test_wire_of_wrong_size_changes_nothing },
  { "wire-with-any-spare-bit-changes-nothing", test_wire_with_any_spare_bit_changes_nothing },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (size_tests); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (sizes); j++)
      {
        g_autofree char *path = g_strdup_printf ("/bitfield/%s/%u", size_tests[i].name, sizes[j]);

        g_test_add_data_func (path, &sizes[j], size_tests[i].test);
      }
  g_test_add_func ("/bitfield/and-of-two-sizes-ends-with-the-shorter", test_and_of_two_sizes_ends_with_the_shorter);
  g_test_add_func ("/bitfield/copy-is-its-own", test_copy_is_its_own);
  g_test_add_func ("/bitfield/copy-replaces", test_copy_replaces);

  return g_test_run ();
}
