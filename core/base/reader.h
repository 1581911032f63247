/* reader.h: takes numbers and bytes off the front of a buffer, never past its end. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* What is left to read. Getters move on only when they succeed; numbers are in
 * network order. */
typedef struct
{
  const guint8 *data;
  gsize         left;
} BtfwReader;

#define BTFW_READER(data_, size_) ((BtfwReader){ (const guint8 *) (data_), (size_) })

/* Tells the next byte and stays in front of it. */
gboolean btfw_reader_peek_u8 (const BtfwReader *self, guint8 *value);
gboolean btfw_reader_get_u8 (BtfwReader *self, guint8 *value);
gboolean btfw_reader_get_u16 (BtfwReader *self, guint16 *value);
gboolean btfw_reader_get_u32 (BtfwReader *self, guint32 *value);
gboolean btfw_reader_get_u64 (BtfwReader *self, guint64 *value);
/* Points @bytes into the buffer. */
gboolean btfw_reader_get_bytes (BtfwReader *self, gsize size, const guint8 **bytes);
gboolean btfw_reader_skip (BtfwReader *self, gsize size);
