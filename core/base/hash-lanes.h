/* hash-lanes.h: SHA-1 and SHA-256 of many streams, each in one lane of vector registers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Included once by the source of each engine, which defines before it
 *
 *   TARGET                       the attribute that allows its instructions
 *   N_LANES                      32-bit lanes in a register: 8 or 16
 *   Vector                       such a register
 *   vector_load, vector_store    from and to aligned memory
 *   vector_gather (data, n)      in its quarters or halves, 16 bytes each:
 *                                those at offset n of data[0], data[4], …
 *   vector_swap                  the bytes of each lane
 *   vector_unpack_low32, …       as the instructions do it, in each 16 bytes
 *   vector_splat, vector_add, vector_xor3, vector_rotate (to the left),
 *   vector_shift (to the right), vector_choose, vector_majority
 *
 * and finds below hash_sha1() and hash_sha256(). */

#pragma once

#include "base/hash-engine.h"

#define INLINE static inline __attribute__ ((always_inline)) TARGET

/* What all lanes carry, word by word: word i of all streams lies side by side. */
typedef struct
{
  guint32       words[8][N_LANES] __attribute__ ((aligned (64)));
  const guint8 *data[N_LANES];
} Lanes;

/* Lanes without a stream do the first one's work once more, for nobody. */
static void
lanes_load (Lanes *self, const BtfwHashLane *lanes, guint n_lanes, guint n_words)
{
  for (guint i = 0; i < N_LANES; i++)
    {
      const BtfwHashLane *lane = &lanes[i < n_lanes ? i : 0];

      self->data[i] = lane->data;
      for (guint word = 0; word < n_words; word++)
        self->words[word][i] = lane->words[word];
    }
}

static void
lanes_store (const Lanes *self, const BtfwHashLane *lanes, guint n_lanes, guint n_words)
{
  for (guint i = 0; i < n_lanes; i++)
    for (guint word = 0; word < n_words; word++)
      lanes[i].words[word] = self->words[word][i];
}

/* Turns the next block of every stream into sixteen registers, one for each
 * word: 16 bytes of four streams in each step, transposed. */
INLINE void
lanes_read_block (Lanes *self, Vector *w)
{
#pragma GCC unroll 4
  for (guint i = 0; i < 16; i += 4)
    {
      Vector a = vector_swap (vector_gather (self->data, i * 4));
      Vector b = vector_swap (vector_gather (self->data + 1, i * 4));
      Vector c = vector_swap (vector_gather (self->data + 2, i * 4));
      Vector d = vector_swap (vector_gather (self->data + 3, i * 4));
      Vector ab_low = vector_unpack_low32 (a, b);
      Vector ab_high = vector_unpack_high32 (a, b);
      Vector cd_low = vector_unpack_low32 (c, d);
      Vector cd_high = vector_unpack_high32 (c, d);

      w[i] = vector_unpack_low64 (ab_low, cd_low);
      w[i + 1] = vector_unpack_high64 (ab_low, cd_low);
      w[i + 2] = vector_unpack_low64 (ab_high, cd_high);
      w[i + 3] = vector_unpack_high64 (ab_high, cd_high);
    }

  for (guint i = 0; i < N_LANES; i++)
    self->data[i] += BTFW_HASH_BLOCK_SIZE;
}

INLINE Vector
sha1_mix (Vector b, Vector c, Vector d, guint round)
{
  if (round < 20)
    return vector_choose (b, c, d);
  if (round >= 40 && round < 60)
    return vector_majority (b, c, d);

  return vector_xor3 (b, c, d);
}

/* The word of the schedule for this round, from the sixteen before it. */
INLINE Vector
sha1_schedule (Vector *w, guint round)
{
  if (round >= 16)
    {
      Vector sum = vector_xor3 (w[(round + 13) % 16], w[(round + 8) % 16], w[(round + 2) % 16]);

      w[round % 16] = vector_rotate (vector_xor (sum, w[round % 16]), 1);
    }

  return w[round % 16];
}

