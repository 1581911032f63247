/* hints.c: pieces that a peer serves at any time, and would rather serve; and our hints. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/hints.h"

#include "swarm/swarm.h"

#include <string.h>

/* To one peer, each time that it is unchoked. */
#define SUGGESTIONS_MAX 4u

static guint
find (const guint32 *pieces, guint n, guint32 piece)
{
  guint i = 0;

  while (i < n && pieces[i] != piece)
    i++;
  return i;
}

/* To the front, from where it was, or in place of the last one. Answers the new number. */
static guint
put_first (guint32 *pieces, guint n, guint max, guint32 piece)
{
  guint i = find (pieces, n, piece);

  if (i == n && n < max)
    n++;
  memmove (pieces + 1, pieces, MIN (i, max - 1) * sizeof *pieces);
  pieces[0] = piece;
  return n;
}

static BtfwHints *
get_hints (BtfwPeer *peer)
{
  if (peer->hints == NULL)
    peer->hints = g_new0 (BtfwHints, 1);
  return peer->hints;
}

/* --- What a peer says --- */

void
btfw_hints_on_allowed (BtfwPeer *peer, guint32 piece)
{
  BtfwHints *self = get_hints (peer);

  if (self->is_unreliable || self->n_allowed == BTFW_HINTS_ALLOWED_MAX ||
      find (self->allowed, self->n_allowed, piece) < self->n_allowed)
    return;
  self->allowed[self->n_allowed++] = piece;
}

void
btfw_hints_on_suggested (BtfwPeer *peer, guint32 piece)
{
  BtfwHints *self = get_hints (peer);

  self->n_suggested = put_first (self->suggested, self->n_suggested, BTFW_HINTS_SUGGESTED_MAX, piece);
}

gboolean
btfw_hints_are_in_range (const BtfwPeer *peer, guint32 n_pieces)
{
  const BtfwHints *self = peer->hints;

  if (self == NULL)
    return TRUE;
  for (guint i = 0; i < self->n_allowed; i++)
    if (self->allowed[i] >= n_pieces)
      return FALSE;
  for (guint i = 0; i < self->n_suggested; i++)
    if (self->suggested[i] >= n_pieces)
      return FALSE;
  return TRUE;
}

guint32
btfw_hints_get_allowed (const BtfwPeer *peer, guint i)
{
  return peer->hints != NULL && i < peer->hints->n_allowed ? peer->hints->allowed[i] : BTFW_PIECE_NONE;
}

guint32
btfw_hints_get_suggested (const BtfwPeer *peer, guint i)
{
  return peer->hints != NULL && i < peer->hints->n_suggested ? peer->hints->suggested[i] : BTFW_PIECE_NONE;
}

gboolean
btfw_hints_serves (const BtfwPeer *peer, guint32 piece)
{
  const BtfwHints *self = peer->hints;

  return !peer->chokes_us || (self != NULL && find (self->allowed, self->n_allowed, piece) < self->n_allowed);
}

gboolean
btfw_hints_serves_something (const BtfwPeer *peer)
{
  return !peer->chokes_us || (peer->hints != NULL && peer->hints->n_allowed > 0);
}

void
btfw_hints_forget_allowed (BtfwPeer *peer, guint32 piece)
{
  BtfwHints *self = peer->hints;
  guint      i = self == NULL ? 0 : find (self->allowed, self->n_allowed, piece);

  if (self != NULL && i < self->n_allowed)
    self->allowed[i] = self->allowed[--self->n_allowed];
}

void
btfw_hints_forget_all_allowed (BtfwPeer *peer)
{
  if (peer->hints == NULL)
    return;
  peer->hints->n_allowed = 0;
  peer->hints->is_unreliable = TRUE;
}

/* --- What we say --- */

void
btfw_hints_note_hot (BtfwSwarm *swarm, guint32 piece)
{
  BtfwHotPieces *hot = &swarm->hot_pieces;

  hot->n = put_first (hot->pieces, hot->n, BTFW_HOT_MAX, piece);
}

void
btfw_hints_suggest (BtfwPeer *peer)
{
  BtfwSwarm           *swarm = peer->swarm;
  const BtfwHotPieces *hot = &swarm->hot_pieces;
  guint                n = 0;

  if (!(peer->features & BTFW_FEATURE_FAST) || !peer->is_interested)
    return;
  for (guint i = 0; i < hot->n && n < SUGGESTIONS_MAX; i++)
    if (btfw_bitfield_get (&swarm->map.have, hot->pieces[i]) && !btfw_peer_has_piece (peer, hot->pieces[i]))
      {
        btfw_wire_put_piece_index (btfw_sender_get_messages (&peer->sender), BTFW_WIRE_SUGGEST, hot->pieces[i]);
        n++;
      }
}
