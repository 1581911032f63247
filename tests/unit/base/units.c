/* units.c: tests how amounts, rates and times are written and read. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-error.h>
#include <btfw/btfw-text.h>

#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)
#define KI G_GUINT64_CONSTANT (1024)

typedef struct
{
  guint64     amount;
  const char *expected;
} FormatCase;

static const FormatCase size_cases[] = {
  { 0, "0 B" },
  { 1, "1 B" },
  { 1023, "1023 B" },
  { 1024, "1.0 KiB" },
  { 1536, "1.5 KiB" },
  { 102348, "99.9 KiB" },
  { 102400, "100 KiB" },
  { KI * KI - 1, "1.0 MiB" },
  { KI * KI, "1.0 MiB" },
  { KI * KI * KI * 14 / 10, "1.4 GiB" },
  { KI * KI * KI * KI * 2, "2.0 TiB" },
  { G_MAXUINT64, "16.0 EiB" },
};

static const FormatCase rate_cases[] = {
  { 0, "0 B/s" },
  { 999, "999 B/s" },
  { 1000, "1.0 kB/s" },
  { 3200000, "3.2 MB/s" },
  { 99950, "100 kB/s" },
  { 999499, "999 kB/s" },
  { 999500, "1.0 MB/s" },
  { 2000000000, "2.0 GB/s" },
  { G_MAXUINT64, "18.4 EB/s" },
};

static const FormatCase duration_cases[] = {
  { 0, "0.0 s" },
  { 4200000, "4.2 s" },
  { 9949999, "9.9 s" },
  { 9950000, "10 s" },
  { 59 * SECOND, "59 s" },
  { 59600000, "1 min 0 s" },
  { (12 * 60 + 5) * SECOND, "12 min 5 s" },
  { 3600 * SECOND, "1 h 0 min" },
  { 72 * 60 * SECOND, "1 h 12 min" },
  { 86399 * SECOND, "23 h 59 min" },
  { 86400 * SECOND, "1 d 0 h" },
  { (86400 * 400 + 7200) * SECOND, "400 d 2 h" },
};

static void
test_format_size (gconstpointer data)
{
  const FormatCase *format = data;
  g_autofree char  *text = btfw_format_size (format->amount);

  g_assert_cmpstr (text, ==, format->expected);
}

static void
test_format_rate (gconstpointer data)
{
  const FormatCase *format = data;
  g_autofree char  *text = btfw_format_rate (format->amount);

  g_assert_cmpstr (text, ==, format->expected);
}

static void
test_format_duration (gconstpointer data)
{
  const FormatCase *format = data;
  g_autofree char  *text = btfw_format_duration ((gint64) format->amount);

  g_assert_cmpstr (text, ==, format->expected);
}

static void
test_format_extreme_durations (void)
{
  g_autofree char *negative = btfw_format_duration (-5);
  g_autofree char *smallest = btfw_format_duration (G_MININT64);
  g_autofree char *largest = btfw_format_duration (G_MAXINT64);

  g_assert_cmpstr (negative, ==, "0.0 s");
  g_assert_cmpstr (smallest, ==, "0.0 s");
  g_assert_cmpstr (largest, ==, "106751991 d 4 h");
}

typedef struct
{
  const char *text;
  BtfwUnit    unit;
  guint64     expected;
} ParseCase;

static const ParseCase parse_cases[] = {
  { "0", BTFW_UNIT_NONE, 0 },
  { "42", BTFW_UNIT_NONE, 42 },
  { " 42\n", BTFW_UNIT_NONE, 42 },
  { "007", BTFW_UNIT_NONE, 7 },
  { "18446744073709551615", BTFW_UNIT_NONE, G_MAXUINT64 },
  { "4096", BTFW_UNIT_BYTES, 4096 },
  { "512B", BTFW_UNIT_BYTES, 512 },
  { "64M", BTFW_UNIT_BYTES, 64000000 },
  { "64MB", BTFW_UNIT_BYTES, 64000000 },
  { "64MiB", BTFW_UNIT_BYTES, 64 * 1024 * 1024 },
  { "64Mi", BTFW_UNIT_BYTES, 64 * 1024 * 1024 },
  { "16Ki", BTFW_UNIT_BYTES, 16384 },
  { "16KiB", BTFW_UNIT_BYTES, 16384 },
  { "4 GiB", BTFW_UNIT_BYTES, 4 * KI * KI * KI },
  { "1.5GiB", BTFW_UNIT_BYTES, 1536 * KI * KI },
  { "0.5k", BTFW_UNIT_BYTES, 500 },
  { "1.2345678M", BTFW_UNIT_BYTES, 1234567 },
  { "2T", BTFW_UNIT_BYTES, G_GUINT64_CONSTANT (2000000000000) },
  { "1Ti", BTFW_UNIT_BYTES, KI * KI * KI * KI },
  { "16777215Ti", BTFW_UNIT_BYTES, G_GUINT64_CONSTANT (18446742974197923840) },
  { "500k", BTFW_UNIT_BYTES_PER_SECOND, 500000 },
  { "500K", BTFW_UNIT_BYTES_PER_SECOND, 500000 },
  { "20M", BTFW_UNIT_BYTES_PER_SECOND, 20000000 },
  { "20m", BTFW_UNIT_BYTES_PER_SECOND, 20000000 },
  { "20MB/s", BTFW_UNIT_BYTES_PER_SECOND, 20000000 },
  { "20 MB/s", BTFW_UNIT_BYTES_PER_SECOND, 20000000 },
  { "20M/s", BTFW_UNIT_BYTES_PER_SECOND, 20000000 },
  { "20MiB/s", BTFW_UNIT_BYTES_PER_SECOND, 20 * 1024 * 1024 },
  { "100/s", BTFW_UNIT_BYTES_PER_SECOND, 100 },
  { "1.5G", BTFW_UNIT_BYTES_PER_SECOND, 1500000000 },
  { "90", BTFW_UNIT_SECONDS, 90 },
  { "90s", BTFW_UNIT_SECONDS, 90 },
  { "2m", BTFW_UNIT_SECONDS, 120 },
  { "2min", BTFW_UNIT_SECONDS, 120 },
  { "1h", BTFW_UNIT_SECONDS, 3600 },
  { "1.5h", BTFW_UNIT_SECONDS, 5400 },
  { "2d", BTFW_UNIT_SECONDS, 172800 },
};

static void
test_parse (gconstpointer data)
{
  const ParseCase *number = data;
  g_autoptr (GError) error = NULL;
  guint64 value = 77;

  g_assert_true (btfw_parse_number (number->text, number->unit, &value, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (value, ==, number->expected);
}

typedef struct
{
  const char *text;
  BtfwUnit    unit;
  BtfwError   code;
} RefusedCase;

static const RefusedCase refused_cases[] = {
  { "", BTFW_UNIT_NONE, BTFW_ERROR_INVALID },
  { " ", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "-1", BTFW_UNIT_NONE, BTFW_ERROR_INVALID },
  { "+1", BTFW_UNIT_NONE, BTFW_ERROR_INVALID },
  { "1.5", BTFW_UNIT_NONE, BTFW_ERROR_INVALID },
  { "6k", BTFW_UNIT_NONE, BTFW_ERROR_INVALID },
  { "0x10", BTFW_UNIT_NONE, BTFW_ERROR_INVALID },
  { "1e3", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "ten", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "k", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { ".5k", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "5.k", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "1.5", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "1.5B", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "1,5k", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "1.5.5k", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "20Mb", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "20MB/s", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "20kk", BTFW_UNIT_BYTES, BTFW_ERROR_INVALID },
  { "20Mbit/s", BTFW_UNIT_BYTES_PER_SECOND, BTFW_ERROR_INVALID },
  { "20M/h", BTFW_UNIT_BYTES_PER_SECOND, BTFW_ERROR_INVALID },
  { "1M 2M", BTFW_UNIT_BYTES_PER_SECOND, BTFW_ERROR_INVALID },
  { "1h30m", BTFW_UNIT_SECONDS, BTFW_ERROR_INVALID },
  { "1 week", BTFW_UNIT_SECONDS, BTFW_ERROR_INVALID },
  { "1.5s", BTFW_UNIT_SECONDS, BTFW_ERROR_INVALID },
  { "18446744073709551616", BTFW_UNIT_NONE, BTFW_ERROR_LIMIT },
  { "16777216Ti", BTFW_UNIT_BYTES, BTFW_ERROR_LIMIT },
  { "18446744073709552k", BTFW_UNIT_BYTES, BTFW_ERROR_LIMIT },
  { "18446744073709551615.5k", BTFW_UNIT_BYTES_PER_SECOND, BTFW_ERROR_LIMIT },
  { "99999999999999999999999999999999999d", BTFW_UNIT_SECONDS, BTFW_ERROR_LIMIT },
};

static void
test_refuse (gconstpointer data)
{
  const RefusedCase *number = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *quoted = g_strdup_printf ("“%s”", number->text);
  guint64          value = 77;

  g_assert_false (btfw_parse_number (number->text, number->unit, &value, &error));
  g_assert_error (error, BTFW_ERROR, (int) number->code);
  g_assert_nonnull (strstr (error->message, quoted));
  g_assert_cmpuint (value, ==, 77);
}

static void
test_error_is_fit_for_a_terminal (void)
{
  g_autoptr (GError) error = NULL;
  guint64 value;

  g_assert_false (btfw_parse_number ("1\033[2J\xff", BTFW_UNIT_BYTES, &value, &error));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strchr (error->message, '\033'));
}

static void
test_written_rates_can_be_read (void)
{
  static const guint64 rates[] = { 0, 999, 1000, 3200000, 99900, 2000000000 };

  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      g_autofree char *text = btfw_format_rate (rates[i]);
      guint64          value = 77;

      g_assert_true (btfw_parse_number (text, BTFW_UNIT_BYTES_PER_SECOND, &value, NULL));
      g_assert_cmpuint (value, ==, rates[i]);
    }
}

static void
add_formats (const char *name, const FormatCase *cases, gsize n_cases, GTestDataFunc test)
{
  for (gsize i = 0; i < n_cases; i++)
    {
      g_autofree char *path = g_strdup_printf ("/units/format-%s/%" G_GUINT64_FORMAT, name, cases[i].amount);

      g_test_add_data_func (path, &cases[i], test);
    }
}

/* The text of a case would not do as part of a path: it may hold "/". */
static void
add_numbers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (parse_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/units/parse/%zu", i);

      g_test_add_data_func (path, &parse_cases[i], test_parse);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (refused_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/units/refuse/%zu", i);

      g_test_add_data_func (path, &refused_cases[i], test_refuse);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_formats ("size", size_cases, G_N_ELEMENTS (size_cases), test_format_size);
  add_formats ("rate", rate_cases, G_N_ELEMENTS (rate_cases), test_format_rate);
  add_formats ("duration", duration_cases, G_N_ELEMENTS (duration_cases), test_format_duration);
  add_numbers ();
  g_test_add_func ("/units/format-duration/extremes", test_format_extreme_durations);
  g_test_add_func ("/units/error-is-fit-for-a-terminal", test_error_is_fit_for_a_terminal);
  g_test_add_func ("/units/written-rates-can-be-read", test_written_rates_can_be_read);

  return g_test_run ();
}
