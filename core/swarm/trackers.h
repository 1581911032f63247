/* trackers.h: decides which trackers of one torrent are asked, when, and what they are told. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/tracker-entry.h"
#include "swarm/tracker-pool.h"

#include <btfw/btfw-metainfo.h>

/* Tiers are those of BEP 12: shuffled inside, the one that answered first in
 * its tier from then on, and a tier is asked only while all before it fail
 * (or, with all tiers, always). A tracker that does not answer within seconds
 * holds up nobody: the next one is asked beside it. Each tracker that answered
 * `started` hears `completed` and `stopped`, once, and none other does. */
typedef struct _BtfwTrackers BtfwTrackers;

/* What the torrent says of itself at the moment. */
typedef struct
{
  guint8  info_hash[20];
  guint8  peer_id[20];
  guint32 key;
  guint16 port;
  int     num_want; /* 0 for none, -1 for the tracker's default */
  guint64 uploaded;
  guint64 downloaded;
  guint64 left;
} BtfwTrackersReport;

/* Called on the loop's thread. get_report() only answers. The others never come
 * inside a call of the functions below, may call each of these, also
 * btfw_trackers_free(), and may be NULL except for add_peers(). */
typedef struct
{
  void (*get_report) (gpointer owner, BtfwTrackersReport *report);
  /* At most 200 a reply; @from_local: their tracker is itself in a local network. */
  void (*add_peers) (gpointer owner, const BtfwAddress *addresses, guint n, gboolean from_local);
  /* @tracker (redacted) warns with @text, or refuses. Told when the text changes. */
  void (*notice) (gpointer owner, const char *tracker, const char *text);
  /* Under which address a tracker sees us. */
  void (*external_address) (gpointer owner, GInetAddress *address);
  /* What btfw_trackers_get_info() answers has changed. */
  void (*changed) (gpointer owner);
} BtfwTrackersFuncs;

/* @metainfo: NULL when there is none yet. @funcs stays the caller's. */
BtfwTrackers *btfw_trackers_new (BtfwLoop                *loop,
                                 BtfwTrackerPool         *pool,
                                 BtfwMetainfo            *metainfo,
                                 const BtfwTrackersFuncs *funcs,
                                 gpointer                 owner);
/* At any moment; what is under way is given up without a word to trackers. */
void          btfw_trackers_free (BtfwTrackers *self);

/* One more tier behind the others; URLs that are there already are left out. */
void btfw_trackers_add_tier (BtfwTrackers *self, const char *const *urls);
/* Asks the first working tracker of every tier, not only of the first tier that works. */
void btfw_trackers_set_all_tiers (BtfwTrackers *self, gboolean all_tiers);

/* Begins to announce. A stop that is under way is given up, and its done() does not come. */
void btfw_trackers_start (BtfwTrackers *self);
/* The download has just become complete. Not told to anyone when it was at the start. */
void btfw_trackers_completed (BtfwTrackers *self);
/* Few peers are left: ask before the regular time, as far as trackers allow it. */
void btfw_trackers_set_hungry (BtfwTrackers *self, gboolean hungry);
/* A person insists. Minimal intervals and a tracker's "never" stand all the same. */
void btfw_trackers_announce_now (BtfwTrackers *self);

typedef void (*BtfwTrackersStopped) (gpointer owner);

/* Says `stopped` to whoever heard `started`, for at most @timeout_ms; trackers
 * that do not answer are not waited for. done() comes later, never inside. */
void btfw_trackers_stop (BtfwTrackers *self, guint timeout_ms, BtfwTrackersStopped done);

/* A tracker as it may be shown. The texts are borrowed until the next change. */
typedef struct
{
  const char      *url; /* redacted */
  const char      *message; /* NULL for none */
  guint            tier;
  BtfwTrackerState state;
  gboolean         is_refusal; /* its last answer was one, and message says why */
  gint64           next; /* seconds until it is asked again; -1 for not planned */
  gint64           last; /* seconds since it was asked; -1 for never */
  gint64           seeds;
  gint64           leechers;
  gint64           completed;
  gint64           n_peers;
  guint            failures; /* in a row */
} BtfwTrackersInfo;

/* In the order of the torrent. */
guint btfw_trackers_get_n (const BtfwTrackers *self);
void  btfw_trackers_get_info (const BtfwTrackers *self, guint i, BtfwTrackersInfo *info);
