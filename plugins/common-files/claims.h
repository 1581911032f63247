/* claims.h: which torrents of this process have which files, so that two never write one. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <sys/stat.h>

/* Any thread. An owner is a torrent's places. */
void     btfw_claims_add (const struct stat *st, gconstpointer owner);
/* Whether somebody had the file before @owner. */
gboolean btfw_claims_is_second (const struct stat *st, gconstpointer owner);
/* Whether somebody beside @owner has the file. */
gboolean btfw_claims_is_shared (const struct stat *st, gconstpointer owner);
/* Whatever the owner has. */
void     btfw_claims_drop (gconstpointer owner);
