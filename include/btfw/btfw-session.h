/* btfw-session.h: a whole client in an object. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-config.h>
#include <btfw/btfw-magnet.h>
#include <btfw/btfw-net.h>
#include <btfw/btfw-torrent.h>

G_BEGIN_DECLS

/**
 * BtfwSession:
 *
 * Runs the engine on a thread of its own and speaks with it by messages, so
 * that an application that stalls does not stall transfers. The object, its
 * torrents and all their signals live in the thread-default #GMainContext of
 * btfw_session_new().
 *
 * #BtfwSession::torrent-added and #BtfwSession::torrent-removed tell of
 * torrents, #BtfwSession::notice (level, text) brings sentences for people.
 */
#define BTFW_TYPE_SESSION (btfw_session_get_type ())
BTFW_API
G_DECLARE_FINAL_TYPE (BtfwSession, btfw_session, BTFW, SESSION, GObject)

/**
 * BtfwNoticeLevel:
 * @BTFW_NOTICE_INFO: something worth knowing
 * @BTFW_NOTICE_WARNING: something is not as it was asked for
 * @BTFW_NOTICE_ERROR: something failed
 */
typedef enum
{
  BTFW_NOTICE_INFO,
  BTFW_NOTICE_WARNING,
  BTFW_NOTICE_ERROR,
} BtfwNoticeLevel;

/**
 * btfw_session_new:
 * @config: (nullable): settings; a copy is taken
 *
 * Returns: (transfer full) (nullable): a session that is not started yet, or
 *   %NULL when a setting of the group `session` is wrong
 */
BTFW_API BtfwSession *btfw_session_new (BtfwConfig *config, GError **error);
/**
 * btfw_session_start:
 *
 * Listens, starts the engine's thread, and the services that the settings name.
 */
BTFW_API gboolean     btfw_session_start (BtfwSession *self, GError **error);
/**
 * btfw_session_stop_async:
 * @timeout: at most so many milliseconds for trackers to hear of it
 *
 * Tells trackers, saves resume data, closes everything.
 */
BTFW_API void         btfw_session_stop_async (BtfwSession *self, guint timeout, GAsyncReadyCallback callback, gpointer user_data);
/**
 * btfw_session_stop_finish:
 *
 * Returns: %TRUE once everything has stopped
 */
BTFW_API gboolean     btfw_session_stop_finish (BtfwSession *self, GAsyncResult *result, GError **error);
/**
 * btfw_session_close:
 *
 * Ends the engine: when this returns, its thread and all plugins are gone, and what
 * was verified is on the disk. It blocks for that long; stop first with
 * btfw_session_stop_async() where trackers are to hear of it. Calls under way are
 * answered, in the session's context, the last ones with %G_IO_ERROR_CLOSED. The session
 * can only be let go then. It may be called from a callback or a handler of the session,
 * and more often than once.
 *
 * The end of the last reference does the same. Whoever writes plugins in a language with a
 * lock of its own (Python's GIL) calls this instead of relying on that, since
 * the engine's thread may need the lock that the end of a reference is holding.
 */
BTFW_API void         btfw_session_close (BtfwSession *self);

/**
 * btfw_session_add_async:
 * @options: (nullable): how
 */
BTFW_API void         btfw_session_add_async (BtfwSession        *self,
                                              BtfwMetainfo       *metainfo,
                                              BtfwAddOptions     *options,
                                              GCancellable       *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer            user_data);
/**
 * btfw_session_add_finish:
 *
 * Returns: (transfer full) (nullable): the torrent; it may still be checking
 */
BTFW_API BtfwTorrent *btfw_session_add_finish (BtfwSession *self, GAsyncResult *result, GError **error);
/**
 * btfw_session_add_magnet_async:
 * @magnet: a link
 * @options: (nullable): how
 *
 * Adds a torrent of which only a magnet link is known. It gets its metadata
 * from peers (or from what an earlier run has kept), and goes on from there.
 */
BTFW_API void         btfw_session_add_magnet_async (BtfwSession        *self,
                                                     BtfwMagnet         *magnet,
                                                     BtfwAddOptions     *options,
                                                     GCancellable       *cancellable,
                                                     GAsyncReadyCallback callback,
                                                     gpointer            user_data);
