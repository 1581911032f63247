/* hash-avx512.c: hashes sixteen streams at once with AVX-512. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <glib.h>
#include <immintrin.h>

#define TARGET __attribute__ ((target ("avx512f,avx512bw")))
#define N_LANES 16

typedef __m512i Vector;

#define vector_load(words) _mm512_load_si512 (words)
#define vector_store(words, v) _mm512_store_si512 (words, v)
#define vector_unpack_low32(x, y) _mm512_unpacklo_epi32 (x, y)
#define vector_unpack_high32(x, y) _mm512_unpackhi_epi32 (x, y)
#define vector_unpack_low64(x, y) _mm512_unpacklo_epi64 (x, y)
#define vector_unpack_high64(x, y) _mm512_unpackhi_epi64 (x, y)
#define vector_splat(word) _mm512_set1_epi32 ((int) (word))
#define vector_add(x, y) _mm512_add_epi32 (x, y)
#define vector_xor(x, y) _mm512_xor_si512 (x, y)
#define vector_shift(x, n) _mm512_srli_epi32 (x, n)
#define vector_rotate(x, n) _mm512_rol_epi32 (x, n)

/* Any function of three bits in one instruction: its table of results, read
 * with x as the highest bit of the index. */
#define vector_xor3(x, y, z) _mm512_ternarylogic_epi32 (x, y, z, 0x96)
#define vector_choose(x, y, z) _mm512_ternarylogic_epi32 (x, y, z, 0xca)
#define vector_majority(x, y, z) _mm512_ternarylogic_epi32 (x, y, z, 0xe8)

#define load(data, offset) _mm_loadu_si128 ((const __m128i *) ((data) + (offset)))

static inline __attribute__ ((always_inline)) TARGET Vector
vector_gather (const guint8 *const *data, gsize offset)
{
  __m512i v = _mm512_castsi128_si512 (load (data[0], offset));

  v = _mm512_inserti32x4 (v, load (data[4], offset), 1);
  v = _mm512_inserti32x4 (v, load (data[8], offset), 2);
  return _mm512_inserti32x4 (v, load (data[12], offset), 3);
}

static inline __attribute__ ((always_inline)) TARGET Vector
vector_swap (Vector v)
{
  const __m128i order = _mm_set_epi64x (0x0c0d0e0f08090a0b, 0x0405060700010203);

  return _mm512_shuffle_epi8 (v, _mm512_broadcast_i32x4 (order));
}

#include "base/hash-lanes.h"

const BtfwHashEngine btfw_hash_engine_avx512 = {
  .name = "avx512",
  .n_lanes = N_LANES,
  .hash_blocks = { [BTFW_HASH_SHA1] = hash_sha1, [BTFW_HASH_SHA256] = hash_sha256 },
};
