/* btfw-layout.h: which files a torrent is made of, and where each lies. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>

G_BEGIN_DECLS

/**
 * BtfwLayout:
 *
 * The files of a torrent side by side in one space of bytes that pieces are
 * cut from. Pad files take part in that space but never on disk. Immutable,
 * ref-counted, may be used on every thread.
 */
#define BTFW_TYPE_LAYOUT (btfw_layout_get_type ())
BTFW_API GType btfw_layout_get_type (void) G_GNUC_CONST;

/**
 * BtfwFileFlags:
 * @BTFW_FILE_PAD: only fills the space up to the next piece; reads as zeros, never written (BEP 47)
 * @BTFW_FILE_EXECUTABLE: its author had it executable
 * @BTFW_FILE_HIDDEN: its author had it hidden
 * @BTFW_FILE_SYMLINK: a symbolic link; btfw never makes these
 */
typedef enum
{
  BTFW_FILE_PAD = 1 << 0,
  BTFW_FILE_EXECUTABLE = 1 << 1,
  BTFW_FILE_HIDDEN = 1 << 2,
  BTFW_FILE_SYMLINK = 1 << 3,
} BtfwFileFlags;

BTFW_API BtfwLayout *btfw_layout_ref (BtfwLayout *self);
BTFW_API void        btfw_layout_unref (BtfwLayout *self);

/**
 * btfw_layout_get_size:
 *
 * Returns: bytes of all files, pads included: the space of torrent offsets
 */
BTFW_API guint64 btfw_layout_get_size (const BtfwLayout *self);
/**
 * btfw_layout_get_n_pieces:
 *
 * Returns: how many pieces there are
 */
BTFW_API guint32 btfw_layout_get_n_pieces (const BtfwLayout *self);
/**
 * btfw_layout_get_piece_size:
 *
 * The nominal length of a piece; btfw_layout_get_piece_length() has the
 * length of one, which is shorter for the last piece (and in v2 torrents for
 * the last piece of every file).
 */
BTFW_API guint32 btfw_layout_get_piece_size (const BtfwLayout *self);
/**
 * btfw_layout_get_piece_length:
 *
 * Returns: its length in bytes; the last one may be shorter, and in v2 the last one of each
 *   file
 */
BTFW_API guint32 btfw_layout_get_piece_length (const BtfwLayout *self, guint32 piece);
/**
 * btfw_layout_get_piece_offset:
 *
 * Returns: the torrent offset at which it begins
 */
BTFW_API guint64 btfw_layout_get_piece_offset (const BtfwLayout *self, guint32 piece);

/**
 * btfw_layout_get_n_files:
 *
 * Returns: how many files there are, pads included
 */
BTFW_API guint32       btfw_layout_get_n_files (const BtfwLayout *self);
/**
 * btfw_layout_get_file_path:
 *
 * The path on disk below the save folder: relative, with '/' between its
 * elements, no "." or "..", valid UTF-8, each element at most 255 bytes. Names
 * that their author chose otherwise were made safe by a fixed rule. No two files
 * have the same path, nor differ in upper and lower case alone; only pad files,
 * which are never on disk, share one.
 */
BTFW_API const char   *btfw_layout_get_file_path (const BtfwLayout *self, guint32 file);
/**
 * btfw_layout_get_file_offset:
 *
 * Returns: the torrent offset at which it begins
 */
BTFW_API guint64       btfw_layout_get_file_offset (const BtfwLayout *self, guint32 file);
/**
 * btfw_layout_get_file_length:
 *
 * Returns: its length in bytes
 */
BTFW_API guint64       btfw_layout_get_file_length (const BtfwLayout *self, guint32 file);
/**
 * btfw_layout_get_file_flags:
 *
 * Returns: what is special about it
 */
BTFW_API BtfwFileFlags btfw_layout_get_file_flags (const BtfwLayout *self, guint32 file);
/**
 * btfw_layout_find_file:
 * @offset: a torrent offset below the size
 *
 * Finds the file that holds the byte at @offset, in O(log files). Files of
 * length 0 hold none.
 */
BTFW_API guint32 btfw_layout_find_file (const BtfwLayout *self, guint64 offset);
/**
 * btfw_layout_get_file_pieces:
 * @first: (out): the first piece that has a byte of the file
 * @last: (out): the last one
 *
 * Returns: %FALSE for an empty file, which has none
 */
BTFW_API gboolean btfw_layout_get_file_pieces (const BtfwLayout *self,
                                               guint32           file,
                                               guint32          *first,
                                               guint32          *last);

/**
 * btfw_layout_new_single:
 * @path: the file's path below the save folder
 * @length: its length in bytes
 * @piece_size: nominal piece size
 *
 * A layout of one file: for storage layers that keep what they need in a
 * space of their own, and for tests.
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwLayout *btfw_layout_new_single (const char *path, guint64 length, guint32 piece_size);

/**
 * btfw_layout_get_file_done:
 * @pieces: (nullable): a bit a piece, as btfw_torrent_status_get_pieces() has them
 *
 * Returns: how many bytes of @file lie in pieces that are here; what only pads is in none
 */
BTFW_API guint64       btfw_layout_get_file_done (const BtfwLayout *self, guint32 file, GBytes *pieces);
/**
 * btfw_layout_new_derived:
 * @lengths: (array length=n_lengths): a length for each file of @self
 * @piece_size: nominal piece size of the new layout
 *
 * The same files with other lengths: for a storage layer that keeps more for
 * each file than the torrent has (a tag for each sector, say).
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwLayout *btfw_layout_new_derived (const BtfwLayout *self,
                                              const guint64    *lengths,
                                              guint32           n_lengths,
                                              guint32           piece_size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwLayout, btfw_layout_unref)

G_END_DECLS
