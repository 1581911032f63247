/* timers.c: a binary heap of timers that know their place in it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "loop/timers.h"

void
btfw_timers_clear (BtfwTimers *self)
{
  for (guint i = 0; i < self->n_entries; i++)
    self->entries[i].timer->place = 0;

  g_free (self->entries);
  *self = (BtfwTimers){ 0 };
}

static gboolean
btfw_timer_entry_is_before (const BtfwTimerEntry *a, const BtfwTimerEntry *b)
{
  return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void
btfw_timers_put (BtfwTimers *self, guint place, const BtfwTimerEntry *entry)
{
  self->entries[place - 1] = *entry;
  entry->timer->place = place;
}

/* Moves the hole at @place up to where @entry belongs, and fills it. */
static void
btfw_timers_sift_up (BtfwTimers *self, guint place, const BtfwTimerEntry *entry)
{
  while (place > 1)
    {
      const BtfwTimerEntry *parent = &self->entries[place / 2 - 1];

      if (!btfw_timer_entry_is_before (entry, parent))
        break;
      btfw_timers_put (self, place, parent);
      place /= 2;
    }
  btfw_timers_put (self, place, entry);
}

static void
btfw_timers_sift_down (BtfwTimers *self, guint place, const BtfwTimerEntry *entry)
{
  while (place <= self->n_entries / 2)
    {
      guint child = place * 2;

      if (child < self->n_entries &&
          btfw_timer_entry_is_before (&self->entries[child], &self->entries[child - 1]))
        child++;
      if (!btfw_timer_entry_is_before (&self->entries[child - 1], entry))
        break;
      btfw_timers_put (self, place, &self->entries[child - 1]);
      place = child;
    }
  btfw_timers_put (self, place, entry);
}

/* Puts @entry into the hole at @place, or wherever it belongs from there. */
static void
btfw_timers_sift (BtfwTimers *self, guint place, const BtfwTimerEntry *entry)
{
  if (place > 1 && btfw_timer_entry_is_before (entry, &self->entries[place / 2 - 1]))
    btfw_timers_sift_up (self, place, entry);
  else
    btfw_timers_sift_down (self, place, entry);
}

void
btfw_timers_set (BtfwTimers *self, BtfwTimer *timer, gint64 due)
{
  BtfwTimerEntry entry = { due, self->n_set++, timer };

  timer->due = due;
  if (timer->place != 0)
    {
      btfw_timers_sift (self, timer->place, &entry);
      return;
    }

  if (self->n_entries == self->room)
    {
      self->room = MAX (32, self->room * 2);
      self->entries = g_renew (BtfwTimerEntry, self->entries, self->room);
    }
  self->n_entries++;
  btfw_timers_sift_up (self, self->n_entries, &entry);
}

void
btfw_timers_unset (BtfwTimers *self, BtfwTimer *timer)
{
  guint          place = timer->place;
  BtfwTimerEntry last;

  if (place == 0)
    return;

  timer->place = 0;
  last = self->entries[self->n_entries - 1];
  self->n_entries--;
  if (place <= self->n_entries)
    btfw_timers_sift (self, place, &last);
}

gint64
btfw_timers_get_due (const BtfwTimers *self)
{
  return self->n_entries > 0 ? self->entries[0].due : G_MAXINT64;
}

BtfwTimer *
btfw_timers_pop_due (BtfwTimers *self, gint64 now)
{
  BtfwTimer *timer;

  if (self->n_entries == 0 || self->entries[0].due > now)
    return NULL;

  timer = self->entries[0].timer;
  btfw_timers_unset (self, timer);
  return timer;
}
