/* swarm-disk.c: what a torrent does when its storage fails, when memory is short, and for files taken on trust. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/swarm.h"

#include "disk/folder.h"
#include "swarm/assembly.h"
#include "swarm/requests.h"

#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>

/* After a failed write it is tried again after so long, then after twice that, … */
#define RETRY_FIRST ((gint64) 5 * G_USEC_PER_SEC)
#define RETRY_MAX ((gint64) 40 * G_USEC_PER_SEC)
#define LOSS_PERIOD (10 * G_USEC_PER_SEC)
/* What is verified together with a piece that somebody asks for, as the next ones will
 * be asked for, too: one at a time would be slow where they are small. But who asks
 * waits for all of it, so a disk has to show first that it is fast. */
#define PROOF_SIZE_MIN (256u * 1024)
#define PROOF_SIZE_MAX (8u * 1024 * 1024)
#define PROOF_TIME (50 * 1000)
/* A disk that was full must have so much room again, beside two pieces. */
#define ROOM_MIN (1024u * 1024)

/* --- Failures --- */

static gint64
get_retry_time (const BtfwSwarm *self)
{
  gint64 delay = MIN (RETRY_FIRST << MIN (self->n_disk_failures, 8), RETRY_MAX);

  return btfw_loop_get_time (self->resources->loop) + delay;
}

void
btfw_swarm_warn_if_small (BtfwSwarm *self, guint64 room)
{
  guint64          left = self->map.wanted_bytes - self->map.done_bytes;
  g_autofree char *room_text = btfw_format_size (room);
  g_autofree char *left_text = btfw_format_size (left);

  if (room < left)
    btfw_swarm_notice (self, BTFW_NOTICE_WARNING, _("“%s” has room for %s, but %s are to come; make room, or choose another folder with --dir"),
                       self->options.dir, room_text, left_text);
}

static void
try_again (BtfwSwarm *self)
{
  g_debug ("swarm: tries the storage again");
  g_clear_error (&self->error);
  self->n_disk_failures++;
  if (self->opening.is_waiting)
    {
      btfw_opening_begin (&self->opening, self->opening.check_all);
      return;
    }
  if (self->is_unsettled)
    btfw_swarm_settle_files (self);
  btfw_requests_wake (self);
  for (guint i = 0; i < self->peers->len; i++)
    btfw_requests_fill (g_ptr_array_index (self->peers, i));
  self->funcs->changed (self->owner);
}

/* On a worker, as the disk may be a slow one. */
static void
look_for_room (BtfwWork *work)
{
  BtfwSwarm *self = (BtfwSwarm *) ((guint8 *) work - G_STRUCT_OFFSET (BtfwSwarm, room_work));

  self->room = btfw_folder_get_room (self->options.dir);
}

/* A full disk is not tried before it has room, so that peers are not asked for
 * the same bytes again and again. */
static void
on_room (BtfwWork *work)
{
  BtfwSwarm *self = (BtfwSwarm *) ((guint8 *) work - G_STRUCT_OFFSET (BtfwSwarm, room_work));
  guint64    wanted = ROOM_MIN + 2 * (guint64) btfw_layout_get_piece_size (self->map.layout);

  self->is_looking = FALSE;
  if (self->is_stopping || self->wants_check)
    {
      btfw_swarm_check_stopped (self);
      return;
    }
  wanted = MIN (wanted, self->map.wanted_bytes - self->map.done_bytes);
  if (self->room >= wanted || !g_error_matches (self->error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_FULL))
    try_again (self);
  else
    btfw_loop_set_timer (self->resources->loop, &self->disk_retry, get_retry_time (self));
}

static void
on_retry (BtfwTimer *timer)
{
  BtfwSwarm *self = (BtfwSwarm *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwSwarm, disk_retry));

  if (self->is_looking)
    return;
  self->is_looking = TRUE;
  self->room_work = (BtfwWork){ .run = look_for_room, .done = on_room };
  btfw_disk_run (self->resources->disk, &self->room_work);
}

/* That another attempt fails in the same way is no news. */
static void
tell_fault (BtfwSwarm *self, const GError *error)
{
  if (self->n_disk_failures == 0 || self->disk_fault != error->code)
    btfw_swarm_notice (self, BTFW_NOTICE_ERROR, "%s", error->message);
  self->disk_fault = error->code;
}

/* The torrent waits, and goes on serving what it has. */
void
btfw_swarm_wait_for_storage (BtfwSwarm *self, const GError *error)
{
  if (self->error == NULL)
    {
      tell_fault (self, error);
      self->error = g_error_copy (error);
      for (guint i = 0; i < self->peers->len; i++)
        btfw_requests_drop_all (g_ptr_array_index (self->peers, i));
      self->funcs->changed (self->owner);
    }
  if (!self->is_stopping)
    btfw_loop_set_timer (self->resources->loop, &self->disk_retry, get_retry_time (self));
}

/* A file that vanishes loses many pieces; one sentence now and then is enough. */
static void
tell_loss (BtfwSwarm *self, const GError *error)
{
  gint64 now = btfw_loop_get_time (self->resources->loop);

  if (self->last_loss != 0 && now - self->last_loss < LOSS_PERIOD)
    return;
  self->last_loss = now;
  btfw_swarm_notice (self, BTFW_NOTICE_WARNING, "%s", error->message);
}

