/* wire.c: the peer protocol's messages, between bytes and structs. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/wire.h"

#include "base/quark.h"

#include <string.h>

BTFW_DEFINE_QUARK (btfw-wire-error-quark, btfw_wire_error)

gboolean
btfw_wire_fail (GError **error, BtfwWireError code, const char *format, ...)
{
  va_list args;

  if (error != NULL)
    {
      va_start (args, format);
      *error = g_error_new_valist (BTFW_WIRE_ERROR, code, format, args);
      va_end (args);
    }
  return FALSE;
}

static void
put_u32 (guint8 *bytes, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (bytes, &value, 4);
}

/* Appends length and id, and answers room for @size more bytes. */
static guint8 *
begin (GByteArray *out, BtfwWireId id, gsize size)
{
  guint start = out->len;

  g_byte_array_set_size (out, start + 5 + (guint) size);
  put_u32 (out->data + start, 1 + (guint32) size);
  out->data[start + 4] = (guint8) id;
  return out->data + start + 5;
}

gboolean
btfw_wire_read_empty (BtfwReader *reader, GError **error)
{
  if (reader->left > 0)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "a message without a body has one of %zu bytes", reader->left);
  return TRUE;
}

gboolean
btfw_wire_read_piece_index (BtfwReader *reader, guint32 *piece, GError **error)
{
  guint32 value;

  if (!btfw_reader_get_u32 (reader, &value) || reader->left > 0)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "a piece index must be 4 bytes long");

  *piece = value;
  return TRUE;
}

gboolean
btfw_wire_read_block (BtfwReader *reader, BtfwBlock *block, GError **error)
{
  BtfwBlock b;

  if (!btfw_reader_get_u32 (reader, &b.piece) ||
      !btfw_reader_get_u32 (reader, &b.offset) ||
      !btfw_reader_get_u32 (reader, &b.length) || reader->left > 0)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "a request must be 12 bytes long");

  if (b.length == 0 || b.length > BTFW_WIRE_BLOCK_MAX)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_RANGE, "a request for %u bytes", b.length);

  *block = b;
  return TRUE;
}

gboolean
btfw_wire_read_port (BtfwReader *reader, guint16 *port, GError **error)
{
  guint16 value;

  if (!btfw_reader_get_u16 (reader, &value) || reader->left > 0)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "a port must be 2 bytes long");

  *port = value;
  return TRUE;
}

void
btfw_wire_put_keep_alive (GByteArray *out)
{
  static const guint8 zeros[4];

  g_byte_array_append (out, zeros, sizeof zeros);
}

void
btfw_wire_put_bare (GByteArray *out, BtfwWireId id)
{
  begin (out, id, 0);
}

void
btfw_wire_put_piece_index (GByteArray *out, BtfwWireId id, guint32 piece)
{
  put_u32 (begin (out, id, 4), piece);
}

void
btfw_wire_put_block (GByteArray *out, BtfwWireId id, const BtfwBlock *block)
{
  guint8 *body = begin (out, id, 12);

  put_u32 (body, block->piece);
  put_u32 (body + 4, block->offset);
  put_u32 (body + 8, block->length);
}

void
btfw_wire_put_port (GByteArray *out, guint16 port)
{
  guint8 *body = begin (out, BTFW_WIRE_PORT, 2);

  body[0] = (guint8) (port >> 8);
  body[1] = (guint8) port;
}

void
btfw_wire_put_extended (GByteArray *out, guint8 extended_id, const guint8 *body, gsize size)
{
  guint8 *room = begin (out, BTFW_WIRE_EXTENDED, 1 + size);

  room[0] = extended_id;
  if (size > 0)
    memcpy (room + 1, body, size);
}

guint8 *
btfw_wire_put_bitfield (GByteArray *out, gsize size)
{
  return begin (out, BTFW_WIRE_BITFIELD, size);
}

void
btfw_wire_fill_piece_header (guint8 header[BTFW_WIRE_PIECE_HEADER], const BtfwBlock *block)
{
  put_u32 (header, 9 + block->length);
  header[4] = BTFW_WIRE_PIECE;
  put_u32 (header + 5, block->piece);
  put_u32 (header + 9, block->offset);
}
