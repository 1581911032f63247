/* trackers.c: tests of the announce planner, in virtual time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "swarm/trackers.h"

#include "fake-tracker.h"

#define SECONDS(n) ((n) * G_TIME_SPAN_SECOND)

typedef struct
{
  BtfwLoop           *loop;
  BtfwTrackerPool    *pool;
  TestTracker        *fake;
  BtfwTrackers       *trackers;
  BtfwTrackersReport  report;
  guint               n_peers;
  guint               n_notices;
  guint               n_changed;
  guint               n_stopped;
  gboolean            from_local;
  gboolean            free_on_peers;
  char               *notice;
} Fixture;

static void
on_get_report (gpointer owner, BtfwTrackersReport *report)
{
  Fixture *f = owner;

  *report = f->report;
}

static void
on_add_peers (gpointer owner, const BtfwAddress *addresses, guint n, gboolean from_local)
{
  Fixture *f = owner;

  f->n_peers += n;
  f->from_local = from_local;
  if (f->free_on_peers)
    g_clear_pointer (&f->trackers, btfw_trackers_free);
}

static void
on_notice (gpointer owner, const char *tracker, const char *text)
{
  Fixture *f = owner;

  f->n_notices++;
  g_free (f->notice);
  f->notice = g_strdup (text);
}

static void
on_changed (gpointer owner)
{
  Fixture *f = owner;

  f->n_changed++;
}

static void
on_stopped (gpointer owner)
{
  Fixture *f = owner;

  f->n_stopped++;
}

static const BtfwTrackersFuncs funcs = {
  .get_report = on_get_report,
  .add_peers = on_add_peers,
  .notice = on_notice,
  .changed = on_changed,
};

static void
setup_with_seed (Fixture *f, guint64 seed)
{
  f->loop = btfw_loop_new_virtual (seed);
  f->pool = btfw_tracker_pool_new (f->loop, NULL, NULL);
  f->fake = test_tracker_new ();
  btfw_tracker_pool_set (f->pool, "http", BTFW_TRACKER (f->fake));
  f->trackers = btfw_trackers_new (f->loop, f->pool, NULL, &funcs, f);
  f->report.left = 1000;
  f->report.port = 6881;
  f->report.num_want = 50;
}

static void
setup (Fixture *f, gconstpointer data)
{
  setup_with_seed (f, 7);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->trackers, btfw_trackers_free);
  test_tracker_drain (f->fake);
  btfw_tracker_pool_free (f->pool);
  g_object_unref (f->fake);
  btfw_loop_free (f->loop);
  g_free (f->notice);
}

/* Tiers are separated by '|', hosts inside by ' '. */
static void
add_tiers (Fixture *f, const char *text)
{
  g_auto (GStrv) tiers = g_strsplit (text, "|", -1);

  for (guint i = 0; tiers[i] != NULL; i++)
    {
      g_auto (GStrv) urls = g_strsplit (tiers[i], " ", -1);

      for (guint j = 0; urls[j] != NULL; j++)
        {
          g_autofree char *host = urls[j];

          urls[j] = g_strdup_printf ("http://%s/announce", host);
        }
      btfw_trackers_add_tier (f->trackers, (const char *const *) urls);
    }
}

static void
wait_for (Fixture *f, gint64 microseconds)
{
  btfw_loop_advance (f->loop, btfw_loop_get_time (f->loop) + microseconds);
}

static void
start (Fixture *f, const char *tiers)
{
  add_tiers (f, tiers);
  btfw_trackers_start (f->trackers);
  wait_for (f, 0);
}

static BtfwAnnounceReply *
reply_every (gint64 seconds)
{
  BtfwAnnounceReply *reply = btfw_announce_reply_new ();

  btfw_announce_reply_set_interval (reply, seconds);
  return reply;
}

static BtfwAnnounceReply *
refusal (const char *reason, gint64 retry_in)
{
  BtfwAnnounceReply *reply = btfw_announce_reply_new ();

  btfw_announce_reply_set_failure (reply, reason, retry_in);
  return reply;
}

static GError *
no_answer (void)
{
  return g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, "no answer");
}

static void
answer (Fixture *f, const char *host)
{
  test_tracker_answer (f->fake, host, reply_every (1800));
  wait_for (f, 0);
}

static void
fail (Fixture *f, const char *host)
{
  test_tracker_fail (f->fake, host, no_answer ());
  wait_for (f, 0);
}

#define assert_log(f, expected)                                \
  G_STMT_START                                                 \
  {                                                            \
    g_autofree char *log_ = test_tracker_take_log ((f)->fake); \
    g_assert_cmpstr (log_, ==, expected);                      \
  }                                                            \
  G_STMT_END

