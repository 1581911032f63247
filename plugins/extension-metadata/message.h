/* message.h: the messages of BEP 9, between bytes and structs. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

/* What is asked for at a time. */
#define METADATA_BLOCK_SIZE 16384u
/* The largest metadata that is taken, or believed in. */
#define METADATA_SIZE_MAX (32u << 20)

typedef enum
{
  METADATA_REQUEST,
  METADATA_DATA,
  METADATA_REJECT,
  METADATA_UNKNOWN, /* to be passed over: the protocol may grow */
} MetadataKind;

typedef struct
{
  MetadataKind kind;
  guint32      block;
  guint32      total; /* of data: as the sender says; 0 when it does not */
  gsize        offset; /* of data: where in the message the bytes begin */
} MetadataMessage;

/* FALSE with @error for what breaks the protocol. */
gboolean metadata_message_read (MetadataMessage *self, const guint8 *data, gsize size, GError **error);
/* Appends it; the bytes of a block follow. */
void     metadata_message_put (GByteArray *out, MetadataKind kind, guint32 block, guint32 total);

static inline guint32
metadata_count_blocks (guint32 size)
{
  return (size + METADATA_BLOCK_SIZE - 1) / METADATA_BLOCK_SIZE;
}

static inline guint32
metadata_get_block_size (guint32 size, guint32 block)
{
  return MIN (METADATA_BLOCK_SIZE, size - block * METADATA_BLOCK_SIZE);
}
