/* keyfile.c: tests that keyfiles are read like GKeyFile reads them, but with lines. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/keyfile.h"

#include <string.h>

static BtfwKeyfile *
parse (const char *text, GError **error)
{
  return btfw_keyfile_parse (text, strlen (text), "x.conf", error);
}

typedef struct
{
  const char *name;
  const char *text;
  const char *message; /* how it begins */
} RefusedCase;

static const RefusedCase refused_cases[] = {
  { "key-before-group", "\na=1\n", "x.conf, line 2: “a=1” stands before" },
  { "neither", "[a]\n\nhello\n", "x.conf, line 3: “hello” is neither" },
  { "group-open", "[a\n", "x.conf, line 1: the group “[a” has no" },
  { "group-with-tail", "[a] b\n", "x.conf, line 1: the group “[a] b” has no" },
  { "group-bracket", "[", "x.conf, line 1: the group" },
  { "group-empty", "[]\n", "x.conf, line 1: “” cannot be" },
  { "group-nested", "[a[b]\n", "x.conf, line 1: “a[b” cannot be" },
  { "group-control", "[a\001b]\n", "x.conf, line 1: “a\357\277\275b” cannot be" },
  { "group-twice", "[a]\n[b]\n\n[a]\n", "x.conf, line 4: “a” comes a second time, after line 1" },
  { "key-empty", "[a]\n=1\n", "x.conf, line 2: “” cannot be" },
  { "key-bracket", "[a]\nb[de]=1\n", "x.conf, line 2: “b[de]” cannot be" },
  { "key-twice", "[a]\nb=1\nc=2\nb=1\n", "x.conf, line 4: “b” comes a second time, after line 2" },
  { "key-twice-spaced", "[a]\nb=1\n  b  = 2", "x.conf, line 3: “b” comes a second time, after line 2" },
  { "not-utf8", "[a]\nb=\xff\n", "x.conf, line 2: text that is not UTF-8" },
  { "overlong", "[a]\n# \xc0\xaf\n", "x.conf, line 2: text that is not UTF-8" },
  { "escape-sequence", "[a]\n\033[2J\n", "x.conf, line 2: “\357\277\275[2J” is neither" },
};

static void
test_refused_with_line (gconstpointer data)
{
  const RefusedCase *refused = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwKeyfile) keyfile = parse (refused->text, &error);

  g_assert_null (keyfile);
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, refused->message));
}

static void
test_nul_is_refused_with_line (void)
{
  static const char text[] = "[a]\nb=1\0c=2\n";
  g_autoptr (GError) error = NULL;

  g_assert_null (btfw_keyfile_parse (text, sizeof text - 1, "x.conf", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_assert_true (g_str_has_prefix (error->message, "x.conf, line 2: a NUL byte"));
}

static void
assert_entry (const BtfwKeyfileEntry *entry, const char *group, const char *key, const char *value, guint line)
{
  g_assert_cmpstr (entry->group, ==, group);
  g_assert_cmpstr (entry->key, ==, key);
  g_assert_cmpstr (entry->value, ==, value);
  g_assert_cmpuint (entry->line, ==, line);
}

static void
test_entries_have_lines (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwKeyfile) keyfile =
    parse ("# first\n\n[session]\nport=6881\n  dir = /a b/c \n[picker-rarest]\nempty=\nequal=a=b\nport=7", &error);
  const BtfwKeyfileEntry *entries;
  guint                   n_entries;

  g_assert_no_error (error);
  entries = btfw_keyfile_get_entries (keyfile, &n_entries);
  g_assert_cmpuint (n_entries, ==, 7);
  assert_entry (&entries[0], "session", NULL, NULL, 3);
  assert_entry (&entries[1], "session", "port", "6881", 4);
  assert_entry (&entries[2], "session", "dir", "/a b/c", 5);
  assert_entry (&entries[3], "picker-rarest", NULL, NULL, 6);
  assert_entry (&entries[4], "picker-rarest", "empty", "", 7);
  assert_entry (&entries[5], "picker-rarest", "equal", "a=b", 8);
  assert_entry (&entries[6], "picker-rarest", "port", "7", 9);
}

static void
test_other_editors_files_are_read (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwKeyfile) keyfile = parse ("\357\273\277[a]\r\n# c\r\n\r\nb=1 # not a comment\r\n", &error);
  const BtfwKeyfileEntry *entries;
  guint                   n_entries;

  g_assert_no_error (error);
  entries = btfw_keyfile_get_entries (keyfile, &n_entries);
  g_assert_cmpuint (n_entries, ==, 2);
  assert_entry (&entries[1], "a", "b", "1 # not a comment", 4);
}

