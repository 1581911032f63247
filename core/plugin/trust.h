/* trust.h: opens a file only when nobody but root and the user could have written it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

/* Opens @path for reading, going from folder to folder, and checks each on the
 * way: the file, its folder, all folders and symbolic links that lead there. They
 * must belong to root or to the effective user, and nobody else may be able to
 * write to them; the user's own private group may, and folders further up may be
 * sticky (as /tmp is). @real_path becomes the path without links.
 *
 * Returns a file descriptor, or -1 with @error set: BTFW_ERROR_NOT_FOUND when
 * there is no such file, BTFW_ERROR_REFUSED with the command that mends it. */
int      btfw_trust_open (const char *path, char **real_path, GError **error);

/* FALSE in a program with more rights than who started it (set-id, file
 * capabilities): then the environment says nothing of where code comes from. */
gboolean btfw_trust_environment (void);
