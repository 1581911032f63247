/* opening.c: what happens before a torrent runs: lock, open, remember, compare, check. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/opening.h"

#include "disk/folder.h"
#include "swarm/swarm.h"

#include <glib/gi18n-lib.h>

struct _BtfwOpeningRun
{
  BtfwOpening  *opening;
  BtfwSwarm    *swarm;
  BtfwWork      work; /* lock and read; look at the folder */
  BtfwVolumeOp  op;
  BtfwCheck     check;
  BtfwFileStat *stats; /* one a file */
  guint32       n_files;
  GBytes       *record; /* NULL when there is none */
  char         *notice; /* sentences for people that a worker left */
  char         *fault;
  guint64       dir_id; /* of the save folder as it is now */
  guint64       room;   /* that it has */
  BtfwResume    resume;
  gboolean      has_resume;
  gboolean      found_files; /* of these names, though nothing is remembered */
};

static BtfwOpeningRun *
from_op (BtfwVolumeOp *op)
{
  return (BtfwOpeningRun *) ((guint8 *) op - G_STRUCT_OFFSET (BtfwOpeningRun, op));
}

static void
end_run (BtfwOpeningRun *self)
{
  self->opening->run = NULL;
  if (self->has_resume)
    btfw_resume_clear (&self->resume);
  g_clear_pointer (&self->record, g_bytes_unref);
  g_free (self->stats);
  g_free (self->notice);
  g_free (self->fault);
  g_free (self);
}

/* FALSE when nothing may follow; then the swarm was told. */
static gboolean
go_on (BtfwOpeningRun *self, GError *error)
{
  BtfwSwarm *swarm = self->swarm;

  self->opening->is_busy = FALSE;
  if (!swarm->is_stopping && error == NULL)
    return TRUE;

  end_run (self);
  if (swarm->is_stopping)
    {
      g_clear_error (&error);
      btfw_swarm_check_stopped (swarm);
    }
  else
    btfw_swarm_fail (swarm, error);
  return FALSE;
}

static void
on_closed (BtfwVolumeOp *op)
{
  BtfwOpeningRun *self = from_op (op);
  BtfwOpening    *opening = self->opening;

  opening->is_open = FALSE;
  g_clear_error (&op->error);
  if (!go_on (self, NULL))
    return;
  end_run (self);
  opening->is_waiting = TRUE;
}

/* Begins again from the start some time later. */
static void
wait_for_storage (BtfwOpeningRun *self, const GError *error)
{
  if (self->has_resume)
    btfw_resume_clear (&self->resume);
  self->has_resume = FALSE;
  btfw_swarm_wait_for_storage (self->swarm, error);
  self->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_CLOSE, .done = on_closed };
  self->opening->is_busy = TRUE;
  btfw_volume_run (self->swarm->volume, &self->op);
}

/* --- 6: what stood elsewhere while its file was not wanted goes to its place --- */

static void
finish (BtfwOpeningRun *self)
{
  BtfwSwarm *swarm = self->swarm;

  end_run (self);
  btfw_swarm_on_opened (swarm);
}

static void
on_settled (BtfwVolumeOp *op)
{
  BtfwOpeningRun    *self = from_op (op);
  g_autoptr (GError) error = g_steal_pointer (&op->error);

  if (!go_on (self, NULL))
    return;
  /* Otherwise it would be called complete with bytes that are not where they belong. */
  if (error != NULL)
    wait_for_storage (self, error);
  else
    finish (self);
}

static void
settle (BtfwOpeningRun *self)
{
  if (!self->has_resume || self->swarm->options.stopped)
    {
      finish (self);
      return;
    }
  self->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_WANTED, .done = on_settled };
  self->opening->is_busy = TRUE;
  btfw_volume_run (self->swarm->volume, &self->op);
}

/* --- 5: make sure that there is a place for what is to come --- */

static void
look_at_folder (BtfwWork *work)
{
  BtfwOpeningRun *self = (BtfwOpeningRun *) ((guint8 *) work - G_STRUCT_OFFSET (BtfwOpeningRun, work));
  const char  *dir = self->swarm->options.dir;

  if (!btfw_folder_prepare (dir, &work->error))
    return;
  self->room = btfw_folder_get_room (dir);
  if (self->record != NULL)
    btfw_state_store_write (self->swarm->resources->state, self->opening->key, self->record, TRUE, NULL);
}

