/* columns.c: tests of text that is measured in columns. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/columns.h"

#include <locale.h>

typedef struct
{
  const char *name;
  const char *text;
  guint       width;
  const char *expected;
} Case;

static const Case fit_cases[] = {
  { "short", "abc", 5, "abc" },
  { "exact", "abcde", 5, "abcde" },
  { "cut-in-the-middle", "abcdefghij", 7, "abc…hij" },
  { "even", "abcdefghij", 6, "abc…ij" },
  { "one-column", "abc", 1, "…" },
  { "no-column", "abc", 0, "" },
  { "wide-exact", "你好", 4, "你好" },
  { "wide-cut", "你好世界和平", 7, "你…平" },
  { "combining", "e\xcc\x81" "abc", 4, "e\xcc\x81" "abc" },
};

static void
test_fit (gconstpointer data)
{
  const Case      *test = data;
  g_autofree char *got = btfw_columns_fit (test->text, test->width);

  g_assert_cmpstr (got, ==, test->expected);
  g_assert_cmpuint (btfw_columns_width (got), <=, test->width);
}

static void
test_fit_never_exceeds_any_width (void)
{
  const char *text = "Ein 长的 Nàme with 宽 characters — und Umlauten.torrent";

  for (guint width = 0; width <= btfw_columns_width (text) + 1; width++)
    {
      g_autofree char *got = btfw_columns_fit (text, width);

      g_assert_true (g_utf8_validate (got, -1, NULL));
      g_assert_cmpuint (btfw_columns_width (got), <=, width);
    }
}

static void
test_wrap_breaks_between_words (void)
{
  g_autoptr (GString) out = g_string_new ("--x ");

  btfw_columns_wrap ("one two three four five six", 4, 24, out);
  g_assert_cmpstr (out->str, ==, "--x one two three four\n    five six");
}

static void
test_wrap_breaks_wide_text_anywhere (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  btfw_columns_wrap ("下载种子文件并在此期间分享。", 0, 20, out);
  g_assert_cmpstr (out->str, ==, "下载种子文件并在此期\n间分享。");
}

static void
test_wrap_keeps_a_closing_mark_with_its_word (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  btfw_columns_wrap ("下载种子文件并在此期。间", 0, 20, out);
  g_assert_cmpstr (out->str, ==, "下载种子文件并在此\n期。间");
}

static void
test_wrap_keeps_an_opening_mark_with_its_word (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  btfw_columns_wrap ("下载种子文件并在此（期间", 0, 20, out);
  g_assert_cmpstr (out->str, ==, "下载种子文件并在此\n（期间");
}

static void
test_table_aligns (void)
{
  g_autoptr (BtfwTable) table = btfw_table_new ("rll");
  g_autoptr (GString)   out = g_string_new (NULL);

  btfw_table_add (table, "1", "你", "");
  btfw_table_add (table, "100", "abc", "z");
  btfw_table_print (table, 2, 0, out);
  g_assert_cmpstr (out->str, ==, "    1  你\n  100  abc  z\n");
}

static void
test_table_wraps_its_last_column (void)
{
  g_autoptr (BtfwTable) table = btfw_table_new ("ll");
  g_autoptr (GString)   out = g_string_new (NULL);

  btfw_table_add (table, "ab", "one two three four five six");
  btfw_table_print (table, 0, 24, out);
  g_assert_cmpstr (out->str, ==, "ab  one two three four\n    five six\n");
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (fit_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/columns/fit/", fit_cases[i].name, NULL);

      g_test_add_data_func (path, &fit_cases[i], test_fit);
    }
  g_test_add_func ("/columns/fit/never-exceeds-any-width", test_fit_never_exceeds_any_width);
  g_test_add_func ("/columns/wrap/breaks-between-words", test_wrap_breaks_between_words);
  g_test_add_func ("/columns/wrap/breaks-wide-text-anywhere", test_wrap_breaks_wide_text_anywhere);
  g_test_add_func ("/columns/wrap/keeps-a-closing-mark-with-its-word", test_wrap_keeps_a_closing_mark_with_its_word);
  g_test_add_func ("/columns/wrap/keeps-an-opening-mark-with-its-word", test_wrap_keeps_an_opening_mark_with_its_word);
  g_test_add_func ("/columns/table/aligns", test_table_aligns);
  g_test_add_func ("/columns/table/wraps-its-last-column", test_table_wraps_its_last_column);
  return g_test_run ();
}
