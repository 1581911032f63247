/* peer-handlers.c: what each message of a peer does, in a table. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/peer.h"

#include "swarm/allowed-fast.h"
#include "swarm/choking.h"
#include "swarm/extensions.h"
#include "swarm/hints.h"
#include "swarm/metadata.h"
#include "swarm/requests.h"
#include "swarm/swarm.h"
#include "swarm/uploads.h"

static gboolean
on_choke (BtfwPeer *self, BtfwReader *body, GError **error)
{
  if (!btfw_wire_read_empty (body, error))
    return FALSE;
  if (self->chokes_us)
    return TRUE;

  self->chokes_us = TRUE;
  /* With the fast extension it rejects every request that it will not answer. */
  if (!(self->features & BTFW_FEATURE_FAST))
    btfw_requests_drop_all (self);
  else
    btfw_requests_leave_sole_pieces (self);
  return TRUE;
}

static gboolean
on_unchoke (BtfwPeer *self, BtfwReader *body, GError **error)
{
  if (!btfw_wire_read_empty (body, error))
    return FALSE;

  self->chokes_us = FALSE;
  self->pick_serial = 0;
  btfw_requests_fill (self);
  return TRUE;
}

static gboolean
on_interested (BtfwPeer *self, BtfwReader *body, GError **error)
{
  if (!btfw_wire_read_empty (body, error))
    return FALSE;

  if (!self->is_interested)
    {
      self->is_interested = TRUE;
      btfw_choking_queue (self->swarm);
    }
  return TRUE;
}

static gboolean
on_not_interested (BtfwPeer *self, BtfwReader *body, GError **error)
{
  if (!btfw_wire_read_empty (body, error))
    return FALSE;

  if (self->is_interested)
    {
      self->is_interested = FALSE;
      btfw_choking_queue (self->swarm);
    }
  return TRUE;
}

static gboolean
on_have (BtfwPeer *self, BtfwReader *body, GError **error)
{
  guint32 piece;

  if (!btfw_wire_read_piece_index (body, &piece, error))
    return FALSE;
  if (self->swarm->metainfo == NULL)
    {
      self->said_pieces = TRUE;
      return btfw_metadata_keep_have (self, piece, error);
    }
  if (piece >= self->swarm->map.n_pieces)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_RANGE, "it has piece %u of %u", piece, self->swarm->map.n_pieces);

  self->said_pieces = TRUE;
  return btfw_swarm_on_have (self->swarm, self, piece, error);
}

/* What a peer has as a whole it says once, before all other words about
 * pieces. But aria2 says it again in place of many "have"s: so who began in
 * this way may go on, as long as that only adds. */
static gboolean
check_declaration (BtfwPeer *self, const char *what, gboolean adds, GError **error)
{
  if (self->said_pieces && !(self->declared_pieces && adds))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_STATE, "“%s” came late or twice", what);

  self->said_pieces = self->declared_pieces = TRUE;
  return TRUE;
}

/* Whether @pieces are all that it had, and more. */
static gboolean
adds_pieces (const BtfwPeer *self, const BtfwBitfield *pieces)
{
  if (self->has_all)
    return FALSE;
  if (self->pieces.n_bits == 0)
    return pieces->n_set > 0;

  return pieces->n_set > self->pieces.n_set &&
         btfw_bitfield_count_and (pieces, &self->pieces) == self->pieces.n_set;
}

static gboolean
check_fast (BtfwPeer *self, const char *what, GError **error)
{
  if (!(self->features & BTFW_FEATURE_FAST))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_STATE, "“%s” without the fast extension", what);
  return TRUE;
}

static gboolean
on_bitfield (BtfwPeer *self, BtfwReader *body, GError **error)
{
  BtfwBitfield pieces = { 0 };

  if (self->swarm->metainfo == NULL)
    return check_declaration (self, "bitfield", !self->has_all, error) && btfw_metadata_keep_bitfield (self, body, error);
  if (!btfw_bitfield_init (&pieces, self->swarm->map.n_pieces))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "no memory for a bitfield");
  if (!btfw_bitfield_from_wire (&pieces, body->data, body->left))
    {
      btfw_bitfield_clear (&pieces);
      return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "a bitfield of the wrong size, or with spare bits set");
    }
  if (!check_declaration (self, "bitfield", adds_pieces (self, &pieces), error))
    {
      btfw_bitfield_clear (&pieces);
      return FALSE;
    }

  btfw_swarm_on_pieces (self->swarm, self, &pieces);
  btfw_allowed_fast_offer (self);
  return TRUE;
}

static gboolean
on_have_all (BtfwPeer *self, BtfwReader *body, GError **error)
{
  if (!check_fast (self, "have all", error) || !btfw_wire_read_empty (body, error) ||
      !check_declaration (self, "have all", !self->has_all, error))
    return FALSE;

  btfw_swarm_on_have_all (self->swarm, self);
  return TRUE;
}

static gboolean
on_have_none (BtfwPeer *self, BtfwReader *body, GError **error)
{
  if (!check_fast (self, "have none", error) || !btfw_wire_read_empty (body, error) ||
      !check_declaration (self, "have none", FALSE, error))
    return FALSE;

  btfw_allowed_fast_offer (self);
  return TRUE;
}

static gboolean
on_request (BtfwPeer *self, BtfwReader *body, GError **error)
{
  BtfwBlock block;

  return btfw_wire_read_block (body, &block, error) && btfw_uploads_on_request (self, &block, error);
}

static gboolean
on_cancel (BtfwPeer *self, BtfwReader *body, GError **error)
{
  BtfwBlock block;

  if (!btfw_wire_read_block (body, &block, error))
    return FALSE;

  btfw_uploads_on_cancel (self, &block);
  return TRUE;
}

