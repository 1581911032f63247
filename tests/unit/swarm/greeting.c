/* greeting.c: tests of the handshake, in both directions, in virtual time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/greeting.h"

#include "wire/test-stream.h"

#include <errno.h>
#include <string.h>

static const BtfwHandshake ours = {
  .features = BTFW_FEATURE_FAST | BTFW_FEATURE_EXTENSION,
  .info_hash = "abcdefghijklmnopqrst",
  .peer_id = "-bF0100-123456789012",
};

static const BtfwHandshake theirs = {
  .features = BTFW_FEATURE_DHT | BTFW_FEATURE_EXTENSION,
  .info_hash = "abcdefghijklmnopqrst",
  .peer_id = "-XX0000-abcdefghijkl",
};

typedef struct
{
  BtfwLoop     *loop;
  BtfwGreeting  greeting;
  TestStream   *stream;
  gboolean      was_closed;
  guint         n_asked; /* for the hash */
  guint         n_done;
  guint         n_failed;
  BtfwHandshake result;
  GError       *error;
} Fixture;

static gboolean
on_hash (BtfwGreeting *greeting, const guint8 *info_hash, BtfwHandshake *answer, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_asked++;
  if (memcmp (info_hash, ours.info_hash, 20) != 0)
    return FALSE;
  *answer = ours;
  return TRUE;
}

static void
on_done (BtfwGreeting *greeting, BtfwStream *stream, const BtfwHandshake *handshake, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_true (stream == &f->stream->stream);
  stream->on_ready = NULL;
  f->n_done++;
  f->result = *handshake;
}

static void
on_failed (BtfwGreeting *greeting, const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_failed++;
  f->error = g_error_copy (error);
}

static const BtfwGreetingClass greeting_class = {
  .on_hash = on_hash,
  .on_done = on_done,
  .on_failed = on_failed,
};

static void
setup (Fixture *f, gconstpointer data)
{
  f->loop = btfw_loop_new_virtual (1);
}

static void
settle (Fixture *f, gint64 microseconds)
{
  btfw_loop_advance (f->loop, btfw_loop_get_time (f->loop) + microseconds);
}

/* Ends one greeting, so that the fixture serves for another. */
static void
finish (Fixture *f)
{
  btfw_greeting_clear (&f->greeting);
  if (!f->was_closed)
    btfw_stream_close (&f->stream->stream);
  g_assert_true (f->was_closed);
  g_assert_cmpuint (f->n_done + f->n_failed, <=, 1);
  settle (f, 60 * G_USEC_PER_SEC);
  g_assert_cmpuint (f->n_done + f->n_failed, <=, 1);
  g_clear_error (&f->error);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  finish (f);
  btfw_loop_free (f->loop);
}

/* The peer will say @handshake, up to what is delivered. */
static void
begin (Fixture *f, gboolean is_incoming, const BtfwHandshake *handshake)
{
  BtfwAddress address = { .port = 1 };
  guint8      bytes[BTFW_HANDSHAKE_SIZE];

  f->n_asked = f->n_done = f->n_failed = 0;
  f->was_closed = FALSE;
  f->stream = test_stream_new (f->loop);
  f->stream->was_closed = &f->was_closed;
  btfw_handshake_write (handshake, bytes);
  test_stream_append (f->stream, bytes, sizeof bytes);
  btfw_greeting_begin (&f->greeting, &greeting_class, f, &f->stream->stream, &address, is_incoming ? NULL : &ours);
  g_assert_cmpuint (f->n_done + f->n_failed, ==, 0);
}

static void
assert_done (Fixture *f)
{
  guint8 bytes[BTFW_HANDSHAKE_SIZE];

  btfw_handshake_write (&ours, bytes);
  g_assert_cmpuint (f->n_done, ==, 1);
  g_assert_cmpuint (f->n_failed, ==, 0);
  g_assert_false (f->was_closed);
  g_assert_cmpmem (f->stream->output->data, f->stream->output->len, bytes, sizeof bytes);
  g_assert_cmpmem (f->result.peer_id, 20, theirs.peer_id, 20);
  g_assert_cmpmem (f->result.info_hash, 20, theirs.info_hash, 20);
  g_assert_cmpuint (f->result.features, ==, BTFW_FEATURE_EXTENSION);
}

