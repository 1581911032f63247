/* volume.c: tests of the workers: pieces, reads, checks and operations of a volume. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/buffers.h"
#include "disk/disk.h"
#include "disk/verify.h"

#include "sample.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

GType btfw_plugin_storage_file_get_type (void);

#define PIECE (128u * 1024)

static const SampleFile files[] = {
  { .path = "a.bin", .length = 3 * 1024 * 1024 + 77 },
  { .path = "b.bin", .length = 1000 },
  { .path = "c.bin", .length = 2 * 1024 * 1024 },
  { NULL },
};

/* A storage in memory that tests hold up and break. */

#define TYPE_TRIAL_STORAGE (trial_storage_get_type ())
G_DECLARE_FINAL_TYPE (TrialStorage, trial_storage, TRIAL, STORAGE, GObject)

struct _TrialStorage
{
  GObject         parent_instance;
  guint8         *bytes;
  gsize           size;
  pthread_mutex_t mutex;
  pthread_cond_t  changed;
  gboolean        held; /* calls wait */
  guint           n_waiting;
  guint           n_running;
  gint            n_alone; /* in a call that runs beside no other */
  gboolean        broken_rule;
  int             fail; /* with this kind, when not negative */
};

static void trial_storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TrialStorage, trial_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, trial_storage_iface_init));

static void
trial_storage_begin (TrialStorage *self, gboolean alone)
{
  pthread_mutex_lock (&self->mutex);
  if (self->n_alone > 0 || (alone && self->n_running > 0))
    self->broken_rule = TRUE;
  self->n_running++;
  self->n_alone += alone;
  self->n_waiting++;
  pthread_cond_broadcast (&self->changed);
  while (self->held)
    pthread_cond_wait (&self->changed, &self->mutex);
  self->n_waiting--;
  pthread_mutex_unlock (&self->mutex);
}

static gboolean
trial_storage_end (TrialStorage *self, gboolean alone, GError **error)
{
  int fail;

  pthread_mutex_lock (&self->mutex);
  self->n_running--;
  self->n_alone -= alone;
  fail = self->fail;
  pthread_mutex_unlock (&self->mutex);

  if (fail >= 0)
    g_set_error_literal (error, BTFW_STORAGE_ERROR, fail, "as asked");
  return fail < 0;
}

static void
trial_storage_hold (TrialStorage *self, gboolean hold)
{
  pthread_mutex_lock (&self->mutex);
  self->held = hold;
  pthread_cond_broadcast (&self->changed);
  pthread_mutex_unlock (&self->mutex);
}

static void
trial_storage_wait_held (TrialStorage *self, guint n)
{
  pthread_mutex_lock (&self->mutex);
  while (self->n_waiting < n)
    pthread_cond_wait (&self->changed, &self->mutex);
  pthread_mutex_unlock (&self->mutex);
}

static gboolean
trial_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  TrialStorage *self = TRIAL_STORAGE (storage);

  trial_storage_begin (self, TRUE);
  self->size = btfw_layout_get_size (btfw_storage_context_get_layout (context));
  if (!self->bytes)
    self->bytes = g_malloc0 (self->size);
  return trial_storage_end (self, TRUE, error);
}

static gboolean
trial_storage_readv (BtfwStorage *storage, guint64 offset, const GInputVector *vectors, guint n_vectors, GError **error)
{
  TrialStorage *self = TRIAL_STORAGE (storage);

  trial_storage_begin (self, FALSE);
  for (guint i = 0; i < n_vectors; offset += vectors[i].size, i++)
    memcpy (vectors[i].buffer, self->bytes + offset, vectors[i].size);
  return trial_storage_end (self, FALSE, error);
}

static gboolean
trial_storage_writev (BtfwStorage *storage, guint64 offset, const GOutputVector *vectors, guint n_vectors, GError **error)
{
  TrialStorage *self = TRIAL_STORAGE (storage);

  trial_storage_begin (self, FALSE);
  for (guint i = 0; i < n_vectors; offset += vectors[i].size, i++)
    memcpy (self->bytes + offset, vectors[i].buffer, vectors[i].size);
  return trial_storage_end (self, FALSE, error);
}

