/* storage-file.c: keeps a torrent in ordinary files, as people expect them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "places.h"
#include "relocate.h"
#include "transfer.h"

#include <btfw/btfw-plugin.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <unistd.h>

#define BTFW_TYPE_FILE_STORAGE (btfw_file_storage_get_type ())
G_DECLARE_FINAL_TYPE (BtfwFileStorage, btfw_file_storage, BTFW, FILE_STORAGE, GObject)

struct _BtfwFileStorage
{
  GObject      parent_instance;
  BtfwAllocate allocate;
  guint        max_open;

  /* Leases are asked for beside any other method, also beside close(). */
  pthread_mutex_t mutex;
  BtfwPlaces     *places; /* NULL while it is not open; changed with the mutex */
};

enum
{
  PROP_ALLOCATE = 1,
  PROP_MAX_OPEN,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

/* Some bytes of one file. */
typedef struct
{
  guint32 file;
  gint64  offset; /* in the file */
  gsize   size;
  gboolean is_pad;
} Span;

static void btfw_file_storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwFileStorage, btfw_file_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, btfw_file_storage_iface_init));

static GType
btfw_file_storage_allocate_get_type (void)
{
  static const GEnumValue values[] = {
    { BTFW_ALLOCATE_SPARSE, "BTFW_ALLOCATE_SPARSE", "sparse" },
    { BTFW_ALLOCATE_FULL, "BTFW_ALLOCATE_FULL", "full" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("BtfwFileStorageAllocate", values));

  return type;
}

/* The part of a range that lies in one file. */
static Span
find_span (const BtfwLayout *layout, guint64 offset, gsize size)
{
  Span    span = { .file = btfw_layout_find_file (layout, offset) };
  guint64 begin = btfw_layout_get_file_offset (layout, span.file);
  guint64 length = btfw_layout_get_file_length (layout, span.file);

  span.offset = (gint64) (offset - begin);
  span.size = (gsize) MIN (size, begin + length - offset);
  span.is_pad = (btfw_layout_get_file_flags (layout, span.file) & (BTFW_FILE_PAD | BTFW_FILE_SYMLINK)) != 0;

  return span;
}

static gsize
count_bytes (const GOutputVector *vectors, guint n_vectors)
{
  gsize size = 0;

  for (guint i = 0; i < n_vectors; i++)
    size += vectors[i].size;

  return size;
}

static gboolean
check_range (BtfwPlaces *places, guint64 offset, gsize size, GError **error)
{
  if (!places)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT, _("the storage is not open"));
      return FALSE;
    }
  if (offset <= btfw_layout_get_size (btfw_places_get_layout (places)) &&
      size <= btfw_layout_get_size (btfw_places_get_layout (places)) - offset)
    return TRUE;

  g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, _("there are no bytes behind the end of a torrent"));
  return FALSE;
}

/* In a stand-in, holes are what was never written: only edges of it are there. */
static gboolean
has_hole (int fd, const Span *span)
{
  gint64 hole = lseek (fd, span->offset, SEEK_HOLE);

  return hole >= 0 && hole < span->offset + (gint64) span->size;
}

static void
set_read_error (BtfwPlaces *places, const Span *span, int errnum, GError **error)
{
  g_autofree char *path = btfw_places_make_whole_path (places, span->file);

  if (errnum == ENODATA)
    g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE,
                 _("“%s” ends before byte %lld"), path, (long long) (span->offset + (gint64) span->size));
  else
    btfw_set_storage_error_from_errno (error, errnum, N_("read"), path);
}

static gboolean
read_span (BtfwPlaces *places, const Span *span, BtfwFileCursor *cursor, GError **error)
{
  g_autoptr (BtfwDescriptor) descriptor = NULL;
  int errnum;

  if (span->is_pad)
    {
      btfw_file_cursor_fill_zeros (cursor, span->size);
      return TRUE;
    }

  descriptor = btfw_places_open (places, span->file, FALSE, error);
  if (!descriptor)
    return FALSE;

  if (descriptor->is_part && has_hole (descriptor->fd, span))
    errnum = ENODATA;
  else
    errnum = btfw_file_read (descriptor->fd, span->offset, span->size, cursor);
  if (errnum != 0)
    set_read_error (places, span, errnum, error);
  else if (!descriptor->is_part)
    btfw_places_note_read (places, span->file);

  return errnum == 0;
}

