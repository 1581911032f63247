/* source.h: opens what the user named: a .torrent file, or its URL. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

void          btfw_source_open_async (BtfwSession        *session,
                                      const char         *source,
                                      GCancellable       *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer            user_data);
BtfwMetainfo *btfw_source_open_finish (GAsyncResult *result, GError **error);
