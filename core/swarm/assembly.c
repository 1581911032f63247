/* assembly.c: blocks on their way to the disk. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/assembly.h"

#include "base/sum.h"
#include "swarm/requests.h"
#include "swarm/swarm.h"

/* So many blocks in a row are worth a write of their own before the piece is
 * whole: 256 KiB. */
#define RUN_MIN 16

static void try_hash (BtfwSwarm *swarm, BtfwActivePiece *active, guint min);

static gboolean
is_last (const BtfwPieceJob *job, const BtfwActivePiece *active)
{
  return job->offset / BTFW_BLOCK_SIZE + job->n_segments == active->n_blocks;
}

/* The buffers that a job had go back to the pool. */
static void
release_segments (BtfwSwarm *swarm, BtfwPieceJob *job, BtfwActivePiece *active, BtfwBlockState state)
{
  guint32 first = job->offset / BTFW_BLOCK_SIZE;

  /* Last taken, first given, so that the next block finds the warmest buffer. */
  for (guint i = job->n_segments; i > 0; i--)
    {
      BtfwActiveBlock *block = &active->blocks[first + i - 1];

      if (block->data != NULL)
        btfw_buffers_give (swarm->resources->buffers, g_steal_pointer (&block->data));
      block->state = (guint8) state;
      block->check = job->segments[i - 1].check;
    }
}

static void
discard (BtfwSwarm *swarm, BtfwActivePiece *active)
{
  btfw_trust_settle (swarm, active, FALSE);
  swarm->n_blocks_active -= active->n_received;
  for (guint32 i = 0; i < active->n_blocks; i++)
    if (active->blocks[i].data != NULL)
      btfw_buffers_give (swarm->resources->buffers, g_steal_pointer (&active->blocks[i].data));
}

void
btfw_assembly_restart (BtfwSwarm *swarm, BtfwActivePiece *active)
{
  discard (swarm, active);
  btfw_active_restart (active);
  btfw_requests_wake (swarm);
  if (active->n_free == active->n_blocks && !active->failed)
    {
      guint32 piece = active->piece;

      btfw_actives_end (&swarm->actives, active);
      btfw_swarm_piece_changed (swarm, piece, BTFW_PIECE_CHANGE_STATE);
    }
  else
    btfw_swarm_piece_changed (swarm, active->piece, BTFW_PIECE_CHANGE_STATE);
}

/* A sum for each block that is in doubt, or NULL for none, or when some of them
 * are past getting rid of. */
static guint64 *
sum_doubtful (BtfwSwarm *swarm, const BtfwActivePiece *active)
{
  g_autofree guint64 *sums = g_new0 (guint64, active->n_blocks);
  gboolean            has_some = FALSE;

  for (guint32 i = 0; i < active->n_blocks; i++)
    {
      const BtfwActiveBlock *block = &active->blocks[i];

      if (block->state <= BTFW_BLOCK_ASKED || !btfw_trust_is_doubtful (swarm, block->source))
        continue;
      if (block->state != BTFW_BLOCK_HELD)
        return NULL;
      sums[i] = btfw_sum (block->data, btfw_active_get_block_size (active, i));
      has_some = TRUE;
    }
  return has_some ? g_steal_pointer (&sums) : NULL;
}

void
btfw_assembly_purge (BtfwSwarm *swarm, BtfwActivePiece *active)
{
  g_autofree guint64 *sums = sum_doubtful (swarm, active);

  if (sums == NULL)
    return;
  btfw_blame_on_doubt (swarm, active, g_memdup2 (sums, active->n_blocks * sizeof *sums));
  for (guint32 i = 0; i < active->n_blocks; i++)
    {
      if (sums[i] == 0)
        continue;
      btfw_trust_on_block_lost (swarm, active->blocks[i].source);
      btfw_buffers_give (swarm->resources->buffers, btfw_active_unreceive (active, i));
      btfw_swarm_count_waste (swarm, btfw_active_get_block_size (active, i));
      swarm->n_blocks_active--;
    }
  btfw_swarm_piece_changed (swarm, active->piece, BTFW_PIECE_CHANGE_STATE);
  btfw_requests_wake (swarm);
}

