/* keyfile.c: reads the syntax of GKeyFile, and remembers lines. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/keyfile.h"

#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#define SIZE_MAX_BYTES (1024 * 1024)
#define ENTRIES_MAX 10000
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct _BtfwKeyfile
{
  char   *text;    /* cut into the strings that the entries point to */
  GArray *entries; /* of BtfwKeyfileEntry */
};

/* Where the reading stands. */
typedef struct
{
  BtfwKeyfile *keyfile;
  const char  *name;
  const char  *group; /* NULL before the first one */
  guint        line;
  GHashTable  *groups; /* to the line of each */
  GHashTable  *keys;   /* the same, of the current group */
} Parser;

static gboolean
fail (const Parser *self, GError **error, const char *what)
{
  g_autofree char *shown = btfw_text_clean (what, -1);

  /* Translators: the name of a file, the number of a line, and what is wrong there. */
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG, _("%s, line %u: %s"), self->name, self->line, shown);
  return FALSE;
}

/* @format has one place, for text out of the file. */
static gboolean
fail_with_text (const Parser *self, GError **error, const char *format, const char *text)
{
  g_autofree char *shown = btfw_text_clean (text, -1);
  g_autofree char *what = g_strdup_printf (format, shown);

  return fail (self, error, what);
}

/* Answers FALSE, with @error set, when @name was there before. */
static gboolean
remember_name (const Parser *self, GHashTable *names, const char *name, GError **error)
{
  guint            first = GPOINTER_TO_UINT (g_hash_table_lookup (names, name));
  g_autofree char *shown = NULL;
  g_autofree char *what = NULL;

  if (first == 0)
    {
      g_hash_table_insert (names, (gpointer) name, GUINT_TO_POINTER (self->line));
      return TRUE;
    }

  shown = btfw_text_clean (name, -1);
  what = g_strdup_printf (_("“%s” comes a second time, after line %u"), shown, first);
  return fail (self, error, what);
}

static gboolean
add_entry (const Parser *self, const char *key, const char *value, GError **error)
{
  GArray          *entries = self->keyfile->entries;
  BtfwKeyfileEntry entry = { self->group, key, value, self->line };
  g_autofree char *what = NULL;

  if (entries->len == ENTRIES_MAX)
    {
      what = g_strdup_printf (_("more than %d groups and keys"), ENTRIES_MAX);
      return fail (self, error, what);
    }

  g_array_append_val (entries, entry);
  return TRUE;
}

/* A name as GKeyFile takes it: no brackets and no control characters. */
static gboolean
is_name (const char *name)
{
  if (*name == '\0' || strpbrk (name, "[]") != NULL)
    return FALSE;

  for (const char *c = name; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return FALSE;
  return TRUE;
}

static gboolean
parse_group (Parser *self, char *line, GError **error)
{
  gsize length = strlen (line);

  if (line[length - 1] != ']')
    return fail_with_text (self, error, _("the group “%s” has no “]” at its end"), line);

  line[length - 1] = '\0';
  line++;
  if (!is_name (line))
    return fail_with_text (self, error, _("“%s” cannot be the name of a group"), line);
  if (!remember_name (self, self->groups, line, error))
    return FALSE;

  self->group = line;
  g_hash_table_remove_all (self->keys);
  return add_entry (self, NULL, NULL, error);
}

static gboolean
parse_key (Parser *self, char *line, GError **error)
{
  char *equals = strchr (line, '=');

  if (equals == NULL)
    return fail_with_text (self, error, _("“%s” is neither “[group]” nor “key=value” nor a “# comment”"), line);
  if (self->group == NULL)
    return fail_with_text (self, error, _("“%s” stands before the first “[group]”"), line);

  *equals = '\0';
  g_strchomp (line);
  if (!is_name (line))
    return fail_with_text (self, error, _("“%s” cannot be the name of a key"), line);
  if (!remember_name (self, self->keys, line, error))
    return FALSE;
  return add_entry (self, line, g_strstrip (equals + 1), error);
}

static gboolean
parse_line (Parser *self, char *line, gsize length, GError **error)
{
  if (memchr (line, '\0', length) != NULL)
    return fail (self, error, _("a NUL byte, which no text has"));
  if (!g_utf8_validate (line, (gssize) length, NULL))
    return fail (self, error, _("text that is not UTF-8"));

  g_strstrip (line);
  if (*line == '\0' || *line == '#')
    return TRUE;
  if (*line == '[')
    return parse_group (self, line, error);
  return parse_key (self, line, error);
}

static gboolean
parse_lines (Parser *self, char *text, gsize size, GError **error)
{
  char *end = text + size;

  if (g_str_has_prefix (text, BYTE_ORDER_MARK))
    text += strlen (BYTE_ORDER_MARK);

  while (text < end)
    {
      char *newline = memchr (text, '\n', (gsize) (end - text));
      char *line = text;

      if (newline == NULL)
        newline = end;
      *newline = '\0';
      text = newline + 1;

      self->line++;
      if (!parse_line (self, line, (gsize) (newline - line), error))
        return FALSE;
    }
  return TRUE;
}

BtfwKeyfile *
btfw_keyfile_parse (const char *data, gsize size, const char *name, GError **error)
{
  g_autoptr (BtfwKeyfile) self = NULL;
  g_autoptr (GHashTable) groups = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  Parser parser = { .name = name, .groups = groups, .keys = keys };

  if (size > SIZE_MAX_BYTES)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG,
                   _("%s is too large for a configuration file: %zu bytes, the limit is %d"),
                   name, size, SIZE_MAX_BYTES);
      return NULL;
    }

  self = g_new0 (BtfwKeyfile, 1);
  self->entries = g_array_new (FALSE, FALSE, sizeof (BtfwKeyfileEntry));
  self->text = g_malloc (size + 1);
  if (size > 0)
    memcpy (self->text, data, size);
  self->text[size] = '\0';

  parser.keyfile = self;
  return parse_lines (&parser, self->text, size, error) ? g_steal_pointer (&self) : NULL;
}

void
btfw_keyfile_free (BtfwKeyfile *self)
{
  if (self == NULL)
    return;

  g_array_unref (self->entries);
  g_free (self->text);
  g_free (self);
}

const BtfwKeyfileEntry *
btfw_keyfile_get_entries (const BtfwKeyfile *self, guint *n_entries)
{
  *n_entries = self->entries->len;
  return (const BtfwKeyfileEntry *) (gpointer) self->entries->data;
}

char *
btfw_keyfile_unescape (const char *value)
{
  static const char escapes[] = "sntr\\";
  static const char meanings[] = " \n\t\r\\";
  g_autoptr (GString) plain = g_string_new (NULL);

  for (; *value != '\0'; value++)
    {
      const char *escape;

      if (*value != '\\')
        {
          g_string_append_c (plain, *value);
          continue;
        }

      value++;
      escape = *value != '\0' ? strchr (escapes, *value) : NULL;
      if (escape == NULL)
        return NULL;
      g_string_append_c (plain, meanings[escape - escapes]);
    }
  return g_string_free (g_steal_pointer (&plain), FALSE);
}
