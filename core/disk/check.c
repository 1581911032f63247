/* check.c: verifies what is on disk: some pieces at a time in stripes, on all workers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/lanes.h"
#include "disk/verify.h"
#include "disk/volume.h"
#include "disk/warm.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What one call checks: enough that the way to the worker and back costs
 * nothing, and at least as many pieces as there are lanes. */
#define TASK_BYTES (16 * 1024 * 1024)
#define TASK_PIECES_MAX 4096

#define PROGRESS_INTERVAL (200 * 1000) /* µs */

typedef struct
{
  guint32    piece;
  guint32    done;
  guint32    length;
  guint64    offset; /* torrent offset of what comes next */
  BtfwHasher hasher;
} Stream;

typedef struct _Checker Checker;

/* A range of pieces on its way through a worker. */
typedef struct
{
  BtfwMessage message; /* first */
  Checker    *checker;
  guint32     first;
  guint32     end;
  guint32     next;
  guint32     n_looked_at;
  guint64     good[TASK_PIECES_MAX / 64]; /* from first on */
  GError     *error;
  guint       n_streams; /* in use, from the start of streams */
  Stream     *idle[BTFW_HASH_LANES_MAX];
  guint       n_idle;
  Stream      streams[BTFW_HASH_LANES_MAX];
} Task;

struct _Checker
{
  BtfwVolumeEntry entry; /* first */
  BtfwWork        stat_work;
  BtfwVolume     *volume;
  BtfwCheck      *check;
  guint32         n_files;
  guint8         *exists; /* one a file; read by workers once it is filled */
  guint32         next;   /* the first piece that no task has */
  guint           n_tasks;
  guint           n_running;
  Task           *tasks;
  gint            stop; /* atomic: cancelled, or the storage is not there */
  gint64          progress_time;
};

/* Whether any file of which the piece has bytes is there. Files that are too
 * short, or of which only some are missing, show when they are read. */
static gboolean
may_be_there (Checker *self, guint32 piece)
{
  BtfwLayout *layout = self->volume->layout;
  guint64     begin = btfw_layout_get_piece_offset (layout, piece);
  guint64     end = begin + btfw_layout_get_piece_length (layout, piece);

  for (guint32 file = btfw_layout_find_file (layout, begin);
       file < self->n_files && btfw_layout_get_file_offset (layout, file) < end; file++)
    if (self->exists[file] && btfw_layout_get_file_length (layout, file) > 0)
      return TRUE;

  return FALSE;
}

static Stream *
take_stream (Task *task)
{
  if (task->n_idle > 0)
    return task->idle[--task->n_idle];

  g_assert (task->n_streams < BTFW_HASH_LANES_MAX);
  return &task->streams[task->n_streams++];
}

static gpointer
next_piece (gpointer user_data)
{
  Task       *task = user_data;
  Checker    *self = task->checker;
  BtfwLayout *layout = self->volume->layout;
  Stream     *stream;
  guint32     piece;

  do
    {
      piece = btfw_bitfield_next (&self->check->wanted, task->next);
      if (piece >= task->end || g_atomic_int_get (&self->stop))
        return NULL;
      task->next = piece + 1;
      task->n_looked_at++;
    }
  while (!may_be_there (self, piece));

  stream = take_stream (task);
  stream->piece = piece;
  stream->done = 0;
  stream->length = btfw_layout_get_piece_length (layout, piece);
  stream->offset = btfw_layout_get_piece_offset (layout, piece);
  btfw_hasher_init (&stream->hasher, btfw_verify_get_kind (self->volume->metainfo));
  return stream;
}

/* Missing bytes are what a check is there to find. Others are told of, and the
 * rest may still be fine; only when nothing is there it makes no sense to go on. */
static void
note_error (Task *task, GError *error)
{
  if (g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE))
    {
      g_error_free (error);
      return;
    }

  if (g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT))
    {
      g_atomic_int_set (&task->checker->stop, TRUE);
      g_clear_error (&task->error);
    }
  if (task->error)
    g_error_free (error);
  else
    task->error = error;
}

static gboolean
end_stream (Task *task, Stream *stream, gboolean whole)
{
  guint32 bit = stream->piece - task->first;

  if (whole && btfw_verify_piece (task->checker->volume->metainfo, stream->piece, &stream->hasher))
    task->good[bit / 64] |= G_GUINT64_CONSTANT (1) << (bit % 64);
  else if (!whole)
    btfw_hasher_clear (&stream->hasher);

  task->idle[task->n_idle++] = stream;
  return FALSE;
}

