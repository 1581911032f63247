/* shim.c: stands before the C library and lets its calls go wrong as rules.h says. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Both forms of each call, with 32 and 64 bits in the name, are defined here. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include "rules.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define VECTORS_MAX 1024

#define SHOWN __attribute__ ((visibility ("default")))
#define ALIAS(name) __attribute__ ((alias (#name), visibility ("default")))

/* What comes after us: a sanitizer's interposer, or the C library itself. */
#define REAL(name)                                                             \
  ({                                                                           \
    static __typeof__ (&name) real_##name;                                     \
    if (!__atomic_load_n (&real_##name, __ATOMIC_RELAXED))                     \
      __atomic_store_n (&real_##name, (__typeof__ (&name)) dlsym (RTLD_NEXT, #name), __ATOMIC_RELAXED); \
    real_##name;                                                               \
  })

/* Makes the call unless a rule says that it fails. */
#define PASS(call, expression)           \
  ({                                     \
    int64_t result_ = -1;                \
    fault_begin (&call);                 \
    if (call.error != 0)                 \
      errno = call.error;                \
    else                                 \
      result_ = (int64_t) (expression);  \
    fault_end (&call, result_);          \
    result_;                             \
  })

#define ON_FD(kind, descriptor) { .name = FAULT_CALL_##kind, .fd = (descriptor), .offset = -1 }
#define ON_PATH(kind, folder, name_) { .name = FAULT_CALL_##kind, .fd = (folder), .path = (name_), .offset = -1 }
#define ON_NOTHING(kind) { .name = FAULT_CALL_##kind, .fd = -1, .offset = -1 }

/* --- Bytes --- */

static size_t
limit_size (const FaultCall *call, size_t size)
{
  return call->limit >= 0 && (size_t) call->limit < size ? (size_t) call->limit : size;
}

static int64_t
count (const struct iovec *vectors, int n)
{
  int64_t size = 0;

  for (int i = 0; i < n; i++)
    size += (int64_t) vectors[i].iov_len;
  return size;
}

/* The first @limit bytes of @vectors. */
static int
limit_vectors (const FaultCall *call, const struct iovec *vectors, int n, struct iovec *room)
{
  int64_t left = call->limit;
  int     i;

  if (left < 0)
    left = INT64_MAX;
  for (i = 0; i < n && i < VECTORS_MAX; i++)
    {
      room[i] = vectors[i];
      if ((int64_t) room[i].iov_len >= left)
        {
          room[i].iov_len = (size_t) left;
          return i + 1;
        }
      left -= (int64_t) room[i].iov_len;
    }
  return i;
}

static FaultCall
describe_transfer (FaultName name, int fd, int64_t offset, const struct iovec *vectors, int n)
{
  FaultCall call = { .name = name, .fd = fd, .offset = offset, .length = count (vectors, n) };

  if (name == FAULT_CALL_write || name == FAULT_CALL_pwrite)
    {
      call.vectors = vectors;
      call.n_vectors = n;
    }
  if (name == FAULT_CALL_write)
    call.offset = lseek64 (fd, 0, SEEK_CUR);
  return call;
}

SHOWN ssize_t
read (int fd, void *data, size_t size)
{
  FaultCall call = { .name = FAULT_CALL_read, .fd = fd, .offset = -1, .length = (int64_t) size };

  return PASS (call, REAL (read) (fd, data, limit_size (&call, size)));
}

SHOWN ssize_t
write (int fd, const void *data, size_t size)
{
  struct iovec vector = { (void *) data, size };
  FaultCall    call = describe_transfer (FAULT_CALL_write, fd, -1, &vector, 1);

  return PASS (call, REAL (write) (fd, data, limit_size (&call, size)));
}

SHOWN ssize_t
pread64 (int fd, void *data, size_t size, off64_t offset)
{
  FaultCall call = { .name = FAULT_CALL_pread, .fd = fd, .offset = offset, .length = (int64_t) size };

  return PASS (call, REAL (pread64) (fd, data, limit_size (&call, size), offset));
}

SHOWN ssize_t
pwrite64 (int fd, const void *data, size_t size, off64_t offset)
{
  struct iovec vector = { (void *) data, size };
  FaultCall    call = describe_transfer (FAULT_CALL_pwrite, fd, offset, &vector, 1);

  return PASS (call, REAL (pwrite64) (fd, data, limit_size (&call, size), offset));
}

/* One body for all that take vectors; @expression sees room and n. */
#define PASS_VECTORS(kind, offset_, expression)                                    \
  ({                                                                               \
    struct iovec room[VECTORS_MAX];                                                \
    FaultCall    call = describe_transfer (FAULT_CALL_##kind, fd, offset_, vectors, n); \
    int64_t      passed = -1;                                                      \
    fault_begin (&call);                                                           \
    n = limit_vectors (&call, vectors, n, room);                                   \
    if (call.error != 0)                                                           \
      errno = call.error;                                                          \
    else                                                                           \
      passed = (int64_t) (expression);                                             \
    fault_end (&call, passed);                                                     \
    passed;                                                                        \
  })

SHOWN ssize_t
readv (int fd, const struct iovec *vectors, int n)
{
  return PASS_VECTORS (read, -1, REAL (readv) (fd, room, n));
}

SHOWN ssize_t
writev (int fd, const struct iovec *vectors, int n)
{
  return PASS_VECTORS (write, -1, REAL (writev) (fd, room, n));
}

SHOWN ssize_t
preadv64 (int fd, const struct iovec *vectors, int n, off64_t offset)
{
  return PASS_VECTORS (pread, offset, REAL (preadv64) (fd, room, n, offset));
}

SHOWN ssize_t
pwritev64 (int fd, const struct iovec *vectors, int n, off64_t offset)
{
  return PASS_VECTORS (pwrite, offset, REAL (pwritev64) (fd, room, n, offset));
}

SHOWN ssize_t
preadv64v2 (int fd, const struct iovec *vectors, int n, off64_t offset, int flags)
{
  return PASS_VECTORS (pread, offset, REAL (preadv64v2) (fd, room, n, offset, flags));
}

SHOWN ssize_t
pwritev64v2 (int fd, const struct iovec *vectors, int n, off64_t offset, int flags)
{
  return PASS_VECTORS (pwrite, offset, REAL (pwritev64v2) (fd, room, n, offset, flags));
}

SHOWN ssize_t
sendfile64 (int to, int from, off64_t *offset, size_t size)
{
  FaultCall call = { .name = FAULT_CALL_sendfile, .fd = from, .offset = offset ? *offset : -1, .length = (int64_t) size };

  return PASS (call, REAL (sendfile64) (to, from, offset, limit_size (&call, size)));
}

SHOWN ssize_t
copy_file_range (int from, off64_t *from_offset, int to, off64_t *to_offset, size_t size, unsigned flags)
{
  FaultCall call = { .name = FAULT_CALL_copy_file_range, .fd = to, .offset = to_offset ? *to_offset : -1,
                     .length = (int64_t) size };

  return PASS (call, REAL (copy_file_range) (from, from_offset, to, to_offset, limit_size (&call, size), flags));
}

ssize_t pread (int fd, void *data, size_t size, off_t offset) ALIAS (pread64);
ssize_t pwrite (int fd, const void *data, size_t size, off_t offset) ALIAS (pwrite64);
ssize_t preadv (int fd, const struct iovec *vectors, int n, off_t offset) ALIAS (preadv64);
ssize_t pwritev (int fd, const struct iovec *vectors, int n, off_t offset) ALIAS (pwritev64);
ssize_t preadv2 (int fd, const struct iovec *vectors, int n, off_t offset, int flags) ALIAS (preadv64v2);
ssize_t pwritev2 (int fd, const struct iovec *vectors, int n, off_t offset, int flags) ALIAS (pwritev64v2);
ssize_t sendfile (int to, int from, off_t *offset, size_t size) ALIAS (sendfile64);

/* --- Opening and closing --- */

static FaultCall
describe_open (int folder, const char *path, int flags)
{
  FaultCall call = ON_PATH (open, folder, path);

  if (flags & (O_CREAT | O_TRUNC))
    call.name = FAULT_CALL_create;
  call.length = flags;
  return call;
}

#define TAKE_MODE(flags, last)                                                                \
  ({                                                                                          \
    mode_t mode_ = 0;                                                                         \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE)                              \
      {                                                                                       \
        va_list list;                                                                         \
        va_start (list, last);                                                                \
        mode_ = va_arg (list, mode_t);                                                        \
        va_end (list);                                                                        \
      }                                                                                       \
    mode_;                                                                                    \
  })

static int
open_anywhere (int folder, const char *path, int flags, mode_t mode)
{
  FaultCall call = describe_open (folder, path, flags);

  return (int) PASS (call, REAL (openat64) (folder, path, flags, mode));
}

SHOWN int
open64 (const char *path, int flags, ...)
{
  return open_anywhere (AT_FDCWD, path, flags, TAKE_MODE (flags, flags));
}

SHOWN int
openat64 (int folder, const char *path, int flags, ...)
{
  return open_anywhere (folder, path, flags, TAKE_MODE (flags, flags));
}

int open (const char *path, int flags, ...) ALIAS (open64);
int openat (int folder, const char *path, int flags, ...) ALIAS (openat64);

/* What the fortified headers make of calls without a mode. */
int __open64_2 (const char *path, int flags);
int __openat64_2 (int folder, const char *path, int flags);
int __open_2 (const char *path, int flags);
int __openat_2 (int folder, const char *path, int flags);

SHOWN int
__open64_2 (const char *path, int flags)
{
  return open_anywhere (AT_FDCWD, path, flags, 0);
}

SHOWN int
__openat64_2 (int folder, const char *path, int flags)
{
  return open_anywhere (folder, path, flags, 0);
}

int __open_2 (const char *path, int flags) ALIAS (__open64_2);
int __openat_2 (int folder, const char *path, int flags) ALIAS (__openat64_2);

/* The descriptor is gone also when close() says that something failed. */
SHOWN int
close (int fd)
{
  FaultCall call = ON_FD (close, fd);
  int       error;

  fault_begin (&call);
  error = call.error;
  if (REAL (close) (fd) < 0 && error == 0)
    error = errno;
  errno = error;
  fault_end (&call, error ? -1 : 0);
  errno = error;
  return error ? -1 : 0;
}

/* --- Looking --- */

SHOWN int
fstat64 (int fd, struct stat64 *st)
{
  FaultCall call = ON_FD (stat, fd);

  return (int) PASS (call, REAL (fstat64) (fd, st));
}

SHOWN int
fstatat64 (int folder, const char *path, struct stat64 *st, int flags)
{
  FaultCall call = ON_PATH (stat, folder, path);

  return (int) PASS (call, REAL (fstatat64) (folder, path, st, flags));
}

SHOWN int
stat64 (const char *path, struct stat64 *st)
{
  FaultCall call = ON_PATH (stat, AT_FDCWD, path);

  return (int) PASS (call, REAL (stat64) (path, st));
}

SHOWN int
lstat64 (const char *path, struct stat64 *st)
{
  FaultCall call = ON_PATH (stat, AT_FDCWD, path);

  return (int) PASS (call, REAL (lstat64) (path, st));
}

SHOWN int
statx (int folder, const char *path, int flags, unsigned mask, struct statx *st)
{
  FaultCall call = ON_PATH (stat, folder, path);

  return (int) PASS (call, REAL (statx) (folder, path, flags, mask, st));
}

/* --- Sizes and syncs --- */

SHOWN int
ftruncate64 (int fd, off64_t size)
{
  FaultCall call = { .name = FAULT_CALL_ftruncate, .fd = fd, .offset = size };

  return (int) PASS (call, REAL (ftruncate64) (fd, size));
}

SHOWN int
fallocate64 (int fd, int mode, off64_t offset, off64_t size)
{
  FaultCall call = { .name = FAULT_CALL_fallocate, .fd = fd, .offset = offset, .length = size };

  return (int) PASS (call, REAL (fallocate64) (fd, mode, offset, size));
}

int ftruncate (int fd, off_t size) ALIAS (ftruncate64);
int fallocate (int fd, int mode, off_t offset, off_t size) ALIAS (fallocate64);

SHOWN int
fsync (int fd)
{
  FaultCall call = ON_FD (fsync, fd);

  return (int) PASS (call, REAL (fsync) (fd));
}

SHOWN int
fdatasync (int fd)
{
  FaultCall call = ON_FD (fsync, fd);

  return (int) PASS (call, REAL (fdatasync) (fd));
}

SHOWN int
sync_file_range (int fd, off64_t offset, off64_t size, unsigned flags)
{
  FaultCall call = { .name = FAULT_CALL_sync_file_range, .fd = fd, .offset = offset, .length = size };

  return (int) PASS (call, REAL (sync_file_range) (fd, offset, size, flags));
}

SHOWN int
flock (int fd, int operation)
{
  FaultCall call = ON_FD (flock, fd);

  return (int) PASS (call, REAL (flock) (fd, operation));
}

/* --- Names --- */

SHOWN int
renameat2 (int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
  FaultCall call = { .name = FAULT_CALL_rename, .fd = from_folder, .path = from, .other_fd = to_folder, .other = to,
                     .offset = -1 };

  return (int) PASS (call, REAL (renameat2) (from_folder, from, to_folder, to, flags));
}

SHOWN int
renameat (int from_folder, const char *from, int to_folder, const char *to)
{
  return renameat2 (from_folder, from, to_folder, to, 0);
}

SHOWN int
rename (const char *from, const char *to)
{
  return renameat2 (AT_FDCWD, from, AT_FDCWD, to, 0);
}

SHOWN int
linkat (int from_folder, const char *from, int to_folder, const char *to, int flags)
{
  FaultCall call = { .name = FAULT_CALL_link, .fd = from_folder, .path = from, .other_fd = to_folder, .other = to,
                     .offset = -1 };

  return (int) PASS (call, REAL (linkat) (from_folder, from, to_folder, to, flags));
}

SHOWN int
link (const char *from, const char *to)
{
  return linkat (AT_FDCWD, from, AT_FDCWD, to, 0);
}

SHOWN int
unlinkat (int folder, const char *path, int flags)
{
  FaultCall call = ON_PATH (unlink, folder, path);

  call.length = flags;
  return (int) PASS (call, REAL (unlinkat) (folder, path, flags));
}

SHOWN int
unlink (const char *path)
{
  return unlinkat (AT_FDCWD, path, 0);
}

SHOWN int
rmdir (const char *path)
{
  return unlinkat (AT_FDCWD, path, AT_REMOVEDIR);
}

SHOWN int
mkdirat (int folder, const char *path, mode_t mode)
{
  FaultCall call = ON_PATH (mkdir, folder, path);

  return (int) PASS (call, REAL (mkdirat) (folder, path, mode));
}

SHOWN int
mkdir (const char *path, mode_t mode)
{
  return mkdirat (AT_FDCWD, path, mode);
}

/* --- syscall(2) itself --- */

/* openat2 has no function of its own in the C library. */
static FaultCall
describe_syscall (long number, const long *args)
{
  FaultCall call = ON_NOTHING (syscall);

  if (number == SYS_openat2)
    return describe_open ((int) args[0], (const char *) args[1], (int) *(const uint64_t *) args[2]);
  if (number == SYS_openat)
    return describe_open ((int) args[0], (const char *) args[1], (int) args[2]);
  if (number == SYS_renameat2)
    return (FaultCall){ .name = FAULT_CALL_rename, .fd = (int) args[0], .path = (const char *) args[1],
                        .other_fd = (int) args[2], .other = (const char *) args[3], .offset = -1 };
  if (number == SYS_fsync || number == SYS_fdatasync)
    return (FaultCall) ON_FD (fsync, (int) args[0]);

  call.length = number;
  return call;
}

SHOWN long
syscall (long number, ...)
{
  long      args[6];
  va_list   list;
  FaultCall call;

  va_start (list, number);
  for (int i = 0; i < 6; i++)
    args[i] = va_arg (list, long);
  va_end (list);

  call = describe_syscall (number, args);
  return (long) PASS (call, REAL (syscall) (number, args[0], args[1], args[2], args[3], args[4], args[5]));
}

/* --- What the system gives a program --- */

SHOWN int
pthread_create (pthread_t *thread, const pthread_attr_t *attr, void *(*run) (void *), void *data)
{
  FaultCall call = ON_NOTHING (pthread_create);

  fault_begin (&call);
  if (call.error != 0)
    return call.error;
  return REAL (pthread_create) (thread, attr, run, data);
}

SHOWN int
getaddrinfo (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
  FaultCall call = ON_NOTHING (getaddrinfo);

  fault_begin (&call);
  errno = call.error;
  return call.error != 0 ? EAI_SYSTEM : REAL (getaddrinfo) (node, service, hints, result);
}

SHOWN int
epoll_create1 (int flags)
{
  FaultCall call = ON_NOTHING (epoll_create);

  return (int) PASS (call, REAL (epoll_create1) (flags));
}

SHOWN int
epoll_ctl (int epoll, int operation, int fd, struct epoll_event *event)
{
  FaultCall call = ON_NOTHING (epoll_ctl);

  return (int) PASS (call, REAL (epoll_ctl) (epoll, operation, fd, event));
}

SHOWN int
epoll_wait (int epoll, struct epoll_event *events, int n, int timeout)
{
  FaultCall call = ON_NOTHING (epoll_wait);

  return (int) PASS (call, REAL (epoll_wait) (epoll, events, n, timeout));
}

SHOWN int
pipe2 (int fds[2], int flags)
{
  FaultCall call = ON_NOTHING (pipe);

  return (int) PASS (call, REAL (pipe2) (fds, flags));
}

SHOWN int
pipe (int fds[2])
{
  return pipe2 (fds, 0);
}

SHOWN int
eventfd (unsigned value, int flags)
{
  FaultCall call = ON_NOTHING (eventfd);

  return (int) PASS (call, REAL (eventfd) (value, flags));
}

SHOWN int
socket (int domain, int type, int protocol)
{
  FaultCall call = ON_NOTHING (socket);

  return (int) PASS (call, REAL (socket) (domain, type, protocol));
}

SHOWN void *
mmap64 (void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
  FaultCall call = ON_FD (mmap, fd);

  return (void *) (intptr_t) PASS (call, (intptr_t) REAL (mmap64) (address, size, protection, flags, fd, offset));
}

void *mmap (void *address, size_t size, int protection, int flags, int fd, off_t offset) ALIAS (mmap64);

/* --- The clock on the wall; time that only goes forward is left alone --- */

static int64_t
get_shift (void)
{
  FaultCall call = ON_NOTHING (clock);

  fault_begin (&call);
  return call.shift;
}

SHOWN int
clock_gettime (clockid_t id, struct timespec *now)
{
  int result = REAL (clock_gettime) (id, now);

  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
    now->tv_sec += get_shift ();
  return result;
}

SHOWN int
gettimeofday (struct timeval *restrict now, void *restrict zone)
{
  int result = REAL (gettimeofday) (now, zone);

  if (result == 0)
    now->tv_sec += get_shift ();
  return result;
}

SHOWN time_t
time (time_t *at)
{
  time_t now = REAL (time) (NULL) + get_shift ();

  if (at)
    *at = now;
  return now;
}
