/* sum.c: tells bytes from other bytes, also when whoever sent them wants them mistaken. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/sum.h"

#include <gnutls/crypto.h>
#include <pthread.h>
#include <string.h>

typedef struct
{
  guint64 v[4];
} State;

static inline guint64
load (const guint8 *bytes)
{
  guint64 word;

  memcpy (&word, bytes, sizeof word);
  return GUINT64_FROM_LE (word);
}

static inline guint64
rotate (guint64 word, guint by)
{
  return word << by | word >> (64 - by);
}

static inline void
do_round (State *s)
{
  s->v[0] += s->v[1];
  s->v[2] += s->v[3];
  s->v[1] = rotate (s->v[1], 13) ^ s->v[0];
  s->v[3] = rotate (s->v[3], 16) ^ s->v[2];
  s->v[0] = rotate (s->v[0], 32);
  s->v[2] += s->v[1];
  s->v[0] += s->v[3];
  s->v[1] = rotate (s->v[1], 17) ^ s->v[2];
  s->v[3] = rotate (s->v[3], 21) ^ s->v[0];
  s->v[2] = rotate (s->v[2], 32);
}

static inline void
absorb (State *s, guint64 word)
{
  s->v[3] ^= word;
  do_round (s);
  do_round (s);
  s->v[0] ^= word;
}

/* What is left, and the length in the last byte. */
static guint64
load_end (const guint8 *data, gsize left, gsize size)
{
  guint8 bytes[8] = { 0 };

  memcpy (bytes, data, left);
  bytes[7] = (guint8) size;
  return load (bytes);
}

guint64
btfw_sum_keyed (const guint8 *key, const guint8 *data, gsize size)
{
  guint64 k0 = load (key);
  guint64 k1 = load (key + 8);
  State   s = { {
    k0 ^ G_GUINT64_CONSTANT (0x736f6d6570736575),
    k1 ^ G_GUINT64_CONSTANT (0x646f72616e646f6d),
    k0 ^ G_GUINT64_CONSTANT (0x6c7967656e657261),
    k1 ^ G_GUINT64_CONSTANT (0x7465646279746573),
  } };
  gsize   done = 0;

  for (; size - done >= 8; done += 8)
    absorb (&s, load (data + done));
  absorb (&s, load_end (data + done, size - done, size));

  s.v[2] ^= 0xff;
  for (guint i = 0; i < 4; i++)
    do_round (&s);
  return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static guint8         process_key[BTFW_SUM_KEY_SIZE];

static void
draw_key (void)
{
  gnutls_rnd (GNUTLS_RND_NONCE, process_key, sizeof process_key);
}

guint64
btfw_sum (const guint8 *data, gsize size)
{
  pthread_once (&once, draw_key);
  return btfw_sum_keyed (process_key, data, size);
}
