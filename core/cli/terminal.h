/* terminal.h: what the terminal can do, and how it is left as it was found. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Whether the locale's text is UTF-8, so that more than ASCII can be drawn. */
gboolean btfw_terminal_is_utf8 (void);
/* Whether @fd is a terminal on which the cursor can be moved. */
gboolean btfw_terminal_can_draw (int fd);
/* Whether this process may write to its terminal now: not after "btfw … &". */
gboolean btfw_terminal_is_foreground (int fd);
/* The size as the terminal says it, or 80 and 24. */
guint    btfw_terminal_get_width (int fd);
guint    btfw_terminal_get_height (int fd);

/* Hides the cursor of @fd until btfw_terminal_show_cursor(). It is shown again
 * however the process ends, SIGKILL excepted, and while it is stopped (^Z). */
void btfw_terminal_hide_cursor (int fd);
/* May be called in a signal handler. */
void btfw_terminal_show_cursor (void);
/* Whether the process was stopped and goes on since the last call: others may
 * have written to the terminal meanwhile. */
gboolean btfw_terminal_was_stopped (void);
