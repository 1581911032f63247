/* value.c: tests of what can be written for a setting, and what is said when it cannot. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-config.h>
#include <btfw/btfw-enums.h>

#include <locale.h>
#include <math.h>
#include <string.h>

typedef struct
{
  const char *name;
  GParamSpec *(*make) (void);
  const char *text;
  const char *expected; /* as g_strdup_value_contents() writes it; NULL: refused */
} Case;

#define SPEC(name_, call) \
  static GParamSpec *     \
  make_##name_ (void)     \
  {                       \
    return call;          \
  }                       \
  G_STATIC_ASSERT (TRUE)

SPEC (boolean, g_param_spec_boolean ("x", NULL, NULL, FALSE, G_PARAM_READWRITE));
SPEC (uint, g_param_spec_uint ("x", NULL, NULL, 1, 8, 4, G_PARAM_READWRITE));
SPEC (int, g_param_spec_int ("x", NULL, NULL, -5, G_MAXINT, 0, G_PARAM_READWRITE));
SPEC (int64, g_param_spec_int64 ("x", NULL, NULL, G_MININT64, G_MAXINT64, 0, G_PARAM_READWRITE));
SPEC (uint64, g_param_spec_uint64 ("x", NULL, NULL, 0, G_MAXUINT64, 0, G_PARAM_READWRITE));
SPEC (uchar, g_param_spec_uchar ("x", NULL, NULL, 0, 255, 0, G_PARAM_READWRITE));
SPEC (bytes, btfw_param_spec_with_unit (g_param_spec_uint64 ("x", NULL, NULL, 8 << 20, G_MAXUINT64, 64 << 20, G_PARAM_READWRITE), BTFW_UNIT_BYTES));
SPEC (rate, btfw_param_spec_with_unit (g_param_spec_uint ("x", NULL, NULL, 0, 500000, 0, G_PARAM_READWRITE), BTFW_UNIT_BYTES_PER_SECOND));
SPEC (seconds, btfw_param_spec_with_unit (g_param_spec_uint ("x", NULL, NULL, 5, 90, 10, G_PARAM_READWRITE), BTFW_UNIT_SECONDS));
SPEC (real, g_param_spec_double ("x", NULL, NULL, 0, 10, 0, G_PARAM_READWRITE));
SPEC (endless, g_param_spec_double ("x", NULL, NULL, 0, INFINITY, 0, G_PARAM_READWRITE));
SPEC (enum, g_param_spec_enum ("x", NULL, NULL, BTFW_TYPE_UNIT, BTFW_UNIT_NONE, G_PARAM_READWRITE));
SPEC (string, g_param_spec_string ("x", NULL, NULL, NULL, G_PARAM_READWRITE));
SPEC (list, g_param_spec_boxed ("x", NULL, NULL, G_TYPE_STRV, G_PARAM_READWRITE));
SPEC (object, g_param_spec_object ("x", NULL, NULL, G_TYPE_OBJECT, G_PARAM_READWRITE));

static const Case cases[] = {
  { "boolean/true", make_boolean, "true", "TRUE" },
  { "boolean/yes", make_boolean, "yes", "TRUE" },
  { "boolean/on", make_boolean, "On", "TRUE" },
  { "boolean/one", make_boolean, "1", "TRUE" },
  { "boolean/false", make_boolean, "FALSE", "FALSE" },
  { "boolean/no", make_boolean, "no", "FALSE" },
  { "boolean/off", make_boolean, "off", "FALSE" },
  { "boolean/else", make_boolean, "maybe", NULL },
  { "boolean/empty", make_boolean, "", NULL },
  { "uint/lowest", make_uint, "1", "1" },
  { "uint/highest", make_uint, "8", "8" },
  { "uint/below", make_uint, "0", NULL },
  { "uint/above", make_uint, "9", NULL },
  { "uint/negative", make_uint, "-1", NULL },
  { "uint/wraps-not", make_uint, "4294967297", NULL },
  { "uint/word", make_uint, "many", NULL },
  { "uint/trailing-word", make_uint, "4 pieces", NULL },
  { "uint/empty", make_uint, "", NULL },
  { "uint/sign-alone", make_uint, "-", NULL },
  { "int/negative", make_int, "-5", "-5" },
  { "int/below", make_int, "-6", NULL },
  { "int/highest", make_int, "2147483647", "2147483647" },
  { "int/above", make_int, "2147483648", NULL },
  { "int/two-signs", make_int, "--5", NULL },
  { "int64/lowest", make_int64, "-9223372036854775808", "-9223372036854775808" },
  { "int64/below", make_int64, "-9223372036854775809", NULL },
  { "int64/highest", make_int64, "9223372036854775807", "9223372036854775807" },
  { "int64/above", make_int64, "9223372036854775808", NULL },
  { "uint64/highest", make_uint64, "18446744073709551615", "18446744073709551615" },
  { "uint64/above", make_uint64, "18446744073709551616", NULL },
  { "uchar/highest", make_uchar, "255", "255" },
  { "uchar/above", make_uchar, "256", NULL },
  { "bytes/suffix", make_bytes, "16MiB", "16777216" },
  { "bytes/below", make_bytes, "7MiB", NULL },
  { "rate/suffix", make_rate, "500k", "500000" },
  { "rate/above", make_rate, "501k", NULL },
  { "seconds/suffix", make_seconds, "90s", "90" },
  { "seconds/above", make_seconds, "91s", NULL },
  { "real/plain", make_real, "2.5", "2.500000" },
  { "real/comma", make_real, "2,5", NULL },
  { "real/above", make_real, "10.1", NULL },
  { "real/negative", make_real, "-1", NULL },
  { "real/infinite", make_real, "inf", NULL },
  { "real/not-a-number", make_real, "nan", NULL },
  { "real/empty", make_real, "", NULL },
  { "endless/infinite", make_endless, "inf", "inf" },
  { "endless/not-a-number", make_endless, "nan", NULL },
  { "enum/nick", make_enum, "seconds", "((BtfwUnit) BTFW_UNIT_SECONDS)" },
  { "enum/else", make_enum, "hours", NULL },
  { "enum/number", make_enum, "1", NULL },
  { "string/any", make_string, "a b; c", "\"a b; c\"" },
  { "string/empty", make_string, "", "\"\"" },
  { "string/broken-utf8", make_string, "\xc3(", NULL },
  { "list/one", make_list, "a", "[\"a\"]" },
  { "list/several", make_list, "a; b ;c", "[\"a\", \"b\", \"c\"]" },
  { "list/ended", make_list, "a;b;", "[\"a\", \"b\"]" },
  { "list/escaped", make_list, "a\\;b;c", "[\"a;b\", \"c\"]" },
  { "list/other-backslash", make_list, "a\\,b", "[\"a\\\\,b\"]" },
  { "list/empty", make_list, "", "[]" },
  { "object/cannot-be-written", make_object, "x", NULL },
};

