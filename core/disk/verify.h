/* verify.h: whether a piece is what its torrent says: the one place that knows how. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/hash.h"

#include <btfw/btfw-metainfo.h>

/* What to hash the bytes of a piece with. */
BtfwHashKind btfw_verify_get_kind (BtfwMetainfo *metainfo);
gboolean     btfw_verify_digest (BtfwMetainfo *metainfo, guint32 piece, const guint8 *digest);
/* Ends @hasher, which got all bytes of the piece. */
gboolean     btfw_verify_piece (BtfwMetainfo *metainfo, guint32 piece, BtfwHasher *hasher);
