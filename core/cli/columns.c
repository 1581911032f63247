/* columns.c: text measured in columns of a terminal. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/columns.h"

#include "cli/terminal.h"

#include <string.h>

/* Narrower than this, wrapping does more harm than long lines. */
#define WRAP_MIN 20

struct _BtfwTable
{
  char      *alignments;
  guint      n_columns;
  GPtrArray *cells; /* of char, row by row */
};

static guint
unichar_width (gunichar character)
{
  if (g_unichar_iszerowidth (character))
    return 0;

  return g_unichar_iswide (character) ? 2 : 1;
}

guint
btfw_columns_width (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    width += unichar_width (g_utf8_get_char (text));

  return width;
}

/* The longest beginning of @text that takes at most @width columns. */
static const char *
skip_columns (const char *text, guint width)
{
  while (*text != '\0')
    {
      guint taken = unichar_width (g_utf8_get_char (text));

      if (taken > width)
        break;
      width -= taken;
      text = g_utf8_next_char (text);
    }

  return text;
}

char *
btfw_columns_fit (const char *text, guint width)
{
  const char *ellipsis = btfw_terminal_is_utf8 () ? "…" : "~";
  guint       all = btfw_columns_width (text);
  const char *head_end;
  const char *tail;
  GString    *cut;

  if (all <= width)
    return g_strdup (text);
  if (width == 0)
    return g_strdup ("");

  head_end = skip_columns (text, width / 2);
  cut = g_string_new_len (text, head_end - text);
  g_string_append (cut, ellipsis);

  /* A wide character that straddles the cut goes, so the tail may be shorter. */
  tail = skip_columns (text, all - (width - width / 2 - 1));
  while (*tail != '\0' && btfw_columns_width (tail) > width - width / 2 - 1)
    tail = g_utf8_next_char (tail);
  return g_string_free (g_string_append (cut, tail), FALSE);
}

/* Whether a line may end between two characters that have no space between
 * them: beside a wide one, but not before a closing nor after an opening mark. */
static gboolean
can_break_between (gunichar before, gunichar after)
{
  static const char *const closing = "，。、；：？！）》」』”’…,.;:?!)";
  static const char *const opening = "（《「『“‘(";

  return (g_unichar_iswide (before) || g_unichar_iswide (after)) &&
         g_utf8_strchr (closing, -1, after) == NULL && g_utf8_strchr (opening, -1, before) == NULL;
}

/* Where the word that begins at @text ends. */
static const char *
word_end (const char *text)
{
  while (*text != '\0' && *text != ' ')
    {
      const char *next = g_utf8_next_char (text);

      if (*next != '\0' && can_break_between (g_utf8_get_char (text), g_utf8_get_char (next)))
        return next;
      text = next;
    }

  return text;
}

void
btfw_columns_wrap (const char *text, guint indent, guint width, GString *out)
{
  guint column = indent;

  width = MAX (width, indent + WRAP_MIN);
  while (*text != '\0')
    {
      gsize            spaces = strspn (text, " ");
      const char      *end = word_end (text + spaces);
      g_autofree char *word = g_strndup (text + spaces, end - text - spaces);
      guint            length = btfw_columns_width (word);

      if (column > indent && column + spaces + length > width)
        {
          g_string_append_printf (out, "\n%*s", (int) indent, "");
          column = indent;
          spaces = 0;
        }
      g_string_append_printf (out, "%*s%s", (int) spaces, "", word);
      column += (guint) spaces + length;
      text = end;
    }
}

BtfwTable *
btfw_table_new (const char *alignments)
{
  BtfwTable *self = g_new0 (BtfwTable, 1);

  self->alignments = g_strdup (alignments);
  self->n_columns = (guint) strlen (alignments);
  self->cells = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
btfw_table_free (BtfwTable *self)
{
  g_ptr_array_unref (self->cells);
  g_free (self->alignments);
  g_free (self);
}

void
btfw_table_add (BtfwTable *self, ...)
{
  va_list args;

  va_start (args, self);
  for (guint i = 0; i < self->n_columns; i++)
    g_ptr_array_add (self->cells, g_strdup (va_arg (args, const char *)));
  va_end (args);
}

static guint *
measure_columns (BtfwTable *self)
{
  guint *widths = g_new0 (guint, self->n_columns);

  for (guint i = 0; i < self->cells->len; i++)
    {
      guint *width = &widths[i % self->n_columns];

      *width = MAX (*width, btfw_columns_width (g_ptr_array_index (self->cells, i)));
    }

  return widths;
}

static void
strip_line_end (GString *out)
{
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
}

void
btfw_table_print (BtfwTable *self, guint indent, guint wrap, GString *out)
{
  g_autofree guint *widths = measure_columns (self);
  guint             column = 0;

  for (guint i = 0; i < self->cells->len; i++)
    {
      guint       place = i % self->n_columns;
      const char *cell = g_ptr_array_index (self->cells, i);
      int         padding = (int) (widths[place] - btfw_columns_width (cell));

      column = place == 0 ? indent : column + 2;
      g_string_append_printf (out, "%*s", place == 0 ? (int) indent : 2, "");
      if (self->alignments[place] == 'r')
        g_string_append_printf (out, "%*s", padding, "");

      if (place + 1 == self->n_columns && wrap > 0)
        btfw_columns_wrap (cell, column, wrap, out);
      else
        g_string_append (out, cell);

      if (self->alignments[place] == 'l' && place + 1 < self->n_columns)
        g_string_append_printf (out, "%*s", padding, "");
      column += widths[place];

      if (place + 1 == self->n_columns)
        {
          strip_line_end (out);
          g_string_append_c (out, '\n');
        }
    }
}
