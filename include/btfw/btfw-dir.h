/* btfw-dir.h: a folder that nothing can lead out of. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * BtfwDir:
 *
 * An open folder, and the only way in which btfw and its plugins open files
 * of torrents: no path given here, and no symbolic link on the way, leads
 * outside. Immutable, ref-counted, may be used on every thread; every call
 * blocks on the file system.
 *
 * All paths are relative and have '/' between their elements. Errors are of
 * %BTFW_STORAGE_ERROR and name the whole path.
 */
#define BTFW_TYPE_DIR (btfw_dir_get_type ())
BTFW_API GType btfw_dir_get_type (void) G_GNUC_CONST;

/**
 * btfw_dir_open:
 * @path: (type filename): the folder; it may itself be a link
 * @create: make it, and its parents, when it is not there
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API BtfwDir    *btfw_dir_open (const char *path, gboolean create, GError **error);
BTFW_API BtfwDir    *btfw_dir_ref (BtfwDir *self);
BTFW_API void        btfw_dir_unref (BtfwDir *self);
/**
 * btfw_dir_get_path:
 *
 * Returns: (type filename): the path it was opened by, made absolute
 */
BTFW_API const char *btfw_dir_get_path (const BtfwDir *self);

/**
 * btfw_dir_open_beneath:
 * @path: relative path of a file
 * @flags: as for open(2); O_CLOEXEC, O_NOFOLLOW and O_NONBLOCK are added
 * @mode: for a file that is created
 *
 * With O_CREAT, missing folders on the way are made. Whatever is not a
 * regular file (or a folder, with O_DIRECTORY) is refused and never waited for.
 * With O_DIRECTORY, "." is the folder itself.
 *
 * Returns: a file descriptor, or -1 with @error set
 */
BTFW_API int      btfw_dir_open_beneath (BtfwDir *self, const char *path, int flags, guint mode, GError **error);
/**
 * btfw_dir_stat_beneath: (skip)
 * @path: relative path
 * @st: (out): as of fstatat(2), of the thing itself and not of where it links to
 */
BTFW_API gboolean btfw_dir_stat_beneath (BtfwDir *self, const char *path, struct stat *st, GError **error);
/**
 * btfw_dir_make_beneath:
 * @path: relative, in which no link and no ".." leads out
 *
 * Makes a folder, and those above it that are not there.
 */
BTFW_API gboolean btfw_dir_make_beneath (BtfwDir *self, const char *path, GError **error);
/**
 * btfw_dir_remove_beneath:
 *
 * Removes a regular file, then those of its parent folders below @self that are
 * empty.
 */
BTFW_API gboolean btfw_dir_remove_beneath (BtfwDir *self, const char *path, GError **error);
/**
 * btfw_dir_rename_beneath:
 *
 * Renames a file, makes missing folders on the way to @new_path, and removes
 * those below @self that became empty. Never replaces: something of that name is %BTFW_STORAGE_ERROR_REFUSED. Between
 * file systems it fails with %BTFW_STORAGE_ERROR_BROKEN, and the caller copies.
 */
BTFW_API gboolean btfw_dir_rename_beneath (BtfwDir    *self,
                                           const char *path,
                                           BtfwDir    *new_dir,
                                           const char *new_path,
                                           GError    **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwDir, btfw_dir_unref)

G_END_DECLS
