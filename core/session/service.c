/* service.c: the interface of plugins that run beside the transfers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-service.h>

#include "plugin/border.h"
#include "plugin/watch.h"

G_DEFINE_INTERFACE (BtfwService, btfw_service, G_TYPE_OBJECT);

static void
btfw_service_default_init (BtfwServiceInterface *iface)
{
}

gboolean
btfw_service_start (BtfwService *self, BtfwSession *session, GError **error)
{
  gboolean ok;

  g_return_val_if_fail (BTFW_IS_SERVICE (self), FALSE);
  g_return_val_if_fail (BTFW_IS_SESSION (session), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  btfw_watch_enter (self, "start");
  ok = BTFW_SERVICE_GET_IFACE (self)->start (self, session, error);
  btfw_watch_leave ();
  return btfw_border_settle (self, "start", ok, BTFW_ERROR, BTFW_ERROR_PLUGIN, error);
}

void
btfw_service_stop (BtfwService *self)
{
  g_return_if_fail (BTFW_IS_SERVICE (self));

  btfw_watch_enter (self, "stop");
  BTFW_SERVICE_GET_IFACE (self)->stop (self);
  btfw_watch_leave ();
}

char *
btfw_service_get_url (BtfwService *self)
{
  BtfwServiceInterface *iface;
  char                 *url;

  g_return_val_if_fail (BTFW_IS_SERVICE (self), NULL);

  iface = BTFW_SERVICE_GET_IFACE (self);
  if (iface->get_url == NULL)
    return NULL;
  btfw_watch_enter (self, "get_url");
  url = iface->get_url (self);
  btfw_watch_leave ();
  return url;
}
