/* stacks.c: storages upon storages: what a layer passes on, and what
 * storage-fault does with it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/storage-context.h"

#include <btfw/btfw-plugins.h>

#include <glib/gstdio.h>
#include <string.h>

#define SIZE 200000
#define PIECE 16384

typedef struct
{
  char               *root;
  GPtrArray          *stack;
  BtfwStorage        *top;
  BtfwStorageContext *context;
} Place;

static BtfwPlugins *plugins;
static guint8       content[SIZE];

static Place *
place_new (const char *spec)
{
  static const guint8      hash[20] = { 7 };
  g_autoptr (BtfwInfoHash) info_hash = btfw_info_hash_new (hash, NULL);
  g_autoptr (BtfwLayout)   layout = btfw_layout_new_single ("a file", SIZE, PIECE);
  g_autoptr (GError)       error = NULL;
  Place                   *self = g_new0 (Place, 1);
  g_autofree char         *save = NULL;
  g_autofree char         *state = NULL;

  self->root = g_dir_make_tmp ("btfw-stack-XXXXXX", NULL);
  save = g_build_filename (self->root, "save", NULL);
  state = g_build_filename (self->root, "state", NULL);
  self->stack = btfw_plugins_create_stack (plugins, "storage", spec, &error);
  g_assert_no_error (error);
  self->top = g_ptr_array_index (self->stack, 0);
  self->context = btfw_storage_context_new (info_hash, layout, self->stack, save, state);
  return self;
}

static Place *
open_place (const char *spec)
{
  Place             *self = place_new (spec);
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_storage_open (self->top, self->context, &error));
  g_assert_no_error (error);
  return self;
}

static void
place_free (Place *self)
{
  g_autofree char *save = g_build_filename (self->root, "save", NULL);
  g_autofree char *file = g_build_filename (save, "a file", NULL);

  btfw_storage_close (self->top);
  btfw_storage_context_unref (self->context);
  g_ptr_array_unref (self->stack);
  g_remove (file);
  g_rmdir (save);
  g_rmdir (self->root);
  g_free (self->root);
  g_free (self);
}

static gboolean
write_at (BtfwStorage *storage, guint64 offset, gsize size, GError **error)
{
  GOutputVector vectors[2] = { { content + offset, size / 3 }, { content + offset + size / 3, size - size / 3 } };

  return btfw_storage_writev (storage, offset, vectors, 2, error);
}

static gboolean
read_at (BtfwStorage *storage, guint64 offset, gsize size, guint8 *data, GError **error)
{
  GInputVector vector = { data, size };

  return btfw_storage_readv (storage, offset, &vector, 1, error);
}

/* Which of a hundred writes failed, as a text. */
static char *
list_failures (const char *spec)
{
  Place   *place = open_place (spec);
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GError) error = NULL;

      g_string_append_c (list, write_at (place->top, i * 1000, 1000, &error) ? '.' : 'x');
      if (error != NULL)
        g_assert_cmpint (error->domain, ==, BTFW_STORAGE_ERROR);
    }
  place_free (place);
  return g_string_free (list, FALSE);
}

static guint
count_failures (const char *list)
{
  guint n = 0;

  for (; *list != '\0'; list++)
    n += *list == 'x';
  return n;
}

static void
test_layer_alone_is_refused (void)
{
  Place             *place = place_new ("fault");
  g_autoptr (GError) error = NULL;

  g_assert_false (btfw_storage_open (place->top, place->context, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "+file"));
  place_free (place);
}

static void
test_rate_is_the_share_that_fails (void)
{
  g_autofree char *none = list_failures ("fault,rate=0+file");
  g_autofree char *half = list_failures ("fault,rate=0.5,seed=3+file");
  g_autofree char *all = list_failures ("fault,rate=1+file");

  g_assert_cmpuint (count_failures (none), ==, 0);
  g_assert_cmpuint (count_failures (half), >=, 30);
  g_assert_cmpuint (count_failures (half), <=, 70);
  g_assert_cmpuint (count_failures (all), ==, 100);
}

static void
test_seed_repeats_failures (void)
{
  g_autofree char *first = list_failures ("fault,rate=0.3,seed=11+memory");
  g_autofree char *again = list_failures ("fault,rate=0.3,seed=11+memory");
  g_autofree char *other = list_failures ("fault,rate=0.3,seed=12+memory");

  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, other);
}

static void
test_after_and_count_bound_failures (void)
{
  g_autofree char *list = list_failures ("fault,rate=1,after=10,count=5+file");

  g_assert_true (g_str_has_prefix (list, "..........xxxxx....."));
  g_assert_cmpuint (count_failures (list), ==, 5);
}

