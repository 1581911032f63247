/* key-file.h: the file that has the key: 32 bytes that nobody else may read. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Where the key is when the settings do not say. */
char *btfw_key_file_make_default_path (void);

/* Reads BTFW_CRYPT_KEY_SIZE bytes. When there is no such file it is
 * BTFW_STORAGE_ERROR_GONE, all else is BTFW_STORAGE_ERROR_REFUSED. */
gboolean btfw_key_file_read (const char *path, guint8 *key, GError **error);

/* Makes a key, safe on the disk before it is used; when somebody else was quicker,
 * theirs is read. */
gboolean btfw_key_file_make (const char *path, guint8 *key, GError **error);
