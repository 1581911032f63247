/* hash-sha-ni.c: hashes with the processor's SHA extensions, up to four streams at once. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/hash-engine.h"

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__ ((target ("sha,sse4.1,ssse3")))
#define INLINE static inline __attribute__ ((always_inline)) TARGET

/* Each instruction waits for the one before it in the same stream, which
 * leaves room for other streams: all are taken through each group of four
 * rounds in turn. How much that gives is the processor's affair. On an EPYC
 * with AVX-512, four streams of SHA-1 make 2.6 times as much as one, on a Xeon
 * of model 207 two make a twentieth more. Schedules of more than two streams
 * are kept in memory, as there are only sixteen registers. */
#define N_LANES 4

typedef struct
{
  __m128i abcd, e;
  __m128i old_abcd, old_e; /* before the block */
  __m128i message[4];      /* the next sixteen words of the schedule */
} Sha1;

typedef struct
{
  __m128i abef, cdgh;
  __m128i old_abef, old_cdgh;
  __m128i message[4];
} Sha256;

/* A copy in a register of its own. Compilers like to carry on with the copy and
 * to keep the original, which puts the move into the chain of instructions that
 * each wait for the one before: 2 % of the speed of a lone stream. */
INLINE __m128i
copy (__m128i value)
{
  __asm__ ("" : "+x"(value));
  return value;
}

/* What stands in for a fourth stream works on a state of its own. */
static const BtfwHashLane *
fill_lanes (const BtfwHashLane *lanes, guint n_lanes, BtfwHashLane *four, guint32 *nobody)
{
  if (n_lanes == N_LANES)
    return lanes;

  memcpy (four, lanes, n_lanes * sizeof *lanes);
  four[n_lanes] = lanes[0];
  four[n_lanes].words = memcpy (nobody, lanes[0].words, BTFW_HASH_WORDS * sizeof *nobody);
  return four;
}

INLINE void
sha1_load (Sha1 *self, const guint32 *words)
{
  self->abcd = _mm_shuffle_epi32 (_mm_loadu_si128 ((const __m128i *) words), 0x1b);
  self->e = _mm_set_epi32 ((int) words[4], 0, 0, 0);
}

INLINE void
sha1_store (const Sha1 *self, guint32 *words)
{
  _mm_storeu_si128 ((__m128i *) words, _mm_shuffle_epi32 (self->abcd, 0x1b));
  words[4] = (guint32) _mm_extract_epi32 (self->e, 3);
}

INLINE void
sha1_begin_block (Sha1 *self, const guint8 *data)
{
  const __m128i reverse = _mm_set_epi64x (0x0001020304050607, 0x08090a0b0c0d0e0f);

#pragma GCC unroll 4
  for (guint i = 0; i < 4; i++)
    self->message[i] = _mm_shuffle_epi8 (_mm_loadu_si128 ((const __m128i *) data + i), reverse);

  self->old_abcd = copy (self->abcd);
  self->old_e = self->e;
}

/* Four rounds. From one group to the next, "e" is "abcd" of the group before,
 * out of which the instructions make the next e themselves. */
INLINE void
sha1_group (Sha1 *self, guint group)
{
  __m128i *m = self->message;
  __m128i  w = m[group % 4];
  __m128i  e = group == 0 ? _mm_add_epi32 (self->e, w) : _mm_sha1nexte_epu32 (self->e, w);

  self->e = copy (self->abcd);
  switch (group / 5)
    {
    case 0:
      self->abcd = _mm_sha1rnds4_epu32 (self->abcd, e, 0);
      break;
    case 1:
      self->abcd = _mm_sha1rnds4_epu32 (self->abcd, e, 1);
      break;
    case 2:
      self->abcd = _mm_sha1rnds4_epu32 (self->abcd, e, 2);
      break;
    default:
      self->abcd = _mm_sha1rnds4_epu32 (self->abcd, e, 3);
      break;
    }

  if (group < 16)
    {
      w = _mm_xor_si128 (_mm_sha1msg1_epu32 (w, m[(group + 1) % 4]), m[(group + 2) % 4]);
      m[group % 4] = _mm_sha1msg2_epu32 (w, m[(group + 3) % 4]);
    }
}

INLINE void
sha1_end_block (Sha1 *self)
{
  self->abcd = _mm_add_epi32 (self->abcd, self->old_abcd);
  self->e = _mm_sha1nexte_epu32 (self->e, self->old_e);
}

INLINE void
sha1_run (const BtfwHashLane *lanes, const guint n_lanes, gsize n_blocks)
{
  Sha1 streams[N_LANES];

#pragma GCC unroll 4
  for (guint i = 0; i < n_lanes; i++)
    sha1_load (&streams[i], lanes[i].words);

  for (gsize block = 0; block < n_blocks; block++)
    {
#pragma GCC unroll 4
      for (guint i = 0; i < n_lanes; i++)
        sha1_begin_block (&streams[i], lanes[i].data + block * BTFW_HASH_BLOCK_SIZE);

#pragma GCC unroll 20
      for (guint group = 0; group < 20; group++)
#pragma GCC unroll 4
        for (guint i = 0; i < n_lanes; i++)
          sha1_group (&streams[i], group);

#pragma GCC unroll 4
      for (guint i = 0; i < n_lanes; i++)
        sha1_end_block (&streams[i]);
    }

#pragma GCC unroll 4
  for (guint i = 0; i < n_lanes; i++)
    sha1_store (&streams[i], lanes[i].words);
}

