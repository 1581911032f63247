/* output.h: writes to a descriptor without ever waiting for its reader. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* A stopped terminal (^S) or a pipe that nobody reads must not keep the
 * program from hearing signals, so what cannot be written now is kept, up to a
 * bound, and written later from the default main context. The descriptor's own
 * mode stays as it is, since other programs share it. */
typedef struct _BtfwOutput BtfwOutput;

BtfwOutput *btfw_output_new (int fd);
/* Writes what is kept, for at most a second. */
void        btfw_output_free (BtfwOutput *self);
/* @text is UTF-8. Past the bound, whole texts are left out. */
void        btfw_output_write (BtfwOutput *self, const char *text);
/* Whether nothing is waiting to be written. */
gboolean    btfw_output_is_idle (BtfwOutput *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwOutput, btfw_output_free)
