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
  gint64         ended; /* when the last one was through */
  gint64         took;  /* to look at the files and write the last record, in µs */
  gint64         since; /* the oldest change that is not saved; 0: there is none */
  guint64        n_unsaved; /* bytes that were verified since the last save began */
  guint64        durable;   /* bytes of what is here that a power cut leaves here */
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
/* So many bytes more were verified and written. */
void btfw_saving_add (BtfwSaving *self, guint64 size);
/* What was claimed so far is remembered already. */
void btfw_saving_note_remembered (BtfwSaving *self);
/* Never more than what is here: pieces may be lost again. */
guint64 btfw_saving_get_durable (const BtfwSaving *self);
/* From now on the map may be written down. */
void btfw_saving_arm (BtfwSaving *self);
/* Saves now (unless the opening did not go through), then closes the volume; tells btfw_swarm_check_stopped(). */
void btfw_saving_close (BtfwSaving *self);
