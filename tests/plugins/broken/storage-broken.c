/* storage-broken.c: a storage with one of many faults, for the tests of the kit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

#include <errno.h>
#include <fcntl.h>

/* One image in the save folder, without anything clever. */
typedef struct
{
  GObject             parent_instance;
  BtfwStorageContext *context;
  GMutex              lock;
  guint8             *bytes;   /* with a fault: kept in memory and never written */
  gboolean            is_busy; /* with a fault: two calls at a time are too many */
} TestBrokenStorage;

typedef struct
{
  GObjectClass parent_class;
} TestBrokenStorageClass;

static void storage_iface_init (BtfwStorageInterface *iface);
GType       test_broken_storage_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestBrokenStorage, test_broken_storage, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, storage_iface_init));

static int
open_image (TestBrokenStorage *self, gboolean create, GError **error)
{
  g_autoptr (BtfwDir) dir = create ? btfw_storage_context_get_dir (self->context, error)
                                   : btfw_storage_context_find_dir (self->context, error);

  return dir != NULL ? btfw_dir_open_beneath (dir, has_fault ("creates-at-once") ? "t/first" : "image",
                                              O_RDWR | (create ? O_CREAT : 0), 0666, error)
                     : -1;
}

static gboolean
fail (GError **error, int errnum, const char *doing)
{
  if (has_fault ("other-domain"))
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errnum), "it failed");
  else if (!has_fault ("silent-failure"))
    btfw_set_storage_error_from_errno (error, errnum, doing, "image");
  return FALSE;
}

static gboolean
storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  TestBrokenStorage *self = (TestBrokenStorage *) storage;
  int                fd;

  self->context = btfw_storage_context_ref (context);
  if (has_fault ("crashes"))
    raise (SIGSEGV);
  if (has_fault ("exits"))
    exit (0);
  if (has_fault ("creates-at-once") && (fd = open_image (self, TRUE, error)) >= 0)
    close (fd);
  if (has_fault ("leaks-descriptors"))
    fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  return TRUE;
}

static void
storage_close (BtfwStorage *storage)
{
  TestBrokenStorage *self = (TestBrokenStorage *) storage;

  if (has_fault ("forgets-at-close"))
    {
      g_autoptr (BtfwDir) dir = btfw_storage_context_find_dir (self->context, NULL);

      if (dir != NULL)
        btfw_dir_remove_beneath (dir, "image", NULL);
    }
  if (has_fault ("leaks"))
    lose_memory ();
  if (!has_fault ("keeps-the-context"))
    g_clear_pointer (&self->context, btfw_storage_context_unref);
}

static gboolean
is_pad (TestBrokenStorage *self, guint64 offset)
{
  BtfwLayout *layout = btfw_storage_context_get_layout (self->context);

  return (btfw_layout_get_file_flags (layout, btfw_layout_find_file (layout, offset)) & BTFW_FILE_PAD) != 0;
}

static gboolean
read_one (TestBrokenStorage *self, int fd, guint64 offset, const GInputVector *vector, GError **error)
{
  guint8 *bytes = vector->buffer;
  gsize   size = vector->size;

  for (gsize done = 0; done < size;)
    {
      gssize n = pread (fd, bytes + done, size - done, (off_t) (offset + done));

      if (n <= 0)
        return fail (error, n < 0 ? errno : ENOENT, "read");
      done += (gsize) n;
    }
  for (gsize i = 0; i < size; i++)
    if (is_pad (self, offset + i) && !has_fault ("pads"))
      bytes[i] = 0;
  if (has_fault ("overruns") && size > 1000)
    bytes[size] = 0;
  if (has_fault ("flips-a-bit") && offset > 300000 && size > 0)
    bytes[0] ^= 1;
  return TRUE;
}

static gboolean
storage_readv (BtfwStorage *storage, guint64 offset, const GInputVector *vectors, guint n_vectors, GError **error)
{
  TestBrokenStorage *self = (TestBrokenStorage *) storage;
  int                fd = open_image (self, FALSE, error);
  gboolean           ok = TRUE;

  if (fd < 0 && has_fault ("invents"))
    {
      g_clear_error (error);
      return TRUE;
    }
  if (fd < 0)
    {
      g_clear_error (error);
      return fail (error, ENOENT, "read");
    }
  if (has_fault ("first-buffer-only"))
    n_vectors = MIN (n_vectors, 2);
  for (guint i = 0; i < n_vectors && ok; i++)
    {
      ok = read_one (self, fd, offset, &vectors[i], error);
      offset += vectors[i].size;
    }
  close (fd);
  while (has_fault ("hangs"))
    g_usleep (1000);
  return ok;
}

