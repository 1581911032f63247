/* net.h: makes the public BtfwNet. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/binding.h"
#include "net/datagram.h"

BtfwNet *btfw_net_new (const BtfwBinding *binding);
/* Torrents and redirects may then lead to local addresses, too. */
void     btfw_net_set_allow_local (BtfwNet *self, gboolean allow_local);

/* What it works on, until btfw_net_detach(): after that plugins that still hold
 * it can do no more harm. @datagram is borrowed; @port answers for
 * btfw_net_get_port(), and may be NULL for 0. */
/* From now on it looks no names up. */
void     btfw_net_set_offline (BtfwNet *self);
void     btfw_net_attach (BtfwNet             *self,
                          BtfwLoop            *loop,
                          BtfwDatagram        *datagram,
                          BtfwDatagramPortFunc port,
                          gpointer             user_data);
void     btfw_net_detach (BtfwNet *self);
/* With a loop of its own in the thread's default context, where there is no
 * session. The last reference goes outside of that loop's calls. */
BtfwNet *btfw_net_new_alone (const BtfwBinding *binding);
/* For simulations: takes @datagram, and secrets come from the loop's dice. */
BtfwNet *btfw_net_new_virtual (BtfwLoop *loop, BtfwDatagram *datagram);

gboolean btfw_address_from_inet (BtfwAddress *self, GInetAddress *address);

/* FALSE in a simulation, and once detached. */
gboolean btfw_net_looks_names_up (BtfwNet *self);

/* For multicast.c: */
gboolean           btfw_net_can_join (BtfwNet *self, GError **error);
const BtfwBinding *btfw_net_get_binding (BtfwNet *self);
BtfwLoop          *btfw_net_add_multicast (BtfwNet *self, BtfwMulticast *multicast);
void               btfw_net_remove_multicast (BtfwNet *self, BtfwMulticast *multicast);
void               btfw_multicast_close (BtfwMulticast *self);
