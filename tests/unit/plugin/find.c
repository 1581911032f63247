/* find.c: tests of which plugins are found, and why others are refused. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugins-fixture.h"

#include <locale.h>
#include <string.h>
#include <sys/stat.h>

static void
test_list_runs_no_code (Fixture      *f,
                        gconstpointer data)
{
  g_autoptr (GPtrArray) infos = btfw_plugins_list (start_with_modules (f), NULL);
  BtfwPluginInfo *good = find_in_list (infos, MODULES "/picker-good.so");

  g_assert_cmpint (btfw_plugin_info_get_status (good), ==, BTFW_PLUGIN_USABLE);
  g_assert_cmpstr (btfw_plugin_info_get_kind (good), ==, "picker");
  g_assert_cmpstr (btfw_plugin_info_get_name (good), ==, "good");
  g_assert_cmpstr (btfw_plugin_info_get_version (good), ==, "1.0");
  g_assert_cmpstr (btfw_plugin_info_get_description (good), ==, "a stub");
  g_assert_cmpstr (btfw_plugin_info_get_license (good), ==, "LGPL-2.1-or-later");
  g_assert_cmpstr (btfw_plugin_info_get_origin (good), ==, "btfw's tests");
  g_assert_null (btfw_plugin_info_get_reason (good));
  g_assert_false (g_file_test (f->mark, G_FILE_TEST_EXISTS));

  for (guint i = 1; i < infos->len; i++)
    g_assert_cmpint (strcmp (btfw_plugin_info_get_kind (infos->pdata[i - 1]),
                             btfw_plugin_info_get_kind (infos->pdata[i])),
                     <=, 0);
}

/* What each stub is refused for, before it is loaded. */
typedef struct
{
  const char *module;
  const char *kind;
  const char *name;
  const char *reason;
} Refusal;

static const Refusal refusals[] = {
  { "picker-later", "picker", "later", "plugin picker-later needs ABI 99, this is 1" },
  { "picker-short", "picker", "short", "8 bytes long" },
  { "picker-long", "picker", "long", "100000 bytes long" },
  { "picker-odd", "picker", "odd", "“description”" },
  { "picker-silent", "picker", "silent", "no constant “btfw_plugin_picker_silent”" },
  { "weather-sunny", "weather", "sunny", "“weather” is no kind of plugin" },
};

