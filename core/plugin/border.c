/* border.c: what plugins answer, made consistent before anybody acts on it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/border.h"

#include <glib/gi18n-lib.h>

static gboolean is_open;

void
btfw_border_open (void)
{
  is_open = TRUE;
}

gboolean
btfw_border_settle (gpointer instance, const char *method, gboolean ok, GQuark domain, int code, GError **error)
{
  if (error == NULL || is_open || ok == (*error == NULL))
    return ok;

  if (ok)
    {
      g_debug ("plugin %s: %s() succeeded and set an error: %s", G_OBJECT_TYPE_NAME (instance), method, (*error)->message);
      g_clear_error (error);
      return TRUE;
    }
  g_set_error (error, domain, code, _("the plugin %s failed in its method “%s” and did not say why"), G_OBJECT_TYPE_NAME (instance), method);
  return FALSE;
}
