/* swarm.c: one torrent among its sources: its life, from start to stop. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/swarm.h"

#include "swarm/assembly.h"
#include "swarm/requests.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define TICK G_USEC_PER_SEC
/* So long after the last block the memory for blocks goes back to the system. */
#define QUIET (3 * G_USEC_PER_SEC)
/* A peer that is there already hears of so many pieces one by one. */
#define HAVES_TOLD_MAX 20000
/* With fewer peers trackers are asked for more as soon as they allow. */
#define PEERS_FEW 5

#define BIT(state) (1u << BTFW_TORRENT_##state)

/* What may follow what; see btfw_swarm_set_state(). */
static const guint next_states[] = {
  [BTFW_TORRENT_STOPPED] = BIT (METADATA) | BIT (CHECKING) | BIT (DOWNLOADING) | BIT (SEEDING) | BIT (FAILED),
  [BTFW_TORRENT_METADATA] = BIT (STOPPED) | BIT (CHECKING) | BIT (FAILED),
  [BTFW_TORRENT_CHECKING] = BIT (STOPPED) | BIT (DOWNLOADING) | BIT (SEEDING) | BIT (FAILED),
  [BTFW_TORRENT_DOWNLOADING] = BIT (STOPPED) | BIT (CHECKING) | BIT (SEEDING) | BIT (FAILED),
  [BTFW_TORRENT_SEEDING] = BIT (STOPPED) | BIT (CHECKING) | BIT (DOWNLOADING) | BIT (FAILED),
  [BTFW_TORRENT_FAILED] = BIT (STOPPED),
};

static gint64
get_time (const BtfwSwarm *self)
{
  return btfw_loop_get_time (self->resources->loop);
}

void
btfw_swarm_set_state (BtfwSwarm *self, BtfwTorrentState state)
{
  gboolean was_seeding;

  if (self->state == state)
    return;
  g_assert (next_states[self->state] & (1u << state));

  was_seeding = self->state == BTFW_TORRENT_SEEDING;
  if (self->active_since != 0)
    self->active_time += get_time (self) - self->active_since;
  self->active_since = state == BTFW_TORRENT_DOWNLOADING ? get_time (self) : 0;
  self->state = state;
  if (state == BTFW_TORRENT_DOWNLOADING)
    btfw_candidates_forget_useless (&self->candidates);
  /* Whether we want anything is said again (BEP 21). */
  if (btfw_swarm_serves (self) && was_seeding != (state == BTFW_TORRENT_SEEDING))
    btfw_extensions_greet_all (&self->extensions);
  self->funcs->changed (self->owner);
}

void
btfw_swarm_notice (BtfwSwarm *self, BtfwNoticeLevel level, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *valid = NULL;
  va_list          args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  /* The name of the save folder is whatever it is. */
  valid = g_utf8_make_valid (text, -1);
  self->funcs->notice (self->owner, level, valid);
}

gboolean
btfw_swarm_is_seeding (const BtfwSwarm *self)
{
  return self->metainfo != NULL && self->map.missing.n_set == 0;
}

gboolean
btfw_swarm_wants_blocks (const BtfwSwarm *self)
{
  return self->state == BTFW_TORRENT_DOWNLOADING && self->error == NULL && btfw_swarm_serves (self);
}

gboolean
btfw_swarm_serves (const BtfwSwarm *self)
{
  return (self->state == BTFW_TORRENT_DOWNLOADING || self->state == BTFW_TORRENT_SEEDING) && !self->is_stopping &&
         !self->wants_check;
}

gboolean
btfw_swarm_admits (const BtfwSwarm *self)
{
  return btfw_swarm_serves (self) ||
         (!self->is_stopping && !self->wants_check && self->announces &&
          (self->state == BTFW_TORRENT_METADATA || (self->state == BTFW_TORRENT_CHECKING && self->keeps_peers)));
}