/**
 * btfw_session_add_magnet_finish:
 *
 * Returns: (transfer full) (nullable): the torrent; its metainfo is %NULL as yet
 */
BTFW_API BtfwTorrent *btfw_session_add_magnet_finish (BtfwSession *self, GAsyncResult *result, GError **error);
/**
 * btfw_session_remove_async:
 * @delete_files: also remove what was downloaded
 */
BTFW_API void         btfw_session_remove_async (BtfwSession        *self,
                                                 BtfwTorrent        *torrent,
                                                 gboolean            delete_files,
                                                 GAsyncReadyCallback callback,
                                                 gpointer            user_data);
/**
 * btfw_session_remove_finish:
 *
 * Returns: %FALSE with @error set when it was gone already, or its files could not be deleted
 */
BTFW_API gboolean     btfw_session_remove_finish (BtfwSession *self, GAsyncResult *result, GError **error);
/**
 * btfw_session_fetch_async:
 * @url: an http or https URL that the user named
 *
 * Gets a .torrent file through a fetcher plugin.
 */
BTFW_API void         btfw_session_fetch_async (BtfwSession        *self,
                                                const char         *url,
                                                GCancellable       *cancellable,
                                                GAsyncReadyCallback callback,
                                                gpointer            user_data);
/**
 * btfw_session_fetch_finish:
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API GBytes      *btfw_session_fetch_finish (BtfwSession *self, GAsyncResult *result, GError **error);
/**
 * btfw_session_get_torrents:
 *
 * Returns: (transfer container) (element-type BtfwTorrent): in the order they were added
 */
BTFW_API GPtrArray   *btfw_session_get_torrents (BtfwSession *self);
/**
 * btfw_session_get_port:
 *
 * Returns: the TCP port it listens on, or 0 when it does not
 */
BTFW_API guint16      btfw_session_get_port (BtfwSession *self);
/**
 * btfw_session_get_net:
 *
 * Returns: (transfer none): the session's network, for services
 */
BTFW_API BtfwNet     *btfw_session_get_net (BtfwSession *self);
/**
 * btfw_session_start_service_async:
 * @spec: "NAME", or "NAME,key=value,…"
 *
 * Starts a service plugin beside those that the settings name.
 */
BTFW_API void         btfw_session_start_service_async (BtfwSession        *self,
                                                        const char         *spec,
                                                        GCancellable       *cancellable,
                                                        GAsyncReadyCallback callback,
                                                        gpointer            user_data);
/**
 * btfw_session_start_service_finish:
 *
 * Returns: (transfer full) (nullable): what the service says of itself, as
 *   the URL under which it can be reached
 */
BTFW_API char        *btfw_session_start_service_finish (BtfwSession *self, GAsyncResult *result, GError **error);
/**
 * btfw_session_look_up_async:
 * @plugin: a discovery plugin: "dht"
 * @info_hash: (nullable): whose peers are looked for; %NULL looks for nothing in
 *   particular, to see how the plugin stands
 * @cancellable: (nullable): ends the search, with %G_IO_ERROR_CANCELLED
 *
 * Looks for peers once, and announces nothing. The plugin is loaded when the
 * settings name it, or leave the choice to btfw.
 */
BTFW_API void         btfw_session_look_up_async (BtfwSession        *self,
                                                  const char         *plugin,
                                                  BtfwInfoHash       *info_hash,
                                                  GCancellable       *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer            user_data);
/**
 * btfw_session_look_up_finish:
 *
 * Returns: (transfer full) (nullable): what the plugin tells of itself, a
 *   dictionary (`a{sv}`); with the addresses of the peers as "peers" (`as`)
 */
BTFW_API GVariant    *btfw_session_look_up_finish (BtfwSession *self, GAsyncResult *result, GError **error);
/**
 * btfw_session_reload:
 * @config: new settings; a copy is taken
 *
 * Takes over what can change while the session runs: limits, and of each torrent
 * picker and choker, by the settings and rules that are new.
 */
BTFW_API gboolean     btfw_session_reload (BtfwSession *self, BtfwConfig *config, GError **error);

G_END_DECLS
