/* config.c: tests of layers of settings, and of what is said when one is wrong. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-config.h>

#include <glib/gstdio.h>
#include <locale.h>
#include <math.h>
#include <string.h>

typedef struct
{
  const char *name;
  const char *text;
  const char *messages[4]; /* parts of what is said */
} Mistake;

static const Mistake mistakes[] = {
  { "misspelt-key", "# x\n[session]\nprot=1\n", { "test.conf:3", "“session” has no setting “prot”", "did you mean “port”?" } },
  { "unknown-key", "[session]\ncolour=red\n", { "test.conf:2", "“colour”", "there are: ", "max-upload" } },
  { "underscore", "[session]\nmax_peers=1\n", { "test.conf:2", "did you mean “max-peers”?" } },
  { "range", "[session]\n\nport=70000\n", { "test.conf:3", "session.port", "“70000” is not a whole number from 0 to 65535" } },
  { "type", "[session]\nlisten=perhaps\n", { "test.conf:2", "session.listen", "“true” or “false”" } },
  { "memory-too-small", "[session]\nmemory=1MiB\n", { "test.conf:2", "session.memory", "at least 8MiB" } },
  { "escape", "[session]\ndir=a\\qb\n", { "test.conf:2", "session.dir", "backslash" } },
  { "escape-elsewhere", "[picker-rarest]\nx=a\\qb\n", { "test.conf:2", "picker-rarest.x" } },
  { "key-twice", "[session]\nport=1\nport=2\n", { "test.conf, line 3", "port" } },
  { "group-twice", "[session]\nport=1\n[x]\n[session]\n", { "test.conf, line 4", "session" } },
  { "no-line", "[session]\nport\n", { "test.conf, line 2" } },
  { "second-mistake-is-not-first", "[session]\nport=1\nworkers=-1\nlisten=x\n", { "test.conf:3", "session.workers" } },
};

/* A mistake is told, and nothing of the file is taken over. */
static void
test_mistake (gconstpointer data)
{
  const Mistake *row = data;
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) groups = NULL;

  g_assert_false (btfw_config_load_data (config, row->text, strlen (row->text), "test.conf", &error));
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, BTFW_ERROR);
  g_test_message ("%s", error->message);
  for (guint i = 0; i < G_N_ELEMENTS (row->messages) && row->messages[i] != NULL; i++)
    g_assert_nonnull (strstr (error->message, row->messages[i]));

  groups = btfw_config_get_groups (config);
  g_assert_cmpint (g_strv_length (groups), ==, 0);
}

static void
load (BtfwConfig *config,
      const char *text,
      const char *name)
{
  g_autoptr (GError) error = NULL;

  btfw_config_load_data (config, text, strlen (text), name, &error);
  g_assert_no_error (error);
}

static void
assert_setting (BtfwConfig *config,
                const char *group,
                const char *key,
                const char *value,
                const char *origin)
{
  const char *found_origin = NULL;

  g_assert_cmpstr (btfw_config_lookup (config, group, key, &found_origin), ==, value);
  g_assert_cmpstr (found_origin, ==, origin);
}

static void
test_layers (void)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) groups = NULL;
  g_auto (GStrv) keys = NULL;

  load (config, "[session]\nport=1\nmax-peers=7\n", "system.conf");
  load (config, "[picker-rarest]\nblocks = 20\n[session]\nport=2\n", "user.conf");
  g_assert_true (btfw_config_set_assignment (config, "session.dir= a\\b", "--set", &error));
  g_assert_no_error (error);

  assert_setting (config, "session", "port", "2", "user.conf:4");
  assert_setting (config, "session", "max-peers", "7", "system.conf:3");
  assert_setting (config, "picker-rarest", "blocks", "20", "user.conf:2");
  assert_setting (config, "session", "dir", " a\\b", "--set");
  assert_setting (config, "session", "bind", NULL, NULL);
  assert_setting (config, "picker", "blocks", NULL, NULL);

  groups = btfw_config_get_groups (config);
  keys = btfw_config_get_keys (config, "session");
  g_assert_true (g_strv_equal ((const char *const *) groups, (const char *const[]){ "session", "picker-rarest", NULL }));
  g_assert_true (g_strv_equal ((const char *const *) keys, (const char *const[]){ "port", "max-peers", "dir", NULL }));
}