static gboolean
trial_storage_flush (BtfwStorage *storage, GError **error)
{
  trial_storage_begin (TRIAL_STORAGE (storage), FALSE);
  return trial_storage_end (TRIAL_STORAGE (storage), FALSE, error);
}

static void
trial_storage_close (BtfwStorage *storage)
{
  trial_storage_begin (TRIAL_STORAGE (storage), TRUE);
  trial_storage_end (TRIAL_STORAGE (storage), TRUE, NULL);
}

static gboolean
trial_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  *stat = (BtfwFileStat){ .exists = TRUE };
  return TRUE;
}

static gboolean
trial_storage_remove (BtfwStorage *storage, GError **error)
{
  trial_storage_begin (TRIAL_STORAGE (storage), TRUE);
  return trial_storage_end (TRIAL_STORAGE (storage), TRUE, error);
}

static void
trial_storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = trial_storage_open;
  iface->readv = trial_storage_readv;
  iface->writev = trial_storage_writev;
  iface->flush = trial_storage_flush;
  iface->close = trial_storage_close;
  iface->stat = trial_storage_stat;
  iface->remove = trial_storage_remove;
}

static void
trial_storage_finalize (GObject *object)
{
  TrialStorage *self = TRIAL_STORAGE (object);

  g_free (self->bytes);
  pthread_mutex_destroy (&self->mutex);
  pthread_cond_destroy (&self->changed);
  G_OBJECT_CLASS (trial_storage_parent_class)->finalize (object);
}

static void
trial_storage_class_init (TrialStorageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = trial_storage_finalize;
}

static void
trial_storage_init (TrialStorage *self)
{
  self->fail = -1;
  pthread_mutex_init (&self->mutex, NULL);
  pthread_cond_init (&self->changed, NULL);
}

/* The fixture */

typedef struct
{
  guint        n_workers; /* 0: inline, on a virtual loop */
  gboolean     trial;
} Setting;

typedef struct
{
  const Setting *setting;
  Sample         sample;
  GMainContext  *context;
  BtfwLoop      *loop;
  BtfwDisk      *disk;
  GPtrArray     *stack;
  BtfwVolume    *volume;
  guint          n_done;
  GString       *order;
} Fixture;

static Fixture *current;

static void
turn (Fixture *fixture)
{
  if (fixture->setting->n_workers == 0)
    btfw_loop_advance (fixture->loop, btfw_loop_get_time (fixture->loop) + 1);
  else
    g_main_context_iteration (fixture->context, TRUE);
}

static void
wait_done (Fixture *fixture, guint n)
{
  while (fixture->n_done < n)
    turn (fixture);
  g_assert_cmpuint (fixture->n_done, ==, n);
  fixture->n_done = 0;
}

static void
on_op_done (BtfwVolumeOp *op)
{
  static const char letters[] = { 'o', 's', 'f', 'c', 'r', 'w', 'm' };

  g_string_append_c (current->order, letters[op->task]);
  current->n_done++;
}

