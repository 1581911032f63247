/* rules.h: which calls of the C library are to go wrong, and how. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* X (name, groups). The names are those of the rules; variants of one call (pread64,
 * preadv2, openat2 through syscall) count as the call that they are a variant of. */
#define FAULT_CALLS(X)                    \
  X (open, FAULT_OPEN)                    \
  X (create, FAULT_OPEN | FAULT_CHANGE)   \
  X (close, 0)                            \
  X (stat, 0)                             \
  X (read, FAULT_READ)                    \
  X (pread, FAULT_READ)                   \
  X (sendfile, FAULT_READ)                \
  X (write, FAULT_WRITE | FAULT_CHANGE)   \
  X (pwrite, FAULT_WRITE | FAULT_CHANGE)  \
  X (copy_file_range, FAULT_WRITE | FAULT_CHANGE) \
  X (ftruncate, FAULT_CHANGE)             \
  X (fallocate, FAULT_CHANGE)             \
  X (fsync, FAULT_SYNC)                   \
  X (sync_file_range, 0)                  \
  X (rename, FAULT_NAME | FAULT_CHANGE)   \
  X (link, FAULT_NAME | FAULT_CHANGE)     \
  X (unlink, FAULT_NAME | FAULT_CHANGE)   \
  X (mkdir, FAULT_NAME | FAULT_CHANGE)    \
  X (flock, 0)                            \
  X (syscall, 0)                          \
  X (pthread_create, FAULT_SYSTEM)        \
  X (getaddrinfo, FAULT_SYSTEM)           \
  X (epoll_create, FAULT_SYSTEM)          \
  X (epoll_ctl, FAULT_SYSTEM)             \
  X (epoll_wait, FAULT_SYSTEM)            \
  X (pipe, FAULT_SYSTEM)                  \
  X (eventfd, FAULT_SYSTEM)               \
  X (socket, FAULT_SYSTEM)                \
  X (mmap, FAULT_SYSTEM)                  \
  X (clock, 0)

enum
{
  FAULT_OPEN = 1 << 0,
  FAULT_READ = 1 << 1,
  FAULT_WRITE = 1 << 2,
  FAULT_SYNC = 1 << 3,
  FAULT_NAME = 1 << 4,
  FAULT_CHANGE = 1 << 5,
  FAULT_SYSTEM = 1 << 6,
};

typedef enum
{
#define X(name, groups) FAULT_CALL_##name,
  FAULT_CALLS (X)
#undef X
    FAULT_N_CALLS,
} FaultName;

/* One call as it is made. The caller fills in what its kind of call has. */
typedef struct
{
  FaultName           name;
  int                 fd;   /* what it works on, or the folder that path is relative to; -1: nothing */
  const char         *path; /* NULL: fd itself is meant */
  int                 other_fd;
  const char         *other; /* the second path of rename and link */
  int64_t             offset; /* of reads and writes; -1: where the descriptor stands */
  int64_t             length;
  const struct iovec *vectors; /* what is written */
  int                 n_vectors;
  /* Filled by fault_begin(): */
  int64_t             limit; /* bytes that may pass; -1: all */
  int64_t             shift; /* seconds that the clock is wrong */
  int                 error; /* what the call fails with, as errno has it; 0: it is made */
  bool                kills; /* after it was made */
  bool                is_recorded;
  char                where[PATH_MAX];
  char                where_other[PATH_MAX];
} FaultCall;

/* Finds the rules that the call falls under, counts it, waits, kills. Between this
 * and fault_end() of a call that is recorded no other recorded call is made. */
void fault_begin (FaultCall *call);
/* @result: what the call answered; negative for a failure with errno set. */
void fault_end (FaultCall *call, int64_t result);
