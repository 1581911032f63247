/* error.c: tests the kinds of storage errors and their sentence. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-error.h>

#include <errno.h>
#include <string.h>

typedef struct
{
  const char      *name;
  int              errnum;
  BtfwStorageError expected;
} KindCase;

static const KindCase kind_cases[] = {
  { "ENOSPC", ENOSPC, BTFW_STORAGE_ERROR_FULL },
  { "EDQUOT", EDQUOT, BTFW_STORAGE_ERROR_FULL },
  { "EACCES", EACCES, BTFW_STORAGE_ERROR_REFUSED },
  { "EPERM", EPERM, BTFW_STORAGE_ERROR_REFUSED },
  { "EROFS", EROFS, BTFW_STORAGE_ERROR_REFUSED },
  { "ENOENT", ENOENT, BTFW_STORAGE_ERROR_GONE },
  { "ESTALE", ESTALE, BTFW_STORAGE_ERROR_GONE },
  { "EIO", EIO, BTFW_STORAGE_ERROR_BROKEN },
  { "none", 0, BTFW_STORAGE_ERROR_BROKEN },
};

static void
test_errno_has_a_kind (gconstpointer data)
{
  const KindCase *kind = data;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (btfw_storage_error_from_errno (kind->errnum), ==, kind->expected);
  btfw_set_storage_error_from_errno (&error, kind->errnum, "write", "a/b");
  g_assert_error (error, BTFW_STORAGE_ERROR, (int) kind->expected);
}

static void
test_sentence_names_path_and_cause (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("cannot write “dir/a.iso”: %s", g_strerror (ENOSPC));

  btfw_set_storage_error_from_errno (&error, ENOSPC, "write", "dir/a.iso");
  g_assert_cmpstr (error->message, ==, expected);
}

static void
test_sentence_is_fit_for_a_terminal (void)
{
  g_autoptr (GError) error = NULL;

  btfw_set_storage_error_from_errno (&error, EIO, "read", "a\033[2J\xff");
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strchr (error->message, '\033'));
}

static void
test_error_may_be_ignored (void)
{
  btfw_set_storage_error_from_errno (NULL, EIO, "read", "a");
}

static void
test_domains_differ (void)
{
  g_assert_cmpuint (BTFW_ERROR, !=, BTFW_STORAGE_ERROR);
  g_assert_cmpstr (g_quark_to_string (BTFW_ERROR), ==, "btfw-error-quark");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (kind_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/error/storage/errno-has-a-kind/%s", kind_cases[i].name);

      g_test_add_data_func (path, &kind_cases[i], test_errno_has_a_kind);
    }
  g_test_add_func ("/error/storage/sentence-names-path-and-cause", test_sentence_names_path_and_cause);
  g_test_add_func ("/error/storage/sentence-is-fit-for-a-terminal", test_sentence_is_fit_for_a_terminal);
  g_test_add_func ("/error/storage/error-may-be-ignored", test_error_may_be_ignored);
  g_test_add_func ("/error/domains-differ", test_domains_differ);

  return g_test_run ();
}
