/* layout.c: which files a torrent is made of, and where each lies. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/layout.h"

#include "meta/ref-count.h"

#include <btfw/btfw-error.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define FILES_AT_FIRST 16
#define PATHS_SIZE_AT_FIRST 256

/* The path that all pad files share is the first of every arena. */
#define PAD_PATH_PLACE 0

/* 13 bytes a file beside its path: a torrent may have a million of them. */
typedef struct
{
  guint64 *offsets; /* one more than files: the last is the size of the torrent */
  guint32 *paths;   /* where in the arena each path begins */
  guint8  *flags;
  guint32  n_files;
  guint32  room; /* files that fit */
} BtfwFileTable;

struct _BtfwLayout
{
  BtfwRefCount   ref_count;
  BtfwLayoutKind kind;
  guint32        piece_size;
  guint32        n_pieces;
  BtfwFileTable  files;
  char          *arena;  /* all paths, each with its NUL; NULL when origin has them */
  BtfwLayout    *origin; /* owned; what this one was derived from, and shares paths and flags with */
};

struct _BtfwLayoutBuilder
{
  BtfwLayoutKind kind;
  guint32        piece_size;
  BtfwFileTable  files;
  char          *arena;
  gsize          arena_size;
  gsize          arena_room;
};

G_DEFINE_BOXED_TYPE (BtfwLayout, btfw_layout, btfw_layout_ref, btfw_layout_unref)

static gboolean
fail_memory (GError **error)
{
  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_LIMIT,
                       _("there is not enough memory for the list of files"));
  return FALSE;
}

static void
btfw_file_table_clear (BtfwFileTable *self)
{
  g_clear_pointer (&self->offsets, g_free);
  g_clear_pointer (&self->paths, g_free);
  g_clear_pointer (&self->flags, g_free);
  self->n_files = 0;
  self->room = 0;
}

/* Each array is kept as soon as it has grown, so that failing in between leaves
 * them larger than needed and nothing worse. */
static gboolean
btfw_file_table_resize (BtfwFileTable *self, guint32 room)
{
  gpointer grown;

  grown = g_try_realloc_n (self->offsets, (gsize) room + 1, sizeof *self->offsets);
  if (grown == NULL)
    return FALSE;
  self->offsets = grown;

  grown = g_try_realloc_n (self->paths, room, sizeof *self->paths);
  if (grown == NULL)
    return FALSE;
  self->paths = grown;

  grown = g_try_realloc_n (self->flags, room, sizeof *self->flags);
  if (grown == NULL)
    return FALSE;
  self->flags = grown;

  self->room = room;
  return TRUE;
}

static gboolean
btfw_file_table_append (BtfwFileTable *self, guint32 path, guint64 length, BtfwFileFlags flags)
{
  guint32 i = self->n_files;

  if (i == self->room && !btfw_file_table_resize (self, MAX (FILES_AT_FIRST, 2 * self->room)))
    return FALSE;

  if (i == 0)
    self->offsets[0] = 0;
  self->offsets[i + 1] = self->offsets[i] + length;
  self->paths[i] = path;
  self->flags[i] = (guint8) flags;
  self->n_files++;
  return TRUE;
}

static guint64
btfw_file_table_get_size (const BtfwFileTable *self)
{
  return self->n_files > 0 ? self->offsets[self->n_files] : 0;
}

BtfwLayoutBuilder *
btfw_layout_builder_new (BtfwLayoutKind kind, guint32 piece_size)
{
  BtfwLayoutBuilder *self = g_new0 (BtfwLayoutBuilder, 1);

  g_assert (piece_size > 0);

  self->kind = kind;
  self->piece_size = piece_size;
  self->arena = g_malloc (PATHS_SIZE_AT_FIRST);
  self->arena_room = PATHS_SIZE_AT_FIRST;
  self->arena_size = sizeof BTFW_PAD_PATH;
  memcpy (self->arena + PAD_PATH_PLACE, BTFW_PAD_PATH, sizeof BTFW_PAD_PATH);
  return self;
}

void
btfw_layout_builder_free (BtfwLayoutBuilder *self)
{
  btfw_file_table_clear (&self->files);
  g_free (self->arena);
  g_free (self);
}

guint64
btfw_layout_builder_get_size (const BtfwLayoutBuilder *self)
{
  return btfw_file_table_get_size (&self->files);
}

static gboolean
btfw_layout_builder_add_path (BtfwLayoutBuilder *self, const char *path, guint32 *where)
{
  gsize size = strlen (path) + 1;

  /* A million paths of at most 4 KiB fit, as a torrent of 32 MiB has them. */
  if (self->arena_size + size > G_MAXUINT32)
    return FALSE;

  if (self->arena_size + size > self->arena_room)
    {
      gsize room = 2 * self->arena_room + size;
      char *grown = g_try_realloc (self->arena, room);

      if (grown == NULL)
        return FALSE;

      self->arena = grown;
      self->arena_room = room;
    }

  memcpy (self->arena + self->arena_size, path, size);
  *where = (guint32) self->arena_size;
  self->arena_size += size;
  return TRUE;
}

