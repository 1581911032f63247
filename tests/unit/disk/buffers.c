/* buffers.c: tests of the pool of block buffers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/buffers.h"

#include <string.h>
#include <sys/mman.h>

static void
test_budget_is_kept (void)
{
  BtfwBuffers *buffers = btfw_buffers_new (10 * BTFW_BLOCK_SIZE + 5000);
  guint8      *taken[10];

  g_assert_cmpuint (btfw_buffers_get_n_max (buffers), ==, 10);
  for (guint i = 0; i < 10; i++)
    {
      taken[i] = btfw_buffers_take (buffers);
      g_assert_nonnull (taken[i]);
      memset (taken[i], (int) i, BTFW_BLOCK_SIZE);
    }
  g_assert_null (btfw_buffers_take (buffers));
  g_assert_cmpuint (btfw_buffers_get_n_used (buffers), ==, 10);

  for (guint i = 0; i < 10; i++)
    {
      g_assert_cmpuint (taken[i][0], ==, i);
      g_assert_cmpuint (taken[i][BTFW_BLOCK_SIZE - 1], ==, i);
      btfw_buffers_give (buffers, taken[i]);
    }
  g_assert_cmpuint (btfw_buffers_get_n_used (buffers), ==, 0);
  btfw_buffers_free (buffers);
}

static void
test_aligned_to_pages (void)
{
  BtfwBuffers *buffers = btfw_buffers_new (4 * BTFW_BLOCK_SIZE);
  guint8      *buffer;

  while ((buffer = btfw_buffers_take (buffers)))
    g_assert_cmpuint ((guintptr) buffer % 4096, ==, 0);
  btfw_buffers_free (buffers);
}

static void
test_last_given_is_first_taken (void)
{
  BtfwBuffers *buffers = btfw_buffers_new (4 * BTFW_BLOCK_SIZE);
  guint8      *a = btfw_buffers_take (buffers);
  guint8      *b = btfw_buffers_take (buffers);

  btfw_buffers_give (buffers, b);
  btfw_buffers_give (buffers, a);
  g_assert_true (btfw_buffers_take (buffers) == a);
  g_assert_true (btfw_buffers_take (buffers) == b);
  btfw_buffers_free (buffers);
}

static void
count_refill (gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_refill_is_told_once (void)
{
  BtfwBuffers *buffers = btfw_buffers_new (2 * BTFW_BLOCK_SIZE);
  guint8      *a = btfw_buffers_take (buffers);
  guint8      *b = btfw_buffers_take (buffers);
  guint        n = 0;

  btfw_buffers_set_refill (buffers, count_refill, &n);
  btfw_buffers_give (buffers, a);
  g_assert_cmpuint (n, ==, 0);
  a = btfw_buffers_take (buffers);
  g_assert_null (btfw_buffers_take (buffers));
  g_assert_null (btfw_buffers_take (buffers));
  btfw_buffers_give (buffers, a);
  btfw_buffers_give (buffers, b);
  g_assert_cmpuint (n, ==, 1);
  btfw_buffers_free (buffers);
}

static void
test_trim_gives_memory_back (void)
{
  BtfwBuffers  *buffers = btfw_buffers_new (64 * BTFW_BLOCK_SIZE);
  guint8       *taken[64];
  unsigned char resident[4];

  for (guint i = 0; i < 64; i++)
    memset (taken[i] = btfw_buffers_take (buffers), 1, BTFW_BLOCK_SIZE);
  /* In disorder; one stays in use. */
  for (guint i = 0; i < 64; i++)
    if (i != 21)
      btfw_buffers_give (buffers, taken[i * 37 % 64 == 21 ? 21 * 37 % 64 : i]);

  btfw_buffers_trim (buffers);
  g_assert_cmpint (mincore (taken[0], BTFW_BLOCK_SIZE, resident), ==, 0);
  g_assert_cmpuint (resident[0] & 1, ==, 0);
  g_assert_cmpuint (btfw_buffers_get_n_used (buffers), ==, 1);
  g_assert_nonnull (btfw_buffers_take (buffers));
  btfw_buffers_free (buffers);
}

static void
test_no_budget_gives_nothing (void)
{
  BtfwBuffers *buffers = btfw_buffers_new (100);

  g_assert_cmpuint (btfw_buffers_get_n_max (buffers), ==, 0);
  g_assert_null (btfw_buffers_take (buffers));
  btfw_buffers_trim (buffers);
  btfw_buffers_free (buffers);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/buffers/budget-is-kept", test_budget_is_kept);
  g_test_add_func ("/buffers/aligned-to-pages", test_aligned_to_pages);
  g_test_add_func ("/buffers/last-given-is-first-taken", test_last_given_is_first_taken);
  g_test_add_func ("/buffers/refill-is-told-once", test_refill_is_told_once);
  g_test_add_func ("/buffers/trim-gives-memory-back", test_trim_gives_memory_back);
  g_test_add_func ("/buffers/no-budget-gives-nothing", test_no_budget_gives_nothing);
  return g_test_run ();
}