typedef struct
{
  const char *name;
  GParamSpec *(*make) (void);
  const char *expected;
} Allowed;

static const Allowed allowed[] = {
  { "boolean", make_boolean, "“true” or “false”" },
  { "uint", make_uint, "a whole number from 1 to 8" },
  { "int", make_int, "a whole number, at least -5" },
  { "int64", make_int64, "a whole number" },
  { "uint64", make_uint64, "a whole number, at least 0" },
  { "bytes", make_bytes, "an amount of bytes (as 500k, 64MiB), at least 8MiB" },
  { "rate", make_rate, "a rate in bytes a second (as 500k, 20M) from 0 to 500k" },
  { "seconds", make_seconds, "a time (as 90s, 2m, 1h) from 5s to 90s" },
  { "real", make_real, "a number from 0 to 10" },
  { "endless", make_endless, "a number (or “inf”), at least 0" },
  { "enum", make_enum, "one of “none”, “bytes”, “bytes-per-second”, “seconds”" },
  { "string", make_string, "a text" },
  { "list", make_list, "a list with “;” between" },
};

/* g_strdup_value_contents() does not write lists in a stable way. */
static char *
write_value (const GValue *value)
{
  if (G_VALUE_HOLDS (value, G_TYPE_STRV))
    {
      char **list = g_value_get_boxed (value);
      g_autoptr (GString) text = g_string_new ("[");

      for (guint i = 0; list[i] != NULL; i++)
        {
          g_autofree char *escaped = g_strescape (list[i], NULL);

          g_string_append_printf (text, "%s\"%s\"", i > 0 ? ", " : "", escaped);
        }
      g_string_append_c (text, ']');
      return g_string_free (g_steal_pointer (&text), FALSE);
    }

  return g_strdup_value_contents (value);
}

static void
test_parses (gconstpointer data)
{
  const Case *row = data;
  GParamSpec *pspec = g_param_spec_ref_sink (row->make ());
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *text = NULL;
  g_autofree char *range = btfw_config_describe_allowed (pspec);

  if (btfw_config_parse_value (pspec, row->text, &value, &error))
    {
      g_assert_no_error (error);
      text = write_value (&value);
    }
  else
    {
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, range));
      g_assert_false (G_IS_VALUE (&value));
    }

  g_assert_cmpstr (text, ==, row->expected);
  g_param_spec_unref (pspec);
}

static void
test_allowed (gconstpointer data)
{
  const Allowed   *row = data;
  GParamSpec      *pspec = g_param_spec_ref_sink (row->make ());
  g_autofree char *text = btfw_config_describe_allowed (pspec);

  g_assert_cmpstr (text, ==, row->expected);
  g_param_spec_unref (pspec);
}

static void
test_unit (void)
{
  GParamSpec *with = g_param_spec_ref_sink (make_rate ());
  GParamSpec *without = g_param_spec_ref_sink (make_uint ());
  GParamSpec *override = g_param_spec_ref_sink (g_param_spec_override ("x", with));

  g_assert_cmpint (btfw_param_spec_get_unit (with), ==, BTFW_UNIT_BYTES_PER_SECOND);
  g_assert_cmpint (btfw_param_spec_get_unit (override), ==, BTFW_UNIT_BYTES_PER_SECOND);
  g_assert_cmpint (btfw_param_spec_get_unit (without), ==, BTFW_UNIT_NONE);

  g_param_spec_unref (override);
  g_param_spec_unref (with);
  g_param_spec_unref (without);
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/value/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_parses);
    }
  for (guint i = 0; i < G_N_ELEMENTS (allowed); i++)
    {
      g_autofree char *path = g_strconcat ("/value/allowed/", allowed[i].name, NULL);

      g_test_add_data_func (path, &allowed[i], test_allowed);
    }
  g_test_add_func ("/value/unit-is-kept", test_unit);

  return g_test_run ();
}
