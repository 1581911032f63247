/* windows.c: maps parts of files when they are needed, and copies by way of the kernel. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "windows.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define VECTORS_MAX 64

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* By what the file is, and not by its name: another one that takes its place has
 * windows of its own. While it is mapped, its inode is no other file's. */
typedef struct _Window Window;
struct _Window
{
  gint     ref_count; /* with the mutex */
  dev_t    device;
  ino_t    inode;
  gint64   number; /* in the file */
  gboolean writable;
  guint8  *bytes;
  Window  *newer;
  Window  *older;
};

struct _BtfwWindows
{
  gsize           size;
  guint           n_max;
  gint            is_refused; /* atomic: the kernel does not copy for us */
  pthread_mutex_t mutex;      /* guards what follows; never held over a system call but munmap */
  Window         *newest;
  Window         *oldest;
  guint           n;
};

/* --- The list --- */

static void
link_newest (BtfwWindows *self, Window *window)
{
  window->newer = NULL;
  window->older = self->newest;
  if (self->newest)
    self->newest->newer = window;
  else
    self->oldest = window;
  self->newest = window;
  self->n++;
}

static void
unlink_window (BtfwWindows *self, Window *window)
{
  if (window->newer)
    window->newer->older = window->older;
  else
    self->newest = window->older;
  if (window->older)
    window->older->newer = window->newer;
  else
    self->oldest = window->newer;
  self->n--;
}

static void
unref_locked (BtfwWindows *self, Window *window)
{
  if (--window->ref_count > 0)
    return;

  munmap (window->bytes, self->size);
  g_free (window);
}

static void
drop_surplus (BtfwWindows *self, guint n_max)
{
  while (self->n > n_max)
    {
      Window *oldest = self->oldest;

      unlink_window (self, oldest);
      unref_locked (self, oldest);
    }
}

/* Few enough that a list is quicker than a table. */
static Window *
lookup (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 number, gboolean writable)
{
  Window *window = self->newest;

  while (window && (window->inode != descriptor->inode || window->device != descriptor->device ||
                    window->number != number || (writable && !window->writable)))
    window = window->older;
  if (!window)
    return NULL;

  unlink_window (self, window);
  link_newest (self, window);
  window->ref_count++;
  return window;
}

static Window *
map_window (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 number, gboolean writable)
{
  Window *window;
  void   *bytes = mmap (NULL, self->size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, descriptor->fd,
                        (off_t) (number * (gint64) self->size));

  if (bytes == MAP_FAILED)
    return NULL;

  window = g_new0 (Window, 1);
  window->ref_count = 2; /* the list's, and the caller's */
  window->device = descriptor->device;
  window->inode = descriptor->inode;
  window->number = number;
  window->writable = writable;
  window->bytes = bytes;
  return window;
}

static Window *
take_window (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 number, gboolean writable)
{
  Window *window;

  pthread_mutex_lock (&self->mutex);
  window = lookup (self, descriptor, number, writable);
  pthread_mutex_unlock (&self->mutex);
  if (window)
    return window;

  window = map_window (self, descriptor, number, writable);
  if (!window)
    return NULL;

  pthread_mutex_lock (&self->mutex);
  link_newest (self, window);
  drop_surplus (self, self->n_max);
  pthread_mutex_unlock (&self->mutex);
  return window;
}

static void
give_window (BtfwWindows *self, Window *window)
{
  pthread_mutex_lock (&self->mutex);
  unref_locked (self, window);
  pthread_mutex_unlock (&self->mutex);
}

/* --- Copies --- */

static int
fill_vectors (const BtfwFileCursor *cursor, gsize size, struct iovec *vectors)
{
  gsize skip = cursor->done;
  int   n = 0;

  for (guint i = 0; i < cursor->n_vectors && n < VECTORS_MAX && size > 0; i++)
    {
      gsize length = MIN (cursor->vectors[i].size - skip, size);

      if (length > 0)
        vectors[n++] = (struct iovec){ (guint8 *) cursor->vectors[i].buffer + skip, length };
      size -= length;
      skip = 0;
    }
  return n;
}

static gsize
count_bytes (const struct iovec *vectors, int n)
{
  gsize size = 0;

  for (int i = 0; i < n; i++)
    size += vectors[i].iov_len;

  return size;
}

/* As much as goes; what is written is stored as by a program, so that the file system
 * hears of each page before it changes. */
