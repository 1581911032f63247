/* peer-status.c: makes the snapshots of peers that applications see. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/peer-status.h"

#include "net/address.h"

struct _BtfwPeerStatus
{
  gatomicrefcount n_refs;
  guint64         id;
  char           *address;
  char           *client; /* nullable */
  BtfwPeerFlags   flags;
  guint64         download_rate;
  guint64         upload_rate;
  guint64         downloaded;
  guint64         uploaded;
  guint32         n_pieces;
  gint64          age; /* seconds */
};

G_DEFINE_BOXED_TYPE (BtfwPeerStatus, btfw_peer_status, btfw_peer_status_ref, btfw_peer_status_unref)

static BtfwPeerStatus *
peer_status_new (BtfwPeer *peer)
{
  BtfwPeerStatus *self = g_new0 (BtfwPeerStatus, 1);
  BtfwPeerView   *view = btfw_peer_get_view (peer);

  g_atomic_ref_count_init (&self->n_refs);
  self->id = btfw_peer_view_get_id (view);
  self->address = btfw_address_to_string (&peer->address);
  self->client = g_strdup (btfw_peer_view_get_client (view));
  self->flags = btfw_peer_view_get_flags (view);
  self->download_rate = btfw_peer_view_get_download_rate (view);
  self->upload_rate = btfw_peer_view_get_upload_rate (view);
  self->downloaded = btfw_peer_view_get_downloaded (view);
  self->uploaded = btfw_peer_view_get_uploaded (view);
  self->n_pieces = btfw_peer_view_get_n_pieces (view);
  self->age = btfw_peer_view_get_age (view) / G_USEC_PER_SEC;
  return self;
}

GPtrArray *
btfw_peer_status_list (BtfwSwarm *swarm)
{
  GPtrArray *list = g_ptr_array_new_full (swarm->peers->len, (GDestroyNotify) btfw_peer_status_unref);

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (!peer->is_closing)
        g_ptr_array_add (list, peer_status_new (peer));
    }
  return list;
}

BtfwPeerStatus *
btfw_peer_status_ref (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_peer_status_unref (BtfwPeerStatus *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  g_free (self->address);
  g_free (self->client);
  g_free (self);
}

guint64
btfw_peer_status_get_id (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->id;
}

const char *
btfw_peer_status_get_address (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->address;
}

const char *
btfw_peer_status_get_client (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->client;
}

BtfwPeerFlags
btfw_peer_status_get_flags (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->flags;
}

guint64
btfw_peer_status_get_download_rate (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->download_rate;
}

guint64
btfw_peer_status_get_upload_rate (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->upload_rate;
}

guint64
btfw_peer_status_get_downloaded (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->downloaded;
}

guint64
btfw_peer_status_get_uploaded (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->uploaded;
}

guint32
btfw_peer_status_get_n_pieces (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->n_pieces;
}

gint64
btfw_peer_status_get_age (BtfwPeerStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->age;
}
