/* btfw-torrent.h: one torrent of a session, as applications hold it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-metainfo.h>
#include <btfw/btfw-peer-status.h>
#include <btfw/btfw-status.h>
#include <btfw/btfw-view.h>

G_BEGIN_DECLS

/**
 * BtfwAddOptions:
 *
 * How a torrent is to be added. Whatever is not set follows the session's
 * settings. Ref-counted; not to be changed once it was used.
 */
#define BTFW_TYPE_ADD_OPTIONS (btfw_add_options_get_type ())
BTFW_API GType btfw_add_options_get_type (void) G_GNUC_CONST;

/**
 * btfw_add_options_new:
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwAddOptions *btfw_add_options_new (void);
BTFW_API BtfwAddOptions *btfw_add_options_ref (BtfwAddOptions *self);
BTFW_API void            btfw_add_options_unref (BtfwAddOptions *self);
/**
 * btfw_add_options_set_dir:
 * @path: (type filename): the save folder
 */
BTFW_API void btfw_add_options_set_dir (BtfwAddOptions *self, const char *path);
/**
 * btfw_add_options_set_picker:
 * @spec: "NAME", or "NAME,key=value,…"
 *
 * Which picker chooses what is asked for first.
 */
BTFW_API void btfw_add_options_set_picker (BtfwAddOptions *self, const char *spec);
/**
 * btfw_add_options_set_storage:
 * @spec: "TOP,key=value+BOTTOM"
 *
 * Where its bytes live.
 */
BTFW_API void btfw_add_options_set_storage (BtfwAddOptions *self, const char *spec);
/**
 * btfw_add_options_set_choker:
 * @spec: "NAME", or "NAME,key=value,…"
 *
 * Which choker decides whom to upload to.
 */
BTFW_API void btfw_add_options_set_choker (BtfwAddOptions *self, const char *spec);
/**
 * btfw_add_options_set_overwrite:
 *
 * Goes on when files of these names are there that match in no piece.
 */
BTFW_API void btfw_add_options_set_overwrite (BtfwAddOptions *self, gboolean overwrite);
/**
 * btfw_add_options_set_trust_files:
 *
 * Takes all files for complete when their sizes are right; a piece is
 * verified before it is first sent.
 */
BTFW_API void btfw_add_options_set_trust_files (BtfwAddOptions *self, gboolean trust);
/**
 * btfw_add_options_set_check:
 *
 * Verifies every piece that is there, whatever the resume data says.
 */
BTFW_API void btfw_add_options_set_check (BtfwAddOptions *self, gboolean check);
/**
 * btfw_add_options_set_stopped:
 *
 * Adds it without starting it: after the check, if there is one, it is stopped.
 */
BTFW_API void btfw_add_options_set_stopped (BtfwAddOptions *self, gboolean stopped);
/**
 * btfw_add_options_set_hold:
 *
 * Of a magnet link: once the metadata has come, nothing is written until
 * btfw_torrent_start() is called, so that files can be chosen first, or the
 * metadata be all that was wanted. Peers stay connected meanwhile.
 */
BTFW_API void btfw_add_options_set_hold (BtfwAddOptions *self, gboolean hold);
/**
 * btfw_add_options_set_file_priority:
 * @file: index in the layout, which need not be known yet
 */
BTFW_API void btfw_add_options_set_file_priority (BtfwAddOptions *self, guint32 file, BtfwPriority priority);
/**
 * btfw_add_options_add_peer:
 * @host: a name or an address
 *
 * Connects to this peer, whatever trackers say.
 */
BTFW_API void btfw_add_options_add_peer (BtfwAddOptions *self, const char *host, guint16 port);
/**
 * btfw_add_options_set_limits:
 * @max_download: bytes a second, 0 for no limit
 * @max_upload: bytes a second, 0 for no limit
 */
BTFW_API void btfw_add_options_set_limits (BtfwAddOptions *self, guint64 max_download, guint64 max_upload);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwAddOptions, btfw_add_options_unref)

/**
 * BtfwTorrent:
 *
 * Lives in the context that its session was made in. What is asked of it
 * takes effect a moment later; btfw_torrent_get_status() has the newest
 * snapshot, and #BtfwTorrent::status-changed comes with each, at most some
 * ten a second. #BtfwTorrent::notice brings sentences for people, and
 * #BtfwTorrent::metainfo-known comes once what a magnet link stands for is known.
 */
#define BTFW_TYPE_TORRENT (btfw_torrent_get_type ())
BTFW_API
G_DECLARE_FINAL_TYPE (BtfwTorrent, btfw_torrent, BTFW, TORRENT, GObject)

/**
 * btfw_torrent_get_metainfo:
 *
 * Returns: (transfer none) (nullable): %NULL while only its hash is known
 */
BTFW_API BtfwMetainfo      *btfw_torrent_get_metainfo (BtfwTorrent *self);
/**
 * btfw_torrent_get_info_hash:
 *
 * Returns: (transfer none):
 */
BTFW_API BtfwInfoHash      *btfw_torrent_get_info_hash (BtfwTorrent *self);
/**
 * btfw_torrent_get_name:
 *
 * Returns: its name; while only a magnet link is known what that calls it, or else its info-hash
 */
BTFW_API const char        *btfw_torrent_get_name (BtfwTorrent *self);
/**
 * btfw_torrent_get_dir:
 *
 * Returns: (type filename): the save folder; of a magnet link a rule may choose another
 *   one when its metadata has come, just before #BtfwTorrent::metainfo-known
 */
