/* signals.h: the signals that stop the program in good order, or reload it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

typedef void (*BtfwSignalsFunc) (gpointer user_data);

/* SIGINT, SIGTERM and SIGHUP call @stop once, in the default main context; a
 * SIGHUP that the parent ignores (nohup) stays ignored. From then on the
 * program has three seconds; a SIGINT in that time ends it at once. SIGUSR1
 * calls @reload, which may be NULL. There is at most one at a time. */
typedef struct _BtfwSignals BtfwSignals;

BtfwSignals *btfw_signals_new (BtfwSignalsFunc stop, BtfwSignalsFunc reload, gpointer user_data);
void         btfw_signals_free (BtfwSignals *self);
/* The exit code for the signal that asked to stop, or 0 when none did. */
int          btfw_signals_get_exit_code (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwSignals, btfw_signals_free)