void
btfw_swarm_on_storage_error (BtfwSwarm *self, const GError *error, guint32 piece)
{
  gboolean is_ours = btfw_bitfield_get (&self->map.have, piece);

  /* Gone or broken when it was read back: that piece is no longer here, and
   * nobody but the disk is to blame. */
  if (is_ours && (g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE) ||
                  g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN)))
    {
      tell_loss (self, error);
      btfw_swarm_lose_piece (self, piece);
      return;
    }
  btfw_swarm_wait_for_storage (self, error);
  /* A file that vanished, or was cut, took pieces with it that are still claimed. */
  if (g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE))
    btfw_swarm_check (self);
}

/* Who sent it knew the piece only. */
void
btfw_swarm_on_send_error (BtfwSwarm *self, const GError *error, const BtfwBlock *block)
{
  BtfwLayout        *layout = self->map.layout;
  guint32            file = btfw_layout_find_file (layout, btfw_layout_get_piece_offset (layout, block->piece) + block->offset);
  g_autofree char   *path = g_build_filename (self->options.dir, btfw_layout_get_file_path (layout, file), NULL);
  g_autofree char   *shown = btfw_text_clean (path, -1);
  g_autoptr (GError) named = g_error_new (error->domain, error->code, "“%s”: %s", shown, error->message);

  btfw_swarm_on_storage_error (self, named, block->piece);
}

void
btfw_swarm_on_job_done (BtfwSwarm *self)
{
  g_assert (self->n_jobs > 0);

  self->n_jobs--;
  self->resources->n_jobs--;
  if (!btfw_resources_has_backlog (self->resources))
    btfw_resources_feed (self->resources);
  btfw_resources_queue_relief (self->resources);
  btfw_swarm_check_stopped (self);
}

void
btfw_swarm_on_read_done (BtfwSwarm *self)
{
  g_assert (self->n_reads > 0);

  self->n_reads--;
  btfw_swarm_check_stopped (self);
}

/* --- Memory --- */

gboolean
btfw_swarm_is_short_of_memory (const BtfwSwarm *self)
{
  BtfwBuffers *buffers = self->resources->buffers;

  return btfw_buffers_get_n_used (buffers) > btfw_buffers_get_n_max (buffers) / 4 * 3;
}

/* --- Files taken on trust --- */

static void
note_proof (BtfwSwarm *self, guint32 piece, gboolean is_good)
{
  btfw_bitfield_unset (&self->unproven, piece);
  if (is_good)
    return;

  btfw_swarm_notice (self, BTFW_NOTICE_WARNING, _("piece %u in “%s” is not as the torrent says; it is downloaded again"), piece, self->options.dir);
  btfw_swarm_lose_piece (self, piece);
}

/* How much is proved at a time follows how long the last proof took. */
static void
pace_proofs (BtfwSwarm *self)
{
  if (btfw_loop_get_time (self->resources->loop) - self->proof_begun < PROOF_TIME)
    self->proof_size = CLAMP (self->proof_size * 2, PROOF_SIZE_MIN, PROOF_SIZE_MAX);
  else
    self->proof_size /= 4;
}

static void
on_proven (BtfwCheck *check)
{
  BtfwSwarm *self = check->owner;
  guint32    piece = check->cancelled ? BTFW_BIT_NONE : btfw_bitfield_next (&check->wanted, 0);

  self->proof = NULL;
  pace_proofs (self);
  for (; piece != BTFW_BIT_NONE; piece = btfw_bitfield_next (&check->wanted, piece + 1))
    {
      note_proof (self, piece, btfw_bitfield_get (&check->good, piece));
      /* Of the others nothing is known, and nobody has asked for them. */
      if (check->error != NULL)
        break;
    }
  btfw_bitfield_clear (&check->wanted);
  btfw_bitfield_clear (&check->good);
  g_clear_error (&check->error);
  g_free (check);
  btfw_saving_queue (&self->saving);
  for (guint i = 0; i < self->peers->len; i++)
    btfw_peer_queue_write (g_ptr_array_index (self->peers, i));
  btfw_swarm_check_stopped (self);
}

gboolean
btfw_swarm_prove_piece (BtfwSwarm *self, guint32 piece)
{
  BtfwBitfield wanted;
  guint64      size = 0;

  if (!btfw_bitfield_get (&self->unproven, piece))
    return TRUE;
  if (self->proof != NULL || !btfw_swarm_serves (self) || !btfw_bitfield_init (&wanted, self->map.n_pieces))
    return FALSE;

  for (guint32 next = piece; next < self->map.n_pieces && btfw_bitfield_get (&self->unproven, next); next++)
    {
      size += btfw_layout_get_piece_length (self->map.layout, next);
      if (next > piece && size > self->proof_size)
        break;
      btfw_bitfield_set (&wanted, next);
    }
  self->proof_begun = btfw_loop_get_time (self->resources->loop);
  self->proof = g_new (BtfwCheck, 1);
  *self->proof = (BtfwCheck){ .volume = self->volume, .owner = self, .wanted = wanted, .done = on_proven };
  btfw_volume_check (self->volume, self->proof);
  return FALSE;
}

void
btfw_swarm_init_disk (BtfwSwarm *self)
{
  self->disk_retry.on_due = on_retry;
}
