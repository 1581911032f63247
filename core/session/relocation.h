/* relocation.h: moves a torrent to another folder: stops it, moves its files, goes on there. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/hub.h"

/* @error: (transfer full) (nullable): then it stays where it was. */
typedef void (*BtfwRelocationDone) (GError *error, gpointer user_data);

/* On the loop's thread; not for one that is moved already. Until @done, starting and
 * stopping it takes effect at the end, and it cannot be removed. @cancellable stays the caller's. */
void btfw_relocation_begin (BtfwHub           *hub,
                            BtfwEngineTorrent *torrent,
                            const char        *dir,
                            GCancellable      *cancellable,
                            BtfwRelocationDone done,
                            gpointer           user_data);