const char *
btfw_swarm_get_name (const BtfwSwarm *self)
{
  if (self->metainfo != NULL)
    return btfw_metainfo_get_name (self->metainfo);
  return btfw_magnet_get_name (self->options.magnet) != NULL ? btfw_magnet_get_name (self->options.magnet) : self->hex;
}

gboolean
btfw_swarm_is_private (const BtfwSwarm *self)
{
  return self->metainfo != NULL && btfw_metainfo_is_private (self->metainfo);
}

guint64
btfw_swarm_get_n_blocks_left (const BtfwSwarm *self)
{
  guint64 per_piece, missing;

  if (self->metainfo == NULL)
    return 0;
  per_piece = (btfw_layout_get_piece_size (self->map.layout) + BTFW_BLOCK_SIZE - 1) / BTFW_BLOCK_SIZE;
  missing = self->map.missing.n_set * per_piece;

  return missing > self->n_blocks_active ? missing - self->n_blocks_active : 0;
}

void
btfw_swarm_count_download (BtfwSwarm *self, gsize bytes)
{
  self->downloaded += bytes;
  self->last_moved = get_time (self);
  btfw_rate_add (&self->download_rate, self->last_moved, bytes);
}

void
btfw_swarm_count_upload (BtfwSwarm *self, gsize bytes)
{
  if (bytes == 0)
    return;
  self->uploaded += bytes;
  btfw_rate_add (&self->upload_rate, get_time (self), bytes);
}

void
btfw_swarm_count_waste (BtfwSwarm *self, gsize bytes)
{
  self->wasted += bytes;
}

/* --- Trackers --- */

static void
get_report (gpointer owner, BtfwTrackersReport *report)
{
  BtfwSwarm *self = owner;

  memcpy (report->info_hash, btfw_info_hash_get_short (self->info_hash), 20);
  memcpy (report->peer_id, self->resources->peer_id, BTFW_PEER_ID_SIZE);
  report->key = self->key;
  report->port = btfw_resources_get_port (self->resources);
  /* Who still looks for something wants to hear of others even when all places are
   * taken: those who took them may be of no use. */
  report->num_want = btfw_swarm_admits (self) && (!btfw_swarm_is_seeding (self) || self->peers->len < btfw_swarm_get_max_peers (self)) ? -1 : 0;
  report->uploaded = self->uploaded;
  report->downloaded = self->downloaded;
  /* Whoever does not know how much is left is no seed. */
  report->left = self->metainfo == NULL ? BTFW_BLOCK_SIZE : self->map.wanted_bytes - self->map.done_bytes;
}

static void
add_peers (gpointer owner, const BtfwAddress *addresses, guint n, gboolean from_local)
{
  BtfwSwarm *self = owner;

  self->n_filtered = 0;
  for (guint i = 0; i < n; i++)
    if (from_local || !btfw_address_is_local (&addresses[i]))
      btfw_candidates_add (&self->candidates, &addresses[i], BTFW_SOURCE_TRACKER);
    else
      self->n_filtered++;
  btfw_dialing_wake (&self->dialing);
}

/* All trackers together have one voice for each address. */
static void
on_external_address (gpointer owner, GInetAddress *said)
{
  BtfwSwarm   *self = owner;
  gsize        size = g_inet_address_get_native_size (said);
  BtfwAddress  who;

  if (btfw_address_from_ip (&who, g_inet_address_to_bytes (said), size, 0))
    btfw_own_address_hear (&self->resources->own, &who, g_inet_address_to_bytes (said), size);
}

static void
on_tracker_notice (gpointer owner, const char *tracker, const char *text)
{
  btfw_swarm_notice (owner, BTFW_NOTICE_WARNING, "%s: %s", tracker, text);
}

static void
on_trackers_changed (gpointer owner)
{
  BtfwSwarm *self = owner;

  self->funcs->changed (self->owner);
}

static const BtfwTrackersFuncs trackers_funcs = {
  .get_report = get_report,
  .add_peers = add_peers,
  .external_address = on_external_address,
  .notice = on_tracker_notice,
  .changed = on_trackers_changed,
};

