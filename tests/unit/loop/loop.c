/* loop.c: tests of the event source, also with owners who go away meanwhile. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loop/loop.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  GMainContext *context;
  BtfwLoop     *loop;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->context = g_main_context_new ();
  fixture->loop = btfw_loop_new (fixture->context, 1, NULL);
  g_assert_nonnull (fixture->loop);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  btfw_loop_free (fixture->loop);
  g_main_context_unref (fixture->context);
}

/* Until nothing is ready. */
static void
settle (Fixture *fixture)
{
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
}

/* One end of a pair of sockets that is watched. */
typedef struct _End End;
struct _End
{
  BtfwWatch watch; /* first */
  BtfwLoop *loop;
  int       far_fd;
  guint     n_calls;
  End      *victim; /* freed by the first call */
  GString  *log;
  char      letter;
  guint     n_again;
};

static void
end_free (End *end)
{
  btfw_loop_remove_watch (end->loop, &end->watch);
  close (end->watch.fd);
  close (end->far_fd);
  g_free (end);
}

static void
end_on_ready (BtfwWatch *watch)
{
  ((End *) watch)->n_calls++;
}

static End *
end_new (BtfwLoop *loop, void (*on_ready) (BtfwWatch *watch))
{
  End *end = g_new0 (End, 1);
  int  fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), ==, 0);
  end->watch = (BtfwWatch){ .fd = fds[0], .on_ready = on_ready };
  end->far_fd = fds[1];
  end->loop = loop;
  g_assert_true (btfw_loop_add_watch (loop, &end->watch, NULL));
  return end;
}

static void
poke (End *end)
{
  g_assert_cmpint (write (end->far_fd, "x", 1), ==, 1);
}

static void
test_readiness_is_noted_edge_by_edge (Fixture *fixture, gconstpointer data)
{
  End *end = end_new (fixture->loop, end_on_ready);

  settle (fixture);
  g_assert_cmpuint (end->n_calls, ==, 1);
  g_assert_cmpuint (end->watch.ready, ==, BTFW_READY_WRITE);

  poke (end);
  settle (fixture);
  g_assert_cmpuint (end->n_calls, ==, 2);
  g_assert_cmpuint (end->watch.ready, ==, BTFW_READY_WRITE | BTFW_READY_READ);

  /* Nothing was read, and nothing is told again. */
  settle (fixture);
  g_assert_cmpuint (end->n_calls, ==, 2);
  end_free (end);
}

static void
test_hang_up_makes_ready_for_reading (Fixture *fixture, gconstpointer data)
{
  End *end = end_new (fixture->loop, end_on_ready);

  settle (fixture);
  g_assert_cmpint (shutdown (end->far_fd, SHUT_WR), ==, 0);
  settle (fixture);
  g_assert_cmpuint (end->watch.ready, ==, BTFW_READY_WRITE | BTFW_READY_READ | BTFW_READY_CLOSED);
  end_free (end);
}

static guint n_freeing_calls;

static void
free_victim (BtfwWatch *watch)
{
  End *end = (End *) watch;

  n_freeing_calls++;
  if (end->victim == NULL)
    return;
  end_free (end->victim);
  end_free (end);
}

static void
test_one_may_free_another_in_the_same_batch (Fixture *fixture, gconstpointer data)
{
  End *a = end_new (fixture->loop, free_victim);
  End *b = end_new (fixture->loop, free_victim);

  /* Both are writable now: whichever is called first frees both. */
  a->victim = b;
  b->victim = a;
  n_freeing_calls = 0;
  settle (fixture);
  g_assert_cmpuint (n_freeing_calls, ==, 1);
}

static void
free_self (BtfwWatch *watch)
{
  end_free ((End *) watch);
}

static void
test_one_may_free_itself (Fixture *fixture, gconstpointer data)
{
  end_new (fixture->loop, free_self);
  settle (fixture);
  g_assert_false (g_main_context_pending (fixture->context));
}

static void
queue_then_free_self (BtfwWatch *watch)
{
  btfw_loop_queue_watch (((End *) watch)->loop, watch);
  end_free ((End *) watch);
}

static void
test_a_queued_one_may_be_freed (Fixture *fixture, gconstpointer data)
{
  end_new (fixture->loop, queue_then_free_self);
  settle (fixture);
  g_assert_false (g_main_context_pending (fixture->context));
}

static End *replacement;

