/* options.c: tests of the option parser and of the help it makes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/columns.h"
#include "cli/options.h"

#include <locale.h>

typedef struct
{
  gboolean    loud;
  gboolean    quick;
  const char *dir;
  const char *ratio;
  gboolean    ratio_given;
  GPtrArray  *peers;
} Target;

static gboolean
take_ratio (gpointer data, const BtfwOption *option, const char *value, GError **error)
{
  Target *target = data;

  target->ratio_given = TRUE;
  target->ratio = value;
  return TRUE;
}

static const BtfwOption options[] = {
  { 'l', "loud", BTFW_ARGUMENT_NONE, NULL, "makes noise", btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Target, loud) },
  { 'q', "quick", BTFW_ARGUMENT_NONE, NULL, "makes haste", btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Target, quick) },
  { 'd', "dir", BTFW_ARGUMENT_REQUIRED, "DIR",
    "a long explanation that certainly does not fit on one line beside the name of the option, so it is broken",
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (Target, dir) },
  { 0, "seed", BTFW_ARGUMENT_OPTIONAL, "RATIO", "stays", take_ratio, NULL, 0 },
  { 0, "peer", BTFW_ARGUMENT_REQUIRED, "HOST:PORT", "meets", btfw_option_take_list, NULL, G_STRUCT_OFFSET (Target, peers) },
  { 0 },
};

/* A command line as one text, and what must come of it: fields in the order of
 * Target, then the operands. */
typedef struct
{
  const char *name;
  const char *line;
  const char *expected; /* or what is in the error, after '!' */
} Case;

static const Case cases[] = {
  { "long-flag", "--loud", "loud" },
  { "value-after-equals", "--dir=a", "dir=a" },
  { "value-in-the-next-word", "--dir a b", "dir=a b" },
  { "value-that-looks-like-an-option", "--dir --loud", "dir=--loud" },
  { "short-flag", "-l", "loud" },
  { "cluster", "-lq", "loud quick" },
  { "cluster-with-a-value", "-ldx", "loud dir=x" },
  { "cluster-with-the-next-word", "-ld x", "loud dir=x" },
  { "optional-without-a-value", "--seed", "seed" },
  { "optional-takes-no-next-word", "--seed file.torrent", "seed file.torrent" },
  { "optional-with-a-value", "--seed=1.5 file.torrent", "seed=1.5 file.torrent" },
  { "optional-with-an-empty-value", "--seed=", "seed=" },
  { "operands-between-options", "a --loud b -q c", "loud quick a b c" },
  { "two-dashes-end-the-options", "--loud -- --quick -d", "loud --quick -d" },
  { "one-dash-is-an-operand", "- -l", "loud -" },
  { "last-value-wins", "--dir=a -d b", "dir=b" },
  { "list-keeps-all", "--peer=a:1 --peer b:2", "peer=a:1 peer=b:2" },
  { "unknown-long", "--zzzzzzzz", "!no option “--zzzzzzzz”; “--help”" },
  { "misspelt-long", "--luod", "!did you mean “--loud”?" },
  { "beginning-of-a-name", "--qui", "!did you mean “--quick”?" },
  { "misspelt-with-a-value", "--dirr=x", "!no option “--dirr”; did you mean “--dir”?" },
  { "long-name-after-one-dash", "-seed", "!did you mean “--seed”?" },
  { "unknown-short", "-lx", "!no option “-lx”" },
  { "flag-with-a-value", "--loud=yes", "!“--loud” takes no value" },
  { "value-missing-at-the-end", "--dir", "!“--dir” needs a value, as in --dir=DIR" },
  { "short-value-missing-at-the-end", "-d", "!“--dir” needs a value" },
  { "empty-text", "--dir=", "!“--dir” needs a value" },
  { "control-bytes-are-not-repeated", "--\033[31m", "!there is no option “--" },
};

static char *
describe (Target *target, GPtrArray *operands)
{
  GString *text = g_string_new (NULL);

  if (target->loud)
    g_string_append (text, "loud ");
  if (target->quick)
    g_string_append (text, "quick ");
  if (target->dir != NULL)
    g_string_append_printf (text, "dir=%s ", target->dir);
  if (target->ratio_given)
    g_string_append_printf (text, "seed%s%s ", target->ratio != NULL ? "=" : "", target->ratio != NULL ? target->ratio : "");
  for (guint i = 0; target->peers != NULL && i < target->peers->len; i++)
    g_string_append_printf (text, "peer=%s ", (char *) g_ptr_array_index (target->peers, i));
  for (guint i = 0; i < operands->len; i++)
    g_string_append_printf (text, "%s ", (char *) g_ptr_array_index (operands, i));

  g_string_truncate (text, text->len > 0 ? text->len - 1 : 0);
  return g_string_free (text, FALSE);
}

static void
test_parse (gconstpointer data)
{
  const Case           *test = data;
  g_autofree char      *line = g_strconcat ("program ", test->line, NULL);
  g_auto (GStrv)        words = g_strsplit (line, " ", -1);
  Target                target = { 0 };
  const BtfwOptionGroup groups[] = { { "Options:", options, &target }, { 0 } };
  g_autoptr (GError)    error = NULL;
  g_autoptr (GPtrArray) operands = btfw_options_parse (groups, (int) g_strv_length (words), words, &error);

  if (test->expected[0] == '!')
    {
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
      g_assert_null (operands);
      g_assert_nonnull (strstr (error->message, test->expected + 1));
      g_assert_null (strchr (error->message, '\033'));
    }
  else
    {
      g_autofree char *got = NULL;

      g_assert_no_error (error);
      got = describe (&target, operands);
      g_assert_cmpstr (got, ==, test->expected);
    }
  g_clear_pointer (&target.peers, g_ptr_array_unref);
}

static void
test_help_has_every_option_and_fits (void)
{
  Target                target = { 0 };
  const BtfwOptionGroup groups[] = { { "Options:", options, &target }, { 0 } };
  g_autoptr (GString)   help = g_string_new (NULL);
  g_auto (GStrv)        lines = NULL;

  btfw_options_describe (groups, 80, help);
  g_assert_nonnull (strstr (help->str, "\nOptions:\n"));
  g_assert_nonnull (strstr (help->str, "  -d, --dir=DIR "));
  g_assert_nonnull (strstr (help->str, "      --seed[=RATIO] "));
  g_assert_nonnull (strstr (help->str, "      --peer=HOST:PORT "));

  lines = g_strsplit (help->str, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    g_assert_cmpuint (btfw_columns_width (*line), <=, 80);
}

static void
test_suggest_nothing_for_what_is_far_off (void)
{
  static const char *const candidates[] = { "seed", "dir", "max-download", NULL };

  g_assert_cmpstr (btfw_options_suggest ("max-downlaod", candidates), ==, "max-download");
  g_assert_cmpstr (btfw_options_suggest ("sede", candidates), ==, "seed");
  g_assert_null (btfw_options_suggest ("x", candidates));
  g_assert_null (btfw_options_suggest ("", candidates));
  g_assert_null (btfw_options_suggest ("quiet", candidates));
  g_assert_null (btfw_options_suggest ("a-word-that-is-longer-than-any-option-could-ever-be", candidates));
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/options/parse/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_parse);
    }
  g_test_add_func ("/options/help/has-every-option-and-fits", test_help_has_every_option_and_fits);
  g_test_add_func ("/options/suggest/nothing-for-what-is-far-off", test_suggest_nothing_for_what_is_far_off);
  return g_test_run ();
}
