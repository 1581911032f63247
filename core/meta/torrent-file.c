/* torrent-file.c: reads a .torrent file, up to a limit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/torrent-file.h"

#include <btfw/btfw-text.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM_AT_FIRST (64u << 10)

typedef struct
{
  guint8 *data;
  gsize   size;
  gsize   room;
} Content;

static gboolean
fail_errno (int errnum, const char *path, GError **error)
{
  g_autofree char *shown = btfw_text_clean (path, -1);

  if (errnum == ENOENT)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("there is no file “%s”"), shown);
  else if (errnum == EISDIR)
    g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("“%s” is a folder, not a torrent"), shown);
  else
    g_set_error (error, BTFW_ERROR, errnum == EACCES ? BTFW_ERROR_REFUSED : BTFW_ERROR_FAILED,
                 _("cannot read “%s”: %s"), shown, g_strerror (errnum));
  return FALSE;
}

static gboolean
content_grow (Content *self)
{
  gsize   room = MAX (ROOM_AT_FIRST, 2 * self->room);
  guint8 *grown = g_try_realloc (self->data, room);

  if (grown == NULL)
    return FALSE;

  self->data = grown;
  self->room = room;
  return TRUE;
}

static gboolean
content_fill (Content *self, int fd, const char *path, GError **error)
{
  g_autofree char *shown = NULL;

  while (self->size <= BTFW_TORRENT_FILE_SIZE_MAX)
    {
      ssize_t n;

      if (self->size == self->room && !content_grow (self))
        return fail_errno (ENOMEM, path, error);

      n = read (fd, self->data + self->size, self->room - self->size);
      if (n == 0)
        return TRUE;
      if (n < 0 && errno != EINTR)
        return fail_errno (errno, path, error);
      if (n > 0)
        self->size += (gsize) n;
    }

  shown = btfw_text_clean (path, -1);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT, _("“%s” is too large for a torrent (%u bytes at most)"),
               shown, BTFW_TORRENT_FILE_SIZE_MAX);
  return FALSE;
}

GBytes *
btfw_torrent_file_read (const char *path, GError **error)
{
  Content  content = { NULL, 0, 0 };
  gboolean is_read;
  int      fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

  if (fd < 0)
    {
      fail_errno (errno, path, error);
      return NULL;
    }

  is_read = content_fill (&content, fd, path, error);
  close (fd);
  if (!is_read)
    {
      g_free (content.data);
      return NULL;
    }

  return g_bytes_new_take (g_realloc (content.data, MAX (content.size, 1)), content.size);
}
