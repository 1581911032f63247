/* folder.c: what can be said of a save folder before anything is written there. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/folder.h"

#include <btfw/btfw-dir.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/statvfs.h>
#include <unistd.h>

gboolean
btfw_folder_prepare (const char *path, GError **error)
{
  g_autoptr (BtfwDir) dir = btfw_dir_open (path, TRUE, error);

  if (dir == NULL)
    return FALSE;
  if (access (path, W_OK | X_OK) == 0)
    return TRUE;

  btfw_set_storage_error_from_errno (error, errno, N_("write to"), path);
  return FALSE;
}

guint64
btfw_folder_get_room (const char *path)
{
  struct statvfs fs;

  if (statvfs (path, &fs) != 0)
    return G_MAXUINT64;
  return (guint64) fs.f_bavail * fs.f_frsize;
}