static void
test_kind_is_the_errors_kind (gconstpointer data)
{
  static const char *const kinds[] = { "full", "absent", "gone", "refused", "broken" };
  guint                    kind = GPOINTER_TO_UINT (data);
  g_autofree char         *spec = g_strdup_printf ("fault,rate=1,kind=%s+file", kinds[kind]);
  Place                   *place = open_place (spec);
  g_autoptr (GError)       error = NULL;

  g_assert_false (write_at (place->top, 0, 10, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, (int) kind);
  place_free (place);
}

static void
test_ops_are_those_that_fail (void)
{
  Place             *place = open_place ("fault,rate=1,ops=flush;stat+file");
  g_autoptr (GError) error = NULL;
  guint8             data[100];
  BtfwFileStat       stat;

  g_assert_true (write_at (place->top, 0, 100, &error));
  g_assert_true (read_at (place->top, 0, 100, data, &error));
  g_assert_cmpmem (data, 100, content, 100);
  g_assert_false (btfw_storage_flush (place->top, NULL));
  g_assert_false (btfw_storage_stat (place->top, 0, &stat, NULL));
  place_free (place);
}

static void
test_short_write_leaves_half (void)
{
  Place             *place = open_place ("fault,rate=1,ops=write,kind=full,short=true+memory");
  g_autoptr (GError) error = NULL;
  guint8             data[5000];

  g_assert_false (write_at (place->top, 0, 10000, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_FULL);
  g_assert_true (read_at (place->top, 0, 5000, data, NULL));
  g_assert_cmpmem (data, 5000, content, 5000);
  g_assert_false (read_at (place->top, 4096, 5904, data, NULL));
  place_free (place);
}

static void
test_delay_makes_calls_slow (void)
{
  Place *place = open_place ("fault,delay=30,ops=write+memory");
  gint64 began = g_get_monotonic_time ();

  for (guint i = 0; i < 5; i++)
    g_assert_true (write_at (place->top, i * 10, 10, NULL));
  g_assert_cmpint (g_get_monotonic_time () - began, >=, 150 * 1000);
  place_free (place);
}

/* What lies below could give one. */
static void
test_lease_is_not_inherited (void)
{
  Place                *place = open_place ("fault+memory");
  g_autoptr (BtfwLease) lease = NULL;

  g_assert_true (write_at (place->top, 0, 1000, NULL));
  lease = btfw_storage_lease (g_ptr_array_index (place->stack, 1), 0, 1000);
  g_assert_nonnull (lease);
  g_assert_null (btfw_storage_lease (place->top, 0, 1000));
  place_free (place);
}

static void
test_many_layers (void)
{
  Place             *place = open_place ("fault+fault,rate=0+fault+file");
  g_autoptr (GError) error = NULL;
  guint8             data[1000];
  BtfwFileStat       stat;

  g_assert_true (write_at (place->top, 0, 1000, &error));
  g_assert_true (btfw_storage_flush (place->top, &error));
  g_assert_true (btfw_storage_stat (place->top, 0, &stat, &error));
  g_assert_true (stat.exists);
  g_assert_true (btfw_storage_wanted_changed (place->top, &error));
  btfw_storage_close (place->top);
  g_assert_true (btfw_storage_open (place->top, place->context, &error));
  g_assert_true (read_at (place->top, 0, 1000, data, &error));
  g_assert_cmpmem (data, 1000, content, 1000);
  g_assert_true (btfw_storage_remove (place->top, &error));
  g_assert_false (read_at (place->top, 0, 1000, data, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
  place_free (place);
}

int
main (int argc, char **argv)
{
  g_autoptr (BtfwConfig) config = NULL;
  int                    result;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (guint i = 0; i < SIZE; i++)
    content[i] = (guint8) (i * 31 + (i >> 8));
  config = btfw_config_new ();
  plugins = btfw_plugins_new (config);
  g_test_add_func ("/stacks/layer-alone-is-refused", test_layer_alone_is_refused);
  g_test_add_func ("/stacks/many-layers", test_many_layers);
  g_test_add_func ("/stacks/lease-is-not-inherited", test_lease_is_not_inherited);
  g_test_add_func ("/stacks/fault/rate-is-the-share-that-fails", test_rate_is_the_share_that_fails);
  g_test_add_func ("/stacks/fault/seed-repeats-failures", test_seed_repeats_failures);
  g_test_add_func ("/stacks/fault/after-and-count-bound-failures", test_after_and_count_bound_failures);
  g_test_add_func ("/stacks/fault/ops-are-those-that-fail", test_ops_are_those_that_fail);
  g_test_add_func ("/stacks/fault/short-write-leaves-half", test_short_write_leaves_half);
  g_test_add_func ("/stacks/fault/delay-makes-calls-slow", test_delay_makes_calls_slow);
  g_test_add_data_func ("/stacks/fault/kind/full", GUINT_TO_POINTER (0), test_kind_is_the_errors_kind);
  g_test_add_data_func ("/stacks/fault/kind/absent", GUINT_TO_POINTER (1), test_kind_is_the_errors_kind);
  g_test_add_data_func ("/stacks/fault/kind/gone", GUINT_TO_POINTER (2), test_kind_is_the_errors_kind);
  g_test_add_data_func ("/stacks/fault/kind/refused", GUINT_TO_POINTER (3), test_kind_is_the_errors_kind);
  g_test_add_data_func ("/stacks/fault/kind/broken", GUINT_TO_POINTER (4), test_kind_is_the_errors_kind);
  result = g_test_run ();
  g_object_unref (plugins);
  return result;
}