/* The new watch gets the descriptor of the old one, whose event has been told
 * in the same batch. */
static void
replace_victim (BtfwWatch *watch)
{
  End *end = (End *) watch;

  if (end->victim == NULL)
    return;
  end_free (g_steal_pointer (&end->victim));
  replacement = end_new (end->loop, end_on_ready);
  replacement->watch.ready = 0;
}

static void
test_no_event_reaches_a_reused_descriptor (Fixture *fixture, gconstpointer data)
{
  End *a = end_new (fixture->loop, replace_victim);
  End *b = end_new (fixture->loop, replace_victim);
  int  fd = b->watch.fd;

  settle (fixture);
  a->victim = b;
  poke (a);
  poke (b);
  settle (fixture);
  g_assert_cmpint (replacement->watch.fd, ==, fd);
  g_assert_cmpuint (replacement->watch.ready, ==, BTFW_READY_WRITE);
  end_free (g_steal_pointer (&replacement));
  end_free (a);
}

static void
log_and_queue (BtfwWatch *watch)
{
  End *end = (End *) watch;

  g_string_append_c (end->log, end->letter);
  if (end->n_again-- > 0)
    btfw_loop_queue_watch (end->loop, watch);
}

static void
test_queued_watches_take_turns (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  End ends[3] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      ends[i] = (End){ .loop = fixture->loop, .log = log, .letter = 'a' + i, .n_again = 2 };
      ends[i].watch = (BtfwWatch){ .fd = -1, .on_ready = log_and_queue };
      g_assert_true (btfw_loop_add_watch (fixture->loop, &ends[i].watch, NULL));
      btfw_loop_queue_watch (fixture->loop, &ends[i].watch);
      btfw_loop_queue_watch (fixture->loop, &ends[i].watch);
    }
  settle (fixture);
  g_assert_cmpstr (log->str, ==, "abcabcabc");
}

static void
queue_for_ever (BtfwWatch *watch)
{
  End *end = (End *) watch;

  end->n_calls++;
  btfw_loop_queue_watch (end->loop, watch);
}

static gboolean
count_call (gpointer count)
{
  (*(guint *) count)++;
  return G_SOURCE_CONTINUE;
}

static void
test_endless_work_leaves_others_their_turn (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSource) source = g_timeout_source_new (0);
  End  *end = end_new (fixture->loop, end_on_ready);
  End   busy = { .loop = fixture->loop, .watch = { .fd = -1, .on_ready = queue_for_ever } };
  guint n_other = 0;

  settle (fixture);
  g_source_set_callback (source, count_call, &n_other, NULL);
  g_source_attach (source, fixture->context);
  btfw_loop_queue_watch (fixture->loop, &busy.watch);
  poke (end);
  for (guint i = 0; i < 5; i++)
    g_main_context_iteration (fixture->context, FALSE);

  g_assert_cmpuint (busy.n_calls, >, 5);
  g_assert_cmpuint (n_other, >=, 4);
  g_assert_cmpuint (end->n_calls, ==, 2);
  btfw_loop_remove_watch (fixture->loop, &busy.watch);
  g_source_destroy (source);
  end_free (end);
}

typedef struct
{
  BtfwTimer timer; /* first */
  BtfwLoop *loop;
  gint64    ran;
  guint     n_runs;
} Alarm;

static void
alarm_on_due (BtfwTimer *timer)
{
  Alarm *self = (Alarm *) timer;

  self->ran = btfw_loop_get_time (self->loop);
  self->n_runs++;
}

static void
test_timer_wakes_the_context_in_time (Fixture *fixture, gconstpointer data)
{
  Alarm  late = { .timer.on_due = alarm_on_due, .loop = fixture->loop };
  Alarm  soon = late;
  Alarm  never = late;
  gint64 start = btfw_loop_get_time (fixture->loop);

  btfw_loop_set_timer (fixture->loop, &late.timer, start + 20000);
  btfw_loop_set_timer (fixture->loop, &soon.timer, start + 5000);
  btfw_loop_set_timer (fixture->loop, &never.timer, start + 10000);
  btfw_loop_clear_timer (fixture->loop, &never.timer);
  while (late.n_runs == 0)
    g_main_context_iteration (fixture->context, TRUE);

  g_assert_cmpint (soon.ran, >=, start + 5000);
  g_assert_cmpint (late.ran, >=, start + 20000);
  g_assert_cmpuint (soon.n_runs, ==, 1);
  g_assert_cmpuint (never.n_runs, ==, 0);
}

