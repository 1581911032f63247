/* live.h: a few lines at the bottom of a terminal that are drawn over and over. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* While there is one, the cursor is hidden and messages of the console are
 * printed above the lines. There is at most one at a time. */
typedef struct _BtfwLive BtfwLive;

BtfwLive *btfw_live_new (int fd);
/* Takes the lines away and gives the cursor back. */
void      btfw_live_free (BtfwLive *self);
/* Replaces the lines that are there. @lines is UTF-8 text in which every line
 * has its end; none may be wider than btfw_live_get_width(). A terminal that
 * does not keep up misses some. */
void      btfw_live_draw (BtfwLive *self, const char *lines);
/* Prints @text, whole lines, where it stays, above the live ones. */
void      btfw_live_print (BtfwLive *self, const char *text);
guint     btfw_live_get_width (BtfwLive *self);
/* How many lines there can be. */
guint     btfw_live_get_height (BtfwLive *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwLive, btfw_live_free)
