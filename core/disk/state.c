/* state.c: the state store: a folder of records in two generations. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/state.h"

#include "disk/state-files.h"
#include "disk/state-record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Things set aside that are kept for each key and cause; the last place is used
 * again and again after that. */
#define ASIDE_MAX 8

#define KEY_LENGTH_MAX 200

/* What was not written for so long is of a torrent that is gone: whoever comes back
 * to it has the files verified again. Seconds. */
#define AGE_MAX ((gint64) 400 * 24 * 3600)
#define TEMPORARY_SUFFIX ".tmp"

struct _BtfwStateStore
{
  gint  ref_count;
  int   fd;
  char *path;

  pthread_mutex_t mutex;    /* guards what follows */
  GHashTable     *unsynced; /* char *: keys whose newest generation is not synced */
  guint           n_temporary;
};

static gboolean
fail (GError **error, BtfwStateStore *self, const char *name, const char *format, const char *cause)
{
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_FAILED, format, shown, cause);
  return FALSE;
}

static char *
make_old_name (const char *key)
{
  return g_strconcat (key, ".old", NULL);
}

/* Renames what is there, of any kind, and says so. */
static gboolean
set_aside (BtfwStateStore *self, const char *name, const char *why, const char *reason, char **notice)
{
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *aside = NULL;
  struct stat      st;
  guint            n = 1;

  do
    {
      g_free (aside);
      aside = g_strdup_printf ("%s.%s-%u", name, why, n);
    }
  while (fstatat (self->fd, aside, &st, AT_SYMLINK_NOFOLLOW) == 0 && ++n <= ASIDE_MAX);

  if (renameat (self->fd, name, self->fd, aside) < 0)
    return FALSE;

  g_free (*notice);
  *notice = g_strdup_printf (_("“%s” was not used: %s. It was set aside as “%s”."), shown, reason, aside);
  return TRUE;
}

static void
add_older_notice (char **notice, const char *key)
{
  char *whole = g_strdup_printf (_("%s The state from before it is used."), *notice ? *notice : "");

  if (!*notice)
    {
      g_free (whole);
      whole = g_strdup_printf (_("The saved state “%s” is missing; the one from before it is used."), key);
    }
  g_free (*notice);
  *notice = whole;
}

/* One generation. Answers whether it was found; sets @error only when the system
 * failed, as then nothing is known of it. */
static BtfwStateRead
read_generation (BtfwStateStore *self, const char *name, GBytes **data, char **notice, GError **error)
{
  const char   *reason = NULL;
  BtfwStateRead result = btfw_state_record_read (self->fd, name, data, &reason);

  if (result == BTFW_STATE_READ_FAILED)
    fail (error, self, name, _("cannot read “%s”: %s"), reason);
  else if (result == BTFW_STATE_READ_NEWER)
    {
      fail (error, self, name, _("cannot use “%s”: %s"), reason);
      if (error && *error)
        (*error)->code = BTFW_ERROR_UNSUPPORTED;
    }
  else if (result == BTFW_STATE_READ_DAMAGED)
    set_aside (self, name, "damaged", reason, notice);

  return result;
}

static gboolean
is_process_alive (const char *digits)
{
  gint64 pid = g_ascii_strtoll (digits, NULL, 10);

  return pid > 0 && pid <= G_MAXINT && (kill ((pid_t) pid, 0) == 0 || errno != ESRCH);
}

/* Clocks that are wrong by years are known; so it must be old beside @newest as well,
 * what the folder itself was last changed at. */
static gboolean
is_long_gone (BtfwStateStore *self, const char *name, gint64 newest)
{
  struct stat st;
  gint64      now = g_get_real_time () / G_USEC_PER_SEC;

  return fstatat (self->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode) &&
         !g_str_has_suffix (name, ".lock") && now - st.st_mtime > AGE_MAX && newest - st.st_mtime > AGE_MAX;
}

