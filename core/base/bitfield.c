/* bitfield.c: a set of small numbers, one bit each. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/bitfield.h"

#include <string.h>

/* The bits of the last word that belong to the set. */
static guint64
last_word_mask (guint32 n_bits)
{
  return n_bits % 64 == 0 ? G_MAXUINT64 : (G_GUINT64_CONSTANT (1) << (n_bits % 64)) - 1;
}

static guint32
count_words (const guint64 *words, gsize n_words)
{
  guint32 n_set = 0;

  for (gsize i = 0; i < n_words; i++)
    n_set += (guint32) __builtin_popcountll (words[i]);
  return n_set;
}

/* The word at @index of what is searched: @a, what @a lacks, or what both have. */
typedef guint64 (*WordFunc) (const BtfwBitfield *a, const BtfwBitfield *b, gsize index);

static guint64
word_of_set (const BtfwBitfield *a, const BtfwBitfield *b, gsize index)
{
  return a->words[index];
}

static guint64
word_of_unset (const BtfwBitfield *a, const BtfwBitfield *b, gsize index)
{
  return ~a->words[index];
}

static guint64
word_of_both (const BtfwBitfield *a, const BtfwBitfield *b, gsize index)
{
  return a->words[index] & b->words[index];
}

/* Inlined into its callers, so that @get_word costs no call. */
static inline guint32
find_next (const BtfwBitfield *a, const BtfwBitfield *b, guint32 n_bits, guint32 from, WordFunc get_word)
{
  gsize   n_words = BTFW_BITFIELD_WORDS (n_bits);
  gsize   index = from / 64;
  guint64 word;

  if (from >= n_bits)
    return BTFW_BIT_NONE;

  word = get_word (a, b, index) & G_MAXUINT64 << (from % 64);
  while (word == 0)
    {
      if (++index == n_words)
        return BTFW_BIT_NONE;
      word = get_word (a, b, index);
    }

  from = (guint32) (index * 64) + (guint32) __builtin_ctzll (word);
  return from < n_bits ? from : BTFW_BIT_NONE;
}

/* Turns the order of the bits round: peers send the first bit as the highest. */
static guint8
reverse_bits (guint8 byte)
{
  byte = (guint8) (byte >> 4 | byte << 4);
  byte = (guint8) ((byte & 0xcc) >> 2 | (byte & 0x33) << 2);
  return (guint8) ((byte & 0xaa) >> 1 | (byte & 0x55) << 1);
}

gboolean
btfw_bitfield_init (BtfwBitfield *self, guint32 n_bits)
{
  *self = (BtfwBitfield){ 0 };
  if (n_bits == 0)
    return TRUE;

  self->words = g_try_new0 (guint64, BTFW_BITFIELD_WORDS (n_bits));
  if (self->words == NULL)
    return FALSE;

  self->n_bits = n_bits;
  return TRUE;
}

void
btfw_bitfield_clear (BtfwBitfield *self)
{
  g_free (self->words);
  *self = (BtfwBitfield){ 0 };
}

gboolean
btfw_bitfield_copy (BtfwBitfield *self, const BtfwBitfield *other)
{
  BtfwBitfield copy;

  if (!btfw_bitfield_init (&copy, other->n_bits))
    return FALSE;

  for (gsize i = 0; i < BTFW_BITFIELD_WORDS (other->n_bits); i++)
    copy.words[i] = other->words[i];
  copy.n_set = other->n_set;
  btfw_bitfield_clear (self);
  *self = copy;
  return TRUE;
}

gboolean
btfw_bitfield_set (BtfwBitfield *self, guint32 bit)
{
  if (bit >= self->n_bits || btfw_bitfield_get (self, bit))
    return FALSE;

  self->words[bit / 64] |= G_GUINT64_CONSTANT (1) << (bit % 64);
  self->n_set++;
  return TRUE;
}

gboolean
btfw_bitfield_unset (BtfwBitfield *self, guint32 bit)
{
  if (!btfw_bitfield_get (self, bit))
    return FALSE;

  self->words[bit / 64] &= ~(G_GUINT64_CONSTANT (1) << (bit % 64));
  self->n_set--;
  return TRUE;
}

void
btfw_bitfield_set_all (BtfwBitfield *self)
{
  gsize n_words = BTFW_BITFIELD_WORDS (self->n_bits);

  if (n_words == 0)
    return;

  memset (self->words, 0xff, n_words * sizeof *self->words);
  self->words[n_words - 1] = last_word_mask (self->n_bits);
  self->n_set = self->n_bits;
}

void
btfw_bitfield_unset_all (BtfwBitfield *self)
{
  if (self->n_bits > 0)
    memset (self->words, 0, BTFW_BITFIELD_WORDS (self->n_bits) * sizeof *self->words);
  self->n_set = 0;
}

guint32
btfw_bitfield_next (const BtfwBitfield *self, guint32 from)
{
  return find_next (self, NULL, self->n_bits, from, word_of_set);
}

guint32
btfw_bitfield_next_unset (const BtfwBitfield *self, guint32 from)
{
  return find_next (self, NULL, self->n_bits, from, word_of_unset);
}

guint32
btfw_bitfield_next_and (const BtfwBitfield *a, const BtfwBitfield *b, guint32 from)
{
  return find_next (a, b, MIN (a->n_bits, b->n_bits), from, word_of_both);
}

guint32
btfw_bitfield_count_and (const BtfwBitfield *a, const BtfwBitfield *b)
{
  gsize   n_words = BTFW_BITFIELD_WORDS (MIN (a->n_bits, b->n_bits));
  guint32 n_set = 0;

  /* The shorter set's last word is 0 past its end, so no mask is needed. */
  for (gsize i = 0; i < n_words; i++)
    n_set += (guint32) __builtin_popcountll (a->words[i] & b->words[i]);
  return n_set;
}

void
btfw_bitfield_to_wire (const BtfwBitfield *self, guint8 *bytes)
{
  for (gsize i = 0; i < BTFW_BITFIELD_WIRE_SIZE (self->n_bits); i++)
    bytes[i] = reverse_bits ((guint8) (self->words[i / 8] >> (i % 8 * 8)));
}

gboolean
btfw_bitfield_from_wire (BtfwBitfield *self, const guint8 *bytes, gsize size)
{
  guint n_spare;

  if (size != BTFW_BITFIELD_WIRE_SIZE (self->n_bits))
    return FALSE;

  n_spare = (guint) (size * 8 - self->n_bits);
  if (n_spare > 0 && (bytes[size - 1] & ((1u << n_spare) - 1)) != 0)
    return FALSE;

  btfw_bitfield_unset_all (self);
  for (gsize i = 0; i < size; i++)
    self->words[i / 8] |= (guint64) reverse_bits (bytes[i]) << (i % 8 * 8);
  self->n_set = count_words (self->words, BTFW_BITFIELD_WORDS (self->n_bits));
  return TRUE;
}
