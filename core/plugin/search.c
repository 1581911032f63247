/* search.c: where plugins are looked for, and which files there may be some. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/search.h"

#include "plugin/kinds.h"
#include "plugin/module.h"
#include "plugin/registry.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".so"

/* Nobody has so many plugins; a folder like this is a mistake. */
#define FILES_MAX 10000

static void
place_free (BtfwSearchPlace *place)
{
  g_free (place->folder);
  g_free (place);
}

static BtfwSearchPlace *
add_place (GPtrArray  *places,
           const char *folder,
           gboolean    named)
{
  BtfwSearchPlace *place = g_new0 (BtfwSearchPlace, 1);

  place->folder = g_strdup (folder);
  place->named = named;
  g_ptr_array_add (places, place);
  return place;
}

/* @source: who says so */
static void
add_folder (GPtrArray  *places,
            GPtrArray  *notices,
            const char *folder,
            const char *source,
            gboolean    named)
{
  if (g_path_is_absolute (folder))
    add_place (places, folder, named);
  else
    g_ptr_array_add (notices,
                     g_strdup_printf (_("the plugin folder “%s” (%s) is left out: it is a relative path, and plugins are only loaded from absolute ones"),
                                      folder, source));
}

static void
add_environment (GPtrArray *places,
                 GPtrArray *notices)
{
  const char *path = g_getenv ("BTFW_PLUGIN_PATH");
  g_auto (GStrv) folders = g_strsplit (path != NULL ? path : "", ":", -1);
  g_autofree char *user_folder = g_build_filename (g_get_user_data_dir (), "btfw", "plugins", NULL);

  for (char **folder = folders; *folder != NULL; folder++)
    if ((*folder)[0] != '\0')
      add_folder (places, notices, *folder, "$BTFW_PLUGIN_PATH", TRUE);

  add_folder (places, notices, user_folder, "$XDG_DATA_HOME", FALSE);
}

/* Whether this is the program of the tree that it was built in, run as it is. */
static gboolean
is_in_build_tree (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  return g_strcmp0 (program, BTFW_BUILD_DIR "/core/cli/btfw") == 0 && g_getenv ("BTFW_PLUGIN_PATH") == NULL;
}

GPtrArray *
btfw_search_make_places (const char *const *plugin_dirs,
                         gboolean           trust_environment,
                         GPtrArray         *notices)
{
  GPtrArray *places = g_ptr_array_new_with_free_func ((GDestroyNotify) place_free);

  add_place (places, NULL, FALSE)->is_registered = TRUE;
  for (; *plugin_dirs != NULL; plugin_dirs++)
    add_folder (places, notices, *plugin_dirs, _("from the settings"), TRUE);
  if (trust_environment)
    add_environment (places, notices);
  add_place (places, NULL, FALSE);
  if (is_in_build_tree ())
    add_place (places, BTFW_BUILD_DIR "/plugins", FALSE);
  add_place (places, BTFW_PLUGIN_DIR, FALSE);

  return places;
}

static BtfwPluginInfo *
look_at_file (const BtfwSearchPlace *place,
              guint                  index,
              const char            *file_name,
              const char            *kind)
{
  g_autofree char *path = g_build_filename (place->folder, file_name, NULL);
  g_autofree char *stem = g_strndup (file_name, strlen (file_name) - strlen (SUFFIX));
  g_autofree char *file_kind = NULL;
  g_autofree char *name = NULL;

  if (btfw_kinds_split (stem, &file_kind, &name))
    return kind == NULL || strcmp (kind, file_kind) == 0
             ? btfw_plugin_info_new_for_file (path, file_kind, name, index)
             : NULL;

  if (kind != NULL)
    return NULL;

  return btfw_plugin_info_new_refused (path, "", stem, index,
                                       g_strdup_printf (_("“%s” is not looked at: plugins are called KIND-NAME.so, in lower-case letters, digits and “_”"),
                                                        path));
}

static GPtrArray *
list_folder (const BtfwSearchPlace *place,
             guint                  index,
             const char            *kind,
             GPtrArray             *notices)
{
  GPtrArray *infos = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_plugin_info_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = g_dir_open (place->folder, 0, &error);
  const char *file_name;

  if (folder == NULL)
    {
      if (place->named || !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_ptr_array_add (notices, g_strdup_printf (_("no plugins from “%s”: %s"), place->folder, error->message));
      return infos;
    }

  for (guint n = 0; n < FILES_MAX && (file_name = g_dir_read_name (folder)) != NULL; n++)
    if (g_str_has_suffix (file_name, SUFFIX) && g_utf8_validate (file_name, -1, NULL))
      {
        BtfwPluginInfo *info = look_at_file (place, index, file_name, kind);

        if (info != NULL)
          g_ptr_array_add (infos, info);
      }

  return infos;
}

static GPtrArray *
list_in_process (const BtfwSearchPlace *place,
                 guint                  index)
{
  return place->is_registered ? btfw_registry_list (index) : btfw_module_list_static (index);
}

GPtrArray *
btfw_search_list (const BtfwSearchPlace *place,
                  guint                  index,
                  const char            *kind,
                  GPtrArray             *notices)
{
  g_autoptr (GPtrArray) infos = NULL;

  if (place->folder != NULL)
    return list_folder (place, index, kind, notices);

  infos = list_in_process (place, index);
  for (guint i = infos->len; kind != NULL && i > 0; i--)
    if (strcmp (btfw_plugin_info_get_kind (infos->pdata[i - 1]), kind) != 0)
      g_ptr_array_remove_index (infos, i - 1);

  return g_steal_pointer (&infos);
}

static BtfwPluginInfo *
find_in_process (const BtfwSearchPlace *place,
                 guint                  index,
                 const char            *kind,
                 const char            *name)
{
  g_autoptr (GPtrArray) infos = list_in_process (place, index);

  for (guint i = 0; i < infos->len; i++)
    {
      BtfwPluginInfo *info = infos->pdata[i];

      if (strcmp (info->kind, kind) == 0 && strcmp (info->name, name) == 0)
        return btfw_plugin_info_ref (info);
    }

  return NULL;
}

BtfwPluginInfo *
btfw_search_find (const BtfwSearchPlace *place,
                  guint                  index,
                  const char            *kind,
                  const char            *name)
{
  g_autofree char *file_name = NULL;
  g_autofree char *path = NULL;
  struct stat      st;

  if (place->folder == NULL)
    return find_in_process (place, index, kind, name);

  file_name = g_strconcat (kind, "-", name, SUFFIX, NULL);
  path = g_build_filename (place->folder, file_name, NULL);
  if (lstat (path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return NULL;

  return btfw_plugin_info_new_for_file (path, kind, name, index);
}
