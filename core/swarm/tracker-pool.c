/* tracker-pool.c: the tracker plugins of a session, each loaded when it is first needed. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/tracker-pool.h"

#include <glib/gi18n-lib.h>

/* No URL scheme that anybody uses is longer. */
#define SCHEME_MAX 32

/* How many schemes without a plugin are remembered, as torrents may name any number. */
#define REFUSALS_MAX 64

struct _BtfwTrackerPool
{
  BtfwPlugins        *plugins;
  BtfwNet            *net;
  BtfwAnnounceBudget *budget;
  BtfwScrapeLine     *scrapes;
  GHashTable         *by_scheme; /* of BtfwTracker */
  GHashTable         *by_name;   /* of BtfwTracker: one plugin may serve several schemes */
  GHashTable         *refusals;  /* of GError, by scheme */
};

/* One that can be asked for counts, or NULL. */
static BtfwTracker *
find_for_scrape (gpointer user_data, const char *url)
{
  BtfwTracker *tracker = btfw_tracker_pool_get (user_data, url, NULL);

  return tracker != NULL && btfw_tracker_can_scrape (tracker) ? tracker : NULL;
}

BtfwTrackerPool *
btfw_tracker_pool_new (BtfwLoop *loop, BtfwPlugins *plugins, BtfwNet *net)
{
  BtfwTrackerPool *self = g_new0 (BtfwTrackerPool, 1);

  self->plugins = plugins != NULL ? g_object_ref (plugins) : NULL;
  self->net = net != NULL ? btfw_net_ref (net) : NULL;
  self->budget = btfw_announce_budget_new (loop);
  self->scrapes = btfw_scrape_line_new (loop, find_for_scrape, self);
  self->by_scheme = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->refusals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_error_free);
  return self;
}

void
btfw_tracker_pool_free (BtfwTrackerPool *self)
{
  btfw_scrape_line_free (self->scrapes);
  g_hash_table_unref (self->refusals);
  g_hash_table_unref (self->by_scheme);
  g_hash_table_unref (self->by_name);
  btfw_announce_budget_free (self->budget);
  g_clear_pointer (&self->net, btfw_net_unref);
  g_clear_object (&self->plugins);
  g_free (self);
}

void
btfw_tracker_pool_set (BtfwTrackerPool *self, const char *scheme, BtfwTracker *tracker)
{
  g_hash_table_replace (self->by_scheme, g_strdup (scheme), g_object_ref (tracker));
}

/* Makes the plugin called @name, or answers the one that there is. */
static BtfwTracker *
btfw_tracker_pool_create (BtfwTrackerPool *self, const char *name, GError **error)
{
  BtfwTracker *tracker = g_hash_table_lookup (self->by_name, name);

  if (tracker != NULL)
    return tracker;

  tracker = btfw_plugins_create (self->plugins, "tracker", name, error);
  if (tracker == NULL)
    return NULL;

  g_hash_table_insert (self->by_name, g_strdup (name), tracker);
  btfw_tracker_start (tracker, self->net);
  return tracker;
}

static BtfwTracker *
btfw_tracker_pool_load (BtfwTrackerPool *self, const char *scheme, GError **error)
{
  g_autoptr (BtfwPluginInfo) info = NULL;
  BtfwTracker               *tracker;

  if (self->plugins == NULL)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, _("no plugin asks trackers of “%s:”"), scheme);
      return NULL;
    }

  info = btfw_plugins_find_scheme (self->plugins, "tracker", scheme, error);
  if (info == NULL)
    return NULL;

  tracker = btfw_tracker_pool_create (self, btfw_plugin_info_get_name (info), error);
  if (tracker != NULL)
    btfw_tracker_pool_set (self, scheme, tracker);
  return tracker;
}

static char *
scheme_of_url (const char *url, GError **error)
{
  g_autofree char *scheme = g_uri_parse_scheme (url);

  if (scheme == NULL || strlen (scheme) > SCHEME_MAX)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("this is no tracker's URL"));
      return NULL;
    }

  return g_ascii_strdown (scheme, -1);
}

BtfwTracker *
btfw_tracker_pool_get (BtfwTrackerPool *self, const char *url, GError **error)
{
  g_autofree char   *scheme = scheme_of_url (url, error);
  g_autoptr (GError) refusal = NULL;
  BtfwTracker       *tracker;
  const GError      *known;

  if (scheme == NULL)
    return NULL;

  tracker = g_hash_table_lookup (self->by_scheme, scheme);
  if (tracker != NULL)
    return tracker;

  known = g_hash_table_lookup (self->refusals, scheme);
  if (known != NULL)
    {
      g_propagate_error (error, g_error_copy (known));
      return NULL;
    }

  tracker = btfw_tracker_pool_load (self, scheme, &refusal);
  if (tracker != NULL)
    return tracker;

  if (g_hash_table_size (self->refusals) < REFUSALS_MAX)
    g_hash_table_insert (self->refusals, g_strdup (scheme), g_error_copy (refusal));
  g_propagate_error (error, g_steal_pointer (&refusal));
  return NULL;
}

BtfwAnnounceBudget *
btfw_tracker_pool_get_budget (BtfwTrackerPool *self)
{
  return self->budget;
}

BtfwScrapeLine *
btfw_tracker_pool_get_scrapes (BtfwTrackerPool *self)
{
  return self->scrapes;
}
