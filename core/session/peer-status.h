/* peer-status.h: makes the snapshots of peers that applications see. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/swarm.h"

#include <btfw/btfw-peer-status.h>

/* On the loop's thread: the peers that are there. An array of BtfwPeerStatus. */
GPtrArray *btfw_peer_status_list (BtfwSwarm *swarm);
