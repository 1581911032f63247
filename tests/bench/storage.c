/* storage.c: what storages cost to write to and to read from, in processor time.
 *
 * bench-storage [FOLDER [STORAGE…]]: FOLDER is on the file system that is meant. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stopwatch.h"

#include <btfw/btfw-plugins.h>
#include <btfw/btfw-test.h>

#include <stdio.h>
#include <string.h>

#define SIZE (128u << 20)
#define PIECE (1u << 20)
#define BLOCK 16384u
#define ROUNDS 3 /* of which the fastest counts */

typedef struct
{
  const char         *folder;
  GPtrArray          *stack;
  BtfwStorage        *top;
  BtfwStorageContext *context;
  guint8             *buffer; /* of a piece */
} Place;

/* Seconds that the passes took. */
typedef struct
{
  double write;   /* pieces, anew */
  double rewrite; /* pieces, over what is there */
  double check;   /* pieces, read in order */
  double serve;   /* blocks, read in any order */
} Times;

static void
run (Place *self, gsize size, gboolean write, gboolean mixed, double *least)
{
  g_autoptr (GError) error = NULL;
  double             start = stopwatch_get_cpu_time ();
  gboolean           ok = TRUE;

  for (gsize i = 0; i < SIZE / size && ok; i++)
    {
      guint64       offset = (mixed ? i * 2503 % (SIZE / size) : i) * size;
      GOutputVector out = { self->buffer, size };
      GInputVector  in = { self->buffer, size };

      ok = write ? btfw_storage_writev (self->top, offset, &out, 1, &error) : btfw_storage_readv (self->top, offset, &in, 1, &error);
    }
  if (!ok)
    g_error ("%s", error->message);
  *least = MIN (*least, stopwatch_get_cpu_time () - start);
}

static void
measure_once (Place *self, Times *times)
{
  g_autoptr (GError) error = NULL;

  if (!btfw_storage_open (self->top, self->context, &error))
    g_error ("%s", error->message);
  run (self, PIECE, TRUE, FALSE, &times->write);
  run (self, PIECE, TRUE, FALSE, &times->rewrite);
  run (self, PIECE, FALSE, FALSE, &times->check);
  run (self, BLOCK, FALSE, TRUE, &times->serve);
  btfw_storage_remove (self->top, NULL);
  btfw_storage_close (self->top);
}

static void
measure (BtfwPlugins *plugins, const char *folder, const char *spec)
{
  g_autoptr (BtfwLayout) layout = btfw_layout_new_single ("bench", SIZE, PIECE);
  g_autoptr (GError)     error = NULL;
  g_autofree char       *state = g_build_filename (folder, "state", NULL);
  Place                  place = { .folder = folder };
  Times                  times = { G_MAXDOUBLE, G_MAXDOUBLE, G_MAXDOUBLE, G_MAXDOUBLE };
  const double           scale = (double) (1u << 30) / SIZE;

  place.stack = btfw_plugins_create_stack (plugins, "storage", spec, &error);
  if (place.stack == NULL || place.stack->len > 2)
    {
      printf ("%-44s %s\n", spec, error != NULL ? error->message : "more than two layers");
      return;
    }
  place.top = g_ptr_array_index (place.stack, 0);
  place.context = btfw_test_storage_context_new (layout, place.top, place.stack->len > 1 ? g_ptr_array_index (place.stack, 1) : NULL,
                                                 folder, state);
  place.buffer = g_malloc (PIECE);
  for (gsize i = 0; i < PIECE; i++)
    place.buffer[i] = (guint8) g_random_int ();
  for (guint round = 0; round < ROUNDS; round++)
    measure_once (&place, &times);
  printf ("%-44s %8.2f %8.2f %8.2f %8.2f\n", spec, times.write * scale, times.rewrite * scale, times.check * scale, times.serve * scale);

  btfw_storage_context_unref (place.context);
  g_ptr_array_unref (place.stack);
  g_free (place.buffer);
}

int
main (int argc, char **argv)
{
  static const char *const specs[] = {
    "file", "memory", "mmap", "mmap,write=calls", "crypt+file", "crypt,cipher=chacha20-poly1305+file", "crypt+mmap", "fault+file",
  };
  g_autoptr (BtfwConfig)  config = btfw_config_new ();
  g_autoptr (BtfwPlugins) plugins = btfw_plugins_new (config);
  g_autofree char        *own = argc < 2 ? g_dir_make_tmp ("btfw-bench-XXXXXX", NULL) : NULL;
  const char             *folder = argc < 2 ? own : argv[1];

  printf ("CPU seconds for each GiB, in %s\n%-44s %8s %8s %8s %8s\n", folder, "", "write", "rewrite", "check", "serve");
  if (argc > 2)
    for (int i = 2; i < argc; i++)
      measure (plugins, folder, argv[i]);
  else
    for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
      measure (plugins, folder, specs[i]);
  return 0;
}
