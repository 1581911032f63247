/* removal.c: takes a torrent out of a session: stops it, locks it, removes its files, forgets it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/removal.h"

#include <glib/gi18n-lib.h>

/* How long trackers have to hear of it, in milliseconds. */
#define TRACKERS_TIMEOUT 2000

typedef struct
{
  BtfwVolumeOp       op;
  BtfwWork           work;
  BtfwHub           *hub;
  BtfwEngineTorrent *torrent;
  gboolean           with_files;
  BtfwStateLock     *lock;
  GError            *error;
  BtfwRemovalDone    done;
  gpointer           user_data;
} Removal;

static Removal *
from_work (BtfwWork *work)
{
  return (Removal *) ((guint8 *) work - G_STRUCT_OFFSET (Removal, work));
}

static Removal *
from_op (BtfwVolumeOp *op)
{
  return (Removal *) ((guint8 *) op - G_STRUCT_OFFSET (Removal, op));
}

static void
run_work (Removal *self, void (*run) (BtfwWork *work), void (*done) (BtfwWork *work))
{
  self->work = (BtfwWork){ .run = run, .done = done };
  btfw_disk_run (self->torrent->engine->resources.disk, &self->work);
}

static void
run_op (Removal *self, BtfwVolumeTask task, void (*done) (BtfwVolumeOp *op))
{
  self->op = (BtfwVolumeOp){ .task = task, .done = done };
  btfw_volume_run (self->torrent->swarm->volume, &self->op);
}

static void
finish (Removal *self)
{
  BtfwEngine *engine = self->torrent->engine;

  g_clear_pointer (&self->lock, btfw_state_lock_free);
  btfw_hub_drop (self->hub, self->torrent);
  engine->n_removals--;
  self->done (self->error, self->user_data);
  g_free (self);
}

/* --- 4: what is remembered of it --- */

static void
forget_record (BtfwWork *work)
{
  BtfwSwarm *swarm = from_work (work)->torrent->swarm;

  g_autofree char *metadata = btfw_metadata_make_key (swarm);

  btfw_state_store_remove (swarm->resources->state, metadata, NULL);
  btfw_state_store_remove (swarm->resources->state, swarm->opening.key, &work->error);
}

static void
on_record_forgotten (BtfwWork *work)
{
  /* One that was never written is as good as gone. */
  g_clear_error (&work->error);
  finish (from_work (work));
}

/* --- 3: its files --- */

static void
on_files_closed (BtfwVolumeOp *op)
{
  g_clear_error (&op->error);
  run_work (from_op (op), forget_record, on_record_forgotten);
}

static void
on_files_removed (BtfwVolumeOp *op)
{
  Removal *self = from_op (op);

  self->error = g_steal_pointer (&op->error);
  run_op (self, BTFW_VOLUME_CLOSE, on_files_closed);
}

static void
on_files_opened (BtfwVolumeOp *op)
{
  Removal *self = from_op (op);

  if (op->error == NULL)
    {
      run_op (self, BTFW_VOLUME_REMOVE, on_files_removed);
      return;
    }
  /* The files stay, and so does what is remembered of them. */
  self->error = g_steal_pointer (&op->error);
  finish (self);
}

/* --- 2: while another process runs it, its files and its record are not ours --- */

static void
lock_record (BtfwWork *work)
{
  Removal   *self = from_work (work);
  BtfwSwarm *swarm = self->torrent->swarm;

  self->lock = btfw_state_store_lock (swarm->resources->state, swarm->opening.key, &work->error);
}

static void
on_locked (BtfwWork *work)
{
  Removal   *self = from_work (work);
  BtfwSwarm *swarm = self->torrent->swarm;

  if (work->error != NULL)
    {
      if (self->with_files)
        self->error = g_steal_pointer (&work->error);
      g_clear_error (&work->error);
      finish (self);
    }
  else if (self->with_files && swarm->volume == NULL)
    run_work (self, forget_record, on_record_forgotten); /* without metadata there are no files */
  else if (self->with_files && swarm->opening.is_foreign)
    {
      g_set_error (&self->error, BTFW_ERROR, BTFW_ERROR_EXISTS,
                   _("the files in “%s” are not those of “%s”; they stay"), swarm->options.dir,
                   btfw_swarm_get_name (swarm));
      finish (self);
    }
  else if (self->with_files)
    run_op (self, BTFW_VOLUME_OPEN, on_files_opened);
  else
    run_work (self, forget_record, on_record_forgotten);
}

/* --- 1: it stops --- */

static void
on_stopped (BtfwEngineTorrent *torrent, gpointer user_data)
{
  run_work (user_data, lock_record, on_locked);
}

void
btfw_removal_begin (BtfwHub           *hub,
                    BtfwEngineTorrent *torrent,
                    gboolean           with_files,
                    BtfwRemovalDone    done,
                    gpointer           user_data)
{
  Removal *self = g_new0 (Removal, 1);

  self->hub = hub;
  self->torrent = torrent;
  self->with_files = with_files;
  self->done = done;
  self->user_data = user_data;
  torrent->is_removed = TRUE;
  torrent->engine->n_removals++;
  btfw_engine_stop (torrent, TRACKERS_TIMEOUT, on_stopped, self);
}