static void
run_task (Fixture *fixture, BtfwVolumeTask task)
{
  BtfwVolumeOp op = { .task = task, .done = on_op_done };

  btfw_volume_run (fixture->volume, &op);
  wait_done (fixture, 1);
  g_assert_no_error (op.error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  memset (fixture, 0, sizeof *fixture);
  current = fixture;
  fixture->setting = data;
  fixture->order = g_string_new (NULL);
  sample_init (&fixture->sample, files, PIECE);
  fixture->context = g_main_context_new ();
  fixture->loop = fixture->setting->n_workers == 0 ? btfw_loop_new_virtual (1)
                                                   : btfw_loop_new (fixture->context, 1, &error);
  fixture->disk = btfw_disk_new (fixture->loop, fixture->setting->n_workers, &error);
  g_assert_no_error (error);

  fixture->stack = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (fixture->stack,
                   g_object_new (fixture->setting->trial ? TYPE_TRIAL_STORAGE : btfw_plugin_storage_file_get_type (), NULL));
  fixture->volume = btfw_volume_new (fixture->disk, fixture->sample.metainfo, fixture->stack, fixture->sample.dir,
                                     fixture->sample.state);
  run_task (fixture, BTFW_VOLUME_OPEN);
  g_string_truncate (fixture->order, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  run_task (fixture, BTFW_VOLUME_CLOSE);
  g_assert_false (btfw_volume_is_busy (fixture->volume));
  btfw_volume_unref (fixture->volume);
  btfw_disk_free (fixture->disk);
  btfw_loop_free (fixture->loop);
  g_main_context_unref (fixture->context);
  g_ptr_array_unref (fixture->stack);
  g_string_free (fixture->order, TRUE);
  sample_clear (&fixture->sample);
}

static TrialStorage *
get_trial (Fixture *fixture)
{
  return g_ptr_array_index (fixture->stack, 0);
}

/* Jobs */

static void
on_piece_done (BtfwPieceJob *job)
{
  g_string_append_c (current->order, 'p');
  current->n_done++;
}

/* A whole piece in blocks, with a hasher. */
static BtfwPieceJob *
make_job (Fixture *fixture, guint32 piece)
{
  BtfwPieceJob *job = g_new0 (BtfwPieceJob, 1);
  guint32       length = btfw_layout_get_piece_length (fixture->sample.layout, piece);
  guint8       *data = fixture->sample.content + (gsize) piece * PIECE;

  job->piece = piece;
  job->last = TRUE;
  job->write = TRUE;
  job->hasher = g_new (BtfwHasher, 1);
  job->done = on_piece_done;
  btfw_hasher_init (job->hasher, BTFW_HASH_SHA1);
  for (guint32 offset = 0; offset < length; offset += BTFW_BLOCK_SIZE)
    job->segments[job->n_segments++] = (BtfwSegment){ .data = data + offset, .size = MIN (BTFW_BLOCK_SIZE, length - offset) };

  return job;
}

static void
free_job (BtfwPieceJob *job)
{
  if (job->hasher)
    btfw_hasher_clear (job->hasher);
  g_free (job->hasher);
  g_free (job->sums);
  g_clear_error (&job->error);
  g_free (job);
}

static void
write_all (Fixture *fixture)
{
  guint32       n = btfw_layout_get_n_pieces (fixture->sample.layout);
  BtfwPieceJob *jobs[64];

  for (guint32 i = 0; i < n; i++)
    btfw_volume_submit (fixture->volume, jobs[i] = make_job (fixture, i));
  wait_done (fixture, n);
  for (guint32 i = 0; i < n; i++)
    {
      g_assert_no_error (jobs[i]->error);
      g_assert_true (jobs[i]->verified);
      free_job (jobs[i]);
    }
}

static void
on_read_done (BtfwReadJob *job)
{
  g_string_append_c (current->order, 'r');
  current->n_done++;
}

static void
assert_read (Fixture *fixture, guint64 offset, gsize size)
{
  g_autofree guint8 *bytes = g_malloc0 (size);
  BtfwReadJob        job = { .offset = offset, .size = size, .data = bytes, .done = on_read_done };

  if (!btfw_volume_read (fixture->volume, &job))
    wait_done (fixture, 1);
  g_assert_no_error (job.error);
  if (job.lease)
    {
      gsize length = btfw_lease_get_length (job.lease);

      g_assert_cmpuint (length, >, 0);
      g_assert_cmpuint (length, <=, size);
      g_assert_cmpint (pread (btfw_lease_get_fd (job.lease), bytes, length, btfw_lease_get_offset (job.lease)), ==, length);
      size = length;
      btfw_lease_unref (job.lease);
    }
  g_assert_cmpmem (bytes, size, fixture->sample.content + offset, size);
}

static void
on_check_done (BtfwCheck *check)
{
  g_string_append_c (current->order, 'k');
  current->n_done++;
}

static void
begin_check (Fixture *fixture, BtfwCheck *check)
{
  memset (check, 0, sizeof *check);
  g_assert_true (btfw_bitfield_init (&check->wanted, btfw_layout_get_n_pieces (fixture->sample.layout)));
  btfw_bitfield_set_all (&check->wanted);
  check->done = on_check_done;
}

static void
end_check (BtfwCheck *check)
{
  btfw_bitfield_clear (&check->wanted);
  btfw_bitfield_clear (&check->good);
  g_clear_error (&check->error);
}

/* Tests */

static void
test_pieces_are_verified_and_written (Fixture *fixture, gconstpointer data)
{
  write_all (fixture);
  for (gsize offset = 0; offset < fixture->sample.size; offset += 700001)
    assert_read (fixture, offset, MIN (300000, fixture->sample.size - offset));
}

static void
test_wrong_bytes_are_not_written (Fixture *fixture, gconstpointer data)
{
  BtfwPieceJob *job = make_job (fixture, 3);
  guint8        byte = 0;
  GInputVector  vector = { &byte, 1 };

  fixture->sample.content[3 * PIECE + 50000] ^= 1;
  btfw_volume_submit (fixture->volume, job);
  wait_done (fixture, 1);
  g_assert_no_error (job->error);
  g_assert_false (job->verified);
  g_assert_false (btfw_storage_readv (g_ptr_array_index (fixture->stack, 0), 3 * PIECE, &vector, 1, NULL));
  free_job (job);
}

/* A piece that came in three parts, of which the second was written early and
 * without having been hashed. */
static void
test_parts_are_hashed_in_order (Fixture *fixture, gconstpointer data)
{
  BtfwPieceJob *whole = make_job (fixture, 5);
  BtfwPieceJob *early = make_job (fixture, 5);

  early->hasher->kind = BTFW_HASH_SHA1;
  btfw_hasher_clear (early->hasher);
  g_clear_pointer (&early->hasher, g_free);
  early->last = FALSE;
  early->offset = 2 * BTFW_BLOCK_SIZE;
  early->n_segments = 2;
  memmove (early->segments, early->segments + 2, 2 * sizeof (BtfwSegment));
  btfw_volume_submit (fixture->volume, early);
  wait_done (fixture, 1);
  g_assert_no_error (early->error);

  whole->segments[2].check = early->segments[0].check;
  whole->segments[3].check = early->segments[1].check;
  whole->segments[2].data = NULL;
  whole->segments[3].data = NULL;
  btfw_volume_submit (fixture->volume, whole);
  wait_done (fixture, 1);
  g_assert_no_error (whole->error);
  g_assert_true (whole->verified);
  assert_read (fixture, 5 * PIECE, PIECE);
  free_job (early);
  free_job (whole);
}

static void
test_hash_only_writes_nothing (Fixture *fixture, gconstpointer data)
{
  BtfwPieceJob *job = make_job (fixture, 0);

  job->write = FALSE;
  btfw_volume_submit (fixture->volume, job);
  wait_done (fixture, 1);
  g_assert_true (job->verified);
  g_assert_false (g_file_test (fixture->sample.dir, G_FILE_TEST_EXISTS));
  free_job (job);
}

static void
test_missing_bytes_are_an_error (Fixture *fixture, gconstpointer data)
{
  guint8      bytes[100];
  BtfwReadJob job = { .offset = 0, .size = 100, .data = bytes, .done = on_read_done };

  g_assert_false (btfw_volume_read (fixture->volume, &job));
  wait_done (fixture, 1);
  g_assert_error (job.error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
  g_assert_null (job.lease);
  g_clear_error (&job.error);
}

static void
test_closed_volume_refuses (Fixture *fixture, gconstpointer data)
{
  BtfwPieceJob *job = make_job (fixture, 0);

  run_task (fixture, BTFW_VOLUME_CLOSE);
  btfw_volume_submit (fixture->volume, job);
  wait_done (fixture, 1);
  g_assert_error (job->error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT);
  g_assert_false (job->verified);
  free_job (job);
}

static void
test_check_finds_what_is_good (Fixture *fixture, gconstpointer data)
{
  guint32   n = btfw_layout_get_n_pieces (fixture->sample.layout);
  BtfwCheck check;

  sample_write_files (&fixture->sample);
  begin_check (fixture, &check);
  btfw_volume_check (fixture->volume, &check);
  wait_done (fixture, 1);
  g_assert_no_error (check.error);
  g_assert_cmpuint (check.n_done, ==, n);
  g_assert_true (btfw_bitfield_is_full (&check.good));
  end_check (&check);
}

static void
test_check_finds_what_is_not (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = sample_path (&fixture->sample, "a.bin");
  guint32          n = btfw_layout_get_n_pieces (fixture->sample.layout);
  BtfwCheck        check;
  int              fd;

  sample_write_files (&fixture->sample);
  fd = open (path, O_WRONLY);
  g_assert_cmpint (pwrite (fd, "?", 1, 7 * PIECE + PIECE - 1), ==, 1);
  close (fd);
  begin_check (fixture, &check);
  btfw_bitfield_unset (&check.wanted, 2);
  btfw_volume_check (fixture->volume, &check);
  wait_done (fixture, 1);
  g_assert_no_error (check.error);
  g_assert_cmpuint (check.n_done, ==, n - 1);
  g_assert_cmpuint (check.good.n_set, ==, n - 2);
  g_assert_false (btfw_bitfield_get (&check.good, 7));
  g_assert_false (btfw_bitfield_get (&check.good, 2));
  end_check (&check);
}

static void
test_check_of_missing_and_short_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *a = sample_path (&fixture->sample, "a.bin");
  g_autofree char *c = sample_path (&fixture->sample, "c.bin");
  BtfwCheck        check;

  sample_write_files (&fixture->sample);
  g_assert_cmpint (truncate (a, 10 * PIECE), ==, 0);
  g_assert_cmpint (g_unlink (c), ==, 0);
  begin_check (fixture, &check);
  btfw_volume_check (fixture->volume, &check);
  wait_done (fixture, 1);
  g_assert_no_error (check.error);
  g_assert_cmpuint (check.good.n_set, ==, 10);
  g_assert_cmpuint (btfw_bitfield_next_unset (&check.good, 0), ==, 10);
  end_check (&check);
}

static void
test_check_of_nothing (Fixture *fixture, gconstpointer data)
{
  BtfwCheck check;

  begin_check (fixture, &check);
  btfw_volume_check (fixture->volume, &check);
  wait_done (fixture, 1);
  g_assert_no_error (check.error);
  g_assert_cmpuint (check.good.n_set, ==, 0);
  g_assert_cmpuint (check.n_done, ==, btfw_layout_get_n_pieces (fixture->sample.layout));
  end_check (&check);
}

static void
test_check_of_one_piece (Fixture *fixture, gconstpointer data)
{
  BtfwCheck check;

  for (guint piece = 7; piece <= 8; piece++)
    {
      begin_check (fixture, &check);
      btfw_bitfield_unset_all (&check.wanted);
      btfw_bitfield_set (&check.wanted, piece);
      if (piece == 8)
        sample_write_files (&fixture->sample);
      btfw_volume_check (fixture->volume, &check);
      wait_done (fixture, 1);
      g_assert_no_error (check.error);
      g_assert_cmpuint (check.n_done, ==, 1);
      g_assert_cmpint (btfw_bitfield_get (&check.good, piece), ==, piece == 8);
      end_check (&check);
    }
}

static void
test_check_tells_of_errors (Fixture *fixture, gconstpointer data)
{
  BtfwCheck check;

  get_trial (fixture)->fail = BTFW_STORAGE_ERROR_BROKEN;
  begin_check (fixture, &check);
  btfw_volume_check (fixture->volume, &check);
  wait_done (fixture, 1);
  g_assert_error (check.error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN);
  g_assert_cmpuint (check.n_done, ==, btfw_layout_get_n_pieces (fixture->sample.layout));
  g_assert_cmpuint (check.good.n_set, ==, 0);
  end_check (&check);
  get_trial (fixture)->fail = -1;
}

static void
test_check_ends_when_absent (Fixture *fixture, gconstpointer data)
{
  BtfwCheck check;

  get_trial (fixture)->fail = BTFW_STORAGE_ERROR_ABSENT;
  begin_check (fixture, &check);
  btfw_volume_check (fixture->volume, &check);
  wait_done (fixture, 1);
  g_assert_error (check.error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT);
  g_assert_cmpuint (check.n_done, <, btfw_layout_get_n_pieces (fixture->sample.layout));
  end_check (&check);
  get_trial (fixture)->fail = -1;
}

static void
test_check_can_be_cancelled (Fixture *fixture, gconstpointer data)
{
  BtfwCheck check;

  trial_storage_hold (get_trial (fixture), TRUE);
  begin_check (fixture, &check);
  btfw_volume_check (fixture->volume, &check);
  for (guint i = 0; i < 2; i++)
    g_main_context_iteration (fixture->context, TRUE);
  trial_storage_wait_held (get_trial (fixture), 1);
  btfw_volume_cancel_check (fixture->volume, &check);
  trial_storage_hold (get_trial (fixture), FALSE);
  wait_done (fixture, 1);
  g_assert_true (check.cancelled);
  g_assert_no_error (check.error);
  g_assert_cmpuint (check.good.n_set, ==, 0);
  end_check (&check);
}

static void
test_stat_fills_all (Fixture *fixture, gconstpointer data)
{
  BtfwFileStat stats[3];
  BtfwVolumeOp op = { .task = BTFW_VOLUME_STAT, .stats = stats, .done = on_op_done };

  sample_write_files (&fixture->sample);
  btfw_volume_run (fixture->volume, &op);
  wait_done (fixture, 1);
  g_assert_no_error (op.error);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (stats[i].exists);
      g_assert_cmpuint (stats[i].size, ==, files[i].length);
      g_assert_cmpint (stats[i].mtime, >, 0);
    }
}

static void
test_move_changes_the_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dir = g_build_filename (fixture->sample.root, "elsewhere", NULL);
  BtfwVolumeOp     op = { .task = BTFW_VOLUME_MOVE, .dir = dir, .done = on_op_done };
  guint64          done;
  guint64          total;

  write_all (fixture);
  btfw_volume_run (fixture->volume, &op);
  wait_done (fixture, 1);
  g_assert_no_error (op.error);
  g_assert_cmpstr (btfw_volume_get_dir (fixture->volume), ==, dir);
  btfw_volume_op_get_progress (&op, &done, &total);
  g_assert_cmpuint (done, ==, fixture->sample.size);
  g_assert_cmpuint (total, ==, fixture->sample.size);
  assert_read (fixture, 0, PIECE);
}

