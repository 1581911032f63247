/* resume.c: what is remembered of a torrent between two runs, as a bencoded record. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/resume.h"

#include "base/bencode.h"
#include "base/hash.h"
#include "base/reader.h"

#include <btfw/btfw-view.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/statvfs.h>

/* Raised when an older btfw could not make sense of a record any more. Keys that
 * a reader does not know are skipped. */
#define RESUME_VERSION 1

#define RESUME_TOKENS_MAX 1000

/* A file in the record: whether it exists, its size, its time; in network order. */
#define FILE_SIZE (1 + 8 + 8)

static gboolean
fail (GError **error, BtfwError code, const char *message)
{
  g_set_error_literal (error, BTFW_ERROR, (gint) code, message);
  return FALSE;
}

static void
put_bitfield (GByteArray *out, const char *key, const BtfwBitfield *bits)
{
  gsize   size = BTFW_BITFIELD_WIRE_SIZE (bits->n_bits);
  guint8 *bytes = g_malloc (MAX (size, 1));

  btfw_bitfield_to_wire (bits, bytes);
  btfw_bencode_put_string (out, key, -1);
  btfw_bencode_put_string (out, (const char *) bytes, (gssize) size);
  g_free (bytes);
}

static void
put_integer (GByteArray *out, const char *key, gint64 value)
{
  btfw_bencode_put_string (out, key, -1);
  btfw_bencode_put_integer (out, value);
}

static void
put_text (GByteArray *out, const char *key, const char *text)
{
  btfw_bencode_put_string (out, key, -1);
  btfw_bencode_put_string (out, text, -1);
}

static void
put_files (GByteArray *out, const BtfwFileStat *stats, guint32 n_files)
{
  g_autoptr (GByteArray) files = g_byte_array_sized_new (n_files * FILE_SIZE);

  for (guint32 i = 0; i < n_files; i++)
    {
      guint8  exists = stats[i].exists != FALSE;
      guint64 size = GUINT64_TO_BE (stats[i].size);
      guint64 mtime = GUINT64_TO_BE ((guint64) stats[i].mtime);

      g_byte_array_append (files, &exists, 1);
      g_byte_array_append (files, (const guint8 *) &size, sizeof size);
      g_byte_array_append (files, (const guint8 *) &mtime, sizeof mtime);
    }

  btfw_bencode_put_string (out, "files", -1);
  btfw_bencode_put_string (out, (const char *) files->data, (gssize) files->len);
}

static gboolean
load_counter (const BtfwBencode *record, const char *key, gint64 *value, GError **error)
{
  if (btfw_bencode_lookup_integer (record, 0, key, value) && *value >= 0)
    return TRUE;

  return fail (error, BTFW_ERROR_INVALID, _("the saved state lacks a number, or has a wrong one"));
}

static gboolean
load_bitfield (const BtfwBencode *record, const char *key, BtfwBitfield *bits, GError **error)
{
  const char *bytes;
  gsize       size;

  if (btfw_bencode_lookup_string (record, 0, key, &bytes, &size) &&
      btfw_bitfield_from_wire (bits, (const guint8 *) bytes, size))
    return TRUE;

  return fail (error, BTFW_ERROR_INVALID, _("the saved state has another number of pieces"));
}

static gboolean
load_files (const BtfwBencode *record, BtfwResume *self, GError **error)
{
  const char *bytes;
  gsize       size;
  BtfwReader  reader;

  if (!btfw_bencode_lookup_string (record, 0, "files", &bytes, &size) || size != (gsize) self->n_files * FILE_SIZE)
    return fail (error, BTFW_ERROR_INVALID, _("the saved state has another number of files"));

  reader = BTFW_READER (bytes, size);
  for (guint32 i = 0; i < self->n_files; i++)
    {
      guint8  exists = 0;
      guint64 mtime = 0;

      btfw_reader_get_u8 (&reader, &exists);
      btfw_reader_get_u64 (&reader, &self->stats[i].size);
      btfw_reader_get_u64 (&reader, &mtime);
      self->stats[i].exists = exists != 0;
      self->stats[i].mtime = (gint64) mtime;
    }
  return TRUE;
}