static void
test_escapes (void)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();

  load (config, "[session]\ndir=\\sa\\\\b\\t\n", "x");
  assert_setting (config, "session", "dir", " a\\b\t", "x:2");
}

static void
test_copy (void)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (BtfwConfig) copy = NULL;

  load (config, "[session]\nport=1\n", "x");
  btfw_config_add_plugin_dir (config, "/one");
  btfw_config_add_plugin_dir (config, "/two");
  copy = btfw_config_copy (config);
  g_assert_true (btfw_config_set (config, "session", "port", "2", "later", NULL));
  btfw_config_add_plugin_dir (config, "/three");

  assert_setting (copy, "session", "port", "1", "x:2");
  g_assert_true (g_strv_equal (btfw_config_get_plugin_dirs (copy), (const char *const[]){ "/one", "/two", NULL }));
}

static const char *const wrong_assignments[] = {
  "", "=", "session", "session.port", "session.=1", ".port=1", "port=1", "session=port.1", "a[b.c=1", "session.port=x"
};

static void
test_wrong_assignments (void)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();

  for (guint i = 0; i < G_N_ELEMENTS (wrong_assignments); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (btfw_config_set_assignment (config, wrong_assignments[i], "--set", &error));
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, "--set: "));
    }
}

static char *
write_file (const char *folder,
            const char *text)
{
  g_autofree char *parent = g_build_filename (folder, "btfw", NULL);
  char            *path = g_build_filename (parent, "btfw.conf", NULL);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static void
test_default_files (void)
{
  const char *const *system_folders = g_get_system_config_dirs ();
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *important = NULL;
  g_autofree char *less_important = NULL;
  g_autofree char *user = NULL;
  g_autofree char *origin = NULL;

  g_assert_true (btfw_config_load_default (config, &error));
  g_assert_no_error (error);

  g_assert_cmpint (g_strv_length ((char **) system_folders), ==, 2);
  important = write_file (system_folders[0], "[session]\nport=1\nmax-peers=1\nworkers=1\n");
  less_important = write_file (system_folders[1], "[session]\nport=2\nmax-peers=2\nmax-connections=2\n");
  user = write_file (g_get_user_config_dir (), "[session]\nport=3\n");

  g_assert_true (btfw_config_load_default (config, &error));
  g_assert_no_error (error);
  origin = g_strconcat (user, ":2", NULL);
  assert_setting (config, "session", "port", "3", origin);
  g_assert_cmpstr (btfw_config_lookup (config, "session", "max-peers", NULL), ==, "1");
  g_assert_cmpstr (btfw_config_lookup (config, "session", "workers", NULL), ==, "1");
  g_assert_cmpstr (btfw_config_lookup (config, "session", "max-connections", NULL), ==, "2");
}

static void
test_default_file_with_mistake (void)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *user = write_file (g_get_user_config_dir (), "[session]\nport=x\n");

  g_assert_false (btfw_config_load_default (config, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, user));
}

