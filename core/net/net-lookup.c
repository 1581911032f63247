/* net-lookup.c: names that plugins look up. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/net.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* More addresses for one name than anybody tries. */
#define ENDPOINTS_MAX 64

typedef struct
{
  guint        n;
  BtfwEndpoint endpoints[ENDPOINTS_MAX];
} Found;

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  guint16 port = (guint16) GPOINTER_TO_UINT (g_task_get_task_data (task));
  GError *error = NULL;
  GList  *addresses = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);
  Found  *found = g_new0 (Found, 1);

  for (GList *i = addresses; i != NULL && found->n < ENDPOINTS_MAX; i = i->next)
    if (btfw_address_from_inet (&found->endpoints[found->n], i->data))
      found->endpoints[found->n++].port = port;
  g_resolver_free_addresses (addresses);

  if (found->n > 0)
    {
      g_task_return_pointer (task, found, g_free);
      return;
    }
  g_free (found);
  if (error == NULL)
    error = g_error_new_literal (G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, _("no address of a known kind"));
  g_task_return_error (task, error);
}

/* "localhost" is this machine, whatever a name server says. */
static gboolean
parse_host (const char *host, Found *found)
{
  static const guint8 loopback_v4[4] = { 127, 0, 0, 1 };
  static const guint8 loopback_v6[16] = { [15] = 1 };

  if (g_ascii_strcasecmp (host, "localhost") == 0)
    {
      btfw_address_from_v4 (&found->endpoints[0], loopback_v4, 0);
      btfw_address_from_v6 (&found->endpoints[1], loopback_v6, 0);
      found->n = 2;
      return TRUE;
    }
  found->n = 1;
  return btfw_address_parse (&found->endpoints[0], host) && found->endpoints[0].port == 0;
}

void
btfw_net_resolve_async (BtfwNet            *self,
                        const char         *host,
                        guint16             port,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GResolver) resolver = NULL;
  Found number = { 0 };

  g_return_if_fail (self != NULL && host != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, btfw_net_resolve_async);
  g_task_set_task_data (task, GUINT_TO_POINTER ((guint) port), NULL);
  if (parse_host (host, &number))
    {
      for (guint i = 0; i < number.n; i++)
        number.endpoints[i].port = port;
      g_task_return_pointer (task, g_memdup2 (&number, sizeof number), g_free);
      return;
    }
  if (!btfw_net_looks_names_up (self))
    {
      g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no names are known here");
      return;
    }
  resolver = g_resolver_get_default ();
  g_resolver_lookup_by_name_async (resolver, host, cancellable, on_resolved, g_steal_pointer (&task));
}

BtfwEndpoint *
btfw_net_resolve_finish (BtfwNet *self, GAsyncResult *result, guint *n_endpoints, GError **error)
{
  g_autofree Found *found = NULL;

  g_return_val_if_fail (self != NULL && n_endpoints != NULL, NULL);
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  found = g_task_propagate_pointer (G_TASK (result), error);
  if (found == NULL)
    return NULL;
  *n_endpoints = found->n;
  return g_memdup2 (found->endpoints, found->n * sizeof (BtfwEndpoint));
}