static gboolean
load_priorities (const BtfwBencode *record, BtfwResume *self, GError **error)
{
  const char *bytes;
  gsize       size;

  if (btfw_bencode_lookup (record, 0, "priorities") == BTFW_BENCODE_NONE)
    return TRUE;
  if (!btfw_bencode_lookup_string (record, 0, "priorities", &bytes, &size) || size != self->n_files)
    return fail (error, BTFW_ERROR_INVALID, _("the saved state has another number of files"));

  for (gsize i = 0; i < size; i++)
    if ((guint8) bytes[i] > BTFW_PRIORITY_HIGH)
      return fail (error, BTFW_ERROR_INVALID, _("the saved state has a priority that does not exist"));

  self->priorities = g_memdup2 (bytes, size);
  return TRUE;
}

static gboolean
is_text (const BtfwBencode *record, const char *key, const char *expected)
{
  const char *bytes;
  gsize       size;

  return btfw_bencode_lookup_string (record, 0, key, &bytes, &size) && size == strlen (expected) &&
         memcmp (bytes, expected, size) == 0;
}

/* Whether the record is one that this version reads, and of this torrent. */
static gboolean
check_record (const BtfwBencode *record, BtfwMetainfo *metainfo, const char *dir, GError **error)
{
  g_autofree char *info_hash = btfw_info_hash_to_string (btfw_metainfo_get_info_hash (metainfo));
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);
  gint64           version;

  if (!btfw_bencode_lookup_integer (record, 0, "version", &version) || version < 1)
    return fail (error, BTFW_ERROR_INVALID, _("the saved state is not one of btfw’s"));
  if (version > RESUME_VERSION)
    return fail (error, BTFW_ERROR_UNSUPPORTED, _("the saved state was written by a newer version of btfw"));
  if (!is_text (record, "info-hash", info_hash))
    return fail (error, BTFW_ERROR_INVALID, _("the saved state is of another torrent"));
  if (!is_text (record, "dir", absolute))
    return fail (error, BTFW_ERROR_INVALID, _("the saved state is of another folder"));

  return TRUE;
}

static gboolean
load_record (const BtfwBencode *record, BtfwResume *self, GError **error)
{
  gint64 uploaded;
  gint64 downloaded;
  gint64 stopped;
  gint64 dir_id;

  if (!load_bitfield (record, "have", &self->have, error) ||
      !load_bitfield (record, "unproven", &self->unproven, error) || !load_files (record, self, error) ||
      !load_priorities (record, self, error) || !load_counter (record, "uploaded", &uploaded, error) ||
      !load_counter (record, "downloaded", &downloaded, error) ||
      !load_counter (record, "added", &self->added, error) ||
      !load_counter (record, "completed", &self->completed, error) ||
      !load_counter (record, "stopped", &stopped, error))
    return FALSE;

  self->uploaded = (guint64) uploaded;
  self->downloaded = (guint64) downloaded;
  self->stopped = stopped != 0;
  if (btfw_bencode_lookup_integer (record, 0, "dir-id", &dir_id))
    self->dir_id = (guint64) dir_id;
  return TRUE;
}

static gboolean
is_as_it_was (const BtfwFileStat *before, const BtfwFileStat *now)
{
  if (!before->exists || !now->exists)
    return !before->exists && !now->exists;

  return before->size == now->size && before->mtime == now->mtime;
}

