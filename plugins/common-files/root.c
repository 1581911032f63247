/* root.c: notices when the save folder is taken away or exchanged. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "root.h"

#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <time.h>

static gint64 fresh_time = 1000;

gint64
btfw_root_get_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC_COARSE, &now);
  return (gint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

gboolean
btfw_root_is_fresh (gint64 checked, gint64 now)
{
  return now - checked < fresh_time;
}

void
btfw_root_set_fresh_time (gint64 time)
{
  fresh_time = time;
}

static void
adopt (BtfwRoot *self, BtfwDir *dir)
{
  struct stat st;

  g_clear_pointer (&self->dir, btfw_dir_unref);
  if (btfw_dir_stat_beneath (dir, ".", &st, NULL))
    {
      self->device = st.st_dev;
      self->inode = st.st_ino;
    }
  self->dir = dir;
}

/* Whether the folder now at that path is the same: by its own identity, or when
 * it was mounted again under another number, by that of a file in it. */
static gboolean
is_same (BtfwRoot *self, BtfwDir *found, gboolean *mounted_again)
{
  struct stat st;

  *mounted_again = FALSE;
  if (!btfw_dir_stat_beneath (found, ".", &st, NULL))
    return FALSE;
  if (st.st_dev == self->device && st.st_ino == self->inode)
    return TRUE;

  *mounted_again = self->witness && btfw_dir_stat_beneath (found, self->witness, &st, NULL) &&
                   S_ISREG (st.st_mode) && st.st_ino == self->witness_inode;
  return *mounted_again;
}

static gboolean
fail_absent (GError **error, const char *path)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT,
               _("the save folder “%s” is not there any more"), shown);
  return FALSE;
}

static gboolean
check (BtfwRoot *self, gboolean *changed, GError **error)
{
  g_autoptr (GError)  local = NULL;
  g_autoptr (BtfwDir) found = btfw_storage_context_find_dir (self->context, &local);
  gboolean            mounted_again;

  /* No descriptors left: says nothing of the folder. */
  if (g_error_matches (local, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_FULL))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (!found || !is_same (self, found, &mounted_again))
    return fail_absent (error, btfw_dir_get_path (self->dir));

  if (mounted_again)
    {
      adopt (self, g_steal_pointer (&found));
      *changed = TRUE;
    }
  self->checked = btfw_root_get_time ();
  return TRUE;
}

static gboolean
open_first (BtfwRoot *self, gboolean create, GError **error)
{
  g_autoptr (GError) local = NULL;
  BtfwDir           *dir = btfw_storage_context_find_dir (self->context, &local);

  if (!dir && create && g_error_matches (local, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT))
    {
      g_clear_error (&local);
      dir = btfw_storage_context_get_dir (self->context, &local);
      self->created = dir != NULL;
    }
  if (!dir)
    {
      /* Nothing was ever here to be missed. */
      if (g_error_matches (local, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT))
        local->code = BTFW_STORAGE_ERROR_GONE;
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }

  adopt (self, dir);
  self->checked = btfw_root_get_time ();
  return TRUE;
}

void
btfw_root_clear (BtfwRoot *self)
{
  g_clear_pointer (&self->dir, btfw_dir_unref);
  g_clear_pointer (&self->witness, g_free);
}

BtfwDir *
btfw_root_get (BtfwRoot *self, gboolean create, gboolean *changed, GError **error)
{
  gboolean ignored;

  if (!self->dir && !open_first (self, create, error))
    return NULL;
  if (!btfw_root_is_fresh (self->checked, btfw_root_get_time ()) &&
      !check (self, changed ? changed : &ignored, error))
    return NULL;

  return self->dir;
}

gboolean
btfw_root_check_now (BtfwRoot *self, GError **error)
{
  gboolean ignored;

  return !self->dir || check (self, &ignored, error);
}

void
btfw_root_note_witness (BtfwRoot *self, const char *path, ino_t inode)
{
  g_free (self->witness);
  self->witness = g_strdup (path);
  self->witness_inode = inode;
}
