/* torrent-output.h: writes a .torrent file for the user. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* Whole or not at all; what is there stays unless @overwrite. */
gboolean btfw_torrent_output_write (const char *path, GBytes *torrent, gboolean overwrite, GError **error);
/* Sets @error for an errno value, and answers FALSE. */
gboolean btfw_torrent_output_fail (GError **error, const char *path, int errnum);
