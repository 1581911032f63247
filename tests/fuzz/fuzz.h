/* fuzz.h: what all targets share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* One input: any bytes. Whatever must not be is an assertion; the return value is 0. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
/* Makes GLib's warnings fatal. libFuzzer calls it, and replay.c. */
int LLVMFuzzerInitialize (int *argc, char ***argv);

/* A failure has a sentence, a success has none; the sentence can be shown.
 * Answers @ok, and forgets the error. */
gboolean fuzz_check (gboolean ok, GError **error);
/* That it is something one may show a person: valid UTF-8 without control characters. */
void     fuzz_check_text (const char *text);
/* The input as a string: up to its first NUL. (transfer full) */
char    *fuzz_to_string (const guint8 *data, gsize size);