static gboolean
write_span (BtfwPlaces *places, const Span *span, BtfwFileCursor *cursor, GError **error)
{
  g_autoptr (BtfwDescriptor) descriptor = NULL;
  int errnum;

  if (span->is_pad)
    {
      btfw_file_cursor_skip (cursor, span->size);
      return TRUE;
    }

  descriptor = btfw_places_open (places, span->file, TRUE, error);
  if (!descriptor)
    return FALSE;

  errnum = btfw_file_write (descriptor->fd, span->offset, span->size, cursor);
  btfw_places_note_written (places, span->file);
  if (errnum != 0)
    {
      g_autofree char *path = btfw_places_make_whole_path (places, span->file);

      btfw_set_storage_error_from_errno (error, errnum, N_("write"), path);
      return FALSE;
    }
  btfw_descriptor_note_size (descriptor, span->offset + (gint64) span->size);
  return TRUE;
}

typedef gboolean (*SpanFunc) (BtfwPlaces *places, const Span *span, BtfwFileCursor *cursor, GError **error);

static gboolean
for_each_span (BtfwPlaces *places, guint64 offset, gsize size, BtfwFileCursor *cursor, SpanFunc func, GError **error)
{
  GError *local = NULL;

  while (size > 0)
    {
      Span span = find_span (btfw_places_get_layout (places), offset, size);

      if (!func (places, &span, cursor, &local))
        {
          btfw_places_explain (places, &local);
          g_propagate_error (error, local);
          return FALSE;
        }
      offset += span.size;
      size -= span.size;
    }
  return TRUE;
}

static void
set_places (BtfwFileStorage *self, BtfwPlaces *places)
{
  BtfwPlaces *before;

  pthread_mutex_lock (&self->mutex);
  before = self->places;
  self->places = places;
  pthread_mutex_unlock (&self->mutex);

  if (before)
    btfw_places_free (before);
}

static gboolean
btfw_file_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  BtfwFileStorage *self = BTFW_FILE_STORAGE (storage);
  BtfwPlaces      *places;

  btfw_relocate_recover (context);
  places = btfw_places_new (context, self->allocate, self->max_open, error);
  if (!places)
    return FALSE;

  set_places (self, places);
  return TRUE;
}

static gboolean
btfw_file_storage_readv (BtfwStorage        *storage,
                         guint64             offset,
                         const GInputVector *vectors,
                         guint               n_vectors,
                         GError            **error)
{
  BtfwPlaces          *places = BTFW_FILE_STORAGE (storage)->places;
  const GOutputVector *same = (const GOutputVector *) vectors;
  BtfwFileCursor       cursor = { .vectors = same, .n_vectors = n_vectors };
  gsize                size = count_bytes (same, n_vectors);

  return check_range (places, offset, size, error) && for_each_span (places, offset, size, &cursor, read_span, error);
}

static gboolean
btfw_file_storage_writev (BtfwStorage         *storage,
                          guint64              offset,
                          const GOutputVector *vectors,
                          guint                n_vectors,
                          GError             **error)
{
  BtfwPlaces    *places = BTFW_FILE_STORAGE (storage)->places;
  BtfwFileCursor cursor = { .vectors = vectors, .n_vectors = n_vectors };
  gsize          size = count_bytes (vectors, n_vectors);

  return check_range (places, offset, size, error) && btfw_places_begin (places, error) &&
         for_each_span (places, offset, size, &cursor, write_span, error);
}

static gboolean
btfw_file_storage_flush (BtfwStorage *storage, GError **error)
{
  BtfwPlaces *places = BTFW_FILE_STORAGE (storage)->places;
  GError     *local = NULL;

  if (!check_range (places, 0, 0, error))
    return FALSE;
  if (btfw_places_flush (places, &local))
    return TRUE;

  btfw_places_explain (places, &local);
  g_propagate_error (error, local);
  return FALSE;
}

