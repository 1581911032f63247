/* names.c: tests of the rule that makes names safe. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "meta/names.h"

#include <btfw/btfw-error.h>
#include <string.h>

typedef struct
{
  const char *name;
  const char *bytes;
  gsize       size;
  const char *expected;
} ElementCase;

#define ELEMENT(name, text, expected) { name, text, sizeof text - 1, expected }

static const ElementCase element_cases[] = {
  ELEMENT ("plain", "A song.mp3", "A song.mp3"),
  ELEMENT ("percent-of-a-plain-name", "100%25 free.txt", "100%25 free.txt"),
  ELEMENT ("letters-of-the-world", "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80", "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80"),
  ELEMENT ("joiners-stay", "\xd9\x85\xe2\x80\x8c\xd9\x85", "\xd9\x85\xe2\x80\x8c\xd9\x85"),
  ELEMENT ("hidden", ".profile", ".profile"),
  ELEMENT ("empty", "", "_"),
  ELEMENT ("dot", ".", "%2E"),
  ELEMENT ("dot-dot", "..", ".%2E"),
  ELEMENT ("only-dots", "....", "...%2E"),
  ELEMENT ("only-spaces", "  ", " %20"),
  ELEMENT ("dots-and-spaces", ". .", ". %2E"),
  ELEMENT ("last-dot-stays", "R.E.M.", "R.E.M."),
  ELEMENT ("last-space-stays", "x ", "x "),
  ELEMENT ("colon-stays", "12:30.log", "12:30.log"),
  ELEMENT ("device-stays", "CON", "CON"),
  ELEMENT ("device-with-extension-stays", "aux.c", "aux.c"),
  ELEMENT ("marks-that-windows-refuses-stay", "a*?\"<>|b", "a*?\"<>|b"),
  ELEMENT ("slash", "a/../../b", "a%2F..%2F..%2Fb"),
  ELEMENT ("absolute", "/etc", "%2Fetc"),
  ELEMENT ("backslash", "..\\..\\x", "..%5C..%5Cx"),
  ELEMENT ("percent-of-a-mended-name", "5%/1", "5%25%2F1"),
  ELEMENT ("nul", "a\0b", "a%00b"),
  ELEMENT ("escape", "\033[31m", "%1B[31m"),
  ELEMENT ("newline", "a\nb", "a%0Ab"),
  ELEMENT ("delete", "a\x7f", "a%7F"),
  ELEMENT ("c1-control", "a\xc2\x9b", "a%C2%9B"),
  ELEMENT ("right-to-left-override", "x\xe2\x80\xaegpj.exe", "x%E2%80%AEgpj.exe"),
  ELEMENT ("isolate", "\xe2\x81\xa6x", "%E2%81%A6x"),
  ELEMENT ("direction-mark-stays", "x\xe2\x80\x8f", "x\xe2\x80\x8f"),
  ELEMENT ("line-separator-stays", "a\xe2\x80\xa8""b", "a\xe2\x80\xa8""b"),
  ELEMENT ("byte-order-mark-stays", "\xef\xbb\xbfx", "\xef\xbb\xbfx"),
  ELEMENT ("invalid-utf-8", "a\xff\xc3(", "a%FF%C3("),
  ELEMENT ("overlong-slash", "\xc0\xaf", "%C0%AF"),
  ELEMENT ("surrogate", "\xed\xa0\x80", "%ED%A0%80"),
  ELEMENT ("cut-character", "a\xe2\x82", "a%E2%82"),
};

static void
test_element (gconstpointer data)
{
  const ElementCase  *row = data;
  g_autoptr (GString) out = g_string_new ("before/");

  btfw_name_append_safe (out, row->bytes, row->size);
  g_assert_cmpstr (out->str + strlen ("before/"), ==, row->expected);
}

static char *
make_safe (const char *element)
{
  GString *out = g_string_new (NULL);

  btfw_name_append_safe (out, element, strlen (element));
  return g_string_free (out, FALSE);
}

static void
test_long_element_keeps_extension (void)
{
  g_autofree char *stem = g_strnfill (300, 'x');
  g_autofree char *name = g_strconcat (stem, ".flac", NULL);
  g_autofree char *safe = make_safe (name);

  g_assert_cmpuint (strlen (safe), ==, BTFW_NAME_SIZE_MAX);
  g_assert_true (g_str_has_suffix (safe, "x.flac"));
}

static void
test_long_element_is_cut_between_characters (void)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autofree char    *safe = NULL;

  for (guint i = 0; i < 100; i++)
    g_string_append (name, "\xf0\x9f\x98\x80");
  safe = make_safe (name->str);

  g_assert_cmpuint (strlen (safe), ==, 252);
  g_assert_true (g_utf8_validate (safe, -1, NULL));
}

static void
test_cut_leaves_no_dot_or_space_at_the_end (void)
{
  g_autofree char *spaces = g_strnfill (400, ' ');
  g_autofree char *dots = g_strnfill (400, '.');
  g_autofree char *safe_spaces = make_safe (spaces);
  g_autofree char *safe_dots = make_safe (dots);

  g_assert_cmpuint (strlen (safe_spaces), ==, BTFW_NAME_SIZE_MAX);
  g_assert_true (g_str_has_suffix (safe_spaces, " _"));
  g_assert_cmpuint (strlen (safe_dots), <=, BTFW_NAME_SIZE_MAX);
  g_assert_false (g_str_has_suffix (safe_dots, "."));
}

/* Paths in the order of the torrent, with '|' between them, and what becomes of them. */
typedef struct
{
  const char *name;
  const char *paths;
  const char *expected;
} PathCase;

