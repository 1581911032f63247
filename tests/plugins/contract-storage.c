/* contract-storage.c: what every storage must do, a stranger's too. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/storage-context.h"
#include "meta/layout.h"

#include <btfw/btfw-plugins.h>

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE (64u * 1024)
#define REOPENINGS 1000

typedef struct
{
  char               *root;
  char               *dir;
  char               *state;
  BtfwLayout         *layout;
  GPtrArray          *stack;
  BtfwStorage        *storage;
  BtfwStorageContext *context;
  guint8             *content; /* what should be there */
  gsize               size;
} Fixture;

static BtfwPlugins *plugins;

/* Files of odd sizes, empty ones, and a pad. */
static const struct
{
  const char   *path;
  guint64       length;
  BtfwFileFlags flags;
} files[] = {
  { "t/first", 100001, 0 },
  { "t/empty", 0, 0 },
  { "t/byte", 1, 0 },
  { "t/pad", 31070, BTFW_FILE_PAD },
  { "t/deep/er/large", 400000, 0 },
  { "t/last", 7, 0 },
};

static BtfwLayout *
make_layout (void)
{
  BtfwLayoutBuilder *builder = btfw_layout_builder_new (BTFW_LAYOUT_PACKED, PIECE);

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    g_assert_true (btfw_layout_builder_add (builder, files[i].path, files[i].length, files[i].flags, NULL));
  return btfw_layout_builder_finish (builder);
}

static gboolean
is_pad (Fixture *f, guint64 offset)
{
  return btfw_layout_get_file_flags (f->layout, btfw_layout_find_file (f->layout, offset)) & BTFW_FILE_PAD;
}

static void
open_storage (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_storage_open (f->storage, f->context, &error));
  g_assert_no_error (error);
}

/* A layer cannot be opened alone: it gets ordinary files below it. */
static void
put_on_files (Fixture *f, const char *name, BtfwInfoHash *info_hash)
{
  g_autofree char   *spec = g_strconcat (name, "+file", NULL);
  g_autoptr (GError) error = NULL;

  btfw_storage_context_unref (f->context);
  g_ptr_array_unref (f->stack);
  f->stack = btfw_plugins_create_stack (plugins, "storage", spec, &error);
  g_assert_no_error (error);
  f->storage = g_ptr_array_index (f->stack, 0);
  f->context = btfw_storage_context_new (info_hash, f->layout, f->stack, f->dir, f->state);
  open_storage (f);
}

static void
setup (Fixture *f, gconstpointer name)
{
  static const guint8      hash[20] = { 1 };
  g_autoptr (BtfwInfoHash) info_hash = btfw_info_hash_new (hash, NULL);
  g_autoptr (GError)       error = NULL;

  f->root = g_dir_make_tmp ("btfw-contract-XXXXXX", NULL);
  f->dir = g_build_filename (f->root, "save", NULL);
  f->state = g_build_filename (f->root, "state", NULL);
  f->layout = make_layout ();
  f->size = btfw_layout_get_size (f->layout);
  f->content = g_malloc0 (f->size);
  for (gsize i = 0; i < f->size; i++)
    f->content[i] = is_pad (f, i) ? 0 : (guint8) g_test_rand_int ();

  f->stack = btfw_plugins_create_stack (plugins, "storage", name, &error);
  g_assert_no_error (error);
  f->storage = g_ptr_array_index (f->stack, 0);
  f->context = btfw_storage_context_new (info_hash, f->layout, f->stack, f->dir, f->state);
  if (!btfw_storage_open (f->storage, f->context, NULL))
    put_on_files (f, name, info_hash);
}

