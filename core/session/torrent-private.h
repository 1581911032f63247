/* torrent-private.h: how a session feeds its torrents. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/hub.h"

#include <btfw/btfw-torrent.h>

/* @metainfo: (nullable). @name: until it is known. */
BtfwTorrent *btfw_torrent_new (BtfwClient   *client,
                               guint32       id,
                               BtfwMetainfo *metainfo,
                               BtfwInfoHash *info_hash,
                               const char   *name,
                               const char   *dir);
/* @dir: where a rule may have put it, now that more is known */
void         btfw_torrent_set_metainfo (BtfwTorrent *self, BtfwMetainfo *metainfo, const char *dir);
void         btfw_torrent_set_dir (BtfwTorrent *self, const char *dir);
guint32      btfw_torrent_get_id (BtfwTorrent *self);
/* Takes the snapshot. */
void         btfw_torrent_set_status (BtfwTorrent *self, BtfwTorrentStatus *status);
void         btfw_torrent_tell_notice (BtfwTorrent *self, BtfwNoticeLevel level, const char *text);
/* It is no longer in its session: calls do nothing. */
void         btfw_torrent_detach (BtfwTorrent *self);

/* Calls. NULL when it is in no session any more; nothing is sent then. */
BtfwCall *btfw_torrent_new_call (BtfwTorrent *self, void (*run) (BtfwCall *call), void (*reply) (BtfwCall *call));
void      btfw_torrent_send_call (BtfwTorrent *self, BtfwCall *call);
/* On the loop's thread; NULL when it is gone. */
BtfwEngineTorrent *btfw_torrent_find_called (BtfwCall *call);