static void
on_folder (BtfwWork *work)
{
  BtfwOpeningRun *self = (BtfwOpeningRun *) ((guint8 *) work - G_STRUCT_OFFSET (BtfwOpeningRun, work));

  if (!go_on (self, g_steal_pointer (&work->error)))
    return;
  /* Later starts find room that is taken already, but not filled. */
  if (!self->has_resume)
    btfw_swarm_warn_if_small (self->swarm, self->room);
  settle (self);
}

/* Before the first byte is written it is noted down that files of these names are
 * ours from now on: who is killed with half a piece there finds no foreign file at
 * the next start. Claims nothing, and wants to look at whatever is there. */
static void
announce_files (BtfwOpeningRun *self)
{
  BtfwSwarm *swarm = self->swarm;
  BtfwResume resume;

  if (self->has_resume || swarm->resources->state == NULL || !btfw_resume_init (&resume, swarm->metainfo))
    return;
  for (guint32 file = 0; file < MIN (self->n_files, resume.n_files); file++)
    resume.stats[file] = (BtfwFileStat){ .exists = self->stats[file].exists };
  resume.added = swarm->saving.added;
  resume.dir_id = self->dir_id;
  self->record = btfw_resume_save (&resume, swarm->metainfo, swarm->options.dir);
  btfw_resume_clear (&resume);
}

static gboolean
has_missing_pieces (BtfwOpeningRun *self, guint32 file)
{
  guint32 first;
  guint32 last;

  if (!btfw_layout_get_file_pieces (self->swarm->map.layout, file, &first, &last))
    return FALSE;
  for (guint32 piece = first; piece <= last; piece++)
    if (btfw_bitfield_get (&self->swarm->map.missing, piece))
      return TRUE;
  return FALSE;
}

/* No download of the torrent makes a file longer than the torrent says, so it is
 * somebody's, or somebody wrote to it; to write our bytes would cut theirs off. */
static GError *
find_longer_file (BtfwOpeningRun *self)
{
  BtfwSwarm  *swarm = self->swarm;
  BtfwLayout *layout = swarm->map.layout;

  for (guint32 file = 0; file < self->n_files && !swarm->options.overwrite; file++)
    {
      g_autofree char *path = NULL;
      gboolean         is_as_left = self->has_resume && self->resume.stats[file].exists &&
                            self->resume.stats[file].size == self->stats[file].size;

      if (!self->stats[file].exists || self->stats[file].size <= btfw_layout_get_file_length (layout, file) ||
          is_as_left || !has_missing_pieces (self, file))
        continue;
      path = g_build_filename (swarm->options.dir, btfw_layout_get_file_path (layout, file), NULL);
      return g_error_new (BTFW_ERROR, BTFW_ERROR_EXISTS,
                          _("“%s” is longer than the torrent says, and what is behind its end would be cut off; move it away, or let it be cut with --overwrite"),
                          path);
    }
  return NULL;
}

static void
prepare (BtfwOpeningRun *self)
{
  GError *longer = find_longer_file (self);

  if (longer != NULL)
    {
      self->opening->is_foreign = TRUE;
      go_on (self, longer);
      return;
    }
  if (self->swarm->options.stopped || btfw_swarm_is_seeding (self->swarm))
    {
      settle (self);
      return;
    }
  announce_files (self);
  self->work = (BtfwWork){ .run = look_at_folder, .done = on_folder };
  self->opening->is_busy = TRUE;
  btfw_disk_run (self->swarm->resources->disk, &self->work);
}

/* --- 4: check --- */

static gboolean
matched_nothing (BtfwOpeningRun *self)
{
  return self->found_files && !self->swarm->options.overwrite && self->check.good.n_set == 0 &&
         self->swarm->map.n_pieces > 0;
}

static void
on_check_progress (BtfwCheck *check)
{
  BtfwOpeningRun *self = (BtfwOpeningRun *) ((guint8 *) check - G_STRUCT_OFFSET (BtfwOpeningRun, check));

  self->swarm->funcs->changed (self->swarm->owner);
}

/* A piece that the disk has but does not give is missing, and comes anew: so it is
 * with one that turns out like that later. All that is not about single bytes is
 * for the whole torrent. */