/* --- Start --- */

static void
update_hunger (BtfwSwarm *self)
{
  gboolean wants = self->state == BTFW_TORRENT_DOWNLOADING || self->state == BTFW_TORRENT_METADATA;

  btfw_trackers_set_hungry (self->trackers, wants && self->peers->len < PEERS_FEW);
  if (wants && self->peers->len < PEERS_FEW)
    btfw_discoveries_want_peers (self);
}

/* Without peers nothing has a deadline, and once the rates have sunk to nothing
 * no snapshot is due either: the next peer begins the ticks again. */
static gboolean
needs_ticks (BtfwSwarm *self, gint64 now)
{
  return self->peers->len > 0 || btfw_rate_get (&self->download_rate, now) > 0 ||
         btfw_rate_get (&self->upload_rate, now) > 0;
}

static void
on_tick (BtfwTimer *timer)
{
  BtfwSwarm *self = (BtfwSwarm *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwSwarm, tick));
  gint64     now = get_time (self);

  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      if (!peer->is_closing)
        btfw_peer_tick (peer, now);
    }
  btfw_requests_try_strangers (self);
  btfw_crowd_tick (self, now);
  if (now - self->last_moved > QUIET && btfw_buffers_get_n_used (self->resources->buffers) == 0)
    btfw_buffers_trim (self->resources->buffers);
  update_hunger (self);
  btfw_dialing_wake (&self->dialing);
  self->funcs->changed (self->owner);

  if (needs_ticks (self, now))
    btfw_loop_set_timer (self->resources->loop, &self->tick, now + TICK);
}

void
btfw_swarm_go_online (BtfwSwarm *self)
{
  btfw_discoveries_start (self);
  if (!self->announces)
    btfw_trackers_start (self->trackers);
  self->announces = TRUE;
  update_hunger (self);
  btfw_dialing_wake (&self->dialing);
}

/* Nothing that is left of a magnet link's search for peers goes on. */
static void
go_offline (BtfwSwarm *self, const char *reason)
{
  self->announces = FALSE;
  self->keeps_peers = FALSE;
  btfw_discoveries_stop (self);
  btfw_dialing_stop (&self->dialing);
  for (guint i = 0; i < self->peers->len; i++)
    btfw_peer_close (g_ptr_array_index (self->peers, i), reason);
}

/* Peers that were there before it was known what is here hear of it now. */
static void
tell_kept_peers (BtfwSwarm *self)
{
  const BtfwBitfield *have = &self->map.have;

  self->keeps_peers = FALSE;
  btfw_swarm_recount_interest (self);
  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      /* It hears the rest in one word when it comes again. */
      if (have->n_set > HAVES_TOLD_MAX)
        btfw_peer_close (peer, "too many pieces to tell of singly");
      for (guint32 piece = btfw_bitfield_next (have, 0); piece != BTFW_BIT_NONE && !peer->is_closing;
           piece = btfw_bitfield_next (have, piece + 1))
        btfw_peer_tell_have (peer, piece);
      btfw_requests_fill (peer);
    }
}

void
btfw_swarm_on_opened (BtfwSwarm *self)
{
  gboolean kept_peers = self->keeps_peers;

  self->options.check = FALSE;
  g_clear_error (&self->error);
  btfw_saving_arm (&self->saving);
  btfw_picker_pieces_changed (self->picker, 0, self->map.n_pieces, BTFW_PIECE_CHANGE_STATE);
  btfw_shadow_pieces_changed (self->shadow, 0, self->map.n_pieces, BTFW_PIECE_CHANGE_STATE);
  if (self->options.stopped)
    {
      go_offline (self, "the torrent stops");
      btfw_swarm_set_state (self, BTFW_TORRENT_STOPPED);
      btfw_saving_close (&self->saving);
      return;
    }

  self->last_moved = get_time (self);
  btfw_requests_wake (self);
  btfw_swarm_set_state (self, btfw_swarm_is_seeding (self) ? BTFW_TORRENT_SEEDING : BTFW_TORRENT_DOWNLOADING);
  btfw_saving_queue (&self->saving);
  btfw_swarm_go_online (self);
  if (kept_peers)
    {
      tell_kept_peers (self);
      btfw_swarm_close_useless (self);
    }
}