static gboolean
btfw_layout_builder_align (BtfwLayoutBuilder *self)
{
  guint64 beyond = btfw_layout_builder_get_size (self) % self->piece_size;

  return beyond == 0 ||
         btfw_file_table_append (&self->files, PAD_PATH_PLACE, self->piece_size - beyond, BTFW_FILE_PAD);
}

static gboolean
fail_size (guint64 length, guint64 before, GError **error)
{
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT,
               _("%llu bytes after %llu before them are more than the %llu that a torrent may have"),
               (unsigned long long) length, (unsigned long long) before, (unsigned long long) BTFW_TORRENT_SIZE_MAX);
  return FALSE;
}

gboolean
btfw_layout_builder_add (BtfwLayoutBuilder *self,
                         const char        *path,
                         guint64            length,
                         BtfwFileFlags      flags,
                         GError           **error)
{
  guint32 where = PAD_PATH_PLACE;
  guint64 size;

  if (self->kind == BTFW_LAYOUT_ALIGNED && length > 0 && !btfw_layout_builder_align (self))
    return fail_memory (error);

  size = btfw_layout_builder_get_size (self);
  if (size > BTFW_TORRENT_SIZE_MAX || length > BTFW_TORRENT_SIZE_MAX - size)
    return fail_size (length, size, error);

  if (!(flags & BTFW_FILE_PAD) && !btfw_layout_builder_add_path (self, path, &where))
    return fail_memory (error);

  return btfw_file_table_append (&self->files, where, length, flags) || fail_memory (error);
}

static BtfwLayout *
btfw_layout_alloc (BtfwLayoutKind kind, guint32 piece_size, guint64 size)
{
  BtfwLayout *self = g_new0 (BtfwLayout, 1);

  btfw_ref_count_init (&self->ref_count);
  self->kind = kind;
  self->piece_size = piece_size;
  self->n_pieces = (guint32) btfw_count_pieces (size, piece_size);
  return self;
}

BtfwLayout *
btfw_layout_builder_finish (BtfwLayoutBuilder *self)
{
  guint64     size = btfw_layout_builder_get_size (self);
  BtfwLayout *layout = btfw_layout_alloc (self->kind, self->piece_size, size);
  char       *shrunk;

  /* Giving back what is too much may fail: then it just stays too much. */
  if (self->files.n_files > 0)
    btfw_file_table_resize (&self->files, self->files.n_files);
  shrunk = g_try_realloc (self->arena, self->arena_size);
  if (shrunk != NULL)
    self->arena = shrunk;

  layout->files = self->files;
  layout->arena = g_steal_pointer (&self->arena);
  memset (&self->files, 0, sizeof self->files);
  btfw_layout_builder_free (self);
  return layout;
}

BtfwLayout *
btfw_layout_ref (BtfwLayout *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  btfw_ref_count_inc (&self->ref_count);
  return self;
}

void
btfw_layout_unref (BtfwLayout *self)
{
  g_return_if_fail (self != NULL);

  if (!btfw_ref_count_dec (&self->ref_count))
    return;

  if (self->origin != NULL)
    {
      self->files.paths = NULL;
      self->files.flags = NULL;
      btfw_layout_unref (self->origin);
    }
  btfw_file_table_clear (&self->files);
  g_free (self->arena);
  g_free (self);
}

guint64
btfw_layout_get_size (const BtfwLayout *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return btfw_file_table_get_size (&self->files);
}

guint32
btfw_layout_get_n_pieces (const BtfwLayout *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_pieces;
}

guint32
btfw_layout_get_piece_size (const BtfwLayout *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->piece_size;
}

guint64
btfw_layout_get_piece_offset (const BtfwLayout *self, guint32 piece)
{
  g_return_val_if_fail (self != NULL && piece < self->n_pieces, 0);

  return (guint64) piece * self->piece_size;
}

guint32
btfw_layout_get_piece_length (const BtfwLayout *self, guint32 piece)
{
  guint64 offset, end;

  g_return_val_if_fail (self != NULL && piece < self->n_pieces, 0);

  offset = (guint64) piece * self->piece_size;
  end = btfw_layout_get_size (self);
  if (self->kind == BTFW_LAYOUT_ALIGNED)
    end = self->files.offsets[btfw_layout_find_file (self, offset) + 1];

  return (guint32) MIN (self->piece_size, end - offset);
}

guint32
btfw_layout_get_n_files (const BtfwLayout *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->files.n_files;
}

const char *
btfw_layout_get_file_path (const BtfwLayout *self, guint32 file)
{
  g_return_val_if_fail (self != NULL && file < self->files.n_files, NULL);

  return (self->origin != NULL ? self->origin : self)->arena + self->files.paths[file];
}

