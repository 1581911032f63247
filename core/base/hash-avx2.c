/* hash-avx2.c: hashes eight streams at once with AVX2. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <glib.h>
#include <immintrin.h>

#define TARGET __attribute__ ((target ("avx2")))
#define N_LANES 8

typedef __m256i Vector;

#define vector_load(words) _mm256_load_si256 ((const __m256i *) (words))
#define vector_store(words, v) _mm256_store_si256 ((__m256i *) (words), v)
#define vector_unpack_low32(x, y) _mm256_unpacklo_epi32 (x, y)
#define vector_unpack_high32(x, y) _mm256_unpackhi_epi32 (x, y)
#define vector_unpack_low64(x, y) _mm256_unpacklo_epi64 (x, y)
#define vector_unpack_high64(x, y) _mm256_unpackhi_epi64 (x, y)
#define vector_splat(word) _mm256_set1_epi32 ((int) (word))
#define vector_add(x, y) _mm256_add_epi32 (x, y)
#define vector_xor(x, y) _mm256_xor_si256 (x, y)
#define vector_xor3(x, y, z) _mm256_xor_si256 (_mm256_xor_si256 (x, y), z)
#define vector_shift(x, n) _mm256_srli_epi32 (x, n)
#define vector_rotate(x, n) _mm256_or_si256 (_mm256_slli_epi32 (x, n), _mm256_srli_epi32 (x, 32 - (n)))
#define vector_choose(x, y, z) _mm256_xor_si256 (z, _mm256_and_si256 (x, _mm256_xor_si256 (y, z)))
#define vector_majority(x, y, z) \
  _mm256_or_si256 (_mm256_and_si256 (x, y), _mm256_and_si256 (z, _mm256_or_si256 (x, y)))

static inline __attribute__ ((always_inline)) TARGET Vector
vector_gather (const guint8 *const *data, gsize offset)
{
  __m128i low = _mm_loadu_si128 ((const __m128i *) (data[0] + offset));
  __m128i high = _mm_loadu_si128 ((const __m128i *) (data[4] + offset));

  return _mm256_inserti128_si256 (_mm256_castsi128_si256 (low), high, 1);
}

static inline __attribute__ ((always_inline)) TARGET Vector
vector_swap (Vector v)
{
  const __m128i order = _mm_set_epi64x (0x0c0d0e0f08090a0b, 0x0405060700010203);

  return _mm256_shuffle_epi8 (v, _mm256_broadcastsi128_si256 (order));
}

#include "base/hash-lanes.h"

const BtfwHashEngine btfw_hash_engine_avx2 = {
  .name = "avx2",
  .n_lanes = N_LANES,
  .hash_blocks = { [BTFW_HASH_SHA1] = hash_sha1, [BTFW_HASH_SHA256] = hash_sha256 },
};