static void
settle_for_the_rest (BtfwOpeningRun *self, GError **error)
{
  if (!g_error_matches (*error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN))
    return;

  btfw_swarm_notice (self->swarm, BTFW_NOTICE_WARNING, "%s", (*error)->message);
  g_clear_error (error);
}

static void
on_checked (BtfwCheck *check)
{
  BtfwOpeningRun *self = (BtfwOpeningRun *) ((guint8 *) check - G_STRUCT_OFFSET (BtfwOpeningRun, check));
  BtfwSwarm   *swarm = self->swarm;
  GError      *error = g_steal_pointer (&check->error);

  self->opening->is_checking = FALSE;
  settle_for_the_rest (self, &error);
  self->opening->is_foreign = error == NULL && !check->cancelled && matched_nothing (self);
  if (error == NULL && !check->cancelled)
    for (guint32 piece = btfw_bitfield_next (&check->good, 0); piece != BTFW_BIT_NONE;
         piece = btfw_bitfield_next (&check->good, piece + 1))
      btfw_piece_map_set_have (&swarm->map, piece);
  btfw_bitfield_clear (&check->wanted);
  btfw_bitfield_clear (&check->good);

  if (self->opening->is_foreign)
    g_set_error (&error, BTFW_ERROR, BTFW_ERROR_EXISTS,
                 _("“%s” has files of these names whose content is another one; choose another folder with --dir, or replace them with --overwrite"),
                 swarm->options.dir);
  if (go_on (self, error))
    prepare (self);
}

/* Takes the bits. */
static void
check (BtfwOpeningRun *self, BtfwBitfield *pieces)
{
  self->check = (BtfwCheck){
    .volume = self->swarm->volume,
    .wanted = *pieces,
    .progress = on_check_progress,
    .done = on_checked,
  };
  self->opening->is_busy = TRUE;
  self->opening->is_checking = TRUE;
  btfw_volume_check (self->swarm->volume, &self->check);
}

static void
check_everything (BtfwOpeningRun *self)
{
  BtfwBitfield all = { 0 };

  if (!btfw_bitfield_init (&all, self->swarm->map.n_pieces))
    {
      go_on (self, g_error_new (BTFW_ERROR, BTFW_ERROR_LIMIT, _("no memory for %u pieces"), self->swarm->map.n_pieces));
      return;
    }
  btfw_bitfield_set_all (&all);
  check (self, &all);
}

/* --- 3: compare what is remembered with what is there --- */

static void
claim (BtfwOpeningRun *self, const BtfwBitfield *have)
{
  for (guint32 piece = btfw_bitfield_next (have, 0); piece != BTFW_BIT_NONE; piece = btfw_bitfield_next (have, piece + 1))
    btfw_piece_map_set_have (&self->swarm->map, piece);
}

static gboolean
all_sizes_are_right (BtfwOpeningRun *self)
{
  BtfwLayout *layout = self->swarm->map.layout;

  for (guint32 file = 0; file < self->n_files; file++)
    {
      guint64 length = btfw_layout_get_file_length (layout, file);

      if (!(btfw_layout_get_file_flags (layout, file) & BTFW_FILE_PAD) && length > 0 &&
          (!self->stats[file].exists || self->stats[file].size != length))
        return FALSE;
    }
  return TRUE;
}

static gboolean
any_bytes_are_there (BtfwOpeningRun *self)
{
  for (guint32 file = 0; file < self->n_files; file++)
    if (self->stats[file].exists && self->stats[file].size > 0)
      return TRUE;
  return FALSE;
}

static void
trust_files (BtfwOpeningRun *self)
{
  BtfwSwarm *swarm = self->swarm;

  if (btfw_bitfield_init (&swarm->unproven, swarm->map.n_pieces))
    {
      btfw_bitfield_set_all (&swarm->unproven);
      claim (self, &swarm->unproven);
    }
  prepare (self);
}

