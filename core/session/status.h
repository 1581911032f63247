/* status.h: makes the snapshots of torrents that applications see. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/swarm.h"

#include <btfw/btfw-status.h>

/* @pieces: (nullable) the bits of the last snapshot, shared while nothing has changed. */
BtfwTorrentStatus *btfw_torrent_status_new (BtfwSwarm *swarm, BtfwTorrentStatus *last);
/* Of a torrent of which nothing is known yet. */
BtfwTorrentStatus *btfw_torrent_status_new_empty (void);