static void
open_or_ask (BtfwSwarm *self)
{
  if (self->metainfo == NULL)
    btfw_metadata_begin (&self->metadata);
  else
    btfw_opening_begin (&self->opening, self->options.check);
}

void
btfw_swarm_begin (BtfwSwarm *self)
{
  open_or_ask (self);
}

void
btfw_swarm_open_with_peers (BtfwSwarm *self)
{
  self->keeps_peers = TRUE;
  btfw_opening_begin (&self->opening, self->options.check);
}

void
btfw_swarm_start (BtfwSwarm *self)
{
  self->options.stopped = FALSE;
  /* What it is about to end comes first. */
  self->wants_start = self->is_stopping || self->saving.closes;
  if (self->wants_start || self->opening.is_busy || btfw_metadata_is_busy (&self->metadata))
    return;
  if (self->state == BTFW_TORRENT_METADATA && self->metainfo != NULL)
    {
      self->options.holds = FALSE;
      btfw_swarm_open_with_peers (self);
      return;
    }
  if (self->state == BTFW_TORRENT_FAILED)
    btfw_swarm_set_state (self, BTFW_TORRENT_STOPPED);
  if (self->state != BTFW_TORRENT_STOPPED)
    return;

  self->options.holds = FALSE;
  g_clear_error (&self->error);
  open_or_ask (self);
}

/* Everything is verified again, as soon as no worker is busy with a piece. */
static void
check_again (BtfwSwarm *self)
{
  if (!btfw_swarm_is_idle (self))
    return;

  self->wants_check = FALSE;
  btfw_loop_clear_timer (self->resources->loop, &self->disk_retry);
  btfw_assembly_drop_all (self);
  btfw_opening_begin (&self->opening, TRUE);
}

void
btfw_swarm_check (BtfwSwarm *self)
{
  if (self->is_stopping || self->state == BTFW_TORRENT_CHECKING || self->metainfo == NULL)
    return;
  if (self->state == BTFW_TORRENT_FAILED)
    btfw_swarm_set_state (self, BTFW_TORRENT_STOPPED);
  if (self->state == BTFW_TORRENT_STOPPED)
    self->options.stopped = TRUE;

  self->wants_check = TRUE;
  self->saving.is_armed = FALSE;
  for (guint i = 0; i < self->peers->len; i++)
    btfw_peer_close (g_ptr_array_index (self->peers, i), "the torrent is checked");
  btfw_swarm_queue_reap (self);
}

void
btfw_swarm_fail (BtfwSwarm *self, GError *error)
{
  g_clear_error (&self->error);
  self->error = error;
  btfw_loop_clear_timer (self->resources->loop, &self->disk_retry);
  btfw_trackers_stop (self->trackers, 0, NULL);
  go_offline (self, "the torrent failed");
  btfw_swarm_set_state (self, BTFW_TORRENT_FAILED);
}

/* --- Stop --- */

gboolean
btfw_swarm_is_idle (BtfwSwarm *self)
{
  return self->n_jobs == 0 && self->n_reads == 0 && !self->opening.is_busy && !btfw_metadata_is_busy (&self->metadata) && !self->saving.is_busy && self->proof == NULL &&
         !self->is_looking;
}

/* Something that was asked for meanwhile waits until nothing is under way. */
static void
go_on_as_wished (BtfwSwarm *self)
{
  if (self->wants_check)
    check_again (self);
  else if (self->wants_start)
    btfw_swarm_start (self);
}