static void
take_resume (BtfwOpeningRun *self)
{
  BtfwSwarm   *swarm = self->swarm;
  BtfwResume  *resume = &self->resume;
  BtfwBitfield doubtful = { 0 };
  gboolean     ok = btfw_resume_compare (resume, swarm->metainfo, self->stats, &doubtful);

  swarm->downloaded_before = resume->downloaded;
  swarm->uploaded_before = resume->uploaded;
  swarm->saving.added = resume->added;
  swarm->saving.completed = resume->completed;
  if (!ok)
    {
      check_everything (self);
      return;
    }

  claim (self, &resume->have);
  btfw_saving_note_remembered (&swarm->saving);
  if (resume->unproven.n_set > 0)
    btfw_bitfield_copy (&swarm->unproven, &resume->unproven);
  if (doubtful.n_set == 0)
    {
      btfw_bitfield_clear (&doubtful);
      prepare (self);
      return;
    }
  btfw_swarm_notice (swarm, BTFW_NOTICE_INFO, _("files in “%s” are not as they were left; %u pieces are verified again"),
                     swarm->options.dir, doubtful.n_set);
  check (self, &doubtful);
}

/* To begin again in an empty mount point would be wrong: wait for the drive. */
static void
wait_for_drive (BtfwOpeningRun *self)
{
  g_autoptr (GError) error = g_error_new (BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT,
                                          _("the files in “%s” are not there, as if its drive were away; waiting for it"),
                                          self->swarm->options.dir);

  wait_for_storage (self, error);
}

static void
on_stat (BtfwVolumeOp *op)
{
  BtfwOpeningRun *self = from_op (op);
  BtfwSwarm   *swarm = self->swarm;
  gboolean     has_bytes;

  if (!go_on (self, g_steal_pointer (&op->error)))
    return;

  if (self->has_resume && btfw_resume_is_absent (&self->resume, self->stats, self->dir_id))
    {
      wait_for_drive (self);
      return;
    }
  has_bytes = any_bytes_are_there (self);
  self->found_files = has_bytes && !self->has_resume;
  if (self->opening->check_all && has_bytes)
    check_everything (self);
  else if (self->has_resume)
    take_resume (self);
  else if (swarm->options.trust_files && all_sizes_are_right (self))
    trust_files (self);
  else if (has_bytes)
    check_everything (self);
  else
    prepare (self);
}

/* --- 2: open the storage --- */

static void
on_open (BtfwVolumeOp *op)
{
  BtfwOpeningRun *self = from_op (op);

  self->opening->is_open = op->error == NULL;
  if (!go_on (self, g_steal_pointer (&op->error)))
    return;

  self->n_files = btfw_layout_get_n_files (self->swarm->map.layout);
  g_clear_pointer (&self->stats, g_free);
  self->stats = g_new0 (BtfwFileStat, MAX (self->n_files, 1));
  self->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_STAT, .stats = self->stats, .done = on_stat };
  self->opening->is_busy = TRUE;
  btfw_volume_run (self->swarm->volume, &self->op);
}

/* --- 1: lock and remember --- */

/* FALSE with @error set when it is whole, but of no use here. */
static gboolean
parse_record (BtfwOpeningRun *self, GError **error)
{
  BtfwSwarm *swarm = self->swarm;

  self->has_resume = btfw_resume_load (&self->resume, swarm->metainfo, swarm->options.dir, self->record, error);
  g_clear_pointer (&self->record, g_bytes_unref);
  return self->has_resume;
}

static void
join_notices (char **all, char *more)
{
  char *joined = *all != NULL && more != NULL ? g_strconcat (*all, " ", more, NULL) : NULL;

  if (joined == NULL)
    {
      *all = *all != NULL ? *all : more;
      return;
    }
  g_free (*all);
  g_free (more);
  *all = joined;
}

static void
set_record_aside (BtfwOpeningRun *self, const char *why)
{
  BtfwStateStore  *state = self->swarm->resources->state;
  g_autofree char *older = g_strconcat (self->opening->key, ".old", NULL);
  char            *notice = NULL;

  /* It was the older one that was read when there is no other. */
  if (!btfw_state_store_set_aside (state, self->opening->key, why, &notice, NULL))
    btfw_state_store_set_aside (state, older, why, &notice, NULL);
  join_notices (&self->notice, notice);
}

/* What cannot be used is kept under another name, for a newer btfw or for whoever
 * wonders; then it is the older generation's turn. */