static gboolean
stop_spinning (gpointer spinning)
{
  *(gboolean *) spinning = FALSE;
  return G_SOURCE_REMOVE;
}

static void
always_due (BtfwTimer *timer)
{
  Alarm *self = (Alarm *) timer;

  self->n_runs++;
  btfw_loop_set_timer (self->loop, timer, 0);
}

static void
test_a_timer_that_is_always_due_leaves_others_their_turn (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSource) source = g_timeout_source_new (0);
  Alarm    alarm = { .timer.on_due = always_due, .loop = fixture->loop };
  gboolean spinning = TRUE;

  g_source_set_callback (source, stop_spinning, &spinning, NULL);
  g_source_attach (source, fixture->context);
  btfw_loop_set_timer (fixture->loop, &alarm.timer, 0);
  while (spinning)
    g_main_context_iteration (fixture->context, TRUE);
  btfw_loop_clear_timer (fixture->loop, &alarm.timer);
}

static void
test_time_is_fresh_outside_a_dispatch (Fixture *fixture, gconstpointer data)
{
  gint64 before = g_get_monotonic_time ();

  g_assert_cmpint (btfw_loop_get_time (fixture->loop), >=, before);
}

/* An idle that logs, and perhaps queues another or itself. */
typedef struct _Chore Chore;
struct _Chore
{
  BtfwIdle  idle; /* first */
  BtfwLoop *loop;
  GString  *log;
  Chore    *then;
  Chore    *instead; /* cancelled */
  guint     n_runs;
};

static void
chore_run (BtfwIdle *idle)
{
  Chore *self = (Chore *) idle;

  self->n_runs++;
  if (self->log != NULL)
    g_string_append_c (self->log, 'i');
  if (self->instead != NULL)
    btfw_loop_cancel_idle (self->loop, &self->instead->idle);
  if (self->then != NULL)
    btfw_loop_queue_idle (self->loop, &self->then->idle);
}

static void
test_idles_run_once_at_the_end (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  Chore last = { .idle.run = chore_run, .loop = fixture->loop, .log = log };
  Chore gone = last;
  Chore first = last;
  End   end = { .loop = fixture->loop, .log = log, .letter = 'w' };

  first.then = &last;
  first.instead = &gone;
  end.watch = (BtfwWatch){ .fd = -1, .on_ready = log_and_queue };
  btfw_loop_queue_idle (fixture->loop, &first.idle);
  btfw_loop_queue_idle (fixture->loop, &first.idle);
  btfw_loop_queue_idle (fixture->loop, &gone.idle);
  btfw_loop_queue_watch (fixture->loop, &end.watch);
  g_assert_true (g_main_context_iteration (fixture->context, FALSE));

  g_assert_cmpstr (log->str, ==, "wii");
  g_assert_cmpuint (gone.n_runs, ==, 0);
  g_assert_cmpuint (last.n_runs, ==, 1);
  settle (fixture);
  g_assert_cmpstr (log->str, ==, "wii");
}

static void
test_idle_for_ever_does_not_hold_up_the_dispatch (Fixture *fixture, gconstpointer data)
{
  Chore chore = { .idle.run = chore_run, .loop = fixture->loop };

  chore.then = &chore;
  btfw_loop_queue_idle (fixture->loop, &chore.idle);
  g_main_context_iteration (fixture->context, FALSE);
  g_assert_cmpuint (chore.n_runs, >, 1);
  btfw_loop_cancel_idle (fixture->loop, &chore.idle);
  settle (fixture);
}

typedef struct
{
  BtfwMessage message; /* first */
  guint       number;
  guint      *n_handled;
} Letter;

static void
letter_handle (BtfwMessage *message)
{
  Letter *self = (Letter *) message;

  g_assert_cmpuint (self->number, ==, *self->n_handled);
  (*self->n_handled)++;
  g_free (self);
}

#define N_LETTERS 5000

typedef struct
{
  BtfwQueue *queue;
  guint      n_handled; /* of the receiver */
} Mail;

static gpointer
send_letters (gpointer data)
{
  Mail *mail = data;

  for (guint i = 0; i < N_LETTERS; i++)
    {
      Letter *letter = g_new0 (Letter, 1);

      *letter = (Letter){ .message.handle = letter_handle, .number = i, .n_handled = &mail->n_handled };
      btfw_queue_push (mail->queue, &letter->message);
    }
  return NULL;
}

