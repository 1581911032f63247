/* queue.c: tests of the queue between threads. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loop/queue.h"

#include <poll.h>
#include <pthread.h>

typedef struct
{
  BtfwMessage message; /* first */
  guint       sender;
  guint       number;
} Note;

static gboolean
is_readable (int fd)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

  return poll (&poll_fd, 1, 0) == 1;
}

static void
test_keeps_the_order (void)
{
  BtfwQueue   *queue = btfw_queue_new (FALSE, NULL);
  BtfwMessage  m[4] = { 0 };
  BtfwMessage *got;

  g_assert_null (btfw_queue_pop_all (queue));
  btfw_queue_push (queue, &m[0]);
  m[1].next = &m[2];
  btfw_queue_push_all (queue, &m[1], &m[2], 2);
  btfw_queue_push (queue, &m[3]);
  g_assert_cmpuint (btfw_queue_get_length (queue), ==, 4);

  got = btfw_queue_pop_all (queue);
  for (guint i = 0; i < G_N_ELEMENTS (m); i++, got = got->next)
    g_assert_true (got == &m[i]);
  g_assert_null (got);
  g_assert_cmpuint (btfw_queue_get_length (queue), ==, 0);
  btfw_queue_free (queue);
}

static void
test_pop_takes_no_more_than_asked (void)
{
  BtfwQueue   *queue = btfw_queue_new (FALSE, NULL);
  BtfwMessage  m[3] = { 0 };
  BtfwMessage *got;

  for (guint i = 0; i < G_N_ELEMENTS (m); i++)
    btfw_queue_push (queue, &m[i]);

  got = btfw_queue_pop (queue, 2);
  g_assert_true (got == &m[0] && got->next == &m[1] && got->next->next == NULL);
  got = btfw_queue_pop (queue, 2);
  g_assert_true (got == &m[2] && got->next == NULL);

  /* What comes after the queue ran empty is found again. */
  btfw_queue_push (queue, &m[0]);
  g_assert_true (btfw_queue_pop (queue, 2) == &m[0]);
  btfw_queue_free (queue);
}

static void
test_event_comes_once_between_two_pops (void)
{
  BtfwQueue  *queue = btfw_queue_new (TRUE, NULL);
  BtfwMessage m[3] = { 0 };
  int         fd = btfw_queue_get_fd (queue);
  guint64     count = 0;

  g_assert_false (is_readable (fd));
  for (guint i = 0; i < G_N_ELEMENTS (m); i++)
    btfw_queue_push (queue, &m[i]);
  g_assert_true (is_readable (fd));
  g_assert_nonnull (btfw_queue_pop_all (queue));
  g_assert_false (is_readable (fd));

  btfw_queue_push (queue, &m[0]);
  btfw_queue_push (queue, &m[1]);
  g_assert_cmpint (read (fd, &count, sizeof count), ==, sizeof count);
  g_assert_cmpuint (count, ==, 1);
  btfw_queue_free (queue);
}

static void
test_close_lets_what_is_left_be_taken (void)
{
  BtfwQueue  *queue = btfw_queue_new (FALSE, NULL);
  BtfwMessage m = { 0 };

  btfw_queue_push (queue, &m);
  btfw_queue_close (queue);
  g_assert_true (btfw_queue_pop (queue, 8) == &m);
  g_assert_null (btfw_queue_pop (queue, 8));
  btfw_queue_free (queue);
}

static gpointer
pop_until_closed (gpointer queue)
{
  guint n = 0;

  while (btfw_queue_pop (queue, 8) != NULL)
    n++;
  return GUINT_TO_POINTER (n);
}

static void
test_close_wakes_all_receivers (void)
{
  BtfwQueue *queue = btfw_queue_new (FALSE, NULL);
  GThread   *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("receiver", pop_until_closed, queue);
  while (btfw_queue_get_n_sleeping (queue) < G_N_ELEMENTS (threads))
    g_thread_yield ();

  btfw_queue_close (queue);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (threads[i])), ==, 0);
  btfw_queue_free (queue);
}

static gpointer
pop_once (gpointer queue)
{
  guint n = 0;

  for (BtfwMessage *message = btfw_queue_pop (queue, 100); message != NULL; message = message->next)
    n++;
  return GUINT_TO_POINTER (n);
}

static void
test_sleepers_get_fair_shares (void)
{
  BtfwQueue  *queue = btfw_queue_new (FALSE, NULL);
  GThread    *threads[4];
  BtfwMessage m[10] = { 0 };
  guint       n[5] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("receiver", pop_once, queue);
  while (btfw_queue_get_n_sleeping (queue) < G_N_ELEMENTS (threads))
    g_thread_yield ();

  for (guint i = 0; i + 1 < G_N_ELEMENTS (m); i++)
    m[i].next = &m[i + 1];
  btfw_queue_push_all (queue, &m[0], &m[9], 10);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      guint share = GPOINTER_TO_UINT (g_thread_join (threads[i]));

      g_assert_cmpuint (share, <, G_N_ELEMENTS (n));
      n[share]++;
    }

  /* 10 among 4: two get 3, two get 2. */
  g_assert_cmpuint (n[3], ==, 2);
  g_assert_cmpuint (n[2], ==, 2);
  btfw_queue_free (queue);
}

