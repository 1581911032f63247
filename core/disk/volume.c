/* volume.c: a torrent's storage as the engine sees it: who may call it, and when. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/volume.h"

#include "disk/storage-context.h"

#include <glib/gi18n-lib.h>

/* An operation on its way. */
typedef struct
{
  BtfwVolumeEntry     entry; /* first */
  BtfwWork            work;
  BtfwVolume         *volume;
  BtfwVolumeOp       *op;
  BtfwStorageContext *context; /* of MOVE: the new one */
} OpCall;

static OpCall *
op_call_from_work (BtfwWork *work)
{
  return (OpCall *) ((char *) work - G_STRUCT_OFFSET (OpCall, work));
}

/* The first entry that keeps later jobs waiting. */
static BtfwVolumeEntry *
find_barrier (BtfwVolume *self)
{
  BtfwVolumeEntry *entry = self->entries;

  while (entry && !entry->exclusive)
    entry = entry->next;

  return entry;
}

static gboolean
may_start (BtfwVolume *self, const BtfwVolumeEntry *entry)
{
  return !entry->exclusive || (self->pieces.n_finished == entry->n_pieces_before &&
                               self->reads.n_finished == entry->n_reads_before);
}

static void
start_entry (BtfwVolume *self)
{
  BtfwVolumeEntry *entry = self->entries;

  if (self->running || !entry || !may_start (self, entry))
    return;

  self->entries = entry->next;
  if (!self->entries)
    self->last_entry = NULL;
  self->running = entry;
  entry->start (entry);
}

static void
on_pump (BtfwPump *pump)
{
  BtfwVolume *self = (BtfwVolume *) ((char *) pump - G_STRUCT_OFFSET (BtfwVolume, pump));

  start_entry (self);
  btfw_volume_start_pieces (self);
  btfw_volume_start_reads (self);
  btfw_volume_unref (self);
}

static gboolean
run_stat (BtfwVolume *self, BtfwFileStat *stats, GError **error)
{
  guint32 n_files = btfw_layout_get_n_files (self->layout);

  for (guint32 i = 0; i < n_files; i++)
    if (!btfw_storage_stat (self->storage, i, &stats[i], error))
      return FALSE;

  return TRUE;
}

static void
on_move_progress (guint64 done, guint64 total, gpointer user_data)
{
  BtfwVolumeOp *op = user_data;

  __atomic_store_n (&op->n_moved, done, __ATOMIC_RELAXED);
  __atomic_store_n (&op->n_to_move, total, __ATOMIC_RELAXED);
}

/* Of the old folder's state there is nothing left that anybody would look for. */
static gboolean
run_move (OpCall *call, GError **error)
{
  if (!btfw_storage_move (call->volume->storage, call->context, on_move_progress, call->op, call->op->cancellable, error))
    return FALSE;

  btfw_storage_context_remove_state (call->volume->context, NULL);
  return TRUE;
}

static gboolean
run_remove (BtfwVolume *self, GError **error)
{
  return btfw_storage_remove (self->storage, error) && btfw_storage_context_remove_state (self->context, error);
}

static void
run_op (BtfwWork *work)
{
  OpCall       *call = op_call_from_work (work);
  BtfwVolumeOp *op = call->op;
  BtfwVolume   *self = call->volume;

  switch (op->task)
    {
    case BTFW_VOLUME_OPEN:
      btfw_storage_open (self->storage, self->context, &op->error);
      break;
    case BTFW_VOLUME_STAT:
      run_stat (self, op->stats, &op->error);
      break;
    case BTFW_VOLUME_FLUSH:
      btfw_storage_flush (self->storage, &op->error);
      break;
    case BTFW_VOLUME_CLOSE:
      btfw_storage_close (self->storage);
      break;
    case BTFW_VOLUME_REMOVE:
      run_remove (self, &op->error);
      break;
    case BTFW_VOLUME_WANTED:
      btfw_storage_wanted_changed (self->storage, &op->error);
      break;
    case BTFW_VOLUME_MOVE:
      run_move (call, &op->error);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
note_result (BtfwVolume *self, OpCall *call)
{
  BtfwVolumeOp *op = call->op;

  if (op->task == BTFW_VOLUME_OPEN)
    self->is_open = !op->error;
  else if (op->task == BTFW_VOLUME_CLOSE)
    self->is_open = FALSE;
  else if (op->task == BTFW_VOLUME_MOVE && !op->error)
    {
      btfw_storage_context_unref (self->context);
      self->context = g_steal_pointer (&call->context);
    }
}

static void
end_op (BtfwWork *work)
{
  OpCall       *call = op_call_from_work (work);
  BtfwVolume   *self = call->volume;
  BtfwVolumeOp *op = call->op;

  note_result (self, call);
  btfw_volume_end_entry (self);

  g_clear_pointer (&call->context, btfw_storage_context_unref);
  g_free (call);
  op->done (op);
  btfw_volume_unref (self);
}

static gboolean
needs_open (BtfwVolumeTask task)
{
  return task != BTFW_VOLUME_OPEN && task != BTFW_VOLUME_CLOSE;
}

static gboolean
is_same_folder (BtfwVolume *self, const char *dir)
{
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);

  return g_str_equal (absolute, btfw_storage_context_get_path (self->context));
}

/* What needs no call of the storage. */
static gboolean
answers_itself (BtfwVolume *self, BtfwVolumeOp *op)
{
  switch (op->task)
    {
    case BTFW_VOLUME_OPEN:
      return self->is_open;
    case BTFW_VOLUME_CLOSE:
      return !self->is_open;
    case BTFW_VOLUME_MOVE:
      return is_same_folder (self, op->dir);
    default:
      return FALSE;
    }
}

static void
run_nothing (BtfwWork *work)
{
}

static void
start_op (BtfwVolumeEntry *entry)
{
  OpCall       *call = (OpCall *) entry;
  BtfwVolumeOp *op = call->op;
  BtfwVolume   *self = call->volume;

  call->work.run = run_op;
  if ((needs_open (op->task) && !btfw_volume_check_open (self, &op->error)) || answers_itself (self, op))
    call->work.run = run_nothing;
  else if (op->task == BTFW_VOLUME_MOVE)
    call->context = btfw_storage_context_new_at (self->context, op->dir);

  btfw_disk_run (self->disk, &call->work);
}

BtfwVolume *
btfw_volume_new (BtfwDisk     *disk,
                 BtfwMetainfo *metainfo,
                 GPtrArray    *stack,
                 const char   *dir,
                 const char   *state_dir)
{
  BtfwVolume *self = g_new0 (BtfwVolume, 1);

  g_assert (stack->len > 0);

  self->ref_count = 1;
  self->disk = disk;
  self->metainfo = btfw_metainfo_ref (metainfo);
  self->layout = btfw_metainfo_get_layout (metainfo);
  self->stack = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < stack->len; i++)
    g_ptr_array_add (self->stack, g_object_ref (g_ptr_array_index (stack, i)));
  self->storage = g_ptr_array_index (self->stack, 0);
  self->context = btfw_storage_context_new (btfw_metainfo_get_info_hash (metainfo), self->layout,
                                            self->stack, dir, state_dir);
  self->pump.run = on_pump;

  return self;
}

