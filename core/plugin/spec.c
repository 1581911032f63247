/* spec.c: a plugin with its settings in one line: "NAME,key=value,…". */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/spec.h"

#include "plugin/kinds.h"

#include <btfw/btfw-text.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define LAYERS_MAX 16

G_GNUC_PRINTF (3, 4)
static gboolean
fail (const char *text,
      GError    **error,
      const char *format,
      ...)
{
  g_autofree char *message = NULL;
  g_autofree char *said = NULL;
  g_autofree char *shown = btfw_text_clean (text, -1);
  va_list          arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  said = btfw_text_clean (message, -1);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG,
               _("“%s”: %s; write NAME or NAME,key=value,…"), shown, said);
  return FALSE;
}

/* Splits at each @separator that has no backslash before it. Escapes stay. */
static GPtrArray *
split (const char *text,
       char        separator)
{
  GPtrArray  *parts = g_ptr_array_new_with_free_func (g_free);
  const char *start = text;
  const char *c;

  for (c = text; *c != '\0'; c++)
    if (*c == '\\' && c[1] != '\0')
      c++;
    else if (*c == separator)
      {
        g_ptr_array_add (parts, g_strndup (start, c - start));
        start = c + 1;
      }

  g_ptr_array_add (parts, g_strdup (start));
  return parts;
}

/* NULL for a backslash before anything else than what needs one. */
static char *
unescape (const char *text)
{
  g_autoptr (GString) plain = g_string_new (NULL);

  for (; *text != '\0'; text++)
    {
      if (*text == '\\' && (*++text == '\0' || strchr (",+\\", *text) == NULL))
        return NULL;
      g_string_append_c (plain, *text);
    }

  return g_string_free (g_steal_pointer (&plain), FALSE);
}

static gboolean
add_setting (GStrvBuilder *keys,
             GStrvBuilder *values,
             GHashTable   *seen,
             const char   *text,
             const char   *setting,
             GError      **error)
{
  const char      *equals = strchr (setting, '=');
  g_autofree char *value = NULL;
  char            *key;

  if (equals == NULL || equals == setting)
    return fail (text, error, _("“%s” does not set anything"), setting);

  value = unescape (equals + 1);
  if (value == NULL)
    return fail (text, error, _("in “%s”, a backslash may only stand before “,”, “+” and “\\”"), setting);

  key = g_strstrip (g_strndup (setting, equals - setting));
  g_strv_builder_add (keys, key);
  g_strv_builder_add (values, g_strstrip (value));
  if (!g_hash_table_add (seen, key))
    return fail (text, error, _("“%s” is set twice"), key);

  return TRUE;
}

BtfwSpec *
btfw_spec_parse (const char *text,
                 GError    **error)
{
  g_autoptr (GPtrArray) parts = split (text, ',');
  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  char     *name = g_strstrip (parts->pdata[0]);
  BtfwSpec *self;

  if (!btfw_kinds_is_word (name, strlen (name)))
    {
      fail (text, error, _("“%s” cannot be the name of a plugin (lower-case letters, digits, “_”)"), name);
      return NULL;
    }

  for (guint i = 1; i < parts->len; i++)
    if (!add_setting (keys, values, seen, text, parts->pdata[i], error))
      return NULL;

  self = g_new0 (BtfwSpec, 1);
  self->name = g_strdup (name);
  self->keys = g_strv_builder_end (keys);
  self->values = g_strv_builder_end (values);
  return self;
}

void
btfw_spec_free (BtfwSpec *self)
{
  g_free (self->name);
  g_strfreev (self->keys);
  g_strfreev (self->values);
  g_free (self);
}

GPtrArray *
btfw_spec_parse_stack (const char *text,
                       GError    **error)
{
  g_autoptr (GPtrArray) layers = split (text, '+');
  g_autoptr (GPtrArray) specs = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_spec_free);

  if (layers->len > LAYERS_MAX)
    {
      fail (text, error, _("more than %d layers"), LAYERS_MAX);
      return NULL;
    }

  for (guint i = 0; i < layers->len; i++)
    {
      BtfwSpec *spec = btfw_spec_parse (layers->pdata[i], error);

      if (spec == NULL)
        return NULL;
      g_ptr_array_add (specs, spec);
    }

  return g_steal_pointer (&specs);
}
