/* lanes.c: tests that streams of all lengths get their own bytes, side by side. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/lanes.h"

#include <string.h>

#define N_STREAMS 100

typedef struct
{
  gsize      size;
  gsize      done;
  gsize      fail_at; /* G_MAXSIZE for never */
  BtfwHasher hasher;
  gboolean   ended;
} Stream;

typedef struct
{
  Stream  streams[N_STREAMS];
  guint   n;
  guint   n_begun;
  guint8 *bytes;
} Source;

static gpointer
next_stream (gpointer user_data)
{
  Source *source = user_data;

  return source->n_begun < source->n ? &source->streams[source->n_begun++] : NULL;
}

static gboolean
advance_stream (gpointer user_data, gpointer data, guint8 *room, BtfwHashPart *part)
{
  Source *source = user_data;
  Stream *stream = data;
  gsize   size = MIN (stream->size - stream->done, BTFW_LANE_PART);

  g_assert_false (stream->ended);
  if (size == 0 || stream->done >= stream->fail_at)
    {
      stream->ended = TRUE;
      return FALSE;
    }

  /* Every other one is read into the lane's room. */
  part->hasher = &stream->hasher;
  part->data = source->bytes + stream->done;
  part->size = size;
  if ((stream - source->streams) % 2 == 0)
    part->data = memcpy (room, part->data, size);
  stream->done += size;
  return TRUE;
}

static void
test_all_streams (gconstpointer data)
{
  static const BtfwLaneSource functions = { .next = next_stream, .advance = advance_stream };
  Source                     *source = g_new0 (Source, 1);
  GRand                      *dice = g_rand_new_with_seed (3);
  guint8                      digest[BTFW_HASH_SIZE_MAX];
  guint8                      expected[BTFW_HASH_SIZE_MAX];

  source->n = GPOINTER_TO_UINT (data);
  source->bytes = g_malloc (200000);
  for (guint i = 0; i < 200000; i++)
    source->bytes[i] = (guint8) g_rand_int (dice);
  for (guint i = 0; i < source->n; i++)
    {
      source->streams[i].size = (gsize) g_rand_int_range (dice, 0, 200000);
      source->streams[i].fail_at = i % 10 == 7 ? 40000 : G_MAXSIZE;
      btfw_hasher_init (&source->streams[i].hasher, BTFW_HASH_SHA1);
    }

  btfw_lanes_run (&functions, source);
  for (guint i = 0; i < source->n; i++)
    {
      Stream *stream = &source->streams[i];

      g_assert_true (stream->ended);
      g_assert_true (stream->fail_at != G_MAXSIZE || stream->done == stream->size);
      btfw_hasher_finish (&stream->hasher, digest);
      btfw_hash_once (BTFW_HASH_SHA1, source->bytes, stream->done, expected);
      g_assert_cmpmem (digest, 20, expected, 20);
    }
  btfw_lanes_free_room ();
  g_rand_free (dice);
  g_free (source->bytes);
  g_free (source);
}

int
main (int argc, char **argv)
{
  static const guint numbers[] = { 0, 1, 5, 16, 17, N_STREAMS };

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lanes/all-streams/%u", numbers[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (numbers[i]), test_all_streams);
    }
  return g_test_run ();
}
