/* bencode-parser.c: walks over a bencoded value without recursion. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/bencode-parser.h"

#include <glib/gi18n-lib.h>

/* The list or dictionary that the walk is in, or NULL. */
static BtfwBencodeFrame *
innermost (BtfwBencodeParser *self)
{
  return self->depth > 0 ? &self->frames[self->depth - 1] : NULL;
}

gboolean
btfw_bencode_fail (GError **error, BtfwError code, gsize offset, const char *what)
{
  g_set_error (error, BTFW_ERROR, (gint) code, _("at byte %zu: %s"), offset, what);
  return FALSE;
}

gsize
btfw_bencode_parser_get_offset (const BtfwBencodeParser *self)
{
  return self->size - self->reader.left;
}

static gboolean
fail_at_end (GError **error, const BtfwBencodeParser *self)
{
  return btfw_bencode_fail (error, BTFW_ERROR_INVALID, self->size, _("the data ends too early"));
}

/* These two keep what only a failure needs out of the way of every token. */
static gboolean
fail_at_limit (GError **error, gsize offset, const char *format, guint32 limit)
{
  g_autofree char *what = g_strdup_printf (format, limit);

  return btfw_bencode_fail (error, BTFW_ERROR_LIMIT, offset, what);
}

static gboolean
fail_too_long (GError **error, gsize offset, guint64 length, gsize left)
{
  g_autofree char *what = g_strdup_printf (_("a string of %llu bytes where %zu are left"),
                                           (unsigned long long) length, left);

  return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset, what);
}

/* Reads digits up to @end, and @end itself. */
static gboolean
read_number (BtfwBencodeParser *self, guint8 end, guint64 max, guint64 *value, GError **error)
{
  gsize   offset = btfw_bencode_parser_get_offset (self);
  guint64 number = 0;
  guint8  byte;

  for (guint n_digits = 0; btfw_reader_get_u8 (&self->reader, &byte); n_digits++)
    {
      if (byte == end && n_digits > 0)
        {
          *value = number;
          return TRUE;
        }
      if (!g_ascii_isdigit (byte))
        return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset + n_digits, _("a digit was expected"));
      if (n_digits == 1 && number == 0)
        return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset, _("a number with a leading zero"));
      if (number > (max - (guint64) (byte - '0')) / 10)
        return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset, _("a number that is too large"));
      number = number * 10 + (guint64) (byte - '0');
    }
  return fail_at_end (error, self);
}

/* Behind the "i". */
gboolean
btfw_bencode_parser_read_integer (BtfwBencodeParser *self, gint64 *value, GError **error)
{
  gsize    offset = btfw_bencode_parser_get_offset (self);
  guint8   byte = 0;
  gboolean is_negative = btfw_reader_peek_u8 (&self->reader, &byte) && byte == '-';
  guint64  number;

  if (is_negative)
    btfw_reader_skip (&self->reader, 1);
  if (!read_number (self, 'e', (guint64) G_MAXINT64 + is_negative, &number, error))
    return FALSE;
  if (is_negative && number == 0)
    return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset, _("a zero with a minus sign"));

  *value = is_negative ? (gint64) (0 - number) : (gint64) number;
  return TRUE;
}

gboolean
btfw_bencode_parser_read_string (BtfwBencodeParser *self, const guint8 **string, gsize *size, GError **error)
{
  gsize   offset = btfw_bencode_parser_get_offset (self);
  guint64 length;

  if (!read_number (self, ':', G_MAXUINT64, &length, error))
    return FALSE;
  if (length > self->reader.left)
    return fail_too_long (error, offset, length, self->reader.left);

  *size = (gsize) length;
  return btfw_reader_get_bytes (&self->reader, *size, string);
}

static gboolean
count_token (BtfwBencodeParser *self, gsize offset, GError **error)
{
  if (self->n_tokens++ < self->max_tokens)
    return TRUE;

  return fail_at_limit (error, offset, _("too many values (token limit %u)"), self->max_tokens);
}

/* Each value, and each key, belongs to the innermost list or dictionary. */
static void
count_member (BtfwBencodeParser *self)
{
  BtfwBencodeFrame *frame = innermost (self);

  if (frame == NULL)
    return;

  if (!frame->is_dict || !frame->has_key)
    frame->n_members++;
  frame->has_key = frame->is_dict && !frame->has_key;
}

