/* lab-storage.c: a storage in memory that fails when a test says so. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-storage.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Pieces of any size in the lab are a multiple of this. */
#define UNIT 4096u

static void lab_storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LabStorage, lab_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, lab_storage_iface_init));

static gboolean
lab_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  LabStorage *self = LAB_STORAGE (storage);

  g_assert_false (self->is_open);
  self->is_open = TRUE;
  if (self->layout == NULL)
    self->layout = btfw_layout_ref (btfw_storage_context_get_layout (context));
  g_assert_cmpuint (btfw_layout_get_size (self->layout), ==, self->size);
  return TRUE;
}

static void
lab_storage_close (BtfwStorage *storage)
{
  LabStorage *self = LAB_STORAGE (storage);

  g_assert_true (self->is_open);
  self->is_open = FALSE;
}

/* All units that a range touches. */
static gboolean
was_written (const LabStorage *self, guint64 offset, guint64 size)
{
  for (guint64 unit = offset / UNIT; unit * UNIT < offset + size; unit++)
    if (!self->written[unit])
      return FALSE;
  return TRUE;
}

static gboolean
touches_fault (LabStorage *self, guint64 offset, guint64 size)
{
  return self->read_fault != LAB_NO_FAULT && offset < self->read_fault_end && offset + size > self->read_fault_begin;
}

static gboolean
lab_storage_readv (BtfwStorage *storage, guint64 offset, const GInputVector *vectors, guint n_vectors, GError **error)
{
  LabStorage *self = LAB_STORAGE (storage);

  g_assert_true (self->is_open);
  for (guint i = 0; i < n_vectors; offset += vectors[i++].size)
    {
      g_assert_cmpuint (offset + vectors[i].size, <=, self->size);
      if (touches_fault (self, offset, vectors[i].size))
        {
          self->n_read_faults++;
          g_set_error (error, BTFW_STORAGE_ERROR, self->read_fault, "a fault of the laboratory at %" G_GUINT64_FORMAT, offset);
          return FALSE;
        }
      if (!was_written (self, offset, vectors[i].size))
        {
          g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, "never written at %" G_GUINT64_FORMAT, offset);
          return FALSE;
        }
      memcpy (vectors[i].buffer, self->bytes + offset, vectors[i].size);
      if (self->lies)
        *(guint8 *) vectors[i].buffer ^= 1;
      self->n_lies += self->lies;
    }
  return TRUE;
}

static void
write_bytes (LabStorage *self, guint64 offset, const guint8 *bytes, gsize size)
{
  g_assert_cmpuint (offset + size, <=, self->size);
  g_assert_cmpuint (offset % UNIT, ==, 0);
  if (was_written (self, offset, size))
    self->n_rewritten += size;
  self->n_written += size;
  memset (self->written + offset / UNIT, 1, (size + UNIT - 1) / UNIT);
  memcpy (self->bytes + offset, bytes, size);
}

static gboolean
lab_storage_writev (BtfwStorage *storage, guint64 offset, const GOutputVector *vectors, guint n_vectors, GError **error)
{
  LabStorage *self = LAB_STORAGE (storage);

  g_assert_true (self->is_open);
  if (self->write_fault != LAB_NO_FAULT)
    {
      self->n_write_faults++;
      g_set_error (error, BTFW_STORAGE_ERROR, self->write_fault, "a fault of the laboratory");
      return FALSE;
    }
  for (guint i = 0; i < n_vectors; offset += vectors[i++].size)
    write_bytes (self, offset, vectors[i].buffer, vectors[i].size);
  return TRUE;
}

static gboolean
lab_storage_flush (BtfwStorage *storage, GError **error)
{
  g_assert_true (LAB_STORAGE (storage)->is_open);
  return TRUE;
}

static gboolean
lab_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  LabStorage *self = LAB_STORAGE (storage);

  *stat = (BtfwFileStat){ 0 };
  for (guint64 unit = 0; unit * UNIT < self->size && !stat->exists; unit++)
    stat->exists = self->written[unit];
  stat->size = stat->exists ? self->size : 0;
  return TRUE;
}

static gboolean
lab_storage_remove (BtfwStorage *storage, GError **error)
{
  LabStorage *self = LAB_STORAGE (storage);

  memset (self->written, 0, (gsize) (self->size / UNIT + 1));
  return TRUE;
}

static BtfwLease *
lab_storage_lease (BtfwStorage *storage, guint64 offset, gsize length)
{
  LabStorage *self = LAB_STORAGE (storage);

  if (!self->has_leases || touches_fault (self, offset, length) || !was_written (self, offset, length))
    return NULL;
  return btfw_lease_new (self->fd, (gint64) offset, length, TRUE, g_object_unref, g_object_ref (self));
}

static void
lab_storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = lab_storage_open;
  iface->readv = lab_storage_readv;
  iface->writev = lab_storage_writev;
  iface->flush = lab_storage_flush;
  iface->close = lab_storage_close;
  iface->stat = lab_storage_stat;
  iface->remove = lab_storage_remove;
  iface->lease = lab_storage_lease;
}

static void
lab_storage_finalize (GObject *object)
{
  LabStorage *self = LAB_STORAGE (object);

  g_clear_pointer (&self->layout, btfw_layout_unref);
  munmap (self->bytes, self->size);
  close (self->fd);
  g_free (self->written);
  G_OBJECT_CLASS (lab_storage_parent_class)->finalize (object);
}

static void
lab_storage_class_init (LabStorageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lab_storage_finalize;
}

static void
lab_storage_init (LabStorage *self)
{
  self->write_fault = LAB_NO_FAULT;
  self->read_fault = LAB_NO_FAULT;
}

LabStorage *
lab_storage_new (const guint8 *content, guint64 size)
{
  LabStorage *self = g_object_new (LAB_TYPE_STORAGE, NULL);
  gsize       n_units = (gsize) (size / UNIT + 1);

  self->size = size;
  self->fd = memfd_create ("lab", MFD_CLOEXEC);
  g_assert_cmpint (ftruncate (self->fd, (off_t) size), ==, 0);
  self->bytes = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
  g_assert_true (self->bytes != MAP_FAILED);
  self->written = g_malloc0 (n_units);
  if (content != NULL)
    {
      memcpy (self->bytes, content, size);
      memset (self->written, 1, n_units);
    }
  return self;
}

void
lab_storage_break (LabStorage *self, BtfwStorageError fault, guint64 begin, guint64 end)
{
  self->read_fault = (int) fault;
  self->read_fault_begin = begin;
  self->read_fault_end = end;
}
