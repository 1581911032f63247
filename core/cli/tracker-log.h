/* tracker-log.h: says what trackers answer, for --verbose. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/progress.h"

typedef struct _BtfwTrackerLog BtfwTrackerLog;

BtfwTrackerLog *btfw_tracker_log_new (BtfwProgress *progress);
void            btfw_tracker_log_free (BtfwTrackerLog *self);
/* Tells of what has changed since it was last called for @item. */
void            btfw_tracker_log_update (BtfwTrackerLog *self, BtfwItem *item);
