/* ring.c: tests of the queue in one block of memory. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/ring.h"

static void
test_first_in_is_first_out (void)
{
  BtfwRing ring = { .item_size = sizeof (guint32) };
  guint32  next = 0;
  guint32  out;

  /* In and out in turns, so that head wanders through the block as it grows. */
  for (guint32 in = 0; in < 1000; in++)
    {
      btfw_ring_push (&ring, &in);
      if (in % 3 == 0)
        {
          btfw_ring_remove (&ring, 0, &out);
          g_assert_cmpuint (out, ==, next);
          next++;
        }
    }
  g_assert_cmpuint (ring.n, ==, 1000 - next);
  for (; ring.n > 0; next++)
    {
      btfw_ring_remove (&ring, 0, &out);
      g_assert_cmpuint (out, ==, next);
    }
  g_assert_cmpuint (next, ==, 1000);
  btfw_ring_clear (&ring);
}

static void
test_removal_keeps_the_order_of_the_others (void)
{
  for (guint gone = 0; gone < 12; gone++)
    {
      BtfwRing ring = { .item_size = sizeof (guint64) };
      guint64  out = 0;

      for (guint64 in = 0; in < 5; in++)
        btfw_ring_push (&ring, &in);
      for (guint i = 0; i < 5; i++)
        btfw_ring_remove (&ring, 0, &out);
      for (guint64 in = 0; in < 12; in++)
        btfw_ring_push (&ring, &in);

      btfw_ring_remove (&ring, gone, &out);
      g_assert_cmpuint (out, ==, gone);
      g_assert_cmpuint (ring.n, ==, 11);
      for (guint i = 0; i < 11; i++)
        g_assert_cmpuint (*(guint64 *) btfw_ring_get (&ring, i), ==, i + (i >= gone));
      btfw_ring_clear (&ring);
    }
}

static void
test_memory_is_kept_while_in_use (void)
{
  BtfwRing ring = { .item_size = 16 };
  guint8   item[16] = { 7 };
  guint8  *items;

  for (guint i = 0; i < 100; i++)
    btfw_ring_push (&ring, item);
  items = ring.items;
  for (guint i = 0; i < 1000; i++)
    {
      btfw_ring_remove (&ring, 0, item);
      btfw_ring_push (&ring, item);
    }
  g_assert_true (ring.items == items);

  btfw_ring_clear (&ring);
  g_assert_null (ring.items);
  g_assert_cmpuint (ring.n, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/ring/first-in-is-first-out", test_first_in_is_first_out);
  g_test_add_func ("/ring/removal-keeps-the-order-of-the-others", test_removal_keeps_the_order_of_the_others);
  g_test_add_func ("/ring/memory-is-kept-while-in-use", test_memory_is_kept_while_in_use);

  return g_test_run ();
}
