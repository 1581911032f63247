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
btfw_verify_digest (BtfwMetainfo *metainfo, guint32 piece, const guint8 *digest)
{
  const guint8 *expected = btfw_metainfo_get_piece_hash (metainfo, piece);

  return expected && memcmp (digest, expected, btfw_hash_get_size (btfw_verify_get_kind (metainfo))) == 0;
}

gboolean
btfw_verify_piece (BtfwMetainfo *metainfo, guint32 piece, BtfwHasher *hasher)
{
  guint8 digest[BTFW_HASH_SIZE_MAX];

  btfw_hasher_finish (hasher, digest);

  return btfw_verify_digest (metainfo, piece, digest);
}