/* Seconds until something is asked, at a resolution of one; -1 for not within @most. */
static gint64
seconds_until_asked (Fixture *f, gint64 most)
{
  for (gint64 i = 0; i <= most; i++)
    {
      if (f->fake->log->len > 0)
        return i;
      wait_for (f, SECONDS (1));
    }

  return -1;
}

static void
test_started_goes_out_at_once (Fixture *f, gconstpointer data)
{
  BtfwAnnounce *announce;

  memset (f->report.info_hash, 0xaa, sizeof f->report.info_hash);
  f->report.uploaded = 5;
  f->report.downloaded = 6;
  f->report.key = 77;
  start (f, "a");
  assert_log (f, "a:started");

  announce = test_tracker_peek (f->fake, "a");
  g_assert_cmpstr (btfw_announce_get_url (announce), ==, "http://a/announce");
  g_assert_cmpmem (btfw_announce_get_info_hash (announce), 20, f->report.info_hash, 20);
  g_assert_cmpuint (btfw_announce_get_uploaded (announce), ==, 5);
  g_assert_cmpuint (btfw_announce_get_downloaded (announce), ==, 6);
  g_assert_cmpuint (btfw_announce_get_left (announce), ==, 1000);
  g_assert_cmpuint (btfw_announce_get_key (announce), ==, 77);
  g_assert_cmpuint (btfw_announce_get_port (announce), ==, 6881);
  g_assert_cmpint (btfw_announce_get_num_want (announce), ==, 50);
}

static void
test_peers_reach_the_torrent (Fixture *f, gconstpointer data)
{
  BtfwAnnounceReply *reply = reply_every (1800);
  const guint8       usable[4] = { 10, 0, 0, 1 };
  const guint8       multicast[4] = { 224, 0, 0, 1 };

  btfw_announce_reply_add_peer_v4 (reply, usable, 1);
  btfw_announce_reply_add_peer_v4 (reply, usable, 0);
  btfw_announce_reply_add_peer_v4 (reply, multicast, 1);
  btfw_announce_reply_set_from_local (reply, TRUE);
  start (f, "a");
  test_tracker_answer (f->fake, "a", reply);
  g_assert_cmpuint (f->n_peers, ==, 1);
  g_assert_true (f->from_local);
}

static void
test_two_hundred_peers_of_a_reply (Fixture *f, gconstpointer data)
{
  BtfwAnnounceReply *reply = reply_every (1800);

  for (guint i = 0; i < 5000; i++)
    {
      const guint8 address[4] = { 10, 0, (guint8) (i >> 8), (guint8) i };

      btfw_announce_reply_add_peer_v4 (reply, address, 6881);
    }
  start (f, "a");
  test_tracker_answer (f->fake, "a", reply);
  g_assert_cmpuint (f->n_peers, ==, 200);
}

static void
test_completed_is_told_once (Fixture *f, gconstpointer data)
{
  start (f, "a");
  answer (f, "a");
  f->report.left = 0;
  btfw_trackers_completed (f->trackers);
  btfw_trackers_completed (f->trackers);
  wait_for (f, 0);
  assert_log (f, "a:started a:completed");
  answer (f, "a");
  btfw_trackers_completed (f->trackers);
  wait_for (f, SECONDS (1700));
  assert_log (f, "");
  wait_for (f, SECONDS (200));
  assert_log (f, "a:none");
}

static void
test_completed_is_not_told_by_a_seed (Fixture *f, gconstpointer data)
{
  f->report.left = 0;
  start (f, "a");
  answer (f, "a");
  btfw_trackers_completed (f->trackers);
  wait_for (f, SECONDS (10));
  assert_log (f, "a:started");
}

static void
test_completed_waits_for_started (Fixture *f, gconstpointer data)
{
  start (f, "a");
  f->report.left = 0;
  btfw_trackers_completed (f->trackers);
  wait_for (f, 0);
  assert_log (f, "a:started");
  answer (f, "a");
  assert_log (f, "a:completed");
  answer (f, "a");
  wait_for (f, SECONDS (10));
  assert_log (f, "");
}

static void
test_completed_is_told_again_until_heard (Fixture *f, gconstpointer data)
{
  start (f, "a");
  answer (f, "a");
  btfw_trackers_completed (f->trackers);
  wait_for (f, 0);
  assert_log (f, "a:started a:completed");
  fail (f, "a");
  g_assert_cmpint (seconds_until_asked (f, 100), >=, 29);
  assert_log (f, "a:completed");
}

