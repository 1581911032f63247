/* key-file.c: reads the key, and makes the one that stands where nobody chose another. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "key-file.h"

#include "record.h"

#include <btfw/btfw-error.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *
btfw_key_file_make_default_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "btfw", "storage-crypt.key", NULL);
}

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list          arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED, message);
  return FALSE;
}

static gboolean
fail_open (GError **error, int errnum, const char *path)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *quoted = g_shell_quote (shown);

  if (errnum == ENOENT)
    g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE,
                 _("there is no key file “%s”; make one with (umask 077; head -c 32 /dev/urandom > %s), and keep a copy: without it nothing can be read back"),
                 shown, quoted);
  else
    btfw_set_storage_error_from_errno (error, errnum, N_("read"), path);
  return FALSE;
}

static gboolean
check_trust (int fd, const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *quoted = g_shell_quote (shown);
  struct stat      st;

  if (fstat (fd, &st) < 0)
    return fail_open (error, errno, path);
  if (!S_ISREG (st.st_mode))
    return refuse (error, _("the key file “%s” is not a regular file"), shown);
  if (st.st_uid != geteuid () && st.st_uid != 0)
    return refuse (error, _("the key file “%s” belongs to somebody else; use a copy of your own"), shown);
  if (st.st_mode & 077)
    return refuse (error, _("others may read or change the key file “%s”; forbid that with chmod 600 %s"), shown, quoted);
  return TRUE;
}

/* All of it, and whether there is more. */
static gsize
read_bytes (int fd, guint8 *bytes, gsize size)
{
  gsize done = 0;

  while (done < size)
    {
      gssize n = read (fd, bytes + done, size - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      done += (gsize) n;
    }
  return done;
}

static gboolean
read_key (int fd, const char *path, guint8 *key, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *quoted = g_shell_quote (shown);
  guint8           bytes[BTFW_CRYPT_KEY_SIZE + 1];
  gsize            size = read_bytes (fd, bytes, sizeof bytes);

  if (size == BTFW_CRYPT_KEY_SIZE)
    memcpy (key, bytes, BTFW_CRYPT_KEY_SIZE);
  gnutls_memset (bytes, 0, sizeof bytes);

  return size == BTFW_CRYPT_KEY_SIZE ||
         refuse (error, _("the key file “%s” is not 32 bytes long, as a key is; make one with (umask 077; head -c 32 /dev/urandom > %s)"),
                 shown, quoted);
}

gboolean
btfw_key_file_read (const char *path, guint8 *key, GError **error)
{
  int      fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  gboolean ok;

  if (fd < 0)
    return fail_open (error, errno, path);

  ok = check_trust (fd, path, error) && read_key (fd, path, key, error);
  close (fd);
  return ok;
}

static gboolean
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int              fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean         synced = fd >= 0 && (fsync (fd) == 0 || errno == EINVAL);

  if (fd >= 0)
    close (fd);
  return synced;
}

/* Answers 0 or an errno value. */
static int
write_new (const char *path, const guint8 *key)
{
  int    fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  gssize n;
  int    errnum = 0;

  if (fd < 0)
    return errno;

  n = write (fd, key, BTFW_CRYPT_KEY_SIZE);
  if (n != (gssize) BTFW_CRYPT_KEY_SIZE)
    errnum = n < 0 ? errno : ENOSPC;
  else if (fsync (fd) < 0)
    errnum = errno;
  close (fd);
  if (errnum != 0)
    unlink (path);
  return errnum;
}

/* Under another name first: under its own it is whole, or not there. */
gboolean
btfw_key_file_make (const char *path, guint8 *key, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *fresh = NULL;
  guint32          number;
  int              errnum = 0;

  if (gnutls_rnd (GNUTLS_RND_NONCE, &number, sizeof number) != 0 || gnutls_rnd (GNUTLS_RND_KEY, key, BTFW_CRYPT_KEY_SIZE) != 0)
    errnum = EIO;
  else if (g_mkdir_with_parents (folder, 0700) < 0)
    errnum = errno;

  fresh = g_strdup_printf ("%s.%08x", path, number);
  if (errnum == 0)
    errnum = write_new (fresh, key);
  if (errnum == 0)
    {
      errnum = link (fresh, path) < 0 ? errno : 0;
      unlink (fresh);
    }
  if (errnum == EEXIST)
    return btfw_key_file_read (path, key, error);
  if (errnum == 0 && !sync_folder (path))
    errnum = errno;
  if (errnum == 0)
    return TRUE;

  btfw_set_storage_error_from_errno (error, errnum, N_("create"), path);
  return FALSE;
}
