/* transfer.h: reads and writes whole ranges of a file, whatever the system gives at once. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* A place in a row of buffers. GInputVector, GOutputVector and struct iovec have
 * the same members. */
typedef struct
{
  const GOutputVector *vectors;
  guint                n_vectors;
  gsize                done; /* of the first of them */
} BtfwFileCursor;

/* Both move @size bytes at @offset of the file, on from the cursor, and the cursor
 * with them. They answer 0 or an errno value; ENODATA is the end of the file. */
int btfw_file_read (int fd, gint64 offset, gsize size, BtfwFileCursor *cursor);
int btfw_file_write (int fd, gint64 offset, gsize size, BtfwFileCursor *cursor);

/* For ranges that are not in a file. */
void btfw_file_cursor_skip (BtfwFileCursor *cursor, gsize size);
void btfw_file_cursor_fill_zeros (BtfwFileCursor *cursor, gsize size);

/* Copies what is not a hole; told of bytes as they are done. Answers 0 or an errno
 * value; ECANCELED. */
typedef void (*BtfwFileCopied) (gsize bytes, gpointer user_data);
int btfw_file_copy (int from_fd, int to_fd, GCancellable *cancellable, BtfwFileCopied copied, gpointer user_data);

/* Makes room for the first @length bytes. Needs no care for what others write
 * meanwhile, so nobody else may have the file yet. */
int btfw_file_allocate (int fd, gint64 length);
