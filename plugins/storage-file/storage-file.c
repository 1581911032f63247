/* storage-file.c: keeps a torrent in ordinary files, as people expect them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "ordinary.h"

#include <btfw/btfw-plugin.h>

#define BTFW_TYPE_FILE_STORAGE (btfw_file_storage_get_type ())
G_DECLARE_FINAL_TYPE (BtfwFileStorage, btfw_file_storage, BTFW, FILE_STORAGE, GObject)

struct _BtfwFileStorage
{
  GObject      parent_instance;
  BtfwOrdinary files;
};

enum
{
  PROP_ALLOCATE = 1,
  PROP_MAX_OPEN,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void btfw_file_storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwFileStorage, btfw_file_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, btfw_file_storage_iface_init));

static BtfwOrdinary *
get_files (BtfwStorage *storage)
{
  return &BTFW_FILE_STORAGE (storage)->files;
}

static gboolean
btfw_file_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  return btfw_ordinary_open (get_files (storage), context, error);
}

static gboolean
btfw_file_storage_readv (BtfwStorage        *storage,
                         guint64             offset,
                         const GInputVector *vectors,
                         guint               n_vectors,
                         GError            **error)
{
  return btfw_ordinary_readv (get_files (storage), offset, vectors, n_vectors, error);
}

static gboolean
btfw_file_storage_writev (BtfwStorage         *storage,
                          guint64              offset,
                          const GOutputVector *vectors,
                          guint                n_vectors,
                          GError             **error)
{
  return btfw_ordinary_writev (get_files (storage), offset, vectors, n_vectors, error);
}

static gboolean
btfw_file_storage_flush (BtfwStorage *storage, GError **error)
{
  return btfw_ordinary_flush (get_files (storage), error);
}

static void
btfw_file_storage_close (BtfwStorage *storage)
{
  btfw_ordinary_close (get_files (storage));
}

static gboolean
btfw_file_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  return btfw_ordinary_stat (get_files (storage), file, stat, error);
}

static gboolean
btfw_file_storage_move (BtfwStorage        *storage,
                        BtfwStorageContext *context,
                        BtfwStorageProgress progress,
                        gpointer            user_data,
                        GCancellable       *cancellable,
                        GError            **error)
{
  return btfw_ordinary_move (get_files (storage), context, progress, user_data, cancellable, error);
}

static gboolean
btfw_file_storage_remove (BtfwStorage *storage, GError **error)
{
  return btfw_ordinary_remove (get_files (storage), error);
}

static gboolean
btfw_file_storage_wanted_changed (BtfwStorage *storage, GError **error)
{
  return btfw_ordinary_wanted_changed (get_files (storage), error);
}

static BtfwLease *
btfw_file_storage_lease (BtfwStorage *storage, guint64 offset, gsize length)
{
  return btfw_ordinary_lease (get_files (storage), offset, length);
}

static void
btfw_file_storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = btfw_file_storage_open;
  iface->readv = btfw_file_storage_readv;
  iface->writev = btfw_file_storage_writev;
  iface->flush = btfw_file_storage_flush;
  iface->close = btfw_file_storage_close;
  iface->stat = btfw_file_storage_stat;
  iface->move = btfw_file_storage_move;
  iface->remove = btfw_file_storage_remove;
  iface->wanted_changed = btfw_file_storage_wanted_changed;
  iface->lease = btfw_file_storage_lease;
}

static void
btfw_file_storage_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  BtfwFileStorage *self = BTFW_FILE_STORAGE (object);

  switch (id)
    {
    case PROP_ALLOCATE:
      g_value_set_enum (value, (gint) self->files.allocate);
      break;
    case PROP_MAX_OPEN:
      g_value_set_uint (value, self->files.max_open);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_file_storage_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  BtfwFileStorage *self = BTFW_FILE_STORAGE (object);

  switch (id)
    {
    case PROP_ALLOCATE:
      self->files.allocate = (BtfwAllocate) g_value_get_enum (value);
      break;
    case PROP_MAX_OPEN:
      self->files.max_open = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_file_storage_finalize (GObject *object)
{
  BtfwFileStorage *self = BTFW_FILE_STORAGE (object);

  btfw_ordinary_clear (&self->files);
  G_OBJECT_CLASS (btfw_file_storage_parent_class)->finalize (object);
}

static void
btfw_file_storage_class_init (BtfwFileStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = btfw_file_storage_get_property;
  object_class->set_property = btfw_file_storage_set_property;
  object_class->finalize = btfw_file_storage_finalize;

  props[PROP_ALLOCATE] =
    g_param_spec_enum ("allocate", NULL,
                       "room on the disk: sparse takes it as bytes come, full takes all of it with the first",
                       btfw_allocate_get_type ("BtfwFileStorageAllocate"), BTFW_ALLOCATE_SPARSE,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  props[PROP_MAX_OPEN] =
    g_param_spec_uint ("max-open", NULL, "how many files are kept open for each torrent", 1, 65536, 256,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
btfw_file_storage_init (BtfwFileStorage *self)
{
  btfw_ordinary_init (&self->files, &btfw_carrier_of_calls, NULL);
}

BTFW_PLUGIN_DEFINE (storage, file, btfw_file_storage_get_type,
                    .version = BTFW_VERSION,
                    .description = "ordinary files in a folder",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
