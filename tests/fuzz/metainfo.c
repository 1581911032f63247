/* metainfo.c: .torrent files, and info dictionaries that peers send. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "meta/magnet.h"
#include "meta/metainfo.h"

#include <string.h>

static void
check_path (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  g_assert_true (g_utf8_validate (path, -1, NULL));
  for (guint i = 0; parts[i] != NULL; i++)
    {
      g_assert_cmpstr (parts[i], !=, "");
      g_assert_cmpstr (parts[i], !=, ".");
      g_assert_cmpstr (parts[i], !=, "..");
      g_assert_cmpuint (strlen (parts[i]), <=, 255);
      fuzz_check_text (parts[i]);
    }
}

static void
check_layout (const BtfwLayout *layout)
{
  guint64 offset = 0;
  guint64 size = 0;

  for (guint32 i = 0; i < btfw_layout_get_n_files (layout); i++)
    {
      check_path (btfw_layout_get_file_path (layout, i));
      g_assert_cmpuint (btfw_layout_get_file_offset (layout, i), ==, offset);
      offset += btfw_layout_get_file_length (layout, i);
    }
  g_assert_cmpuint (offset, ==, btfw_layout_get_size (layout));
  for (guint32 i = 0; i < btfw_layout_get_n_pieces (layout); i++)
    {
      g_assert_cmpuint (btfw_layout_get_piece_offset (layout, i), ==, size);
      g_assert_cmpuint (btfw_layout_get_piece_length (layout, i), >, 0);
      g_assert_cmpuint (btfw_layout_get_piece_length (layout, i), <=, btfw_layout_get_piece_size (layout));
      size += btfw_layout_get_piece_length (layout, i);
    }
  g_assert_cmpuint (size, ==, btfw_layout_get_size (layout));
}

static void
check_texts (BtfwMetainfo *metainfo)
{
  const char *const *warnings = btfw_metainfo_get_warnings (metainfo);

  check_path (btfw_metainfo_get_name (metainfo));
  if (btfw_metainfo_get_comment (metainfo) != NULL)
    g_assert_true (g_utf8_validate (btfw_metainfo_get_comment (metainfo), -1, NULL));
  for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
    fuzz_check_text (warnings[i]);
  for (guint i = 0; i < btfw_metainfo_get_n_tiers (metainfo); i++)
    g_assert_nonnull (btfw_metainfo_get_tier (metainfo, i)[0]);
}

/* What is written again is the same torrent, with the same bytes in info. */
static void
check_copy (BtfwMetainfo *metainfo)
{
  g_autoptr (GBytes)       bytes = btfw_metainfo_to_bytes (metainfo);
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwMetainfo) copy = btfw_metainfo_new_from_bytes (bytes, &error);
  g_autoptr (BtfwMagnet)   magnet = NULL;

  g_assert_no_error (error);
  g_assert_true (btfw_info_hash_equal (btfw_metainfo_get_info_hash (copy), btfw_metainfo_get_info_hash (metainfo)));
  g_assert_true (g_bytes_equal (btfw_metainfo_get_info (copy), btfw_metainfo_get_info (metainfo)));

  magnet = btfw_magnet_new_for_metainfo (metainfo);
  g_assert_true (btfw_magnet_fits (magnet, btfw_metainfo_get_info (metainfo)));
}

static void
check (BtfwMetainfo *metainfo)
{
  check_layout (btfw_metainfo_get_layout (metainfo));
  check_texts (metainfo);
  check_copy (metainfo);
  if (btfw_metainfo_get_protocols (metainfo) & BTFW_PROTOCOL_V1)
    for (guint32 i = 0; i < btfw_layout_get_n_pieces (btfw_metainfo_get_layout (metainfo)); i++)
      g_assert_nonnull (btfw_metainfo_get_piece_hash (metainfo, i));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const trackers[] = { "http://tracker.example/announce", NULL };
  g_autoptr (GBytes)       bytes = g_bytes_new (data, size);
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwMetainfo) file = btfw_metainfo_new_from_bytes (bytes, &error);
  g_autoptr (BtfwMetainfo) from_peers = NULL;

  if (fuzz_check (file != NULL, &error))
    check (file);
  from_peers = btfw_metainfo_new_from_peers (file != NULL ? btfw_metainfo_get_info (file) : bytes, trackers, NULL, &error);
  if (fuzz_check (from_peers != NULL, &error))
    check (from_peers);
  return 0;
}
