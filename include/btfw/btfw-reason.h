/* btfw-reason.h: why a torrent is slow, stands still, or does nothing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>

G_BEGIN_DECLS

/**
 * BtfwReasonCode:
 * @BTFW_REASON_NONE: none; never among those of a torrent
 * @BTFW_REASON_STOPPED: it is stopped
 * @BTFW_REASON_HELD: a magnet link's metadata has come, and it waits for btfw_torrent_start()
 * @BTFW_REASON_CHECKING: what is on disk is verified: count of total pieces
 * @BTFW_REASON_NOBODY_WANTS: it seeds, and no peer wants anything of it: total peers
 * @BTFW_REASON_UPLOAD_LIMIT: it seeds, and the limit of uploads, rate, is used up
 * @BTFW_REASON_FAILED: it cannot go on; detail says why
 * @BTFW_REASON_DISK_FULL: the disk is full; detail names it
 * @BTFW_REASON_DISK_ABSENT: the folder or its drive is not there; detail names it
 * @BTFW_REASON_DISK_GONE: files vanished or shrank; detail names one
 * @BTFW_REASON_DISK_REFUSED: the system does not permit it; detail names the file
 * @BTFW_REASON_DISK_BROKEN: the disk fails; detail says how
 * @BTFW_REASON_NO_METADATA: none of count peers says what is in the torrent
 * @BTFW_REASON_NO_TRACKER: no tracker is named, and none of total other ways to find peers has found one
 * @BTFW_REASON_TRACKER_ASKED: trackers were asked and have not answered yet
 * @BTFW_REASON_TRACKER_REFUSES: a tracker refuses; detail is what it says
 * @BTFW_REASON_TRACKER_SILENT: no tracker answers; detail is what went wrong with one
 * @BTFW_REASON_TRACKER_UNUSABLE: no plugin serves the trackers' schemes; detail says which
 * @BTFW_REASON_TRACKER_KNOWS_NONE: trackers answer, and know no peer
 * @BTFW_REASON_ADDRESSES_FILTERED: a tracker elsewhere named count addresses of a local network, which are not tried
 * @BTFW_REASON_CONNECTING: the first attempts to connect, to count peers, are under way
 * @BTFW_REASON_CONNECTS_WAIT: count peers wait for their turn, as all torrents together connect to so many a second
 * @BTFW_REASON_CONNECTIONS_FULL: all torrents together have as many connections as they may
 * @BTFW_REASON_CONNECTS_FORBIDDEN: the setting “bind” leaves no way to count of total peers
 * @BTFW_REASON_PEERS_REFUSE: count of total known peers refuse connections
 * @BTFW_REASON_PEERS_SILENT: count of total known peers do not answer
 * @BTFW_REASON_PEERS_UNREACHABLE: there is no way to count of total known peers; detail says why
 * @BTFW_REASON_PEERS_OURSELVES: the known address is our own
 * @BTFW_REASON_PEERS_HANG_UP: count of total known peers hang up before they have said anything
 * @BTFW_REASON_PEERS_HANG_UP_ENCRYPTED: the same, and only encrypted connections are allowed here
 * @BTFW_REASON_PEERS_HANG_UP_PLAIN: the same, and only plain connections are allowed here
 * @BTFW_REASON_PEERS_FOREIGN: count of total known peers do not have this torrent, or are none
 * @BTFW_REASON_PEERS_LEAVE: count of total known peers were connected, and left before they gave anything
 * @BTFW_REASON_PEERS_BREAK: count of total known peers broke the protocol
 * @BTFW_REASON_PEERS_BANNED: all count known peers are banned, as they sent what is wrong
 * @BTFW_REASON_TORRENT_LIMIT: the limit of this torrent's downloads, rate, is used up
 * @BTFW_REASON_SESSION_LIMIT: the limit of all downloads, rate, is used up
 * @BTFW_REASON_MEMORY: the memory for blocks, rate bytes, is used up
 * @BTFW_REASON_HASHING: the processor does not hash as fast as blocks come
 * @BTFW_REASON_DISK_SLOW: the disk does not write as fast as blocks come
 * @BTFW_REASON_PIECES_NOWHERE: nobody has count of the missing pieces; detail has numbers of some
 * @BTFW_REASON_FEW_SOURCES: only count of total peers have what is missing
 * @BTFW_REASON_CHOKED: count of the total peers that have something for us choke us
 * @BTFW_REASON_CHOKED_UPLOAD: the same, while the limit of our uploads, rate, is used up: who gives little gets little
 * @BTFW_REASON_SNUBBED: count of the total peers that have something for us do not answer our requests
 * @BTFW_REASON_PICKER_IDLE: count peers have something for us, and the picker asks for none of it
 * @BTFW_REASON_REQUESTS_BOUND: count of total peers could send faster, but take too few requests at a time
 * @BTFW_REASON_PEERS_SLOW: nothing here is in the way: count peers send as fast as they, or the way, can
 *
 * What the count, the total, the rate and the detail of a #BtfwReason mean.
 * More may come; treat one that is not known by its weight and its text.
 */
