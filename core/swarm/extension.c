/* extension.c: the interface of extensions. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-extension.h>

G_DEFINE_INTERFACE (BtfwExtension, btfw_extension, G_TYPE_OBJECT)

static void
btfw_extension_default_init (BtfwExtensionInterface *iface)
{
}

void
btfw_extension_start (BtfwExtension *self, BtfwClock *clock)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (clock != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->start != NULL)
    iface->start (self, clock);
}

const char *
btfw_extension_get_message (BtfwExtension *self)
{
  g_return_val_if_fail (BTFW_IS_EXTENSION (self), NULL);

  return BTFW_EXTENSION_GET_IFACE (self)->get_message (self);
}

void
btfw_extension_torrent_added (BtfwExtension *self, BtfwSwarmView *torrent)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->torrent_added != NULL)
    iface->torrent_added (self, torrent);
}

void
btfw_extension_torrent_removed (BtfwExtension *self, BtfwSwarmView *torrent)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->torrent_removed != NULL)
    iface->torrent_removed (self, torrent);
}

void
btfw_extension_write_handshake (BtfwExtension          *self,
                                BtfwSwarmView          *torrent,
                                BtfwPeerView           *peer,
                                BtfwExtensionHandshake *handshake)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL && peer != NULL && handshake != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->write_handshake != NULL)
    iface->write_handshake (self, torrent, peer, handshake);
}

void
btfw_extension_handshake (BtfwExtension          *self,
                          BtfwSwarmView          *torrent,
                          BtfwPeerView           *peer,
                          BtfwExtensionHandshake *handshake)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL && peer != NULL && handshake != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->handshake != NULL)
    iface->handshake (self, torrent, peer, handshake);
}

gboolean
btfw_extension_message (BtfwExtension *self,
                        BtfwSwarmView *torrent,
                        BtfwPeerView  *peer,
                        const guint8  *data,
                        gsize          size,
                        GError       **error)
{
  BtfwExtensionInterface *iface;

  g_return_val_if_fail (BTFW_IS_EXTENSION (self), TRUE);
  g_return_val_if_fail (torrent != NULL && peer != NULL, TRUE);
  g_return_val_if_fail (data != NULL || size == 0, TRUE);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  return iface->message == NULL || iface->message (self, torrent, peer, data, size, error);
}

void
btfw_extension_peer_gone (BtfwExtension *self, BtfwSwarmView *torrent, BtfwPeerView *peer)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL && peer != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->peer_gone != NULL)
    iface->peer_gone (self, torrent, peer);
}

void
btfw_extension_metadata_checked (BtfwExtension *self, BtfwSwarmView *torrent, gboolean is_right)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->metadata_checked != NULL)
    iface->metadata_checked (self, torrent, is_right);
}

void
btfw_extension_piece_lost (BtfwExtension *self, BtfwSwarmView *torrent, guint32 piece)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->piece_lost != NULL)
    iface->piece_lost (self, torrent, piece);
}