static void
test_messages_of_a_thread_wake_the_context (Fixture *fixture, gconstpointer data)
{
  Mail     mail = { .queue = btfw_loop_get_queue (fixture->loop) };
  GThread *thread = g_thread_new ("sender", send_letters, &mail);

  while (mail.n_handled < N_LETTERS)
    g_main_context_iteration (fixture->context, TRUE);
  g_thread_join (thread);
}

/* Sends two answers when it is called. */
typedef struct
{
  BtfwWatch   watch; /* first */
  BtfwLoop   *loop;
  BtfwQueue  *target;
  BtfwMessage answers[2];
} Clerk;

static void
clerk_on_ready (BtfwWatch *watch)
{
  Clerk *self = (Clerk *) watch;

  btfw_loop_send (self->loop, self->target, &self->answers[0]);
  btfw_loop_send (self->loop, self->target, &self->answers[1]);
  g_assert_cmpuint (btfw_queue_get_length (self->target), ==, 0);
}

static void
test_sent_messages_are_gathered (Fixture *fixture, gconstpointer data)
{
  BtfwQueue   *target = btfw_queue_new (FALSE, NULL);
  Clerk        clerk = { .loop = fixture->loop, .target = target };
  BtfwMessage *got;

  clerk.watch = (BtfwWatch){ .fd = -1, .on_ready = clerk_on_ready };
  btfw_loop_queue_watch (fixture->loop, &clerk.watch);
  g_main_context_iteration (fixture->context, FALSE);
  got = btfw_queue_pop_all (target);
  g_assert_true (got == &clerk.answers[0] && got->next == &clerk.answers[1] && got->next->next == NULL);

  /* Also when it was not the loop that called. */
  btfw_loop_send (fixture->loop, target, &clerk.answers[0]);
  g_main_context_iteration (fixture->context, FALSE);
  g_assert_true (btfw_queue_pop_all (target) == &clerk.answers[0]);
  btfw_queue_free (target);
}

static void
test_a_file_cannot_be_watched (Fixture *fixture, gconstpointer data)
{
  BtfwWatch watch = { .on_ready = end_on_ready };
  GError   *error = NULL;

  watch.fd = open (g_get_tmp_dir (), O_RDONLY);
  g_assert_false (btfw_loop_add_watch (fixture->loop, &watch, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_FAILED);
  g_error_free (error);
  close (watch.fd);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  ADD ("/loop/watch/readiness-is-noted-edge-by-edge", test_readiness_is_noted_edge_by_edge);
  ADD ("/loop/watch/hang-up-makes-ready-for-reading", test_hang_up_makes_ready_for_reading);
  ADD ("/loop/watch/one-may-free-another-in-the-same-batch", test_one_may_free_another_in_the_same_batch);
  ADD ("/loop/watch/one-may-free-itself", test_one_may_free_itself);
  ADD ("/loop/watch/a-queued-one-may-be-freed", test_a_queued_one_may_be_freed);
  ADD ("/loop/watch/no-event-reaches-a-reused-descriptor", test_no_event_reaches_a_reused_descriptor);
  ADD ("/loop/watch/queued-ones-take-turns", test_queued_watches_take_turns);
  ADD ("/loop/watch/a-file-cannot-be-watched", test_a_file_cannot_be_watched);
  ADD ("/loop/slice/endless-work-leaves-others-their-turn", test_endless_work_leaves_others_their_turn);
  ADD ("/loop/timer/wakes-the-context-in-time", test_timer_wakes_the_context_in_time);
  ADD ("/loop/timer/one-that-is-always-due-leaves-others-their-turn",
       test_a_timer_that_is_always_due_leaves_others_their_turn);
  ADD ("/loop/time/is-fresh-outside-a-dispatch", test_time_is_fresh_outside_a_dispatch);
  ADD ("/loop/idle/runs-once-at-the-end", test_idles_run_once_at_the_end);
  ADD ("/loop/idle/for-ever-does-not-hold-up-the-dispatch", test_idle_for_ever_does_not_hold_up_the_dispatch);
  ADD ("/loop/message/of-a-thread-wakes-the-context", test_messages_of_a_thread_wake_the_context);
  ADD ("/loop/message/sent-ones-are-gathered", test_sent_messages_are_gathered);
  return g_test_run ();
}
