/* status.c: makes the snapshots of torrents that applications see. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/status.h"

#include "swarm/reasons.h"

typedef struct
{
  char            *url;
  char            *message;
  guint            tier;
  BtfwTrackerState state;
  gint64           next;
  gint64           seeds;
  gint64           leechers;
  gint64           last;
  gint64           completed;
  gint64           n_peers;
  guint            failures;
} TrackerStatus;

typedef struct
{
  char            *name;
  guint64          n_picks;
  guint64          n_differences;
  guint64          n_firsts;
  guint64          n_nones;
  guint            n_choices;
  BtfwShadowChoice choices[BTFW_SHADOW_KEPT]; /* the newest first */
} ShadowStatus;

struct _BtfwTorrentStatus
{
  gatomicrefcount  n_refs;
  BtfwTorrentState state;
  GError          *error;
  guint64          size;
  guint64          metadata_size;
  guint64          metadata_done;
  guint64          wanted;
  guint64          done;
  guint64          durable;
  gboolean         is_complete;
  guint64          downloaded;
  guint64          uploaded;
  guint64          session_downloaded;
  guint64          session_uploaded;
  guint64          wasted;
  guint64          download_rate;
  guint64          upload_rate;
  guint            n_peers;
  guint            n_seeds;
  double           active_time;
  GBytes          *pieces;
  guint64          pieces_serial; /* of the map when the bits were taken */
  guint32          n_pieces;
  guint32          n_have;
  GPtrArray       *reasons; /* of BtfwReason, the gravest first */
  ShadowStatus    *shadow; /* NULL for none */
  TrackerStatus   *trackers;
  guint            n_trackers;
};

G_DEFINE_BOXED_TYPE (BtfwTorrentStatus, btfw_torrent_status, btfw_torrent_status_ref, btfw_torrent_status_unref)

BtfwTorrentStatus *
btfw_torrent_status_new_empty (void)
{
  BtfwTorrentStatus *self = g_new0 (BtfwTorrentStatus, 1);

  g_atomic_ref_count_init (&self->n_refs);
  return self;
}

static void
fill_trackers (BtfwTorrentStatus *self, const BtfwTrackers *trackers)
{
  self->n_trackers = btfw_trackers_get_n (trackers);
  self->trackers = g_new (TrackerStatus, self->n_trackers);
  for (guint i = 0; i < self->n_trackers; i++)
    {
      BtfwTrackersInfo info;

      btfw_trackers_get_info (trackers, i, &info);
      self->trackers[i] = (TrackerStatus){
        .url = g_strdup (info.url),
        .message = g_strdup (info.message),
        .tier = info.tier,
        .state = info.state,
        .next = info.next,
        .last = info.last,
        .seeds = info.seeds,
        .leechers = info.leechers,
        .completed = info.completed,
        .n_peers = info.n_peers,
        .failures = info.failures,
      };
    }
}

static void
fill_shadow (BtfwTorrentStatus *self, const BtfwShadow *shadow)
{
  ShadowStatus *status;

  if (shadow == NULL)
    return;

  self->shadow = status = g_new (ShadowStatus, 1);
  *status = (ShadowStatus){
    .name = g_strdup (shadow->name),
    .n_picks = shadow->n_picks,
    .n_differences = shadow->n_other,
    .n_firsts = shadow->n_first,
    .n_nones = shadow->n_none,
    .n_choices = (guint) MIN (shadow->n_first, BTFW_SHADOW_KEPT),
  };
  for (guint i = 0; i < status->n_choices; i++)
    status->choices[i] = shadow->kept[(shadow->n_first - 1 - i) % BTFW_SHADOW_KEPT];
}

