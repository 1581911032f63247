/* test-@name@.c: the storage, in a folder of the test's own. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <glib/gstdio.h>
#include <string.h>

GType btfw_plugin_storage_@name@_get_type (void);

static const BtfwTestFile files[] = { { "album/one", 1000, 0 }, { "album/two", 500, 0 } };

static void
test_all_files_are_one_image (void)
{
  g_autofree char               *folder = g_dir_make_tmp ("@name@-XXXXXX", NULL);
  g_autofree char               *image = g_build_filename (folder, "album.image", NULL);
  g_autoptr (BtfwLayout)         layout = btfw_test_layout_new (16384, files, G_N_ELEMENTS (files));
  g_autoptr (BtfwStorage)        storage = g_object_new (btfw_plugin_storage_@name@_get_type (), NULL);
  g_autoptr (BtfwStorageContext) context = btfw_test_storage_context_new (layout, storage, NULL, folder, NULL);
  g_autoptr (GError)             error = NULL;
  guint8                         written[1500], back[1500];
  GOutputVector                  out = { written, sizeof written };
  GInputVector                   in = { back, sizeof back };
  BtfwFileStat                   st;
  GStatBuf                       on_disk;

  memset (written, 7, sizeof written);
  g_assert_true (btfw_storage_open (storage, context, &error));
  g_assert_false (g_file_test (image, G_FILE_TEST_EXISTS));
  g_assert_true (btfw_storage_writev (storage, 0, &out, 1, &error));
  g_assert_true (btfw_storage_readv (storage, 0, &in, 1, &error));
  g_assert_cmpmem (back, sizeof back, written, sizeof written);

  g_assert_cmpint (g_stat (image, &on_disk), ==, 0);
  g_assert_cmpint (on_disk.st_size, ==, 1500);
  g_assert_true (btfw_storage_stat (storage, 1, &st, &error));
  g_assert_true (st.exists && st.size == 500);

  g_assert_true (btfw_storage_remove (storage, &error));
  btfw_storage_close (storage);
  g_assert_no_error (error);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/@name@/all-files-are-one-image", test_all_files_are_one_image);
  return g_test_run ();
}
