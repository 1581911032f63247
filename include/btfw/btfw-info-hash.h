/* btfw-info-hash.h: the name of a torrent among peers and trackers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>

G_BEGIN_DECLS

/**
 * BtfwInfoHash:
 *
 * The SHA-1 (v1) or the SHA-256 (v2) of a torrent's info dictionary, or both
 * for a hybrid. Immutable, ref-counted, may be used on every thread.
 */
#define BTFW_TYPE_INFO_HASH (btfw_info_hash_get_type ())
BTFW_API GType btfw_info_hash_get_type (void) G_GNUC_CONST;

#define BTFW_INFO_HASH_V1_SIZE 20
#define BTFW_INFO_HASH_V2_SIZE 32

/**
 * btfw_info_hash_new:
 * @v1: (nullable) (array fixed-size=20): the 20 bytes of a v1 hash
 * @v2: (nullable) (array fixed-size=32): the 32 bytes of a v2 hash
 *
 * At least one of the two must be given.
 *
 * Returns: (transfer full): a new hash
 */
BTFW_API BtfwInfoHash *btfw_info_hash_new (const guint8 *v1, const guint8 *v2);
/**
 * btfw_info_hash_parse:
 * @text: 40 hexadecimal digits (v1), 32 of base 32 (v1), or 64 hexadecimal (v2)
 *
 * Returns: (transfer full) (nullable): the hash, or %NULL with @error set
 */
BTFW_API BtfwInfoHash *btfw_info_hash_parse (const char *text, GError **error);
BTFW_API BtfwInfoHash *btfw_info_hash_ref (BtfwInfoHash *self);
BTFW_API void          btfw_info_hash_unref (BtfwInfoHash *self);

/**
 * btfw_info_hash_get_v1:
 *
 * Returns: (nullable) (array fixed-size=20): 20 bytes, or %NULL for v2 alone
 */
BTFW_API const guint8 *btfw_info_hash_get_v1 (const BtfwInfoHash *self);
/**
 * btfw_info_hash_get_v2:
 *
 * Returns: (nullable) (array fixed-size=32): 32 bytes, or %NULL for v1 alone
 */
BTFW_API const guint8 *btfw_info_hash_get_v2 (const BtfwInfoHash *self);
/**
 * btfw_info_hash_get_short:
 *
 * The 20 bytes that go into handshakes and announces: v1, or else the first
 * 20 of v2.
 *
 * Returns: (array fixed-size=20): 20 bytes
 */
BTFW_API const guint8 *btfw_info_hash_get_short (const BtfwInfoHash *self);
/**
 * btfw_info_hash_to_string:
 *
 * Returns: (transfer full): the v1 hash, or else the v2 hash, in lower-case hexadecimal
 */
BTFW_API char    *btfw_info_hash_to_string (const BtfwInfoHash *self);
/**
 * btfw_info_hash_hash:
 * @self: (type BtfwInfoHash): one
 *
 * Returns: a hash for tables of info-hashes
 */
BTFW_API guint    btfw_info_hash_hash (gconstpointer self);
/**
 * btfw_info_hash_equal:
 * @a: (type BtfwInfoHash): one
 * @b: (type BtfwInfoHash): another
 *
 * Returns: whether both are of the same torrent
 */
BTFW_API gboolean btfw_info_hash_equal (gconstpointer a, gconstpointer b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwInfoHash, btfw_info_hash_unref)

G_END_DECLS
