/* json.c: writes JSON, one value after the other. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/json.h"

#include <math.h>

struct _BtfwJson
{
  GString *text;
  gboolean needs_comma; /* a value stands before the next one, on its level */
};

BtfwJson *
btfw_json_new (void)
{
  BtfwJson *self = g_new0 (BtfwJson, 1);

  self->text = g_string_new (NULL);
  return self;
}

void
btfw_json_free (BtfwJson *self)
{
  g_string_free (self->text, TRUE);
  g_free (self);
}

char *
btfw_json_free_to_string (BtfwJson *self)
{
  char *text = g_string_free (self->text, FALSE);

  g_free (self);
  return text;
}

static void
append_escaped (GString *out, const char *character)
{
  switch (*character)
    {
    case '"':
      g_string_append (out, "\\\"");
      return;
    case '\\':
      g_string_append (out, "\\\\");
      return;
    case '\n':
      g_string_append (out, "\\n");
      return;
    case '\t':
      g_string_append (out, "\\t");
      return;
    default:
      break;
    }

  if ((guchar) *character < 0x20 || *character == 0x7f)
    g_string_append_printf (out, "\\u%04x", (guchar) *character);
  else
    g_string_append_len (out, character, g_utf8_next_char (character) - character);
}

static void
append_string (GString *out, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  g_string_append_c (out, '"');
  for (const char *character = valid; *character != '\0'; character = g_utf8_next_char (character))
    append_escaped (out, character);
  g_string_append_c (out, '"');
}

/* Writes all that comes before a value. */
static void
begin_value (BtfwJson *self, const char *key)
{
  if (self->needs_comma)
    g_string_append_c (self->text, ',');
  self->needs_comma = TRUE;

  if (key != NULL)
    {
      append_string (self->text, key);
      g_string_append_c (self->text, ':');
    }
}

static void
open_level (BtfwJson *self, const char *key, char bracket)
{
  begin_value (self, key);
  g_string_append_c (self->text, bracket);
  self->needs_comma = FALSE;
}

static void
close_level (BtfwJson *self, char bracket)
{
  g_string_append_c (self->text, bracket);
  self->needs_comma = TRUE;
}

void
btfw_json_open_object (BtfwJson *self, const char *key)
{
  open_level (self, key, '{');
}

void
btfw_json_close_object (BtfwJson *self)
{
  close_level (self, '}');
}

void
btfw_json_open_array (BtfwJson *self, const char *key)
{
  open_level (self, key, '[');
}

void
btfw_json_close_array (BtfwJson *self)
{
  close_level (self, ']');
}

void
btfw_json_add_string (BtfwJson *self, const char *key, const char *value)
{
  if (value == NULL)
    {
      btfw_json_add_null (self, key);
      return;
    }

  begin_value (self, key);
  append_string (self->text, value);
}

void
btfw_json_add_strings (BtfwJson *self, const char *key, const char *const *values)
{
  btfw_json_open_array (self, key);
  for (; values != NULL && *values != NULL; values++)
    btfw_json_add_string (self, NULL, *values);
  btfw_json_close_array (self);
}

void
btfw_json_add_unsigned (BtfwJson *self, const char *key, guint64 value)
{
  begin_value (self, key);
  g_string_append_printf (self->text, "%" G_GUINT64_FORMAT, value);
}

void
btfw_json_add_signed (BtfwJson *self, const char *key, gint64 value)
{
  begin_value (self, key);
  g_string_append_printf (self->text, "%" G_GINT64_FORMAT, value);
}

void
btfw_json_add_double (BtfwJson *self, const char *key, double value)
{
  /* The largest double has 309 digits before the point. */
  char digits[330];

  if (!isfinite (value))
    {
      btfw_json_add_null (self, key);
      return;
    }

  begin_value (self, key);
  g_string_append (self->text, g_ascii_formatd (digits, sizeof digits, "%.3f", value));
}

void
btfw_json_add_boolean (BtfwJson *self, const char *key, gboolean value)
{
  begin_value (self, key);
  g_string_append (self->text, value ? "true" : "false");
}

void
btfw_json_add_null (BtfwJson *self, const char *key)
{
  begin_value (self, key);
  g_string_append (self->text, "null");
}
