/* storage-mmap.c: keeps a torrent in ordinary files, and moves bytes through windows
 * that are mapped. For those who ask for it: plugins/README.md says when not to. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "ordinary.h"
#include "windows.h"

#include <btfw/btfw-plugin.h>

#include <glib/gi18n-lib.h>
#include <unistd.h>

#define WINDOW_MIN (64u << 10)
#define WINDOW_MAX (64u << 20)
#define WINDOW_DEFAULT (8u << 20)

#define BTFW_TYPE_MMAP_STORAGE (btfw_mmap_storage_get_type ())
G_DECLARE_FINAL_TYPE (BtfwMmapStorage, btfw_mmap_storage, BTFW, MMAP_STORAGE, GObject)

typedef enum
{
  WRITE_MAPPED,
  WRITE_CALLS,
} WriteHow;

struct _BtfwMmapStorage
{
  GObject      parent_instance;
  BtfwOrdinary files;
  guint        window;
  guint        n_windows;
  WriteHow     write;
  BtfwWindows *windows; /* owned, from open() to close() */
};

enum
{
  PROP_ALLOCATE = 1,
  PROP_MAX_OPEN,
  PROP_WINDOW,
  PROP_WINDOWS,
  PROP_WRITE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void btfw_mmap_storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwMmapStorage, btfw_mmap_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, btfw_mmap_storage_iface_init));

static const GEnumValue write_values[] = {
  { WRITE_MAPPED, "BTFW_MMAP_WRITE_MAPPED", "mapped" },
  { WRITE_CALLS, "BTFW_MMAP_WRITE_CALLS", "calls" },
  { 0, NULL, NULL },
};

static int
read_bytes (gpointer data, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor)
{
  BtfwMmapStorage *self = data;

  return btfw_windows_read (self->windows, descriptor, offset, size, cursor);
}

static int
write_bytes (gpointer data, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor)
{
  BtfwMmapStorage *self = data;

  if (self->write == WRITE_CALLS)
    return btfw_file_write (descriptor->fd, offset, size, cursor);
  return btfw_windows_write (self->windows, descriptor, offset, size, cursor);
}

static const BtfwCarrier carrier = { read_bytes, write_bytes };

/* --- Methods --- */

static void
let_go (BtfwMmapStorage *self)
{
  if (self->windows)
    btfw_windows_clear (self->windows);
}

static gboolean
btfw_mmap_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  BtfwMmapStorage *self = BTFW_MMAP_STORAGE (storage);
  gsize            page = (gsize) sysconf (_SC_PAGESIZE);

  g_clear_pointer (&self->windows, btfw_windows_free);
  self->windows = btfw_windows_new (MAX (self->window / page, 1) * page, self->n_windows);
  return btfw_ordinary_open (&self->files, context, error);
}

static gboolean
btfw_mmap_storage_readv (BtfwStorage        *storage,
                         guint64             offset,
                         const GInputVector *vectors,
                         guint               n_vectors,
                         GError            **error)
{
  return btfw_ordinary_readv (&BTFW_MMAP_STORAGE (storage)->files, offset, vectors, n_vectors, error);
}

static gboolean
btfw_mmap_storage_writev (BtfwStorage         *storage,
                          guint64              offset,
                          const GOutputVector *vectors,
                          guint                n_vectors,
                          GError             **error)
{
  return btfw_ordinary_writev (&BTFW_MMAP_STORAGE (storage)->files, offset, vectors, n_vectors, error);
}

/* A sync of the file has the pages that were stored to through windows, too. */
static gboolean
btfw_mmap_storage_flush (BtfwStorage *storage, GError **error)
{
  return btfw_ordinary_flush (&BTFW_MMAP_STORAGE (storage)->files, error);
}

static void
btfw_mmap_storage_close (BtfwStorage *storage)
{
  BtfwMmapStorage *self = BTFW_MMAP_STORAGE (storage);

  btfw_ordinary_close (&self->files);
  g_clear_pointer (&self->windows, btfw_windows_free);
}

static gboolean
btfw_mmap_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  return btfw_ordinary_stat (&BTFW_MMAP_STORAGE (storage)->files, file, stat, error);
}

static gboolean
btfw_mmap_storage_move (BtfwStorage        *storage,
                        BtfwStorageContext *context,
                        BtfwStorageProgress progress,
                        gpointer            user_data,
                        GCancellable       *cancellable,
                        GError            **error)
{
  BtfwMmapStorage *self = BTFW_MMAP_STORAGE (storage);

  let_go (self);
  return btfw_ordinary_move (&self->files, context, progress, user_data, cancellable, error);
}

