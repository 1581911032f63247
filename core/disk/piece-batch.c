/* piece-batch.c: pieces on their way to the disk: hashed side by side, then written. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/sum.h"
#include "disk/lanes.h"
#include "disk/piece-sums.h"
#include "disk/verify.h"
#include "disk/volume.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* A block is never larger, so that it is read back in one part. */
G_STATIC_ASSERT (BTFW_BLOCK_SIZE <= BTFW_LANE_PART);

/* One call: enough jobs to fill all lanes for a while, but not so many bytes
 * that their buffers are missed on the way in. */
#define BATCH_JOBS_MAX 64
#define BATCH_BYTES_MAX (16 * 1024 * 1024)

/* Where hashing has got to in a job. */
typedef struct
{
  BtfwPieceJob *job;
  guint         segment;
  guint32       done;   /* of that segment */
  guint64       offset; /* torrent offset of what comes next */
} Cursor;

struct _BtfwPieceBatch
{
  BtfwMessage     message; /* first */
  BtfwPieceBatch *next;    /* among the spare ones */
  BtfwVolume     *volume;
  BtfwStorage    *storage;
  guint           n_jobs;
  guint           n_begun; /* jobs whose hashing began */
  gint64          hashing; /* how long that took, in µs */
  gint64          writing; /* and all else */
  BtfwPieceJob   *jobs[BATCH_JOBS_MAX];
  Cursor          cursors[BATCH_JOBS_MAX];
};

static guint64
get_job_offset (BtfwVolume *volume, const BtfwPieceJob *job)
{
  return btfw_layout_get_piece_offset (volume->layout, job->piece) + job->offset;
}

static gpointer
next_job (gpointer user_data)
{
  BtfwPieceBatch *self = user_data;

  while (self->n_begun < self->n_jobs)
    {
      BtfwPieceJob *job = self->jobs[self->n_begun];
      Cursor       *cursor = &self->cursors[self->n_begun++];

      if (!job->hasher || job->error)
        continue;

      *cursor = (Cursor){ .job = job, .offset = get_job_offset (self->volume, job) };
      return cursor;
    }
  return NULL;
}

static guint16
get_check (const guint8 *data, gsize size)
{
  return (guint16) btfw_sum (data, size);
}

/* What comes back must be what was written: else the piece would fail, and its
 * senders would be blamed for our disk. */
static gboolean
read_back (BtfwPieceBatch *self, Cursor *cursor, guint8 *room, gsize size)
{
  const BtfwSegment *segment = &cursor->job->segments[cursor->segment];
  GInputVector       vector = { .buffer = room, .size = size };

  if (!room)
    {
      btfw_set_storage_error_from_errno (&cursor->job->error, ENOMEM, "read", "");
      return FALSE;
    }
  if (!btfw_storage_readv (self->storage, cursor->offset, &vector, 1, &cursor->job->error))
    return FALSE;
  if (get_check (room, size) == segment->check)
    return TRUE;

  g_set_error (&cursor->job->error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN,
               _("piece %u reads back as other bytes than were written"), cursor->job->piece);
  return FALSE;
}

static gboolean
advance_job (gpointer user_data, gpointer stream, guint8 *room, BtfwHashPart *part)
{
  BtfwPieceBatch    *self = user_data;
  Cursor            *cursor = stream;
  const BtfwSegment *segment = &cursor->job->segments[cursor->segment];
  gsize              size;

  for (; cursor->segment < cursor->job->n_segments && cursor->done == segment->size; segment++)
    {
      cursor->segment++;
      cursor->done = 0;
    }
  if (cursor->segment == cursor->job->n_segments)
    return FALSE;

  size = MIN (segment->size - cursor->done, BTFW_LANE_PART);
  if (!segment->data && !read_back (self, cursor, room, size))
    return FALSE;

  part->hasher = cursor->job->hasher;
  part->data = segment->data ? segment->data + cursor->done : room;
  part->size = size;
  cursor->done += (guint32) size;
  cursor->offset += size;
  return TRUE;
}

/* Segments with bytes that lie side by side go in one call; one that was
 * written before parts them. */
static void
write_job (BtfwPieceBatch *self, BtfwPieceJob *job)
{
  GOutputVector vectors[BTFW_JOB_SEGMENTS_MAX];
  guint64       offset = get_job_offset (self->volume, job);
  guint         n_vectors = 0;
  gsize         size = 0;

  for (guint i = 0; i <= job->n_segments; i++)
    {
      const BtfwSegment *segment = &job->segments[i];

      if (i < job->n_segments && segment->data)
        {
          vectors[n_vectors++] = (GOutputVector){ .buffer = segment->data, .size = segment->size };
          size += segment->size;
          continue;
        }

      if (n_vectors > 0 && !btfw_storage_writev (self->storage, offset, vectors, n_vectors, &job->error))
        return;
      offset += size + (i < job->n_segments ? segment->size : 0);
      n_vectors = 0;
      size = 0;
    }
}

static void
verify_job (BtfwPieceBatch *self, BtfwPieceJob *job)
{
  guint8 digest[BTFW_HASH_SIZE_MAX];

  btfw_hasher_finish (job->hasher, digest);
  job->verified = btfw_verify_digest (self->volume->metainfo, job->piece, digest);
  if (!job->verified || job->wants_sums)
    job->sums = btfw_piece_sums_new (self->volume, self->storage, job, digest);
}

