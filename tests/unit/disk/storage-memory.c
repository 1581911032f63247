/* storage-memory.c: tests of the storage in memory. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/storage-context.h"

#include "sample.h"

#include <btfw/btfw-plugin.h>

#include <string.h>
#include <unistd.h>

GType btfw_plugin_storage_memory_get_type (void);

#define PIECE 16384u

static const SampleFile files[] = {
  { .path = "a.bin", .length = 2 * PIECE },
  { .path = ".pad/1", .length = PIECE, .pad = TRUE },
  { .path = "b.bin", .length = 5 * PIECE + 100 },
  { NULL },
};

typedef struct
{
  Sample              sample;
  GPtrArray          *stack;
  BtfwStorage        *storage;
  BtfwStorageContext *context;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer limit)
{
  g_autoptr (GError) error = NULL;

  sample_init (&fixture->sample, files, PIECE);
  fixture->stack = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (fixture->stack, g_object_new (btfw_plugin_storage_memory_get_type (), "limit",
                                                 (guint64) GPOINTER_TO_SIZE (limit), NULL));
  fixture->storage = g_ptr_array_index (fixture->stack, 0);
  fixture->context = btfw_storage_context_new (btfw_metainfo_get_info_hash (fixture->sample.metainfo),
                                               fixture->sample.layout, fixture->stack, fixture->sample.dir, NULL);
  g_assert_true (btfw_storage_open (fixture->storage, fixture->context, &error));
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer limit)
{
  btfw_storage_close (fixture->storage);
  btfw_storage_context_unref (fixture->context);
  g_ptr_array_unref (fixture->stack);
  sample_clear (&fixture->sample);
}

static gboolean
write_range (Fixture *fixture, gsize offset, gsize size, GError **error)
{
  GOutputVector vectors[] = {
    { fixture->sample.content + offset, 1 },
    { fixture->sample.content, 0 },
    { fixture->sample.content + offset + 1, size - 1 },
  };

  return btfw_storage_writev (fixture->storage, offset, vectors, 3, error);
}

static gboolean
read_matches (Fixture *fixture, gsize offset, gsize size, GError **error)
{
  g_autofree guint8 *bytes = g_malloc (size);
  GInputVector       vectors[] = { { bytes, size / 2 }, { bytes + size / 2, size - size / 2 } };

  if (!btfw_storage_readv (fixture->storage, offset, vectors, 2, error))
    return FALSE;

  g_assert_cmpmem (bytes, size, fixture->sample.content + offset, size);
  return TRUE;
}

static void
test_reads_what_was_written (Fixture *fixture, gconstpointer limit)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (write_range (fixture, 0, fixture->sample.size, &error));
  g_assert_true (read_matches (fixture, 0, fixture->sample.size, &error));
  g_assert_true (btfw_storage_flush (fixture->storage, &error));

  /* What was written stays. */
  btfw_storage_close (fixture->storage);
  g_assert_true (btfw_storage_open (fixture->storage, fixture->context, &error));
  g_assert_true (read_matches (fixture, 1000, 5000, &error));
  g_assert_no_error (error);
}

static void
test_never_written_is_gone (Fixture *fixture, gconstpointer limit)
{
  g_autoptr (GError) error = NULL;
  BtfwFileStat       stat;

  g_assert_true (write_range (fixture, PIECE, PIECE, &error));
  g_assert_false (read_matches (fixture, 0, PIECE, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
  g_clear_error (&error);
  /* Pads are zeros all the same. */
  g_assert_true (read_matches (fixture, PIECE, 2 * PIECE, &error));
  g_assert_null (btfw_storage_lease (fixture->storage, 0, PIECE));

  g_assert_true (btfw_storage_stat (fixture->storage, 0, &stat, &error));
  g_assert_true (stat.exists);
  g_assert_true (btfw_storage_stat (fixture->storage, 2, &stat, &error));
  g_assert_false (stat.exists);
}

static void
test_limit_is_kept (Fixture *fixture, gconstpointer limit)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (write_range (fixture, 0, 2 * PIECE, &error));
  g_assert_false (write_range (fixture, 3 * PIECE, 3 * PIECE, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_FULL);
  g_clear_error (&error);
  g_assert_true (read_matches (fixture, 0, 2 * PIECE, &error));

  g_assert_true (btfw_storage_remove (fixture->storage, &error));
  g_assert_true (write_range (fixture, 3 * PIECE, 3 * PIECE, &error));
  g_assert_no_error (error);
}

static void
test_lease_is_hot (Fixture *fixture, gconstpointer limit)
{
  g_autoptr (BtfwLease) lease = NULL;
  guint8                bytes[100];

  g_assert_true (write_range (fixture, 0, fixture->sample.size, NULL));
  lease = btfw_storage_lease (fixture->storage, 1000, 100);
  g_assert_true (btfw_lease_is_hot (lease));
  btfw_storage_close (fixture->storage);
  g_assert_cmpint (pread (btfw_lease_get_fd (lease), bytes, 100, btfw_lease_get_offset (lease)), ==, 100);
  g_assert_cmpmem (bytes, 100, fixture->sample.content + 1000, 100);
  g_assert_null (btfw_storage_lease (fixture->storage, 0, 10));
}

static void
test_nothing_behind_the_end (Fixture *fixture, gconstpointer limit)
{
  guint8             byte = 0;
  GOutputVector      vector = { &byte, 1 };
  g_autoptr (GError) error = NULL;

  g_assert_false (btfw_storage_writev (fixture->storage, fixture->sample.size, &vector, 1, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
}

#define ADD(path, limit, test) \
  g_test_add ("/storage-memory/" path, Fixture, GSIZE_TO_POINTER (limit), set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("reads-what-was-written", 1 << 20, test_reads_what_was_written);
  ADD ("never-written-is-gone", 1 << 20, test_never_written_is_gone);
  ADD ("limit-is-kept", 4 * PIECE, test_limit_is_kept);
  ADD ("lease-is-hot", 1 << 20, test_lease_is_hot);
  ADD ("nothing-behind-the-end", 1 << 20, test_nothing_behind_the_end);
  return g_test_run ();
}
