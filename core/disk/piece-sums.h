/* piece-sums.h: what each block of a whole piece was, so that its sender can be told from others. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "disk/volume.h"

/* On a worker, while @job, the last one of its piece, is still in memory; what
 * went before is read back. Answers a sum for each block (to be freed with
 * g_free()). NULL when that cannot be read, is not what had @digest when it was
 * hashed, or there is no memory: then nothing can be said of anybody. */
guint64 *btfw_piece_sums_new (BtfwVolume *volume, BtfwStorage *storage, const BtfwPieceJob *job, const guint8 *digest);
