/* twins.h: notices when two files of a torrent are one on the disk. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-storage.h>
#include <sys/stat.h>

/* Which names are the same, only the file system knows: one that does not tell
 * cases apart, or composed letters, has one file where a torrent has two, and
 * what is written to one of them would destroy the other. One thread at a time. */
typedef struct _BtfwTwins BtfwTwins;

/* @layout is borrowed. */
BtfwTwins *btfw_twins_new (BtfwLayout *layout);
void       btfw_twins_free (BtfwTwins *self);

/* Notes what a file was found to be. */
void     btfw_twins_note (BtfwTwins *self, guint32 file, const struct stat *st);
/* The same before it is written; BTFW_STORAGE_ERROR_REFUSED when another file in
 * @root is the same one, unless both are empty. */
gboolean btfw_twins_check (BtfwTwins *self, BtfwDir *root, guint32 file, const struct stat *st, GError **error);