static void
test_through (Fixture *f, gconstpointer data)
{
  begin (f, GPOINTER_TO_INT (data), &theirs);
  test_stream_deliver (f->stream, BTFW_HANDSHAKE_SIZE);
  settle (f, 0);
  assert_done (f);
}

/* In two parts, cut anywhere, and the socket takes as little at a time. */
static void
test_every_cut (Fixture *f, gconstpointer data)
{
  for (gsize cut = 0; cut <= BTFW_HANDSHAKE_SIZE; cut++)
    {
      begin (f, GPOINTER_TO_INT (data), &theirs);
      test_stream_give_room (f->stream, cut);
      test_stream_deliver (f->stream, cut);
      settle (f, G_USEC_PER_SEC);
      g_assert_cmpuint (f->n_done, ==, cut == BTFW_HANDSHAKE_SIZE);
      test_stream_deliver (f->stream, BTFW_HANDSHAKE_SIZE);
      test_stream_give_room (f->stream, BTFW_HANDSHAKE_SIZE - f->stream->output->len);
      settle (f, G_USEC_PER_SEC);
      assert_done (f);
      finish (f);
    }
  begin (f, FALSE, &theirs);
}

/* What follows the handshake belongs to the peer, and is left in the stream. */
static void
test_takes_no_byte_more (Fixture *f, gconstpointer data)
{
  begin (f, GPOINTER_TO_INT (data), &theirs);
  test_stream_append (f->stream, (const guint8 *) "more", 4);
  test_stream_deliver (f->stream, BTFW_HANDSHAKE_SIZE + 4);
  settle (f, 0);
  assert_done (f);
  g_assert_cmpuint (f->stream->n_read, ==, BTFW_HANDSHAKE_SIZE);
}

/* A stranger gets not a byte of ours before he has named a torrent of ours. */
static void
test_incoming_says_nothing_before_the_hash (Fixture *f, gconstpointer data)
{
  begin (f, TRUE, &theirs);
  test_stream_deliver (f->stream, 47);
  settle (f, 0);
  g_assert_cmpuint (f->stream->output->len, ==, 0);
  test_stream_deliver (f->stream, 48);
  settle (f, 0);
  g_assert_cmpuint (f->stream->output->len, ==, BTFW_HANDSHAKE_SIZE);
  g_assert_cmpuint (f->n_asked, ==, 1);
}

static void
test_outgoing_speaks_first (Fixture *f, gconstpointer data)
{
  begin (f, FALSE, &theirs);
  settle (f, 0);
  g_assert_cmpuint (f->stream->output->len, ==, BTFW_HANDSHAKE_SIZE);
}

static void
assert_fails_at (Fixture *f, gboolean is_incoming, const BtfwHandshake *handshake, gsize size)
{
  begin (f, is_incoming, handshake);
  test_stream_deliver (f->stream, size - 1);
  settle (f, 0);
  g_assert_cmpuint (f->n_failed, ==, 0);
  test_stream_deliver (f->stream, size);
  settle (f, 0);
  g_assert_cmpuint (f->n_failed, ==, 1);
  g_assert_cmpuint (f->n_done, ==, 0);
  g_assert_true (f->was_closed);
  g_assert_error (f->error, BTFW_WIRE_ERROR, BTFW_WIRE_ERROR_HANDSHAKE);
}

static void
test_another_torrent (Fixture *f, gconstpointer data)
{
  BtfwHandshake other = theirs;

  other.info_hash[19] ^= 1;
  assert_fails_at (f, GPOINTER_TO_INT (data), &other, 48);
}

static void
test_we_met_ourselves (Fixture *f, gconstpointer data)
{
  assert_fails_at (f, GPOINTER_TO_INT (data), &ours, BTFW_HANDSHAKE_SIZE);
}

static void
test_noise_fails_at_once (Fixture *f, gconstpointer data)
{
  begin (f, TRUE, &theirs);
  memcpy (f->stream->input->data, "GET / HTTP/1.1\r\n", 16);
  test_stream_deliver (f->stream, 1);
  settle (f, 0);
  g_assert_cmpuint (f->n_failed, ==, 1);
  g_assert_true (f->was_closed);
}

