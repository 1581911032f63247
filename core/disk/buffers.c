/* buffers.c: one reserved range of addresses, whose pages come when they are needed. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/buffers.h"

#include <stdlib.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)
#define ASAN_UNPOISON_MEMORY_REGION(address, size)
#endif

struct _BtfwBuffers
{
  guint8  *arena; /* NULL when the system gave none */
  guint    n_max;
  guint    n_fresh; /* buffers from the start of the arena that were ever taken */
  guint    n_free;  /* of these, how many are in the stack */
  guint32 *stack;   /* indices of free buffers, the one freed last on top */
  gboolean starved; /* a take failed, and nobody was told of buffers since */
  void (*refill) (gpointer);
  gpointer refill_data;
};

/* A system short of memory may refuse a large range: take what it gives. */
static void
reserve_arena (BtfwBuffers *self, gsize budget)
{
  gsize n = MIN (budget / BTFW_BLOCK_SIZE, G_MAXINT32);

  for (; n > 0; n /= 2)
    {
      gpointer arena = mmap (NULL, n * BTFW_BLOCK_SIZE, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

      if (arena == MAP_FAILED)
        continue;

      self->stack = g_try_new (guint32, n);
      if (self->stack)
        {
          self->arena = arena;
          self->n_max = (guint) n;
          ASAN_POISON_MEMORY_REGION (arena, n * BTFW_BLOCK_SIZE);
          return;
        }
      munmap (arena, n * BTFW_BLOCK_SIZE);
    }
}

static int
compare_descending (gconstpointer a, gconstpointer b)
{
  guint32 x = *(const guint32 *) a;
  guint32 y = *(const guint32 *) b;

  return (x < y) - (x > y);
}

BtfwBuffers *
btfw_buffers_new (gsize budget)
{
  BtfwBuffers *self = g_new0 (BtfwBuffers, 1);

  reserve_arena (self, budget);

  return self;
}

void
btfw_buffers_free (BtfwBuffers *self)
{
  if (!self)
    return;

  if (self->arena)
    {
      ASAN_UNPOISON_MEMORY_REGION (self->arena, (gsize) self->n_max * BTFW_BLOCK_SIZE);
      munmap (self->arena, (gsize) self->n_max * BTFW_BLOCK_SIZE);
    }
  g_free (self->stack);
  g_free (self);
}

guint8 *
btfw_buffers_take (BtfwBuffers *self)
{
  guint8 *buffer;
  guint   index;

  if (self->n_free > 0)
    index = self->stack[--self->n_free];
  else if (self->n_fresh < self->n_max)
    index = self->n_fresh++;
  else
    {
      self->starved = TRUE;
      return NULL;
    }

  buffer = self->arena + (gsize) index * BTFW_BLOCK_SIZE;
  ASAN_UNPOISON_MEMORY_REGION (buffer, BTFW_BLOCK_SIZE);
  return buffer;
}

void
btfw_buffers_give (BtfwBuffers *self, guint8 *buffer)
{
  gsize offset = (gsize) (buffer - self->arena);

  g_assert (buffer >= self->arena && offset % BTFW_BLOCK_SIZE == 0 &&
            offset / BTFW_BLOCK_SIZE < self->n_fresh && self->n_free < self->n_fresh);

  ASAN_POISON_MEMORY_REGION (buffer, BTFW_BLOCK_SIZE);
  self->stack[self->n_free++] = (guint32) (offset / BTFW_BLOCK_SIZE);

  if (self->starved)
    {
      self->starved = FALSE;
      if (self->refill)
        self->refill (self->refill_data);
    }
}

guint
btfw_buffers_get_n_used (BtfwBuffers *self)
{
  return self->n_fresh - self->n_free;
}

guint
btfw_buffers_get_n_max (BtfwBuffers *self)
{
  return self->n_max;
}

void
btfw_buffers_trim (BtfwBuffers *self)
{
  guint end;

  if (self->n_free == 0)
    return;

  /* In order, so that neighbours go in one call, and the lowest are the next to be given. */
  qsort (self->stack, self->n_free, sizeof *self->stack, compare_descending);

  for (guint begin = 0; begin < self->n_free; begin = end)
    {
      for (end = begin + 1; end < self->n_free && self->stack[end] + 1 == self->stack[end - 1]; end++)
        ;
      madvise (self->arena + (gsize) self->stack[end - 1] * BTFW_BLOCK_SIZE,
               (gsize) (end - begin) * BTFW_BLOCK_SIZE, MADV_DONTNEED);
    }
}

void
btfw_buffers_set_refill (BtfwBuffers *self, void (*refill) (gpointer), gpointer user_data)
{
  self->refill = refill;
  self->refill_data = user_data;
}
