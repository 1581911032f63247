/* log.h: messages that strangers can cause, bounded in number and size. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#define BTFW_LOG_PER_MINUTE 60

/* Lets a bounded number of messages of one sort through. All zero bytes is a
 * valid start; it belongs to one thread. */
typedef struct
{
  gint64  minute;   /* when the current one began, in µs */
  guint32 n_passed; /* in this minute */
  guint32 n_held;   /* since the last message that passed */
} BtfwLogGate;

/* Whether a message may pass at @now (monotonic µs); counts it either way.
 * @n_held tells how many were held back before it. */
gboolean btfw_log_gate_pass (BtfwLogGate *self, gint64 now, guint32 *n_held);

/* Logs a message, without control characters and at most 1,024 characters
 * long, if @gate lets it pass; also says how many were held back before. What
 * is held back is not even formatted. */
void btfw_log_limited (BtfwLogGate   *gate,
                       gint64         now,
                       GLogLevelFlags level,
                       const char    *format,
                       ...) G_GNUC_PRINTF (4, 5);
