/* descriptors.h: the open files of a torrent: so many, those used last. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <sys/types.h>

/* An open file. Whoever holds a reference may use fd, on every thread. */
typedef struct _BtfwDescriptor BtfwDescriptor;
struct _BtfwDescriptor
{
  gint            ref_count;
  guint32         file;
  int             fd;
  gboolean        writable;
  gboolean        is_hot;  /* its file system is memory */
  gboolean        is_part; /* it stands in for a file that is not wanted */
  dev_t           device;
  ino_t           inode;
  gint64          size;    /* atomic: at least so long when it was last looked at */
  gint64          checked; /* atomic: when it was last seen under its name, in ms */
  BtfwDescriptor *newer;
  BtfwDescriptor *older;
};

BtfwDescriptor *btfw_descriptor_new (guint32 file, int fd);
BtfwDescriptor *btfw_descriptor_ref (BtfwDescriptor *self);
void            btfw_descriptor_unref (BtfwDescriptor *self);
void            btfw_descriptor_note_size (BtfwDescriptor *self, gint64 size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwDescriptor, btfw_descriptor_unref)

/* Its lock is held for a few instructions only, never over a system call; so the
 * loop's thread may use it. */
typedef struct _BtfwDescriptors BtfwDescriptors;

BtfwDescriptors *btfw_descriptors_new (guint n_max);
void             btfw_descriptors_free (BtfwDescriptors *self);
void             btfw_descriptors_set_max (BtfwDescriptors *self, guint n_max);
/* (transfer full) (nullable) */
BtfwDescriptor  *btfw_descriptors_lookup (BtfwDescriptors *self, guint32 file);
/* Takes the place of one that is there for the same file. */
void             btfw_descriptors_insert (BtfwDescriptors *self, BtfwDescriptor *descriptor);
void             btfw_descriptors_remove (BtfwDescriptors *self, guint32 file);
void             btfw_descriptors_clear (BtfwDescriptors *self);
