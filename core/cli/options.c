/* options.c: the options of a command line, parsed and explained from tables. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/options.h"

#include "cli/columns.h"

#include <btfw/btfw.h>

#include <glib/gi18n-lib.h>
#include <string.h>

/* Where the help of an option begins. */
#define HELP_COLUMN 28
/* Longer words are never a misspelling of anything here. */
#define SUGGEST_MAX_LENGTH 32

/* The words that are being parsed, and which comes next. */
typedef struct
{
  const BtfwOptionGroup *groups;
  int                    argc;
  char                 **argv;
  int                    next;
} Words;

static G_GNUC_PRINTF (2, 3) gboolean
fail (GError **error, const char *format, ...)
{
  va_list           args;
  g_autofree char  *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, text);
  return FALSE;
}

static const BtfwOption *
find_by_name (const BtfwOptionGroup *groups, const char *name, gsize length, gpointer *target)
{
  for (const BtfwOptionGroup *group = groups; group->title != NULL; group++)
    for (const BtfwOption *option = group->options; option->name != NULL; option++)
      if (strlen (option->name) == length && strncmp (option->name, name, length) == 0)
        {
          *target = group->target;
          return option;
        }

  return NULL;
}

static const BtfwOption *
find_by_letter (const BtfwOptionGroup *groups, char letter, gpointer *target)
{
  for (const BtfwOptionGroup *group = groups; group->title != NULL; group++)
    for (const BtfwOption *option = group->options; option->name != NULL; option++)
      if (option->short_name == letter)
        {
          *target = group->target;
          return option;
        }

  return NULL;
}

static gboolean
fail_unknown (const BtfwOptionGroup *groups, const char *name, const char *as_written, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char      *shown = btfw_text_clean (as_written, -1);
  const char           *nearest;

  for (const BtfwOptionGroup *group = groups; group->title != NULL; group++)
    for (const BtfwOption *option = group->options; option->name != NULL; option++)
      g_ptr_array_add (names, (gpointer) option->name);
  g_ptr_array_add (names, NULL);

  nearest = btfw_options_suggest (name, (const char *const *) names->pdata);
  if (nearest != NULL)
    return fail (error, _("there is no option “%s”; did you mean “--%s”?"), shown, nearest);

  return fail (error, _("there is no option “%s”; “--help” lists those there are"), shown);
}

static gboolean
fail_without_argument (const BtfwOption *option, GError **error)
{
  return fail (error, _("the option “--%s” needs a value, as in --%s=%s"),
               option->name, option->name, _(option->placeholder));
}

/* "--name", "--name=value", or "--name value" */
static gboolean
parse_long (Words *words, const char *word, GError **error)
{
  const char       *name = word + 2;
  const char       *equals = strchr (name, '=');
  gsize             length = equals != NULL ? (gsize) (equals - name) : strlen (name);
  const char       *value = equals != NULL ? equals + 1 : NULL;
  gpointer          target = NULL;
  const BtfwOption *option = find_by_name (words->groups, name, length, &target);

  if (option == NULL)
    {
      g_autofree char *bare = g_strndup (name, length);
      g_autofree char *dashed = g_strdup_printf ("--%s", bare);

      return fail_unknown (words->groups, bare, dashed, error);
    }

  if (option->argument == BTFW_ARGUMENT_NONE && value != NULL)
    return fail (error, _("the option “--%s” takes no value"), option->name);

  if (option->argument == BTFW_ARGUMENT_REQUIRED && value == NULL)
    {
      if (words->next >= words->argc)
        return fail_without_argument (option, error);
      value = words->argv[words->next++];
    }

  return option->take (target, option, value, error);
}

/* "-v", "-vd DIR", "-dDIR" */
static gboolean
parse_cluster (Words *words, const char *word, GError **error)
{
  for (const char *letter = word + 1; *letter != '\0'; letter++)
    {
      gpointer          target = NULL;
      const BtfwOption *option = find_by_letter (words->groups, *letter, &target);
      const char       *value = NULL;

      if (option == NULL)
        return fail_unknown (words->groups, word + 1, word, error);

      if (option->argument == BTFW_ARGUMENT_REQUIRED)
        {
          value = letter[1] != '\0' ? letter + 1 : NULL;
          if (value == NULL && words->next >= words->argc)
            return fail_without_argument (option, error);
          if (value == NULL)
            value = words->argv[words->next++];
          return option->take (target, option, value, error);
        }

      if (!option->take (target, option, NULL, error))
        return FALSE;
    }

  return TRUE;
}

