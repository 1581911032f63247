/* extension.c: the interface of extensions. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-extension.h>

#include "plugin/border.h"
#include "plugin/watch.h"

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
    {
      btfw_watch_enter (self, "start");
      iface->start (self, clock);
      btfw_watch_leave ();
    }
}

const char *
btfw_extension_get_message (BtfwExtension *self)
{
  const char *message;

  g_return_val_if_fail (BTFW_IS_EXTENSION (self), NULL);

  btfw_watch_enter (self, "get_message");
  message = BTFW_EXTENSION_GET_IFACE (self)->get_message (self);
  btfw_watch_leave ();
  return message;
}

void
btfw_extension_torrent_added (BtfwExtension *self, BtfwSwarmView *torrent)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->torrent_added != NULL)
    {
      btfw_watch_enter (self, "torrent_added");
      iface->torrent_added (self, torrent);
      btfw_watch_leave ();
    }
}

void
btfw_extension_torrent_removed (BtfwExtension *self, BtfwSwarmView *torrent)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->torrent_removed != NULL)
    {
      btfw_watch_enter (self, "torrent_removed");
      iface->torrent_removed (self, torrent);
      btfw_watch_leave ();
    }
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
    {
      btfw_watch_enter (self, "write_handshake");
      iface->write_handshake (self, torrent, peer, handshake);
      btfw_watch_leave ();
    }
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
    {
      btfw_watch_enter (self, "handshake");
      iface->handshake (self, torrent, peer, handshake);
      btfw_watch_leave ();
    }
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
  gboolean                ok;

  g_return_val_if_fail (BTFW_IS_EXTENSION (self), TRUE);
  g_return_val_if_fail (torrent != NULL && peer != NULL, TRUE);
  g_return_val_if_fail (data != NULL || size == 0, TRUE);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->message == NULL)
    return TRUE;
  btfw_watch_enter (self, "message");
  ok = iface->message (self, torrent, peer, data, size, error);
  btfw_watch_leave ();
  return btfw_border_settle (self, "message", ok, BTFW_ERROR, BTFW_ERROR_PLUGIN, error);
}

void
btfw_extension_peer_gone (BtfwExtension *self, BtfwSwarmView *torrent, BtfwPeerView *peer)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL && peer != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->peer_gone != NULL)
    {
      btfw_watch_enter (self, "peer_gone");
      iface->peer_gone (self, torrent, peer);
      btfw_watch_leave ();
    }
}

void
btfw_extension_metadata_checked (BtfwExtension *self, BtfwSwarmView *torrent, gboolean is_right)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->metadata_checked != NULL)
    {
      btfw_watch_enter (self, "metadata_checked");
      iface->metadata_checked (self, torrent, is_right);
      btfw_watch_leave ();
    }
}

void
btfw_extension_piece_lost (BtfwExtension *self, BtfwSwarmView *torrent, guint32 piece)
{
  BtfwExtensionInterface *iface;

  g_return_if_fail (BTFW_IS_EXTENSION (self));
  g_return_if_fail (torrent != NULL);

  iface = BTFW_EXTENSION_GET_IFACE (self);
  if (iface->piece_lost != NULL)
    {
      btfw_watch_enter (self, "piece_lost");
      iface->piece_lost (self, torrent, piece);
      btfw_watch_leave ();
    }
}
