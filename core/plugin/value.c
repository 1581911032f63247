/* value.c: makes values of settings from what people write, and says what they may write. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/config-private.h"

#include <btfw/btfw-config.h>
#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* How the kinds of types are treated. */
typedef struct
{
  GType type; /* fundamental, or boxed */
  gboolean (*parse) (GParamSpec *pspec, const char *text, GValue *value);
  char *(*describe) (GParamSpec *pspec);
} Parser;

/* What whole numbers a spec takes. */
typedef struct
{
  gboolean is_signed;
  gint64   lowest, highest;        /* of a signed type */
  guint64  ulowest, uhighest;      /* of an unsigned type */
  gboolean open_below, open_above; /* the type ends there, not the setting */
} Range;

static GQuark
unit_quark (void)
{
  return g_quark_from_static_string ("btfw-unit");
}

#define SIGNED_RANGE(Spec, limit)                                             \
  *range = (Range){ .is_signed = TRUE, .lowest = ((Spec *) pspec)->minimum,  \
                     .highest = ((Spec *) pspec)->maximum,                    \
                     .open_below = ((Spec *) pspec)->minimum == G_MIN##limit, \
                     .open_above = ((Spec *) pspec)->maximum == G_MAX##limit }

#define UNSIGNED_RANGE(Spec, limit)                                                               \
  *range = (Range){ .ulowest = ((Spec *) pspec)->minimum, .uhighest = ((Spec *) pspec)->maximum, \
                     .open_above = ((Spec *) pspec)->maximum == G_MAX##limit }

static void
get_range (GParamSpec *pspec,
           Range      *range)
{
  if (G_IS_PARAM_SPEC_INT (pspec))
    SIGNED_RANGE (GParamSpecInt, INT);
  else if (G_IS_PARAM_SPEC_LONG (pspec))
    SIGNED_RANGE (GParamSpecLong, LONG);
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    SIGNED_RANGE (GParamSpecInt64, INT64);
  else if (G_IS_PARAM_SPEC_CHAR (pspec))
    SIGNED_RANGE (GParamSpecChar, INT8);
  else if (G_IS_PARAM_SPEC_UCHAR (pspec))
    UNSIGNED_RANGE (GParamSpecUChar, UINT8);
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    UNSIGNED_RANGE (GParamSpecUInt, UINT);
  else if (G_IS_PARAM_SPEC_ULONG (pspec))
    UNSIGNED_RANGE (GParamSpecULong, ULONG);
  else
    UNSIGNED_RANGE (GParamSpecUInt64, UINT64);
}

static gboolean
set_signed (const Range *range,
            gboolean     negative,
            guint64      magnitude,
            GValue      *number)
{
  gint64 signed_value;

  if (magnitude > (guint64) G_MAXINT64 + (negative ? 1 : 0))
    return FALSE;

  signed_value = negative ? (gint64) (0 - magnitude) : (gint64) magnitude;
  if (signed_value < range->lowest || signed_value > range->highest)
    return FALSE;

  g_value_init (number, G_TYPE_INT64);
  g_value_set_int64 (number, signed_value);
  return TRUE;
}

static gboolean
set_unsigned (const Range *range,
              gboolean     negative,
              guint64      magnitude,
              GValue      *number)
{
  if ((negative && magnitude != 0) || magnitude < range->ulowest || magnitude > range->uhighest)
    return FALSE;

  g_value_init (number, G_TYPE_UINT64);
  g_value_set_uint64 (number, magnitude);
  return TRUE;
}

static gboolean
parse_whole_number (GParamSpec *pspec,
                    const char *text,
                    GValue     *value)
{
  gboolean negative = text[0] == '-';
  g_auto (GValue) number = G_VALUE_INIT;
  guint64 magnitude;
  Range   range;

  if (!btfw_parse_number (text + (negative ? 1 : 0), btfw_param_spec_get_unit (pspec), &magnitude, NULL))
    return FALSE;

  get_range (pspec, &range);
  return (range.is_signed ? set_signed : set_unsigned) (&range, negative, magnitude, &number) &&
         g_value_transform (&number, value);
}

/* With the largest suffix that leaves a whole number. */
static char *
write_magnitude (guint64  number,
                 BtfwUnit unit)
{
  static const struct
  {
    guint64     factor;
    const char *suffix;
  } binary[] = { { G_GUINT64_CONSTANT (1) << 40, "TiB" }, { 1u << 30, "GiB" }, { 1u << 20, "MiB" }, { 1u << 10, "KiB" } };
  static const struct
  {
    guint64     factor;
    const char *suffix;
  } decimal[] = { { 1000000000, "G" }, { 1000000, "M" }, { 1000, "k" } };

  for (guint i = 0; number > 0 && unit == BTFW_UNIT_BYTES && i < G_N_ELEMENTS (binary); i++)
    if (number % binary[i].factor == 0)
      return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", number / binary[i].factor, binary[i].suffix);

  for (guint i = 0; number > 0 && unit == BTFW_UNIT_BYTES_PER_SECOND && i < G_N_ELEMENTS (decimal); i++)
    if (number % decimal[i].factor == 0)
      return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", number / decimal[i].factor, decimal[i].suffix);

  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", number, unit == BTFW_UNIT_SECONDS ? "s" : "");
}

static char *
write_number (const Range *range,
              gint64       signed_number,
              guint64      number,
              BtfwUnit     unit)
{
  g_autofree char *magnitude = NULL;

  if (!range->is_signed || signed_number >= 0)
    return write_magnitude (range->is_signed ? (guint64) signed_number : number, unit);

  magnitude = write_magnitude (0 - (guint64) signed_number, unit);
  return g_strconcat ("-", magnitude, NULL);
}

static const char *
describe_unit (BtfwUnit unit)
{
  switch (unit)
    {
    case BTFW_UNIT_BYTES:
      return _("an amount of bytes (as 500k, 64MiB)");
    case BTFW_UNIT_BYTES_PER_SECOND:
      return _("a rate in bytes a second (as 500k, 20M)");
    case BTFW_UNIT_SECONDS:
      return _("a time (as 90s, 2m, 1h)");
    case BTFW_UNIT_NONE:
    default:
      return _("a whole number");
    }
}

static char *
describe_range (const char *what,
                const char *lowest,
                const char *highest)
{
  if (lowest != NULL && highest != NULL)
    return g_strdup_printf (_("%s from %s to %s"), what, lowest, highest);
  if (lowest != NULL)
    return g_strdup_printf (_("%s, at least %s"), what, lowest);
  if (highest != NULL)
    return g_strdup_printf (_("%s, at most %s"), what, highest);
  return g_strdup (what);
}

static char *
describe_whole_number (GParamSpec *pspec)
{
  BtfwUnit         unit = btfw_param_spec_get_unit (pspec);
  g_autofree char *lowest = NULL;
  g_autofree char *highest = NULL;
  Range            range;

  get_range (pspec, &range);
  if (!range.open_below)
    lowest = write_number (&range, range.lowest, range.ulowest, unit);
  if (!range.open_above)
    highest = write_number (&range, range.highest, range.uhighest, unit);

  return describe_range (describe_unit (unit), lowest, highest);
}

static gboolean
parse_boolean (GParamSpec *pspec,
               const char *text,
               GValue     *value)
{
  static const char *const yes[] = { "true", "yes", "on", "1" };
  static const char *const no[] = { "false", "no", "off", "0" };

  for (guint i = 0; i < G_N_ELEMENTS (yes); i++)
    {
      gboolean is_yes = g_ascii_strcasecmp (text, yes[i]) == 0;

      if (is_yes || g_ascii_strcasecmp (text, no[i]) == 0)
        {
          g_value_set_boolean (value, is_yes);
          return TRUE;
        }
    }

  return FALSE;
}

static char *
describe_boolean (GParamSpec *pspec)
{
  return g_strdup (_("“true” or “false”"));
}

static void
get_real_range (GParamSpec *pspec,
                double     *lowest,
                double     *highest)
{
  if (G_IS_PARAM_SPEC_FLOAT (pspec))
    {
      *lowest = G_PARAM_SPEC_FLOAT (pspec)->minimum;
      *highest = G_PARAM_SPEC_FLOAT (pspec)->maximum;
    }
  else
    {
      *lowest = G_PARAM_SPEC_DOUBLE (pspec)->minimum;
      *highest = G_PARAM_SPEC_DOUBLE (pspec)->maximum;
    }
}

static gboolean
parse_real_number (GParamSpec *pspec,
                   const char *text,
                   GValue     *value)
{
  double lowest, highest, number;
  char  *end;
  g_auto (GValue) wide = G_VALUE_INIT;

  get_real_range (pspec, &lowest, &highest);
  number = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || isnan (number) || number < lowest || number > highest)
    return FALSE;

  g_value_init (&wide, G_TYPE_DOUBLE);
  g_value_set_double (&wide, number);
  return g_value_transform (&wide, value);
}

static char *
describe_real_number (GParamSpec *pspec)
{
  char   lowest_text[G_ASCII_DTOSTR_BUF_SIZE];
  char   highest_text[G_ASCII_DTOSTR_BUF_SIZE];
  double lowest, highest, limit = G_IS_PARAM_SPEC_FLOAT (pspec) ? G_MAXFLOAT : G_MAXDOUBLE;

  get_real_range (pspec, &lowest, &highest);
  g_ascii_formatd (lowest_text, sizeof lowest_text, "%g", lowest);
  g_ascii_formatd (highest_text, sizeof highest_text, "%g", highest);

  return describe_range (isinf (highest) ? _("a number (or “inf”)") : _("a number"),
                         lowest > -limit ? lowest_text : NULL,
                         highest < limit ? highest_text : NULL);
}

static gboolean
parse_enum (GParamSpec *pspec,
            const char *text,
            GValue     *value)
{
  GEnumValue *found = g_enum_get_value_by_nick (G_PARAM_SPEC_ENUM (pspec)->enum_class, text);

  if (found == NULL)
    return FALSE;

  g_value_set_enum (value, found->value);
  return TRUE;
}

static void
append_nick (GString    *nicks,
             const char *nick)
{
  g_string_append_printf (nicks, "%s“%s”", nicks->len > 0 ? ", " : "", nick);
}

static char *
describe_enum (GParamSpec *pspec)
{
  GEnumClass *class = G_PARAM_SPEC_ENUM (pspec)->enum_class;
  g_autoptr (GString) nicks = g_string_new (NULL);

  for (guint i = 0; i < class->n_values; i++)
    append_nick (nicks, class->values[i].value_nick);

  return g_strdup_printf (_("one of %s"), nicks->str);
}

static gboolean
parse_string (GParamSpec *pspec,
              const char *text,
              GValue     *value)
{
  g_value_set_string (value, text);
  return TRUE;
}

static char *
describe_string (GParamSpec *pspec)
{
  return g_strdup (_("a text"));
}

/* Splits at ';', which "\;" stands for within a text; empty texts are left out,
 * so the list may end with ';' as GKeyFile writes it. */
static char **
split_list (const char *text)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GString) item = g_string_new (NULL);

  for (;; text++)
    {
      if (*text == '\\' && text[1] == ';')
        g_string_append_c (item, *++text);
      else if (*text != ';' && *text != '\0')
        g_string_append_c (item, *text);
      else
        {
          if (g_strstrip (item->str)[0] != '\0')
            g_strv_builder_add (builder, item->str);
          g_string_truncate (item, 0);
        }
      if (*text == '\0')
        return g_strv_builder_end (builder);
    }
}

