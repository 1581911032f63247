/* beneath.h: opens what lies below a folder, and nothing else. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* The checks of a relative path: no empty element, no "." or "..", none longer
 * than the file system can have. */
gboolean btfw_beneath_check_path (const char *path);

/* As openat(2) with a path that passed the check, but no symbolic link on the
 * way is followed, whoever puts one there and whenever. Answers a descriptor, or
 * -1 with errno set. */
int btfw_beneath_open (int dir_fd, const char *path, int flags, guint mode);

/* Opens the folder that holds the last element of @path, and points @name at
 * that. With @create, missing folders are made. */
int btfw_beneath_open_parent (int dir_fd, const char *path, gboolean create, const char **name);

/* For tests: walk element by element as on kernels without openat2(2). */
void btfw_beneath_set_walk (gboolean walk);
