/* columns.h: text measured in columns of a terminal. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* How many columns @text takes: wide characters two, combining ones none. */
guint btfw_columns_width (const char *text);

/* @text in at most @width columns, cut in the middle with an ellipsis when it
 * is longer: the end of a file's name often tells more than its middle. */
char *btfw_columns_fit (const char *text, guint width);

/* Appends @text, broken between words so that no line is wider than @width;
 * every further line is indented by @indent. */
void btfw_columns_wrap (const char *text, guint indent, guint width, GString *out);

/* Rows of cells that are printed with their columns aligned. */
typedef struct _BtfwTable BtfwTable;

/* @alignments has a letter for each column: 'l' for left, 'r' for right. */
BtfwTable *btfw_table_new (const char *alignments);
void       btfw_table_free (BtfwTable *self);
/* Takes as many strings (borrowed, copied) as there are columns. */
void       btfw_table_add (BtfwTable *self, ...);
/* Two spaces between columns, no space at the end of a line. With @wrap not 0,
 * the last column is wrapped so that lines are at most that wide. */
void       btfw_table_print (BtfwTable *self, guint indent, guint wrap, GString *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwTable, btfw_table_free)
