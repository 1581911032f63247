/* terminal.c: what the terminal can do, and how it is left as it was found. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_WIDTH 80
#define DEFAULT_HEIGHT 24
/* Nobody has wider ones; a line buffer is made from this. */
#define MAX_WIDTH 1000

#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"

/* Signals that end or stop a process by default, and that nothing else here
 * handles: the cursor must be back before they do. */
static const int ending_signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT, SIGTSTP };

/* A signal handler runs on any thread, beside the others: so these are atomic. */

/* The descriptor whose cursor is hidden, or -1. */
static atomic_int hidden_fd = -1;
/* Where to hide it again after the process was stopped, or -1. */
static atomic_int  stopped_fd = -1;
static atomic_bool was_stopped;

gboolean
btfw_terminal_is_utf8 (void)
{
  return g_get_charset (NULL);
}

gboolean
btfw_terminal_can_draw (int fd)
{
  const char *name = g_getenv ("TERM");

  return isatty (fd) && name != NULL && name[0] != '\0' && strcmp (name, "dumb") != 0;
}

gboolean
btfw_terminal_is_foreground (int fd)
{
  pid_t group = tcgetpgrp (fd);

  return group == -1 || group == getpgrp ();
}

static guint
number_from_environment (const char *name)
{
  const char *text = g_getenv (name);
  guint64     number = 0;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 1, MAX_WIDTH, &number, NULL))
    return 0;
  return (guint) number;
}

guint
btfw_terminal_get_width (int fd)
{
  struct winsize size = { 0 };
  guint          width;

  if (ioctl (fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return MIN (size.ws_col, MAX_WIDTH);

  width = number_from_environment ("COLUMNS");
  return width > 0 ? width : DEFAULT_WIDTH;
}

guint
btfw_terminal_get_height (int fd)
{
  struct winsize size = { 0 };

  if (ioctl (fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0)
    return size.ws_row;

  return DEFAULT_HEIGHT;
}

/* As write(2), for a few bytes that may be lost. Keeps errno, so that it does
 * no harm in a signal handler. */
static void
write_sequence (int fd, const char *sequence, gsize length)
{
  int     saved = errno;
  ssize_t written = write (fd, sequence, length);

  (void) written;
  errno = saved;
}

static void
set_action (int number, void (*handler) (int))
{
  struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  sigaction (number, &action, NULL);
}

static void
on_ending_signal (int number)
{
  sigset_t set;
  int      saved = errno;

  stopped_fd = hidden_fd;
  btfw_terminal_show_cursor ();

  /* Now as if this handler had never been there. */
  set_action (number, SIG_DFL);
  sigemptyset (&set);
  sigaddset (&set, number);
  pthread_sigmask (SIG_UNBLOCK, &set, NULL);
  raise (number);
  errno = saved;
}

static void
on_continued (int number)
{
  int saved = errno;
  int fd = atomic_exchange (&stopped_fd, -1);

  was_stopped = TRUE;
  if (fd < 0)
    return;

  set_action (SIGTSTP, on_ending_signal);
  hidden_fd = fd;
  write_sequence (fd, HIDE_CURSOR, strlen (HIDE_CURSOR));
  errno = saved;
}

static void
install_handlers (void)
{
  static gboolean installed;

  if (installed)
    return;

  installed = TRUE;
  atexit (btfw_terminal_show_cursor);
  set_action (SIGCONT, on_continued);
  for (guint i = 0; i < G_N_ELEMENTS (ending_signals); i++)
    set_action (ending_signals[i], on_ending_signal);
}

void
btfw_terminal_hide_cursor (int fd)
{
  if (hidden_fd >= 0)
    return;

  install_handlers ();
  hidden_fd = fd;
  write_sequence (fd, HIDE_CURSOR, strlen (HIDE_CURSOR));
}

void
btfw_terminal_show_cursor (void)
{
  int fd = atomic_exchange (&hidden_fd, -1);

  if (fd >= 0)
    write_sequence (fd, SHOW_CURSOR, strlen (SHOW_CURSOR));
}

gboolean
btfw_terminal_was_stopped (void)
{
  return atomic_exchange (&was_stopped, FALSE);
}
