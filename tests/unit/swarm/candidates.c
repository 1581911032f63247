/* candidates.c: tests of whom to connect to, and when again. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/candidates.h"

#define NOW ((gint64) 1000 * G_USEC_PER_SEC)
#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)

typedef struct
{
  BtfwCandidates candidates;
  BtfwLoop      *loop;
  BtfwRandom     random;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  btfw_candidates_init (&f->candidates);
  f->loop = btfw_loop_new_virtual (1);
  btfw_loop_fork_random (f->loop, "test", &f->random);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  btfw_candidates_clear (&f->candidates);
  btfw_loop_free (f->loop);
}

static BtfwAddress
parse (const char *text)
{
  BtfwAddress address;

  g_assert_true (btfw_address_parse (&address, text));
  return address;
}

static BtfwCandidate *
add (Fixture *f, const char *text, BtfwCandidateSource source)
{
  BtfwAddress address = parse (text);

  return btfw_candidates_add (&f->candidates, &address, source);
}

/* An address in the internet for each number. */
static BtfwAddress
number_address (guint n, guint16 port)
{
  guint8      ip[4] = { 20, (guint8) (n >> 16), (guint8) (n >> 8), (guint8) n };
  BtfwAddress address;

  btfw_address_from_v4 (&address, ip, port);
  return address;
}

static BtfwCandidate *
choose (Fixture *f, gint64 now)
{
  gint64 when;

  return btfw_candidates_choose (&f->candidates, now, &when);
}

static void
test_an_address_is_known_once (Fixture *f, gconstpointer data)
{
  BtfwCandidate *candidate = add (f, "1.2.3.4:5", BTFW_SOURCE_EXCHANGE);

  g_assert_nonnull (candidate);
  g_assert_true (add (f, "1.2.3.4:5", BTFW_SOURCE_TRACKER) == candidate);
  g_assert_cmpint (candidate->source, ==, BTFW_SOURCE_TRACKER);
  add (f, "1.2.3.4:5", BTFW_SOURCE_EXCHANGE);
  g_assert_cmpint (candidate->source, ==, BTFW_SOURCE_TRACKER);
  g_assert_cmpuint (f->candidates.list->len, ==, 1);
}

static void
test_useless_addresses_are_left_out (Fixture *f, gconstpointer data)
{
  g_assert_null (add (f, "1.2.3.4:0", BTFW_SOURCE_TRACKER));
  g_assert_null (add (f, "0.0.0.0:1", BTFW_SOURCE_TRACKER));
  g_assert_null (add (f, "224.0.0.1:1", BTFW_SOURCE_TRACKER));
  g_assert_null (add (f, "[ff02::1]:1", BTFW_SOURCE_TRACKER));
  g_assert_cmpuint (f->candidates.list->len, ==, 0);
}

static void
test_better_sources_go_first (Fixture *f, gconstpointer data)
{
  BtfwCandidate *exchange = add (f, "1.0.0.1:1", BTFW_SOURCE_EXCHANGE);
  BtfwCandidate *user = add (f, "1.0.0.2:1", BTFW_SOURCE_USER);
  BtfwCandidate *tracker = add (f, "1.0.0.3:1", BTFW_SOURCE_TRACKER);
  BtfwCandidate *order[] = { user, tracker, exchange };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      BtfwCandidate *chosen = choose (f, NOW);

      g_assert_true (chosen == order[i]);
      chosen->is_connected = TRUE;
    }
  g_assert_null (choose (f, NOW));
}

/* Of the same source; the numbers are those of BEP 40. */
static void
test_dearer_ones_go_first (Fixture *f, gconstpointer data)
{
  BtfwOwnAddress own = { 0 };
  BtfwAddress    teller = parse ("7.7.7.7:1");
  BtfwCandidate *near = add (f, "123.213.32.234:1", BTFW_SOURCE_TRACKER);
  BtfwCandidate *far = add (f, "98.76.54.32:1", BTFW_SOURCE_TRACKER);
  BtfwCandidate *closed;

  btfw_candidates_set_own (&f->candidates, &own, 6881);
  btfw_own_address_hear (&own, &teller, (const guint8 *) "\x7b\xd5\x20\x0a", 4);
  g_assert_true (choose (f, NOW) == far);
  g_assert_cmphex (far->priority, ==, 0xec2d7224);
  g_assert_cmphex (near->priority, ==, 0x99568189);

  /* It closed a connection, and one that was never tried comes first. */
  btfw_candidates_on_closed (far, NOW, &f->random);
  closed = choose (f, NOW + SECONDS (30));
  g_assert_true (closed == near);
  closed->is_connected = TRUE;
  g_assert_true (choose (f, NOW + SECONDS (30)) == far);

  /* Where we are turns out to be elsewhere. */
  closed->is_connected = FALSE;
  far->next_try = 0;
  btfw_own_address_hear (&own, &teller, (const guint8 *) "\x62\x4c\x36\x20", 4);
  choose (f, NOW + SECONDS (30));
  g_assert_cmphex (far->priority, !=, 0xec2d7224);
}