static gboolean
on_reject (BtfwPeer *self, BtfwReader *body, GError **error)
{
  BtfwBlock block;

  return check_fast (self, "reject", error) && btfw_wire_read_block (body, &block, error) &&
         btfw_requests_on_reject (self, &block, error);
}

static gboolean
read_hint (BtfwPeer *self, const char *what, BtfwReader *body, guint32 *piece, GError **error)
{
  if (!check_fast (self, what, error) || !btfw_wire_read_piece_index (body, piece, error))
    return FALSE;
  if (self->swarm->metainfo != NULL && *piece >= self->swarm->map.n_pieces)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_RANGE, "“%s” of piece %u of %u", what, *piece, self->swarm->map.n_pieces);
  return TRUE;
}

static gboolean
on_suggest (BtfwPeer *self, BtfwReader *body, GError **error)
{
  guint32 piece;

  if (!read_hint (self, "suggest", body, &piece, error))
    return FALSE;
  btfw_hints_on_suggested (self, piece);
  return TRUE;
}

static gboolean
on_allowed_fast (BtfwPeer *self, BtfwReader *body, GError **error)
{
  guint32 piece;

  if (!read_hint (self, "allowed fast", body, &piece, error))
    return FALSE;
  btfw_hints_on_allowed (self, piece);
  self->pick_serial = 0;
  btfw_requests_fill (self);
  return TRUE;
}

static gboolean
on_port (BtfwPeer *self, BtfwReader *body, GError **error)
{
  guint16 port;

  if (!btfw_wire_read_port (body, &port, error))
    return FALSE;
  btfw_discoveries_on_port (self->swarm, self, port);
  return TRUE;
}

static gboolean
on_extended (BtfwPeer *self, BtfwReader *body, GError **error)
{
  guint8 id;

  if (!(self->features & BTFW_FEATURE_EXTENSION))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_STATE, "an extension message, though it was not agreed on");
  if (!btfw_reader_get_u8 (body, &id))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "an extension message without an id");
  if (id == 0)
    return btfw_extensions_on_handshake (self, body, error);
  return btfw_extensions_on_message (self, id, body, error);
}

/* A block goes the receiver's way; NULL is passed over, as the protocol grows. */
static gboolean (*const handlers[BTFW_WIRE_N_IDS]) (BtfwPeer *self, BtfwReader *body, GError **error) = {
  [BTFW_WIRE_CHOKE] = on_choke,
  [BTFW_WIRE_UNCHOKE] = on_unchoke,
  [BTFW_WIRE_INTERESTED] = on_interested,
  [BTFW_WIRE_NOT_INTERESTED] = on_not_interested,
  [BTFW_WIRE_HAVE] = on_have,
  [BTFW_WIRE_BITFIELD] = on_bitfield,
  [BTFW_WIRE_REQUEST] = on_request,
  [BTFW_WIRE_CANCEL] = on_cancel,
  [BTFW_WIRE_PORT] = on_port,
  [BTFW_WIRE_SUGGEST] = on_suggest,
  [BTFW_WIRE_HAVE_ALL] = on_have_all,
  [BTFW_WIRE_HAVE_NONE] = on_have_none,
  [BTFW_WIRE_REJECT] = on_reject,
  [BTFW_WIRE_ALLOWED_FAST] = on_allowed_fast,
  [BTFW_WIRE_EXTENDED] = on_extended,
};

gboolean
btfw_peer_handle (BtfwPeer *self, guint8 id, BtfwReader *body, GError **error)
{
  if (id >= G_N_ELEMENTS (handlers) || handlers[id] == NULL)
    return TRUE;
  if (!handlers[id] (self, body, error))
    return FALSE;

  /* What it has comes first, if it has anything; so now it is known. */
  if (!self->is_joined && id != BTFW_WIRE_EXTENDED && self->swarm->view != NULL)
    {
      self->is_joined = TRUE;
      btfw_picker_peer_changed (self->swarm->picker, btfw_peer_get_view (self), BTFW_PEER_JOINED);
      btfw_shadow_peer_changed (self->swarm->shadow, btfw_peer_get_view (self), BTFW_PEER_JOINED);
    }
  return TRUE;
}

static void
put_pieces (BtfwPeer *self, GByteArray *out)
{
  const BtfwBitfield *have = &self->swarm->map.have;
  gsize               size = BTFW_BITFIELD_WIRE_SIZE (have->n_bits);

  /* What is looked at, or not even known, is told when it is certain. */
  if (!btfw_swarm_serves (self->swarm))
    {
      if (self->features & BTFW_FEATURE_FAST)
        btfw_wire_put_bare (out, BTFW_WIRE_HAVE_NONE);
      return;
    }
  if ((self->features & BTFW_FEATURE_FAST) && (have->n_set == 0 || btfw_bitfield_is_full (have)))
    btfw_wire_put_bare (out, have->n_set == 0 ? BTFW_WIRE_HAVE_NONE : BTFW_WIRE_HAVE_ALL);
  else if (have->n_set > 0)
    btfw_bitfield_to_wire (have, btfw_wire_put_bitfield (out, size));
}

void
btfw_peer_greet (BtfwPeer *self)
{
  GByteArray *out = btfw_sender_get_messages (&self->sender);
  guint16     node_port = btfw_discoveries_get_node_port (self->swarm, self);

  put_pieces (self, out);
  if ((self->features & BTFW_FEATURE_DHT) && node_port != 0)
    btfw_wire_put_port (out, node_port);
  btfw_extensions_greet (self);
}
