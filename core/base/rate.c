/* rate.c: how many bytes a second pass, over the last seconds. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/rate.h"

#include <string.h>

#define TICK G_USEC_PER_SEC
#define N_TICKS ((guint) G_N_ELEMENTS (((BtfwRate *) NULL)->counts))

/* Stands for a tick that was over before the first byte came: it says nothing
 * about the rate, while a tick of 0 bytes does. */
#define NOT_MEASURED G_MAXUINT32
#define COUNT_MAX (G_MAXUINT32 - 1)

static gboolean
has_started (const BtfwRate *self)
{
  return self->tick != 0 || self->total != 0;
}

static void
start (BtfwRate *self, gint64 now)
{
  self->tick = now;
  self->counts[0] = 0;
  for (guint i = 1; i < N_TICKS; i++)
    self->counts[i] = NOT_MEASURED;
}

/* counts[0] is the tick that is not over yet, the others came before it. */
static void
advance (BtfwRate *self, gint64 now)
{
  gint64 n_over = now > self->tick ? (now - self->tick) / TICK : 0;
  guint  n_shift = (guint) MIN (n_over, N_TICKS);

  if (n_shift == 0)
    return;

  memmove (self->counts + n_shift, self->counts, (N_TICKS - n_shift) * sizeof *self->counts);
  memset (self->counts, 0, n_shift * sizeof *self->counts);
  self->tick += n_over * TICK;
}

void
btfw_rate_add (BtfwRate *self, gint64 now, gsize bytes)
{
  if (!has_started (self))
    start (self, now);
  advance (self, now);

  self->total += bytes;
  self->counts[0] = (guint32) MIN (self->counts[0] + (guint64) bytes, COUNT_MAX);
}

guint64
btfw_rate_get (const BtfwRate *self, gint64 now)
{
  BtfwRate current = *self;
  guint64  bytes;
  gint64   time;

  if (!has_started (self))
    return 0;

  advance (&current, now);
  bytes = current.counts[0];
  time = MAX (now - current.tick, 0);
  for (guint i = 1; i < N_TICKS && current.counts[i] != NOT_MEASURED; i++)
    {
      bytes += current.counts[i];
      time += TICK;
    }

  /* The first block after a start is not yet a rate. */
  return bytes * G_USEC_PER_SEC / (guint64) MAX (time, TICK);
}
