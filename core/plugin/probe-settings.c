/* probe-settings.c: the settings of a plugin, on their way from the process that loaded it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/probe.h"

#include <string.h>

/* name, type, unit, minimum, maximum, default, choices, blurb */
#define N_FIELDS 8
#define CHOICES_MAX 64

#define READABLE (G_PARAM_READWRITE | G_PARAM_CONSTRUCT)

/* "1=none,2=full" */
static char *
write_choices (GEnumClass *klass)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < klass->n_values; i++)
    g_string_append_printf (text, "%s%d=%s", i > 0 ? "," : "", klass->values[i].value, klass->values[i].value_nick);
  return g_string_free (text, FALSE);
}

static void
write_value (GParamSpec *pspec, char **type, char **minimum, char **maximum, char **value, char **choices)
{
#define NUMBER(WORD, TYPE, FORMAT) \
  if (G_IS_PARAM_SPEC_##WORD (pspec)) \
    { \
      *type = g_strdup (#WORD); \
      *minimum = g_strdup_printf (FORMAT, G_PARAM_SPEC_##WORD (pspec)->minimum); \
      *maximum = g_strdup_printf (FORMAT, G_PARAM_SPEC_##WORD (pspec)->maximum); \
      *value = g_strdup_printf (FORMAT, G_PARAM_SPEC_##WORD (pspec)->default_value); \
    }
  NUMBER (INT, int, "%d")
  NUMBER (UINT, uint, "%u")
  NUMBER (INT64, int64, "%" G_GINT64_FORMAT)
  NUMBER (UINT64, uint64, "%" G_GUINT64_FORMAT)
#undef NUMBER
  if (G_IS_PARAM_SPEC_DOUBLE (pspec))
    {
      char buffer[G_ASCII_DTOSTR_BUF_SIZE];

      *type = g_strdup ("DOUBLE");
      *minimum = g_strdup (g_ascii_dtostr (buffer, sizeof buffer, G_PARAM_SPEC_DOUBLE (pspec)->minimum));
      *maximum = g_strdup (g_ascii_dtostr (buffer, sizeof buffer, G_PARAM_SPEC_DOUBLE (pspec)->maximum));
      *value = g_strdup (g_ascii_dtostr (buffer, sizeof buffer, G_PARAM_SPEC_DOUBLE (pspec)->default_value));
    }
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    {
      *type = g_strdup ("BOOLEAN");
      *value = g_strdup (G_PARAM_SPEC_BOOLEAN (pspec)->default_value ? "1" : "0");
    }
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    {
      *type = g_strdup ("ENUM");
      *value = g_strdup_printf ("%d", G_PARAM_SPEC_ENUM (pspec)->default_value);
      *choices = write_choices (G_PARAM_SPEC_ENUM (pspec)->enum_class);
    }
  if (G_IS_PARAM_SPEC_STRING (pspec))
    {
      *type = g_strdup ("STRING");
      *value = g_strdup (G_PARAM_SPEC_STRING (pspec)->default_value);
    }
  if (G_PARAM_SPEC_VALUE_TYPE (pspec) == G_TYPE_STRV)
    *type = g_strdup ("STRV");
}

static void
append_field (GString *line, const char *text)
{
  g_autofree char *escaped = g_strescape (text != NULL ? text : "", NULL);

  if (line->len > 0)
    g_string_append_c (line, '\t');
  g_string_append (line, escaped);
}

char *
btfw_probe_write_setting (GParamSpec *pspec)
{
  GString         *line = g_string_new (NULL);
  g_autofree char *unit = g_strdup_printf ("%d", (int) btfw_param_spec_get_unit (pspec));
  g_autofree char *type = NULL;
  g_autofree char *minimum = NULL;
  g_autofree char *maximum = NULL;
  g_autofree char *value = NULL;
  g_autofree char *choices = NULL;

  pspec = g_param_spec_get_redirect_target (pspec) != NULL ? g_param_spec_get_redirect_target (pspec) : pspec;
  write_value (pspec, &type, &minimum, &maximum, &value, &choices);
  append_field (line, g_param_spec_get_name (pspec));
  append_field (line, type != NULL ? type : "OTHER");
  append_field (line, unit);
  append_field (line, minimum);
  append_field (line, maximum);
  append_field (line, value);
  append_field (line, choices);
  append_field (line, g_param_spec_get_blurb (pspec));
  return g_string_free (line, FALSE);
}

/* --- And back --- */

/* A type like the one that only the other process has. It is registered once for
 * each setting: types are never forgotten. */
static GType
make_enum (const char *plugin, const char *name, const char *choices)
{
  g_autofree char *type_name = g_strdup_printf ("BtfwProbed-%s-%s", plugin, name);
  g_auto (GStrv)   list = g_strsplit (choices, ",", CHOICES_MAX);
  guint            n = g_strv_length (list);
  GType            type = g_type_from_name (type_name);
  GEnumValue      *values;

  if (type != G_TYPE_INVALID)
    return type;

  values = g_new0 (GEnumValue, n + 1);
  for (guint i = 0; i < n; i++)
    {
      const char *equals = strchr (list[i], '=');

      values[i].value = (int) g_ascii_strtoll (list[i], NULL, 10);
      values[i].value_nick = g_strdup (equals != NULL ? equals + 1 : list[i]);
      values[i].value_name = values[i].value_nick;
    }
  return n > 0 ? g_enum_register_static (type_name, values) : G_TYPE_INVALID;
}

static GParamSpec *
make_enum_spec (const char *plugin, char **fields)
{
  GType       type = make_enum (plugin, fields[0], fields[6]);
  int         value = (int) g_ascii_strtoll (fields[5], NULL, 10);
  GEnumClass *klass;
  GParamSpec *pspec = NULL;

  if (type == G_TYPE_INVALID)
    return NULL;
  klass = g_type_class_ref (type);
  if (g_enum_get_value (klass, value) != NULL)
    pspec = g_param_spec_enum (fields[0], NULL, fields[7], type, value, READABLE);
  g_type_class_unref (klass);
  return pspec;
}

static GParamSpec *
make_number (const char *type, const char *name, const char *blurb, const char *minimum, const char *maximum, const char *value)
{
  gint64  low = g_ascii_strtoll (minimum, NULL, 10), high = g_ascii_strtoll (maximum, NULL, 10), is = g_ascii_strtoll (value, NULL, 10);
  guint64 ulow = g_ascii_strtoull (minimum, NULL, 10), uhigh = g_ascii_strtoull (maximum, NULL, 10), uis = g_ascii_strtoull (value, NULL, 10);
  double  dlow = g_ascii_strtod (minimum, NULL), dhigh = g_ascii_strtod (maximum, NULL), dis = g_ascii_strtod (value, NULL);

  /* What is out of range comes from a plugin that is mistaken, or worse. */
  if (strcmp (type, "INT") == 0 && low <= is && is <= high && low >= G_MININT && high <= G_MAXINT)
    return g_param_spec_int (name, NULL, blurb, (int) low, (int) high, (int) is, READABLE);
  if (strcmp (type, "UINT") == 0 && ulow <= uis && uis <= uhigh && uhigh <= G_MAXUINT)
    return g_param_spec_uint (name, NULL, blurb, (guint) ulow, (guint) uhigh, (guint) uis, READABLE);
  if (strcmp (type, "INT64") == 0 && low <= is && is <= high)
    return g_param_spec_int64 (name, NULL, blurb, low, high, is, READABLE);
  if (strcmp (type, "UINT64") == 0 && ulow <= uis && uis <= uhigh)
    return g_param_spec_uint64 (name, NULL, blurb, ulow, uhigh, uis, READABLE);
  if (strcmp (type, "DOUBLE") == 0 && dlow <= dis && dis <= dhigh)
    return g_param_spec_double (name, NULL, blurb, dlow, dhigh, dis, READABLE);
  return NULL;
}

static GParamSpec *
make_spec (const char *plugin, char **fields)
{
  const char *name = fields[0], *type = fields[1], *blurb = fields[7];

  if (strcmp (type, "BOOLEAN") == 0)
    return g_param_spec_boolean (name, NULL, blurb, fields[5][0] == '1', READABLE);
  if (strcmp (type, "STRING") == 0)
    return g_param_spec_string (name, NULL, blurb, fields[5][0] != '\0' ? fields[5] : NULL, READABLE);
  if (strcmp (type, "STRV") == 0 || strcmp (type, "OTHER") == 0)
    return g_param_spec_boxed (name, NULL, blurb, G_TYPE_STRV, READABLE);
  if (strcmp (type, "ENUM") == 0)
    return make_enum_spec (plugin, fields);
  return make_number (type, name, blurb, fields[3], fields[4], fields[5]);
}

GParamSpec *
btfw_probe_parse_setting (const char *line, const char *plugin)
{
  g_auto (GStrv) fields = g_strsplit (line, "\t", N_FIELDS + 1);
  GParamSpec    *pspec;

  if (g_strv_length (fields) != N_FIELDS)
    return NULL;
  for (guint i = 0; i < N_FIELDS; i++)
    {
      char *plain = g_strcompress (fields[i]);

      g_free (fields[i]);
      fields[i] = plain;
      if (!g_utf8_validate (plain, -1, NULL))
        return NULL;
    }
  if (!g_param_spec_is_valid_name (fields[0]))
    return NULL;

  pspec = make_spec (plugin, fields);
  if (pspec == NULL)
    return NULL;
  g_param_spec_ref_sink (pspec);
  return btfw_param_spec_with_unit (pspec, (BtfwUnit) (g_ascii_strtoull (fields[2], NULL, 10) & 3));
}
