/* saving.h: writes down what a torrent has, soon after it changed, and when it stops. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "disk/resume.h"
#include "swarm/peer.h"

typedef struct _BtfwSavingRun BtfwSavingRun;

typedef struct
{
  BtfwSwarm     *swarm;
  BtfwTimer      timer;
  BtfwSavingRun *run; /* what is needed while something is under way; NULL otherwise */
  gint64         began;
  gint64         took; /* the last one, in µs */
  gint64         added;
  gint64         completed;
  gboolean       is_armed; /* the opening went through: what the map says is all that is here */
  gboolean       is_busy;
  gboolean       is_dirty;
  gboolean       closes; /* then the volume is closed too */
  gboolean       has_failed; /* and said so */
} BtfwSaving;

void btfw_saving_init (BtfwSaving *self, BtfwSwarm *swarm);
void btfw_saving_clear (BtfwSaving *self);
/* Something changed that is worth remembering. */
void btfw_saving_queue (BtfwSaving *self);
/* From now on the map may be written down. */
void btfw_saving_arm (BtfwSaving *self);
/* Saves now (unless the opening did not go through), then closes the volume; tells btfw_swarm_check_stopped(). */
void btfw_saving_close (BtfwSaving *self);
