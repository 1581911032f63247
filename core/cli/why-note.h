/* why-note.h: what a program that runs a torrent leaves for “btfw why” to read. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/why-report.h"

/* One file a torrent, in a folder of the user's run-time files. It is locked while
 * its writer lives, so that nobody believes what a program said that is gone.
 * None of it is needed: where it cannot be written, it is not. */
typedef struct _BtfwWhyNote BtfwWhyNote;

/* NULL when there is no place for it. */
BtfwWhyNote *btfw_why_note_new (void);
/* Takes the file away. */
void         btfw_why_note_free (BtfwWhyNote *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwWhyNote, btfw_why_note_free)
/* Writes what is new: at most once a second, and numbers alone every ten. */
void         btfw_why_note_update (BtfwWhyNote *self, const BtfwItem *item);

/* What those say that run now, of the torrent of @info_hash or, with NULL, of
 * all; of BtfwWhyReport. (transfer full) */
GPtrArray   *btfw_why_note_read_all (const char *info_hash);
