/* source.h: opens what the user named: a .torrent file, its URL, or a magnet link. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* NULL without @error when @source is neither a magnet link nor a bare info-hash. */
BtfwMagnet   *btfw_source_parse_magnet (const char *source, GError **error);
/* Files and URLs. */
void          btfw_source_open_async (BtfwSession        *session,
                                      const char         *source,
                                      GCancellable       *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer            user_data);
BtfwMetainfo *btfw_source_open_finish (GAsyncResult *result, GError **error);