BTFW_API const char        *btfw_torrent_get_dir (BtfwTorrent *self);
/**
 * btfw_torrent_get_status:
 *
 * Returns: (transfer none): the newest snapshot
 */
BTFW_API BtfwTorrentStatus *btfw_torrent_get_status (BtfwTorrent *self);

/**
 * btfw_torrent_start:
 *
 * Begins to receive and to send; goes on where it was.
 */
BTFW_API void btfw_torrent_start (BtfwTorrent *self);
/**
 * btfw_torrent_stop:
 *
 * Closes all peers, and tells the trackers. It stays in the session.
 */
BTFW_API void btfw_torrent_stop (BtfwTorrent *self);
/**
 * btfw_torrent_check:
 *
 * Verifies every piece that is there, whatever was known of it, and goes on afterwards.
 */
BTFW_API void btfw_torrent_check (BtfwTorrent *self);
/**
 * btfw_torrent_announce:
 *
 * Asks the trackers now, as far as they allow it.
 */
BTFW_API void btfw_torrent_announce (BtfwTorrent *self);
/**
 * btfw_torrent_add_peer:
 * @host: a name or an address
 *
 * Connects to this peer, whatever trackers say.
 */
BTFW_API void btfw_torrent_add_peer (BtfwTorrent *self, const char *host, guint16 port);
/**
 * btfw_torrent_add_tracker:
 * @url: an announce URL, of a scheme that a tracker plugin serves
 *
 * Asks one more tracker, behind those that it has, until it is removed from the session.
 * One that it has already is not added again, and of more than 200 none is.
 */
BTFW_API void       btfw_torrent_add_tracker (BtfwTorrent *self, const char *url);
/**
 * btfw_torrent_list_peers_async:
 *
 * Asks for the peers that are connected. Snapshots are made only when somebody asks, so
 * a display of peers asks again whenever it likes to have newer ones.
 */
BTFW_API void       btfw_torrent_list_peers_async (BtfwTorrent        *self,
                                                   GCancellable       *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer            user_data);
/**
 * btfw_torrent_list_peers_finish:
 *
 * Returns: (transfer container) (element-type BtfwPeerStatus) (nullable): the peers, in no
 *   order that lasts, or %NULL with @error set when the torrent is gone
 */
BTFW_API GPtrArray *btfw_torrent_list_peers_finish (BtfwTorrent *self, GAsyncResult *result, GError **error);
/**
 * btfw_torrent_set_limits:
 * @max_download: bytes a second, 0 for no limit
 * @max_upload: bytes a second, 0 for no limit
 *
 * For this torrent, beside the limits of all together.
 */
BTFW_API void btfw_torrent_set_limits (BtfwTorrent *self, guint64 max_download, guint64 max_upload);
/**
 * btfw_torrent_set_file_priority:
 * @file: index in the layout
 *
 * Takes effect at once; a file that nobody wants any more stays as it is.
 */
BTFW_API void btfw_torrent_set_file_priority (BtfwTorrent *self, guint32 file, BtfwPriority priority);
/**
 * btfw_torrent_set_file_priorities:
 * @priorities: (array length=n_files): of #BtfwPriority, one byte a file
 * @n_files: how many files it has; nothing happens when it has another number, or it is not known yet
 *
 * All files at once, which is much cheaper than one by one.
 */
BTFW_API void btfw_torrent_set_file_priorities (BtfwTorrent *self, const guint8 *priorities, guint32 n_files);
/**
 * btfw_torrent_move_async:
 * @dir: (type filename): another save folder; it is made when it is not there
 *
 * Moves its files, and what is remembered of it. It stops meanwhile, and goes on there if it
 * was running; starting and stopping it takes effect at the end. On another drive the
 * files are copied first, which @cancellable can end. Fails with %BTFW_ERROR_BUSY when it is
 * being moved already, or another process has it there, and with
 * %BTFW_ERROR_EXISTS when the files that are here are not its own.
 */
BTFW_API void     btfw_torrent_move_async (BtfwTorrent        *self,
                                           const char         *dir,
                                           GCancellable       *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer            user_data);
/**
 * btfw_torrent_move_finish:
 *
 * Returns: %FALSE with @error set when everything is where it was
 */
BTFW_API gboolean btfw_torrent_move_finish (BtfwTorrent *self, GAsyncResult *result, GError **error);
/**
 * btfw_torrent_set_picker_async:
 * @spec: "NAME", or "NAME,key=value,…"
 *
 * Exchanges the picker while the torrent runs.
 */
BTFW_API void     btfw_torrent_set_picker_async (BtfwTorrent        *self,
                                                 const char         *spec,
                                                 GCancellable       *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer            user_data);
/**
 * btfw_torrent_set_picker_finish:
 *
 * Returns: %FALSE with @error set when the old one stays
 */
BTFW_API gboolean btfw_torrent_set_picker_finish (BtfwTorrent *self, GAsyncResult *result, GError **error);
/**
 * btfw_torrent_set_choker_async:
 * @spec: "NAME", or "NAME,key=value,…"
 *
 * Exchanges the choker while the torrent runs.
 */
BTFW_API void     btfw_torrent_set_choker_async (BtfwTorrent        *self,
                                                 const char         *spec,
                                                 GCancellable       *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer            user_data);
/**
 * btfw_torrent_set_choker_finish:
 *
 * Returns: %FALSE with @error set when the old one stays
 */
BTFW_API gboolean btfw_torrent_set_choker_finish (BtfwTorrent *self, GAsyncResult *result, GError **error);

G_END_DECLS
