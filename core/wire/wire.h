/* wire.h: the peer protocol's messages, between bytes and structs. No policy. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/reader.h"

#include <btfw/btfw-error.h>

/* BEP 3, 5, 6 and 10. */
typedef enum
{
  BTFW_WIRE_CHOKE = 0,
  BTFW_WIRE_UNCHOKE = 1,
  BTFW_WIRE_INTERESTED = 2,
  BTFW_WIRE_NOT_INTERESTED = 3,
  BTFW_WIRE_HAVE = 4,
  BTFW_WIRE_BITFIELD = 5,
  BTFW_WIRE_REQUEST = 6,
  BTFW_WIRE_PIECE = 7,
  BTFW_WIRE_CANCEL = 8,
  BTFW_WIRE_PORT = 9,
  BTFW_WIRE_SUGGEST = 13,
  BTFW_WIRE_HAVE_ALL = 14,
  BTFW_WIRE_HAVE_NONE = 15,
  BTFW_WIRE_REJECT = 16,
  BTFW_WIRE_ALLOWED_FAST = 17,
  BTFW_WIRE_EXTENDED = 20,
  BTFW_WIRE_N_IDS = 21,
} BtfwWireId;

/* The largest message that is taken, beside a bitfield (which may be as large
 * as the number of pieces needs). */
#define BTFW_WIRE_MESSAGE_MAX (1024u * 1024)
/* The largest block that may be asked of us, and that we take. */
#define BTFW_WIRE_BLOCK_MAX (128u * 1024)
/* Length, id, index and offset, which stand before the bytes of a block. */
#define BTFW_WIRE_PIECE_HEADER 13u

typedef enum
{
  BTFW_WIRE_ERROR_LENGTH,
  BTFW_WIRE_ERROR_RANGE,
  BTFW_WIRE_ERROR_HANDSHAKE,
  BTFW_WIRE_ERROR_STATE,
} BtfwWireError;

#define BTFW_WIRE_ERROR (btfw_wire_error_quark ())
GQuark btfw_wire_error_quark (void);

/* Sets @error and answers FALSE. Such sentences go to debug output only, so
 * they are not translated. */
gboolean btfw_wire_fail (GError **error, BtfwWireError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

typedef struct
{
  guint32 piece;
  guint32 offset;
  guint32 length;
} BtfwBlock;

static inline gboolean
btfw_block_equal (const BtfwBlock *a, const BtfwBlock *b)
{
  return a->piece == b->piece && a->offset == b->offset && a->length == b->length;
}

/* Bodies of messages, which must be used up to the last byte. */
gboolean btfw_wire_read_empty (BtfwReader *reader, GError **error);
gboolean btfw_wire_read_piece_index (BtfwReader *reader, guint32 *piece, GError **error);
/* Of a request, a cancel or a reject. */
gboolean btfw_wire_read_block (BtfwReader *reader, BtfwBlock *block, GError **error);
gboolean btfw_wire_read_port (BtfwReader *reader, guint16 *port, GError **error);

/* Messages, appended to @out. */
void btfw_wire_put_keep_alive (GByteArray *out);
/* Choke, unchoke, interested, not interested, have all, have none. */
void btfw_wire_put_bare (GByteArray *out, BtfwWireId id);
/* Have, suggest, allowed fast. */
void btfw_wire_put_piece_index (GByteArray *out, BtfwWireId id, guint32 piece);
/* Request, cancel, reject. */
void btfw_wire_put_block (GByteArray *out, BtfwWireId id, const BtfwBlock *block);
/* Where a node of the DHT can be reached (BEP 5). */
void btfw_wire_put_port (GByteArray *out, guint16 port);
void btfw_wire_put_extended (GByteArray *out, guint8 extended_id, const guint8 *body, gsize size);
/* Room for a bitfield's @size bytes, which the caller fills. */
guint8 *btfw_wire_put_bitfield (GByteArray *out, gsize size);
/* What stands before the bytes of a block. */
void btfw_wire_fill_piece_header (guint8 header[BTFW_WIRE_PIECE_HEADER], const BtfwBlock *block);
