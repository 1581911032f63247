/* peer-priority.h: whom two peers both prefer (BEP 40). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"

/* How dear a connection between the two is: whoever asks, and from which end,
 * the number is the same, so that all of a swarm keep the same connections, and
 * a crowd of one network gets no more of them than its share. 0 when the
 * families differ: no such connection is there. */
guint32 btfw_peer_priority (const BtfwAddress *a, const BtfwAddress *b);
