/* clock.h: makes the clocks that plugins hold. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"

#include <btfw/btfw-clock.h>

/* @name: whose dice. */
BtfwClock *btfw_clock_new (BtfwLoop *loop, const char *name);
/* Ends all its timers and drops the caller's reference; it answers 0 from now on. */
void       btfw_clock_kill (BtfwClock *self);
