/* plugins-fixture.c: a folder for modules, a configuration, and what was said. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugins-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void
on_notice (BtfwPlugins *plugins,
           const char  *text,
           GPtrArray   *notices)
{
  g_test_message ("%s", text);
  g_ptr_array_add (notices, g_strdup (text));
}

void
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

void
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

BtfwPlugins *
start (Fixture *f)
{
  f->plugins = btfw_plugins_new (f->config);
  g_signal_connect (f->plugins, "notice", G_CALLBACK (on_notice), f->notices);
  return f->plugins;
}

BtfwPlugins *
start_with_modules (Fixture *f)
{
  btfw_config_add_plugin_dir (f->config, MODULES);
  return start (f);
}

char *
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

void
add_folder (Fixture    *f,
            const char *folder)
{
  g_autofree char *path = g_build_filename (f->folder, folder, NULL);

  btfw_config_add_plugin_dir (f->config, path);
}

BtfwPluginInfo *
find_in_list (GPtrArray  *infos,
              const char *path)
{
  for (guint i = 0; i < infos->len; i++)
    if (g_strcmp0 (btfw_plugin_info_get_path (infos->pdata[i]), path) == 0)
      return infos->pdata[i];

  g_assert_not_reached ();
}

void
assert_says (const char *text,
             const char *part)
{
  g_test_message ("%s", text);
  if (strstr (text, part) == NULL)
    g_error ("“%s” does not say “%s”", text, part);
}
