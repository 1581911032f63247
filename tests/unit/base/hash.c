/* hash.c: every engine computes what GnuTLS computes, in whatever parts the bytes come. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/hash-engine.h"

#include <string.h>

#include <gnutls/crypto.h>

#define MESSAGE_SIZE (1024 * 1024)
#define STREAMS_MAX 40
#define CROWD 1000

/* A row of the tests: an engine, or NULL for btfw's own choice; a kind. */
typedef struct
{
  const char  *engine;
  BtfwHashKind kind;
} Case;

/* A stream under test, and what it is still to be given. */
typedef struct
{
  BtfwHasher    hasher;
  const guint8 *data;
  gsize         size;
  gsize         done;
} Stream;

static guint8 *message;

static void
make_message (void)
{
  GRand *rand = g_rand_new_with_seed (20010911);

  message = g_malloc (MESSAGE_SIZE);
  for (gsize i = 0; i < MESSAGE_SIZE; i++)
    message[i] = (guint8) g_rand_int (rand);
  g_rand_free (rand);
}

static void
assert_digest (BtfwHashKind kind, const guint8 *data, gsize size, const guint8 *digest)
{
  guint8 expected[BTFW_HASH_SIZE_MAX];
  int    status;

  status = gnutls_hash_fast (kind == BTFW_HASH_SHA1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, data, size, expected);
  g_assert_cmpint (status, ==, GNUTLS_E_SUCCESS);
  g_assert_cmpmem (digest, btfw_hash_get_size (kind), expected, btfw_hash_get_size (kind));
}

/* Hashes a copy that ends, and begins oddly, where its memory does, so that a
 * sanitizer sees one byte too many. */
static void
assert_hash_of_size (BtfwHashKind kind, gsize size)
{
  g_autofree guint8 *copy = g_malloc (size + 1);
  guint8             digest[BTFW_HASH_SIZE_MAX];

  memcpy (copy + 1, message, size);
  btfw_hash_once (kind, copy + 1, size, digest);
  assert_digest (kind, message, size, digest);
}

static void
test_every_length (gconstpointer data)
{
  const Case *row = data;

  g_assert_true (btfw_hash_use_engine (row->engine));
  for (gsize size = 0; size <= 300; size++)
    assert_hash_of_size (row->kind, size);
}

static void
test_long_messages (gconstpointer data)
{
  static const gsize sizes[] = { 1024, 16 * 1024, 64 * 1024, 512 * 1024 };
  const Case        *row = data;

  g_assert_true (btfw_hash_use_engine (row->engine));
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize size = sizes[i] - 65; size <= sizes[i] + 65; size += i < 2 ? 1 : 13)
      assert_hash_of_size (row->kind, size);
}

/* What the standard says, should GnuTLS and we ever err alike. */
static void
test_standard (gconstpointer data)
{
  static const char *const expected[] = {
    [BTFW_HASH_SHA1] = "a9993e364706816aba3e25717850c26c9cd0d89d",
    [BTFW_HASH_SHA256] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  };
  const Case *row = data;
  guint8      digest[BTFW_HASH_SIZE_MAX];
  GString    *hex = g_string_new (NULL);

  g_assert_true (btfw_hash_use_engine (row->engine));
  btfw_hash_once (row->kind, (const guint8 *) "abc", 3, digest);
  for (gsize i = 0; i < btfw_hash_get_size (row->kind); i++)
    g_string_append_printf (hex, "%02x", digest[i]);

  g_assert_cmpstr (hex->str, ==, expected[row->kind]);
  g_string_free (hex, TRUE);
}

/* An engine that was chosen must not leave the work to another one. */
static void
test_serves_itself (gconstpointer data)
{
  const Case *row = data;
  BtfwHasher  hasher;

  g_assert_true (btfw_hash_use_engine (row->engine));
  btfw_hasher_init (&hasher, row->kind);
  btfw_hasher_update (&hasher, message, 1);

  g_assert_cmpint (hasher.handle != NULL, ==, g_str_equal (row->engine, "gnutls"));
  btfw_hasher_clear (&hasher);
}

