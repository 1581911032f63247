/* bencode.c: a flat table of the nodes of a bencoded document. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/bencode.h"

#include "base/bencode-parser.h"

#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

struct _BtfwBencode
{
  const guint8 *data;
  gsize         size;
  guint32      *words;
  guint32       n_words;
};

/* Checks the grammar, and finds how large the table is and how much is @left
 * behind the value. */
static gboolean
measure (const guint8 *data, gsize size, guint32 max_tokens, guint32 *n_words, gsize *left, GError **error)
{
  BtfwBencodeParser parser;

  if (size > BTFW_BENCODE_SIZE_MAX)
    return btfw_bencode_fail (error, BTFW_ERROR_LIMIT, BTFW_BENCODE_SIZE_MAX, _("more data than btfw takes"));

  btfw_bencode_parser_init (&parser, data, size, max_tokens, NULL);
  if (!btfw_bencode_parser_run (&parser, error))
    return FALSE;

  *n_words = parser.n_words;
  *left = parser.reader.left;
  return TRUE;
}

/* Fills a table for a document that is known to be well formed. */
static void
fill (BtfwBencode *self, guint32 max_tokens)
{
  BtfwBencodeParser   parser;
  gboolean is_filled;

  btfw_bencode_parser_init (&parser, self->data, self->size, max_tokens, self->words);
  is_filled = btfw_bencode_parser_run (&parser, NULL);
  g_assert (is_filled && parser.n_words == self->n_words);
}

static gboolean
is_parent (const BtfwBencode *self, guint32 node)
{
  const guint8 *value;

  if (node == BTFW_BENCODE_NONE)
    return FALSE;

  value = self->data + self->words[node + BTFW_BENCODE_WORD_START];
  return (value[0] == 'l' || value[0] == 'd') && value[1] != 'e';
}

static gboolean
is_type (const BtfwBencode *self, guint32 node, BtfwBencodeType type)
{
  return node != BTFW_BENCODE_NONE && btfw_bencode_get_type (self, node) == type;
}

/* The node behind @node and all that is inside it. */
static guint32
skip_node (const BtfwBencode *self, guint32 node)
{
  return is_parent (self, node) ? self->words[node + BTFW_BENCODE_WORD_NEXT] : node + BTFW_BENCODE_N_WORDS_LEAF;
}

/* Stands at a string or integer again, which is known to be well formed. */
static void
parser_init_at (BtfwBencodeParser *self, const BtfwBencode *document, guint32 node)
{
  gsize start = document->words[node + BTFW_BENCODE_WORD_START];

  btfw_bencode_parser_init (self, document->data + start, document->size - start, 0, NULL);
}

static int
compare_keys (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const BtfwBencode *self = user_data;
  const char        *strings[2];
  gsize              sizes[2];
  int                order;

  btfw_bencode_get_string (self, *(const guint32 *) a, &strings[0], &sizes[0]);
  btfw_bencode_get_string (self, *(const guint32 *) b, &strings[1], &sizes[1]);

  order = memcmp (strings[0], strings[1], MIN (sizes[0], sizes[1]));
  return order != 0 ? order : (sizes[0] > sizes[1]) - (sizes[0] < sizes[1]);
}

static gboolean
are_keys_sorted (const BtfwBencode *self, guint32 dict)
{
  guint32 previous = btfw_bencode_first (self, dict);
  guint32 key = btfw_bencode_next (self, dict, previous);

  while (key != BTFW_BENCODE_NONE)
    {
      if (compare_keys (&previous, &key, (gpointer) self) >= 0)
        return FALSE;
      previous = key;
      key = btfw_bencode_next (self, dict, key);
    }
  return TRUE;
}

static gboolean
fail_twice (const BtfwBencode *self, guint32 key, GError **error)
{
  g_autofree char *shown = NULL;
  g_autofree char *what = NULL;
  const char      *string;
  gsize            size;

  btfw_bencode_get_string (self, key, &string, &size);
  shown = btfw_text_clean (string, (gssize) size);
  what = g_strdup_printf (_("the key “%s” comes twice"), shown);
  return btfw_bencode_fail (error, BTFW_ERROR_INVALID, self->words[key + BTFW_BENCODE_WORD_START], what);
}