static void
test_remove_takes_the_state_too (Fixture *fixture, gconstpointer data)
{
  GDir *dir;

  btfw_volume_set_wanted (fixture->volume, (const guint8[]){ 1, 0, 1 }, 3);
  write_all (fixture);
  dir = g_dir_open (fixture->sample.state, 0, NULL);
  g_assert_nonnull (g_dir_read_name (dir));
  g_dir_close (dir);

  run_task (fixture, BTFW_VOLUME_REMOVE);
  dir = g_dir_open (fixture->sample.state, 0, NULL);
  g_assert_null (g_dir_read_name (dir));
  g_dir_close (dir);
}

/* What is asked for in one dispatch is done in its order where it must be. */
static void
test_operations_run_alone_and_in_order (Fixture *fixture, gconstpointer data)
{
  BtfwPieceJob *before = make_job (fixture, 0);
  BtfwPieceJob *after = make_job (fixture, 1);
  BtfwVolumeOp  close_op = { .task = BTFW_VOLUME_CLOSE, .done = on_op_done };
  BtfwVolumeOp  open_op = { .task = BTFW_VOLUME_OPEN, .done = on_op_done };
  guint8        bytes[100];
  BtfwReadJob   read = { .offset = 0, .size = 100, .data = bytes, .done = on_read_done };

  btfw_volume_submit (fixture->volume, before);
  btfw_volume_run (fixture->volume, &close_op);
  btfw_volume_run (fixture->volume, &open_op);
  btfw_volume_submit (fixture->volume, after);
  g_assert_true (btfw_volume_is_busy (fixture->volume));
  wait_done (fixture, 4);
  g_assert_false (btfw_volume_read (fixture->volume, &read));
  wait_done (fixture, 1);

  g_assert_cmpstr (fixture->order->str, ==, "pcopr");
  g_assert_true (before->verified && after->verified);
  g_assert_no_error (before->error);
  g_assert_no_error (after->error);
  g_assert_false (get_trial (fixture)->broken_rule);
  free_job (before);
  free_job (after);
}