/* The bits are copied only when a piece came or went since the last snapshot. */
static void
fill_pieces (BtfwTorrentStatus *self, const BtfwSwarm *swarm, BtfwTorrentStatus *last)
{
  const BtfwBitfield *have = &swarm->map.have;
  gsize               size = BTFW_BITFIELD_WIRE_SIZE (have->n_bits);
  guint8             *bytes;

  self->n_pieces = swarm->map.n_pieces;
  self->n_have = have->n_set;
  self->pieces_serial = swarm->map.serial;
  if (last != NULL && last->pieces != NULL && last->pieces_serial == self->pieces_serial &&
      last->n_pieces == self->n_pieces)
    {
      self->pieces = g_bytes_ref (last->pieces);
      return;
    }
  bytes = g_malloc (MAX (size, 1));
  btfw_bitfield_to_wire (have, bytes);
  self->pieces = g_bytes_new_take (bytes, size);
}

static guint64
get_done (const BtfwSwarm *swarm)
{
  if (!swarm->opening.is_checking)
    return swarm->map.done_bytes;
  return MIN ((guint64) btfw_opening_get_n_checked (&swarm->opening) * btfw_layout_get_piece_size (swarm->map.layout), swarm->map.wanted_bytes);
}

static guint64
get_size (BtfwLayout *layout)
{
  guint64 size = 0;

  for (guint32 file = 0; file < btfw_layout_get_n_files (layout); file++)
    if (!(btfw_layout_get_file_flags (layout, file) & BTFW_FILE_PAD))
      size += btfw_layout_get_file_length (layout, file);
  return size;
}

static BtfwReasonCode
get_first_code (BtfwTorrentStatus *self)
{
  return self == NULL || btfw_torrent_status_get_n_reasons (self) == 0 ? BTFW_REASON_NONE
                                                                       : btfw_reason_get_code (g_ptr_array_index (self->reasons, 0));
}

/* For --debug: the moment at which the gravest reason became another one. */
static void
tell_reason (BtfwSwarm *swarm, BtfwTorrentStatus *self, BtfwTorrentStatus *last)
{
  BtfwReasonCode code = get_first_code (self);

  if (code != BTFW_REASON_NONE && code != get_first_code (last))
    g_debug ("session: why “%s” is not faster: %s", btfw_swarm_get_name (swarm), btfw_reason_get_text (g_ptr_array_index (self->reasons, 0)));
}

BtfwTorrentStatus *
btfw_torrent_status_new (BtfwSwarm *swarm, BtfwTorrentStatus *last)
{
  BtfwTorrentStatus *self = btfw_torrent_status_new_empty ();
  gint64             now = btfw_loop_get_time (swarm->resources->loop);
  gint64             active = swarm->active_since == 0 ? 0 : now - swarm->active_since;

  self->state = swarm->state;
  self->error = swarm->error == NULL ? NULL : g_error_copy (swarm->error);
  self->metadata_size = swarm->metainfo == NULL ? swarm->metadata.size : g_bytes_get_size (btfw_metainfo_get_info (swarm->metainfo));
  self->metadata_done = swarm->metainfo == NULL ? swarm->metadata.done : self->metadata_size;
  if (swarm->metainfo != NULL)
    self->size = last != NULL && last->size > 0 ? last->size : get_size (swarm->map.layout);
  self->wanted = swarm->map.wanted_bytes;
  self->done = get_done (swarm);
  self->durable = btfw_saving_get_durable (&swarm->saving);
  self->is_complete = btfw_swarm_is_seeding (swarm) && swarm->state != BTFW_TORRENT_METADATA && !swarm->opening.is_busy;
  self->session_downloaded = swarm->downloaded;
  self->session_uploaded = swarm->uploaded;
  self->downloaded = swarm->downloaded_before + swarm->downloaded;
  self->uploaded = swarm->uploaded_before + swarm->uploaded;
  self->wasted = swarm->wasted;
  self->download_rate = btfw_rate_get (&swarm->download_rate, now);
  self->upload_rate = btfw_rate_get (&swarm->upload_rate, now);
  self->n_peers = swarm->peers->len;
  self->n_seeds = swarm->map.n_seeds;
  self->active_time = (double) (swarm->active_time + active) / G_USEC_PER_SEC;
  self->reasons = btfw_reasons_list (swarm);
  tell_reason (swarm, self, last);
  fill_pieces (self, swarm, last);
  fill_shadow (self, swarm->shadow);
  fill_trackers (self, swarm->trackers);
  return self;
}