static void
stream_init (Stream *self, BtfwHashKind kind, gsize size_max)
{
  btfw_hasher_init (&self->hasher, kind);
  self->data = message + g_test_rand_int_range (0, 4096);
  self->size = (gsize) g_test_rand_int_range (0, (gint32) size_max + 1);
  self->done = 0;
}

/* The next part: often a few bytes, often whole blocks, now and then nothing. */
static BtfwHashPart
stream_take_part (Stream *self)
{
  gsize        left = self->size - self->done;
  gsize        size = (gsize) g_test_rand_int_range (0, 200);
  BtfwHashPart part = { &self->hasher, self->data + self->done, 0 };

  if (g_test_rand_bit ())
    size = (gsize) g_test_rand_int_range (0, 16) * 256;

  part.size = MIN (size, left);
  self->done += part.size;
  return part;
}

static void
stream_finish (Stream *self)
{
  BtfwHashKind kind = self->hasher.kind;
  guint8       digest[BTFW_HASH_SIZE_MAX];

  btfw_hasher_finish (&self->hasher, digest);
  assert_digest (kind, self->data, self->size, digest);
}

/* Gives some of the streams, beginning anywhere, a part each. TRUE while one
 * of all of them is not at its end. */
static gboolean
update_some (Stream *streams, guint n_streams)
{
  BtfwHashPart parts[STREAMS_MAX];
  guint        first = (guint) g_test_rand_int_range (0, (gint32) n_streams);
  guint        n_parts = (guint) g_test_rand_int_range (1, (gint32) n_streams + 1);
  gboolean     more = FALSE;

  for (guint i = 0; i < n_parts; i++)
    parts[i] = stream_take_part (&streams[(first + i) % n_streams]);

  if (n_parts == 1)
    btfw_hasher_update (parts[0].hasher, parts[0].data, parts[0].size);
  else
    btfw_hasher_update_many (parts, n_parts);

  for (guint i = 0; i < n_streams; i++)
    more = more || streams[i].done < streams[i].size;

  return more;
}

/* Both kinds in one call. */
static void
init_mixed (Stream *streams, guint n_streams)
{
  for (guint i = 0; i < n_streams; i++)
    stream_init (&streams[i], g_test_rand_bit () ? BTFW_HASH_SHA1 : BTFW_HASH_SHA256, 6000);
}

static void
finish_all (Stream *streams, guint n_streams)
{
  for (guint i = 0; i < n_streams; i++)
    stream_finish (&streams[i]);
}

static void
test_random_parts (gconstpointer data)
{
  const Case *row = data;

  g_assert_true (btfw_hash_use_engine (row->engine));
  for (guint n_streams = 1; n_streams <= STREAMS_MAX; n_streams++)
    {
      Stream streams[STREAMS_MAX];

      for (guint i = 0; i < n_streams; i++)
        stream_init (&streams[i], row->kind, 6000);
      while (update_some (streams, n_streams))
        ;
      finish_all (streams, n_streams);
    }
}

/* What is chosen on lesser machines, where streams begin in GnuTLS or in the
 * lanes, as their company is when they come, and meet each other later. */
static void
test_lesser_machine (gconstpointer data)
{
  const guint *features = data;

  btfw_hash_pretend_features (*features);
  for (guint n_streams = 1; n_streams <= STREAMS_MAX; n_streams++)
    {
      Stream streams[STREAMS_MAX];

      init_mixed (streams, n_streams);
      while (update_some (streams, n_streams))
        ;
      finish_all (streams, n_streams);
    }

  g_assert_true (btfw_hash_use_engine (NULL));
}

/* An engine drawn anew for each call: whoever takes over
 * in the middle of a stream must go on with the same state. */
static void
test_engines_take_turns (void)
{
  const char *const *engines = btfw_hash_list_engines ();
  gint32             n_engines = (gint32) g_strv_length ((char **) engines);

  for (guint n_streams = 1; n_streams <= STREAMS_MAX; n_streams++)
    {
      Stream streams[STREAMS_MAX];

      init_mixed (streams, n_streams);
      do
        g_assert_true (btfw_hash_use_engine (engines[g_test_rand_int_range (0, n_engines + 1)]));
      while (update_some (streams, n_streams));
      finish_all (streams, n_streams);
    }
}