static gboolean
btfw_mmap_storage_remove (BtfwStorage *storage, GError **error)
{
  BtfwMmapStorage *self = BTFW_MMAP_STORAGE (storage);

  let_go (self);
  return btfw_ordinary_remove (&self->files, error);
}

static gboolean
btfw_mmap_storage_wanted_changed (BtfwStorage *storage, GError **error)
{
  return btfw_ordinary_wanted_changed (&BTFW_MMAP_STORAGE (storage)->files, error);
}

/* The same pages: what is stored through a window is what a descriptor gives. */
static BtfwLease *
btfw_mmap_storage_lease (BtfwStorage *storage, guint64 offset, gsize length)
{
  return btfw_ordinary_lease (&BTFW_MMAP_STORAGE (storage)->files, offset, length);
}

static void
btfw_mmap_storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = btfw_mmap_storage_open;
  iface->readv = btfw_mmap_storage_readv;
  iface->writev = btfw_mmap_storage_writev;
  iface->flush = btfw_mmap_storage_flush;
  iface->close = btfw_mmap_storage_close;
  iface->stat = btfw_mmap_storage_stat;
  iface->move = btfw_mmap_storage_move;
  iface->remove = btfw_mmap_storage_remove;
  iface->wanted_changed = btfw_mmap_storage_wanted_changed;
  iface->lease = btfw_mmap_storage_lease;
}

/* --- Settings --- */

static void
btfw_mmap_storage_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  BtfwMmapStorage *self = BTFW_MMAP_STORAGE (object);

  switch (id)
    {
    case PROP_ALLOCATE:
      g_value_set_enum (value, (gint) self->files.allocate);
      break;
    case PROP_MAX_OPEN:
      g_value_set_uint (value, self->files.max_open);
      break;
    case PROP_WINDOW:
      g_value_set_uint (value, self->window);
      break;
    case PROP_WINDOWS:
      g_value_set_uint (value, self->n_windows);
      break;
    case PROP_WRITE:
      g_value_set_enum (value, (gint) self->write);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_mmap_storage_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  BtfwMmapStorage *self = BTFW_MMAP_STORAGE (object);

  switch (id)
    {
    case PROP_ALLOCATE:
      self->files.allocate = (BtfwAllocate) g_value_get_enum (value);
      break;
    case PROP_MAX_OPEN:
      self->files.max_open = g_value_get_uint (value);
      break;
    case PROP_WINDOW:
      self->window = g_value_get_uint (value);
      break;
    case PROP_WINDOWS:
      self->n_windows = g_value_get_uint (value);
      break;
    case PROP_WRITE:
      self->write = (WriteHow) g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_mmap_storage_finalize (GObject *object)
{
  BtfwMmapStorage *self = BTFW_MMAP_STORAGE (object);

  btfw_ordinary_clear (&self->files);
  g_clear_pointer (&self->windows, btfw_windows_free);
  G_OBJECT_CLASS (btfw_mmap_storage_parent_class)->finalize (object);
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS)

static void
btfw_mmap_storage_class_init (BtfwMmapStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = btfw_mmap_storage_get_property;
  object_class->set_property = btfw_mmap_storage_set_property;
  object_class->finalize = btfw_mmap_storage_finalize;

  props[PROP_ALLOCATE] =
    g_param_spec_enum ("allocate", NULL, "room on the disk: sparse takes it as bytes come, full takes all of it with the first",
                       btfw_allocate_get_type ("BtfwMmapStorageAllocate"), BTFW_ALLOCATE_SPARSE, FLAGS);
  props[PROP_MAX_OPEN] =
    g_param_spec_uint ("max-open", NULL, "how many files are kept open for each torrent", 1, 65536, 256, FLAGS);
  props[PROP_WINDOW] =
    btfw_param_spec_with_unit (g_param_spec_uint ("window", NULL, N_("how much of a file is mapped at once"),
                                                  WINDOW_MIN, WINDOW_MAX, WINDOW_DEFAULT, FLAGS), BTFW_UNIT_BYTES);
  props[PROP_WINDOWS] =
    g_param_spec_uint ("windows", NULL, N_("how many such parts are mapped for each torrent"), 1, 256, 8, FLAGS);
  props[PROP_WRITE] =
    g_param_spec_enum ("write", NULL, N_("how bytes go into files: mapped, or with ordinary calls beside the windows"),
                       g_enum_register_static ("BtfwMmapStorageWrite", write_values), WRITE_MAPPED, FLAGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
btfw_mmap_storage_init (BtfwMmapStorage *self)
{
  btfw_ordinary_init (&self->files, &carrier, self);
}

BTFW_PLUGIN_DEFINE (storage, mmap, btfw_mmap_storage_get_type,
                    .version = BTFW_VERSION,
                    .description = "ordinary files, through windows that are mapped",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
