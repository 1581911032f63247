/* kit-general.c: what holds for plugins of every kind: description, settings, life. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#include <string.h>

/* --- What it says of itself --- */

static void
check_description (BtfwKit *kit)
{
  gboolean serves_urls = g_str_equal (kit->kind, "tracker") || g_str_equal (kit->kind, "fetcher");

  if (btfw_plugin_info_get_license (kit->info)[0] == '\0')
    btfw_kit_find ("no-licence", "its description names no licence");
  if (btfw_plugin_info_get_description (kit->info)[0] == '\0')
    btfw_kit_find ("no-description", "its description does not say what it does");
  if (serves_urls && btfw_plugin_info_get_schemes (kit->info)[0] == NULL)
    btfw_kit_find ("no-schemes", "its description names no URL scheme, so it is never asked");
  if (g_str_has_prefix (g_type_name (kit->type), "Btfw") &&
      !g_str_equal (btfw_plugin_info_get_origin (kit->info), "btfw"))
    btfw_kit_find ("type-name", "its type is called “%s”; names with Btfw are btfw's own", g_type_name (kit->type));
}

/* --- Settings --- */

static GObject *
make_with (BtfwKit *kit, GParamSpec *pspec, const char *value, GError **error)
{
  g_autofree char *spec = g_strdup_printf ("%s,%s=%s", kit->name, g_param_spec_get_name (pspec), value);
  g_autofree char *at = g_strdup_printf ("making an instance with %s=%s", g_param_spec_get_name (pspec), value);

  btfw_kit_at (at);
  return btfw_plugins_create (kit->plugins, kit->kind, spec, error);
}

static char *
format_limit (GParamSpec *pspec, gboolean is_maximum)
{
  if (G_IS_PARAM_SPEC_UINT (pspec))
    return g_strdup_printf ("%u", is_maximum ? G_PARAM_SPEC_UINT (pspec)->maximum : G_PARAM_SPEC_UINT (pspec)->minimum);
  if (G_IS_PARAM_SPEC_INT (pspec))
    return g_strdup_printf ("%d", is_maximum ? G_PARAM_SPEC_INT (pspec)->maximum : G_PARAM_SPEC_INT (pspec)->minimum);
  if (G_IS_PARAM_SPEC_UINT64 (pspec))
    return g_strdup_printf ("%" G_GUINT64_FORMAT, is_maximum ? G_PARAM_SPEC_UINT64 (pspec)->maximum : G_PARAM_SPEC_UINT64 (pspec)->minimum);
  if (G_IS_PARAM_SPEC_INT64 (pspec))
    return g_strdup_printf ("%" G_GINT64_FORMAT, is_maximum ? G_PARAM_SPEC_INT64 (pspec)->maximum : G_PARAM_SPEC_INT64 (pspec)->minimum);
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    return g_strdup (is_maximum ? "true" : "false");
  return NULL;
}

/* The value as an instance gives it back, in the form of format_limit(). */
static char *
read_back (GObject *object, GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_PARAM_SPEC_VALUE_TYPE (pspec));
  g_object_get_property (object, g_param_spec_get_name (pspec), &value);
  if (G_VALUE_HOLDS_UINT (&value))
    return g_strdup_printf ("%u", g_value_get_uint (&value));
  if (G_VALUE_HOLDS_INT (&value))
    return g_strdup_printf ("%d", g_value_get_int (&value));
  if (G_VALUE_HOLDS_UINT64 (&value))
    return g_strdup_printf ("%" G_GUINT64_FORMAT, g_value_get_uint64 (&value));
  if (G_VALUE_HOLDS_INT64 (&value))
    return g_strdup_printf ("%" G_GINT64_FORMAT, g_value_get_int64 (&value));
  if (G_VALUE_HOLDS_BOOLEAN (&value))
    return g_strdup (g_value_get_boolean (&value) ? "true" : "false");
  return NULL;
}

/* A limit may be refused with a sentence, by a plugin that looks at all of its
 * settings together; it may not be taken and forgotten. */
