/* watch.c: notes which plugin is being called, and names one that does not return. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/watch.h"

#include <btfw/btfw-plugins.h>

/* Threads that can call plugins at the same time; those beyond are not watched. */
#define SLOTS_MAX 64
#define SECONDS_FIRST 5

/* What one thread is doing. Written by that thread, read by the watchdog. */
typedef struct
{
  int         is_taken; /* atomic */
  guint       depth;    /* of the thread alone */
  const char *method;   /* atomic; NULL between calls */
  GType       type;     /* atomic */
  guint       serial;   /* atomic; another one for each call */
} Slot;

/* What the watchdog saw of a slot the last time. */
typedef struct
{
  guint serial;
  guint seconds;
} Seen;

static Slot slots[SLOTS_MAX];

static void
give_back (gpointer data)
{
  Slot *slot = data;

  __atomic_store_n (&slot->method, NULL, __ATOMIC_RELAXED);
  __atomic_store_n (&slot->is_taken, 0, __ATOMIC_RELEASE);
}

static GPrivate own_slot = G_PRIVATE_INIT (give_back);

static Slot *
get_slot (void)
{
  static __thread Slot *cached;

  for (guint i = 0; cached == NULL && i < SLOTS_MAX; i++)
    {
      int free = 0;

      if (__atomic_compare_exchange_n (&slots[i].is_taken, &free, 1, FALSE, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        {
          cached = &slots[i];
          cached->depth = 0;
          g_private_set (&own_slot, cached);
        }
    }
  return cached;
}

void
btfw_watch_enter (gpointer instance, const char *method)
{
  Slot *slot = get_slot ();

  if (slot == NULL || slot->depth++ > 0)
    return;
  __atomic_store_n (&slot->type, G_OBJECT_TYPE (instance), __ATOMIC_RELAXED);
  __atomic_store_n (&slot->serial, slot->serial + 1, __ATOMIC_RELAXED);
  __atomic_store_n (&slot->method, method, __ATOMIC_RELEASE);
}

void
btfw_watch_leave (void)
{
  Slot *slot = get_slot ();

  if (slot != NULL && --slot->depth == 0)
    __atomic_store_n (&slot->method, NULL, __ATOMIC_RELEASE);
}

/* --- The watchdog --- */

typedef struct
{
  BtfwPluginStuckFunc func;
  gpointer            user_data;
} Watchdog;

static void
look_at (Watchdog *self, Slot *slot, Seen *seen)
{
  const char *method = __atomic_load_n (&slot->method, __ATOMIC_ACQUIRE);
  guint       serial = __atomic_load_n (&slot->serial, __ATOMIC_RELAXED);

  if (method == NULL || serial != seen->serial)
    {
      seen->serial = serial;
      seen->seconds = 0;
      return;
    }

  seen->seconds++;
  if (seen->seconds % SECONDS_FIRST == 0)
    self->func (g_type_name (__atomic_load_n (&slot->type, __ATOMIC_RELAXED)), method, seen->seconds, self->user_data);
}

static gpointer
watch (gpointer data)
{
  Seen seen[SLOTS_MAX] = { 0 };

  for (;;)
    {
      g_usleep (G_USEC_PER_SEC);
      for (guint i = 0; i < SLOTS_MAX; i++)
        look_at (data, &slots[i], &seen[i]);
    }
  return NULL;
}

void
btfw_plugins_watch (BtfwPluginStuckFunc func, gpointer user_data)
{
  static gsize is_watching;

  g_return_if_fail (func != NULL);

  if (g_once_init_enter (&is_watching))
    {
      Watchdog *self = g_new0 (Watchdog, 1);
      GThread  *thread;

      self->func = func;
      self->user_data = user_data;
      /* Without it nothing but the warning is missing. */
      thread = g_thread_try_new ("btfw-watchdog", watch, self, NULL);
      if (thread != NULL)
        g_thread_unref (thread);
      else
        g_free (self);
      g_once_init_leave (&is_watching, 1);
    }
}
