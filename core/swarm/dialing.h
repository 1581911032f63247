/* dialing.h: connects to candidates while a torrent wants more peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/peer.h"

typedef struct
{
  BtfwSwarm *swarm;
  GPtrArray *attempts; /* NULL until the first */
  gboolean   has_dialled; /* anybody, so far */
  BtfwTimer  next;
} BtfwDialing;

void  btfw_dialing_init (BtfwDialing *self, BtfwSwarm *swarm);
/* Gives all attempts up. */
void  btfw_dialing_stop (BtfwDialing *self);
void  btfw_dialing_clear (BtfwDialing *self);
/* There are new candidates, or room for more peers. */
void  btfw_dialing_wake (BtfwDialing *self);
guint btfw_dialing_get_n (const BtfwDialing *self);
