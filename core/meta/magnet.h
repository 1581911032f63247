/* magnet.h: from a magnet link, and what peers give for it, to a torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-magnet.h>

/* The largest metadata that is taken from peers. */
#define BTFW_METADATA_SIZE_MAX (32u << 20)

/* Whether @info is what the link's hashes were made of. */
gboolean      btfw_magnet_fits (const BtfwMagnet *self, GBytes *info);
/* @info: an info dictionary that should be the link's. Fails when it is another
 * one's, or is not in order. Heavy: for a worker. */
BtfwMetainfo *btfw_magnet_complete (const BtfwMagnet *self, GBytes *info, GError **error);
/* The same with the info dictionary of a .torrent file that was kept. */
BtfwMetainfo *btfw_magnet_complete_from_torrent (const BtfwMagnet *self, GBytes *torrent, GError **error);
