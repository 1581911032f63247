/* storage-memory.c: keeps a torrent in memory: for what is only passed on, and for tests. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-plugin.h>
#include <btfw/btfw-storage.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define LIMIT_DEFAULT ((guint64) 1 << 30)
#define VECTORS_MAX 64
#define STAT_BLOCK 512 /* the unit of st_blocks */

#define BTFW_TYPE_MEMORY_STORAGE (btfw_memory_storage_get_type ())
G_DECLARE_FINAL_TYPE (BtfwMemoryStorage, btfw_memory_storage, BTFW, MEMORY_STORAGE, GObject)

/* The bytes are in a file without a name, which costs memory only for what was
 * written, remembers what was not, and can be leased. */
struct _BtfwMemoryStorage
{
  GObject         parent_instance;
  guint64         limit;
  pthread_mutex_t mutex;    /* guards what follows */
  BtfwLayout     *layout;   /* NULL while it is not open */
  int             fd;       /* -1 before the first open; stays until remove */
  guint64         reserved; /* bytes of writes under way */
  pthread_mutex_t run_mutex; /* guards what follows; may be taken inside of the other one */
  guint64         run_begin, run_end; /* bytes side by side that were written, as was last seen */
};

enum
{
  PROP_LIMIT = 1,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void btfw_memory_storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwMemoryStorage, btfw_memory_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, btfw_memory_storage_iface_init));

static gboolean
check_range (BtfwMemoryStorage *self, guint64 offset, gsize size, GError **error)
{
  if (!self->layout)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT, _("the storage is not open"));
      return FALSE;
    }
  if (offset <= btfw_layout_get_size (self->layout) && size <= btfw_layout_get_size (self->layout) - offset)
    return TRUE;

  g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE,
                       _("there are no bytes behind the end of a torrent"));
  return FALSE;
}

static gsize
count_bytes (const GOutputVector *vectors, guint n_vectors)
{
  gsize size = 0;

  for (guint i = 0; i < n_vectors; i++)
    size += vectors[i].size;

  return size;
}

/* Moves whole rows of buffers; memory gives all at once, but a signal may come
 * between, and rows may be long. */
static int
transfer (int fd, guint64 offset, const GOutputVector *vectors, guint n_vectors, gboolean write)
{
  guint first = 0;
  gsize done = 0;

  while (first < n_vectors)
    {
      struct iovec rows[VECTORS_MAX];
      int          n_rows = 0;
      gssize       n;

      if (done == vectors[first].size)
        {
          first++;
          done = 0;
          continue;
        }
      for (guint i = first; i < n_vectors && n_rows < VECTORS_MAX; i++, n_rows++)
        rows[n_rows] = (struct iovec){ (gpointer) vectors[i].buffer, vectors[i].size };
      rows[0].iov_base = (guint8 *) rows[0].iov_base + done;
      rows[0].iov_len -= done;

      n = write ? pwritev (fd, rows, n_rows, (off_t) offset) : preadv (fd, rows, n_rows, (off_t) offset);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 ? errno : ENODATA;

      offset += (guint64) n;
      for (done += (gsize) n; first < n_vectors && done >= vectors[first].size; first++)
        done -= vectors[first].size;
    }
  return 0;
}

static gboolean
is_in_run (BtfwMemoryStorage *self, guint64 offset, guint64 end)
{
  gboolean is_known;

  pthread_mutex_lock (&self->run_mutex);
  is_known = offset >= self->run_begin && end <= self->run_end;
  pthread_mutex_unlock (&self->run_mutex);
  return is_known;
}

static void
set_run (BtfwMemoryStorage *self, guint64 begin, guint64 end)
{
  pthread_mutex_lock (&self->run_mutex);
  self->run_begin = begin;
  self->run_end = end;
  pthread_mutex_unlock (&self->run_mutex);
}

/* Of one file. The system looks for a hole page by page up to wherever it is, so what
 * it found is remembered: what was written stays so. */
static gboolean
is_span_written (BtfwMemoryStorage *self, guint64 offset, guint64 end)
{
  gint64 hole;

  if (is_in_run (self, offset, end))
    return TRUE;

  hole = lseek (self->fd, (off_t) offset, SEEK_HOLE);
  if (hole < 0 || (guint64) hole < end)
    return FALSE;
  set_run (self, offset, (guint64) hole);
  return TRUE;
}

/* But for those of pad files, which are zeros in any case. */
static gboolean
is_written (BtfwMemoryStorage *self, guint64 offset, guint64 end)
{
  while (offset < end)
    {
      guint32 file = btfw_layout_find_file (self->layout, offset);
      guint64 file_end = btfw_layout_get_file_offset (self->layout, file) + btfw_layout_get_file_length (self->layout, file);
      guint64 span_end = MIN (end, file_end);

      if (!(btfw_layout_get_file_flags (self->layout, file) & BTFW_FILE_PAD) && !is_span_written (self, offset, span_end))
        return FALSE;
      offset = span_end;
    }
  return TRUE;
}

