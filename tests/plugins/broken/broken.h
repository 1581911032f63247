/* broken.h: what plugins that are broken on purpose share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

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

static inline void
sleep_once (void)
{
  static gboolean has_slept;

  if (!has_slept)
    g_usleep (30000);
  has_slept = TRUE;
}
