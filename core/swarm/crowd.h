/* crowd.h: who has to go when there are more peers than places. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"

typedef struct _BtfwSwarm BtfwSwarm;

/* Whether a peer may come now. While we download, some places are kept for those
 * that we connect to: strangers cannot take them all. When all are taken, one is
 * closed who holds a place for nothing, or of whom BEP 40 thinks less. */
gboolean btfw_crowd_admits (BtfwSwarm *swarm, const BtfwAddress *address, gboolean is_incoming);
/* Once a second: makes a place for somebody whom we would like to connect to. */
void     btfw_crowd_tick (BtfwSwarm *swarm, gint64 now);
