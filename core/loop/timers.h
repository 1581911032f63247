/* timers.h: the loop's timers in order of their times. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"

/* A binary heap whose entries carry the time, so that sifting touches no
 * timer's cache line but those that move. Timers of one time run in the order
 * in which they were set. */
typedef struct
{
  gint64     due;
  guint64    order;
  BtfwTimer *timer;
} BtfwTimerEntry;

typedef struct
{
  BtfwTimerEntry *entries; /* of place i: entries[i - 1] */
  guint           n_entries;
  guint           room;
  guint64         n_set; /* ever, for the order */
} BtfwTimers;

void       btfw_timers_clear (BtfwTimers *self);
void       btfw_timers_set (BtfwTimers *self, BtfwTimer *timer, gint64 due);
void       btfw_timers_unset (BtfwTimers *self, BtfwTimer *timer);
/* The next one; G_MAXINT64 when there is none. */
gint64     btfw_timers_get_due (const BtfwTimers *self);
/* Takes the next one out if it is due at @now, else NULL. */
BtfwTimer *btfw_timers_pop_due (BtfwTimers *self, gint64 now);
