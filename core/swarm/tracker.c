/* tracker.c: the interface of tracker plugins. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-tracker.h>
#include <glib/gi18n-lib.h>

#include "plugin/border.h"
#include "plugin/watch.h"

#define PATIENCE_MIN 30u
#define PATIENCE_MAX 120u

G_DEFINE_INTERFACE (BtfwTracker, btfw_tracker, G_TYPE_OBJECT);

static void
btfw_tracker_default_init (BtfwTrackerInterface *iface)
{
}

void
btfw_tracker_start (BtfwTracker *self, BtfwNet *net)
{
  BtfwTrackerInterface *iface;

  g_return_if_fail (BTFW_IS_TRACKER (self));

  iface = BTFW_TRACKER_GET_IFACE (self);
  if (iface->start == NULL)
    return;
  btfw_watch_enter (self, "start");
  iface->start (self, net);
  btfw_watch_leave ();
}

void
btfw_tracker_announce_async (BtfwTracker        *self,
                             BtfwAnnounce       *announce,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  g_return_if_fail (BTFW_IS_TRACKER (self));
  g_return_if_fail (announce != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  btfw_watch_enter (self, "announce_async");
  BTFW_TRACKER_GET_IFACE (self)->announce_async (self, announce, cancellable, callback, user_data);
  btfw_watch_leave ();
}

BtfwAnnounceReply *
btfw_tracker_announce_finish (BtfwTracker *self, GAsyncResult *result, GError **error)
{
  BtfwAnnounceReply *reply;

  g_return_val_if_fail (BTFW_IS_TRACKER (self), NULL);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  btfw_watch_enter (self, "announce_finish");
  reply = BTFW_TRACKER_GET_IFACE (self)->announce_finish (self, result, error);
  btfw_watch_leave ();
  btfw_border_settle (self, "announce_finish", reply != NULL, BTFW_ERROR, BTFW_ERROR_TRACKER, error);
  return reply;
}

guint
btfw_tracker_get_patience (BtfwTracker *self)
{
  BtfwTrackerInterface *iface;
  guint                 seconds;

  g_return_val_if_fail (BTFW_IS_TRACKER (self), PATIENCE_MIN);

  iface = BTFW_TRACKER_GET_IFACE (self);
  if (iface->get_patience == NULL)
    return PATIENCE_MIN;
  btfw_watch_enter (self, "get_patience");
  seconds = iface->get_patience (self);
  btfw_watch_leave ();
  return CLAMP (seconds, PATIENCE_MIN, PATIENCE_MAX);
}

gboolean
btfw_tracker_can_scrape (BtfwTracker *self)
{
  BtfwTrackerInterface *iface;

  g_return_val_if_fail (BTFW_IS_TRACKER (self), FALSE);

  iface = BTFW_TRACKER_GET_IFACE (self);
  return iface->scrape_async != NULL && iface->scrape_finish != NULL;
}

void
btfw_tracker_scrape_async (BtfwTracker         *self,
                           const char          *url,
                           BtfwInfoHash *const *hashes,
                           guint                n_hashes,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (BTFW_IS_TRACKER (self));
  g_return_if_fail (url != NULL);
  g_return_if_fail (hashes != NULL && n_hashes > 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!btfw_tracker_can_scrape (self))
    {
      g_task_report_new_error (self,
                               callback,
                               user_data,
                               btfw_tracker_scrape_async,
                               BTFW_ERROR,
                               BTFW_ERROR_UNSUPPORTED,
                               _("this kind of tracker cannot be asked for counts"));
      return;
    }

  btfw_watch_enter (self, "scrape_async");
  BTFW_TRACKER_GET_IFACE (self)->scrape_async (self, url, hashes, n_hashes, cancellable, callback, user_data);
  btfw_watch_leave ();
}

BtfwScrapeReply *
btfw_tracker_scrape_finish (BtfwTracker *self, GAsyncResult *result, GError **error)
{
  BtfwScrapeReply *reply;

  g_return_val_if_fail (BTFW_IS_TRACKER (self), NULL);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  if (g_async_result_is_tagged (result, btfw_tracker_scrape_async))
    return g_task_propagate_pointer (G_TASK (result), error);

  btfw_watch_enter (self, "scrape_finish");
  reply = BTFW_TRACKER_GET_IFACE (self)->scrape_finish (self, result, error);
  btfw_watch_leave ();
  btfw_border_settle (self, "scrape_finish", reply != NULL, BTFW_ERROR, BTFW_ERROR_TRACKER, error);
  return reply;
}
