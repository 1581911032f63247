/* values.c: settings written the way people write them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/values.h"

/* A number with the largest unit that divides it: 67108864 is "64MiB". */
static char *
scale (guint64 number, guint64 base, const char *const *units)
{
  guint unit = 0;

  while (number > 0 && number % base == 0 && units[unit + 1] != NULL)
    {
      number /= base;
      unit++;
    }

  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", number, units[unit]);
}

static char *
format_number (guint64 number, BtfwUnit unit)
{
  static const char *const bytes[] = { "", "KiB", "MiB", "GiB", "TiB", NULL };
  static const char *const rates[] = { "", "k", "M", "G", "T", NULL };

  switch (unit)
    {
    case BTFW_UNIT_BYTES:
      return scale (number, 1024, bytes);
    case BTFW_UNIT_BYTES_PER_SECOND:
      return scale (number, 1000, rates);
    case BTFW_UNIT_SECONDS:
      return g_strdup_printf ("%" G_GUINT64_FORMAT "s", number);
    case BTFW_UNIT_NONE:
    default:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
    }
}

static char *
format_double (const GValue *value)
{
  GValue number = G_VALUE_INIT;
  char   digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_value_init (&number, G_TYPE_DOUBLE);
  if (!g_value_transform (value, &number))
    return NULL;

  return g_strdup (g_ascii_dtostr (digits, sizeof digits, g_value_get_double (&number)));
}

static char *
format_enumeration (GParamSpec *pspec, const GValue *value)
{
  const GEnumValue *entry = g_enum_get_value (G_PARAM_SPEC_ENUM (pspec)->enum_class, g_value_get_enum (value));

  return entry != NULL ? g_strdup (entry->value_nick) : NULL;
}

/* Numbers of every width, by way of the widest. */
static char *
format_integer (GParamSpec *pspec, const GValue *value)
{
  GValue number = G_VALUE_INIT;
  gint64 is_signed;

  if (G_VALUE_HOLDS_UINT64 (value))
    return format_number (g_value_get_uint64 (value), btfw_param_spec_get_unit (pspec));

  g_value_init (&number, G_TYPE_INT64);
  if (!g_value_transform (value, &number))
    return NULL;

  is_signed = g_value_get_int64 (&number);
  if (is_signed < 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT, is_signed);
  return format_number ((guint64) is_signed, btfw_param_spec_get_unit (pspec));
}

char *
btfw_values_format (GParamSpec *pspec, const GValue *value)
{
  char *text = NULL;

  if (G_VALUE_HOLDS_STRING (value))
    text = g_value_dup_string (value);
  else if (G_VALUE_HOLDS (value, G_TYPE_STRV))
    text = g_value_get_boxed (value) != NULL ? g_strjoinv (";", g_value_get_boxed (value)) : NULL;
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    text = g_strdup (g_value_get_boolean (value) ? "true" : "false");
  else if (G_VALUE_HOLDS_ENUM (value))
    text = format_enumeration (pspec, value);
  else if (G_VALUE_HOLDS_DOUBLE (value) || G_VALUE_HOLDS_FLOAT (value))
    text = format_double (value);
  else
    text = format_integer (pspec, value);

  return text != NULL ? text : g_strdup ("");
}

char *
btfw_values_format_default (GParamSpec *pspec)
{
  return btfw_values_format (pspec, g_param_spec_get_default_value (pspec));
}
