/* swarm-peers.c: peers that come, what they have, and what becomes of pieces. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/swarm.h"

#include "net/tcp-stream.h"
#include "swarm/requests.h"

#include <string.h>

/* When somebody connects once more, the connection there was is dead if what went out
 * has not arrived for so long. */
#define LEFT_BEHIND_MS 3000

/* --- Coming --- */

static guint
count_from_host (const BtfwSwarm *self, const BtfwAddress *address)
{
  guint n = 0;

  for (guint i = 0; i < self->peers->len; i++)
    n += btfw_address_same_host (&((BtfwPeer *) g_ptr_array_index (self->peers, i))->address, address);
  return n;
}

static BtfwPeer *
find_by_peer_id (const BtfwSwarm *self, const guint8 *peer_id)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      if (!peer->is_closing && memcmp (peer->peer_id, peer_id, BTFW_PEER_ID_SIZE) == 0)
        return peer;
    }
  return NULL;
}

/* Whoever comes back from another address leaves a connection behind whose end nobody
 * tells us. The keep-alive finds out for the next time. */
static gboolean
is_left_behind (BtfwPeer *peer)
{
  if (btfw_tcp_stream_is_cut_off (peer->stream, LEFT_BEHIND_MS))
    return TRUE;

  if (btfw_sender_get_messages (&peer->sender)->len == 0)
    {
      btfw_wire_put_keep_alive (btfw_sender_get_messages (&peer->sender));
      btfw_peer_queue_write (peer);
    }
  return FALSE;
}

/* Two that connect to one another at once must both keep the same connection:
 * the one that the greater peer id made. A twin from another host never
 * displaces the one that is there, unless that is dead. */
static gboolean
displaces (const BtfwSwarm *self, BtfwPeer *old, const BtfwAddress *address, gboolean is_incoming)
{
  gboolean theirs_is_greater = memcmp (old->peer_id, self->resources->peer_id, BTFW_PEER_ID_SIZE) > 0;

  if (is_left_behind (old))
    return TRUE;
  return btfw_address_same_host (&old->address, address) && old->is_incoming != is_incoming &&
         is_incoming == theirs_is_greater;
}

/* NULL, or why nobody is let in. */
static const char *
find_objection (BtfwSwarm *self, const BtfwAddress *address, const BtfwHandshake *handshake, gboolean is_incoming)
{
  BtfwPeer *twin;

  if (!btfw_swarm_admits (self))
    return "the torrent does not run";
  if (btfw_candidates_is_banned (&self->candidates, address))
    return "it is banned";
  if (memcmp (handshake->peer_id, self->resources->peer_id, BTFW_PEER_ID_SIZE) == 0)
    return "we met ourselves";

  twin = find_by_peer_id (self, handshake->peer_id);
  if (twin != NULL)
    {
      if (!displaces (self, twin, address, is_incoming))
        return "it is connected already";
      btfw_peer_close (twin, "it connected once more");
    }
  else if (count_from_host (self, address) >= self->resources->limits.peers_per_address)
    return "there are enough peers of its address";
  else if (!btfw_crowd_admits (self, address, is_incoming))
    return "there are enough peers";
  return NULL;
}

static void
release_candidate (BtfwSwarm *self, const BtfwAddress *address)
{
  BtfwCandidate *candidate = btfw_candidates_find (&self->candidates, address);

  if (candidate != NULL)
    btfw_candidates_on_failed (candidate, btfw_loop_get_time (self->resources->loop), &self->random);
}

void
btfw_swarm_join (BtfwSwarm           *self,
                 BtfwStream          *stream,
                 const BtfwAddress   *address,
                 const BtfwHandshake *handshake,
                 gboolean             is_incoming)
{
  const char *objection = find_objection (self, address, handshake, is_incoming);
  BtfwLoop   *loop = self->resources->loop;
  BtfwPeer   *peer;

  if (objection != NULL)
    {
      g_debug ("swarm: a peer is turned away: %s", objection);
      btfw_stream_close (stream);
      if (!is_incoming)
        release_candidate (self, address);
      return;
    }

  peer = btfw_peer_new (self, stream, address, handshake, is_incoming);
  peer->place = self->peers->len;
  g_ptr_array_add (self->peers, peer);
  btfw_peer_greet (peer);
  if (!btfw_timer_is_set (&self->tick))
    btfw_loop_set_timer (loop, &self->tick, btfw_loop_get_time (loop) + G_USEC_PER_SEC);
  btfw_choking_queue (self);
  btfw_peer_queue_write (peer);
}

