/* saving.c: writes down what a torrent has, soon after it changed, and when it stops. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/saving.h"

#include "swarm/swarm.h"

#include <glib/gi18n-lib.h>

/* A piece that was verified is safe from a power cut within 5 s: half of them are
 * for syncing. When more than this has come it is sooner. */
#define DELAY (5 * G_USEC_PER_SEC / 2)
#define UNSAVED_MAX ((guint64) 256 * 1024 * 1024)
/* Looking at very many files takes a while; it shall not be more than a twentieth
 * of the time. */
#define DUTY 20

struct _BtfwSavingRun
{
  BtfwSaving  *saving;
  BtfwVolumeOp op;
  BtfwWork     work;
  BtfwResume   resume; /* bits of pieces that were written before the flush */
  GBytes      *record;
  guint64      durable; /* what the record claims, in bytes */
  gint64       flushed; /* when */
};

static BtfwSaving *
from_op (BtfwVolumeOp *op)
{
  return ((BtfwSavingRun *) ((guint8 *) op - G_STRUCT_OFFSET (BtfwSavingRun, op)))->saving;
}

static BtfwSaving *
from_work (BtfwWork *work)
{
  return ((BtfwSavingRun *) ((guint8 *) work - G_STRUCT_OFFSET (BtfwSavingRun, work)))->saving;
}

static void
end_run (BtfwSaving *self)
{
  self->is_busy = FALSE;
  g_clear_pointer (&self->run, g_free);
}

static void
set_timer (BtfwSaving *self)
{
  BtfwLoop *loop = self->swarm->resources->loop;
  gint64    due = self->n_unsaved >= UNSAVED_MAX / 2 ? 0 : self->since + DELAY;

  btfw_loop_set_timer (loop, &self->timer, MAX (due, self->ended + DUTY * self->took));
}

static void
on_closed (BtfwVolumeOp *op)
{
  BtfwSaving *self = from_op (op);

  g_clear_error (&op->error);
  end_run (self);
  self->closes = FALSE;
  self->is_armed = FALSE;
  self->swarm->opening.is_open = FALSE;
  g_clear_pointer (&self->swarm->opening.lock, btfw_state_lock_free);
  btfw_swarm_check_stopped (self->swarm);
}

static void begin (BtfwSaving *self);

static void
note_change (BtfwSaving *self)
{
  self->is_dirty = TRUE;
  if (self->since == 0)
    self->since = btfw_loop_get_time (self->swarm->resources->loop);
}

static void
finish (BtfwSaving *self, GError *error)
{
  btfw_resume_clear (&self->run->resume);
  self->ended = btfw_loop_get_time (self->swarm->resources->loop);
  self->took = self->run->flushed > 0 ? self->ended - self->run->flushed : 0;
  if (error != NULL && !self->closes)
    note_change (self);
  if (error != NULL && !self->has_failed)
    btfw_swarm_notice (self->swarm, BTFW_NOTICE_WARNING, _("what is here cannot be remembered for the next start: %s"),
                       error->message);
  self->has_failed = error != NULL;
  g_clear_error (&error);

  if (self->closes && self->is_dirty)
    begin (self);
  else if (self->closes)
    {
      self->run->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_CLOSE, .done = on_closed };
      btfw_volume_run (self->swarm->volume, &self->run->op);
    }
  else
    {
      end_run (self);
      if (self->is_dirty)
        set_timer (self);
      btfw_swarm_check_stopped (self->swarm);
    }
}

/* --- 3: write the record --- */

static void
write_record (BtfwWork *work)
{
  BtfwSaving *self = from_work (work);
  BtfwSwarm  *swarm = self->swarm;

  self->run->durable -= MIN (self->run->durable, btfw_resume_drop_missing (&self->run->resume, swarm->metainfo));
  self->run->resume.dir_id = btfw_resume_get_dir_id (swarm->options.dir);
  self->run->record = btfw_resume_save (&self->run->resume, swarm->metainfo, swarm->options.dir);
  btfw_state_store_write (swarm->resources->state, swarm->opening.key, self->run->record, TRUE, &work->error);
}

static void
on_written (BtfwWork *work)
{
  BtfwSaving *self = from_work (work);

  g_clear_pointer (&self->run->record, g_bytes_unref);
  if (work->error == NULL)
    self->durable = self->run->durable;
  finish (self, g_steal_pointer (&work->error));
  self->swarm->funcs->changed (self->swarm->owner);
}

/* --- 2: look at the files --- */

