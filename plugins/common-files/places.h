/* places.h: where each file of a torrent is on disk, and the way to open it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "descriptors.h"

#include <btfw/btfw-storage.h>

typedef enum
{
  BTFW_ALLOCATE_SPARSE,
  BTFW_ALLOCATE_FULL,
} BtfwAllocate;

/* All that is known of the files while the storage is open. Used on worker
 * threads; on the loop's thread only btfw_places_lookup(). */
typedef struct _BtfwPlaces BtfwPlaces;

/* Makes and changes nothing. */
BtfwPlaces *btfw_places_new (BtfwStorageContext *context, BtfwAllocate allocate, guint max_open, GError **error);
void        btfw_places_free (BtfwPlaces *self);

BtfwStorageContext *btfw_places_get_context (BtfwPlaces *self);
BtfwLayout         *btfw_places_get_layout (BtfwPlaces *self);

/* (transfer full): the file, open. For writing it is made when it is not there;
 * for reading that is BTFW_STORAGE_ERROR_GONE. */
BtfwDescriptor *btfw_places_open (BtfwPlaces *self, guint32 file, gboolean write, GError **error);
/* (transfer full) (nullable): without any system call: when it is open, and was
 * seen under its name a moment ago. */
BtfwDescriptor *btfw_places_lookup (BtfwPlaces *self, guint32 file);

/* To be called before the first byte is written: makes the empty files. */
gboolean btfw_places_begin (BtfwPlaces *self, GError **error);
/* Notes that the file has bytes that are not on the disk yet. */
void     btfw_places_note_written (BtfwPlaces *self, guint32 file);
/* What is read may have been written by a process that was killed, and be nowhere
 * but in memory yet: it is synced once, so that it may be claimed. */
void     btfw_places_note_read (BtfwPlaces *self, guint32 file);
gboolean btfw_places_flush (BtfwPlaces *self, GError **error);

gboolean btfw_places_stat (BtfwPlaces *self, guint32 file, BtfwFileStat *stat, GError **error);
gboolean btfw_places_remove (BtfwPlaces *self, GError **error);
/* Moves the bytes of files that are wanted by now to where they belong. */
gboolean btfw_places_update_wanted (BtfwPlaces *self, GError **error);

/* The save folder; NULL with @error set when it is not there (any more). */
BtfwDir *btfw_places_get_root (BtfwPlaces *self, gboolean create, GError **error);
/* What stands in for files that are not wanted: the folder (nullable), the names. */
BtfwDir *btfw_places_get_parts (BtfwPlaces *self);
gboolean btfw_places_has_part (BtfwPlaces *self, guint32 file);
char    *btfw_places_make_part_name (guint32 file);

/* The file's whole path, for messages. */
char *btfw_places_make_whole_path (BtfwPlaces *self, guint32 file);
/* An error that came because the folder is gone says that instead. */
void btfw_places_explain (BtfwPlaces *self, GError **error);
