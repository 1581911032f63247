/* scrape-line.c: asks trackers for counts that their announces left out. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/scrape-line.h"

#include <string.h>

/* So long others may join a question. */
#define GATHER (2 * G_TIME_SPAN_SECOND)
/* Questions that gather or wait for answers; more are not asked. */
#define BATCHES_MAX 64

struct _BtfwScrapeLine
{
  BtfwLoop          *loop;
  BtfwScrapeFindFunc find;
  gpointer           user_data;
  GPtrArray         *batches; /* of BtfwScrapeBatch: those that gather, and those under way */
};

/* Lives until the plugin has answered, even when nobody waits for it any more. */
struct _BtfwScrapeBatch
{
  BtfwScrapeLine *line; /* NULL once it is gone */
  BtfwTimer       timer;
  char           *url;
  BtfwTracker    *plugin; /* NULL while it gathers */
  GCancellable   *cancellable;
  GPtrArray      *turns;  /* NULL where somebody left */
  GPtrArray      *hashes; /* of BtfwInfoHash, as many */
};

static void
batch_free (BtfwScrapeBatch *self)
{
  for (guint i = 0; i < self->turns->len; i++)
    {
      BtfwScrapeTurn *turn = g_ptr_array_index (self->turns, i);

      if (turn != NULL)
        turn->batch = NULL;
    }
  if (self->line != NULL)
    {
      btfw_loop_clear_timer (self->line->loop, &self->timer);
      g_ptr_array_remove (self->line->batches, self);
    }
  g_clear_object (&self->plugin);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->turns);
  g_ptr_array_unref (self->hashes);
  g_free (self->url);
  g_free (self);
}

static void
batch_tell (BtfwScrapeBatch *self, BtfwScrapeReply *reply)
{
  for (guint i = 0; i < self->turns->len; i++)
    {
      BtfwScrapeTurn *turn = g_ptr_array_index (self->turns, i);
      gint64          seeds, leechers, completed;

      if (turn == NULL)
        continue;
      btfw_scrape_turn_leave (turn);
      btfw_scrape_reply_get (reply, i, &seeds, &leechers, &completed);
      turn->done (turn, seeds, leechers, completed);
    }
}

static void
on_scraped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BtfwScrapeBatch            *self = user_data;
  g_autoptr (GError)          error = NULL;
  g_autoptr (BtfwScrapeReply) reply = btfw_tracker_scrape_finish (BTFW_TRACKER (source), result, &error);

  if (reply != NULL && self->line != NULL)
    batch_tell (self, reply);
  else if (reply == NULL)
    g_debug ("scrape: %s", error->message);
  batch_free (self);
}

static void
on_gathered (BtfwTimer *timer)
{
  BtfwScrapeBatch *self = (BtfwScrapeBatch *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwScrapeBatch, timer));
  BtfwTracker     *plugin = self->line->find (self->line->user_data, self->url);

  if (plugin == NULL)
    {
      batch_free (self);
      return;
    }
  self->plugin = g_object_ref (plugin);
  btfw_tracker_scrape_async (plugin, self->url, (BtfwInfoHash *const *) self->hashes->pdata, self->hashes->len,
                             self->cancellable, on_scraped, self);
}

BtfwScrapeLine *
btfw_scrape_line_new (BtfwLoop *loop, BtfwScrapeFindFunc find, gpointer user_data)
{
  BtfwScrapeLine *self = g_new0 (BtfwScrapeLine, 1);

  self->loop = loop;
  self->find = find;
  self->user_data = user_data;
  self->batches = g_ptr_array_new ();
  return self;
}

void
btfw_scrape_line_free (BtfwScrapeLine *self)
{
  while (self->batches->len > 0)
    {
      BtfwScrapeBatch *batch = g_ptr_array_index (self->batches, 0);

      if (batch->plugin == NULL)
        {
          batch_free (batch);
          continue;
        }
      g_ptr_array_remove_index (self->batches, 0);
      batch->line = NULL;
      g_cancellable_cancel (batch->cancellable);
    }
  g_ptr_array_unref (self->batches);
  g_free (self);
}

static BtfwScrapeBatch *
find_batch (BtfwScrapeLine *self, const char *url)
{
  for (guint i = 0; i < self->batches->len; i++)
    {
      BtfwScrapeBatch *batch = g_ptr_array_index (self->batches, i);

      if (batch->plugin == NULL && batch->turns->len < BTFW_SCRAPE_HASHES_MAX && strcmp (batch->url, url) == 0)
        return batch;
    }
  return NULL;
}

static BtfwScrapeBatch *
add_batch (BtfwScrapeLine *self, const char *url)
{
  BtfwScrapeBatch *batch = g_new0 (BtfwScrapeBatch, 1);

  batch->line = self;
  batch->url = g_strdup (url);
  batch->cancellable = g_cancellable_new ();
  batch->turns = g_ptr_array_new ();
  batch->hashes = g_ptr_array_new_with_free_func ((GDestroyNotify) btfw_info_hash_unref);
  batch->timer.on_due = on_gathered;
  g_ptr_array_add (self->batches, batch);
  btfw_loop_set_timer (self->loop, &batch->timer, btfw_loop_get_time (self->loop) + GATHER);
  return batch;
}

void
btfw_scrape_line_wait (BtfwScrapeLine *self, BtfwScrapeTurn *turn, const char *url, const guint8 *info_hash)
{
  BtfwScrapeBatch *batch;

  if (turn->batch != NULL)
    return;
  batch = find_batch (self, url);
  if (batch == NULL && self->batches->len >= BATCHES_MAX)
    return;
  if (batch == NULL)
    batch = add_batch (self, url);

  turn->batch = batch;
  turn->place = batch->turns->len;
  g_ptr_array_add (batch->turns, turn);
  g_ptr_array_add (batch->hashes, btfw_info_hash_new (info_hash, NULL));
}

void
btfw_scrape_turn_leave (BtfwScrapeTurn *turn)
{
  if (turn->batch == NULL)
    return;

  turn->batch->turns->pdata[turn->place] = NULL;
  turn->batch = NULL;
}