void
btfw_swarm_accept (BtfwSwarm *self, BtfwStream *stream, const BtfwAddress *address, const BtfwHandshake *handshake)
{
  btfw_swarm_join (self, stream, address, handshake, TRUE);
}

void
btfw_swarm_add_address (BtfwSwarm *self, const BtfwAddress *address, BtfwCandidateSource source)
{
  if (btfw_candidates_add (&self->candidates, address, source) != NULL)
    btfw_dialing_wake (&self->dialing);
}

/* --- What peers have --- */

/* Two that have all that each wants are of no use to one another. */
static void
close_if_useless (BtfwSwarm *self, BtfwPeer *peer)
{
  if (self->state == BTFW_TORRENT_SEEDING && btfw_peer_is_seed (peer) && btfw_bitfield_is_full (&self->map.have))
    btfw_peer_close (peer, "both of us have everything");
}

void
btfw_swarm_close_useless (BtfwSwarm *self)
{
  for (guint i = 0; i < self->peers->len; i++)
    close_if_useless (self, g_ptr_array_index (self->peers, i));
}

static void
forget_pieces (BtfwSwarm *self, BtfwPeer *peer)
{
  if (peer->pieces.n_bits == 0)
    return;

  btfw_piece_map_count_all (&self->map, &peer->pieces, -1);
  btfw_swarm_pieces_changed (self, &peer->pieces);
  btfw_bitfield_clear (&peer->pieces);
}

/* A peer with everything is one counter, not a bit for each piece. */
static void
become_seed (BtfwSwarm *self, BtfwPeer *peer)
{
  forget_pieces (self, peer);
  peer->has_all = TRUE;
  self->map.n_seeds++;
  peer->n_interesting = self->map.missing.n_set;
}

static void
on_more_pieces (BtfwSwarm *self, BtfwPeer *peer)
{
  peer->pick_serial = 0;
  btfw_peer_update_interest (peer);
  btfw_requests_fill (peer);
  close_if_useless (self, peer);
}

gboolean
btfw_swarm_on_have (BtfwSwarm *self, BtfwPeer *peer, guint32 piece, GError **error)
{
  if (btfw_peer_has_piece (peer, piece))
    return TRUE;
  if (peer->pieces.n_bits == 0 && !btfw_bitfield_init (&peer->pieces, self->map.n_pieces))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "no memory for a bitfield");

  btfw_bitfield_set (&peer->pieces, piece);
  btfw_piece_map_count (&self->map, piece, 1);
  peer->n_interesting += btfw_bitfield_get (&self->map.missing, piece);
  btfw_swarm_piece_changed (self, piece, BTFW_PIECE_CHANGE_AVAILABILITY);
  if (btfw_bitfield_is_full (&peer->pieces))
    become_seed (self, peer);
  on_more_pieces (self, peer);
  return TRUE;
}

void
btfw_swarm_on_pieces (BtfwSwarm *self, BtfwPeer *peer, BtfwBitfield *pieces)
{
  if (btfw_bitfield_is_full (pieces))
    {
      btfw_bitfield_clear (pieces);
      btfw_swarm_on_have_all (self, peer);
      return;
    }
  if (pieces->n_set == 0)
    {
      btfw_bitfield_clear (pieces);
      return;
    }

  forget_pieces (self, peer);
  peer->pieces = *pieces;
  btfw_piece_map_count_all (&self->map, pieces, 1);
  btfw_swarm_pieces_changed (self, pieces);
  peer->n_interesting = btfw_bitfield_count_and (pieces, &self->map.missing);
  on_more_pieces (self, peer);
}

void
btfw_swarm_on_have_all (BtfwSwarm *self, BtfwPeer *peer)
{
  become_seed (self, peer);
  on_more_pieces (self, peer);
}

/* Its one counter becomes a bit for each piece again. */
static gboolean
unbecome_seed (BtfwSwarm *self, BtfwPeer *peer)
{
  BtfwBitfield pieces = { 0 };

  if (!btfw_bitfield_init (&pieces, self->map.n_pieces))
    return FALSE;
  btfw_bitfield_set_all (&pieces);
  self->map.n_seeds--;
  peer->has_all = FALSE;
  peer->pieces = pieces;
  btfw_piece_map_count_all (&self->map, &peer->pieces, 1);
  btfw_swarm_pieces_changed (self, &peer->pieces);
  return TRUE;
}

