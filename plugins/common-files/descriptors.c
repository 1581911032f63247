/* descriptors.c: a table of open files, and a list of them by last use. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "descriptors.h"

#include <pthread.h>
#include <unistd.h>

struct _BtfwDescriptors
{
  pthread_mutex_t mutex;
  GHashTable     *table; /* file -> BtfwDescriptor *, which it owns; NULL until the first */
  BtfwDescriptor *newest;
  BtfwDescriptor *oldest;
  guint           n_max;
};

static void
link_newest (BtfwDescriptors *self, BtfwDescriptor *descriptor)
{
  descriptor->newer = NULL;
  descriptor->older = self->newest;
  if (self->newest)
    self->newest->newer = descriptor;
  else
    self->oldest = descriptor;
  self->newest = descriptor;
}

static void
unlink_descriptor (BtfwDescriptors *self, BtfwDescriptor *descriptor)
{
  if (descriptor->newer)
    descriptor->newer->older = descriptor->older;
  else
    self->newest = descriptor->older;
  if (descriptor->older)
    descriptor->older->newer = descriptor->newer;
  else
    self->oldest = descriptor->newer;
}

static BtfwDescriptor *
find (BtfwDescriptors *self, guint32 file)
{
  return self->table ? g_hash_table_lookup (self->table, GUINT_TO_POINTER (file)) : NULL;
}

/* Gives what the table owned to the caller, who lets go of it without the lock:
 * closing may block. */
static BtfwDescriptor *
steal (BtfwDescriptors *self, guint32 file)
{
  BtfwDescriptor *descriptor = find (self, file);

  if (descriptor)
    {
      unlink_descriptor (self, descriptor);
      g_hash_table_remove (self->table, GUINT_TO_POINTER (file));
    }
  return descriptor;
}

static BtfwDescriptor *
steal_surplus (BtfwDescriptors *self)
{
  BtfwDescriptor *descriptor = NULL;

  pthread_mutex_lock (&self->mutex);
  if (self->table && g_hash_table_size (self->table) > self->n_max)
    descriptor = steal (self, self->oldest->file);
  pthread_mutex_unlock (&self->mutex);

  return descriptor;
}

static void
drop_surplus (BtfwDescriptors *self)
{
  BtfwDescriptor *descriptor;

  while ((descriptor = steal_surplus (self)))
    btfw_descriptor_unref (descriptor);
}

BtfwDescriptor *
btfw_descriptor_new (guint32 file, int fd)
{
  BtfwDescriptor *self = g_new0 (BtfwDescriptor, 1);

  self->ref_count = 1;
  self->file = file;
  self->fd = fd;

  return self;
}

BtfwDescriptor *
btfw_descriptor_ref (BtfwDescriptor *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
btfw_descriptor_unref (BtfwDescriptor *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  close (self->fd);
  g_free (self);
}

void
btfw_descriptor_note_size (BtfwDescriptor *self, gint64 size)
{
  gint64 known = __atomic_load_n (&self->size, __ATOMIC_RELAXED);

  while (known < size && !__atomic_compare_exchange_n (&self->size, &known, size, TRUE, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
}

BtfwDescriptors *
btfw_descriptors_new (guint n_max)
{
  BtfwDescriptors *self = g_new0 (BtfwDescriptors, 1);

  pthread_mutex_init (&self->mutex, NULL);
  self->n_max = n_max;

  return self;
}

void
btfw_descriptors_free (BtfwDescriptors *self)
{
  btfw_descriptors_clear (self);
  g_clear_pointer (&self->table, g_hash_table_unref);
  pthread_mutex_destroy (&self->mutex);
  g_free (self);
}

void
btfw_descriptors_set_max (BtfwDescriptors *self, guint n_max)
{
  pthread_mutex_lock (&self->mutex);
  self->n_max = n_max;
  pthread_mutex_unlock (&self->mutex);
  drop_surplus (self);
}

BtfwDescriptor *
btfw_descriptors_lookup (BtfwDescriptors *self, guint32 file)
{
  BtfwDescriptor *descriptor;

  pthread_mutex_lock (&self->mutex);
  descriptor = find (self, file);
  if (descriptor)
    {
      if (descriptor != self->newest)
        {
          unlink_descriptor (self, descriptor);
          link_newest (self, descriptor);
        }
      btfw_descriptor_ref (descriptor);
    }
  pthread_mutex_unlock (&self->mutex);

  return descriptor;
}

void
btfw_descriptors_insert (BtfwDescriptors *self, BtfwDescriptor *descriptor)
{
  BtfwDescriptor *before;

  pthread_mutex_lock (&self->mutex);
  before = steal (self, descriptor->file);
  if (!self->table)
    self->table = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (self->table, GUINT_TO_POINTER (descriptor->file), btfw_descriptor_ref (descriptor));
  link_newest (self, descriptor);
  pthread_mutex_unlock (&self->mutex);

  if (before)
    btfw_descriptor_unref (before);
  drop_surplus (self);
}

void
btfw_descriptors_remove (BtfwDescriptors *self, guint32 file)
{
  BtfwDescriptor *descriptor;

  pthread_mutex_lock (&self->mutex);
  descriptor = steal (self, file);
  pthread_mutex_unlock (&self->mutex);

  if (descriptor)
    btfw_descriptor_unref (descriptor);
}

void
btfw_descriptors_clear (BtfwDescriptors *self)
{
  guint n_max = self->n_max;

  btfw_descriptors_set_max (self, 0);
  btfw_descriptors_set_max (self, n_max);
}