guint
btfw_assembly_drop_all (BtfwSwarm *swarm)
{
  for (guint i = btfw_actives_get_n (&swarm->actives); i > 0; i--)
    {
      BtfwActivePiece *active = btfw_actives_get (&swarm->actives, i - 1);
      guint32          piece = active->piece;

      if (active->n_jobs > 0)
        continue;
      discard (swarm, active);
      btfw_actives_end (&swarm->actives, active);
      btfw_swarm_piece_changed (swarm, piece, BTFW_PIECE_CHANGE_STATE);
    }
  return btfw_actives_get_n (&swarm->actives);
}

/* Nobody would bring what it lacks, and its buffers would be held for ever. */
static void
drop_if_unwanted (BtfwSwarm *swarm, BtfwActivePiece *active)
{
  guint32 piece = active->piece;

  if (active->n_jobs > 0 || btfw_bitfield_get (&swarm->map.missing, piece))
    return;

  btfw_requests_cancel_piece (swarm, active);
  discard (swarm, active);
  btfw_actives_end (&swarm->actives, active);
  btfw_swarm_piece_changed (swarm, piece, BTFW_PIECE_CHANGE_STATE);
}

void
btfw_assembly_drop_unwanted (BtfwSwarm *swarm)
{
  for (guint i = btfw_actives_get_n (&swarm->actives); i > 0; i--)
    drop_if_unwanted (swarm, btfw_actives_get (&swarm->actives, i - 1));
}

static void
on_piece_good (BtfwSwarm *swarm, BtfwActivePiece *active, const guint64 *sums)
{
  guint32 piece = active->piece;

  btfw_requests_cancel_piece (swarm, active);
  btfw_blame_on_good (swarm, active, sums);
  btfw_trust_settle (swarm, active, TRUE);
  swarm->n_blocks_active -= active->n_received;
  btfw_actives_end (&swarm->actives, active);
  btfw_swarm_on_piece_here (swarm, piece);
}

/* Takes the sums. */
static void
on_piece_bad (BtfwSwarm *swarm, BtfwActivePiece *active, guint64 *sums)
{
  gboolean was_wary = btfw_trust_is_wary (swarm);

  g_debug ("swarm: piece %u fails its hash", active->piece);
  btfw_swarm_count_waste (swarm, active->length);
  btfw_blame_on_bad (swarm, active, sums);
  active->failed = TRUE;
  active->sole_source = 0;
  btfw_assembly_restart (swarm, active);
  if (!was_wary && btfw_trust_is_wary (swarm))
    btfw_trust_on_wary (swarm);
}

static void
on_job_done (BtfwPieceJob *job)
{
  BtfwSwarm       *swarm = job->owner;
  BtfwActivePiece *active = btfw_actives_find (&swarm->actives, job->piece);
  gboolean         carried_hash = job->hasher != NULL;
  gboolean         good = job->error == NULL;

  g_assert (active != NULL && active->n_jobs > 0);
  release_segments (swarm, job, active, carried_hash ? BTFW_BLOCK_DONE : BTFW_BLOCK_STORED);
  active->n_jobs--;
  if (carried_hash)
    active->hashing = FALSE;
  if (!good)
    {
      active->broken = TRUE;
      btfw_swarm_on_storage_error (swarm, job->error, job->piece);
    }

  if (active->broken)
    {
      if (active->n_jobs == 0)
        {
          active->broken = FALSE;
          btfw_assembly_restart (swarm, active);
        }
    }
  else if (carried_hash && job->last && !job->verified)
    on_piece_bad (swarm, active, g_steal_pointer (&job->sums));
  else if (carried_hash && job->last)
    on_piece_good (swarm, active, job->sums);
  else
    {
      try_hash (swarm, active, btfw_swarm_is_short_of_memory (swarm) ? 1 : RUN_MIN);
      drop_if_unwanted (swarm, active);
    }

  swarm->resources->backlog -= (gsize) job->n_segments * BTFW_BLOCK_SIZE;
  btfw_resources_give_job (swarm->resources, job);
  btfw_swarm_on_job_done (swarm);
}

