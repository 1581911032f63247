/* extension-calls.c: what extension plugins may do to torrents and peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/extensions.h"

#include "swarm/swarm.h"
#include "swarm/views.h"

/* One message of an extension. */
#define MESSAGE_MAX (256u * 1024)
/* What may wait for a peer that reads slowly; behind that, messages are refused. */
#define WAITING_MAX (512u * 1024)

/* The peer's number of the message of @self; 0 when it cannot be sent to. */
static guint8
get_id (BtfwExtension *self, const BtfwPeer *peer)
{
  guint i;

  if (peer == NULL || peer->is_closing || peer->extension_ids == NULL)
    return 0;
  i = btfw_extension_set_find (peer->swarm->resources->extensions, self);
  return i < peer->swarm->extensions.n && peer->swarm->extensions.views[i] != NULL ? peer->extension_ids[i] : 0;
}

gboolean
btfw_extension_can_send (BtfwExtension *self, BtfwPeerView *peer)
{
  g_return_val_if_fail (BTFW_IS_EXTENSION (self), FALSE);
  g_return_val_if_fail (peer != NULL, FALSE);

  return get_id (self, btfw_peer_view_peek (peer)) != 0;
}

gboolean
btfw_extension_send (BtfwExtension *self, BtfwPeerView *view, const guint8 *data, gsize size)
{
  BtfwPeer *peer;
  guint8    id;

  g_return_val_if_fail (BTFW_IS_EXTENSION (self), FALSE);
  g_return_val_if_fail (view != NULL, FALSE);
  g_return_val_if_fail (data != NULL || size == 0, FALSE);
  g_return_val_if_fail (size <= MESSAGE_MAX, FALSE);

  peer = btfw_peer_view_peek (view);
  id = get_id (self, peer);
  if (id == 0 || btfw_sender_get_n_waiting (&peer->sender) > WAITING_MAX)
    return FALSE;
  btfw_wire_put_extended (btfw_sender_get_messages (&peer->sender), id, data, size);
  btfw_peer_queue_write (peer);
  return TRUE;
}

gsize
btfw_extension_get_n_waiting (BtfwExtension *self, BtfwPeerView *view)
{
  BtfwPeer *peer;

  g_return_val_if_fail (BTFW_IS_EXTENSION (self), 0);
  g_return_val_if_fail (view != NULL, 0);

  peer = btfw_peer_view_peek (view);
  return peer == NULL ? 0 : btfw_sender_get_n_waiting (&peer->sender);
}

void
btfw_extension_ban (BtfwExtension *self, BtfwPeerView *view, const char *reason)
{
  BtfwPeer *peer;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (view != NULL);
  g_return_if_fail (reason != NULL);

  peer = btfw_peer_view_peek (view);
  if (peer != NULL)
    btfw_swarm_ban (peer->swarm, &peer->address, reason);
}

void
btfw_extension_ban_address (BtfwExtension *self, BtfwSwarmView *torrent, const guint8 *ip, gsize ip_size, const char *reason)
{
  BtfwSwarm  *swarm;
  BtfwAddress address;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);
  g_return_if_fail (reason != NULL);

  swarm = btfw_swarm_view_peek (torrent);
  if (swarm != NULL && btfw_address_from_ip (&address, ip, ip_size, 0))
    btfw_swarm_ban (swarm, &address, reason);
}

gboolean
btfw_extension_add_candidate (BtfwExtension     *self,
                              BtfwSwarmView     *torrent,
                              BtfwPeerView      *from,
                              const guint8      *ip,
                              gsize              ip_size,
                              guint16            port,
                              BtfwCandidateFlags flags)
{
  BtfwSwarm     *swarm;
  BtfwCandidate *candidate;
  BtfwAddress    address;

  g_return_val_if_fail (BTFW_IS_EXTENSION (self), FALSE);
  g_return_val_if_fail (torrent != NULL, FALSE);
  g_return_val_if_fail (ip != NULL, FALSE);

  swarm = btfw_swarm_view_peek (torrent);
  if (swarm == NULL || btfw_swarm_is_private (swarm) || !btfw_address_from_ip (&address, ip, ip_size, port))
    return FALSE;
  if (btfw_address_is_local (&address) && (from == NULL || !btfw_peer_view_is_local (from)))
    return FALSE;

  candidate = btfw_candidates_add (&swarm->candidates, &address, BTFW_SOURCE_EXCHANGE);
  if (candidate == NULL)
    return FALSE;
  candidate->flags |= (guint8) flags;
  btfw_dialing_wake (&swarm->dialing);
  return TRUE;
}

gboolean
btfw_extension_forget_piece (BtfwExtension *self, BtfwPeerView *view, guint32 piece)
{
  BtfwPeer *peer;

  g_return_val_if_fail (BTFW_IS_EXTENSION (self), FALSE);
  g_return_val_if_fail (view != NULL, FALSE);

  peer = btfw_peer_view_peek (view);
  if (peer == NULL)
    return TRUE;
  if (peer->swarm->metainfo == NULL)
    {
      /* What is kept of its words does not hold any more: it may say them anew. */
      peer->says_too_much = TRUE;
      return TRUE;
    }
  if (piece >= peer->swarm->map.n_pieces)
    return FALSE;
  btfw_swarm_on_piece_gone (peer->swarm, peer, piece);
  return TRUE;
}

gboolean
btfw_extension_offer_metadata (BtfwExtension *self, BtfwSwarmView *torrent, GBytes *metadata)
{
  BtfwSwarm *swarm;

  g_return_val_if_fail (BTFW_IS_EXTENSION (self), FALSE);
  g_return_val_if_fail (torrent != NULL, FALSE);
  g_return_val_if_fail (metadata != NULL, FALSE);

  swarm = btfw_swarm_view_peek (torrent);
  return swarm != NULL && btfw_metadata_offer (&swarm->metadata, metadata);
}

void
btfw_extension_set_metadata_progress (BtfwExtension *self, BtfwSwarmView *torrent, guint32 done, guint32 size)
{
  BtfwSwarm *swarm;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  swarm = btfw_swarm_view_peek (torrent);
  if (swarm != NULL)
    btfw_metadata_set_progress (&swarm->metadata, done, size);
}
