/* metainfo.h: metainfo that is no .torrent file. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-metainfo.h>

/* @trackers: URLs, one a tier; as @web_seeds NULL for none. */
BtfwMetainfo *btfw_metainfo_new_from_peers (GBytes            *info,
                                            const char *const *trackers,
                                            const char *const *web_seeds,
                                            GError           **error);
