/* text.c: foreign text, as people should see it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-text.h>

#include <string.h>

#define CLEAN_MAX 1024 /* characters */
#define REPLACEMENT 0xfffd
#define ELLIPSIS 0x2026

typedef struct
{
  gunichar first;
  gunichar last;
} Range;

/* Characters that a terminal or a reader would be misled by, although they are
 * not control characters: they turn the direction of writing or are not seen. */
static const Range misleading[] = {
  { 0x061c, 0x061c }, /* Arabic letter mark */
  { 0x200b, 0x200b }, /* zero-width space */
  { 0x200e, 0x200f }, /* left-to-right and right-to-left mark */
  { 0x202a, 0x202e }, /* embeddings and overrides of the direction */
  { 0x2060, 0x206f }, /* invisible operators, isolates, deprecated formatting */
  { 0xfdd0, 0xfdef }, /* not characters */
  { 0xfeff, 0xfeff }, /* byte order mark */
  { 0xfff0, 0xfffb }, /* not assigned, annotations */
};

static gboolean
is_misleading (gunichar c)
{
  for (gsize i = 0; i < G_N_ELEMENTS (misleading); i++)
    if (c >= misleading[i].first && c <= misleading[i].last)
      return TRUE;

  /* The last two of every plane are not characters. */
  return (c & 0xfffe) == 0xfffe;
}

static gboolean
is_line_break (gunichar c)
{
  return (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static gunichar
make_harmless (gunichar c)
{
  if (is_line_break (c))
    return ' ';
  if (g_unichar_iscntrl (c) || is_misleading (c))
    return REPLACEMENT;
  return c;
}

/* Takes one character off the front; a byte that belongs to none counts as one. */
static gunichar
take_char (const char **text, const char *end)
{
  gunichar c = g_utf8_get_char_validated (*text, end - *text);

  if (c == (gunichar) -1 || c == (gunichar) -2)
    {
      *text += 1;
      return REPLACEMENT;
    }

  *text = g_utf8_next_char (*text);
  return make_harmless (c);
}

char *
btfw_text_clean (const char *text, gssize length)
{
  GString    *clean;
  const char *end;

  g_return_val_if_fail (text != NULL || length == 0, NULL);

  /* No more than this can be shown, so no more is looked at. */
  end = text + (length < 0 ? strnlen (text, CLEAN_MAX * 4 + 1) : (gsize) length);
  clean = g_string_new (NULL);
  for (guint n = 0; n < CLEAN_MAX && text < end; n++)
    {
      gunichar c = take_char (&text, end);

      if (n == CLEAN_MAX - 1 && text < end)
        c = ELLIPSIS;
      g_string_append_unichar (clean, c);
    }
  return g_string_free (clean, FALSE);
}
