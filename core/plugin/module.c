/* module.c: the modules that are loaded into this process. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/module.h"

#include "plugin/description.h"

#include <glib/gi18n-lib.h>
#include <gmodule.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  const BtfwPluginDescription *description;
  GType (*get_type) (void);
} StaticPlugin;

/* What became of a plugin whose module is in memory. */
typedef struct
{
  char    *path;  /* NULL when it is in no file */
  GType    type;  /* G_TYPE_INVALID when it is refused */
  char    *error; /* why it is refused */
  gboolean is_registered;
} Loaded;

/* The mutex is held while a module's initialisers run, so that each runs once;
 * the linked-in plugins have one of their own, since a module may bring some. */
static pthread_mutex_t loaded_lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable     *loaded_plugins; /* "KIND-NAME" -> Loaded, never freed */

static pthread_mutex_t static_lock = PTHREAD_MUTEX_INITIALIZER;
static StaticPlugin   *static_plugins;
static gsize           n_static_plugins;

static gboolean
is_same_file (int         fd,
              const char *path)
{
  struct stat opened, named;

  return fstat (fd, &opened) == 0 && stat (path, &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Makes a clause of the system loader's words, which begin with the name of
 * the module or, when a library is missing, of that library. */
static void
fail_open (const char   *name,
           const GError *cause,
           GError      **error)
{
  const char      *colon = strstr (cause->message, ": ");
  g_autofree char *subject = NULL;

  if (colon == NULL)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, cause->message);
      return;
    }

  subject = g_strndup (cause->message, colon - cause->message);
  if (strcmp (subject, name) == 0)
    g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, colon + 2);
  else
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN,
                 _("it needs the library “%s”, which cannot be loaded (%s); install it"),
                 subject, colon + 2);
}

/* Opens the very file that was looked at. Its name under /proc is tried first;
 * the real path serves where there is no /proc, and for modules that look for
 * their libraries beside themselves ($ORIGIN). With the process id in the name
 * also a debugger, another process, finds the file. */
static GModule *
open_module (int         fd,
             const char *real_path,
             GError    **error)
{
  g_autofree char *descriptor = g_strdup_printf ("/proc/%ld/fd/%d", (long) getpid (), fd);
  const char      *names[] = { descriptor, real_path };
  g_autoptr (GError) reason = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) cause = NULL;
      GModule *module;

      if (!is_same_file (fd, names[i]))
        continue;

      module = g_module_open_full (names[i], G_MODULE_BIND_LOCAL, &cause);
      if (module != NULL)
        return module;

      g_clear_error (&reason);
      fail_open (names[i], cause, &reason);
    }

  if (reason == NULL)
    g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, _("it was exchanged meanwhile"));
  else
    g_propagate_error (error, g_steal_pointer (&reason));
  return NULL;
}

gboolean
btfw_module_check_type (GType       type,
                        const char *kind,
                        GError    **error)
{
  GType interface = btfw_plugins_get_interface (kind);

  if (!G_TYPE_IS_OBJECT (type) || G_TYPE_IS_ABSTRACT (type))
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN,
                           _("it registers no type of which an object could be made"));
      return FALSE;
    }

  if (!g_type_is_a (type, interface))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN,
                   _("its type “%s” does not implement “%s”, as a plugin of the kind “%s” must"),
                   g_type_name (type), g_type_name (interface), kind);
      return FALSE;
    }

  /* The class stays as the module does. It is made here, under the mutex, so
   * that whatever its initialiser does has happened before anyone uses it. */
  g_type_class_ref (type);
  return TRUE;
}

static GType
check_type (GType       type,
            const char *kind,
            GError    **error)
{
  return btfw_module_check_type (type, kind, error) ? type : G_TYPE_INVALID;
}

static GType
get_module_type (GModule    *module,
                 const char *kind,
                 const char *name,
                 GError    **error)
{
  g_autofree char *symbol = btfw_description_make_symbol (kind, name, "_get_type");
  gpointer         get_type = NULL;

  if (!g_module_symbol (module, symbol, &get_type) || get_type == NULL)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN,
                   _("it has no function “%s” (see BTFW_PLUGIN_DEFINE)"), symbol);
      return G_TYPE_INVALID;
    }

  return check_type (((GType (*) (void)) get_type) (), kind, error);
}

