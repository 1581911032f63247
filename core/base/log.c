/* log.c: messages that strangers can cause, bounded in number and size. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/log.h"

#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>
#include <stdarg.h>

#define MINUTE ((gint64) 60 * G_USEC_PER_SEC)

gboolean
btfw_log_gate_pass (BtfwLogGate *self, gint64 now, guint32 *n_held)
{
  /* A clock that steps back opens the gate too: held for ever would be worse. */
  if (now - self->minute >= MINUTE || now < self->minute)
    {
      self->minute = now;
      self->n_passed = 0;
    }

  if (self->n_passed == BTFW_LOG_PER_MINUTE)
    {
      self->n_held += self->n_held < G_MAXUINT32 ? 1 : 0;
      return FALSE;
    }

  self->n_passed++;
  *n_held = self->n_held;
  self->n_held = 0;
  return TRUE;
}

void
btfw_log_limited (BtfwLogGate *gate, gint64 now, GLogLevelFlags level, const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *shown = NULL;
  guint32          n_held;
  va_list          arguments;

  if (!btfw_log_gate_pass (gate, now, &n_held))
    return;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  shown = btfw_text_clean (message, -1);
  if (n_held == 0)
    g_log (G_LOG_DOMAIN, level, "%s", shown);
  else
    g_log (G_LOG_DOMAIN, level,
           ngettext ("%s (and %u more was held back before)", "%s (and %u more were held back before)", n_held),
           shown, n_held);
}