static void
test_file_errors (void)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autofree char *missing = g_build_filename (g_get_user_config_dir (), "missing", NULL);
  g_autofree char *large = g_build_filename (g_get_user_config_dir (), "large", NULL);
  g_autofree char *data = g_strnfill (1024 * 1024 + 1, '\n');
  g_autoptr (GError) error = NULL;

  g_assert_false (btfw_config_load_file (config, missing, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, missing));
  g_clear_error (&error);

  g_assert_cmpint (g_mkdir_with_parents (g_get_user_config_dir (), 0700), ==, 0);
  g_assert_false (btfw_config_load_file (config, g_get_user_config_dir (), &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_clear_error (&error);

  g_assert_true (g_file_set_contents (large, data, 1024 * 1024 + 1, NULL));
  g_assert_false (btfw_config_load_file (config, large, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
}

static void
test_apply (void)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (BtfwSettings) settings = btfw_settings_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) services = NULL;
  g_autofree char *dir = NULL;
  guint64          memory, rate;
  guint            port;
  double           ratio;
  gboolean         listen;

  load (config,
        "[session]\nport=1234\nmemory=16MiB\nmax-upload=500k\nseed-ratio=inf\nservices=tracker,port=1;web\n"
        "dir=/tmp\nlisten=no\n",
        "x");
  g_assert_true (btfw_config_apply (config, "session", G_OBJECT (settings), &error));
  g_assert_no_error (error);

  g_object_get (settings, "port", &port, "memory", &memory, "max-upload", &rate, "seed-ratio", &ratio,
                "services", &services, "dir", &dir, "listen", &listen, NULL);
  g_assert_cmpuint (port, ==, 1234);
  g_assert_cmpuint (memory, ==, 16 << 20);
  g_assert_cmpuint (rate, ==, 500000);
  g_assert_true (isinf (ratio));
  g_assert_true (g_strv_equal ((const char *const *) services, (const char *const[]){ "tracker,port=1", "web", NULL }));
  g_assert_cmpstr (dir, ==, "/tmp");
  g_assert_false (listen);
}

static void
test_settings_defaults (void)
{
  g_autoptr (BtfwSettings) settings = btfw_settings_new ();
  g_autofree char *state_dir = NULL;
  g_autofree char *picker = NULL;
  g_autofree char *bind = NULL;
  g_auto (GStrv) services = NULL;
  guint64 memory;

  g_object_get (settings, "state-dir", &state_dir, "picker", &picker, "bind", &bind, "services", &services,
                "memory", &memory, NULL);
  /* Each test has folders of its own, the class was made in the first one. */
  g_assert_true (g_str_has_suffix (state_dir, "/btfw"));
  g_assert_cmpstr (picker, ==, "rarest");
  g_assert_null (bind);
  g_assert_null (services);
  g_assert_cmpuint (memory, ==, 64 << 20);
}

/* What people read: each setting says what it is, in one line. */
static void
test_settings_are_described (void)
{
  g_autoptr (GTypeClass) class = g_type_class_ref (BTFW_TYPE_SETTINGS);
  guint                   n_pspecs;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (G_OBJECT_CLASS (class), &n_pspecs);

  g_assert_cmpuint (n_pspecs, >, 15);
  for (guint i = 0; i < n_pspecs; i++)
    {
      const char *blurb = g_param_spec_get_blurb (pspecs[i]);

      g_assert_nonnull (blurb);
      g_assert_cmpuint (strlen (blurb), >, 10);
      g_assert_cmpuint (strlen (blurb), <, 90);
      g_assert_null (strchr (blurb, '\n'));
    }
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_autofree char *path = g_strconcat ("/config/mistake/", mistakes[i].name, NULL);

      g_test_add_data_func (path, &mistakes[i], test_mistake);
    }
  g_test_add_func ("/config/later-layers-win", test_layers);
  g_test_add_func ("/config/escapes-are-read", test_escapes);
  g_test_add_func ("/config/copy-is-separate", test_copy);
  g_test_add_func ("/config/wrong-assignments-are-refused", test_wrong_assignments);
  g_test_add_func ("/config/default-files-by-importance", test_default_files);
  g_test_add_func ("/config/default-file-with-mistake", test_default_file_with_mistake);
  g_test_add_func ("/config/file-errors-are-told-apart", test_file_errors);
  g_test_add_func ("/config/apply", test_apply);
  g_test_add_func ("/settings/defaults", test_settings_defaults);
  g_test_add_func ("/settings/are-described", test_settings_are_described);

  return g_test_run ();
}
