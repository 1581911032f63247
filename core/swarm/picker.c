/* picker.c: the interface of pickers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-picker.h>

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

  BTFW_PICKER_GET_IFACE (self)->attach (self, swarm);
}

void
btfw_picker_detach (BtfwPicker *self)
{
  g_return_if_fail (BTFW_IS_PICKER (self));

  BTFW_PICKER_GET_IFACE (self)->detach (self);
}

void
btfw_picker_pick (BtfwPicker *self, BtfwPeerView *peer, BtfwPicks *picks)
{
  g_return_if_fail (BTFW_IS_PICKER (self));

  BTFW_PICKER_GET_IFACE (self)->pick (self, peer, picks);
}

void
btfw_picker_pieces_changed (BtfwPicker *self, guint32 first, guint32 n_pieces, BtfwPieceChange what)
{
  BtfwPickerInterface *iface;

  g_return_if_fail (BTFW_IS_PICKER (self));

  iface = BTFW_PICKER_GET_IFACE (self);
  if (iface->pieces_changed != NULL)
    iface->pieces_changed (self, first, n_pieces, what);
}

void
btfw_picker_peer_changed (BtfwPicker *self, BtfwPeerView *peer, BtfwPeerChange what)
{
  BtfwPickerInterface *iface;

  g_return_if_fail (BTFW_IS_PICKER (self));

  iface = BTFW_PICKER_GET_IFACE (self);
  if (iface->peer_changed != NULL)
    iface->peer_changed (self, peer, what);
}