static void
test_flush_runs_beside_writes (Fixture *fixture, gconstpointer data)
{
  BtfwFileStat  stats[3];
  BtfwPieceJob *job = make_job (fixture, 0);
  BtfwVolumeOp  op = { .task = BTFW_VOLUME_FLUSH, .done = on_op_done };
  BtfwVolumeOp  stat_op = { .task = BTFW_VOLUME_STAT, .stats = stats, .done = on_op_done };

  trial_storage_hold (get_trial (fixture), TRUE);
  btfw_volume_submit (fixture->volume, job);
  btfw_volume_run (fixture->volume, &op);
  g_main_context_iteration (fixture->context, TRUE);
  trial_storage_wait_held (get_trial (fixture), 2);
  btfw_volume_run (fixture->volume, &stat_op);
  trial_storage_hold (get_trial (fixture), FALSE);
  wait_done (fixture, 3);
  g_assert_false (get_trial (fixture)->broken_rule);
  free_job (job);
}

/* However many calls of a dead volume wait, another volume is served. */
static void
test_dead_volume_holds_up_no_other (Fixture *fixture, gconstpointer data)
{
  GPtrArray    *stack = g_ptr_array_new_with_free_func (g_object_unref);
  BtfwVolume   *other;
  BtfwVolumeOp  open_op = { .task = BTFW_VOLUME_OPEN, .done = on_op_done };
  BtfwVolumeOp  close_op = { .task = BTFW_VOLUME_CLOSE, .done = on_op_done };
  BtfwPieceJob *dead[40];
  BtfwPieceJob *alive = make_job (fixture, 0);
  guint8        bytes[16][16];
  BtfwReadJob   reads[16] = { 0 };

  trial_storage_hold (get_trial (fixture), TRUE);
  for (guint i = 0; i < 40; i++)
    btfw_volume_submit (fixture->volume, dead[i] = make_job (fixture, i));
  for (guint i = 0; i < 16; i++)
    {
      /* Of the one piece that is not being written. */
      reads[i] = (BtfwReadJob){ .offset = 40 * PIECE, .size = 16, .data = bytes[i], .done = on_read_done };
      btfw_volume_read (fixture->volume, &reads[i]);
    }
  g_main_context_iteration (fixture->context, TRUE);
  trial_storage_wait_held (get_trial (fixture), 2);

  g_ptr_array_add (stack, g_object_new (TYPE_TRIAL_STORAGE, NULL));
  other = btfw_volume_new (fixture->disk, fixture->sample.metainfo, stack, fixture->sample.dir, NULL);
  btfw_volume_run (other, &open_op);
  btfw_volume_submit (other, alive);
  btfw_volume_run (other, &close_op);
  wait_done (fixture, 3);
  g_assert_true (alive->verified);
  g_assert_false (btfw_disk_wait (fixture->disk, 1000));

  trial_storage_hold (get_trial (fixture), FALSE);
  wait_done (fixture, 40 + 16);
  for (guint i = 0; i < 40; i++)
    free_job (dead[i]);
  free_job (alive);
  btfw_volume_unref (other);
  g_ptr_array_unref (stack);
}