#define N_SENDERS 4
#define N_NOTES 2000

typedef struct
{
  BtfwQueue *queue;
  Note      *notes;
} Sender;

static gpointer
send_notes (gpointer data)
{
  Sender *sender = data;

  for (guint i = 0; i < N_NOTES; i += 4)
    {
      Note *notes = &sender->notes[i];

      btfw_queue_push (sender->queue, &notes[0].message);
      notes[1].message.next = &notes[2].message;
      notes[2].message.next = &notes[3].message;
      btfw_queue_push_all (sender->queue, &notes[1].message, &notes[3].message, 3);
    }
  return NULL;
}

static void
start_senders (Sender *senders, GThread **threads, BtfwQueue *queue)
{
  for (guint s = 0; s < N_SENDERS; s++)
    {
      senders[s] = (Sender){ queue, g_new0 (Note, N_NOTES) };
      for (guint i = 0; i < N_NOTES; i++)
        {
          senders[s].notes[i].sender = s;
          senders[s].notes[i].number = i;
        }
      threads[s] = g_thread_new ("sender", send_notes, &senders[s]);
    }
}

static void
test_one_receiver_sees_each_senders_order (void)
{
  BtfwQueue *queue = btfw_queue_new (TRUE, NULL);
  Sender     senders[N_SENDERS];
  GThread   *threads[N_SENDERS];
  guint      next[N_SENDERS] = { 0 };
  guint      n = 0;

  start_senders (senders, threads, queue);
  while (n < N_SENDERS * N_NOTES)
    {
      struct pollfd poll_fd = { .fd = btfw_queue_get_fd (queue), .events = POLLIN };

      g_assert_cmpint (poll (&poll_fd, 1, 10000), ==, 1);
      for (BtfwMessage *message = btfw_queue_pop_all (queue); message != NULL; message = message->next)
        {
          Note *note = (Note *) message;

          g_assert_cmpuint (note->number, ==, next[note->sender]);
          next[note->sender]++;
          n++;
        }
    }

  for (guint s = 0; s < N_SENDERS; s++)
    {
      g_thread_join (threads[s]);
      g_free (senders[s].notes);
    }
  btfw_queue_free (queue);
}

static gpointer
count_notes (gpointer queue)
{
  BtfwMessage *message;
  guint        n = 0;

  while ((message = btfw_queue_pop (queue, 16)) != NULL)
    for (; message != NULL; message = message->next)
      {
        ((Note *) message)->number = G_MAXUINT; /* ours alone now */
        n++;
      }
  return GUINT_TO_POINTER (n);
}

static void
test_many_receivers_take_all_once (void)
{
  BtfwQueue *queue = btfw_queue_new (FALSE, NULL);
  Sender     senders[N_SENDERS];
  GThread   *threads[N_SENDERS];
  GThread   *receivers[3];
  guint      n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (receivers); i++)
    receivers[i] = g_thread_new ("receiver", count_notes, queue);
  start_senders (senders, threads, queue);
  for (guint s = 0; s < N_SENDERS; s++)
    g_thread_join (threads[s]);
  btfw_queue_close (queue);
  for (guint i = 0; i < G_N_ELEMENTS (receivers); i++)
    n += GPOINTER_TO_UINT (g_thread_join (receivers[i]));

  g_assert_cmpuint (n, ==, N_SENDERS * N_NOTES);
  for (guint s = 0; s < N_SENDERS; s++)
    {
      for (guint i = 0; i < N_NOTES; i++)
        g_assert_cmpuint (senders[s].notes[i].number, ==, G_MAXUINT);
      g_free (senders[s].notes);
    }
  btfw_queue_free (queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/queue/keeps-the-order", test_keeps_the_order);
  g_test_add_func ("/queue/pop/takes-no-more-than-asked", test_pop_takes_no_more_than_asked);
  g_test_add_func ("/queue/event/comes-once-between-two-pops", test_event_comes_once_between_two_pops);
  g_test_add_func ("/queue/close/lets-what-is-left-be-taken", test_close_lets_what_is_left_be_taken);
  g_test_add_func ("/queue/close/wakes-all-receivers", test_close_wakes_all_receivers);
  g_test_add_func ("/queue/pop/sleepers-get-fair-shares", test_sleepers_get_fair_shares);
  g_test_add_func ("/queue/threads/one-receiver-sees-each-senders-order", test_one_receiver_sees_each_senders_order);
  g_test_add_func ("/queue/threads/many-receivers-take-all-once", test_many_receivers_take_all_once);
  return g_test_run ();
}
