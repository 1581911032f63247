/* btfw-status.h: how a torrent was doing at one moment. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>
#include <btfw/btfw-reason.h>

G_BEGIN_DECLS

/**
 * BtfwTorrentState:
 * @BTFW_TORRENT_STOPPED: neither sends nor receives
 * @BTFW_TORRENT_METADATA: gets its info dictionary from peers
 * @BTFW_TORRENT_CHECKING: verifies what is on disk
 * @BTFW_TORRENT_DOWNLOADING: wants pieces
 * @BTFW_TORRENT_SEEDING: has all that it wants
 * @BTFW_TORRENT_FAILED: cannot go on; see btfw_torrent_status_get_error()
 */
typedef enum
{
  BTFW_TORRENT_STOPPED,
  BTFW_TORRENT_METADATA,
  BTFW_TORRENT_CHECKING,
  BTFW_TORRENT_DOWNLOADING,
  BTFW_TORRENT_SEEDING,
  BTFW_TORRENT_FAILED,
} BtfwTorrentState;

/**
 * BtfwTorrentStatus:
 *
 * A snapshot. Immutable, ref-counted, may be used on every thread.
 */
#define BTFW_TYPE_TORRENT_STATUS (btfw_torrent_status_get_type ())
BTFW_API GType btfw_torrent_status_get_type (void) G_GNUC_CONST;

BTFW_API BtfwTorrentStatus *btfw_torrent_status_ref (BtfwTorrentStatus *self);
BTFW_API void               btfw_torrent_status_unref (BtfwTorrentStatus *self);

/**
 * btfw_torrent_status_get_state:
 *
 * Returns: what it does
 */
