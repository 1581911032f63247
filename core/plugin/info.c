/* info.c: one plugin as it was found: in a file, or linked in. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/info.h"

#include "plugin/description.h"
#include "plugin/kinds.h"
#include "plugin/suggest.h"
#include "plugin/trust.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_BOXED_TYPE (BtfwPluginInfo, btfw_plugin_info, btfw_plugin_info_ref, btfw_plugin_info_unref);

static BtfwPluginInfo *
info_new (const char *path,
          const char *kind,
          const char *name,
          guint       place)
{
  BtfwPluginInfo *self = g_new0 (BtfwPluginInfo, 1);

  self->ref_count = 1;
  self->status = BTFW_PLUGIN_USABLE;
  self->path = g_strdup (path);
  self->kind = g_strdup (kind);
  self->name = g_strdup (name);
  self->place = place;
  return self;
}

static void
info_describe (BtfwPluginInfo              *self,
               const BtfwPluginDescription *description)
{
  self->description = *description;
  self->schemes = g_strsplit (description->schemes, ",", -1);
}

static gboolean
check_kind (const char *kind,
            GError    **error)
{
  g_autofree char *end = NULL;

  if (g_strv_contains (btfw_kinds_get_names (), kind))
    return TRUE;

  end = btfw_suggest_sentence (kind, btfw_kinds_get_names ());
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, _("“%s” is no kind of plugin%s"), kind, end);
  return FALSE;
}

int
btfw_plugin_info_open (const char            *path,
                       const char            *kind,
                       const char            *name,
                       BtfwPluginDescription *description,
                       char                 **real_path,
                       GError               **error)
{
  g_autofree char *real = NULL;
  int              fd = btfw_trust_open (path, &real, error);

  if (fd < 0)
    {
      g_prefix_error (error, _("the plugin “%s” is not used: "), path);
      return -1;
    }

  if (!check_kind (kind, error) || !btfw_description_read (fd, kind, name, description, error))
    {
      g_prefix_error (error, _("“%s” cannot be used as a plugin: "), path);
      close (fd);
      return -1;
    }

  if (real_path != NULL)
    *real_path = g_steal_pointer (&real);
  return fd;
}

BtfwPluginInfo *
btfw_plugin_info_new_for_file (const char *path,
                               const char *kind,
                               const char *name,
                               guint       place)
{
  BtfwPluginInfo       *self;
  BtfwPluginDescription description;
  g_autoptr (GError) error = NULL;
  int fd = btfw_plugin_info_open (path, kind, name, &description, NULL, &error);

  if (fd < 0)
    return btfw_plugin_info_new_refused (path, kind, name, place, g_strdup (error->message));

  close (fd);
  self = info_new (path, kind, name, place);
  info_describe (self, &description);
  return self;
}

BtfwPluginInfo *
btfw_plugin_info_new_static (const BtfwPluginDescription *description,
                             GType (*get_type) (void),
                             guint place)
{
  g_autofree char *kind = g_strndup (description->kind, sizeof description->kind);
  g_autofree char *name = g_strndup (description->name, sizeof description->name);
  g_autoptr (GError) error = NULL;
  BtfwPluginInfo *self;

  if (!check_kind (kind, &error) || !btfw_description_check (description, kind, name, &error))
    return btfw_plugin_info_new_refused (NULL, kind, name, place,
                                         g_strdup_printf (_("the plugin %s-%s of this program cannot be used: %s"),
                                                          kind, name, error->message));

  self = info_new (NULL, kind, name, place);
  self->get_type = get_type;
  info_describe (self, description);
  return self;
}

BtfwPluginInfo *
btfw_plugin_info_new_registered (const BtfwPluginDescription *description,
                                 GType                        type,
                                 guint                        place)
{
  BtfwPluginInfo *self = info_new (NULL, description->kind, description->name, place);

  self->type = type;
  info_describe (self, description);
  return self;
}

BtfwPluginInfo *
btfw_plugin_info_new_refused (const char *path,
                              const char *kind,
                              const char *name,
                              guint       place,
                              char       *reason)
{
  BtfwPluginInfo *self = info_new (path, kind, name, place);

  self->status = BTFW_PLUGIN_REFUSED;
  self->reason = reason;
  self->schemes = g_new0 (char *, 1);
  return self;
}

void
btfw_plugin_info_shadow (BtfwPluginInfo *self,
                         BtfwPluginInfo *first)
{
  self->status = BTFW_PLUGIN_SHADOWED;
  self->reason = g_strdup_printf (_("“%s” comes first in the search path"),
                                  first->path != NULL ? first->path : _("this program"));
}

gboolean
btfw_plugin_info_serves (BtfwPluginInfo *self,
                         const char     *scheme)
{
  for (char **known = self->schemes; *known != NULL; known++)
    if (g_ascii_strcasecmp (*known, scheme) == 0)
      return TRUE;

  return FALSE;
}

BtfwPluginInfo *
btfw_plugin_info_ref (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
btfw_plugin_info_unref (BtfwPluginInfo *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_free (self->kind);
  g_free (self->name);
  g_free (self->path);
  g_free (self->reason);
  g_strfreev (self->schemes);
  g_free (self);
}

const char *
btfw_plugin_info_get_kind (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->kind;
}

const char *
btfw_plugin_info_get_name (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->name;
}

const char *
btfw_plugin_info_get_path (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->path;
}

const char *
btfw_plugin_info_get_version (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->description.version;
}

const char *
btfw_plugin_info_get_description (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->description.description;
}

const char *
btfw_plugin_info_get_license (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->description.license;
}

const char *
btfw_plugin_info_get_origin (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->description.origin;
}

const char *const *
btfw_plugin_info_get_schemes (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return (const char *const *) self->schemes;
}

guint
btfw_plugin_info_get_flags (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->description.flags;
}

BtfwPluginStatus
btfw_plugin_info_get_status (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, BTFW_PLUGIN_REFUSED);
  return self->status;
}

const char *
btfw_plugin_info_get_reason (BtfwPluginInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->reason;
}