static void
test_stop_tells_those_that_heard_started (Fixture *f, gconstpointer data)
{
  btfw_trackers_set_all_tiers (f->trackers, TRUE);
  start (f, "a|b|c");
  answer (f, "a");
  answer (f, "b");
  fail (f, "c");
  g_free (test_tracker_take_log (f->fake));

  btfw_trackers_stop (f->trackers, 3000, on_stopped);
  g_assert_cmpuint (f->n_stopped, ==, 0);
  wait_for (f, 0);
  assert_log (f, "a:stopped b:stopped");
  g_assert_cmpint (btfw_announce_get_num_want (test_tracker_peek (f->fake, "a")), ==, 0);
  answer (f, "a");
  g_assert_cmpuint (f->n_stopped, ==, 0);
  answer (f, "b");
  g_assert_cmpuint (f->n_stopped, ==, 1);
  wait_for (f, SECONDS (10000));
  assert_log (f, "");
  g_assert_cmpuint (f->n_stopped, ==, 1);
}

static void
test_stop_completes_first (Fixture *f, gconstpointer data)
{
  start (f, "a");
  answer (f, "a");
  btfw_trackers_completed (f->trackers);
  btfw_trackers_stop (f->trackers, 3000, on_stopped);
  wait_for (f, 0);
  assert_log (f, "a:started a:completed");
  answer (f, "a");
  assert_log (f, "a:stopped");
  answer (f, "a");
  g_assert_cmpuint (f->n_stopped, ==, 1);
}

static void
test_stop_follows_a_refused_completed (Fixture *f, gconstpointer data)
{
  start (f, "a");
  answer (f, "a");
  btfw_trackers_completed (f->trackers);
  btfw_trackers_stop (f->trackers, 3000, on_stopped);
  wait_for (f, 0);
  test_tracker_answer (f->fake, "a", refusal ("too soon", 0));
  wait_for (f, 0);
  assert_log (f, "a:started a:completed a:stopped");
  test_tracker_answer (f->fake, "a", refusal ("too soon", 0));
  wait_for (f, 0);
  assert_log (f, "");
  g_assert_cmpuint (f->n_stopped, ==, 1);
}

static void
test_stop_lets_started_finish (Fixture *f, gconstpointer data)
{
  start (f, "a");
  btfw_trackers_stop (f->trackers, 3000, on_stopped);
  wait_for (f, SECONDS (1) / 2);
  assert_log (f, "a:started");
  answer (f, "a");
  assert_log (f, "a:stopped");
  answer (f, "a");
  g_assert_cmpuint (f->n_stopped, ==, 1);
  g_assert_cmpuint (f->n_peers, ==, 0);
}

static void
test_stop_does_not_wait_for_the_dead (Fixture *f, gconstpointer data)
{
  start (f, "a");
  btfw_trackers_stop (f->trackers, 3000, on_stopped);
  wait_for (f, SECONDS (1) + 1);
  g_assert_cmpuint (f->n_stopped, ==, 1);
  fail (f, "a");
  g_assert_cmpuint (f->fake->n_cancelled, ==, 1);
  wait_for (f, SECONDS (1000));
  assert_log (f, "a:started");
}

static void
test_stop_ends_at_its_deadline (Fixture *f, gconstpointer data)
{
  start (f, "a");
  answer (f, "a");
  btfw_trackers_stop (f->trackers, 3000, on_stopped);
  wait_for (f, SECONDS (3) - 1);
  g_assert_cmpuint (f->n_stopped, ==, 0);
  wait_for (f, 1);
  g_assert_cmpuint (f->n_stopped, ==, 1);
}

static void
test_stop_before_start_is_done_at_once (Fixture *f, gconstpointer data)
{
  add_tiers (f, "a");
  btfw_trackers_stop (f->trackers, 3000, on_stopped);
  g_assert_cmpuint (f->n_stopped, ==, 0);
  wait_for (f, 0);
  g_assert_cmpuint (f->n_stopped, ==, 1);
  assert_log (f, "");
}

static void
test_restart_tells_started_again (Fixture *f, gconstpointer data)
{
  start (f, "a");
  answer (f, "a");
  btfw_trackers_stop (f->trackers, 3000, on_stopped);
  wait_for (f, 0);
  answer (f, "a");
  btfw_trackers_start (f->trackers);
  wait_for (f, 0);
  assert_log (f, "a:started a:stopped a:started");
}

static void
test_free_at_any_moment (Fixture *f, gconstpointer data)
{
  start (f, "a|b");
  wait_for (f, SECONDS (6));
  g_clear_pointer (&f->trackers, btfw_trackers_free);
  fail (f, "a");
  fail (f, "b");
  g_assert_cmpuint (f->fake->n_cancelled, ==, 2);
}

