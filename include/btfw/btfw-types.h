/* btfw-types.h: the words that all other headers share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BTFW_API __attribute__ ((visibility ("default"))) extern

/**
 * BTFW_BLOCK_SIZE:
 *
 * How many bytes peers ask one another for at a time. The last block of a
 * piece may be shorter.
 */
#define BTFW_BLOCK_SIZE 16384u

/**
 * BTFW_PIECE_NONE:
 *
 * Stands where a piece index would, and means that there is none.
 */
#define BTFW_PIECE_NONE ((guint32) 0xffffffff)

typedef struct _BtfwInfoHash       BtfwInfoHash;
typedef struct _BtfwLayout         BtfwLayout;
typedef struct _BtfwMetainfo       BtfwMetainfo;
typedef struct _BtfwDir            BtfwDir;
typedef struct _BtfwSwarmView      BtfwSwarmView;
typedef struct _BtfwPeerView       BtfwPeerView;
typedef struct _BtfwPicks          BtfwPicks;
typedef struct _BtfwPeerStatus     BtfwPeerStatus;
typedef struct _BtfwPeerGroup      BtfwPeerGroup;
typedef struct _BtfwStorageContext BtfwStorageContext;
typedef struct _BtfwLease          BtfwLease;
typedef struct _BtfwAnnounce       BtfwAnnounce;
typedef struct _BtfwAnnounceReply  BtfwAnnounceReply;
typedef struct _BtfwScrapeReply    BtfwScrapeReply;
typedef struct _BtfwTorrentStatus  BtfwTorrentStatus;
typedef struct _BtfwReason         BtfwReason;
typedef struct _BtfwAddOptions     BtfwAddOptions;
typedef struct _BtfwNet            BtfwNet;
typedef struct _BtfwClock          BtfwClock;
typedef struct _BtfwMagnet         BtfwMagnet;
typedef struct _BtfwDatagram       BtfwDatagram;
typedef struct _BtfwExtensionHandshake BtfwExtensionHandshake;
typedef struct _BtfwPluginInfo     BtfwPluginInfo;

G_END_DECLS