BTFW_API BtfwTorrentState btfw_torrent_status_get_state (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_error:
 *
 * Returns: (nullable): what is wrong with its disk now, or why it failed
 */
BTFW_API const GError    *btfw_torrent_status_get_error (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_size:
 *
 * Returns: bytes of all files, pads left out
 */
BTFW_API guint64          btfw_torrent_status_get_size (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_metadata_size:
 *
 * Returns: bytes of the info dictionary; of a magnet link 0 while that is not known
 */
BTFW_API guint64          btfw_torrent_status_get_metadata_size (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_metadata_done:
 *
 * Returns: bytes of it that have come
 */
BTFW_API guint64          btfw_torrent_status_get_metadata_done (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_wanted:
 *
 * Returns: bytes of the pieces that are wanted
 */
BTFW_API guint64          btfw_torrent_status_get_wanted (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_done:
 *
 * Returns: verified bytes among those that are wanted; while checking, bytes looked at
 */
BTFW_API guint64          btfw_torrent_status_get_done (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_is_complete:
 *
 * Returns: %TRUE when all that is wanted is here
 */
BTFW_API gboolean         btfw_torrent_status_is_complete (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_durable:
 *
 * Returns: how many of the bytes that are done would be found again after a power cut:
 *   they are on the disk, and so is the record that says so. At most 5 s behind
 */
BTFW_API guint64          btfw_torrent_status_get_durable (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_downloaded:
 *
 * Returns: payload received, over all runs; waste included
 */
BTFW_API guint64          btfw_torrent_status_get_downloaded (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_uploaded:
 *
 * Returns: payload sent, over all runs
 */
BTFW_API guint64          btfw_torrent_status_get_uploaded (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_session_downloaded:
 *
 * Returns: payload received since the torrent was added in this run
 */
BTFW_API guint64          btfw_torrent_status_get_session_downloaded (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_session_uploaded:
 *
 * Returns: payload sent since the torrent was added in this run
 */
BTFW_API guint64          btfw_torrent_status_get_session_uploaded (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_wasted:
 *
 * Returns: payload of this run that was not used: duplicates, and pieces that failed
 */
BTFW_API guint64          btfw_torrent_status_get_wasted (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_download_rate:
 *
 * Returns: payload received, in bytes a second, over the last seconds
 */
BTFW_API guint64          btfw_torrent_status_get_download_rate (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_upload_rate:
 *
 * Returns: payload sent, in bytes a second, over the last seconds
 */
BTFW_API guint64          btfw_torrent_status_get_upload_rate (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_n_peers:
 *
 * Returns: how many peers are connected
 */
BTFW_API guint            btfw_torrent_status_get_n_peers (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_n_seeds:
 *
 * Returns: how many of them have everything
 */
BTFW_API guint            btfw_torrent_status_get_n_seeds (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_eta:
 *
 * Returns: seconds until complete at this rate, or -1 for unknown
 */
BTFW_API gint64           btfw_torrent_status_get_eta (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_active_time:
 *
 * Returns: seconds spent downloading in this run
 */
BTFW_API double           btfw_torrent_status_get_active_time (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_pieces:
 *
 * Returns: (transfer none) (nullable): a bit a piece, the first piece in the
 *   highest bit of the first byte, set where the piece is here
 */
BTFW_API GBytes          *btfw_torrent_status_get_pieces (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_n_pieces:
 *
 * Returns: how many pieces it has; 0 while its metadata is not known
 */
BTFW_API guint32          btfw_torrent_status_get_n_pieces (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_n_have:
 *
 * Returns: how many of them are here
 */
BTFW_API guint32          btfw_torrent_status_get_n_have (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_reason:
 *
 * Returns: (nullable): a sentence that says why nothing moves; the first of those that halt it
 */
BTFW_API const char      *btfw_torrent_status_get_reason (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_n_reasons:
 *
 * Returns: how many reasons there are why it is not faster, or does nothing; 0 when
 *   it seeds and somebody takes what it has
 */
BTFW_API guint            btfw_torrent_status_get_n_reasons (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_nth_reason:
 *
 * Returns: (transfer none): the gravest first
 */
BTFW_API BtfwReason      *btfw_torrent_status_get_nth_reason (BtfwTorrentStatus *self, guint i);

/**
 * btfw_torrent_status_get_shadow_picker:
 *
 * Returns: (nullable): the picker that only looks on (the setting “shadow-picker”), as it was
 *   named; %NULL when there is none
 */
BTFW_API const char      *btfw_torrent_status_get_shadow_picker (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_shadow_picks:
 *
 * Returns: how often it was asked what the other one was asked
 */
BTFW_API guint64          btfw_torrent_status_get_shadow_picks (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_shadow_differences:
 *
 * Returns: how often it would have chosen otherwise: other pieces, or the same in another order
 */
BTFW_API guint64          btfw_torrent_status_get_shadow_differences (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_shadow_firsts:
 *
 * Returns: in how many of these its first choice would have been another one
 */
BTFW_API guint64          btfw_torrent_status_get_shadow_firsts (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_shadow_nones:
 *
 * Returns: in how many of these it would have chosen nothing
 */
BTFW_API guint64          btfw_torrent_status_get_shadow_nones (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_n_shadow_choices:
 *
 * Returns: how many of the last such first choices are kept, at most 16
 */
BTFW_API guint            btfw_torrent_status_get_n_shadow_choices (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_shadow_choice:
 * @i: 0 for the newest
 * @chosen: (out): the piece that was chosen first, or %BTFW_PIECE_NONE for none
 * @other: (out): the one that it would have chosen
 */
BTFW_API void             btfw_torrent_status_get_shadow_choice (BtfwTorrentStatus *self, guint i, guint32 *chosen, guint32 *other);

/**
 * BtfwTrackerState:
 * @BTFW_TRACKER_IDLE: not asked yet
 * @BTFW_TRACKER_ASKING: an announce is under way
 * @BTFW_TRACKER_WORKING: the last announce was answered
 * @BTFW_TRACKER_FAILING: the last announce was not, or was refused
 * @BTFW_TRACKER_UNUSABLE: no plugin serves its scheme, or it said "never"
 */
typedef enum
{
  BTFW_TRACKER_IDLE,
  BTFW_TRACKER_ASKING,
  BTFW_TRACKER_WORKING,
  BTFW_TRACKER_FAILING,
  BTFW_TRACKER_UNUSABLE,
} BtfwTrackerState;

/**
 * btfw_torrent_status_get_n_trackers:
 *
 * Returns: how many trackers it has; they are numbered from 0 in the order of their tiers
 */
BTFW_API guint            btfw_torrent_status_get_n_trackers (BtfwTorrentStatus *self);
/**
 * btfw_torrent_status_get_tracker_url:
 *
 * Returns: redacted, as it may be shown
 */
BTFW_API const char      *btfw_torrent_status_get_tracker_url (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_tier:
 *
 * Returns: its tier: lower ones are asked first (BEP 12)
 */
BTFW_API guint            btfw_torrent_status_get_tracker_tier (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_state:
 *
 * Returns: how we stand with it
 */
BTFW_API BtfwTrackerState btfw_torrent_status_get_tracker_state (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_message:
 *
 * Returns: (nullable): its warning, its refusal, or what went wrong
 */
BTFW_API const char      *btfw_torrent_status_get_tracker_message (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_next:
 *
 * Returns: seconds until it is asked again, -1 for not planned
 */
BTFW_API gint64           btfw_torrent_status_get_tracker_next (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_seeds:
 *
 * Returns: how many have everything, as the tracker says, -1 for unknown
 */
BTFW_API gint64           btfw_torrent_status_get_tracker_seeds (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_leechers:
 *
 * Returns: how many do not, as the tracker says, -1 for unknown
 */
BTFW_API gint64           btfw_torrent_status_get_tracker_leechers (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_last:
 *
 * Returns: seconds since it was last asked, -1 for never
 */
BTFW_API gint64           btfw_torrent_status_get_tracker_last (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_completed:
 *
 * Returns: how often the torrent was downloaded, as the tracker says, -1 for unknown
 */
BTFW_API gint64           btfw_torrent_status_get_tracker_completed (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_peers:
 *
 * Returns: how many peers its last answer named, -1 before the first
 */
BTFW_API gint64           btfw_torrent_status_get_tracker_peers (BtfwTorrentStatus *self, guint i);
/**
 * btfw_torrent_status_get_tracker_failures:
 *
 * Returns: how often in a row it failed or refused
 */
BTFW_API guint            btfw_torrent_status_get_tracker_failures (BtfwTorrentStatus *self, guint i);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwTorrentStatus, btfw_torrent_status_unref)

G_END_DECLS
