/* picker.c: the interface of pickers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-picker.h>

#include "plugin/watch.h"

G_DEFINE_INTERFACE (BtfwPicker, btfw_picker, G_TYPE_OBJECT)

static void
btfw_picker_default_init (BtfwPickerInterface *iface)
{
}

void
btfw_picker_attach (BtfwPicker *self, BtfwSwarmView *swarm)
{
  g_return_if_fail (BTFW_IS_PICKER (self));
  g_return_if_fail (swarm != NULL);

  btfw_watch_enter (self, "attach");
  BTFW_PICKER_GET_IFACE (self)->attach (self, swarm);
  btfw_watch_leave ();
}

void
btfw_picker_detach (BtfwPicker *self)
{
  g_return_if_fail (BTFW_IS_PICKER (self));

  btfw_watch_enter (self, "detach");
  BTFW_PICKER_GET_IFACE (self)->detach (self);
  btfw_watch_leave ();
}

void
btfw_picker_pick (BtfwPicker *self, BtfwPeerView *peer, BtfwPicks *picks)
{
  g_return_if_fail (BTFW_IS_PICKER (self));

  btfw_watch_enter (self, "pick");
  BTFW_PICKER_GET_IFACE (self)->pick (self, peer, picks);
  btfw_watch_leave ();
}

void
btfw_picker_pieces_changed (BtfwPicker *self, guint32 first, guint32 n_pieces, BtfwPieceChange what)
{
  BtfwPickerInterface *iface;

  g_return_if_fail (BTFW_IS_PICKER (self));

  iface = BTFW_PICKER_GET_IFACE (self);
  if (iface->pieces_changed == NULL)
    return;
  btfw_watch_enter (self, "pieces_changed");
  iface->pieces_changed (self, first, n_pieces, what);
  btfw_watch_leave ();
}

void
btfw_picker_peer_changed (BtfwPicker *self, BtfwPeerView *peer, BtfwPeerChange what)
{
  BtfwPickerInterface *iface;

  g_return_if_fail (BTFW_IS_PICKER (self));

  iface = BTFW_PICKER_GET_IFACE (self);
  if (iface->peer_changed == NULL)
    return;
  btfw_watch_enter (self, "peer_changed");
  iface->peer_changed (self, peer, what);
  btfw_watch_leave ();
}