static void
on_stat (BtfwVolumeOp *op)
{
  BtfwSaving *self = from_op (op);
  BtfwSwarm  *swarm = self->swarm;

  if (op->error != NULL)
    {
      finish (self, g_steal_pointer (&op->error));
      return;
    }
  self->run->work = (BtfwWork){ .run = write_record, .done = on_written };
  btfw_disk_run (swarm->resources->disk, &self->run->work);
}

/* --- 1: what is written must survive before it is claimed --- */

static void
on_flushed (BtfwVolumeOp *op)
{
  BtfwSaving *self = from_op (op);

  if (op->error != NULL)
    {
      finish (self, g_steal_pointer (&op->error));
      return;
    }
  self->run->flushed = btfw_loop_get_time (self->swarm->resources->loop);
  self->run->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_STAT, .stats = self->run->resume.stats, .done = on_stat };
  btfw_volume_run (self->swarm->volume, &self->run->op);
}

static gboolean
gather (BtfwSaving *self)
{
  BtfwSwarm  *swarm = self->swarm;
  BtfwResume *resume = &self->run->resume;

  if (!btfw_resume_init (resume, swarm->metainfo))
    return FALSE;
  btfw_bitfield_clear (&resume->have);
  if (!btfw_bitfield_copy (&resume->have, &swarm->map.have))
    return FALSE;
  if (swarm->unproven.n_set > 0)
    {
      btfw_bitfield_clear (&resume->unproven);
      if (!btfw_bitfield_copy (&resume->unproven, &swarm->unproven))
        return FALSE;
    }

  g_free (resume->priorities);
  resume->priorities = g_memdup2 (swarm->options.priorities,
                                  swarm->options.priorities == NULL ? 0 : btfw_layout_get_n_files (swarm->map.layout));
  self->run->durable = swarm->map.done_bytes;
  resume->uploaded = swarm->uploaded_before + swarm->uploaded;
  resume->downloaded = swarm->downloaded_before + swarm->downloaded;
  resume->added = self->added;
  resume->completed = self->completed;
  return TRUE;
}

static void
begin (BtfwSaving *self)
{
  if (self->run == NULL)
    {
      self->run = g_new0 (BtfwSavingRun, 1);
      self->run->saving = self;
    }
  self->is_busy = TRUE;
  self->is_dirty = FALSE;
  self->since = 0;
  self->n_unsaved = 0;
  self->run->flushed = 0;
  btfw_loop_clear_timer (self->swarm->resources->loop, &self->timer);
  if (!self->is_armed || self->swarm->resources->state == NULL || !gather (self))
    {
      finish (self, NULL);
      return;
    }
  self->run->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_FLUSH, .done = on_flushed };
  btfw_volume_run (self->swarm->volume, &self->run->op);
}

static void
on_due (BtfwTimer *timer)
{
  BtfwSaving *self = (BtfwSaving *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwSaving, timer));

  if (!self->is_busy && self->swarm->opening.is_open && !self->swarm->opening.is_busy)
    begin (self);
}

void
btfw_saving_arm (BtfwSaving *self)
{
  self->is_armed = TRUE;
}

void
btfw_saving_queue (BtfwSaving *self)
{
  note_change (self);
  if (self->is_armed && !self->is_busy && !self->closes && !btfw_timer_is_set (&self->timer))
    set_timer (self);
}

void
btfw_saving_add (BtfwSaving *self, guint64 size)
{
  gboolean was_many = self->n_unsaved >= UNSAVED_MAX / 2;

  self->n_unsaved += size;
  btfw_saving_queue (self);
  if (!was_many && self->n_unsaved >= UNSAVED_MAX / 2 && btfw_timer_is_set (&self->timer))
    set_timer (self);
}

void
btfw_saving_note_remembered (BtfwSaving *self)
{
  self->durable = self->swarm->map.done_bytes;
}

guint64
btfw_saving_get_durable (const BtfwSaving *self)
{
  return MIN (self->durable, self->swarm->map.done_bytes);
}

void
btfw_saving_close (BtfwSaving *self)
{
  if (self->closes)
    return;

  self->closes = TRUE;
  self->is_dirty = TRUE;
  if (!self->is_busy)
    begin (self);
}

void
btfw_saving_init (BtfwSaving *self, BtfwSwarm *swarm)
{
  *self = (BtfwSaving){
    .swarm = swarm,
    .timer.on_due = on_due,
    .added = g_get_real_time () / G_USEC_PER_SEC,
  };
}

void
btfw_saving_clear (BtfwSaving *self)
{
  g_assert (!self->is_busy);

  btfw_loop_clear_timer (self->swarm->resources->loop, &self->timer);
}
