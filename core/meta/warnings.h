/* warnings.h: sentences on what was strange in a torrent but could be mended. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Keeps the first some dozens of sentences; a torrent can have a million strange names. */
typedef struct
{
  GPtrArray *sentences;
  guint      n_more;
} BtfwWarnings;

void  btfw_warnings_init (BtfwWarnings *self);
void  btfw_warnings_clear (BtfwWarnings *self);
/* Whether one more sentence would be kept. If not, it is counted, so that the
 * caller need not make it. */
gboolean btfw_warnings_want (BtfwWarnings *self);
void  btfw_warnings_add (BtfwWarnings *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Hands the sentences over and leaves it cleared. */
char **btfw_warnings_finish (BtfwWarnings *self);
