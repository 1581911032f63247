/* random.c: the dice: xoshiro256**, seeded by name. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "loop/random.h"

static guint64
rotate_left (guint64 value, guint bits)
{
  return value << bits | value >> (64 - bits);
}

/* The finalizer of splitmix64: every bit in changes half of the bits out. */
static guint64
mix (guint64 value)
{
  value = (value ^ value >> 30) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  value = (value ^ value >> 27) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return value ^ value >> 31;
}

void
btfw_random_init (BtfwRandom *self, guint64 seed, const char *name, guint64 nth)
{
  guint64 state = mix (seed);

  for (const char *c = name; *c != '\0'; c++)
    state = mix (state + (guint8) *c + 1);
  state = mix (state ^ nth);

  /* Consecutive outputs of splitmix64 are never all 0, the one state that
   * xoshiro cannot leave. */
  for (guint i = 0; i < G_N_ELEMENTS (self->state); i++)
    {
      state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      self->state[i] = mix (state);
    }
}

guint64
btfw_random_u64 (BtfwRandom *self)
{
  guint64 *s = self->state;
  guint64  result = rotate_left (s[1] * 5, 7) * 9;
  guint64  shifted = s[1] << 17;

  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate_left (s[3], 45);
  return result;
}

/* Multiplies instead of dividing, and rolls again in the few cases that would
 * favour some numbers. */
guint32
btfw_random_below (BtfwRandom *self, guint32 n)
{
  guint64 product;
  guint32 unfair;

  g_return_val_if_fail (n > 0, 0);

  unfair = -n % n;
  do
    product = (btfw_random_u64 (self) >> 32) * n;
  while ((guint32) product < unfair);
  return product >> 32;
}
