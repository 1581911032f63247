/* why-note.c: what a program that runs a torrent leaves for “btfw why” to read. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/why-note.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "why-"
/* Longer ones are none of ours. */
#define SIZE_MAX_NOTE (64u * 1024)
#define NOTES_MAX 1000
/* A note that is being written has another first line than its last. */
#define TRIES 20
#define TRY_PAUSE (5 * 1000)
#define PERIOD_NEWS (1 * G_TIME_SPAN_SECOND)
#define PERIOD_NUMBERS (10 * G_TIME_SPAN_SECOND)

struct _BtfwWhyNote
{
  int                dir_fd;
  int                fd; /* -1 until the first is written */
  char              *name;
  guint64            serial;
  gint64             last_written;
  BtfwWhyReport     *last;
  BtfwTorrentStatus *status; /* of which all is told; NULL for none */
};

static char *
get_folder (void)
{
  return g_build_filename (g_get_user_runtime_dir (), "btfw", NULL);
}

/* Only where nobody else can write. -1 for nowhere. */
static int
open_folder (gboolean make)
{
  g_autofree char *path = get_folder ();
  struct stat      info;
  int              fd;

  if (make)
    g_mkdir_with_parents (path, 0700);
  fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return -1;
  if (fstat (fd, &info) == 0 && info.st_uid == geteuid () && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0)
    return fd;
  close (fd);
  return -1;
}

/* --- Writing --- */

BtfwWhyNote *
btfw_why_note_new (void)
{
  BtfwWhyNote *self;
  int          dir_fd = open_folder (TRUE);

  if (dir_fd < 0)
    return NULL;
  self = g_new0 (BtfwWhyNote, 1);
  self->dir_fd = dir_fd;
  self->fd = -1;
  return self;
}

void
btfw_why_note_free (BtfwWhyNote *self)
{
  if (self->fd >= 0)
    {
      unlinkat (self->dir_fd, self->name, 0);
      close (self->fd);
    }
  close (self->dir_fd);
  g_clear_pointer (&self->last, btfw_why_report_free);
  g_clear_pointer (&self->status, btfw_torrent_status_unref);
  g_free (self->name);
  g_free (self);
}

/* A process has a torrent once in each folder only, and the same one twice seldom:
 * the last number tells those apart. */
static gboolean
make_file (BtfwWhyNote *self, const char *info_hash)
{
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf (PREFIX "%s-%d-%u", info_hash, (int) getpid (), i);
      int              fd = openat (self->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

      if (fd < 0)
        continue;
      if (flock (fd, LOCK_EX | LOCK_NB) < 0)
        {
          close (fd);
          return FALSE;
        }
      self->fd = fd;
      self->name = g_steal_pointer (&name);
      return TRUE;
    }
  return FALSE;
}

static gboolean
is_due (const BtfwWhyNote *self, const BtfwWhyReport *report, gint64 now)
{
  gint64 age = now - self->last_written;

  if (self->last == NULL || age >= PERIOD_NUMBERS)
    return TRUE;
  return age >= PERIOD_NEWS && !btfw_why_report_equal (report, self->last);
}

/* In place, as the lock is on the file: the same mark stands first and last. */
static void
write_note (BtfwWhyNote *self, const BtfwWhyReport *report)
{
  g_autofree char *body = btfw_why_report_to_text (report);
  g_autofree char *text = g_strdup_printf ("# %" G_GUINT64_FORMAT "\n%s\n# %" G_GUINT64_FORMAT "\n", self->serial, body, self->serial);
  gsize            size = strlen (text);

  self->serial++;
  if (size > SIZE_MAX_NOTE || pwrite (self->fd, text, size, 0) != (gssize) size || ftruncate (self->fd, (off_t) size) < 0)
    g_debug ("why: the note cannot be written");
}

void
btfw_why_note_update (BtfwWhyNote *self, const BtfwItem *item)
{
  gint64                    now = g_get_monotonic_time ();
  BtfwTorrentStatus        *status = btfw_item_get_status (item);
  g_autoptr (BtfwWhyReport) report = NULL;

  /* Of those that rest there is nothing new. */
  if (status == self->status || (self->last != NULL && now - self->last_written < PERIOD_NEWS))
    return;
  report = btfw_why_report_new (item);
  report->pid = (guint64) getpid ();
  if (!is_due (self, report, now) || (self->fd < 0 && !make_file (self, report->info_hash)))
    return;

  write_note (self, report);
  self->last_written = now;
  g_clear_pointer (&self->last, btfw_why_report_free);
  self->last = g_steal_pointer (&report);
  g_clear_pointer (&self->status, btfw_torrent_status_unref);
  self->status = btfw_torrent_status_ref (status);
}

/* --- Reading --- */

static gssize
read_whole (int fd, char *bytes, gsize room)
{
  gsize size = 0;

  while (size < room)
    {
      gssize n = pread (fd, bytes + size, room - size, (off_t) size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;
      size += (gsize) n;
    }
  return (gssize) size;
}

/* Whether its first line is its last one. */
static gboolean
is_whole (const char *bytes, gsize size)
{
  const char *end = memchr (bytes, '\n', size);
  gsize       line;

  if (end == NULL || bytes[0] != '#')
    return FALSE;
  line = (gsize) (end - bytes) + 1;
  return size > 2 * line && bytes[size - line - 1] == '\n' && memcmp (bytes, bytes + size - line, line) == 0;
}

static BtfwWhyReport *
read_note (int fd)
{
  g_autofree char *bytes = g_malloc (SIZE_MAX_NOTE);

  for (guint i = 0; i < TRIES; i++)
    {
      gssize size = read_whole (fd, bytes, SIZE_MAX_NOTE);

      if (size > 0 && is_whole (bytes, (gsize) size))
        return btfw_why_report_parse (bytes, (gsize) size);
      g_usleep (TRY_PAUSE);
    }
  return NULL;
}

/* What nobody holds was left by somebody who was killed. */
static BtfwWhyReport *
read_if_alive (int dir_fd, const char *name)
{
  BtfwWhyReport *report = NULL;
  struct stat    info;
  int            fd = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    return NULL;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode) && info.st_uid == geteuid ())
    {
      if (flock (fd, LOCK_SH | LOCK_NB) == 0)
        unlinkat (dir_fd, name, 0);
      else
        report = read_note (fd);
    }
  close (fd);
  return report;
}

static gboolean
is_about (const char *name, const char *info_hash)
{
  gsize length = info_hash == NULL ? 0 : strlen (info_hash);

  if (!g_str_has_prefix (name, PREFIX))
    return FALSE;
  name += strlen (PREFIX);
  return info_hash == NULL || (g_str_has_prefix (name, info_hash) && name[length] == '-');
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(BtfwWhyReport *const *) a)->name, (*(BtfwWhyReport *const *) b)->name);
}

GPtrArray *
btfw_why_note_read_all (const char *info_hash)
{
  GPtrArray       *reports = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_why_report_free);
  g_autofree char *path = get_folder ();
  g_autoptr (GDir) dir = NULL;
  int              dir_fd = open_folder (FALSE);
  const char      *name;

  if (dir_fd < 0)
    return reports;
  dir = g_dir_open (path, 0, NULL);
  while (dir != NULL && reports->len < NOTES_MAX && (name = g_dir_read_name (dir)) != NULL)
    {
      BtfwWhyReport *report = is_about (name, info_hash) ? read_if_alive (dir_fd, name) : NULL;

      if (report != NULL)
        g_ptr_array_add (reports, report);
    }
  close (dir_fd);
  g_ptr_array_sort (reports, compare_names);
  return reports;
}
