/* reception.h: connections from outside, until it is known which torrent they are for. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/greeting.h"
#include "swarm/swarm.h"

typedef struct _BtfwReception BtfwReception;

/* The torrent of a hash, or NULL. */
typedef BtfwSwarm *(*BtfwReceptionFind) (const guint8 *info_hash, gpointer user_data);

/* @find_obfuscated: the torrent that an encrypted handshake means; see obfuscation.h. */
BtfwReception *btfw_reception_new (BtfwReceptionFind find, BtfwObfuscationFind find_obfuscated, gpointer user_data);
/* Of those that come from now on; off at first. */
void           btfw_reception_set_encryption (BtfwReception *self, BtfwEncryption encryption);
/* Closes all that have not finished. */
void           btfw_reception_free (BtfwReception *self);
/* Closes the guest that has been silent longest; a make-room function of the network. */
gboolean       btfw_reception_make_room (BtfwNetwork *network, gpointer self);
/* Takes the stream; an accept function of the network. */
void           btfw_reception_accept (BtfwNetwork *network, BtfwStream *stream, const BtfwAddress *from, gpointer self);