BtfwTorrentStatus *
btfw_torrent_status_ref (BtfwTorrentStatus *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_torrent_status_unref (BtfwTorrentStatus *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  g_clear_error (&self->error);
  g_clear_pointer (&self->pieces, g_bytes_unref);
  for (guint i = 0; i < self->n_trackers; i++)
    {
      g_free (self->trackers[i].url);
      g_free (self->trackers[i].message);
    }
  g_free (self->trackers);
  if (self->shadow != NULL)
    g_free (self->shadow->name);
  g_free (self->shadow);
  g_clear_pointer (&self->reasons, g_ptr_array_unref);
  g_free (self);
}

BtfwTorrentState
btfw_torrent_status_get_state (BtfwTorrentStatus *self)
{
  return self->state;
}

const GError *
btfw_torrent_status_get_error (BtfwTorrentStatus *self)
{
  return self->error;
}

guint64
btfw_torrent_status_get_size (BtfwTorrentStatus *self)
{
  return self->size;
}

guint64
btfw_torrent_status_get_wanted (BtfwTorrentStatus *self)
{
  return self->wanted;
}

guint64
btfw_torrent_status_get_done (BtfwTorrentStatus *self)
{
  return self->done;
}

gboolean
btfw_torrent_status_is_complete (BtfwTorrentStatus *self)
{
  return self->is_complete;
}

guint64
btfw_torrent_status_get_metadata_size (BtfwTorrentStatus *self)
{
  return self->metadata_size;
}

guint64
btfw_torrent_status_get_metadata_done (BtfwTorrentStatus *self)
{
  return self->metadata_done;
}

guint64
btfw_torrent_status_get_downloaded (BtfwTorrentStatus *self)
{
  return self->downloaded;
}

guint64
btfw_torrent_status_get_uploaded (BtfwTorrentStatus *self)
{
  return self->uploaded;
}

guint64
btfw_torrent_status_get_durable (BtfwTorrentStatus *self)
{
  return self->durable;
}

guint64
btfw_torrent_status_get_session_downloaded (BtfwTorrentStatus *self)
{
  return self->session_downloaded;
}

guint64
btfw_torrent_status_get_session_uploaded (BtfwTorrentStatus *self)
{
  return self->session_uploaded;
}

guint64
btfw_torrent_status_get_wasted (BtfwTorrentStatus *self)
{
  return self->wasted;
}

guint64
btfw_torrent_status_get_download_rate (BtfwTorrentStatus *self)
{
  return self->download_rate;
}

guint64
btfw_torrent_status_get_upload_rate (BtfwTorrentStatus *self)
{
  return self->upload_rate;
}

guint
btfw_torrent_status_get_n_peers (BtfwTorrentStatus *self)
{
  return self->n_peers;
}

guint
btfw_torrent_status_get_n_seeds (BtfwTorrentStatus *self)
{
  return self->n_seeds;
}

gint64
btfw_torrent_status_get_eta (BtfwTorrentStatus *self)
{
  guint64 left = self->wanted > self->done ? self->wanted - self->done : 0;

  if (left == 0)
    return 0;
  if (self->state != BTFW_TORRENT_DOWNLOADING || self->download_rate == 0)
    return -1;
  return (gint64) (left / self->download_rate);
}

double
btfw_torrent_status_get_active_time (BtfwTorrentStatus *self)
{
  return self->active_time;
}

GBytes *
btfw_torrent_status_get_pieces (BtfwTorrentStatus *self)
{
  return self->pieces;
}

guint32
btfw_torrent_status_get_n_pieces (BtfwTorrentStatus *self)
{
  return self->n_pieces;
}

guint32
btfw_torrent_status_get_n_have (BtfwTorrentStatus *self)
{
  return self->n_have;
}

const char *
btfw_torrent_status_get_reason (BtfwTorrentStatus *self)
{
  BtfwReason *first = self->reasons != NULL && self->reasons->len > 0 ? g_ptr_array_index (self->reasons, 0) : NULL;

  return first != NULL && btfw_reason_get_weight (first) == BTFW_REASON_HALTS ? btfw_reason_get_text (first) : NULL;
}

guint
btfw_torrent_status_get_n_reasons (BtfwTorrentStatus *self)
{
  return self->reasons == NULL ? 0 : self->reasons->len;
}

BtfwReason *
btfw_torrent_status_get_nth_reason (BtfwTorrentStatus *self, guint i)
{
  g_return_val_if_fail (i < btfw_torrent_status_get_n_reasons (self), NULL);

  return g_ptr_array_index (self->reasons, i);
}

static const ShadowStatus *
get_shadow (BtfwTorrentStatus *self)
{
  static const ShadowStatus none = { .name = NULL };

  return self->shadow == NULL ? &none : self->shadow;
}

const char *
btfw_torrent_status_get_shadow_picker (BtfwTorrentStatus *self)
{
  return get_shadow (self)->name;
}

guint64
btfw_torrent_status_get_shadow_picks (BtfwTorrentStatus *self)
{
  return get_shadow (self)->n_picks;
}

guint64
btfw_torrent_status_get_shadow_differences (BtfwTorrentStatus *self)
{
  return get_shadow (self)->n_differences;
}

guint64
btfw_torrent_status_get_shadow_firsts (BtfwTorrentStatus *self)
{
  return get_shadow (self)->n_firsts;
}

guint64
btfw_torrent_status_get_shadow_nones (BtfwTorrentStatus *self)
{
  return get_shadow (self)->n_nones;
}

guint
btfw_torrent_status_get_n_shadow_choices (BtfwTorrentStatus *self)
{
  return get_shadow (self)->n_choices;
}

void
btfw_torrent_status_get_shadow_choice (BtfwTorrentStatus *self, guint i, guint32 *chosen, guint32 *other)
{
  g_return_if_fail (i < get_shadow (self)->n_choices);

  *chosen = self->shadow->choices[i].chosen;
  *other = self->shadow->choices[i].other;
}

static const TrackerStatus *
get_tracker (BtfwTorrentStatus *self, guint i)
{
  static const TrackerStatus none = { .url = (char *) "", .next = -1, .seeds = -1, .leechers = -1,
                                      .last = -1, .completed = -1, .n_peers = -1 };

  g_return_val_if_fail (i < self->n_trackers, &none);

  return &self->trackers[i];
}

guint
btfw_torrent_status_get_n_trackers (BtfwTorrentStatus *self)
{
  return self->n_trackers;
}

const char *
btfw_torrent_status_get_tracker_url (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->url;
}

guint
btfw_torrent_status_get_tracker_tier (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->tier;
}

BtfwTrackerState
btfw_torrent_status_get_tracker_state (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->state;
}

const char *
btfw_torrent_status_get_tracker_message (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->message;
}

gint64
btfw_torrent_status_get_tracker_next (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->next;
}

gint64
btfw_torrent_status_get_tracker_seeds (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->seeds;
}

gint64
btfw_torrent_status_get_tracker_last (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->last;
}

gint64
btfw_torrent_status_get_tracker_completed (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->completed;
}

gint64
btfw_torrent_status_get_tracker_peers (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->n_peers;
}

guint
btfw_torrent_status_get_tracker_failures (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->failures;
}

gint64
btfw_torrent_status_get_tracker_leechers (BtfwTorrentStatus *self, guint i)
{
  return get_tracker (self, i)->leechers;
}