static gboolean
parse_list (GParamSpec *pspec,
            const char *text,
            GValue     *value)
{
  g_value_take_boxed (value, split_list (text));
  return TRUE;
}

static char *
describe_list (GParamSpec *pspec)
{
  return g_strdup (_("a list with “;” between"));
}

static gboolean
parse_flags (GParamSpec *pspec,
             const char *text,
             GValue     *value)
{
  g_auto (GStrv) nicks = split_list (text);
  guint flags = 0;

  for (char **nick = nicks; *nick != NULL; nick++)
    {
      GFlagsValue *found = g_flags_get_value_by_nick (G_PARAM_SPEC_FLAGS (pspec)->flags_class, *nick);

      if (found == NULL)
        return FALSE;
      flags |= found->value;
    }

  g_value_set_flags (value, flags);
  return TRUE;
}

static char *
describe_flags (GParamSpec *pspec)
{
  GFlagsClass *class = G_PARAM_SPEC_FLAGS (pspec)->flags_class;
  g_autoptr (GString) nicks = g_string_new (NULL);

  for (guint i = 0; i < class->n_values; i++)
    append_nick (nicks, class->values[i].value_nick);

  return g_strdup_printf (_("a list with “;” between, of %s"), nicks->str);
}

static const Parser parsers[] = {
  { G_TYPE_BOOLEAN, parse_boolean, describe_boolean },
  { G_TYPE_CHAR, parse_whole_number, describe_whole_number },
  { G_TYPE_UCHAR, parse_whole_number, describe_whole_number },
  { G_TYPE_INT, parse_whole_number, describe_whole_number },
  { G_TYPE_UINT, parse_whole_number, describe_whole_number },
  { G_TYPE_LONG, parse_whole_number, describe_whole_number },
  { G_TYPE_ULONG, parse_whole_number, describe_whole_number },
  { G_TYPE_INT64, parse_whole_number, describe_whole_number },
  { G_TYPE_UINT64, parse_whole_number, describe_whole_number },
  { G_TYPE_FLOAT, parse_real_number, describe_real_number },
  { G_TYPE_DOUBLE, parse_real_number, describe_real_number },
  { G_TYPE_ENUM, parse_enum, describe_enum },
  { G_TYPE_FLAGS, parse_flags, describe_flags },
  { G_TYPE_STRING, parse_string, describe_string },
};

