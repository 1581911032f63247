/* btfw-creator.h: makes a .torrent file from files on disk. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-metainfo.h>

G_BEGIN_DECLS

/**
 * BtfwCreator:
 *
 * Collects what a new torrent shall say, then hashes the files. Use it in one
 * thread; btfw_creator_run_async() hashes on threads of its own.
 */
#define BTFW_TYPE_CREATOR (btfw_creator_get_type ())
BTFW_API
G_DECLARE_FINAL_TYPE (BtfwCreator, btfw_creator, BTFW, CREATOR, GObject)

/**
 * btfw_creator_new:
 * @path: (type filename): the file or folder to share
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwCreator *btfw_creator_new (const char *path);
/**
 * btfw_creator_set_piece_size:
 * @piece_size: a power of two from 16 KiB to 64 MiB, or 0 to choose by the size
 *
 * Returns: %FALSE with @error set for any other number
 */
BTFW_API gboolean btfw_creator_set_piece_size (BtfwCreator *self, guint32 piece_size, GError **error);
/**
 * btfw_creator_set_private:
 * @is_private: whether peers may come from its trackers only (BEP 27)
 */
BTFW_API void     btfw_creator_set_private (BtfwCreator *self, gboolean is_private);
/**
 * btfw_creator_set_name:
 * @name: (nullable): %NULL, the default, takes that of the file or folder
 */
BTFW_API void     btfw_creator_set_name (BtfwCreator *self, const char *name);
/**
 * btfw_creator_set_comment:
 * @comment: (nullable):
 */
BTFW_API void     btfw_creator_set_comment (BtfwCreator *self, const char *comment);
/**
 * btfw_creator_set_creation_date:
 * @seconds: since 1970; 0, the default, leaves the date out, so that equal files
 *   make equal torrents
 */
BTFW_API void     btfw_creator_set_creation_date (BtfwCreator *self, gint64 seconds);
/**
 * btfw_creator_add_tracker:
 * @url: an announce URL
 * @tier: asked after all tiers below it
 */
BTFW_API void     btfw_creator_add_tracker (BtfwCreator *self, const char *url, guint tier);
/**
 * btfw_creator_add_web_seed:
 * @url: of a server that has the files (BEP 19)
 */
BTFW_API void     btfw_creator_add_web_seed (BtfwCreator *self, const char *url);

/**
 * BtfwCreatorProgress:
 * @done: bytes hashed
 * @total: bytes in all
 *
 * Called now and then, in the context that called btfw_creator_run_async().
 */
typedef void (*BtfwCreatorProgress) (BtfwCreator *self, guint64 done, guint64 total, gpointer user_data);

/**
 * btfw_creator_run_async:
 * @progress: (nullable) (scope notified) (closure progress_data):
 *
 * Walks the folder in a fixed order, hashes on all processors. Links are not
 * followed; special files are left out; a file that changes meanwhile is an error,
 * and so is a name that every download would have to change to be safe. What is set
 * on @self from now on is for the next run.
 */
BTFW_API void    btfw_creator_run_async (BtfwCreator        *self,
                                         BtfwCreatorProgress progress,
                                         gpointer            progress_data,
                                         GDestroyNotify      progress_free,
                                         GCancellable       *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer            user_data);
/**
 * btfw_creator_run_finish:
 *
 * Returns: (transfer full) (nullable): the bytes of the .torrent file
 */
BTFW_API GBytes *btfw_creator_run_finish (BtfwCreator *self, GAsyncResult *result, GError **error);

G_END_DECLS
