/* removal.h: takes a torrent out of a session, with its files if that is asked for. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/hub.h"

/* @error: (transfer full) (nullable): of the files; the torrent is gone in any case. */
typedef void (*BtfwRemovalDone) (GError *error, gpointer user_data);

/* On the loop's thread. From now on the torrent is not found any more; it is
 * freed just before @done. */
void btfw_removal_begin (BtfwHub           *hub,
                         BtfwEngineTorrent *torrent,
                         gboolean           with_files,
                         BtfwRemovalDone    done,
                         gpointer           user_data);
