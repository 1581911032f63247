/* bar.c: bars of characters, for terminals. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/bar.h"

#include "cli/terminal.h"

#define EIGHTHS 8

typedef struct
{
  const char *left;
  const char *right;
  const char *eighths[EIGHTHS + 1]; /* a column that is filled up to there */
  const char *shades[5];            /* none, some, half, most, all */
} Style;

static const Style unicode_style = {
  "▕", "▏",
  { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" },
  { " ", "░", "▒", "▓", "█" },
};

static const Style ascii_style = {
  "[", "]",
  { "-", "-", "-", "-", "-", "-", "-", "-", "#" },
  { "-", ".", ":", "+", "#" },
};

static const Style *
get_style (void)
{
  return btfw_terminal_is_utf8 () ? &unicode_style : &ascii_style;
}

char *
btfw_bar_of_fraction (double fraction, guint width)
{
  const Style *style = get_style ();
  GString     *bar = g_string_new (style->left);
  guint        inside = MAX (width, 3) - 2;
  guint        filled = (guint) (CLAMP (fraction, 0, 1) * inside * EIGHTHS);

  for (guint column = 0; column < inside; column++)
    {
      guint eighths = MIN (filled, EIGHTHS);

      g_string_append (bar, style->eighths[eighths]);
      filled -= eighths;
    }

  return g_string_free (g_string_append (bar, style->right), FALSE);
}

static gboolean
has_piece (const guint8 *bits, guint64 piece)
{
  return (bits[piece / 8] & (0x80 >> (piece % 8))) != 0;
}

/* How many of the pieces from @first up to @end are set. */
static guint64
count_pieces (const guint8 *bits, guint64 first, guint64 end)
{
  guint64 count = 0;

  while (first < end && first % 8 != 0)
    count += has_piece (bits, first++);
  for (; first + 8 <= end; first += 8)
    count += (guint64) __builtin_popcount (bits[first / 8]);
  while (first < end)
    count += has_piece (bits, first++);

  return count;
}

/* The shade of the column that stands for the pieces from @first up to @end.
 * Only a column of which all is here is drawn as full, and only one of which
 * nothing is here as empty. */
static const char *
choose_shade (const Style *style, guint64 count, guint64 all)
{
  if (count == 0)
    return style->shades[0];
  if (count == all)
    return style->shades[4];

  return style->shades[1 + MIN (count * 3 / all, 2)];
}

char *
btfw_bar_of_pieces (GBytes *pieces, guint32 n_pieces, guint width)
{
  const Style  *style = get_style ();
  GString      *bar = g_string_new (style->left);
  guint         inside = MAX (width, 3) - 2;
  gsize         size = 0;
  const guint8 *bits = pieces != NULL ? g_bytes_get_data (pieces, &size) : NULL;

  /* A snapshot that does not fit its own number of pieces shows nothing. */
  if (size < ((gsize) n_pieces + 7) / 8)
    n_pieces = 0;

  for (guint64 column = 0; column < inside; column++)
    {
      /* With fewer pieces than columns, several columns show the same piece. */
      guint64 first = column * n_pieces / inside;
      guint64 end = MAX ((column + 1) * n_pieces / inside, first + 1);
      guint64 count = n_pieces > 0 ? count_pieces (bits, first, end) : 0;

      g_string_append (bar, choose_shade (style, count, end - first));
    }

  return g_string_free (g_string_append (bar, style->right), FALSE);
}