static void
test_those_that_failed_wait_and_go_last (Fixture *f, gconstpointer data)
{
  BtfwCandidate *failed = add (f, "1.0.0.1:1", BTFW_SOURCE_USER);
  BtfwCandidate *fresh;
  gint64         when;

  btfw_candidates_on_failed (failed, NOW, &f->random);
  g_assert_null (btfw_candidates_choose (&f->candidates, NOW + SECONDS (14), &when));
  g_assert_cmpint (when, >=, NOW + SECONDS (15));
  g_assert_cmpint (when, <=, NOW + SECONDS (17));
  g_assert_true (choose (f, when) == failed);

  fresh = add (f, "1.0.0.2:1", BTFW_SOURCE_EXCHANGE);
  g_assert_true (choose (f, when) == fresh);
}

/* Ever longer, but at most an hour and a tenth. */
static void
test_patience_grows_and_has_an_end (Fixture *f, gconstpointer data)
{
  BtfwCandidate *candidate = add (f, "1.0.0.1:1", BTFW_SOURCE_TRACKER);
  gint64         last = 0;

  for (guint i = 0; i < 40; i++)
    {
      gint64 delay;

      btfw_candidates_on_failed (candidate, NOW, &f->random);
      delay = candidate->next_try - NOW;
      g_assert_cmpint (delay, <=, SECONDS (3960));
      if (i < 8)
        g_assert_cmpint (delay, >, last);
      last = delay;
    }
  g_assert_cmpint (last, >=, SECONDS (3600));

  btfw_candidates_on_closed (candidate, NOW, &f->random);
  g_assert_cmpuint (candidate->n_failures, ==, 0);
  g_assert_cmpint (candidate->next_try - NOW, <=, SECONDS (22));
}

static void
test_a_ban_is_for_the_host (Fixture *f, gconstpointer data)
{
  BtfwAddress    address = parse ("1.0.0.1:1");
  BtfwAddress    other_port = parse ("1.0.0.1:99");
  BtfwAddress    other_host = parse ("1.0.0.2:1");
  BtfwCandidate *known = add (f, "1.0.0.1:2", BTFW_SOURCE_USER);

  btfw_candidates_ban (&f->candidates, &address);
  g_assert_true (known->is_banned);
  g_assert_null (choose (f, NOW));
  g_assert_true (btfw_candidates_is_banned (&f->candidates, &other_port));
  g_assert_false (btfw_candidates_is_banned (&f->candidates, &other_host));
  g_assert_null (btfw_candidates_add (&f->candidates, &other_port, BTFW_SOURCE_USER));
  g_assert_nonnull (btfw_candidates_add (&f->candidates, &other_host, BTFW_SOURCE_TRACKER));
}

/* Whoever has very many addresses does not fill our memory with them. */
static void
test_bans_are_bounded (Fixture *f, gconstpointer data)
{
  BtfwAddress    oldest = parse ("1.0.0.1:1");
  BtfwCandidate *known = add (f, "1.0.0.1:2", BTFW_SOURCE_USER);

  btfw_candidates_ban (&f->candidates, &oldest);
  for (guint i = 0; i < BTFW_BANS_MAX; i++)
    {
      guint8      ip[4] = { 2, (guint8) (i >> 16), (guint8) (i >> 8), (guint8) i };
      BtfwAddress address;

      btfw_address_from_v4 (&address, ip, 1);
      g_assert_true (btfw_candidates_is_banned (&f->candidates, &oldest));
      btfw_candidates_ban (&f->candidates, &address);
      btfw_candidates_ban (&f->candidates, &address);
      g_assert_true (btfw_candidates_is_banned (&f->candidates, &address));
    }
  g_assert_cmpuint (btfw_candidates_count_banned (&f->candidates), ==, BTFW_BANS_MAX);
  g_assert_false (btfw_candidates_is_banned (&f->candidates, &oldest));
  g_assert_false (known->is_banned);
}

