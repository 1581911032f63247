/* folder.h: what can be said of a save folder before anything is written there. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

/* Both block: call them on a worker. */

/* Makes the folder when it is missing, and sees whether files can be made in it. */
gboolean btfw_folder_prepare (const char *path, GError **error);
/* How many bytes fit there; G_MAXUINT64 when nobody can tell. */
guint64  btfw_folder_get_room (const char *path);
