/* rc4.c: the stream cipher of encrypted peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/rc4.h"

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

static inline guint8
next (guint8 *s, guint8 *i, guint8 *j)
{
  guint8 a = s[++*i];
  guint8 b;

  *j = (guint8) (*j + a);
  b = s[*j];
  s[*i] = b;
  s[*j] = a;
  return s[(guint8) (a + b)];
}

void
btfw_rc4_apply (BtfwRc4 *self, const guint8 *from, guint8 *to, gsize size)
{
  guint8 i = self->i;
  guint8 j = self->j;

  for (gsize n = 0; n < size; n++)
    to[n] = from[n] ^ next (self->s, &i, &j);
  self->i = i;
  self->j = j;
}

void
btfw_rc4_skip (BtfwRc4 *self, gsize size)
{
  for (gsize n = 0; n < size; n++)
    next (self->s, &self->i, &self->j);
}