static gsize
copy (BtfwWindows *self, guint8 *place, gsize size, BtfwFileCursor *cursor, gboolean write)
{
  struct iovec vectors[VECTORS_MAX];
  gsize        done = 0;

  while (done < size)
    {
      int          n_vectors = fill_vectors (cursor, size - done, vectors);
      struct iovec mapped = { place + done, count_bytes (vectors, n_vectors) };
      gssize       n = write ? process_vm_readv (getpid (), &mapped, 1, vectors, (unsigned long) n_vectors, 0)
                             : process_vm_readv (getpid (), vectors, (unsigned long) n_vectors, &mapped, 1, 0);

      if (n < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES))
        g_atomic_int_set (&self->is_refused, TRUE);
      if (n <= 0)
        break;

      btfw_file_cursor_skip (cursor, (gsize) n);
      done += (gsize) n;
      if ((gsize) n < mapped.iov_len)
        break;
    }
  return done;
}

/* Room for what is to be stored: otherwise a full disk would only show when the kernel
 * has taken the bytes, and can give them back to nobody. Pages are made ready in
 * one go where the kernel can. */
static gboolean
make_room (BtfwDescriptor *descriptor, gint64 offset, guint8 *place, gsize size)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  gsize before = (gsize) (offset % (gint64) page);
  int   result;

  do
    result = fallocate (descriptor->fd, 0, offset, (off_t) size);
  while (result < 0 && errno == EINTR);
  if (result == 0)
    madvise (place - before, size + before, MADV_POPULATE_WRITE);
  return result == 0;
}

/* The part of a range that one window has. Returns how many bytes were copied. */
static gsize
copy_in_window (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor, gboolean write)
{
  gsize   within = (gsize) (offset % (gint64) self->size);
  Window *window = take_window (self, descriptor, offset / (gint64) self->size, write);
  gsize   done = 0;

  if (!window)
    return 0;

  size = MIN (size, self->size - within);
  if (!write || make_room (descriptor, offset, window->bytes + within, size))
    done = copy (self, window->bytes + within, size, cursor, write);
  give_window (self, window);
  return done;
}

static gsize
copy_in_windows (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor, gboolean write)
{
  gsize done = 0;

  while (done < size && !g_atomic_int_get (&self->is_refused))
    {
      gsize part = MIN (size - done, self->size - (gsize) ((offset + (gint64) done) % (gint64) self->size));
      gsize n = copy_in_window (self, descriptor, offset + (gint64) done, part, cursor, write);

      done += n;
      if (n < part)
        break;
    }
  return done;
}

static gint64
get_length (BtfwDescriptor *descriptor)
{
  struct stat st;

  return fstat (descriptor->fd, &st) == 0 ? st.st_size : 0;
}

/* The last page of a file reads as zeros behind its end: the length is looked at
 * when the bytes are here, so that none of those is taken for the file's. */
int
btfw_windows_read (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor)
{
  BtfwFileCursor begin = *cursor;
  gsize          done = copy_in_windows (self, descriptor, offset, size, cursor, FALSE);

  if (done == size && get_length (descriptor) >= offset + (gint64) size)
    return 0;

  *cursor = begin;
  return btfw_file_read (descriptor->fd, offset, size, cursor);
}

/* Somebody may cut the file while it is written to. What was stored behind its new end
 * is then as lost as what an ordinary call had written there. */
int
btfw_windows_write (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor)
{
  gsize done = copy_in_windows (self, descriptor, offset, size, cursor, TRUE);

  return done == size ? 0 : btfw_file_write (descriptor->fd, offset + (gint64) done, size - done, cursor);
}

/* --- Life --- */

BtfwWindows *
btfw_windows_new (gsize size, guint n_max)
{
  BtfwWindows *self = g_new0 (BtfwWindows, 1);

  self->size = size;
  self->n_max = n_max;
  pthread_mutex_init (&self->mutex, NULL);
  return self;
}

void
btfw_windows_clear (BtfwWindows *self)
{
  pthread_mutex_lock (&self->mutex);
  drop_surplus (self, 0);
  pthread_mutex_unlock (&self->mutex);
}

guint
btfw_windows_count (BtfwWindows *self)
{
  guint n;

  pthread_mutex_lock (&self->mutex);
  n = self->n;
  pthread_mutex_unlock (&self->mutex);
  return n;
}

void
btfw_windows_free (BtfwWindows *self)
{
  btfw_windows_clear (self);
  pthread_mutex_destroy (&self->mutex);
  g_free (self);
}
