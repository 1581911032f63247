/* handshake.c: the first bytes in each direction, and the extension handshake. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/handshake.h"

#include "base/bencode.h"

#include <btfw/btfw-text.h>

#include <string.h>

#define PREFIX "\023BitTorrent protocol"
#define PREFIX_SIZE 20u
#define RESERVED_SIZE 8u
#define HASH_OFFSET (PREFIX_SIZE + RESERVED_SIZE)
#define PEER_ID_OFFSET (HASH_OFFSET + 20)

/* An extension handshake is small; whoever sends more tokens plays with us. */
#define EXTENDED_TOKENS_MAX 1000
/* What is shown of a client's name. */
#define CLIENT_NAME_MAX 64
/* Queues deeper than this make no sense, whatever the other side says. */
#define REQUEST_MAX_MAX 100000

/* Where a feature stands in the reserved bytes. */
static const struct
{
  BtfwFeatures feature;
  guint8       byte;
  guint8       bit;
} feature_bits[] = {
  { BTFW_FEATURE_DHT, 7, 0x01 },
  { BTFW_FEATURE_FAST, 7, 0x04 },
  { BTFW_FEATURE_EXTENSION, 5, 0x10 },
};

void
btfw_handshake_write (const BtfwHandshake *self, guint8 bytes[BTFW_HANDSHAKE_SIZE])
{
  guint8 *reserved = bytes + PREFIX_SIZE;

  memcpy (bytes, PREFIX, PREFIX_SIZE);
  memset (reserved, 0, RESERVED_SIZE);
  for (gsize i = 0; i < G_N_ELEMENTS (feature_bits); i++)
    if (self->features & feature_bits[i].feature)
      reserved[feature_bits[i].byte] |= feature_bits[i].bit;

  memcpy (bytes + HASH_OFFSET, self->info_hash, 20);
  memcpy (bytes + PEER_ID_OFFSET, self->peer_id, BTFW_PEER_ID_SIZE);
}

gboolean
btfw_handshake_read (BtfwHandshake *self, const guint8 *bytes, gsize size, GError **error)
{
  if (memcmp (bytes, PREFIX, MIN (size, PREFIX_SIZE)) != 0)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_HANDSHAKE, "this is not the BitTorrent protocol");

  self->features = 0;
  if (size >= HASH_OFFSET)
    for (gsize i = 0; i < G_N_ELEMENTS (feature_bits); i++)
      if (bytes[PREFIX_SIZE + feature_bits[i].byte] & feature_bits[i].bit)
        self->features |= feature_bits[i].feature;

  if (size >= PEER_ID_OFFSET)
    memcpy (self->info_hash, bytes + HASH_OFFSET, 20);
  if (size >= BTFW_HANDSHAKE_SIZE)
    memcpy (self->peer_id, bytes + PEER_ID_OFFSET, BTFW_PEER_ID_SIZE);
  return TRUE;
}

gboolean
btfw_extended_handshake_read (BtfwExtendedHandshake *self, const guint8 *body, gsize size, GError **error)
{
  g_autoptr (BtfwBencode) document = NULL;
  const char *name;
  gsize       name_size;
  gint64      number;

  *self = (BtfwExtendedHandshake){ 0 };
  document = btfw_bencode_parse (body, size, EXTENDED_TOKENS_MAX, NULL, error);
  if (document == NULL)
    return FALSE;
  if (btfw_bencode_get_type (document, 0) != BTFW_BENCODE_DICT)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_HANDSHAKE, "an extension handshake that is no dictionary");

  if (btfw_bencode_lookup_string (document, 0, "v", &name, &name_size))
    self->client = btfw_text_clean (name, (gssize) MIN (name_size, CLIENT_NAME_MAX));
  if (btfw_bencode_lookup_integer (document, 0, "reqq", &number) && number > 0)
    self->request_max = (guint32) MIN (number, REQUEST_MAX_MAX);
  if (btfw_bencode_lookup_integer (document, 0, "p", &number) && number > 0 && number <= G_MAXUINT16)
    self->port = (guint16) number;
  if (btfw_bencode_lookup_integer (document, 0, "upload_only", &number))
    self->upload_only = number != 0;
  return TRUE;
}

void
btfw_extended_handshake_clear (BtfwExtendedHandshake *self)
{
  g_clear_pointer (&self->client, g_free);
}

void
btfw_extended_handshake_put (GByteArray *out, const BtfwExtendedHandshake *self)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  btfw_bencode_begin_dict (body);
  btfw_bencode_put_string (body, "m", -1);
  btfw_bencode_begin_dict (body);
  btfw_bencode_end (body);
  if (self->port != 0)
    {
      btfw_bencode_put_string (body, "p", -1);
      btfw_bencode_put_integer (body, self->port);
    }
  if (self->request_max != 0)
    {
      btfw_bencode_put_string (body, "reqq", -1);
      btfw_bencode_put_integer (body, self->request_max);
    }
  if (self->upload_only)
    {
      btfw_bencode_put_string (body, "upload_only", -1);
      btfw_bencode_put_integer (body, 1);
    }
  if (self->client != NULL)
    {
      btfw_bencode_put_string (body, "v", -1);
      btfw_bencode_put_string (body, self->client, -1);
    }
  btfw_bencode_end (body);

  btfw_wire_put_extended (out, 0, body->data, body->len);
}