guint64
btfw_layout_get_file_offset (const BtfwLayout *self, guint32 file)
{
  g_return_val_if_fail (self != NULL && file < self->files.n_files, 0);

  return self->files.offsets[file];
}

guint64
btfw_layout_get_file_length (const BtfwLayout *self, guint32 file)
{
  g_return_val_if_fail (self != NULL && file < self->files.n_files, 0);

  return self->files.offsets[file + 1] - self->files.offsets[file];
}

BtfwFileFlags
btfw_layout_get_file_flags (const BtfwLayout *self, guint32 file)
{
  g_return_val_if_fail (self != NULL && file < self->files.n_files, 0);

  return self->files.flags[file];
}

guint32
btfw_layout_find_file (const BtfwLayout *self, guint64 offset)
{
  guint32 low = 0;
  guint32 high;

  g_return_val_if_fail (self != NULL && offset < btfw_layout_get_size (self), 0);

  /* The last file that begins at @offset or before: of several that begin in
   * one place, all but the last are empty. */
  high = self->files.n_files;
  while (high - low > 1)
    {
      guint32 middle = low + (high - low) / 2;

      if (self->files.offsets[middle] <= offset)
        low = middle;
      else
        high = middle;
    }

  return low;
}

gboolean
btfw_layout_get_file_pieces (const BtfwLayout *self, guint32 file, guint32 *first, guint32 *last)
{
  guint64 offset, end;

  g_return_val_if_fail (self != NULL && file < self->files.n_files, FALSE);

  offset = self->files.offsets[file];
  end = self->files.offsets[file + 1];
  if (offset == end)
    return FALSE;

  *first = (guint32) (offset / self->piece_size);
  *last = (guint32) ((end - 1) / self->piece_size);
  return TRUE;
}

/* Whether the bit of @piece is set; the first piece has the highest bit of the first byte. */
static gboolean
has_bit (const guint8 *bits, gsize size, guint32 piece)
{
  return piece / 8 < size && (bits[piece / 8] & (0x80 >> piece % 8)) != 0;
}

guint64
btfw_layout_get_file_done (const BtfwLayout *self, guint32 file, GBytes *pieces)
{
  guint64       begin, end, done = 0;
  gsize         size = 0;
  const guint8 *bits;
  guint32       first, last;

  g_return_val_if_fail (self != NULL && file < self->files.n_files, 0);

  if (pieces == NULL || !btfw_layout_get_file_pieces (self, file, &first, &last))
    return 0;

  bits = g_bytes_get_data (pieces, &size);
  begin = self->files.offsets[file];
  end = begin + btfw_layout_get_file_length (self, file);
  for (guint32 piece = first; piece <= last; piece++)
    if (has_bit (bits, size, piece))
      {
        guint64 from = MAX (begin, btfw_layout_get_piece_offset (self, piece));
        guint64 to = MIN (end, btfw_layout_get_piece_offset (self, piece) + btfw_layout_get_piece_length (self, piece));

        /* A pad behind an aligned file is in no piece. */
        done += to > from ? to - from : 0;
      }
  return done;
}

BtfwLayout *
btfw_layout_new_single (const char *path, guint64 length, guint32 piece_size)
{
  g_autoptr (BtfwLayoutBuilder) builder = NULL;

  g_return_val_if_fail (path != NULL && piece_size > 0, NULL);
  g_return_val_if_fail (length <= BTFW_TORRENT_SIZE_MAX && length / piece_size < G_MAXUINT32, NULL);

  builder = btfw_layout_builder_new (BTFW_LAYOUT_PACKED, piece_size);
  if (!btfw_layout_builder_add (builder, path, length, 0, NULL))
    g_return_val_if_reached (NULL);

  return btfw_layout_builder_finish (g_steal_pointer (&builder));
}

BtfwLayout *
btfw_layout_new_derived (const BtfwLayout *self, const guint64 *lengths, guint32 n_lengths, guint32 piece_size)
{
  g_autofree guint64 *offsets = NULL;
  BtfwLayout         *origin, *derived;

  g_return_val_if_fail (self != NULL && piece_size > 0, NULL);
  g_return_val_if_fail (n_lengths == self->files.n_files && (lengths != NULL || n_lengths == 0), NULL);

  offsets = g_new0 (guint64, (gsize) n_lengths + 1);
  for (guint32 i = 0; i < n_lengths; i++)
    {
      g_return_val_if_fail (lengths[i] <= G_MAXINT64 - offsets[i], NULL);
      offsets[i + 1] = offsets[i] + lengths[i];
    }
  g_return_val_if_fail (offsets[n_lengths] / piece_size < G_MAXUINT32, NULL);

  origin = (BtfwLayout *) (self->origin != NULL ? self->origin : self);
  derived = btfw_layout_alloc (BTFW_LAYOUT_PACKED, piece_size, offsets[n_lengths]);
  derived->origin = btfw_layout_ref (origin);
  derived->files = origin->files;
  derived->files.offsets = g_steal_pointer (&offsets);
  return derived;
}
