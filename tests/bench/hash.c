/* hash.c: how fast each engine hashes so many streams side by side. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/hash.h"

#include <time.h>

#define PART_SIZE (16 * 1024)
#define STREAM_SIZE (4 * PART_SIZE) /* all streams together fit into the second-level cache */
#define STREAMS_MAX 16
#define RUNS 5 /* of which the fastest counts: the others were disturbed */
#define RUN_SECONDS 0.004

static double
get_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* Takes every stream through its bytes once. */
static void
hash_streams (BtfwHashKind kind, const guint8 *data, guint n_streams)
{
  BtfwHasher   hashers[STREAMS_MAX];
  BtfwHashPart parts[STREAMS_MAX];
  guint8       digest[BTFW_HASH_SIZE_MAX];

  for (guint i = 0; i < n_streams; i++)
    btfw_hasher_init (&hashers[i], kind);

  for (gsize offset = 0; offset < STREAM_SIZE; offset += PART_SIZE)
    {
      for (guint i = 0; i < n_streams; i++)
        parts[i] = (BtfwHashPart){ &hashers[i], data + i * STREAM_SIZE + offset, PART_SIZE };

      btfw_hasher_update_many (parts, n_streams);
    }

  for (guint i = 0; i < n_streams; i++)
    btfw_hasher_finish (&hashers[i], digest);
}

/* In megabytes a second of all streams together. */
static double
measure (BtfwHashKind kind, const guint8 *data, guint n_streams)
{
  double best = 0;

  for (guint run = 0; run < RUNS; run++)
    {
      double start = get_cpu_time (), elapsed, n_bytes = 0;

      do
        {
          hash_streams (kind, data, n_streams);
          n_bytes += (double) n_streams * STREAM_SIZE;
          elapsed = get_cpu_time () - start;
        }
      while (elapsed < RUN_SECONDS);

      best = MAX (best, n_bytes / elapsed / 1e6);
    }

  return best;
}

static void
print_table (BtfwHashKind kind, const char *title, const guint8 *data)
{
  const char *const *engines = btfw_hash_list_engines ();

  g_print ("# %s, MB/s\n# streams", title);
  for (guint i = 0; engines[i]; i++)
    g_print ("%9s", engines[i]);
  g_print ("   (btfw)\n");

  for (guint n_streams = 1; n_streams <= STREAMS_MAX; n_streams++)
    {
      g_print ("# %7u", n_streams);
      for (guint i = 0; engines[i]; i++)
        {
          btfw_hash_use_engine (engines[i]);
          g_print ("%9.0f", measure (kind, data, n_streams));
        }

      btfw_hash_use_engine (NULL);
      g_print ("%9.0f\n", measure (kind, data, n_streams));
    }
}

int
main (void)
{
  g_autofree guint8 *data = g_malloc (STREAMS_MAX * STREAM_SIZE);

  for (gsize i = 0; i < STREAMS_MAX * STREAM_SIZE; i++)
    data[i] = (guint8) (i * 167 >> 3);

  print_table (BTFW_HASH_SHA1, "SHA-1", data);
  print_table (BTFW_HASH_SHA256, "SHA-256", data);
  return 0;
}