static void
test_free_inside_a_callback (Fixture *f, gconstpointer data)
{
  BtfwAnnounceReply *reply = reply_every (1800);
  const guint8       address[4] = { 10, 0, 0, 1 };

  btfw_announce_reply_add_peer_v4 (reply, address, 6881);
  btfw_announce_reply_set_warning (reply, "hello");
  f->free_on_peers = TRUE;
  start (f, "a");
  test_tracker_answer (f->fake, "a", reply);
  g_assert_null (f->trackers);
  g_assert_cmpuint (f->n_notices, ==, 0);
  wait_for (f, SECONDS (10000));
  assert_log (f, "a:started");
}

static void
test_tier_moves_on_after_a_failure (Fixture *f, gconstpointer data)
{
  start (f, "a|b");
  assert_log (f, "a:started");
  fail (f, "a");
  assert_log (f, "b:started");
  answer (f, "b");
  g_assert_cmpint (seconds_until_asked (f, 100), >=, 29);
  assert_log (f, "a:started");
  answer (f, "a");
  g_assert_cmpint (seconds_until_asked (f, 1900), >=, 1799);
  assert_log (f, "a:none");
}

static void
test_tier_with_patience (Fixture *f, gconstpointer data)
{
  start (f, "a|b");
  wait_for (f, SECONDS (5) - 1);
  assert_log (f, "a:started");
  wait_for (f, 1);
  assert_log (f, "b:started");
  answer (f, "b");
  fail (f, "a");
  g_assert_cmpuint (f->n_stopped, ==, 0);
}

/* One that worked and has gone silent holds up the next tier for 30 s, however
 * long its protocol goes on asking it. */
static void
test_tier_of_one_gone_silent (Fixture *f, gconstpointer data)
{
  start (f, "a|b");
  answer (f, "a");
  assert_log (f, "a:started");
  g_assert_cmpint (seconds_until_asked (f, 1900), >=, 1799);
  assert_log (f, "a:none");
  wait_for (f, SECONDS (29));
  g_assert_cmpuint (f->fake->log->len, ==, 0);
  wait_for (f, SECONDS (1));
  assert_log (f, "b:started");
  g_assert_true (test_tracker_is_asked (f->fake, "a"));
  answer (f, "b");
  answer (f, "a");
}

/* A plugin that does not end what it was asked is told to, and not waited for. */
static void
test_plugin_out_of_time (Fixture *f, gconstpointer data)
{
  BtfwTrackersInfo info;

  start (f, "a");
  assert_log (f, "a:started");
  wait_for (f, SECONDS (TEST_TRACKER_PATIENCE + 4));
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpuint (info.failures, ==, 0);
  wait_for (f, SECONDS (2));
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpuint (info.failures, ==, 1);
  g_assert_nonnull (info.message);
  test_tracker_drain (f->fake);
  g_assert_cmpuint (f->fake->n_cancelled, ==, 1);
  g_assert_cmpint (seconds_until_asked (f, 40), >=, 28);
  assert_log (f, "a:started");
  answer (f, "a");
}

static void
test_tier_promotes_whoever_answers (Fixture *f, gconstpointer data)
{
  g_autofree char *first = NULL;
  const char      *other;

  start (f, "a b");
  first = test_tracker_take_log (f->fake);
  other = strcmp (first, "a:started") == 0 ? "b" : "a";
  fail (f, strcmp (other, "b") == 0 ? "a" : "b");
  answer (f, other);
  g_free (test_tracker_take_log (f->fake));
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%s:none", other);

      g_assert_cmpint (seconds_until_asked (f, 1900), >=, 1799);
      assert_log (f, expected);
      answer (f, other);
    }
}

/* Different seeds begin with different trackers, and one seed always with the same. */
static char *
first_asked (guint64 seed)
{
  Fixture f = { 0 };
  char   *first;

  setup_with_seed (&f, seed);
  start (&f, "a b c d");
  first = test_tracker_take_log (f.fake);
  teardown (&f, NULL);
  return first;
}

static void
test_tier_is_shuffled (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint64 seed = 1; seed <= 64; seed++)
    {
      g_autofree char *again = first_asked (seed);
      char            *first = first_asked (seed);

      g_assert_cmpstr (first, ==, again);
      g_hash_table_add (seen, first);
    }

  g_assert_cmpuint (g_hash_table_size (seen), ==, 4);
}

static void
test_all_tiers_are_asked (Fixture *f, gconstpointer data)
{
  btfw_trackers_set_all_tiers (f->trackers, TRUE);
  start (f, "a|b|c");
  assert_log (f, "a:started b:started c:started");
}

