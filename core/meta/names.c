/* names.c: makes the names that a torrent's author chose safe to use on a disk. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/names.h"

#include "meta/name-set.h"

#include <btfw/btfw-error.h>
#include <btfw/btfw-text.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define EXTENSION_SIZE_MAX 32

/* What is left of an element that gets a number: " (4000001)" fits behind it. */
#define NUMBERED_SIZE_MAX 245

/* How many numbers are tried for all files of a torrent together. Trying them
 * in order costs the square of how many files share a name, so this bounds the
 * time; some 2,800 files may share one. */
#define TRIES_MAX 4000000u

/* How much of a path messages repeat, in bytes. */
#define SHOWN_SIZE_MAX 600

struct _BtfwNames
{
  BtfwNameSet taken;
  GString    *element; /* the one being placed */
  guint       n_tries;
};

static gboolean
is_unsafe_character (gunichar c)
{
  return c < 0x20 || c == '/' || c == '\\' ||
         (c >= 0x7f && c <= 0x9f) ||     /* DEL and the C1 controls */
         (c >= 0x202a && c <= 0x202e) || /* embeddings and overrides of direction */
         (c >= 0x2066 && c <= 0x2069);   /* isolates */
}

/* Answers how many bytes the character at @bytes has. A byte that is not part
 * of valid UTF-8 is an unsafe one of its own. */
static gsize
read_character (const char *bytes, gsize left, gboolean *is_safe)
{
  guint8   first = (guint8) *bytes;
  gunichar c;

  if (first < 0x80)
    {
      *is_safe = !is_unsafe_character (first);
      return 1;
    }

  c = g_utf8_get_char_validated (bytes, (gssize) left);
  if (c == (gunichar) -1 || c == (gunichar) -2)
    {
      *is_safe = FALSE;
      return 1;
    }

  *is_safe = !is_unsafe_character (c);
  return (gsize) (g_utf8_next_char (bytes) - bytes);
}

static gboolean
is_dot_or_space (char c)
{
  return c == '.' || c == ' ';
}

static gboolean
is_blank (const char *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      if (!is_dot_or_space (bytes[i]))
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_safe_element (const char *bytes, gsize size)
{
  gboolean is_safe = TRUE;

  for (gsize i = 0; i < size && is_safe;)
    i += read_character (bytes + i, size - i, &is_safe);

  return is_safe && !is_blank (bytes, size);
}

static void
append_encoded (GString *out, const char *bytes, gsize size)
{
  static const char digits[] = "0123456789ABCDEF";

  for (gsize i = 0; i < size; i++)
    {
      guint8     byte = (guint8) bytes[i];
      const char encoded[3] = { '%', digits[byte >> 4], digits[byte & 15] };

      g_string_append_len (out, encoded, sizeof encoded);
    }
}

static void
append_mended (GString *out, const char *bytes, gsize size)
{
  gsize safe_size = is_blank (bytes, size) ? size - 1 : size;
  gsize i = 0;

  while (i < size)
    {
      gboolean is_safe;
      gsize    length = read_character (bytes + i, size - i, &is_safe);

      if (is_safe && bytes[i] != '%' && i < safe_size)
        g_string_append_len (out, bytes + i, (gssize) length);
      else
        append_encoded (out, bytes + i, length);
      i += length;
    }
}

/* Where the extension of @name begins, with its '.'; @size when it has none. */
static gsize
find_extension (const char *name, gsize size)
{
  const char *dot = memrchr (name, '.', size);

  if (dot == NULL || dot == name || size - (gsize) (dot - name) > EXTENSION_SIZE_MAX)
    return size;

  return (gsize) (dot - name);
}

/* Cuts the element that begins at @start to @max bytes. */
static void
shorten_element (GString *out, gsize start, gsize max)
{
  char *element = out->str + start;
  gsize size = out->len - start;
  gsize extension, cut;

  if (size <= max)
    return;

  extension = find_extension (element, size);
  cut = max - (size - extension);
  while (((guint8) element[cut] & 0xc0) == 0x80)
    cut--;
  if (extension == size && is_dot_or_space (element[cut - 1]))
    element[cut - 1] = '_';

  g_string_erase (out, (gssize) (start + cut), (gssize) (extension - cut));
}

void
btfw_name_append_safe (GString *out, const char *bytes, gsize size)
{
  gsize start = out->len;

  if (size == 0)
    g_string_append_c (out, '_');
  else if (is_safe_element (bytes, size))
    g_string_append_len (out, bytes, (gssize) size);
  else
    append_mended (out, bytes, size);

  shorten_element (out, start, BTFW_NAME_SIZE_MAX);
}

BtfwNames *
btfw_names_new (void)
{
  BtfwNames *self = g_new0 (BtfwNames, 1);

  btfw_name_set_init (&self->taken);
  self->element = g_string_sized_new (BTFW_NAME_SIZE_MAX);
  return self;
}

void
btfw_names_free (BtfwNames *self)
{
  btfw_name_set_clear (&self->taken);
  g_string_free (self->element, TRUE);
  g_free (self);
}

static gboolean
fail_tries (GError **error)
{
  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_LIMIT, _("too many of its files have the same name"));
  return FALSE;
}

