/* storage-stored.c: a storage that keeps a torrent as one image: all of its
 * files in a single one, as they lie in the torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE /* fallocate() */

#include <btfw/btfw.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Names of types are shared by the whole process: yours begin with a word of
 * your own, never with Btfw. */
struct _StoredStorage
{
  GObject             parent_instance;
  BtfwStorageContext *context; /* owned, from open() to close() */
  char               *path;    /* of the image, below the save folder */
  char               *suffix;
  GMutex              lock;    /* calls come on several threads: for fd */
  int                 fd;      /* -1 until it is needed */
};

#define STORED_TYPE_STORAGE (stored_storage_get_type ())
G_DECLARE_FINAL_TYPE (StoredStorage, stored_storage, STORED, STORAGE, GObject)

/* The properties of a plugin are its settings: this one is --storage=stored,suffix=.img,
 * or suffix=.img in the group [storage-stored] of the keyfile. */
enum
{
  PROP_SUFFIX = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StoredStorage, stored_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, storage_iface_init));

static gboolean
fail (GError **error, int errnum, const char *doing, StoredStorage *self)
{
  /* A storage's errors have a kind, by which the core decides what to do. */
  btfw_set_storage_error_from_errno (error, errnum, doing, self->path);
  return FALSE;
}

/* --- Opening and closing --- */

static gboolean
stored_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  StoredStorage  *self = STORED_STORAGE (storage);
  const char     *first = btfw_layout_get_file_path (btfw_storage_context_get_layout (context), 0);
  g_auto (GStrv)  elements = g_strsplit (first, "/", 2);

  /* Nothing is created here: that waits for the first writev(). */
  self->context = btfw_storage_context_ref (context);
  self->path = g_strconcat (elements[0], self->suffix, NULL);
  return TRUE;
}

/* The descriptor of the image, or -1 with @error set. */
static int
get_fd (StoredStorage *self, gboolean create, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (BtfwDir)      dir = NULL;

  if (self->fd >= 0)
    return self->fd;

  /* The only way to files: nothing leads out of the save folder. */
  dir = create ? btfw_storage_context_get_dir (self->context, error) : btfw_storage_context_find_dir (self->context, error);
  if (dir != NULL)
    self->fd = btfw_dir_open_beneath (dir, self->path, O_RDWR | (create ? O_CREAT : 0), 0666, error);
  return self->fd;
}

static void
stored_storage_close (BtfwStorage *storage)
{
  StoredStorage *self = STORED_STORAGE (storage);

  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->context, btfw_storage_context_unref);
}

/* --- Bytes --- */

/* The first byte of the image behind which nothing was written. */
static guint64
get_end (int fd)
{
  struct stat st;

  return fstat (fd, &st) == 0 ? (guint64) st.st_size : 0;
}

static gboolean
is_pad (BtfwLayout *layout, guint64 offset)
{
  return (btfw_layout_get_file_flags (layout, btfw_layout_find_file (layout, offset)) & BTFW_FILE_PAD) != 0;
}

/* Pad files read as zeros and swallow what is written: what was written into
 * one is a hole of the image again. */
static void
blank_pads (StoredStorage *self, int fd, guint64 offset, guint64 end)
{
  BtfwLayout *layout = btfw_storage_context_get_layout (self->context);

  while (offset < end)
    {
      guint32 file = btfw_layout_find_file (layout, offset);
      guint64 next = MIN (end, btfw_layout_get_file_offset (layout, file) + btfw_layout_get_file_length (layout, file));

      if (is_pad (layout, offset))
        fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) offset, (off_t) (next - offset));
      offset = next;
    }
}

/* One buffer after the other; a signal or the system may make a call shorter. */
static gboolean
stored_storage_readv (BtfwStorage *storage, guint64 offset, const GInputVector *vectors, guint n_vectors, GError **error)
{
  StoredStorage *self = STORED_STORAGE (storage);
  int            fd = get_fd (self, FALSE, error);

  if (fd < 0)
    return FALSE;

  for (guint i = 0; i < n_vectors; i++)
    for (gsize done = 0; done < vectors[i].size;)
      {
        gssize n = pread (fd, (guint8 *) vectors[i].buffer + done, vectors[i].size - done, (off_t) offset);

        if (n < 0 && errno == EINTR)
          continue;
        if (n < 0)
          return fail (error, errno, "read", self);
        if (n == 0)
          return fail (error, ENOENT, "read", self); /* never written: gone */
        done += (gsize) n;
        offset += (guint64) n;
      }
  return TRUE;
}

