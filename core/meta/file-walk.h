/* file-walk.h: finds the files that a new torrent is made from. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>
#include <sys/stat.h>

/* A regular file, as it was when it was found. */
typedef struct
{
  char           *path; /* below the root */
  guint64         size;
  struct timespec mtime;
  dev_t           device;
  ino_t           inode;
} BtfwWalkFile;

typedef struct
{
  int      root;    /* the folder that all paths are below */
  char    *name;    /* of the file or folder that was asked for */
  gboolean is_file; /* it is one file, and root is the folder that it lies in */
  GArray  *files;   /* of BtfwWalkFile, ordered by the bytes of their paths */
  guint64  size;    /* bytes in all files */
  gsize    paths_size;
} BtfwFileWalk;

/* Does not follow links below @path, and leaves out what is no file. Blocks;
 * stops soon when @cancellable says so. */
BtfwFileWalk *btfw_file_walk_new (const char *path, GCancellable *cancellable, GError **error);
void          btfw_file_walk_free (BtfwFileWalk *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwFileWalk, btfw_file_walk_free)

/* May be called on any thread. Opens a file to read it, unless it has changed;
 * -1 with @error set. */
int      btfw_file_walk_open (const BtfwFileWalk *self, guint32 file, GError **error);
/* Whether all files are still as they were found. */
gboolean btfw_file_walk_check (const BtfwFileWalk *self, GError **error);
/* Says that a file has changed, and answers FALSE. */
gboolean btfw_file_walk_fail_changed (const BtfwFileWalk *self, guint32 file, GError **error);
/* Says that reading a file failed, and answers FALSE. */
gboolean btfw_file_walk_fail_read (const BtfwFileWalk *self, guint32 file, int errnum, GError **error);