/* More parts in one call than are put in order at a time, of very different
 * lengths, some of a few bytes or none. */
static void
test_a_crowd (gconstpointer data)
{
  const Case              *row = data;
  g_autofree Stream       *streams = g_new (Stream, CROWD);
  g_autofree BtfwHashPart *parts = g_new (BtfwHashPart, CROWD);

  g_assert_true (btfw_hash_use_engine (row->engine));
  for (guint i = 0; i < CROWD; i++)
    {
      stream_init (&streams[i], row->kind, i % 50 == 0 ? 60000 : 700);
      parts[i] = (BtfwHashPart){ &streams[i].hasher, streams[i].data, streams[i].size };
    }

  btfw_hasher_update_many (parts, CROWD);
  for (guint i = 0; i < CROWD; i++)
    stream_finish (&streams[i]);
}

static void
test_nothing_to_do (void)
{
  BtfwHasher   hasher;
  BtfwHashPart part = { &hasher, NULL, 0 };
  guint8       digest[BTFW_HASH_SIZE_MAX];

  g_assert_true (btfw_hash_use_engine (NULL));
  btfw_hasher_init (&hasher, BTFW_HASH_SHA1);
  btfw_hasher_update_many (NULL, 0);
  btfw_hasher_update_many (&part, 1);
  btfw_hasher_update (&hasher, NULL, 0);
  btfw_hasher_finish (&hasher, digest);
  assert_digest (BTFW_HASH_SHA1, message, 0, digest);
}

static void
test_unknown_engine (void)
{
  g_assert_false (btfw_hash_use_engine ("abacus"));
  g_assert_false (btfw_hash_use_engine (""));
}

static void
add_case (const char *engine, BtfwHashKind kind)
{
  static const struct
  {
    const char   *name;
    GTestDataFunc func;
  } tests[] = {
    { "agrees-with-the-standard", test_standard },
    { "every-length", test_every_length },
    { "long-messages", test_long_messages },
    { "random-parts-of-many-streams", test_random_parts },
    { "more-parts-than-lanes", test_a_crowd },
    { "serves-itself", test_serves_itself },
  };
  const char *kind_name = kind == BTFW_HASH_SHA1 ? "sha1" : "sha256";

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/hash/%s/%s/%s", engine ? engine : "automatic", kind_name, tests[i].name);
      Case            *row;

      if (!engine && tests[i].func == test_serves_itself)
        continue;

      row = g_new (Case, 1);
      *row = (Case){ engine, kind };
      g_test_add_data_func_full (path, row, tests[i].func, g_free);
    }
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    guint       features;
  } machines[] = {
    { "/hash/machine/without-any-engine", 0 },
    { "/hash/machine/sha-ni", BTFW_HASH_SHA_NI },
    { "/hash/machine/avx2", BTFW_HASH_AVX2 },
    { "/hash/machine/avx2-and-sha-ni", BTFW_HASH_AVX2 | BTFW_HASH_SHA_NI },
    { "/hash/machine/avx512", BTFW_HASH_AVX2 | BTFW_HASH_AVX512 },
  };
  const char *const *engines = btfw_hash_list_engines ();
  int                result;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  make_message ();

  for (guint i = 0; i == 0 || engines[i - 1]; i++)
    {
      add_case (engines[i], BTFW_HASH_SHA1);
      add_case (engines[i], BTFW_HASH_SHA256);
    }
  for (guint i = 0; i < G_N_ELEMENTS (machines); i++)
    g_test_add_data_func (machines[i].path, &machines[i].features, test_lesser_machine);
  g_test_add_func ("/hash/engines-take-turns", test_engines_take_turns);
  g_test_add_func ("/hash/nothing-to-do", test_nothing_to_do);
  g_test_add_func ("/hash/unknown-engine", test_unknown_engine);

  result = g_test_run ();
  g_free (message);
  return result;
}
