/* network.h: makes the sockets: listens, connects, and knows what is allowed. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"
#include "net/stream.h"

/* One of a session. All on the loop's thread. */
typedef struct _BtfwNetwork BtfwNetwork;

/* A fresh connection from outside; the receiver owns @stream. Those who say
 * nothing are held back by the kernel for some seconds. */
typedef void (*BtfwAcceptFunc) (BtfwNetwork *self, BtfwStream *stream, const BtfwAddress *from, gpointer user_data);

/* @bind: NULL, an address, or the name of an interface.
 * @max_connections: both directions; past it new ones wait in the kernel's
 * queue, or are refused. */
BtfwNetwork *btfw_network_new (BtfwLoop *loop, const char *bind, guint max_connections, GError **error);
/* Streams and attempts end first. */
void         btfw_network_free (BtfwNetwork *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwNetwork, btfw_network_free)

/* What plugins get. (transfer none) */
BtfwNet     *btfw_network_get_net (BtfwNetwork *self);

/* Listens on IPv4 and IPv6 on the same port; when @port is taken, tries up to ten
 * above it, then any free one. Accepting is bounded in rate. */
gboolean btfw_network_listen (BtfwNetwork *self, guint16 port, BtfwAcceptFunc accept, gpointer user_data, GError **error);
/* 0 before it listens. */
guint16  btfw_network_get_port (BtfwNetwork *self);
/* What the user should know about how sockets are bound, or NULL. */
const char *btfw_network_get_warning (BtfwNetwork *self);
/* For those who run a tracker at home: torrents may lead to local addresses. */
void     btfw_network_set_allow_local (BtfwNetwork *self, gboolean allow_local);

/* Asked when somebody connects and there is no room: closes a connection that
 * is worth less (the oldest that has not said who it is), and answers whether
 * there was one. Without it the newcomer is refused. */
typedef gboolean (*BtfwMakeRoomFunc) (BtfwNetwork *self, gpointer user_data);
void btfw_network_set_make_room (BtfwNetwork *self, BtfwMakeRoomFunc make_room, gpointer user_data);

/* Whether @address is one of our own listening addresses. */
gboolean btfw_network_is_self (BtfwNetwork *self, const BtfwAddress *address);

/* An attempt to connect, embedded in its owner, who sets address and done; all
 * else is ours. done() comes exactly once unless cancelled, never inside
 * btfw_network_connect(), and may free the attempt. */
typedef struct _BtfwConnect BtfwConnect;
struct _BtfwConnect
{
  BtfwAddress  address;
  BtfwNetwork *network; /* NULL when there is none under way */
  BtfwWatch    watch;
  BtfwTimer    timer;
  guint        timeout_ms;
  GError      *error; /* of a failure that is yet to be told */
  int          errnum; /* of what failed, before done(): EPERM where the binding forbids it, EMFILE for too
                        * many connections, EDEADLK for ourselves; 0 for something else */
  /* @stream is the owner's, or NULL with @error set (borrowed). */
  void (*done) (BtfwConnect *self, BtfwStream *stream, const GError *error);
};

void btfw_network_connect (BtfwNetwork *self, BtfwConnect *connect, guint timeout_ms);
void btfw_network_cancel (BtfwNetwork *self, BtfwConnect *connect);
/* How many descriptors peers use now: streams that are open and attempts. */
guint btfw_network_get_n_connections (BtfwNetwork *self);

/* Looks a host up off the loop, through GResolver; numbers need no look-up.
 * done() never comes inside the call, and not at all once @cancellable is
 * cancelled: its owner may go then. */
typedef void (*BtfwResolveFunc) (const BtfwAddress *addresses, guint n, const GError *error, gpointer user_data);
void btfw_network_resolve (BtfwNetwork    *self,
                           const char     *host,
                           guint16         port,
                           GCancellable   *cancellable,
                           BtfwResolveFunc done,
                           gpointer        user_data);
