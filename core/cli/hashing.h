/* hashing.h: makes a torrent and shows how far it is. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* Runs @creator in the default main context. On a terminal a bar shows how
 * far it is, unless @quiet. Returns the bytes of the .torrent file, or NULL
 * with @error set; G_IO_ERROR_CANCELLED when @cancellable was used. */
GBytes *btfw_hashing_run (BtfwCreator *creator, gboolean quiet, GCancellable *cancellable, GError **error);
