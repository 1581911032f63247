/* read-job.c: bytes that are to be sent: a lease on pages in memory, or a copy. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/lanes.h"
#include "disk/volume.h"
#include "disk/warm.h"

/* Reads of one volume at a time: enough to keep a disk's queue filled, few
 * enough that a dead one holds up no more. */
#define READS_MAX 4

static void
finish_read (BtfwMessage *message)
{
  BtfwReadJob *job = (BtfwReadJob *) message;
  BtfwVolume  *volume = job->volume;

  btfw_disk_returned (volume->disk);
  volume->reads.n_calls--;
  volume->reads.n_finished++;
  job->done (job);
  btfw_volume_wake (volume);
  btfw_volume_unref (volume);
}

/* A storage leases only from what it has open, and reading opens it. */
static void
lease_after_reading (BtfwReadJob *job)
{
  guint8       byte;
  GInputVector vector = { .buffer = &byte, .size = 1 };

  if (btfw_storage_readv (job->volume->storage, job->offset, &vector, 1, &job->error))
    job->lease = btfw_storage_lease (job->volume->storage, job->offset, job->size);
}

static void
run_read (BtfwMessage *message)
{
  BtfwReadJob *job = (BtfwReadJob *) message;
  BtfwVolume  *volume = job->volume;
  GInputVector vector = { .buffer = job->data, .size = job->size };

  if (!job->lease && !job->no_lease && !job->error)
    lease_after_reading (job);

  /* A lease that cannot be warmed is of no use; the storage knows what is wrong. */
  if (job->lease && !btfw_warm_lease (job->lease))
    g_clear_pointer (&job->lease, btfw_lease_unref);

  if (!job->lease && !job->error && job->data)
    btfw_storage_readv (volume->storage, job->offset, &vector, 1, &job->error);

  message->handle = finish_read;
  btfw_disk_reply (volume->disk, message);
}

void
btfw_volume_start_reads (BtfwVolume *self)
{
  guint n_ready = btfw_volume_count_ready (self, &self->reads);

  for (; n_ready > 0 && self->reads.n_calls < READS_MAX; n_ready--)
    {
      BtfwReadJob *job = (BtfwReadJob *) btfw_volume_line_take (&self->reads);

      if (!btfw_volume_check_open (self, &job->error))
        g_clear_pointer (&job->lease, btfw_lease_unref);
      self->reads.n_calls++;
      job->message.handle = run_read;
      btfw_disk_send (self->disk, &job->message);
    }
}

gboolean
btfw_volume_read (BtfwVolume *self, BtfwReadJob *job)
{
  job->error = NULL;
  job->lease = self->is_open && !job->no_lease ? btfw_storage_lease (self->storage, job->offset, job->size) : NULL;
  if (job->lease && btfw_lease_is_hot (job->lease))
    {
      job->volume = self;
      return TRUE;
    }

  job->volume = btfw_volume_ref (self);
  btfw_volume_line_append (&self->reads, &job->message);
  btfw_volume_wake (self);
  return FALSE;
}
