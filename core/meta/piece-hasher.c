/* piece-hasher.c: hashes the pieces of files on all processors. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/piece-hasher.h"

#include "base/hash.h"

#include <btfw/btfw-text.h>
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#define LANES_MAX BTFW_HASH_LANES_MAX
#define THREADS_MAX 16

/* How much of each piece is read at a time. All lanes of a thread together
 * should fit into the cache that is a processor's own. */
#define STRIPE_SIZE (128u << 10)

#define FILE_NONE G_MAXUINT32

/* What all threads share. */
typedef struct
{
  const BtfwFileWalk *walk;
  const BtfwLayout   *layout;
  guint8             *hashes;
  GCancellable       *cancellable;
  guint               n_lanes; /* pieces that a thread takes at a time */
  atomic_uint         next;    /* the first piece that nobody has taken */
  atomic_bool         stopped;
  atomic_ullong      *n_bytes;
  pthread_mutex_t     lock;
  GError             *error; /* the first one; guarded by lock */
} Work;

/* A piece on its way through one thread. */
typedef struct
{
  BtfwHasher hasher;
  guint64    offset; /* of the next byte in the torrent */
  guint32    left;   /* bytes of the piece behind it */
  guint32    file;   /* the file that fd is open on, or FILE_NONE */
  int        fd;
  guint8    *buffer; /* STRIPE_SIZE bytes */
} Lane;

static void
work_fail (Work *self, GError *error)
{
  pthread_mutex_lock (&self->lock);
  if (self->error == NULL)
    self->error = g_steal_pointer (&error);
  pthread_mutex_unlock (&self->lock);

  g_clear_error (&error);
  atomic_store (&self->stopped, true);
}

static void
lane_close (Lane *self)
{
  if (self->file != FILE_NONE)
    close (self->fd);
  self->file = FILE_NONE;
}

static gboolean
lane_open (Lane *self, Work *work, guint32 file, GError **error)
{
  if (self->file == file)
    return TRUE;

  lane_close (self);
  self->fd = btfw_file_walk_open (work->walk, file, error);
  if (self->fd < 0)
    return FALSE;

  self->file = file;
  return TRUE;
}

/* Fills the buffer with the next @size bytes, out of as many files as they lie in. */
static gboolean
lane_read (Lane *self, Work *work, guint32 size, GError **error)
{
  guint32 filled = 0;

  while (filled < size)
    {
      guint64 offset = self->offset + filled;
      guint32 file = btfw_layout_find_file (work->layout, offset);
      guint64 place = offset - btfw_layout_get_file_offset (work->layout, file);
      guint64 behind = btfw_layout_get_file_length (work->layout, file) - place;
      ssize_t n;

      if (!lane_open (self, work, file, error))
        return FALSE;

      n = pread (self->fd, self->buffer + filled, (size_t) MIN (behind, size - filled), (off_t) place);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return btfw_file_walk_fail_read (work->walk, file, errno, error);
      if (n == 0)
        return btfw_file_walk_fail_changed (work->walk, file, error);
      filled += (guint32) n;
    }

  return TRUE;
}

static void
lane_start (Lane *self, Work *work, guint32 piece)
{
  btfw_hasher_init (&self->hasher, BTFW_HASH_SHA1);
  self->offset = btfw_layout_get_piece_offset (work->layout, piece);
  self->left = btfw_layout_get_piece_length (work->layout, piece);
}

/* Moves all lanes on by one stripe. Answers how many were not at their end. */
static guint
hash_stripes (Work *work, Lane *lanes, guint n_lanes, GError **error)
{
  BtfwHashPart parts[LANES_MAX];
  guint64      n_bytes = 0;
  guint        n_parts = 0;

  for (guint i = 0; i < n_lanes; i++)
    {
      Lane   *lane = &lanes[i];
      guint32 size = MIN (lane->left, STRIPE_SIZE);

      if (size == 0)
        continue;
      if (!lane_read (lane, work, size, error))
        return 0;

      parts[n_parts++] = (BtfwHashPart){ &lane->hasher, lane->buffer, size };
      lane->offset += size;
      lane->left -= size;
      n_bytes += size;
    }

  btfw_hasher_update_many (parts, n_parts);
  atomic_fetch_add (work->n_bytes, n_bytes);
  return n_parts;
}

