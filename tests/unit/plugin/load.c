/* load.c: tests of loading plugins and making instances, as an application does. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugins-fixture.h"

#include <locale.h>
#include <string.h>
#include <unistd.h>

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

/* A test runner may let the linker find the libraries of all that it built, but
 * here some must be missing. */
static void
forget_library_path (char **argv)
{
  if (g_getenv ("LD_LIBRARY_PATH") == NULL)
    return;

  g_unsetenv ("LD_LIBRARY_PATH");
  execv ("/proc/self/exe", argv);
  g_assert_not_reached ();
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  forget_library_path (argv);
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

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
  ADD ("/plugins/config/check", test_check_config);

  return g_test_run ();
}