typedef enum
{
  BTFW_REASON_NONE,
  BTFW_REASON_STOPPED,
  BTFW_REASON_HELD,
  BTFW_REASON_CHECKING,
  BTFW_REASON_NOBODY_WANTS,
  BTFW_REASON_UPLOAD_LIMIT,
  BTFW_REASON_FAILED,
  BTFW_REASON_DISK_FULL,
  BTFW_REASON_DISK_ABSENT,
  BTFW_REASON_DISK_GONE,
  BTFW_REASON_DISK_REFUSED,
  BTFW_REASON_DISK_BROKEN,
  BTFW_REASON_NO_METADATA,
  BTFW_REASON_NO_TRACKER,
  BTFW_REASON_TRACKER_ASKED,
  BTFW_REASON_TRACKER_REFUSES,
  BTFW_REASON_TRACKER_SILENT,
  BTFW_REASON_TRACKER_UNUSABLE,
  BTFW_REASON_TRACKER_KNOWS_NONE,
  BTFW_REASON_ADDRESSES_FILTERED,
  BTFW_REASON_CONNECTING,
  BTFW_REASON_CONNECTS_WAIT,
  BTFW_REASON_CONNECTIONS_FULL,
  BTFW_REASON_CONNECTS_FORBIDDEN,
  BTFW_REASON_PEERS_REFUSE,
  BTFW_REASON_PEERS_SILENT,
  BTFW_REASON_PEERS_UNREACHABLE,
  BTFW_REASON_PEERS_OURSELVES,
  BTFW_REASON_PEERS_HANG_UP,
  BTFW_REASON_PEERS_HANG_UP_ENCRYPTED,
  BTFW_REASON_PEERS_HANG_UP_PLAIN,
  BTFW_REASON_PEERS_FOREIGN,
  BTFW_REASON_PEERS_LEAVE,
  BTFW_REASON_PEERS_BREAK,
  BTFW_REASON_PEERS_BANNED,
  BTFW_REASON_TORRENT_LIMIT,
  BTFW_REASON_SESSION_LIMIT,
  BTFW_REASON_MEMORY,
  BTFW_REASON_HASHING,
  BTFW_REASON_DISK_SLOW,
  BTFW_REASON_PIECES_NOWHERE,
  BTFW_REASON_FEW_SOURCES,
  BTFW_REASON_CHOKED,
  BTFW_REASON_CHOKED_UPLOAD,
  BTFW_REASON_SNUBBED,
  BTFW_REASON_PICKER_IDLE,
  BTFW_REASON_REQUESTS_BOUND,
  BTFW_REASON_PEERS_SLOW,
} BtfwReasonCode;

/**
 * BtfwReasonWeight:
 * @BTFW_REASON_STATES: it is as it should be, and this is what it does
 * @BTFW_REASON_SLOWS: blocks come, and more would come without it
 * @BTFW_REASON_HALTS: nothing comes because of it
 */
typedef enum
{
  BTFW_REASON_STATES,
  BTFW_REASON_SLOWS,
  BTFW_REASON_HALTS,
} BtfwReasonWeight;

/**
 * BtfwReason:
 *
 * One reason why a torrent is as slow as it is. Immutable, ref-counted, may be
 * used on every thread.
 */
#define BTFW_TYPE_REASON (btfw_reason_get_type ())
BTFW_API GType btfw_reason_get_type (void) G_GNUC_CONST;

BTFW_API BtfwReason      *btfw_reason_ref (BtfwReason *self);
BTFW_API void             btfw_reason_unref (BtfwReason *self);

/**
 * btfw_reason_get_code:
 *
 * Returns: which cause it is
 */
BTFW_API BtfwReasonCode   btfw_reason_get_code (BtfwReason *self);
/**
 * btfw_reason_get_weight:
 *
 * Returns: how much it matters, among the causes of one torrent
 */
BTFW_API BtfwReasonWeight btfw_reason_get_weight (BtfwReason *self);
/**
 * btfw_reason_get_text:
 *
 * Returns: a sentence for people, in their language, without a full stop
 */
BTFW_API const char      *btfw_reason_get_text (BtfwReason *self);
/**
 * btfw_reason_get_count:
 *
 * Returns: how many it is about, as #BtfwReasonCode says; else 0
 */
BTFW_API guint            btfw_reason_get_count (BtfwReason *self);
/**
 * btfw_reason_get_total:
 *
 * Returns: of how many, as #BtfwReasonCode says; else 0
 */
BTFW_API guint            btfw_reason_get_total (BtfwReason *self);
/**
 * btfw_reason_get_rate:
 *
 * Returns: bytes a second, or bytes, as #BtfwReasonCode says; else 0
 */
BTFW_API guint64          btfw_reason_get_rate (BtfwReason *self);
/**
 * btfw_reason_get_detail:
 *
 * Returns: (nullable): what else #BtfwReasonCode says, as it may be shown
 */
BTFW_API const char      *btfw_reason_get_detail (BtfwReason *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwReason, btfw_reason_unref)

G_END_DECLS
