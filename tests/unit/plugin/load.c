/* load.c: tests of finding, loading and making plugins, as an application does. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include "module-paths.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Modules that get loaded are taken from MODULES, since a plugin can come from
 * one file only; all else is tried with copies. */
typedef struct
{
  char        *folder;
  char        *mark; /* the file that a module makes when any of its code runs */
  BtfwConfig  *config;
  BtfwPlugins *plugins;
  GPtrArray   *notices;
} Fixture;

static void
on_notice (BtfwPlugins *plugins,
           const char  *text,
           GPtrArray   *notices)
{
  g_test_message ("%s", text);
  g_ptr_array_add (notices, g_strdup (text));
}

static void
set_up (Fixture      *f,
        gconstpointer data)
{
  g_unsetenv ("BTFW_PLUGIN_PATH");
  f->folder = g_dir_make_tmp ("btfw-load-XXXXXX", NULL);
  f->mark = g_build_filename (f->folder, "mark", NULL);
  g_setenv ("BTFW_TEST_MARK", f->mark, TRUE);
  f->config = btfw_config_new ();
  f->notices = g_ptr_array_new_with_free_func (g_free);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

static void
tear_down (Fixture      *f,
           gconstpointer data)
{
  g_clear_object (&f->plugins);
  g_clear_object (&f->config);
  g_ptr_array_unref (f->notices);
  remove_tree (f->folder);
  g_free (f->folder);
  g_free (f->mark);
}

/* Once all folders are there. */
static BtfwPlugins *
start (Fixture *f)
{
  f->plugins = btfw_plugins_new (f->config);
  g_signal_connect (f->plugins, "notice", G_CALLBACK (on_notice), f->notices);
  return f->plugins;
}

static BtfwPlugins *
start_with_modules (Fixture *f)
{
  btfw_config_add_plugin_dir (f->config, MODULES);
  return start (f);
}

/* Copies a module to a folder below that of the test, under another name or its own. */
static char *
copy_module (Fixture    *f,
             const char *folder,
             const char *module,
             const char *name)
{
  g_autofree char *source = g_strconcat (MODULES "/", module, ".so", NULL);
  g_autofree char *file_name = g_strconcat (name, ".so", NULL);
  g_autofree char *parent = g_build_filename (f->folder, folder, NULL);
  char            *path = g_build_filename (parent, file_name, NULL);
  g_autofree char *data = NULL;
  gsize            size;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
  g_assert_true (g_file_get_contents (source, &data, &size, NULL));
  g_assert_true (g_file_set_contents (path, data, size, NULL));
  g_assert_cmpint (chmod (path, 0755), ==, 0);
  return path;
}

static void
add_folder (Fixture    *f,
            const char *folder)
{
  g_autofree char *path = g_build_filename (f->folder, folder, NULL);

  btfw_config_add_plugin_dir (f->config, path);
}

static BtfwPluginInfo *
find_in_list (GPtrArray  *infos,
              const char *path)
{
  for (guint i = 0; i < infos->len; i++)
    if (g_strcmp0 (btfw_plugin_info_get_path (infos->pdata[i]), path) == 0)
      return infos->pdata[i];

  g_assert_not_reached ();
}

static void
assert_says (const char *text,
             const char *part)
{
  g_test_message ("%s", text);
  if (strstr (text, part) == NULL)
    g_error ("“%s” does not say “%s”", text, part);
}

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
  g_autofree char *spec = g_strdup (row->name);
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
  g_assert_null (btfw_plugins_create (f->plugins, row->kind, spec, &error));
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
test_create (Fixture      *f,
             gconstpointer data)
{
  static const char config[] = "[picker-good]\nblocks=2\nrate=20k\nlabel=from the file\n";
  g_autoptr (GObject) picker = NULL;
  g_autoptr (GObject) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *label = NULL;
  gboolean         eager;
  guint            blocks;
  guint64          rate;

  g_assert_true (btfw_config_load_data (f->config, config, strlen (config), "x.conf", NULL));
  picker = btfw_plugins_create (start_with_modules (f), "picker", "good,blocks=7,eager=yes", &error);
  g_assert_no_error (error);
  g_assert_true (BTFW_IS_PICKER (picker));

  g_object_get (picker, "blocks", &blocks, "eager", &eager, "label", &label, "rate", &rate, NULL);
  g_assert_cmpuint (blocks, ==, 7);
  g_assert_true (eager);
  g_assert_cmpstr (label, ==, "from the file");
  g_assert_cmpuint (rate, ==, 20000);

  again = btfw_plugins_create (f->plugins, "picker", "good", &error);
  g_assert_no_error (error);
  g_assert_true (G_OBJECT_TYPE (again) == G_OBJECT_TYPE (picker));
}

static void
test_create_errors (Fixture      *f,
                    gconstpointer data)
{
  static const struct
  {
    const char *spec;
    const char *config;
    const char *says;
  } rows[] = {
    { "good,blokcs=7", "", "picker=good: “picker-good” has no setting “blokcs”; did you mean “blocks”?" },
    { "good,colour=7", "", "there are: blocks, eager, label, rate" },
    { "good,blocks=9", "", "picker-good.blocks: “9” is not a whole number from 1 to 8" },
    { "good", "[picker-good]\n\nblocks=0\n", "x.conf:3: picker-good.blocks: “0” is not" },
    { "good,blocks=3", "[picker-good]\nblocks=0\n", "x.conf:2: picker-good.blocks: “0” is not" },
    { "good", "[picker-good]\nlabl=0\n", "x.conf:2: “picker-good” has no setting “labl”; did you mean “label”?" },
    { "good,blocks", "", "“blocks” does not set anything" },
    { "", "", "NAME,key=value" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (BtfwConfig) config = btfw_config_new ();
      g_autoptr (BtfwPlugins) plugins = NULL;
      g_autoptr (GError) error = NULL;

      btfw_config_add_plugin_dir (config, MODULES);
      g_assert_true (btfw_config_load_data (config, rows[i].config, strlen (rows[i].config), "x.conf", NULL));
      plugins = btfw_plugins_new (config);
      g_assert_null (btfw_plugins_create (plugins, "picker", rows[i].spec, &error));
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
      assert_says (error->message, rows[i].says);
    }
}

static void
test_stack (Fixture      *f,
            gconstpointer data)
{
  g_autoptr (GPtrArray) layers = NULL;
  g_autoptr (GError) error = NULL;
  guint top, bottom;

  layers = btfw_plugins_create_stack (start_with_modules (f), "storage", "top,blocks=1+bottom,blocks=2", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (layers->len, ==, 2);
  g_object_get (layers->pdata[0], "blocks", &top, NULL);
  g_object_get (layers->pdata[1], "blocks", &bottom, NULL);
  g_assert_cmpuint (top, ==, 1);
  g_assert_cmpuint (bottom, ==, 2);

  g_assert_null (btfw_plugins_create_stack (f->plugins, "storage", "top+botom", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
  assert_says (error->message, "did you mean “bottom”?");
}

static void
test_wrong_type (Fixture      *f,
                 gconstpointer data)
{
  start_with_modules (f);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (btfw_plugins_create (f->plugins, "picker", "wrong", &error));
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN);
      assert_says (error->message, MODULES "/picker-wrong.so");
      assert_says (error->message, "does not implement “BtfwPicker”");
    }
}

static void
test_missing_library (Fixture      *f,
                      gconstpointer data)
{
  g_autofree char *path = copy_module (f, "plugins", "picker-needy", "picker-needy");
  g_autoptr (GError) error = NULL;

  add_folder (f, "plugins");
  g_assert_null (btfw_plugins_create (start (f), "picker", "needy", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN);
  assert_says (error->message, path);
  assert_says (error->message, "needs the library “libbtfwtestlibrary.so”");
}

/* A library beside the module ($ORIGIN) is found, though the module is opened
 * by its descriptor. */
static void
test_library_beside (Fixture      *f,
                     gconstpointer data)
{
  g_autoptr (GObject) picker = NULL;
  g_autoptr (GError) error = NULL;

  picker = btfw_plugins_create (start_with_modules (f), "picker", "needy", &error);
  g_assert_no_error (error);
  g_assert_nonnull (picker);
}

static void
test_one_file_a_process (Fixture      *f,
                         gconstpointer data)
{
  g_autofree char *copy = copy_module (f, "plugins", "picker-good", "picker-good");
  g_autoptr (BtfwPlugins) first = NULL;
  g_autoptr (GObject) picker = NULL;
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (GError) error = NULL;

  btfw_config_add_plugin_dir (config, MODULES);
  first = btfw_plugins_new (config);
  picker = btfw_plugins_create (first, "picker", "good", &error);
  g_assert_no_error (error);

  add_folder (f, "plugins");
  g_assert_null (btfw_plugins_create (start (f), "picker", "good", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN);
  assert_says (error->message, "was loaded before as picker-good");
  assert_says (error->message, copy);
}

static gpointer
create_in_thread (gpointer data)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (BtfwPlugins) plugins = NULL;
  g_autoptr (GObject) picker = NULL;
  g_autoptr (GError) error = NULL;

  btfw_config_add_plugin_dir (config, MODULES);
  plugins = btfw_plugins_new (config);
  picker = btfw_plugins_create (plugins, "picker", "another", &error);
  g_assert_no_error (error);
  return GSIZE_TO_POINTER (G_OBJECT_TYPE (picker));
}

static void
test_threads (Fixture      *f,
              gconstpointer data)
{
  GThread *threads[8];
  gpointer first;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("plugins", create_in_thread, NULL);

  first = g_thread_join (threads[0]);
  for (guint i = 1; i < G_N_ELEMENTS (threads); i++)
    g_assert_true (g_thread_join (threads[i]) == first);
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

static void
test_check_config (Fixture      *f,
                   gconstpointer data)
{
  static const char good[] = "[session]\nport=1\n[picker-good]\nblocks=1\n[picker-uninstalled]\nx=1\n";
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_config_load_data (f->config, good, strlen (good), "x.conf", NULL));
  start_with_modules (f);
  g_assert_true (btfw_plugins_check_config (f->plugins, &error));
  g_assert_no_error (error);

  g_assert_true (btfw_config_set_assignment (f->config, "picker-good.blocks=none", "--set", NULL));
  g_assert_false (btfw_plugins_check_config (f->plugins, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  assert_says (error->message, "--set: picker-good.blocks: “none” is not a whole number from 1 to 8");
}

/* What can only be set when an object is made may be there, unchanged. */
static void
test_apply (Fixture      *f,
            gconstpointer data)
{
  g_autoptr (GObject) picker = NULL;
  g_autoptr (GError) error = NULL;
  guint blocks;

  picker = btfw_plugins_create (start_with_modules (f), "picker", "good,label=a,blocks=3", &error);
  g_assert_no_error (error);

  g_assert_true (btfw_config_set (f->config, "picker-good", "blocks", "5", "x", NULL));
  g_assert_true (btfw_config_set (f->config, "picker-good", "label", "a", "x", NULL));
  g_assert_true (btfw_config_apply (f->config, "picker-good", picker, &error));
  g_assert_no_error (error);
  g_object_get (picker, "blocks", &blocks, NULL);
  g_assert_cmpuint (blocks, ==, 5);

  g_assert_true (btfw_config_set (f->config, "picker-good", "blocks", "6", "x", NULL));
  g_assert_true (btfw_config_set (f->config, "picker-good", "label", "b", "x", NULL));
  g_assert_false (btfw_config_apply (f->config, "picker-good", picker, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_object_get (picker, "blocks", &blocks, NULL);
  g_assert_cmpuint (blocks, ==, 5);
}

/* The code of a module does run in the end; last, since it runs only once. */
static void
test_load_runs_code (Fixture      *f,
                     gconstpointer data)
{
  g_autoptr (GObject) tracker = NULL;
  g_autoptr (GError) error = NULL;

  tracker = btfw_plugins_create (start_with_modules (f), "tracker", "two", &error);
  g_assert_no_error (error);
  g_assert_true (BTFW_IS_TRACKER (tracker));
  g_assert_true (g_file_test (f->mark, G_FILE_TEST_EXISTS));
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
  ADD ("/plugins/create/settings", test_create);
  ADD ("/plugins/create/errors-say-what-is-allowed", test_create_errors);
  ADD ("/plugins/create/stack", test_stack);
  ADD ("/plugins/create/apply-later", test_apply);
  ADD ("/plugins/load/wrong-type-is-refused", test_wrong_type);
  ADD ("/plugins/load/missing-library-is-named", test_missing_library);
  ADD ("/plugins/load/library-beside-is-found", test_library_beside);
  ADD ("/plugins/load/one-file-a-process", test_one_file_a_process);
  ADD ("/plugins/load/from-many-threads", test_threads);
  ADD ("/plugins/load/runs-code", test_load_runs_code);
  ADD ("/plugins/config/unknown-groups-are-told", test_unknown_groups);
  ADD ("/plugins/config/check", test_check_config);

  return g_test_run ();
}
