/* choking.h: the rounds in which the choker plugin shares out the upload slots. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/peer.h"

#include <btfw/btfw-choker.h>

typedef struct
{
  BtfwSwarm  *swarm;
  BtfwChoker *choker; /* owned */
  BtfwRandom  random;
  BtfwTimer   round;
  BtfwIdle    change;
} BtfwChoking;

/* Takes the choker's reference. */
void btfw_choking_init (BtfwChoking *self, BtfwSwarm *swarm, BtfwChoker *choker);
void btfw_choking_clear (BtfwChoking *self);
/* A peer came, left, or changed its interest: looks again at the end of this dispatch. */
void btfw_choking_queue (BtfwSwarm *swarm);
/* Another choker takes over; takes its reference. */
void btfw_choking_exchange (BtfwChoking *self, BtfwChoker *choker);
