/* btfw-error.h: what can go wrong at run time, by kind. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>

G_BEGIN_DECLS

/**
 * BtfwError:
 * @BTFW_ERROR_FAILED: anything that has no kind of its own
 * @BTFW_ERROR_INVALID: input that breaks the rules of its format
 * @BTFW_ERROR_LIMIT: input that is well formed but larger than btfw takes
 * @BTFW_ERROR_UNSUPPORTED: well formed, but of a kind that btfw cannot serve
 * @BTFW_ERROR_NOT_FOUND: something named does not exist
 * @BTFW_ERROR_EXISTS: something is there that must not be overwritten
 * @BTFW_ERROR_BUSY: another process or torrent holds it
 * @BTFW_ERROR_REFUSED: policy or permissions forbid it
 * @BTFW_ERROR_PLUGIN: a plugin could not be used
 * @BTFW_ERROR_CONFIG: a setting is wrong; the message says where
 * @BTFW_ERROR_NETWORK: listening, connecting or resolving failed
 * @BTFW_ERROR_TRACKER: a tracker answered with a refusal or nonsense
 *
 * Kinds of errors of the domain %BTFW_ERROR. The message is for people, is
 * translated, and says what is wrong, where, and what to do.
 */
typedef enum
{
  BTFW_ERROR_FAILED,
  BTFW_ERROR_INVALID,
  BTFW_ERROR_LIMIT,
  BTFW_ERROR_UNSUPPORTED,
  BTFW_ERROR_NOT_FOUND,
  BTFW_ERROR_EXISTS,
  BTFW_ERROR_BUSY,
  BTFW_ERROR_REFUSED,
  BTFW_ERROR_PLUGIN,
  BTFW_ERROR_CONFIG,
  BTFW_ERROR_NETWORK,
  BTFW_ERROR_TRACKER,
} BtfwError;

#define BTFW_ERROR (btfw_error_quark ())
/**
 * btfw_error_quark:
 *
 * Returns: the domain %BTFW_ERROR
 */
BTFW_API GQuark btfw_error_quark (void);

/**
 * BtfwStorageError:
 * @BTFW_STORAGE_ERROR_FULL: no room: wait, keep seeding, try again
 * @BTFW_STORAGE_ERROR_ABSENT: the mount or the save folder is not there: wait
 * @BTFW_STORAGE_ERROR_GONE: files vanished or shrank: those pieces are lost
 * @BTFW_STORAGE_ERROR_REFUSED: permissions, or a read-only file system
 * @BTFW_STORAGE_ERROR_BROKEN: an I/O error; what was read cannot be trusted
 *
 * What kind of failure a storage met. The core acts on the kind; no peer is
 * ever blamed for one of these.
 */
typedef enum
{
  BTFW_STORAGE_ERROR_FULL,
  BTFW_STORAGE_ERROR_ABSENT,
  BTFW_STORAGE_ERROR_GONE,
  BTFW_STORAGE_ERROR_REFUSED,
  BTFW_STORAGE_ERROR_BROKEN,
} BtfwStorageError;

#define BTFW_STORAGE_ERROR (btfw_storage_error_quark ())
/**
 * btfw_storage_error_quark:
 *
 * Returns: the domain %BTFW_STORAGE_ERROR
 */
BTFW_API GQuark btfw_storage_error_quark (void);

/**
 * btfw_storage_error_from_errno:
 * @errnum: an errno value
 *
 * Finds the kind of a failed system call: ENOSPC and EDQUOT are full, EACCES,
 * EPERM and EROFS refused, ENOENT and ESTALE gone, all else broken.
 */
BTFW_API BtfwStorageError btfw_storage_error_from_errno (int errnum);

/**
 * btfw_set_storage_error_from_errno: (skip)
 * @error: (out) (optional): where to put it
 * @errnum: an errno value
 * @doing: what was tried, as a verb: "write"
 * @path: what it was tried on
 *
 * Fills @error with "cannot @doing “@path”: cause" in %BTFW_STORAGE_ERROR.
 */
BTFW_API void btfw_set_storage_error_from_errno (GError    **error,
                                                 int         errnum,
                                                 const char *doing,
                                                 const char *path);

G_END_DECLS