static gboolean
stored_storage_writev (BtfwStorage *storage, guint64 offset, const GOutputVector *vectors, guint n_vectors, GError **error)
{
  StoredStorage *self = STORED_STORAGE (storage);
  int            fd = get_fd (self, TRUE, error);
  guint64        first = offset;

  if (fd < 0)
    return FALSE;

  for (guint i = 0; i < n_vectors; i++)
    for (gsize done = 0; done < vectors[i].size;)
      {
        gssize n = pwrite (fd, (const guint8 *) vectors[i].buffer + done, vectors[i].size - done, (off_t) offset);

        if (n < 0 && errno == EINTR)
          continue;
        if (n < 0)
          return fail (error, errno, "write", self);
        done += (gsize) n;
        offset += (guint64) n;
      }
  blank_pads (self, fd, first, offset);
  return TRUE;
}

static gboolean
stored_storage_flush (BtfwStorage *storage, GError **error)
{
  StoredStorage *self = STORED_STORAGE (storage);

  return self->fd < 0 || fdatasync (self->fd) == 0 || fail (error, errno, "write", self);
}

/* What can be sent without copying it: the image is laid out as the torrent is. */
static void
close_descriptor (gpointer data)
{
  close (GPOINTER_TO_INT (data));
}

static BtfwLease *
stored_storage_lease (BtfwStorage *storage, guint64 offset, gsize length)
{
  int fd = get_fd (STORED_STORAGE (storage), FALSE, NULL);
  int own;

  if (fd < 0 || get_end (fd) < offset + length)
    return NULL;

  own = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  return own < 0 ? NULL : btfw_lease_new (own, (gint64) offset, length, FALSE, close_descriptor, GINT_TO_POINTER (own));
}

/* --- Files --- */

static gboolean
stored_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  StoredStorage *self = STORED_STORAGE (storage);
  BtfwLayout    *layout = btfw_storage_context_get_layout (self->context);
  guint64        begin = btfw_layout_get_file_offset (layout, file);
  struct stat    st;
  int            fd = get_fd (self, FALSE, NULL);

  /* A file that does not exist is no error. */
  *stat = (BtfwFileStat){ FALSE, 0, 0 };
  if (fd < 0)
    return TRUE;
  if (fstat (fd, &st) < 0)
    return fail (error, errno, "read", self);
  if ((guint64) st.st_size <= begin)
    return TRUE;

  stat->exists = TRUE;
  stat->size = MIN ((guint64) st.st_size - begin, btfw_layout_get_file_length (layout, file));
  stat->mtime = (gint64) st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
  return TRUE;
}

static gboolean
stored_storage_remove (BtfwStorage *storage, GError **error)
{
  StoredStorage      *self = STORED_STORAGE (storage);
  g_autoptr (BtfwDir) dir = NULL;
  g_autoptr (GError)  local = NULL;

  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  dir = btfw_storage_context_find_dir (self->context, error);
  if (dir == NULL)
    return FALSE;
  if (btfw_dir_remove_beneath (dir, self->path, &local) ||
      g_error_matches (local, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static void
storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = stored_storage_open;
  iface->close = stored_storage_close;
  iface->readv = stored_storage_readv;
  iface->writev = stored_storage_writev;
  iface->flush = stored_storage_flush;
  iface->lease = stored_storage_lease;
  iface->stat = stored_storage_stat;
  iface->remove = stored_storage_remove;
}

static void
stored_storage_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_SUFFIX)
    g_value_set_string (value, STORED_STORAGE (object)->suffix);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
stored_storage_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StoredStorage *self = STORED_STORAGE (object);

  if (id != PROP_SUFFIX)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_free (self->suffix);
  self->suffix = g_value_dup_string (value);
}

static void
stored_storage_finalize (GObject *object)
{
  StoredStorage *self = STORED_STORAGE (object);

  g_free (self->suffix);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (stored_storage_parent_class)->finalize (object);
}

static void
stored_storage_class_init (StoredStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = stored_storage_finalize;
  object_class->get_property = stored_storage_get_property;
  object_class->set_property = stored_storage_set_property;

  /* Default and blurb are what “btfw inspect storage-stored” shows. */
  properties[PROP_SUFFIX] =
    g_param_spec_string ("suffix", NULL, "what the image's name ends with", ".image",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
stored_storage_init (StoredStorage *self)
{
  g_mutex_init (&self->lock);
  self->fd = -1;
}

BTFW_PLUGIN_DEFINE (storage, stored, stored_storage_get_type,
                    .version = "0.1",
                    .description = "a torrent as one image file",
                    .license = "LGPL-2.1-or-later",
                    .origin = "https://example.org/storage-stored");
