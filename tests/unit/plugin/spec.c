/* spec.c: tests of "NAME,key=value,…" and of stacks. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugin/spec.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *text;
  const char *expected; /* "NAME|key=value|…", or NULL when it is refused */
} Case;

static const Case specs[] = {
  { "name-alone", "rarest", "rarest" },
  { "one-setting", "rarest,blocks=20", "rarest|blocks=20" },
  { "several-settings", "file,allocate=full,sync=no", "file|allocate=full|sync=no" },
  { "spaces-around", " rarest , blocks = 20 ", "rarest|blocks=20" },
  { "equals-in-value", "hooks,command=a=b", "hooks|command=a=b" },
  { "empty-value", "hooks,command=", "hooks|command=" },
  { "escaped-comma", "hooks,command=a\\,b", "hooks|command=a,b" },
  { "escaped-plus", "hooks,command=a\\+b", "hooks|command=a+b" },
  { "escaped-backslash", "hooks,command=a\\\\,b=c", "hooks|command=a\\|b=c" },
  { "other-escape", "hooks,command=\\n", NULL },
  { "backslash-at-end", "hooks,command=a\\", NULL },
  { "empty", "", NULL },
  { "no-name", ",a=b", NULL },
  { "no-value", "rarest,blocks", NULL },
  { "no-key", "rarest,=20", NULL },
  { "comma-at-end", "rarest,", NULL },
  { "key-twice", "rarest,a=1,a=2", NULL },
  { "upper-case", "Rarest", NULL },
  { "out-of-the-folder", "../x", NULL },
  { "digit-first", "2fast", NULL },
};

static const Case stacks[] = {
  { "one", "file", "file" },
  { "two", "fault,rate=1+file,allocate=full", "fault|rate=1 / file|allocate=full" },
  { "three", "a+b+c", "a / b / c" },
  { "escaped-plus", "a,x=1\\+2+b", "a|x=1+2 / b" },
  { "empty-layer", "a++b", NULL },
  { "plus-at-end", "a+", NULL },
  { "sixteen", "a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a", "a / a / a / a / a / a / a / a / a / a / a / a / a / a / a / a" },
  { "seventeen", "a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a", NULL },
};

static void
append_spec (GString        *text,
             const BtfwSpec *spec)
{
  g_string_append (text, spec->name);
  for (guint i = 0; spec->keys[i] != NULL; i++)
    g_string_append_printf (text, "|%s=%s", spec->keys[i], spec->values[i]);
}

static void
test_spec (gconstpointer data)
{
  const Case *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwSpec) spec = btfw_spec_parse (row->text, &error);
  g_autoptr (GString) text = g_string_new (NULL);

  if (row->expected == NULL)
    {
      g_assert_null (spec);
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, "NAME,key=value"));
      return;
    }

  g_assert_no_error (error);
  append_spec (text, spec);
  g_assert_cmpstr (text->str, ==, row->expected);
}

static void
test_stack (gconstpointer data)
{
  const Case *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) stack = btfw_spec_parse_stack (row->text, &error);
  g_autoptr (GString) text = g_string_new (NULL);

  if (row->expected == NULL)
    {
      g_assert_null (stack);
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
      return;
    }

  g_assert_no_error (error);
  for (guint i = 0; i < stack->len; i++)
    {
      g_string_append (text, i > 0 ? " / " : "");
      append_spec (text, stack->pdata[i]);
    }
  g_assert_cmpstr (text->str, ==, row->expected);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      g_autofree char *path = g_strconcat ("/spec/", specs[i].name, NULL);

      g_test_add_data_func (path, &specs[i], test_spec);
    }
  for (guint i = 0; i < G_N_ELEMENTS (stacks); i++)
    {
      g_autofree char *path = g_strconcat ("/stack/", stacks[i].name, NULL);

      g_test_add_data_func (path, &stacks[i], test_stack);
    }

  return g_test_run ();
}
