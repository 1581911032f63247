/* service.c: the interface of plugins that run beside the transfers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-service.h>

G_DEFINE_INTERFACE (BtfwService, btfw_service, G_TYPE_OBJECT);

static void
btfw_service_default_init (BtfwServiceInterface *iface)
{
}

gboolean
btfw_service_start (BtfwService *self, BtfwSession *session, GError **error)
{
  g_return_val_if_fail (BTFW_IS_SERVICE (self), FALSE);
  g_return_val_if_fail (BTFW_IS_SESSION (session), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return BTFW_SERVICE_GET_IFACE (self)->start (self, session, error);
}

void
btfw_service_stop (BtfwService *self)
{
  g_return_if_fail (BTFW_IS_SERVICE (self));

  BTFW_SERVICE_GET_IFACE (self)->stop (self);
}

char *
btfw_service_get_url (BtfwService *self)
{
  BtfwServiceInterface *iface;

  g_return_val_if_fail (BTFW_IS_SERVICE (self), NULL);

  iface = BTFW_SERVICE_GET_IFACE (self);
  return iface->get_url != NULL ? iface->get_url (self) : NULL;
}