/* Pad files swallow what is written, and read as zeros. */
static int
blank_pads (BtfwMemoryStorage *self, guint64 offset, guint64 end)
{
  while (offset < end)
    {
      guint32 file = btfw_layout_find_file (self->layout, offset);
      guint64 file_end = btfw_layout_get_file_offset (self->layout, file) + btfw_layout_get_file_length (self->layout, file);
      guint64 span_end = MIN (end, file_end);

      if ((btfw_layout_get_file_flags (self->layout, file) & BTFW_FILE_PAD) &&
          fallocate (self->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) offset, (off_t) (span_end - offset)) < 0)
        return errno;
      offset = span_end;
    }
  return 0;
}

/* Counts as if nothing of the range were there yet, so that the limit holds
 * whatever is written beside this. */
static gboolean
reserve (BtfwMemoryStorage *self, gsize size, GError **error)
{
  struct stat st;
  gboolean    fits;

  pthread_mutex_lock (&self->mutex);
  fits = fstat (self->fd, &st) == 0 &&
         (guint64) st.st_blocks * STAT_BLOCK + self->reserved + size <= self->limit;
  if (fits)
    self->reserved += size;
  pthread_mutex_unlock (&self->mutex);

  if (!fits)
    g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_FULL,
                 _("the torrent does not fit into %llu bytes of memory"), (unsigned long long) self->limit);
  return fits;
}

static void
release (BtfwMemoryStorage *self, gsize size)
{
  pthread_mutex_lock (&self->mutex);
  self->reserved -= size;
  pthread_mutex_unlock (&self->mutex);
}

static gboolean
btfw_memory_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  BtfwMemoryStorage *self = BTFW_MEMORY_STORAGE (storage);
  BtfwLayout        *layout = btfw_storage_context_get_layout (context);
  int                fd = self->fd;

  if (fd < 0)
    fd = memfd_create ("btfw", MFD_CLOEXEC);
  if (fd < 0 || ftruncate (fd, (off_t) btfw_layout_get_size (layout)) < 0)
    {
      btfw_set_storage_error_from_errno (error, errno, N_("create"), "memfd");
      if (fd >= 0 && fd != self->fd)
        close (fd);
      return FALSE;
    }

  pthread_mutex_lock (&self->mutex);
  self->fd = fd;
  g_clear_pointer (&self->layout, btfw_layout_unref);
  self->layout = btfw_layout_ref (layout);
  pthread_mutex_unlock (&self->mutex);
  return TRUE;
}

static gboolean
btfw_memory_storage_readv (BtfwStorage        *storage,
                           guint64             offset,
                           const GInputVector *vectors,
                           guint               n_vectors,
                           GError            **error)
{
  BtfwMemoryStorage   *self = BTFW_MEMORY_STORAGE (storage);
  const GOutputVector *same = (const GOutputVector *) vectors;
  gsize                size = count_bytes (same, n_vectors);
  int                  errnum;

  if (!check_range (self, offset, size, error))
    return FALSE;
  if (!is_written (self, offset, offset + size))
    {
      g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE,
                   _("the bytes from %llu on were never written"), (unsigned long long) offset);
      return FALSE;
    }

  errnum = transfer (self->fd, offset, same, n_vectors, FALSE);
  if (errnum != 0)
    btfw_set_storage_error_from_errno (error, errnum, N_("read"), "memfd");
  return errnum == 0;
}

static gboolean
btfw_memory_storage_writev (BtfwStorage         *storage,
                            guint64              offset,
                            const GOutputVector *vectors,
                            guint                n_vectors,
                            GError             **error)
{
  BtfwMemoryStorage *self = BTFW_MEMORY_STORAGE (storage);
  gsize              size = count_bytes (vectors, n_vectors);
  int                errnum;

  if (!check_range (self, offset, size, error) || !reserve (self, size, error))
    return FALSE;

  errnum = transfer (self->fd, offset, vectors, n_vectors, TRUE);
  if (errnum == 0)
    errnum = blank_pads (self, offset, offset + size);
  release (self, size);
  if (errnum != 0)
    btfw_set_storage_error_from_errno (error, errnum, N_("write"), "memfd");
  return errnum == 0;
}

static gboolean
btfw_memory_storage_flush (BtfwStorage *storage, GError **error)
{
  /* No memory survives a power cut, and nobody who keeps a torrent in it expects that. */
  return check_range (BTFW_MEMORY_STORAGE (storage), 0, 0, error);
}