static void
check_limit (BtfwKit *kit, GParamSpec *pspec, gboolean is_maximum)
{
  const char         *name = g_param_spec_get_name (pspec);
  g_autofree char    *limit = format_limit (pspec, is_maximum);
  g_autofree char    *back = NULL;
  g_autoptr (GError)  error = NULL;
  GObject            *object = limit != NULL ? make_with (kit, pspec, limit, &error) : NULL;

  if (limit == NULL)
    return;
  if (object == NULL)
    {
      if (error->message == NULL || error->message[0] == '\0')
        btfw_kit_find ("setting-range", "%s=%s is refused without a sentence", name, limit);
      return;
    }

  if ((pspec->flags & G_PARAM_READABLE) != 0)
    back = read_back (object, pspec);
  if (back != NULL && !g_str_equal (back, limit))
    btfw_kit_find ("setting-lost", "%s=%s was taken, and then it was %s", name, limit, back);
  btfw_kit_drop (object);
}

static void
check_default (BtfwKit *kit, GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) real = G_VALUE_INIT;
  GObject        *object;

  g_value_init (&value, G_PARAM_SPEC_VALUE_TYPE (pspec));
  g_param_value_set_default (pspec, &value);
  if (g_param_value_validate (pspec, &value))
    btfw_kit_find ("setting-default", "the default of “%s” is not one that it allows", g_param_spec_get_name (pspec));
  /* A list cannot say its default in its description. */
  if (G_IS_PARAM_SPEC_BOXED (pspec) || (pspec->flags & G_PARAM_READABLE) == 0 || (object = btfw_kit_make (kit)) == NULL)
    return;

  g_value_init (&real, G_PARAM_SPEC_VALUE_TYPE (pspec));
  g_object_get_property (object, g_param_spec_get_name (pspec), &real);
  g_param_value_set_default (pspec, &value);
  if (g_param_values_cmp (pspec, &value, &real) != 0)
    btfw_kit_find ("setting-default", "“%s” is said to have another default than a new instance has; "
                                      "is G_PARAM_CONSTRUCT missing?", g_param_spec_get_name (pspec));
  btfw_kit_drop (object);
}

static void
check_setting (BtfwKit *kit, GParamSpec *pspec)
{
  const char         *blurb = g_param_spec_get_blurb (pspec);
  g_autoptr (GError)  error = NULL;
  g_autoptr (GObject) odd = NULL;

  if (blurb == NULL || strlen (blurb) < 6 || strchr (blurb, '\n') != NULL)
    btfw_kit_find ("setting-blurb", "“%s” has no blurb of one line that says what it is", g_param_spec_get_name (pspec));
  check_default (kit, pspec);
  check_limit (kit, pspec, FALSE);
  check_limit (kit, pspec, TRUE);
  if (!G_IS_PARAM_SPEC_STRING (pspec) && !G_IS_PARAM_SPEC_BOXED (pspec))
    odd = make_with (kit, pspec, "no-such-value", &error);
  if (odd != NULL)
    btfw_kit_find ("setting-range", "%s=no-such-value is taken", g_param_spec_get_name (pspec));
}

static void
check_settings (BtfwKit *kit)
{
  GObjectClass           *klass = g_type_class_ref (kit->type);
  guint                   n = 0;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (klass, &n);

  for (guint i = 0; i < n; i++)
    if ((pspecs[i]->flags & G_PARAM_WRITABLE) != 0)
      check_setting (kit, pspecs[i]);
  g_type_class_unref (klass);
}

/* --- Life --- */

static void
make_and_drop (BtfwKit *kit)
{
  gpointer instance = btfw_kit_make (kit);

  if (instance != NULL)
    btfw_kit_drop (instance);
}

/* One after the other, and many side by side. */
static void
check_life (BtfwKit *kit)
{
  gpointer many[200];
  guint    n = 0;

  make_and_drop (kit);
  while (n < G_N_ELEMENTS (many) && (many[n] = btfw_kit_make (kit)) != NULL)
    n++;
  while (n > 0)
    btfw_kit_drop (many[--n]);
  btfw_kit_watch_growth (kit, make_and_drop, 500);
}

const BtfwKitCheck btfw_kit_general_checks[] = {
  { "description", NULL, 10, FALSE, check_description, NULL },
  { "settings", NULL, 20, FALSE, check_settings, NULL },
  { "life", NULL, 20, FALSE, check_life, NULL },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