static void
test_same_url_is_asked_once (Fixture *f, gconstpointer data)
{
  btfw_trackers_set_all_tiers (f->trackers, TRUE);
  start (f, "a|a b|b");
  g_assert_cmpuint (btfw_trackers_get_n (f->trackers), ==, 2);
  assert_log (f, "a:started b:started");
}

typedef struct
{
  const char *path;
  gint64      interval;
  gint64      min_interval;
  gint64      least;
  gint64      most;
} IntervalCase;

static const IntervalCase interval_cases[] = {
  { "/trackers/interval/as-told", 1800, 0, 1800, 1891 },
  { "/trackers/interval/zero-is-a-minute", 0, 0, 60, 64 },
  { "/trackers/interval/negative-is-a-minute", -1, 0, 60, 64 },
  { "/trackers/interval/one-is-a-minute", 1, 0, 60, 64 },
  { "/trackers/interval/smallest-is-a-minute", G_MININT64, G_MININT64, 60, 64 },
  { "/trackers/interval/huge-is-a-day", 1ll << 31, 0, 86400, 86400 },
  { "/trackers/interval/largest-is-a-day", G_MAXINT64, G_MAXINT64, 86400, 86400 },
  { "/trackers/interval/minimum-above-it", 60, 300, 300, 316 },
};

static void
test_interval (Fixture *f, gconstpointer data)
{
  const IntervalCase *c = data;
  BtfwAnnounceReply  *reply = reply_every (c->interval);
  gint64              seconds;

  btfw_announce_reply_set_min_interval (reply, c->min_interval);
  start (f, "a");
  g_free (test_tracker_take_log (f->fake));
  test_tracker_answer (f->fake, "a", reply);

  seconds = seconds_until_asked (f, c->most);
  g_assert_cmpint (seconds, >=, c->least);
  g_assert_cmpint (seconds, <=, c->most);
}

static void
test_hungry_asks_early (Fixture *f, gconstpointer data)
{
  start (f, "a");
  answer (f, "a");
  g_free (test_tracker_take_log (f->fake));
  btfw_trackers_set_hungry (f->trackers, TRUE);
  g_assert_cmpint (seconds_until_asked (f, 700), ==, 600);
}

static void
test_hungry_keeps_the_minimum (Fixture *f, gconstpointer data)
{
  BtfwAnnounceReply *reply = reply_every (1800);

  btfw_announce_reply_set_min_interval (reply, 900);
  start (f, "a");
  test_tracker_answer (f->fake, "a", reply);
  g_free (test_tracker_take_log (f->fake));
  btfw_trackers_set_hungry (f->trackers, TRUE);
  g_assert_cmpint (seconds_until_asked (f, 1000), ==, 900);
}

static void
test_announce_now_keeps_the_floor (Fixture *f, gconstpointer data)
{
  start (f, "a");
  answer (f, "a");
  g_free (test_tracker_take_log (f->fake));
  wait_for (f, SECONDS (10));
  btfw_trackers_announce_now (f->trackers);
  btfw_trackers_announce_now (f->trackers);
  g_assert_cmpint (seconds_until_asked (f, 60), ==, 50);
  assert_log (f, "a:none");
}

static void
test_announce_now_keeps_the_minimum (Fixture *f, gconstpointer data)
{
  BtfwAnnounceReply *reply = reply_every (1800);

  btfw_announce_reply_set_min_interval (reply, 300);
  start (f, "a");
  test_tracker_answer (f->fake, "a", reply);
  g_free (test_tracker_take_log (f->fake));
  btfw_trackers_announce_now (f->trackers);
  g_assert_cmpint (seconds_until_asked (f, 400), ==, 300);
}

static void
test_back_off_grows_and_ends (Fixture *f, gconstpointer data)
{
  gint64 last = 0;

  start (f, "a");
  for (guint i = 0; i < 12; i++)
    {
      gint64 seconds;

      g_free (test_tracker_take_log (f->fake));
      test_tracker_fail (f->fake, "a", no_answer ());
      seconds = seconds_until_asked (f, 1801);
      g_assert_cmpint (seconds, >=, 30);
      g_assert_cmpint (seconds, >=, MIN (last, 1300));
      last = seconds;
    }
  g_assert_cmpint (last, >=, 1300);
}

static void
test_back_off_within_the_interval (Fixture *f, gconstpointer data)
{
  start (f, "a");
  test_tracker_answer (f->fake, "a", reply_every (120));
  g_free (test_tracker_take_log (f->fake));
  g_assert_cmpint (seconds_until_asked (f, 130), >=, 120);
  for (guint i = 0; i < 8; i++)
    {
      g_free (test_tracker_take_log (f->fake));
      test_tracker_fail (f->fake, "a", no_answer ());
      g_assert_cmpint (seconds_until_asked (f, 121), >=, 30);
    }
}

