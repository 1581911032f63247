/* torrent-draft.h: what a new torrent shall say, and how it is written. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "meta/file-walk.h"

#include <btfw/btfw-layout.h>

typedef struct
{
  char      *name;       /* NULL for that of the file or folder */
  char      *comment;    /* nullable */
  guint32    piece_size; /* 0 chooses */
  gboolean   is_private;
  gint64     creation_date; /* 0 for none */
  GPtrArray *trackers;      /* of BtfwDraftTracker, ordered by tier */
  GPtrArray *web_seeds;     /* of char * */
} BtfwTorrentDraft;

typedef struct
{
  guint tier;
  char *url;
} BtfwDraftTracker;

void btfw_torrent_draft_init (BtfwTorrentDraft *self);
void btfw_torrent_draft_copy (BtfwTorrentDraft *self, const BtfwTorrentDraft *other);
void btfw_torrent_draft_clear (BtfwTorrentDraft *self);
/* What was added before is not added again. */
void btfw_torrent_draft_add_tracker (BtfwTorrentDraft *self, const char *url, guint tier);
void btfw_torrent_draft_add_web_seed (BtfwTorrentDraft *self, const char *url);

/* Whether all URLs are some, and name, files and sizes are what other systems,
 * and btfw itself, can keep as they are. */
gboolean btfw_torrent_draft_check (const BtfwTorrentDraft *self, const BtfwFileWalk *walk, GError **error);
/* The piece size that was asked for, or one that gives 1,000 to 2,000 pieces
 * where that is between 16 KiB and 16 MiB. 0 with @error set when there would be
 * too many pieces. */
guint32  btfw_torrent_draft_get_piece_size (const BtfwTorrentDraft *self, guint64 size, GError **error);
/* The .torrent file. @hashes: of all pieces. NULL when it would be too large. */
GBytes  *btfw_torrent_draft_write (const BtfwTorrentDraft *self,
                                   const BtfwFileWalk     *walk,
                                   const BtfwLayout       *layout,
                                   const guint8           *hashes,
                                   GError                **error);
