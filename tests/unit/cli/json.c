/* json.c: tests of the JSON writer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/json.h"

#include <float.h>
#include <math.h>

typedef struct
{
  const char *name;
  const char *value;
  const char *expected;
} StringCase;

static const StringCase strings[] = {
  { "plain", "abc", "\"abc\"" },
  { "empty", "", "\"\"" },
  { "null", NULL, "null" },
  { "quote-and-backslash", "a\"b\\c", "\"a\\\"b\\\\c\"" },
  { "line-end-and-tab", "a\nb\tc", "\"a\\nb\\tc\"" },
  { "control-bytes", "\033[31m\x01\x7f", "\"\\u001b[31m\\u0001\\u007f\"" },
  { "beyond-ascii", "grüße, 你好, 🙂", "\"grüße, 你好, 🙂\"" },
  { "invalid-utf-8", "a\xff" "b", "\"a\xef\xbf\xbd" "b\"" },
  { "cut-utf-8", "a\xe4\xbd", "\"a\xef\xbf\xbd\"" },
};

static void
test_string (gconstpointer data)
{
  const StringCase *test = data;
  BtfwJson         *json = btfw_json_new ();
  g_autofree char  *text = NULL;

  btfw_json_add_string (json, NULL, test->value);
  text = btfw_json_free_to_string (json);
  /* Whether one or more replacement characters stand for a cut sequence is
   * GLib's choice; that nothing invalid remains is ours. */
  g_assert_true (g_utf8_validate (text, -1, NULL));
  if (!g_str_has_prefix (test->name, "cut"))
    g_assert_cmpstr (text, ==, test->expected);
}

static void
test_commas_stand_between_values_only (void)
{
  static const char *const words[] = { "x", "y", NULL };
  BtfwJson                *json = btfw_json_new ();
  g_autofree char         *text = NULL;

  btfw_json_open_object (json, NULL);
  btfw_json_add_unsigned (json, "a", G_MAXUINT64);
  btfw_json_open_array (json, "b");
  btfw_json_open_object (json, NULL);
  btfw_json_close_object (json);
  btfw_json_open_array (json, NULL);
  btfw_json_close_array (json);
  btfw_json_add_signed (json, NULL, G_MININT64);
  btfw_json_close_array (json);
  btfw_json_add_strings (json, "c", words);
  btfw_json_add_strings (json, "d", NULL);
  btfw_json_add_boolean (json, "e", TRUE);
  btfw_json_add_null (json, "f");
  btfw_json_close_object (json);

  text = btfw_json_free_to_string (json);
  g_assert_cmpstr (text, ==,
                   "{\"a\":18446744073709551615,\"b\":[{},[],-9223372036854775808],"
                   "\"c\":[\"x\",\"y\"],\"d\":[],\"e\":true,\"f\":null}");
}

static void
test_doubles_are_numbers_or_null (void)
{
  BtfwJson        *json = btfw_json_new ();
  g_autofree char *text = NULL;

  btfw_json_open_array (json, NULL);
  btfw_json_add_double (json, NULL, 1.5);
  btfw_json_add_double (json, NULL, -0.25);
  btfw_json_add_double (json, NULL, INFINITY);
  btfw_json_add_double (json, NULL, NAN);
  btfw_json_close_array (json);
  text = btfw_json_free_to_string (json);
  g_assert_cmpstr (text, ==, "[1.500,-0.250,null,null]");
}

static void
test_the_largest_double_fits (void)
{
  BtfwJson        *json = btfw_json_new ();
  g_autofree char *text = NULL;

  btfw_json_add_double (json, NULL, -DBL_MAX);
  text = btfw_json_free_to_string (json);
  g_assert_cmpuint (strlen (text), ==, 1 + 309 + 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      g_autofree char *path = g_strconcat ("/json/string/", strings[i].name, NULL);

      g_test_add_data_func (path, &strings[i], test_string);
    }
  g_test_add_func ("/json/commas-stand-between-values-only", test_commas_stand_between_values_only);
  g_test_add_func ("/json/double/numbers-or-null", test_doubles_are_numbers_or_null);
  g_test_add_func ("/json/double/the-largest-fits", test_the_largest_double_fits);
  return g_test_run ();
}
