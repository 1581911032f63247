/* reasons.h: why a torrent is slow or stands still, as a sentence. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/peer.h"

/* NULL when nothing is wrong. (transfer full) */
char *btfw_reasons_get (BtfwSwarm *swarm);
