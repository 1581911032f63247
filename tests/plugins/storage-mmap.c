/* storage-mmap.c: windows upon files: how many there are, and that nothing which
 * somebody does to a file ends the process. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "windows.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW 65536u
#define SIZE (20 * WINDOW + 1234)
#define CANNOT 77

typedef struct
{
  char           *path;
  BtfwDescriptor *descriptor;
  BtfwWindows    *windows;
  guint8         *content;
} Fixture;

static BtfwDescriptor *
open_file (const char *path)
{
  BtfwDescriptor *descriptor = btfw_descriptor_new (0, g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  struct stat     st;

  g_assert_cmpint (fstat (descriptor->fd, &st), ==, 0);
  descriptor->device = st.st_dev;
  descriptor->inode = st.st_ino;
  return descriptor;
}

static void
set_up (Fixture *self, gconstpointer unused)
{
  int fd = g_file_open_tmp ("btfw-mmap-XXXXXX", &self->path, NULL);

  close (fd);
  self->descriptor = open_file (self->path);
  self->windows = btfw_windows_new (WINDOW, 3);
  self->content = g_malloc (SIZE);
  for (gsize i = 0; i < SIZE; i++)
    self->content[i] = (guint8) g_test_rand_int ();
}

static void
tear_down (Fixture *self, gconstpointer unused)
{
  btfw_windows_free (self->windows);
  btfw_descriptor_unref (self->descriptor);
  g_remove (self->path);
  g_free (self->path);
  g_free (self->content);
}

static int
write_at (Fixture *self, gsize offset, gsize size)
{
  GOutputVector  vectors[3] = { { self->content + offset, size / 3 }, { self->content, 0 }, { self->content + offset + size / 3, size - size / 3 } };
  BtfwFileCursor cursor = { .vectors = vectors, .n_vectors = 3 };

  return btfw_windows_write (self->windows, self->descriptor, (gint64) offset, size, &cursor);
}

static int
read_at (Fixture *self, gsize offset, gsize size, guint8 *data)
{
  GOutputVector  vectors[2] = { { data, size / 4 }, { data + size / 4, size - size / 4 } };
  BtfwFileCursor cursor = { .vectors = vectors, .n_vectors = 2 };

  return btfw_windows_read (self->windows, self->descriptor, (gint64) offset, size, &cursor);
}

static void
assert_content (Fixture *self)
{
  g_autofree char *bytes = NULL;
  gsize            size;

  g_assert_true (g_file_get_contents (self->path, &bytes, &size, NULL));
  g_assert_cmpmem (bytes, size, self->content, SIZE);
}

static void
test_bytes_and_bounds (Fixture *self, gconstpointer unused)
{
  g_autofree guint8 *data = g_malloc (SIZE);

  for (gsize offset = 0; offset < SIZE; offset += 50000)
    g_assert_cmpint (write_at (self, offset, MIN (50000, SIZE - offset)), ==, 0);
  assert_content (self);
  for (guint i = 0; i < 500; i++)
    {
      gsize offset = (gsize) g_test_rand_int_range (0, (gint32) SIZE);
      gsize size = (gsize) g_test_rand_int_range (0, (gint32) (SIZE - offset) + 1);

      g_assert_cmpint (read_at (self, offset, size, data), ==, 0);
      g_assert_cmpmem (data, size, self->content + offset, size);
      g_assert_cmpuint (btfw_windows_count (self->windows), <=, 3);
    }
  btfw_windows_clear (self->windows);
  g_assert_cmpuint (btfw_windows_count (self->windows), ==, 0);
}

/* The rest of the last page reads as zeros, which are not the file's. */
static void
test_end_of_file (Fixture *self, gconstpointer unused)
{
  guint8 data[300];

  g_assert_cmpint (write_at (self, 0, 100), ==, 0);
  g_assert_cmpint (read_at (self, 0, 100, data), ==, 0);
  g_assert_cmpint (read_at (self, 50, 51, data), ==, ENODATA);
  g_assert_cmpint (read_at (self, 100, 1, data), ==, ENODATA);
  g_assert_cmpint (read_at (self, 8192, 100, data), ==, ENODATA);
}

static void
test_file_that_is_cut (Fixture *self, gconstpointer unused)
{
  g_autofree guint8 *data = g_malloc (SIZE);

  g_assert_cmpint (write_at (self, 0, SIZE), ==, 0);
  g_assert_cmpint (read_at (self, 0, SIZE, data), ==, 0);
  g_assert_cmpint (truncate (self->path, 10000), ==, 0);
  g_assert_cmpint (read_at (self, 0, 10000, data), ==, 0);
  g_assert_cmpint (read_at (self, 0, 10001, data), ==, ENODATA);
  g_assert_cmpint (read_at (self, SIZE - 100, 100, data), ==, ENODATA);
  g_assert_cmpint (write_at (self, 0, SIZE), ==, 0);
  assert_content (self);
}