static void
read_records (BtfwOpeningRun *self, GError **error)
{
  BtfwSwarm      *swarm = self->swarm;
  BtfwStateStore *state = swarm->resources->state;

  for (guint generation = 0; generation < 2; generation++)
    {
      g_autoptr (GError) local = NULL;
      char              *notice = NULL;
      gboolean           is_newer;

      self->record = btfw_state_store_read (state, self->opening->key, &notice, error);
      join_notices (&self->notice, notice);
      if (self->record == NULL || parse_record (self, &local))
        return;

      is_newer = g_error_matches (local, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED);
      join_notices (&self->fault, g_strdup_printf (_("what was remembered of “%s” is of no use: %s"),
                                                   btfw_metainfo_get_name (swarm->metainfo), local->message));
      set_record_aside (self, is_newer ? "newer" : "damaged");
    }
}

static void
tell (BtfwOpeningRun *self, char **text)
{
  if (*text != NULL)
    btfw_swarm_notice (self->swarm, BTFW_NOTICE_WARNING, "%s", *text);
  g_clear_pointer (text, g_free);
}

static void
lock_and_read (BtfwWork *work)
{
  BtfwOpeningRun *self = (BtfwOpeningRun *) ((guint8 *) work - G_STRUCT_OFFSET (BtfwOpeningRun, work));
  BtfwStateStore *state = self->swarm->resources->state;

  self->dir_id = btfw_resume_get_dir_id (self->swarm->options.dir);
  if (state == NULL)
    return;

  if (self->opening->lock == NULL)
    self->opening->lock = btfw_state_store_lock (state, self->opening->key, &work->error);
  if (self->opening->lock != NULL)
    read_records (self, &work->error);
}

static void
on_locked (BtfwWork *work)
{
  BtfwOpeningRun *self = (BtfwOpeningRun *) ((guint8 *) work - G_STRUCT_OFFSET (BtfwOpeningRun, work));
  GError      *error = g_steal_pointer (&work->error);

  tell (self, &self->notice);
  tell (self, &self->fault);
  if (g_error_matches (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND))
    g_clear_error (&error);
  if (!go_on (self, error))
    return;

  self->op = (BtfwVolumeOp){ .task = BTFW_VOLUME_OPEN, .done = on_open };
  self->opening->is_busy = TRUE;
  btfw_volume_run (self->swarm->volume, &self->op);
}

void
btfw_opening_begin (BtfwOpening *self, gboolean check_all)
{
  BtfwOpeningRun *run = g_new0 (BtfwOpeningRun, 1);

  g_assert (!self->is_busy && self->run == NULL);

  self->is_waiting = FALSE;
  run->opening = self;
  run->swarm = self->swarm;
  self->check_all = check_all;
  self->run = run;
  self->is_foreign = FALSE;
  /* What was here the last time is claimed again, where it still is. */
  btfw_swarm_forget_pieces (self->swarm);
  btfw_swarm_set_state (self->swarm, BTFW_TORRENT_CHECKING);
  if (self->is_open)
    {
      on_open (&run->op);
      return;
    }
  run->work = (BtfwWork){ .run = lock_and_read, .done = on_locked };
  self->is_busy = TRUE;
  btfw_disk_run (self->swarm->resources->disk, &run->work);
}

void
btfw_opening_cancel (BtfwOpening *self)
{
  if (self->is_checking)
    btfw_volume_cancel_check (self->swarm->volume, &self->run->check);
}

guint32
btfw_opening_get_n_checked (const BtfwOpening *self)
{
  return self->is_checking ? self->run->check.n_done : 0;
}

void
btfw_opening_init (BtfwOpening *self, BtfwSwarm *swarm)
{
  *self = (BtfwOpening){
    .swarm = swarm,
    .key = btfw_resume_make_key (swarm->info_hash, swarm->options.dir),
  };
}

void
btfw_opening_rekey (BtfwOpening *self)
{
  g_assert (!self->is_busy && self->run == NULL && !self->is_open);

  /* The next start looks for the metadata where this one did. */
  btfw_metadata_fix_key (&self->swarm->metadata);
  g_clear_pointer (&self->lock, btfw_state_lock_free);
  g_free (self->key);
  self->key = btfw_resume_make_key (self->swarm->info_hash, self->swarm->options.dir);
}

void
btfw_opening_clear (BtfwOpening *self)
{
  g_assert (!self->is_busy && self->run == NULL);

  g_clear_pointer (&self->lock, btfw_state_lock_free);
  g_clear_pointer (&self->key, g_free);
}
