/* verify.c: compares a piece's hash with the torrent's. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/verify.h"

#include <string.h>

BtfwHashKind
btfw_verify_get_kind (BtfwMetainfo *metainfo)
{
  return BTFW_HASH_SHA1;
}

gboolean
btfw_verify_piece (BtfwMetainfo *metainfo, guint32 piece, BtfwHasher *hasher)
{
  const guint8 *expected = btfw_metainfo_get_piece_hash (metainfo, piece);
  guint8        digest[BTFW_HASH_SIZE_MAX];
  gsize         size = btfw_hash_get_size (hasher->kind);

  btfw_hasher_finish (hasher, digest);

  return expected && memcmp (digest, expected, size) == 0;
}