void
btfw_swarm_on_piece_gone (BtfwSwarm *self, BtfwPeer *peer, guint32 piece)
{
  if (!btfw_peer_has_piece (peer, piece))
    return;
  if (peer->has_all && !unbecome_seed (self, peer))
    {
      btfw_peer_close (peer, "no memory for a bitfield");
      return;
    }

  btfw_bitfield_unset (&peer->pieces, piece);
  btfw_piece_map_count (&self->map, piece, -1);
  peer->n_interesting -= btfw_bitfield_get (&self->map.missing, piece);
  btfw_swarm_piece_changed (self, piece, BTFW_PIECE_CHANGE_AVAILABILITY);
  btfw_requests_drop_piece (peer, piece);
  btfw_peer_update_interest (peer);
}

void
btfw_swarm_piece_changed (BtfwSwarm *self, guint32 piece, BtfwPieceChange what)
{
  btfw_picker_pieces_changed (self->picker, piece, 1, what);
  btfw_shadow_pieces_changed (self->shadow, piece, 1, what);
}

/* One call for each run of neighbours. */
void
btfw_swarm_pieces_changed (BtfwSwarm *self, const BtfwBitfield *pieces)
{
  guint32 first = btfw_bitfield_next (pieces, 0);

  while (first != BTFW_BIT_NONE)
    {
      guint32 end = btfw_bitfield_next_unset (pieces, first);

      if (end == BTFW_BIT_NONE)
        end = pieces->n_bits;
      btfw_picker_pieces_changed (self->picker, first, end - first, BTFW_PIECE_CHANGE_AVAILABILITY);
      btfw_shadow_pieces_changed (self->shadow, first, end - first, BTFW_PIECE_CHANGE_AVAILABILITY);
      first = btfw_bitfield_next (pieces, end);
    }
}

/* --- Pieces that come and go --- */

static void
on_complete (BtfwSwarm *self)
{
  btfw_swarm_set_state (self, BTFW_TORRENT_SEEDING);
  self->saving.completed = g_get_real_time () / G_USEC_PER_SEC;
  btfw_trackers_completed (self->trackers);
  btfw_swarm_close_useless (self);
  btfw_choking_queue (self);
}

/* A picker that looks only so far ahead has more to offer once a piece is here.
 * Who owes something hears of it with its next block; the others are asked now. */
static void
ask_idle_peers (BtfwSwarm *self)
{
  btfw_requests_wake (self);
  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      if (peer->requests.n == 0)
        btfw_requests_fill (peer);
    }
}

void
btfw_swarm_on_piece_here (BtfwSwarm *self, guint32 piece)
{
  gboolean was_missing = btfw_bitfield_get (&self->map.missing, piece);

  self->n_disk_failures = 0;
  btfw_piece_map_set_have (&self->map, piece);
  btfw_swarm_piece_changed (self, piece, BTFW_PIECE_CHANGE_STATE);
  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      if (was_missing && btfw_peer_has_piece (peer, piece))
        {
          peer->n_interesting--;
          btfw_peer_update_interest (peer);
        }
      btfw_peer_tell_have (peer, piece);
    }
  ask_idle_peers (self);
  btfw_saving_add (&self->saving, btfw_layout_get_piece_length (self->map.layout, piece));
  self->funcs->changed (self->owner);
  if (self->map.missing.n_set == 0 && self->state == BTFW_TORRENT_DOWNLOADING)
    on_complete (self);
}

void
btfw_swarm_lose_piece (BtfwSwarm *self, guint32 piece)
{
  if (!btfw_piece_map_unset_have (&self->map, piece))
    return;

  btfw_bitfield_unset (&self->unproven, piece);
  btfw_swarm_piece_changed (self, piece, BTFW_PIECE_CHANGE_STATE);
  btfw_extensions_on_piece_lost (&self->extensions, piece);
  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      if (btfw_bitfield_get (&self->map.missing, piece) && btfw_peer_has_piece (peer, piece))
        peer->n_interesting++;
      btfw_peer_update_interest (peer);
    }
  btfw_requests_wake (self);
  btfw_saving_queue (&self->saving);
  if (self->state == BTFW_TORRENT_SEEDING && self->map.missing.n_set > 0)
    {
      btfw_swarm_set_state (self, BTFW_TORRENT_DOWNLOADING);
      btfw_dialing_wake (&self->dialing);
    }
}

void
btfw_swarm_forget_pieces (BtfwSwarm *self)
{
  btfw_bitfield_clear (&self->unproven);
  for (guint32 piece = 0; piece < self->map.n_pieces; piece++)
    btfw_piece_map_unset_have (&self->map, piece);
  btfw_picker_pieces_changed (self->picker, 0, self->map.n_pieces, BTFW_PIECE_CHANGE_STATE);
  btfw_shadow_pieces_changed (self->shadow, 0, self->map.n_pieces, BTFW_PIECE_CHANGE_STATE);
}
