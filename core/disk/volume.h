/* volume.h: the inside of a volume, shared by the parts that run its calls. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "disk/workers.h"

/* A rare thing that waits in the volume's line. */
typedef struct _BtfwVolumeEntry BtfwVolumeEntry;
struct _BtfwVolumeEntry
{
  BtfwVolumeEntry *next;
  gboolean         exclusive; /* beside nothing else */
  guint64          n_pieces_before; /* jobs of either kind that were submitted before */
  guint64          n_reads_before;
  void (*start) (BtfwVolumeEntry *entry);
};

/* Jobs of one kind, first come first served. */
typedef struct
{
  BtfwMessage *first;
  BtfwMessage *last;
  guint        n_waiting;
  guint        n_calls;     /* under way */
  guint64      n_submitted; /* jobs since the volume was made … */
  guint64      n_started;
  guint64      n_finished;
} BtfwVolumeLine;

typedef struct _BtfwPieceBatch BtfwPieceBatch;

/* All of it belongs to the loop's thread; calls are told what they need. */
struct _BtfwVolume
{
  guint               ref_count;
  BtfwDisk           *disk;
  BtfwMetainfo       *metainfo;
  BtfwLayout         *layout;  /* the metainfo's */
  BtfwStorage        *storage; /* the top of the stack, which the context holds */
  GPtrArray          *stack;
  BtfwStorageContext *context;
  gboolean            is_open;

  BtfwPump         pump;
  BtfwVolumeLine   pieces;
  BtfwVolumeLine   reads;
  BtfwVolumeEntry *entries;
  BtfwVolumeEntry *last_entry;
  BtfwVolumeEntry *running; /* or NULL */
  BtfwPieceBatch  *spare_batches;
  gint64           hashing; /* see btfw_volume_get_times() */
  gint64           writing;
};

/* Has waiting calls looked at, at the end of this dispatch. */
void btfw_volume_wake (BtfwVolume *self);

void btfw_volume_queue_entry (BtfwVolume *self, BtfwVolumeEntry *entry);
/* The running entry is at its end; what waited for it may start. */
void btfw_volume_end_entry (BtfwVolume *self);

/* FALSE, with @error set, when nothing can be asked of the storage now. */
gboolean btfw_volume_check_open (BtfwVolume *self, GError **error);

void         btfw_volume_line_append (BtfwVolumeLine *line, BtfwMessage *message);
BtfwMessage *btfw_volume_line_take (BtfwVolumeLine *line);

/* How many jobs of a line may start now: not those behind an exclusive entry. */
guint btfw_volume_count_ready (BtfwVolume *self, BtfwVolumeLine *line);

/* Send what may go. Called at the end of a dispatch. */
void btfw_volume_start_pieces (BtfwVolume *self);
void btfw_volume_start_reads (BtfwVolume *self);
void btfw_volume_free_spare_batches (BtfwVolume *self);
