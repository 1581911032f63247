/* rate.h: how many bytes a second pass, over the last seconds. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* A smoothed rate: the mean over a sliding window of whole ticks, of a second
 * each, and what has passed of the current one. 40 bytes, no timer, no
 * allocation; all zero bytes is a valid start. The time before the first byte
 * does not count. Times are monotonic microseconds and never go back. */
typedef struct
{
  guint64 total;     /* all that was ever added */
  gint64  tick;      /* when the current tick began */
  guint32 counts[6]; /* bytes, the current tick first; at most 4 GiB of a second */
} BtfwRate;

void    btfw_rate_add (BtfwRate *self, gint64 now, gsize bytes);
/* Bytes a second. Decays to 0 when nothing is added. */
guint64 btfw_rate_get (const BtfwRate *self, gint64 now);
