/* peers.c: peers that the user names (--peer). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/peers.h"

#include <glib/gi18n-lib.h>

void
btfw_peer_address_free (BtfwPeerAddress *self)
{
  g_free (self->host);
  g_free (self);
}

static gboolean
collect (GPtrArray *peers, const char *text, GError **error)
{
  g_autoptr (GSocketConnectable) address = g_network_address_parse (text, 0, NULL);
  BtfwPeerAddress               *peer;

  if (address == NULL || g_network_address_get_port (G_NETWORK_ADDRESS (address)) == 0)
    {
      g_autofree char *shown = btfw_text_clean (text, -1);

      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("--peer: “%s” is no peer; one is HOST:PORT, as in 192.0.2.7:6881 or [2001:db8::7]:6881"), shown);
      return FALSE;
    }

  peer = g_new0 (BtfwPeerAddress, 1);
  peer->host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (address)));
  peer->port = g_network_address_get_port (G_NETWORK_ADDRESS (address));
  g_ptr_array_add (peers, peer);
  return TRUE;
}

gboolean
btfw_peers_take (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  GPtrArray **peers = G_STRUCT_MEMBER_P (target, option->offset);

  if (*peers == NULL)
    *peers = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_peer_address_free);
  return collect (*peers, value, error);
}
