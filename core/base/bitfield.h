/* bitfield.h: a set of small numbers, one bit each. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Bit 0 is the lowest bit of the first word. Bits past n_bits are always 0, so
 * whole words can be compared and counted. */
typedef struct
{
  guint64 *words;
  guint32  n_bits;
  guint32  n_set;
} BtfwBitfield;

#define BTFW_BITFIELD_WORDS(n_bits) (((gsize) (n_bits) + 63) / 64)
#define BTFW_BIT_NONE G_MAXUINT32

/* FALSE when there is no memory for it; @self is then empty. */
gboolean btfw_bitfield_init (BtfwBitfield *self, guint32 n_bits);
void     btfw_bitfield_clear (BtfwBitfield *self);
/* Replaces what @self holds; FALSE when there is no memory. */
gboolean btfw_bitfield_copy (BtfwBitfield *self, const BtfwBitfield *other);

static inline gboolean
btfw_bitfield_get (const BtfwBitfield *self, guint32 bit)
{
  return bit < self->n_bits && (self->words[bit / 64] >> (bit % 64) & 1);
}

/* These answer whether the bit changed; bits past the end never do. */
gboolean btfw_bitfield_set (BtfwBitfield *self, guint32 bit);
gboolean btfw_bitfield_unset (BtfwBitfield *self, guint32 bit);

void btfw_bitfield_set_all (BtfwBitfield *self);
void btfw_bitfield_unset_all (BtfwBitfield *self);

static inline gboolean
btfw_bitfield_is_full (const BtfwBitfield *self)
{
  return self->n_set == self->n_bits;
}

/* The first set bit at @from or behind it, or BTFW_BIT_NONE. */
guint32 btfw_bitfield_next (const BtfwBitfield *self, guint32 from);
guint32 btfw_bitfield_next_unset (const BtfwBitfield *self, guint32 from);
/* The same for bits that are set in both. */
guint32 btfw_bitfield_next_and (const BtfwBitfield *a, const BtfwBitfield *b, guint32 from);
/* How many bits are set in both. */
guint32 btfw_bitfield_count_and (const BtfwBitfield *a, const BtfwBitfield *b);

/* The form that peers send: bit 0 is the highest bit of the first byte. */
#define BTFW_BITFIELD_WIRE_SIZE(n_bits) (((gsize) (n_bits) + 7) / 8)
void     btfw_bitfield_to_wire (const BtfwBitfield *self, guint8 *bytes);
/* FALSE, and nothing changed, when the size is wrong or a spare bit is set. */
gboolean btfw_bitfield_from_wire (BtfwBitfield *self, const guint8 *bytes, gsize size);
