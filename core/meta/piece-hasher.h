/* piece-hasher.h: hashes the pieces of files on all processors. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "meta/file-walk.h"

#include <btfw/btfw-layout.h>
#include <stdatomic.h>

#define BTFW_PIECE_HASH_SIZE 20

/* Hashes all pieces of @layout, whose files are those of @walk, into @hashes.
 * @n_bytes counts what is done, for other threads to look at. Blocks; uses some
 * MiB for each thread, however large the pieces are. */
gboolean btfw_piece_hasher_run (const BtfwFileWalk *walk,
                                const BtfwLayout   *layout,
                                guint8             *hashes,
                                atomic_ullong      *n_bytes,
                                GCancellable       *cancellable,
                                GError            **error);
