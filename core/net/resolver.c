/* resolver.c: looks names up without holding the loop up. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/net.h"
#include "net/resolver.h"

#include <glib/gi18n-lib.h>

/* More addresses for one name than anybody tries. */
#define ADDRESSES_MAX 64

struct _BtfwResolver
{
  BtfwLoop *loop;
  GQueue    lookups; /* BtfwLookup, those under way */
};

typedef struct
{
  BtfwResolver   *resolver; /* NULL once that is gone */
  GList           link;     /* in its lookups */
  GCancellable   *cancellable;
  guint16         port;
  BtfwAddress     number; /* of a host that needs no look-up */
  BtfwResolveFunc done;
  gpointer        user_data;
} BtfwLookup;

static void
btfw_lookup_free (BtfwLookup *self)
{
  if (self->resolver != NULL)
    g_queue_unlink (&self->resolver->lookups, &self->link);
  g_clear_object (&self->cancellable);
  g_free (self);
}

/* Frees @self before it tells, as done() may end the resolver. */
static void
btfw_lookup_finish (BtfwLookup *self, const BtfwAddress *addresses, guint n, const GError *error)
{
  gboolean        wanted = self->resolver != NULL && !g_cancellable_is_cancelled (self->cancellable);
  BtfwResolveFunc done = self->done;
  gpointer        user_data = self->user_data;

  btfw_lookup_free (self);
  if (wanted)
    done (addresses, n, error, user_data);
}

static gboolean
on_number (gpointer user_data)
{
  BtfwLookup *self = user_data;
  BtfwAddress number = self->number;

  btfw_lookup_finish (self, &number, 1, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_resolved (GObject *object, GAsyncResult *result, gpointer user_data)
{
  BtfwLookup        *self = user_data;
  BtfwAddress        addresses[ADDRESSES_MAX];
  guint              n = 0;
  g_autoptr (GError) error = NULL;
  GList             *found = g_resolver_lookup_by_name_finish (G_RESOLVER (object), result, &error);

  for (GList *i = found; i != NULL && n < ADDRESSES_MAX; i = i->next)
    if (btfw_address_from_inet (&addresses[n], i->data))
      addresses[n++].port = self->port;
  g_resolver_free_addresses (found);

  if (n == 0 && error == NULL)
    error = g_error_new_literal (G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, _("no address of a known kind"));
  btfw_lookup_finish (self, addresses, n, error);
}

static gboolean
btfw_lookup_is_number (BtfwLookup *self, const char *host)
{
  if (!btfw_address_parse (&self->number, host) || self->number.port != 0)
    return FALSE;

  self->number.port = self->port;
  return TRUE;
}

static void
btfw_lookup_answer_later (BtfwLookup *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_number, self, NULL);
  g_source_attach (source, btfw_loop_get_context (self->resolver->loop));
}

BtfwResolver *
btfw_resolver_new (BtfwLoop *loop)
{
  BtfwResolver *self = g_new0 (BtfwResolver, 1);

  self->loop = loop;
  g_queue_init (&self->lookups);
  return self;
}

void
btfw_resolver_free (BtfwResolver *self)
{
  /* Answers to those that are left find nobody, and free them. */
  while (self->lookups.head != NULL)
    {
      BtfwLookup *lookup = self->lookups.head->data;

      g_queue_unlink (&self->lookups, &lookup->link);
      lookup->resolver = NULL;
    }
  g_free (self);
}

void
btfw_resolver_look_up (BtfwResolver   *self,
                       const char     *host,
                       guint16         port,
                       GCancellable   *cancellable,
                       BtfwResolveFunc done,
                       gpointer        user_data)
{
  BtfwLookup           *lookup = g_new0 (BtfwLookup, 1);
  GMainContext         *context = btfw_loop_get_context (self->loop);
  g_autoptr (GResolver) resolver = NULL;

  lookup->resolver = self;
  lookup->link.data = lookup;
  lookup->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  lookup->port = port;
  lookup->done = done;
  lookup->user_data = user_data;
  g_queue_push_tail_link (&self->lookups, &lookup->link);
  if (btfw_lookup_is_number (lookup, host))
    {
      btfw_lookup_answer_later (lookup);
      return;
    }

  /* The answer comes back to the context that was the thread's default. */
  resolver = g_resolver_get_default ();
  g_main_context_push_thread_default (context);
  g_resolver_lookup_by_name_async (resolver, host, cancellable, on_resolved, lookup);
  g_main_context_pop_thread_default (context);
}
