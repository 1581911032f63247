/* properties.c: settings in text, on their way to be the properties of an object. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/properties.h"

#include "plugin/suggest.h"

#include <btfw/btfw-text.h>
#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  GParamSpec *pspec; /* of the class */
  char       *origin;
  GValue      value;
} Property;

struct _BtfwProperties
{
  GObjectClass *class;
  char   *group;
  GArray *items; /* of Property */
};

static void
property_clear (Property *property)
{
  g_free (property->origin);
  g_value_unset (&property->value);
}

BtfwProperties *
btfw_properties_new (GType       type,
                     const char *group)
{
  BtfwProperties *self = g_new0 (BtfwProperties, 1);

  self->class = g_type_class_ref (type);
  self->group = g_strdup (group);
  self->items = g_array_new (FALSE, TRUE, sizeof (Property));
  g_array_set_clear_func (self->items, (GDestroyNotify) property_clear);
  return self;
}

void
btfw_properties_free (BtfwProperties *self)
{
  g_array_unref (self->items);
  g_type_class_unref (self->class);
  g_free (self->group);
  g_free (self);
}

static char **
list_keys (GObjectClass *class)
{
  g_autofree GParamSpec **pspecs = NULL;
  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();
  guint n_pspecs;

  pspecs = g_object_class_list_properties (class, &n_pspecs);
  for (guint i = 0; i < n_pspecs; i++)
    if ((pspecs[i]->flags & G_PARAM_WRITABLE) != 0)
      g_strv_builder_add (keys, pspecs[i]->name);

  return g_strv_builder_end (keys);
}

/* GObject would also take "max_peers" for "max-peers"; a key has one spelling,
 * or it could stand twice in a group. */
static GParamSpec *
find_property (BtfwProperties *self,
               const char     *key,
               const char     *origin,
               GError        **error)
{
  GParamSpec *pspec = g_object_class_find_property (self->class, key);
  g_auto (GStrv) known = NULL;
  g_autofree char *end = NULL;
  g_autofree char *shown = NULL;

  if (pspec != NULL && (pspec->flags & G_PARAM_WRITABLE) != 0 && strcmp (pspec->name, key) == 0)
    return pspec;

  known = list_keys (self->class);
  end = btfw_suggest_sentence (key, (const char *const *) known);
  shown = btfw_text_clean (key, -1);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG, _("%s: “%s” has no setting “%s”%s"),
               origin, self->group, shown, end);
  return NULL;
}

static gboolean
is_added (BtfwProperties *self,
          GParamSpec     *pspec)
{
  for (guint i = 0; i < self->items->len; i++)
    if (g_array_index (self->items, Property, i).pspec == pspec)
      return TRUE;

  return FALSE;
}

gboolean
btfw_properties_add (BtfwProperties *self,
                     const char     *key,
                     const char     *text,
                     const char     *origin,
                     GError        **error)
{
  GParamSpec *pspec = find_property (self, key, origin, error);
  Property    property = { .pspec = pspec, .value = G_VALUE_INIT };

  if (pspec == NULL)
    return FALSE;

  if (!btfw_config_parse_value (pspec, text, &property.value, error))
    {
      g_prefix_error (error, "%s: %s.%s: ", origin, self->group, key);
      return FALSE;
    }

  if (is_added (self, pspec))
    {
      g_value_unset (&property.value);
      return TRUE;
    }

  property.origin = g_strdup (origin);
  g_array_append_val (self->items, property);
  return TRUE;
}

gpointer
btfw_properties_create (BtfwProperties *self,
                        GError        **error)
{
  guint                   n = self->items->len;
  g_autofree const char **names = g_new (const char *, n + 1);
  g_autofree GValue      *values = g_new (GValue, n + 1); /* borrowed */
  g_autoptr (GObject) object = NULL;

  for (guint i = 0; i < n; i++)
    {
      names[i] = g_array_index (self->items, Property, i).pspec->name;
      values[i] = g_array_index (self->items, Property, i).value;
    }

  object = g_object_new_with_properties (G_OBJECT_CLASS_TYPE (self->class), n, names, values);
  if (g_object_is_floating (object))
    g_object_ref_sink (object);
  if (G_IS_INITABLE (object) && !g_initable_init (G_INITABLE (object), NULL, error))
    {
      g_prefix_error (error, "%s: ", self->group);
      return NULL;
    }

  return g_steal_pointer (&object);
}

static gboolean
has_value (GObject        *object,
           const Property *property)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if ((property->pspec->flags & G_PARAM_READABLE) == 0)
    return FALSE;

  g_object_get_property (object, property->pspec->name, &value);
  return g_param_values_cmp (property->pspec, &value, &property->value) == 0;
}

gboolean
btfw_properties_apply (BtfwProperties *self,
                       GObject        *object,
                       GError        **error)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      const Property *property = &g_array_index (self->items, Property, i);

      if ((property->pspec->flags & G_PARAM_CONSTRUCT_ONLY) != 0 && !has_value (object, property))
        {
          g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG,
                       _("%s: %s.%s cannot be changed while it is in use"),
                       property->origin, self->group, property->pspec->name);
          return FALSE;
        }
    }

  for (guint i = 0; i < self->items->len; i++)
    {
      const Property *property = &g_array_index (self->items, Property, i);

      if ((property->pspec->flags & G_PARAM_CONSTRUCT_ONLY) == 0)
        g_object_set_property (object, property->pspec->name, &property->value);
    }

  return TRUE;
}
