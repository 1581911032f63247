/* torrent-output.c: writes a .torrent file for the user. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/torrent-output.h"

#include "cli/console.h"

#include <btfw/btfw.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

gboolean
btfw_torrent_output_fail (GError **error, const char *path, int errnum)
{
  g_autofree char *shown = btfw_console_show_path (path);

  if (errnum == EEXIST)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_EXISTS,
                 _("“%s” is there already; --overwrite replaces it"), shown);
  else
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_FAILED,
                 _("cannot write “%s”: %s"), shown, g_strerror (errnum));
  return FALSE;
}

/* Writes all of it, or says in errno why not. */
static gboolean
write_all (int fd, GBytes *bytes)
{
  gsize         left;
  const guint8 *data = g_bytes_get_data (bytes, &left);

  while (left > 0)
    {
      ssize_t written = write (fd, data, left);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return FALSE;
      data += written;
      left -= (gsize) written;
    }

  return fsync (fd) == 0;
}

/* Gives the finished file its name. Where the file system cannot do that only
 * if nothing has the name, a look must do. */
static gboolean
put_in_place (const char *temporary, const char *path, gboolean overwrite)
{
  if (overwrite)
    return rename (temporary, path) == 0;
  if (renameat2 (AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno != EINVAL && errno != ENOSYS)
    return FALSE;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      errno = EEXIST;
      return FALSE;
    }
  return rename (temporary, path) == 0;
}

/* A half-written torrent never has the name that was asked for. */
gboolean
btfw_torrent_output_write (const char *path, GBytes *torrent, gboolean overwrite, GError **error)
{
  g_autofree char *temporary = g_strconcat (path, ".XXXXXX", NULL);
  int              fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0666);
  gboolean         written;
  int              errnum;

  if (fd < 0)
    return btfw_torrent_output_fail (error, path, errno);

  written = write_all (fd, torrent);
  errnum = errno;
  if (close (fd) != 0 && written)
    {
      written = FALSE;
      errnum = errno;
    }

  if (written)
    {
      written = put_in_place (temporary, path, overwrite);
      errnum = errno;
    }
  if (written)
    return TRUE;

  g_unlink (temporary);
  return btfw_torrent_output_fail (error, path, errnum);
}
