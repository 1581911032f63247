/* signals.c: the signals that stop the program in good order, or reload it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/signals.h"

#include "cli/terminal.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Seconds that an orderly stop may take. */
#define DEADLINE 3

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };

/* Read and written in handlers, which run on any thread. */
static atomic_int caught;
static atomic_int wants_reload;
static atomic_int wake_fd = -1;

struct _BtfwSignals
{
  BtfwSignalsFunc stop;
  BtfwSignalsFunc reload;
  gpointer        user_data;
  guint           wake_source;
};

static void
end_at_once (int number)
{
  btfw_terminal_show_cursor ();
  _exit (128 + number);
}

static void
wake (void)
{
  guint64 one = 1;
  int     saved = errno;
  ssize_t written = write (wake_fd, &one, sizeof one);

  (void) written;
  errno = saved;
}

/* Handlers of our own rather than GLib's: they must work, too, when the main loop
 * hangs on something, and GLib's take a thread that it ends the process without. */
static void
on_stop_signal (int number)
{
  if (caught != 0 && number == SIGINT)
    end_at_once (number);
  if (caught != 0)
    return;

  caught = number;
  alarm (DEADLINE);
  wake ();
}

static void
on_reload_signal (int number)
{
  wants_reload = 1;
  wake ();
}

static void
on_deadline (int number)
{
  end_at_once (caught);
}

static void
set_action (int number, void (*handler) (int))
{
  struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  sigaction (number, &action, NULL);
}

static gboolean
is_ignored (int number)
{
  struct sigaction action;

  return sigaction (number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static gboolean
on_wake (int fd, GIOCondition condition, gpointer user_data)
{
  BtfwSignals *self = user_data;
  guint64      count;

  if (caught != 0)
    {
      self->wake_source = 0;
      self->stop (self->user_data);
      return G_SOURCE_REMOVE;
    }

  if (read (fd, &count, sizeof count) < 0)
    g_debug ("signals: %s", g_strerror (errno));
  if (atomic_exchange (&wants_reload, 0) != 0 && self->reload != NULL)
    self->reload (self->user_data);
  return G_SOURCE_CONTINUE;
}

BtfwSignals *
btfw_signals_new (BtfwSignalsFunc stop, BtfwSignalsFunc reload, gpointer user_data)
{
  BtfwSignals *self = g_new0 (BtfwSignals, 1);

  self->stop = stop;
  self->reload = reload;
  self->user_data = user_data;

  if (wake_fd < 0)
    wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->wake_source = g_unix_fd_add (wake_fd, G_IO_IN, on_wake, self);

  set_action (SIGALRM, on_deadline);
  set_action (SIGUSR1, on_reload_signal);
  for (guint i = 0; i < G_N_ELEMENTS (stop_signals); i++)
    if (stop_signals[i] != SIGHUP || !is_ignored (SIGHUP))
      set_action (stop_signals[i], on_stop_signal);

  return self;
}

void
btfw_signals_free (BtfwSignals *self)
{
  /* The handlers stay: what is left to do after the main loop is bounded by
   * the deadline all the same, and a first signal there may end it. So does the
   * descriptor that they write to, on whatever thread, or they would meet another
   * file of that number. */
  g_clear_handle_id (&self->wake_source, g_source_remove);
  g_free (self);
}

int
btfw_signals_get_exit_code (void)
{
  return caught != 0 ? 128 + caught : 0;
}