static gboolean
storage_writev (BtfwStorage *storage, guint64 offset, const GOutputVector *vectors, guint n_vectors, GError **error)
{
  TestBrokenStorage *self = (TestBrokenStorage *) storage;
  int                fd = open_image (self, TRUE, error);
  gboolean           was_busy;

  if (fd < 0)
    return FALSE;
  g_mutex_lock (&self->lock);
  was_busy = self->is_busy;
  self->is_busy = TRUE;
  g_mutex_unlock (&self->lock);
  if (has_fault ("one-at-a-time") && was_busy)
    offset = 0;
  if (has_fault ("one-at-a-time"))
    g_usleep (100);
  for (guint i = 0; i < n_vectors; i++)
    {
      if (pwrite (fd, vectors[i].buffer, vectors[i].size, (off_t) offset) < 0)
        {
          close (fd);
          return fail (error, errno, "write");
        }
      if (has_fault ("changes-buffers") && vectors[i].size > 0)
        ((guint8 *) vectors[i].buffer)[0] ^= 0xff;
      offset += vectors[i].size;
    }
  close (fd);
  g_mutex_lock (&self->lock);
  self->is_busy = FALSE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
storage_flush (BtfwStorage *storage, GError **error)
{
  if (has_fault ("error-and-success"))
    g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_FULL, "but it worked");
  return TRUE;
}

static gboolean
storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *st, GError **error)
{
  TestBrokenStorage *self = (TestBrokenStorage *) storage;
  BtfwLayout        *layout = btfw_storage_context_get_layout (self->context);
  int                fd = open_image (self, FALSE, NULL);
  off_t              size = fd >= 0 ? lseek (fd, 0, SEEK_END) : 0;
  guint64            begin = btfw_layout_get_file_offset (layout, file);

  if (fd >= 0)
    close (fd);
  *st = (BtfwFileStat){ (guint64) size > begin || has_fault ("all-is-there"), 0, 1 };
  if (st->exists)
    st->size = MIN ((guint64) MAX ((guint64) size, begin) - begin, btfw_layout_get_file_length (layout, file));
  return TRUE;
}

static gboolean
storage_remove (BtfwStorage *storage, GError **error)
{
  TestBrokenStorage  *self = (TestBrokenStorage *) storage;
  g_autoptr (BtfwDir) dir = btfw_storage_context_find_dir (self->context, NULL);

  if (dir != NULL && !has_fault ("removes-nothing"))
    btfw_dir_remove_beneath (dir, "image", NULL);
  if (dir != NULL && has_fault ("removes-all"))
    btfw_dir_remove_beneath (dir, "stranger", NULL);
  return TRUE;
}

static void
close_descriptor (gpointer data)
{
  close (GPOINTER_TO_INT (data));
}

static BtfwLease *
storage_lease (BtfwStorage *storage, guint64 offset, gsize length)
{
  TestBrokenStorage *self = (TestBrokenStorage *) storage;
  int                fd = open_image (self, FALSE, NULL);

  if (fd < 0)
    return NULL;
  return btfw_lease_new (fd, (gint64) offset + 1, length, FALSE, close_descriptor, GINT_TO_POINTER (fd));
}

static void
storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = storage_open;
  iface->close = storage_close;
  iface->readv = storage_readv;
  iface->writev = storage_writev;
  iface->flush = has_fault ("no-flush") ? NULL : storage_flush;
  iface->stat = storage_stat;
  iface->remove = storage_remove;
  iface->lease = has_fault ("shifted-lease") ? storage_lease : NULL;
}

static void
finalize (GObject *object)
{
  g_mutex_clear (&((TestBrokenStorage *) object)->lock);
  G_OBJECT_CLASS (test_broken_storage_parent_class)->finalize (object);
}

static void
test_broken_storage_class_init (TestBrokenStorageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
test_broken_storage_init (TestBrokenStorage *self)
{
  g_mutex_init (&self->lock);
}

BTFW_PLUGIN_DEFINE (storage, broken, test_broken_storage_get_type,
                    .version = "1.0",
                    .description = "broken on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests");