static gboolean
advance_piece (gpointer user_data, gpointer data, guint8 *room, BtfwHashPart *part)
{
  Task        *task = user_data;
  Stream      *stream = data;
  gsize        size = MIN (stream->length - stream->done, BTFW_LANE_PART);
  GInputVector vector = { .buffer = room, .size = size };
  GError      *error = NULL;

  if (size == 0)
    return end_stream (task, stream, TRUE);
  if (g_atomic_int_get (&task->checker->stop))
    return end_stream (task, stream, FALSE);

  if (!btfw_storage_readv (task->checker->volume->storage, stream->offset, &vector, 1, &error))
    {
      note_error (task, error);
      return end_stream (task, stream, FALSE);
    }

  *part = (BtfwHashPart){ .hasher = &stream->hasher, .data = room, .size = size };
  stream->done += (guint32) size;
  stream->offset += size;
  return TRUE;
}

/* Stripes of many pieces at a time look like random reads to the system: tell it
 * that all of the range is needed, so that a slow disk reads it in order. */
static void
read_ahead (Task *task)
{
  BtfwVolume *volume = task->checker->volume;
  guint64     offset = btfw_layout_get_piece_offset (volume->layout, task->first);
  guint64     end = btfw_layout_get_piece_offset (volume->layout, task->end - 1) +
                btfw_layout_get_piece_length (volume->layout, task->end - 1);

  while (offset < end)
    {
      g_autoptr (BtfwLease) lease = btfw_storage_lease (volume->storage, offset, end - offset);

      if (!lease || btfw_lease_is_hot (lease) || btfw_lease_get_length (lease) == 0)
        return;
      btfw_warm_ahead (btfw_lease_get_fd (lease), btfw_lease_get_offset (lease),
                       (gint64) btfw_lease_get_length (lease));
      offset += btfw_lease_get_length (lease);
    }
}

static void finish_task (BtfwMessage *message);

static void
run_task (BtfwMessage *message)
{
  static const BtfwLaneSource source = { .next = next_piece, .advance = advance_piece };
  Task                       *task = (Task *) message;

  if (!btfw_lanes_get_room ())
    g_set_error (&task->error, BTFW_ERROR, BTFW_ERROR_FAILED, _("not enough memory to check files"));
  else
    {
      read_ahead (task);
      btfw_lanes_run (&source, task);
    }

  message->handle = finish_task;
  btfw_disk_reply (task->checker->volume->disk, message);
}

/* Pieces of which some are wanted, up to what a task shall have. */
static void
choose_range (Checker *self, Task *task)
{
  guint32 per_task = TASK_BYTES / btfw_layout_get_piece_size (self->volume->layout);
  guint32 n = 0;
  guint32 piece = self->next;

  per_task = CLAMP (per_task, BTFW_HASH_LANES_MAX, TASK_PIECES_MAX);
  task->first = piece;
  task->end = piece;
  for (; n < per_task && piece != BTFW_BIT_NONE && piece - task->first < TASK_PIECES_MAX; n++)
    {
      task->end = piece + 1;
      piece = btfw_bitfield_next (&self->check->wanted, piece + 1);
    }
  self->next = piece;
}

static void
start_task (Checker *self, Task *task)
{
  choose_range (self, task);
  task->message.handle = run_task;
  task->checker = self;
  task->next = task->first;
  task->n_looked_at = 0;
  task->n_streams = 0;
  task->n_idle = 0;
  for (guint i = 0; i < G_N_ELEMENTS (task->good); i++)
    task->good[i] = 0;

  self->n_running++;
  btfw_disk_send (self->volume->disk, &task->message);
}

static gboolean
has_more (Checker *self)
{
  return self->next != BTFW_BIT_NONE && !g_atomic_int_get (&self->stop);
}

static void
end_check (Checker *self)
{
  BtfwVolume *volume = self->volume;
  BtfwCheck  *check = self->check;

  check->internal = NULL;
  btfw_volume_end_entry (volume);
  g_free (self->exists);
  g_free (self->tasks);
  g_free (self);

  check->done (check);
  btfw_volume_unref (volume);
}

