/* ordinary.c: cuts ranges of a torrent at the ends of its files, and does for each
 * storage of ordinary files what does not depend on how it moves bytes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "ordinary.h"

#include "relocate.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

/* Some bytes of one file. */
typedef struct
{
  guint32  file;
  gint64   offset; /* in the file */
  gsize    size;
  gboolean is_pad;
} Span;

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
read_span (BtfwOrdinary *self, const Span *span, BtfwFileCursor *cursor, GError **error)
{
  g_autoptr (BtfwDescriptor) descriptor = NULL;
  int errnum;

  if (span->is_pad)
    {
      btfw_file_cursor_fill_zeros (cursor, span->size);
      return TRUE;
    }

  descriptor = btfw_places_open (self->places, span->file, FALSE, error);
  if (!descriptor)
    return FALSE;

  if (descriptor->is_part && has_hole (descriptor->fd, span))
    errnum = ENODATA;
  else
    errnum = self->carrier->read (self->carrier_data, descriptor, span->offset, span->size, cursor);
  if (errnum != 0)
    set_read_error (self->places, span, errnum, error);
  else if (!descriptor->is_part)
    btfw_places_note_read (self->places, span->file);

  return errnum == 0;
}

static gboolean
write_span (BtfwOrdinary *self, const Span *span, BtfwFileCursor *cursor, GError **error)
{
  g_autoptr (BtfwDescriptor) descriptor = NULL;
  int errnum;

  if (span->is_pad)
    {
      btfw_file_cursor_skip (cursor, span->size);
      return TRUE;
    }

  descriptor = btfw_places_open (self->places, span->file, TRUE, error);
  if (!descriptor)
    return FALSE;

  errnum = self->carrier->write (self->carrier_data, descriptor, span->offset, span->size, cursor);
  btfw_places_note_written (self->places, span->file);
  if (errnum != 0)
    {
      g_autofree char *path = btfw_places_make_whole_path (self->places, span->file);

      btfw_set_storage_error_from_errno (error, errnum, N_("write"), path);
      return FALSE;
    }
  btfw_descriptor_note_size (descriptor, span->offset + (gint64) span->size);
  return TRUE;
}

typedef gboolean (*SpanFunc) (BtfwOrdinary *self, const Span *span, BtfwFileCursor *cursor, GError **error);

static gboolean
for_each_span (BtfwOrdinary *self, guint64 offset, gsize size, BtfwFileCursor *cursor, SpanFunc func, GError **error)
{
  GError *local = NULL;

  while (size > 0)
    {
      Span span = find_span (btfw_places_get_layout (self->places), offset, size);

      if (!func (self, &span, cursor, &local))
        {
          btfw_places_explain (self->places, &local);
          g_propagate_error (error, local);
          return FALSE;
        }
      offset += span.size;
      size -= span.size;
    }
  return TRUE;
}

static void
set_places (BtfwOrdinary *self, BtfwPlaces *places)
{
  BtfwPlaces *before;

  pthread_mutex_lock (&self->mutex);
  before = self->places;
  self->places = places;
  pthread_mutex_unlock (&self->mutex);

  if (before)
    btfw_places_free (before);
}

gboolean
btfw_ordinary_open (BtfwOrdinary *self, BtfwStorageContext *context, GError **error)
{
  BtfwPlaces *places;

  btfw_relocate_recover (context);
  places = btfw_places_new (context, self->allocate, self->max_open, error);
  if (!places)
    return FALSE;

  set_places (self, places);
  return TRUE;
}

gboolean
btfw_ordinary_readv (BtfwOrdinary       *self,
                     guint64             offset,
                     const GInputVector *vectors,
                     guint               n_vectors,
                     GError            **error)
{
  const GOutputVector *same = (const GOutputVector *) vectors;
  BtfwFileCursor       cursor = { .vectors = same, .n_vectors = n_vectors };
  gsize                size = count_bytes (same, n_vectors);

  return check_range (self->places, offset, size, error) && for_each_span (self, offset, size, &cursor, read_span, error);
}

