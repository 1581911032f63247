/* ordinary.h: a torrent in ordinary files: all of a storage but the way in which bytes
 * go into a file and out of it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "places.h"
#include "transfer.h"

#include <pthread.h>

/* Both move @size bytes at @offset of an open file, on from the cursor, and the cursor
 * with them. They answer 0 or an errno value; ENODATA is the end of the file. On
 * worker threads, several at a time. */
typedef struct
{
  int (*read) (gpointer data, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor);
  int (*write) (gpointer data, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor);
} BtfwCarrier;

/* With preadv and pwritev. */
extern const BtfwCarrier btfw_carrier_of_calls;

/* Part of a storage object. Its functions are the methods of BtfwStorageInterface. */
typedef struct
{
  const BtfwCarrier *carrier;
  gpointer           carrier_data;

  /* Settings. */
  BtfwAllocate allocate;
  guint        max_open;

  /* Leases are asked for beside any other method, also beside close(). */
  pthread_mutex_t mutex;
  BtfwPlaces     *places; /* NULL while it is not open; changed with the mutex */
} BtfwOrdinary;

void btfw_ordinary_init (BtfwOrdinary *self, const BtfwCarrier *carrier, gpointer carrier_data);
void btfw_ordinary_clear (BtfwOrdinary *self);

gboolean   btfw_ordinary_open (BtfwOrdinary *self, BtfwStorageContext *context, GError **error);
gboolean   btfw_ordinary_readv (BtfwOrdinary       *self,
                                guint64             offset,
                                const GInputVector *vectors,
                                guint               n_vectors,
                                GError            **error);
gboolean   btfw_ordinary_writev (BtfwOrdinary        *self,
                                 guint64              offset,
                                 const GOutputVector *vectors,
                                 guint                n_vectors,
                                 GError             **error);
gboolean   btfw_ordinary_flush (BtfwOrdinary *self, GError **error);
void       btfw_ordinary_close (BtfwOrdinary *self);
gboolean   btfw_ordinary_stat (BtfwOrdinary *self, guint32 file, BtfwFileStat *stat, GError **error);
gboolean   btfw_ordinary_move (BtfwOrdinary       *self,
                               BtfwStorageContext *context,
                               BtfwStorageProgress progress,
                               gpointer            user_data,
                               GCancellable       *cancellable,
                               GError            **error);
gboolean   btfw_ordinary_remove (BtfwOrdinary *self, GError **error);
gboolean   btfw_ordinary_wanted_changed (BtfwOrdinary *self, GError **error);
BtfwLease *btfw_ordinary_lease (BtfwOrdinary *self, guint64 offset, gsize length);

/* Registers the type of a setting “allocate”, once for each plugin, by a name of its own. */
GType btfw_allocate_get_type (const char *name);