static void
tell_progress (Checker *self)
{
  gint64 now = btfw_loop_get_time (btfw_disk_get_loop (self->volume->disk));

  if (!self->check->progress || now - self->progress_time < PROGRESS_INTERVAL)
    return;

  self->progress_time = now;
  self->check->progress (self->check);
}

static void
gather_results (Task *task)
{
  BtfwCheck *check = task->checker->check;

  for (guint32 i = 0; i < task->end - task->first; i++)
    if (task->good[i / 64] >> (i % 64) & 1)
      btfw_bitfield_set (&check->good, task->first + i);

  check->n_done += task->n_looked_at;
  /* The first one, or the one that ended it. */
  if (g_error_matches (task->error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT))
    g_clear_error (&check->error);
  if (!check->error)
    check->error = g_steal_pointer (&task->error);
  g_clear_error (&task->error);
}

static void
finish_task (BtfwMessage *message)
{
  Task    *task = (Task *) message;
  Checker *self = task->checker;

  btfw_disk_returned (self->volume->disk);
  self->n_running--;
  gather_results (task);

  if (has_more (self))
    start_task (self, task);
  if (self->n_running == 0)
    end_check (self);
  else
    tell_progress (self);
}

static void
run_stat (BtfwWork *work)
{
  Checker     *self = (Checker *) ((char *) work - G_STRUCT_OFFSET (Checker, stat_work));
  BtfwFileStat stat;

  /* What cannot be looked at may still be read; reading says what is wrong. */
  for (guint32 i = 0; i < self->n_files && !g_atomic_int_get (&self->stop); i++)
    self->exists[i] = !btfw_storage_stat (self->volume->storage, i, &stat, NULL) || stat.exists;
}

/* For few pieces it is not worth looking at all files: reading them says the same. */
static void
assume_files (BtfwWork *work)
{
  Checker *self = (Checker *) ((char *) work - G_STRUCT_OFFSET (Checker, stat_work));

  memset (self->exists, TRUE, self->n_files);
}

static void
end_stat (BtfwWork *work)
{
  Checker *self = (Checker *) ((char *) work - G_STRUCT_OFFSET (Checker, stat_work));

  self->next = btfw_bitfield_next (&self->check->wanted, 0);
  for (guint i = 0; i < self->n_tasks && has_more (self); i++)
    start_task (self, &self->tasks[i]);
  if (self->n_running == 0)
    end_check (self);
}

static void
run_nothing (BtfwWork *work)
{
}

static void
start_check (BtfwVolumeEntry *entry)
{
  Checker   *self = (Checker *) entry;
  BtfwCheck *check = self->check;

  self->stat_work.run = check->wanted.n_set > BTFW_HASH_LANES_MAX ? run_stat : assume_files;
  self->stat_work.done = end_stat;
  if (!check->error && (!self->exists || !self->tasks))
    g_set_error (&check->error, BTFW_ERROR, BTFW_ERROR_FAILED, _("not enough memory to check files"));
  if (check->error || !btfw_volume_check_open (self->volume, &check->error))
    {
      self->stat_work.run = run_nothing;
      g_atomic_int_set (&self->stop, TRUE);
    }
  btfw_disk_run (self->volume->disk, &self->stat_work);
}

void
btfw_volume_check (BtfwVolume *self, BtfwCheck *check)
{
  Checker *checker = g_new0 (Checker, 1);

  checker->entry.start = start_check;
  checker->volume = btfw_volume_ref (self);
  checker->check = check;
  checker->n_files = btfw_layout_get_n_files (self->layout);
  checker->exists = g_try_malloc0 (MAX (checker->n_files, 1));
  checker->n_tasks = MAX (btfw_disk_get_n_workers (self->disk), 1);
  checker->tasks = g_try_new0 (Task, checker->n_tasks);

  check->volume = self;
  check->n_done = 0;
  check->error = NULL;
  check->cancelled = FALSE;
  check->internal = checker;
  if (!btfw_bitfield_init (&check->good, check->wanted.n_bits))
    g_set_error (&check->error, BTFW_ERROR, BTFW_ERROR_FAILED, _("not enough memory to check files"));

  btfw_volume_queue_entry (self, &checker->entry);
}

void
btfw_volume_cancel_check (BtfwVolume *self, BtfwCheck *check)
{
  Checker *checker = check->internal;

  check->cancelled = TRUE;
  if (checker)
    g_atomic_int_set (&checker->stop, TRUE);
}
