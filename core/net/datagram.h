/* datagram.h: the UDP port that a session's protocols share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"
#include "net/binding.h"

#include <btfw/btfw-datagram.h>

/* Which port is wanted: that of TCP, or 0 for any. */
typedef guint16 (*BtfwDatagramPortFunc) (gpointer user_data);

BtfwDatagram *btfw_datagram_new (BtfwLoop            *loop,
                                 const BtfwBinding   *binding,
                                 BtfwDatagramPortFunc get_port,
                                 gpointer             user_data);
/* Ends it for good, whoever still has a reference. */
void          btfw_datagram_close (BtfwDatagram *self);

/* For simulations: nothing touches a socket. What is sent comes to @send, at
 * the end of the dispatch; what is to arrive is handed in. */
typedef void (*BtfwVirtualSendFunc) (const guint8      *data,
                                     gsize              size,
                                     const BtfwAddress *to,
                                     gpointer           user_data);
BtfwDatagram *btfw_datagram_new_virtual (BtfwLoop *loop, guint16 port, BtfwVirtualSendFunc send, gpointer user_data);
void          btfw_datagram_deliver (BtfwDatagram *self, const guint8 *data, gsize size, const BtfwAddress *from);
void          btfw_datagram_tell_unreachable (BtfwDatagram *self, const BtfwAddress *to, int errnum);