/* @n blocks from @first on, all in the same state, go to a worker. */
static void
submit (BtfwSwarm *swarm, BtfwActivePiece *active, guint32 first, guint n, gboolean carry_hash)
{
  BtfwPieceJob  *job = btfw_resources_take_job (swarm->resources);
  BtfwBlockState state = carry_hash ? BTFW_BLOCK_DONE : BTFW_BLOCK_MOVING;

  job->owner = swarm;
  job->piece = active->piece;
  job->offset = first * BTFW_BLOCK_SIZE;
  job->hasher = carry_hash ? &active->hasher : NULL;
  job->write = active->blocks[first].state == BTFW_BLOCK_HELD;
  job->verified = FALSE;
  job->n_segments = n;
  job->last = carry_hash && is_last (job, active);
  job->wants_sums = job->last && btfw_blame_is_open (&swarm->blame, active->piece);
  job->done = on_job_done;
  for (guint i = 0; i < n; i++)
    {
      job->segments[i].data = active->blocks[first + i].data;
      job->segments[i].size = btfw_active_get_block_size (active, first + i);
      job->segments[i].check = active->blocks[first + i].check;
      active->blocks[first + i].state = (guint8) state;
    }

  active->n_jobs++;
  if (carry_hash)
    {
      active->hashing = TRUE;
      active->front = first + n;
    }
  swarm->n_jobs++;
  swarm->resources->n_jobs++;
  swarm->resources->backlog += (gsize) n * BTFW_BLOCK_SIZE;
  btfw_volume_submit (swarm->volume, job);
}

/* How many blocks from @first on share the state of the first, at most a job's. */
static guint
count_run (const BtfwActivePiece *active, guint32 first)
{
  guint n = 0;

  while (n < BTFW_JOB_SEGMENTS_MAX && first + n < active->n_blocks &&
         active->blocks[first + n].state == active->blocks[first].state)
    n++;
  return n;
}

/* Carries the hash on when at least @min blocks are there, or the last one. */
static void
try_hash (BtfwSwarm *swarm, BtfwActivePiece *active, guint min)
{
  guint32 front = active->front;
  guint   n;

  if (active->hashing || active->broken || front == active->n_blocks ||
      (active->blocks[front].state != BTFW_BLOCK_HELD && active->blocks[front].state != BTFW_BLOCK_STORED))
    return;

  n = count_run (active, front);
  if (n >= min || active->n_received == active->n_blocks || active->blocks[front].state == BTFW_BLOCK_STORED)
    submit (swarm, active, front, n, TRUE);
}

gboolean
btfw_assembly_on_block (BtfwPeer *peer, const BtfwBlock *block, guint8 *data)
{
  BtfwSwarm       *swarm = peer->swarm;
  BtfwActivePiece *active = btfw_actives_find (&swarm->actives, block->piece);
  guint32          number = active == NULL ? G_MAXUINT32 : btfw_active_find_block (active, block);

  if (number == G_MAXUINT32 || active->broken || !btfw_active_receive (active, number, data, peer->id))
    {
      btfw_buffers_give (swarm->resources->buffers, data);
      btfw_swarm_count_waste (swarm, block->length);
      return FALSE;
    }

  swarm->n_blocks_active++;
  btfw_trust_on_block (peer);
  if (active->blocks[number].n_asked > 0)
    btfw_requests_cancel_others (peer, active, number);
  try_hash (swarm, active, RUN_MIN);
  return TRUE;
}

void
btfw_assembly_relieve (BtfwSwarm *swarm)
{
  for (guint i = 0; i < btfw_actives_get_n (&swarm->actives); i++)
    {
      BtfwActivePiece *active = btfw_actives_get (&swarm->actives, i);

      if (active->broken)
        continue;
      try_hash (swarm, active, 1);
      for (guint32 first = active->front; first < active->n_blocks;)
        {
          guint n = count_run (active, first);

          if (active->blocks[first].state == BTFW_BLOCK_HELD && (first > active->front || active->hashing))
            submit (swarm, active, first, n, FALSE);
          first += n;
        }
    }
}