typedef struct
{
  BtfwWork work;
  guint    n;
} Count;

static void
count_on_worker (BtfwWork *work)
{
  ((Count *) work)->n++;
}

static void
count_on_loop (BtfwWork *work)
{
  ((Count *) work)->n += 10;
  current->n_done++;
}

static void
test_freeing_waits_and_tells (Fixture *fixture, gconstpointer data)
{
  Count         count = { .work = { .run = count_on_worker, .done = count_on_loop } };
  BtfwPieceJob *job = make_job (fixture, 0);

  btfw_disk_run (fixture->disk, &count.work);
  btfw_volume_submit (fixture->volume, job);
  g_assert_true (btfw_disk_wait (fixture->disk, -1));
  g_assert_cmpuint (count.n, ==, 11);
  g_assert_true (job->verified);
  g_assert_cmpuint (fixture->n_done, ==, 2);
  fixture->n_done = 0;
  free_job (job);
}

static void
test_many_jobs_in_disorder (Fixture *fixture, gconstpointer data)
{
  BtfwPieceJob *jobs[200];
  guint32       n = btfw_layout_get_n_pieces (fixture->sample.layout);
  GRand        *dice = g_rand_new_with_seed (7);

  /* Disjoint ranges: each piece once at a time. */
  for (guint round = 0; round < 4; round++)
    {
      for (guint i = 0; i < n; i++)
        {
          jobs[i] = make_job (fixture, i);
          btfw_volume_submit (fixture->volume, jobs[i]);
          if (g_rand_int_range (dice, 0, 3) == 0)
            g_main_context_iteration (fixture->context, FALSE);
        }
      while (fixture->n_done < n)
        turn (fixture);
      fixture->n_done = 0;
      for (guint i = 0; i < n; i++)
        {
          g_assert_true (jobs[i]->verified);
          g_assert_no_error (jobs[i]->error);
          free_job (jobs[i]);
        }
    }
  g_rand_free (dice);
}

