/* invitation.c: the .torrent files that the tracker gives out. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "invitation.h"

#include <string.h>

gboolean
invitation_read_path (const char *path, guint8 hash[20])
{
  if (path[0] != '/' || strlen (path) != 1 + 40 + strlen (".torrent") || strcmp (path + 41, ".torrent") != 0)
    return FALSE;

  for (guint i = 0; i < 20; i++)
    {
      int high = g_ascii_xdigit_value (path[1 + 2 * i]);
      int low = g_ascii_xdigit_value (path[2 + 2 * i]);

      if (high < 0 || low < 0)
        return FALSE;
      hash[i] = (guint8) (high << 4 | low);
    }

  return TRUE;
}

gboolean
invitation_is_ours (BtfwMetainfo *metainfo, const char *url)
{
  guint n_tiers = btfw_metainfo_get_n_tiers (metainfo);

  for (guint i = 0; i < n_tiers; i++)
    {
      if (g_strv_contains (btfw_metainfo_get_tier (metainfo, i), url))
        return TRUE;
    }

  return FALSE;
}

static GBytes *
write_head (const char *url)
{
  GByteArray *head = g_byte_array_new ();

  btfw_bencode_open_dict (head);
  btfw_bencode_append_key (head, "announce");
  btfw_bencode_append_key (head, url);
  btfw_bencode_append_key (head, "info");
  return g_byte_array_free_to_bytes (head);
}

GPtrArray *
invitation_write (BtfwMetainfo *metainfo, const char *url)
{
  GPtrArray *parts;

  /* The hashes of a v2 torrent stand beside its info dictionary, which is all we have. */
  if (btfw_metainfo_get_protocols (metainfo) != BTFW_PROTOCOL_V1)
    return NULL;

  parts = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (parts, write_head (url));
  g_ptr_array_add (parts, g_bytes_ref (btfw_metainfo_get_info (metainfo)));
  g_ptr_array_add (parts, g_bytes_new_static ("e", 1));
  return parts;
}
