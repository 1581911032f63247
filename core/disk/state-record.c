/* state-record.c: a header with a checksum, then the bytes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/state-record.h"

#include "base/hash.h"
#include "base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAGIC "btfwrec\n"
#define MAGIC_SIZE 8
#define FORM_VERSION 1

/* Magic, version of the form (u32), zero (u32), length of the bytes (u64), all in
 * network order; then the SHA-256 of these and of the bytes. */
#define FIELDS_SIZE (MAGIC_SIZE + 4 + 4 + 8)
#define HEADER_SIZE (FIELDS_SIZE + 32)

static void
make_digest (const guint8 *fields, const guint8 *data, gsize size, guint8 *digest)
{
  BtfwHasher hasher;

  btfw_hasher_init (&hasher, BTFW_HASH_SHA256);
  btfw_hasher_update (&hasher, fields, FIELDS_SIZE);
  btfw_hasher_update (&hasher, data, size);
  btfw_hasher_finish (&hasher, digest);
}

static void
make_header (guint8 *header, const guint8 *data, gsize size)
{
  guint32 version = GUINT32_TO_BE (FORM_VERSION);
  guint64 length = GUINT64_TO_BE ((guint64) size);

  memset (header, 0, FIELDS_SIZE);
  memcpy (header, MAGIC, MAGIC_SIZE);
  memcpy (header + MAGIC_SIZE, &version, sizeof version);
  memcpy (header + MAGIC_SIZE + 8, &length, sizeof length);
  make_digest (header, data, size, header + FIELDS_SIZE);
}

/* What one cannot do because of what lies there, and not because of the system. */
static gboolean
is_foreign (int errnum)
{
  return errnum == ELOOP || errnum == EACCES || errnum == EPERM || errnum == ENXIO || errnum == ENODEV ||
         errnum == EISDIR || errnum == ENOTDIR;
}

static BtfwStateRead
open_record (int dir_fd, const char *name, int *fd, gsize *size, const char **reason)
{
  struct stat st;

  do
    *fd = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  while (*fd < 0 && errno == EINTR);

  if (*fd < 0 && errno == ENOENT)
    return BTFW_STATE_READ_MISSING;
  *reason = *fd < 0 ? g_strerror (errno) : NULL;
  if (*fd < 0)
    return is_foreign (errno) ? BTFW_STATE_READ_DAMAGED : BTFW_STATE_READ_FAILED;

  *reason = _("it is not a regular file");
  if (fstat (*fd, &st) < 0 || !S_ISREG (st.st_mode))
    return BTFW_STATE_READ_DAMAGED;
  *reason = _("it is far too large");
  if (st.st_size > HEADER_SIZE + BTFW_STATE_SIZE_MAX)
    return BTFW_STATE_READ_DAMAGED;

  *size = (gsize) st.st_size;
  return BTFW_STATE_READ_OK;
}

static gboolean
read_fully (int fd, guint8 *bytes, gsize size)
{
  for (gsize done = 0; done < size;)
    {
      gssize n = pread (fd, bytes + done, size - done, (off_t) done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      done += (gsize) n;
    }
  return TRUE;
}

static BtfwStateRead
decode (const guint8 *bytes, gsize size, GBytes **data, const char **reason)
{
  BtfwReader reader = BTFW_READER (bytes + MAGIC_SIZE, size - MAGIC_SIZE);
  guint8     digest[BTFW_HASH_SIZE_MAX];
  guint32    version = 0;
  guint32    zero = 0;
  guint64    length = 0;

  btfw_reader_get_u32 (&reader, &version);
  btfw_reader_get_u32 (&reader, &zero);
  btfw_reader_get_u64 (&reader, &length);

  *reason = _("it is damaged");
  if (memcmp (bytes, MAGIC, MAGIC_SIZE) != 0)
    return BTFW_STATE_READ_DAMAGED;
  make_digest (bytes, bytes + HEADER_SIZE, size - HEADER_SIZE, digest);
  if (memcmp (digest, bytes + FIELDS_SIZE, 32) != 0)
    return BTFW_STATE_READ_DAMAGED;

  *reason = _("it was written by a newer version of btfw");
  if (version != FORM_VERSION)
    return BTFW_STATE_READ_NEWER;

  *reason = _("it is damaged");
  if (zero != 0 || length != size - HEADER_SIZE)
    return BTFW_STATE_READ_DAMAGED;

  *data = g_bytes_new (bytes + HEADER_SIZE, size - HEADER_SIZE);
  return BTFW_STATE_READ_OK;
}

static BtfwStateRead
read_open_record (int fd, gsize size, GBytes **data, const char **reason)
{
  g_autofree guint8 *bytes = NULL;

  *reason = _("it is cut short");
  if (size < HEADER_SIZE)
    return BTFW_STATE_READ_DAMAGED;

  bytes = g_try_malloc (size);
  *reason = g_strerror (ENOMEM);
  if (!bytes)
    return BTFW_STATE_READ_FAILED;

  *reason = _("it cannot be read");
  if (!read_fully (fd, bytes, size))
    return BTFW_STATE_READ_DAMAGED;

  return decode (bytes, size, data, reason);
}

static int
write_fully (int fd, const guint8 *header, GBytes *data)
{
  gsize        size;
  gpointer     bytes = (gpointer) g_bytes_get_data (data, &size);
  struct iovec vectors[2] = { { (gpointer) header, HEADER_SIZE }, { bytes, size } };
  guint        i = 0;

  while (i < 2)
    {
      gssize n = writev (fd, vectors + i, (int) (2 - i));

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 ? errno : EIO;
      for (; i < 2 && (gsize) n >= vectors[i].iov_len; i++)
        n -= (gssize) vectors[i].iov_len;
      if (i < 2)
        {
          vectors[i].iov_base = (guint8 *) vectors[i].iov_base + n;
          vectors[i].iov_len -= (gsize) n;
        }
    }
  return 0;
}

BtfwStateRead
btfw_state_record_read (int dir_fd, const char *name, GBytes **data, const char **reason)
{
  gsize         size = 0;
  int           fd;
  BtfwStateRead result = open_record (dir_fd, name, &fd, &size, reason);

  if (result == BTFW_STATE_READ_OK)
    result = read_open_record (fd, size, data, reason);
  if (fd >= 0)
    close (fd);

  return result;
}

int
btfw_state_record_write (int dir_fd, const char *name, GBytes *data, gboolean sync)
{
  guint8 header[HEADER_SIZE];
  gsize  size;
  int    errnum;
  int    fd = TEMP_FAILURE_RETRY (openat (dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));

  if (fd < 0)
    return errno;

  make_header (header, g_bytes_get_data (data, &size), g_bytes_get_size (data));
  errnum = write_fully (fd, header, data);
  if (errnum == 0 && sync && fsync (fd) < 0)
    errnum = errno;
  if (close (fd) < 0 && errnum == 0 && errno != EINTR)
    errnum = errno;
  if (errnum != 0)
    unlinkat (dir_fd, name, 0);

  return errnum;
}
