/* metainfo-writer.c: makes a .torrent file of what is known of a torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/bencode.h"

#include <btfw/btfw-metainfo.h>
#include <string.h>

static void
put_urls (GByteArray *out, const char *const *urls)
{
  btfw_bencode_begin_list (out);
  for (guint i = 0; urls[i] != NULL; i++)
    btfw_bencode_put_string (out, urls[i], -1);
  btfw_bencode_end (out);
}

static void
put_trackers (GByteArray *out, const BtfwMetainfo *self)
{
  guint n_tiers = btfw_metainfo_get_n_tiers (self);

  if (n_tiers == 0)
    return;
  btfw_bencode_put_string (out, "announce", -1);
  btfw_bencode_put_string (out, btfw_metainfo_get_tier (self, 0)[0], -1);
  if (n_tiers == 1 && btfw_metainfo_get_tier (self, 0)[1] == NULL)
    return;

  btfw_bencode_put_string (out, "announce-list", -1);
  btfw_bencode_begin_list (out);
  for (guint i = 0; i < n_tiers; i++)
    put_urls (out, btfw_metainfo_get_tier (self, i));
  btfw_bencode_end (out);
}

static void
put_text (GByteArray *out, const char *key, const char *text)
{
  if (text == NULL)
    return;
  btfw_bencode_put_string (out, key, -1);
  btfw_bencode_put_string (out, text, -1);
}

/* "host:port", where an address with colons stands in brackets. */
static void
put_node (GByteArray *out, const char *node)
{
  const char *colon = strrchr (node, ':');
  gboolean    brackets = node[0] == '[';

  btfw_bencode_begin_list (out);
  btfw_bencode_put_string (out, node + brackets, colon - node - 2 * brackets);
  btfw_bencode_put_integer (out, g_ascii_strtoll (colon + 1, NULL, 10));
  btfw_bencode_end (out);
}

static void
put_nodes (GByteArray *out, const char *const *nodes)
{
  if (nodes[0] == NULL)
    return;
  btfw_bencode_put_string (out, "nodes", -1);
  btfw_bencode_begin_list (out);
  for (guint i = 0; nodes[i] != NULL; i++)
    if (strrchr (nodes[i], ':') != NULL)
      put_node (out, nodes[i]);
  btfw_bencode_end (out);
}

GBytes *
btfw_metainfo_to_bytes (const BtfwMetainfo *self)
{
  GByteArray        *out;
  const char *const *web_seeds;
  const void        *info;
  gsize              size;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_byte_array_new ();
  btfw_bencode_begin_dict (out);
  put_trackers (out, self);
  put_text (out, "comment", btfw_metainfo_get_comment (self));
  put_text (out, "created by", btfw_metainfo_get_created_by (self));
  if (btfw_metainfo_get_creation_date (self) > 0)
    {
      btfw_bencode_put_string (out, "creation date", -1);
      btfw_bencode_put_integer (out, btfw_metainfo_get_creation_date (self));
    }
  btfw_bencode_put_string (out, "info", -1);
  info = g_bytes_get_data (btfw_metainfo_get_info (self), &size);
  btfw_bencode_put_raw (out, info, size);
  put_nodes (out, btfw_metainfo_get_nodes (self));
  web_seeds = btfw_metainfo_get_web_seeds (self);
  if (web_seeds[0] != NULL)
    {
      btfw_bencode_put_string (out, "url-list", -1);
      put_urls (out, web_seeds);
    }
  btfw_bencode_end (out);
  return g_byte_array_free_to_bytes (out);
}
