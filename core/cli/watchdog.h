/* watchdog.h: says which plugin does not return, and ends the program when it never does. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* From the first transfer on. */
void btfw_watchdog_start (void);
