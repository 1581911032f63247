/* broken.h: what plugins that are broken on purpose share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Which fault it has, by a word in the environment; none without it, and then
 * the kit must find nothing. */
static inline gboolean
has_fault (const char *name)
{
  return g_strcmp0 (g_getenv ("BTFW_TEST_FAULT"), name) == 0;
}

static inline void
lose_memory (void)
{
  gpointer volatile lost = g_malloc (100);

  (void) lost;
}

/* For the watchdog: one method of each plugin calls it. */
static inline void
take_long (void)
{
  if (has_fault ("takes-long"))
    g_usleep (7 * G_USEC_PER_SEC);
  while (has_fault ("hangs"))
    g_usleep (1000);
}

/* Long enough to be noticed, once. */
static inline void
sleep_long_once (void)
{
  static gboolean has_slept;

  if (!has_slept)
    g_usleep (100000);
  has_slept = TRUE;
}

/* The common faults of a method on the loop's thread. */
static inline void
misbehave_once (void)
{
  if (has_fault ("crashes"))
    raise (SIGSEGV);
  if (has_fault ("aborts"))
    abort ();
  if (has_fault ("exits"))
    exit (3);
  if (has_fault ("sleeps"))
    sleep_long_once ();
  if (has_fault ("leaks"))
    lose_memory ();
  if (has_fault ("leaks-descriptors"))
    (void) !open ("/dev/null", O_RDONLY | O_CLOEXEC);
  if (has_fault ("complains"))
    g_warning ("this is odd");
}

static inline void
sleep_once (void)
{
  static gboolean has_slept;

  if (!has_slept)
    g_usleep (30000);
  has_slept = TRUE;
}
