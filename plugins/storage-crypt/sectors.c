/* sectors.c: the arithmetic of sectors and records. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sectors.h"

#include "record.h"

/* A part of a file, as it is counted over the whole torrent. */
static guint64
count_sectors_before (BtfwLayout *layout, guint64 offset)
{
  guint64 piece_size = btfw_layout_get_piece_size (layout);
  guint64 each = (piece_size + BTFW_SECTOR_SIZE - 1) / BTFW_SECTOR_SIZE;

  return offset / piece_size * each + offset % piece_size / BTFW_SECTOR_SIZE;
}

static guint64
get_begin (BtfwLayout *layout, guint64 number)
{
  guint64 piece_size = btfw_layout_get_piece_size (layout);
  guint64 each = (piece_size + BTFW_SECTOR_SIZE - 1) / BTFW_SECTOR_SIZE;

  return number / each * piece_size + number % each * BTFW_SECTOR_SIZE;
}

static guint64
get_end_of_file (BtfwLayout *layout, guint32 file)
{
  return btfw_layout_get_file_offset (layout, file) + btfw_layout_get_file_length (layout, file);
}

static guint64
count_sectors (BtfwLayout *layout, guint32 file)
{
  return count_sectors_before (layout, get_end_of_file (layout, file) - 1) -
         count_sectors_before (layout, btfw_layout_get_file_offset (layout, file)) + 1;
}

gboolean
btfw_sectors_is_pad (BtfwLayout *layout, guint32 file)
{
  return (btfw_layout_get_file_flags (layout, file) & (BTFW_FILE_PAD | BTFW_FILE_SYMLINK)) != 0;
}

BtfwLayout *
btfw_sectors_derive (BtfwLayout *layout)
{
  guint32             n_files = btfw_layout_get_n_files (layout);
  guint32             piece_size = btfw_layout_get_piece_size (layout);
  g_autofree guint64 *lengths = g_try_new0 (guint64, MAX (n_files, 1));
  guint64             sum = 0;

  if (lengths == NULL)
    return NULL;

  for (guint32 file = 0; file < n_files; file++)
    {
      guint64 length = btfw_layout_get_file_length (layout, file);

      if (length > 0 && !btfw_sectors_is_pad (layout, file))
        lengths[file] = BTFW_CRYPT_HEADER_SIZE + length + count_sectors (layout, file) * BTFW_RECORD_END_SIZE;
      if (lengths[file] > G_MAXINT64 - sum)
        return NULL;
      sum += lengths[file];
    }
  /* Its pieces mean nothing but that there are not too many of them. */
  while (piece_size < (1u << 30) && sum / piece_size >= G_MAXUINT32 / 2)
    piece_size *= 2;
  return btfw_layout_new_derived (layout, lengths, n_files, piece_size);
}

/* The @number-th of the file. */
static BtfwSector
make_sector (BtfwLayout *layout, BtfwLayout *below, guint32 file, guint64 number)
{
  guint64    file_begin = btfw_layout_get_file_offset (layout, file);
  guint64    whole = count_sectors_before (layout, file_begin) + number;
  guint64    begin = MAX (get_begin (layout, whole), file_begin);
  guint64    end = MIN (get_begin (layout, whole + 1), get_end_of_file (layout, file));
  BtfwSector sector = { .file = file, .number = number, .offset = begin, .length = (guint32) (end - begin) };

  sector.place = btfw_layout_get_file_offset (below, file) + BTFW_CRYPT_HEADER_SIZE + (begin - file_begin) +
                 number * BTFW_RECORD_END_SIZE;
  return sector;
}

BtfwSector
btfw_sectors_find (BtfwLayout *layout, BtfwLayout *below, guint64 offset)
{
  guint32 file = btfw_layout_find_file (layout, offset);
  guint64 first = count_sectors_before (layout, btfw_layout_get_file_offset (layout, file));

  return make_sector (layout, below, file, count_sectors_before (layout, offset) - first);
}

/* The length that the file has with the first @n records. */
static guint64
get_length_with (BtfwLayout *layout, BtfwLayout *below, guint32 file, guint64 n)
{
  BtfwSector last = make_sector (layout, below, file, n - 1);

  return last.offset + last.length - btfw_layout_get_file_offset (layout, file);
}

guint64
btfw_sectors_get_plain_size (BtfwLayout *layout, BtfwLayout *below, guint32 file, guint64 size)
{
  guint64 length = btfw_layout_get_file_length (layout, file);
  guint64 whole = btfw_layout_get_file_length (below, file);
  guint64 low = 0; /* so many records fit … */
  guint64 high;    /* … and so many do not */

  if (length == 0)
    return size;
  if (size >= whole)
    return length + (size - whole);

  high = count_sectors (layout, file);
  while (high - low > 1)
    {
      guint64 middle = low + (high - low) / 2;
      guint64 end = BTFW_CRYPT_HEADER_SIZE + get_length_with (layout, below, file, middle) + middle * BTFW_RECORD_END_SIZE;

      if (end <= size)
        low = middle;
      else
        high = middle;
    }
  return low == 0 ? 0 : get_length_with (layout, below, file, low);
}