/* What a killed process left, "KEY.PID-N.tmp", and what nobody came back to. */
static void
remove_leftovers (BtfwStateStore *self)
{
  struct dirent *entry;
  struct stat    st;
  gint64         newest = fstat (self->fd, &st) == 0 ? (gint64) st.st_mtime : 0;
  int            fd = openat (self->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR           *dir = fd >= 0 ? fdopendir (fd) : NULL;

  if (!dir)
    {
      if (fd >= 0)
        close (fd);
      return;
    }

  while ((entry = readdir (dir)))
    {
      g_autofree char *stem = NULL;
      const char      *dot;

      if (is_long_gone (self, entry->d_name, newest))
        unlinkat (self->fd, entry->d_name, 0);
      if (!g_str_has_suffix (entry->d_name, TEMPORARY_SUFFIX))
        continue;
      stem = g_strndup (entry->d_name, strlen (entry->d_name) - strlen (TEMPORARY_SUFFIX));
      dot = strrchr (stem, '.');
      if (dot && !is_process_alive (dot + 1))
        unlinkat (self->fd, entry->d_name, 0);
    }
  closedir (dir);
}

/* A new folder is only safe once its name is. */
static void
sync_parent (const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  int              fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (fsync (fd) < 0)
    g_debug ("cannot sync “%s”: %s", parent, g_strerror (errno));
  close (fd);
}

/* Nobody else's business. A folder that the user made wider is narrowed again. */
static gboolean
open_folder (BtfwStateStore *self, GError **error)
{
  struct stat st;
  gboolean    is_new = stat (self->path, &st) < 0;

  if (g_mkdir_with_parents (self->path, 0700) < 0)
    return fail (error, self, "", _("cannot create “%s”: %s"), g_strerror (errno));
  if (is_new)
    sync_parent (self->path);

  self->fd = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->fd < 0)
    return fail (error, self, "", _("cannot open “%s”: %s"), g_strerror (errno));

  if (fstat (self->fd, &st) == 0 && st.st_uid == geteuid () && (st.st_mode & 0077))
    fchmod (self->fd, 0700);
  return TRUE;
}

static char *
make_temporary_name (BtfwStateStore *self, const char *key)
{
  guint n;

  pthread_mutex_lock (&self->mutex);
  n = self->n_temporary++;
  pthread_mutex_unlock (&self->mutex);

  return g_strdup_printf ("%s.%d-%u" TEMPORARY_SUFFIX, key, (int) getpid (), n);
}

/* An older generation that is synced is worth more than a newer one that is not. */
static gboolean
is_worth_keeping (BtfwStateStore *self, const char *key)
{
  gboolean unsynced;

  pthread_mutex_lock (&self->mutex);
  unsynced = g_hash_table_contains (self->unsynced, key);
  pthread_mutex_unlock (&self->mutex);

  return !unsynced;
}

static void
note_synced (BtfwStateStore *self, const char *key, gboolean sync)
{
  pthread_mutex_lock (&self->mutex);
  if (sync)
    g_hash_table_remove (self->unsynced, key);
  else
    g_hash_table_add (self->unsynced, g_strdup (key));
  pthread_mutex_unlock (&self->mutex);
}

/* The newest generation keeps its name all the while, where the file system has
 * hard links, so that there is no moment without it. */
