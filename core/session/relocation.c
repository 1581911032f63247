/* relocation.c: moves a torrent to another folder: stops it, moves its files, goes on there. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/relocation.h"

#include "disk/resume.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* How long trackers have to hear of it, in milliseconds. */
#define TRACKERS_TIMEOUT 2000

typedef struct
{
  BtfwVolumeOp       op;
  BtfwWork           work;
  BtfwHub           *hub;
  BtfwEngineTorrent *torrent;
  char              *dir;
  char              *key;     /* of its record there */
  BtfwStateLock     *locks[2]; /* of both records */
  GCancellable      *cancellable;
  GError            *error;
  BtfwRelocationDone done;
  gpointer           user_data;
} Relocation;

static Relocation *
from_work (BtfwWork *work)
{
  return (Relocation *) ((guint8 *) work - G_STRUCT_OFFSET (Relocation, work));
}

static Relocation *
from_op (BtfwVolumeOp *op)
{
  return (Relocation *) ((guint8 *) op - G_STRUCT_OFFSET (Relocation, op));
}

static void
run_work (Relocation *self, void (*run) (BtfwWork *work), void (*done) (BtfwWork *work))
{
  self->work = (BtfwWork){ .run = run, .done = done };
  btfw_disk_run (self->torrent->engine->resources.disk, &self->work);
}

static void
run_op (Relocation *self, BtfwVolumeTask task, void (*done) (BtfwVolumeOp *op))
{
  self->op = (BtfwVolumeOp){ .task = task, .dir = self->dir, .cancellable = self->cancellable, .done = done };
  btfw_volume_run (self->torrent->swarm->volume, &self->op);
}

/* --- 5: it goes on, wherever it is now --- */

static void
finish (Relocation *self)
{
  BtfwEngineTorrent *torrent = self->torrent;

  for (guint i = 0; i < G_N_ELEMENTS (self->locks); i++)
    g_clear_pointer (&self->locks[i], btfw_state_lock_free);
  torrent->is_moving = FALSE;
  torrent->engine->n_removals--;
  if (torrent->starts_again)
    btfw_swarm_start (torrent->swarm);
  self->done (self->error, self->user_data);
  g_free (self->dir);
  g_free (self->key);
  g_free (self);
}

static void
settle (Relocation *self)
{
  BtfwEngineTorrent *torrent = self->torrent;

  g_free (torrent->wishes.dir);
  torrent->wishes.dir = g_strdup (self->dir);
  g_free (torrent->swarm->options.dir);
  torrent->swarm->options.dir = g_strdup (self->dir);
  btfw_opening_rekey (&torrent->swarm->opening);
  btfw_hub_tell_moved (self->hub, torrent);
  finish (self);
}

/* --- 4: what is remembered of it goes along, or it is verified there --- */

static GBytes *
rewrite_record (Relocation *self, GBytes *record)
{
  BtfwSwarm *swarm = self->torrent->swarm;
  BtfwResume resume;
  GBytes    *rewritten;

  if (!btfw_resume_load (&resume, swarm->metainfo, swarm->options.dir, record, NULL))
    return NULL;
  resume.dir_id = btfw_resume_get_dir_id (self->dir);
  rewritten = btfw_resume_save (&resume, swarm->metainfo, self->dir);
  btfw_resume_clear (&resume);
  return rewritten;
}

static void
carry_record (BtfwWork *work)
{
  Relocation     *self = from_work (work);
  BtfwSwarm      *swarm = self->torrent->swarm;
  BtfwStateStore *state = swarm->resources->state;
  g_autoptr (GBytes) record = btfw_state_store_read (state, swarm->opening.key, NULL, NULL);
  g_autoptr (GBytes) rewritten = record == NULL ? NULL : rewrite_record (self, record);

  if (rewritten != NULL)
    btfw_state_store_write (state, self->key, rewritten, TRUE, &work->error);
  else
    btfw_state_store_remove (state, self->key, NULL);
  btfw_state_store_remove (state, swarm->opening.key, NULL);
}

static void
on_record_carried (BtfwWork *work)
{
  /* Without a record everything is verified at the start. */
  g_clear_error (&work->error);
  settle (from_work (work));
}

/* --- 3: its files --- */

static void
on_files_closed (BtfwVolumeOp *op)
{
  Relocation *self = from_op (op);

  g_clear_error (&op->error);
  if (self->error != NULL)
    finish (self);
  else
    run_work (self, carry_record, on_record_carried);
}

static void
on_files_moved (BtfwVolumeOp *op)
{
  Relocation *self = from_op (op);

  self->error = g_steal_pointer (&op->error);
  run_op (self, BTFW_VOLUME_CLOSE, on_files_closed);
}

static void
on_files_opened (BtfwVolumeOp *op)
{
  Relocation *self = from_op (op);

  if (op->error == NULL)
    {
      run_op (self, BTFW_VOLUME_MOVE, on_files_moved);
      return;
    }
  self->error = g_steal_pointer (&op->error);
  finish (self);
}

/* --- 2: neither place may be another process's --- */

static void
lock_records (BtfwWork *work)
{
  Relocation     *self = from_work (work);
  BtfwSwarm      *swarm = self->torrent->swarm;
  BtfwStateStore *state = swarm->resources->state;

  self->locks[0] = btfw_state_store_lock (state, swarm->opening.key, &work->error);
  if (self->locks[0] != NULL)
    self->locks[1] = btfw_state_store_lock (state, self->key, &work->error);
}

static void
on_locked (BtfwWork *work)
{
  Relocation *self = from_work (work);
  BtfwSwarm  *swarm = self->torrent->swarm;

  if (work->error != NULL)
    self->error = g_steal_pointer (&work->error);
  else if (swarm->opening.is_foreign)
    g_set_error (&self->error, BTFW_ERROR, BTFW_ERROR_EXISTS, _("the files in “%s” are not those of “%s”; they stay"),
                 swarm->options.dir, btfw_swarm_get_name (swarm));

  if (self->error != NULL)
    finish (self);
  else if (swarm->volume == NULL)
    settle (self); /* without metadata there are no files */
  else
    run_op (self, BTFW_VOLUME_OPEN, on_files_opened);
}

/* --- 1: it stops --- */

static void
on_stopped (BtfwEngineTorrent *torrent, gpointer user_data)
{
  run_work (user_data, lock_records, on_locked);
}

void
btfw_relocation_begin (BtfwHub           *hub,
                       BtfwEngineTorrent *torrent,
                       const char        *dir,
                       GCancellable      *cancellable,
                       BtfwRelocationDone done,
                       gpointer           user_data)
{
  BtfwSwarm       *swarm = torrent->swarm;
  g_autofree char *key = btfw_resume_make_key (swarm->info_hash, dir);
  Relocation      *self;
  gboolean         runs;

  if (strcmp (key, swarm->opening.key) == 0)
    {
      done (NULL, user_data);
      return;
    }

  self = g_new0 (Relocation, 1);
  self->hub = hub;
  self->torrent = torrent;
  self->dir = g_strdup (dir);
  self->key = g_steal_pointer (&key);
  self->cancellable = cancellable;
  self->done = done;
  self->user_data = user_data;
  torrent->is_moving = TRUE;
  torrent->engine->n_removals++;
  runs = swarm->wants_start || (!swarm->is_stopping && swarm->state != BTFW_TORRENT_STOPPED && swarm->state != BTFW_TORRENT_FAILED);
  btfw_engine_stop (torrent, TRACKERS_TIMEOUT, on_stopped, self);
  torrent->starts_again = runs;
}