/* NULL when the module could not be loaded: then it may be tried again. */
static Loaded *
load_file (BtfwPluginInfo *info,
           GError        **error)
{
  BtfwPluginDescription description;
  g_autofree char      *real_path = NULL;
  g_autoptr (GError) reason = NULL;
  int      fd = btfw_plugin_info_open (info->path, info->kind, info->name, &description, &real_path, error);
  GModule *module;
  Loaded  *loaded;

  if (fd < 0)
    return NULL;

  module = open_module (fd, real_path, error);
  if (module == NULL)
    {
      g_prefix_error (error, _("the plugin “%s” cannot be loaded: "), info->path);
      close (fd);
      return NULL;
    }

  /* fd stays open with the module: the loader knows it by this name, and would
   * take another file of the same descriptor for it. */
  g_module_make_resident (module);

  loaded = g_new0 (Loaded, 1);
  loaded->path = g_strdup (info->path);
  loaded->type = get_module_type (module, info->kind, info->name, &reason);
  if (loaded->type == G_TYPE_INVALID)
    loaded->error = g_strdup_printf (_("the plugin “%s” cannot be used: %s"), info->path, reason->message);
  return loaded;
}

static Loaded *
load_static (BtfwPluginInfo *info)
{
  Loaded *loaded = g_new0 (Loaded, 1);
  g_autoptr (GError) reason = NULL;

  loaded->type = check_type (info->get_type (), info->kind, &reason);
  if (loaded->type == G_TYPE_INVALID)
    loaded->error = g_strdup_printf (_("the plugin %s-%s of this program cannot be used: %s"),
                                     info->kind, info->name, reason->message);
  return loaded;
}

static const char *
name_source (const char *path)
{
  return path != NULL ? path : _("this program");
}

static GHashTable *
get_loaded (void)
{
  if (loaded_plugins == NULL)
    loaded_plugins = g_hash_table_new (g_str_hash, g_str_equal);
  return loaded_plugins;
}

static GType
load_locked (BtfwPluginInfo *info,
             GError        **error)
{
  g_autofree char *key = g_strconcat (info->kind, "-", info->name, NULL);
  Loaded          *loaded;

  loaded = g_hash_table_lookup (get_loaded (), key);
  if (loaded == NULL)
    {
      loaded = info->get_type != NULL ? load_static (info) : load_file (info, error);
      if (loaded == NULL)
        return G_TYPE_INVALID;
      g_hash_table_insert (loaded_plugins, g_steal_pointer (&key), loaded);
    }
  else if (g_strcmp0 (loaded->path, info->path) != 0 || loaded->is_registered != (info->type != G_TYPE_INVALID))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN,
                   _("“%s” was loaded before as %s and stays; start the program again to use “%s”"),
                   name_source (loaded->path), key, name_source (info->path));
      return G_TYPE_INVALID;
    }

  if (loaded->error != NULL)
    g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, loaded->error);
  return loaded->type;
}

GType
btfw_module_load (BtfwPluginInfo *info,
                  GError        **error)
{
  GType type;

  pthread_mutex_lock (&loaded_lock);
  type = load_locked (info, error);
  pthread_mutex_unlock (&loaded_lock);
  return type;
}

gboolean
btfw_module_claim (const char *kind,
                   const char *name,
                   GType       type,
                   GError    **error)
{
  g_autofree char *key = g_strconcat (kind, "-", name, NULL);
  Loaded          *taken;

  pthread_mutex_lock (&loaded_lock);
  taken = g_hash_table_lookup (get_loaded (), key);
  if (taken == NULL)
    {
      Loaded *loaded = g_new0 (Loaded, 1);

      loaded->type = type;
      loaded->is_registered = TRUE;
      g_hash_table_insert (loaded_plugins, g_steal_pointer (&key), loaded);
    }
  else
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_EXISTS,
                 _("the name belongs to %s since before; choose another one"), name_source (taken->path));
  pthread_mutex_unlock (&loaded_lock);
  return taken == NULL;
}

GType
btfw_module_probe (int         fd,
                   const char *real_path,
                   const char *kind,
                   const char *name,
                   GError    **error)
{
  GModule *module = open_module (fd, real_path, error);

  if (module == NULL)
    return G_TYPE_INVALID;

  g_module_make_resident (module);
  return get_module_type (module, kind, name, error);
}

GPtrArray *
btfw_module_list_static (guint place)
{
  GPtrArray *infos = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_plugin_info_unref);

  pthread_mutex_lock (&static_lock);
  for (gsize i = 0; i < n_static_plugins; i++)
    g_ptr_array_add (infos, btfw_plugin_info_new_static (static_plugins[i].description,
                                                         static_plugins[i].get_type, place));
  pthread_mutex_unlock (&static_lock);
  return infos;
}

void
btfw_plugins_register_static (const BtfwPluginDescription *description,
                              GType (*get_type) (void))
{
  g_return_if_fail (description != NULL);
  g_return_if_fail (get_type != NULL);

  pthread_mutex_lock (&static_lock);
  static_plugins = g_renew (StaticPlugin, static_plugins, n_static_plugins + 1);
  static_plugins[n_static_plugins++] = (StaticPlugin){ description, get_type };
  pthread_mutex_unlock (&static_lock);
}
