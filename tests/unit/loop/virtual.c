/* virtual.c: tests of the loop whose time stands still until it is told. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loop/loop.h"

#include <unistd.h>

typedef struct
{
  BtfwLoop   *loop;
  GString    *log; /* what ran, and when, in ms */
  BtfwTimer   timer;
  BtfwTimer   second;
  BtfwWatch   watch;
  BtfwIdle    idle;
  BtfwMessage message;
  guint       n_left;
} World;

static void
note (World *world, const char *what)
{
  g_string_append_printf (world->log, "%s@%d ", what, (int) (btfw_loop_get_time (world->loop) / 1000));
}

static void
on_due (BtfwTimer *timer)
{
  World *world = (World *) ((char *) timer - G_STRUCT_OFFSET (World, timer));

  note (world, "timer");
  btfw_loop_queue_idle (world->loop, &world->idle);
  btfw_loop_queue_watch (world->loop, &world->watch);
  btfw_loop_send (world->loop, btfw_loop_get_queue (world->loop), &world->message);
  if (--world->n_left > 0)
    btfw_loop_set_timer (world->loop, timer, timer->due + 2000);
}

static void
on_second (BtfwTimer *timer)
{
  note ((World *) ((char *) timer - G_STRUCT_OFFSET (World, second)), "second");
}

static void
on_ready (BtfwWatch *watch)
{
  note ((World *) ((char *) watch - G_STRUCT_OFFSET (World, watch)), "watch");
}

static void
on_idle (BtfwIdle *idle)
{
  note ((World *) ((char *) idle - G_STRUCT_OFFSET (World, idle)), "idle");
}

static void
on_message (BtfwMessage *message)
{
  note ((World *) ((char *) message - G_STRUCT_OFFSET (World, message)), "message");
}

static void
world_init (World *world)
{
  *world = (World){
    .loop = btfw_loop_new_virtual (1),
    .log = g_string_new (NULL),
    .timer.on_due = on_due,
    .second.on_due = on_second,
    .watch = { .fd = -1, .on_ready = on_ready },
    .idle.run = on_idle,
    .message.handle = on_message,
    .n_left = 2,
  };
  g_assert_true (btfw_loop_add_watch (world->loop, &world->watch, NULL));
}

static void
world_clear (World *world)
{
  btfw_loop_free (world->loop);
  g_string_free (world->log, TRUE);
}

static void
test_runs_everything_at_its_own_time (void)
{
  World world;

  world_init (&world);
  btfw_loop_set_timer (world.loop, &world.timer, 1005000);
  btfw_loop_set_timer (world.loop, &world.second, 1006000);
  btfw_loop_advance (world.loop, 1004999);
  g_assert_cmpstr (world.log->str, ==, "");
  g_assert_cmpint (btfw_loop_get_time (world.loop), ==, 1004999);

  btfw_loop_advance (world.loop, 1020000);
  g_assert_cmpstr (world.log->str, ==,
                   "timer@1005 watch@1005 idle@1005 message@1005 second@1006 "
                   "timer@1007 watch@1007 idle@1007 message@1007 ");
  g_assert_cmpint (btfw_loop_get_time (world.loop), ==, 1020000);
  world_clear (&world);
}

static void
test_time_never_goes_back (void)
{
  World world;

  world_init (&world);
  btfw_loop_advance (world.loop, 2000000);
  btfw_loop_advance (world.loop, 1500000);
  g_assert_cmpint (btfw_loop_get_time (world.loop), ==, 2000000);
  btfw_loop_advance (world.loop, G_MAXINT64);
  world_clear (&world);
}

static gboolean
count_call (gpointer count)
{
  (*(guint *) count)++;
  return G_SOURCE_REMOVE;
}

static void
test_runs_the_contexts_sources (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (GSource) source = g_idle_source_new ();
  World world;
  guint n = 0;

  g_main_context_push_thread_default (context);
  world_init (&world);
  g_assert_true (btfw_loop_get_context (world.loop) == context);
  g_source_set_callback (source, count_call, &n, NULL);
  g_source_attach (source, context);
  btfw_loop_advance (world.loop, 1000000);
  g_assert_cmpuint (n, ==, 1);

  world_clear (&world);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

static void
test_refuses_descriptors (void)
{
  World      world;
  BtfwWatch  watch = { .on_ready = on_ready };
  GError    *error = NULL;

  world_init (&world);
  watch.fd = STDIN_FILENO;
  g_assert_false (btfw_loop_add_watch (world.loop, &watch, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED);
  g_error_free (error);
  world_clear (&world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/virtual/runs-everything-at-its-own-time", test_runs_everything_at_its_own_time);
  g_test_add_func ("/virtual/time-never-goes-back", test_time_never_goes_back);
  g_test_add_func ("/virtual/runs-the-contexts-sources", test_runs_the_contexts_sources);
  g_test_add_func ("/virtual/refuses-descriptors", test_refuses_descriptors);
  return g_test_run ();
}
