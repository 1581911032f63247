/* layout.h: puts the files of a torrent side by side. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-layout.h>

#define BTFW_PIECE_SIZE_MAX (1u << 29)
#define BTFW_PIECES_MAX 2097152u
#define BTFW_FILES_MAX 1000000u
/* What that many of the largest pieces hold: 1 PiB. Sums are compared with it
 * before they are made, so they never wrap. */
#define BTFW_TORRENT_SIZE_MAX ((guint64) BTFW_PIECES_MAX * BTFW_PIECE_SIZE_MAX)

/* How many pieces that many bytes are; the last one may be short. */
static inline guint64
btfw_count_pieces (guint64 size, guint32 piece_size)
{
  return size / piece_size + (size % piece_size > 0);
}

/* What all pad files are called: they take up space in the torrent and are
 * never on a disk. */
#define BTFW_PAD_PATH ".pad"

/* How files come to lie in the torrent's space. */
typedef enum
{
  BTFW_LAYOUT_PACKED,  /* one right behind the other (v1) */
  BTFW_LAYOUT_ALIGNED, /* each begins a piece, and its last piece is short (v2) */
} BtfwLayoutKind;

typedef struct _BtfwLayoutBuilder BtfwLayoutBuilder;

BtfwLayoutBuilder *btfw_layout_builder_new (BtfwLayoutKind kind, guint32 piece_size);
void               btfw_layout_builder_free (BtfwLayoutBuilder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwLayoutBuilder, btfw_layout_builder_free)

/* Bytes so far. */
guint64 btfw_layout_builder_get_size (const BtfwLayoutBuilder *self);
/* Adds a file of up to BTFW_TORRENT_SIZE_MAX bytes behind the others; the path
 * of a pad file is not kept. An aligned layout gets the pad files by itself that
 * fill the gaps. */
gboolean btfw_layout_builder_add (BtfwLayoutBuilder *self,
                                  const char        *path,
                                  guint64            length,
                                  BtfwFileFlags      flags,
                                  GError           **error);
/* Makes the layout and frees the builder. */
BtfwLayout *btfw_layout_builder_finish (BtfwLayoutBuilder *self);
