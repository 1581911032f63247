/* lease.c: a range of an open file that bytes can be sent from. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-storage.h>

struct _BtfwLease
{
  gint           ref_count;
  int            fd;
  gboolean       is_hot;
  gint64         offset;
  gsize          length;
  GDestroyNotify release;
  gpointer       data;
};

G_DEFINE_BOXED_TYPE (BtfwLease, btfw_lease, btfw_lease_ref, btfw_lease_unref)

BtfwLease *
btfw_lease_new (int fd, gint64 offset, gsize length, gboolean is_hot, GDestroyNotify release, gpointer data)
{
  BtfwLease *self;

  g_return_val_if_fail (fd >= 0 && offset >= 0, NULL);

  self = g_new (BtfwLease, 1);
  self->ref_count = 1;
  self->fd = fd;
  self->is_hot = is_hot;
  self->offset = offset;
  self->length = length;
  self->release = release;
  self->data = data;

  return self;
}

BtfwLease *
btfw_lease_ref (BtfwLease *self)
{
  g_return_val_if_fail (self, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
btfw_lease_unref (BtfwLease *self)
{
  g_return_if_fail (self);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  if (self->release)
    self->release (self->data);
  g_free (self);
}

int
btfw_lease_get_fd (BtfwLease *self)
{
  g_return_val_if_fail (self, -1);

  return self->fd;
}

gint64
btfw_lease_get_offset (BtfwLease *self)
{
  g_return_val_if_fail (self, 0);

  return self->offset;
}

gsize
btfw_lease_get_length (BtfwLease *self)
{
  g_return_val_if_fail (self, 0);

  return self->length;
}

gboolean
btfw_lease_is_hot (BtfwLease *self)
{
  g_return_val_if_fail (self, FALSE);

  return self->is_hot;
}
