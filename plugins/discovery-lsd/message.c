/* message.c: what clients say to their local network. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "message.h"

#include <string.h>

#define FIRST_LINE "BT-SEARCH * HTTP/1.1"

/* A stretch of the message. */
typedef struct
{
  const char *text;
  gsize       size;
} Span;

/* Takes the next line off @rest, without its end; FALSE when there is none. */
static gboolean
take_line (Span *rest, Span *line)
{
  const char *end = rest->size == 0 ? NULL : memchr (rest->text, '\n', rest->size);

  if (end == NULL)
    return FALSE;
  *line = (Span){ rest->text, (gsize) (end - rest->text) };
  rest->size -= line->size + 1;
  rest->text = end + 1;
  if (line->size > 0 && line->text[line->size - 1] == '\r')
    line->size--;
  return TRUE;
}

static Span
trim (Span span)
{
  while (span.size > 0 && (*span.text == ' ' || *span.text == '\t'))
    span = (Span){ span.text + 1, span.size - 1 };
  while (span.size > 0 && (span.text[span.size - 1] == ' ' || span.text[span.size - 1] == '\t'))
    span.size--;
  return span;
}

static gboolean
is_name (Span name, const char *wanted)
{
  return name.size == strlen (wanted) && g_ascii_strncasecmp (name.text, wanted, name.size) == 0;
}

static void
read_port (LsdMessage *self, Span value)
{
  guint port = 0;

  if (value.size == 0 || value.size > 5)
    return;
  for (gsize i = 0; i < value.size; i++)
    {
      if (!g_ascii_isdigit (value.text[i]))
        return;
      port = port * 10 + (guint) (value.text[i] - '0');
    }
  if (port <= G_MAXUINT16)
    self->port = (guint16) port;
}

static void
read_hash (LsdMessage *self, Span value)
{
  guint8 *hash = self->hashes[MIN (self->n_hashes, LSD_HASHES_MAX - 1)];

  if (value.size != 40 || self->n_hashes == LSD_HASHES_MAX)
    return;
  for (gsize i = 0; i < value.size; i++)
    if (!g_ascii_isxdigit (value.text[i]))
      return;
  for (guint i = 0; i < 20; i++)
    hash[i] = (guint8) (g_ascii_xdigit_value (value.text[2 * i]) << 4 | g_ascii_xdigit_value (value.text[2 * i + 1]));
  self->n_hashes++;
}

static void
read_cookie (LsdMessage *self, Span value)
{
  if (value.size > LSD_COOKIE_MAX)
    return;
  memcpy (self->cookie, value.text, value.size);
  self->cookie[value.size] = '\0';
}

static void
read_header (LsdMessage *self, Span line)
{
  const char *colon = memchr (line.text, ':', line.size);
  Span        name, value;

  if (colon == NULL)
    return;
  name = trim ((Span){ line.text, (gsize) (colon - line.text) });
  value = trim ((Span){ colon + 1, line.size - (gsize) (colon - line.text) - 1 });
  if (is_name (name, "Port"))
    read_port (self, value);
  else if (is_name (name, "Infohash"))
    read_hash (self, value);
  else if (is_name (name, "cookie"))
    read_cookie (self, value);
}

gboolean
lsd_message_read (LsdMessage *self, const guint8 *data, gsize size)
{
  Span rest = { (const char *) data, size };
  Span line;

  *self = (LsdMessage){ 0 };
  if (size > LSD_MESSAGE_MAX || !take_line (&rest, &line) || line.size != strlen (FIRST_LINE) ||
      memcmp (line.text, FIRST_LINE, line.size) != 0)
    return FALSE;

  for (guint i = 0; i < LSD_LINES_MAX && take_line (&rest, &line) && line.size > 0; i++)
    read_header (self, line);
  return self->port != 0 && self->n_hashes > 0;
}

char *
lsd_message_write (const LsdMessage *self, const char *host)
{
  GString *text = g_string_new (FIRST_LINE "\r\n");

  g_string_append_printf (text, "Host: %s\r\nPort: %u\r\n", host, self->port);
  for (guint i = 0; i < self->n_hashes; i++)
    {
      g_string_append (text, "Infohash: ");
      for (guint k = 0; k < 20; k++)
        g_string_append_printf (text, "%02x", self->hashes[i][k]);
      g_string_append (text, "\r\n");
    }
  if (self->cookie[0] != '\0')
    g_string_append_printf (text, "cookie: %s\r\n", self->cookie);
  g_string_append (text, "\r\n\r\n");
  return g_string_free (text, FALSE);
}