/* One byte in each five seconds is not through in time (CASES C01). */
static void
test_deadline (Fixture *f, gconstpointer data)
{
  begin (f, GPOINTER_TO_INT (data), &theirs);
  for (gsize n = 1; n <= 2; n++)
    {
      test_stream_deliver (f->stream, n);
      settle (f, BTFW_GREETING_TIME / 2 - 1);
      g_assert_cmpuint (f->n_failed, ==, 0);
    }
  settle (f, 2);
  g_assert_cmpuint (f->n_failed, ==, 1);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_true (f->was_closed);
}

static void
test_deadline_counts_for_those_who_do_not_read (Fixture *f, gconstpointer data)
{
  begin (f, TRUE, &theirs);
  test_stream_give_room (f->stream, 0);
  test_stream_deliver (f->stream, BTFW_HANDSHAKE_SIZE);
  settle (f, BTFW_GREETING_TIME + 1);
  g_assert_cmpuint (f->n_failed, ==, 1);
}

static void
test_end_of_the_stream_at_every_byte (Fixture *f, gconstpointer data)
{
  for (gsize n = 0; n < BTFW_HANDSHAKE_SIZE; n++)
    {
      begin (f, GPOINTER_TO_INT (data), &theirs);
      f->stream->at_end = TRUE;
      test_stream_deliver (f->stream, n);
      settle (f, 0);
      g_assert_cmpuint (f->n_failed, ==, 1);
      g_assert_cmpuint (f->error->domain, ==, G_IO_ERROR);
      finish (f);
    }
  begin (f, FALSE, &theirs);
}

static void
test_errors_of_the_stream (Fixture *f, gconstpointer data)
{
  begin (f, FALSE, &theirs);
  f->stream->write_error = EPIPE;
  settle (f, 0);
  g_assert_cmpuint (f->n_failed, ==, 1);
  finish (f);

  begin (f, TRUE, &theirs);
  f->stream->read_error = ECONNRESET;
  settle (f, 0);
  g_assert_cmpuint (f->n_failed, ==, 1);
}

/* Given up at any moment: nothing is told any more, and nothing stays. */
static void
test_clear_at_every_byte (Fixture *f, gconstpointer data)
{
  for (gsize n = 0; n < BTFW_HANDSHAKE_SIZE; n++)
    {
      begin (f, GPOINTER_TO_INT (data), &theirs);
      test_stream_deliver (f->stream, n);
      settle (f, 0);
      btfw_greeting_clear (&f->greeting);
      g_assert_true (f->was_closed);
      settle (f, 2 * BTFW_GREETING_TIME);
      g_assert_cmpuint (f->n_done + f->n_failed, ==, 0);
    }
}

static void
add (const char *name, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *incoming = g_strdup_printf ("/greeting/incoming/%s", name);
  g_autofree char *outgoing = g_strdup_printf ("/greeting/outgoing/%s", name);

  g_test_add (incoming, Fixture, GINT_TO_POINTER (TRUE), setup, test, teardown);
  g_test_add (outgoing, Fixture, GINT_TO_POINTER (FALSE), setup, test, teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("through", test_through);
  add ("every-cut", test_every_cut);
  add ("takes-no-byte-more", test_takes_no_byte_more);
  add ("another-torrent", test_another_torrent);
  add ("we-met-ourselves", test_we_met_ourselves);
  add ("deadline", test_deadline);
  add ("end-of-the-stream-at-every-byte", test_end_of_the_stream_at_every_byte);
  add ("clear-at-every-byte", test_clear_at_every_byte);
  g_test_add ("/greeting/incoming/says-nothing-before-the-hash", Fixture, NULL, setup, test_incoming_says_nothing_before_the_hash, teardown);
  g_test_add ("/greeting/outgoing/speaks-first", Fixture, NULL, setup, test_outgoing_speaks_first, teardown);
  g_test_add ("/greeting/incoming/noise-fails-at-once", Fixture, NULL, setup, test_noise_fails_at_once, teardown);
  g_test_add ("/greeting/deadline-counts-for-those-who-do-not-read", Fixture, NULL, setup, test_deadline_counts_for_those_who_do_not_read, teardown);
  g_test_add ("/greeting/errors-of-the-stream", Fixture, NULL, setup, test_errors_of_the_stream, teardown);
  return g_test_run ();
}
