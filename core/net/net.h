/* net.h: makes the public BtfwNet. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/binding.h"

BtfwNet *btfw_net_new (const BtfwBinding *binding);
/* Torrents and redirects may then lead to local addresses, too. */
void     btfw_net_set_allow_local (BtfwNet *self, gboolean allow_local);

gboolean btfw_address_from_inet (BtfwAddress *self, GInetAddress *address);
