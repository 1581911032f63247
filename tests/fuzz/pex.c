/* pex.c: messages of peer exchange (BEP 11), and the book of whom was told of whom. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "../../plugins/extension-pex/directory.h"

#include <string.h>

static GArray *
to_array (const PexAddress *addresses, guint n)
{
  return g_array_append_vals (g_array_new (FALSE, FALSE, sizeof (PexAddress)), addresses, n);
}

/* What was taken is written and read again as the same. */
static void
check_writing (const PexAddress *added, guint n)
{
  g_autoptr (GArray) all = to_array (added, n);
  g_autoptr (GArray) none = to_array (added, 0);
  g_autoptr (GBytes) bytes = pex_message_write (all, none);
  PexAddress         copy[2 * PEX_ADDED_MAX];
  gsize              size;
  const guint8      *data = g_bytes_get_data (bytes, &size);

  memset (copy, 0, sizeof copy);
  g_assert_cmpint (pex_message_read (data, size, copy, NULL), ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_assert_true (pex_address_equal (&copy[i], &added[i]));
      g_assert_cmpuint (pex_address_hash (&copy[i]), ==, pex_address_hash (&added[i]));
      g_assert_cmpuint (copy[i].flags, ==, added[i].flags);
    }
}

/* Nobody hears of the same one twice, of itself, or of somebody who was never there. */
static void
check_directory (const PexAddress *added, guint n)
{
  Directory           *directory = directory_new ();
  DirectoryTold        told = { { 0 } };
  g_autoptr (GPtrArray) all_told = g_ptr_array_new ();
  g_autoptr (GHashTable) here = g_hash_table_new (pex_address_hash, pex_address_equal);

  g_ptr_array_add (all_told, &told);
  for (guint round = 0; round < 4; round++)
    {
      g_autoptr (GArray) news = g_array_new (FALSE, FALSE, sizeof (PexAddress));
      g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PexAddress));

      directory_begin_update (directory);
      for (guint i = 0; i < n; i++)
        if ((i + round) % 3 != 0)
          directory_name (directory, &added[i], i % 5 == 0, all_told);
      directory_collect (directory, &told, &added[0], round % 2, news, gone);
      g_assert_cmpuint (news->len, <=, PEX_ADDED_MAX);
      g_assert_cmpuint (gone->len, <=, PEX_ADDED_MAX);
      for (guint i = 0; i < gone->len; i++)
        {
          PexAddress *known = g_hash_table_lookup (here, &g_array_index (gone, PexAddress, i));

          g_assert_nonnull (known);
          g_hash_table_remove (here, known);
          g_free (known);
        }
      for (guint i = 0; i < news->len; i++)
        {
          PexAddress *known = g_memdup2 (&g_array_index (news, PexAddress, i), sizeof *known);

          g_assert_false (pex_address_equal (known, &added[0]));
          g_assert_true (g_hash_table_add (here, known));
        }
    }
  g_hash_table_foreach (here, (GHFunc) (void (*) (void)) g_free, NULL);
  directory_free (directory);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  PexAddress         added[2 * PEX_ADDED_MAX];
  int                n = pex_message_read (data, size, added, &error);

  if (!fuzz_check (n >= 0, &error))
    return 0;
  g_assert_cmpint (n, <=, 2 * PEX_ADDED_MAX);
  for (int i = 0; i < n; i++)
    g_assert_true (added[i].ip_size == 4 || added[i].ip_size == 16);
  check_writing (added, (guint) n);
  if (n > 0)
    check_directory (added, (guint) n);
  return 0;
}
