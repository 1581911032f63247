/* text.c: foreign text, as people should see it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-text.h>

#include <string.h>

#define CLEAN_MAX 1024 /* characters */
#define REPLACEMENT 0xfffd
#define ELLIPSIS 0x2026

#define SCHEME_CHARACTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "+-."
#define PATH_SEPARATORS "/;.="

/* What a secret in a URL is replaced by. */
#define HIDDEN "…"

/* Stretches of letters and digits that are shorter than this may be words,
 * numbers and versions; mixed ones of this length are keys, and so is any of
 * the second length. */
#define KEY_MIN 16
#define KEY_SURE 24
/* Keys in base64url may be cut into short stretches, but their characters change all the time. */
#define MIXED_KEY_MIN 12

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
  gsize       size;

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
  /* Names are kept by the thousand: without the room that was left to grow. */
  size = clean->len + 1;
  return g_realloc (g_string_free (clean, FALSE), size);
}

/* How random a part of a path looks. */
typedef struct
{
  guint length;    /* of letters and digits */
  guint n_changes; /* between digits, small letters and capitals */
  guint n_letters; /* of the current stretch, which a separator ends */
  guint n_digits;
  guint n_hex;
  char  previous;
} Randomness;

static gboolean
is_other_kind (char previous, char c)
{
  if (previous == '\0' || g_ascii_isdigit (previous) != g_ascii_isdigit (c))
    return previous != '\0';
  /* A capital at the beginning of a word is no change. */
  return g_ascii_islower (previous) && g_ascii_isupper (c);
}

static gboolean
is_key_stretch (const Randomness *self)
{
  guint length = self->n_letters + self->n_digits;

  if (length < KEY_MIN)
    return FALSE;
  return length >= KEY_SURE || self->n_hex == length || (self->n_letters > 0 && self->n_digits > 0);
}

/* Half of the characters of a random text change the kind; the longer it is,
 * the surer is that. */
static gboolean
is_mixed (const Randomness *self)
{
  guint factor = self->length >= KEY_SURE ? 4 : 3;

  return self->length >= MIXED_KEY_MIN && self->n_changes * factor >= self->length;
}

static void
end_stretch (Randomness *self)
{
  self->n_letters = 0;
  self->n_digits = 0;
  self->n_hex = 0;
}

static void
add_character (Randomness *self, char c)
{
  self->n_letters += g_ascii_isalpha (c) ? 1 : 0;
  self->n_digits += g_ascii_isdigit (c) ? 1 : 0;
  self->n_hex += g_ascii_isxdigit (c) ? 1 : 0;
  self->n_changes += is_other_kind (self->previous, c) ? 1 : 0;
  self->length++;
  self->previous = c;
}

/* Passkeys are hex, base32 or base64 and have a part of the path for themselves.
 * When in doubt a name is hidden rather than a key shown. */
static gboolean
is_key (const char *part, gsize size)
{
  Randomness randomness = { 0 };

  for (gsize i = 0; i < size; i++)
    if (g_ascii_isalnum (part[i]))
      {
        add_character (&randomness, part[i]);
        if (is_key_stretch (&randomness))
          return TRUE;
      }
    else
      end_stretch (&randomness);

  return is_mixed (&randomness);
}

/* What stands in front of the host: up to the "@". An unescaped "/", "?" or "#"
 * in a password makes it look like a port that is no number. */
static const char *
find_host (const char *url, const char *end)
{
  const char *authority_end = url + strcspn (url, "/?#");
  const char *at = memrchr (url, '@', (gsize) (authority_end - url));
  const char *colon = memchr (url, ':', (gsize) (authority_end - url));

  if (at != NULL)
    return at + 1;
  if (*url == '[' || colon == NULL || colon + 1 + strspn (colon + 1, "0123456789") == authority_end)
    return url;

  at = memrchr (url, '@', (gsize) (end - url));
  return at != NULL ? at + 1 : url;
}

static const char *
redact_path (GString *shown, const char *path)
{
  while (*path != '\0' && *path != '?' && *path != '#')
    {
      gsize size = strcspn (path, "?#" PATH_SEPARATORS);

      if (is_key (path, size))
        g_string_append (shown, HIDDEN);
      else
        g_string_append_len (shown, path, (gssize) size);
      path += size;
      if (*path != '\0' && strchr (PATH_SEPARATORS, *path) != NULL)
        g_string_append_c (shown, *path++);
    }
  return path;
}

/* The names of values stay, as they help to see what went wrong. */
static const char *
redact_query (GString *shown, const char *query)
{
  while (*query != '\0' && *query != '#')
    {
      gsize size = strcspn (query, "&;#");
      gsize name_size = strcspn (query, "=&;#");

      if (name_size < size && !is_key (query, name_size))
        g_string_append_len (shown, query, (gssize) name_size + 1);
      if (size > 0)
        g_string_append (shown, HIDDEN);
      query += size;
      if (*query == '&' || *query == ';')
        g_string_append_c (shown, *query++);
    }
  return query;
}

char *
btfw_text_redact_url (const char *url)
{
  g_autoptr (GString) shown = NULL;
  const char *scheme_end;
  const char *host;

  g_return_val_if_fail (url != NULL, NULL);

  shown = g_string_new (NULL);
  scheme_end = strstr (url, "://");
  if (scheme_end != NULL && scheme_end - url == (gssize) strspn (url, SCHEME_CHARACTERS))
    {
      g_string_append_len (shown, url, scheme_end + 3 - url);
      url = scheme_end + 3;
    }

  host = find_host (url, url + strlen (url));
  if (host != url)
    g_string_append (shown, HIDDEN "@");
  url = host + strcspn (host, "/?#");
  g_string_append_len (shown, host, url - host);

  url = redact_path (shown, url);
  if (*url == '?')
    {
      g_string_append_c (shown, *url);
      url = redact_query (shown, url + 1);
    }
  if (*url == '#')
    g_string_append (shown, "#" HIDDEN);
  return btfw_text_clean (shown->str, -1);
}