/* Each of these must be through before the next: jobs, the last save, trackers. */
void
btfw_swarm_check_stopped (BtfwSwarm *self)
{
  if (!self->is_stopping)
    {
      go_on_as_wished (self);
      return;
    }
  if (self->n_jobs > 0 || self->n_reads > 0 || self->opening.is_busy || btfw_metadata_is_busy (&self->metadata) ||
      self->proof != NULL || self->is_looking)
    return;

  btfw_assembly_drop_all (self);
  if (self->opening.is_open)
    {
      btfw_saving_close (&self->saving);
      return;
    }
  g_clear_pointer (&self->opening.lock, btfw_state_lock_free);
  if (self->saving.is_busy || !self->trackers_stopped)
    return;

  self->is_stopping = FALSE;
  btfw_swarm_set_state (self, BTFW_TORRENT_STOPPED);
  if (self->wants_start)
    btfw_swarm_start (self);
  else
    self->funcs->stopped (self->owner);
}

static void
on_trackers_stopped (gpointer owner)
{
  BtfwSwarm *self = owner;

  self->trackers_stopped = TRUE;
  btfw_swarm_check_stopped (self);
}

static void reap (BtfwSwarm *self);

void
btfw_swarm_stop (BtfwSwarm *self, guint timeout_ms)
{
  self->wants_start = FALSE;
  if (self->is_stopping)
    {
      /* Whoever asks once more may have less time. */
      if (!self->trackers_stopped)
        btfw_trackers_stop (self->trackers, timeout_ms, on_trackers_stopped);
      return;
    }

  self->is_stopping = TRUE;
  self->wants_check = FALSE;
  self->trackers_stopped = FALSE;
  btfw_loop_clear_timer (self->resources->loop, &self->tick);
  btfw_loop_clear_timer (self->resources->loop, &self->disk_retry);
  btfw_opening_cancel (&self->opening);
  go_offline (self, "the torrent stops");
  btfw_trackers_stop (self->trackers, timeout_ms, on_trackers_stopped);
}

/* --- Peers that go --- */

static void
on_reap (BtfwIdle *idle)
{
  reap ((BtfwSwarm *) ((guint8 *) idle - G_STRUCT_OFFSET (BtfwSwarm, reap)));
}

static void
remove_peer (BtfwSwarm *self, BtfwPeer *peer)
{
  BtfwCandidate *candidate = btfw_candidates_find (&self->candidates, &peer->address);

  btfw_requests_drop_all (peer);
  btfw_extensions_on_peer_gone (peer);
  btfw_blame_on_peer_gone (&self->blame, peer);
  btfw_trust_on_peer_gone (self, peer);
  if (peer->is_joined)
    {
      btfw_picker_peer_changed (self->picker, btfw_peer_get_view (peer), BTFW_PEER_LEFT);
      btfw_shadow_peer_changed (self->shadow, btfw_peer_get_view (peer), BTFW_PEER_LEFT);
    }
  if (peer->has_all)
    self->map.n_seeds--;
  else if (peer->pieces.n_bits > 0)
    {
      btfw_piece_map_count_all (&self->map, &peer->pieces, -1);
      btfw_swarm_pieces_changed (self, &peer->pieces);
    }
  if (candidate != NULL)
    {
      gboolean is_seed = btfw_peer_is_seed (peer);

      btfw_candidates_on_closed (candidate, get_time (self), &self->random);
      candidate->trouble = peer->downloaded > 0 ? BTFW_TROUBLE_NONE : peer->trouble;
      /* It was our wish, so it is welcome again at once; so it is when the wire was at fault. */
      if (self->is_stopping || peer->is_cut_off)
        candidate->next_try = 0;
      candidate->is_useless = is_seed && btfw_swarm_is_seeding (self);
    }
  g_ptr_array_remove_index_fast (self->peers, peer->place);
  if (peer->place < self->peers->len)
    ((BtfwPeer *) g_ptr_array_index (self->peers, peer->place))->place = peer->place;
  btfw_peer_free (peer);
}

