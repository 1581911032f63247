/* watch.h: notes which plugin is being called, so that one which never returns can be named. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

/* Around a call of a plugin's method, on whatever thread: two plain stores.
 * Calls do not nest but for layers of storages, of which the top one counts. */
void btfw_watch_enter (gpointer instance, const char *method);
void btfw_watch_leave (void);
