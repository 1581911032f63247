/* info.h: reads the info dictionary of a torrent: v1, v2 or both. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bencode.h"
#include "meta/warnings.h"

#include <btfw/btfw-metainfo.h>

/* What the dictionary says, once it is known to be in order. */
typedef struct
{
  char         *name; /* safe to use on a disk */
  BtfwLayout   *layout;
  const guint8 *piece_hashes; /* v1: 20 bytes a piece, inside the document; else NULL */
  BtfwProtocol  protocols;
  gboolean      is_private;
  gboolean      is_multi_file;
} BtfwInfo;

/* @torrent: the dictionary around it, or BTFW_BENCODE_NONE when there is none.
 * Errors name the field and its path from there ("info.files[3].length: …"). A
 * torrent that is v2 alone is read to its end, and is no error here. */
gboolean btfw_info_read (BtfwInfo          *self,
                         const BtfwBencode *document,
                         guint32            torrent,
                         guint32            info,
                         BtfwWarnings      *warnings,
                         GError           **error);
void     btfw_info_clear (BtfwInfo *self);
