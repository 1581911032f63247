/* obfuscation.h: the handshake of encrypted peers (MSE): bytes in, bytes out, no sockets. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/key-exchange.h"
#include "net/rc4.h"

#include <btfw/btfw-config.h>
#include <gio/gio.h>

/* How what follows the handshake is carried, as on the wire. */
typedef enum
{
  BTFW_METHOD_PLAIN = 1 << 0,
  BTFW_METHOD_RC4 = 1 << 1,
} BtfwMethod;

/* The most that the protocol allows of padding, and that we take of a first
 * payload, which is a handshake of 68 bytes and perhaps a few messages. */
#define BTFW_OBFUSCATION_PAD_MAX 512u
#define BTFW_OBFUSCATION_PAYLOAD_MAX 4096u

typedef struct _BtfwObfuscation BtfwObfuscation;

/* Finds the torrent whose hash gives @wanted with btfw_obfuscation_hash_torrent(). */
typedef gboolean (*BtfwObfuscationFind) (const guint8 *wanted, guint8 *info_hash, gpointer user_data);

/* HASH('req2', @info_hash): what a torrent is called in the handshake. */
void             btfw_obfuscation_hash_torrent (const guint8 *info_hash, guint8 *hash);

/* Ours to begin with; the first payload goes along encrypted. NULL without GMP. */
BtfwObfuscation *btfw_obfuscation_new_outgoing (const guint8 *info_hash,
                                                BtfwEncryption encryption,
                                                const guint8 *payload,
                                                gsize         payload_size);
BtfwObfuscation *btfw_obfuscation_new_incoming (BtfwEncryption encryption, BtfwObfuscationFind find, gpointer user_data);
void             btfw_obfuscation_free (BtfwObfuscation *self);
/* What came. FALSE with an error ends it. */
gboolean         btfw_obfuscation_feed (BtfwObfuscation *self, const guint8 *data, gsize size, GError **error);
/* What is to be sent, of which the caller removes what was. */
GByteArray      *btfw_obfuscation_get_out (BtfwObfuscation *self);
gboolean         btfw_obfuscation_is_done (const BtfwObfuscation *self);

/* Once it is done: how it goes on, the ciphers (for BTFW_METHOD_RC4), and what
 * came behind the handshake, readable. (transfer full) */
BtfwMethod       btfw_obfuscation_get_method (const BtfwObfuscation *self);
void             btfw_obfuscation_get_ciphers (const BtfwObfuscation *self, BtfwRc4 *in, BtfwRc4 *out);
GByteArray      *btfw_obfuscation_take_rest (BtfwObfuscation *self);
