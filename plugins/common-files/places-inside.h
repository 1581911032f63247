/* places-inside.h: what the parts of places.h share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "places.h"
#include "root.h"
#include "twins.h"

#include <pthread.h>

/* What is known of a file. Atomic, as it is noted beside writes. */
enum
{
  FILE_SEEN = 1 << 0,  /* it was there: when it is not, it vanished */
  FILE_DIRTY = 1 << 1, /* written since the last flush */
  FILE_PART = 1 << 2,  /* a part file stands in for it */
  FILE_KNOWN = 1 << 3, /* written or read here, so that the next flush syncs it, or did */
};

struct _BtfwPlaces
{
  BtfwStorageContext *context;
  BtfwLayout         *layout;
  guint32             n_files;
  BtfwAllocate        allocate;
  guint8             *flags; /* one a file */
  BtfwDescriptors    *descriptors;

  pthread_mutex_t mutex; /* guards what follows, and is held over system calls */
  BtfwRoot        root;
  BtfwTwins      *twins;
  BtfwDir        *parts;       /* NULL when nothing stands in for anything */
  GHashTable     *new_folders; /* char *: with entries that are not synced; "." is the root; NULL until the first */
  gboolean        parts_new;   /* the same for parts */
  gboolean        begun; /* atomic: the empty files are there */
};

static inline guint8
btfw_places_get_flags (BtfwPlaces *self, guint32 file)
{
  return __atomic_load_n (&self->flags[file], __ATOMIC_RELAXED);
}

static inline void
btfw_places_set_flag (BtfwPlaces *self, guint32 file, guint8 flag)
{
  if (!(btfw_places_get_flags (self, file) & flag))
    __atomic_fetch_or (&self->flags[file], flag, __ATOMIC_RELAXED);
}

static inline void
btfw_places_unset_flag (BtfwPlaces *self, guint32 file, guint8 flag)
{
  __atomic_fetch_and (&self->flags[file], (guint8) ~flag, __ATOMIC_RELAXED);
}

static inline gboolean
btfw_places_is_error (GError *error, BtfwStorageError kind)
{
  return g_error_matches (error, BTFW_STORAGE_ERROR, (gint) kind);
}

static inline const char *
btfw_places_get_path (BtfwPlaces *self, guint32 file)
{
  return btfw_layout_get_file_path (self->layout, file);
}

/* Of what never is on disk: pads, and links, which are not made. */
static inline gboolean
btfw_places_is_pad (BtfwPlaces *self, guint32 file)
{
  return (btfw_layout_get_file_flags (self->layout, file) & (BTFW_FILE_PAD | BTFW_FILE_SYMLINK)) != 0;
}

/* These want the mutex to be held. */
BtfwDir *btfw_places_find_root (BtfwPlaces *self, gboolean create, GError **error);
gboolean btfw_places_make_empty_files (BtfwPlaces *self, GError **error);
/* What stood in for a file that is wanted by now goes to where it belongs. */
gboolean btfw_places_settle (BtfwPlaces *self, guint32 file, GError **error);
/* Makes the names of new files safe. */
gboolean btfw_places_sync_folders (BtfwPlaces *self, GError **error);
