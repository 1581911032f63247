/* btfw-clock.h: the time, the timers and the dice of a plugin. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>

G_BEGIN_DECLS

/**
 * BtfwClock:
 *
 * The session's own time and random numbers, as one plugin instance sees
 * them: what another plugin does with its own does not disturb them, and with
 * the same seed a run can be repeated. Ref-counted; used on the session's
 * loop thread only. Once the session has ended, the clock is dead: it answers
 * 0, and no timer goes off any more.
 */
#define BTFW_TYPE_CLOCK (btfw_clock_get_type ())
BTFW_API GType btfw_clock_get_type (void) G_GNUC_CONST;

BTFW_API BtfwClock *btfw_clock_ref (BtfwClock *self);
BTFW_API void       btfw_clock_unref (BtfwClock *self);

/**
 * btfw_clock_get_time:
 *
 * Returns: monotonic time in microseconds, as it was when this dispatch of the loop began
 */
BTFW_API gint64     btfw_clock_get_time (BtfwClock *self);
/**
 * btfw_clock_random:
 * @n: a bound above 0
 *
 * Not for keys, tokens and identities: those come from a cryptographic source.
 *
 * Returns: a number from 0 to @n - 1
 */
BTFW_API guint32    btfw_clock_random (BtfwClock *self, guint32 n);

/**
 * BtfwClockFunc:
 *
 * What happens when a timer goes off. It may set timers and cancel any.
 */
typedef void (*BtfwClockFunc) (gpointer user_data);

/**
 * btfw_clock_set_timer:
 * @delay: microseconds from now
 * @func: (scope notified) (closure user_data): called once, from the loop, never from inside this function
 * @destroy: (nullable): frees @user_data afterwards, or when the timer is cancelled
 *
 * Returns: the timer, for btfw_clock_cancel_timer(); never 0, unless the clock is dead
 */
BTFW_API guint64    btfw_clock_set_timer (BtfwClock     *self,
                                          gint64         delay,
                                          BtfwClockFunc  func,
                                          gpointer       user_data,
                                          GDestroyNotify destroy);
/**
 * btfw_clock_cancel_timer:
 * @timer: one that may have gone off already; 0 is none
 */
BTFW_API void       btfw_clock_cancel_timer (BtfwClock *self, guint64 timer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwClock, btfw_clock_unref)

G_END_DECLS
