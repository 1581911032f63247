/* btfw-magnet.h: a magnet link: the name of a torrent, and hints where to find it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-metainfo.h>

G_BEGIN_DECLS

/**
 * BtfwMagnet:
 *
 * A parsed magnet link (BEP 9, BEP 53). Immutable, ref-counted, may be used on
 * every thread. All text is valid UTF-8 without control characters.
 */
#define BTFW_TYPE_MAGNET (btfw_magnet_get_type ())
BTFW_API GType btfw_magnet_get_type (void) G_GNUC_CONST;

/**
 * btfw_magnet_is_link:
 *
 * Returns: whether @text looks like a magnet link, right or wrong
 */
BTFW_API gboolean    btfw_magnet_is_link (const char *text);
/**
 * btfw_magnet_parse:
 * @link: "magnet:?xt=urn:btih:…"
 *
 * What it says too much of is left out: at most 200 trackers, 100 peers, 100
 * web seeds. Links in it that would have to be fetched (`xs`, `as`) are not
 * followed.
 *
 * Returns: (transfer full) (nullable): the link, or %NULL when it does not name a torrent
 */
BTFW_API BtfwMagnet *btfw_magnet_parse (const char *link, GError **error);
/**
 * btfw_magnet_new_for_metainfo:
 * @metainfo: of a torrent
 *
 * Returns: (transfer full): its link: hash, name, trackers, web seeds
 */
BTFW_API BtfwMagnet *btfw_magnet_new_for_metainfo (BtfwMetainfo *metainfo);
BTFW_API BtfwMagnet *btfw_magnet_ref (BtfwMagnet *self);
BTFW_API void        btfw_magnet_unref (BtfwMagnet *self);

/**
 * btfw_magnet_get_info_hash:
 *
 * Returns: (transfer none):
 */
BTFW_API BtfwInfoHash      *btfw_magnet_get_info_hash (const BtfwMagnet *self);
/**
 * btfw_magnet_get_name:
 *
 * Returns: (nullable): `dn`, which is only for people: the torrent's own name may be another one
 */
BTFW_API const char        *btfw_magnet_get_name (const BtfwMagnet *self);
/**
 * btfw_magnet_get_trackers:
 *
 * Returns: (transfer none) (array zero-terminated=1): `tr`, each once
 */
BTFW_API const char *const *btfw_magnet_get_trackers (const BtfwMagnet *self);
/**
 * btfw_magnet_get_web_seeds:
 *
 * Returns: (transfer none) (array zero-terminated=1): `ws`
 */
BTFW_API const char *const *btfw_magnet_get_web_seeds (const BtfwMagnet *self);
/**
 * btfw_magnet_get_n_peers:
 *
 * Returns: how many peers it names (`x.pe`)
 */
BTFW_API guint              btfw_magnet_get_n_peers (const BtfwMagnet *self);
/**
 * btfw_magnet_get_peer:
 * @port: (out) (optional):
 *
 * Returns: `x.pe`: the name or address of peer @i, without brackets
 */
BTFW_API const char        *btfw_magnet_get_peer (const BtfwMagnet *self, guint i, guint16 *port);
/**
 * btfw_magnet_has_selection:
 *
 * Returns: whether it chooses files (`so`)
 */
BTFW_API gboolean           btfw_magnet_has_selection (const BtfwMagnet *self);
/**
 * btfw_magnet_selects:
 * @file: index in the layout
 *
 * Returns: whether this file is chosen; all are when the link does not say
 */
BTFW_API gboolean           btfw_magnet_selects (const BtfwMagnet *self, guint32 file);
/**
 * btfw_magnet_to_string:
 *
 * Returns: (transfer full): the link
 */
BTFW_API char              *btfw_magnet_to_string (const BtfwMagnet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwMagnet, btfw_magnet_unref)

G_END_DECLS