static void
test_nonsense_never_drops_a_tracker (Fixture *f, gconstpointer data)
{
  gint64           end = btfw_loop_get_time (f->loop) + SECONDS (600);
  BtfwTrackersInfo info;

  start (f, "a");
  while (btfw_loop_get_time (f->loop) < end)
    {
      g_free (test_tracker_take_log (f->fake));
      test_tracker_fail (f->fake, "a", g_error_new (BTFW_ERROR, BTFW_ERROR_TRACKER, "a login page"));
      g_assert_cmpint (seconds_until_asked (f, 1801), >=, 59);
    }
  answer (f, "a");
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpint (info.state, ==, BTFW_TRACKER_WORKING);
  g_assert_null (info.message);
}

static void
test_refusal_with_retry_in (Fixture *f, gconstpointer data)
{
  start (f, "a");
  g_free (test_tracker_take_log (f->fake));
  test_tracker_answer (f->fake, "a", refusal ("later", 600));
  g_assert_cmpint (seconds_until_asked (f, 700), ==, 600);
  g_assert_cmpuint (f->n_notices, ==, 1);
  g_assert_cmpstr (f->notice, ==, "later");
}

static void
test_refusal_for_ever (Fixture *f, gconstpointer data)
{
  BtfwTrackersInfo info;

  start (f, "a");
  g_free (test_tracker_take_log (f->fake));
  test_tracker_answer (f->fake, "a", refusal ("go away", -1));
  btfw_trackers_announce_now (f->trackers);
  g_assert_cmpint (seconds_until_asked (f, 4000), ==, -1);
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpint (info.state, ==, BTFW_TRACKER_UNUSABLE);
  g_assert_cmpint (info.next, ==, -1);
  g_assert_cmpstr (info.message, ==, "go away");
}

static void
test_unknown_scheme_moves_on (Fixture *f, gconstpointer data)
{
  const char *const urls[] = { "wss://a/announce", NULL };
  BtfwTrackersInfo  info;

  btfw_trackers_add_tier (f->trackers, urls);
  start (f, "b");
  assert_log (f, "b:started");
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpint (info.state, ==, BTFW_TRACKER_UNUSABLE);
  g_assert_nonnull (info.message);
}

static void
test_tracker_id_is_said_again (Fixture *f, gconstpointer data)
{
  BtfwAnnounceReply *reply = reply_every (1800);

  btfw_announce_reply_set_tracker_id (reply, "xyz");
  start (f, "a");
  g_assert_null (btfw_announce_get_tracker_id (test_tracker_peek (f->fake, "a")));
  test_tracker_answer (f->fake, "a", reply);
  for (guint i = 0; i < 2; i++)
    {
      wait_for (f, SECONDS (1900));
      g_assert_cmpstr (btfw_announce_get_tracker_id (test_tracker_peek (f->fake, "a")), ==, "xyz");
      answer (f, "a");
    }
}

static void
test_info_follows (Fixture *f, gconstpointer data)
{
  BtfwAnnounceReply *reply = reply_every (1800);
  BtfwTrackersInfo   info;

  add_tiers (f, "a|b");
  btfw_trackers_get_info (f->trackers, 1, &info);
  g_assert_cmpint (info.state, ==, BTFW_TRACKER_IDLE);
  g_assert_cmpuint (info.tier, ==, 1);
  g_assert_cmpint (info.seeds, ==, -1);

  start (f, "a");
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpint (info.state, ==, BTFW_TRACKER_ASKING);

  btfw_announce_reply_set_counts (reply, 3, 1ll << 40, -7);
  btfw_announce_reply_set_warning (reply, "slow\ndown");
  test_tracker_answer (f->fake, "a", reply);
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpint (info.state, ==, BTFW_TRACKER_WORKING);
  g_assert_cmpint (info.seeds, ==, 3);
  g_assert_cmpint (info.leechers, ==, -1);
  g_assert_cmpint (info.next, >=, 1799);
  g_assert_null (strchr (info.message, '\n'));
  g_assert_cmpuint (f->n_notices, ==, 1);
  g_assert_cmpuint (f->n_changed, >=, 2);
}

#define N_TORRENTS 100

static guint
count_asked (Fixture *f)
{
  return f->fake->questions->len;
}

