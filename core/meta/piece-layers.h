/* piece-layers.h: the hashes of the pieces of v2 files, which stand outside of the info dictionary. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bencode.h"

/* Whether "piece layers" of @torrent has, for each file of @info's tree that is
 * longer than a piece, one hash a piece under the file's root; a torrent that has
 * the hashes of version 1, too, may be without any. The tree must be in order.
 * Whether the hashes make that root is not looked at here. */
gboolean btfw_piece_layers_check (const BtfwBencode *document,
                                  guint32            torrent,
                                  guint32            info,
                                  guint32            piece_size,
                                  GError           **error);