static void
reap (BtfwSwarm *self)
{
  for (guint i = self->peers->len; i > 0; i--)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i - 1);

      if (peer->is_closing)
        remove_peer (self, peer);
    }
  btfw_choking_queue (self);
  update_hunger (self);
  btfw_dialing_wake (&self->dialing);
  self->funcs->changed (self->owner);
  btfw_swarm_check_stopped (self);
}

void
btfw_swarm_queue_reap (BtfwSwarm *self)
{
  btfw_loop_queue_idle (self->resources->loop, &self->reap);
}

/* --- Settings --- */

void
btfw_swarm_set_picker (BtfwSwarm *self, BtfwPicker *picker)
{
  if (self->view != NULL)
    {
      btfw_picker_detach (self->picker);
      g_clear_pointer (&self->view, btfw_swarm_view_kill);
    }
  if (self->picker != picker)
    g_clear_object (&self->picker);
  self->picker = picker;
  /* Without pieces there is nothing to pick. */
  if (self->metainfo == NULL)
    return;
  self->view = btfw_swarm_view_new (self, G_OBJECT_TYPE_NAME (picker));
  btfw_picker_attach (picker, self->view);
  btfw_requests_wake (self);
}

guint
btfw_swarm_get_max_peers (const BtfwSwarm *self)
{
  return self->max_peers > 0 ? self->max_peers : self->resources->limits.max_peers;
}

void
btfw_swarm_set_choker (BtfwSwarm *self, BtfwChoker *choker)
{
  btfw_choking_exchange (&self->choking, choker);
}

void
btfw_swarm_fill_handshake (BtfwSwarm *self, BtfwHandshake *handshake)
{
  handshake->features = BTFW_FEATURE_FAST | BTFW_FEATURE_EXTENSION;
  if (btfw_discoveries_has_node (self))
    handshake->features |= BTFW_FEATURE_DHT;
  memcpy (handshake->info_hash, btfw_info_hash_get_short (self->info_hash), 20);
  memcpy (handshake->peer_id, self->resources->peer_id, BTFW_PEER_ID_SIZE);
}

/* --- Life --- */

void
btfw_swarm_options_clear (BtfwSwarmOptions *options)
{
  g_clear_pointer (&options->dir, g_free);
  g_clear_pointer (&options->state_dir, g_free);
  g_clear_pointer (&options->priorities, g_free);
  g_clear_pointer (&options->wishes, g_array_unref);
  g_clear_pointer (&options->magnet, btfw_magnet_unref);
}

/* One a tier, as they are in the torrent that the link becomes. */
static void
add_magnet_trackers (BtfwSwarm *self)
{
  const char *const *urls = btfw_magnet_get_trackers (self->options.magnet);

  for (guint i = 0; urls[i] != NULL; i++)
    btfw_trackers_add_tier (self->trackers, (const char *const[]){ urls[i], NULL });
}

static void
init_parts (BtfwSwarm *self, BtfwPicker *picker, BtfwChoker *choker)
{
  BtfwLoop *loop = self->resources->loop;

  btfw_actives_init (&self->actives, NULL);
  btfw_candidates_init (&self->candidates);
  btfw_blame_init (&self->blame);
  btfw_dialing_init (&self->dialing, self);
  btfw_limiter_init (&self->download, loop, &self->resources->download);
  btfw_limiter_init (&self->upload, loop, &self->resources->upload);
  btfw_loop_fork_random (loop, "swarm", &self->random);
  gnutls_rnd (GNUTLS_RND_NONCE, &self->key, sizeof self->key);

  if (self->metainfo != NULL)
    btfw_swarm_init_content (self);
  self->trackers = btfw_trackers_new (loop, self->resources->trackers, self->metainfo, &trackers_funcs, self);
  btfw_trackers_set_all_tiers (self->trackers, self->options.all_tiers);
  if (self->options.magnet != NULL && self->metainfo == NULL)
    add_magnet_trackers (self);
  btfw_metadata_init (&self->metadata, self);
  btfw_opening_init (&self->opening, self);
  btfw_saving_init (&self->saving, self);
  btfw_swarm_set_picker (self, picker);
  btfw_choking_init (&self->choking, self, choker);
}

