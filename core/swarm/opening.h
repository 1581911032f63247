/* opening.h: what happens before a torrent runs: lock, open, remember, compare, check. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "disk/resume.h"
#include "swarm/peer.h"

typedef struct _BtfwOpeningRun BtfwOpeningRun;

typedef struct
{
  BtfwSwarm      *swarm;
  char           *key;  /* of the record */
  BtfwStateLock  *lock; /* held from opening to closing */
  BtfwOpeningRun *run;  /* what is needed while something is under way; NULL otherwise */
  gboolean        is_busy; /* something is under way */
  gboolean        is_foreign; /* there are files of these names whose content is another one's */
  gboolean        is_checking;
  gboolean        is_open;    /* the volume is */
  gboolean        check_all;  /* whatever is remembered */
  gboolean        is_waiting; /* for a drive that is away; begins anew after a while */
} BtfwOpening;

void btfw_opening_init (BtfwOpening *self, BtfwSwarm *swarm);
/* Ends in btfw_swarm_on_opened() or btfw_swarm_fail(), unless it is cancelled. */
void btfw_opening_begin (BtfwOpening *self, gboolean check_all);
/* What is under way comes to an end soon, and nothing follows. */
void btfw_opening_cancel (BtfwOpening *self);
/* How many pieces were looked at by the check that is under way. */
guint32 btfw_opening_get_n_checked (const BtfwOpening *self);
/* The folder is another one, before anything was opened in it. */
void btfw_opening_rekey (BtfwOpening *self);
void btfw_opening_clear (BtfwOpening *self);