GPtrArray *
btfw_options_parse (const BtfwOptionGroup *groups, int argc, char **argv, GError **error)
{
  g_autoptr (GPtrArray) operands = g_ptr_array_new ();
  Words                 words = { groups, argc, argv, 1 };
  gboolean              only_operands = FALSE;

  while (words.next < argc)
    {
      char    *word = argv[words.next++];
      gboolean understood = TRUE;

      if (only_operands || word[0] != '-' || word[1] == '\0')
        g_ptr_array_add (operands, word);
      else if (strcmp (word, "--") == 0)
        only_operands = TRUE;
      else if (word[1] == '-')
        understood = parse_long (&words, word, error);
      else
        understood = parse_cluster (&words, word, error);

      if (!understood)
        return NULL;
    }

  return g_steal_pointer (&operands);
}

gboolean
btfw_option_take_flag (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  *(gboolean *) G_STRUCT_MEMBER_P (target, option->offset) = TRUE;
  return TRUE;
}

gboolean
btfw_option_take_text (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  if (value[0] == '\0')
    return fail_without_argument (option, error);

  *(const char **) G_STRUCT_MEMBER_P (target, option->offset) = value;
  return TRUE;
}

gboolean
btfw_option_take_seconds (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  guint64 *seconds = G_STRUCT_MEMBER_P (target, option->offset);

  if (!btfw_parse_number (value, BTFW_UNIT_SECONDS, seconds, error))
    {
      g_prefix_error (error, "--%s: ", option->name);
      return FALSE;
    }

  *seconds = MIN (*seconds, G_MAXUINT32);
  return TRUE;
}

gboolean
btfw_option_take_list (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  GPtrArray **list = G_STRUCT_MEMBER_P (target, option->offset);

  if (value[0] == '\0')
    return fail_without_argument (option, error);

  if (*list == NULL)
    *list = g_ptr_array_new ();
  g_ptr_array_add (*list, (gpointer) value);
  return TRUE;
}

static char *
option_synopsis (const BtfwOption *option)
{
  GString *text = g_string_new ("  ");

  if (option->short_name != '\0')
    g_string_append_printf (text, "-%c, ", option->short_name);
  else
    g_string_append (text, "    ");

  g_string_append_printf (text, "--%s", option->name);
  if (option->argument == BTFW_ARGUMENT_REQUIRED)
    g_string_append_printf (text, "=%s", _(option->placeholder));
  else if (option->argument == BTFW_ARGUMENT_OPTIONAL)
    g_string_append_printf (text, "[=%s]", _(option->placeholder));

  return g_string_free (text, FALSE);
}

static void
describe_option (const BtfwOption *option, guint width, GString *help)
{
  g_autofree char *synopsis = option_synopsis (option);
  guint            column = btfw_columns_width (synopsis);

  g_string_append (help, synopsis);
  if (column > HELP_COLUMN - 2)
    {
      g_string_append_c (help, '\n');
      column = 0;
    }
  g_string_append_printf (help, "%*s", (int) (HELP_COLUMN - column), "");
  btfw_columns_wrap (_(option->help), HELP_COLUMN, width, help);
  g_string_append_c (help, '\n');
}

void
btfw_options_describe (const BtfwOptionGroup *groups, guint width, GString *help)
{
  for (const BtfwOptionGroup *group = groups; group->title != NULL; group++)
    {
      g_string_append_printf (help, "\n%s\n", group->title);
      for (const BtfwOption *option = group->options; option->name != NULL; option++)
        describe_option (option, width, help);
    }
}

/* How many letters must be added, left out, replaced or swapped with their
 * neighbour to make @b from @a. */
static guint
distance (const char *a, const char *b)
{
  guint rows[3][SUGGEST_MAX_LENGTH + 1];
  gsize a_length = strlen (a);
  gsize b_length = strlen (b);

  g_assert (a_length <= SUGGEST_MAX_LENGTH && b_length <= SUGGEST_MAX_LENGTH);

  for (gsize j = 0; j <= b_length; j++)
    rows[0][j] = (guint) j;

  for (gsize i = 1; i <= a_length; i++)
    {
      guint       *row = rows[i % 3];
      const guint *last = rows[(i - 1) % 3];
      const guint *last_but_one = rows[(i + 1) % 3];

      row[0] = (guint) i;
      for (gsize j = 1; j <= b_length; j++)
        {
          row[j] = MIN (MIN (row[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = MIN (row[j], last_but_one[j - 2] + 1);
        }
    }

  return rows[a_length % 3][b_length];
}

const char *
btfw_options_suggest (const char *word, const char *const *candidates)
{
  gsize       length = strlen (word);
  guint       nearest_distance = (guint) MIN (length / 3 + 1, 3) + 1;
  const char *nearest = NULL;

  if (length < 2 || length > SUGGEST_MAX_LENGTH)
    return NULL;

  for (; *candidates != NULL; candidates++)
    {
      guint d = strlen (*candidates) <= SUGGEST_MAX_LENGTH ? distance (word, *candidates) : G_MAXUINT;

      /* Whoever writes the beginning of a name means that name. */
      if (g_str_has_prefix (*candidates, word))
        d = MIN (d, 1);
      if (d < nearest_distance)
        {
          nearest_distance = d;
          nearest = *candidates;
        }
    }

  return nearest;
}
