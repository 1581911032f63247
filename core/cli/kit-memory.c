/* kit-memory.c: a storage in memory, for what lies below a layer that is checked. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit-memory.h"

#include <string.h>

struct _BtfwKitMemory
{
  GObject     parent_instance;
  GMutex      lock;
  BtfwLayout *layout;
  guint8     *bytes;
  guint8     *written; /* whether each byte was */
};

#define BTFW_TYPE_KIT_MEMORY (btfw_kit_memory_get_type ())
G_DECLARE_FINAL_TYPE (BtfwKitMemory, btfw_kit_memory, BTFW, KIT_MEMORY, GObject)

static void storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwKitMemory, btfw_kit_memory, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, storage_iface_init));

static gboolean
memory_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  BtfwKitMemory *self = BTFW_KIT_MEMORY (storage);
  BtfwLayout    *layout = btfw_storage_context_get_layout (context);
  gsize          size = btfw_layout_get_size (layout);

  if (self->layout != NULL && btfw_layout_get_size (self->layout) == size)
    return TRUE;

  g_clear_pointer (&self->layout, btfw_layout_unref);
  g_free (self->bytes);
  g_free (self->written);
  self->layout = btfw_layout_ref (layout);
  self->bytes = g_malloc0 (size + 1);
  self->written = g_malloc0 (size + 1);
  return TRUE;
}

static gboolean
fits (BtfwKitMemory *self, guint64 offset, gsize size, GError **error)
{
  guint64 whole = btfw_layout_get_size (self->layout);

  if (offset <= whole && size <= whole - offset)
    return TRUE;
  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN,
               "%zu bytes at offset %" G_GUINT64_FORMAT " of a space of %" G_GUINT64_FORMAT, size, offset, whole);
  return FALSE;
}

static gboolean
is_written (BtfwKitMemory *self, guint64 offset, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (!self->written[offset + i] &&
        !(btfw_layout_get_file_flags (self->layout, btfw_layout_find_file (self->layout, offset + i)) & BTFW_FILE_PAD))
      return FALSE;
  return TRUE;
}

static gboolean
read_one (BtfwKitMemory *self, guint64 offset, const GInputVector *vector, GError **error)
{
  if (!fits (self, offset, vector->size, error))
    return FALSE;
  if (!is_written (self, offset, vector->size))
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, "memory: this was never written");
      return FALSE;
    }
  memcpy (vector->buffer, self->bytes + offset, vector->size);
  return TRUE;
}

static gboolean
memory_readv (BtfwStorage *storage, guint64 offset, const GInputVector *vectors, guint n_vectors, GError **error)
{
  BtfwKitMemory *self = BTFW_KIT_MEMORY (storage);
  gboolean       ok = TRUE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < n_vectors && ok; i++)
    {
      ok = read_one (self, offset, &vectors[i], error);
      offset += vectors[i].size;
    }
  g_mutex_unlock (&self->lock);
  return ok;
}

static gboolean
write_one (BtfwKitMemory *self, guint64 offset, const GOutputVector *vector, GError **error)
{
  if (!fits (self, offset, vector->size, error))
    return FALSE;
  for (gsize i = 0; i < vector->size; i++)
    if (!(btfw_layout_get_file_flags (self->layout, btfw_layout_find_file (self->layout, offset + i)) & BTFW_FILE_PAD))
      {
        self->bytes[offset + i] = ((const guint8 *) vector->buffer)[i];
        self->written[offset + i] = 1;
      }
  return TRUE;
}

static gboolean
memory_writev (BtfwStorage *storage, guint64 offset, const GOutputVector *vectors, guint n_vectors, GError **error)
{
  BtfwKitMemory *self = BTFW_KIT_MEMORY (storage);
  gboolean       ok = TRUE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < n_vectors && ok; i++)
    {
      ok = write_one (self, offset, &vectors[i], error);
      offset += vectors[i].size;
    }
  g_mutex_unlock (&self->lock);
  return ok;
}

static gboolean
memory_flush (BtfwStorage *storage, GError **error)
{
  return TRUE;
}

static void
memory_close (BtfwStorage *storage)
{
}

static gboolean
memory_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  BtfwKitMemory *self = BTFW_KIT_MEMORY (storage);
  guint64        offset = btfw_layout_get_file_offset (self->layout, file);
  guint64        length = btfw_layout_get_file_length (self->layout, file);

  *stat = (BtfwFileStat){ FALSE, 0, 0 };
  g_mutex_lock (&self->lock);
  for (guint64 i = 0; i < length; i++)
    if (self->written[offset + i])
      *stat = (BtfwFileStat){ TRUE, i + 1, 1 };
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
memory_remove (BtfwStorage *storage, GError **error)
{
  BtfwKitMemory *self = BTFW_KIT_MEMORY (storage);

  memset (self->written, 0, btfw_layout_get_size (self->layout));
  return TRUE;
}

static void
storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = memory_open;
  iface->readv = memory_readv;
  iface->writev = memory_writev;
  iface->flush = memory_flush;
  iface->close = memory_close;
  iface->stat = memory_stat;
  iface->remove = memory_remove;
}

static void
btfw_kit_memory_finalize (GObject *object)
{
  BtfwKitMemory *self = BTFW_KIT_MEMORY (object);

  g_clear_pointer (&self->layout, btfw_layout_unref);
  g_free (self->bytes);
  g_free (self->written);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (btfw_kit_memory_parent_class)->finalize (object);
}

static void
btfw_kit_memory_class_init (BtfwKitMemoryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_kit_memory_finalize;
}

static void
btfw_kit_memory_init (BtfwKitMemory *self)
{
  g_mutex_init (&self->lock);
}

BtfwStorage *
btfw_kit_memory_new (void)
{
  return g_object_new (BTFW_TYPE_KIT_MEMORY, NULL);
}
