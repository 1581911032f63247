/* reasons.h: why a torrent is slow, stands still, or does nothing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/reason.h"

typedef struct _BtfwSwarm BtfwSwarm;

/* Of BtfwReason, the gravest first; empty when all is well and somebody takes
 * what it has. (transfer full) */
GPtrArray *btfw_reasons_list (BtfwSwarm *swarm);

/* --- For the parts --- */

/* Why nobody is here: what trackers said, and what became of attempts to connect. */
void btfw_reasons_add_search (BtfwSwarm *swarm, GPtrArray *list);
/* The same of trackers alone, where they fail, while there are peers. */
void btfw_reasons_add_tracker_trouble (BtfwSwarm *swarm, GPtrArray *list, BtfwReasonWeight weight);