static gpointer
cut_again_and_again (gpointer data)
{
  Fixture *self = data;

  for (guint i = 0; i < 3000; i++)
    if (truncate (self->path, i % 2 == 0 ? 0 : (off_t) (i * 401 % SIZE)) != 0)
      return NULL;
  return self;
}

/* Through windows that are mapped all the time. A load or store of our own would meet
 * SIGBUS at once. */
static void
test_file_that_is_cut_meanwhile (Fixture *self, gconstpointer unused)
{
  g_autofree guint8 *data = g_malloc (3 * WINDOW);
  GThread           *thread = g_thread_new ("cut", cut_again_and_again, self);

  for (guint i = 0; i < 1500; i++)
    {
      gsize offset = (gsize) i * 7919 % (SIZE - 3 * WINDOW);
      int   errnum;

      g_assert_cmpint (write_at (self, offset, 3 * WINDOW), ==, 0);
      errnum = read_at (self, offset, 3 * WINDOW, data);
      g_assert_true (errnum == 0 || errnum == ENODATA);
    }
  g_assert_nonnull (g_thread_join (thread));
}

/* The name is somebody else's file now; windows of the one before do not show it. */
static void
test_file_that_is_exchanged (Fixture *self, gconstpointer unused)
{
  guint8 data[100];

  g_assert_cmpint (write_at (self, 0, 100), ==, 0);
  g_assert_cmpint (read_at (self, 0, 100, data), ==, 0);
  g_remove (self->path);
  btfw_descriptor_unref (self->descriptor);
  self->descriptor = open_file (self->path);
  g_assert_cmpint (read_at (self, 0, 100, data), ==, ENODATA);
  self->content[0] ^= 1;
  g_assert_cmpint (write_at (self, 0, 100), ==, 0);
  g_assert_cmpint (read_at (self, 0, 100, data), ==, 0);
  g_assert_cmpmem (data, 100, self->content, 100);
}

/* --- Where the system has less to give --- */

/* What the child answers. */
static int
run_child (int (*func) (Fixture *self), Fixture *self)
{
  pid_t pid = fork ();
  int   status;

  if (pid == 0)
    _exit (func (self));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* 0 when a full disk is told as one, after what there was room for. */
static int
fill_disk (Fixture *self)
{
  g_autofree char *folder = g_strconcat (self->path, ".d", NULL);
  g_autofree char *path = g_build_filename (folder, "file", NULL);
  int              errnum = 0;

  if (unshare (CLONE_NEWNS) != 0 && unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return CANNOT;
  if (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount ("none", folder, "tmpfs", 0, "size=512k") != 0)
    return CANNOT;

  self->descriptor = open_file (path);
  for (gsize offset = 0; errnum == 0 && offset + WINDOW <= SIZE; offset += WINDOW)
    {
      errnum = write_at (self, offset, WINDOW);
      if (errnum != 0)
        return errnum == ENOSPC && offset >= 6 * WINDOW && offset <= 8 * WINDOW ? 0 : 2;
    }
  return 1;
}

static void
test_full_disk_is_an_error (Fixture *self, gconstpointer unused)
{
  g_autofree char *folder = g_strconcat (self->path, ".d", NULL);
  int              answer;

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  answer = run_child (fill_disk, self);
  g_rmdir (folder);
  if (answer == CANNOT)
    g_test_skip ("mounts are not permitted here");
  else
    g_assert_cmpint (answer, ==, 0);
}

/* As some containers have it. */
static int
live_without_copies (Fixture *self)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = { G_N_ELEMENTS (code), code };
  guint8           *data = g_malloc (SIZE);

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    return CANNOT;
  if (write_at (self, 0, SIZE) != 0 || read_at (self, 0, SIZE, data) != 0)
    return 1;
  return memcmp (data, self->content, SIZE) == 0 ? 0 : 2;
}

static void
test_kernel_that_does_not_copy (Fixture *self, gconstpointer unused)
{
  int answer = run_child (live_without_copies, self);

  if (answer == CANNOT)
    g_test_skip ("filters are not permitted here");
  else
    g_assert_cmpint (answer, ==, 0);
}

#define ADD(path, test) g_test_add ("/mmap/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  ADD ("bytes-and-bounds", test_bytes_and_bounds);
  ADD ("end-of-file", test_end_of_file);
  ADD ("file-that-is-cut", test_file_that_is_cut);
  ADD ("file-that-is-cut-meanwhile", test_file_that_is_cut_meanwhile);
  ADD ("file-that-is-exchanged", test_file_that_is_exchanged);
  ADD ("full-disk-is-an-error", test_full_disk_is_an_error);
  ADD ("kernel-that-does-not-copy", test_kernel_that_does_not_copy);
  return g_test_run ();
}