INLINE void
sha1_block (Vector *state, Vector *w)
{
  Vector a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

#pragma GCC unroll 80
  for (guint round = 0; round < 80; round++)
    {
      Vector sum = vector_add (e, vector_splat (btfw_hash_sha1_constants[round / 20]));

      sum = vector_add (sum, sha1_schedule (w, round));
      sum = vector_add (sum, sha1_mix (b, c, d, round));
      e = d;
      d = c;
      c = vector_rotate (b, 30);
      b = a;
      a = vector_add (sum, vector_rotate (a, 5));
    }

  state[0] = vector_add (state[0], a);
  state[1] = vector_add (state[1], b);
  state[2] = vector_add (state[2], c);
  state[3] = vector_add (state[3], d);
  state[4] = vector_add (state[4], e);
}

INLINE Vector
sha256_schedule (Vector *w, guint round)
{
  if (round >= 16)
    {
      Vector w2 = w[(round + 14) % 16];
      Vector w15 = w[(round + 1) % 16];
      Vector sum = vector_add (w[round % 16], w[(round + 9) % 16]);

      sum = vector_add (sum, vector_xor3 (vector_rotate (w15, 25), vector_rotate (w15, 14), vector_shift (w15, 3)));
      w[round % 16] = vector_add (sum, vector_xor3 (vector_rotate (w2, 15), vector_rotate (w2, 13), vector_shift (w2, 10)));
    }

  return w[round % 16];
}

INLINE void
sha256_block (Vector *state, Vector *w)
{
  Vector a = state[0], b = state[1], c = state[2], d = state[3];
  Vector e = state[4], f = state[5], g = state[6], h = state[7];

#pragma GCC unroll 64
  for (guint round = 0; round < 64; round++)
    {
      Vector sum = vector_add (h, vector_splat (btfw_hash_sha256_constants[round]));

      sum = vector_add (sum, sha256_schedule (w, round));
      sum = vector_add (sum, vector_choose (e, f, g));
      sum = vector_add (sum, vector_xor3 (vector_rotate (e, 26), vector_rotate (e, 21), vector_rotate (e, 7)));
      h = g;
      g = f;
      f = e;
      e = vector_add (d, sum);
      sum = vector_add (sum, vector_majority (a, b, c));
      sum = vector_add (sum, vector_xor3 (vector_rotate (a, 30), vector_rotate (a, 19), vector_rotate (a, 10)));
      d = c;
      c = b;
      b = a;
      a = sum;
    }

  state[0] = vector_add (state[0], a);
  state[1] = vector_add (state[1], b);
  state[2] = vector_add (state[2], c);
  state[3] = vector_add (state[3], d);
  state[4] = vector_add (state[4], e);
  state[5] = vector_add (state[5], f);
  state[6] = vector_add (state[6], g);
  state[7] = vector_add (state[7], h);
}

static TARGET void
hash_sha1 (const BtfwHashLane *lanes, guint n_lanes, gsize n_blocks)
{
  Lanes  all;
  Vector state[5], w[16];

  lanes_load (&all, lanes, n_lanes, 5);
  for (guint i = 0; i < 5; i++)
    state[i] = vector_load (all.words[i]);

  for (; n_blocks > 0; n_blocks--)
    {
      lanes_read_block (&all, w);
      sha1_block (state, w);
    }

  for (guint i = 0; i < 5; i++)
    vector_store (all.words[i], state[i]);
  lanes_store (&all, lanes, n_lanes, 5);
}

static TARGET void
hash_sha256 (const BtfwHashLane *lanes, guint n_lanes, gsize n_blocks)
{
  Lanes  all;
  Vector state[8], w[16];

  lanes_load (&all, lanes, n_lanes, 8);
  for (guint i = 0; i < 8; i++)
    state[i] = vector_load (all.words[i]);

  for (; n_blocks > 0; n_blocks--)
    {
      lanes_read_block (&all, w);
      sha256_block (state, w);
    }

  for (guint i = 0; i < 8; i++)
    vector_store (all.words[i], state[i]);
  lanes_store (&all, lanes, n_lanes, 8);
}
