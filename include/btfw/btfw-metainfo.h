/* btfw-metainfo.h: what a .torrent file says. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-info-hash.h>
#include <btfw/btfw-layout.h>

G_BEGIN_DECLS

/**
 * BtfwMetainfo:
 *
 * A parsed and checked .torrent file. Immutable, ref-counted, may be used on
 * every thread. All text is valid UTF-8 without control characters.
 */
#define BTFW_TYPE_METAINFO (btfw_metainfo_get_type ())
BTFW_API GType btfw_metainfo_get_type (void) G_GNUC_CONST;

/**
 * BtfwProtocol:
 * @BTFW_PROTOCOL_V1: pieces are verified with SHA-1 (BEP 3)
 * @BTFW_PROTOCOL_V2: blocks are verified with SHA-256 trees (BEP 52)
 *
 * A hybrid torrent has both.
 */
typedef enum
{
  BTFW_PROTOCOL_V1 = 1 << 0,
  BTFW_PROTOCOL_V2 = 1 << 1,
} BtfwProtocol;

/**
 * btfw_metainfo_new_from_bytes:
 * @bytes: the content of a .torrent file
 *
 * Returns: (transfer full) (nullable): the metainfo, or %NULL; @error says at
 *   which byte or in which field the fault is
 */
BTFW_API BtfwMetainfo *btfw_metainfo_new_from_bytes (GBytes *bytes, GError **error);
/**
 * btfw_metainfo_new_from_path:
 * @path: (type filename): a .torrent file
 *
 * Blocks while it reads.
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API BtfwMetainfo *btfw_metainfo_new_from_path (const char *path, GError **error);
/**
 * btfw_metainfo_new_from_info:
 * @info: the bytes of an info dictionary, as peers give it
 * @trackers: (nullable) (array zero-terminated=1): announce URLs, one a tier
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API BtfwMetainfo *btfw_metainfo_new_from_info (GBytes            *info,
                                                    const char *const *trackers,
                                                    GError           **error);
/**
 * btfw_metainfo_to_bytes:
 *
 * Returns: (transfer full): the content of a .torrent file: trackers, comment,
 *   info dictionary, nodes, web seeds
 */
BTFW_API GBytes       *btfw_metainfo_to_bytes (const BtfwMetainfo *self);
BTFW_API BtfwMetainfo *btfw_metainfo_ref (BtfwMetainfo *self);
BTFW_API void          btfw_metainfo_unref (BtfwMetainfo *self);

/**
 * btfw_metainfo_get_name:
 *
 * Returns: the name of its file or folder, made safe by the same fixed rule as
 *   the paths of the layout
 */
BTFW_API const char   *btfw_metainfo_get_name (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_comment:
 *
 * Returns: (nullable):
 */
BTFW_API const char   *btfw_metainfo_get_comment (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_created_by:
 *
 * Returns: (nullable):
 */
BTFW_API const char   *btfw_metainfo_get_created_by (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_creation_date:
 *
 * Returns: seconds since 1970, or 0 when the file does not say
 */
BTFW_API gint64        btfw_metainfo_get_creation_date (const BtfwMetainfo *self);
/**
 * btfw_metainfo_is_private:
 *
 * Returns: whether its peers may come from trackers only (BEP 27)
 */
BTFW_API gboolean      btfw_metainfo_is_private (const BtfwMetainfo *self);
/**
 * btfw_metainfo_is_multi_file:
 *
 * Returns: %TRUE when its files lie in a folder of the torrent's name
 */
BTFW_API gboolean      btfw_metainfo_is_multi_file (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_protocols:
 *
 * Returns: which hashes it has; of a hybrid both
 */
BTFW_API BtfwProtocol  btfw_metainfo_get_protocols (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_layout:
 *
 * Returns: (transfer none):
 */
BTFW_API BtfwLayout   *btfw_metainfo_get_layout (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_info_hash:
 *
 * Returns: (transfer none):
 */
BTFW_API BtfwInfoHash *btfw_metainfo_get_info_hash (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_info:
 *
 * Returns: (transfer none): the exact bytes of the info dictionary
 */
BTFW_API GBytes       *btfw_metainfo_get_info (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_piece_hash:
 *
 * Returns: (nullable) (array fixed-size=20): the 20 bytes of the SHA-1 of @piece, or %NULL for a
 *   torrent without v1 hashes
 */
BTFW_API const guint8 *btfw_metainfo_get_piece_hash (const BtfwMetainfo *self, guint32 piece);

/**
 * btfw_metainfo_get_n_tiers:
 *
 * Returns: how many tiers of trackers there are
 */
BTFW_API guint              btfw_metainfo_get_n_tiers (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_tier:
 *
 * Returns: (transfer none) (array zero-terminated=1): announce URLs of a tier (BEP 12)
 */
BTFW_API const char *const *btfw_metainfo_get_tier (const BtfwMetainfo *self, guint tier);
/**
 * btfw_metainfo_get_web_seeds:
 *
 * Returns: (transfer none) (array zero-terminated=1): the url-list (BEP 19)
 */
BTFW_API const char *const *btfw_metainfo_get_web_seeds (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_nodes:
 *
 * Returns: (transfer none) (array zero-terminated=1): DHT nodes as "host:port" (BEP 5)
 */
BTFW_API const char *const *btfw_metainfo_get_nodes (const BtfwMetainfo *self);
/**
 * btfw_metainfo_get_warnings:
 *
 * What was strange but could be mended: names made safe, tiers dropped, …
 *
 * Returns: (transfer none) (array zero-terminated=1): sentences
 */
BTFW_API const char *const *btfw_metainfo_get_warnings (const BtfwMetainfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwMetainfo, btfw_metainfo_unref)

G_END_DECLS