static void
keep_older (BtfwStateStore *self, const char *key)
{
  g_autofree char *old = make_old_name (key);
  g_autofree char *notice = NULL;
  struct stat      st;

  if (fstatat (self->fd, key, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return;
  if (!S_ISREG (st.st_mode))
    {
      set_aside (self, key, "damaged", _("it is not a regular file"), &notice);
      return;
    }
  if (!is_worth_keeping (self, key))
    return;

  if (unlinkat (self->fd, old, 0) < 0 && errno != ENOENT)
    set_aside (self, old, "damaged", _("it is not a regular file"), &notice);
  if (linkat (self->fd, key, self->fd, old, 0) < 0)
    renameat (self->fd, key, self->fd, old);
}

/* Some file systems cannot sync a folder, and say so in this way. */
static int
sync_folder (BtfwStateStore *self)
{
  if (fsync (self->fd) == 0 || errno == EINVAL || errno == EROFS)
    return 0;

  return errno;
}

static gboolean
remove_name (BtfwStateStore *self, const char *name, GError **error)
{
  if (unlinkat (self->fd, name, 0) == 0 || errno == ENOENT)
    return TRUE;

  return fail (error, self, name, _("cannot remove “%s”: %s"), g_strerror (errno));
}

BtfwStateStore *
btfw_state_store_new (const char *path, GError **error)
{
  BtfwStateStore *self = g_new0 (BtfwStateStore, 1);

  self->ref_count = 1;
  self->fd = -1;
  self->path = g_canonicalize_filename (path, NULL);
  self->unsynced = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  pthread_mutex_init (&self->mutex, NULL);

  if (!open_folder (self, error))
    {
      btfw_state_store_unref (self);
      return NULL;
    }
  remove_leftovers (self);
  return self;
}

BtfwStateStore *
btfw_state_store_ref (BtfwStateStore *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
btfw_state_store_unref (BtfwStateStore *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  if (self->fd >= 0)
    close (self->fd);
  pthread_mutex_destroy (&self->mutex);
  g_hash_table_unref (self->unsynced);
  g_free (self->path);
  g_free (self);
}

const char *
btfw_state_store_get_path (BtfwStateStore *self)
{
  return self->path;
}

int
btfw_state_store_get_fd (BtfwStateStore *self)
{
  return self->fd;
}

gboolean
btfw_state_check_key (const char *key, GError **error)
{
  if (key[0] != '\0' && key[0] != '.' && !strchr (key, '/') && strlen (key) <= KEY_LENGTH_MAX)
    return TRUE;

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("“%s” cannot be the name of a saved state"), key);
  return FALSE;
}

GBytes *
btfw_state_store_read (BtfwStateStore *self, const char *key, char **notice, GError **error)
{
  g_autofree char *old = make_old_name (key);
  g_autofree char *said = NULL;
  GBytes          *data = NULL;
  BtfwStateRead    result;

  if (!btfw_state_check_key (key, error))
    return NULL;

  result = read_generation (self, key, &data, &said, error);
  if (result == BTFW_STATE_READ_DAMAGED || result == BTFW_STATE_READ_MISSING)
    {
      result = read_generation (self, old, &data, &said, error);
      if (result == BTFW_STATE_READ_OK)
        add_older_notice (&said, key);
    }
  if (result == BTFW_STATE_READ_DAMAGED || result == BTFW_STATE_READ_MISSING)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("there is no saved state “%s”"), key);

  if (notice)
    *notice = g_steal_pointer (&said);
  return data;
}

gboolean
btfw_state_store_write (BtfwStateStore *self, const char *key, GBytes *data, gboolean sync, GError **error)
{
  g_autofree char *temporary = NULL;
  int              errnum;

  if (!btfw_state_check_key (key, error))
    return FALSE;
  if (g_bytes_get_size (data) > BTFW_STATE_SIZE_MAX)
    return fail (error, self, key, _("cannot write “%s”: %s"), g_strerror (EFBIG));

  temporary = make_temporary_name (self, key);
  errnum = btfw_state_record_write (self->fd, temporary, data, sync);
  if (errnum != 0)
    return fail (error, self, key, _("cannot write “%s”: %s"), g_strerror (errnum));

  keep_older (self, key);
  if (renameat (self->fd, temporary, self->fd, key) < 0)
    {
      errnum = errno;
      unlinkat (self->fd, temporary, 0);
      return fail (error, self, key, _("cannot write “%s”: %s"), g_strerror (errnum));
    }
  note_synced (self, key, sync);

  errnum = sync ? sync_folder (self) : 0;
  return errnum == 0 || fail (error, self, key, _("cannot write “%s”: %s"), g_strerror (errnum));
}

/* The older one first: in no moment is it the only one, to be found again. */
gboolean
btfw_state_store_remove (BtfwStateStore *self, const char *key, GError **error)
{
  g_autofree char *old = make_old_name (key);
  int              errnum;

  if (!btfw_state_check_key (key, error) || !remove_name (self, old, error) || !remove_name (self, key, error))
    return FALSE;

  note_synced (self, key, TRUE);
  errnum = sync_folder (self);
  return errnum == 0 || fail (error, self, key, _("cannot remove “%s”: %s"), g_strerror (errnum));
}

gboolean
btfw_state_store_set_aside (BtfwStateStore *self, const char *key, const char *why, char **notice, GError **error)
{
  g_autofree char *said = NULL;

  if (!btfw_state_check_key (key, error))
    return FALSE;
  if (!set_aside (self, key, why, why, &said))
    return fail (error, self, key, _("cannot rename “%s”: %s"), g_strerror (errno));

  if (notice)
    *notice = g_steal_pointer (&said);
  return TRUE;
}
