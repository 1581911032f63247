/* listener.h: one listening socket, and how fast it takes connections. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"
#include "net/binding.h"
#include "loop/loop.h"

/* So many connections may come at once, and so many a second after that: some
 * percent of a core at most. More wait in the kernel's queue, which is short
 * enough for the last one in it not to give up. */
#define BTFW_ACCEPT_BURST 64
#define BTFW_ACCEPT_RATE 2000
#define BTFW_ACCEPT_QUEUE 1024

typedef struct _BtfwListener BtfwListener;

/* @fd: not blocking, the receiver's */
typedef void (*BtfwAcceptedFunc) (int fd, const BtfwAddress *from, gpointer user_data);

/* Listens at @address; @binding only ties the socket to its interface. An
 * address in use is BTFW_ERROR_BUSY, a family that the system lacks
 * BTFW_ERROR_UNSUPPORTED. */
BtfwListener *btfw_listener_new (BtfwLoop          *loop,
                                 const BtfwBinding *binding,
                                 const BtfwAddress *address,
                                 BtfwAcceptedFunc   accepted,
                                 gpointer           user_data,
                                 GError           **error);
void          btfw_listener_free (BtfwListener *self);
guint16       btfw_listener_get_port (BtfwListener *self);
/* With the port that it really has. */
const BtfwAddress *btfw_listener_get_address (BtfwListener *self);

/* A listening descriptor alone, not blocking. @dual: IPv4 is welcome on an
 * IPv6 address, too. */
int btfw_listen_at (const BtfwBinding *binding, const BtfwAddress *address, gboolean dual, GError **error);