INLINE void
sha256_load (Sha256 *self, const guint32 *words)
{
  __m128i badc = _mm_shuffle_epi32 (_mm_loadu_si128 ((const __m128i *) words), 0xb1);
  __m128i fehg = _mm_shuffle_epi32 (_mm_loadu_si128 ((const __m128i *) words + 1), 0xb1);

  self->abef = _mm_unpacklo_epi64 (fehg, badc);
  self->cdgh = _mm_unpackhi_epi64 (fehg, badc);
}

INLINE void
sha256_store (const Sha256 *self, guint32 *words)
{
  __m128i badc = _mm_unpackhi_epi64 (self->abef, self->cdgh);
  __m128i fehg = _mm_unpacklo_epi64 (self->abef, self->cdgh);

  _mm_storeu_si128 ((__m128i *) words, _mm_shuffle_epi32 (badc, 0xb1));
  _mm_storeu_si128 ((__m128i *) words + 1, _mm_shuffle_epi32 (fehg, 0xb1));
}

INLINE void
sha256_begin_block (Sha256 *self, const guint8 *data)
{
  const __m128i swap = _mm_set_epi64x (0x0c0d0e0f08090a0b, 0x0405060700010203);

#pragma GCC unroll 4
  for (guint i = 0; i < 4; i++)
    self->message[i] = _mm_shuffle_epi8 (_mm_loadu_si128 ((const __m128i *) data + i), swap);

  self->old_abef = self->abef;
  self->old_cdgh = self->cdgh;
}

INLINE void
sha256_group (Sha256 *self, guint group)
{
  const __m128i *constants = (const __m128i *) btfw_hash_sha256_constants;
  __m128i       *m = self->message;
  __m128i        w = m[group % 4];
  __m128i        sum = _mm_add_epi32 (w, _mm_loadu_si128 (constants + group));

  self->cdgh = _mm_sha256rnds2_epu32 (self->cdgh, self->abef, sum);
  self->abef = _mm_sha256rnds2_epu32 (self->abef, self->cdgh, _mm_shuffle_epi32 (sum, 0x0e));

  if (group < 12)
    {
      __m128i minus7 = _mm_alignr_epi8 (m[(group + 3) % 4], m[(group + 2) % 4], 4);

      w = _mm_add_epi32 (_mm_sha256msg1_epu32 (w, m[(group + 1) % 4]), minus7);
      m[group % 4] = _mm_sha256msg2_epu32 (w, m[(group + 3) % 4]);
    }
}

INLINE void
sha256_end_block (Sha256 *self)
{
  self->abef = _mm_add_epi32 (self->abef, self->old_abef);
  self->cdgh = _mm_add_epi32 (self->cdgh, self->old_cdgh);
}

INLINE void
sha256_run (const BtfwHashLane *lanes, const guint n_lanes, gsize n_blocks)
{
  Sha256 streams[N_LANES];

#pragma GCC unroll 4
  for (guint i = 0; i < n_lanes; i++)
    sha256_load (&streams[i], lanes[i].words);

  for (gsize block = 0; block < n_blocks; block++)
    {
#pragma GCC unroll 4
      for (guint i = 0; i < n_lanes; i++)
        sha256_begin_block (&streams[i], lanes[i].data + block * BTFW_HASH_BLOCK_SIZE);

#pragma GCC unroll 16
      for (guint group = 0; group < 16; group++)
#pragma GCC unroll 4
        for (guint i = 0; i < n_lanes; i++)
          sha256_group (&streams[i], group);

#pragma GCC unroll 4
      for (guint i = 0; i < n_lanes; i++)
        sha256_end_block (&streams[i]);
    }

#pragma GCC unroll 4
  for (guint i = 0; i < n_lanes; i++)
    sha256_store (&streams[i], lanes[i].words);
}

/* The number of streams is a constant in each call, so that the loops over
 * them vanish and the states stay in registers. Three streams take as long as
 * four: compilers spill their states within the chain, so the first one's work
 * is done once more, for nobody. */
static TARGET void
hash_sha1 (const BtfwHashLane *lanes, guint n_lanes, gsize n_blocks)
{
  BtfwHashLane four[N_LANES];
  guint32      nobody[BTFW_HASH_WORDS];

  if (n_lanes == 1)
    sha1_run (lanes, 1, n_blocks);
  else if (n_lanes == 2)
    sha1_run (lanes, 2, n_blocks);
  else
    sha1_run (fill_lanes (lanes, n_lanes, four, nobody), N_LANES, n_blocks);
}

static TARGET void
hash_sha256 (const BtfwHashLane *lanes, guint n_lanes, gsize n_blocks)
{
  BtfwHashLane four[N_LANES];
  guint32      nobody[BTFW_HASH_WORDS];

  if (n_lanes == 1)
    sha256_run (lanes, 1, n_blocks);
  else if (n_lanes == 2)
    sha256_run (lanes, 2, n_blocks);
  else
    sha256_run (fill_lanes (lanes, n_lanes, four, nobody), N_LANES, n_blocks);
}

const BtfwHashEngine btfw_hash_engine_sha_ni = {
  .name = "sha-ni",
  .n_lanes = N_LANES,
  .hash_blocks = { [BTFW_HASH_SHA1] = hash_sha1, [BTFW_HASH_SHA256] = hash_sha256 },
};
