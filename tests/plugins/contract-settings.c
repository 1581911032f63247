/* contract-settings.c: what the settings of every plugin must be, a stranger's too. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <string.h>

/* Kinds that are made for each torrent: making one must do nothing but make it. */
static const char *const kinds[] = { "choker", "picker", "storage" };

typedef struct
{
  char       *kind;
  char       *name;
  GParamSpec *pspec; /* NULL for the plugin as a whole */
} Row;

static BtfwPlugins *plugins;

static void
row_free (gpointer data)
{
  Row *row = data;

  g_free (row->kind);
  g_free (row->name);
  g_free (row);
}

static gpointer
make (const Row *row, const char *value, GError **error)
{
  g_autofree char *spec = g_strdup_printf ("%s,%s=%s", row->name, row->pspec->name, value);

  return btfw_plugins_create (plugins, row->kind, spec, error);
}

static void
assert_taken (const Row *row, const char *value)
{
  g_autoptr (GError)  error = NULL;
  g_autoptr (GObject) made = make (row, value, &error);

  g_assert_no_error (error);
  g_assert_nonnull (made);
}

/* The sentence names the setting that is wrong. */
static void
assert_refused (const Row *row, const char *value)
{
  g_autoptr (GError)  error = NULL;
  g_autoptr (GObject) made = make (row, value, &error);

  g_assert_null (made);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, row->pspec->name));
}

static gboolean
is_setting (const GParamSpec *pspec)
{
  return (pspec->flags & G_PARAM_WRITABLE) != 0;
}

static void
test_setting_has_a_blurb (gconstpointer data)
{
  const Row *row = data;

  g_assert_nonnull (g_param_spec_get_blurb (row->pspec));
  g_assert_cmpuint (strlen (g_param_spec_get_blurb (row->pspec)), >, 5);
}

static void
test_setting_has_limits (gconstpointer data)
{
  const Row *row = data;

  if (!G_IS_PARAM_SPEC_STRING (row->pspec))
    assert_refused (row, "no-such-value");
  if (G_IS_PARAM_SPEC_UINT (row->pspec))
    {
      g_autofree char *minimum = g_strdup_printf ("%u", G_PARAM_SPEC_UINT (row->pspec)->minimum);
      g_autofree char *above = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) G_PARAM_SPEC_UINT (row->pspec)->maximum + 1);

      assert_taken (row, minimum);
      assert_refused (row, above);
      assert_refused (row, "-1");
      assert_refused (row, "99999999999999999999999");
    }
  if (G_IS_PARAM_SPEC_BOOLEAN (row->pspec))
    assert_taken (row, "true");
}

static void
test_default_is_valid (gconstpointer data)
{
  const Row    *row = data;
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, row->pspec->value_type);
  g_param_value_set_default (row->pspec, &value);
  g_assert_false (g_param_value_validate (row->pspec, &value));
}

static void
test_unknown_setting_is_refused (gconstpointer data)
{
  const Row          *row = data;
  g_autofree char    *spec = g_strdup_printf ("%s,no-such-setting=1", row->name);
  g_autoptr (GError)  error = NULL;
  g_autoptr (GObject) made = btfw_plugins_create (plugins, row->kind, spec, &error);

  g_assert_null (made);
  g_assert_nonnull (strstr (error->message, "no-such-setting"));
}

/* Many side by side, and none left. */
static void
test_made_a_thousand_times (gconstpointer data)
{
  const Row            *row = data;
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GError) error = NULL;
      gpointer           one = btfw_plugins_create (plugins, row->kind, row->name, &error);

      g_assert_no_error (error);
      g_ptr_array_add (made, one);
    }
}

static void
add (const char *kind, const char *name, GParamSpec *pspec, const char *what, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/contract/settings/%s-%s%s%s/%s", kind, name, pspec ? "/" : "", pspec ? pspec->name : "", what);
  Row             *row = g_new0 (Row, 1);

  row->kind = g_strdup (kind);
  row->name = g_strdup (name);
  row->pspec = pspec;
  g_test_add_data_func_full (path, row, test, row_free);
}

static void
add_tests (const char *kind, BtfwPluginInfo *info)
{
  const char               *name = btfw_plugin_info_get_name (info);
  GType                     type = btfw_plugins_load (plugins, info, NULL);
  GObjectClass             *klass = type == G_TYPE_INVALID ? NULL : g_type_class_ref (type);
  g_autofree GParamSpec   **pspecs = NULL;
  guint                     n;

  g_assert_nonnull (klass);
  add (kind, name, NULL, "unknown-setting-is-refused", test_unknown_setting_is_refused);
  add (kind, name, NULL, "made-a-thousand-times", test_made_a_thousand_times);
  pspecs = g_object_class_list_properties (klass, &n);
  for (guint i = 0; i < n; i++)
    if (is_setting (pspecs[i]))
      {
        add (kind, name, pspecs[i], "has-a-blurb", test_setting_has_a_blurb);
        add (kind, name, pspecs[i], "has-limits", test_setting_has_limits);
        add (kind, name, pspecs[i], "default-is-valid", test_default_is_valid);
      }
}

int
main (int argc, char **argv)
{
  g_autoptr (BtfwConfig) config = NULL;
  int                    result;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  config = btfw_config_new ();
  plugins = btfw_plugins_new (config);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GPtrArray) list = btfw_plugins_list (plugins, kinds[i]);

      for (guint j = 0; j < list->len; j++)
        if (btfw_plugin_info_get_status (g_ptr_array_index (list, j)) == BTFW_PLUGIN_USABLE)
          add_tests (kinds[i], g_ptr_array_index (list, j));
    }
  result = g_test_run ();
  g_object_unref (plugins);
  return result;
}