static void
remove_tree (const char *path)
{
  GDir       *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

static void
teardown (Fixture *f, gconstpointer name)
{
  btfw_storage_close (f->storage);
  btfw_storage_context_unref (f->context);
  g_ptr_array_unref (f->stack);
  btfw_layout_unref (f->layout);
  remove_tree (f->root);
  g_free (f->root);
  g_free (f->dir);
  g_free (f->state);
  g_free (f->content);
}

/* In up to three parts, some of them empty. */
static guint
cut (guint8 *data, gsize size, GOutputVector *vectors)
{
  gsize first = size == 0 ? 0 : (gsize) g_test_rand_int_range (0, (gint32) size + 1);

  vectors[0] = (GOutputVector){ data, first };
  vectors[1] = (GOutputVector){ data + first, 0 };
  vectors[2] = (GOutputVector){ data + first, size - first };
  return 3;
}

static void
write_range (Fixture *f, gsize offset, gsize size)
{
  g_autoptr (GError) error = NULL;
  GOutputVector      vectors[3];
  guint              n = cut (f->content + offset, size, vectors);

  g_assert_true (btfw_storage_writev (f->storage, offset, vectors, n, &error));
  g_assert_no_error (error);
}

static void
assert_range (Fixture *f, gsize offset, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *data = g_malloc (size + 1);
  GOutputVector      vectors[3];
  guint              n = cut (data, size, vectors);

  g_assert_true (btfw_storage_readv (f->storage, offset, (const GInputVector *) vectors, n, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (data, size, f->content + offset, size);
}

static void
write_everything (Fixture *f)
{
  for (gsize offset = 0; offset < f->size; offset += PIECE)
    write_range (f, offset, MIN (PIECE, f->size - offset));
}

/* --- What must hold --- */

static void
test_what_is_written_is_read (Fixture *f, gconstpointer name)
{
  write_everything (f);
  assert_range (f, 0, f->size);
  for (guint i = 0; i < 500; i++)
    {
      gsize offset = (gsize) g_test_rand_int_range (0, (gint32) f->size);

      assert_range (f, offset, (gsize) g_test_rand_int_range (0, (gint32) (f->size - offset) + 1));
    }
}

/* In any order, over the ends of files, over what was written before. */
static void
test_writes_of_any_size (Fixture *f, gconstpointer name)
{
  write_everything (f);
  for (guint i = 0; i < 300; i++)
    {
      gsize offset = (gsize) g_test_rand_int_range (0, (gint32) f->size);
      gsize wanted = (gsize) g_test_rand_int_range (0, 50000);
      gsize size = MIN (wanted, f->size - offset);

      for (gsize k = offset; k < offset + size; k++)
        f->content[k] = is_pad (f, k) ? 0 : (guint8) g_test_rand_int ();
      write_range (f, offset, size);
      assert_range (f, offset, size);
    }
  assert_range (f, 0, f->size);
}

static void
test_what_was_never_written_is_gone (Fixture *f, gconstpointer name)
{
  g_autoptr (GError) error = NULL;
  guint8             bytes[100];
  GInputVector       vector = { bytes, sizeof bytes };

  g_assert_false (btfw_storage_readv (f->storage, 0, &vector, 1, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
}

/* Opening alone makes nothing that a person would see. */
static void
test_open_makes_no_files (Fixture *f, gconstpointer name)
{
  for (guint32 file = 0; file < G_N_ELEMENTS (files); file++)
    {
      g_autofree char *path = g_build_filename (f->dir, files[file].path, NULL);
      BtfwFileStat     stat;

      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
      g_assert_true (btfw_storage_stat (f->storage, file, &stat, NULL));
      g_assert_false (stat.exists);
    }
}

static void
test_stays_over_reopenings (Fixture *f, gconstpointer name)
{
  write_everything (f);
  g_assert_true (btfw_storage_flush (f->storage, NULL));
  for (guint i = 0; i < REOPENINGS; i++)
    {
      btfw_storage_close (f->storage);
      open_storage (f);
      assert_range (f, i * 500 % f->size, 5);
    }
  assert_range (f, 0, f->size);
}

static void
test_stat_tells_what_is_there (Fixture *f, gconstpointer name)
{
  write_everything (f);
  for (guint32 file = 0; file < G_N_ELEMENTS (files); file++)
    {
      BtfwFileStat stat;

      g_assert_true (btfw_storage_stat (f->storage, file, &stat, NULL));
      if (files[file].length > 0 && !(files[file].flags & BTFW_FILE_PAD))
        {
          g_assert_true (stat.exists);
          g_assert_cmpuint (stat.size, ==, files[file].length);
        }
    }
}

/* What is leased is what would be read, up to the lease's end. */
static void
test_leases_have_the_bytes (Fixture *f, gconstpointer name)
{
  write_everything (f);
  assert_range (f, 0, f->size);
  for (guint i = 0; i < 200; i++)
    {
      gsize                 offset = (gsize) g_test_rand_int_range (0, (gint32) f->size);
      gsize                 size = (gsize) g_test_rand_int_range (1, (gint32) (f->size - offset) + 1);
      g_autoptr (BtfwLease) lease = btfw_storage_lease (f->storage, offset, size);
      g_autofree guint8    *data = g_malloc (size);
      gsize                 length;

      if (lease == NULL)
        continue;
      length = btfw_lease_get_length (lease);
      g_assert_cmpuint (length, >, 0);
      g_assert_cmpuint (length, <=, size);
      g_assert_cmpint (pread (btfw_lease_get_fd (lease), data, length, btfw_lease_get_offset (lease)), ==, (gssize) length);
      g_assert_cmpmem (data, length, f->content + offset, length);
    }
}

static void
test_leases_outlive_a_close (Fixture *f, gconstpointer name)
{
  g_autoptr (BtfwLease) lease = NULL;
  guint8                byte;

  write_everything (f);
  assert_range (f, 0, 1);
  lease = btfw_storage_lease (f->storage, 0, 1000);
  btfw_storage_close (f->storage);
  if (lease != NULL)
    {
      g_assert_cmpint (pread (btfw_lease_get_fd (lease), &byte, 1, btfw_lease_get_offset (lease)), ==, 1);
      g_assert_cmpuint (byte, ==, f->content[0]);
    }
  open_storage (f);
}

static void
test_removes_its_own_and_nothing_else (Fixture *f, gconstpointer name)
{
  g_autofree char   *stranger = g_build_filename (f->dir, "stranger", NULL);
  g_autoptr (GError) error = NULL;

  write_everything (f);
  g_mkdir_with_parents (f->dir, 0700);
  g_assert_true (g_file_set_contents (stranger, "mine", -1, NULL));
  g_assert_true (btfw_storage_remove (f->storage, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (stranger, G_FILE_TEST_EXISTS));
  test_open_makes_no_files (f, name);
  /* And can be begun anew. */
  write_everything (f);
  assert_range (f, 0, f->size);
}

static void
add (const char *name, const char *what, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/contract/storage/%s/%s", name, what);

  g_test_add (path, Fixture, name, setup, test, teardown);
}

static void
add_tests (const char *name)
{
  add (name, "what-is-written-is-read", test_what_is_written_is_read);
  add (name, "writes-of-any-size", test_writes_of_any_size);
  add (name, "what-was-never-written-is-gone", test_what_was_never_written_is_gone);
  add (name, "open-makes-no-files", test_open_makes_no_files);
  add (name, "stays-over-reopenings", test_stays_over_reopenings);
  add (name, "stat-tells-what-is-there", test_stat_tells_what_is_there);
  add (name, "leases-have-the-bytes", test_leases_have_the_bytes);
  add (name, "leases-outlive-a-close", test_leases_outlive_a_close);
  add (name, "removes-its-own-and-nothing-else", test_removes_its_own_and_nothing_else);
}

int
main (int argc, char **argv)
{
  g_autoptr (BtfwConfig) config = NULL;
  g_autoptr (GPtrArray)  list = NULL;
  int                    result;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  config = btfw_config_new ();
  plugins = btfw_plugins_new (config);
  list = btfw_plugins_list (plugins, "storage");
  for (guint i = 0; i < list->len; i++)
    if (btfw_plugin_info_get_status (g_ptr_array_index (list, i)) == BTFW_PLUGIN_USABLE)
      add_tests (btfw_plugin_info_get_name (g_ptr_array_index (list, i)));
  result = g_test_run ();
  g_object_unref (plugins);
  return result;
}