static void
test_many_torrents_share_a_host (Fixture *f, gconstpointer data)
{
  BtfwTrackers *torrents[N_TORRENTS];
  const char   *urls[] = { "http://a/announce", NULL };
  guint         n_rounds = 0;

  for (guint i = 0; i < N_TORRENTS; i++)
    {
      torrents[i] = btfw_trackers_new (f->loop, f->pool, NULL, &funcs, f);
      btfw_trackers_add_tier (torrents[i], urls);
      btfw_trackers_start (torrents[i]);
    }

  wait_for (f, 0);
  g_assert_cmpuint (count_asked (f), ==, 4);
  for (guint done = 0; done < N_TORRENTS; n_rounds++)
    {
      g_assert_cmpuint (count_asked (f), <=, 4);
      done += count_asked (f);
      if (count_asked (f) > 0)
        answer (f, "a");
      wait_for (f, SECONDS (1) / 10);
      g_assert_cmpuint (n_rounds, <, 200);
    }
  g_assert_cmpuint (n_rounds, >=, 80);

  for (guint i = 0; i < N_TORRENTS; i++)
    btfw_trackers_free (torrents[i]);
}

static void
test_dead_host_holds_up_nobody (Fixture *f, gconstpointer data)
{
  BtfwTrackers *torrents[N_TORRENTS];
  const char   *dead[] = { "http://dead/announce", NULL };

  for (guint i = 0; i < N_TORRENTS; i++)
    {
      g_autofree char *own = g_strdup_printf ("http://t%u/announce", i);
      const char      *alive[] = { own, NULL };

      torrents[i] = btfw_trackers_new (f->loop, f->pool, NULL, &funcs, f);
      btfw_trackers_add_tier (torrents[i], dead);
      btfw_trackers_add_tier (torrents[i], alive);
      btfw_trackers_start (torrents[i]);
    }

  wait_for (f, SECONDS (11));
  for (guint i = 0; i < N_TORRENTS; i++)
    {
      g_autofree char *host = g_strdup_printf ("t%u", i);

      g_assert_true (test_tracker_is_asked (f->fake, host));
    }

  for (guint i = 0; i < N_TORRENTS; i++)
    btfw_trackers_free (torrents[i]);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, setup, function, teardown)

static void
advance_loop (BtfwLoop *loop, gint64 time)
{
  btfw_loop_advance (loop, btfw_loop_get_time (loop) + time);
}

