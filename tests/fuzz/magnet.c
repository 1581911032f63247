/* magnet.c: magnet links; behind the first line, an info dictionary that may be the link's. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "meta/magnet.h"

#include <string.h>

static void
check (BtfwMagnet *magnet)
{
  g_autofree char       *text = btfw_magnet_to_string (magnet);
  g_autoptr (GError)     error = NULL;
  g_autoptr (BtfwMagnet) copy = btfw_magnet_parse (text, &error);

  g_assert_no_error (error);
  g_assert_true (btfw_info_hash_equal (btfw_magnet_get_info_hash (copy), btfw_magnet_get_info_hash (magnet)));
  g_assert_cmpuint (btfw_magnet_get_n_peers (copy), ==, btfw_magnet_get_n_peers (magnet));
  if (btfw_magnet_get_name (magnet) != NULL)
    fuzz_check_text (btfw_magnet_get_name (magnet));
  for (guint i = 0; i < btfw_magnet_get_n_peers (magnet); i++)
    {
      guint16 port;

      g_assert_nonnull (btfw_magnet_get_peer (magnet, i, &port));
    }
  if (btfw_magnet_has_selection (magnet))
    for (guint32 file = 0; file < 100; file++)
      g_assert_cmpint (btfw_magnet_selects (magnet, file), ==, btfw_magnet_selects (copy, file));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const guint8            *end = size == 0 ? NULL : memchr (data, '\n', size);
  gsize                    length = end == NULL ? size : (gsize) (end - data);
  g_autofree char         *text = fuzz_to_string (data, length);
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwMagnet)   magnet = btfw_magnet_parse (text, &error);
  g_autoptr (GBytes)       rest = end == NULL ? NULL : g_bytes_new (end + 1, size - length - 1);
  g_autoptr (BtfwMetainfo) metainfo = NULL;

  btfw_magnet_is_link (text);
  if (!fuzz_check (magnet != NULL, &error))
    return 0;
  check (magnet);
  if (rest == NULL)
    return 0;
  metainfo = btfw_magnet_complete (magnet, rest, &error);
  if (fuzz_check (metainfo != NULL, &error))
    g_assert_true (btfw_magnet_fits (magnet, rest));
  return 0;
}
