/* rc4.c: tests of the stream cipher of encrypted peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/rc4.h"

#include <string.h>

#define LONG 70000u

typedef struct
{
  const char *name;
  const char *key;
  gsize       key_size;
  guint       offset; /* of what is expected in the stream */
  guint8      expected[16];
} Vector;

#define KEY_40 "\1\2\3\4\5"
#define KEY_128 KEY_40 "\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"

/* RFC 6229. */
static const Vector vectors[] = {
  { "40-bits", KEY_40, 5, 0, { 0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27, 0xcc, 0xc3, 0x52, 0x4a, 0x0a, 0x11, 0x18, 0xa8 } },
  { "128-bits", KEY_128, 16, 0, { 0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7, 0xb2, 0x93, 0x28, 0x99, 0xcd, 0xe4, 0x1b, 0x97 } },
};

static void
test_vector (gconstpointer data)
{
  const Vector *vector = data;
  guint8        bytes[16] = { 0 };
  BtfwRc4       cipher;

  btfw_rc4_init (&cipher, (const guint8 *) vector->key, vector->key_size);
  btfw_rc4_skip (&cipher, vector->offset);
  btfw_rc4_apply (&cipher, bytes, bytes, sizeof bytes);
  g_assert_cmpmem (bytes, sizeof bytes, vector->expected, sizeof vector->expected);
}

/* As it is written in books: one byte after the other. */
static void
apply_slowly (BtfwRc4 *self, const guint8 *from, guint8 *to, gsize size)
{
  for (gsize n = 0; n < size; n++)
    {
      guint8 a = self->s[++self->i];
      guint8 b;

      self->j = (guint8) (self->j + a);
      b = self->s[self->j];
      self->s[self->i] = b;
      self->s[self->j] = a;
      to[n] = from[n] ^ self->s[(guint8) (a + b)];
    }
}

static void
make (BtfwRc4 *self, guint8 seed)
{
  guint8 key[20];

  for (guint i = 0; i < sizeof key; i++)
    key[i] = (guint8) (seed * 7 + i);
  btfw_rc4_init (self, key, sizeof key);
}

static void
fill (guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) (i * 31 >> 3);
}

/* Long enough for every place to be swapped with its neighbour. */
static void
test_same_as_slowly (void)
{
  g_autofree guint8 *from = g_malloc (LONG);
  g_autofree guint8 *quick = g_malloc (LONG);
  g_autofree guint8 *slow = g_malloc (LONG);

  fill (from, LONG);
  for (guint8 seed = 0; seed < 20; seed++)
    {
      BtfwRc4 a, b;

      make (&a, seed);
      b = a;
      btfw_rc4_apply (&a, from, quick, LONG);
      apply_slowly (&b, from, slow, LONG);
      g_assert_cmpmem (quick, LONG, slow, LONG);
      g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
    }
}

/* However the bytes are cut, and wherever they lie, in place or not. */
static void
test_every_split (void)
{
  guint8  from[64], expected[64], bytes[64 + 8];
  BtfwRc4 cipher, whole;

  fill (from, sizeof from);
  make (&cipher, 1);
  whole = cipher;
  apply_slowly (&whole, from, expected, sizeof from);
  for (gsize first = 0; first <= sizeof from; first++)
    for (gsize second = first; second <= sizeof from; second++)
      {
        BtfwRc4 again = cipher;
        guint8 *to = bytes + (first + second) % 8;

        memcpy (to, from, sizeof from);
        btfw_rc4_apply (&again, from, to, first);
        btfw_rc4_apply (&again, to + first, to + first, second - first);
        btfw_rc4_apply (&again, to + second, to + second, sizeof from - second);
        g_assert_cmpmem (to, sizeof from, expected, sizeof expected);
        g_assert_cmpmem (&again, sizeof again, &whole, sizeof whole);
      }
}

/* Passing over is the same as using up. */
static void
test_skip (void)
{
  guint8 bytes[1024] = { 0 };

  for (gsize size = 0; size <= sizeof bytes; size++)
    {
      BtfwRc4 a, b;

      make (&a, 2);
      b = a;
      btfw_rc4_skip (&a, size);
      btfw_rc4_apply (&b, bytes, bytes, size);
      g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      g_autofree char *path = g_strdup_printf ("/rc4/vector/%s", vectors[i].name);

      g_test_add_data_func (path, &vectors[i], test_vector);
    }
  g_test_add_func ("/rc4/same-as-slowly", test_same_as_slowly);
  g_test_add_func ("/rc4/every-split", test_every_split);
  g_test_add_func ("/rc4/skip", test_skip);
  return g_test_run ();
}
