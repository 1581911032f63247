/* invitation.h: the .torrent files that the tracker gives out. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* Reads "/HASH.torrent"; FALSE when @path is nothing of that form. */
gboolean invitation_read_path (const char *path, guint8 hash[20]);

/* Whether @metainfo names the tracker at @url: others may not be had from us, for
 * their trackers' URLs can be secrets. */
gboolean invitation_is_ours (BtfwMetainfo *metainfo, const char *url);

/* A .torrent file, in parts to be sent one after the other: the large one stays shared.
 * (element-type GBytes) NULL for one that cannot be made from what is public. */
GPtrArray *invitation_write (BtfwMetainfo *metainfo, const char *url);
