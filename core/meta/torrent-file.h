/* torrent-file.h: reads a .torrent file, up to a limit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

#define BTFW_TORRENT_FILE_SIZE_MAX (32u << 20)

/* Reads all of it, from a pipe as well; stops at the limit. Errors name the path. */
GBytes *btfw_torrent_file_read (const char *path, GError **error);
