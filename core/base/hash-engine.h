/* hash-engine.h: what hashes whole blocks of several streams at once. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/hash.h"

#if defined(__x86_64__) || defined(__i386__)
#define BTFW_HASH_X86 1
#else
#define BTFW_HASH_X86 0
#endif

#define BTFW_HASH_BLOCK_SIZE 64
#define BTFW_HASH_N_KINDS 2
#define BTFW_HASH_WORDS 8 /* of the larger state */

/* A stream in the hands of an engine: its state, and the blocks ahead of it.
 * An engine changes the state only. */
typedef struct
{
  guint32      *words;
  const guint8 *data;
  gsize         n_blocks;
} BtfwHashLane;

/* Takes each of @n_lanes streams, at least one, @n_blocks further. */
typedef void (*BtfwHashBlocksFunc) (const BtfwHashLane *lanes, guint n_lanes, gsize n_blocks);

/* All engines share one form of the state, the words of FIPS 180-4 in the
 * machine's order, so that one can go on where another stopped. */
typedef struct
{
  const char        *name;
  guint              n_lanes; /* how many streams it takes at once */
  BtfwHashBlocksFunc hash_blocks[BTFW_HASH_N_KINDS];
} BtfwHashEngine;

/* How to go about it on this machine.
 *
 * GnuTLS keeps its state to itself, so a stream is its or ours from the first
 * byte to the last. With SHA extensions all are ours. Without them GnuTLS is
 * faster alone and the lanes are faster together, so the first part decides: a
 * stream that comes alone begins in GnuTLS, and stays there also when it later
 * has company; one that comes among many begins in the lanes, and stays there
 * also when it is left alone. */
typedef struct
{
  const BtfwHashEngine *few;                          /* NULL: there is only GnuTLS */
  const BtfwHashEngine *many;                         /* NULL with few */
  guint                 many_from[BTFW_HASH_N_KINDS]; /* streams, from where "many" is faster than "few" */
  guint                 ours_from[BTFW_HASH_N_KINDS]; /* streams, from where new ones begin in ours */
} BtfwHashPlan;

const BtfwHashPlan *btfw_hash_get_plan (void);

typedef enum
{
  BTFW_HASH_AVX512 = 1 << 0,
  BTFW_HASH_AVX2 = 1 << 1,
  BTFW_HASH_SHA_NI = 1 << 2,
} BtfwHashFeatures;

/* For tests: plans as on a machine that has no more than @features, until
 * btfw_hash_use_engine(). Streams that lanes have begun need lanes to end. */
void btfw_hash_pretend_features (guint features);

/* The constants of the rounds, as the standard gives them. */
extern const guint32 btfw_hash_sha1_constants[4];
extern const guint32 btfw_hash_sha256_constants[64];

#if BTFW_HASH_X86
extern const BtfwHashEngine btfw_hash_engine_avx2;
extern const BtfwHashEngine btfw_hash_engine_avx512;
extern const BtfwHashEngine btfw_hash_engine_sha_ni;
#endif

/* GnuTLS, with its state in the hasher's handle. */
void btfw_hash_gnutls_begin (BtfwHasher *hasher);
void btfw_hash_gnutls_update (BtfwHasher *hasher, const guint8 *data, gsize size);
/* Ends the stream; without @digest, only that. */
void btfw_hash_gnutls_end (BtfwHasher *hasher, guint8 *digest);