/* Sorting costs the same for any order that a stranger chooses. */
static gboolean
check_unsorted_keys (const BtfwBencode *self, guint32 dict, GError **error)
{
  guint32             n_keys = btfw_bencode_get_n_members (self, dict);
  g_autofree guint32 *keys = g_try_new (guint32, n_keys);
  guint32             n = 0;

  if (keys == NULL)
    return btfw_bencode_fail (error, BTFW_ERROR_LIMIT, self->words[dict + BTFW_BENCODE_WORD_START], _("not enough memory"));

  for (guint32 key = btfw_bencode_first (self, dict);
       key != BTFW_BENCODE_NONE;
       key = btfw_bencode_next (self, dict, key))
    keys[n++] = key;
  qsort_r (keys, n_keys, sizeof *keys, compare_keys, (gpointer) self);

  for (guint32 i = 1; i < n_keys; i++)
    if (compare_keys (&keys[i - 1], &keys[i], (gpointer) self) == 0)
      return fail_twice (self, MAX (keys[i - 1], keys[i]), error);
  return TRUE;
}

static gboolean
check_keys (const BtfwBencode *self, GError **error)
{
  guint32 node = 0;

  while (node < self->n_words)
    {
      gboolean has_members = is_parent (self, node);

      if (has_members && is_type (self, node, BTFW_BENCODE_DICT) &&
          !are_keys_sorted (self, node) && !check_unsorted_keys (self, node, error))
        return FALSE;
      node += has_members ? BTFW_BENCODE_N_WORDS_PARENT : BTFW_BENCODE_N_WORDS_LEAF;
    }
  return TRUE;
}

BtfwBencode *
btfw_bencode_parse (const guint8 *data, gsize size, guint32 max_tokens, gsize *rest, GError **error)
{
  g_autoptr (BtfwBencode) self = NULL;
  guint32 n_words;
  gsize   left;

  if (!measure (data, size, max_tokens, &n_words, &left, error))
    return NULL;
  if (rest == NULL && left > 0)
    {
      btfw_bencode_fail (error, BTFW_ERROR_INVALID, size - left, _("data behind the end"));
      return NULL;
    }

  self = g_new0 (BtfwBencode, 1);
  self->data = data;
  self->size = size;
  self->n_words = n_words;
  self->words = g_try_new (guint32, n_words);
  if (self->words == NULL)
    {
      btfw_bencode_fail (error, BTFW_ERROR_LIMIT, 0, _("not enough memory"));
      return NULL;
    }

  fill (self, max_tokens);
  if (!check_keys (self, error))
    return NULL;

  if (rest != NULL)
    *rest = left;
  return g_steal_pointer (&self);
}

void
btfw_bencode_free (BtfwBencode *self)
{
  if (self == NULL)
    return;

  g_free (self->words);
  g_free (self);
}

BtfwBencodeType
btfw_bencode_get_type (const BtfwBencode *self, guint32 node)
{
  g_assert (node < self->n_words);

  switch (self->data[self->words[node + BTFW_BENCODE_WORD_START]])
    {
    case 'i':
      return BTFW_BENCODE_INTEGER;
    case 'l':
      return BTFW_BENCODE_LIST;
    case 'd':
      return BTFW_BENCODE_DICT;
    default:
      return BTFW_BENCODE_STRING;
    }
}

const guint8 *
btfw_bencode_get_raw (const BtfwBencode *self, guint32 node, gsize *size)
{
  const guint8 *start;
  BtfwBencodeParser        parser;
  gboolean      is_read;

  *size = 0;
  if (node == BTFW_BENCODE_NONE)
    return NULL;

  start = self->data + self->words[node + BTFW_BENCODE_WORD_START];
  if (is_parent (self, node))
    {
      *size = self->words[node + BTFW_BENCODE_WORD_END] - self->words[node + BTFW_BENCODE_WORD_START];
      return start;
    }

  parser_init_at (&parser, self, node);
  parser.max_tokens = BTFW_BENCODE_TOKENS_MAX;
  is_read = btfw_bencode_parser_run (&parser, NULL);
  g_assert (is_read);
  *size = btfw_bencode_parser_get_offset (&parser);
  return start;
}