static void
btfw_memory_storage_close (BtfwStorage *storage)
{
  BtfwMemoryStorage *self = BTFW_MEMORY_STORAGE (storage);

  pthread_mutex_lock (&self->mutex);
  g_clear_pointer (&self->layout, btfw_layout_unref);
  pthread_mutex_unlock (&self->mutex);
}

static gboolean
btfw_memory_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  BtfwMemoryStorage *self = BTFW_MEMORY_STORAGE (storage);
  guint64            offset;
  gint64             data;

  if (!check_range (self, 0, 0, error))
    return FALSE;

  *stat = (BtfwFileStat){ 0 };
  offset = btfw_layout_get_file_offset (self->layout, file);
  data = lseek (self->fd, (off_t) offset, SEEK_DATA);
  if (data >= 0 && (guint64) data < offset + btfw_layout_get_file_length (self->layout, file))
    {
      stat->exists = TRUE;
      stat->size = btfw_layout_get_file_length (self->layout, file);
    }
  return TRUE;
}

/* It is not in any folder. */
static gboolean
btfw_memory_storage_move (BtfwStorage        *storage,
                          BtfwStorageContext *context,
                          BtfwStorageProgress progress,
                          gpointer            user_data,
                          GCancellable       *cancellable,
                          GError            **error)
{
  return check_range (BTFW_MEMORY_STORAGE (storage), 0, 0, error);
}

static gboolean
btfw_memory_storage_remove (BtfwStorage *storage, GError **error)
{
  BtfwMemoryStorage *self = BTFW_MEMORY_STORAGE (storage);

  if (!check_range (self, 0, 0, error))
    return FALSE;
  set_run (self, 0, 0);
  if (ftruncate (self->fd, 0) < 0 || ftruncate (self->fd, (off_t) btfw_layout_get_size (self->layout)) < 0)
    {
      btfw_set_storage_error_from_errno (error, errno, N_("remove"), "memfd");
      return FALSE;
    }
  return TRUE;
}

static BtfwLease *
btfw_memory_storage_lease (BtfwStorage *storage, guint64 offset, gsize length)
{
  BtfwMemoryStorage *self = BTFW_MEMORY_STORAGE (storage);
  BtfwLease         *lease = NULL;

  pthread_mutex_lock (&self->mutex);
  if (check_range (self, offset, length, NULL) && is_written (self, offset, offset + length))
    lease = btfw_lease_new (self->fd, (gint64) offset, length, TRUE, g_object_unref, g_object_ref (self));
  pthread_mutex_unlock (&self->mutex);

  return lease;
}

static void
btfw_memory_storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = btfw_memory_storage_open;
  iface->readv = btfw_memory_storage_readv;
  iface->writev = btfw_memory_storage_writev;
  iface->flush = btfw_memory_storage_flush;
  iface->close = btfw_memory_storage_close;
  iface->stat = btfw_memory_storage_stat;
  iface->move = btfw_memory_storage_move;
  iface->remove = btfw_memory_storage_remove;
  iface->lease = btfw_memory_storage_lease;
}

static void
btfw_memory_storage_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_LIMIT)
    g_value_set_uint64 (value, BTFW_MEMORY_STORAGE (object)->limit);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
btfw_memory_storage_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_LIMIT)
    BTFW_MEMORY_STORAGE (object)->limit = g_value_get_uint64 (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
btfw_memory_storage_finalize (GObject *object)
{
  BtfwMemoryStorage *self = BTFW_MEMORY_STORAGE (object);

  g_clear_pointer (&self->layout, btfw_layout_unref);
  if (self->fd >= 0)
    close (self->fd);
  pthread_mutex_destroy (&self->mutex);
  pthread_mutex_destroy (&self->run_mutex);
  G_OBJECT_CLASS (btfw_memory_storage_parent_class)->finalize (object);
}

static void
btfw_memory_storage_class_init (BtfwMemoryStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = btfw_memory_storage_get_property;
  object_class->set_property = btfw_memory_storage_set_property;
  object_class->finalize = btfw_memory_storage_finalize;

  props[PROP_LIMIT] =
    btfw_param_spec_with_unit (g_param_spec_uint64 ("limit", NULL, "how much memory one torrent may take",
                                                    1, G_MAXINT64, LIMIT_DEFAULT,
                                                    G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS),
                               BTFW_UNIT_BYTES);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
btfw_memory_storage_init (BtfwMemoryStorage *self)
{
  self->fd = -1;
  pthread_mutex_init (&self->mutex, NULL);
  pthread_mutex_init (&self->run_mutex, NULL);
}

BTFW_PLUGIN_DEFINE (storage, memory, btfw_memory_storage_get_type,
                    .version = BTFW_VERSION,
                    .description = "memory, until the program ends",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
