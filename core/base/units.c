/* units.c: amounts, rates and times, as people write and read them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-error.h>
#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>
#include <string.h>

/* The fraction of a number is kept in millionths, so that its product with the
 * largest factor fits. */
#define FRACTION_UNIT 1000000

typedef struct
{
  const char *name;
  guint64     factor;
} Suffix;

/* A longer name comes before a shorter one that it begins with. */
static const Suffix prefixes[] = {
  { "Ki", G_GUINT64_CONSTANT (1) << 10 },
  { "ki", G_GUINT64_CONSTANT (1) << 10 },
  { "Mi", G_GUINT64_CONSTANT (1) << 20 },
  { "Gi", G_GUINT64_CONSTANT (1) << 30 },
  { "Ti", G_GUINT64_CONSTANT (1) << 40 },
  { "k", 1000 },
  { "K", 1000 },
  { "M", 1000000 },
  { "m", 1000000 },
  { "G", 1000000000 },
  { "g", 1000000000 },
  { "T", G_GUINT64_CONSTANT (1000000000000) },
  { "t", G_GUINT64_CONSTANT (1000000000000) },
  { "", 1 },
};

static const Suffix times[] = {
  { "", 1 },
  { "s", 1 },
  { "m", 60 },
  { "min", 60 },
  { "h", 60 * 60 },
  { "d", 24 * 60 * 60 },
};

static const char *const size_formats[] = {
  /* Translators: an amount of bytes; KiB is 1,024 bytes, MiB 1,024 KiB, … */
  N_("%s B"), N_("%s KiB"), N_("%s MiB"), N_("%s GiB"), N_("%s TiB"), N_("%s PiB"), N_("%s EiB"),
};

static const char *const rate_formats[] = {
  /* Translators: bytes a second; kB is 1,000 bytes, MB 1,000 kB, … */
  N_("%s B/s"), N_("%s kB/s"), N_("%s MB/s"), N_("%s GB/s"), N_("%s TB/s"), N_("%s PB/s"), N_("%s EB/s"),
};
G_STATIC_ASSERT (G_N_ELEMENTS (size_formats) == G_N_ELEMENTS (rate_formats));

/* One decimal below 100, none above, and never "1024" of a unit. */
static char *
format_scaled (guint64 amount, guint base, const char *const *formats)
{
  double           value = (double) amount;
  guint            unit = 0;
  g_autofree char *number = NULL;

  while (unit + 1 < G_N_ELEMENTS (size_formats) && value >= base - 0.5)
    {
      value /= base;
      unit++;
    }

  number = g_strdup_printf (unit == 0 || value >= 99.95 ? "%.0f" : "%.1f", value);
  return g_strdup_printf (_(formats[unit]), number);
}

char *
btfw_format_size (guint64 bytes)
{
  return format_scaled (bytes, 1024, size_formats);
}

char *
btfw_format_rate (guint64 bytes_per_second)
{
  return format_scaled (bytes_per_second, 1000, rate_formats);
}

char *
btfw_format_duration (gint64 microseconds)
{
  gint64 time = MAX (microseconds, 0);
  gint64 seconds = time / G_USEC_PER_SEC + (time % G_USEC_PER_SEC >= G_USEC_PER_SEC / 2);
  int    minutes = (int) (seconds / 60 % 60);
  int    hours = (int) (seconds / 3600 % 24);

  /* Translators: all of these are times: seconds, minutes, hours, days. */
  if (time < G_USEC_PER_SEC * 995 / 100)
    return g_strdup_printf (_("%.1f s"), (double) time / G_USEC_PER_SEC);
  if (seconds < 60)
    return g_strdup_printf (_("%d s"), (int) seconds);
  if (seconds < 60 * 60)
    return g_strdup_printf (_("%d min %d s"), minutes, (int) (seconds % 60));
  if (seconds < 24 * 60 * 60)
    return g_strdup_printf (_("%d h %d min"), hours, minutes);
  return g_strdup_printf (_("%lld d %d h"), (long long) (seconds / (24 * 60 * 60)), hours);
}

