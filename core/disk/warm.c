/* warm.c: gets a range of a file into memory, so that sendfile(2) does not block. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/warm.h"

#include "disk/lanes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE_SIZE 4096

/* The kernel takes less than this at once, whatever is asked for. */
#define AHEAD_STEP (128 * 1024)

/* Pages are looked at one by one to tell whether they are ready; further apart
 * than that they would be of different disk requests. */
#define SAMPLE_STEP (64 * 1024)

/* cachestat(2) came with Linux 6.5; the C library may not know it. */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

typedef struct
{
  guint64 offset;
  guint64 length;
} CacheRange;

typedef struct
{
  guint64 n_cached;
  guint64 n_dirty;
  guint64 n_writeback;
  guint64 n_evicted;
  guint64 n_recently_evicted;
} CacheCounts;

static gboolean
has_all_pages (int fd, gint64 offset, gsize length)
{
  guint64     first = (guint64) offset / PAGE_SIZE;
  guint64     end = ((guint64) offset + length + PAGE_SIZE - 1) / PAGE_SIZE;
  CacheRange  range = { first * PAGE_SIZE, (end - first) * PAGE_SIZE };
  CacheCounts counts;

  return syscall (SYS_cachestat, fd, &range, &counts, 0) == 0 && counts.n_cached == end - first;
}

static gboolean
is_ready (int fd, gint64 offset)
{
  guint8       byte;
  struct iovec vector = { .iov_base = &byte, .iov_len = 1 };

  return preadv2 (fd, &vector, 1, offset, RWF_NOWAIT) == 1;
}

/* Pages count as cached while the disk still fills them; so samples are read. */
static gboolean
is_in_memory (int fd, gint64 offset, gsize length)
{
  if (!has_all_pages (fd, offset, length))
    return FALSE;

  for (gsize at = 0; at < length; at += SAMPLE_STEP)
    if (!is_ready (fd, offset + (gint64) at))
      return FALSE;

  return is_ready (fd, offset + (gint64) length - 1);
}

static gboolean
read_through (int fd, gint64 offset, gsize length)
{
  guint8 *room = btfw_lanes_get_room ();

  while (room && length > 0)
    {
      gssize n = pread (fd, room, MIN (length, BTFW_LANES_ROOM), offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      offset += n;
      length -= (gsize) n;
    }
  return room != NULL;
}

gboolean
btfw_warm_lease (BtfwLease *lease)
{
  int    fd = btfw_lease_get_fd (lease);
  gint64 offset = btfw_lease_get_offset (lease);
  gsize  length = btfw_lease_get_length (lease);

  if (length == 0 || is_in_memory (fd, offset, length))
    return TRUE;

  btfw_warm_ahead (fd, offset, (gint64) length);
  return read_through (fd, offset, length);
}

void
btfw_warm_ahead (int fd, gint64 offset, gint64 length)
{
  for (gint64 at = 0; at < length; at += AHEAD_STEP)
    if (posix_fadvise (fd, offset + at, MIN (AHEAD_STEP, length - at), POSIX_FADV_WILLNEED) != 0)
      return;
}
