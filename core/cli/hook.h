/* hook.h: runs the user's program when a torrent is complete. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/item.h"

/* Called in the default main context when the program has ended; @error says
 * how, when it did not end well. */
typedef void (*BtfwHookDone) (const GError *error, gpointer user_data);

/* Starts @program with the arguments name, path and info-hash, and with the
 * same and more in environment variables BTFW_…; never through a shell. What
 * it writes goes to standard error. FALSE with @error set when it cannot be
 * started; @done is not called then. */
gboolean btfw_hook_run (const char *program, const BtfwItem *item, BtfwHookDone done, gpointer user_data, GError **error);