static void
test_nothing_has_no_entries (void)
{
  g_autoptr (BtfwKeyfile) keyfile = btfw_keyfile_parse (NULL, 0, "x.conf", NULL);
  guint n_entries = 7;

  g_assert_nonnull (keyfile);
  btfw_keyfile_get_entries (keyfile, &n_entries);
  g_assert_cmpuint (n_entries, ==, 0);
}

static char *
make_keys (guint n_keys)
{
  GString *text = g_string_new ("[a]\n");

  for (guint i = 0; i < n_keys; i++)
    g_string_append_printf (text, "k%u=1\n", i);
  return g_string_free (text, FALSE);
}

static void
test_entries_have_a_limit (void)
{
  g_autofree char *most = make_keys (9999);
  g_autofree char *too_many = make_keys (10000);
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwKeyfile) keyfile = parse (most, &error);

  g_assert_no_error (error);
  g_assert_null (parse (too_many, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_assert_true (g_str_has_prefix (error->message, "x.conf, line 10001: more than 10000"));
}

static void
test_size_has_a_limit (void)
{
  gsize            size = 1024 * 1024;
  g_autofree char *text = g_strnfill (size + 1, '#');
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwKeyfile) keyfile = btfw_keyfile_parse (text, size, "x.conf", &error);

  g_assert_no_error (error);
  g_assert_null (btfw_keyfile_parse (text, size + 1, "x.conf", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "x.conf is too large"));
}

typedef struct
{
  const char *name;
  const char *value;
  const char *expected;
} UnescapeCase;

static const UnescapeCase unescape_cases[] = {
  { "plain", "a b", "a b" },
  { "empty", "", "" },
  { "all", "\\s\\n\\t\\r\\\\", " \n\t\r\\" },
  { "double", "\\\\s", "\\s" },
  { "unknown", "a\\x", NULL },
  { "hex", "\\x41", NULL },
  { "cut", "a\\", NULL },
  { "utf8", "ä\\s→", "ä →" },
};

static void
test_unescape (gconstpointer data)
{
  const UnescapeCase *unescape = data;
  g_autofree char    *plain = btfw_keyfile_unescape (unescape->value);

  g_assert_cmpstr (plain, ==, unescape->expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (refused_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/keyfile/refused-with-line/%s", refused_cases[i].name);

      g_test_add_data_func (path, &refused_cases[i], test_refused_with_line);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (unescape_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/keyfile/unescape/%s", unescape_cases[i].name);

      g_test_add_data_func (path, &unescape_cases[i], test_unescape);
    }
  g_test_add_func ("/keyfile/nul-is-refused-with-line", test_nul_is_refused_with_line);
  g_test_add_func ("/keyfile/entries-have-lines", test_entries_have_lines);
  g_test_add_func ("/keyfile/other-editors-files-are-read", test_other_editors_files_are_read);
  g_test_add_func ("/keyfile/nothing-has-no-entries", test_nothing_has_no_entries);
  g_test_add_func ("/keyfile/entries-have-a-limit", test_entries_have_a_limit);
  g_test_add_func ("/keyfile/size-has-a-limit", test_size_has_a_limit);

  return g_test_run ();
}