/* Gives the element, which is taken, the first number that makes it free. */
static gboolean
btfw_names_number_element (BtfwNames *self, BtfwNameKey folder, BtfwNameUse use, BtfwNameKey *key, GError **error)
{
  char        suffix[16];
  BtfwNameKey stem_key;
  BtfwNameUse taken;
  gsize       place;
  guint       number = 2;

  shorten_element (self->element, 0, NUMBERED_SIZE_MAX);
  place = self->element->len;
  if (use == BTFW_NAME_FILE)
    place = find_extension (self->element->str, self->element->len);
  stem_key = btfw_name_key (folder, self->element->str, place);

  do
    {
      if (self->n_tries++ == TRIES_MAX)
        return fail_tries (error);

      g_snprintf (suffix, sizeof suffix, " (%u)", number++);
      *key = btfw_name_key_extend (btfw_name_key_extend (stem_key, suffix), self->element->str + place);
      taken = btfw_name_set_get (&self->taken, *key);
    }
  while (taken == BTFW_NAME_FILE || (taken == BTFW_NAME_FOLDER && use == BTFW_NAME_FILE));

  g_string_insert (self->element, (gssize) place, suffix);
  return TRUE;
}

/* Finds a place for the element in @folder, which becomes its own key. */
static gboolean
btfw_names_place_element (BtfwNames *self, BtfwNameKey *folder, BtfwNameUse use, GError **error)
{
  BtfwNameKey key = btfw_name_key (*folder, self->element->str, self->element->len);
  BtfwNameUse taken = btfw_name_set_get (&self->taken, key);
  gboolean    is_shared = taken == BTFW_NAME_FOLDER && use == BTFW_NAME_FOLDER;

  if (taken != BTFW_NAME_FREE && !is_shared && !btfw_names_number_element (self, *folder, use, &key, error))
    return FALSE;

  if (btfw_name_set_get (&self->taken, key) == BTFW_NAME_FREE && !btfw_name_set_add (&self->taken, key, use))
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_LIMIT,
                           _("there is not enough memory for the names of the files"));
      return FALSE;
    }

  *folder = key;
  return TRUE;
}

/* Whether the elements, made safe, are more than a path may have. */
static gboolean
btfw_names_exceed_path (BtfwNames *self, const BtfwName *elements, guint n_elements)
{
  gsize size = n_elements - 1;

  for (guint i = 0; i < n_elements; i++)
    size += MIN (3 * elements[i].size + 1, BTFW_NAME_SIZE_MAX);
  if (size <= BTFW_PATH_SIZE_MAX)
    return FALSE;

  size = n_elements - 1;
  for (guint i = 0; i < n_elements; i++)
    {
      g_string_truncate (self->element, 0);
      btfw_name_append_safe (self->element, elements[i].bytes, elements[i].size);
      size += self->element->len;
    }

  return size > BTFW_PATH_SIZE_MAX;
}

gboolean
btfw_names_add (BtfwNames      *self,
                const BtfwName *elements,
                guint           n_elements,
                GString        *path,
                GError        **error)
{
  BtfwNameKey folder = BTFW_NAME_KEY_ROOT;
  gboolean    is_flat = btfw_names_exceed_path (self, elements, n_elements);

  g_assert (n_elements > 0 && n_elements <= BTFW_PATH_DEPTH_MAX + 1);

  g_string_truncate (path, 0);
  for (guint i = 0; i < n_elements; i++)
    {
      gboolean is_last = i == n_elements - 1;

      if (is_flat && i > 0 && !is_last)
        continue;

      g_string_truncate (self->element, 0);
      btfw_name_append_safe (self->element, elements[i].bytes, elements[i].size);
      if (!btfw_names_place_element (self, &folder, is_last ? BTFW_NAME_FILE : BTFW_NAME_FOLDER, error))
        return FALSE;

      if (i > 0)
        g_string_append_c (path, '/');
      g_string_append_len (path, self->element->str, (gssize) self->element->len);
    }

  return TRUE;
}

char *
btfw_names_show (const BtfwName *elements, guint n_elements)
{
  g_autoptr (GString) path = g_string_new (NULL);

  for (guint i = 0; i < n_elements && path->len < SHOWN_SIZE_MAX; i++)
    {
      if (i > 0)
        g_string_append_c (path, '/');
      g_string_append_len (path, elements[i].bytes, (gssize) MIN (elements[i].size, SHOWN_SIZE_MAX));
    }

  return btfw_text_clean (path->str, (gssize) MIN (path->len, SHOWN_SIZE_MAX));
}

gboolean
btfw_names_match (const BtfwName *elements, guint n_elements, const char *path)
{
  gsize left = strlen (path);

  for (guint i = 0; i < n_elements; i++)
    {
      gsize size = elements[i].size;

      if (i > 0 && (left == 0 || *path != '/'))
        return FALSE;
      if (i > 0)
        path++, left--;

      if (size > left || memcmp (path, elements[i].bytes, size) != 0)
        return FALSE;
      path += size;
      left -= size;
    }

  return left == 0;
}