static void
note_checks (BtfwPieceJob *job)
{
  for (guint i = 0; i < job->n_segments; i++)
    if (job->segments[i].data)
      job->segments[i].check = get_check (job->segments[i].data, job->segments[i].size);
}

/* What the peers sent may be wrong, and is not worth writing then. */
static void
end_job (BtfwPieceBatch *self, BtfwPieceJob *job)
{
  if (job->error)
    return;

  if (!job->hasher)
    note_checks (job);
  else if (job->last)
    verify_job (self, job);

  if (job->write && (job->verified || !job->last || !job->hasher))
    write_job (self, job);
}

static void
finish_batch (BtfwMessage *message)
{
  BtfwPieceBatch *self = (BtfwPieceBatch *) message;
  BtfwVolume     *volume = self->volume;

  btfw_disk_returned (volume->disk);
  volume->pieces.n_calls--;
  volume->pieces.n_finished += self->n_jobs;
  /* Of sixteen batches ago half is forgotten. */
  volume->hashing += self->hashing - volume->hashing / 24;
  volume->writing += self->writing - volume->writing / 24;

  for (guint i = 0; i < self->n_jobs; i++)
    self->jobs[i]->done (self->jobs[i]);

  self->next = volume->spare_batches;
  volume->spare_batches = self;
  btfw_volume_wake (volume);
  btfw_volume_unref (volume);
}

static void
run_batch (BtfwMessage *message)
{
  static const BtfwLaneSource source = { .next = next_job, .advance = advance_job };
  BtfwPieceBatch             *self = (BtfwPieceBatch *) message;

  gint64                      begun = g_get_monotonic_time ();
  gint64                      hashed;

  btfw_lanes_run (&source, self);
  hashed = g_get_monotonic_time ();
  for (guint i = 0; i < self->n_jobs; i++)
    end_job (self, self->jobs[i]);
  self->hashing = hashed - begun;
  self->writing = g_get_monotonic_time () - hashed;

  message->handle = finish_batch;
  btfw_disk_reply (self->volume->disk, message);
}

/* A batch holds a reference to the volume for all of its jobs. */
static BtfwPieceBatch *
take_batch (BtfwVolume *volume)
{
  BtfwPieceBatch *self = volume->spare_batches;

  if (self)
    volume->spare_batches = self->next;
  else
    self = g_new (BtfwPieceBatch, 1);

  self->message.handle = run_batch;
  self->volume = btfw_volume_ref (volume);
  self->storage = volume->storage;
  self->n_jobs = 0;
  self->n_begun = 0;

  return self;
}

static gsize
count_bytes (const BtfwPieceJob *job)
{
  gsize size = 0;

  for (guint i = 0; i < job->n_segments; i++)
    size += job->segments[i].size;

  return size;
}

static void
send_batch (BtfwVolume *volume, guint n_jobs)
{
  BtfwPieceBatch *batch = take_batch (volume);
  gsize           size = 0;

  while (batch->n_jobs < MIN (n_jobs, BATCH_JOBS_MAX) &&
         (size < BATCH_BYTES_MAX || batch->n_jobs == 0))
    {
      BtfwPieceJob *job = (BtfwPieceJob *) btfw_volume_line_take (&volume->pieces);

      btfw_volume_check_open (volume, &job->error);
      size += count_bytes (job);
      batch->jobs[batch->n_jobs++] = job;
    }

  volume->pieces.n_calls++;
  btfw_disk_send (volume->disk, &batch->message);
}

/* With a call under way, jobs gather until they fill the lanes: few calls with
 * many pieces cost much less than many with few. The first one never waits. */
static guint
count_calls (BtfwVolume *volume, guint n_ready)
{
  guint cap = MAX (btfw_disk_get_n_workers (volume->disk), 1);
  guint n_free = cap > volume->pieces.n_calls ? cap - volume->pieces.n_calls : 0;
  guint n_full = n_ready / btfw_hash_get_good_company (btfw_verify_get_kind (volume->metainfo));

  if (volume->pieces.n_calls == 0)
    n_full = MAX (n_full, 1);

  return MIN (n_free, n_full);
}

void
btfw_volume_start_pieces (BtfwVolume *self)
{
  guint n_ready = btfw_volume_count_ready (self, &self->pieces);
  guint n_calls = n_ready > 0 ? count_calls (self, n_ready) : 0;

  /* A fair share for each. */
  for (; n_calls > 0; n_calls--)
    {
      guint n_before = self->pieces.n_waiting;

      send_batch (self, (n_ready + n_calls - 1) / n_calls);
      n_ready -= n_before - self->pieces.n_waiting;
    }
}

void
btfw_volume_free_spare_batches (BtfwVolume *self)
{
  BtfwPieceBatch *batch;

  while ((batch = self->spare_batches))
    {
      self->spare_batches = batch->next;
      g_free (batch);
    }
}

void
btfw_volume_get_times (const BtfwVolume *self, gint64 *hashing, gint64 *writing)
{
  *hashing = self->hashing;
  *writing = self->writing;
}

void
btfw_volume_submit (BtfwVolume *self, BtfwPieceJob *job)
{
  g_assert (job->n_segments > 0 && job->n_segments <= BTFW_JOB_SEGMENTS_MAX);

  job->volume = self;
  job->verified = FALSE;
  job->sums = NULL;
  job->error = NULL;
  btfw_volume_line_append (&self->pieces, &job->message);
  btfw_volume_wake (self);
}
