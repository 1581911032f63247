/* reader.c: tests that a reader takes what is there and never more. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/reader.h"

static const guint8 bytes[] = { 0x01, 0x82, 0x03, 0xf4, 0x05, 0x06, 0x07, 0xf8 };

typedef struct
{
  const char *name;
  gsize       size; /* of the number */
  guint64     expected;
} NumberCase;

static const NumberCase number_cases[] = {
  { "u8", 1, 0x01 },
  { "u16", 2, 0x0182 },
  { "u32", 4, 0x018203f4 },
  { "u64", 8, G_GUINT64_CONSTANT (0x018203f4050607f8) },
};

static gboolean
get_number (BtfwReader *reader, gsize size, guint64 *value)
{
  union
  {
    guint8  u8;
    guint16 u16;
    guint32 u32;
  } number;
  gboolean is_read;

  switch (size)
    {
    case 1:
      is_read = btfw_reader_get_u8 (reader, &number.u8);
      *value = is_read ? number.u8 : *value;
      return is_read;
    case 2:
      is_read = btfw_reader_get_u16 (reader, &number.u16);
      *value = is_read ? number.u16 : *value;
      return is_read;
    case 4:
      is_read = btfw_reader_get_u32 (reader, &number.u32);
      *value = is_read ? number.u32 : *value;
      return is_read;
    default:
      return btfw_reader_get_u64 (reader, value);
    }
}

static void
test_number_is_in_network_order (gconstpointer data)
{
  const NumberCase *number = data;
  BtfwReader        reader = BTFW_READER (bytes, sizeof bytes);
  guint64           value = 0;

  g_assert_true (get_number (&reader, number->size, &value));
  g_assert_cmphex (value, ==, number->expected);
  g_assert_true (reader.data == bytes + number->size);
  g_assert_cmpuint (reader.left, ==, sizeof bytes - number->size);
}

static void
test_number_stops_at_the_end (gconstpointer data)
{
  const NumberCase *number = data;

  for (gsize size = 0; size < number->size; size++)
    {
      /* Of just this size, so that a sanitizer sees a read past its end. */
      g_autofree guint8 *copy = g_memdup2 (bytes, size);
      BtfwReader         reader = BTFW_READER (copy, size);
      guint64            value = 77;

      g_assert_false (get_number (&reader, number->size, &value));
      g_assert_cmpuint (value, ==, 77);
      g_assert_true (reader.data == copy);
      g_assert_cmpuint (reader.left, ==, size);
    }
}

static void
test_bytes_points_into_the_buffer (void)
{
  BtfwReader    reader = BTFW_READER (bytes, sizeof bytes);
  const guint8 *taken = NULL;

  g_assert_true (btfw_reader_get_bytes (&reader, 3, &taken));
  g_assert_true (taken == bytes);
  g_assert_true (btfw_reader_get_bytes (&reader, 5, &taken));
  g_assert_true (taken == bytes + 3);
  g_assert_cmpuint (reader.left, ==, 0);
  g_assert_true (btfw_reader_get_bytes (&reader, 0, &taken));
}

static void
test_bytes_stops_at_the_end (void)
{
  static const gsize too_many[] = { sizeof bytes + 1, G_MAXSSIZE, G_MAXSIZE };

  for (gsize i = 0; i < G_N_ELEMENTS (too_many); i++)
    {
      BtfwReader    reader = BTFW_READER (bytes, sizeof bytes);
      const guint8 *taken = NULL;

      g_assert_false (btfw_reader_get_bytes (&reader, too_many[i], &taken));
      g_assert_null (taken);
      g_assert_false (btfw_reader_skip (&reader, too_many[i]));
      g_assert_true (reader.data == bytes);
      g_assert_cmpuint (reader.left, ==, sizeof bytes);
    }
}

static void
test_peek_stays_in_front (void)
{
  BtfwReader reader = BTFW_READER (bytes, 2);
  guint8     value = 0;

  g_assert_true (btfw_reader_peek_u8 (&reader, &value));
  g_assert_cmphex (value, ==, 0x01);
  g_assert_cmpuint (reader.left, ==, 2);
  g_assert_true (btfw_reader_skip (&reader, 2));
  g_assert_false (btfw_reader_peek_u8 (&reader, &value));
}

static void
test_nothing_needs_no_buffer (void)
{
  BtfwReader    reader = BTFW_READER (NULL, 0);
  const guint8 *taken = bytes;
  guint8        value;

  g_assert_false (btfw_reader_get_u8 (&reader, &value));
  g_assert_false (btfw_reader_skip (&reader, 1));
  g_assert_true (btfw_reader_skip (&reader, 0));
  g_assert_true (btfw_reader_get_bytes (&reader, 0, &taken));
  g_assert_null (taken);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (number_cases); i++)
    {
      g_autofree char *order = g_strdup_printf ("/reader/%s/is-in-network-order", number_cases[i].name);
      g_autofree char *end = g_strdup_printf ("/reader/%s/stops-at-the-end", number_cases[i].name);

      g_test_add_data_func (order, &number_cases[i], test_number_is_in_network_order);
      g_test_add_data_func (end, &number_cases[i], test_number_stops_at_the_end);
    }
  g_test_add_func ("/reader/bytes/points-into-the-buffer", test_bytes_points_into_the_buffer);
  g_test_add_func ("/reader/bytes/stops-at-the-end", test_bytes_stops_at_the_end);
  g_test_add_func ("/reader/peek/stays-in-front", test_peek_stays_in_front);
  g_test_add_func ("/reader/nothing/needs-no-buffer", test_nothing_needs_no_buffer);

  return g_test_run ();
}
