/* test-swarm.c: a swarm without a network: what is in it, and what views of it answer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/test-swarm.h"

#include "swarm/views.h"

#include <string.h>

/* How many peers one block is asked of at most. */
#define ASKED_MAX 3

/* --- Faults --- */

void
btfw_test_swarm_fault (BtfwTestSwarm *self, const char *id, const char *format, ...)
{
  va_list arguments;

  for (guint i = 0; i < self->faults->len; i += 2)
    if (g_str_equal (g_ptr_array_index (self->faults, i), id))
      return;

  va_start (arguments, format);
  g_ptr_array_add (self->faults, g_strdup (id));
  g_ptr_array_add (self->faults, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

const char *
btfw_test_swarm_get_fault (BtfwTestSwarm *self, guint i, const char **text)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (2 * i >= self->faults->len)
    return NULL;
  if (text != NULL)
    *text = g_ptr_array_index (self->faults, 2 * i + 1);
  return g_ptr_array_index (self->faults, 2 * i);
}

/* Views are looked at on one thread only. Another one may not touch the list of
 * faults either, so it is let in only to say so. */
gboolean
btfw_test_swarm_look (BtfwTestSwarm *self)
{
  static GMutex lock;

  if (G_LIKELY (g_thread_self () == self->thread))
    return TRUE;

  g_mutex_lock (&lock);
  btfw_test_swarm_fault (self, "wrong-thread", "a view was looked at on another thread than the loop's");
  g_mutex_unlock (&lock);
  return FALSE;
}

/* --- Pieces --- */

guint32
btfw_test_swarm_get_n_blocks (BtfwTestSwarm *self, guint32 piece)
{
  return (btfw_layout_get_piece_length (self->layout, piece) + BTFW_BLOCK_SIZE - 1) / BTFW_BLOCK_SIZE;
}

guint64
btfw_test_swarm_get_n_blocks_left (BtfwTestSwarm *self)
{
  guint64 per_piece = (btfw_layout_get_piece_size (self->layout) + BTFW_BLOCK_SIZE - 1) / BTFW_BLOCK_SIZE;
  guint64 missing = self->missing.n_set * per_piece;

  return missing > self->n_blocks_here ? missing - self->n_blocks_here : 0;
}

static guint32
count_free (BtfwTestSwarm *self, guint32 piece)
{
  guint32 n_blocks = btfw_test_swarm_get_n_blocks (self, piece);
  guint32 n = 0;

  if (self->blocks[piece] == NULL)
    return n_blocks;
  for (guint32 i = 0; i < n_blocks; i++)
    n += self->blocks[piece][i] == 0;
  return n;
}

static gboolean
is_untouched (BtfwTestSwarm *self, guint32 piece)
{
  guint32 n_blocks = btfw_test_swarm_get_n_blocks (self, piece);

  for (guint32 i = 0; self->blocks[piece] != NULL && i < n_blocks; i++)
    if (self->blocks[piece][i] != 0)
      return FALSE;
  return TRUE;
}

BtfwPieceState
btfw_test_swarm_get_state (BtfwTestSwarm *self, guint32 piece)
{
  if (piece >= self->n_pieces)
    return BTFW_PIECE_MISSING;
  if (btfw_bitfield_get (&self->have, piece))
    return BTFW_PIECE_HAVE;
  if (is_untouched (self, piece))
    return BTFW_PIECE_MISSING;
  return count_free (self, piece) > 0 ? BTFW_PIECE_BEGUN : BTFW_PIECE_ASKED;
}

/* --- Peers --- */

gboolean
btfw_test_peer_has (BtfwTestPeer *self, guint32 piece)
{
  return btfw_bitfield_get (&self->has, piece);
}

gboolean
btfw_test_peer_can_request (BtfwTestPeer *self, guint32 piece)
{
  return !self->chokes_us && btfw_bitfield_get (&self->has, piece) && btfw_bitfield_get (&self->swarm->missing, piece);
}

BtfwPeerFlags
btfw_test_peer_get_flags (BtfwTestPeer *self)
{
  BtfwPeerFlags flags = BTFW_PEER_INCOMING;

  if (self->chokes_us)
    flags |= BTFW_PEER_CHOKES_US;
  if (self->wants_something)
    flags |= BTFW_PEER_INTERESTED_IN_US;
  if (!self->is_served)
    flags |= BTFW_PEER_CHOKED_BY_US;
  if (btfw_bitfield_count_and (&self->has, &self->swarm->missing) > 0)
    flags |= BTFW_PEER_INTERESTING;
  if (self->requests->len > 0 && self->gives == 0)
    flags |= BTFW_PEER_SNUBBED;
  return flags;
}

gint64
btfw_test_peer_get_last_unchoked (BtfwTestPeer *self)
{
  if (self->is_served)
    return 0;
  return self->last_unchoked == 0 ? -1 : btfw_loop_get_time (self->swarm->loop) - self->last_unchoked;
}

/* --- Offers --- */

static gboolean
owes (BtfwTestPeer *peer, guint32 piece, guint32 block)
{
  for (guint i = 0; i < peer->requests->len; i++)
    {
      const BtfwTestRequest *request = &g_array_index (peer->requests, BtfwTestRequest, i);

      if (request->piece == piece && request->block == block)
        return TRUE;
    }
  return FALSE;
}

static guint
count_duplicates (BtfwTestPeer *peer, guint32 piece)
{
  const guint8 *blocks = peer->swarm->blocks[piece];
  guint32       n_blocks = btfw_test_swarm_get_n_blocks (peer->swarm, piece);
  guint         n = 0;

  for (guint32 i = 0; blocks != NULL && i < n_blocks; i++)
    n += blocks[i] > 0 && blocks[i] < ASKED_MAX && !owes (peer, piece, i);
  return n;
}

static guint
count_offer (BtfwPicks *picks, BtfwTestPeer *peer, guint32 piece, BtfwPickKind kind)
{
  for (guint i = 0; i < picks->n_items; i++)
    if (picks->items[i].piece == piece)
      return 0;

  if (!btfw_test_peer_can_request (peer, piece))
    return 0;
  return kind == BTFW_PICK_DUPLICATE ? count_duplicates (peer, piece) : count_free (peer->swarm, piece);
}

/* What the offer says of the picker, whether or not it fits. */
static void
judge_offer (BtfwPicks *picks, BtfwTestPeer *peer, guint32 piece, BtfwPickKind kind)
{
  BtfwTestSwarm *swarm = peer->swarm;

  if (picks->n_taken >= picks->n_wanted || picks->n_items == BTFW_PICKS_MAX)
    btfw_test_swarm_fault (swarm, "offer-after-enough",
                           "offered piece %u after btfw_picks_add() had answered BTFW_PICK_ENOUGH", piece);
  if (piece >= swarm->n_pieces)
    btfw_test_swarm_fault (swarm, "offer-no-such-piece", "offered piece %u of a torrent with %u pieces",
                           piece, swarm->n_pieces);
  else if (btfw_bitfield_get (&swarm->have, piece))
    btfw_test_swarm_fault (swarm, "offer-what-is-here", "offered piece %u, which is here already", piece);
  else if (!btfw_bitfield_get (&swarm->missing, piece))
    btfw_test_swarm_fault (swarm, "offer-unwanted", "offered piece %u, which nobody wants", piece);
  else if (!btfw_test_peer_can_request (peer, piece))
    btfw_test_swarm_fault (swarm, "offer-not-there",
                           "offered piece %u to a peer that %s", piece,
                           peer->chokes_us ? "chokes us" : "does not have it");
  if ((guint) kind > BTFW_PICK_DUPLICATE)
    btfw_test_swarm_fault (swarm, "offer-kind", "offered piece %u with the kind %d, which there is not", piece, (int) kind);
}

BtfwPickAnswer
btfw_test_picks_add (BtfwPicks *picks, guint32 piece, BtfwPickKind kind)
{
  BtfwTestPeer  *peer = picks->test;
  BtfwTestSwarm *swarm = peer != NULL ? peer->swarm : NULL;
  guint          n;

  if (peer == NULL || !btfw_test_swarm_look (swarm))
    return BTFW_PICK_ENOUGH;

  judge_offer (picks, peer, piece, kind);
  if (picks->n_taken >= picks->n_wanted || picks->n_items == BTFW_PICKS_MAX)
    return BTFW_PICK_ENOUGH;

  n = count_offer (picks, peer, piece, kind);
  if (n == 0)
    return BTFW_PICK_SKIPPED;

  picks->items[picks->n_items].piece = piece;
  picks->items[picks->n_items++].kind = kind;
  picks->n_taken += n;
  return picks->n_taken >= picks->n_wanted || picks->n_items == BTFW_PICKS_MAX ? BTFW_PICK_ENOUGH : BTFW_PICK_TAKEN;
}
