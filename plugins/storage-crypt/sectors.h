/* sectors.h: how a torrent is cut into sectors, and where the record of each lies below. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-layout.h>

/* A sector is a stretch of one piece and of one file: pieces are cut every 16 KiB
 * from their beginning, as blocks are, and where files end. So a block that comes
 * is some whole sectors, and writing a piece never touches a sector of another
 * one: what was verified stays as it is, whatever happens meanwhile. */
#define BTFW_SECTOR_SIZE 16384u

typedef struct
{
  guint32 file;
  guint64 number; /* in the file */
  guint64 offset; /* torrent offset of its first byte */
  guint32 length; /* plain bytes */
  guint64 place;  /* of its record, in the layout below */
} BtfwSector;

/* Whether the file never is on disk, as pads are. */
gboolean btfw_sectors_is_pad (BtfwLayout *layout, guint32 file);

/* What the layer below shall keep: for each file a header, then its records in
 * order, each the sector's bytes and an end.
 * Returns: (transfer full) (nullable): NULL when it would be too large */
BtfwLayout *btfw_sectors_derive (BtfwLayout *layout);

/* The sector that has the byte at @offset, which is of no pad. */
BtfwSector btfw_sectors_find (BtfwLayout *layout, BtfwLayout *below, guint64 offset);

/* How long the file is whose records take @size bytes below. */
guint64 btfw_sectors_get_plain_size (BtfwLayout *layout, BtfwLayout *below, guint32 file, guint64 size);