#define ADD(path, setting, test) g_test_add (path, Fixture, setting, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  static const Setting inline_file = { .n_workers = 0 };
  static const Setting workers_file = { .n_workers = 2 };
  static const Setting inline_trial = { .n_workers = 0, .trial = TRUE };
  static const Setting workers_trial = { .n_workers = 2, .trial = TRUE };
  static const struct
  {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } both[] = {
    { "pieces/verified-and-written", test_pieces_are_verified_and_written },
    { "pieces/wrong-bytes-are-not-written", test_wrong_bytes_are_not_written },
    { "pieces/parts-in-order", test_parts_are_hashed_in_order },
    { "pieces/hash-only-writes-nothing", test_hash_only_writes_nothing },
    { "reads/missing-bytes-are-an-error", test_missing_bytes_are_an_error },
    { "closed-refuses", test_closed_volume_refuses },
    { "check/finds-what-is-good", test_check_finds_what_is_good },
    { "check/finds-what-is-not", test_check_finds_what_is_not },
    { "check/missing-and-short-files", test_check_of_missing_and_short_files },
    { "check/nothing-there", test_check_of_nothing },
    { "check/one-piece", test_check_of_one_piece },
    { "stat-fills-all", test_stat_fills_all },
    { "move-changes-the-folder", test_move_changes_the_folder },
    { "remove-takes-the-state-too", test_remove_takes_the_state_too },
    { "freeing-waits-and-tells", test_freeing_waits_and_tells },
  };

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    {
      g_autofree char *inline_path = g_strconcat ("/volume/inline/", both[i].name, NULL);
      g_autofree char *workers_path = g_strconcat ("/volume/workers/", both[i].name, NULL);

      ADD (inline_path, &inline_file, both[i].test);
      ADD (workers_path, &workers_file, both[i].test);
    }
  ADD ("/volume/inline/check/tells-of-errors", &inline_trial, test_check_tells_of_errors);
  ADD ("/volume/workers/check/tells-of-errors", &workers_trial, test_check_tells_of_errors);
  ADD ("/volume/inline/check/ends-when-absent", &inline_trial, test_check_ends_when_absent);
  ADD ("/volume/inline/operations-alone-and-in-order", &inline_trial, test_operations_run_alone_and_in_order);
  ADD ("/volume/workers/operations-alone-and-in-order", &workers_trial, test_operations_run_alone_and_in_order);
  ADD ("/volume/workers/check/cancelled", &workers_trial, test_check_can_be_cancelled);
  ADD ("/volume/workers/flush-beside-writes", &workers_trial, test_flush_runs_beside_writes);
  ADD ("/volume/workers/dead-holds-up-no-other", &workers_trial, test_dead_volume_holds_up_no_other);
  ADD ("/volume/workers/many-jobs-in-disorder", &workers_file, test_many_jobs_in_disorder);
  return g_test_run ();
}
