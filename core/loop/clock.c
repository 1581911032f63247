/* clock.c: the time, the timers and the dice of a plugin. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "loop/clock.h"

struct _BtfwClock
{
  gatomicrefcount n_refs;
  BtfwLoop       *loop; /* NULL when dead */
  BtfwRandom      random;
  GHashTable     *timers; /* by id; NULL until the first */
  guint64         last_id;
};

typedef struct
{
  guint64        id;
  BtfwClock     *clock;
  BtfwTimer      timer;
  BtfwClockFunc  func;
  gpointer       user_data;
  GDestroyNotify destroy;
} ClockTimer;

G_DEFINE_BOXED_TYPE (BtfwClock, btfw_clock, btfw_clock_ref, btfw_clock_unref)

static void
clock_timer_free (gpointer data)
{
  ClockTimer *timer = data;

  if (timer->clock->loop != NULL)
    btfw_loop_clear_timer (timer->clock->loop, &timer->timer);
  if (timer->destroy != NULL)
    timer->destroy (timer->user_data);
  g_free (timer);
}

BtfwClock *
btfw_clock_new (BtfwLoop *loop, const char *name)
{
  BtfwClock *self = g_new0 (BtfwClock, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->loop = loop;
  btfw_loop_fork_random (loop, name, &self->random);
  return self;
}

/* What frees the timers' data may ask for the time, and must not set new ones. */
void
btfw_clock_kill (BtfwClock *self)
{
  g_autoptr (GHashTable) timers = g_steal_pointer (&self->timers);
  GHashTableIter iter;
  gpointer       timer;

  if (timers != NULL)
    {
      g_hash_table_iter_init (&iter, timers);
      while (g_hash_table_iter_next (&iter, NULL, &timer))
        btfw_loop_clear_timer (self->loop, &((ClockTimer *) timer)->timer);
    }
  self->loop = NULL;
  g_clear_pointer (&timers, g_hash_table_unref);
  btfw_clock_unref (self);
}

BtfwClock *
btfw_clock_ref (BtfwClock *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_clock_unref (BtfwClock *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  g_clear_pointer (&self->timers, g_hash_table_unref);
  g_free (self);
}

gint64
btfw_clock_get_time (BtfwClock *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->loop == NULL ? 0 : btfw_loop_get_time (self->loop);
}

guint32
btfw_clock_random (BtfwClock *self, guint32 n)
{
  g_return_val_if_fail (self != NULL, 0);
  g_return_val_if_fail (n > 0, 0);

  return self->loop == NULL ? 0 : btfw_random_below (&self->random, n);
}

static void
on_due (BtfwTimer *loop_timer)
{
  ClockTimer          *timer = (ClockTimer *) ((guint8 *) loop_timer - G_STRUCT_OFFSET (ClockTimer, timer));
  g_autoptr (BtfwClock) clock = btfw_clock_ref (timer->clock);

  g_hash_table_steal (clock->timers, &timer->id);
  timer->func (timer->user_data);
  clock_timer_free (timer);
}

guint64
btfw_clock_set_timer (BtfwClock     *self,
                      gint64         delay,
                      BtfwClockFunc  func,
                      gpointer       user_data,
                      GDestroyNotify destroy)
{
  ClockTimer *timer;

  g_return_val_if_fail (self != NULL, 0);
  g_return_val_if_fail (func != NULL, 0);

  if (self->loop == NULL)
    {
      if (destroy != NULL)
        destroy (user_data);
      return 0;
    }
  if (self->timers == NULL)
    self->timers = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, clock_timer_free);

  timer = g_new0 (ClockTimer, 1);
  timer->id = ++self->last_id;
  timer->clock = self;
  timer->timer.on_due = on_due;
  timer->func = func;
  timer->user_data = user_data;
  timer->destroy = destroy;
  g_hash_table_insert (self->timers, &timer->id, timer);
  btfw_loop_set_timer (self->loop, &timer->timer, btfw_loop_get_time (self->loop) + MAX (delay, 0));
  return timer->id;
}

void
btfw_clock_cancel_timer (BtfwClock *self, guint64 timer)
{
  g_return_if_fail (self != NULL);

  if (self->timers != NULL && timer != 0)
    g_hash_table_remove (self->timers, &timer);
}