gboolean
btfw_bencode_get_integer (const BtfwBencode *self, guint32 node, gint64 *value)
{
  BtfwBencodeParser parser;

  if (!is_type (self, node, BTFW_BENCODE_INTEGER))
    return FALSE;

  parser_init_at (&parser, self, node);
  btfw_reader_skip (&parser.reader, 1);
  return btfw_bencode_parser_read_integer (&parser, value, NULL);
}

gboolean
btfw_bencode_get_string (const BtfwBencode *self, guint32 node, const char **string, gsize *size)
{
  const guint8 *bytes;
  BtfwBencodeParser        parser;

  if (!is_type (self, node, BTFW_BENCODE_STRING))
    return FALSE;

  parser_init_at (&parser, self, node);
  if (!btfw_bencode_parser_read_string (&parser, &bytes, size, NULL))
    return FALSE;

  *string = (const char *) bytes;
  return TRUE;
}

guint32
btfw_bencode_lookup (const BtfwBencode *self, guint32 dict, const char *key)
{
  gsize key_size = strlen (key);

  if (!is_type (self, dict, BTFW_BENCODE_DICT))
    return BTFW_BENCODE_NONE;

  for (guint32 node = btfw_bencode_first (self, dict);
       node != BTFW_BENCODE_NONE;
       node = btfw_bencode_next (self, dict, node))
    {
      const char *string;
      gsize       size;

      btfw_bencode_get_string (self, node, &string, &size);
      if (size == key_size && memcmp (string, key, size) == 0)
        return btfw_bencode_get_value (self, node);
    }
  return BTFW_BENCODE_NONE;
}

guint32
btfw_bencode_lookup_type (const BtfwBencode *self, guint32 dict, const char *key, BtfwBencodeType type)
{
  guint32 node = btfw_bencode_lookup (self, dict, key);

  return is_type (self, node, type) ? node : BTFW_BENCODE_NONE;
}

gboolean
btfw_bencode_lookup_integer (const BtfwBencode *self, guint32 dict, const char *key, gint64 *value)
{
  return btfw_bencode_get_integer (self, btfw_bencode_lookup (self, dict, key), value);
}

gboolean
btfw_bencode_lookup_string (const BtfwBencode *self, guint32 dict, const char *key, const char **string, gsize *size)
{
  return btfw_bencode_get_string (self, btfw_bencode_lookup (self, dict, key), string, size);
}

guint32
btfw_bencode_get_n_members (const BtfwBencode *self, guint32 node)
{
  return is_parent (self, node) ? self->words[node + BTFW_BENCODE_WORD_N_MEMBERS] : 0;
}

guint32
btfw_bencode_first (const BtfwBencode *self, guint32 node)
{
  return is_parent (self, node) ? node + BTFW_BENCODE_N_WORDS_PARENT : BTFW_BENCODE_NONE;
}

guint32
btfw_bencode_next (const BtfwBencode *self, guint32 parent, guint32 member)
{
  guint32 next;

  if (!is_parent (self, parent) || member == BTFW_BENCODE_NONE)
    return BTFW_BENCODE_NONE;

  next = skip_node (self, member);
  if (is_type (self, parent, BTFW_BENCODE_DICT))
    next = skip_node (self, next);
  return next < self->words[parent + BTFW_BENCODE_WORD_NEXT] ? next : BTFW_BENCODE_NONE;
}

guint32
btfw_bencode_get_value (const BtfwBencode *self, guint32 key)
{
  return key == BTFW_BENCODE_NONE ? BTFW_BENCODE_NONE : skip_node (self, key);
}
