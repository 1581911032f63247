/* reader.c: takes numbers and bytes off the front of a buffer, never past its end. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/reader.h"

gboolean
btfw_reader_get_bytes (BtfwReader *self, gsize size, const guint8 **bytes)
{
  const guint8 *start = self->data;

  if (!btfw_reader_skip (self, size))
    return FALSE;

  *bytes = start;
  return TRUE;
}

gboolean
btfw_reader_skip (BtfwReader *self, gsize size)
{
  if (size > self->left)
    return FALSE;

  /* A reader of nothing may have no buffer, and NULL + 0 is not defined. */
  if (size > 0)
    self->data += size;
  self->left -= size;
  return TRUE;
}

gboolean
btfw_reader_peek_u8 (const BtfwReader *self, guint8 *value)
{
  if (self->left == 0)
    return FALSE;

  *value = self->data[0];
  return TRUE;
}

/* Network order, whatever the machine's order and the alignment are. */
static gboolean
get_number (BtfwReader *self, gsize size, guint64 *value)
{
  const guint8 *bytes;
  guint64       number = 0;

  if (!btfw_reader_get_bytes (self, size, &bytes))
    return FALSE;

  for (gsize i = 0; i < size; i++)
    number = number << 8 | bytes[i];

  *value = number;
  return TRUE;
}

gboolean
btfw_reader_get_u8 (BtfwReader *self, guint8 *value)
{
  guint64 number;

  if (!get_number (self, sizeof *value, &number))
    return FALSE;

  *value = (guint8) number;
  return TRUE;
}

gboolean
btfw_reader_get_u16 (BtfwReader *self, guint16 *value)
{
  guint64 number;

  if (!get_number (self, sizeof *value, &number))
    return FALSE;

  *value = (guint16) number;
  return TRUE;
}

gboolean
btfw_reader_get_u32 (BtfwReader *self, guint32 *value)
{
  guint64 number;

  if (!get_number (self, sizeof *value, &number))
    return FALSE;

  *value = (guint32) number;
  return TRUE;
}

gboolean
btfw_reader_get_u64 (BtfwReader *self, guint64 *value)
{
  return get_number (self, sizeof *value, value);
}
