/* error.c: what can go wrong at run time, by kind. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/quark.h"

#include <btfw/btfw-error.h>
#include <btfw/btfw-text.h>

#include <errno.h>
#include <glib/gi18n-lib.h>

BTFW_DEFINE_QUARK (btfw-error-quark, btfw_error)
BTFW_DEFINE_QUARK (btfw-storage-error-quark, btfw_storage_error)

BtfwStorageError
btfw_storage_error_from_errno (int errnum)
{
  switch (errnum)
    {
    case ENOSPC:
    case EDQUOT:
      return BTFW_STORAGE_ERROR_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
      return BTFW_STORAGE_ERROR_REFUSED;
    case ENOENT:
    case ESTALE:
      return BTFW_STORAGE_ERROR_GONE;
    default:
      return BTFW_STORAGE_ERROR_BROKEN;
    }
}

void
btfw_set_storage_error_from_errno (GError **error, int errnum, const char *doing, const char *path)
{
  g_autofree char *shown = NULL;

  g_return_if_fail (doing != NULL);
  g_return_if_fail (path != NULL);

  shown = btfw_text_clean (path, -1);
  /* Translators: the first word is a verb such as “write”, the last says why. */
  g_set_error (error, BTFW_STORAGE_ERROR, (gint) btfw_storage_error_from_errno (errnum),
               _("cannot %s “%s”: %s"), _(doing), shown, g_strerror (errnum));
}
