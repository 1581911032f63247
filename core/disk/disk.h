/* disk.h: the workers that hash and do blocking file work. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bitfield.h"
#include "base/hash.h"
#include "loop/loop.h"

#include <btfw/btfw-metainfo.h>
#include <btfw/btfw-storage.h>

/* One of a session; owns the worker threads. With 0 workers all work is done
 * inline, at the end of the dispatch that asked for it: so the engine can be
 * driven step by step. */
typedef struct _BtfwDisk BtfwDisk;
/* The storage of one torrent as the engine sees it: a stack of plugins, the
 * hashes to verify with, and a cap on calls in flight. Ref-counted, as
 * operations under way outlive their torrent. */
typedef struct _BtfwVolume BtfwVolume;

/* @n_workers: how many there are at least, once there is work for them, and how
 * many of them one volume can occupy. When all are held up in their calls, more
 * are started, within bounds. */
BtfwDisk *btfw_disk_new (BtfwLoop *loop, guint n_workers, GError **error);
/* Waits for what is under way, and calls its done(). */
void      btfw_disk_free (BtfwDisk *self);
/* Waits for what is under way, but no longer than that many microseconds (-1: for
 * ever): for an end in good order although a mount is dead. FALSE when something
 * is still under way; the disk cannot be freed in time then, only left. Calls
 * done() of whatever ends, and handles other messages of the loop meanwhile. */
gboolean  btfw_disk_wait (BtfwDisk *self, gint64 microseconds);

/* Any blocking work of a rare kind. run() is called on a worker, then done()
 * on the loop's thread; the owner keeps it alive until done(). */
typedef struct _BtfwWork BtfwWork;
struct _BtfwWork
{
  BtfwMessage message;
  BtfwDisk   *disk;
  GError     *error; /* set by run(); the owner's */
  void (*run) (BtfwWork *work);
  void (*done) (BtfwWork *work);
};
void btfw_disk_run (BtfwDisk *self, BtfwWork *work);

/* @stack: instances of BtfwStorage, top first (transfer none).
 * @state_dir: (nullable) where state folders of storages are made. */
BtfwVolume *btfw_volume_new (BtfwDisk     *disk,
                             BtfwMetainfo *metainfo,
                             GPtrArray    *stack,
                             const char   *dir,
                             const char   *state_dir);
BtfwVolume *btfw_volume_ref (BtfwVolume *self);
void        btfw_volume_unref (BtfwVolume *self);
const char *btfw_volume_get_dir (BtfwVolume *self);
/* Takes effect for calls of the storage from then on; one byte a file, 0 for unwanted. */
void        btfw_volume_set_wanted (BtfwVolume *self, const guint8 *wanted, guint32 n_files);

/* Rare operations, one after another and beside nothing else on this volume:
 * what was submitted before goes first, what is submitted later waits. done() as
 * for BtfwWork; error is the owner's. The rest of work is the volume's. */
typedef enum
{
  BTFW_VOLUME_OPEN,
  BTFW_VOLUME_STAT,  /* fills stats, one a file; may run beside reads and writes */
  BTFW_VOLUME_FLUSH, /* may run beside reads and writes */
  BTFW_VOLUME_CLOSE,
  BTFW_VOLUME_REMOVE,
  BTFW_VOLUME_WANTED,
  BTFW_VOLUME_MOVE,
} BtfwVolumeTask;

typedef struct _BtfwVolumeOp BtfwVolumeOp;
struct _BtfwVolumeOp
{
  BtfwWork       work;
  BtfwVolume    *volume;
  BtfwVolumeTask task;
  BtfwFileStat  *stats;       /* STAT: n_files of them, the owner's */
  const char    *dir;         /* MOVE: the new save folder */
  GCancellable  *cancellable; /* MOVE */
  GError        *error;
  void (*done) (BtfwVolumeOp *op);
  /* MOVE: bytes; written by the worker, so read them with btfw_volume_op_get_progress(). */
  guint64 n_moved;
  guint64 n_to_move;
};
void btfw_volume_op_get_progress (BtfwVolumeOp *op, guint64 *done, guint64 *total);
void btfw_volume_run (BtfwVolume *self, BtfwVolumeOp *op);

