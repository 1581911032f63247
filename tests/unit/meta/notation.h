/* notation.h: bencode as people can read it, for tables of cases. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <string.h>

/* Turns 'text' into 4:text, and *20 into a text of 20 letters h; leaves blanks
 * out; copies all else. */
static inline GBytes *
notation_to_bytes (const char *notation)
{
  GString *out = g_string_new (NULL);

  while (*notation != '\0')
    {
      if (*notation == '\'')
        {
          const char *end = strchr (notation + 1, '\'');

          g_string_append_printf (out, "%d:", (int) (end - notation - 1));
          g_string_append_len (out, notation + 1, end - notation - 1);
          notation = end + 1;
        }
      else if (*notation == '*')
        {
          char            *end;
          gsize            size = g_ascii_strtoull (notation + 1, &end, 10);
          g_autofree char *filler = g_strnfill (size, 'h');

          g_string_append_printf (out, "%" G_GSIZE_FORMAT ":%s", size, filler);
          notation = end;
        }
      else
        {
          if (*notation != ' ')
            g_string_append_c (out, *notation);
          notation++;
        }
    }

  return g_string_free_to_bytes (out);
}
