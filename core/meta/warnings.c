/* warnings.c: sentences on what was strange in a torrent but could be mended. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/warnings.h"

#include <glib/gi18n-lib.h>

#define SENTENCES_MAX 50

void
btfw_warnings_init (BtfwWarnings *self)
{
  self->sentences = g_ptr_array_new_with_free_func (g_free);
  self->n_more = 0;
}

void
btfw_warnings_clear (BtfwWarnings *self)
{
  g_clear_pointer (&self->sentences, g_ptr_array_unref);
}

gboolean
btfw_warnings_want (BtfwWarnings *self)
{
  if (self->sentences->len < SENTENCES_MAX)
    return TRUE;

  self->n_more++;
  return FALSE;
}

void
btfw_warnings_add (BtfwWarnings *self, const char *format, ...)
{
  va_list arguments;

  if (!btfw_warnings_want (self))
    return;

  va_start (arguments, format);
  g_ptr_array_add (self->sentences, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

char **
btfw_warnings_finish (BtfwWarnings *self)
{
  if (self->n_more > 0)
    g_ptr_array_add (self->sentences,
                     g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                                   "there is %u more warning of these kinds",
                                                   "there are %u more warnings of these kinds",
                                                   self->n_more),
                                      self->n_more));
  g_ptr_array_add (self->sentences, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&self->sentences), FALSE);
}
