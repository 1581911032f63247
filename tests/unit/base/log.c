/* log.c: tests that a flood of messages is held back and counted. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/log.h"

#include <string.h>

#define START ((gint64) 1234 * G_USEC_PER_SEC)
#define MINUTE ((gint64) 60 * G_USEC_PER_SEC)

/* What was logged, as the program's own writer would see it. */
typedef struct
{
  guint    n_messages;
  gsize    n_bytes;
  GString *last;
} Log;

static GLogWriterOutput
write_to_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  Log *log = user_data;

  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      {
        g_string_assign (log->last, fields[i].value);
        log->n_messages++;
        log->n_bytes += log->last->len;
      }
  return G_LOG_WRITER_HANDLED;
}

static Log the_log;

static void
reset_log (void)
{
  the_log.n_messages = 0;
  the_log.n_bytes = 0;
  g_string_truncate (the_log.last, 0);
}

static void
test_few_pass (void)
{
  BtfwLogGate gate = { 0 };
  guint32     n_held = 7;

  for (guint i = 0; i < BTFW_LOG_PER_MINUTE; i++)
    {
      g_assert_true (btfw_log_gate_pass (&gate, START + i, &n_held));
      g_assert_cmpuint (n_held, ==, 0);
    }
  g_assert_false (btfw_log_gate_pass (&gate, START + MINUTE - 1, &n_held));
}

static void
test_held_are_counted_once (void)
{
  BtfwLogGate gate = { 0 };
  guint32     n_held = 7;

  for (guint i = 0; i < BTFW_LOG_PER_MINUTE + 1000; i++)
    btfw_log_gate_pass (&gate, START, &n_held);
  g_assert_true (btfw_log_gate_pass (&gate, START + MINUTE, &n_held));
  g_assert_cmpuint (n_held, ==, 1000);
  g_assert_true (btfw_log_gate_pass (&gate, START + MINUTE, &n_held));
  g_assert_cmpuint (n_held, ==, 0);
}

static void
test_count_does_not_wrap (void)
{
  BtfwLogGate gate = { START, BTFW_LOG_PER_MINUTE, G_MAXUINT32 };
  guint32     n_held = 7;

  g_assert_false (btfw_log_gate_pass (&gate, START, &n_held));
  g_assert_true (btfw_log_gate_pass (&gate, START + MINUTE, &n_held));
  g_assert_cmpuint (n_held, ==, G_MAXUINT32);
}

static void
test_clock_that_steps_back_opens_the_gate (void)
{
  BtfwLogGate gate = { START, BTFW_LOG_PER_MINUTE, 0 };
  guint32     n_held;

  g_assert_true (btfw_log_gate_pass (&gate, START - 1, &n_held));
}

static void
test_a_million_errors_fit_into_a_mebibyte (void)
{
  BtfwLogGate      gate = { 0 };
  g_autofree char *flood = g_strnfill (100000, 'x');

  reset_log ();
  for (guint i = 0; i < 1000000; i++)
    btfw_log_limited (&gate, START + i * 60, G_LOG_LEVEL_DEBUG, "peer %u: %s", i, flood);
  g_assert_cmpuint (the_log.n_messages, ==, BTFW_LOG_PER_MINUTE);
  g_assert_cmpuint (the_log.n_bytes, <, 1024 * 1024);

  btfw_log_limited (&gate, START + MINUTE, G_LOG_LEVEL_DEBUG, "again");
  g_assert_cmpstr (the_log.last->str, ==, "again (and 999940 more were held back before)");
}

static void
test_message_is_fit_for_a_terminal (void)
{
  BtfwLogGate gate = { 0 };

  reset_log ();
  btfw_log_limited (&gate, START, G_LOG_LEVEL_MESSAGE, "peer says %s", "\033[2J\xff\n");
  g_assert_cmpstr (the_log.last->str, ==, "peer says \357\277\275[2J\357\277\275 ");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  the_log.last = g_string_new (NULL);
  g_log_set_writer_func (write_to_log, &the_log, NULL);
  g_test_add_func ("/log/few-pass", test_few_pass);
  g_test_add_func ("/log/held-are-counted-once", test_held_are_counted_once);
  g_test_add_func ("/log/count-does-not-wrap", test_count_does_not_wrap);
  g_test_add_func ("/log/clock-that-steps-back-opens-the-gate", test_clock_that_steps_back_opens_the_gate);
  g_test_add_func ("/log/a-million-errors-fit-into-a-mebibyte", test_a_million_errors_fit_into_a_mebibyte);
  g_test_add_func ("/log/message-is-fit-for-a-terminal", test_message_is_fit_for_a_terminal);

  result = g_test_run ();
  g_string_free (the_log.last, TRUE);
  return result;
}
