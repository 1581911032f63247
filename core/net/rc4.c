/* rc4.c: the stream cipher of encrypted peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/rc4.h"

#include <string.h>

/* Of our own, as GnuTLS takes keys of 16 bytes only, and these have 20. */
void
btfw_rc4_init (BtfwRc4 *self, const guint8 *key, gsize key_size)
{
  guint8 j = 0;

  self->i = 0;
  self->j = 0;
  for (guint i = 0; i < 256; i++)
    self->s[i] = (guint8) i;
  for (guint i = 0; i < 256; i++)
    {
      guint8 swapped = self->s[i];

      j = (guint8) (j + swapped + key[i % key_size]);
      self->s[i] = self->s[j];
      self->s[j] = swapped;
    }
}

#define WORD sizeof (guint64)

/* What one byte of the stream needs. The value at the next place is read before
 * this step stores, so that it need not wait for that: only where it is the very
 * place that is stored to, it is another one. (tests/bench/rc4.c) */
typedef struct
{
  guint8 i;
  guint8 j;
  guint8 value; /* at the place behind i */
} Step;

static inline guint8
next (guint8 *s, Step *step)
{
  guint8 i = (guint8) (step->i + 1);
  guint8 behind = (guint8) (i + 1);
  guint8 a = step->value;
  guint8 j = (guint8) (step->j + a);
  guint8 b = s[j];
  guint8 value = s[behind];

  s[j] = a;
  s[i] = b;
  if (G_UNLIKELY (j == behind))
    {
      value = a;
      /* A jump, which is foreseen 255 times in 256, and not a choice of two
       * values, which would have to wait for j. */
      __asm__ ("" : "+r"(value));
    }
  *step = (Step){ i, j, value };
  return s[(guint8) (a + b)];
}

static Step
begin (const BtfwRc4 *self)
{
  return (Step){ self->i, self->j, self->s[(guint8) (self->i + 1)] };
}

static void
end (BtfwRc4 *self, const Step *step)
{
  self->i = step->i;
  self->j = step->j;
}

/* Eight bytes of the stream, the first in the lowest bits. */
static inline guint64
next_word (guint8 *s, Step *step)
{
  guint64 word = 0;

#pragma GCC unroll 8
  for (guint n = 0; n < WORD; n++)
    word |= (guint64) next (s, step) << (8 * n);
  return word;
}

void
btfw_rc4_apply (BtfwRc4 *self, const guint8 *from, guint8 *to, gsize size)
{
  Step  step = begin (self);
  gsize n = 0;

  for (; size - n >= WORD; n += WORD)
    {
      guint64 word;

      memcpy (&word, from + n, WORD);
      word ^= GUINT64_TO_LE (next_word (self->s, &step));
      memcpy (to + n, &word, WORD);
    }
  for (; n < size; n++)
    to[n] = from[n] ^ next (self->s, &step);
  end (self, &step);
}

void
btfw_rc4_skip (BtfwRc4 *self, gsize size)
{
  Step step = begin (self);

  for (gsize n = 0; n < size; n++)
    next (self->s, &step);
  end (self, &step);
}
