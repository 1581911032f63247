/* selection.h: which files of a torrent are wanted (--files). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* Tells @options to skip every file of @metainfo that none of @lists names.
 * A list is "1,3-5", as `btfw show` numbers the files, or patterns such as
 * "*.flac", or both, with ',' between. FALSE with @error set when a part of a
 * list names no file. */
gboolean btfw_selection_apply (GPtrArray *lists, BtfwMetainfo *metainfo, BtfwAddOptions *options, GError **error);
/* The same for a torrent whose files are known by now. */
gboolean btfw_selection_apply_to_torrent (GPtrArray *lists, BtfwTorrent *torrent, GError **error);