gboolean
btfw_resume_init (BtfwResume *self, BtfwMetainfo *metainfo)
{
  BtfwLayout *layout = btfw_metainfo_get_layout (metainfo);
  guint32     n_pieces = btfw_layout_get_n_pieces (layout);

  *self = (BtfwResume){ .n_files = btfw_layout_get_n_files (layout) };
  self->stats = g_try_new0 (BtfwFileStat, self->n_files);

  if ((self->stats || self->n_files == 0) && btfw_bitfield_init (&self->have, n_pieces) &&
      btfw_bitfield_init (&self->unproven, n_pieces))
    return TRUE;

  btfw_resume_clear (self);
  return FALSE;
}

void
btfw_resume_clear (BtfwResume *self)
{
  btfw_bitfield_clear (&self->have);
  btfw_bitfield_clear (&self->unproven);
  g_free (self->stats);
  g_free (self->priorities);
  *self = (BtfwResume){ 0 };
}

GBytes *
btfw_resume_save (const BtfwResume *self, BtfwMetainfo *metainfo, const char *dir)
{
  g_autofree char *info_hash = btfw_info_hash_to_string (btfw_metainfo_get_info_hash (metainfo));
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);
  GByteArray      *out = g_byte_array_new ();

  btfw_bencode_begin_dict (out);
  put_integer (out, "added", self->added);
  put_integer (out, "completed", self->completed);
  put_text (out, "dir", absolute);
  put_integer (out, "dir-id", (gint64) (self->dir_id & G_MAXINT64));
  put_integer (out, "downloaded", (gint64) MIN (self->downloaded, G_MAXINT64));
  put_files (out, self->stats, self->n_files);
  put_bitfield (out, "have", &self->have);
  put_text (out, "info-hash", info_hash);
  if (self->priorities)
    {
      btfw_bencode_put_string (out, "priorities", -1);
      btfw_bencode_put_string (out, (const char *) self->priorities, (gssize) self->n_files);
    }
  put_integer (out, "stopped", self->stopped != FALSE);
  put_bitfield (out, "unproven", &self->unproven);
  put_integer (out, "uploaded", (gint64) MIN (self->uploaded, G_MAXINT64));
  put_integer (out, "version", RESUME_VERSION);
  btfw_bencode_end (out);

  return g_byte_array_free_to_bytes (out);
}

gboolean
btfw_resume_load (BtfwResume *self, BtfwMetainfo *metainfo, const char *dir, GBytes *data, GError **error)
{
  g_autoptr (BtfwBencode) record = NULL;
  const guint8           *bytes;
  gsize                   size;

  *self = (BtfwResume){ 0 };
  bytes = g_bytes_get_data (data, &size);
  record = btfw_bencode_parse (bytes, size, RESUME_TOKENS_MAX, NULL, error);
  if (!record || !check_record (record, metainfo, dir, error))
    return FALSE;

  if (!btfw_resume_init (self, metainfo))
    return fail (error, BTFW_ERROR_LIMIT, _("not enough memory for the saved state"));
  if (load_record (record, self, error))
    return TRUE;

  btfw_resume_clear (self);
  return FALSE;
}

gboolean
btfw_resume_compare (BtfwResume *self, BtfwMetainfo *metainfo, const BtfwFileStat *now, BtfwBitfield *doubtful)
{
  BtfwLayout *layout = btfw_metainfo_get_layout (metainfo);
  guint32     first;
  guint32     last;

  if (!btfw_bitfield_init (doubtful, btfw_layout_get_n_pieces (layout)))
    return FALSE;

  for (guint32 file = 0; file < self->n_files; file++)
    {
      if (is_as_it_was (&self->stats[file], &now[file]) ||
          (btfw_layout_get_file_flags (layout, file) & BTFW_FILE_PAD) ||
          !btfw_layout_get_file_pieces (layout, file, &first, &last))
        continue;

      for (guint32 piece = first; piece <= last; piece++)
        {
          btfw_bitfield_unset (&self->have, piece);
          btfw_bitfield_unset (&self->unproven, piece);
          btfw_bitfield_set (doubtful, piece);
        }
    }
  return TRUE;
}