gboolean
btfw_ordinary_writev (BtfwOrdinary        *self,
                      guint64              offset,
                      const GOutputVector *vectors,
                      guint                n_vectors,
                      GError             **error)
{
  BtfwFileCursor cursor = { .vectors = vectors, .n_vectors = n_vectors };
  gsize          size = count_bytes (vectors, n_vectors);

  return check_range (self->places, offset, size, error) && btfw_places_begin (self->places, error) &&
         for_each_span (self, offset, size, &cursor, write_span, error);
}

gboolean
btfw_ordinary_flush (BtfwOrdinary *self, GError **error)
{
  GError *local = NULL;

  if (!check_range (self->places, 0, 0, error))
    return FALSE;
  if (btfw_places_flush (self->places, &local))
    return TRUE;

  btfw_places_explain (self->places, &local);
  g_propagate_error (error, local);
  return FALSE;
}

void
btfw_ordinary_close (BtfwOrdinary *self)
{
  set_places (self, NULL);
}

gboolean
btfw_ordinary_stat (BtfwOrdinary *self, guint32 file, BtfwFileStat *stat, GError **error)
{
  return check_range (self->places, 0, 0, error) && btfw_places_stat (self->places, file, stat, error);
}

gboolean
btfw_ordinary_move (BtfwOrdinary       *self,
                    BtfwStorageContext *context,
                    BtfwStorageProgress progress,
                    gpointer            user_data,
                    GCancellable       *cancellable,
                    GError            **error)
{
  if (!check_range (self->places, 0, 0, error) || !btfw_places_flush (self->places, error) ||
      !btfw_relocate (self->places, context, progress, user_data, cancellable, error))
    return FALSE;

  return btfw_ordinary_open (self, context, error);
}

gboolean
btfw_ordinary_remove (BtfwOrdinary *self, GError **error)
{
  return check_range (self->places, 0, 0, error) && btfw_places_remove (self->places, error);
}

gboolean
btfw_ordinary_wanted_changed (BtfwOrdinary *self, GError **error)
{
  return check_range (self->places, 0, 0, error) && btfw_places_update_wanted (self->places, error);
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

BtfwLease *
btfw_ordinary_lease (BtfwOrdinary *self, guint64 offset, gsize length)
{
  BtfwLease *lease = NULL;

  pthread_mutex_lock (&self->mutex);
  if (check_range (self->places, offset, length, NULL) && length > 0)
    lease = make_lease (self->places, offset, length);
  pthread_mutex_unlock (&self->mutex);

  return lease;
}

static int
read_with_calls (gpointer data, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor)
{
  return btfw_file_read (descriptor->fd, offset, size, cursor);
}

static int
write_with_calls (gpointer data, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor)
{
  return btfw_file_write (descriptor->fd, offset, size, cursor);
}

const BtfwCarrier btfw_carrier_of_calls = { read_with_calls, write_with_calls };

void
btfw_ordinary_init (BtfwOrdinary *self, const BtfwCarrier *carrier, gpointer carrier_data)
{
  pthread_mutex_init (&self->mutex, NULL);
  self->carrier = carrier;
  self->carrier_data = carrier_data;
}

void
btfw_ordinary_clear (BtfwOrdinary *self)
{
  g_clear_pointer (&self->places, btfw_places_free);
  pthread_mutex_destroy (&self->mutex);
}

GType
btfw_allocate_get_type (const char *name)
{
  static const GEnumValue values[] = {
    { BTFW_ALLOCATE_SPARSE, "BTFW_ALLOCATE_SPARSE", "sparse" },
    { BTFW_ALLOCATE_FULL, "BTFW_ALLOCATE_FULL", "full" },
    { 0, NULL, NULL },
  };

  return g_enum_register_static (name, values);
}
