/* random.h: makes the loop's streams of dice. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"

/* The @nth stream (from 0) of @name. */
void btfw_random_init (BtfwRandom *self, guint64 seed, const char *name, guint64 nth);