/* One victim, named a thousand times (CASES C21). */
static void
test_one_host_has_few_ports (Fixture *f, gconstpointer data)
{
  guint n = 0;

  for (guint port = 1; port <= 1000; port++)
    {
      BtfwAddress address = number_address (1, (guint16) port);

      n += btfw_candidates_add (&f->candidates, &address, BTFW_SOURCE_EXCHANGE) != NULL;
    }
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (n, <=, 8);
  g_assert_nonnull (add (f, "20.0.0.1:5000", BTFW_SOURCE_USER));
}

static void
test_no_more_than_there_is_room_for (Fixture *f, gconstpointer data)
{
  BtfwAddress    address;
  BtfwCandidate *hopeless;

  for (guint n = 0; n < BTFW_CANDIDATES_MAX; n++)
    {
      address = number_address (n + 1, 1);
      g_assert_nonnull (btfw_candidates_add (&f->candidates, &address, BTFW_SOURCE_TRACKER));
    }
  address = number_address (100000, 1);
  g_assert_null (btfw_candidates_add (&f->candidates, &address, BTFW_SOURCE_TRACKER));

  /* One that never answered makes room, unless it is being tried. */
  hopeless = g_ptr_array_index (f->candidates.list, 17);
  for (guint i = 0; i < 5; i++)
    btfw_candidates_on_failed (hopeless, NOW, &f->random);
  hopeless->is_connected = TRUE;
  g_assert_null (btfw_candidates_add (&f->candidates, &address, BTFW_SOURCE_TRACKER));
  hopeless->is_connected = FALSE;
  g_assert_nonnull (btfw_candidates_add (&f->candidates, &address, BTFW_SOURCE_TRACKER));
  g_assert_cmpuint (f->candidates.list->len, ==, BTFW_CANDIDATES_MAX);
  g_assert_cmpuint (g_hash_table_size (f->candidates.by_address), ==, BTFW_CANDIDATES_MAX);
  g_assert_true (btfw_candidates_find (&f->candidates, &address)->source == BTFW_SOURCE_TRACKER);
}

static void
test_seeds_are_of_use_again (Fixture *f, gconstpointer data)
{
  BtfwCandidate *seed = add (f, "1.0.0.1:1", BTFW_SOURCE_TRACKER);
  gint64         when;

  seed->is_useless = TRUE;
  g_assert_null (btfw_candidates_choose (&f->candidates, NOW, &when));
  g_assert_cmpint (when, ==, G_MAXINT64);
  btfw_candidates_forget_useless (&f->candidates);
  g_assert_true (choose (f, NOW) == seed);

  /* Whom the user names is tried in any case. */
  seed->is_useless = TRUE;
  add (f, "1.0.0.1:1", BTFW_SOURCE_USER);
  g_assert_true (choose (f, NOW) == seed);
}

static void
test_equals_have_their_turns (Fixture *f, gconstpointer data)
{
  guint n_chosen[10] = { 0 };

  for (guint n = 0; n < G_N_ELEMENTS (n_chosen); n++)
    {
      BtfwAddress address = number_address (n + 1, 1);

      btfw_candidates_add (&f->candidates, &address, BTFW_SOURCE_TRACKER);
    }
  for (guint i = 0; i < 100; i++)
    n_chosen[choose (f, NOW)->address.ip[15] - 1]++;
  for (guint n = 0; n < G_N_ELEMENTS (n_chosen); n++)
    g_assert_cmpuint (n_chosen[n], ==, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, function) g_test_add ("/candidates/" path, Fixture, NULL, setup, function, teardown)
  ADD ("an-address-is-known-once", test_an_address_is_known_once);
  ADD ("useless-addresses-are-left-out", test_useless_addresses_are_left_out);
  ADD ("better-sources-go-first", test_better_sources_go_first);
  ADD ("dearer-ones-go-first", test_dearer_ones_go_first);
  ADD ("those-that-failed-wait-and-go-last", test_those_that_failed_wait_and_go_last);
  ADD ("patience-grows-and-has-an-end", test_patience_grows_and_has_an_end);
  ADD ("a-ban-is-for-the-host", test_a_ban_is_for_the_host);
  ADD ("bans-are-bounded", test_bans_are_bounded);
  ADD ("one-host-has-few-ports", test_one_host_has_few_ports);
  ADD ("no-more-than-there-is-room-for", test_no_more_than_there_is_room_for);
  ADD ("seeds-are-of-use-again", test_seeds_are_of_use_again);
  ADD ("equals-have-their-turns", test_equals_have_their_turns);
#undef ADD
  return g_test_run ();
}