/* Of boxed types, only lists of texts can be written. NULL for what cannot. */
static const Parser *
find_parser (GParamSpec *pspec)
{
  static const Parser list = { G_TYPE_BOXED, parse_list, describe_list };

  if (pspec->value_type == G_TYPE_STRV)
    return &list;

  for (guint i = 0; i < G_N_ELEMENTS (parsers); i++)
    if (G_TYPE_FUNDAMENTAL (pspec->value_type) == parsers[i].type)
      return &parsers[i];

  return NULL;
}

/* A property that overrides another has a spec that only points to the real one. */
static GParamSpec *
get_real_spec (GParamSpec *pspec)
{
  GParamSpec *target = g_param_spec_get_redirect_target (pspec);

  return target != NULL ? target : pspec;
}

gboolean
btfw_config_parse_value (GParamSpec *pspec,
                         const char *text,
                         GValue     *value,
                         GError    **error)
{
  g_auto (GValue) parsed = G_VALUE_INIT;
  g_autofree char *allowed = NULL;
  g_autofree char *shown = NULL;
  const Parser    *parser;

  g_return_val_if_fail (G_IS_PARAM_SPEC (pspec), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (value != NULL && !G_IS_VALUE (value), FALSE);

  pspec = get_real_spec (pspec);
  parser = find_parser (pspec);
  g_value_init (&parsed, pspec->value_type);
  if (parser != NULL && (btfw_config_is_file_name (pspec->name) || g_utf8_validate (text, -1, NULL)) && parser->parse (pspec, text, &parsed) &&
      g_param_value_is_valid (pspec, &parsed))
    {
      *value = parsed;
      memset (&parsed, 0, sizeof parsed);
      return TRUE;
    }

  allowed = btfw_config_describe_allowed (pspec);
  shown = btfw_text_clean (text, -1);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG, _("“%s” is not %s"), shown, allowed);
  return FALSE;
}

char *
btfw_config_describe_allowed (GParamSpec *pspec)
{
  const Parser *parser;

  g_return_val_if_fail (G_IS_PARAM_SPEC (pspec), NULL);

  pspec = get_real_spec (pspec);
  parser = find_parser (pspec);
  if (parser == NULL)
    return g_strdup (_("something that a text can set"));

  return parser->describe (pspec);
}

GParamSpec *
btfw_param_spec_with_unit (GParamSpec *pspec,
                           BtfwUnit    unit)
{
  g_return_val_if_fail (G_IS_PARAM_SPEC (pspec), pspec);

  g_param_spec_set_qdata (pspec, unit_quark (), GUINT_TO_POINTER (unit));
  return pspec;
}

BtfwUnit
btfw_param_spec_get_unit (GParamSpec *pspec)
{
  g_return_val_if_fail (G_IS_PARAM_SPEC (pspec), BTFW_UNIT_NONE);

  return GPOINTER_TO_UINT (g_param_spec_get_qdata (get_real_spec (pspec), unit_quark ()));
}