static gboolean
check_place (BtfwBencodeParser *self, gsize offset, guint8 byte, GError **error)
{
  const BtfwBencodeFrame *frame = innermost (self);

  if (frame != NULL && frame->is_dict && !frame->has_key && !g_ascii_isdigit (byte))
    return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset, _("a key that is not a string"));
  return count_token (self, offset, error);
}

static guint32
add_node (BtfwBencodeParser *self, gsize offset, guint32 n_words)
{
  guint32 node = self->n_words;

  if (self->words != NULL)
    self->words[node + BTFW_BENCODE_WORD_START] = (guint32) offset;
  self->n_words += n_words;
  return node;
}

static gboolean
begin_parent (BtfwBencodeParser *self, gsize offset, gboolean is_dict, GError **error)
{
  guint8   byte;
  gboolean is_empty;

  if (self->depth == BTFW_BENCODE_DEPTH_MAX)
    return fail_at_limit (error, offset, _("nested too deeply (limit %u)"), BTFW_BENCODE_DEPTH_MAX);

  is_empty = btfw_reader_peek_u8 (&self->reader, &byte) && byte == 'e';
  self->frames[self->depth++] = (BtfwBencodeFrame){
    .node = add_node (self, offset, is_empty ? BTFW_BENCODE_N_WORDS_LEAF : BTFW_BENCODE_N_WORDS_PARENT),
    .is_dict = is_dict,
    .is_empty = is_empty,
  };
  return TRUE;
}

static gboolean
end_parent (BtfwBencodeParser *self, gsize offset, GError **error)
{
  const BtfwBencodeFrame *frame = innermost (self);

  if (frame == NULL)
    return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset, _("an end without a beginning"));
  if (frame->has_key)
    return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset, _("a key without a value"));
  if (!count_token (self, offset, error))
    return FALSE;

  if (self->words != NULL && !frame->is_empty)
    {
      self->words[frame->node + BTFW_BENCODE_WORD_END] = (guint32) offset + 1;
      self->words[frame->node + BTFW_BENCODE_WORD_NEXT] = self->n_words;
      self->words[frame->node + BTFW_BENCODE_WORD_N_MEMBERS] = frame->n_members;
    }
  self->depth--;
  return TRUE;
}

/* Anything that is not an end: its first byte is @byte, at @offset. */
static gboolean
begin_value (BtfwBencodeParser *self, gsize offset, guint8 byte, GError **error)
{
  const guint8 *string;
  gsize         size;
  gint64        integer;

  if (!check_place (self, offset, byte, error))
    return FALSE;
  count_member (self);

  if (g_ascii_isdigit (byte))
    {
      add_node (self, offset, BTFW_BENCODE_N_WORDS_LEAF);
      return btfw_bencode_parser_read_string (self, &string, &size, error);
    }

  btfw_reader_skip (&self->reader, 1);
  switch (byte)
    {
    case 'i':
      add_node (self, offset, BTFW_BENCODE_N_WORDS_LEAF);
      return btfw_bencode_parser_read_integer (self, &integer, error);
    case 'l':
      return begin_parent (self, offset, FALSE, error);
    case 'd':
      return begin_parent (self, offset, TRUE, error);
    default:
      return btfw_bencode_fail (error, BTFW_ERROR_INVALID, offset, _("no value begins like this"));
    }
}

/* Walks over one value, however deep it is, without recursion. */
gboolean
btfw_bencode_parser_run (BtfwBencodeParser *self, GError **error)
{
  do
    {
      gsize  offset = btfw_bencode_parser_get_offset (self);
      guint8 byte;

      if (!btfw_reader_peek_u8 (&self->reader, &byte))
        return fail_at_end (error, self);

      if (byte != 'e')
        {
          if (!begin_value (self, offset, byte, error))
            return FALSE;
          continue;
        }

      btfw_reader_skip (&self->reader, 1);
      if (!end_parent (self, offset, error))
        return FALSE;
    }
  while (self->depth > 0);

  return TRUE;
}

void
btfw_bencode_parser_init (BtfwBencodeParser *self, const guint8 *data, gsize size, guint32 max_tokens, guint32 *words)
{
  self->reader = BTFW_READER (data, size);
  self->size = size;
  self->words = words;
  self->n_words = 0;
  self->n_tokens = 0;
  self->max_tokens = MIN (max_tokens, BTFW_BENCODE_TOKENS_MAX);
  self->depth = 0;
}