/* Some blocks of a piece that lie side by side, on their way to the disk. Jobs
 * of one piece that carry a hasher are run in their order, one at a time; the
 * caller sees to that. Jobs that wait at the same moment are hashed side by side. */
typedef struct
{
  guint8 *data; /* NULL: it was written before; read it back to hash it */
  guint32 size;
  guint16 check; /* what a job without a hasher wrote; by that a worker knows it when it reads it back */
} BtfwSegment;

#define BTFW_JOB_SEGMENTS_MAX 64

typedef struct _BtfwPieceJob BtfwPieceJob;
struct _BtfwPieceJob
{
  BtfwMessage message; /* first */
  BtfwVolume *volume;
  gpointer    owner; /* the caller's */
  guint32     piece;
  guint32     offset; /* of the first segment in the piece */
  BtfwHasher *hasher; /* NULL: only write */
  gboolean    last;   /* with this the piece is whole: compare its hash */
  gboolean    write;  /* FALSE: hash only, as all was written before */
  gboolean    wants_sums; /* of the last one, also when the piece is good */
  guint       n_segments;
  BtfwSegment segments[BTFW_JOB_SEGMENTS_MAX];
  /* Results: */
  gboolean    verified; /* of a job that is the last */
  guint64    *sums;     /* of a piece that failed: see btfw_piece_sums_new(); the owner's */
  GError     *error;    /* of storage; the owner's */
  void (*done) (BtfwPieceJob *job);
};
void btfw_volume_submit (BtfwVolume *self, BtfwPieceJob *job);
/* What workers lately spent their time with for such jobs, in µs: to compare the two. */
void btfw_volume_get_times (const BtfwVolume *self, gint64 *hashing, gint64 *writing);

/* Gets bytes ready to be sent: a lease on a range whose pages are in memory,
 * or the bytes themselves when the storage has no lease to give. */
typedef struct _BtfwReadJob BtfwReadJob;
struct _BtfwReadJob
{
  BtfwMessage message; /* first */
  BtfwVolume *volume;
  gpointer    owner;  /* the caller's */
  guint64     offset; /* torrent offset */
  gsize       size;
  guint8     *data;     /* room for @size, filled when there is no lease; NULL: only a lease is of use */
  gboolean    no_lease; /* the bytes in data, even where there would be a lease */
  /* Results: */
  BtfwLease  *lease; /* (transfer full) (nullable): may be shorter than size; then read again behind it */
  GError     *error; /* the owner's */
  void (*done) (BtfwReadJob *job);
};
/* A lease that needs no warming is there at once: TRUE, filled, and done() is not called. */
gboolean btfw_volume_read (BtfwVolume *self, BtfwReadJob *job);

/* Verifies the pieces set in @wanted, on all workers, in large stripes side by side. */
typedef struct _BtfwCheck BtfwCheck;
struct _BtfwCheck
{
  BtfwVolume  *volume;
  gpointer     owner;  /* the caller's */
  BtfwBitfield wanted; /* the owner's; not changed meanwhile */
  BtfwBitfield good;   /* filled; initialised by btfw_volume_check() */
  guint32      n_done; /* pieces looked at, kept up to date on the loop's thread */
  GError      *error;  /* what stopped it (not: missing files, whose pieces are just not good) */
  gboolean     cancelled;
  gpointer     internal; /* the checker's */
  void (*progress) (BtfwCheck *check); /* nullable; some times a second */
  void (*done) (BtfwCheck *check);
};
void btfw_volume_check (BtfwVolume *self, BtfwCheck *check);
/* done() still comes, soon. */
void btfw_volume_cancel_check (BtfwVolume *self, BtfwCheck *check);

/* Whether any call of this volume is under way; for an orderly close. */
gboolean btfw_volume_is_busy (BtfwVolume *self);
