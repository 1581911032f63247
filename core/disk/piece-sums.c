/* piece-sums.c: what each block of a whole piece was, so that its sender can be told from others. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/piece-sums.h"

#include "base/sum.h"
#include "disk/verify.h"

#include <string.h>

typedef struct
{
  BtfwVolume         *volume;
  BtfwStorage        *storage;
  const BtfwPieceJob *job;
  guint8             *room; /* for one block */
} Source;

/* The block at @offset of the piece, or NULL. */
static const guint8 *
get_block (Source *self, guint32 offset, guint32 size)
{
  guint64      start = btfw_layout_get_piece_offset (self->volume->layout, self->job->piece);
  guint32      number = (offset - self->job->offset) / BTFW_BLOCK_SIZE;
  GInputVector vector = { .buffer = self->room, .size = size };

  if (offset >= self->job->offset && number < self->job->n_segments && self->job->segments[number].data != NULL)
    return self->job->segments[number].data;
  return btfw_storage_readv (self->storage, start + offset, &vector, 1, NULL) ? self->room : NULL;
}

static gboolean
sum_blocks (Source *self, guint64 *sums, guint32 length, BtfwHasher *hasher)
{
  for (guint32 offset = 0; offset < length; offset += BTFW_BLOCK_SIZE)
    {
      guint32       size = MIN (BTFW_BLOCK_SIZE, length - offset);
      const guint8 *data = get_block (self, offset, size);

      if (data == NULL)
        return FALSE;
      sums[offset / BTFW_BLOCK_SIZE] = btfw_sum (data, size);
      btfw_hasher_update (hasher, data, size);
    }
  return TRUE;
}

guint64 *
btfw_piece_sums_new (BtfwVolume *volume, BtfwStorage *storage, const BtfwPieceJob *job, const guint8 *digest)
{
  guint32           length = btfw_layout_get_piece_length (volume->layout, job->piece);
  guint64          *sums = g_try_new (guint64, (length + BTFW_BLOCK_SIZE - 1) / BTFW_BLOCK_SIZE);
  g_autofree guint8 *room = g_try_malloc (BTFW_BLOCK_SIZE);
  Source            source = { volume, storage, job, room };
  BtfwHasher        hasher;
  guint8            digest_now[BTFW_HASH_SIZE_MAX];
  gboolean          is_same;

  if (sums == NULL || room == NULL)
    {
      g_free (sums);
      return NULL;
    }

  /* A disk that gives back other bytes than it got must not make a sender guilty. */
  btfw_hasher_init (&hasher, btfw_verify_get_kind (volume->metainfo));
  is_same = sum_blocks (&source, sums, length, &hasher);
  btfw_hasher_finish (&hasher, digest_now);
  if (!is_same || memcmp (digest, digest_now, btfw_hash_get_size (hasher.kind)) != 0)
    g_clear_pointer (&sums, g_free);
  return sums;
}