static gboolean
work_is_stopped (Work *self, GError **error)
{
  return g_cancellable_set_error_if_cancelled (self->cancellable, error) || atomic_load (&self->stopped);
}

/* Hashes pieces that follow one another, side by side. FALSE when it was
 * stopped, with @error set if that was here. */
static gboolean
hash_pieces (Work *work, Lane *lanes, guint32 first, guint n_pieces, GError **error)
{
  GError *failure = NULL;

  for (guint i = 0; i < n_pieces; i++)
    lane_start (&lanes[i], work, first + i);

  while (!work_is_stopped (work, &failure) && hash_stripes (work, lanes, n_pieces, &failure) > 0)
    continue;

  if (failure != NULL || lanes[0].left > 0)
    {
      for (guint i = 0; i < n_pieces; i++)
        btfw_hasher_clear (&lanes[i].hasher);
      g_propagate_error (error, failure);
      return FALSE;
    }

  for (guint i = 0; i < n_pieces; i++)
    btfw_hasher_finish (&lanes[i].hasher, work->hashes + (gsize) (first + i) * BTFW_PIECE_HASH_SIZE);
  return TRUE;
}

static void
run_lanes (Work *work, Lane *lanes)
{
  guint32 n_pieces = btfw_layout_get_n_pieces (work->layout);

  while (!atomic_load (&work->stopped))
    {
      guint32 first = atomic_fetch_add (&work->next, work->n_lanes);
      GError *error = NULL;

      if (first >= n_pieces)
        return;
      if (!hash_pieces (work, lanes, first, MIN (work->n_lanes, n_pieces - first), &error) && error != NULL)
        work_fail (work, error);
    }
}

static void *
run_thread (void *data)
{
  Work              *work = data;
  Lane               lanes[LANES_MAX];
  g_autofree guint8 *buffers = g_malloc ((gsize) work->n_lanes * STRIPE_SIZE);

  for (guint i = 0; i < work->n_lanes; i++)
    {
      lanes[i].file = FILE_NONE;
      lanes[i].buffer = buffers + (gsize) i * STRIPE_SIZE;
    }

  run_lanes (work, lanes);

  for (guint i = 0; i < work->n_lanes; i++)
    lane_close (&lanes[i]);
  return NULL;
}

/* The caller's own thread is one of them, so all goes well when no other can be made. */
static void
run_threads (Work *work, guint n_threads)
{
  pthread_t threads[THREADS_MAX];
  guint     n_started = 0;

  while (n_started < n_threads - 1 && pthread_create (&threads[n_started], NULL, run_thread, work) == 0)
    n_started++;

  run_thread (work);

  for (guint i = 0; i < n_started; i++)
    pthread_join (threads[i], NULL);
}

gboolean
btfw_piece_hasher_run (const BtfwFileWalk *walk,
                       const BtfwLayout   *layout,
                       guint8             *hashes,
                       atomic_ullong      *n_bytes,
                       GCancellable       *cancellable,
                       GError            **error)
{
  guint32 n_pieces = btfw_layout_get_n_pieces (layout);
  guint   n_threads = CLAMP (g_get_num_processors (), 1, THREADS_MAX);
  Work    work = {
       .walk = walk,
       .layout = layout,
       .hashes = hashes,
       .cancellable = cancellable,
       .n_bytes = n_bytes,
  };

  /* Lanes are of no use to processors that get no piece. */
  work.n_lanes = CLAMP (n_pieces / n_threads, 1, LANES_MAX);
  n_threads = CLAMP (n_pieces / work.n_lanes, 1, n_threads);
  atomic_init (&work.next, 0);
  atomic_init (&work.stopped, false);
  pthread_mutex_init (&work.lock, NULL);

  run_threads (&work, n_threads);

  pthread_mutex_destroy (&work.lock);
  if (work.error == NULL)
    return TRUE;

  g_propagate_error (error, work.error);
  return FALSE;
}