/* Whether the bytes from @begin to @end, that are not there, are some that the piece
 * needs. Only edges of a file that is not wanted may be here without it: the
 * storage keeps them somewhere else. */
static gboolean
is_missed (BtfwLayout *layout, guint32 piece, guint64 begin, guint64 end, gboolean is_wanted)
{
  guint64 offset = btfw_layout_get_piece_offset (layout, piece);
  guint64 piece_end = offset + btfw_layout_get_piece_length (layout, piece);

  return is_wanted ? offset < end && piece_end > begin : offset >= begin && piece_end <= end;
}

static guint64
drop_range (BtfwResume *self, BtfwLayout *layout, guint32 file, guint64 size)
{
  guint64  begin = btfw_layout_get_file_offset (layout, file) + size;
  guint64  end = btfw_layout_get_file_offset (layout, file) + btfw_layout_get_file_length (layout, file);
  gboolean is_wanted = self->priorities == NULL || self->priorities[file] != BTFW_PRIORITY_SKIP;
  guint64  dropped = 0;
  guint32  first;
  guint32  last;

  if (!btfw_layout_get_file_pieces (layout, file, &first, &last))
    return 0;

  for (guint32 piece = first; piece <= last; piece++)
    if (btfw_bitfield_get (&self->have, piece) && is_missed (layout, piece, begin, end, is_wanted))
      {
        btfw_bitfield_unset (&self->have, piece);
        btfw_bitfield_unset (&self->unproven, piece);
        dropped += btfw_layout_get_piece_length (layout, piece);
      }
  return dropped;
}

guint64
btfw_resume_drop_missing (BtfwResume *self, BtfwMetainfo *metainfo)
{
  BtfwLayout *layout = btfw_metainfo_get_layout (metainfo);
  guint64     dropped = 0;

  for (guint32 file = 0; file < self->n_files; file++)
    {
      guint64 size = self->stats[file].exists ? self->stats[file].size : 0;

      if (size < btfw_layout_get_file_length (layout, file) &&
          !(btfw_layout_get_file_flags (layout, file) & (BTFW_FILE_PAD | BTFW_FILE_SYMLINK)))
        dropped += drop_range (self, layout, file, size);
    }
  return dropped;
}

/* Of the file system, not of the folder: a folder that somebody removed was on
 * the drive that is still there; below an empty mount point is another drive. */
guint64
btfw_resume_get_dir_id (const char *dir)
{
  g_autofree char *path = g_canonicalize_filename (dir, NULL);
  struct statvfs   fs;

  while (statvfs (path, &fs) != 0)
    {
      char *parent = g_path_get_dirname (path);

      if (strcmp (parent, path) == 0)
        {
          g_free (parent);
          return 0;
        }
      g_free (path);
      path = parent;
    }
  return ((guint64) fs.f_fsid & G_MAXINT64) | 1;
}

gboolean
btfw_resume_is_absent (const BtfwResume *self, const BtfwFileStat *now, guint64 dir_id)
{
  gboolean had_any = FALSE;

  for (guint32 file = 0; file < self->n_files; file++)
    {
      if (now[file].exists)
        return FALSE;
      had_any |= self->stats[file].exists;
    }
  return had_any && (dir_id == 0 || (self->dir_id != 0 && self->dir_id != dir_id));
}

char *
btfw_resume_make_key (BtfwInfoHash *info_hash, const char *dir)
{
  g_autofree char *name = btfw_info_hash_to_string (info_hash);
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);
  guint8           digest[BTFW_HASH_SIZE_MAX];
  guint64          folder;

  btfw_hash_once (BTFW_HASH_SHA256, (const guint8 *) absolute, strlen (absolute), digest);
  memcpy (&folder, digest, sizeof folder);

  return g_strdup_printf ("%s-%016" G_GINT64_MODIFIER "x", name, GUINT64_FROM_BE (folder));
}
