/* btfw-datagram.h: the UDP port that a session's protocols share, and multicast groups. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-net.h>

G_BEGIN_DECLS

/**
 * BTFW_DATAGRAM_MAX:
 *
 * The largest datagram that is taken, or sent. Larger ones are dropped unseen.
 */
#define BTFW_DATAGRAM_MAX 4096u

/**
 * BtfwDatagram:
 *
 * One UDP port for all protocols of a session: uTP, DHT, trackers. It has the
 * number of the TCP port where that is free, for IPv4 and for IPv6, and is
 * open while somebody has a handler there. What comes in is told apart by
 * its first bytes. Ref-counted; used on the session's loop thread only. Once
 * the session has ended it is dead: nothing comes and nothing is sent.
 *
 * One dispatch of the loop takes in a bounded number of datagrams, so a flood
 * fills the system's queue and holds nobody up.
 */
#define BTFW_TYPE_DATAGRAM (btfw_datagram_get_type ())
BTFW_API GType btfw_datagram_get_type (void) G_GNUC_CONST;

BTFW_API BtfwDatagram *btfw_datagram_ref (BtfwDatagram *self);
BTFW_API void          btfw_datagram_unref (BtfwDatagram *self);

/**
 * BtfwDatagramFuncs: (skip)
 * @match: whether a datagram is of this protocol, from its first bytes alone:
 *   trackers' begin with 0, DHT's with 'd', uTP's with a byte whose low half is
 *   1. Handlers are asked in the order of their coming; the first one gets it
 * @receive: a datagram of up to %BTFW_DATAGRAM_MAX bytes, also of none; all is
 *   borrowed. @from can be forged by anybody. May add and remove handlers
 * @unreachable: (nullable): what was sent to @to did not arrive: @error is an
 *   errno value. Comes later, never inside btfw_datagram_send(), and for what
 *   other handlers sent, too
 *
 * How one protocol takes part.
 */
typedef struct
{
  gboolean (*match) (const guint8 *data, gsize size, gpointer user_data);
  void (*receive) (const guint8 *data, gsize size, const BtfwEndpoint *from, gpointer user_data);
  void (*unreachable) (const BtfwEndpoint *to, int error, gpointer user_data);

  /*< private >*/
  gpointer padding[4];
} BtfwDatagramFuncs;

/**
 * btfw_datagram_add_handler: (skip)
 * @funcs: stays the caller's, until the handler is removed
 *
 * Takes part, and opens the port when it is the first to do so.
 *
 * Returns: the handler, for btfw_datagram_remove_handler(); 0 with @error set
 *   when the port cannot be had
 */
BTFW_API guint btfw_datagram_add_handler (BtfwDatagram            *self,
                                          const BtfwDatagramFuncs *funcs,
                                          gpointer                 user_data,
                                          GError                 **error);
/**
 * btfw_datagram_remove_handler: (skip)
 * @handler: 0 is none
 *
 * No call comes for it any more. What it has sent still goes out.
 */
BTFW_API void  btfw_datagram_remove_handler (BtfwDatagram *self, guint handler);
/**
 * btfw_datagram_send:
 * @data: (array length=size): copied; at most %BTFW_DATAGRAM_MAX bytes
 *
 * Sends at the end of this dispatch, together with what others send. Whether
 * an address may be sent to at all is for the caller to decide, see
 * btfw_net_check_endpoint().
 *
 * Returns: %FALSE when it is not sent: nobody can have the address, its family
 *   cannot be used, or too much waits to be sent already
 */
BTFW_API gboolean btfw_datagram_send (BtfwDatagram       *self,
                                      const BtfwEndpoint *to,
                                      const guint8       *data,
                                      gsize               size);
/**
 * btfw_datagram_get_port:
 * @family: IPv4 or IPv6
 *
 * Returns: where others reach us; 0 while it is not open for that family
 */
BTFW_API guint16  btfw_datagram_get_port (BtfwDatagram *self, GSocketFamily family);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwDatagram, btfw_datagram_unref)

/**
 * BtfwMulticast: (skip)
 *
 * A multicast group, joined on each network interface that the session may
 * use. Its socket is apart from the shared port, as groups have ports of
 * their own, which programs of one machine share.
 */
typedef struct _BtfwMulticast BtfwMulticast;

/**
 * BtfwMulticastFunc: (skip)
 * @from: the sender; what we send ourselves comes back, too
 */
typedef void (*BtfwMulticastFunc) (const guint8 *data, gsize size, const BtfwEndpoint *from, gpointer user_data);

/**
 * btfw_multicast_join: (skip)
 * @group: its address and port
 * @receive: called from the loop, for at most %BTFW_DATAGRAM_MAX bytes
 *
 * Returns: (transfer full) (nullable): the membership, or %NULL with @error set
 */
BTFW_API BtfwMulticast *btfw_multicast_join (BtfwNet            *net,
                                             const BtfwEndpoint *group,
                                             BtfwMulticastFunc   receive,
                                             gpointer            user_data,
                                             GError            **error);
/**
 * btfw_multicast_leave: (skip)
 * @self: (transfer full): also one whose session has ended
 */
BTFW_API void           btfw_multicast_leave (BtfwMulticast *self);
/**
 * btfw_multicast_send: (skip)
 *
 * Sends to the group, once on every interface, not further than one hop; and
 * joins on interfaces that have come since.
 *
 * Returns: on how many interfaces it went out
 */
BTFW_API guint          btfw_multicast_send (BtfwMulticast *self, const guint8 *data, gsize size);

G_END_DECLS