static void
btfw_file_storage_close (BtfwStorage *storage)
{
  set_places (BTFW_FILE_STORAGE (storage), NULL);
}

static gboolean
btfw_file_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  BtfwPlaces *places = BTFW_FILE_STORAGE (storage)->places;

  return check_range (places, 0, 0, error) && btfw_places_stat (places, file, stat, error);
}

static gboolean
btfw_file_storage_move (BtfwStorage        *storage,
                        BtfwStorageContext *context,
                        BtfwStorageProgress progress,
                        gpointer            user_data,
                        GCancellable       *cancellable,
                        GError            **error)
{
  BtfwFileStorage *self = BTFW_FILE_STORAGE (storage);

  if (!check_range (self->places, 0, 0, error) || !btfw_places_flush (self->places, error) ||
      !btfw_relocate (self->places, context, progress, user_data, cancellable, error))
    return FALSE;

  return btfw_file_storage_open (storage, context, error);
}

static gboolean
btfw_file_storage_remove (BtfwStorage *storage, GError **error)
{
  BtfwPlaces *places = BTFW_FILE_STORAGE (storage)->places;

  return check_range (places, 0, 0, error) && btfw_places_remove (places, error);
}

static gboolean
btfw_file_storage_wanted_changed (BtfwStorage *storage, GError **error)
{
  BtfwPlaces *places = BTFW_FILE_STORAGE (storage)->places;

  return check_range (places, 0, 0, error) && btfw_places_update_wanted (places, error);
}

static void
release_descriptor (gpointer data)
{
  btfw_descriptor_unref (data);
}

static BtfwLease *
make_lease (BtfwPlaces *places, guint64 offset, gsize length)
{
  Span            span = find_span (btfw_places_get_layout (places), offset, length);
  BtfwDescriptor *descriptor = span.is_pad ? NULL : btfw_places_lookup (places, span.file);
  gint64          size;

  if (!descriptor)
    return NULL;

  size = __atomic_load_n (&descriptor->size, __ATOMIC_RELAXED);
  if (span.offset + (gint64) span.size > size)
    {
      btfw_descriptor_unref (descriptor);
      return NULL;
    }
  return btfw_lease_new (descriptor->fd, span.offset, span.size, descriptor->is_hot, release_descriptor, descriptor);
}

static BtfwLease *
btfw_file_storage_lease (BtfwStorage *storage, guint64 offset, gsize length)
{
  BtfwFileStorage *self = BTFW_FILE_STORAGE (storage);
  BtfwLease       *lease = NULL;

  pthread_mutex_lock (&self->mutex);
  if (check_range (self->places, offset, length, NULL) && length > 0)
    lease = make_lease (self->places, offset, length);
  pthread_mutex_unlock (&self->mutex);

  return lease;
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
      g_value_set_enum (value, (gint) self->allocate);
      break;
    case PROP_MAX_OPEN:
      g_value_set_uint (value, self->max_open);
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
      self->allocate = (BtfwAllocate) g_value_get_enum (value);
      break;
    case PROP_MAX_OPEN:
      self->max_open = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_file_storage_finalize (GObject *object)
{
  BtfwFileStorage *self = BTFW_FILE_STORAGE (object);

  g_clear_pointer (&self->places, btfw_places_free);
  pthread_mutex_destroy (&self->mutex);
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
                       btfw_file_storage_allocate_get_type (), BTFW_ALLOCATE_SPARSE,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  props[PROP_MAX_OPEN] =
    g_param_spec_uint ("max-open", NULL, "how many files are kept open for each torrent", 1, 65536, 256,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
btfw_file_storage_init (BtfwFileStorage *self)
{
  pthread_mutex_init (&self->mutex, NULL);
}

BTFW_PLUGIN_DEFINE (storage, file, btfw_file_storage_get_type,
                    .version = BTFW_VERSION,
                    .description = "ordinary files in a folder",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
