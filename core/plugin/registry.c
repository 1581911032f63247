/* registry.c: plugins that are types of the application, without a file. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/registry.h"

#include "plugin/description.h"
#include "plugin/kinds.h"
#include "plugin/module.h"
#include "plugin/suggest.h"

#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <string.h>

#define ORIGIN "in process"

typedef struct
{
  BtfwPluginDescription description;
  GType                 type;
} Registered;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static GArray         *registered; /* of Registered, never freed */

static gboolean
check_names (const char *kind,
             const char *name,
             GError    **error)
{
  if (!g_strv_contains (btfw_kinds_get_names (), kind))
    {
      g_autofree char *end = btfw_suggest_sentence (kind, btfw_kinds_get_names ());

      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("“%s” is no kind of plugin%s"), kind, end);
      return FALSE;
    }

  if (!btfw_kinds_is_word (name, strlen (name)))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("“%s” cannot be the name of a plugin: it takes lower-case letters, digits and “_”"), name);
      return FALSE;
    }
  return TRUE;
}

/* A method that is called without a look must be there. */
static gboolean
check_type (GType       type,
            const char *kind,
            GError    **error)
{
  const char *missing;

  if (!btfw_module_check_type (type, kind, error))
    {
      (*error)->code = BTFW_ERROR_INVALID;
      return FALSE;
    }

  missing = btfw_kinds_find_missing_method (kind, type);
  if (missing == NULL)
    return TRUE;
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
               _("“%s” has no method “%s”, which a plugin of the kind “%s” must have"),
               g_type_name (type), missing, kind);
  return FALSE;
}

static gboolean
copy_text (char       *field,
           gsize       size,
           const char *field_name,
           const char *text,
           GError    **error)
{
  if (g_strlcpy (field, text, size) < size)
    return TRUE;

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
               _("the field “%s” of its description is longer than %zu bytes"), field_name, size - 1);
  return FALSE;
}

#define COPY_TEXT(self, field, text, error) \
  copy_text ((self)->description.field, sizeof (self)->description.field, #field, text, error)

static gboolean
describe (Registered        *self,
          const char        *kind,
          const char        *name,
          const char        *description,
          const char *const *schemes,
          GError           **error)
{
  g_autofree char *joined = schemes != NULL ? g_strjoinv (",", (char **) schemes) : g_strdup ("");

  self->description.abi = BTFW_PLUGIN_ABI;
  self->description.struct_size = sizeof self->description;
  return COPY_TEXT (self, kind, kind, error) && COPY_TEXT (self, name, name, error) &&
         COPY_TEXT (self, description, description != NULL ? description : "", error) &&
         COPY_TEXT (self, origin, ORIGIN, error) && COPY_TEXT (self, schemes, joined, error) &&
         btfw_description_check (&self->description, kind, name, error);
}

gboolean
btfw_plugins_register_full (const char        *kind,
                            const char        *name,
                            GType              type,
                            const char        *description,
                            const char *const *schemes,
                            BtfwPluginFlags    flags,
                            GError           **error)
{
  Registered self = { .type = type, .description.flags = flags };
  g_autoptr (GError) reason = NULL;

  g_return_val_if_fail (kind != NULL && name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check_names (kind, name, &reason) || !check_type (type, kind, &reason) ||
      !describe (&self, kind, name, description, schemes, &reason) ||
      !btfw_module_claim (kind, name, type, &reason))
    {
      g_prefix_error (&reason, _("the type cannot be the plugin %s-%s: "), kind, name);
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }

  pthread_mutex_lock (&lock);
  if (registered == NULL)
    registered = g_array_new (FALSE, FALSE, sizeof (Registered));
  g_array_append_val (registered, self);
  pthread_mutex_unlock (&lock);
  return TRUE;
}

gboolean
btfw_plugins_register (const char *kind,
                       const char *name,
                       GType       type,
                       GError    **error)
{
  return btfw_plugins_register_full (kind, name, type, NULL, NULL, 0, error);
}

GPtrArray *
btfw_registry_list (guint place)
{
  GPtrArray *infos = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_plugin_info_unref);

  pthread_mutex_lock (&lock);
  for (guint i = 0; registered != NULL && i < registered->len; i++)
    {
      const Registered *self = &g_array_index (registered, Registered, i);

      g_ptr_array_add (infos, btfw_plugin_info_new_registered (&self->description, self->type, place));
    }
  pthread_mutex_unlock (&lock);
  return infos;
}