static const PathCase path_cases[] = {
  { "different", "a|b|c/d|c/e", "a|b|c/d|c/e" },
  { "same-twice", "a.txt|a.txt|a.txt", "a.txt|a (2).txt|a (3).txt" },
  { "number-is-taken", "a (2)|a|a", "a (2)|a|a (3)" },
  { "number-is-taken-later", "a|a|a (2)", "a|a (2)|a (2) (2)" },
  { "case-makes-two", "README|ReadMe|Docs/x|docs/x", "README|ReadMe|Docs/x|docs/x" },
  { "composed-and-decomposed-are-two", "\xc3\xa9|e\xcc\x81", "\xc3\xa9|e\xcc\x81" },
  { "file-then-folder", "a|a/b|a/c", "a|a (2)/b|a (2)/c" },
  { "folder-then-file", "a/b|a", "a/b|a (2)" },
  { "file-then-folder-with-extension", "a.d|a.d/b", "a.d|a.d (2)/b" },
  { "file-then-deeper-folders", "a/b|a/b/c/d|a/b/c/e", "a/b|a/b (2)/c/d|a/b (2)/c/e" },
  { "mended-meets-plain", "a%5Cb|a\\b", "a%5Cb|a%5Cb (2)" },
  { "hidden-files", ".x|.x", ".x|.x (2)" },
};

/* Splits at '/'; names in these tables have none inside. */
static gboolean
add_path (BtfwNames *names, const char *text, GString *path, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", -1);
  BtfwName       elements[BTFW_PATH_DEPTH_MAX + 1];
  guint          n = g_strv_length (parts);

  for (guint i = 0; i < n; i++)
    elements[i] = (BtfwName){ parts[i], strlen (parts[i]) };

  return btfw_names_add (names, elements, n, path, error);
}

static void
test_paths (gconstpointer data)
{
  const PathCase       *row = data;
  g_auto (GStrv)        wanted = g_strsplit (row->paths, "|", -1);
  g_auto (GStrv)        expected = g_strsplit (row->expected, "|", -1);
  g_autoptr (BtfwNames) names = btfw_names_new ();
  g_autoptr (GString)   path = g_string_new (NULL);

  for (guint i = 0; wanted[i] != NULL; i++)
    {
      g_assert_true (add_path (names, wanted[i], path, NULL));
      g_assert_cmpstr (path->str, ==, expected[i]);
    }
}

static void
test_long_names_stay_unique (void)
{
  g_autoptr (BtfwNames)  names = btfw_names_new ();
  g_autoptr (GString)    path = g_string_new (NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char       *stem = g_strnfill (300, 'x');

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s%u.txt", stem, i);

      g_assert_true (add_path (names, name, path, NULL));
      g_assert_cmpuint (path->len, <=, BTFW_NAME_SIZE_MAX);
      g_assert_true (g_str_has_suffix (path->str, ".txt"));
      g_assert_true (g_hash_table_add (seen, g_strdup (path->str)));
    }
}

static void
test_long_paths_lose_folders_between (void)
{
  g_autoptr (BtfwNames) names = btfw_names_new ();
  g_autoptr (GString)   path = g_string_new (NULL);
  g_autoptr (GString)   text = g_string_new ("root");
  g_autofree char      *folder = g_strnfill (200, 'f');

  for (guint i = 0; i < 25; i++)
    g_string_append_printf (text, "/%s", folder);
  g_string_append (text, "/file");

  g_assert_true (add_path (names, text->str, path, NULL));
  g_assert_cmpstr (path->str, ==, "root/file");
  g_assert_true (add_path (names, text->str, path, NULL));
  g_assert_cmpstr (path->str, ==, "root/file (2)");
}

static void
test_many_equal_names_end_in_time (void)
{
  g_autoptr (BtfwNames) names = btfw_names_new ();
  g_autoptr (GString)   path = g_string_new (NULL);
  g_autoptr (GError)    error = NULL;
  guint                 n = 0;

  while (n < 1000000 && add_path (names, "a", path, &error))
    n++;

  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
  g_assert_cmpuint (n, >, 1000);
}

static void
test_match_compares_whole_paths (void)
{
  static const BtfwName elements[] = { { "a", 1 }, { "bc", 2 } };

  g_assert_true (btfw_names_match (elements, 2, "a/bc"));
  g_assert_false (btfw_names_match (elements, 2, "a/b"));
  g_assert_false (btfw_names_match (elements, 2, "a/bcd"));
  g_assert_false (btfw_names_match (elements, 2, "a"));
  g_assert_false (btfw_names_match (elements, 1, "a/bc"));
  g_assert_false (btfw_names_match (elements, 2, "abc"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (element_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/names/element/", element_cases[i].name, NULL);
      g_test_add_data_func (path, &element_cases[i], test_element);
    }
  for (guint i = 0; i < G_N_ELEMENTS (path_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/names/paths/", path_cases[i].name, NULL);
      g_test_add_data_func (path, &path_cases[i], test_paths);
    }
  g_test_add_func ("/names/long-element-keeps-extension", test_long_element_keeps_extension);
  g_test_add_func ("/names/long-element-is-cut-between-characters", test_long_element_is_cut_between_characters);
  g_test_add_func ("/names/cut-leaves-no-dot-or-space-at-the-end", test_cut_leaves_no_dot_or_space_at_the_end);
  g_test_add_func ("/names/long-names-stay-unique", test_long_names_stay_unique);
  g_test_add_func ("/names/long-paths-lose-folders-between", test_long_paths_lose_folders_between);
  g_test_add_func ("/names/many-equal-names-end-in-time", test_many_equal_names_end_in_time);
  g_test_add_func ("/names/match-compares-whole-paths", test_match_compares_whole_paths);

  return g_test_run ();
}
