/* transfer.c: whole reads, writes and copies: short ones and interruptions are gone on from. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define VECTORS_MAX 64
#define COPY_CHUNK (256 * 1024)

/* Up to @size bytes from the cursor on, as the system calls want them. */
static int
cursor_get (const BtfwFileCursor *cursor, gsize size, struct iovec *vectors)
{
  gsize skip = cursor->done;
  int   n = 0;

  for (guint i = 0; i < cursor->n_vectors && n < VECTORS_MAX && size > 0; i++)
    {
      gsize length = MIN (cursor->vectors[i].size - skip, size);

      if (length > 0)
        vectors[n++] = (struct iovec){ .iov_base = (guint8 *) cursor->vectors[i].buffer + skip, .iov_len = length };
      size -= length;
      skip = 0;
    }
  return n;
}

void
btfw_file_cursor_skip (BtfwFileCursor *cursor, gsize size)
{
  while (size > 0)
    {
      gsize length = MIN (cursor->vectors->size - cursor->done, size);

      cursor->done += length;
      size -= length;
      if (cursor->done == cursor->vectors->size)
        {
          cursor->vectors++;
          cursor->n_vectors--;
          cursor->done = 0;
        }
    }
}

void
btfw_file_cursor_fill_zeros (BtfwFileCursor *cursor, gsize size)
{
  while (size > 0)
    {
      struct iovec vectors[VECTORS_MAX];
      int          n = cursor_get (cursor, size, vectors);
      gsize        filled = 0;

      for (int i = 0; i < n; i++)
        {
          memset (vectors[i].iov_base, 0, vectors[i].iov_len);
          filled += vectors[i].iov_len;
        }
      btfw_file_cursor_skip (cursor, filled);
      size -= filled;
    }
}

int
btfw_file_read (int fd, gint64 offset, gsize size, BtfwFileCursor *cursor)
{
  while (size > 0)
    {
      struct iovec vectors[VECTORS_MAX];
      int          n_vectors = cursor_get (cursor, size, vectors);
      gssize       n = preadv (fd, vectors, n_vectors, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 ? errno : ENODATA;

      btfw_file_cursor_skip (cursor, (gsize) n);
      offset += n;
      size -= (gsize) n;
    }
  return 0;
}

int
btfw_file_write (int fd, gint64 offset, gsize size, BtfwFileCursor *cursor)
{
  while (size > 0)
    {
      struct iovec vectors[VECTORS_MAX];
      int          n_vectors = cursor_get (cursor, size, vectors);
      gssize       n = pwritev (fd, vectors, n_vectors, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 ? errno : EIO;

      btfw_file_cursor_skip (cursor, (gsize) n);
      offset += n;
      size -= (gsize) n;
    }
  return 0;
}

/* One stretch without holes. */
static int
copy_data (int           from_fd,
           int           to_fd,
           gint64        offset,
           gint64        end,
           guint8       *buffer,
           GCancellable *cancellable,
           BtfwFileCopied copied,
           gpointer      user_data)
{
  while (offset < end)
    {
      gsize          size = (gsize) MIN (end - offset, COPY_CHUNK);
      GOutputVector  vector = { .buffer = buffer, .size = size };
      BtfwFileCursor in = { .vectors = &vector, .n_vectors = 1 };
      BtfwFileCursor out = in;
      int            errnum;

      if (g_cancellable_is_cancelled (cancellable))
        return ECANCELED;

      errnum = btfw_file_read (from_fd, offset, size, &in);
      if (errnum == 0)
        errnum = btfw_file_write (to_fd, offset, size, &out);
      if (errnum != 0)
        return errnum;

      offset += (gint64) size;
      if (copied)
        copied (size, user_data);
    }
  return 0;
}

/* Where the next bytes are that were written; file systems that do not know say
 * that all were. */
static gint64
find_data (int fd, gint64 from, gint64 length)
{
  gint64 data = lseek (fd, from, SEEK_DATA);

  if (data < 0)
    return errno == ENXIO ? length : from;

  return MIN (data, length);
}

static gint64
find_hole (int fd, gint64 from, gint64 length)
{
  gint64 hole = lseek (fd, from, SEEK_HOLE);

  return hole < 0 ? length : MIN (hole, length);
}

int
btfw_file_copy (int from_fd, int to_fd, GCancellable *cancellable, BtfwFileCopied copied, gpointer user_data)
{
  guint8     *buffer;
  struct stat st;
  gint64      offset = 0;
  int         errnum = 0;

  if (fstat (from_fd, &st) < 0)
    return errno;

  buffer = g_malloc (COPY_CHUNK);
  while (errnum == 0 && (offset = find_data (from_fd, offset, st.st_size)) < st.st_size)
    {
      gint64 hole = find_hole (from_fd, offset, st.st_size);

      errnum = copy_data (from_fd, to_fd, offset, hole, buffer, cancellable, copied, user_data);
      offset = hole;
    }
  g_free (buffer);

  return errnum;
}

/* For file systems that cannot reserve: zeros behind what is there. */
static int
write_zeros (int fd, gint64 from, gint64 length)
{
  guint8 *zeros = g_malloc0 (COPY_CHUNK);
  int     errnum = 0;

  while (errnum == 0 && from < length)
    {
      gsize          size = (gsize) MIN (length - from, COPY_CHUNK);
      GOutputVector  vector = { .buffer = zeros, .size = size };
      BtfwFileCursor cursor = { .vectors = &vector, .n_vectors = 1 };

      errnum = btfw_file_write (fd, from, size, &cursor);
      from += (gint64) size;
    }
  g_free (zeros);

  return errnum;
}

int
btfw_file_allocate (int fd, gint64 length)
{
  struct stat st;
  int         errnum;

  if (fstat (fd, &st) < 0)
    return errno;
  if (st.st_size >= length)
    return 0;

  do
    errnum = fallocate (fd, 0, 0, length) < 0 ? errno : 0;
  while (errnum == EINTR);
  if (errnum == EOPNOTSUPP || errnum == ENOSYS)
    errnum = write_zeros (fd, st.st_size, length);

  /* Not half of it: the length would be taken for bytes that are there. */
  if (errnum != 0 && ftruncate (fd, st.st_size) < 0)
    g_debug ("cannot give back what was allocated: %s", g_strerror (errno));
  return errnum;
}