static gboolean
fail_invalid (const char *text, BtfwUnit unit, GError **error)
{
  g_autofree char *shown = btfw_text_clean (text, -1);
  const char      *format = NULL;

  switch (unit)
    {
    case BTFW_UNIT_NONE:
      format = _("“%s” is not a whole number");
      break;
    case BTFW_UNIT_BYTES:
      format = _("“%s” is not an amount of bytes, such as 4096, 64M or 1.5GiB");
      break;
    case BTFW_UNIT_BYTES_PER_SECOND:
      format = _("“%s” is not a rate, such as 500k, 20M or 1.5MiB/s");
      break;
    case BTFW_UNIT_SECONDS:
      format = _("“%s” is not a time, such as 90, 90s, 2m or 1h");
      break;
    }
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, format, shown);
  return FALSE;
}

static gboolean
fail_too_large (const char *text, GError **error)
{
  g_autofree char *shown = btfw_text_clean (text, -1);

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT, _("“%s” is too large a number"), shown);
  return FALSE;
}

static const char *
find_prefix (const char *suffix, guint64 *factor)
{
  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (suffix, prefixes[i].name))
      {
        *factor = prefixes[i].factor;
        return suffix + strlen (prefixes[i].name);
      }
  g_assert_not_reached ();
}

static gboolean
find_time (const char *suffix, guint64 *factor)
{
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    if (g_str_equal (suffix, times[i].name))
      {
        *factor = times[i].factor;
        return TRUE;
      }
  return FALSE;
}

/* What stands behind the number, without spaces around it. */
static gboolean
parse_suffix (const char *suffix, BtfwUnit unit, guint64 *factor)
{
  static const char *const of_bytes[] = { "", "B", NULL };
  static const char *const of_rates[] = { "", "B", "/s", "B/s", NULL };

  *factor = 1;
  switch (unit)
    {
    case BTFW_UNIT_BYTES:
      return g_strv_contains (of_bytes, find_prefix (suffix, factor));
    case BTFW_UNIT_BYTES_PER_SECOND:
      return g_strv_contains (of_rates, find_prefix (suffix, factor));
    case BTFW_UNIT_SECONDS:
      return find_time (suffix, factor);
    default:
      return *suffix == '\0';
    }
}

/* Behind the point. Digits past the sixth change nothing that btfw counts. */
static guint64
parse_fraction (const char *digits, gsize n_digits)
{
  guint64 fraction = 0;
  guint64 place = FRACTION_UNIT;

  for (gsize i = 0; i < n_digits; i++)
    {
      place /= 10;
      fraction += place * (guint64) (digits[i] - '0');
    }
  return fraction;
}

/* Finds the digits in front and behind the point. Answers what follows them, or
 * NULL where there are none. */
static char *
split_number (char *text, gsize *n_whole, gsize *n_fraction)
{
  char *end;

  *n_whole = strspn (text, G_CSET_DIGITS);
  *n_fraction = 0;
  end = text + *n_whole;
  if (*end != '.')
    return *n_whole > 0 ? end : NULL;

  *n_fraction = strspn (end + 1, G_CSET_DIGITS);
  return *n_whole > 0 && *n_fraction > 0 ? end + 1 + *n_fraction : NULL;
}

gboolean
btfw_parse_number (const char *text, BtfwUnit unit, guint64 *value, GError **error)
{
  g_autofree char *number = NULL;
  char            *suffix;
  gsize            n_whole;
  gsize            n_fraction;
  guint64          whole;
  guint64          fraction;
  guint64          factor;

  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  number = g_strstrip (g_strdup (text));
  suffix = split_number (number, &n_whole, &n_fraction);
  if (suffix == NULL || !parse_suffix (g_strchug (suffix), unit, &factor))
    return fail_invalid (text, unit, error);
  if (n_fraction > 0 && factor == 1)
    return fail_invalid (text, unit, error);

  fraction = n_fraction > 0 ? parse_fraction (number + n_whole + 1, n_fraction) : 0;
  number[n_whole] = '\0';
  if (!g_ascii_string_to_unsigned (number, 10, 0, G_MAXUINT64, &whole, NULL) ||
      !g_uint64_checked_mul (&whole, whole, factor) ||
      !g_uint64_checked_add (&whole, whole, fraction * factor / FRACTION_UNIT))
    return fail_too_large (text, error);

  *value = whole;
  return TRUE;
}