BtfwSwarm *
btfw_swarm_new (BtfwResources        *resources,
                BtfwMetainfo         *metainfo,
                BtfwSwarmOptions     *options,
                GPtrArray            *stack,
                BtfwPicker           *picker,
                BtfwChoker           *choker,
                const BtfwSwarmFuncs *funcs,
                gpointer              owner)
{
  BtfwSwarm *self = g_new0 (BtfwSwarm, 1);

  self->resources = resources;
  self->funcs = funcs;
  self->owner = owner;
  self->metainfo = metainfo == NULL ? NULL : btfw_metainfo_ref (metainfo);
  self->info_hash = btfw_info_hash_ref (metainfo == NULL ? btfw_magnet_get_info_hash (options->magnet) : btfw_metainfo_get_info_hash (metainfo));
  self->hex = btfw_info_hash_to_string (self->info_hash);
  self->options = *options;
  *options = (BtfwSwarmOptions){ 0 };
  self->stack = stack;
  self->peers = g_ptr_array_new ();
  self->pick_serial = 1;
  self->tick.on_due = on_tick;
  self->reap.run = on_reap;
  btfw_swarm_init_disk (self);
  init_parts (self, picker, choker);
  btfw_extensions_init (&self->extensions, self);
  g_ptr_array_add (resources->swarms, self);
  return self;
}

void
btfw_swarm_free (BtfwSwarm *self)
{
  BtfwLoop *loop = self->resources->loop;

  g_assert (btfw_swarm_is_idle (self));

  self->wants_check = FALSE;
  self->wants_start = FALSE;
  for (guint i = 0; i < self->peers->len; i++)
    btfw_peer_close (g_ptr_array_index (self->peers, i), "the torrent is removed");
  reap (self);
  btfw_discoveries_stop (self);
  btfw_extensions_clear (&self->extensions);
  btfw_choking_clear (&self->choking);
  btfw_dialing_clear (&self->dialing);
  btfw_loop_cancel_idle (loop, &self->reap);
  g_ptr_array_remove (self->resources->swarms, self);
  btfw_loop_clear_timer (loop, &self->tick);
  btfw_loop_clear_timer (loop, &self->disk_retry);
  btfw_assembly_drop_all (self);
  btfw_shadow_free (self->shadow);
  if (self->view != NULL)
    btfw_picker_detach (self->picker);
  g_clear_pointer (&self->view, btfw_swarm_view_kill);
  g_clear_object (&self->picker);
  g_clear_pointer (&self->trackers, btfw_trackers_free);
  btfw_actives_clear (&self->actives);
  btfw_saving_clear (&self->saving);
  btfw_metadata_clear (&self->metadata);
  btfw_opening_clear (&self->opening);
  g_clear_pointer (&self->volume, btfw_volume_unref);
  g_clear_pointer (&self->stack, g_ptr_array_unref);
  btfw_limiter_clear (&self->download);
  btfw_limiter_clear (&self->upload);
  btfw_candidates_clear (&self->candidates);
  btfw_blame_clear (&self->blame);
  btfw_fast_grants_clear (&self->fast_grants);
  btfw_bitfield_clear (&self->unproven);
  btfw_piece_map_clear (&self->map);
  btfw_swarm_options_clear (&self->options);
  g_clear_pointer (&self->peers, g_ptr_array_unref);
  g_clear_pointer (&self->metainfo, btfw_metainfo_unref);
  g_clear_pointer (&self->info_hash, btfw_info_hash_unref);
  g_free (self->hex);
  g_clear_error (&self->error);
  g_free (self);
}