static void
test_refused_without_running (Fixture      *f,
                              gconstpointer data)
{
  const Refusal   *row = data;
  g_autofree char *path = copy_module (f, "plugins", row->module, row->module);
  g_autoptr (GPtrArray) infos = NULL;
  g_autoptr (GError) error = NULL;
  BtfwPluginInfo *info;

  add_folder (f, "plugins");
  infos = btfw_plugins_list (start (f), row->kind);
  info = find_in_list (infos, path);
  g_assert_cmpint (btfw_plugin_info_get_status (info), ==, BTFW_PLUGIN_REFUSED);
  assert_says (btfw_plugin_info_get_reason (info), row->reason);
  assert_says (btfw_plugin_info_get_reason (info), path);

  g_assert_cmpuint (btfw_plugins_load (f->plugins, info, NULL), ==, G_TYPE_INVALID);
  g_assert_null (btfw_plugins_create (f->plugins, row->kind, row->name, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN);
  assert_says (error->message, row->reason);
  g_assert_false (g_file_test (f->mark, G_FILE_TEST_EXISTS));
}

static void
test_other_names (Fixture      *f,
                  gconstpointer data)
{
  static const char *const names[] = { "libpicker", "picker", "picker-", "-good", "Picker-good", "picker-good-2", "picker-2" };
  g_autoptr (GPtrArray) infos = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (copy_module (f, "plugins", "picker-good", names[i]));
  add_folder (f, "plugins");
  infos = btfw_plugins_list (start (f), NULL);

  g_assert_cmpuint (infos->len, >=, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/plugins/%s.so", f->folder, names[i]);
      BtfwPluginInfo  *info = find_in_list (infos, path);

      g_assert_cmpint (btfw_plugin_info_get_status (info), ==, BTFW_PLUGIN_REFUSED);
      assert_says (btfw_plugin_info_get_reason (info), "KIND-NAME.so");
    }
}

/* The description says what a module is; renaming makes no other plugin of it. */
static void
test_renamed (Fixture      *f,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_free (copy_module (f, "plugins", "picker-good", "picker-better"));
  add_folder (f, "plugins");
  g_assert_null (btfw_plugins_find (start (f), "picker", "better", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN);
  assert_says (error->message, "btfw_plugin_picker_better");
}

static void
test_unknown_name (Fixture      *f,
                   gconstpointer data)
{
  static const struct
  {
    const char *name;
    const char *says;
  } rows[] = {
    { "godo", "did you mean “good”? There are: another, good" },
    { "picker-good", "did you mean “good”?" },
    { "something", "no picker plugin “something”; there are: another, good" },
    { "../picker-good", "no picker plugin “../picker-good”" },
    { "Good", "did you mean “good”?" },
    { "", "no picker plugin “”" },
  };

  start_with_modules (f);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (btfw_plugins_find (f->plugins, "picker", rows[i].name, &error));
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
      assert_says (error->message, rows[i].says);
    }
}

static void
test_unknown_kind (Fixture      *f,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (btfw_plugins_find (start_with_modules (f), "choker", "standard", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
  assert_says (error->message, "nor any other of this kind");
  g_assert_cmpuint (btfw_plugins_get_interface ("weather"), ==, G_TYPE_INVALID);
  g_assert_cmpuint (btfw_plugins_get_interface ("picker"), ==, BTFW_TYPE_PICKER);
}

static void
test_order (Fixture      *f,
            gconstpointer data)
{
  g_autofree char *first = copy_module (f, "first", "picker-good", "picker-good");
  g_autofree char *second = copy_module (f, "second", "picker-good", "picker-good");
  g_autofree char *third = copy_module (f, "third", "picker-good", "picker-good");
  g_autofree char *environment = g_strdup_printf ("%s/second:%s/third", f->folder, f->folder);
  g_autoptr (GPtrArray) infos = NULL;
  g_autoptr (BtfwPluginInfo) found = NULL;
  g_auto (GStrv) path = NULL;

  g_setenv ("BTFW_PLUGIN_PATH", environment, TRUE);
  add_folder (f, "first");
  infos = btfw_plugins_list (start (f), "picker");

  g_assert_cmpint (btfw_plugin_info_get_status (find_in_list (infos, first)), ==, BTFW_PLUGIN_USABLE);
  g_assert_cmpint (btfw_plugin_info_get_status (find_in_list (infos, second)), ==, BTFW_PLUGIN_SHADOWED);
  g_assert_cmpint (btfw_plugin_info_get_status (find_in_list (infos, third)), ==, BTFW_PLUGIN_SHADOWED);
  assert_says (btfw_plugin_info_get_reason (find_in_list (infos, third)), first);

  found = btfw_plugins_find (f->plugins, "picker", "good", NULL);
  g_assert_cmpstr (btfw_plugin_info_get_path (found), ==, first);
  path = btfw_plugins_get_search_path (f->plugins);
  g_assert_true (g_str_has_suffix (path[0], "/first"));
  g_assert_true (g_str_has_suffix (path[1], "/second"));
}

/* A file that is refused is told of, once, and the next of its name is used. */
static void
test_refused_hides_none (Fixture      *f,
                         gconstpointer data)
{
  g_autofree char *loose = copy_module (f, "first", "picker-good", "picker-good");
  g_autofree char *sound = copy_module (f, "second", "picker-good", "picker-good");

  g_assert_cmpint (chmod (loose, 0777), ==, 0);
  add_folder (f, "first");
  add_folder (f, "second");
  start (f);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BtfwPluginInfo) info = btfw_plugins_find (f->plugins, "picker", "good", &error);

      g_assert_no_error (error);
      g_assert_cmpstr (btfw_plugin_info_get_path (info), ==, sound);
    }

  g_assert_cmpuint (f->notices->len, ==, 1);
  assert_says (f->notices->pdata[0], loose);
  assert_says (f->notices->pdata[0], "chmod o");
}

static void
test_loose_folder (Fixture      *f,
                   gconstpointer data)
{
  g_autofree char *path = copy_module (f, "first", "picker-good", "picker-good");
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (chmod (folder, 0777), ==, 0);
  add_folder (f, "first");
  g_assert_null (btfw_plugins_find (start (f), "picker", "good", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN);
  assert_says (error->message, folder);
  assert_says (error->message, "chmod o-w");
}

static void
test_schemes (Fixture      *f,
              gconstpointer data)
{
  g_autoptr (BtfwPluginInfo) http = NULL;
  g_autoptr (BtfwPluginInfo) https = NULL;
  g_autoptr (BtfwPluginInfo) udp = NULL;
  g_autoptr (GError) error = NULL;

  start_with_modules (f);
  http = btfw_plugins_find_scheme (f->plugins, "tracker", "HTTP", &error);
  https = btfw_plugins_find_scheme (f->plugins, "tracker", "https", &error);
  udp = btfw_plugins_find_scheme (f->plugins, "tracker", "udp", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (btfw_plugin_info_get_name (http), ==, "one");
  g_assert_cmpstr (btfw_plugin_info_get_name (https), ==, "one");
  g_assert_cmpstr (btfw_plugin_info_get_name (udp), ==, "two");
  g_assert_cmpstr (btfw_plugin_info_get_schemes (udp)[1], ==, "udp");

  g_assert_null (btfw_plugins_find_scheme (f->plugins, "tracker", "gopher", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
  assert_says (error->message, "“gopher”");
  assert_says (error->message, "https");
  g_assert_false (g_file_test (f->mark, G_FILE_TEST_EXISTS));
}

/* A user's own plugin for a scheme comes before a shipped one of another name. */
static void
test_scheme_by_folder (Fixture      *f,
                       gconstpointer data)
{
  g_autoptr (BtfwPluginInfo) info = NULL;

  g_free (copy_module (f, "first", "tracker-two", "tracker-two"));
  add_folder (f, "first");
  info = btfw_plugins_find_scheme (start_with_modules (f), "tracker", "http", NULL);
  g_assert_cmpstr (btfw_plugin_info_get_name (info), ==, "two");
}

static void
test_relative_path (Fixture      *f,
                    gconstpointer data)
{
  g_autoptr (GPtrArray) infos = NULL;

  g_setenv ("BTFW_PLUGIN_PATH", "plugins", TRUE);
  infos = btfw_plugins_list (start (f), NULL);
  g_assert_cmpuint (f->notices->len, ==, 1);
  assert_says (f->notices->pdata[0], "“plugins” ($BTFW_PLUGIN_PATH)");
}

static void
test_unknown_groups (Fixture      *f,
                     gconstpointer data)
{
  static const char config[] = "[session]\nport=1\n[sesion]\nport=1\n[picker-good]\nblocks=1\n[picker-godo]\nblocks=1\n"
                               "[weather-rain]\nx=1\n[pikcer-good]\nx=1\n[picker-empty]\n";
  g_auto (GStrv) warnings = NULL;

  g_assert_true (btfw_config_load_data (f->config, config, strlen (config), "x.conf", NULL));
  warnings = btfw_plugins_list_unknown_groups (start_with_modules (f));
  g_assert_cmpuint (g_strv_length (warnings), ==, 4);
  assert_says (warnings[0], "x.conf:4: the group “sesion” sets nothing");
  assert_says (warnings[0], "did you mean “session”?");
  assert_says (warnings[1], "x.conf:8: the group “picker-godo” sets nothing");
  assert_says (warnings[1], "did you mean “good”?");
  assert_says (warnings[2], "“weather” is no kind of plugin");
  assert_says (warnings[3], "did you mean “picker”?");
  g_assert_false (g_file_test (f->mark, G_FILE_TEST_EXISTS));
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/plugins/refused-without-running/", refusals[i].module, NULL);

      g_test_add (path, Fixture, &refusals[i], set_up, test_refused_without_running, tear_down);
    }
  ADD ("/plugins/list-runs-no-code", test_list_runs_no_code);
  ADD ("/plugins/other-file-names-are-refused", test_other_names);
  ADD ("/plugins/renamed-file-is-no-other-plugin", test_renamed);
  ADD ("/plugins/unknown-name-suggests", test_unknown_name);
  ADD ("/plugins/unknown-kind", test_unknown_kind);
  ADD ("/plugins/search/first-wins", test_order);
  ADD ("/plugins/search/refused-hides-none", test_refused_hides_none);
  ADD ("/plugins/search/loose-folder-is-refused", test_loose_folder);
  ADD ("/plugins/search/relative-path-is-told", test_relative_path);
  ADD ("/plugins/scheme/finds", test_schemes);
  ADD ("/plugins/scheme/first-folder-wins", test_scheme_by_folder);
  ADD ("/plugins/config/unknown-groups-are-told", test_unknown_groups);

  return g_test_run ();
}
