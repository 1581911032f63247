/* fake-tracker.c: a tracker plugin that answers when and what a test says. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fake-tracker.h"

static void test_tracker_iface_init (BtfwTrackerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestTracker, test_tracker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_TRACKER, test_tracker_iface_init));

static char *
host_of (BtfwAnnounce *announce)
{
  g_autoptr (GUri) uri = g_uri_parse (btfw_announce_get_url (announce), G_URI_FLAGS_NONE, NULL);

  return g_strdup (g_uri_get_host (uri));
}

static void
question_clear (gpointer data)
{
  TestQuestion *question = data;

  btfw_announce_unref (question->announce);
  g_object_unref (question->task);
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_tracker_announce_async (BtfwTracker        *tracker,
                             BtfwAnnounce       *announce,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  static const char *const events[] = { "none", "started", "completed", "stopped" };
  TestTracker             *self = TEST_TRACKER (tracker);
  TestQuestion             question;
  g_autofree char         *host = host_of (announce);

  question.announce = btfw_announce_ref (announce);
  question.task = g_task_new (self, cancellable, callback, user_data);
  g_array_append_val (self->questions, question);
  g_string_append_printf (self->log, "%s%s:%s", self->log->len > 0 ? " " : "", host,
                          events[btfw_announce_get_event (announce)]);
}

static BtfwAnnounceReply *
test_tracker_announce_finish (BtfwTracker *tracker, GAsyncResult *result, GError **error)
{
  TestTracker *self = TEST_TRACKER (tracker);

  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    self->n_cancelled++;
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_tracker_scrape_async (BtfwTracker         *tracker,
                           const char          *url,
                           BtfwInfoHash *const *hashes,
                           guint                n_hashes,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  TestTracker *self = TEST_TRACKER (tracker);

  g_queue_push_tail (&self->scrapes, g_task_new (self, cancellable, callback, user_data));
  self->n_scraped = n_hashes;
  self->n_scrapes++;
}

static BtfwScrapeReply *
test_tracker_scrape_finish (BtfwTracker *tracker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
test_tracker_answer_scrape (TestTracker *self, gboolean known)
{
  g_autoptr (GTask) task = g_queue_pop_head (&self->scrapes);
  BtfwScrapeReply  *reply = btfw_scrape_reply_new (self->n_scraped);

  for (guint i = 0; i < self->n_scraped; i++)
    btfw_scrape_reply_set (reply, i, known ? (gint64) i : -5, known ? (gint64) i + 1 : G_MAXINT64, -1);
  g_task_return_pointer (task, reply, (GDestroyNotify) btfw_scrape_reply_unref);
  settle ();
}

static guint
test_tracker_get_patience (BtfwTracker *tracker)
{
  return TEST_TRACKER_PATIENCE;
}

static void
test_tracker_iface_init (BtfwTrackerInterface *iface)
{
  iface->get_patience = test_tracker_get_patience;
  iface->scrape_async = test_tracker_scrape_async;
  iface->scrape_finish = test_tracker_scrape_finish;
  iface->announce_async = test_tracker_announce_async;
  iface->announce_finish = test_tracker_announce_finish;
}

static void
test_tracker_finalize (GObject *object)
{
  TestTracker *self = TEST_TRACKER (object);

  g_array_unref (self->questions);
  g_string_free (self->log, TRUE);
  G_OBJECT_CLASS (test_tracker_parent_class)->finalize (object);
}

static void
test_tracker_class_init (TestTrackerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_tracker_finalize;
}

static void
test_tracker_init (TestTracker *self)
{
  self->log = g_string_new (NULL);
  self->questions = g_array_new (FALSE, FALSE, sizeof (TestQuestion));
  g_array_set_clear_func (self->questions, question_clear);
}

TestTracker *
test_tracker_new (void)
{
  return g_object_new (TEST_TYPE_TRACKER, NULL);
}

static int
find (TestTracker *self, const char *host)
{
  for (guint i = self->questions->len; i > 0; i--)
    {
      TestQuestion    *question = &g_array_index (self->questions, TestQuestion, i - 1);
      g_autofree char *asked = host_of (question->announce);

      if (g_strcmp0 (asked, host) == 0)
        return (int) i - 1;
    }

  return -1;
}

static void
test_tracker_finish (TestTracker *self, const char *host, BtfwAnnounceReply *reply, const GError *error)
{
  int i;

  g_assert_cmpint (find (self, host), >=, 0);
  while ((i = find (self, host)) >= 0)
    {
      g_autoptr (GTask) task = g_object_ref (g_array_index (self->questions, TestQuestion, i).task);

      g_array_remove_index (self->questions, (guint) i);
      if (error != NULL)
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_pointer (task, btfw_announce_reply_ref (reply), (GDestroyNotify) btfw_announce_reply_unref);
    }
  settle ();
}

void
test_tracker_answer (TestTracker *self, const char *host, BtfwAnnounceReply *reply)
{
  test_tracker_finish (self, host, reply, NULL);
  btfw_announce_reply_unref (reply);
}

void
test_tracker_fail (TestTracker *self, const char *host, GError *error)
{
  test_tracker_finish (self, host, NULL, error);
  g_error_free (error);
}

void
test_tracker_drain (TestTracker *self)
{
  while (!g_queue_is_empty (&self->scrapes))
    {
      g_autoptr (GTask) task = g_queue_pop_head (&self->scrapes);

      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the test is over");
    }
  while (self->questions->len > 0)
    {
      g_autofree char *host = host_of (g_array_index (self->questions, TestQuestion, 0).announce);

      test_tracker_fail (self, host, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the test is over"));
    }
  settle ();
}

gboolean
test_tracker_is_asked (TestTracker *self, const char *host)
{
  return find (self, host) >= 0;
}

BtfwAnnounce *
test_tracker_peek (TestTracker *self, const char *host)
{
  int i = find (self, host);

  g_assert_cmpint (i, >=, 0);
  return g_array_index (self->questions, TestQuestion, i).announce;
}

char *
test_tracker_take_log (TestTracker *self)
{
  char *log = g_strdup (self->log->str);

  g_string_truncate (self->log, 0);
  return log;
}
