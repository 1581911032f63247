/* endpoint.c: addresses as plugins use them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/address.h"

gboolean
btfw_endpoint_init (BtfwEndpoint *self, const guint8 *ip, gsize ip_size, guint16 port)
{
  g_return_val_if_fail (self != NULL && ip != NULL, FALSE);

  return btfw_address_from_ip (self, ip, ip_size, port);
}

gboolean
btfw_endpoint_parse (BtfwEndpoint *self, const char *text)
{
  g_return_val_if_fail (self != NULL && text != NULL, FALSE);

  return btfw_address_parse (self, text);
}

gsize
btfw_endpoint_get_ip (const BtfwEndpoint *self, guint8 *ip)
{
  g_return_val_if_fail (self != NULL && ip != NULL, 0);

  return btfw_address_get_ip (self, ip);
}

gboolean
btfw_endpoint_is_v4 (const BtfwEndpoint *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return btfw_address_is_v4 (self);
}

gboolean
btfw_endpoint_is_local (const BtfwEndpoint *self)
{
  g_return_val_if_fail (self != NULL, TRUE);

  return btfw_address_is_local (self);
}

gboolean
btfw_endpoint_is_usable (const BtfwEndpoint *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return btfw_address_is_usable (self);
}

gboolean
btfw_endpoint_equal (const BtfwEndpoint *a, const BtfwEndpoint *b)
{
  g_return_val_if_fail (a != NULL && b != NULL, FALSE);

  return btfw_address_equal (a, b);
}

gboolean
btfw_endpoint_same_host (const BtfwEndpoint *a, const BtfwEndpoint *b)
{
  g_return_val_if_fail (a != NULL && b != NULL, FALSE);

  return btfw_address_same_host (a, b);
}

guint
btfw_endpoint_hash (const BtfwEndpoint *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return btfw_address_hash (self);
}

char *
btfw_endpoint_to_string (const BtfwEndpoint *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return btfw_address_to_string (self);
}