BtfwVolume *
btfw_volume_ref (BtfwVolume *self)
{
  self->ref_count++;
  return self;
}

void
btfw_volume_unref (BtfwVolume *self)
{
  if (--self->ref_count > 0)
    return;

  /* Whatever is under way holds a reference, and so does the pump's turn, which
   * comes as long as something waits. */
  g_assert (!self->pump.queued && !btfw_volume_is_busy (self));

  btfw_volume_free_spare_batches (self);
  btfw_storage_context_unref (self->context);
  g_ptr_array_unref (self->stack);
  btfw_metainfo_unref (self->metainfo);
  g_free (self);
}

const char *
btfw_volume_get_dir (BtfwVolume *self)
{
  return btfw_storage_context_get_path (self->context);
}

void
btfw_volume_set_wanted (BtfwVolume *self, const guint8 *wanted, guint32 n_files)
{
  btfw_storage_context_set_wanted (self->context, wanted, n_files);
}

void
btfw_volume_run (BtfwVolume *self, BtfwVolumeOp *op)
{
  OpCall *call = g_new0 (OpCall, 1);

  op->volume = self;
  call->volume = btfw_volume_ref (self);
  call->op = op;
  call->work.done = end_op;
  call->entry.start = start_op;
  call->entry.exclusive = op->task != BTFW_VOLUME_FLUSH && op->task != BTFW_VOLUME_STAT;
  btfw_volume_queue_entry (self, &call->entry);
}

void
btfw_volume_op_get_progress (BtfwVolumeOp *op, guint64 *done, guint64 *total)
{
  *done = __atomic_load_n (&op->n_moved, __ATOMIC_RELAXED);
  *total = __atomic_load_n (&op->n_to_move, __ATOMIC_RELAXED);
}

gboolean
btfw_volume_is_busy (BtfwVolume *self)
{
  return self->running || self->entries || self->pieces.n_finished != self->pieces.n_submitted ||
         self->reads.n_finished != self->reads.n_submitted;
}

void
btfw_volume_wake (BtfwVolume *self)
{
  if (self->pump.queued)
    return;

  btfw_volume_ref (self);
  btfw_disk_queue_pump (self->disk, &self->pump);
}

void
btfw_volume_queue_entry (BtfwVolume *self, BtfwVolumeEntry *entry)
{
  entry->next = NULL;
  entry->n_pieces_before = self->pieces.n_submitted;
  entry->n_reads_before = self->reads.n_submitted;

  if (self->last_entry)
    self->last_entry->next = entry;
  else
    self->entries = entry;
  self->last_entry = entry;
  btfw_volume_wake (self);
}

void
btfw_volume_end_entry (BtfwVolume *self)
{
  self->running = NULL;
  btfw_volume_wake (self);
}

gboolean
btfw_volume_check_open (BtfwVolume *self, GError **error)
{
  if (self->is_open)
    return TRUE;

  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT, _("the storage in “%s” is not open"),
               btfw_storage_context_get_path (self->context));
  return FALSE;
}

void
btfw_volume_line_append (BtfwVolumeLine *line, BtfwMessage *message)
{
  message->next = NULL;
  if (line->last)
    line->last->next = message;
  else
    line->first = message;
  line->last = message;
  line->n_waiting++;
  line->n_submitted++;
}

BtfwMessage *
btfw_volume_line_take (BtfwVolumeLine *line)
{
  BtfwMessage *message = line->first;

  line->first = message->next;
  if (!line->first)
    line->last = NULL;
  line->n_waiting--;
  line->n_started++;

  return message;
}

guint
btfw_volume_count_ready (BtfwVolume *self, BtfwVolumeLine *line)
{
  BtfwVolumeEntry *barrier;
  guint64          n_before;

  if (self->running && self->running->exclusive)
    return 0;

  barrier = find_barrier (self);
  if (!barrier)
    return line->n_waiting;

  n_before = line == &self->pieces ? barrier->n_pieces_before : barrier->n_reads_before;
  return n_before > line->n_started ? (guint) (n_before - line->n_started) : 0;
}