static void
test_scrapes_what_announces_leave_out (Fixture *f, gconstpointer data)
{
  BtfwTrackers      *more[9];
  BtfwAnnounceReply *full = reply_every (1800);
  BtfwTrackersInfo   info;

  add_tiers (f, "a");
  btfw_trackers_start (f->trackers);
  for (guint i = 0; i < G_N_ELEMENTS (more); i++)
    {
      const char *const urls[] = { "http://a/announce", NULL };

      more[i] = btfw_trackers_new (f->loop, f->pool, NULL, &funcs, f);
      btfw_trackers_add_tier (more[i], urls);
      btfw_trackers_start (more[i]);
    }
  while (test_tracker_is_asked (f->fake, "a") || f->fake->n_scrapes == 0)
    {
      if (test_tracker_is_asked (f->fake, "a"))
        test_tracker_answer (f->fake, "a", reply_every (1800));
      advance_loop (f->loop, G_TIME_SPAN_SECOND / 2);
    }

  /* All ten with one question. */
  advance_loop (f->loop, 5 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (f->fake->n_scrapes, ==, 1);
  g_assert_cmpuint (f->fake->n_scraped, ==, 10);
  btfw_trackers_free (more[0]); /* while it waits */
  test_tracker_answer_scrape (f->fake, TRUE);
  btfw_trackers_get_info (more[8], 0, &info);
  g_assert_cmpint (info.leechers, ==, info.seeds + 1);

  /* E13: numbers that make no sense change nothing; a tracker that tells counts is not scraped. */
  btfw_announce_reply_set_counts (full, 3, 4, -1);
  advance_loop (f->loop, 2000 * G_TIME_SPAN_SECOND);
  g_assert_true (test_tracker_is_asked (f->fake, "a"));
  test_tracker_answer (f->fake, "a", full);
  advance_loop (f->loop, 5 * G_TIME_SPAN_SECOND);
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpint (info.seeds, ==, 3);
  g_assert_cmpint (info.leechers, ==, 4);
  for (guint i = 1; i < G_N_ELEMENTS (more); i++)
    btfw_trackers_free (more[i]);
}

static void
test_scrapes_of_nonsense_are_unknown (Fixture *f, gconstpointer data)
{
  BtfwTrackersInfo info;

  add_tiers (f, "a");
  btfw_trackers_start (f->trackers);
  advance_loop (f->loop, 1000);
  test_tracker_answer (f->fake, "a", reply_every (1800));
  advance_loop (f->loop, 3 * G_TIME_SPAN_SECOND);
  test_tracker_answer_scrape (f->fake, FALSE);
  btfw_trackers_get_info (f->trackers, 0, &info);
  g_assert_cmpint (info.seeds, ==, -1);
  g_assert_cmpint (info.leechers, ==, -1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("/trackers/started/goes-out-at-once", test_started_goes_out_at_once);
  ADD ("/trackers/peers/reach-the-torrent", test_peers_reach_the_torrent);
  ADD ("/trackers/peers/two-hundred-of-a-reply", test_two_hundred_peers_of_a_reply);
  ADD ("/trackers/completed/is-told-once", test_completed_is_told_once);
  ADD ("/trackers/completed/is-not-told-by-a-seed", test_completed_is_not_told_by_a_seed);
  ADD ("/trackers/completed/waits-for-started", test_completed_waits_for_started);
  ADD ("/trackers/completed/is-told-again-until-heard", test_completed_is_told_again_until_heard);
  ADD ("/trackers/stop/tells-those-that-heard-started", test_stop_tells_those_that_heard_started);
  ADD ("/trackers/stop/completes-first", test_stop_completes_first);
  ADD ("/trackers/stop/follows-a-refused-completed", test_stop_follows_a_refused_completed);
  ADD ("/trackers/stop/lets-started-finish", test_stop_lets_started_finish);
  ADD ("/trackers/stop/does-not-wait-for-the-dead", test_stop_does_not_wait_for_the_dead);
  ADD ("/trackers/stop/ends-at-its-deadline", test_stop_ends_at_its_deadline);
  ADD ("/trackers/stop/before-start-is-done-at-once", test_stop_before_start_is_done_at_once);
  ADD ("/trackers/restart/tells-started-again", test_restart_tells_started_again);
  ADD ("/trackers/free/at-any-moment", test_free_at_any_moment);
  ADD ("/trackers/free/inside-a-callback", test_free_inside_a_callback);
  ADD ("/trackers/tiers/move-on-after-a-failure", test_tier_moves_on_after_a_failure);
  ADD ("/trackers/tiers/with-patience", test_tier_with_patience);
  ADD ("/trackers/tiers/of-one-gone-silent", test_tier_of_one_gone_silent);
  ADD ("/trackers/plugin-out-of-time", test_plugin_out_of_time);
  ADD ("/trackers/tiers/promote-whoever-answers", test_tier_promotes_whoever_answers);
  g_test_add_func ("/trackers/tiers/are-shuffled", test_tier_is_shuffled);
  ADD ("/trackers/tiers/all-are-asked", test_all_tiers_are_asked);
  ADD ("/trackers/tiers/same-url-is-asked-once", test_same_url_is_asked_once);
  for (guint i = 0; i < G_N_ELEMENTS (interval_cases); i++)
    g_test_add (interval_cases[i].path, Fixture, &interval_cases[i], setup, test_interval, teardown);
  ADD ("/trackers/hungry/asks-early", test_hungry_asks_early);
  ADD ("/trackers/hungry/keeps-the-minimum", test_hungry_keeps_the_minimum);
  ADD ("/trackers/announce-now/keeps-the-floor", test_announce_now_keeps_the_floor);
  ADD ("/trackers/announce-now/keeps-the-minimum", test_announce_now_keeps_the_minimum);
  ADD ("/trackers/back-off/grows-and-ends", test_back_off_grows_and_ends);
  ADD ("/trackers/back-off/within-the-interval", test_back_off_within_the_interval);
  ADD ("/trackers/back-off/nonsense-never-drops-a-tracker", test_nonsense_never_drops_a_tracker);
  ADD ("/trackers/refusal/with-retry-in", test_refusal_with_retry_in);
  ADD ("/trackers/refusal/for-ever", test_refusal_for_ever);
  ADD ("/trackers/scheme/unknown-moves-on", test_unknown_scheme_moves_on);
  ADD ("/trackers/tracker-id/is-said-again", test_tracker_id_is_said_again);
  ADD ("/trackers/info/follows", test_info_follows);
  ADD ("/trackers/scrape/what-announces-leave-out", test_scrapes_what_announces_leave_out);
  ADD ("/trackers/scrape/of-nonsense-are-unknown", test_scrapes_of_nonsense_are_unknown);
  ADD ("/trackers/budget/many-torrents-share-a-host", test_many_torrents_share_a_host);
  ADD ("/trackers/budget/dead-host-holds-up-nobody", test_dead_host_holds_up_nobody);

  return g_test_run ();
}
