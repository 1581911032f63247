/* network.h: makes the sockets: listens, connects, and knows what is allowed. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"
#include "net/stream.h"

/* One of a session. All on the loop's thread. */
typedef struct _BtfwNetwork BtfwNetwork;

/* A fresh connection from outside; the receiver owns @stream. */
typedef void (*BtfwAcceptFunc) (BtfwNetwork *self, BtfwStream *stream, const BtfwAddress *from, gpointer user_data);

/* @bind: NULL, an address, or the name of an interface.
 * @max_connections: both directions; past it new ones wait in the kernel's
 * queue, or are refused. */
BtfwNetwork *btfw_network_new (BtfwLoop *loop, const char *bind, guint max_connections, GError **error);
void         btfw_network_free (BtfwNetwork *self);
/* What plugins get. (transfer none) */
BtfwNet     *btfw_network_get_net (BtfwNetwork *self);

/* Listens on IPv4 and IPv6 on the same port; when @port is taken, tries up to ten
 * above it, then any free one. Accepting is bounded in rate. */
gboolean btfw_network_listen (BtfwNetwork *self, guint16 port, BtfwAcceptFunc accept, gpointer user_data, GError **error);
guint16  btfw_network_get_port (BtfwNetwork *self);
/* Whether @address is one of our own listening addresses. */
gboolean btfw_network_is_self (BtfwNetwork *self, const BtfwAddress *address);

/* An attempt to connect, embedded in its owner; done() comes exactly once unless cancelled,
 * never inside btfw_network_connect(). */
typedef struct _BtfwConnect BtfwConnect;
struct _BtfwConnect
{
  BtfwAddress  address;
  BtfwNetwork *network;
  BtfwWatch    watch;
  BtfwTimer    timer;
  /* @stream is the owner's, or NULL with @error set (borrowed). */
  void (*done) (BtfwConnect *self, BtfwStream *stream, const GError *error);
};

void btfw_network_connect (BtfwNetwork *self, BtfwConnect *connect, guint timeout_ms);
void btfw_network_cancel (BtfwNetwork *self, BtfwConnect *connect);
/* How many descriptors peers use now: streams that are open and attempts. */
guint btfw_network_get_n_connections (BtfwNetwork *self);

/* Looks a host up off the loop, through GResolver; numbers need no look-up. */
typedef void (*BtfwResolveFunc) (const BtfwAddress *addresses, guint n, const GError *error, gpointer user_data);
void btfw_network_resolve (BtfwNetwork    *self,
                           const char     *host,
                           guint16         port,
                           GCancellable   *cancellable,
                           BtfwResolveFunc done,
                           gpointer        user_data);
