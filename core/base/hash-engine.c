/* hash-engine.c: which engines this machine has, and when each is worth it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/hash-engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#if BTFW_HASH_X86
#include <cpuid.h>
#endif

#define ENGINES_MAX 4
#define NEVER G_MAXUINT
/* When many streams are better only from there on, they are hardly better: not
 * worth to gather that many, whose bytes leave the processor's cache meanwhile. */
#define GOOD_MANY_FROM 8

const guint32 btfw_hash_sha1_constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };

const guint32 btfw_hash_sha256_constants[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Filled once, then only read. The last of the names is GnuTLS's. */
static struct
{
  pthread_once_t once;
  guint          features;
  guint          n_engines; /* of ours */
  const char    *names[ENGINES_MAX + 1];
  BtfwHashPlan   forced[ENGINES_MAX]; /* the plan for each of the names */
  BtfwHashPlan   best;
} machine = { .once = PTHREAD_ONCE_INIT };

/* What somebody chose instead of the best, or NULL. */
static _Atomic (const BtfwHashPlan *) chosen;

static const guint always[BTFW_HASH_N_KINDS] = { 1, 1 };
static const guint never[BTFW_HASH_N_KINDS] = { NEVER, NEVER };

static BtfwHashPlan
make_plan (const BtfwHashEngine *few,
           const BtfwHashEngine *many,
           const guint          *many_from,
           const guint          *ours_from)
{
  BtfwHashPlan plan = { .few = few, .many = many };

  memcpy (plan.many_from, many_from, sizeof plan.many_from);
  memcpy (plan.ours_from, ours_from, sizeof plan.ours_from);
  return plan;
}

#if BTFW_HASH_X86

/* Against GnuTLS the lanes win with two or three streams (it makes 840 MB/s of
 * SHA-1 on a machine without SHA extensions, and 370 of SHA-256); a little later
 * is right there, as a stream that begins in the lanes stays in them, and is slow
 * (avx512 430 and 210, avx2 350 and 160) when it is left alone. */
static const guint avx512_over_gnutls[BTFW_HASH_N_KINDS] = { 4, 4 };
static const guint avx2_over_gnutls[BTFW_HASH_N_KINDS] = { 5, 5 };

/* Lanes and SHA extensions cannot be told from the name of an instruction: with
 * all lanes filled, AVX-512 is 3.6 times as fast as they are on a Xeon of model
 * 207, and a tenth faster on an EPYC (tests/bench/README.md has the tables). So
 * both are timed once, with work for some microseconds. */
#define TRIAL_BLOCKS 32
#define TRIAL_RUNS 5

static gint64
get_nanoseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* With all lanes filled. The fastest run is the one that nothing came into. */
static gint64
time_engine (const BtfwHashEngine *engine, BtfwHashKind kind)
{
  guint8       data[BTFW_HASH_BLOCK_SIZE * TRIAL_BLOCKS] = { 0 };
  guint32      words[BTFW_HASH_LANES_MAX][BTFW_HASH_WORDS] = { { 0 } };
  BtfwHashLane lanes[BTFW_HASH_LANES_MAX];
  gint64       best = G_MAXINT64;

  for (guint i = 0; i < engine->n_lanes; i++)
    lanes[i] = (BtfwHashLane){ .words = words[i], .data = data };

  for (guint run = 0; run < TRIAL_RUNS; run++)
    {
      gint64 start = get_nanoseconds ();

      engine->hash_blocks[kind](lanes, engine->n_lanes, TRIAL_BLOCKS);
      best = MIN (best, get_nanoseconds () - start);
    }
  return MAX (best, 1);
}

/* From how many streams on @many takes less time than @few in groups. */
static void
find_crossover (const BtfwHashEngine *few, const BtfwHashEngine *many, guint *many_from)
{
  for (guint kind = 0; kind < BTFW_HASH_N_KINDS; kind++)
    {
      guint n = (guint) MIN (time_engine (many, kind) * few->n_lanes / time_engine (few, kind), NEVER - 1) + 1;

      many_from[kind] = n <= many->n_lanes ? MAX (n, few->n_lanes + 1) : NEVER;
    }
}

static BtfwHashPlan
make_measured_plan (const BtfwHashEngine *few, const BtfwHashEngine *many)
{
  guint many_from[BTFW_HASH_N_KINDS];

  find_crossover (few, many, many_from);
  return make_plan (few, many, many_from, always);
}

/* The compilers that we support do not all know this by name. The rest of what
 * the engine needs is older than it. */
static gboolean
has_sha_ni (void)
{
  guint eax, ebx, ecx, edx;

  return __get_cpuid_count (7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA) &&
         __builtin_cpu_supports ("sse4.1");
}

static guint
find_features (void)
{
  guint features = 0;

  __builtin_cpu_init ();
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw"))
    features |= BTFW_HASH_AVX512;
  if (__builtin_cpu_supports ("avx2"))
    features |= BTFW_HASH_AVX2;
  if (has_sha_ni ())
    features |= BTFW_HASH_SHA_NI;

  return features;
}

static void
add_engine (const BtfwHashEngine *engine)
{
  machine.names[machine.n_engines] = engine->name;
  machine.forced[machine.n_engines] = make_plan (engine, engine, always, always);
  machine.n_engines++;
}

static void
add_engines (void)
{
  if (machine.features & BTFW_HASH_AVX512)
    add_engine (&btfw_hash_engine_avx512);
  if (machine.features & BTFW_HASH_AVX2)
    add_engine (&btfw_hash_engine_avx2);
  if (machine.features & BTFW_HASH_SHA_NI)
    add_engine (&btfw_hash_engine_sha_ni);
}

static BtfwHashPlan
choose_plan (guint features)
{
  const BtfwHashEngine *avx512 = &btfw_hash_engine_avx512;
  const BtfwHashEngine *avx2 = &btfw_hash_engine_avx2;
  const BtfwHashEngine *sha_ni = &btfw_hash_engine_sha_ni;
  gboolean              alone_too = (features & BTFW_HASH_SHA_NI) != 0;

  if (features & BTFW_HASH_AVX512)
    return alone_too ? make_measured_plan (sha_ni, avx512)
                     : make_plan (avx512, avx512, always, avx512_over_gnutls);
  if (features & BTFW_HASH_AVX2)
    return alone_too ? make_measured_plan (sha_ni, avx2)
                     : make_plan (avx2, avx2, always, avx2_over_gnutls);
  if (alone_too)
    return make_plan (sha_ni, sha_ni, always, always);

  return make_plan (NULL, NULL, always, never);
}

#else

static guint
find_features (void)
{
  return 0;
}

static void
add_engines (void)
{
}

static BtfwHashPlan
choose_plan (guint features)
{
  return make_plan (NULL, NULL, always, never);
}

#endif

/* With GnuTLS chosen, what began in ours must still be carried on. */
static void
look_at_machine (void)
{
  BtfwHashPlan *gnutls;

  machine.features = find_features ();
  machine.best = choose_plan (machine.features);
  add_engines ();

  machine.names[machine.n_engines] = "gnutls";
  gnutls = &machine.forced[machine.n_engines];
  *gnutls = machine.best;
  memcpy (gnutls->ours_from, never, sizeof never);
}

const BtfwHashPlan *
btfw_hash_get_plan (void)
{
  const BtfwHashPlan *plan = atomic_load_explicit (&chosen, memory_order_acquire);

  if (plan)
    return plan;

  pthread_once (&machine.once, look_at_machine);
  return &machine.best;
}

guint
btfw_hash_get_good_company (BtfwHashKind kind)
{
  const BtfwHashPlan *plan = btfw_hash_get_plan ();

  if (!plan->many || plan->ours_from[kind] == NEVER)
    return 1;

  return plan->many_from[kind] <= GOOD_MANY_FROM ? plan->many->n_lanes : plan->few->n_lanes;
}

const char *const *
btfw_hash_list_engines (void)
{
  pthread_once (&machine.once, look_at_machine);
  return machine.names;
}

gboolean
btfw_hash_use_engine (const char *name)
{
  pthread_once (&machine.once, look_at_machine);

  if (!name)
    {
      atomic_store_explicit (&chosen, NULL, memory_order_release);
      return TRUE;
    }

  for (guint i = 0; machine.names[i]; i++)
    if (strcmp (machine.names[i], name) == 0)
      {
        atomic_store_explicit (&chosen, &machine.forced[i], memory_order_release);
        return TRUE;
      }

  return FALSE;
}

void
btfw_hash_pretend_features (guint features)
{
  static BtfwHashPlan pretended;

  pthread_once (&machine.once, look_at_machine);
  pretended = choose_plan (machine.features & features);
  atomic_store_explicit (&chosen, &pretended, memory_order_release);
}
