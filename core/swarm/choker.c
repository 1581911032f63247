/* choker.c: the interface of chokers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-choker.h>

#include "plugin/watch.h"

/* The round of the mainline client. */
#define PERIOD_DEFAULT 10000

G_DEFINE_INTERFACE (BtfwChoker, btfw_choker, G_TYPE_OBJECT)

static void
btfw_choker_default_init (BtfwChokerInterface *iface)
{
}

guint
btfw_choker_get_period (BtfwChoker *self)
{
  BtfwChokerInterface *iface;

  g_return_val_if_fail (BTFW_IS_CHOKER (self), PERIOD_DEFAULT);

  iface = BTFW_CHOKER_GET_IFACE (self);
  return iface->get_period == NULL ? PERIOD_DEFAULT : iface->get_period (self);
}

void
btfw_choker_rechoke (BtfwChoker *self, BtfwPeerGroup *group, gboolean is_round)
{
  g_return_if_fail (BTFW_IS_CHOKER (self));
  g_return_if_fail (group != NULL);

  btfw_watch_enter (self, "rechoke");
  BTFW_CHOKER_GET_IFACE (self)->rechoke (self, group, is_round);
  btfw_watch_leave ();
}
