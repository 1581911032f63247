/* bencode-writer.c: writes bencoded values, one after another. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/bencode.h"

#include <string.h>

static void
put_text (GByteArray *out, const char *text)
{
  g_byte_array_append (out, (const guint8 *) text, (guint) strlen (text));
}

void
btfw_bencode_put_integer (GByteArray *out, gint64 value)
{
  char text[32];

  g_snprintf (text, sizeof text, "i%" G_GINT64_FORMAT "e", value);
  put_text (out, text);
}

void
btfw_bencode_put_string (GByteArray *out, const char *string, gssize size)
{
  gsize length = size < 0 ? strlen (string) : (gsize) size;
  char  prefix[32];

  g_snprintf (prefix, sizeof prefix, "%" G_GSIZE_FORMAT ":", length);
  put_text (out, prefix);
  btfw_bencode_put_raw (out, (const guint8 *) string, length);
}

void
btfw_bencode_put_raw (GByteArray *out, const guint8 *data, gsize size)
{
  g_assert (size <= G_MAXUINT - out->len);

  if (size > 0)
    g_byte_array_append (out, data, (guint) size);
}

void
btfw_bencode_begin_list (GByteArray *out)
{
  put_text (out, "l");
}

void
btfw_bencode_begin_dict (GByteArray *out)
{
  put_text (out, "d");
}

void
btfw_bencode_end (GByteArray *out)
{
  put_text (out, "e");
}
