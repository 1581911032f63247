/* fuzz.c: what all targets share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include <string.h>

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_log_set_always_fatal ((GLogLevelFlags) (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING));
  return 0;
}

void
fuzz_check_text (const char *text)
{
  g_assert_nonnull (text);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
}

gboolean
fuzz_check (gboolean ok, GError **error)
{
  g_assert_true (ok == (*error == NULL));
  if (!ok)
    fuzz_check_text ((*error)->message);
  g_clear_error (error);
  return ok;
}

char *
fuzz_to_string (const guint8 *data, gsize size)
{
  return g_strndup ((const char *) data, size);
}
