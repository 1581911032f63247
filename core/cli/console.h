/* console.h: what the program says, on standard output and standard error. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* Sets locale and translations up, and makes standard input, output and error
 * safe to use: a descriptor that is closed must not become a file of a torrent
 * that messages are then written into. */
void btfw_console_start (void);

/* Writes @text, which is UTF-8, to standard output. */
void btfw_console_print (const char *text);
/* Flushes standard output. FALSE when something of it could not be written;
 * that is said on standard error unless the reader has merely gone away. */
gboolean btfw_console_finish (void);

/* One sentence each on standard error, with the program's name before it. */
void btfw_console_error (const char *format, ...) G_GNUC_PRINTF (1, 2);
void btfw_console_warning (const char *format, ...) G_GNUC_PRINTF (1, 2);
void btfw_console_info (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Is handed what would go to standard error, line end included. */
typedef void (*BtfwConsoleHook) (const char *text, gpointer user_data);

/* Lets a display on the same terminal make room for messages; NULL to undo. */
void btfw_console_set_hook (BtfwConsoleHook hook, gpointer user_data);

/* @text in the encoding of the locale. */
char *btfw_console_encode (const char *text);
/* A name of the file system as it can be shown. */
char *btfw_console_show_path (const char *path);

/* Which debug messages to show: all of btfw's, or with @areas (nullable) those
 * of these folders of the source, with ',' between: "swarm,tracker-http". */
void btfw_console_show_debug (const char *areas);
