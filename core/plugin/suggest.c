/* suggest.c: finds the word that somebody may have meant. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/suggest.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Longer words are no slip of a setting's name; the bound also keeps the
 * tables on the stack. */
#define WORD_MAX 64

/* How many letters have to be put in, left out, changed or swapped with their
 * neighbour to make the one word of the other. */
static guint
count_slips (const char *a,
             const char *b)
{
  gsize a_length = strlen (a);
  gsize b_length = strlen (b);
  guint rows[3][WORD_MAX + 1];

  for (gsize j = 0; j <= b_length; j++)
    rows[0][j] = j;

  for (gsize i = 1; i <= a_length; i++)
    {
      guint       *row = rows[i % 3];
      const guint *above = rows[(i + 2) % 3];
      const guint *above2 = rows[(i + 1) % 3];

      row[0] = i;
      for (gsize j = 1; j <= b_length; j++)
        {
          row[j] = MIN (above[j], row[j - 1]) + 1;
          row[j] = MIN (row[j], above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = MIN (row[j], above2[j - 2] + 1);
        }
    }

  return rows[a_length % 3][b_length];
}

const char *
btfw_suggest (const char        *word,
              const char *const *known)
{
  const char *nearest = NULL;
  guint       best;

  if (strlen (word) > WORD_MAX)
    return NULL;

  best = MAX (strlen (word) / 3, 1);
  for (; *known != NULL; known++)
    {
      guint slips = strlen (*known) > WORD_MAX ? best + 1 : count_slips (word, *known);

      if (slips < strlen (word) && (slips < best || (slips == best && nearest == NULL)))
        {
          nearest = *known;
          best = slips;
        }
    }

  return nearest;
}

char *
btfw_suggest_sentence (const char        *word,
                       const char *const *known)
{
  const char      *nearest = btfw_suggest (word, known);
  g_autofree char *all = NULL;

  if (nearest != NULL)
    return g_strdup_printf (_("; did you mean “%s”?"), nearest);
  if (*known == NULL)
    return g_strdup ("");

  all = g_strjoinv (", ", (char **) known);
  return g_strdup_printf (_("; there are: %s"), all);
}
